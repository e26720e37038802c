/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of vpci.c, and of the probe, where no driver of PCI is compiled in. */
#include "core/guest/vpci.h"
#include "core/plan/pci.h"

void pci_probe(struct plan *p)
{
    (void)p;
}

enum status vpci_init(struct partition *partition, const struct plan *p)
{
    (void)partition;
    (void)p;
    return OK;
}

void vpci_stop(struct partition *partition)
{
    (void)partition;
}
