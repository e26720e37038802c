/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GIC: one state machine for GICv2 and GICv3, virtual interrupt mode. vgic.c holds the
 * state and moves interrupts into list registers; vgic_v2.c and vgic_v3.c decode the registers in
 * front of it, vgic_rows.c those of both.
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

#define VGIC_BANKS   32 /* of 32 interrupts; bank 0, private interrupts, is each vCPU's own */
#define VGIC_MAX_LRS 16
#define VGIC_NO_LR   0xff
#define VGIC_NOBODY  0xff

#define VGIC_LATCH_SET   0x1 /* hw: so it was told to the physical interrupt; else: in `pending` */
#define VGIC_LATCH_TAKEN 0x2 /* what came from there, or is in the list register, is that one */

/* One interrupt; see vgic.c for the state machine. Class: locked (struct vgic.lock). */
struct virq {
    uint16_t intid;   /* its place among the banks */
    uint8_t priority; /* as GICD_IPRIORITYR: its upper five bits */
    uint8_t target;   /* vCPU it goes to when pending, or VGIC_NOBODY; private: whose it is */
    uint8_t lr;       /* the list register that holds it on `home`, or VGIC_NO_LR; this and the
                         next three at once: vgic_is_idle() */
    uint8_t pending;  /* GICv2 SGI: a bit per sender; else bit 0. Beside what `lr` holds */
    bool active;      /* and in no list register */
    bool level;       /* the line, where software drives it */
    uint8_t home;     /* vCPU of the list register `lr`; else where it is active */
    uint8_t source;   /* GICv2 SGI: who sent the active one */
    uint8_t clear;    /* GIC_LR_PENDING, _ACTIVE: to be taken out of the list register on `home` */
    uint8_t seen;     /* GIC_LR_PENDING, _ACTIVE: the list register when `home` last told */
    bool hw;          /* linked to the physical interrupt of the same INTID */
    bool edge;
    uint8_t
        latched; /* level-sensitive, pending by ISPENDR and not by its line alone: VGIC_LATCH_... */
    uint8_t quick;   /* `lr`, where what `image` tells may be put there again; else VGIC_NO_LR.
                       Class: atomic; written with the lock, or by the CPU of `home` */
    uint32_t route;  /* SPI: ITARGETSR's byte (GICv2), IROUTER's affinity (GICv3); LPI: its vCPU */
    uint16_t vintid; /* what the guest calls it: `intid`, but for LPIs */
    uint64_t image;  /* what was last put into `lr`, encoded */
};

/* 32 interrupts, as the bit registers have them. Class: locked. */
struct vgic_bank {
    uint32_t owned;   /* bit per interrupt: the partition may see and configure it; else RAZ/WI */
    uint32_t enabled; /* GICD_ISENABLER */
    struct virq virq[32];
    uint32_t fixed;        /* GICv2's SGIs: always enabled, and pending by source: C, SPENDSGIR */
    uint32_t reached;      /* there is a target, and it runs */
    uint32_t on;           /* enabled all the way: by the guest, the distributor, and reached */
    uint32_t made;         /* sealed; bit per interrupt: there is one. `owned`, or LPIs */
    const struct cpu *cpu; /* sealed; whose private interrupts they are; NULL: SPIs */
};

/* Per vCPU. Class: locked, but the list registers themselves are the vCPU's CPU's only. */
struct vgic_cpu {
    struct virq *held[VGIC_MAX_LRS]; /* what was last put into each list register not free */
    uint32_t lr_all, lr_free;        /* bit per list register: there is; is empty for sure */
    uint32_t waiting;                /* bit per bank: wait[] is not 0 there */
    uint32_t wait[VGIC_BANKS];       /* bit per interrupt: this vCPU has to look at it */
    uint32_t asked;                  /* bit per vCPU: wants to know our list registers */
    uint32_t told;                   /* bit per vCPU: has told us its list registers */
    uint32_t maintenance, wanted;    /* GIC_MAINTENANCE_...: as set, as it has to be */
    bool online;                     /* between CPU_ON and CPU_OFF */
    bool filling;                    /* vgic_lr_fill() is at work */
    bool kicked;                     /* it will look at the above soon */
    bool stale;                      /* `on` of private interrupts has to be made anew */
    bool asleep;                     /* GICR_WAKER.ProcessorSleep */
    struct vgic_bank private;        /* SGIs and PPIs; last: what is before it is cleared at once */
};

/* The redistributors' frames in one region, one for each vCPU from the first on. */
struct vgic_redist {
    struct vcpu *vcpu; /* of the first frame; */
    uint32_t count;    /* so many */
};

struct vgic {
    struct lock lock;
    struct partition *partition;        /* sealed */
    uint32_t version;                   /* sealed; 2 or 3: the board's */
    uint64_t typer;                     /* sealed; GICD_TYPER */
    uint32_t cpus;                      /* sealed; vCPUs */
    bool enabled;                       /* GICD_CTLR */
    struct vgic_bank *bank[VGIC_BANKS]; /* SPIs, from the pool; NULL where none is owned */
    struct vgic_bank *spare;            /* of the last page taken from the pool, not yet used: */
    uint32_t spares;                    /* so many */
    struct vgic_redist redist[PLAN_MAX_REDISTS];
    uint32_t
        lpis; /* sealed; index of the first of bank[] that PLAN_LPIS are in; 0: there are none */
};

/*
 * Build the partition's vGIC from the plan: owned SPIs (granted devices, HW-linked), owned PPIs
 * (timers, PMU), the console's SPI (software, level), LPIs; adds its windows to the partition's
 * mmio map: GICD and, v3, one redistributor per vCPU at the board's addresses. GICv2's GICC window
 * is GICV in stage 2: partition.c maps it. Before it starts.
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

/*
 * Do what other CPUs want of this vCPU (after a kick); beside that, take what list registers tell
 * and refill them (on maintenance). On the vCPU's own CPU.
 */
void vgic_sync(struct vcpu *vcpu);
void vgic_maintain(struct vcpu *vcpu);

/*
 * A trapped write to ICC_SGI1R_EL1 (or ASGI1R, SGI0R: no effect, as Group 0 does not exist here).
 * GICv3. IHI 0069 12.11.
 */
void vgic_sgi1r_write(struct vcpu *vcpu, uint64_t value);

/* Interrupts the guest has enabled and pending for this vCPU: for WFI while idle at EL2, and
 * reports. */
bool vgic_has_pending(struct vcpu *vcpu);

#endif
