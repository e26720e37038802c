/* SPDX-License-Identifier: Apache-2.0 */
/* A partition's own device tree, with what only the plan knows filled in. */
#ifndef CORE_GUEST_GUEST_DT_OWN_H
#define CORE_GUEST_GUEST_DT_OWN_H

#include <stdint.h>

#include "core/base/status.h"
#include "core/plan/plan.h"

/*
 * Copy the partition's `fdt` to `buffer` and set /memory, /chosen (bootargs where it has some, the
 * ramdisk) and /cpus (reg, enable-method; CPUs it has not are taken out). E_INVALID where the tree
 * is broken or a number does not fit its #address-cells or #size-cells, E_NO_SPACE.
 */
enum status guest_dt_fill_own(const struct plan_partition *part, void *buffer,
                              uint64_t room) MUST_CHECK;

#endif
