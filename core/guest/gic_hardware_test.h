/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the virtual GIC's tests share: a model of the hardware behind struct gic_ops. It checks as
 * it goes: a list register with a physical interrupt that is not active, one interrupt twice, or a
 * GICv2's private interrupt touched from another CPU is a failure.
 */
#ifndef CORE_GUEST_GIC_HARDWARE_TEST_H
#define CORE_GUEST_GIC_HARDWARE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/guest/irq.h"
#include "core/guest/msi.h"
#include "core/guest/partition.h"
#include "core/guest/vgic.h"
#include "core/memory/el2_map.h"
#include "core/plan/dt.h"
#include "core/plan/msi.h"

#define CPUS        3u
#define INTIDS      96u
#define MAINTENANCE 25u
#define TIMER       27u
#define TIMER_P     30u
#define PMU         23u
#define SPI_EDGE    40u /* granted, edge-triggered */
#define SPI_LEVEL   41u /* granted, level-sensitive */
#define SPI_FAR     70u /* granted, in a bank of its own */
#define SPI_CONSOLE 33u /* software's */
#define SPURIOUS    1023u
#define IDLE        0x100 /* running priority where nothing runs */

#define GICD  UINT64_C(0x8000000)
#define GICR  UINT64_C(0x80a0000) /* two vCPUs' */
#define GICR2 UINT64_C(0x9000000) /* the third's */

struct model_irq {
    bool enabled, latch, active, line, edge;
    uint32_t target; /* SPI */
};

static struct {
    uint32_t version;
    struct model_irq private[CPUS][32], spi[INTIDS];
    struct gic_lr lr[CPUS][VGIC_MAX_LRS];
    bool ended[CPUS][VGIC_MAX_LRS];
    uint32_t lrs;
    uint32_t outside[CPUS]; /* EOIcount */
    uint32_t why[CPUS];     /* GIC_MAINTENANCE_... */
    bool kicked[CPUS], maintained[CPUS];
    uint32_t kicks, exits, maintenances;
    int running[CPUS][32]; /* the guest's priorities, a stack */
    uint32_t depth[CPUS];
    bool active_lpis; /* it has LPIs active in list registers, as QEMU does */
} model;

static struct partition part[1];
static struct plan_partition plan_part;
static struct vcpu vcpus[CPUS];

/* Instead of the library's. */
struct cpu cpus[CONFIG_MAX_CPUS];
struct plan plan;

static uint32_t message; /* the LPI that was told last */

void msi_irq(uint32_t lpi)
{
    message = lpi;
}

static uint32_t reads; /* of the guest's memory, which is where its extents say */

void el2_read(uint32_t partition, uint64_t from, void *to, uint32_t size)
{
    assert_int_equal(partition, part->index);
    assert_int_equal(align_down(from, PAGE_SIZE), align_down(from + size - 1, PAGE_SIZE));
    assert_int_equal(part->vgic.lock.held, 0);
    memcpy(to, (const void *)(uintptr_t)from, size);
    reads++;
}

const struct plan_extent *plan_extent_at(const struct plan_partition *partition, uint64_t ipa,
                                         uint64_t size)
{
    const struct plan_extent *e = &partition->extent[0];

    return ipa - e->ipa < e->size && size <= e->size - (ipa - e->ipa) ? e : NULL;
}

bool dt_compatible(const void *fdt, int node, const char *const *list)
{
    (void)fdt;
    return node == 0 && strcmp(list[0], "model") == 0;
}

enum status el2_map(struct range what, enum lpae_attr attr)
{
    (void)what;
    assert_int_equal(attr, LPAE_DEVICE);
    return OK;
}

/* ---- the physical GIC ---- */

static uint32_t here(void)
{
    return cpu_self()->index;
}

static bool is_granted(uint32_t intid)
{
    return intid == IRQ_KICK || intid == MAINTENANCE || intid == TIMER || intid == TIMER_P ||
           intid == PMU || intid == SPI_EDGE || intid == SPI_LEVEL || intid == SPI_FAR;
}

static struct model_irq *irq_of(const struct cpu *cpu, uint32_t intid)
{
    assert_true(intid < INTIDS);
    if (intid >= 32) {
        return &model.spi[intid];
    }
    assert_true(model.version == 3 || cpu->index == here());
    return &model.private[cpu->index][intid];
}

