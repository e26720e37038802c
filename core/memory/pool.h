/* SPDX-License-Identifier: Apache-2.0 */
/* EL2's only allocator: pages handed out one way, from a static pool, for tables and stacks. */
#ifndef CORE_MEMORY_POOL_H
#define CORE_MEMORY_POOL_H

#include <stdint.h>

#include "core/base/addr.h"

/*
 * `pages` contiguous zeroed pages aligned to their own size rounded up to a power of two; NULL
 * where there are not so many. Never given back. One caller at a time: the boot CPU, also with its
 * MMU off, until it starts others; then who holds el2_map's lock.
 */
void *pool_take(uint32_t pages);

/* Pages not yet handed out (alignment may cost some of them). */
uint32_t pool_left(void);

/* The pool's memory, for EL2's map. */
struct range pool_range(void);

#endif
