/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of what all share: each broken once, told with the node, and fatal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arch/host.h>

#include "core/plan/sound_test.h"

#define POOL 256

static void sound(uint32_t version)
{
    make_plan(version);
    p.board.gic.path = "/gic";
    p.board.console.path = "/uart";
    p.board.gic.maintenance = 25;
    p.board.timer_phys = 30;
    p.board.timer_virt = 27;
    p.board.pmu = 23;
    p.board.gic.intids = 288;
}

static void assert_fatal(const char *said)
{
    plan_check(&p);
    assert_true(p.fatal);
    if (!told_of(said)) {
        fail_msg("not told: %s\n%s", said, told);
    }
}

static void sound_boards_pass(void **state)
{
    (void)state;
    for (uint32_t version = 2; version <= 3; version++) {
        sound(version);
        check_all(POOL);
        assert_string_equal(told, "");
        assert_int_equal(p.errors, 0);
    }
}

static void windows_make_sense(void **state)
{
    (void)state;
    sound(3);
    p.board.console.mmio.size = 0;
    assert_fatal("/uart: reg: console 0x9000000+0x0 must not be empty");
    sound(3);
    p.board.gic.dist.base = UINT64_MAX - 0xfff;
    assert_fatal("/gic: reg: GICD 0xfffffffffffff000+0x10000 must not be empty, and be below");
    sound(2);
    p.board.gic.hyp.base = UINT64_C(1) << 52;
    assert_fatal("/gic: reg: GICH");
}

static void windows_are_apart(void **state)
{
    (void)state;
    sound(3);
    p.board.console.mmio = (struct range){p.board.gic.dist.base + 0x800, 0x100};
    assert_fatal("/uart: reg: console 0x8000800+0x100 shares a page with GICD, 0x8000000+0x10000");
    sound(3);
    p.board.gic.redist[1] = p.board.gic.redist[0];
    p.board.gic.redists = 2;
    assert_fatal("/gic: reg: GICR 0x80a0000+0xf60000 shares a page with GICR");
    sound(2);
    p.board.gic.virt.base = p.board.gic.cpu.base;
    assert_fatal("/gic: reg: GICV 0x8010000+0x10000 shares a page with GICC");
    sound(3);
    p.board.console.mmio.base = RAM_0 + MIB;
    assert_fatal("/uart: reg: console 0x40100000+0x1000 shares a page with the board's RAM");
}

/* Both interfaces repeat, and GICV_DIR is where GICC_DIR is: a shorter GICV has none. */
static void gicv_reaches_as_far_as_gicc(void **state)
{
    (void)state;
    sound(2);
    p.board.gic.alias = 0xf000;
    p.board.gic.virt.size = 0x10000;
    assert_fatal("/gic: reg: its GICC repeats to offset 0xf000: the GICV, 0x");
    assert_non_null(strstr(told, "+0x10000, must have two pages there, too"));
    sound(2);
    p.board.gic.alias = 0xf000;
    p.board.gic.virt.size = 0x11000;
    check_all(POOL);
    assert_false(p.fatal);
}

static void every_cpu_has_a_frame(void **state)
{
    (void)state;
    sound(3);
    p.board.gic.redist[0].size = 11 * 0x20000;
    assert_fatal("/gic: reg: its redistributors' regions have room for 11 CPUs: the board has 12");
    sound(3);
    p.board.gic.redist[0].size = 12 * 0x20000;
    check_all(POOL);
    assert_false(p.fatal);
    sound(3);
    p.board.gic.redist[0].size = 12 * 0x20000;
    p.board.gic.redist_stride = 0x40000;
    assert_fatal("room for 6 CPUs");
}

static void own_interrupts_are_apart(void **state)
{
    (void)state;
    sound(3);
    p.board.timer_virt = 25;
    assert_fatal("/gic: interrupts: the virtual timer's 25 is also the maintenance interrupt's");
    sound(3);
    p.board.pmu = 30;
    assert_fatal("the PMU's 30 is also the physical timer's");
    sound(3);
    p.board.timer_hyp = 23;
    assert_fatal("the PMU's 23 is also EL2's timer's");
    sound(3);
    p.board.timer_virt = p.board.timer_phys = p.board.pmu = 0; /* none: nothing is shared */
    check_all(POOL);
    assert_false(p.fatal);
}

static void release_words_are_in_ram(void **state)
{
    const uint64_t wrong[] = {RAM_0 + 0x1004, 0x1000, RAM_0 + 0x100};

    (void)state;
    for (uint32_t i = 0; i <= 3; i++) {
        sound(3);
        p.board.reserved[1] = (struct range){RAM_0 + 2 * MIB, 0x1000};
        p.board.reserved_count = 2;
        p.board.cpus[5].enable = CPU_ENABLE_SPIN_TABLE;
        p.board.cpus[5].release = i < 3 ? wrong[i] : RAM_0 + 4 * MIB;
        if (i < 3) {
            assert_fatal("/cpus: cpu-release-addr of CPU 0x101: ");
        } else {
            check_all(POOL);
            assert_false(p.fatal);
        }
    }
}

static void the_system_file_is_in_ram_of_its_own(void **state)
{
    (void)state;
    sound(3);
    p.board.reserved[1] = (struct range){RAM_0 + 16 * MIB, 0x3000}; /* the tree */
    p.board.reserved_count = 2;
    assert_true(plan_check_system(&p, (struct range){RAM_0 + 32 * MIB, 5 * MIB + 1}));
    assert_string_equal(told, "");
    assert_false(plan_check_system(&p, (struct range){0x0a100000, MIB}));
    assert_true(told_of("/chosen: the system file, 0x100000 bytes at 0xa100000, is not in"));
    assert_false(plan_check_system(&p, (struct range){RAM_0 + 1023 * MIB, 2 * MIB}));
    told_reset();
    assert_false(plan_check_system(&p, (struct range){RAM_0 + 15 * MIB, MIB + 0x10}));
    assert_true(told_of("shares a page with Bulkhead or the board's device tree"));
    told_reset();
    assert_false(plan_check_system(&p, (struct range){RAM_0 + MIB, 0x1000}));
    assert_true(told_of("shares a page with Bulkhead or the board's device tree"));
    told_reset();
    /* The planner runs, though nothing holds it. */
    host.sections[0] = (struct el2_section){{RAM_0 + 64 * MIB, 0x1000}, LPAE_CODE, true};
    host.section_count = 1;
    assert_false(plan_check_system(&p, (struct range){RAM_0 + 63 * MIB, MIB + 1}));
    assert_true(told_of("shares a page with Bulkhead or the board's device tree"));
    host_reset();
}

static void the_gic_has_the_consoles(void **state)
{
    (void)state;
    sound(3);
    p.board.console.irq.intid = 288;
    assert_fatal("/uart: interrupts: the console's 288 must be an SPI that the GIC has, 32 to 287");
    sound(3);
    p.board.console.irq.intid = 287;
    check_all(POOL);
    assert_false(p.fatal);
    sound(3);
    p.board.console.irq.intid = 900;
    p.board.gic.intids = 0; /* on a PC: not known */
    check_all(POOL);
    assert_false(p.fatal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_boards_pass),
        cmocka_unit_test(windows_make_sense),
        cmocka_unit_test(windows_are_apart),
        cmocka_unit_test(gicv_reaches_as_far_as_gicc),
        cmocka_unit_test(every_cpu_has_a_frame),
        cmocka_unit_test(own_interrupts_are_apart),
        cmocka_unit_test(the_gic_has_the_consoles),
        cmocka_unit_test(release_words_are_in_ram),
        cmocka_unit_test(the_system_file_is_in_ram_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
