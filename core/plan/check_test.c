/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of check.c: a sound plan passes, each broken rule is told of whom it concerns. */
#include "core/plan/check_test.h"

static void a_sound_plan_passes(void **state)
{
    (void)state;
    for (uint32_t version = 2; version <= 3; version++) {
        make_plan(version);
        expect(0, NULL, NULL);
        assert_string_equal(told, "");
        assert_int_equal(p.console_cpu, 0);
        assert_int_equal(p.board.cpus[3].partition, 1);
        assert_int_equal(p.board.cpus[3].vcpu, 1);
        assert_int_equal(p.board.cpus[6].partition, PLAN_NONE);
    }
}

/* ---- CPUs ---- */

static void a_cpu_in_two_is_in_none(void **state)
{
    (void)state;
    p.partitions[2].cpus[1] = 3;
    expect(6, "1: /configurations/b: cpus: 0x3 is also listed in \"c\": neither starts",
           "2: /configurations/c: cpus: 0x3 is also listed in \"b\": neither starts");
    assert_int_equal(p.board.cpus[3].partition, PLAN_NONE);
    assert_int_equal(p.board.cpus[0].partition, 0);
}

static void a_conflict_with_a_refused_one_is_told_too(void **state)
{
    (void)state;
    p.partitions[1].refused = true;
    p.partitions[2].cpus[1] = 3;
    expect(6, "1: /configurations/b: cpus: 0x3", "2: /configurations/c: cpus: 0x3");
}

static void cpus_are_listed_once_and_exist(void **state)
{
    (void)state;
    p.partitions[0].cpus[1] = 0;
    p.partitions[2].cpu_count = 0;
    expect(5, "0: /configurations/a: cpus: 0x0 is listed twice; list it once\n",
           "2: /configurations/c: it has no CPU, or no memory");
    assert_int_equal(p.errors, 2);
    make_plan(3);
    p.partitions[0].cpus[1] = p.partitions[0].cpus[2] = 0;
    p.partitions[0].cpu_count = 3;
    expect(1, "0: /configurations/a: cpus: 0x0 is listed twice; list it once\n", NULL);
    assert_int_equal(p.errors, 1);
    make_plan(3);
    p.partitions[1].cpus[1] = 12;
    check_all(256);
    assert_true(p.fatal);
}

static void a_refused_one_is_told_of_cpus_too(void **state)
{
    (void)state;
    p.partitions[0].refused = true;
    p.partitions[0].cpus[1] = 0;
    p.partitions[1].refused = true;
    p.partitions[1].cpu_count = 0;
    expect(3, "0: /configurations/a: cpus: 0x0 is listed twice; list it once\n", NULL);
    assert_int_equal(p.errors, 1);
    assert_false(told_of("1: ")); /* why it has none was told where it was found */
}

/* Each is told of the first other one, and of what it lists twice itself. */
static void each_of_many_is_told_once(void **state)
{
    char text[80];

    (void)state;
    while (p.partition_count < CONFIG_MAX_PARTITIONS) {
        add("more", 6, RAM_0 + (352 + 64 * p.partition_count) * MIB);
    }
    for (uint32_t i = 0; i < p.partition_count; i++) {
        p.partitions[i].cpus[0] = p.partitions[i].cpus[1] = 5;
    }
    expect((uint32_t)BIT(CONFIG_MAX_PARTITIONS) - 1, "0: /configurations/a: cpus: 0x101 is also",
           "1: /configurations/b: cpus: 0x101 is also listed in \"a\": neither starts; give it");
    for (int i = 0; i < CONFIG_MAX_PARTITIONS; i++) {
        (void)snprintf(text, sizeof(text), "%d: /configurations/%s: cpus: 0x101 is also listed in",
                       i, p.partitions[i].name);
        assert_int_equal(times(text), 1);
    }
    assert_int_equal(times("cpus: 0x101 is listed twice; list it once\n"), CONFIG_MAX_PARTITIONS);
    assert_int_equal(p.errors, 2 * CONFIG_MAX_PARTITIONS);
}

static void a_gicv2_serves_8_cpus(void **state)
{
    (void)state;
    make_plan(2);
    p.partition_count = 1;
    p.device_count = 1;
    p.partitions[0].cpu_count = 9;
    for (uint32_t i = 0; i < 9; i++) {
        p.partitions[0].cpus[i] = i;
    }
    expect(1, "cpus: 9 listed, but a GICv2 serves 8", NULL);
}

