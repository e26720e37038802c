/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the state of a partition's interrupts, and moves them through list registers.
 *
 * An interrupt is pending, active, both or neither; each of the two is kept in exactly one place:
 *   - in a list register of its `home`, from which the guest takes and ends it without us;
 *     there it is never both: its end would leave it pending, perhaps less urgent than what waits;
 *   - in struct virq (`pending`, `active`), where it waits: for a list register, or, if software
 *     makes it, for being enabled;
 *   - hw, in the physical distributor: all that it has not yet been acknowledged for, and what is
 *     pending but cannot be delivered (disabled, no target), which give_back() puts there.
 * A hw interrupt in a list register or in `pending` is physically active. The guest's deactivation
 * ends both; whatever else takes it away (ICPENDR, ICACTIVER, a reset) deactivates it here. So it
 * is never pending and active at once on our side: its second pending state stays physical.
 *
 * The quick way: one that has been in a list register, and comes again, goes there again by one
 * write (`quick`, `image`), for a hw interrupt without the lock. Who changes an interrupt takes
 * `quick` away before it looks whether the physical one is active, as we look at `quick` after the
 * acknowledgement: one of the two sees the other.
 *
 * One lock (struct vgic.lock) guards all of it. A list register is touched by its own CPU only:
 * what concerns another CPU's is written to struct virq, its bit set in that vCPU's wait[], and the
 * CPU kicked; it does the rest in vgic_sync(). Nobody waits for that at EL2. A guest that reads the
 * state of what is in another CPU's list register asks that CPU and is sent back to repeat its
 * access (vgic_knows()): it takes interrupts meanwhile, so two that ask each other both go on.
 *
 * More than fit: the most urgent pending ones are in list registers, of which at least one is kept
 * for them, and the most urgent active ones; the others wait in wait[], with maintenance interrupts
 * on for as long as some do.
 */
#include "core/guest/vgic.h"

#include "core/base/arch.h"
#include "core/guest/vgic_state.h"

/* ---- an interrupt's way ---- */

bool vgic_is_away(struct vgic *vgic, struct virq *v)
{
    if (v->lr == VGIC_NO_LR || vgic_is_here(vgic_vcpu(vgic, v->home))) {
        return false;
    }
    vgic_not_quick(v);
    if (v->hw) {
        arch_dsb();
        if (!gic->get_active(vgic_cpu_of(vgic, v), v->intid)) {
            v->lr = VGIC_NO_LR;
            v->clear = 0;
            return false;
        }
    }
    return true;
}

void vgic_fetch(struct vgic *vgic, struct virq *v)
{
    if (!vgic_is_away(vgic, v) && v->lr != VGIC_NO_LR) {
        vgic_lr_fold(vgic, vgic_vcpu(vgic, v->home), v->lr);
    }
}

/* It was acknowledged, but cannot be delivered: let the physical distributor keep it. */
static void give_back(struct vgic *vgic, struct virq *v) REQUIRES(&vgic->lock)
{
    vgic_unacknowledge(vgic, v);
    if (!v->active) {
        gic->set_active(vgic_cpu_of(vgic, v), v->intid, false);
    }
}

void vgic_settle(struct vgic *vgic, struct virq *v)
{
    struct vcpu *to;

    if (v->lr == VGIC_NO_LR) {
        const bool on = vgic_is_on(vgic, v);

        if (v->hw && v->pending != 0 && !on) {
            give_back(vgic, v);
        }
        if (!v->active && (!on || vgic_due(v) == 0)) {
            return;
        }
        to = vgic_vcpu(vgic, v->active ? v->home : v->target);
    } else {
        to = vgic_vcpu(vgic, v->home);
    }
    if (!to->vgic.online) {
        return;
    }
    if (vgic_is_here(to)) {
        vgic_lr_place(vgic, to, v);
    } else {
        vgic_wait_add(&to->vgic, v);
        vgic_nudge(to);
    }
}

void vgic_replace(struct vgic *vgic, struct virq *v)
{
    vgic_fetch(vgic, v);
    vgic_settle(vgic, v);
}

void vgic_refresh(struct vgic *vgic, struct vgic_bank *bank, uint32_t mask)
{
    for (uint32_t left = mask; left != 0; left &= left - 1) {
        vgic_refresh_one(vgic, bank, (uint32_t)__builtin_ctz(left));
    }
}

/* ---- what arrives ---- */

