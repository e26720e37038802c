/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the virtual GIC share: the state machine (vgic.c) for its registers. */
#ifndef CORE_GUEST_VGIC_STATE_H
#define CORE_GUEST_VGIC_STATE_H

#include "core/base/arch.h"
#include "core/guest/partition.h"
#include "core/guest/vcpu.h"
#include "core/guest/vgic.h"

/* GICD_IIDR, GICR_IIDR: implementer 0, as no JEDEC code is ours; product 'B'. */
#define VGIC_IIDR UINT32_C(0x42000000)

/* ---- all of this with the partition's vgic lock held ---- */

static inline struct vits *vits_of(const struct vgic *vgic)
{
    return &vgic->partition->vits;
}

static inline struct vcpu *vgic_vcpu(const struct vgic *vgic, uint32_t index)
{
    return &vgic->partition->vcpu[index];
}

/* The CPU whose private interrupt it is; drivers do not look at that of an SPI. */
static inline const struct cpu *vgic_cpu_of(const struct vgic *vgic, const struct virq *virq)
{
    return virq->intid < 32 ? vgic_vcpu(vgic, virq->target)->cpu : NULL;
}

static inline struct vgic_bank *vgic_bank_of(const struct vgic *vgic, const struct virq *virq)
{
    return virq->intid < 32 ? &vgic_vcpu(vgic, virq->target)->vgic.private
                            : vgic->bank[virq->intid / 32];
}

/* It is enabled all the way. */
static inline bool vgic_is_on(const struct vgic *vgic, const struct virq *virq)
    REQUIRES(&vgic->lock)
{
    return (vgic_bank_of(vgic, virq)->on >> virq->intid % 32 & 1) != 0;
}

/* This CPU's own? Only it touches its list registers. */
static inline bool vgic_is_here(const struct vcpu *vcpu)
{
    return vcpu->cpu == cpu_self();
}

/* What waits in struct virq to be delivered: a bit per source. */
static inline uint32_t vgic_due(const struct virq *virq)
{
    return virq->pending | (uint32_t)(virq->level && !virq->edge);
}

/* From here on it comes with the lock only. */
static inline void vgic_not_quick(struct virq *virq)
{
    __atomic_store_n(&virq->quick, VGIC_NO_LR, __ATOMIC_RELAXED);
}

/* The vCPU has to look at it. */
static inline void vgic_wait_add(struct vgic_cpu *c, const struct virq *virq)
{
    c->wait[virq->intid / 32] |= 1u << virq->intid % 32;
    c->waiting |= 1u << virq->intid / 32;
}

/* Ask its CPU to look at its work, unless it is going to. */
static inline void vgic_nudge(struct vcpu *vcpu)
{
    if (!vcpu->vgic.kicked) {
        vcpu->vgic.kicked = true;
        gic->kick(vcpu->cpu);
    }
}

/* True where it is nowhere: neither in a list register nor waiting, pending or active. */
static inline bool vgic_is_idle(const struct virq *virq)
{
    static const uint8_t idle[] = {VGIC_NO_LR, 0, false, false};

    return __builtin_memcmp(__builtin_assume_aligned(&virq->lr, sizeof(idle)), idle,
                            sizeof(idle)) == 0;
}

/* ---- vgic_lr.c: list registers of this CPU, which is the vCPU's ---- */

#define VGIC_LR_VALID (GIC_LR_PENDING | GIC_LR_ACTIVE)

/* Empty list register `n` into what it holds. */
void vgic_lr_fold(struct vgic *vgic, struct vcpu *vcpu, uint32_t n) REQUIRES(&vgic->lock);

/* Put it into a list register, or among those that wait for one. It is active or due. */
void vgic_lr_place(struct vgic *vgic, struct vcpu *vcpu, struct virq *virq) REQUIRES(&vgic->lock);

