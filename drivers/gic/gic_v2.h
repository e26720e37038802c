/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of the Arm GICv2. */
#ifndef DRIVERS_GIC_GIC_V2_H
#define DRIVERS_GIC_GIC_V2_H

#include "core/guest/irq.h"

extern const struct gic_ops gic_v2;

#endif
