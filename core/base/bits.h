/* SPDX-License-Identifier: Apache-2.0 */
/* Bits and register fields: one constant per field (its mask), read and made by these. */
#ifndef CORE_BASE_BITS_H
#define CORE_BASE_BITS_H

#include <stddef.h>
#include <stdint.h>

#define BIT(n) (UINT64_C(1) << (n))
/* The mask of bits hi..lo, both included. */
#define MASK(hi, lo)  ((~UINT64_C(0) >> (63 - (hi))) & (~UINT64_C(0) << (lo)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The value of the field `mask` (contiguous, not 0) in `v`. */
static inline uint64_t field_get(uint64_t mask, uint64_t v)
{
    return (v & mask) / (mask & -mask);
}

/* `v` placed into the field `mask`; what does not fit is cut off. */
static inline uint64_t field_prep(uint64_t mask, uint64_t v)
{
    return (v * (mask & -mask)) & mask;
}

#endif
