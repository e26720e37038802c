/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the plan and the board's tree say of PCI host bridges and functions, to who drives them and
 * to their partitions (Linux, bindings/pci/host-generic-pci.yaml).
 */
#include "core/plan/pci.h"

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/pci.h"
#include "core/plan/dt.h"

#define BUS_SHIFT  20  /* ECAM: 1 MiB for each bus */
#define PENDING_MS 100 /* for a function's requests to be completed */

/* ---- host bridges ---- */

const char *pci_read_host(const struct plan *p, const struct dt_at *at, struct plan_pci_host *host)
{
    const void *fdt = p->board.fdt;
    uint64_t room;

    if (!dt_enabled_at(fdt, at)) {
        return "is disabled in the board's tree (status)";
    }
    if (drivers_pci == NULL || !dt_compatible(fdt, host->node, drivers_pci->compatible)) {
        return drivers_pci == NULL ? "is no device: no driver for PCI is compiled in (CONFIG_PCI)"
                                   : "is no PCI host bridge that Bulkhead drives "
                                     "(pci-host-ecam-generic)";
    }
    if (dt_reg_at(fdt, at, 0, &host->ecam) != OK || !is_aligned(host->ecam.base, BIT(BUS_SHIFT))) {
        return "has a configuration space (reg) that the CPU cannot reach";
    }
    dt_buses(fdt, host->node, &host->first, &host->last);
    room = host->ecam.size >> BUS_SHIFT;
    if (host->first > host->last || room == 0) {
        return "has a bus-range, or a configuration space (reg), without a bus";
    }
    if (room < host->last - host->first + 1) {
        host->last = host->first + (uint32_t)room - 1;
    }
    return NULL;
}

bool pci_whole_host(const struct plan *p, const struct plan_device *device,
                    struct plan_pci_host *host)
{
    struct dt_at at;

    *host = (struct plan_pci_host){.node = device->node, .path = device->path};
    return device->bridge && p->board.fdt != NULL && dt_at(p->board.fdt, device->node, &at) &&
           pci_read_host(p, &at, host) == NULL;
}

/* ---- functions ---- */

uint32_t pci_cap(const struct plan_function *f, uint32_t id, bool extended)
{
    for (uint32_t i = 0; i < f->cap_count; i++) {
        if (f->cap[i].id == id && (f->cap[i].at >= PCI_EXT_FIRST) == extended) {
            return f->cap[i].at;
        }
    }
    return 0;
}

/* What it has asked for comes to an end, before a reset forgets it: 6.6.2; or the time does. */
static void await_completions(const struct plan_pci_host *host, uint32_t rid, uint32_t at,
                              uint64_t pending, uint64_t since)
{
    while ((pci_read(host, rid, at) & pending) != 0) {
        if (arch_counter() - since > plan.board.timer_hz * PENDING_MS / 1000) {
            console_printf("bulkhead: warning: %s %02x:%02x.%u: is reset while it waits for data\n",
                           host->path, PCI_BDF(rid));
            return;
        }
    }
}

bool pci_quiesce(const struct plan_pci_host *host, const struct plan_function *f, uint64_t since)
{
    uint32_t pcie = pci_cap(f, PCI_CAP_PCIE, false);
    uint32_t af = pci_cap(f, PCI_CAP_AF, false);

    pci_write(host, f->rid, PCI_COMMAND, PCI_COMMAND_NO_INTX);
    if (pcie != 0 && (pci_read(host, f->rid, pcie + PCIE_DEVCAP) & PCIE_DEVCAP_FLR) != 0) {
        uint32_t control = pci_read(host, f->rid, pcie + PCIE_DEVCTL) & 0xffff;

        await_completions(host, f->rid, pcie + PCIE_DEVCTL, PCIE_DEVSTA_PENDING, since);
        pci_write(host, f->rid, pcie + PCIE_DEVCTL, control | PCIE_DEVCTL_FLR);
        return true;
    }
    if (af != 0 && (pci_read(host, f->rid, af + PCI_AF_CAPS) & PCI_AF_CAPS_FLR) != 0) {
        await_completions(host, f->rid, af + PCI_AF_CTRL, PCI_AF_PENDING, since);
        pci_write(host, f->rid, af + PCI_AF_CTRL, PCI_AF_CTRL_FLR);
        return true;
    }
    return false;
}

bool pci_is_visible(const struct plan *p, uint32_t partition, const struct plan_function *f)
{
    if (f->device >= 0) {
        return p->devices[f->device].partition == (int)partition;
    }
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct plan_function *below = &p->functions[i];

        if (below->device >= 0 && below->host == f->host && PCI_BUS(below->rid) >= f->secondary &&
            PCI_BUS(below->rid) <= f->subordinate &&
            p->devices[below->device].partition == (int)partition) {
            return true;
        }
    }
    return false;
}

bool pci_has_functions(const struct plan *p, uint32_t partition, uint32_t host)
{
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];

        if (f->host == host && f->device >= 0 &&
            p->devices[f->device].partition == (int)partition) {
            return true;
        }
    }
    return false;
}

bool pci_intx(const struct plan *p, const struct plan_pci_host *host, uint32_t rid, uint32_t pin,
              struct plan_irq *irq)
{
    return dt_pin_irq(p->board.fdt, host->node, rid, pin, p->board.gic.node, irq) == OK &&
           irq->intid >= FIRST_SPI;
}
