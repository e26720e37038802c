/* SPDX-License-Identifier: Apache-2.0 */
/* The ITS of a GICv3: IHI 0069 5. */
#ifndef DRIVERS_GIC_ITS_H
#define DRIVERS_GIC_ITS_H

#include "core/plan/msi.h"

extern const struct its_ops its_v3;

#endif
