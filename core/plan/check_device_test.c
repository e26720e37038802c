/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of check.c: granted devices, their pages and their interrupts. */
#include "core/plan/check_test.h"

static void a_device_in_two_is_in_none(void **state)
{
    (void)state;
    p.devices[1].node = p.devices[0].node;
    expect(3, "0: /pl031@9010000: devices: it is also granted in \"b\": neither starts",
           "1: /pl061@9030000: devices: it is also granted in \"a\": neither starts");
    make_plan(3);
    p.devices[1].partition = 0;
    p.devices[1].node = p.devices[0].node;
    expect(1, "0: /pl061@9030000: devices: it is listed twice; list it once\n", NULL);
}

static void a_page_in_two_is_in_none(void **state)
{
    (void)state;
    p.devices[0].mmio[0] = (struct range){0x0903000f, 0x10};
    p.devices[1].mmio[0] = (struct range){0x09030000, 0x10};
    expect(3,
           "0: /pl031@9010000: devices: its window 0x903000f+0x10 shares a page with that of "
           "/pl061@9030000 in \"b\", 0x9030000+0x10: grant both to one, or neither",
           "1: /pl061@9030000: devices: its window 0x9030000+0x10 shares a page with that of");
}

/* No byte is both's: each is let through to its own. What else one has in that page, too. */
static void a_page_in_two_is_filtered(void **state)
{
    (void)state;
    p.devices[0].mmio[0] = (struct range){0x09030010, 0xff0};
    p.devices[0].mmio[1] = (struct range){0x09050000, 0x100};
    p.devices[0].mmio_count = 2;
    p.devices[1].mmio[0] = (struct range){0x09030000, 0x10};
    add_device("/third@9030000", 1, 0x09030000, 60);
    p.devices[2].mmio[0] = (struct range){0x0903000c, 0x4};
    expect(0, NULL, NULL);
    assert_int_equal(p.devices[0].filtered, 1);
    assert_int_equal(p.devices[1].filtered, 1);
    assert_int_equal(p.devices[2].filtered, 1);
    make_plan(3);
    expect(0, NULL, NULL);
    assert_int_equal(p.devices[0].filtered | p.devices[1].filtered, 0);
}

/* What EL2 cannot look at: a bridge, a function, a frame for messages; and more than it may. */
static void what_cannot_be_filtered_is_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        make_plan(3);
        p.devices[0].mmio[0] = (struct range){0x09030010, 0x10};
        p.devices[1].mmio[0] = (struct range){0x09030000, 0x10};
        p.devices[1].bridge = i == 0;
        p.devices[1].function = i == 1;
        p.devices[1].msi = i == 2;
        expect(3, "0: /pl031@9010000: devices: its window 0x9030010+0x10 shares a page with that ",
               "1: /pl061@9030000: devices: its window 0x9030000+0x10 shares a page with that of");
    }
    make_plan(3);
    for (uint32_t i = 0; i <= PLAN_MAX_FILTERED; i++) {
        add_device("/one", 0, 0x09040000 + i * PAGE_SIZE, 60 + 2 * i);
        p.devices[2 + 2 * i].mmio[0].size = 0x10;
        add_device("/other", 1, 0x09040010 + i * PAGE_SIZE, 61 + 2 * i);
        p.devices[3 + 2 * i].mmio[0].size = 0x10;
    }
    expect(3, "0: /one: devices: it is one too many that shares its page with others' registers",
           "1: /other: devices: it is one too many that shares its page with others' registers");
    assert_int_equal(p.errors, 2);
}

static void a_page_of_many_is_told_once_to_each(void **state)
{
    (void)state;
    add_device("/third@9030040", 2, 0x09030040, 60);
    for (uint32_t i = 0; i < 3; i++) {
        p.devices[i].mmio[0] = (struct range){0x09030000 + 0x20 * i, 0x60};
    }
    expect(7,
           "0: /pl031@9010000: devices: its window 0x9030000+0x60 shares a page with that of "
           "/pl061@9030000 in \"b\"",
           "1: /pl061@9030000: devices: its window 0x9030020+0x60 shares a page with that of "
           "/pl031@9010000 in \"a\"");
    assert_true(told_of("2: /third@9030040: devices: its window 0x9030040+0x60 shares a page with "
                        "that of /pl031@9010000 in \"a\""));
    assert_int_equal(p.errors, 3);
}

