/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of show.c: the picture of a plan, how wide it gets, and what lies at an address. */
#include "core/plan/testing_board.h"

#include "core/base/bits.h"
#include "core/plan/dt.h"

static int set_up_plan(void **state)
{
    (void)set_up(state);
    plan_board(board);
    return 0;
}

/* A partition as place.c would leave it. */
static struct plan_partition *add_partition(const char *name)
{
    struct plan_partition *part = &test_plan.partitions[test_plan.partition_count++];

    *part = (struct plan_partition){
        .name = name,
        .description = "",
        .bootargs = "",
        .cpus = {1},
        .cpu_count = 1,
        .memory = {{0x40000000, 0x200000}},
        .memory_count = 1,
        .extent = {{0x40000000, 0x50000000, 0x200000}},
        .extent_count = 1,
        .kernel_kind = PLAN_KERNEL_ARM64,
        .kernel = {.name = "linux", .size = 10, .load = 0x40080000, .load_size = 0x100000},
        .entry = 0x40080000,
        .fdt_ipa = 0x401f0000,
        .fdt_room = 0x8000,
    };
    return part;
}

static void assert_narrow(void)
{
    const char *line = log_text;

    while (*line != '\0') {
        const char *end = strchr(line, '\n');

        assert_non_null(end);
        assert_memory_equal(line, "bulkhead: ", 10);
        if (end - line > 100) {
            fail_msg("%d columns: %.*s", (int)(end - line), (int)(end - line), line);
        }
        line = end + 1;
    }
}

static void test_picture(void **state)
{
    struct plan_partition *part;

    (void)state;
    part = add_partition("a");
    part->description = "Debian";
    part->cpus[1] = 2;
    part->cpu_count = 2;
    part->kernel.gzip = true;
    part->ramdisk =
        (struct plan_image){.name = "disk", .size = 1, .load = 0x40190000, .load_size = 988035};
    test_plan.board.cpus[1].partition = 0;
    test_plan.board.cpus[2].partition = 0;
    add_partition("b")->refused = true;
    test_plan.devices[0] = (struct plan_device){
        .path = "/rtc@9010000",
        .mmio = {{0x9010000, 0x1000}},
        .mmio_count = 1,
        .irq = {{34, false}},
        .irq_count = 1,
    };
    test_plan.device_count = 1;
    plan_show(&test_plan);
    assert_narrow();
    assert_log("bulkhead: board Test board\n");
    assert_log("4 CPUs, RAM 1 GiB of which ");
    assert_log("GICv2\n");
    assert_log("bulkhead:   console  /uart@9000000\n");
    assert_log("bulkhead: partition a\nbulkhead:            Debian\n"
               "bulkhead:   CPUs     0x1 as 0, 0x100 as 1\n"
               "bulkhead:   memory   0x40000000-0x401fffff on 0x50000000, 2 MiB\n"
               "bulkhead:   device   /rtc@9010000\n"
               "bulkhead:            registers 0x9010000-0x9010fff\n"
               "bulkhead:            interrupt 34, level\n"
               "bulkhead:   kernel   linux at 0x40080000, 1 MiB\n"
               "bulkhead:   ramdisk  disk at 0x40190000, 964.8 KiB\n"
               "bulkhead:   tree     generated at 0x401f0000\n"
               "bulkhead:   entry    0x40080000, arm64 Image, gzip\n"
               "bulkhead:   console  shared\n"
               "bulkhead: partition b: refused\n"
               "bulkhead: left over\n"
               "bulkhead:   CPUs     0x0 0x101\n"
               "bulkhead:   memory   0x40000000-0x4007ffff, 512 KiB\n"
               "bulkhead:   memory   0x40100000-0x47ffffff, 127 MiB\n");
    assert_log("bulkhead:   memory   0x50200000-0x7fffffff, 766 MiB\n");
}

