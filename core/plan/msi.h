/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message-signalled interrupts of granted PCI functions, with a GICv3. A partition sees a GICv2m
 * frame: V2M_MSI_SETSPI_NS is where GITS_TRANSLATER is in a page, so that what its devices write
 * there, their table for DMA has the ITS get. An INTID that the frame offers is the EventID; the
 * ITS, which EL2 alone drives, makes it an LPI, and EL2 makes that the partition's SPI. No guest
 * has a command queue. IHI 0069 5; Server Base System Architecture, GICv2m.
 */
#ifndef CORE_PLAN_MSI_H
#define CORE_PLAN_MSI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/plan/plan.h"

#define MSI_EVENTS 1024u /* EventIDs of a device: INTIDs of SPIs */
#define LPI_FIRST  8192u /* the lowest INTID of an LPI */
#define LPI_LIMIT  (CONFIG_MAX_PARTITIONS * PLAN_MSIS)

/* Pages of the pool, at most: of an ITS, of a device, of a CPU that takes LPIs, of all of these. */
#define MSI_ITS_PAGES    3
#define MSI_DEVICE_PAGES 8
#define MSI_CPU_PAGES    31
#define MSI_SHARED_PAGES 3

struct cpu;

/* What drives ITSs (drivers/gic/its.c). `its` is the index in the plan's board. Boot CPU. */
struct its_ops {
    const char *const *compatible; /* NULL-terminated */
    /*
     * Take the ITS over: off, and quiet. E_TIMEOUT, or E_UNSUPPORTED with what it lacks in *why.
     * Its registers are mapped.
     */
    enum status (*probe)(const struct plan *p, uint32_t its, const char **why);
    /*
     * Take memory from the pool; before other CPUs start. Of the ITS, which is on then and drops
     * every message; of a device; of a CPU that is to take LPIs. E_NO_SPACE; E_UNSUPPORTED where
     * the ITS does not take what it is given; E_INVALID where it has no such DeviceID.
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
     * Events first .. first + count - 1 of the device become LPIs lpi .. lpi + count - 1 of `cpu`.
     * Before partitions run. E_TIMEOUT, told.
     */
    enum status (*map)(uint32_t its, uint32_t device, uint32_t first, uint32_t count, uint32_t lpi,
                       const struct cpu *cpu);
};

/* drivers/drivers.c; NULL: none is compiled in. */
extern const struct its_ops *const drivers_its;

/* Read the board's ITSs into the plan. */
void msi_find(struct plan *p);

/*
 * Decide, once ITSs and functions were probed, which functions send messages, and what frame their
 * partitions see. One with no frame has INTx only.
 */
void msi_assign(struct plan *p);

#define ITS_TRANSLATER_FRAME 0x10000 /* GITS_TRANSLATER's page */

/* What GITS_TRANSLATER's page, and so the partition's frame, is; size 0 where it has none. */
static inline struct range msi_frame(const struct plan *p, const struct plan_partition *part)
{
    if (part->msi_first == 0) {
        return (struct range){0, 0};
    }
    return (struct range){p->board.its[part->msi_its].mmio.base + ITS_TRANSLATER_FRAME, PAGE_SIZE};
}

/* Pages of the pool that all of it takes at most. */
uint64_t msi_pages(const struct plan *p);

#endif
