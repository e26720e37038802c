/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI host bridges with ECAM: what is granted is looked at, reset and placed, all else is switched
 * off. Boot CPU, between the system file and the plan's check.
 */
#include "drivers/pci/scan.h"

#include <arch/cpu.h>

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/memory/el2_map.h"
#include "core/plan/claims.h"
#include "core/plan/plan.h"

#define RESET_MS 100  /* from a function-level reset until it may be asked: 6.6.2, */
#define BACK_MS  1000 /* and from then until it answers at the latest */
#define PINS     4u

/* ---- what a granted function is ---- */

/* It is there, whole, and where it may be granted; else that is told. */
static bool check_function(const struct pci_scan *s, const struct plan_function *granted)
{
    const struct pci_found *f = NULL;
    const char *why = NULL;

    for (uint32_t i = 0; i < s->count; i++) {
        f = s->found[i].granted == granted ? &s->found[i] : f;
    }
    if (f == NULL) {
        pci_refuse(s, granted, "pci-devices: there is no such function (%u are there)%s", s->count,
                   s->count == PCI_MAX_FOUND ? ", or it is one too many"
                   : s->late                 ? ", or buses before it answer too slowly"
                                             : "");
        return false;
    }
    why = f->broken != NULL ? f->broken : f->bridge ? "is a bridge: grant what is behind it" : NULL;
    for (int b = f->parent; b != PCI_ROOT && why == NULL; b = s->found[b].parent) {
        const struct pci_found *bridge = &s->found[b];

        why = bridge->port == PCI_NO_PORT || bridge->port >= PCIE_PORT_TO_PCI
                  ? "is on a conventional PCI bus, where all that it does bears its bridge's name: "
                    "not supported"
                  : NULL;
    }
    if (why != NULL) {
        pci_refuse(s, granted, "pci-devices: it %s", why);
    }
    return why == NULL;
}

/* The wire of its pin, turned at each bridge on the way: PCI-to-PCI Bridge Architecture 9.1. */
static void find_intx(const struct pci_scan *s, const struct pci_found *f)
{
    struct plan_device *device = &s->plan->devices[f->granted->device];
    uint32_t pin = (uint32_t)field_get(PCI_INTERRUPT_PIN, pci_read(s->host, f->rid, PCI_INTERRUPT));
    uint32_t rid = f->rid;

    if (pin == 0 || pin > PINS) {
        return;
    }
    for (int b = f->parent; b != PCI_ROOT; b = s->found[b].parent) {
        pin = (pin - 1 + PCI_DEVICE(rid)) % PINS + 1;
        rid = s->found[b].rid;
    }
    if (pci_intx(s->plan, s->host, rid, pin, &device->irq[0])) {
        device->irq_count = 1;
    }
}

/* ---- a host ---- */

static void wait_reset(void)
{
    uint64_t start = arch_counter();
    uint64_t ticks = plan.board.timer_hz * RESET_MS / 1000;

    while (arch_counter() - start < ticks) {
        arch_wait_hint();
    }
}

struct plan_function *pci_drop(struct pci_scan *s, const struct pci_found *top)
{
    struct plan_function *dropped = NULL;

    for (uint32_t i = 0; i < s->count && dropped == NULL; i++) {
        if (pci_is_behind(s, (int)(top - s->found), (int)i)) {
            dropped = s->found[i].granted;
            s->found[i].granted = NULL;
            s->found[i].used = false;
        }
    }
    return dropped;
}

/* Bridges with something granted behind them are the plan's too. */
static void keep_bridges(struct pci_scan *s, uint32_t host)
{
    struct plan *p = s->plan;

    for (uint32_t i = 0; i < s->count; i++) {
        struct pci_found *f = &s->found[i];

        if (!f->used) {
            continue;
        }
        if (p->function_count == PLAN_MAX_FUNCTIONS) {
            pci_refuse_behind(s, f,
                              "pci-devices: the bridge %02x:%02x.%u above it is one function too "
                              "many (PLAN_MAX_FUNCTIONS)",
                              PCI_BDF(f->rid));
            continue;
        }
        p->functions[p->function_count] = (struct plan_function){
            .host = host,
            .rid = f->rid,
            .device = PLAN_NONE,
            .secondary = f->secondary,
            .subordinate = f->subordinate,
        };
        f->broken = pci_read_caps(s->host, f->rid, &p->functions[p->function_count++]);
    }
}

