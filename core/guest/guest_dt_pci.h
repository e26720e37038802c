/* SPDX-License-Identifier: Apache-2.0 */
/* A granted PCI host bridge in its partition's tree. */
#ifndef CORE_GUEST_GUEST_DT_PCI_H
#define CORE_GUEST_GUEST_DT_PCI_H

#include <stdint.h>

#include "core/guest/guest_dt_write.h"
#include "core/plan/plan.h"

/*
 * Into the node that is open: reg (ECAM), ranges, interrupt-map and its mask, as the board's node
 * has them, with the partition's GIC in place of the board's.
 */
void guest_dt_put_bridge(struct writer *w, const struct plan *p, const struct plan_device *device,
                         uint32_t gic_phandle);

/* #address-cells of the partition's GIC: 0, but where an ITS is below it. */
uint32_t guest_dt_gic_cells(const struct plan *p, uint32_t partition);

/*
 * Into the same node, of a host bridge whose functions are granted: where these send messages, if
 * they do: `msi-map` for the partition's ITS, by the board's DeviceIDs, or `msi-parent`.
 */
void guest_dt_put_messages(struct writer *w, const struct plan *p, const struct plan_device *device,
                           uint32_t msi_phandle);

#endif
