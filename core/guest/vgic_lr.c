/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the list registers of this CPU: what goes into them and comes out, and who has to wait
 * outside. The rules are told in vgic.c.
 */
#include "core/base/arch.h"
#include "core/guest/vgic_state.h"

/* Empty list register `n` into what it holds. */
void vgic_lr_fold(struct vgic *vgic, struct vcpu *vcpu, uint32_t n)
{
    struct virq *v = vcpu->vgic.held[n];
    struct gic_lr lr = gic->lr_read(n);
    uint32_t left;

    gic->lr_write(n, 0);
    vcpu->vgic.held[n] = NULL;
    vcpu->vgic.lr_free |= 1u << n;
    if (v == NULL || v->lr != n || v->home != vcpu->index) {
        return; /* it ended here, and has been elsewhere since */
    }
    v->lr = VGIC_NO_LR;
    vgic_not_quick(v);
    left = lr.state & VGIC_LR_VALID & ~(uint32_t)v->clear;
    v->clear = 0;
    if (v->hw && left == 0 && (lr.state & VGIC_LR_VALID) != 0 && !v->active) {
        gic->set_active(vgic_cpu_of(vgic, v), v->intid, false);
    }
    if ((left & GIC_LR_PENDING) == 0) {
        v->latched &= VGIC_LATCH_SET;
    } else if (v->hw || v->edge || v->latched != 0) {
        v->pending = (uint8_t)(v->pending | 1u << lr.source);
    }
    if ((left & GIC_LR_ACTIVE) != 0) {
        v->active = v->vintid == v->intid; /* LPIs never are, though some GICs keep them so */
        v->source = lr.source;
    }
}

/* A hw interrupt's pending state back to the physical distributor, which still has it active. */
void vgic_unacknowledge(struct vgic *vgic, struct virq *v)
{
    if (v->edge || v->latched != 0) {
        gic->set_pending(vgic_cpu_of(vgic, v), v->intid, true);
    }
    v->latched = v->latched != 0 ? VGIC_LATCH_SET : 0;
    v->pending = 0;
}

/* True where what list register `n` has got can come again just like that. */
static bool is_repeatable(const struct virq *v, struct gic_lr lr)
{
    return (lr.state == GIC_LR_PENDING || lr.state == (GIC_LR_PENDING | GIC_LR_HW)) &&
           lr.source == 0 && v->latched == 0 && (v->hw || v->edge);
}

/* Put it into the free list register `n`. */
static void enter(struct vgic *vgic, struct vcpu *vcpu, struct virq *v, uint32_t n)
    REQUIRES(&vgic->lock)
{
    struct gic_lr lr = {v->vintid, v->priority, v->source, GIC_LR_ACTIVE};

    if (!v->active) {
        lr.source = (uint8_t)__builtin_ctz(vgic_due(v));
        lr.state = GIC_LR_PENDING;
        v->latched = v->hw ? v->latched : v->pending & !v->edge;
    } else if (v->hw && v->pending != 0) {
        vgic_unacknowledge(vgic, v);
    }
    v->active = false;
    if ((lr.state & GIC_LR_PENDING) != 0) {
        v->pending = (uint8_t)(v->pending & ~(1u << lr.source));
    }
    if (v->hw) {
        lr.state |= GIC_LR_HW;
    } else if (vgic_due(v) != 0) {
        lr.state |= GIC_LR_EOI;
    }
    v->home = (uint8_t)vcpu->index;
    v->lr = (uint8_t)n;
    __atomic_store_n(&v->quick,
                     is_repeatable(v, lr) && vcpu->vgic.wanted == 0 ? (uint8_t)n : VGIC_NO_LR,
                     __ATOMIC_RELAXED);
    v->image = gic->lr_encode(lr);
    vcpu->vgic.held[n] = v;
    vcpu->vgic.lr_free &= ~(1u << n);
    gic->lr_write(n, v->image);
}

static void maintain(struct vgic_cpu *c)
{
    if (c->wanted != c->maintenance) {
        c->maintenance = c->wanted;
        gic->set_maintenance(c->wanted);
    }
}

