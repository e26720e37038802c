/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI host bridges with ECAM: what is granted is looked at, reset and placed, all else is switched
 * off. Boot CPU, between the system file and the plan's check.
 */
#include "drivers/pci/ecam.h"

#include <arch/cpu.h>

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/memory/el2_map.h"
#include "core/plan/plan.h"
#include "drivers/pci/scan.h"

#define RESET_MS 100 /* from a function-level reset until it answers: 6.6.2 */
#define PINS     4u

/* Class: the boot CPU's, until the seal. */
static struct pci_scan scan;

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
                   s->count == PCI_MAX_FOUND ? ", or it is one too many" : "");
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

/* Bridges with something granted behind them are the plan's too; false, and told, without room. */
static bool keep_bridges(struct pci_scan *s, uint32_t host)
{
    struct plan *p = s->plan;

    for (uint32_t i = 0; i < s->count; i++) {
        struct pci_found *f = &s->found[i];

        if (!f->used) {
            continue;
        }
        if (p->function_count == PLAN_MAX_FUNCTIONS) {
            return false;
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
    return true;
}

/* Granted functions that can be: marked in what was found, with their capabilities in the plan. */
static void settle_grants(struct pci_scan *s)
{
    bool reset = false;

    for (uint32_t i = 0; i < s->count; i++) {
        struct pci_found *f = &s->found[i];

        if (f->granted != NULL && !check_function(s, f->granted)) {
            f->granted = NULL;
        } else if (f->granted != NULL) {
            f->broken = pci_read_caps(s->host, f->rid, f->granted);
            reset = pci_quiesce(s->host, f->granted) || reset;
        }
        for (int b = f->parent; f->granted != NULL && b != PCI_ROOT; b = s->found[b].parent) {
            s->found[b].used = true;
        }
    }
    if (reset) {
        wait_reset();
    }
}

static void probe_host(struct plan *p, uint32_t host)
{
    scan.plan = p;
    scan.host = &p->pci_hosts[host];
    pci_scan(&scan);
    for (uint32_t i = 0; i < p->function_count; i++) {
        bool found = false;

        for (uint32_t n = 0; n < scan.count; n++) {
            found = found || scan.found[n].granted == &p->functions[i];
        }
        if (!found && p->functions[i].device >= 0 && p->functions[i].host == host) {
            (void)check_function(&scan, &p->functions[i]);
        }
    }
    settle_grants(&scan);
    pci_isolate(&scan);
    pci_place_bars(&scan);
    for (uint32_t i = 0; i < scan.count; i++) {
        if (scan.found[i].granted != NULL) {
            find_intx(&scan, &scan.found[i]);
        }
    }
    if (!keep_bridges(&scan, host)) {
        plan_error(p, PLAN_SHARED, scan.host->path,
                   "functions and the bridges above them are more than %d (PLAN_MAX_FUNCTIONS)",
                   PLAN_MAX_FUNCTIONS);
    }
}

static void probe(struct plan *p)
{
    for (uint32_t i = 0; i < p->pci_host_count; i++) {
        const struct plan_pci_host *host = &p->pci_hosts[i];

        if (el2_map(host->ecam, LPAE_DEVICE) != OK) {
            plan_error(p, PLAN_SHARED, host->path, "its configuration space cannot be mapped");
            return;
        }
        probe_host(p, i);
        if (el2_unmap(host->ecam) != OK) {
            plan_error(p, PLAN_SHARED, host->path, "its configuration space shares pages");
        }
    }
}

static enum status map(const struct plan *p)
{
    enum status status = OK;

    for (uint32_t i = 0; i < p->function_count && status == OK; i++) {
        const struct plan_function *f = &p->functions[i];
        bool used = false;

        for (uint32_t n = 0; n < p->partition_count; n++) {
            used = used || (!p->partitions[n].refused && pci_is_visible(p, n, f));
        }
        if (used) {
            status = el2_map(pci_page(&p->pci_hosts[f->host], f->rid), LPAE_DEVICE);
        }
    }
    return status;
}

static const char *const compatible[] = {"pci-host-ecam-generic", NULL};

const struct pci_ops pci_ecam = {compatible, probe, map};
