/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the GICv3 driver against a model of its registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/bits.h"
#include "core/base/cpu.h"
#include "drivers/gic/gic_v3.h"

#define GICD  UINT64_C(0x8000000)
#define GICR  UINT64_C(0x80a0000)
#define GICR2 UINT64_C(0x9000000)
#define LAST  0x10u
#define VLPIS 0x02u

/* Registers are plain memory; what a write sets in a set or clear register is remembered there. */
static uint32_t gicd[0x10000 / 4];
static uint32_t gicr[2][0x80000 / 4];
static uint32_t busy; /* reads for which RWP and ChildrenAsleep still tell busy */
static bool stuck;
static struct plan_gic plan_gic;
static struct cpu cpu;

static bool is_busy(void)
{
    if (busy > 0) {
        busy--;
    }
    return stuck || busy > 0;
}

static uint64_t read_gicd(void *model, uint64_t offset, unsigned size)
{
    (void)model;
    assert_int_equal(size, 4);
    return gicd[offset / 4] | (offset == 0 && is_busy() ? 0x80000000u : 0);
}

static void write_gicd(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    (void)model;
    assert_int_equal(size, 4);
    gicd[offset / 4] = (uint32_t)v;
}

static uint64_t read_gicr(void *model, uint64_t offset, unsigned size)
{
    uint32_t *registers = model;

    assert_int_equal(size, 4);
    if (offset % 0x20000 == 0x14) {
        return registers[offset / 4] | (is_busy() ? 4u : 0);
    }
    return registers[offset / 4] | (offset % 0x20000 == 0 && is_busy() ? 8u : 0);
}

static void write_gicr(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    uint32_t *registers = model;

    assert_int_equal(size, 4);
    registers[offset / 4] = (uint32_t)(offset % 0x20000 == 0x14 ? v & 2 : v); /* GICR_WAKER */
}

static void frame_is(uint32_t region, uint64_t at, uint32_t affinity, uint32_t flags)
{
    gicr[region][(at + 8) / 4] = flags;
    gicr[region][(at + 12) / 4] = affinity;
    gicr[region][(at + 0x14) / 4] = 2; /* asleep */
}

static int setup(void **state)
{
    (void)state;
    host_reset();
    memset(gicd, 0, sizeof(gicd));
    memset(gicr, 0, sizeof(gicr));
    busy = 0;
    stuck = false;
    host_mmio_add(GICD, sizeof(gicd), read_gicd, write_gicd, NULL);
    host_mmio_add(GICR, sizeof(gicr[0]), read_gicr, write_gicr, gicr[0]);
    host_mmio_add(GICR2, sizeof(gicr[1]), read_gicr, write_gicr, gicr[1]);
    gicd[1] = 2; /* 96 INTIDs */
    plan.board.timer_hz = 62500000;
    plan_gic = (struct plan_gic){.version = 3, .dist = {GICD, sizeof(gicd)}, .redists = 2};
    plan_gic.redist[0] = (struct range){GICR, sizeof(gicr[0])};
    plan_gic.redist[1] = (struct range){GICR2, sizeof(gicr[1])};
    cpu = (struct cpu){.mpidr = 0x100000201};
    host_cpu_become(&cpu);
    host_sysreg("ICH_VTR_EL2")->value = 3 | 4u << 26;
    return 0;
}

static void start(void)
{
    uint32_t intids;

    frame_is(0, 0, 0x01000201, LAST);
    assert_int_equal(gic_v3.dist_init(&plan_gic, &intids), OK);
    assert_int_equal(gic_v3.cpu_init(&plan_gic, &cpu), OK);
}

static void test_distributor_is_taken_over(void **state)
{
    uint32_t intids = 0;

    (void)state;
    gicd[0] = 0x13;
    busy = 5;
    assert_int_equal(gic_v3.dist_init(&plan_gic, &intids), OK);
    assert_int_equal(intids, 96);
    assert_int_equal(gicd[0], 0x13);
    for (uint32_t i = 1; i < 3; i++) {
        assert_int_equal(gicd[0x080 / 4 + i], UINT32_MAX);
        assert_int_equal(gicd[0x180 / 4 + i], UINT32_MAX);
        assert_int_equal(gicd[0x280 / 4 + i], UINT32_MAX);
        assert_int_equal(gicd[0x380 / 4 + i], UINT32_MAX);
        assert_int_equal(gicd[0x100 / 4 + i], 0);
    }
    assert_int_equal(gicd[0x180 / 4], 0); /* private ones are not there */
    assert_int_equal(gicd[0x400 / 4 + 8], 0xa0a0a0a0);
    assert_int_equal(gicd[0x400 / 4 + 23], 0xa0a0a0a0);
    assert_int_equal(gicd[0x400 / 4 + 24], 0);
    stuck = true;
    assert_int_equal(gic_v3.dist_init(&plan_gic, &intids), E_TIMEOUT);
}