static bool is_pending(const struct model_irq *irq)
{
    return irq->latch || (irq->line && !irq->edge);
}

static struct model_irq *driven(const struct cpu *cpu, uint32_t intid)
{
    assert_true(is_granted(intid)); /* nobody drives what is nobody's */
    return irq_of(cpu, intid);
}

static void model_set_enable(const struct cpu *cpu, uint32_t intid, bool on)
{
    driven(cpu, intid)->enabled = on;
}

static void model_set_pending(const struct cpu *cpu, uint32_t intid, bool on)
{
    driven(cpu, intid)->latch = on;
}

static void model_set_active(const struct cpu *cpu, uint32_t intid, bool on)
{
    driven(cpu, intid)->active = on;
}

static bool model_get_pending(const struct cpu *cpu, uint32_t intid)
{
    return is_pending(driven(cpu, intid));
}

static bool model_get_active(const struct cpu *cpu, uint32_t intid)
{
    return driven(cpu, intid)->active;
}

static void model_set_edge(uint32_t spi, bool edge)
{
    assert_false(driven(NULL, spi)->enabled);
    model.spi[spi].edge = edge;
}

static void model_set_target(uint32_t spi, const struct cpu *cpu)
{
    driven(NULL, spi)->target = cpu->index;
}

/* What is pending and active does not count as pending: IHI 0069, ICH_HCR_EL2.NPIE: State 0b01. */
static bool wants_maintenance(uint32_t cpu)
{
    uint32_t valid = 0;
    uint32_t pending = 0;
    bool wants = false;

    for (uint32_t n = 0; n < model.lrs; n++) {
        uint32_t state = model.lr[cpu][n].state & (GIC_LR_PENDING | GIC_LR_ACTIVE);

        valid += state != 0;
        pending += state == GIC_LR_PENDING;
        wants = wants || model.ended[cpu][n];
    }
    if ((model.why[cpu] & GIC_MAINTENANCE_PENDING) != 0) {
        wants = wants || pending == 0;
    }
    if ((model.why[cpu] & GIC_MAINTENANCE_ACTIVE) != 0) {
        wants = wants || valid < 2 || model.outside[cpu] != 0;
    }
    return wants;
}

/* The physical interrupt that this CPU would acknowledge now. */
static uint32_t next_irq(uint32_t cpu)
{
    if (model.kicked[cpu]) {
        return IRQ_KICK;
    }
    if (wants_maintenance(cpu)) {
        return MAINTENANCE;
    }
    for (uint32_t intid = 16; intid < INTIDS; intid++) {
        const struct model_irq *irq = intid < 32 ? &model.private[cpu][intid] : &model.spi[intid];

        if (irq->enabled && is_pending(irq) && !irq->active && (intid < 32 || irq->target == cpu)) {
            return intid;
        }
    }
    return SPURIOUS;
}

static uint32_t model_acknowledge(void)
{
    uint32_t intid = next_irq(here());

    if (intid == IRQ_KICK) {
        model.kicked[here()] = false;
    } else if (intid == MAINTENANCE) {
        model.maintenances++;
    } else if (intid != SPURIOUS) {
        struct model_irq *irq = irq_of(cpu_self(), intid);

        irq->active = true;
        irq->latch = false;
    }
    return intid;
}

static void model_drop(uint32_t iar)
{
    assert_true(iar < INTIDS);
}

static void model_deactivate(uint32_t iar)
{
    irq_of(cpu_self(), iar)->active = false;
}

static void model_kick(const struct cpu *target)
{
    model.kicked[target->index] = true;
    model.kicks++;
}

/* ---- the virtual interface ---- */

static uint32_t model_lr_count(void)
{
    return model.lrs;
}

static uint64_t model_lr_encode(struct gic_lr lr)
{
    return lr.vintid | (uint64_t)lr.priority << 16 | (uint64_t)lr.source << 24 |
           (uint64_t)lr.state << 32;
}

