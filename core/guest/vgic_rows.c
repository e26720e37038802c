/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the registers that GICv2 and GICv3 have in common, interrupt by interrupt. */
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/guest/vgic_state.h"

#define PRIORITY_BITS 0xf8 /* those that every list register has: IHI 0048 5.3.8, IHI 0069 4.8 */
#define ICFGR_EDGE    0x2

/* Registers of one bit per interrupt, by block. */
enum { IGROUPR = 1, ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER };

/* ---- what the guest does to an interrupt's state ---- */

/* Its state in a list register: our own CPU's, or what the other one last told. */
static struct gic_lr lr_of(struct vgic *vgic, struct virq *v) REQUIRES(&vgic->lock)
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
        vgic_not_quick(v);
    } else {
        v->latched |= VGIC_LATCH_SET;
        vgic_not_quick(v);
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

/* ---- one bit per interrupt ---- */

/*
 * True where the state of the interrupts `mask` can be told now. False: the vCPUs that have some of
 * them in list registers were asked, and this vCPU has to repeat its access.
 */
static bool knows(struct vgic *vgic, struct vcpu *vcpu, struct vgic_bank *bank, uint32_t mask)
    REQUIRES(&vgic->lock)
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

static uint32_t live_read(struct vgic *vgic, struct vgic_bank *bank, uint32_t block)
    REQUIRES(&vgic->lock)
{
    uint32_t value = 0;

    for (uint32_t left = bank->owned; left != 0; left &= left - 1) {
        struct virq *v = &bank->virq[__builtin_ctz(left)];
        bool set = block >= ISACTIVER ? (lr_of(vgic, v).state & GIC_LR_ACTIVE) != 0 || v->active
                                      : vgic_pending(vgic, v) != 0;

        value |= set ? left & -left : 0;
    }
    return value;
}

static void live_write(struct vgic *vgic, struct vgic_bank *bank, uint32_t block, uint32_t mask)
    REQUIRES(&vgic->lock)
{
    for (uint32_t left = mask; left != 0; left &= left - 1) {
        struct virq *v = &bank->virq[__builtin_ctz(left)];

        if (block == ISPENDR) {
            vgic_set_pending(vgic, v, 1);
        } else if (block == ICPENDR) {
            vgic_clear_pending(vgic, v, 1);
        } else {
            vgic_set_active(vgic, v, block == ISACTIVER);
        }
    }
}

/* ISPENDR to ICACTIVER: what other CPUs' list registers hold matters to all but three writes. */
static __attribute__((noinline)) enum trap_outcome
access_live(struct vcpu *vcpu, struct vgic_bank *bank, uint32_t block, struct mmio_access *access)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    uint32_t mask = bank->owned;
    enum trap_outcome outcome = TRAP_SKIP;

    if (access->write) {
        mask &= (uint32_t)access->value & ~(block <= ICPENDR ? bank->fixed : 0);
    }
    lock_take(&vgic->lock, LOCK_VGIC);
    if ((!access->write || block == ISPENDR) && !knows(vgic, vcpu, bank, mask)) {
        outcome = TRAP_RESUME;
    } else if (access->write) {
        live_write(vgic, bank, block, mask);
    } else {
        access->value = live_read(vgic, bank, block);
    }
    lock_release(&vgic->lock);
    return outcome;
}

/* Those in `mask` become `to`. Out of line: who only reads need not save its registers. */
static __attribute__((noinline)) enum trap_outcome
change_enable(struct vgic *vgic, struct vgic_bank *bank, uint32_t mask, uint32_t to)
{
    lock_take(&vgic->lock, LOCK_VGIC);
    bank->enabled = (bank->enabled & ~mask) | to;
    vgic_refresh_one(vgic, bank, (uint32_t)__builtin_ctz(mask));
    if ((mask & (mask - 1)) != 0) {
        vgic_refresh(vgic, bank, mask & (mask - 1));
    }
    lock_release(&vgic->lock);
    return TRAP_SKIP;
}

/* ISENABLER, ICENABLER: without the lock where nothing changes. */
static enum trap_outcome access_enable(struct vcpu *vcpu, struct vgic_bank *bank, bool set,
                                       struct mmio_access *access)
{
    const uint32_t others = set ? ~bank->enabled : bank->enabled & ~bank->fixed;
    const uint32_t mask = (uint32_t)access->value & bank->owned & others;

    if (!access->write) {
        access->value = bank->enabled & bank->owned;
    } else if (mask != 0) {
        return change_enable(&vcpu->partition->vgic, bank, mask, set ? mask : 0);
    }
    return TRAP_SKIP;
}

