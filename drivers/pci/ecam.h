/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of PCI host bridges with ECAM. */
#ifndef DRIVERS_PCI_ECAM_H
#define DRIVERS_PCI_ECAM_H

#include "core/plan/pci.h"

extern const struct pci_ops pci_ecam;

#endif