static void test_left_over_adds_up(void **state)
{
    (void)state;
    test_plan.board.reserved_count = 3;
    test_plan.board.reserved[0] = (struct range){0x30000000, 0x20000000};
    test_plan.board.reserved[1] = (struct range){0x48000000, 0x10000000};
    test_plan.board.reserved[2] = (struct range){0x70000000, 0x20000000};
    plan_show(&test_plan);
    assert_log("RAM 1 GiB of which 384 MiB left over");
    assert_log("left over\nbulkhead:   CPUs     0x0 0x1 0x100 0x101\n"
               "bulkhead:   memory   0x58000000-0x6fffffff, 384 MiB\n");
    log_clear();
    test_plan.board.reserved[0] = (struct range){0, UINT64_C(1) << 48};
    plan_show(&test_plan);
    assert_log("of which 0 bytes left over");
    assert_no_log("  memory ");
}

static void test_width(void **state)
{
    static char wide[200];
    struct plan_partition *part;

    (void)state;
    memset(wide, 'w', sizeof(wide) - 1);
    part = add_partition("a23456789-123456789-123456789-1");
    part->description = wide;
    part->cpu_count = PLAN_MAX_VCPUS;
    for (uint32_t i = 0; i < PLAN_MAX_VCPUS; i++) {
        test_plan.board.cpus[i].mpidr = UINT64_C(0xff00ffffff);
        part->cpus[i] = i;
    }
    test_plan.board.cpu_count = PLAN_MAX_VCPUS;
    part->extent[0] = (struct plan_extent){UINT64_C(0xfffffffff000) - 0x100000,
                                           UINT64_C(0xfffffffff000) - 0x100000, 0xff000};
    part->kernel.name = wide;
    part->kernel.gzip = true;
    part->kernel.load = UINT64_MAX;
    part->kernel.load_size = UINT64_C(0xffffffffffff);
    part->direct_map = true;
    test_plan.board.model = wide;
    test_plan.board.console.path = wide;
    test_plan.devices[0].path = wide;
    test_plan.devices[0].unprotected = true;
    test_plan.device_count = 1;
    plan_show(&test_plan);
    assert_narrow();
    assert_log("UNPROTECTED");
    assert_log("wwww...\n");
}

static void test_odd_text(void **state)
{
    char text[128] = "";

    (void)state;
    test_plan.board.model = "a\x1b[2Jb";
    add_partition("a")->description = text;
    for (uint32_t i = 0; i < 30; i++) {
        strcat(text, i == 0 ? "x" : "\xe2\x82\xac"); /* cut between characters */
    }
    plan_show(&test_plan);
    assert_log("bulkhead: board a?[2Jb\n");
    assert_log("\xe2\x82\xac...\n");
    assert_no_log("\xe2...");
    assert_no_log("\xe2\x82...");
    test_plan.board.model = NULL;
    test_plan.board.console.path = NULL;
    plan_show(&test_plan);
    assert_log("board without a model\n");
    assert_narrow();
}

static void test_node_at(void **state)
{
    static const struct {
        uint64_t address;
        const char *path;
    } cases[] = {
        {0x9010000, "/rtc@9010000"},      {0x9010fff, "/rtc@9010000"},
        {0x9011000, "nothing"},           {0x40000000, "/memory@40000000"},
        {0x7fffffff, "/memory@40000000"}, {0x80000000, "nothing"},
        {0x8030004, "/intc@8000000"},     {0xa001000, "/bus@a000000/rtc@1000"},
        {0x9200200, "/next@9200200"},     {0, "nothing"},
        {UINT64_MAX, "nothing"},
    };
    char path[DT_PATH_MAX];

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        plan_node_at(&test_plan, cases[i].address, path, sizeof(path));
        assert_string_equal(path, cases[i].path);
    }
    plan_node_at(&test_plan, 0x9010000, path, 4);
    assert_string_equal(path, "?");
    plan_node_at(&test_plan, 0, path, 4);
    assert_string_equal(path, "not");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_picture, set_up_plan, tear_down),
        cmocka_unit_test_setup_teardown(test_left_over_adds_up, set_up_plan, tear_down),
        cmocka_unit_test_setup_teardown(test_width, set_up_plan, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_text, set_up_plan, tear_down),
        cmocka_unit_test_setup_teardown(test_node_at, set_up_plan, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
