/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the table builder's single functions; lpae_model_test.c holds it against a model. */
#include "core/memory/lpae.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arch/host.h>

#include <cmocka.h>

#include "core/memory/pool.h"

#define ARENA_PAGES 64

/* A pool of our own, in place of core/memory/pool.c, that starts anew with each test. */
static uint8_t arena[ARENA_PAGES][4096] __attribute__((aligned(65536)));
static uint32_t arena_used, arena_limit;

void *pool_take(uint32_t pages)
{
    uint32_t at = (arena_used + pages - 1) / pages * pages; /* powers of two, here */

    if (at + pages > arena_limit) {
        return NULL;
    }
    arena_used = at + pages;
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
    return 0;
}

static struct lpae make(enum lpae_stage stage, uint8_t ia_bits)
{
    struct lpae t;

    assert_int_equal(lpae_init(&t, stage, ia_bits), OK);
    return t;
}

/* ---- geometry ---- */

/* DDI 0487 D8.2: for the 4 KiB granule, where the walk starts and how many tables are joined. */
static void geometry_follows_the_manual(void **state)
{
    static const struct {
        enum lpae_stage stage;
        uint8_t ia_bits, level, pages;
    } rows[] = {
        {LPAE_EL2_STAGE1, 25, 2, 1}, {LPAE_EL2_STAGE1, 30, 2, 1}, {LPAE_EL2_STAGE1, 31, 1, 1},
        {LPAE_EL2_STAGE1, 39, 1, 1}, {LPAE_EL2_STAGE1, 40, 0, 1}, {LPAE_EL2_STAGE1, 48, 0, 1},
        {LPAE_STAGE2, 25, 2, 1},     {LPAE_STAGE2, 30, 2, 1},     {LPAE_STAGE2, 31, 2, 2},
        {LPAE_STAGE2, 32, 2, 4},     {LPAE_STAGE2, 34, 2, 16},    {LPAE_STAGE2, 35, 1, 1},
        {LPAE_STAGE2, 39, 1, 1},     {LPAE_STAGE2, 40, 1, 2},     {LPAE_STAGE2, 43, 1, 16},
        {LPAE_STAGE2, 44, 0, 1},     {LPAE_STAGE2, 48, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lpae t = make(rows[i].stage, rows[i].ia_bits);

        assert_int_equal(t.start_level, rows[i].level);
        assert_int_equal(t.root_pages, rows[i].pages);
        assert_int_equal(lpae_sl0(&t), 2 - rows[i].level);
        assert_true(is_aligned(t.root.v, t.root_pages * PAGE_SIZE));
        set_up(NULL);
    }
}

static void widths_that_no_stage_has_are_refused(void **state)
{
    struct lpae t;

    (void)state;
    for (unsigned bits = 0; bits < 256; bits++) {
        set_up(NULL);
        assert_int_equal(lpae_init(&t, LPAE_STAGE2, (uint8_t)bits),
                         bits < 25 || bits > 48 ? E_INVALID : OK);
        assert_int_equal(lpae_init(&t, LPAE_EL2_STAGE1, (uint8_t)bits),
                         bits < 25 || bits > 48 ? E_INVALID : OK);
    }
}

/* ---- descriptors ---- */

/* Worked out by hand from DDI 0487 D8.3.1: blocks, output address 0. */
static const struct {
    enum lpae_stage stage;
    enum lpae_attr attr;
    uint64_t block;
    bool write, execute, device;
} descriptors[] = {
    {LPAE_EL2_STAGE1, LPAE_CODE, 0x00000000000007c5, false, true, false},
    {LPAE_EL2_STAGE1, LPAE_RODATA, 0x00400000000007c5, false, false, false},
    {LPAE_EL2_STAGE1, LPAE_DATA, 0x0040000000000745, true, false, false},
    {LPAE_EL2_STAGE1, LPAE_DEVICE, 0x0040000000000441, true, false, true},
    {LPAE_DMA_STAGE1, LPAE_CODE, 0x0000000000000fc5, false, true, false},
    {LPAE_DMA_STAGE1, LPAE_RODATA, 0x0060000000000fc5, false, false, false},
    {LPAE_DMA_STAGE1, LPAE_DATA, 0x0060000000000f45, true, false, false},
    {LPAE_DMA_STAGE1, LPAE_DEVICE, 0x0060000000000c41, true, false, true},
    {LPAE_STAGE2, LPAE_CODE, 0x000000000000077d, false, true, false},
    {LPAE_STAGE2, LPAE_RODATA, 0x004000000000077d, false, false, false},
    {LPAE_STAGE2, LPAE_DATA, 0x00400000000007fd, true, false, false},
    {LPAE_STAGE2, LPAE_RAM, 0x00000000000007fd, true, true, false},
    {LPAE_STAGE2, LPAE_DEVICE, 0x00400000000004c5, true, false, true},
};

static void descriptors_are_the_manuals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
        struct lpae t = make(descriptors[i].stage, 40);
        struct lpae_leaf leaf;

        assert_int_equal(lpae_map(&t, BLOCK_2M, pa(0), BLOCK_2M, descriptors[i].attr), OK);
        assert_int_equal(lpae_map(&t, 0x3000, pa(0x7000), 0x1000, descriptors[i].attr), OK);
        assert_true(lpae_walk(&t, BLOCK_2M + 12345, &leaf));
        assert_int_equal(leaf.descriptor, descriptors[i].block);
        assert_int_equal(leaf.size, BLOCK_2M);
        assert_int_equal(leaf.write, descriptors[i].write);
        assert_int_equal(leaf.execute, descriptors[i].execute);
        assert_int_equal(leaf.device, descriptors[i].device);
        assert_true(lpae_walk(&t, 0x3fff, &leaf));
        assert_int_equal(leaf.descriptor, descriptors[i].block | 2 | 0x7000);
        assert_int_equal(leaf.ia, 0x3000);
        assert_int_equal(leaf.pa, 0x7000);
        assert_int_equal(leaf.size, PAGE_SIZE);
        set_up(NULL);
    }
}