static void check_lr(const struct gic_lr *lr)
{
    uint32_t valid = lr->state & (GIC_LR_PENDING | GIC_LR_ACTIVE);

    if (valid == 0) {
        return;
    }
    assert_int_not_equal(valid, GIC_LR_PENDING | GIC_LR_ACTIVE); /* see vgic.c */
    assert_true(lr->vintid < 16 || lr->vintid == SPI_CONSOLE || lr->vintid >= LPI_FIRST ||
                (lr->state & GIC_LR_HW) != 0);
    if ((lr->state & GIC_LR_HW) != 0) {
        assert_int_equal(lr->state & GIC_LR_EOI, 0);
        assert_true(irq_of(cpu_self(), lr->vintid)->active);
    }
    for (uint32_t n = 0; n < model.lrs; n++) {
        const struct gic_lr *other = &model.lr[here()][n];

        assert_false((other->state & (GIC_LR_PENDING | GIC_LR_ACTIVE)) != 0 &&
                     other->vintid == lr->vintid);
    }
}

static void model_lr_write(uint32_t n, uint64_t image)
{
    struct gic_lr lr = {(uint16_t)image, (uint8_t)(image >> 16), (uint8_t)(image >> 24),
                        (uint8_t)(image >> 32)};

    assert_true(n < model.lrs);
    model.lr[here()][n].state = 0;
    check_lr(&lr);
    model.lr[here()][n] = lr;
    model.ended[here()][n] = false;
}

static struct gic_lr model_lr_read(uint32_t n)
{
    struct gic_lr lr = model.lr[here()][n];

    assert_true(n < model.lrs);
    lr.state &= GIC_LR_PENDING | GIC_LR_ACTIVE;
    return lr;
}

static uint32_t model_lr_empty(void)
{
    uint32_t empty = UINT32_MAX << model.lrs; /* of those that are none it may tell anything */

    for (uint32_t n = 0; n < model.lrs; n++) {
        bool used = (model.lr[here()][n].state & (GIC_LR_PENDING | GIC_LR_ACTIVE)) != 0;

        empty |= (uint32_t)(!used && !model.ended[here()][n]) << n;
    }
    return empty;
}

static uint32_t model_lr_ended(void)
{
    uint32_t ended = 0;

    for (uint32_t n = 0; n < model.lrs; n++) {
        ended |= (uint32_t)model.ended[here()][n] << n;
    }
    return ended;
}

static uint32_t model_take_ended(void)
{
    uint32_t count = model.outside[here()];

    model.outside[here()] = 0;
    return count;
}

static void model_virt_reset(void)
{
    memset(model.lr[here()], 0, sizeof(model.lr[0]));
    memset(model.ended[here()], 0, sizeof(model.ended[0]));
    model.why[here()] = 0;
    model.outside[here()] = 0;
    model.depth[here()] = 0;
}

static void model_set_maintenance(uint32_t why)
{
    model.why[here()] = why;
}

static enum status model_dist_init(struct plan_gic *board_gic, uint32_t *intids)
{
    (void)board_gic;
    *intids = INTIDS;
    return OK;
}

static enum status model_cpu_init(const struct plan_gic *board_gic, struct cpu *cpu)
{
    (void)board_gic;
    assert_ptr_equal(cpu, cpu_self());
    return OK;
}

static const char *const model_compatible[] = {"model", NULL};

static const struct gic_ops model_ops = {
    .compatible = model_compatible,
    .dist_init = model_dist_init,
    .cpu_init = model_cpu_init,
    .acknowledge = model_acknowledge,
    .drop = model_drop,
    .deactivate = model_deactivate,
    .kick = model_kick,
    .set_enable = model_set_enable,
    .set_pending = model_set_pending,
    .set_active = model_set_active,
    .get_pending = model_get_pending,
    .get_active = model_get_active,
    .set_edge = model_set_edge,
    .set_target = model_set_target,
    .lr_count = model_lr_count,
    .lr_encode = model_lr_encode,
    .lr_write = model_lr_write,
    .lr_read = model_lr_read,
    .lr_empty = model_lr_empty,
    .lr_ended = model_lr_ended,
    .take_ended = model_take_ended,
    .virt_reset = model_virt_reset,
    .set_maintenance = model_set_maintenance,
};

const struct gic_ops *const drivers_gic[] = {&model_ops, NULL};

#endif