/* It answers again after its reset; false where it does not a second from then: 2.3.1. */
static bool is_back(const struct pci_scan *s, uint32_t rid, uint64_t since)
{
    uint32_t vendor;

    do {
        vendor = pci_read(s->host, rid, PCI_ID) & PCI_NO_VENDOR;
    } while ((vendor == PCI_NO_VENDOR || vendor == PCI_RETRY) &&
             arch_counter() - since < plan.board.timer_hz * BACK_MS / 1000);
    return vendor != PCI_NO_VENDOR && vendor != PCI_RETRY;
}

/* Granted functions that can be: their capabilities into the plan, off, and reset. */
static void reset_grants(struct pci_scan *s)
{
    const uint64_t since = arch_counter();
    bool reset = false;

    for (uint32_t i = 0; i < s->count; i++) {
        struct pci_found *f = &s->found[i];

        if (f->granted != NULL && !check_function(s, f->granted)) {
            f->granted = NULL;
        } else if (f->granted != NULL) {
            f->broken = pci_read_caps(s->host, f->rid, f->granted);
            if (pci_cap(f->granted, PCI_CAP_EA, false) != 0) {
                pci_refuse(s, f->granted,
                           "pci-devices: its registers are where Enhanced Allocation says, not "
                           "its BARs: not supported");
                f->granted = NULL;
                continue;
            }
            reset = pci_quiesce(s->host, f->granted, since) || reset;
        }
    }
    if (reset) {
        wait_reset();
    }
}

/* Those that are there after it stay, and need the bridges above them. */
static void settle_grants(struct pci_scan *s)
{
    const uint64_t since = arch_counter(); /* they were reset together */

    for (uint32_t i = 0; i < s->count; i++) {
        struct pci_found *f = &s->found[i];

        if (f->granted != NULL && !is_back(s, f->rid, since)) {
            pci_refuse(s, f->granted, "pci-devices: it does not answer after its reset");
            f->granted = NULL;
        }
        for (int b = f->parent; f->granted != NULL && b != PCI_ROOT; b = s->found[b].parent) {
            s->found[b].used = true;
        }
    }
}

static void probe_host(struct plan *p, uint32_t host)
{
    pci_last_scan.plan = p;
    pci_last_scan.host = &p->pci_hosts[host];
    pci_scan(&pci_last_scan);
    for (uint32_t i = 0; i < p->function_count; i++) {
        bool found = false;

        for (uint32_t n = 0; n < pci_last_scan.count; n++) {
            found = found || pci_last_scan.found[n].granted == &p->functions[i];
        }
        if (!found && p->functions[i].device >= 0 && p->functions[i].host == host) {
            (void)check_function(&pci_last_scan, &p->functions[i]);
        }
    }
    reset_grants(&pci_last_scan);
    settle_grants(&pci_last_scan);
    pci_isolate(&pci_last_scan);
    keep_bridges(&pci_last_scan, host);
    pci_place_bars(&pci_last_scan);
    for (uint32_t i = 0; i < pci_last_scan.count; i++) {
        if (pci_last_scan.found[i].granted != NULL) {
            find_intx(&pci_last_scan, &pci_last_scan.found[i]);
        }
    }
}

/* What its owners are granted there is refused; others start. */
static void refuse_host(struct plan *p, uint32_t host)
{
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];

        if (f->device >= 0 && f->host == host) {
            plan_error(p, p->devices[f->device].partition, p->devices[f->device].path,
                       "pci-devices: the configuration space of its host bridge cannot be mapped");
        }
    }
}

static void close_host(struct plan *p, int culprit, const struct plan_pci_host *host)
{
    if (el2_unmap(host->ecam) != OK) {
        plan_error(p, culprit, host->path, "its configuration space shares pages");
    }
}

void pci_probe(struct plan *p)
{
    struct plan_pci_host whole;

    for (uint32_t i = 0; i < p->pci_host_count; i++) {
        if (el2_map(p->pci_hosts[i].ecam, LPAE_DEVICE) != OK) {
            refuse_host(p, i);
        } else {
            probe_host(p, i);
            close_host(p, PLAN_SHARED, &p->pci_hosts[i]);
        }
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        const int owner = p->devices[i].partition;

        if (!pci_whole_host(p, &p->devices[i], &whole) || claims_touch_own(p, whole.ecam)) {
            continue; /* none, or refused */
        }
        if (el2_map(whole.ecam, LPAE_DEVICE) != OK) {
            plan_error(p, owner, whole.path, "devices: its configuration space cannot be mapped");
        } else {
            pci_silence(&whole);
            close_host(p, owner, &whole);
        }
    }
}
