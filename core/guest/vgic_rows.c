/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the registers that GICv2 and GICv3 have in common, interrupt by interrupt. */
#include "core/base/bits.h"
#include "core/guest/vgic_state.h"

#define PRIORITY_BITS 0xf8 /* those that every list register has: IHI 0048 5.3.8, IHI 0069 4.8 */
#define ICFGR_EDGE    0x2

/* ---- what the guest does to an interrupt's state ---- */

/* Its state in a list register: our own CPU's, or what the other one last told. */
static struct gic_lr lr_of(struct vgic *vgic, struct virq *v)
{
    if (v->lr == VGIC_NO_LR) {
        return (struct gic_lr){0};
    }
    if (vgic_is_away(vgic, v)) {
        return (struct gic_lr){.state = v->seen};
    }
    return v->lr == VGIC_NO_LR ? (struct gic_lr){0} : gic->lr_read(v->lr);
}

uint32_t vgic_pending(struct vgic *vgic, struct virq *v)
{
    struct gic_lr lr = lr_of(vgic, v);
    uint32_t pending = v->pending | (uint32_t)(v->level && !v->edge) |
                       (uint32_t)((lr.state & GIC_LR_PENDING) != 0) << lr.source;
    bool line;

    if (!v->hw) {
        return pending;
    }
    line = gic->get_pending(vgic_cpu_of(vgic, v), v->intid);
    if (pending != 0 && !line && !v->edge && v->latched == 0) {
        vgic_clear_pending(vgic, v, 1); /* its line has fallen since it was acknowledged */
        return 0;
    }
    return pending | line;
}

void vgic_set_pending(struct vgic *vgic, struct virq *v, uint32_t sources)
{
    if (!v->hw) {
        vgic_fetch(vgic, v);
        v->pending = (uint8_t)(v->pending | sources);
        vgic_settle(vgic, v);
    } else if ((lr_of(vgic, v).state & GIC_LR_PENDING) != 0 || v->pending != 0) {
        v->latched |= VGIC_LATCH_TAKEN;
    } else {
        v->latched |= VGIC_LATCH_SET;
        gic->set_pending(vgic_cpu_of(vgic, v), v->intid, true);
    }
}

void vgic_clear_pending(struct vgic *vgic, struct virq *v, uint32_t sources)
{
    vgic_fetch(vgic, v);
    if (v->hw) {
        gic->set_pending(vgic_cpu_of(vgic, v), v->intid, false);
        if (v->pending != 0 && !v->active) {
            gic->set_active(vgic_cpu_of(vgic, v), v->intid, false);
        }
    }
    v->latched = 0;
    v->pending = (uint8_t)(v->pending & ~sources);
    if (v->lr != VGIC_NO_LR) {
        v->clear |= GIC_LR_PENDING;
    }
    vgic_settle(vgic, v);
}

void vgic_set_active(struct vgic *vgic, struct virq *v, bool active)
{
    vgic_fetch(vgic, v);
    if (v->lr != VGIC_NO_LR) {
        v->clear = (uint8_t)(v->clear | (active ? 0 : GIC_LR_ACTIVE));
    } else if (v->active != active) {
        if (active) {
            v->home = v->target != VGIC_NOBODY ? v->target : 0;
            v->source = 0;
        }
        if (v->hw && v->pending == 0) {
            gic->set_active(vgic_cpu_of(vgic, v), v->intid, active);
        }
    }
    v->active = active;
    vgic_settle(vgic, v);
}

/* ---- rows ---- */

static uint32_t enable_bits(const struct vgic_bank *bank)
{
    return bank->enabled;
}

static void enable_set(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value)
{
    (void)value;
    bank->enabled |= 1u << n;
    vgic_refresh(vgic, bank, &bank->virq[n]);
}

static bool is_fixed_sgi(const struct vgic *vgic, const struct virq *v)
{
    return vgic->version == 2 && v->intid < 16;
}

