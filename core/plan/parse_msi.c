/* SPDX-License-Identifier: Apache-2.0 */
/* Message-signalled interrupts in the plan: `msi-map`, ITSs, and who sends by which. */
#include "core/plan/msi.h"

#include "core/base/pci.h"
#include "core/memory/lpae.h"
#include "core/plan/check.h"
#include "core/plan/claims.h"
#include "core/plan/parse.h"
#include "core/plan/pci.h"

#define RIDS       UINT32_C(0x10000)
#define FIRST_BANK 2  /* of SPIs, so that the board's UART and timers keep theirs */
#define END_BANK   32 /* of all INTIDs below LPIs that there may be */

/* ---- the board's ITSs ---- */

static void read_its(struct plan *p, const struct dt_at *at)
{
    struct plan_its its = {.node = at->node[at->depth]};

    its.path = board_keep_path(p, at);
    if (its.path != NULL && dt_reg_at(p->board.fdt, at, 0, &its.mmio) == OK &&
        is_aligned(its.mmio.base, ITS_TRANSLATER_FRAME) && !claims_touch_own(p, its.mmio) &&
        p->board.its_count < PLAN_MAX_ITS) {
        p->board.its[p->board.its_count++] = its;
    } else {
        board_warning(p, its.node, "an ITS that cannot be used: no messages come through it");
    }
}

void msi_find(struct plan *p)
{
    const void *fdt = p->board.fdt;
    struct dt_at at = {.depth = 0};

    while (drivers_its != NULL && p->board.gic.version != 2 && dt_step(fdt, &at)) {
        int node = at.node[at.depth];

        if (dt_property(fdt, node, "msi-controller", NULL) != NULL && dt_enabled_at(fdt, &at) &&
            dt_compatible(fdt, node, drivers_its->compatible)) {
            read_its(p, &at);
        }
    }
}

/* ---- where a function's messages go: Linux, bindings/pci/pci-msi.txt ---- */

/* The ITS of that phandle; false where it cannot be used, or has no such DeviceID. */
static bool its_of(const struct plan *p, uint32_t phandle, uint32_t device, uint32_t *its)
{
    int node = dt_phandle(p->board.fdt, phandle);

    for (*its = 0; *its < p->board.its_count; (*its)++) {
        const struct plan_its *i = &p->board.its[*its];

        if (i->node == node) {
            return !i->unusable && (i->devices == 0 || device < i->devices);
        }
    }
    return false;
}

/* The run of a host bridge's RequesterIDs that holds this one, and what it makes of it. */
static bool run_of(const void *fdt, int host, uint32_t rid, struct dt_run *run, uint32_t *device)
{
    uint32_t size;
    const char *map = dt_property(fdt, host, "msi-map", &size);
    const char *parent;

    if (map != NULL) {
        rid &= (uint32_t)dt_number(fdt, host, "msi-map-mask", UINT32_MAX);
        if (!dt_find_run(map, size, rid, run)) {
            return false;
        }
        *device = run->id + (rid - run->rid);
        return true;
    }
    parent = dt_property(fdt, host, "msi-parent", &size);
    if (parent == NULL || size < DT_CELL) {
        return false;
    }
    *run = (struct dt_run){.phandle = dt_cell(parent, 0), .count = RIDS};
    *device = rid;
    return true;
}

/* The function's ITS and DeviceID; false where it has none that can be used. */
static bool find_its(const struct plan *p, const struct plan_function *f, uint32_t *its,
                     uint32_t *device)
{
    struct dt_run run;

    return run_of(p->board.fdt, p->pci_hosts[f->host].node, f->rid, &run, device) &&
           its_of(p, run.phandle, *device, its);
}

/* True where a device behind the host bridge may be known to an ITS by that DeviceID. */
static bool bridge_may_be(const void *fdt, int host, uint32_t id)
{
    uint32_t size;
    const char *map = dt_property(fdt, host, "msi-map", &size);
    struct dt_run run;

    if (map == NULL) {
        return dt_property(fdt, host, "msi-parent", NULL) != NULL && id < RIDS;
    }
    for (uint32_t i = 0; dt_run_at(map, size, i, &run) == OK; i++) {
        if (id - run.id < run.count) {
            return true;
        }
    }
    return false;
}

