/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the GICv2 driver against a model of its registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/bits.h"
#include "core/base/cpu.h"
#include "drivers/gic/gic_v2.h"

#define GICD UINT64_C(0x8000000)
#define GICC UINT64_C(0x8010000)
#define GICH UINT64_C(0x8030000)

/* Registers are plain memory. */
static uint8_t gicd[0x1000], gicc[0x20000], gich[0x1000];
static struct plan_gic plan_gic;
static struct cpu cpu;

static uint64_t read_model(void *model, uint64_t offset, unsigned size)
{
    uint64_t v = 0;

    memcpy(&v, (uint8_t *)model + offset, size);
    return v;
}

static void write_model(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    memcpy((uint8_t *)model + offset, &v, size);
}

static uint32_t word(const uint8_t *model, uint32_t offset)
{
    uint32_t v;

    memcpy(&v, model + offset, 4);
    return v;
}

static void put(uint8_t *model, uint32_t offset, uint32_t v)
{
    memcpy(model + offset, &v, 4);
}

static int setup(void **state)
{
    (void)state;
    host_reset();
    memset(gicd, 0, sizeof(gicd));
    memset(gicc, 0, sizeof(gicc));
    memset(gich, 0, sizeof(gich));
    host_mmio_add(GICD, sizeof(gicd), read_model, write_model, gicd);
    host_mmio_add(GICC, sizeof(gicc), read_model, write_model, gicc);
    host_mmio_add(GICH, sizeof(gich), read_model, write_model, gich);
    put(gicd, 0x004, 2 | 1 << 10); /* 96 INTIDs, Security Extensions */
    put(gicd, 0x008, 0x0200143b);  /* GIC-400 */
    put(gicd, 0x800, 0x04040404);
    put(gich, 0x004, 3);
    plan_gic = (struct plan_gic){
        .version = 2, .dist = {GICD, 0x1000}, .cpu = {GICC, 0x2000}, .hyp = {GICH, 0x1000}};
    cpu = (struct cpu){.index = 1};
    host_cpu_become(&cpu);
    return 0;
}

static void start(void)
{
    uint32_t intids;

    assert_int_equal(gic_v2.dist_init(&plan_gic, &intids), OK);
    assert_int_equal(intids, 96);
    assert_int_equal(gic_v2.cpu_init(&plan_gic, &cpu), OK);
    gic_v2.virt_reset();
}

static void test_taken_over(void **state)
{
    (void)state;
    put(gicd, 0x084, UINT32_MAX);
    start();
    assert_int_equal(word(gicd, 0), 1);
    for (uint32_t i = 0; i < 12; i += 4) {
        assert_int_equal(word(gicd, 0x080 + i), 0);
        assert_int_equal(word(gicd, 0x180 + i), UINT32_MAX);
        assert_int_equal(word(gicd, 0x280 + i), UINT32_MAX);
        assert_int_equal(word(gicd, 0x380 + i), UINT32_MAX);
    }
    assert_int_equal(word(gicd, 0x400), 0xa0a0a0a0);
    assert_int_equal(word(gicd, 0x45c), 0xa0a0a0a0);
    assert_int_equal(word(gicd, 0x460), 0);
    assert_int_equal(word(gicd, 0xf1c), UINT32_MAX);
    assert_int_equal(cpu.gic_target, 4);
    assert_int_equal(word(gicc, 0), 0x201); /* EOImode */
    assert_int_equal(word(gicc, 4), 0xff);
    assert_int_equal(word(gich, 0), 1);
    put(gicd, 0x800, 0);
    start();
    assert_int_equal(cpu.gic_target, 1); /* the only CPU */
    put(gich, 0x004, 0);
    assert_int_equal(gic_v2.cpu_init(&plan_gic, &cpu), E_UNSUPPORTED);
}

