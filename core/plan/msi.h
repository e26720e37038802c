/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message-signalled interrupts of granted PCI functions, with a GICv3. A partition sees an ITS
 * where the board's is (core/guest/vits.h), whose GITS_TRANSLATER its devices' table for DMA leads
 * to the board's. That one, which EL2 alone drives, makes each function's PLAN_EVENTS EventIDs LPIs
 * of their own. IHI 0069 5.
 */
#ifndef CORE_PLAN_MSI_H
#define CORE_PLAN_MSI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bits.h"
#include "core/base/status.h"
#include "core/plan/plan.h"

#define LPI_FIRST 8192u /* the lowest INTID of an LPI */
#define LPI_LIMIT (PLAN_MAX_FUNCTIONS * PLAN_EVENTS)

/* Pages of the pool, at most: of a CPU that takes LPIs, of all of these. */
#define MSI_CPU_PAGES    31
#define MSI_SHARED_PAGES 3

struct cpu;

/* What drives ITSs (drivers/gic/its.c). `its` is the index in the plan's board. Boot CPU. */
struct its_ops {
    const char *const *compatible; /* NULL-terminated */
    /*
     * Take the ITS over: off, and quiet; how many DeviceIDs it has goes into the plan. E_TIMEOUT,
     * or E_UNSUPPORTED with what it lacks in *why. Its registers are mapped.
     */
    enum status (*probe)(struct plan *p, uint32_t its, const char **why);
    /*
     * Take memory from the pool; before other CPUs start. Of the ITS, which is on then and drops
     * every message; of a device; of a CPU that is to take LPIs. E_NO_SPACE; E_UNSUPPORTED where
     * the ITS does not take what it is given.
     */
    enum status (*start)(uint32_t its);
    enum status (*add_device)(uint32_t its, uint32_t device);
    enum status (*add_cpu)(const struct cpu *cpu);
    /*
     * Have the CPU, which has found its redistributor, take LPIs. E_UNSUPPORTED where it cannot, or
     * firmware gave it tables that it does not let go.
     */
    enum status (*init_cpu)(const struct cpu *cpu);
    /*
     * Events 0 .. count - 1 of the device become LPIs lpi .. lpi + count - 1 of `cpu`.
     * Before partitions run. E_TIMEOUT, told.
     */
    enum status (*map)(uint32_t its, uint32_t device, uint32_t count, uint32_t lpi,
                       const struct cpu *cpu);
};

/* drivers/drivers.c; NULL: none is compiled in. */
extern const struct its_ops *const drivers_its;

/* Read the board's ITSs into the plan. */
void msi_find(struct plan *p);

/*
 * Decide, once ITSs and functions were probed, which functions send messages, and by which ITS of
 * their partitions. One with none has INTx only.
 */
void msi_assign(struct plan *p);

#define ITS_TRANSLATER_FRAME 0x10000 /* GITS_TRANSLATER's page */
#define ITS_SIZE             0x20000 /* of its registers; IHI 0069 12.18 */

/* GICv2m's registers: Server Base System Architecture (DEN 0029), appendix E. */
#define V2M_MSI_TYPER       0x008u       /* RO  which SPIs the frame raises: */
#define V2M_MSI_TYPER_BASE  MASK(25, 16) /* the first, */
#define V2M_MSI_TYPER_COUNT MASK(9, 0)   /* and how many */
#define V2M_MSI_SETSPI_NS   0x040u       /* WO  raises the one that is written */

/* True where the granted GICv2m frame is a page, so that nothing else is reached with it. */
bool msi_frame_is_page(const struct plan_device *device);

/* Where a partition's functions send messages: an ITS's page, or a granted GICv2m frame. */
struct msi_frame {
    struct range mmio;     /* size 0: the partition has none */
    struct range window;   /* the emulated ITS, around that page; size 0: it is a frame */
    uint32_t first, count; /* SPIs; or places among them in the vGIC, which LPIs take. 0 on a PC */
    bool emulated;         /* an ITS: GICv3 */
};

/* The frame of partition `index`. Any CPU, once msi_assign() has decided. */
struct msi_frame msi_frame(const struct plan *p, uint32_t index);

/*
 * Pages of the table of an ITS that has one level only (IHI 0069 5.2.1), of the plan's functions:
 * whole ones of the ITS's own size, up to the highest DeviceID that sends; 0 where it has two.
 */
uint64_t msi_flat_pages(const struct plan *p, uint32_t its);

/* Pages of the pool that all of it takes at most. */
uint64_t msi_pages(const struct plan *p);

#endif
