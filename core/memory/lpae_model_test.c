/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table builder against a model: random and boundary maps, read back by a walker of our own,
 * written from DDI 0487 D8 alone (it shares no code and no constant with lpae.c).
 */
#include "core/memory/lpae.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory/pool.h"

#define KIB4 UINT64_C(0x1000)
#define MIB2 UINT64_C(0x200000)
#define GIB1 UINT64_C(0x40000000)

#define MAX_MAPS    8
#define ARENA_PAGES 4096

/* ---- a pool that starts anew with each case ---- */

static uint8_t (*arena)[4096];
static uint32_t arena_used;

void *pool_take(uint32_t pages)
{
    uint32_t at = (arena_used + pages - 1) / pages * pages;

    assert_true(at + pages <= ARENA_PAGES);
    arena_used = at + pages;
    return memset(arena[at], 0, (size_t)pages * 4096);
}

uint32_t pool_left(void)
{
    return ARENA_PAGES - arena_used;
}

struct range pool_range(void)
{
    return (struct range){(uint64_t)(uintptr_t)arena, (uint64_t)ARENA_PAGES * 4096};
}

/* ---- random numbers: splitmix64, the same in every run ---- */

static uint64_t seed;

static uint64_t draw(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t draw_below(uint64_t limit)
{
    return draw() % limit;
}

/* ---- the model: a list of maps, and what the manual says of their descriptors ---- */

struct map {
    uint64_t ia, pa, size;
    enum lpae_attr attr;
};

static struct map maps[MAX_MAPS];
static int map_count;

static const struct map *map_at(uint64_t ia)
{
    for (int i = 0; i < map_count; i++) {
        if (ia >= maps[i].ia && ia - maps[i].ia < maps[i].size) {
            return &maps[i];
        }
    }
    return NULL;
}

/* Attribute fields, D8.3.1.2 (stage 2: D8.3.1.2, MemAttr D8.6.5), bit by bit. */
static uint64_t expected_bits(enum lpae_stage stage, enum lpae_attr attr)
{
    uint64_t bits = 1 | 1 << 10; /* valid; AF */

    if (attr != LPAE_CODE && attr != LPAE_RAM) {
        bits |= UINT64_C(1) << 54; /* XN (stage 2: XN[1]) */
    }
    if (attr != LPAE_DEVICE) {
        bits |= 3 << 8; /* SH: Inner Shareable */
    }
    if (stage != LPAE_STAGE2) {
        bits |= stage == LPAE_DMA_STAGE1 ? 1 << 11 : 0;                                /* nG */
        bits |= stage == LPAE_DMA_STAGE1 && attr != LPAE_CODE ? UINT64_C(1) << 53 : 0; /* PXN */
        bits |= attr == LPAE_DEVICE ? 0 : 1 << 2; /* AttrIndx: LPAE_MAIR_* */
        bits |= 1 << 6;                           /* AP[1]: RES1 */
        bits |= attr == LPAE_CODE || attr == LPAE_RODATA ? 1 << 7 : 0;
    } else {
        bits |= attr == LPAE_DEVICE ? 1 << 2 : 15 << 2; /* MemAttr: nGnRE; WB, WB */
        bits |= attr == LPAE_CODE || attr == LPAE_RODATA ? 1 << 6 : 3 << 6; /* S2AP */
    }
    return bits;
}

/* ---- the slow walker ---- */

static uint64_t load(uint64_t table, uint64_t index)
{
    uint64_t descriptor;

    memcpy(&descriptor, (const void *)(uintptr_t)(table + index * 8), 8);
    return descriptor;
}

/* D8.2: the level of the first look-up. Stage 1 from the width alone, stage 2 from VTCR.SL0. */
static int first_level(const struct lpae *t)
{
    if (t->stage != LPAE_STAGE2) {
        return t->ia_bits >= 40 ? 0 : t->ia_bits >= 31 ? 1 : 2;
    }
    switch (lpae_sl0(t)) {
    case 2:
        return 0;
    case 1:
        return 1;
    case 0:
        return 2;
    default:
        fail_msg("SL0 %u", lpae_sl0(t));
        return -1;
    }
}

struct translation {
    bool valid;
    uint64_t pa; /* of this very byte */
    uint64_t leaf_size, bits;
};

static struct translation translate(const struct lpae *t, uint64_t ia)
{
    static const uint64_t span[] = {UINT64_C(1) << 39, GIB1, MIB2, KIB4};
    struct translation none = {.valid = false};
    uint64_t table = t->root.v;
    int level = first_level(t);

    if (ia >> t->ia_bits != 0) {
        return none;
    }
    for (uint64_t index = ia / span[level];; index = ia / span[++level] % 512) {
        uint64_t d = load(table, index);

        if ((d & 1) == 0) {
            return none;
        }
        if ((d & 2) == 0 || level == 3) { /* block, or page */
            uint64_t out = d << 16 >> 28 << 12;

            assert_true((d & 2) != 0 || level == 1 || level == 2);
            assert_int_equal(out % span[level], 0);
            return (struct translation){true, out + ia % span[level], span[level],
                                        (d & UINT64_C(0xffff000000000ffd))};
        }
        assert_int_equal(d >> 48, 0); /* no hierarchical attributes in tables */
        table = d << 16 >> 28 << 12;
        assert_true(table >= (uint64_t)(uintptr_t)arena &&
                    table < (uint64_t)(uintptr_t)arena + (uint64_t)arena_used * 4096);
    }
}

/* ---- the comparison ---- */

static void compare_byte(const struct lpae *t, uint64_t ia)
{
    const struct map *m = map_at(ia);
    struct translation got = translate(t, ia);
    struct lpae_leaf leaf;
    struct lpae_leaf next;
    bool walked = lpae_walk(t, ia, &leaf);
    bool found = lpae_next(t, ia, ia + 1, &next);

    assert_int_equal(got.valid, m != NULL);
    assert_int_equal(walked, m != NULL);
    assert_int_equal(found, m != NULL);
    if (m != NULL) {
        assert_int_equal(next.ia, leaf.ia);
        assert_int_equal(next.size, leaf.size);
        assert_int_equal(next.descriptor, leaf.descriptor);
        assert_int_equal(got.pa, m->pa + (ia - m->ia));
        assert_int_equal(got.bits, expected_bits(t->stage, m->attr));
        assert_int_equal(leaf.pa + (ia - leaf.ia), got.pa);
        assert_int_equal(leaf.size, got.leaf_size);
    }
}

/* Step through the whole input range by the walker's own leaves: every byte is one map's. */
static void compare_all(const struct lpae *t, bool fresh)
{
    uint64_t limit = UINT64_C(1) << t->ia_bits;

    for (int i = 0; i < map_count; i++) {
        const struct map *m = &maps[i];
        uint64_t step;

        for (uint64_t ia = m->ia; ia < m->ia + m->size; ia += step) {
            struct translation got = translate(t, ia);
            uint64_t larger = got.leaf_size == KIB4 ? MIB2 : GIB1;

            compare_byte(t, ia);
            compare_byte(t, ia + got.leaf_size - 1);
            step = got.leaf_size;
            assert_true(ia % step == 0 && ia + step <= m->ia + m->size);
            /* The largest leaf that fits: nothing larger would begin here. */
            if (fresh && step < GIB1 && (larger < GIB1 || first_level(t) < 2)) {
                assert_false(ia % larger == 0 && (m->pa + (ia - m->ia)) % larger == 0 &&
                             m->ia + m->size - ia >= larger);
            }
        }
        if (m->ia > 0) {
            compare_byte(t, m->ia - 1);
        }
        if (m->ia + m->size < limit) {
            compare_byte(t, m->ia + m->size);
        }
    }
    for (int i = 0; i < 32; i++) {
        compare_byte(t, draw_below(limit));
    }
    compare_byte(t, 0);
    compare_byte(t, limit - 1);
    assert_false(translate(t, limit).valid);
}

struct sum {
    uint64_t next, bytes;
};

static void add_leaf(void *ctx, const struct lpae_leaf *leaf)
{
    struct sum *s = ctx;

    assert_true(leaf->ia >= s->next);
    s->next = leaf->ia + leaf->size;
    s->bytes += leaf->size;
}

/* No byte but the maps' is mapped anywhere: bytes of all leaves, by a walk over raw tables. */
static uint64_t mapped_bytes(uint64_t table, uint64_t entries, int level)
{
    static const uint64_t span[] = {UINT64_C(1) << 39, GIB1, MIB2, KIB4};
    uint64_t bytes = 0;

    for (uint64_t i = 0; i < entries; i++) {
        uint64_t d = load(table, i);

        if ((d & 3) == 3 && level < 3) {
            bytes += mapped_bytes(d << 16 >> 28 << 12, 512, level + 1);
        } else if ((d & 1) != 0) {
            bytes += span[level];
        }
    }
    return bytes;
}

static void compare_sums(const struct lpae *t)
{
    uint64_t entries = UINT64_C(512) * t->root_pages;
    struct sum walked = {0, 0};
    uint64_t expected = 0;

    for (int i = 0; i < map_count; i++) {
        expected += maps[i].size;
    }
    assert_int_equal(mapped_bytes(t->root.v, entries, first_level(t)), expected);
    lpae_each(t, add_leaf, &walked);
    assert_int_equal(walked.bytes, expected);
}

/* ---- cases ---- */

/* A size or an address near where levels change, or anywhere. */
static uint64_t draw_near(uint64_t limit)
{
    static const uint64_t unit[] = {KIB4, KIB4, MIB2, MIB2, GIB1};
    uint64_t u = unit[draw_below(5)];
    uint64_t v = u >= limit ? 0 : draw_below(limit / u) * u;

    switch (draw_below(4)) {
    case 0:
        return v + draw_below(4) * KIB4;
    case 1:
        return v - draw_below(4) * KIB4;
    default:
        return v;
    }
}

static struct map draw_map(const struct lpae *t)
{
    static const uint64_t unit[] = {KIB4, KIB4, MIB2, MIB2, GIB1};
    uint64_t limit = UINT64_C(1) << t->ia_bits;
    uint64_t u = unit[draw_below(5)];
    struct map m = {.ia = draw_near(limit), .pa = draw_near(UINT64_C(1) << 48)};

    m.size = (1 + draw_below(u == KIB4 ? 600 : 3)) * u + draw_below(3) * draw_below(600) * KIB4;
    if (draw_below(3) != 0) { /* congruent, so that blocks fit; else anyhow */
        m.pa = m.pa / GIB1 * GIB1 + m.ia % (draw_below(2) ? GIB1 : MIB2);
    }
    if (m.pa % MIB2 != m.ia % MIB2 && m.size > 64 * MIB2) {
        m.size = m.size % (64 * MIB2) / KIB4 * KIB4 + KIB4;
    }
    m.attr = (enum lpae_attr)draw_below(5);
    if (t->stage != LPAE_STAGE2 && m.attr == LPAE_RAM) {
        m.attr = LPAE_DATA;
    }
    return m;
}

/* What lpae_map() must say of `m`, given the maps that are there. */
static enum status expected_status(const struct lpae *t, const struct map *m)
{
    uint64_t limit = UINT64_C(1) << t->ia_bits;

    if (m->ia >= limit || m->size > limit - m->ia || m->pa >= UINT64_C(1) << 48 ||
        m->size > (UINT64_C(1) << 48) - m->pa) {
        return E_INVALID;
    }
    for (int i = 0; i < map_count; i++) {
        if (m->ia < maps[i].ia + maps[i].size && maps[i].ia < m->ia + m->size) {
            return E_OVERLAP;
        }
    }
    return OK;
}

static void try_map(struct lpae *t, struct map m)
{
    enum status expected = expected_status(t, &m);
    uint32_t used = arena_used;

    assert_int_equal(lpae_map(t, m.ia, pa(m.pa), m.size, m.attr), expected);
    assert_true(arena_used - used <= lpae_bound(t->start_level, m.ia, m.pa, m.size));
    if (expected == OK) {
        maps[map_count++] = m;
    } else {
        assert_int_equal(arena_used, used);
    }
}

static void new_table(struct lpae *t, enum lpae_stage stage, uint8_t ia_bits)
{
    arena_used = 0;
    map_count = 0;
    assert_int_equal(lpae_init(t, stage, ia_bits), OK);
    assert_int_equal(t->root.v % (4096 * (uint64_t)t->root_pages), 0);
}

/* Up to MAX_MAPS random maps side by side, for every width. */
static void random_maps(enum lpae_stage stage, int rounds)
{
    struct lpae t;

    for (uint8_t bits = 25; bits <= 48; bits++) {
        for (int round = 0; round < rounds; round++) {
            seed = (uint64_t)round << 16 | (uint64_t)stage << 8 | bits;
            new_table(&t, stage, bits);
            for (int i = 0; i < MAX_MAPS && arena_used < ARENA_PAGES / 2; i++) {
                try_map(&t, draw_map(&t));
            }
            compare_all(&t, true);
            compare_sums(&t);
        }
    }
}

static void random_maps_of_stage_1(void **state)
{
    (void)state;
    random_maps(LPAE_EL2_STAGE1, 40);
}

static void random_maps_of_dma(void **state)
{
    (void)state;
    random_maps(LPAE_DMA_STAGE1, 40);
}

static void random_maps_of_stage_2(void **state)
{
    (void)state;
    random_maps(LPAE_STAGE2, 40);
}

/* One map whose ends lie one page before, at, and behind each boundary between levels. */
static void boundary_maps(void **state)
{
    static const uint64_t boundary[] = {0, MIB2, 511 * MIB2, GIB1, 512 * GIB1, 513 * GIB1};
    static const uint64_t length[] = {KIB4, MIB2 - KIB4, MIB2, GIB1 - MIB2, GIB1, GIB1 + MIB2};
    static const uint8_t widths[] = {32, 36, 40, 44, 48};
    const int n = 6 * 3 * 6 * 3 * 3;
    struct lpae t;

    (void)state;
    for (int i = 0; i < n * 2 * 5; i++) {
        uint64_t ia = boundary[i % 6] + (uint64_t)(i / 6 % 3) * KIB4 - KIB4;
        uint64_t size = length[i / 18 % 6] + (uint64_t)(i / 108 % 3) * KIB4 - KIB4;
        /* congruent by 1 GiB, by 2 MiB, by 4 KiB only (then the size is kept small) */
        uint64_t shift = i / 324 % 3 == 0 ? 3 * GIB1 : i / 324 % 3 == 1 ? 5 * MIB2 : 7 * KIB4;
        struct map m = {.ia = ia, .pa = ia + shift, .size = size, .attr = LPAE_DATA};

        if (shift % MIB2 != 0 && size > 4 * MIB2) {
            m.size = 4 * MIB2 + size % MIB2;
        }
        if (m.size != 0 && ia + KIB4 != 0) { /* not before address 0 */
            new_table(&t, i / n % 2 ? LPAE_STAGE2 : LPAE_EL2_STAGE1, widths[i / n / 2]);
            try_map(&t, m);
            compare_all(&t, true);
            compare_sums(&t);
        }
    }
}

/* EL2's map in life: maps go and come again, tables stay. */
static void maps_come_and_go(void **state)
{
    struct lpae t;

    (void)state;
    for (uint64_t round = 0; round < 400; round++) {
        seed = round << 8 | 0xe1;
        new_table(&t, LPAE_EL2_STAGE1, round % 2 ? 40 : 48);
        for (int i = 0; i < 24 && arena_used < ARENA_PAGES / 2; i++) {
            struct map *m = &maps[map_count == 0 ? 0 : draw_below((uint64_t)map_count)];

            if (map_count < MAX_MAPS && draw_below(2) == 0) {
                try_map(&t, draw_map(&t));
            } else if (map_count > 0) {
                assert_int_equal(lpae_unmap(&t, m->ia, m->size), OK);
                *m = maps[--map_count];
            }
        }
        compare_all(&t, false);
        compare_sums(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_maps_of_stage_1), cmocka_unit_test(random_maps_of_dma),
        cmocka_unit_test(random_maps_of_stage_2), cmocka_unit_test(boundary_maps),
        cmocka_unit_test(maps_come_and_go),
    };
    int failed;

    arena = aligned_alloc(65536, (size_t)ARENA_PAGES * 4096);
    failed = arena == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
    free(arena);
    return failed;
}