static void el2_has_no_writable_and_executable_memory(void **state)
{
    struct lpae t = make(LPAE_EL2_STAGE1, 40);

    (void)state;
    assert_int_equal(lpae_map(&t, 0, pa(0), BLOCK_2M, LPAE_RAM), E_INVALID);
}

/* ---- what lpae_map() refuses ---- */

static void spans_that_make_no_sense_are_refused(void **state)
{
    struct lpae t = make(LPAE_STAGE2, 32);
    uint64_t limit = UINT64_C(1) << 32;

    (void)state;
    assert_int_equal(lpae_map(&t, 0, pa(0), 0, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, 0x800, pa(0), 0x1000, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, 0, pa(0x800), 0x1000, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, 0, pa(0), 0x1800, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, limit, pa(0), 0x1000, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, limit - 0x1000, pa(0), 0x2000, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, 0, pa(0), limit + 0x1000, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, -PAGE_SIZE, pa(0), 0x1000, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, -PAGE_SIZE, pa(0), 0x2000, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, 0, pa(UINT64_C(1) << 48), 0x1000, LPAE_RAM), E_INVALID);
    assert_int_equal(lpae_map(&t, 0, pa(-PAGE_SIZE), 0x2000, LPAE_RAM), E_INVALID);
    assert_int_equal(arena_used, t.root_pages);
    assert_int_equal(
        lpae_map(&t, limit - 0x1000, pa((UINT64_C(1) << 48) - 0x1000), 0x1000, LPAE_RAM), OK);
}

static void overlap_is_refused_and_changes_nothing(void **state)
{
    static uint8_t before[sizeof(arena)];
    struct lpae t = make(LPAE_STAGE2, 40);

    (void)state;
    assert_int_equal(lpae_map(&t, BLOCK_1G, pa(0), BLOCK_2M + 0x3000, LPAE_RAM), OK);
    memcpy(before, arena, sizeof(arena));
    assert_int_equal(lpae_map(&t, 0, pa(0), 2 * BLOCK_1G, LPAE_RAM), E_OVERLAP);
    assert_int_equal(lpae_map(&t, BLOCK_1G, pa(0), 0x1000, LPAE_RAM), E_OVERLAP);
    assert_int_equal(lpae_map(&t, BLOCK_1G - 0x1000, pa(0), 0x2000, LPAE_RAM), E_OVERLAP);
    assert_int_equal(lpae_map(&t, BLOCK_1G + BLOCK_2M + 0x2000, pa(0), 0x2000, LPAE_RAM),
                     E_OVERLAP);
    assert_memory_equal(before, arena, sizeof(arena));
}

static void an_empty_pool_is_told(void **state)
{
    struct lpae t;

    (void)state;
    arena_limit = 0;
    assert_int_equal(lpae_init(&t, LPAE_STAGE2, 40), E_NO_SPACE);
    arena_limit = 3; /* the root, and one of the two tables that a page needs */
    t = make(LPAE_STAGE2, 40);
    assert_int_equal(lpae_map(&t, 0, pa(0), 0x1000, LPAE_RAM), E_NO_SPACE);
}

/* ---- unmap, protect ---- */