static void the_console_goes_to_the_first_that_starts(void **state)
{
    (void)state;
    p.partitions[0].kernel.size = 0;
    expect(1, "0: /configurations/a: kernel: it has none", NULL);
    assert_int_equal(p.console_cpu, 2);
    assert_int_equal(p.board.cpus[0].partition, PLAN_NONE);
}

/* ---- memory ---- */

static void memory_is_there_and_aligned(void **state)
{
    (void)state;
    p.partitions[0].memory_count = 0;
    p.partitions[1].memory[0].size += 1;
    p.partitions[2].memory[0] = (struct range){BIT(40) - 4096, 8192};
    expect(7, "0: /configurations/a: it has no CPU, or no memory",
           "1: /configurations/b: memory: 0x40000000+0x4000001 must be whole 4 KiB pages");
    assert_true(told_of("2: /configurations/c: memory: 0xfffffff000+0x2000 must not be empty, "
                        "and be below 0x10000000000"));
}

static void memory_makes_sense(void **state)
{
    static const struct range bad[] = {
        {RAM_0, 0}, {RAM_0 + 0x800, 4096}, {RAM_0, 0x1800}, {UINT64_MAX - 4095, 8192}};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(bad); i++) {
        make_plan(3);
        p.partitions[0].memory[0] = bad[i];
        p.partitions[0].extent_count = 0;
        plan_check(&p);
        assert_true(p.partitions[0].refused);
        assert_int_equal(p.errors, 1);
    }
}

static void direct_maps_are_apart_and_free(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        p.partitions[i].direct_map = true;
        p.partitions[i].extent_count = 0;
    }
    p.partitions[0].memory[0] = (struct range){RAM_0 + MIB, 16 * MIB}; /* on the image */
    p.partitions[1].memory[0] = (struct range){RAM_0 + 1000 * MIB, 64 * MIB};
    p.partitions[2].memory[0] = (struct range){RAM_0 + 32 * MIB, 16 * MIB};
    plan_check(&p);
    assert_true(told_of("0: /configurations/a: memory: direct-map of 0x40100000+0x1000000 shares a "
                        "page with what is reserved: image, 0x40000000+0x200000: choose other"));
    assert_true(told_of("1: /configurations/b: memory: direct-map of 0x7e800000+0x4000000 is only "
                        "in part RAM: the board has it at 0x40000000+0x40000000: choose other "
                        "addresses\n"));
    assert_false(p.partitions[2].refused);
    make_plan(3);
    p.partitions[0].direct_map = p.partitions[1].direct_map = true;
    p.partitions[0].memory[0] = (struct range){RAM_0 + 32 * MIB, 16 * MIB};
    p.partitions[1].memory[0] = (struct range){RAM_0 + 40 * MIB, 16 * MIB};
    plan_check(&p);
    assert_true(told_of("0: /configurations/a: memory: direct-map of 0x42000000+0x1000000 shares a "
                        "page with direct-map in \"b\", 0x42800000+0x1000000: neither starts"));
    assert_true(told_of("1: /configurations/b: memory: direct-map of"));
    assert_false(p.partitions[2].refused);
}

static void a_direct_map_is_told_of_one_fault_once(void **state)
{
    static const struct {
        struct range memory[2];
        const char *text;
    } cases[] = {
        {{{0x10000000, MIB}, {RAM_0 + 256 * MIB, MIB}}, "0x10000000+0x100000 is no RAM: the board"},
        {{{RAM_0 + 256 * MIB, 4 * MIB}, {RAM_0 + 257 * MIB, MIB}},
         "memory: 0x50100000+0x100000 shares a page with another range, 0x50000000+0x400000: "},
        {{{RAM_0 + 256 * MIB, 0x1800}, {RAM_0 + 300 * MIB, MIB}}, "must be whole 4 KiB pages"},
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        make_plan(3);
        p.partitions[0].direct_map = true;
        p.partitions[0].memory[0] = cases[i].memory[0];
        p.partitions[0].memory[1] = cases[i].memory[1];
        p.partitions[0].memory_count = 2;
        p.partitions[0].extent_count = 0;
        plan_check(&p);
        assert_true(told_of(cases[i].text));
        assert_int_equal(p.errors, 1);
    }
}

