/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of EL2's map: what may overlap, what is told to other CPUs, and what the audit sees. */
#include "core/memory/el2_map.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arch/host.h>

#include <cmocka.h>

#include "core/memory/pool.h"

#define ARENA_PAGES 128

#define CODE   UINT64_C(0x40200000)
#define RODATA UINT64_C(0x40210000)
#define DATA   UINT64_C(0x40220000)
#define FREE   UINT64_C(0x80000000)

/* A pool of our own, in place of core/memory/pool.c, that starts anew with each test. */
static uint8_t arena[ARENA_PAGES][4096] __attribute__((aligned(4096)));
static uint32_t arena_used, arena_limit;

void *pool_take(uint32_t pages)
{
    uint32_t at = __atomic_fetch_add(&arena_used, pages, __ATOMIC_RELAXED);

    if (at + pages > arena_limit) {
        return NULL;
    }
    return memset(arena[at], 0, (size_t)pages * PAGE_SIZE);
}

uint32_t pool_left(void)
{
    return arena_limit - arena_used;
}

struct range pool_range(void)
{
    return (struct range){(uint64_t)(uintptr_t)arena, sizeof(arena)};
}

static int set_up(void **state)
{
    (void)state;
    host_reset();
    arena_used = 0;
    arena_limit = ARENA_PAGES;
    host.sections[0] = (struct el2_section){{CODE, 0x10000}, LPAE_CODE, false};
    host.sections[1] = (struct el2_section){{RODATA, 0x8000}, LPAE_RODATA, false};
    host.sections[2] = (struct el2_section){{RODATA + 0x8000, 0}, LPAE_RODATA, false};
    host.sections[3] = (struct el2_section){{DATA, 0x20000}, LPAE_DATA, false};
    host.section_count = 4;
    assert_int_equal(el2_map_init(48), OK);
    return 0;
}

static struct range range(uint64_t base, uint64_t size)
{
    return (struct range){base, size};
}

/* The descriptor's kind at `address`: 0 for none, else x, w, r (read-only) or d(evice). */
static char kind(uint64_t address)
{
    struct lpae_leaf leaf;

    if (!lpae_walk(&el2_table, address, &leaf)) {
        return 0;
    }
    assert_int_equal(leaf.pa, leaf.ia);
    assert_false(leaf.write && leaf.execute);
    if (leaf.device) {
        return 'd';
    }
    if (leaf.execute) {
        return 'x';
    }
    return leaf.write ? 'w' : 'r';
}

static void the_image_is_mapped_by_sections(void **state)
{
    (void)state;
    assert_int_equal(kind(CODE - 1), 0);
    assert_int_equal(kind(CODE), 'x');
    assert_int_equal(kind(CODE + 0xffff), 'x');
    assert_int_equal(kind(RODATA), 'r');
    assert_int_equal(kind(RODATA + 0x8000), 0);
    assert_int_equal(kind(DATA + 0x1ffff), 'w');
    assert_int_equal(kind(DATA + 0x20000), 0);
}

static void a_bad_image_or_width_is_told(void **state)
{
    (void)state;
    host.sections[3].what.base = RODATA;
    assert_int_equal(el2_map_init(48), E_OVERLAP);
    host.sections[3].what.base = DATA + 1;
    assert_int_equal(el2_map_init(48), E_INVALID);
    host.sections[3].what.base = DATA;
    assert_int_equal(el2_map_init(24), E_INVALID);
    assert_int_equal(el2_map_init(30), E_INVALID); /* the image lies above */
    arena_limit = arena_used + 2;
    assert_int_equal(el2_map_init(48), E_NO_SPACE);
}

static void bytes_become_whole_pages(void **state)
{
    (void)state;
    assert_int_equal(el2_map(range(FREE + 0xfff, 2), LPAE_DEVICE), OK);
    assert_int_equal(kind(FREE - 1), 0);
    assert_int_equal(kind(FREE), 'd');
    assert_int_equal(kind(FREE + 0x1fff), 'd');
    assert_int_equal(kind(FREE + 0x2000), 0);
    assert_int_equal(el2_unmap(range(FREE + 0xfff, 2)), OK);
    assert_int_equal(kind(FREE), 0);
    assert_int_equal(kind(FREE + 0x1000), 0);
}