static void enable_clear(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value)
{
    (void)value;
    if (!is_fixed_sgi(vgic, &bank->virq[n])) {
        bank->enabled &= ~(1u << n);
        vgic_refresh(vgic, bank, &bank->virq[n]);
    }
}

static uint32_t pending_read(struct vgic *vgic, struct vgic_bank *bank, uint32_t n)
{
    return vgic_pending(vgic, &bank->virq[n]) != 0;
}

/* GICv2: an SGI's bit is read-only, there are GICD_(S|C)PENDSGIR. */
static void pending_set(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value)
{
    if (!is_fixed_sgi(vgic, &bank->virq[n])) {
        vgic_set_pending(vgic, &bank->virq[n], value);
    }
}

static void pending_clear(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value)
{
    if (!is_fixed_sgi(vgic, &bank->virq[n])) {
        vgic_clear_pending(vgic, &bank->virq[n], value);
    }
}

static uint32_t active_read(struct vgic *vgic, struct vgic_bank *bank, uint32_t n)
{
    struct virq *v = &bank->virq[n];

    return (lr_of(vgic, v).state & GIC_LR_ACTIVE) != 0 || v->active;
}

static void active_set(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value)
{
    (void)value;
    vgic_set_active(vgic, &bank->virq[n], true);
}

static void active_clear(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value)
{
    (void)value;
    vgic_set_active(vgic, &bank->virq[n], false);
}

static uint32_t priority_read(struct vgic *vgic, struct vgic_bank *bank, uint32_t n)
{
    (void)vgic;
    return bank->virq[n].priority;
}

static void priority_write(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value)
{
    struct virq *v = &bank->virq[n];

    vgic_fetch(vgic, v);
    v->priority = value & PRIORITY_BITS;
    vgic_settle(vgic, v);
}

static uint32_t config_read(struct vgic *vgic, struct vgic_bank *bank, uint32_t n)
{
    (void)vgic;
    return bank->virq[n].edge ? ICFGR_EDGE : 0;
}

/* Private ones are fixed. The physical one must be disabled while it changes. */
static void config_write(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value)
{
    struct virq *v = &bank->virq[n];
    bool edge = (value & ICFGR_EDGE) != 0;

    if (v->intid < 32 || v->edge == edge) {
        return;
    }
    vgic_fetch(vgic, v);
    v->edge = edge;
    if (v->hw) {
        gic->set_enable(NULL, v->intid, false);
        irq_set_edge(v->intid, edge);
        gic->set_enable(NULL, v->intid, v->on);
    }
    vgic_settle(vgic, v);
}

const struct vgic_row vgic_isenabler = {
    .offset = 0x100, .shift = 0, .widths = 4, .read_bits = enable_bits, .write = enable_set};
const struct vgic_row vgic_icenabler = {
    .offset = 0x180, .shift = 0, .widths = 4, .read_bits = enable_bits, .write = enable_clear};
const struct vgic_row vgic_ispendr = {.offset = 0x200,
                                      .shift = 0,
                                      .widths = 4,
                                      .live = VGIC_LIVE_READ | VGIC_LIVE_WRITE,
                                      .read = pending_read,
                                      .write = pending_set};
const struct vgic_row vgic_icpendr = {.offset = 0x280,
                                      .shift = 0,
                                      .widths = 4,
                                      .live = VGIC_LIVE_READ,
                                      .read = pending_read,
                                      .write = pending_clear};
const struct vgic_row vgic_isactiver = {.offset = 0x300,
                                        .shift = 0,
                                        .widths = 4,
                                        .live = VGIC_LIVE_READ,
                                        .read = active_read,
                                        .write = active_set};
const struct vgic_row vgic_icactiver = {.offset = 0x380,
                                        .shift = 0,
                                        .widths = 4,
                                        .live = VGIC_LIVE_READ,
                                        .read = active_read,
                                        .write = active_clear};