/* The same of a granted device, whichever its own ITS is. */
static bool may_be(const struct plan *p, const struct plan_device *d, uint32_t id)
{
    const void *fdt = p->board.fdt;
    uint32_t size = 0;
    uint32_t device;
    const char *parent = dt_property(fdt, d->node, "msi-parent", &size);
    struct dt_run run;

    if (d->bridge) {
        return bridge_may_be(fdt, d->node, id);
    }
    if (d->function) {
        return run_of(fdt, d->node, d->rid, &run, &device) && device == id;
    }
    for (uint64_t at = 0; at + 2 * DT_CELL <= size;) { /* controllers, each with its #msi-cells */
        int node = dt_phandle(fdt, dt_cell(parent + at, 0));
        uint32_t cells = node < 0 ? UINT32_MAX : (uint32_t)dt_number(fdt, node, "#msi-cells", 0);

        if (cells != 0 && dt_cell(parent + at, 1) == id) {
            return true;
        }
        at += DT_CELL * (1 + (uint64_t)cells);
    }
    return false;
}

/* ---- who sends ---- */

static bool owns_in_bank(const struct plan *p, uint32_t partition, uint32_t bank)
{
    bool owns = p->board.console.irq.intid / 32 == bank;

    for (uint32_t i = 0; i < p->device_count; i++) {
        for (uint32_t n = 0; n < p->devices[i].irq_count; n++) {
            owns = owns || (p->devices[i].partition == (int)partition &&
                            p->devices[i].irq[n].intid / 32 == bank);
        }
    }
    return owns;
}

/*
 * The first of the lowest PLAN_LPIS SPIs of which the partition has none, whether the board has
 * them or not; 0 where there are no such.
 */
static uint32_t free_spis(const struct plan *p, uint32_t partition)
{
    uint32_t first = FIRST_BANK;

    for (uint32_t bank = FIRST_BANK; bank < END_BANK; bank++) {
        if (owns_in_bank(p, partition, bank)) {
            first = bank + 1;
        } else if ((bank + 1 - first) * 32 == PLAN_LPIS) {
            return first * 32;
        }
    }
    return 0;
}

/* DMA's addresses are as wide as the partition's memory wants, and no wider. */
static bool reaches_its(const struct plan *p, const struct plan_partition *part, uint32_t its)
{
    return (p->board.its[its].mmio.base + ITS_TRANSLATER_FRAME) >> check_memory_bits(part) == 0;
}

/* All functions of a partition send through one ITS. */
static bool assign_its(struct plan *p, uint32_t partition, uint32_t its)
{
    struct plan_partition *part = &p->partitions[partition];

    if (part->msi_first == 0 && reaches_its(p, part, its)) {
        part->msi_its = its;
        part->msi_first = free_spis(p, partition);
    }
    return part->msi_first != 0 && part->msi_its == its;
}

/*
 * The ITS may take it for a device of another partition that can write to the same ITS: two host
 * bridges without a map, a map that folds RIDs, two ITSs' devices with the same DeviceID.
 */
static bool shares_device(const struct plan *p, const struct plan_function *f)
{
    const struct plan_partition *own = &p->partitions[p->devices[f->device].partition];

    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *d = &p->devices[i];
        const struct plan_partition *other = &p->partitions[d->partition];

        if (other != own && other->msi_first != 0 && other->msi_its == own->msi_its &&
            may_be(p, d, f->msi_device)) {
            return true;
        }
    }
    return false;
}

void msi_assign(struct plan *p)
{
    for (uint32_t i = 0; i < p->function_count; i++) {
        struct plan_function *f = &p->functions[i];
        uint32_t its;

        f->msi = f->device >= 0 && !p->partitions[p->devices[f->device].partition].refused &&
                 (pci_cap(f, PCI_CAP_MSI, false) != 0 || pci_cap(f, PCI_CAP_MSIX, false) != 0) &&
                 find_its(p, f, &its, &f->msi_device) &&
                 assign_its(p, (uint32_t)p->devices[f->device].partition, its);
    }
    for (uint32_t i = 0; i < p->function_count; i++) {
        p->functions[i].msi = p->functions[i].msi && !shares_device(p, &p->functions[i]);
    }
}
