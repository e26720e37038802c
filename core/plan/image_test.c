/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of image.c: headers told and untold, unpacking into memory, and hostile bytes. */
#include "core/plan/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libdeflate.h>

#include <arch/host.h>

#include "core/base/addr.h"
#include "core/base/bits.h"

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE 0x40000

static const char *why;
static bool aarch32; /* of the partition */

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

/* ---- arm64 Image ---- */

static uint8_t kernel[4096];

static void make_arm64(uint64_t text_offset, uint64_t image_size)
{
    for (uint32_t i = 0; i < sizeof(kernel); i++) {
        kernel[i] = (uint8_t)(i * 7 + i / 256);
    }
    memset(kernel, 0, 64);
    put_le(kernel + 8, 8, text_offset);
    put_le(kernel + 16, 8, image_size);
    memcpy(kernel + 56, "ARM\x64", 4);
}

static enum status load_image(enum plan_kernel kind, const struct plan_image *image)
{
    why = image_load(kind, image, ram_at, NULL);
    return why == NULL ? OK : E_INVALID;
}

static enum status probe(const void *data, uint64_t size, bool gzip, bool os_linux,
                         struct image_facts *facts)
{
    static uint8_t inflater[INFLATER_SIZE] __attribute__((aligned(INFLATER_ALIGN)));

    why = image_probe(data, size, gzip ? inflater : NULL, os_linux, aarch32, facts);
    return why == NULL ? OK : E_INVALID;
}

static void reads_an_arm64_header(void **state)
{
    struct image_facts facts;

    (void)state;
    make_arm64(0, 0x9000);
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), OK);
    assert_int_equal(facts.kind, PLAN_KERNEL_ARM64);
    assert_int_equal(facts.text_offset, 0);
    assert_int_equal(facts.memory_size, 0x9000);
    assert_int_equal(facts.file_size, sizeof(kernel));
    make_arm64(0x80000, 16); /* smaller than the file: the file counts */
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), OK);
    assert_int_equal(facts.text_offset, 0x80000);
    assert_int_equal(facts.memory_size, sizeof(kernel));
    make_arm64(0x1234, 0); /* before 3.17 */
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), OK);
    assert_int_equal(facts.text_offset, 0x80000);
    assert_true(facts.memory_size > sizeof(kernel));
}

static void refuses_what_is_no_arm64_image(void **state)
{
    struct image_facts facts;

    (void)state;
    make_arm64(0, 0x9000);
    kernel[56] = 'a';
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), E_INVALID);
    make_arm64(0, 0x9000);
    for (uint64_t size = 0; size < 64; size++) {
        uint8_t *exact = malloc(size + 1); /* ASan sees what is read behind it */

        memcpy(exact, kernel, size);
        exact = realloc(exact, size == 0 ? 1 : size);
        assert_int_equal(probe(exact, size, false, true, &facts), E_INVALID);
        free(exact);
    }
    make_arm64(0, UINT64_MAX);
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), E_INVALID);
    make_arm64(UINT64_MAX - 4096, 0x9000);
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), E_INVALID);
}

/* For a partition in AArch32 state. */
static void reads_a_zimage_header(void **state)
{
    struct image_facts facts;

    (void)state;
    aarch32 = true;
    memset(kernel, 0, 64);
    put_le(kernel + 36, 4, 0x016f2818);
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), OK);
    assert_int_equal(facts.kind, PLAN_KERNEL_ZIMAGE);
    assert_int_equal(facts.text_offset, 0x8000);
    assert_int_equal(facts.memory_size, sizeof(kernel));
    for (uint64_t size = 0; size < 48; size++) {
        assert_int_equal(probe(kernel, size, false, true, &facts), E_INVALID);
    }
    put_le(kernel + 36, 4, 0x016f2819);
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), E_INVALID);
    aarch32 = false;
    make_arm64(0, 0x9000);
    put_le(kernel + 56, 4, 0);
    put_le(kernel + 36, 4, 0x016f2818);
    assert_int_equal(probe(kernel, sizeof(kernel), false, true, &facts), E_INVALID);
}

static void loads_raw_bytes(void **state)
{
    struct plan_image image = {.data = kernel, .size = sizeof(kernel)};
    struct image_facts facts;

    (void)state;
    make_arm64(0, 0);
    assert_int_equal(probe(kernel, sizeof(kernel), false, false, &facts), OK);
    assert_int_equal(facts.kind, PLAN_KERNEL_RAW);
    assert_int_equal(facts.memory_size, sizeof(kernel));
    memset(ram, 0, sizeof(ram));
    image.load = RAM_BASE + 0x1234;
    image.load_size = facts.memory_size;
    assert_int_equal(load_image(PLAN_KERNEL_RAW, &image), OK);
    assert_memory_equal(ram + 0x1234, kernel, sizeof(kernel));
    assert_true(ram_is_zero(0x1234 + sizeof(kernel), RAM_SIZE));
    image.load = RAM_BASE + RAM_SIZE - 8;
    assert_int_equal(load_image(PLAN_KERNEL_RAW, &image), E_INVALID);
    image.load = RAM_BASE;
    image.load_size = sizeof(kernel) - 1;
    assert_int_equal(load_image(PLAN_KERNEL_RAW, &image), E_INVALID);
}