static void test_redistributor_is_found(void **state)
{
    static const struct {
        uint64_t at;
        uint32_t region;
        uint32_t flags;  /* of those before */
        uint64_t stride; /* in the device tree */
    } cases[] = {{0x20000, 0, 0, 0},
                 {0x40000, 0, VLPIS, 0},
                 {0x60000, 1, 0, 0},
                 {0x40000, 1, 0, 0x40000},
                 {0, 1, 0, 0}};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t step = cases[i].stride != 0  ? cases[i].stride
                        : cases[i].flags != 0 ? 0x40000
                                              : 0x20000;

        memset(gicr, 0, sizeof(gicr));
        frame_is(0, 0, 7, cases[i].region == 0 ? cases[i].flags : LAST);
        for (uint64_t at = 0; at < cases[i].at; at += step) {
            frame_is(cases[i].region, at, 7, cases[i].flags);
        }
        frame_is(cases[i].region, cases[i].at, 0x01000201, LAST);
        plan_gic.redist_stride = cases[i].stride;
        cpu.gic_redist = 0;
        assert_int_equal(gic_v3.cpu_init(&plan_gic, &cpu), OK);
        assert_int_equal(cpu.gic_redist, (cases[i].region == 0 ? GICR : GICR2) + cases[i].at);
        assert_int_equal(gicr[cases[i].region][(cases[i].at + 0x14) / 4], 0);
        assert_int_equal(gicr[cases[i].region][(cases[i].at + 0x10180) / 4], UINT32_MAX);
        assert_int_equal(gicr[cases[i].region][(cases[i].at + 0x10380) / 4], UINT32_MAX);
        assert_int_equal(gicr[cases[i].region][(cases[i].at + 0x1041c) / 4], 0xa0a0a0a0);
    }
    assert_int_equal(host_sysreg("ICC_CTLR_EL1")->value, 2); /* EOImode */
    assert_int_equal(host_sysreg("ICC_PMR_EL1")->value, 0xff);
    assert_int_equal(host_sysreg("ICC_IGRPEN1_EL1")->value, 1);
}

static void test_cpu_is_refused(void **state)
{
    uint32_t intids;

    (void)state;
    for (uint64_t at = 0; at < sizeof(gicr[0]); at += 0x20000) { /* no Last: the region's end */
        frame_is(0, at, 7, 0);
        frame_is(1, at, 7, 0);
    }
    assert_int_equal(gic_v3.cpu_init(&plan_gic, &cpu), E_NOT_FOUND);
    frame_is(0, 0, 7, LAST); /* behind it nobody looks */
    frame_is(0, 0x20000, 0x01000201, LAST);
    assert_int_equal(gic_v3.cpu_init(&plan_gic, &cpu), E_NOT_FOUND);
    assert_int_equal(gic_v3.dist_init(&plan_gic, &intids), OK);
    frame_is(0, 0, 0x01000201, LAST);
    stuck = true; /* never awake */
    assert_int_equal(gic_v3.cpu_init(&plan_gic, &cpu), E_TIMEOUT);
    stuck = false;
    host_sysreg("ICH_VTR_EL2")->value = 0; /* one list register */
    assert_int_equal(gic_v3.cpu_init(&plan_gic, &cpu), E_UNSUPPORTED);
}

static void test_interrupts(void **state)
{
    uint32_t *frame = gicr[0] + 0x10000 / 4;

    (void)state;
    start();
    gic_v3.set_enable(&cpu, 27, true);
    assert_int_equal(frame[0x100 / 4], 1u << 27);
    gic_v3.set_enable(&cpu, 27, false);
    assert_int_equal(frame[0x180 / 4], 1u << 27);
    gic_v3.set_enable(NULL, 40, true);
    assert_int_equal(gicd[0x104 / 4], 1u << 8);
    stuck = true;
    gic_v3.set_enable(NULL, 40, false); /* a poll with a bound */
    stuck = false;
    assert_int_equal(gicd[0x184 / 4], 1u << 8);
    gic_v3.set_pending(NULL, 41, true);
    assert_int_equal(gicd[0x204 / 4], 1u << 9);
    gic_v3.set_pending(&cpu, 30, false);
    assert_int_equal(frame[0x280 / 4], 1u << 30);
    gic_v3.set_active(NULL, 70, true);
    assert_int_equal(gicd[0x308 / 4], 1u << 6);
    gic_v3.set_active(&cpu, 27, false);
    assert_int_equal(frame[0x380 / 4], 1u << 27);
    gicd[0x204 / 4] = 1u << 10;
    gicd[0x304 / 4] = 1u << 11;
    assert_true(gic_v3.get_pending(NULL, 42));
    assert_false(gic_v3.get_pending(NULL, 43));
    assert_true(gic_v3.get_active(NULL, 43));
    assert_false(gic_v3.get_active(NULL, 42));
    gicd[0xc08 / 4] = 0xaaaaaaaa;
    gic_v3.set_edge(33, false);
    assert_int_equal(gicd[0xc08 / 4], 0xaaaaaaa2);
    gic_v3.set_edge(33, true);
    assert_int_equal(gicd[0xc08 / 4], 0xaaaaaaaa);
    gic_v3.set_target(40, &cpu);
    assert_int_equal(gicd[(0x6000 + 8 * 40) / 4], 0x201);
    assert_int_equal(gicd[(0x6004 + 8 * 40) / 4], 1);
}

