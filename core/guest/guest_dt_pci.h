/* SPDX-License-Identifier: Apache-2.0 */
/* A granted PCI host bridge in its partition's tree. */
#ifndef CORE_GUEST_GUEST_DT_PCI_H
#define CORE_GUEST_GUEST_DT_PCI_H

#include <stdint.h>

#include "core/guest/guest_dt_write.h"
#include "core/plan/plan.h"

/*
 * Into the node that is open: reg (ECAM), ranges, interrupt-map and its mask, as the board's node
 * has them, with the partition's GIC, of #address-cells 0, in place of the board's.
 */
void guest_dt_put_bridge(struct writer *w, const struct plan *p, const struct plan_device *device,
                         uint32_t gic_phandle);

#endif
