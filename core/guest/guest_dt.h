/* SPDX-License-Identifier: Apache-2.0 */
/* The partition's own device tree: generated from the plan, or its own `fdt` with what must be told
 * filled in. */
#ifndef CORE_GUEST_GUEST_DT_H
#define CORE_GUEST_GUEST_DT_H

#include <stdint.h>

#include "core/base/status.h"
#include "core/plan/plan.h"

/*
 * Write the tree of partition `index` to `buffer` (8-byte aligned, `room` bytes; the plan's
 * fdt_room is what boot uses). E_NO_SPACE where it does not fit. Devicetree Specification 0.4;
 * Linux's Documentation/arm64/booting for /chosen.
 */
enum status guest_dt_make(const struct plan *p, uint32_t index, void *buffer,
                          uint64_t room) MUST_CHECK;

#endif