/* It came for the first time, or in an odd state. */
static __attribute__((noinline)) void arrive(struct vcpu *vcpu, struct virq *v)
{
    struct vgic *vgic = &vcpu->partition->vgic;

    lock_take(&vgic->lock, LOCK_VGIC);
    if (v->lr != VGIC_NO_LR && v->home == vcpu->index) {
        vgic_lr_fold(vgic, vcpu, v->lr);
    }
    v->lr = VGIC_NO_LR; /* elsewhere: it ended there, or could not have come again */
    vgic_not_quick(v);
    v->clear = 0;
    v->latched = (uint8_t)(v->latched << 1 & VGIC_LATCH_TAKEN);
    v->pending = 1;
    vgic_settle(vgic, v);
    lock_release(&vgic->lock);
}

bool vgic_inject(struct vcpu *vcpu, uint32_t intid)
{
    struct vgic_bank *bank =
        intid < 32 ? &vcpu->vgic.private : vcpu->partition->vgic.bank[intid / 32];
    struct virq *v;
    uint8_t lr;

    if (bank == NULL) {
        return false;
    }
    v = &bank->virq[intid % 32];
    lr = __atomic_load_n(&v->quick, __ATOMIC_RELAXED); /* another CPU may take it away, once */
    if (lr != VGIC_NO_LR && v->home == vcpu->index && v->hw) {
        gic->lr_write(lr, v->image);
        return true;
    }
    if (v->hw) {
        arrive(vcpu, v);
    }
    return v->hw;
}

void vgic_set_level(struct partition *partition, uint32_t intid, bool level)
{
    struct vgic *vgic = &partition->vgic;
    struct virq *v = &vgic->bank[intid / 32]->virq[intid % 32];

    lock_take(&vgic->lock, LOCK_VGIC);
    if (v->level != level) {
        vgic_fetch(vgic, v);
        v->level = level;
        v->pending = (uint8_t)(v->pending | (level && v->edge));
        vgic_settle(vgic, v);
    }
    lock_release(&vgic->lock);
}

void vgic_enable(struct vgic *vgic, bool on)
{
    if (vgic->enabled == on) {
        return;
    }
    vgic->enabled = on;
    for (uint32_t i = 1; i < VGIC_BANKS; i++) {
        if (vgic->bank[i] != NULL) {
            vgic_refresh(vgic, vgic->bank[i], vgic->bank[i]->made);
        }
    }
    for (uint32_t i = 0; i < vgic->cpus; i++) {
        struct vcpu *vcpu = vgic_vcpu(vgic, i);

        if (vgic_is_here(vcpu)) {
            vgic_refresh(vgic, &vcpu->vgic.private, vcpu->vgic.private.owned);
        } else if (vcpu->vgic.online) {
            vcpu->vgic.stale = true; /* GICv2's are reached from their own CPU only */
            vgic_nudge(vcpu);
        }
    }
}

/* GICv2: of several, the last one that runs. The target of a lone CPU is fixed: IHI 0048 4.3.12. */
static uint8_t target_of(const struct vgic *vgic, uint32_t route)
{
    uint8_t target = VGIC_NOBODY;

    if (vgic->version != 2) {
        return route < vgic->cpus ? (uint8_t)route : VGIC_NOBODY;
    }
    for (uint8_t i = 0; i < vgic->cpus; i++) {
        if ((route >> i & 1) != 0 && (target == VGIC_NOBODY || vgic_vcpu(vgic, i)->vgic.online)) {
            target = i;
        }
    }
    return vgic->cpus == 1 ? 0 : target;
}

void vgic_set_route(struct vgic *vgic, struct vgic_bank *bank, struct virq *v, uint32_t route)
{
    uint8_t target = target_of(vgic, route);

    const uint32_t bit = 1u << v->intid % 32;

    vgic_fetch(vgic, v);
    v->route = route;
    if (target != v->target && target != VGIC_NOBODY && v->hw) {
        gic->set_target(v->intid, vgic_vcpu(vgic, target)->cpu);
    }
    v->target = target;
    bank->reached &= ~bit;
    if (target != VGIC_NOBODY && vgic_vcpu(vgic, target)->vgic.online) {
        bank->reached |= bit;
    }
    vgic_refresh(vgic, bank, bit);
}

/* ---- what else is asked ---- */

bool vgic_has_pending(struct vcpu *vcpu)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    bool found;

    lock_take(&vgic->lock, LOCK_VGIC);
    found = vcpu->vgic.waiting != 0;
    for (uint32_t n = 0; n < VGIC_MAX_LRS && !found; n++) {
        found = vcpu->vgic.held[n] != NULL && (gic->lr_read(n).state & GIC_LR_PENDING) != 0;
    }
    lock_release(&vgic->lock);
    return found;
}