static void memory_keeps_off_emulated_windows(void **state)
{
    (void)state;
    p.partitions[0].memory[0] = (struct range){0x08000000, 4096};
    p.partitions[1].memory[0] = (struct range){0x080c0000, 4096};
    p.partitions[2].memory[0] = (struct range){0x09000000, 4096};
    expect(7,
           "0: /configurations/a: memory: 0x8000000+0x1000 shares a page with the interrupt "
           "controller, "
           "0x8000000+0x10000: choose other addresses",
           "2: /configurations/c: memory: 0x9000000+0x1000 shares a page with the console");
}

static void a_refused_one_is_told_of_windows_too(void **state)
{
    (void)state;
    p.partitions[0].refused = true;
    p.partitions[0].cpu_count = 0;
    p.partitions[0].memory[0] = (struct range){0x08000000, 4096};
    expect(1, "0: /configurations/a: memory: 0x8000000+0x1000 shares a page with the interrupt",
           NULL);
    assert_int_equal(p.errors, 1);
}

static void without_console_its_page_is_free(void **state)
{
    (void)state;
    p.partitions[0].memory[0] = (struct range){0x09000000, 4096};
    p.partitions[0].extent[0] = (struct plan_extent){0x09000000, RAM_0 + 64 * MIB, 4096};
    p.partitions[0].kernel.load = p.partitions[0].entry = 0x09000000;
    p.partitions[0].kernel.load_size = 64;
    p.partitions[0].fdt_ipa = 0x09000800;
    p.partitions[0].fdt_room = 0x800;
    p.partitions[0].ramdisk.size = 0;
    p.partitions[0].console = PLAN_CONSOLE_NONE;
    expect(0, NULL, NULL);
}

static void own_ranges_are_disjoint(void **state)
{
    (void)state;
    p.partitions[0].memory[1] = (struct range){RAM_0 + MIB, MIB};
    p.partitions[0].memory_count = 2;
    expect(1, "memory: 0x40100000+0x100000 shares a page with another range, 0x40000000+0x4000000",
           NULL);
}

static void extents_are_free_ram_of_their_own(void **state)
{
    static const uint64_t bad[] = {
        RAM_0, RAM_0 + MIB + 4096, 0, RAM_0 + 1000 * MIB, UINT64_MAX - 4095, RAM_0 + 256 * MIB + 1,
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(bad); i++) {
        make_plan(3);
        p.partitions[0].extent[0].pa = bad[i];
        expect(1, "0: /configurations/a: memory: RAM 0x", NULL);
    }
    make_plan(3);
    p.partitions[0].extent[0].size -= 4096;
    expect(1, "memory: 0x1000 bytes of what is asked for are not given", NULL);
    make_plan(3);
    p.partitions[0].extent[0].ipa += 4096;
    expect(1, "cannot be given", NULL);
    make_plan(3);
    p.partitions[0].direct_map = true;
    p.partitions[0].memory[0].base = p.partitions[0].extent[0].ipa = RAM_0 + 256 * MIB;
    expect(1, "cannot be given", NULL);
    make_plan(3);
    p.partitions[0].extent_count = 2; /* the same RAM twice */
    p.partitions[0].extent[0].size /= 2;
    p.partitions[0].extent[1] = p.partitions[0].extent[0];
    p.partitions[0].extent[1].ipa += 32 * MIB;
    expect(1, "memory: RAM 0x44000000+0x2000000 shares a page with RAM", NULL);
}

static void two_never_share_ram(void **state)
{
    (void)state;
    p.partitions[1].extent[0].pa = p.partitions[0].extent[0].pa + 63 * MIB;
    expect(
        3, "0: /configurations/a: memory: RAM 0x44000000+0x4000000 shares a page with RAM in \"b\"",
        "1: /configurations/b: memory: RAM 0x47f00000+0x4000000 shares a page with RAM in \"a\"");
}

/* ---- images ---- */

