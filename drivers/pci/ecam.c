/* SPDX-License-Identifier: Apache-2.0 */
/* PCI host bridges with ECAM while partitions have them: mapped, and off at a partition's end. */
#include "drivers/pci/ecam.h"

#include "core/base/lock.h"
#include "core/memory/el2_map.h"
#include "drivers/pci/scan.h"

struct pci_scan pci_last_scan;

/* After the seal, of pci_last_scan. */
static struct lock scan_lock;

void pci_silence(const struct plan_pci_host *host)
{
    pci_last_scan.plan = NULL;
    pci_last_scan.host = host;
    pci_scan(&pci_last_scan);
}

static void stop(const struct plan *p, uint32_t partition)
{
    struct plan_pci_host whole;

    for (uint32_t i = 0; i < p->device_count; i++) {
        if (p->devices[i].partition == (int)partition &&
            pci_whole_host(p, &p->devices[i], &whole)) {
            lock_take(&scan_lock, LOCK_VPCI);
            pci_silence(&whole);
            lock_release(&scan_lock);
        }
    }
}

static enum status map(const struct plan *p)
{
    enum status status = OK;
    struct plan_pci_host whole;

    for (uint32_t i = 0; i < p->device_count && status == OK; i++) {
        if (!p->partitions[p->devices[i].partition].refused &&
            pci_whole_host(p, &p->devices[i], &whole)) {
            status = el2_map(whole.ecam, LPAE_DEVICE);
        }
    }
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

const struct pci_ops pci_ecam = {compatible, map, stop};
