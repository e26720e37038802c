/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of place.c: who gets which RAM, who is refused. */
#include "core/plan/placing_test.h"

/* ---- memory ---- */

static void gives_blocks_where_they_fit(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    add_reserved(RAM_0, 0x123456, "image");
    part = add("a", RAM_0, 512 * MIB);
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(part->extent_count, 1);
    assert_int_equal(part->extent[0].ipa, RAM_0);
    assert_int_equal(part->extent[0].pa, RAM_0 + 2 * MIB);
    assert_int_equal(part->extent[0].size, 512 * MIB);
}

static void uses_ram_above_4_gib_in_1_gib_blocks(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 8192 * MIB);
    add_reserved(RAM_0, 3 * MIB, "image");
    part = add("a", RAM_0, 6144 * MIB);
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(part->extent_count, 1);
    assert_int_equal(part->extent[0].pa, 2 * RAM_0);
}

static void pages_are_enough_for_small_ranges(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 2 * MIB);
    add_reserved(RAM_0, 1, "image");
    part = add("a", 0x80001000, 256 * 1024);
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(part->extent[0].pa, RAM_0 + 4096);
}

static void splits_only_where_it_must(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 512 * MIB);
    add_ram(0x80000000, 512 * MIB);
    part = add("a", 0, 768 * MIB);
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(part->extent_count, 2);
    assert_int_equal(part->extent[0].size + part->extent[1].size, 768 * MIB);
    assert_int_equal(part->extent[1].ipa, part->extent[0].size);
    assert_int_equal(part->extent[1].pa % BLOCK_2M, part->extent[1].ipa % BLOCK_2M);
}

static void the_smallest_piece_that_fits_is_taken(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    add_reserved(RAM_0 + 900 * MIB, 4 * MIB, "hole");
    part = add("a", 0, 64 * MIB);
    plan_place(&p);
    assert_int_equal(part->extent[0].pa, RAM_0 + 904 * MIB);
}

static void refuses_who_asks_too_much_and_places_the_others(void **state)
{
    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    add_reserved(RAM_0 + 512 * MIB, MIB, "hole");
    add("small", RAM_0, 128 * MIB);
    add("huge", RAM_0, 4096 * MIB);
    add("other", RAM_0, 256 * MIB);
    plan_place(&p);
    assert_false(p.partitions[0].refused);
    assert_true(p.partitions[1].refused);
    assert_int_equal(p.partitions[1].extent_count, 0);
    assert_false(p.partitions[2].refused);
    assert_string_equal(told, "1: /configurations/huge: memory: 4096 MiB at 0x40000000 do not fit: "
                              "1023 MiB of RAM are free, the largest piece has 512 MiB; ask for "
                              "less\n");
}

static void too_many_pieces_are_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        add_ram(RAM_0 + i * 16 * MIB, 8 * MIB);
        for (uint32_t j = 0; j < 4; j++) {
            add_reserved(RAM_0 + i * 16 * MIB + j * 2 * MIB + MIB, 4096, "hole");
        }
    }
    add("a", 0, 60 * MIB);
    plan_place(&p);
    assert_true(p.partitions[0].refused);
    assert_int_equal(p.partitions[0].extent_count, 0);
}

static void nothing_is_left_of_a_refused_partition(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 64 * MIB);
    part = add("greedy", RAM_0, 40 * MIB);
    add_range(part, 0x80000000, 40 * MIB);
    add("modest", RAM_0, 32 * MIB);
    plan_place(&p);
    assert_true(part->refused);
    assert_false(p.partitions[1].refused);
    assert_int_equal(p.partitions[1].extent_count, 1);
}

static void no_ram_at_all_is_told(void **state)
{
    (void)state;
    add("a", 0, MIB);
    add_ram(UINT64_MAX - 8191, 4096); /* beyond what any CPU can address */
    plan_place(&p);
    assert_true(told_of("0 KiB of RAM are free"));
}

/* ---- what SMMUs reach ---- */

#define GIB4 UINT64_C(0x100000000)

/* The partition has a device behind an SMMU of its own, that puts out so many address bits. */
static void contain(int partition, uint8_t oas_bits)
{
    p.streams[p.stream_count++] =
        (struct plan_stream){.smmu = p.board.smmu_count, .count = 1, .device = (int)p.device_count};
    p.devices[p.device_count++].partition = partition;
    p.board.smmus[p.board.smmu_count++] = (struct plan_smmu){.path = "/smmu", .oas_bits = oas_bits};
}

