/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of image.c's ELF side, 32 and 64 bits: segments told and loaded, and hostile headers. */
#include "core/plan/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/addr.h"

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE 0x40000

static const char *why;
static bool elf32; /* the class of the file, and what the partition wants */

/* The partition's memory: one extent, with red zones of ASan around it. */
static uint8_t ram[RAM_SIZE];

static void *ram_at(void *ctx, uint64_t ipa, uint64_t size)
{
    (void)ctx;
    if (ipa < RAM_BASE || ipa - RAM_BASE > RAM_SIZE || size > RAM_SIZE - (ipa - RAM_BASE)) {
        return NULL;
    }
    return ram + (ipa - RAM_BASE);
}

static void put_le(uint8_t *p, uint32_t size, uint64_t v)
{
    for (uint32_t i = 0; i < size; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

static bool ram_is_zero(uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        if (ram[i] != 0) {
            return false;
        }
    }
    return true;
}

static enum status load_image(enum plan_kernel kind, const struct plan_image *image)
{
    why = image_load(kind, image, ram_at, NULL);
    return why == NULL ? OK : E_INVALID;
}

static enum status probe(const void *data, uint64_t size, bool os_linux, struct image_facts *facts)
{
    why = image_probe(data, size, NULL, os_linux, elf32, facts);
    return why == NULL ? OK : E_INVALID;
}

static uint8_t elf[1024];

struct ph {
    uint32_t type;
    uint64_t offset, vaddr, paddr, filesz, memsz;
};

/* Where fields are, by class. */
enum field { PHOFF, PHENTSIZE, PHNUM, HEADER, OFFSET, VADDR, PADDR, FILESZ, MEMSZ, PROGRAM };

static uint32_t at(enum field field)
{
    static const uint8_t of[2][10] = {{32, 54, 56, 64, 8, 16, 24, 32, 40, 56},
                                      {28, 42, 44, 52, 4, 8, 12, 16, 20, 32}};

    return of[elf32][field];
}

static uint32_t word(void)
{
    return elf32 ? 4 : 8;
}

static void make_elf(uint64_t entry, const struct ph *ph, uint32_t count)
{
    memset(elf, 0, sizeof(elf));
    memcpy(elf, elf32 ? "\177ELF\1\1\1" : "\177ELF\2\1\1", 7);
    put_le(elf + 16, 2, 2);
    put_le(elf + 18, 2, elf32 ? 40 : 183);
    put_le(elf + 24, word(), entry);
    put_le(elf + at(PHOFF), word(), at(HEADER));
    put_le(elf + at(PHENTSIZE), 2, at(PROGRAM));
    put_le(elf + at(PHNUM), 2, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *p = elf + at(HEADER) + i * at(PROGRAM);

        put_le(p, 4, ph[i].type);
        put_le(p + at(OFFSET), word(), ph[i].offset);
        put_le(p + at(VADDR), word(), ph[i].vaddr);
        put_le(p + at(PADDR), word(), ph[i].paddr);
        put_le(p + at(FILESZ), word(), ph[i].filesz);
        put_le(p + at(MEMSZ), word(), ph[i].memsz);
    }
    for (uint32_t i = at(HEADER) + count * at(PROGRAM); i < sizeof(elf); i++) {
        elf[i] = (uint8_t)i;
    }
}

#define VIRT UINT64_C(0xffff8000c0000000) /* the lower half is one of 32 bits */

static const struct ph two[] = {
    {1, 512, VIRT, RAM_BASE + 0x1000, 100, 0x200},
    {6, 0, 0, 0, 56, 56},
    {1, 700, VIRT + 0x1000, RAM_BASE + 0x2000, 50, 50},
};

static enum status load_elf(void)
{
    struct plan_image image = {.data = elf, .size = sizeof(elf), .load_size = RAM_SIZE};

    memset(ram, 0, sizeof(ram));
    return load_image(PLAN_KERNEL_ELF, &image);
}

static void loads_elf_by_segments(void **state)
{
    struct plan_image image = {.data = elf, .size = sizeof(elf)};
    struct image_facts facts;
    struct range r;

    (void)state;
    make_elf(VIRT + 0x1010, two, 3);
    for (int os_linux = 0; os_linux < 2; os_linux++) {
        assert_int_equal(probe(elf, sizeof(elf), os_linux != 0, &facts), OK);
        assert_int_equal(facts.kind, PLAN_KERNEL_ELF);
        assert_int_equal(facts.load, RAM_BASE + 0x1000);
        assert_int_equal(facts.memory_size, 0x1000 + 50);
        assert_int_equal(facts.entry, RAM_BASE + 0x2010);
    }
    assert_int_equal(load_elf(), OK);
    assert_memory_equal(ram + 0x1000, elf + 512, 100);
    assert_true(ram_is_zero(0x1000 + 100, 0x2000));
    assert_memory_equal(ram + 0x2000, elf + 700, 50);
    assert_true(image_segment(PLAN_KERNEL_ELF, &image, 0, &r));
    assert_int_equal(r.base, RAM_BASE + 0x1000);
    assert_int_equal(r.size, 0x200);
    assert_true(image_segment(PLAN_KERNEL_ELF, &image, 1, &r));
    assert_int_equal(r.size, 0);
    assert_false(image_segment(PLAN_KERNEL_ELF, &image, 3, &r));
}

static void refused_elf(uint64_t entry, struct ph a, struct ph b)
{
    const struct ph ph[] = {a, b};
    struct image_facts facts;

    make_elf(entry, ph, 2);
    assert_int_equal(probe(elf, sizeof(elf), false, &facts), E_INVALID);
}

static void refuses_bad_segments(void **state)
{
    const struct ph good = {1, 512, RAM_BASE, RAM_BASE, 64, 64};
    const struct ph none = {0};
    struct ph bad = good;

    (void)state;
    refused_elf(RAM_BASE, good, good); /* overlap */
    refused_elf(RAM_BASE + 64, good, none);
    refused_elf(RAM_BASE - 1, good, none);
    refused_elf(RAM_BASE, none, none);
    bad.filesz = 65;
    refused_elf(RAM_BASE, bad, none);
    bad = good;
    bad.offset = 1024 - 63;
    refused_elf(RAM_BASE, bad, none);
    bad.offset = UINT64_MAX - 8;
    refused_elf(RAM_BASE, bad, none);
    if (elf32) {
        return; /* its largest are what check.c and place.c refuse */
    }
    bad = good;
    bad.paddr = UINT64_MAX - 8;
    refused_elf(RAM_BASE, bad, none);
    bad = good;
    bad.memsz = UINT64_MAX;
    refused_elf(RAM_BASE, bad, none);
}

/* Changing `size` bytes at `at` of a good file makes it a bad one. */
static void refused_with(uint32_t where, uint32_t size, uint64_t value)
{
    struct image_facts facts;

    make_elf(VIRT, two, 3);
    put_le(elf + where, size, value);
    assert_int_equal(probe(elf, sizeof(elf), false, &facts), E_INVALID);
    assert_int_equal(load_elf() == OK && where != 24, 0);
}

static void refuses_bad_elf_headers(void **state)
{
    (void)state;
    refused_with(4, 1, elf32 ? 2 : 1); /* the other class */
    refused_with(4, 1, 0);
    refused_with(4, 1, 3);
    refused_with(5, 1, 2);                        /* big-endian */
    refused_with(16, 2, 1);                       /* ET_REL */
    refused_with(18, 2, 62);                      /* x86-64 */
    refused_with(18, 2, elf32 ? 183 : 40);        /* the other architecture's */
    refused_with(24, word(), 0);                  /* e_entry */
    refused_with(at(PHOFF), word(), sizeof(elf)); /* e_phoff */
    refused_with(at(PHOFF), word(), UINT64_MAX);
    refused_with(at(PHENTSIZE), 2, elf32 ? 56 : 32);
    refused_with(at(PHNUM), 2, 33);
    refused_with(at(PHNUM), 2, 0xffff);
    refused_with(at(PHNUM), 2, (sizeof(elf) - at(HEADER)) / at(PROGRAM) + 1);
}

/* A sound file of the class that the partition does not run. */
static void refuses_the_other_class(void **state)
{
    struct image_facts facts;

    (void)state;
    make_elf(VIRT, two, 3);
    elf32 = !elf32;
    assert_int_equal(probe(elf, sizeof(elf), false, &facts), E_INVALID);
    assert_non_null(strstr(why, elf32 ? "it is an ELF64 file: for \"arm\""
                                      : "it is an ELF32 file: for \"arm64\""));
    elf32 = !elf32;
}

static void refuses_elf_outside_memory(void **state)
{
    struct ph ph = {1, 512, 0, RAM_BASE + RAM_SIZE - 32, 16, 64};

    (void)state;
    make_elf(0, &ph, 1);
    assert_int_equal(load_elf(), E_INVALID);
}

static void survives_any_bit_flip_in_elf(void **state)
{
    struct image_facts facts;
    struct range r;

    (void)state;
    for (uint32_t where = 0; where < at(HEADER) + 3 * at(PROGRAM); where++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            uint8_t *exact = malloc(sizeof(elf));
            struct plan_image image = {.data = exact, .size = sizeof(elf)};

            make_elf(VIRT, two, 3);
            elf[where] ^= (uint8_t)(1u << bit);
            memcpy(exact, elf, sizeof(elf));
            (void)probe(exact, sizeof(elf), false, &facts);
            (void)load_image(PLAN_KERNEL_ELF, &image);
            for (uint32_t i = 0; i < 40; i++) {
                (void)!image_segment(PLAN_KERNEL_ELF, &image, i, &r);
            }
            free(exact);
        }
    }
}

static void survives_cut_off_elf(void **state)
{
    struct image_facts facts;

    (void)state;
    make_elf(VIRT, two, 3);
    for (uint64_t cut = 4; cut < 750; cut++) {
        uint8_t *exact = malloc(cut);

        memcpy(exact, elf, cut);
        assert_int_equal(probe(exact, cut, false, &facts), E_INVALID);
        free(exact);
    }
}

static int of_64_bits(void **state)
{
    (void)state;
    elf32 = false;
    return 0;
}

static int of_32_bits(void **state)
{
    (void)state;
    elf32 = true;
    return 0;
}

#define EACH_CLASS(test)                                                                           \
    cmocka_unit_test_setup(test, of_64_bits), cmocka_unit_test_setup(test, of_32_bits)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH_CLASS(loads_elf_by_segments),      EACH_CLASS(refuses_bad_segments),
        EACH_CLASS(refuses_bad_elf_headers),    EACH_CLASS(refuses_the_other_class),
        EACH_CLASS(refuses_elf_outside_memory), EACH_CLASS(survives_any_bit_flip_in_elf),
        EACH_CLASS(survives_cut_off_elf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
