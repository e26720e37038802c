/* SPDX-License-Identifier: Apache-2.0 */
/* A PCI host bridge in a partition's tree: what its buses' addresses and pins come to there. */
#include "core/guest/guest_dt_pci.h"

#include <libfdt.h>

#include "core/plan/dt.h"
#include "core/plan/msi.h"

#define GIC_SPI        0
#define GIC_EDGE       1
#define GIC_LEVEL_HIGH 4
#define RANGE_CELLS    7 /* three of PCI, two of the CPU, two of size */
#define INTX_CELLS     8 /* unit address and pin, GIC, its three cells; and its address, 0 */
#define INTX_GIC       4 /* the cell after which that comes */
#define MSI_CELLS      4 /* RequesterID, ITS, DeviceID, how many */

/* Two cells; returns where the next go. */
static fdt32_t *put_pair(fdt32_t *cell, uint64_t v)
{
    cell[0] = cpu_to_fdt32((uint32_t)(v >> 32));
    cell[1] = cpu_to_fdt32((uint32_t)v);
    return cell + 2;
}

/* Room for so many cells of a property; NULL where there is none. */
static fdt32_t *begin(struct writer *w, const char *name, uint32_t cells)
{
    void *room = NULL;

    if (w->error == 0) {
        w->error = fdt_property_placeholder(w->fdt, name, (int)(cells * sizeof(fdt32_t)), &room);
    }
    return room;
}

static void put_ranges(struct writer *w, const void *board, const struct dt_at *node)
{
    struct dt_window window;
    uint32_t count = 0;
    fdt32_t *at;

    while (dt_window_at(board, node, count, &window) == OK) {
        count++;
    }
    at = begin(w, "ranges", count * RANGE_CELLS);
    for (uint32_t i = 0; at != NULL && dt_window_at(board, node, i, &window) == OK; i++) {
        *at++ = cpu_to_fdt32(window.space);
        at = put_pair(put_pair(put_pair(at, window.bus), window.cpu.base), window.cpu.size);
    }
}

/* True where the entry's interrupt is one of the device's. */
static bool has_irq(const struct plan_device *device, const struct dt_intx *intx)
{
    uint32_t i = 0;

    while (i < device->irq_count && device->irq[i].intid != intx->irq.intid) {
        i++;
    }
    return i < device->irq_count;
}

uint32_t guest_dt_gic_cells(const struct plan *p, uint32_t partition)
{
    return msi_frame(p, partition).emulated ? 2 : 0;
}

static void put_interrupt_map(struct writer *w, const struct plan *p,
                              const struct plan_device *device, uint32_t gic)
{
    const struct plan_board *board = &p->board;
    const uint32_t address = guest_dt_gic_cells(p, (uint32_t)device->partition);
    int node = device->node;
    struct dt_intx intx;
    uint32_t count = 0;
    fdt32_t *at;

    for (uint32_t i = 0; dt_intx_at(board->fdt, node, i, board->gic.node, &intx) == OK; i++) {
        count += has_irq(device, &intx) ? 1 : 0;
    }
    at = begin(w, "interrupt-map", count * (INTX_CELLS + address));
    for (uint32_t i = 0;
         at != NULL && dt_intx_at(board->fdt, node, i, board->gic.node, &intx) == OK; i++) {
        const uint32_t cells[INTX_CELLS] = {intx.key[0],
                                            intx.key[1],
                                            intx.key[2],
                                            intx.key[3],
                                            gic,
                                            GIC_SPI,
                                            intx.irq.intid - FIRST_SPI,
                                            intx.irq.edge ? GIC_EDGE : GIC_LEVEL_HIGH};

        for (uint32_t c = 0; c < INTX_CELLS && has_irq(device, &intx); c++) {
            *at++ = cpu_to_fdt32(cells[c]);
            for (uint32_t n = 0; n < address && c == INTX_GIC; n++) {
                *at++ = 0;
            }
        }
    }
}

void guest_dt_put_bridge(struct writer *w, const struct plan *p, const struct plan_device *device,
                         uint32_t gic_phandle)
{
    const void *board = p->board.fdt;
    uint32_t size;
    const void *mask = dt_property(board, device->node, "interrupt-map-mask", &size);
    struct dt_at at;

    tree_reg(w, &device->mmio[0], 1, 2, 2);
    if (dt_at(board, device->node, &at)) {
        put_ranges(w, board, &at);
    }
    if (device->irq_count != 0) {
        put_interrupt_map(w, p, device, gic_phandle);
        if (mask != NULL) {
            tree_put(w, "interrupt-map-mask", mask, size);
        }
    }
}

static bool sends(const struct plan *p, const struct plan_function *f,
                  const struct plan_device *bridge)
{
    return f->msi && p->pci_hosts[f->host].node == bridge->node &&
           p->devices[f->device].partition == bridge->partition;
}

void guest_dt_put_messages(struct writer *w, const struct plan *p, const struct plan_device *device,
                           uint32_t msi_phandle)
{
    const struct msi_frame frame = msi_frame(p, (uint32_t)device->partition);
    uint32_t count = 0;
    fdt32_t *at;

    if (!frame.emulated) {
        if (frame.mmio.size != 0) {
            tree_u32(w, "msi-parent", msi_phandle);
        }
        return;
    }
    for (uint32_t i = 0; i < p->function_count; i++) {
        count += sends(p, &p->functions[i], device) ? 1 : 0;
    }
    at = count == 0 ? NULL : begin(w, "msi-map", count * MSI_CELLS);
    for (uint32_t i = 0; at != NULL && i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];

        if (sends(p, f, device)) {
            *at++ = cpu_to_fdt32(f->rid);
            *at++ = cpu_to_fdt32(msi_phandle);
            *at++ = cpu_to_fdt32(f->msi_device);
            *at++ = cpu_to_fdt32(1);
        }
    }
}