static void what_dma_does_not_reach_is_not_given(void **state)
{
    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    add_ram(GIB4, 256 * MIB);
    add("a", RAM_0, 128 * MIB);
    add("b", RAM_0, 128 * MIB);
    add("c", RAM_0, 1100 * MIB);
    contain(0, 36);
    contain(0, 32);
    contain(2, 32);
    plan_place(&p);
    assert_false(p.partitions[0].refused || p.partitions[1].refused);
    assert_true(p.partitions[0].extent[0].pa < GIB4);
    assert_int_equal(p.partitions[1].extent[0].pa, GIB4);
    assert_string_equal(told, "2: /configurations/c: memory: 1100 MiB at 0x40000000 do not fit in "
                              "reach of its devices' SMMU /smmu: 1024 MiB of RAM are free, the "
                              "largest piece has 1024 MiB; ask for less\n");
    told_reset();
    p.partitions[1].refused = true;
    p.partitions[2].refused = false; /* who can have the RAM above comes after who cannot */
    p.board.smmus[2].oas_bits = 33;
    plan_place(&p);
    assert_string_equal(told, "");
    assert_true(p.partitions[0].extent[0].pa < GIB4);
    assert_int_equal(p.partitions[2].extent_count, 2);
}

static void the_pool_lies_where_smmus_reach_it(void **state)
{
    (void)state;
    add_ram(RAM_0, 64 * MIB);
    add_ram(GIB4, 8 * MIB); /* the smallest that has room */
    add("a", RAM_0, MIB);
    contain(0, 32);
    add("b", RAM_0, MIB);
    plan_place_pool(&p, 0);
    assert_int_equal(p.board.pool.base, RAM_0);
    p.partitions[0].refused = true;
    plan_place_pool(&p, 0);
    assert_int_equal(p.board.pool.base, GIB4);
    p.partitions[0].refused = false;
    p.board.ram[0].size = 0; /* none in reach: check_smmu.c tells it */
    p.board.reserved_count = 0;
    plan_place_pool(&p, 0);
    assert_int_equal(p.board.pool.base, GIB4);
}

/* ---- direct-map ---- */

static void direct_map_comes_first(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 128 * MIB);
    add("a", RAM_0, 64 * MIB);
    part = add("direct", RAM_0 + 32 * MIB, 32 * MIB);
    part->direct_map = true;
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(part->extent[0].pa, RAM_0 + 32 * MIB);
    assert_int_equal(p.partitions[0].extent[0].pa, RAM_0 + 64 * MIB);
}

/* Whom it meets is told by plan_check(); here nothing is given. */
static void direct_map_takes_free_ram_only(void **state)
{
    (void)state;
    add_ram(RAM_0, 128 * MIB);
    add_reserved(RAM_0 + 16 * MIB, 4096, "/reserved-memory/optee");
    add("a", RAM_0 + 8 * MIB, 16 * MIB)->direct_map = true;
    add("b", RAM_0 + 100 * MIB, 64 * MIB)->direct_map = true;
    add("c", 0x1000, 0x1000)->direct_map = true;
    add("d", RAM_0 + 32 * MIB, 16 * MIB)->direct_map = true;
    add("e", RAM_0 + 47 * MIB, 16 * MIB)->direct_map = true;
    plan_place(&p);
    for (uint32_t i = 0; i < p.partition_count; i++) {
        assert_int_equal(p.partitions[i].refused, i != 3);
        assert_int_equal(p.partitions[i].extent_count, i == 3);
    }
    assert_true(told_of("0: /configurations/a: memory: direct-map of 0x40800000+0x1000000 is not"));
}

/* ---- images that do not fit ---- */

static void a_refused_partition_frees_its_ram(void **state)
{
    (void)state;
    add_ram(RAM_0, 64 * MIB);
    add("bad", RAM_0, 60 * MIB)->kernel.load = 0;
    add("good", RAM_0, 60 * MIB);
    plan_place(&p);
    assert_true(p.partitions[0].refused);
    assert_false(p.partitions[1].refused);
    assert_int_equal(p.partitions[1].extent_count, 1);
}

/* ---- any system ---- */

static uint32_t seed;

static uint64_t draw(uint64_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint64_t)(seed >> 8) % below;
}