static void spans_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    assert_int_equal(el2_map(range(FREE, 0), LPAE_DATA), E_INVALID);
    assert_int_equal(el2_map(range(UINT64_MAX - 10, 10), LPAE_DATA), E_INVALID);
    assert_int_equal(el2_map(range(UINT64_MAX - 10, 100), LPAE_DATA), E_INVALID);
    assert_int_equal(el2_map(range(FREE, UINT64_MAX), LPAE_DATA), E_INVALID);
    assert_int_equal(el2_map(range((UINT64_C(1) << 48) - 1, 2), LPAE_DATA), E_INVALID);
    assert_int_equal(el2_map(range(FREE, PAGE_SIZE), LPAE_RAM), E_INVALID);
    assert_int_equal(el2_unmap(range(FREE, 0)), E_INVALID);
    assert_int_equal(el2_unmap(range(UINT64_MAX - 10, 100)), E_INVALID);
    assert_int_equal(el2_seal(range(FREE, 0)), E_INVALID);
    assert_int_equal(el2_map(range((UINT64_C(1) << 48) - 1, 1), LPAE_DATA), OK);
}

static void what_is_mapped_alike_is_left(void **state)
{
    uint32_t used;

    (void)state;
    assert_int_equal(el2_map(range(FREE + 0x3000, 0x2000), LPAE_RODATA), OK);
    assert_int_equal(el2_map(range(FREE + 0x8000, 0x1000), LPAE_RODATA), OK);
    used = arena_used;
    assert_int_equal(el2_map(range(FREE + 0x3000, 0x2000), LPAE_RODATA), OK);
    assert_int_equal(el2_map(range(FREE, 0x10000), LPAE_RODATA), OK);
    assert_int_equal(arena_used, used);
    for (uint64_t at = FREE; at < FREE + 0x10000; at += PAGE_SIZE) {
        assert_int_equal(kind(at), 'r');
    }
    assert_int_equal(kind(FREE + 0x10000), 0);
}

static void other_attributes_are_an_overlap(void **state)
{
    (void)state;
    assert_int_equal(el2_map(range(FREE + 0x4000, 0x1000), LPAE_RODATA), OK);
    assert_int_equal(el2_map(range(FREE, 0x10000), LPAE_DATA), E_OVERLAP);
    assert_int_equal(el2_map(range(FREE + 0x4000, 1), LPAE_DEVICE), E_OVERLAP);
    assert_int_equal(el2_map(range(FREE + 0x4000, 1), LPAE_CODE), E_OVERLAP);
    assert_int_equal(el2_map(range(FREE, BLOCK_1G), LPAE_DATA), E_OVERLAP);
    assert_int_equal(el2_map(range(CODE, 1), LPAE_DATA), E_OVERLAP);
    assert_int_equal(el2_map(range(DATA, 1), LPAE_CODE), E_OVERLAP);
    assert_int_equal(el2_map(range(DATA, 1), LPAE_DEVICE), E_OVERLAP); /* both are writable */
    assert_int_equal(el2_map(range(FREE + 0x20000, 0x1000), LPAE_DEVICE), OK);
    assert_int_equal(el2_map(range(FREE + 0x20000, 0x1000), LPAE_DATA), E_OVERLAP);
    assert_int_equal(kind(FREE), 0); /* nothing of them was mapped */
    assert_int_equal(kind(FREE + 0x5000), 0);
    assert_int_equal(kind(FREE + 0x4000), 'r');
    assert_int_equal(kind(CODE), 'x');
}

/* As boot does it: the tree's first pages, then all of it, then the file that lies behind it. */
static void blocks_grow_around_small_maps(void **state)
{
    (void)state;
    assert_int_equal(el2_map(range(FREE, 0x2000), LPAE_RODATA), OK);
    assert_int_equal(el2_map(range(FREE, 0x100000), LPAE_RODATA), OK);
    assert_int_equal(el2_map(range(FREE + 0x100000, 64 * BLOCK_2M), LPAE_RODATA), OK);
    assert_int_equal(kind(FREE + 0xfffff + 64 * BLOCK_2M), 'r');
    assert_int_equal(kind(FREE + 0x100000 + 64 * BLOCK_2M), 0);
    assert_int_equal(el2_unmap(range(FREE + 0x100000, 64 * BLOCK_2M)), OK);
    assert_int_equal(kind(FREE + 0xff000), 'r');
    assert_int_equal(kind(FREE + 0x100000), 0);
}

/* When other CPUs are told to forget, the entry is gone already. */
static void forget_after_unmap(struct range what)
{
    assert_int_equal(kind(what.base), 0);
    assert_int_equal(kind(range_end(what) - 1), 0);
}

static void unmapping_is_told_to_other_cpus(void **state)
{
    (void)state;
    host.tlb_forget = forget_after_unmap;
    assert_int_equal(el2_map(range(FREE, BLOCK_2M), LPAE_DATA), OK);
    assert_int_equal(host.tlb_forgets, 0);
    assert_true(host.dsbs > 0 && host.isbs > 0);
    assert_int_equal(el2_unmap(range(FREE, PAGE_SIZE)), E_INVALID);
    assert_int_equal(el2_unmap(range(FREE, BLOCK_2M + 1)), E_NOT_FOUND);
    assert_int_equal(host.tlb_forgets, 0);
    assert_int_equal(el2_unmap(range(FREE, BLOCK_2M)), OK);
    assert_int_equal(host.tlb_forgets, 1);
    assert_int_equal(host.tlb_forgotten.base, FREE);
    assert_int_equal(host.tlb_forgotten.size, BLOCK_2M);
    assert_int_equal(el2_unmap(range(FREE, BLOCK_2M)), E_NOT_FOUND);
}