static void a_page_twice_in_one_is_refused(void **state)
{
    (void)state;
    p.devices[0].mmio[1] = (struct range){0x09010ff0, 0x10};
    p.devices[0].mmio_count = 2;
    expect(1,
           "0: /pl031@9010000: devices: its window 0x9010ff0+0x10 shares a page with that of "
           "/pl031@9010000, 0x9010000+0x1000: it cannot be granted",
           NULL);
}

static void two_of_one_share_whole_pages_only(void **state)
{
    (void)state;
    p.devices[0].mmio[0] = (struct range){0x09030200, 0x200};
    p.devices[1].mmio[0] = (struct range){0x09030c00, 0x400};
    p.devices[1].partition = 0;
    expect(0, NULL, NULL);
    make_plan(3);
    p.devices[0].mmio[0] = (struct range){0x09030ff0, 0x20};
    p.devices[1].mmio[0] = (struct range){0x09030000, 0x10};
    p.devices[1].partition = 0;
    expect(1,
           "0: /pl061@9030000: devices: its window 0x9030000+0x10 shares a page with that of "
           "/pl031@9010000, 0x9030ff0+0x20: it cannot be granted",
           NULL);
}

static void a_gicv2_in_parts_of_pages_is_fatal(void **state)
{
    (void)state;
    make_plan(2);
    p.board.gic.virt.base += 0x800;
    check_all(256);
    assert_true(p.fatal);
    assert_true(told_of("-1: ?: the GICv2's CPU interfaces"));
}

static void an_interrupt_in_two_is_in_none(void **state)
{
    (void)state;
    p.devices[0].irq[0].intid = 39;
    expect(3,
           "0: /pl031@9010000: devices: its interrupt 39 is also that of /pl061@9030000 in \"b\"",
           "1: /pl061@9030000: devices: its interrupt 39 is also that of /pl031@9010000 in \"a\"");
    make_plan(3);
    p.devices[0].irq[0].intid = 39;
    p.devices[1].partition = 0; /* their own affair */
    expect(0, NULL, NULL);
}

static void only_spis_are_granted(void **state)
{
    (void)state;
    p.devices[0].irq[0].intid = 27;
    p.devices[1].irq[0].intid = 1020;
    expect(3, "0: /pl031@9010000: devices: its interrupt 27 must be an SPI",
           "1: /pl061@9030000: devices: its interrupt 1020 must be an SPI that the GIC has, 32 "
           "to 1019");
    make_plan(3);
    p.devices[0].irq[0].intid = 33;
    expect(1, "its interrupt 33 is also the console's: it cannot be granted", NULL);
    make_plan(3);
    p.board.gic.intids = 64;
    p.devices[0].irq[0].intid = 64;
    expect(1, "its interrupt 64 must be an SPI that the GIC has, 32 to 63", NULL);
}

/* A GICv2m frame of the first partition raises 80 to 143, an SMMU's and what is past them too. */
static void make_frame(void)
{
    make_plan(2);
    p.devices[0] = (struct plan_device){.path = "/v2m@8020000",
                                        .node = 1,
                                        .mmio = {{0x08020000, 0x1000}},
                                        .mmio_count = 1,
                                        .msi = true,
                                        .msi_first = 80,
                                        .msi_count = 64,
                                        .msi_given = 26};
    p.board.smmu_count = 1;
    p.board.smmus[0] = (struct plan_smmu){.path = "/smmu",
                                          .mmio = {0x09050000, 0x20000},
                                          .irq = {{106, true}, {109, true}},
                                          .irq_count = 2};
}

static void what_a_frame_raises_is_its_partitions(void **state)
{
    static const uint16_t raised[] = {80, 105, 128, 143};
    static const uint16_t others[] = {79, 144};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(raised); i++) {
        make_frame();
        p.devices[1].irq[0].intid = raised[i];
        expect(3,
               "0: /v2m@8020000: devices: one of its interrupts from 80 is also that of "
               "/pl061@9030000 in \"b\": neither starts; grant both to one",
               "is also that of /v2m@8020000 in \"a\": neither starts; grant both to one");
        make_frame();
        p.devices[1].irq[0].intid = raised[i];
        p.devices[1].partition = 0; /* its own affair */
        expect(0, NULL, NULL);
    }
    for (uint32_t i = 0; i < ARRAY_SIZE(others); i++) {
        make_frame();
        p.devices[1].irq[0].intid = others[i];
        expect(0, NULL, NULL);
    }
    make_frame();
    p.board.console.irq.intid = 120;
    expect(1, "one of its interrupts from 80 is also the console's: it cannot be granted", NULL);
    make_frame();
    p.devices[0].msi_given = 0; /* the SMMU's is the first */
    p.board.smmus[0].irq[0].intid = 80;
    p.devices[1].irq[0].intid = 81;
    expect(3, "is also that of /pl061@9030000", "is also that of /v2m@8020000");
    make_frame();
    p.devices[1].irq[0].intid = 106;
    expect(3, "its interrupt 106 is also the SMMU's: it cannot be granted", NULL);
}