/* ---- gzip ---- */

static uint8_t packed[16384];

/* Debian's gzip packs `data`; returns the size of packed[]. */
static uint64_t gzip(const void *data, uint64_t size, const char *options)
{
    char name[] = P_tmpdir "/image_test.XXXXXX";
    char command[128];
    int fd = mkstemp(name);
    FILE *pipe;
    size_t got;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
    (void)snprintf(command, sizeof(command), "gzip %s -c %s", options, name);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    got = fread(packed, 1, sizeof(packed), pipe);
    assert_int_equal(pclose(pipe), 0);
    unlink(name);
    assert_in_range(got, 18, sizeof(packed) - 1);
    return got;
}

static enum status load_packed(uint64_t size, uint64_t load, uint64_t load_size)
{
    struct plan_image image = {
        .data = packed, .size = size, .gzip = true, .load = load, .load_size = load_size};

    memset(ram, 0, sizeof(ram));
    return load_image(PLAN_KERNEL_ARM64, &image);
}

static void inflates_an_arm64_image(void **state)
{
    static const char *const options[] = {"-9 -n", "-1 -N"};
    struct image_facts facts;

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(options); i++) {
        uint64_t size;

        make_arm64(0x80000, 0x8000);
        size = gzip(kernel, sizeof(kernel), options[i]);
        assert_int_equal(probe(packed, size, true, true, &facts), OK);
        assert_int_equal(facts.kind, PLAN_KERNEL_ARM64);
        assert_int_equal(facts.file_size, sizeof(kernel));
        assert_int_equal(facts.text_offset, 0x80000);
        assert_true(facts.memory_size >= 0x8000);
        assert_int_equal(load_packed(size, RAM_BASE + 8, facts.memory_size), OK);
        assert_memory_equal(ram + 8, kernel, sizeof(kernel));
        assert_true(ram_is_zero(8 + sizeof(kernel), RAM_SIZE));
    }
}

static void sees_the_header_however_it_is_packed(void **state)
{
    struct image_facts facts;

    (void)state;
    /* Matches of every length cross the end of what is inflated to see the header. */
    for (uint32_t run = 1; run < 600; run += 7) {
        make_arm64(0, 0x9000);
        memset(kernel + 64, 0x55, run);
        assert_int_equal(probe(packed, gzip(kernel, sizeof(kernel), "-9 -n"), true, true, &facts),
                         OK);
    }
}

static void inflates_raw_bytes(void **state)
{
    struct image_facts facts;
    uint64_t size;

    (void)state;
    memset(kernel, 0x5a, sizeof(kernel));
    size = gzip(kernel, sizeof(kernel), "-n");
    assert_int_equal(probe(packed, size, true, false, &facts), OK);
    assert_int_equal(facts.kind, PLAN_KERNEL_RAW);
    assert_true(facts.memory_size > sizeof(kernel));
    /* Exactly at the end of the memory, and one byte beyond. */
    assert_int_equal(load_packed(size, RAM_BASE + RAM_SIZE - facts.memory_size, facts.memory_size),
                     OK);
    assert_memory_equal(ram + RAM_SIZE - facts.memory_size, kernel, sizeof(kernel));
    assert_int_equal(
        load_packed(size, RAM_BASE + RAM_SIZE - facts.memory_size + 1, facts.memory_size),
        E_INVALID);
    assert_int_equal(load_packed(size, RAM_BASE, facts.memory_size - 1), E_INVALID);
    /* A single byte, and none. */
    assert_int_equal(probe(packed, gzip("x", 1, "-n"), true, false, &facts), OK);
    assert_int_equal(facts.file_size, 1);
    assert_int_equal(probe(packed, gzip("x", 0, "-n"), true, false, &facts), E_INVALID);
}

