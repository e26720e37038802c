/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules (check.c) and the sizes of tables (tables.c) share. */
#ifndef CORE_PLAN_CHECK_H
#define CORE_PLAN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/plan/plan.h"

/* The whole pages around `r`; what wraps ends at the top. */
struct range check_pages_of(struct range r);

/*
 * The index-th window that is emulated (or, GICv2's CPU interface, mapped) for the partition, of
 * size 0 where it has none: 1 is the console, the others the interrupt controller. False past the
 * last.
 */
bool check_emulated_window(const struct plan *p, const struct plan_partition *part, uint32_t index,
                           struct range *out);

/* All pages that the partition takes of the pool, an upper bound. */
uint64_t check_pool_need(const struct plan *p, const struct plan_partition *part);

/* All pages that the plan takes of the pool, an upper bound. */
uint64_t check_pool_total(const struct plan *p);

/* Share the pool's pages out, in order; who gets too few is refused. */
void check_pool(struct plan *p, uint64_t pool_pages);

/* True where all of `r` is RAM, in one bank or in several that meet. */
bool check_is_ram(const struct plan_board *board, struct range r);

/* check_board.c: what all share. */
void check_board(struct plan *p);

#endif
