/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests to which interrupts are a side matter: a GIC that only notes what it is told. */
#ifndef CORE_GUEST_GIC_NOTES_TEST_H
#define CORE_GUEST_GIC_NOTES_TEST_H

#include <string.h>

#include "core/guest/irq.h"

#define NOTES_INTIDS 96u

/* By INTID (private ones: whoever's), and by CPU. */
static struct {
    bool enabled[NOTES_INTIDS], pending[NOTES_INTIDS], active[NOTES_INTIDS], edge[NOTES_INTIDS];
    const struct cpu *target[NOTES_INTIDS];
    bool kicked[CONFIG_MAX_CPUS], interface[CONFIG_MAX_CPUS];
    uint32_t virt_resets;
} notes;

static enum status notes_dist_init(struct plan_gic *board_gic, uint32_t *intids)
{
    (void)board_gic;
    *intids = NOTES_INTIDS;
    return OK;
}

static enum status notes_cpu_init(const struct plan_gic *board_gic, struct cpu *cpu)
{
    (void)board_gic;
    notes.interface[cpu->index] = true;
    return OK;
}

static uint32_t notes_acknowledge(void)
{
    return IRQ_SPURIOUS + 3;
}

static void notes_iar(uint32_t iar)
{
    (void)iar;
}

static void notes_kick(const struct cpu *target)
{
    notes.kicked[target->index] = true;
}

static void notes_set_enable(const struct cpu *cpu, uint32_t intid, bool on)
{
    (void)cpu;
    notes.enabled[intid] = on;
}

static void notes_set_pending(const struct cpu *cpu, uint32_t intid, bool on)
{
    (void)cpu;
    notes.pending[intid] = on;
}

static void notes_set_active(const struct cpu *cpu, uint32_t intid, bool on)
{
    (void)cpu;
    notes.active[intid] = on;
}

static bool notes_get_pending(const struct cpu *cpu, uint32_t intid)
{
    (void)cpu;
    return notes.pending[intid];
}

static bool notes_get_active(const struct cpu *cpu, uint32_t intid)
{
    (void)cpu;
    return notes.active[intid];
}

static void notes_set_edge(uint32_t spi, bool edge)
{
    notes.edge[spi] = edge;
}

static void notes_set_target(uint32_t spi, const struct cpu *cpu)
{
    notes.target[spi] = cpu;
}

static uint32_t notes_lr_count(void)
{
    return 4;
}

static uint64_t notes_lr_encode(struct gic_lr lr)
{
    return lr.vintid;
}

static void notes_lr_write(uint32_t n, uint64_t image)
{
    (void)n;
    (void)image;
}

static struct gic_lr notes_lr_read(uint32_t n)
{
    (void)n;
    return (struct gic_lr){0};
}

static uint32_t notes_none(void)
{
    return 0;
}

static uint32_t notes_lr_empty(void)
{
    return UINT32_MAX;
}

static void notes_virt_reset(void)
{
    notes.virt_resets++;
}

/* GICv2's and GICv3's. */
static const char *const notes_compatible[] = {"arm,cortex-a15-gic", "arm,gic-v3", NULL};

static struct gic_ops notes_gic = {
    .compatible = notes_compatible,
    .dist_init = notes_dist_init,
    .cpu_init = notes_cpu_init,
    .acknowledge = notes_acknowledge,
    .drop = notes_iar,
    .deactivate = notes_iar,
    .kick = notes_kick,
    .set_enable = notes_set_enable,
    .set_pending = notes_set_pending,
    .set_active = notes_set_active,
    .get_pending = notes_get_pending,
    .get_active = notes_get_active,
    .set_edge = notes_set_edge,
    .set_target = notes_set_target,
    .lr_count = notes_lr_count,
    .lr_encode = notes_lr_encode,
    .lr_write = notes_lr_write,
    .lr_read = notes_lr_read,
    .lr_empty = notes_lr_empty,
    .lr_ended = notes_none,
    .take_ended = notes_none,
    .virt_reset = notes_virt_reset,
    .set_maintenance = notes_iar,
};

static inline void notes_start(void)
{
    memset(&notes, 0, sizeof(notes));
    gic = &notes_gic;
    gic_intids = NOTES_INTIDS;
}

#endif