/* RFC 1952's optional header fields, present and cut off. */
static void bounds_every_header_field(void **state)
{
    static const uint8_t fixed[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    struct image_facts facts;
    uint64_t size;
    uint8_t body[256];

    (void)state;
    size = gzip("content", 7, "-n") - sizeof(fixed);
    memcpy(body, packed + sizeof(fixed), size);
    for (uint32_t flags = 0; flags < 256; flags++) {
        uint64_t at = sizeof(fixed);
        uint64_t whole;

        memcpy(packed, fixed, sizeof(fixed));
        packed[3] = (uint8_t)flags;
        if (flags & 4) {
            memcpy(packed + at, "\5\0extra", 7);
            at += 7;
        }
        if (flags & 8) {
            memcpy(packed + at, "name", 5);
            at += 5;
        }
        if (flags & 16) {
            memcpy(packed + at, "comment", 8);
            at += 8;
        }
        at += flags & 2 ? 2 : 0;
        memcpy(packed + at, body, size);
        whole = at + size;
        assert_int_equal(probe(packed, whole, true, false, &facts), flags & 0xe0 ? E_INVALID : OK);
        for (uint64_t cut = 0; cut < whole; cut++) {
            uint8_t *exact = malloc(cut + 1);

            memcpy(exact, packed, cut);
            exact = realloc(exact, cut == 0 ? 1 : cut);
            (void)probe(exact, cut, true, false, &facts);
            free(exact);
        }
    }
}

static void refuses_damaged_gzip(void **state)
{
    struct image_facts facts;
    uint64_t size, room;

    (void)state;
    make_arm64(0, 0x8000);
    size = gzip(kernel, sizeof(kernel), "-9 -n");
    assert_int_equal(probe(packed, size, true, true, &facts), OK);
    room = facts.memory_size;
    for (uint64_t at = 0; at < size; at++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            enum status status;

            packed[at] ^= (uint8_t)(1u << bit);
            (void)probe(packed, size, true, true, &facts);
            status = load_packed(size, RAM_BASE, room);
            if (at != 4 && at != 5 && at != 6 && at != 7 && at != 8 && at != 9) {
                assert_int_equal(status == OK && at > 3 && memcmp(ram, kernel, 4096) != 0, 0);
            }
            if (at >= size - 8) {
                assert_int_equal(status, E_INVALID); /* CRC32, ISIZE */
            }
            packed[at] ^= (uint8_t)(1u << bit);
        }
    }
    assert_int_equal(load_packed(size - 1, RAM_BASE, room), E_INVALID);
    packed[size] = 0;
    assert_int_equal(load_packed(size + 1, RAM_BASE, room), E_INVALID); /* something behind it */
    assert_in_range(size, 18, sizeof(packed) / 2);
    memcpy(packed + size, packed, size);
    assert_int_equal(load_packed(2 * size, RAM_BASE, room), E_INVALID); /* twice, of one size */
}

static void refuses_a_cut_off_gzip(void **state)
{
    struct image_facts facts;
    uint64_t size;

    (void)state;
    make_arm64(0, 0x8000);
    size = gzip(kernel, sizeof(kernel), "-9 -n");
    for (uint64_t cut = 0; cut < size; cut++) {
        (void)probe(packed, cut, true, true, &facts);
        assert_int_equal(load_packed(cut, RAM_BASE, RAM_SIZE), E_INVALID);
    }
}

/* libdeflate's struct is opaque: how large it is, only its allocation tells. */
static size_t inflater_size;

void *libdeflate_malloc(size_t size);
void *libdeflate_malloc(size_t size)
{
    inflater_size = size;
    return malloc(size);
}

void libdeflate_free(void *p);
void libdeflate_free(void *p)
{
    free(p);
}

static void the_inflater_has_room(void **state)
{
    struct image_facts facts;

    (void)state;
    libdeflate_free_decompressor(libdeflate_alloc_decompressor());
    assert_in_range(inflater_size, 1, 12288);
    assert_int_equal(probe(packed, gzip("x", 1, "-n"), true, false, &facts), OK);
    assert_true(facts.memory_size - align_up(1, 16) >= inflater_size);
}

static void refuses_elf_in_gzip(void **state)
{
    struct image_facts facts;

    (void)state;
    memset(kernel, 0, sizeof(kernel));
    memcpy(kernel, "\177ELF\2\1\1", 7);
    assert_int_equal(probe(packed, gzip(kernel, sizeof(kernel), "-n"), true, true, &facts),
                     E_INVALID);
    assert_non_null(strstr(why, "compression"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_arm64_header),
        cmocka_unit_test(refuses_what_is_no_arm64_image),
        cmocka_unit_test(reads_a_zimage_header),
        cmocka_unit_test(loads_raw_bytes),
        cmocka_unit_test(inflates_an_arm64_image),
        cmocka_unit_test(sees_the_header_however_it_is_packed),
        cmocka_unit_test(inflates_raw_bytes),
        cmocka_unit_test(bounds_every_header_field),
        cmocka_unit_test(refuses_damaged_gzip),
        cmocka_unit_test(refuses_a_cut_off_gzip),
        cmocka_unit_test(the_inflater_has_room),
        cmocka_unit_test(refuses_elf_in_gzip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