/* A GIC-400 whose pages repeat: DIR is in the page behind the last repetition of the first. */
static void test_aliased_interface(void **state)
{
    (void)state;
    plan_gic.cpu.size = 0x20000;
    put(gicc, 0xfc, 0x0202143b);
    put(gicc, 0xf0fc, 0x0202143b);
    start();
    gic_v2.deactivate(27);
    assert_int_equal(word(gicc, 0x10000), 27);
    assert_int_equal(word(gicc, 0xf000), 0x201);
    assert_int_equal(plan_gic.alias, 0xf000);
    plan_gic.alias = 0;
    put(gicc, 0xf0fc, 0); /* no repetition */
    start();
    gic_v2.deactivate(28);
    assert_int_equal(word(gicc, 0x1000), 28);
    assert_int_equal(plan_gic.alias, 0);
}

static void test_interrupts(void **state)
{
    (void)state;
    start();
    gic_v2.set_enable(&cpu, 27, true);
    assert_int_equal(word(gicd, 0x100), 1u << 27);
    gic_v2.set_enable(NULL, 40, false);
    assert_int_equal(word(gicd, 0x184), 1u << 8);
    gic_v2.set_pending(NULL, 41, true);
    assert_int_equal(word(gicd, 0x204), 1u << 9);
    gic_v2.set_pending(NULL, 41, false);
    assert_int_equal(word(gicd, 0x284), 1u << 9);
    gic_v2.set_active(NULL, 70, true);
    assert_int_equal(word(gicd, 0x308), 1u << 6);
    gic_v2.set_active(NULL, 70, false);
    assert_int_equal(word(gicd, 0x388), 1u << 6);
    assert_true(gic_v2.get_pending(NULL, 41));
    assert_false(gic_v2.get_pending(NULL, 42));
    assert_true(gic_v2.get_active(NULL, 70));
    assert_false(gic_v2.get_active(NULL, 71));
    put(gicd, 0xc08, 0xaaaaaaaa);
    gic_v2.set_edge(33, false);
    assert_int_equal(word(gicd, 0xc08), 0xaaaaaaa2);
    gic_v2.set_edge(33, true);
    assert_int_equal(word(gicd, 0xc08), 0xaaaaaaaa);
    gic_v2.set_target(41, &cpu);
    assert_int_equal(word(gicd, 0x828), 0x400);
}

static void test_cpu_interface(void **state)
{
    (void)state;
    start();
    put(gicc, 0x0c, 5 << 10 | IRQ_KICK);
    assert_int_equal(gic_v2.acknowledge(), 5 << 10 | IRQ_KICK);
    gic_v2.drop(5 << 10);
    assert_int_equal(word(gicc, 0x10), 5 << 10); /* with its source */
    gic_v2.deactivate(5 << 10);
    assert_int_equal(word(gicc, 0x1000), 5 << 10);
    gic_v2.kick(&cpu);
    assert_int_equal(word(gicd, 0xf00), 4 << 16 | IRQ_KICK);
    assert_true(host.dsbs > 0);
}

static void test_list_registers(void **state)
{
    static const struct {
        struct gic_lr lr;
        uint32_t image;
    } cases[] = {
        {{27, 0xa0, 0, GIC_LR_PENDING | GIC_LR_HW}, 0x9a006c1b},
        {{40, 0x10, 0, GIC_LR_ACTIVE | GIC_LR_HW}, 0xa100a028},
        {{5, 0xf8, 3, GIC_LR_PENDING | GIC_LR_ACTIVE}, 0x3f800c05},
        {{33, 0, 0, GIC_LR_PENDING | GIC_LR_EOI}, 0x10080021},
    };

    (void)state;
    start();
    assert_int_equal(gic_v2.lr_count(), 4);
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gic_lr lr;

        assert_int_equal(gic_v2.lr_encode(cases[i].lr), cases[i].image);
        gic_v2.lr_write(i, cases[i].image);
        assert_int_equal(word(gich, 0x100 + 4 * i), cases[i].image);
        lr = gic_v2.lr_read(i);
        assert_int_equal(lr.vintid, cases[i].lr.vintid);
        assert_int_equal(lr.priority, cases[i].lr.priority);
        assert_int_equal(lr.source, cases[i].lr.source);
        assert_int_equal(lr.state, cases[i].lr.state & (GIC_LR_PENDING | GIC_LR_ACTIVE));
    }
    put(gich, 0x30, 0xe);
    assert_int_equal(gic_v2.lr_empty(), 0xe);
    put(gich, 0x20, 5);
    assert_int_equal(gic_v2.lr_ended(), 5);
    put(gich, 0xf0, 1);
    put(gich, 0x08, 1);
    gic_v2.virt_reset();
    for (uint32_t n = 0; n < 4; n++) {
        assert_int_equal(word(gich, 0x100 + 4 * n), 0);
    }
    assert_int_equal(word(gich, 0xf0) | word(gich, 0x08), 0);
}

