/* SPDX-License-Identifier: Apache-2.0 */
/* Physical and intermediate-physical addresses as types that do not mix, and page arithmetic. */
#ifndef CORE_BASE_ADDR_H
#define CORE_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)
#define BLOCK_2M   (UINT64_C(1) << 21)
#define BLOCK_1G   (UINT64_C(1) << 30)

/* A physical address: what EL2's identity map, stage-2 output and devices' registers use. */
typedef struct {
    uint64_t v;
} pa_t;

/* An intermediate physical address: what a partition believes to be physical. */
typedef struct {
    uint64_t v;
} ipa_t;

static inline pa_t pa(uint64_t v)
{
    return (pa_t){v};
}

static inline ipa_t ipa(uint64_t v)
{
    return (ipa_t){v};
}

/* `align` is a power of two. */
static inline uint64_t align_down(uint64_t v, uint64_t align)
{
    return v & ~(align - 1);
}

static inline uint64_t align_up(uint64_t v, uint64_t align)
{
    return (v + align - 1) & ~(align - 1);
}

static inline bool is_aligned(uint64_t v, uint64_t align)
{
    return (v & (align - 1)) == 0;
}

/* A half-open span [base, base + size) of bytes; base + size never wraps (checked where it is
 * read). */
struct range {
    uint64_t base;
    uint64_t size;
};

static inline uint64_t range_end(struct range r)
{
    return r.base + r.size;
}

static inline bool ranges_overlap(struct range a, struct range b)
{
    return a.size != 0 && b.size != 0 && a.base < range_end(b) && b.base < range_end(a);
}

static inline bool range_holds(struct range outer, struct range inner)
{
    return inner.base >= outer.base && range_end(inner) <= range_end(outer);
}

/* True where base + size does not wrap and the range is not empty. */
static inline bool range_valid(uint64_t base, uint64_t size)
{
    return size != 0 && base + size > base;
}

#endif