static void make_any_system(uint32_t n)
{
    seed = n;
    set_up(NULL);
    for (uint64_t i = draw(4) + 1, at = RAM_0; i > 0; i--) {
        uint64_t size = (draw(64) + 1) * 4 * MIB + draw(2) * 0x1800;

        add_ram(at, size);
        at += size + draw(2) * draw(16) * MIB;
    }
    for (uint64_t i = draw(12); i > 0; i--) {
        add_reserved(RAM_0 + draw(600 * MIB), draw(2 * MIB) + 1, "reserved");
    }
    for (uint64_t i = draw(CONFIG_MAX_PARTITIONS) + 1; i > 0; i--) {
        struct plan_partition *part =
            add("any", align_down(draw(1024) * MIB + draw(2) * 8192, 4096),
                (draw(64) + 1) * (draw(2) ? MIB : 0x10000) + 0x10000);

        for (uint64_t j = draw(4); j > 0; j--) {
            add_range(part, 0x80000000 + j * 512 * MIB, (draw(32) + 1) * MIB + draw(3) * 4096);
        }
        part->direct_map = draw(8) == 0;
    }
}

/* Byte by byte sums, independent of how place.c thinks: what was asked for is what was given. */
static void assert_sound(const struct plan_partition *part)
{
    uint64_t given = 0;

    for (uint32_t i = 0; i < part->extent_count; i++) {
        const struct plan_extent *e = &part->extent[i];
        bool inside = false;

        given += e->size;
        assert_true(is_aligned(e->ipa | e->pa | e->size, PAGE_SIZE) && e->size != 0);
        assert_true(i == 0 || e->ipa >= e[-1].ipa + e[-1].size);
        for (uint32_t j = 0; j < part->memory_count; j++) {
            inside = inside || range_holds(part->memory[j], (struct range){e->ipa, e->size});
        }
        assert_true(inside);
        for (uint32_t j = 0; j < p.board.reserved_count; j++) {
            assert_false(ranges_overlap(p.board.reserved[j], (struct range){e->pa, e->size}));
        }
        for (uint32_t j = 0; j < p.partition_count; j++) {
            for (uint32_t k = 0; k < p.partitions[j].extent_count; k++) {
                const struct plan_extent *o = &p.partitions[j].extent[k];

                assert_true(o == e || !ranges_overlap((struct range){o->pa, o->size},
                                                      (struct range){e->pa, e->size}));
            }
        }
    }
    for (uint32_t j = 0; j < part->memory_count; j++) {
        given -= part->memory[j].size;
    }
    assert_int_equal(given, 0);
}

static void the_pool_gets_the_smallest_piece_that_has_room(void **state)
{
    uint64_t want;

    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    add_reserved(RAM_0, 4096, "image");
    add_reserved(RAM_0 + 7 * 4096, 2 * MIB - 7 * 4096, "image");
    add("a", RAM_0, 4 * MIB);
    plan_place(&p);
    want = check_pool_total(&p) * PAGE_SIZE;
    assert_int_equal(plan_place_pool(&p, want / PAGE_SIZE), want / PAGE_SIZE);
    assert_int_equal(p.board.pool.size, 0);
    assert_int_equal(plan_place_pool(&p, want / PAGE_SIZE - 5), want / PAGE_SIZE);
    assert_int_equal(p.board.pool.base, RAM_0 + 4096);
    assert_int_equal(p.board.pool.size, 6 * PAGE_SIZE); /* and what maps it */
    p.board.reserved_count = 2;
    plan_place_pool(&p, want / PAGE_SIZE - 6);
    assert_int_equal(p.board.pool.base, RAM_0 + 6 * MIB);
    assert_int_equal(p.board.pool.size, 7 * PAGE_SIZE);
    assert_string_equal(p.board.reserved_name[2], "Bulkhead's tables and stacks");
}

/* Where EL2 sees partitions' pages it maps nothing of its own; a partition may lie there. */
static void the_pool_keeps_out_of_the_windows(void **state)
{
    const struct range *list;

    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    add_reserved(RAM_0, 4 * MIB, "image");
    add("a", RAM_0, 1020 * MIB - 64 * 4096);
    host.windows = (struct range){RAM_0 + 1024 * MIB - 64 * 4096, 8 * 4096};
    plan_place(&p);
    assert_int_equal(plan_free(&p, &list), 1);
    assert_int_equal(list[0].base, host.windows.base);
    plan_place_pool(&p, 0);
    assert_int_equal(p.board.pool.base, range_end(host.windows));
    assert_int_equal(plan_free(&p, &list), 2);
    assert_int_equal(list[0].base, host.windows.base);
    assert_int_equal(list[0].size, host.windows.size);
}