static void images_are_inside_and_disjoint(void **state)
{
    (void)state;
    p.partitions[0].entry = RAM_0 - 4;
    p.partitions[1].kernel.load_size = 65 * MIB;
    p.partitions[2].ramdisk.load = RAM_0;
    expect(7, "0: /configurations/a: kernel: its entry 0x3ffffffc is outside",
           "1: /configurations/b: kernel, ramdisk or device tree is not inside");
    assert_true(told_of("2: /configurations/c: kernel, ramdisk and device tree overlap"));
    make_plan(3);
    p.partitions[0].fdt_ipa = RAM_0 + 64 * MIB - 4096;
    p.partitions[1].fdt_ipa += 4;
    p.partitions[2].ramdisk.load_size = 63 * MIB + 1;
    expect(7, "0: /configurations/a: kernel, ramdisk or device tree is not inside",
           "1: /configurations/b: kernel, ramdisk or device tree is not inside");
}

/* One more than there is room for, of each that is counted. */
static void a_plan_that_contradicts_itself_is_fatal(void **state)
{
    const struct {
        uint32_t *count, room;
    } counts[] = {
        {&p.partition_count, CONFIG_MAX_PARTITIONS},
        {&p.device_count, PLAN_MAX_DEVICES},
        {&p.stream_count, PLAN_MAX_STREAMS},
        {&p.pci_host_count, PLAN_MAX_PCI_HOSTS},
        {&p.function_count, PLAN_MAX_FUNCTIONS},
        {&p.board.ram_banks, PLAN_MAX_RAM_BANKS},
        {&p.board.reserved_count, PLAN_MAX_RESERVED},
        {&p.board.cpu_count, CONFIG_MAX_CPUS},
        {&p.board.boot_cpu, CONFIG_MAX_CPUS - 1},
        {&p.board.gic.redists, PLAN_MAX_REDISTS},
        {&p.board.smmu_count, PLAN_MAX_SMMUS},
        {&p.board.smmus[0].irq_count, PLAN_MAX_SMMU_IRQS},
        {&p.board.its_count, PLAN_MAX_ITS},
        {&p.partitions[2].cpu_count, PLAN_MAX_VCPUS},
        {&p.partitions[2].memory_count, PLAN_MAX_RANGES},
        {&p.partitions[2].extent_count, PLAN_MAX_EXTENTS},
        {&p.devices[0].mmio_count, PLAN_MAX_WINDOWS},
        {&p.devices[0].irq_count, PLAN_MAX_IRQS},
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(counts); i++) {
        make_plan(3);
        p.device_count = p.board.smmu_count = 1; /* zeros: no window, nothing that interrupts */
        *counts[i].count = counts[i].room + 1;
        plan_check(&p);
        assert_true(p.fatal && told_of("/: the plan contradicts itself: a count exceeds"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_sound_plan_passes, set_up),
        cmocka_unit_test_setup(a_cpu_in_two_is_in_none, set_up),
        cmocka_unit_test_setup(a_conflict_with_a_refused_one_is_told_too, set_up),
        cmocka_unit_test_setup(cpus_are_listed_once_and_exist, set_up),
        cmocka_unit_test_setup(a_refused_one_is_told_of_cpus_too, set_up),
        cmocka_unit_test_setup(each_of_many_is_told_once, set_up),
        cmocka_unit_test_setup(a_gicv2_serves_8_cpus, set_up),
        cmocka_unit_test_setup(the_console_goes_to_the_first_that_starts, set_up),
        cmocka_unit_test_setup(memory_is_there_and_aligned, set_up),
        cmocka_unit_test_setup(memory_makes_sense, set_up),
        cmocka_unit_test_setup(direct_maps_are_apart_and_free, set_up),
        cmocka_unit_test_setup(a_direct_map_is_told_of_one_fault_once, set_up),
        cmocka_unit_test_setup(memory_keeps_off_emulated_windows, set_up),
        cmocka_unit_test_setup(a_refused_one_is_told_of_windows_too, set_up),
        cmocka_unit_test_setup(without_console_its_page_is_free, set_up),
        cmocka_unit_test_setup(own_ranges_are_disjoint, set_up),
        cmocka_unit_test_setup(extents_are_free_ram_of_their_own, set_up),
        cmocka_unit_test_setup(two_never_share_ram, set_up),
        cmocka_unit_test_setup(images_are_inside_and_disjoint, set_up),
        cmocka_unit_test_setup(a_plan_that_contradicts_itself_is_fatal, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
