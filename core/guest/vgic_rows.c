/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the registers that GICv2 and GICv3 have in common, interrupt by interrupt. */
#include "core/base/arch.h"
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
        v->quick = VGIC_NO_LR;
    } else {
        v->latched |= VGIC_LATCH_SET;
        v->quick = VGIC_NO_LR;
        arch_dsb();
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

static uint32_t disable_bits(const struct vgic_bank *bank)
{
    return ~bank->enabled;
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

static const struct vgic_row isenabler = {.offset = 0x100,
                                          .shift = 0,
                                          .widths = 4,
                                          .read_bits = enable_bits,
                                          .inert = enable_bits,
                                          .write = enable_set};
static const struct vgic_row icenabler = {.offset = 0x180,
                                          .shift = 0,
                                          .widths = 4,
                                          .read_bits = enable_bits,
                                          .inert = disable_bits,
                                          .write = enable_clear};
static const struct vgic_row ispendr = {.offset = 0x200,
                                        .shift = 0,
                                        .widths = 4,
                                        .live = VGIC_LIVE_READ | VGIC_LIVE_WRITE,
                                        .read = pending_read,
                                        .write = pending_set};
static const struct vgic_row icpendr = {.offset = 0x280,
                                        .shift = 0,
                                        .widths = 4,
                                        .live = VGIC_LIVE_READ,
                                        .read = pending_read,
                                        .write = pending_clear};
static const struct vgic_row isactiver = {.offset = 0x300,
                                          .shift = 0,
                                          .widths = 4,
                                          .live = VGIC_LIVE_READ,
                                          .read = active_read,
                                          .write = active_set};
static const struct vgic_row icactiver = {.offset = 0x380,
                                          .shift = 0,
                                          .widths = 4,
                                          .live = VGIC_LIVE_READ,
                                          .read = active_read,
                                          .write = active_clear};
static const struct vgic_row ipriorityr = {
    .offset = 0x400, .shift = 3, .widths = 1 | 4, .read = priority_read, .write = priority_write};
static const struct vgic_row icfgr = {
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

enum trap_outcome vgic_raz_wi(struct mmio_access *access)
{
    access->value = 0;
    return TRAP_SKIP;
}

/* The fields that `mask` tells, of which `first` is the lowest in the register. */
static inline void access_fields(const struct vgic_row *row, struct vgic *vgic,
                                 struct vgic_bank *bank, uint32_t first, uint32_t mask,
                                 struct mmio_access *access)
{
    uint32_t field = (1u << (1u << row->shift)) - 1;
    uint64_t value = access->write ? access->value : 0;

    for (; mask != 0; mask &= mask - 1) {
        uint32_t n = (uint32_t)__builtin_ctz(mask);
        uint32_t at = (n - first) << row->shift;

        if (!access->write) {
            value |= (uint64_t)row->read(vgic, bank, n) << at;
        } else if (row->write != NULL) {
            row->write(vgic, bank, n, (uint32_t)(value >> at) & field);
        }
    }
    access->value = value;
}

/* `row` is constant where this is inlined: each register has code of its own. */
static inline __attribute__((always_inline)) enum trap_outcome
access_row(const struct vgic_row *row, struct vcpu *vcpu, struct vcpu *owner, uint64_t offset,
           struct mmio_access *access)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    uint32_t intid = ((uint32_t)offset - row->offset) * 8 >> row->shift;
    enum trap_outcome outcome = TRAP_SKIP;
    struct vgic_bank *bank = vgic->bank[intid / 32];
    uint32_t mask;

    if (intid < 32 && owner != NULL) {
        bank = &owner->vgic.private;
    }
    if (bank == NULL || (row->widths & access->size) == 0 || !is_aligned(offset, access->size)) {
        return vgic_raz_wi(access);
    }
    mask = UINT32_MAX >> (32 - (access->size * 8u >> row->shift));
    mask = bank->owned & mask << intid % 32;
    if (!access->write && row->read_bits != NULL) {
        access->value = row->read_bits(bank);
        return TRAP_SKIP;
    }
    if (access->write && row->shift == 0) {
        mask &= (uint32_t)access->value;
        if (row->inert != NULL && (mask & ~row->inert(bank)) == 0) {
            return TRAP_SKIP;
        }
    }
    lock_take(&vgic->lock);
    if ((row->live & (access->write ? VGIC_LIVE_WRITE : VGIC_LIVE_READ)) != 0 &&
        !knows(vgic, vcpu, bank, mask)) {
        outcome = TRAP_RESUME;
    } else {
        access_fields(row, vgic, bank, intid % 32, mask, access);
    }
    lock_release(&vgic->lock);
    return outcome;
}

enum trap_outcome vgic_row_access(const struct vgic_row *row, struct vcpu *vcpu, struct vcpu *owner,
                                  uint64_t offset, struct mmio_access *access)
{
    return access_row(row, vcpu, owner, offset, access);
}

#define REGISTER(name)                                                                             \
    enum trap_outcome vgic_##name(struct vcpu *vcpu, struct vcpu *owner, uint64_t offset,          \
                                  struct mmio_access *access)                                      \
    {                                                                                              \
        return access_row(&(name), vcpu, owner, offset, access);                                   \
    }

REGISTER(isenabler)
REGISTER(icenabler)
REGISTER(ispendr)
REGISTER(icpendr)
REGISTER(isactiver)
REGISTER(icactiver)
REGISTER(icfgr)

/* As frequent as they are: a byte of an interrupt that nothing depends on yet, without the lock. */
enum trap_outcome vgic_ipriorityr(struct vcpu *vcpu, struct vcpu *owner, uint64_t offset,
                                  struct mmio_access *access)
{
    uint32_t intid = (uint32_t)offset - ipriorityr.offset;
    struct vgic_bank *bank = vcpu->partition->vgic.bank[intid / 32];

    if (intid < 32 && owner != NULL) {
        bank = &owner->vgic.private;
    }
    if (access->size == 1 && access->write && bank != NULL &&
        (bank->owned >> intid % 32 & 1) != 0 && vgic_is_idle(&bank->virq[intid % 32])) {
        bank->virq[intid % 32].priority = access->value & PRIORITY_BITS;
        return TRAP_SKIP;
    }
    return vgic_row_access(&ipriorityr, vcpu, owner, offset, access);
}