static void a_pool_without_room_gets_what_is_left(void **state)
{
    (void)state;
    add_ram(RAM_0, 4 * MIB + 4096);
    add("a", RAM_0, 4 * MIB);
    plan_place(&p);
    plan_place_pool(&p, 0);
    assert_int_equal(p.board.pool.base, RAM_0 + 4 * MIB);
    assert_int_equal(p.board.pool.size, 4096);
}

/* An image at physical address 0 could not be told from none. */
static void nobody_gets_page_0(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(0, 4 * MIB);
    part = add("a", RAM_0, 2 * MIB);
    add_range(part, RAM_0 + 16 * MIB, 2 * MIB - PAGE_SIZE);
    plan_place(&p);
    assert_string_equal(told, "");
    assert_true(part->extent[0].pa != 0 && part->extent[1].pa != 0);
    part = add("b", RAM_0, PAGE_SIZE);
    plan_place(&p);
    assert_true(part->refused);
}

/* On Armv7-A EL2's addresses end at 4 GiB: each extent, and the pool, is on one side. */
static void nothing_lies_across_el2s_limit(void **state)
{
    struct plan_partition *part;

    (void)state;
    host.el2_bits = 32;
    add_ram(0xc0000000, 3072 * MIB);
    part = add("a", 0, 2560 * MIB);
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(part->extent_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct plan_extent *e = &part->extent[i];

        assert_true(e->pa >= BIT(32) || e->pa + e->size <= BIT(32));
    }
    assert_true(check_pool_need(&p, part) > EL2_WINDOW_PAGES);
    plan_place_pool(&p, 0);
    assert_true(p.board.pool.size != 0 && range_end(p.board.pool) <= BIT(32));
    p.board.pool.size = 0;
    add_reserved(0xc0000000, 1024 * MIB, "all below");
    plan_place_pool(&p, 0);
    assert_int_equal(p.board.pool.size, 0);
}

static void any_system_is_placed_soundly_and_alike(void **state)
{
    static struct plan first;
    uint32_t good = 0;

    (void)state;
    for (uint32_t n = 0; n < 3000; n++) {
        make_any_system(n);
        plan_place(&p);
        for (uint32_t i = 0; i < p.partition_count; i++) {
            if (p.partitions[i].refused) {
                assert_int_equal(p.partitions[i].extent_count, 0);
            } else {
                assert_sound(&p.partitions[i]);
                good++;
            }
        }
        first = p;
        make_any_system(n);
        plan_place(&p);
        assert_memory_equal(&first, &p, sizeof(p));
    }
    assert_true(good > 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(gives_blocks_where_they_fit, set_up),
        cmocka_unit_test_setup(uses_ram_above_4_gib_in_1_gib_blocks, set_up),
        cmocka_unit_test_setup(pages_are_enough_for_small_ranges, set_up),
        cmocka_unit_test_setup(splits_only_where_it_must, set_up),
        cmocka_unit_test_setup(the_smallest_piece_that_fits_is_taken, set_up),
        cmocka_unit_test_setup(refuses_who_asks_too_much_and_places_the_others, set_up),
        cmocka_unit_test_setup(too_many_pieces_are_refused, set_up),
        cmocka_unit_test_setup(the_pool_keeps_out_of_the_windows, set_up),
        cmocka_unit_test_setup(the_pool_gets_the_smallest_piece_that_has_room, set_up),
        cmocka_unit_test_setup(a_pool_without_room_gets_what_is_left, set_up),
        cmocka_unit_test_setup(nothing_is_left_of_a_refused_partition, set_up),
        cmocka_unit_test_setup(no_ram_at_all_is_told, set_up),
        cmocka_unit_test_setup(what_dma_does_not_reach_is_not_given, set_up),
        cmocka_unit_test_setup(the_pool_lies_where_smmus_reach_it, set_up),
        cmocka_unit_test_setup(direct_map_comes_first, set_up),
        cmocka_unit_test_setup(direct_map_takes_free_ram_only, set_up),
        cmocka_unit_test_setup(a_refused_partition_frees_its_ram, set_up),
        cmocka_unit_test_setup(nobody_gets_page_0, set_up),
        cmocka_unit_test_setup(nothing_lies_across_el2s_limit, set_up),
        cmocka_unit_test_setup(any_system_is_placed_soundly_and_alike, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
