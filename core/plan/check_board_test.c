/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of what all share: each broken once, told with the node, and fatal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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
    plan_check(&p, POOL);
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
        plan_check(&p, POOL);
        assert_string_equal(told, "");
        assert_int_equal(p.errors, 0);
    }
}

static void windows_make_sense(void **state)
{
    (void)state;
    sound(3);
    p.board.console.mmio.size = 0;
    assert_fatal("/uart: reg: console, 0x0 bytes at 0x9000000, makes no sense");
    sound(3);
    p.board.gic.dist.base = UINT64_MAX - 0xfff;
    assert_fatal("/gic: reg: GICD, 0x10000 bytes at 0xfffffffffffff000, makes no sense");
    sound(2);
    p.board.gic.hyp.base = UINT64_C(1) << 52;
    assert_fatal("/gic: reg: GICH");
}

static void windows_are_apart(void **state)
{
    (void)state;
    sound(3);
    p.board.console.mmio = (struct range){p.board.gic.dist.base + 0x800, 0x100};
    assert_fatal("/uart: reg: console shares a page with GICD of /gic, 0x8000000");
    sound(3);
    p.board.gic.redist[1] = p.board.gic.redist[0];
    p.board.gic.redists = 2;
    assert_fatal("/gic: reg: GICR shares a page with GICR");
    sound(2);
    p.board.gic.virt.base = p.board.gic.cpu.base;
    assert_fatal("/gic: reg: GICV shares a page with GICC");
    sound(3);
    p.board.console.mmio.base = RAM_0 + MIB;
    assert_fatal("/uart: reg: console, 0x40100000, lies in the board's RAM");
}

static void every_cpu_has_a_frame(void **state)
{
    (void)state;
    sound(3);
    p.board.gic.redist[0].size = 11 * 0x20000;
    assert_fatal("/gic: reg: its redistributors' regions have room for 11 CPUs: the board has 12");
    sound(3);
    p.board.gic.redist[0].size = 12 * 0x20000;
    plan_check(&p, POOL);
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
    assert_fatal("/gic: interrupts: PPI 25 is the maintenance interrupt and the virtual timer's");
    sound(3);
    p.board.pmu = 30;
    assert_fatal("PPI 30 is the physical timer's and the PMU's");
    sound(3);
    p.board.timer_hyp = 23;
    assert_fatal("PPI 23 is EL2's timer's and the PMU's");
    sound(3);
    p.board.timer_virt = p.board.timer_phys = p.board.pmu = 0; /* none: nothing is shared */
    plan_check(&p, POOL);
    assert_false(p.fatal);
}

static void release_words_are_in_ram(void **state)
{
    const uint64_t wrong[] = {RAM_0 + 0x1004, 0x1000, RAM_0 + 0x100, RAM_0 + 3 * MIB};

    (void)state;
    for (uint32_t i = 0; i <= 4; i++) {
        sound(3);
        p.board.reserved[1] = (struct range){RAM_0 + 2 * MIB, 0x1000};
        p.board.reserved_count = 2;
        p.board.pool = (struct range){RAM_0 + 3 * MIB, 0x2000};
        p.board.cpus[5].enable = PLAN_ENABLE_SPIN_TABLE;
        p.board.cpus[5].release = i < 4 ? wrong[i] : RAM_0 + 4 * MIB;
        if (i < 4) {
            assert_fatal("/cpus: cpu-release-addr of CPU 0x101: ");
        } else {
            plan_check(&p, POOL);
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
}

static void the_gic_has_the_consoles(void **state)
{
    (void)state;
    sound(3);
    p.board.console.irq.intid = 288;
    assert_fatal("/uart: interrupts: the console's, 288, is beyond the 288 that the GIC has");
    sound(3);
    p.board.console.irq.intid = 287;
    plan_check(&p, POOL);
    assert_false(p.fatal);
    sound(3);
    p.board.console.irq.intid = 900;
    p.board.gic.intids = 0; /* on a PC: not known */
    plan_check(&p, POOL);
    assert_false(p.fatal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_boards_pass),
        cmocka_unit_test(windows_make_sense),
        cmocka_unit_test(windows_are_apart),
        cmocka_unit_test(every_cpu_has_a_frame),
        cmocka_unit_test(own_interrupts_are_apart),
        cmocka_unit_test(the_gic_has_the_consoles),
        cmocka_unit_test(release_words_are_in_ram),
        cmocka_unit_test(the_system_file_is_in_ram_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