/* It is pending: put it there again where it has just been, in this CPU's, and is over. */
static inline bool vgic_lr_again(struct virq *virq)
{
    if (virq->quick == VGIC_NO_LR || virq->hw || virq->pending != 1 || virq->active ||
        virq->clear != 0) {
        return false;
    }
    arch_isb();
    if ((gic->lr_empty() >> virq->quick & 1) == 0) {
        return false;
    }
    virq->pending = 0;
    gic->lr_write(virq->quick, virq->image);
    return true;
}

/* Place it after something was made pending: the frequent way of fetch and settle. */
void vgic_lr_pend(struct vgic *vgic, struct vcpu *vcpu, struct virq *virq) REQUIRES(&vgic->lock);

/* Look at all that waits for this vCPU; the most urgent ones get the list registers. */
void vgic_lr_fill(struct vgic *vgic, struct vcpu *vcpu) REQUIRES(&vgic->lock);

/* A hw interrupt's pending state back to the physical distributor, which still has it active. */
void vgic_unacknowledge(struct vgic *vgic, struct virq *virq) REQUIRES(&vgic->lock);

/* ---- vgic.c ---- */

/*
 * To change an interrupt: fetch it (out of this CPU's list register, into struct virq), change it,
 * then settle it (into a list register, or towards the vCPU that has to look at it).
 */
void vgic_fetch(struct vgic *vgic, struct virq *virq) REQUIRES(&vgic->lock);
void vgic_settle(struct vgic *vgic, struct virq *virq) REQUIRES(&vgic->lock);
void vgic_replace(struct vgic *vgic, struct virq *virq) REQUIRES(&vgic->lock); /* both */

/*
 * What decides whether those in `mask` are enabled all the way has changed: make `on` anew, and the
 * physical enable with it, and bring the interrupts where they now belong.
 */
void vgic_refresh(struct vgic *vgic, struct vgic_bank *bank, uint32_t mask) REQUIRES(&vgic->lock);

/* The same for interrupt `n` of the bank. Hot path: guests change one at a time. */
static inline void vgic_refresh_one(struct vgic *vgic, struct vgic_bank *bank, uint32_t n)
    REQUIRES(&vgic->lock)
{
    struct virq *v = &bank->virq[n];
    const uint32_t bit = 1u << n;
    const uint32_t on = vgic->enabled ? bank->enabled & bank->reached & bit : 0;

    if ((bank->on & bit) != on) {
        bank->on ^= bit;
        if (v->hw) {
            gic->set_enable(bank->cpu, v->intid, on != 0);
        }
    }
    if (!vgic_is_idle(v)) {
        vgic_replace(vgic, v);
    }
}

/* GICD_CTLR's enable bit. */
void vgic_enable(struct vgic *vgic, bool on) REQUIRES(&vgic->lock);

/*
 * True where another CPU's list register holds it. That of a hw interrupt that is physically no
 * longer active is over.
 */
bool vgic_is_away(struct vgic *vgic, struct virq *virq) REQUIRES(&vgic->lock);

/* What the guest does to its state, through registers of any version. */
void vgic_set_active(struct vgic *vgic, struct virq *virq, bool active) REQUIRES(&vgic->lock);
void vgic_set_pending(struct vgic *vgic, struct virq *virq, uint32_t sources) REQUIRES(&vgic->lock);
void vgic_clear_pending(struct vgic *vgic, struct virq *virq, uint32_t sources)
    REQUIRES(&vgic->lock);

/* What is pending now, by source (GICv2 SGI; else 0 or 1). Not for one that is away. */
uint32_t vgic_pending(struct vgic *vgic, struct virq *virq) REQUIRES(&vgic->lock);

/* Send an SPI to where `route` says: ITARGETSR's byte, or IROUTER's affinity. */
void vgic_set_route(struct vgic *vgic, struct vgic_bank *bank, struct virq *virq, uint32_t route)
    REQUIRES(&vgic->lock);