static void the_seal_makes_pages_read_only(void **state)
{
    (void)state;
    assert_int_equal(el2_seal(range(DATA + 0x1000, 0x1001)), OK);
    assert_int_equal(kind(DATA), 'w');
    assert_int_equal(kind(DATA + 0x1000), 'r');
    assert_int_equal(kind(DATA + 0x2000), 'r');
    assert_int_equal(kind(DATA + 0x3000), 'w');
    assert_int_equal(host.tlb_forgets, 1);
    assert_int_equal(host.tlb_forgotten.base, DATA + 0x1000);
    assert_int_equal(host.tlb_forgotten.size, 0x2000);
    assert_int_equal(el2_map(range(DATA + 0x1000, 1), LPAE_DATA), E_OVERLAP);
    assert_int_equal(el2_seal(range(FREE, 1)), E_NOT_FOUND);
    assert_int_equal(el2_map(range(FREE, BLOCK_2M), LPAE_DATA), OK);
    assert_int_equal(el2_seal(range(FREE, BLOCK_2M)), E_INVALID);
    assert_int_equal(kind(FREE), 'w');
}

/* It is at both ends, one of its sections empty. */
static void the_planner_goes_and_the_rest_is_kept(void **state)
{
    const struct range all = el2_whole_image();

    (void)state;
    assert_int_equal(all.base, CODE);
    assert_int_equal(range_end(all), DATA + 0x20000);
    assert_int_equal(el2_image().base, all.base);
    assert_int_equal(el2_image().size, all.size);
    host.sections[0].planner = true;
    host.sections[2].planner = true;
    host.sections[4] = (struct el2_section){{DATA + 0x20000, 0x3000}, LPAE_DATA, true};
    host.section_count = 5;
    assert_int_equal(el2_map(host.sections[4].what, LPAE_DATA), OK);
    assert_int_equal(range_end(el2_whole_image()), DATA + 0x23000);
    assert_int_equal(el2_image().base, RODATA);
    assert_int_equal(range_end(el2_image()), DATA + 0x20000);
    assert_int_equal(el2_close_planner(), OK);
    assert_int_equal(kind(CODE), 0);
    assert_int_equal(kind(CODE + 0xffff), 0);
    assert_int_equal(kind(RODATA), 'r');
    assert_int_equal(kind(DATA + 0x1ffff), 'w');
    assert_int_equal(kind(DATA + 0x20000), 0);
    assert_int_equal(kind(DATA + 0x22fff), 0);
    assert_int_equal(host.tlb_forgets, 2);
    assert_int_equal(el2_close_planner(), E_NOT_FOUND); /* it is gone */
}

static uint32_t seen; /* looks at RAM that is mapped read-only then */

static void look(const void *p, uint64_t n)
{
    seen += n == 8 && kind((uint64_t)(uintptr_t)p) == 'r';
}

/* A partition's page is there for as long as it is read, and takes nothing once its table is. */
static void a_partitions_memory_is_seen_for_an_instant(void **state)
{
    uint8_t *ram = arena[ARENA_PAGES - 1];
    const uint64_t at = (uint64_t)(uintptr_t)ram;
    uint8_t got[8] = {0};
    uint32_t used = 0;

    (void)state;
    seen = 0;
    host.clean = look;
    for (uint32_t i = 0; i < 3; i++) {
        memset(ram, (int)i + 1, PAGE_SIZE);
        el2_read(i, at + PAGE_SIZE - 8, got, 8);
        assert_int_equal(got[0], i + 1);
        assert_int_equal(got[7], i + 1);
        assert_int_equal(kind(at), 0);
        assert_int_equal(host.tlb_forgets, i + 1);
        assert_int_equal(host.tlb_forgotten.base, at);
        assert_int_equal(host.tlb_forgotten.size, PAGE_SIZE);
        used = i == 0 ? arena_used : used;
    }
    assert_int_equal(arena_used, used);
    assert_int_equal(seen, 3);
}

static void an_empty_pool_is_told_and_the_map_stays_whole(void **state)
{
    (void)state;
    arena_limit = arena_used;
    assert_int_equal(el2_map(range(FREE, PAGE_SIZE), LPAE_DATA), E_NO_SPACE);
    assert_int_equal(kind(FREE), 0);
    assert_int_equal(kind(CODE), 'x');
}

