/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual ITS of a partition whose functions send messages, with a GICv3 that has an ITS: IHI
 * 0069 5, 12.18. It is where the board's is.
 *
 * A message's way: the function writes an EventID to GITS_TRANSLATER, the one page of registers
 * that its table for DMA has. The board's ITS, which EL2 alone drives, knows each granted function
 * by its DeviceID, with PLAN_EVENTS EventIDs, and makes each pair a physical LPI of its own; any
 * other message is dropped there. EL2 takes that LPI, and what the guest has mapped the pair to
 * becomes pending: a virtual LPI in a list register, with no link to the physical one. All physical
 * LPIs come to the partition's first CPU, whose vCPU's time it takes to hand on those of others.
 *
 * What the guest's commands map is kept here, in tables of fixed size: GITS_BASER<n> want no memory
 * (Type 0), collections are held in hardware (GITS_TYPER.HCC), one for each vCPU. DeviceIDs are the
 * board's, of its own functions; EventIDs are 0 to PLAN_EVENTS - 1; LPIs are PLAN_LPIS from
 * LPI_FIRST on, which GICD_TYPER.num_LPIs tells. A command that names anything else is ignored:
 * MAPI, whose EventID would be the LPI, always. MOVALL finds nothing to do: each command is done
 * when GITS_CREADR passes it, and what is pending goes where its collection goes. But what another
 * vCPU's list register has of an LPI already is taken away when that vCPU, kicked, comes to EL2:
 * until then it may still take one that was cleared, moved or unmapped. SYNC, whichever vCPU it
 * names, is passed when there are no such LPIs any more. Nobody waits for that at EL2: the queue
 * stands still until GITS_CREADR is read again. A vCPU that is off has none.
 *
 * Of the guest's memory two things are read, by el2_read(), where they are in its RAM (else as
 * zeros): the command queue, and the bytes of its LPIs in the configuration table, for the commands
 * that the architecture says. Pending state is kept here alone; GICR_PENDBASER's table is not used.
 *
 * Bounds: VITS_BATCH commands at most are done at each access to the ITS's registers; the rest when
 * GITS_CREADR is read again, as all drivers do who wait. Each takes the partition's vgic lock anew,
 * and looks at its PLAN_LPIS LPIs once at most.
 */
#ifndef CORE_GUEST_VITS_H
#define CORE_GUEST_VITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/guest/mmio.h"
#include "core/guest/vgic.h"
#include "core/plan/plan.h"

#define VITS_BATCH      8
#define VITS_EVENT_BITS 5  /* PLAN_EVENTS EventIDs */
#define VITS_LPI_BITS   7  /* PLAN_LPIS */
#define VITS_INTID_BITS 14 /* from 8192 on: LPIs begin there */

struct partition;
struct vcpu;

/* All zero: as out of reset. Class: locked (the partition's vgic lock). */
struct vits {
    bool enabled;                           /* GITS_CTLR.Enabled */
    uint64_t cbaser, cwriter, creadr;       /* GITS_... */
    uint64_t propbaser;                     /* GICR_PROPBASER, of all its redistributors */
    uint64_t pendbaser[PLAN_MAX_VCPUS];     /* GICR_PENDBASER: kept, not used */
    uint32_t lpis;                          /* bit per vCPU: its GICR_CTLR.EnableLPIs */
    uint8_t target[PLAN_MAX_VCPUS];         /* of each collection: its vCPU + 1; 0: not mapped */
    uint8_t collection[1 << VITS_LPI_BITS]; /* of each LPI, + 1; 0: not mapped */
};

/* Add its window; after vgic_init(). E_NO_SPACE, E_OVERLAP. */
enum status vits_init(struct partition *partition, struct range window) MUST_CHECK;

/* The function with that index in the plan has sent its `event`; the partition lives. Any CPU. */
void vits_message(struct partition *partition, uint32_t function, uint32_t event);

/*
 * An access to GICR_PROPBASER or GICR_PENDBASER, or a write to GICR_CTLR, of the vCPU's
 * redistributor: true where it was that, and the partition has LPIs. EnableLPIs, once set, stays.
 */
bool vits_gicr_access(struct vcpu *owner, uint64_t offset, struct mmio_access *access);

/* GICR_CTLR.EnableLPIs of the vCPU's redistributor, in its place. */
uint32_t vits_gicr_ctlr(const struct vcpu *owner);

/* ---- vits_command.c, for vits.c; `config` is what the guest's table says of each LPI ---- */

#define VITS_CMD_WORDS 4

/* Do one command, or nothing. IHI 0069 5.3. */
void vits_perform(struct vgic *vgic, const uint64_t word[VITS_CMD_WORDS],
                  const uint8_t config[PLAN_LPIS]) REQUIRES(&vgic->lock);

/* True where the command is a SYNC that cannot be passed yet. */
bool vits_waits(const struct vgic *vgic, const uint64_t word[VITS_CMD_WORDS]) REQUIRES(&vgic->lock);

/* The vCPU takes LPIs from now on; what is mapped and pending already is delivered. */
void vits_enable(struct vgic *vgic, uint32_t vcpu, const uint8_t config[PLAN_LPIS])
    REQUIRES(&vgic->lock);

#endif
