/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both makers of a partition's tree share: nodes and properties one after the other, by
 * libfdt's sequential writer. Once something has failed all that follows is in vain, and
 * tree_close() tells.
 */
#ifndef CORE_GUEST_GUEST_DT_WRITE_H
#define CORE_GUEST_GUEST_DT_WRITE_H

#include <stdint.h>

#include "core/base/status.h"
#include "core/plan/plan.h"

#define NODE_NAME_MAX 64

/* Class: on the stack of who writes. */
struct writer {
    void *fdt;
    int error; /* libfdt's first */
};

/*
 * Begin a tree of at most `room` bytes at `buffer`, with the reservations and the names of `from`
 * (or NULL).
 */
void tree_open(struct writer *w, void *buffer, uint64_t room, const void *from);

/* End it. E_NO_SPACE where it did not fit, E_INVALID where a value did not fit its cells. */
enum status tree_close(struct writer *w) MUST_CHECK;

void tree_begin(struct writer *w, const char *name);
void tree_end(struct writer *w);

/* One property; `size` in bytes. tree_cells() turns the cells into big-endian in place. */
void tree_put(struct writer *w, const char *name, const void *value, size_t size);
void tree_string(struct writer *w, const char *name, const char *value);
void tree_u32(struct writer *w, const char *name, uint32_t value);
void tree_cells(struct writer *w, const char *name, uint32_t *cells, uint32_t count);

/* `reg`: each range's base in `address_cells` cells (1 or 2), its size in `size_cells` (0: none).
 * At most PLAN_MAX_REDISTS + 1 ranges. */
void tree_reg(struct writer *w, const struct range *r, uint32_t count, uint32_t address_cells,
              uint32_t size_cells);

/*
 * True where `list` has the name: patterns of refer_matches(), each terminated, the last one empty.
 */
bool tree_is_listed(const char *list, const char *name);

/* The node's properties as `from` of tree_open() has them, but those of the list `except`. */
void tree_copy(struct writer *w, const void *from, int node, const char *except);

/* What every partition is told: a node for each range of its memory; boot arguments and ramdisk. */
void tree_memory(struct writer *w, const struct plan_partition *part, uint32_t address_cells,
                 uint32_t size_cells);
void tree_boot(struct writer *w, const struct plan_partition *part);

#endif