static void unmap_takes_whole_leaves_only(void **state)
{
    struct lpae t = make(LPAE_EL2_STAGE1, 40);
    struct lpae_leaf leaf;

    (void)state;
    assert_int_equal(lpae_map(&t, 0x1ff000, pa(0x1ff000), 0x1000 + BLOCK_2M, LPAE_DATA), OK);
    assert_int_equal(lpae_unmap(&t, 0x1ff000, 0x2000), E_INVALID);
    assert_int_equal(lpae_unmap(&t, BLOCK_2M + 0x1000, BLOCK_2M - 0x1000), E_INVALID);
    assert_int_equal(lpae_map(&t, 2 * BLOCK_2M, pa(0), BLOCK_2M, LPAE_DATA), OK);
    assert_int_equal(lpae_unmap(&t, BLOCK_2M + 0x1000, BLOCK_2M), E_INVALID);
    assert_int_equal(lpae_unmap(&t, 0x1fe000, 0x2000), E_NOT_FOUND);
    assert_int_equal(lpae_unmap(&t, 0x1ff000, 0), E_INVALID);
    assert_int_equal(lpae_unmap(&t, UINT64_C(1) << 40, 0x1000), E_INVALID);
    assert_true(lpae_walk(&t, 0x1ff000, &leaf) && lpae_walk(&t, BLOCK_2M, &leaf));
    assert_int_equal(lpae_unmap(&t, 0x1ff000, 0x1000 + BLOCK_2M), OK);
    assert_false(lpae_walk(&t, 0x1ff000, &leaf) || lpae_walk(&t, BLOCK_2M, &leaf));
}

/* Where tables were left, they are used again: a valid entry is never replaced by a block. */
static void mapping_again_reuses_the_tables(void **state)
{
    struct lpae t = make(LPAE_EL2_STAGE1, 40);
    struct lpae_leaf leaf;
    uint32_t used;

    (void)state;
    assert_int_equal(lpae_map(&t, 0x1000, pa(0x1000), 0x1000, LPAE_DATA), OK);
    assert_int_equal(lpae_unmap(&t, 0x1000, 0x1000), OK);
    used = arena_used;
    assert_int_equal(lpae_map(&t, 0, pa(0), BLOCK_2M, LPAE_DATA), OK);
    assert_int_equal(arena_used, used);
    for (uint64_t ia = 0; ia < BLOCK_2M; ia += PAGE_SIZE) {
        assert_true(lpae_walk(&t, ia, &leaf));
        assert_int_equal(leaf.size, PAGE_SIZE);
        assert_int_equal(leaf.pa, ia);
    }
}

static void blocks_do_not_replace_a_table_among_them(void **state)
{
    struct lpae t = make(LPAE_EL2_STAGE1, 40);
    struct lpae_leaf leaf;

    (void)state;
    assert_int_equal(lpae_map(&t, 2 * BLOCK_2M, pa(0), PAGE_SIZE, LPAE_DATA), OK);
    assert_int_equal(lpae_unmap(&t, 2 * BLOCK_2M, PAGE_SIZE), OK);
    assert_int_equal(lpae_map(&t, BLOCK_2M, pa(BLOCK_2M), 3 * BLOCK_2M, LPAE_DATA), OK);
    for (uint64_t ia = BLOCK_2M; ia < 4 * BLOCK_2M; ia += leaf.size) {
        assert_true(lpae_walk(&t, ia, &leaf));
        assert_int_equal(leaf.pa, ia);
        assert_int_equal(leaf.size, ia / BLOCK_2M == 2 ? PAGE_SIZE : BLOCK_2M);
    }
}

static void protect_makes_pages_read_only(void **state)
{
    struct lpae t = make(LPAE_EL2_STAGE1, 40);
    struct lpae_leaf leaf;

    (void)state;
    assert_int_equal(lpae_map(&t, 0x10000, pa(0x10000), 0x3000, LPAE_DATA), OK);
    assert_int_equal(lpae_map(&t, BLOCK_2M, pa(BLOCK_2M), BLOCK_2M, LPAE_DATA), OK);
    assert_int_equal(lpae_protect(&t, BLOCK_2M, BLOCK_2M), E_INVALID);
    assert_int_equal(lpae_protect(&t, 0x11000, 0x3000), E_NOT_FOUND);
    assert_true(lpae_walk(&t, 0x11000, &leaf) && leaf.write);
    assert_int_equal(lpae_protect(&t, 0x11000, 0x1000), OK);
    assert_true(lpae_walk(&t, 0x10000, &leaf) && leaf.write);
    assert_true(lpae_walk(&t, 0x12000, &leaf) && leaf.write);
    assert_true(lpae_walk(&t, 0x11000, &leaf));
    assert_int_equal(leaf.descriptor, 0x00400000000117c7);
}