/* It has to wait for a list register; so nobody may take one by the quick way before it. */
static void leave_outside(struct vgic_cpu *c, const struct virq *v)
{
    for (uint32_t n = 0; n < VGIC_MAX_LRS; n++) {
        if (c->held[n] != NULL) {
            vgic_not_quick(c->held[n]);
        }
    }
    vgic_wait_add(c, v);
    c->wanted |= v->active ? GIC_MAINTENANCE_ACTIVE : GIC_MAINTENANCE_PENDING;
}

/* All list registers are in use: turn one out for `v`, or say that it has to wait. */
static bool make_room(struct vgic *vgic, struct vcpu *vcpu, const struct virq *v)
    REQUIRES(&vgic->lock)
{
    uint32_t worst[2] = {0, 0}; /* least urgent: pending, active */
    int urgency[2] = {-1, -1};
    uint32_t pending = 0;
    uint32_t kind;
    struct virq *out;

    for (uint32_t n = 0; n < VGIC_MAX_LRS && vcpu->vgic.held[n] != NULL; n++) {
        struct gic_lr lr = gic->lr_read(n);

        kind = (lr.state & GIC_LR_ACTIVE) != 0;
        pending += 1 - kind;
        if (lr.priority > urgency[kind]) {
            urgency[kind] = lr.priority;
            worst[kind] = n;
        }
    }
    kind = v->active ? pending < 2 : pending == 0;
    if (kind == v->active && urgency[kind] <= v->priority) {
        return false;
    }
    out = vcpu->vgic.held[worst[kind]];
    vgic_lr_fold(vgic, vcpu, worst[kind]);
    leave_outside(&vcpu->vgic, out);
    return true;
}

void vgic_lr_place(struct vgic *vgic, struct vcpu *vcpu, struct virq *v)
{
    struct vgic_cpu *c = &vcpu->vgic;

    if (c->wanted != 0 && !c->filling) {
        vgic_wait_add(c, v);
        vgic_lr_fill(vgic, vcpu);
        return;
    }
    if (c->lr_free == 0) {
        arch_isb(); /* it tells of what we have just written, too */
        for (uint32_t left = gic->lr_empty() & c->lr_all; left != 0; left &= left - 1) {
            vgic_lr_fold(vgic, vcpu, (uint32_t)__builtin_ctz(left));
        }
    }
    if (c->lr_free != 0 || make_room(vgic, vcpu, v)) {
        enter(vgic, vcpu, v, (uint32_t)__builtin_ctz(c->lr_free));
    } else {
        leave_outside(c, v);
    }
    if (!c->filling) {
        maintain(c);
    }
}

void vgic_lr_pend(struct vgic *vgic, struct vcpu *vcpu, struct virq *v)
{
    if (v->home != vcpu->index || !vgic_lr_again(v)) {
        vgic_fetch(vgic, v);
        vgic_settle(vgic, v);
    }
}

/* What waits: `fold` it, where a list register holds it; or place it, and it waits no more. */
static void for_waiting(struct vgic *vgic, struct vcpu *vcpu, bool fold) REQUIRES(&vgic->lock)
{
    struct vgic_cpu *c = &vcpu->vgic;

    for (uint32_t banks = c->waiting; banks != 0; banks &= banks - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(banks);
        struct vgic_bank *bank = i == 0 ? &c->private : vgic->bank[i];
        uint32_t left = c->wait[i];

        if (!fold) {
            c->wait[i] = 0;
            c->waiting &= ~(1u << i);
        }
        for (; left != 0; left &= left - 1) {
            struct virq *v = &bank->virq[__builtin_ctz(left)];

            if (fold) {
                vgic_fetch(vgic, v);
            } else {
                vgic_settle(vgic, v);
            }
        }
    }
}

