/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the virtual GIC share: the state machine (vgic.c) for its registers. */
#ifndef CORE_GUEST_VGIC_STATE_H
#define CORE_GUEST_VGIC_STATE_H

#include "core/guest/partition.h"
#include "core/guest/vcpu.h"
#include "core/guest/vgic.h"

/* GICD_IIDR, GICR_IIDR: implementer 0, as no JEDEC code is ours; product 'B'. */
#define VGIC_IIDR UINT32_C(0x42000000)

/* ---- all of this with the partition's vgic lock held ---- */

static inline struct vcpu *vgic_vcpu(const struct vgic *vgic, uint32_t index)
{
    return &vgic->partition->vcpu[index];
}

/* The CPU whose private interrupt it is; drivers do not look at that of an SPI. */
static inline const struct cpu *vgic_cpu_of(const struct vgic *vgic, const struct virq *virq)
{
    return virq->intid < 32 ? vgic_vcpu(vgic, virq->target)->cpu : NULL;
}

/*
 * To change an interrupt: fetch it (out of this CPU's list register, into struct virq), change it,
 * then settle it (into a list register, or towards the vCPU that has to look at it).
 */
void vgic_fetch(struct vgic *vgic, struct virq *virq);
void vgic_settle(struct vgic *vgic, struct virq *virq);

/*
 * What decides whether it is enabled all the way has changed: make `on` anew, and the physical
 * enable with it, and bring the interrupt where it now belongs.
 */
void vgic_refresh(struct vgic *vgic, const struct vgic_bank *bank, struct virq *virq);
void vgic_refresh_bank(struct vgic *vgic, struct vgic_bank *bank); /* those owned */

/* GICD_CTLR's enable bit. */
void vgic_enable(struct vgic *vgic, bool on);

/* An SGI: pending at `target`, from `source` (GICv3: 0). */
void vgic_sgi_send(struct vgic *vgic, struct vcpu *target, uint32_t intid, uint32_t source);

/*
 * True where another CPU's list register holds it. That of a hw interrupt that is physically no
 * longer active is over.
 */
bool vgic_is_away(struct vgic *vgic, struct virq *virq);

/* Ask the CPU to look at its work, unless it is going to. */
void vgic_nudge(struct vcpu *vcpu);

/* What the guest does to its state, through registers of any version. */
void vgic_set_active(struct vgic *vgic, struct virq *virq, bool active);
void vgic_set_pending(struct vgic *vgic, struct virq *virq, uint32_t sources);
void vgic_clear_pending(struct vgic *vgic, struct virq *virq, uint32_t sources);

/* What is pending now, by source (GICv2 SGI; else 0 or 1). Not for one that is away. */
uint32_t vgic_pending(struct vgic *vgic, struct virq *virq);

/* Send an SPI to where `route` says: ITARGETSR's byte, or IROUTER's affinity. */
void vgic_set_route(struct vgic *vgic, const struct vgic_bank *bank, struct virq *virq,
                    uint32_t route);

/* ---- vgic_rows.c: the registers that both versions have, per interrupt ---- */

#define VGIC_LIVE_READ  0x1
#define VGIC_LIVE_WRITE 0x2

/*
 * A kind of register: interrupts of 1 << `shift` bits each, in one of 32 blocks of 0x80 bytes, at
 * the same place in GICD and in GICR's SGI frame. The functions see one interrupt at a time, already
 * checked for ownership; NULL: read as zero, writes ignored. One-bit registers act on ones.
 */
struct vgic_row {
    uint16_t offset; /* of interrupt 0 */
    uint8_t shift;   /* log2 of bits per interrupt */
    uint8_t widths;  /* access sizes that it allows, or-ed; others are RAZ/WI */
    uint8_t
        live; /* VGIC_LIVE_...: accesses that want to know what other CPUs' list registers hold */
    uint32_t (*read_bits)(const struct vgic_bank *bank); /* one-bit registers: all at once */
    uint32_t (*read)(struct vgic *vgic, struct vgic_bank *bank, uint32_t n);
    void (*write)(struct vgic *vgic, struct vgic_bank *bank, uint32_t n, uint32_t value);
};

/* The rows of both, by offset / 0x80; a front end adds its own. */
extern const struct vgic_row vgic_isenabler, vgic_icenabler, vgic_ispendr, vgic_icpendr,
    vgic_isactiver, vgic_icactiver, vgic_ipriorityr, vgic_icfgr;

/*
 * Access `row` (NULL: RAZ/WI) at `offset`, counted as in GICD; private interrupts are `owner`'s
 * (NULL: RAZ/WI). A width that the register does not have is UNPREDICTABLE: RAZ/WI. Takes the vgic
 * lock. TRAP_SKIP; TRAP_RESUME where the guest has to repeat it.
 */
enum trap_outcome vgic_row_access(struct vcpu *vcpu, const struct vgic_row *row, struct vcpu *owner,
                                  uint64_t offset, struct mmio_access *access);

/* Add the windows of the front end to the partition's map. */
enum status vgic_v2_map(struct partition *partition, const struct plan_gic *board_gic) MUST_CHECK;
enum status vgic_v3_map(struct partition *partition, const struct plan_gic *board_gic) MUST_CHECK;

#endif