static void test_maintenance(void **state)
{
    (void)state;
    start();
    put(gich, 0, 1 | 3u << 27); /* counted while nobody waited for it */
    gic_v2.set_maintenance(GIC_MAINTENANCE_PENDING);
    assert_int_equal(word(gich, 0), 0x9);
    gic_v2.set_maintenance(GIC_MAINTENANCE_ACTIVE);
    assert_int_equal(word(gich, 0), 0x7);
    put(gich, 0, 0x7 | 2u << 27);
    gic_v2.set_maintenance(GIC_MAINTENANCE_ACTIVE | GIC_MAINTENANCE_PENDING);
    assert_int_equal(gic_v2.take_ended(), 2);
    assert_int_equal(gic_v2.take_ended(), 0);
    gic_v2.set_maintenance(0);
    assert_int_equal(word(gich, 0), 1);
}

/* QEMU's: the driver itself ends the physical interrupt, whenever it finds out. */
static void test_links_without_hardware(void **state)
{
    uint64_t image = gic_v2.lr_encode((struct gic_lr){27, 0xa0, 0, GIC_LR_PENDING | GIC_LR_HW});

    (void)state;
    put(gicd, 0x004, 2);
    put(gicd, 0x008, 0x43b);
    start();
    put(gicd, 0x380, 0);
    gic_v2.lr_write(1, image);
    assert_int_equal(word(gich, 0x104), 0x1a08001b); /* not HW: EOI */
    put(gich, 0x104, 0x0a08001b);
    put(gich, 0x20, 2);
    assert_int_equal(gic_v2.lr_ended(), 0); /* nothing for the vGIC to do */
    assert_int_equal(word(gicd, 0x380), 1u << 27);
    assert_int_equal(word(gich, 0x104), 0);

    put(gicd, 0x380, 0);
    gic_v2.lr_write(1, image);
    put(gich, 0x104, 0x0a08001b); /* ended, and rewritten before anybody looked */
    gic_v2.lr_write(1, 0);
    assert_int_equal(word(gicd, 0x380), 1u << 27);

    put(gicd, 0x380, 0);
    gic_v2.lr_write(1, image);
    gic_v2.lr_write(1, 0); /* taken back: the vGIC decides */
    assert_int_equal(word(gicd, 0x380), 0);
    gic_v2.lr_write(1, gic_v2.lr_encode((struct gic_lr){33, 0, 0, GIC_LR_PENDING | GIC_LR_EOI}));
    put(gich, 0x104, 0x00080021);
    assert_int_equal(gic_v2.lr_ended(), 2); /* software's own is the vGIC's */
    assert_int_equal(word(gicd, 0x380), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_taken_over, setup),
        cmocka_unit_test_setup(test_aliased_interface, setup),
        cmocka_unit_test_setup(test_interrupts, setup),
        cmocka_unit_test_setup(test_cpu_interface, setup),
        cmocka_unit_test_setup(test_list_registers, setup),
        cmocka_unit_test_setup(test_maintenance, setup),
        cmocka_unit_test_setup(test_links_without_hardware, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
