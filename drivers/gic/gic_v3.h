/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of the Arm GICv3 and GICv4. */
#ifndef DRIVERS_GIC_GIC_V3_H
#define DRIVERS_GIC_GIC_V3_H

#include "core/guest/irq.h"

extern const struct gic_ops gic_v3;

#endif