static void protect_knows_stage_2(void **state)
{
    struct lpae t = make(LPAE_STAGE2, 40);
    struct lpae_leaf leaf;

    (void)state;
    assert_int_equal(lpae_map(&t, 0x10000, pa(0x10000), 0x1000, LPAE_DATA), OK);
    assert_int_equal(lpae_protect(&t, 0x10000, 0x1000), OK);
    assert_true(lpae_walk(&t, 0x10000, &leaf));
    assert_int_equal(leaf.descriptor, 0x004000000001077f);
}

/* ---- reading ---- */

static void a_hole_tells_its_size(void **state)
{
    struct lpae t = make(LPAE_STAGE2, 40);
    struct lpae_leaf leaf;

    (void)state;
    assert_int_equal(lpae_map(&t, 0x1000, pa(0), 0x1000, LPAE_RAM), OK);
    assert_false(lpae_walk(&t, 0x2345, &leaf));
    assert_int_equal(leaf.ia, 0x2000);
    assert_int_equal(leaf.size, PAGE_SIZE);
    assert_false(lpae_walk(&t, 5 * BLOCK_2M + 1, &leaf));
    assert_int_equal(leaf.ia, 5 * BLOCK_2M);
    assert_int_equal(leaf.size, BLOCK_2M);
    assert_false(lpae_walk(&t, 3 * BLOCK_1G + 1, &leaf));
    assert_int_equal(leaf.ia, 3 * BLOCK_1G);
    assert_int_equal(leaf.size, BLOCK_1G);
    assert_false(lpae_walk(&t, UINT64_C(1) << 40, &leaf));
    assert_int_equal(leaf.ia + leaf.size, 0);
    assert_false(lpae_walk(&t, UINT64_MAX, &leaf));
}

struct seen {
    struct lpae_leaf leaf[8];
    uint32_t count;
};

static void see(void *ctx, const struct lpae_leaf *leaf)
{
    struct seen *s = ctx;

    assert_true(s->count < 8);
    s->leaf[s->count++] = *leaf;
}

static void each_visits_every_leaf_in_order(void **state)
{
    struct lpae t = make(LPAE_STAGE2, 34);
    struct seen s = {.count = 0};
    uint64_t last = (UINT64_C(1) << 34) - PAGE_SIZE;

    (void)state;
    assert_int_equal(lpae_map(&t, last, pa(0x5000), PAGE_SIZE, LPAE_DEVICE), OK);
    assert_int_equal(lpae_map(&t, 0x1ff000, pa(0x1ff000), BLOCK_2M + 0x2000, LPAE_RAM), OK);
    lpae_each(&t, see, &s);
    assert_int_equal(s.count, 4);
    assert_int_equal(s.leaf[0].ia, 0x1ff000);
    assert_int_equal(s.leaf[1].ia, BLOCK_2M);
    assert_int_equal(s.leaf[1].size, BLOCK_2M);
    assert_int_equal(s.leaf[2].ia, 2 * BLOCK_2M);
    assert_int_equal(s.leaf[3].ia, last);
    assert_true(s.leaf[3].device);
}

static void next_is_the_first_leaf_that_the_range_touches(void **state)
{
    struct lpae t = make(LPAE_STAGE2, 34);
    uint64_t limit = UINT64_C(1) << 34;
    uint64_t last = limit - PAGE_SIZE;
    struct lpae_leaf leaf;

    (void)state;
    assert_false(lpae_next(&t, 0, UINT64_MAX, &leaf));
    assert_int_equal(lpae_map(&t, last, pa(0x5000), PAGE_SIZE, LPAE_DEVICE), OK);
    assert_int_equal(lpae_map(&t, BLOCK_1G, pa(0), BLOCK_2M + PAGE_SIZE, LPAE_RAM), OK);
    assert_false(lpae_next(&t, 0, BLOCK_1G, &leaf));
    assert_true(lpae_next(&t, 0, BLOCK_1G + 1, &leaf) && leaf.ia == BLOCK_1G);
    assert_true(lpae_next(&t, BLOCK_1G + BLOCK_2M - 1, limit, &leaf) && leaf.ia == BLOCK_1G);
    assert_true(lpae_next(&t, BLOCK_1G + BLOCK_2M, limit, &leaf));
    assert_int_equal(leaf.ia, BLOCK_1G + BLOCK_2M);
    assert_int_equal(leaf.pa, BLOCK_2M);
    assert_int_equal(leaf.size, PAGE_SIZE);
    assert_true(leaf.write && leaf.execute && !leaf.device);
    assert_false(lpae_next(&t, leaf.ia + leaf.size, last, &leaf));
    assert_true(lpae_next(&t, BLOCK_1G + BLOCK_2M + PAGE_SIZE, UINT64_MAX, &leaf));
    assert_true(leaf.ia == last && leaf.device);
    assert_false(lpae_next(&t, limit, UINT64_MAX, &leaf));
}

