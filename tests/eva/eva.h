/* SPDX-License-Identifier: Apache-2.0 */
/* What Frama-C does not know of the compiler: atomics, as one thread sees them. And any number. */
#ifndef TESTS_EVA_EVA_H
#define TESTS_EVA_EVA_H

#include <__fc_builtin.h>
#include <stdint.h>

#define __atomic_thread_fence(order) ((void)0)
#define volatile /* what one thread wrote it reads again */
#define __atomic_load_n(p, order)         (*(p))
#define __atomic_store_n(p, value, order) (*(p) = (value))
#define __atomic_exchange_n(p, value, order)                                                       \
    ({                                                                                             \
        typeof(*(p)) before_ = *(p);                                                               \
        *(p) = (value);                                                                            \
        before_;                                                                                   \
    })

/* Any number from `low` to `high`, both included. */
static inline uint64_t eva_any(uint64_t low, uint64_t high)
{
    return Frama_C_unsigned_long_long_interval(low, high);
}

#endif