/* An SGI: pending at `target`, from `source` (GICv3: 0). */
static inline void vgic_sgi_send(struct vgic *vgic, struct vcpu *target, uint32_t intid,
                                 uint32_t source) REQUIRES(&vgic->lock)
{
    struct virq *v = &target->vgic.private.virq[intid];

    v->pending = (uint8_t)(v->pending | 1u << source);
    if (vgic_is_here(target)) {
        vgic_lr_pend(vgic, target, v);
    } else if ((target->vgic.private.on >> intid & 1) != 0) {
        target->vgic.waiting |= 1;
        target->vgic.wait[0] |= 1u << intid;
        vgic_nudge(target);
    }
}

/* ---- registers; they take the vgic lock ---- */

/* The registers of all interrupts, GICD and the SGI frame of a GICR alike, in blocks of 0x80 bytes:
 * from IGROUPR to ICFGR's end. */
#define VGIC_BLOCK      0x80
#define VGIC_IPRIORITYR 8
#define VGIC_ITARGETSR  16
#define VGIC_ICFGR      24
#define VGIC_BANKED     0x080
#define VGIC_BANKED_END 0xd00

/* The bank whose interrupts are at `offset`, VGIC_BANKED on. */
static inline uint32_t vgic_bank_at(uint64_t offset)
{
    const uint32_t at = (uint32_t)offset;

    return at < VGIC_IPRIORITYR * VGIC_BLOCK ? at % VGIC_BLOCK / 4
           : at < VGIC_ICFGR * VGIC_BLOCK    ? at % (8 * VGIC_BLOCK) / 32
                                             : at % (2 * VGIC_BLOCK) / 8;
}

/*
 * An access `offset` bytes into GICD, or into the SGI frame of a GICR, to interrupts of `bank`;
 * NULL: there are none, RAZ/WI. A width that the register does not have is UNPREDICTABLE: RAZ/WI.
 * GICv2's own registers are not here. TRAP_SKIP; TRAP_RESUME where the guest has to repeat it.
 */
enum trap_outcome vgic_access(struct vcpu *vcpu, struct vgic_bank *bank, uint64_t offset,
                              struct mmio_access *access);
enum trap_outcome vgic_raz_wi(struct mmio_access *access);

/* What an access to a register of 64 bits reads, which may be in two halves; */
static inline void vgic_read_64(struct mmio_access *access, uint64_t offset, uint64_t value)
{
    access->value = 0;
    if (access->size == 8 && is_aligned(offset, 8)) {
        access->value = value;
    } else if (access->size == 4 && is_aligned(offset, 4)) {
        access->value = value >> (offset & 4) * 8 & UINT32_MAX;
    }
}

/* and what a write makes of it. */
static inline uint64_t vgic_write_64(const struct mmio_access *access, uint64_t offset,
                                     uint64_t value)
{
    const uint32_t shift = (offset & 4) * 8;

    if (access->size == 8 && is_aligned(offset, 8)) {
        return access->value;
    }
    if (access->size == 4 && is_aligned(offset, 4)) {
        return (value & ~(UINT64_C(0xffffffff) << shift)) | (access->value & UINT32_MAX) << shift;
    }
    return value;
}

/*
 * A register with 1 << `shift` bits for each interrupt. The functions see one at a time, already
 * checked for ownership.
 */
struct vgic_fields {
    uint8_t shift;
    uint8_t widths; /* access sizes that it allows, or-ed */
    uint32_t (*read)(struct vgic *vgic, struct virq *virq);
    void (*write)(struct vgic *vgic, struct vgic_bank *bank, struct virq *virq, uint32_t value);
};

enum trap_outcome vgic_access_fields(struct vcpu *vcpu, struct vgic_bank *bank,
                                     const struct vgic_fields *fields, uint64_t offset,
                                     struct mmio_access *access);

/* Add the windows of the front end to the partition's map. */
enum status vgic_v2_map(struct partition *partition, const struct plan_gic *board_gic) MUST_CHECK;
enum status vgic_v3_map(struct partition *partition, const struct plan_gic *board_gic) MUST_CHECK;

#endif