const struct vgic_row vgic_ipriorityr = {
    .offset = 0x400, .shift = 3, .widths = 1 | 4, .read = priority_read, .write = priority_write};
const struct vgic_row vgic_icfgr = {
    .offset = 0xc00, .shift = 1, .widths = 4, .read = config_read, .write = config_write};

/* ---- access ---- */

/*
 * True where the state of the interrupts `mask` can be told now. False: the vCPUs that have some of
 * them in list registers were asked, and this vCPU has to repeat its access.
 */
static bool knows(struct vgic *vgic, struct vcpu *vcpu, struct vgic_bank *bank, uint32_t mask)
{
    uint32_t need = 0;

    for (uint32_t left = mask; left != 0; left &= left - 1) {
        struct virq *v = &bank->virq[__builtin_ctz(left)];

        if (vgic_is_away(vgic, v)) {
            need |= 1u << v->home;
        }
    }
    need &= ~vcpu->vgic.told;
    for (uint32_t left = need; left != 0; left &= left - 1) {
        struct vcpu *other = vgic_vcpu(vgic, (uint32_t)__builtin_ctz(left));

        other->vgic.asked |= 1u << vcpu->index;
        vgic_nudge(other);
    }
    if (need == 0) {
        vcpu->vgic.told = 0;
    }
    return need == 0;
}

static uint64_t read_fields(struct vgic *vgic, const struct vgic_row *row, struct vgic_bank *bank,
                            uint32_t first, uint32_t mask)
{
    uint64_t value = 0;

    if (row->read_bits != NULL) {
        return row->read_bits(bank);
    }
    for (; row->read != NULL && mask != 0; mask &= mask - 1) {
        uint32_t n = (uint32_t)__builtin_ctz(mask);

        value |= (uint64_t)row->read(vgic, bank, n) << ((n - first) << row->shift);
    }
    return value;
}

static void write_fields(struct vgic *vgic, const struct vgic_row *row, struct vgic_bank *bank,
                         uint32_t first, uint32_t mask, uint64_t value)
{
    uint32_t field = (1u << (1u << row->shift)) - 1;

    for (; row->write != NULL && mask != 0; mask &= mask - 1) {
        uint32_t n = (uint32_t)__builtin_ctz(mask);

        row->write(vgic, bank, n, (uint32_t)(value >> ((n - first) << row->shift)) & field);
    }
}

enum trap_outcome vgic_row_access(struct vcpu *vcpu, const struct vgic_row *row, struct vcpu *owner,
                                  uint64_t offset, struct mmio_access *access)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    enum trap_outcome outcome = TRAP_SKIP;
    struct vgic_bank *bank;
    uint32_t intid, first, mask;

    if (row == NULL || (row->widths & access->size) == 0 || !is_aligned(offset, access->size)) {
        access->value = 0;
        return TRAP_SKIP;
    }
    intid = (uint32_t)((offset - row->offset) * 8) >> row->shift;
    bank = intid >= 32 ? vgic->bank[intid / 32] : owner != NULL ? &owner->vgic.private : NULL;
    if (bank == NULL) {
        access->value = 0;
        return TRAP_SKIP;
    }
    first = intid % 32;
    mask = bank->owned & (~UINT32_C(0) >> (32 - (access->size * 8u >> row->shift))) << first;
    if (access->write && row->shift == 0) {
        mask &= (uint32_t)access->value;
    }
    lock_take(&vgic->lock);
    if ((row->live & (access->write ? VGIC_LIVE_WRITE : VGIC_LIVE_READ)) != 0 &&
        !knows(vgic, vcpu, bank, mask)) {
        outcome = TRAP_RESUME;
    } else if (access->write) {
        write_fields(vgic, row, bank, first, mask, access->value);
    } else {
        access->value = read_fields(vgic, row, bank, first, mask);
    }
    lock_release(&vgic->lock);
    return outcome;
}
