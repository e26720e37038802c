/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what an SMMU can do for partitions: its contexts and its register groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/plan/check.h"
#include "core/plan/smmu.h"
#include "core/plan/told_test.h"

static struct plan p;

static int setup(void **state)
{
    static const char *const names[] = {"a", "b", "c"};
    static const char *const paths[] = {"/a", "/b", "/c"};

    (void)state;
    told_reset();
    p = (struct plan){.partition_count = 3, .device_count = 3};
    p.board.smmu_count = 1;
    p.board.smmus[0] = (struct plan_smmu){
        .path = "/smmu", .mmio = {0x9800000, 0x20000}, .groups = 4, .sid_bits = 15};
    for (int i = 0; i < 3; i++) {
        p.partitions[i].name = names[i];
        p.devices[i].path = paths[i];
        p.devices[i].partition = i;
    }
    return 0;
}

static void add(int device, uint32_t id, uint32_t count, uint32_t mask)
{
    p.streams[p.stream_count++] =
        (struct plan_stream){.id = id, .count = count, .mask = mask, .device = device};
}

static void expect_told(const char *text)
{
    check_streams(&p);
    assert_string_equal(told, text);
}

static void expect_refused(bool a, bool b, bool c)
{
    assert_int_equal(p.partitions[0].refused, a);
    assert_int_equal(p.partitions[1].refused, b);
    assert_int_equal(p.partitions[2].refused, c);
}

/* Each piece is a power of two, begins at a multiple of itself, and together they are the run. */
static void test_runs_fall_into_pieces(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < 40; id++) {
        for (uint32_t count = 1; count < 70; count++) {
            const struct plan_stream run = {.id = id, .count = count};
            uint32_t groups = 0;
            uint32_t done = 0;

            while (done < count) {
                uint32_t piece = stream_piece(&run, done);

                assert_int_equal(piece & (piece - 1), 0);
                assert_int_equal((id + done) % piece, 0);
                done += piece;
                groups++;
            }
            assert_int_equal(done, count);
            assert_int_equal(stream_groups(&run), groups);
        }
    }
    assert_int_equal(stream_groups(&(struct plan_stream){.id = 0, .count = 0x10000}), 1);
    assert_int_equal(stream_groups(&(struct plan_stream){.id = 1, .count = 0xffff}), 16);
}

static void test_too_many_groups_refuse_the_last(void **state)
{
    (void)state;
    add(0, 0, 2, 0);
    add(1, 0x10, 1, 0xf);
    add(1, 0x20, 3, 0); /* two groups: four in all */
    expect_told("");
    add(2, 0x40, 1, 0);
    expect_told("2: /c: devices: /smmu can match 4 runs of streams, and this is one too many\n");
    expect_refused(false, false, true);
}

static void test_groups_do_not_matter_where_streams_index(void **state)
{
    (void)state;
    p.board.smmus[0].groups = 0;
    for (uint32_t i = 0; i < 10; i++) {
        add(0, 2 * i, 1, 0);
    }
    expect_told("");
}

static void test_the_refused_take_no_groups(void **state)
{
    (void)state;
    add(0, 1, 14, 0); /* six */
    add(1, 0x20, 1, 0);
    p.partitions[0].refused = true;
    expect_told("");
    assert_null(stream_overlapped(&p, &p.streams[1]));
}

static void test_a_stream_of_two_devices_takes_one_group(void **state)
{
    (void)state;
    p.devices[1].partition = 0;
    for (uint32_t i = 0; i < 6; i++) {
        add(i % 2 == 0 ? 0 : 1, 7, 1, 0);
    }
    expect_told("");
    assert_ptr_equal(stream_alike(&p, &p.streams[5]), &p.streams[0]);
    assert_null(stream_alike(&p, &p.streams[0]));
}

static void test_streams_that_are_shared_in_part_are_refused(void **state)
{
    (void)state;
    p.devices[1].partition = 0;
    add(0, 4, 2, 0);
    add(1, 5, 1, 0);
    add(2, 9, 1, 0);
    expect_told("0: /b: devices: of its streams of /smmu (0x5) only some are those "
                "of /a: an SMMUv2 cannot match both\n");
    expect_refused(true, false, false);
}

static void test_more_partitions_than_contexts(void **state)
{
    (void)state;
    p.board.smmus[0].contexts = 2;
    add(0, 1, 1, 0);
    add(1, 2, 1, 0);
    add(2, 3, 1, 0);
    check_streams(&p);
    assert_true(told_of("/smmu can serve 2 partitions, and does already"));
    expect_refused(false, false, true);
}

/* Its tables and queues lie in Bulkhead's image, the first of what is reserved, or in the pool. */
static void test_tables_beyond_its_addresses(void **state)
{
    static const char text[] = "0: /a: devices: Bulkhead or its tables lie beyond the 32 address "
                               "bits of its SMMU /smmu: load it lower, and leave RAM free there\n";

    (void)state;
    p.board.smmus[0].oas_bits = 32;
    add(0, 1, 1, 0);
    p.board.reserved[0] = (struct range){0x40000000, 0x100000};
    p.board.pool = (struct range){0xfffff000, 0x1000};
    expect_told("");
    p.board.pool.size = 0x2000;
    expect_told(text);
    expect_refused(true, false, false);
    told_reset();
    p.board.pool = (struct range){0, 0};
    p.board.reserved[0].base = UINT64_C(0x100000000);
    expect_told(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_runs_fall_into_pieces, setup),
        cmocka_unit_test_setup(test_tables_beyond_its_addresses, setup),
        cmocka_unit_test_setup(test_too_many_groups_refuse_the_last, setup),
        cmocka_unit_test_setup(test_groups_do_not_matter_where_streams_index, setup),
        cmocka_unit_test_setup(test_the_refused_take_no_groups, setup),
        cmocka_unit_test_setup(test_a_stream_of_two_devices_takes_one_group, setup),
        cmocka_unit_test_setup(test_streams_that_are_shared_in_part_are_refused, setup),
        cmocka_unit_test_setup(test_more_partitions_than_contexts, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
