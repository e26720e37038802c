/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the boot's audit: EL2's table is changed behind everybody's back, and that is seen. */
#include "core/main_test.h"

static uint64_t *entry_of(uint64_t address)
{
    uint64_t *table = (uint64_t *)(uintptr_t)el2_table.root.v;
    uint32_t level = el2_table.start_level;

    for (; level < 3; level++) {
        table = (uint64_t *)(uintptr_t)(table[address >> (39 - 9 * level) & 511] & 0xfffffffff000);
    }
    return &table[address >> 12 & 511];
}

static void assert_audit_stops_it(const char *line)
{
    boot();
    IN_ORDER("bulkhead: sealed: ", line, "bulkhead: panic: CPU 0x0: core/main.c:");
    assert_no_log("partitions start\n");
    assert_int_equal(outcome->end[0], HOST_ASLEEP);
    for (uint32_t i = 1; i < CPU_COUNT; i++) {
        assert_int_equal(outcome->end[i], NOT_RUN);
    }
}

static void make_code_writable(struct range system)
{
    (void)system;
    *entry_of(CODE) &= ~(UINT64_C(1) << 7); /* AP[2] */
}

static void the_audit_finds_writable_code(void **state)
{
    (void)state;
    scene.at_audit = make_code_writable;
    assert_audit_stops_it("both writable and executable 4096,");
}

static void make_plan_writable(struct range system)
{
    (void)system;
    *entry_of((uint64_t)(uintptr_t)&plan + PAGE_SIZE) &= ~(UINT64_C(1) << 7);
}

static void the_audit_finds_a_writable_plan(void **state)
{
    (void)state;
    scene.at_audit = make_plan_writable;
    assert_audit_stops_it("partitions' RAM 0 bytes; the plan rw-\n");
}

/* The second page of the last extent of the last partition. */
static void map_guest(struct range system)
{
    const struct plan_partition *last = &plan.partitions[plan.partition_count - 1];
    const uint64_t at = last->extent[last->extent_count - 1].pa + PAGE_SIZE;

    (void)system;
    expect(lpae_map(&el2_table, at, pa(at), PAGE_SIZE, LPAE_DATA) == OK);
}

static void the_audit_finds_guest_memory(void **state)
{
    (void)state;
    scene.at_audit = map_guest;
    assert_audit_stops_it("partitions' RAM 4096 bytes; the plan r--\n");
}

static void map_system(struct range system)
{
    expect(lpae_map(&el2_table, system.base, pa(system.base), PAGE_SIZE, LPAE_RODATA) == OK);
}

static void the_audit_finds_the_system_file(void **state)
{
    (void)state;
    scene.at_audit = map_system;
    assert_audit_stops_it("partitions' RAM ");
    assert_no_log("partitions' RAM 0 bytes");
}

static void move_code(struct range system)
{
    (void)system;
    *entry_of(CODE) += PAGE_SIZE;
}

static void the_audit_finds_what_is_not_identity(void **state)
{
    (void)state;
    scene.at_audit = move_code;
    assert_audit_stops_it("both writable and executable 0, partitions' RAM 0 bytes; the plan r--");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_audit_finds_writable_code),        TEST(the_audit_finds_a_writable_plan),
        TEST(the_audit_finds_guest_memory),         TEST(the_audit_finds_the_system_file),
        TEST(the_audit_finds_what_is_not_identity),
    };

    return cmocka_run_group_tests(tests, share_outcome, NULL);
}