/* GICv3: Group 1 is all there is, read as one. GICv2: as in one without groups. Writes ignored. */
static enum trap_outcome access_igroupr(struct vcpu *vcpu, const struct vgic_bank *bank,
                                        struct mmio_access *access)
{
    access->value = vcpu->partition->vgic.version == 2 ? 0 : bank->owned;
    return TRAP_SKIP;
}

/* ---- several bits per interrupt ---- */

static uint32_t priority_read(struct vgic *vgic, struct virq *v)
{
    (void)vgic;
    return v->priority;
}

static void priority_write(struct vgic *vgic, struct vgic_bank *bank, struct virq *v,
                           uint32_t value) REQUIRES(&vgic->lock)
{
    (void)bank;
    vgic_fetch(vgic, v);
    v->priority = value & PRIORITY_BITS;
    vgic_settle(vgic, v);
}

static uint32_t config_read(struct vgic *vgic, struct virq *v)
{
    (void)vgic;
    return v->edge ? ICFGR_EDGE : 0;
}

/* Private ones are fixed. The physical one must be disabled while it changes. */
static void config_write(struct vgic *vgic, struct vgic_bank *bank, struct virq *v, uint32_t value)
    REQUIRES(&vgic->lock)
{
    bool edge = (value & ICFGR_EDGE) != 0;

    if (v->intid < 32 || v->edge == edge) {
        return;
    }
    vgic_fetch(vgic, v);
    v->edge = edge;
    if (v->hw) {
        gic->set_enable(NULL, v->intid, false);
        irq_set_edge(v->intid, edge);
        gic->set_enable(NULL, v->intid, (bank->on >> v->intid % 32 & 1) != 0);
    }
    vgic_settle(vgic, v);
}

static const struct vgic_fields ipriorityr = {3, 1 | 4, priority_read, priority_write};
static const struct vgic_fields icfgr = {1, 4, config_read, config_write};

enum trap_outcome vgic_access_fields(struct vcpu *vcpu, struct vgic_bank *bank,
                                     const struct vgic_fields *fields, uint64_t offset,
                                     struct mmio_access *access)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    const uint32_t first = (uint32_t)offset * 8 >> fields->shift & 31;
    const uint32_t field = (1u << (1u << fields->shift)) - 1;
    const uint32_t count = access->size * 8u >> fields->shift;
    uint64_t value = access->write ? access->value : 0;

    if (bank == NULL || (fields->widths & access->size) == 0) {
        return vgic_raz_wi(access);
    }
    lock_take(&vgic->lock, LOCK_VGIC);
    for (uint32_t n = first; n < first + count; n++) {
        uint32_t at = (n - first) << fields->shift;

        if ((bank->owned >> n & 1) == 0) {
            continue;
        }
        if (access->write) {
            fields->write(vgic, bank, &bank->virq[n], (uint32_t)(value >> at) & field);
        } else {
            value |= (uint64_t)fields->read(vgic, &bank->virq[n]) << at;
        }
    }
    lock_release(&vgic->lock);
    access->value = value;
    return TRAP_SKIP;
}

/* As frequent as they are: a byte of an interrupt that nothing depends on yet, without the lock. */
static enum trap_outcome access_priority(struct vcpu *vcpu, struct vgic_bank *bank, uint64_t offset,
                                         struct mmio_access *access)
{
    struct virq *v = &bank->virq[offset % 32];

    if (access->size != 1 || !access->write || (bank->owned >> offset % 32 & 1) == 0 ||
        !vgic_is_idle(v)) {
        return vgic_access_fields(vcpu, bank, &ipriorityr, offset, access);
    }
    v->priority = access->value & PRIORITY_BITS;
    return TRAP_SKIP;
}

/* ---- access ---- */

enum trap_outcome vgic_raz_wi(struct mmio_access *access)
{
    access->value = 0;
    return TRAP_SKIP;
}

enum trap_outcome vgic_access(struct vcpu *vcpu, struct vgic_bank *bank, uint64_t offset,
                              struct mmio_access *access)
{
    const uint32_t block = (uint32_t)offset / VGIC_BLOCK;

    if (bank == NULL) {
        return vgic_raz_wi(access);
    }
    if (block - ISENABLER <= 1 && access->size == 4) { /* as frequent as they are */
        return access_enable(vcpu, bank, block == ISENABLER, access);
    }
    if (block >= VGIC_IPRIORITYR && block < VGIC_ITARGETSR) {
        return access_priority(vcpu, bank, offset, access);
    }
    if (access->size != 4) {
        return vgic_raz_wi(access);
    }
    switch (block) {
    case IGROUPR:
        return access_igroupr(vcpu, bank, access);
    case ISPENDR ... ICACTIVER:
        return access_live(vcpu, bank, block, access);
    case VGIC_ICFGR:
    case VGIC_ICFGR + 1:
        return vgic_access_fields(vcpu, bank, &icfgr, offset, access);
    default:
        return vgic_raz_wi(access);
    }
}
