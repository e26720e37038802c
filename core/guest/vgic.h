/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GIC: one state machine for GICv2 and GICv3, virtual interrupt mode. vgic.c holds the
 * state and moves interrupts into list registers; vgic_v2.c and vgic_v3.c are const tables of
 * registers in front of it.
 *
 * A partition's interrupt has the INTID of the board's; an owned one is HW-linked: the guest's EOI
 * deactivates the physical interrupt, one exit each. Enable, trigger and target of an owned
 * interrupt are mirrored to the physical distributor; everything else there stays ours. One lock
 * per partition guards every struct virq; list registers are touched only by the CPU that owns
 * them.
 */
#ifndef CORE_GUEST_VGIC_H
#define CORE_GUEST_VGIC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/lock.h"
#include "core/guest/irq.h"
#include "core/guest/mmio.h"
#include "core/plan/plan.h"

struct partition;
struct vcpu;

#define VGIC_PRIVATE 32 /* SGIs and PPIs */
#define VGIC_MAX_LRS 16

/* The fields are for vgic*.c; see vgic.c for the state machine. Class: locked (struct vgic.lock).
 */
struct virq {
    uint32_t intid;
    uint8_t priority;
    uint8_t target; /* SPI: vCPU index it is routed to */
    uint8_t lr;     /* list register that holds it on `home`, or VGIC_NO_LR */
    uint8_t home;   /* vCPU whose list register or queue holds it */
    bool enabled, latched /* edge or written pending */, level /* the line, software-driven */,
        active, edge;
    bool hw;          /* linked to the physical interrupt of the same INTID */
    bool owned;       /* the partition may see and configure it; else RAZ/WI */
    uint16_t sources; /* GICv2 SGI: vCPUs that have sent it and not yet been served */
};

#define VGIC_NO_LR 0xff

/* Per vCPU. Class: locked, but the list registers themselves are per-CPU. */
struct vgic_cpu {
    struct virq private[VGIC_PRIVATE];
    uint64_t
        pending[16]; /* bit per INTID: enabled and pending or due, wants a list register here */
    uint32_t lr_owner[VGIC_MAX_LRS]; /* INTID in each list register, or UINT32_MAX */
    uint32_t work;                   /* atomic: set by others, taken by the owner on kick */
};

struct vgic {
    struct lock lock;
    uint32_t version; /* 2 or 3: the board's */
    uint32_t intids;  /* 32 + SPIs that the partition sees; as the physical TYPER */
    bool enabled;     /* GICD_CTLR */
    uint32_t ctlr;
    struct virq *spi; /* spi[intid - 32]; from the pool */
};

/*
 * Build the partition's vGIC from the plan: owned SPIs (granted devices, HW-linked), owned PPIs
 * (timers, PMU), the console's SPI (software, level); adds its windows to the partition's mmio map:
 * GICD and, v3, one redistributor per vCPU at the board's addresses. GICv2's GICC window is GICV in
 * stage 2: partition.c maps it. Before it starts.
 */
enum status vgic_init(struct partition *partition, const struct plan *p) MUST_CHECK;

/* Out-of-reset state of this vCPU's private interrupts and list registers. On its own CPU, before
 * it is entered. */
void vgic_vcpu_reset(struct vcpu *vcpu);

/*
 * The partition has ended: mask, deactivate and forget all its physical interrupts. On the last CPU
 * that leaves it; each CPU has called vgic_vcpu_reset() for its own before.
 */
void vgic_stop(struct partition *partition);

/*
 * A physical interrupt was acknowledged on this CPU. True where the partition owns it: then it is
 * in a list register or queued, and stays active until the guest deactivates it. Hot path.
 */
bool vgic_inject(struct vcpu *vcpu, uint32_t intid);

/* Drive the software line of a level SPI (the emulated UART's). Any CPU of the partition, or the
 * console CPU. */
void vgic_set_level(struct partition *partition, uint32_t intid, bool level);

/* Take what list registers tell and refill them: after a kick and on maintenance. On the vCPU's own
 * CPU. */
void vgic_sync(struct vcpu *vcpu);

/*
 * A trapped write to ICC_SGI1R_EL1 (or ASGI1R, SGI0R: no effect, as Group 0 does not exist here).
 * GICv3. IHI 0069 12.11.
 */
void vgic_sgi1r_write(struct vcpu *vcpu, uint64_t value);

/* Interrupts the guest has enabled and pending for this vCPU: for WFI while idle at EL2, and
 * reports. */
bool vgic_has_pending(struct vcpu *vcpu);

/* ---- shared by vgic_v2.c and vgic_v3.c; the partition's vgic lock is held ---- */

/*
 * A register of a front end: interrupts of `bits` bits each from `offset` on for `length` bytes.
 * `widths`: allowed access sizes, a mask of bytes (1|2|4|8). The row's functions see one interrupt
 * at a time, already checked for ownership; NULL read: zero; NULL write: ignored. Rows not owned
 * are RAZ/WI.
 */
struct vgic_row {
    uint16_t offset, length;
    uint8_t bits, widths;
    uint32_t (*read)(struct vcpu *vcpu, struct virq *virq);
    void (*write)(struct vcpu *vcpu, struct virq *virq, uint32_t value);
};

#endif
