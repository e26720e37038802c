/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a flattened device tree, on libfdt: cells, addresses, interrupts, paths. */
#ifndef CORE_PLAN_DT_H
#define CORE_PLAN_DT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/plan/plan.h"

/* Longest path that is told in a message or a report, terminator included. */
#define DT_PATH_MAX 128

/* The totalsize that the header at `fdt` tells; 0 where there is no device tree's magic number. */
uint64_t dt_size(const void *fdt);

/*
 * True where the blob at `fdt` is a well-formed tree within `room` bytes: header, blocks,
 * structure, strings, nesting. After this, walking it cannot leave it.
 */
bool dt_valid(const void *fdt, uint64_t room) MUST_CHECK;

/* The node's full path; "?" where it is longer than `size`. */
void dt_path(const void *fdt, int node, char *path, size_t size);

/* True where `status` is absent, "okay" or "ok". */
bool dt_enabled(const void *fdt, int node);

/* `cells` big-endian 32-bit cells (1 or 2) at `p` as a number. */
uint64_t dt_cells(const void *p, uint32_t cells);

/* A property of one or two cells; `fallback` where it is absent or has another length. */
uint64_t dt_number(const void *fdt, int node, const char *name, uint64_t fallback);

/*
 * The index-th entry of `reg`, translated to a CPU physical address through every parent's
 * `ranges`. E_NOT_FOUND past the end; E_INVALID where a cell count, a length or a translation makes
 * no sense.
 */
enum status dt_reg(const void *fdt, int node, uint32_t index, struct range *out) MUST_CHECK;

/*
 * The index-th interrupt of the node, through interrupts-extended or interrupts + interrupt-parent
 * (walked up) + interrupt-map, to the GIC `gic_node`. E_NOT_FOUND past the end; E_UNSUPPORTED where
 * it ends at another controller.
 */
enum status dt_irq(const void *fdt, int node, uint32_t index, int gic_node,
                   struct plan_irq *out) MUST_CHECK;

/* The node that a full path or an alias names; E_NOT_FOUND, or E_INVALID where it is malformed. */
enum status dt_find(const void *fdt, const char *path, int *node) MUST_CHECK;

/* True where any string of the node's `compatible` equals any of the NULL-terminated `list`. */
bool dt_compatible(const void *fdt, int node, const char *const *list);

#endif
