/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI functions in the plan: configuration space by ECAM (PCI Express Base Specification 5.0,
 * 7.2.2), whose function is whose, and what drivers/pci finds out for the plan.
 */
#ifndef CORE_PLAN_PCI_H
#define CORE_PLAN_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arch.h"
#include "core/plan/dt.h"
#include "core/plan/plan.h"

#define PCI_RID(bus, device, function) ((uint32_t)(bus) << 8 | (device) << 3 | (function))
#define PCI_BUS(rid)                   ((rid) >> 8)
#define PCI_DEVICE(rid)                ((rid) >> 3 & 31)
#define PCI_FUNCTION(rid)              ((rid)&7)
/* Arguments of "%02x:%02x.%u". */
#define PCI_BDF(rid) PCI_BUS(rid), PCI_DEVICE(rid), PCI_FUNCTION(rid)

/* The page of a function's configuration space; its bus is one of the host's. */
static inline struct range pci_page(const struct plan_pci_host *h, uint32_t rid)
{
    return (struct range){h->ecam.base + ((uint64_t)(rid - (h->first << 8)) << PAGE_SHIFT),
                          PAGE_SIZE};
}

/*
 * A register of 32 bits; EL2 has mapped the page. Any CPU. Where the host bridge answers with an
 * abort, because a function is not there (any more), it reads as all ones as on other hosts.
 */
static inline uint32_t pci_read(const struct plan_pci_host *h, uint32_t rid, uint32_t reg)
{
    uint64_t v;

    (void)arch_try_read(pci_page(h, rid).base + reg, &v, sizeof(uint32_t));
    return (uint32_t)v;
}

static inline void pci_write(const struct plan_pci_host *h, uint32_t rid, uint32_t reg, uint32_t v)
{
    (void)arch_try_write(pci_page(h, rid).base + reg, v, sizeof(uint32_t));
}

/* The function's capability with this ID (`extended`: of those); 0 where it has none. */
uint32_t pci_cap(const struct plan_function *f, uint32_t id, bool extended);

/*
 * Decode, bus mastering and INTx off; where it can be reset, it is (and needs 100 ms). What it has
 * asked for comes to an end before, or 100 ms from `since` on (ticks) do.
 */
bool pci_quiesce(const struct plan_pci_host *h, const struct plan_function *f, uint64_t since);

/*
 * True where the partition sees the function: it is granted to it, or a bridge above one that is.
 */
bool pci_is_visible(const struct plan *p, uint32_t partition, const struct plan_function *f);

/* True where any function of the host is granted to the partition. */
bool pci_has_functions(const struct plan *p, uint32_t partition, uint32_t host);

/* The interrupt that pin 1..4 of a device on the host's first bus comes to; false where none. */
bool pci_intx(const struct plan *p, const struct plan_pci_host *h, uint32_t rid, uint32_t pin,
              struct plan_irq *irq);

/*
 * True where the board's tree gives the function at `rid` behind the host bridge a stream of that
 * granted device's: an SMMU cannot tell the two apart.
 */
bool pci_shares_stream(const struct plan *p, const struct plan_pci_host *h, uint32_t rid,
                       uint32_t device);

/*
 * What the tree says of the host bridge with ECAM that the node is, into host->ecam, ->first and
 * ->last (host->node is given); NULL, or what is wrong with it. Any CPU.
 */
const char *pci_read_host(const struct plan *p, const struct dt_at *at, struct plan_pci_host *host);

/*
 * The host bridge with ECAM that is granted whole as this device; false where it is none. Before
 * plan_check() it may lie anywhere.
 */
bool pci_whole_host(const struct plan *p, const struct plan_device *device,
                    struct plan_pci_host *host);

/* What drivers/pci provides; class: const. */
struct pci_ops {
    const char *const *compatible; /* NULL-terminated */
    /* Map at EL2 what is used of configuration space. Boot CPU, after plan_check(). */
    enum status (*map)(const struct plan *p);
    /* All off that is behind the hosts that the partition has whole. At its end, its last CPU. */
    void (*stop)(const struct plan *p, uint32_t partition);
};

/* drivers/drivers.c; NULL: none is compiled in. */
extern const struct pci_ops *const drivers_pci;

/*
 * Enumerate every host that has granted functions: all of it off, buses numbered, granted functions
 * reset, their BARs placed; bridges are added to the plan's functions. What cannot be granted is
 * refused by name. What is behind a host that is granted whole is off, and else as the firmware
 * left it. Boot CPU, between plan_parse_system() and plan_place(). drivers/pci/probe.c, of the
 * planner; with no driver nothing is done.
 */
void pci_probe(struct plan *p);

#endif