/* What is left of it in a table for DMA is its page: on hardware all that it has is in there. */
static void a_frame_is_a_page(void **state)
{
    static const struct range odd[] = {
        {0x08020000, 4}, {0x08020004, 0x1000}, {0x08020800, 0x1000}, {0x08020ffc, 4}};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(odd); i++) {
        make_frame();
        p.devices[0].mmio[0] = odd[i];
        p.devices[0].msi_count = p.devices[0].msi_given = 0; /* nobody has read it: as on a PC */
        expect(1,
               "/v2m@8020000: devices: its registers (reg) are no page, aligned so: as a frame "
               "for messages it cannot be granted",
               NULL);
    }
}

static void two_frames_raise_what_one_has(void **state)
{
    (void)state;
    make_frame();
    p.devices[1].irq_count = 0;
    p.devices[1].msi = true;
    p.devices[1].msi_first = 143;
    p.devices[1].msi_count = p.devices[1].msi_given = 1;
    expect(3, "one of its interrupts from 143 is also that of /v2m@8020000", NULL);
    make_frame();
    p.devices[1].irq_count = 0;
    p.devices[1].msi = true;
    p.devices[1].msi_first = 144;
    p.devices[1].msi_count = p.devices[1].msi_given = 1;
    expect(0, NULL, NULL);
}

static void windows_keep_off_ram_and_our_own_registers(void **state)
{
    static const struct range bad[] = {
        {RAM_0 + 1000 * MIB, 4096},
        {RAM_0 - 1, 1},
        {0x08000ffc, 4},
        {0x080a0000, 4096},
        {0x09000800, 16},
        {BIT(40), 4096},
        {0, 0},
        {UINT64_MAX - 3, 4},
        {UINT64_MAX - 3, 8},
        {0, UINT64_MAX},
        {0x09010000, 0x38000000},
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(bad); i++) {
        make_plan(3);
        p.devices[0].mmio[0] = bad[i];
        check_all(256);
        assert_int_equal(p.partitions[0].refused, i != 1);
    }
    make_plan(2);
    p.devices[0].mmio[0] = (struct range){0x08040000, 16};
    expect(1, "shares a page with GICV, 0x8040000+0x10000: it cannot be granted", NULL);
    make_plan(3);
    p.partitions[0].memory[0].base = 0x09000000;
    expect(1, "memory: 0x9000000+0x4000000 shares a page with the window of /pl031@9010000", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_device_in_two_is_in_none, set_up),
        cmocka_unit_test_setup(a_page_in_two_is_in_none, set_up),
        cmocka_unit_test_setup(a_page_in_two_is_filtered, set_up),
        cmocka_unit_test_setup(what_cannot_be_filtered_is_refused, set_up),
        cmocka_unit_test_setup(a_page_of_many_is_told_once_to_each, set_up),
        cmocka_unit_test_setup(a_page_twice_in_one_is_refused, set_up),
        cmocka_unit_test_setup(two_of_one_share_whole_pages_only, set_up),
        cmocka_unit_test_setup(a_gicv2_in_parts_of_pages_is_fatal, set_up),
        cmocka_unit_test_setup(an_interrupt_in_two_is_in_none, set_up),
        cmocka_unit_test_setup(only_spis_are_granted, set_up),
        cmocka_unit_test_setup(what_a_frame_raises_is_its_partitions, set_up),
        cmocka_unit_test_setup(a_frame_is_a_page, set_up),
        cmocka_unit_test_setup(two_frames_raise_what_one_has, set_up),
        cmocka_unit_test_setup(windows_keep_off_ram_and_our_own_registers, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
