/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which functions could reach each other without passing the SMMU: those that no Access Control
 * Services keep apart; and which the SMMU cannot tell apart. They are one partition's, or nobody's.
 */
#include "drivers/pci/scan.h"

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/plan/pci.h"

/* ACS on, as far as it is needed; true where that keeps it apart from its neighbours. */
static bool is_isolated(const struct pci_scan *s, const struct pci_found *f)
{
    uint32_t needed = (uint32_t)(f->bridge ? PCI_ACS_NEEDED : PCI_ACS_NEEDED_ENDPOINT);
    uint32_t acs;

    if (f->bridge && f->port == PCIE_PORT_UP && !f->multi) {
        return true;
    }
    if (f->acs == 0) {
        return false;
    }
    acs = pci_read(s->host, f->rid, f->acs + PCI_ACS_CTRL);
    pci_write(s->host, f->rid, f->acs + PCI_ACS_CTRL, (acs & 0xffff) | (acs & needed) << 16);
    return (acs & needed) == needed &&
           (pci_read(s->host, f->rid, f->acs + PCI_ACS_CTRL) >> 16 & needed) == needed;
}

/* What belongs together: what is below `top`; with `device`, below all functions of its device. */
struct group {
    int top; /* PCI_ROOT: there is none */
    bool device;
};

static struct group group_of(const struct pci_scan *s, uint32_t index)
{
    struct group group = {PCI_ROOT, false};

    for (int i = (int)index; i != PCI_ROOT; i = s->found[i].parent) {
        const struct pci_found *f = &s->found[i];

        if ((f->multi || i != (int)index) && !is_isolated(s, f)) {
            group = f->port == PCIE_PORT_DOWN && f->parent != PCI_ROOT
                        ? (struct group){f->parent, false}
                        : (struct group){i, f->multi};
        }
    }
    return group;
}

static bool is_in(const struct pci_scan *s, struct group group, uint32_t index)
{
    for (int i = (int)index; group.top != PCI_ROOT && i != PCI_ROOT; i = s->found[i].parent) {
        if (i == group.top ||
            (group.device && s->found[i].rid >> 3 == s->found[group.top].rid >> 3)) {
            return true;
        }
    }
    return false;
}

static int owner_of(const struct pci_scan *s, const struct pci_found *f)
{
    return f->granted == NULL ? PLAN_NONE : s->plan->devices[f->granted->device].partition;
}

static void check_group(const struct pci_scan *s, uint32_t index)
{
    const struct pci_found *f = &s->found[index];
    const struct group group = group_of(s, index);

    for (uint32_t i = 0; i < s->count; i++) {
        const struct pci_found *other = &s->found[i];

        if (i != index && !other->bridge && is_in(s, group, i) &&
            owner_of(s, other) != owner_of(s, f)) {
            pci_refuse(s, f->granted,
                       "pci-devices: nothing (no ACS) keeps it apart from %02x:%02x.%u, which is "
                       "%s%s: grant both to one partition, or neither",
                       PCI_BDF(other->rid), other->granted == NULL ? "kept back" : "granted to ",
                       other->granted == NULL ? "" : s->plan->partitions[owner_of(s, other)].name);
            return;
        }
    }
}

/* What is kept back and bears a granted device's stream could reach what that reaches. */
static void check_streams(const struct pci_scan *s, uint32_t device)
{
    const struct plan_device *d = &s->plan->devices[device];

    for (uint32_t i = 0; i < s->count && !s->plan->partitions[d->partition].refused; i++) {
        const struct pci_found *f = &s->found[i];

        if (!f->bridge && f->granted == NULL &&
            pci_shares_stream(s->plan, s->host, f->rid, device)) {
            device_error(
                s->plan, d,
                "pci-devices: it shares a stream with %s %02x:%02x.%u, which is kept back: "
                "grant both to one partition, or neither",
                s->host->path, PCI_BDF(f->rid));
        }
    }
}

void pci_isolate(struct pci_scan *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->found[i].granted != NULL) {
            check_group(s, i);
        }
    }
    for (uint32_t i = 0; i < s->plan->device_count; i++) {
        check_streams(s, i);
    }
}
