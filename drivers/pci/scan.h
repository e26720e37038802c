/* SPDX-License-Identifier: Apache-2.0 */
/* What a walk over a host bridge's buses finds. The boot CPU, before the seal; later see ecam.c. */
#ifndef DRIVERS_PCI_SCAN_H
#define DRIVERS_PCI_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/plan/pci.h"

#define PCI_MAX_FOUND 64 /* functions of one host bridge */
#define PCI_MAX_DEPTH 8  /* buses, one behind the other */
#define PCI_ROOT      (-1)

/* A function that is there. Those behind a bridge follow it. */
struct pci_found {
    uint32_t rid;
    int parent;                     /* index of the bridge that it is behind, or PCI_ROOT */
    bool bridge;                    /* header type 1 */
    bool endpoint;                  /* header type 0 */
    bool multi;                     /* its device has other functions */
    uint8_t port;                   /* PCI Express port type; PCI_NO_PORT: conventional PCI */
    uint32_t acs;                   /* where its ACS capability is; 0: nowhere */
    uint8_t secondary, subordinate; /* bridge; 0: nothing behind it is reached */
    const char *broken;             /* why nobody can use it; NULL: it can be */
    struct plan_function *granted;  /* of the plan; NULL: it is kept back */
    bool used;                      /* bridge: something behind it is granted */
};

#define PCI_NO_PORT 0xffu

struct pci_scan {
    struct plan *plan; /* NULL: nothing is granted */
    const struct plan_pci_host *host;
    struct pci_found found[PCI_MAX_FOUND];
    uint32_t count;
    uint64_t since; /* ticks */
    bool late;      /* what is behind the bridges that were found last was not looked at */
};

/*
 * Read the function's capabilities into f->cap; NULL, or what is wrong with them. No list, however
 * it loops, takes more than PLAN_MAX_CAPS steps. PCI Express Base Specification 5.0, 7.5.1.1.11 and
 * 7.6.3.
 */
const char *pci_read_caps(const struct plan_pci_host *host, uint32_t rid, struct plan_function *f);

/*
 * Find every function of s->host, and turn its decoders, bus mastering and INTx off, with all that
 * the command register does not: its ROM, virtual functions, ATS, PRI, PASID, and that errors are
 * reported. Bridges whose bus numbers make no sense get others. Configuration space is mapped at
 * EL2.
 */
void pci_scan(struct pci_scan *s);

/* ecam.c; class: the boot CPU's until the seal, then locked there. */
extern struct pci_scan pci_last_scan;

/* ecam.c: switch off what is behind the host; it is its partition's own affair, but off. */
void pci_silence(const struct plan_pci_host *host);

/*
 * isolation.c: switch ACS on, and refuse granted functions that could reach, behind the SMMU's
 * back, one that is not their partition's (PCI Express Base Specification 5.0, 6.12), and granted
 * devices that share a stream with a function that is kept back.
 */
void pci_isolate(struct pci_scan *s);

/*
 * bars.c: size the BARs of granted functions, and of the bridges above them, and place them, in
 * whole pages of their own, in the host's windows; a bridge's are nobody's. Then the windows of
 * these bridges, which are switched on.
 */
void pci_place_bars(struct pci_scan *s);

/*
 * probe.c: of what is granted at or behind `top`, one that is no longer; NULL where none is left,
 * and bridges there stay off.
 */
struct plan_function *pci_drop(struct pci_scan *s, const struct pci_found *top);

/* True where `index` (of found[], or PCI_ROOT) is the bridge, or behind it. */
bool pci_is_behind(const struct pci_scan *s, int bridge, int index);

/* plan_error() about a granted function. */
#define pci_refuse(s, f, ...)                                                                      \
    plan_error((s)->plan, (s)->plan->devices[(f)->device].partition,                               \
               (s)->plan->devices[(f)->device].path, __VA_ARGS__)

/* plan_error() about all that is granted at or behind `top`. */
#define pci_refuse_behind(s, top, ...)                                                             \
    for (const struct plan_function *f_ = pci_drop(s, top); f_ != NULL; f_ = pci_drop(s, top)) {   \
        pci_refuse(s, f_, __VA_ARGS__);                                                            \
    }

#endif