/* ---- cleaning ---- */

static uint8_t cleaned[ARENA_PAGES];

static void note_clean(const void *p, uint64_t size)
{
    uint64_t first = ((uint64_t)(uintptr_t)p - (uint64_t)(uintptr_t)arena) / PAGE_SIZE;

    assert_true(is_aligned((uint64_t)(uintptr_t)p | size, PAGE_SIZE));
    for (uint64_t i = 0; i < size / PAGE_SIZE; i++) {
        cleaned[first + i]++;
    }
}

static void every_table_page_is_cleaned_once(void **state)
{
    static const uint8_t widths[] = {32, 40, 48};

    (void)state;
    for (size_t i = 0; i < sizeof(widths); i++) {
        struct lpae t = make(LPAE_STAGE2, widths[i]);
        uint64_t last = (UINT64_C(1) << widths[i]) - PAGE_SIZE;

        assert_int_equal(lpae_map(&t, 0, pa(0), PAGE_SIZE, LPAE_RAM), OK);
        assert_int_equal(lpae_map(&t, BLOCK_1G - PAGE_SIZE, pa(0), 2 * PAGE_SIZE, LPAE_RAM), OK);
        assert_int_equal(lpae_map(&t, last, pa(0), PAGE_SIZE, LPAE_RAM), OK);
        memset(cleaned, 0, sizeof(cleaned));
        host.clean = note_clean;
        lpae_clean(&t);
        for (uint32_t page = 0; page < ARENA_PAGES; page++) {
            assert_int_equal(cleaned[page], page < arena_used ? 1 : 0);
        }
        set_up(NULL);
    }
}

/* ---- the bound ---- */

static void bound_is_exact_for_plain_cases(void **state)
{
    (void)state;
    assert_int_equal(lpae_bound(0, 0, 0, BLOCK_1G), 1);
    assert_int_equal(lpae_bound(0, BLOCK_1G, 3 * BLOCK_1G, 2 * BLOCK_1G), 1);
    assert_int_equal(lpae_bound(0, BLOCK_1G, BLOCK_2M, BLOCK_2M), 2);
    assert_int_equal(lpae_bound(0, BLOCK_1G, BLOCK_2M, BLOCK_1G), 2);
    assert_int_equal(lpae_bound(0, 0x9000000, 0x9000000, 0x1000), 3);
    assert_int_equal(lpae_bound(0, BLOCK_1G - PAGE_SIZE, 0, 2 * PAGE_SIZE), 5);
    assert_int_equal(lpae_bound(0, 0, 0x1000, 4 * BLOCK_2M), 6);
    assert_int_equal(lpae_bound(1, 0, 0x1000, 4 * BLOCK_2M), 5);
    assert_int_equal(lpae_bound(2, 0, 0x1000, 4 * BLOCK_2M), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(geometry_follows_the_manual, set_up),
        cmocka_unit_test_setup(widths_that_no_stage_has_are_refused, set_up),
        cmocka_unit_test_setup(descriptors_are_the_manuals, set_up),
        cmocka_unit_test_setup(el2_has_no_writable_and_executable_memory, set_up),
        cmocka_unit_test_setup(spans_that_make_no_sense_are_refused, set_up),
        cmocka_unit_test_setup(overlap_is_refused_and_changes_nothing, set_up),
        cmocka_unit_test_setup(an_empty_pool_is_told, set_up),
        cmocka_unit_test_setup(unmap_takes_whole_leaves_only, set_up),
        cmocka_unit_test_setup(mapping_again_reuses_the_tables, set_up),
        cmocka_unit_test_setup(blocks_do_not_replace_a_table_among_them, set_up),
        cmocka_unit_test_setup(protect_makes_pages_read_only, set_up),
        cmocka_unit_test_setup(protect_knows_stage_2, set_up),
        cmocka_unit_test_setup(a_hole_tells_its_size, set_up),
        cmocka_unit_test_setup(each_visits_every_leaf_in_order, set_up),
        cmocka_unit_test_setup(next_is_the_first_leaf_that_the_range_touches, set_up),
        cmocka_unit_test_setup(every_table_page_is_cleaned_once, set_up),
        cmocka_unit_test_setup(bound_is_exact_for_plain_cases, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
