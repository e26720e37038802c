/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL2's only allocator: pages handed out one way, for tables, stacks and structures. It begins with
 * a few static pages, enough for EL2's own map while the plan is made, and goes on in RAM that the
 * plan sets aside, as much as its partitions need: what EL2 holds depends on what it runs. One
 * caller at a time: the boot CPU, also with its MMU off, until it starts others; then who holds
 * el2_map's lock.
 */
#ifndef CORE_MEMORY_POOL_H
#define CORE_MEMORY_POOL_H

#include <stdint.h>

#include "core/base/addr.h"

/* Static pages: EL2's tables for image, console, tree, GIC, system file and the plan's range. */
#define POOL_FIRST_PAGES 24u

/* Pages that pool_take() aligns so many together to: their number, rounded up to a power of two. */
static inline uint64_t pool_alignment(uint64_t pages)
{
    uint64_t align = 1;

    while (align < pages) {
        align <<= 1;
    }
    return align;
}

/* Pages of the pool that pool_take() uses up at most. */
static inline uint64_t pool_bound(uint64_t pages)
{
    return pages + pool_alignment(pages) - 1;
}

/*
 * `pages` contiguous zeroed pages aligned to their own size rounded up to a power of two; NULL
 * where there are not so many. Never given back.
 */
void *pool_take(uint32_t pages);

/* Go on in `more`, whole pages that EL2 has mapped, once the pages so far are used up. Once. */
void pool_extend(struct range more);

/* Pages not yet handed out (alignment may cost some of them). */
uint32_t pool_left(void);

/* The static pages, for EL2's map. */
struct range pool_range(void);

#endif