/* First out with all that changes, so that the most urgent ones find its list registers free. */
void vgic_lr_fill(struct vgic *vgic, struct vcpu *vcpu)
{
    struct vgic_cpu *c = &vcpu->vgic;

    c->filling = true;
    c->wanted = 0;
    for_waiting(vgic, vcpu, true);
    for_waiting(vgic, vcpu, false);
    c->filling = false;
    maintain(c);
}

/* ---- this CPU looks at its work ---- */

/* Interrupts that the guest ended while they were in no list register: the most urgent ones. */
static void end_outside(struct vgic *vgic, struct vcpu *vcpu, uint32_t count) REQUIRES(&vgic->lock)
{
    struct vgic_cpu *c = &vcpu->vgic;

    for (; count != 0; count--) {
        struct virq *found = NULL;

        for (uint32_t i = 0; i < VGIC_BANKS; i++) {
            struct vgic_bank *bank = i == 0 ? &c->private : vgic->bank[i];

            for (uint32_t left = bank == NULL ? 0 : c->wait[i]; left != 0; left &= left - 1) {
                struct virq *v = &bank->virq[__builtin_ctz(left)];

                if (v->active && v->home == vcpu->index &&
                    (found == NULL || v->priority < found->priority)) {
                    found = v;
                }
            }
        }
        if (found == NULL) {
            return;
        }
        vgic_set_active(vgic, found, false);
    }
}

/* Tell those who asked what our list registers hold. */
static void answer(struct vgic *vgic, struct vcpu *vcpu) REQUIRES(&vgic->lock)
{
    struct vgic_cpu *c = &vcpu->vgic;

    for (uint32_t n = 0; n < VGIC_MAX_LRS; n++) {
        struct virq *v = c->held[n];

        if (v != NULL && v->lr == n && v->home == vcpu->index) {
            v->seen = gic->lr_read(n).state & VGIC_LR_VALID;
        }
    }
    for (uint32_t left = c->asked; left != 0; left &= left - 1) {
        vgic_vcpu(vgic, (uint32_t)__builtin_ctz(left))->vgic.told |= 1u << vcpu->index;
    }
    c->asked = 0;
}

static __attribute__((noinline)) void look_around(struct vgic *vgic, struct vcpu *vcpu)
    REQUIRES(&vgic->lock)
{
    struct vgic_cpu *c = &vcpu->vgic;

    if (c->stale) {
        c->stale = false;
        vgic_refresh(vgic, &c->private, c->private.owned);
    }
    if (c->maintenance != 0) {
        end_outside(vgic, vcpu, gic->take_ended());
    }
    vgic_lr_fill(vgic, vcpu);
    if (c->asked != 0) {
        answer(vgic, vcpu);
    }
}

/* A vCPU that is off has nothing of all that. */
void vgic_sync(struct vcpu *vcpu)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    struct vgic_cpu *c = &vcpu->vgic;

    lock_take(&vgic->lock, LOCK_VGIC);
    c->kicked = false;
    for (uint32_t left = c->wait[0]; left != 0; left &= left - 1) { /* SGIs, most of the time */
        uint32_t n = (uint32_t)__builtin_ctz(left);

        if (vgic_lr_again(&c->private.virq[n])) {
            c->wait[0] &= ~(1u << n);
        }
    }
    c->waiting &= c->wait[0] == 0 ? ~1u : ~0u;
    if ((c->waiting | c->asked | c->maintenance | c->stale) != 0) {
        look_around(vgic, vcpu);
    }
    lock_release(&vgic->lock);
}

void vgic_maintain(struct vcpu *vcpu)
{
    struct vgic *vgic = &vcpu->partition->vgic;

    lock_take(&vgic->lock, LOCK_VGIC);
    for (uint32_t left = gic->lr_ended(); left != 0; left &= left - 1) {
        uint32_t n = (uint32_t)__builtin_ctz(left);
        struct virq *v = vcpu->vgic.held[n];

        vgic_lr_fold(vgic, vcpu, n);
        if (v != NULL) {
            vgic_settle(vgic, v);
        }
    }
    look_around(vgic, vcpu);
    lock_release(&vgic->lock);
}