static void test_cpu_interface(void **state)
{
    (void)state;
    cpu.mpidr = 0x0300020113; /* Aff0 19 */
    frame_is(0, 0, 0x03020113, LAST);
    assert_int_equal(gic_v3.cpu_init(&plan_gic, &cpu), OK);
    host_sysreg("ICC_IAR1_EL1")->value = 27;
    assert_int_equal(gic_v3.acknowledge(), 27);
    gic_v3.drop(27);
    assert_int_equal(host_sysreg("ICC_EOIR1_EL1")->value, 27);
    gic_v3.deactivate(25);
    assert_int_equal(host_sysreg("ICC_DIR_EL1")->value, 25);
    gic_v3.kick(&cpu);
    assert_int_equal(host_sysreg("ICC_SGI1R_EL1")->value, UINT64_C(3) << 48 | UINT64_C(1) << 44 |
                                                              UINT64_C(2) << 32 | 1u << 16 |
                                                              1u << 3);
    assert_true(host.dsbs > 0);
}

static void test_list_registers(void **state)
{
    static const struct {
        struct gic_lr lr;
        uint64_t image;
    } cases[] = {
        {{27, 0xa0, 0, GIC_LR_PENDING | GIC_LR_HW}, UINT64_C(0x70a0001b0000001b)},
        {{40, 0x10, 0, GIC_LR_ACTIVE | GIC_LR_HW}, UINT64_C(0xb010002800000028)},
        {{5, 0xf8, 0, GIC_LR_PENDING | GIC_LR_ACTIVE}, UINT64_C(0xd0f8000000000005)},
        {{33, 0, 0, GIC_LR_PENDING | GIC_LR_EOI}, UINT64_C(0x5000020000000021)},
    };

    (void)state;
    start();
    host_sysreg("ICH_VTR_EL2")->value = 15 | 6u << 26;
    assert_int_equal(gic_v3.lr_count(), 16);
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gic_lr lr;

        assert_true(gic_v3.lr_encode(cases[i].lr) == cases[i].image);
        gic_v3.lr_write(i, cases[i].image);
        lr = gic_v3.lr_read(i);
        assert_int_equal(lr.vintid, cases[i].lr.vintid);
        assert_int_equal(lr.priority, cases[i].lr.priority);
        assert_int_equal(lr.state, cases[i].lr.state & (GIC_LR_PENDING | GIC_LR_ACTIVE));
    }
    for (uint32_t n = 0; n < 16; n++) {
        gic_v3.lr_write(n, 0x100 + n);
        assert_int_equal(gic_v3.lr_read(n).vintid, 0x100 + n);
    }
    assert_int_equal(host_sysreg("ICH_LR15_EL2")->value, 0x10f);
    host_sysreg("ICH_ELRSR_EL2")->value = 0xfffe;
    assert_int_equal(gic_v3.lr_empty(), 0xfffe);
    host_sysreg("ICH_EISR_EL2")->value = 5;
    assert_int_equal(gic_v3.lr_ended(), 5);
    host_sysreg("ICH_AP1R3_EL2")->value = 1;
    host_sysreg("ICH_VMCR_EL2")->value = 1;
    gic_v3.virt_reset();
    for (uint32_t n = 0; n < 16; n++) {
        assert_int_equal(gic_v3.lr_read(n).vintid, 0);
    }
    assert_int_equal(host_sysreg("ICH_AP1R3_EL2")->value, 0);
    assert_int_equal(host_sysreg("ICH_VMCR_EL2")->value, 0);
    assert_int_equal(host_sysreg("ICH_HCR_EL2")->value, 1);
}

static void test_maintenance(void **state)
{
    struct host_sysreg *hcr = host_sysreg("ICH_HCR_EL2");

    (void)state;
    start();
    gic_v3.virt_reset();
    hcr->value |= UINT64_C(3) << 27; /* counted while nobody waited for it */
    gic_v3.set_maintenance(GIC_MAINTENANCE_PENDING);
    assert_int_equal(hcr->value, 0x9);
    gic_v3.set_maintenance(GIC_MAINTENANCE_ACTIVE);
    assert_int_equal(hcr->value, 0x7);
    hcr->value |= UINT64_C(2) << 27;
    gic_v3.set_maintenance(GIC_MAINTENANCE_ACTIVE | GIC_MAINTENANCE_PENDING);
    assert_int_equal(gic_v3.take_ended(), 2);
    assert_int_equal(gic_v3.take_ended(), 0);
    gic_v3.set_maintenance(0);
    assert_int_equal(hcr->value, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_distributor_is_taken_over, setup),
        cmocka_unit_test_setup(test_redistributor_is_found, setup),
        cmocka_unit_test_setup(test_cpu_is_refused, setup),
        cmocka_unit_test_setup(test_interrupts, setup),
        cmocka_unit_test_setup(test_cpu_interface, setup),
        cmocka_unit_test_setup(test_list_registers, setup),
        cmocka_unit_test_setup(test_maintenance, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