/* ---- the audit ---- */

static void the_audit_counts_what_is_there(void **state)
{
    const struct range guest[] = {{FREE + 0x1000, BLOCK_1G}, {FREE + 2 * BLOCK_1G, BLOCK_1G}};
    struct el2_audit a;

    (void)state;
    el2_map_audit(guest, 2, &a);
    assert_int_equal(a.code, 0x10000);
    assert_int_equal(a.rodata, 0x8000);
    assert_int_equal(a.data, 0x20000);
    assert_int_equal(a.device + a.guest + a.wx + a.not_identity, 0);
    assert_int_equal(el2_map(range(FREE, BLOCK_2M), LPAE_DATA), OK);
    assert_int_equal(el2_map(range(FREE + 3 * BLOCK_1G - 1, 2), LPAE_DEVICE), OK);
    el2_map_audit(guest, 2, &a);
    assert_int_equal(a.data, 0x20000 + BLOCK_2M);
    assert_int_equal(a.device, 0x2000);
    assert_int_equal(a.guest, BLOCK_2M - 0x1000 + 0x1000);
    el2_map_audit(guest, 0, &a);
    assert_int_equal(a.guest, 0);
}

/* The audit believes the descriptors, whoever wrote them. */
static void the_audit_sees_what_nobody_should_have_written(void **state)
{
    const struct range guest = {FREE, PAGE_SIZE};
    struct el2_audit a;

    (void)state;
    assert_int_equal(lpae_map(&el2_table, 0x5000, pa(FREE), PAGE_SIZE, LPAE_CODE), OK);
    el2_map_audit(&guest, 1, &a);
    assert_int_equal(a.not_identity, PAGE_SIZE);
    assert_int_equal(a.guest, PAGE_SIZE);
    for (uint32_t i = 0; i < arena_used * 512; i++) {
        uint64_t *entry = (uint64_t *)(void *)arena + i;

        if ((*entry & UINT64_C(0xfffffffff003)) == (FREE | 3)) {
            *entry &= ~UINT64_C(0x80); /* AP[2] */
        }
    }
    el2_map_audit(&guest, 1, &a);
    assert_int_equal(a.wx, PAGE_SIZE);
}

/* ---- many CPUs ---- */

#define THREADS 4
#define TURNS   200

static void *map_and_unmap(void *number)
{
    uint64_t base = FREE + *(const uint64_t *)number * 3 * PAGE_SIZE;
    uintptr_t failed = 0;

    for (int i = 0; i < TURNS; i++) {
        failed += el2_map(range(base, 3 * PAGE_SIZE), LPAE_DATA) != OK;
        failed += kind(base) != 'w';
        failed += el2_unmap(range(base, 3 * PAGE_SIZE)) != OK;
        failed += kind(base) != 0;
    }
    return (void *)failed; /* NOLINT(performance-no-int-to-ptr) */
}

static void cpus_map_side_by_side(void **state)
{
    pthread_t thread[THREADS];
    uint64_t number[THREADS];

    (void)state;
    for (uint64_t i = 0; i < THREADS; i++) {
        number[i] = i;
        assert_int_equal(pthread_create(&thread[i], NULL, map_and_unmap, &number[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed;

        assert_int_equal(pthread_join(thread[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(host.tlb_forgets, THREADS * TURNS);
    assert_true(arena_used <= 8); /* tables were made once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_image_is_mapped_by_sections, set_up),
        cmocka_unit_test_setup(a_bad_image_or_width_is_told, set_up),
        cmocka_unit_test_setup(bytes_become_whole_pages, set_up),
        cmocka_unit_test_setup(spans_that_make_no_sense_are_refused, set_up),
        cmocka_unit_test_setup(what_is_mapped_alike_is_left, set_up),
        cmocka_unit_test_setup(other_attributes_are_an_overlap, set_up),
        cmocka_unit_test_setup(blocks_grow_around_small_maps, set_up),
        cmocka_unit_test_setup(unmapping_is_told_to_other_cpus, set_up),
        cmocka_unit_test_setup(the_seal_makes_pages_read_only, set_up),
        cmocka_unit_test_setup(the_planner_goes_and_the_rest_is_kept, set_up),
        cmocka_unit_test_setup(a_partitions_memory_is_seen_for_an_instant, set_up),
        cmocka_unit_test_setup(an_empty_pool_is_told_and_the_map_stays_whole, set_up),
        cmocka_unit_test_setup(the_audit_counts_what_is_there, set_up),
        cmocka_unit_test_setup(the_audit_sees_what_nobody_should_have_written, set_up),
        cmocka_unit_test_setup(cpus_map_side_by_side, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
