/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For Eva: translation tables. The pool's pages lie at addresses that the program says are valid
 * and no others are: an entry read or written outside of the pool is an alarm (from one of its
 * pages into the next is not: lpae_model_test.c looks at that). tests/eva/run gives STAGE, IA_BITS
 * and SPAN, one after the other: all at once is more than Eva keeps apart.
 */
#include <string.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/memory/lpae.h"
#include "core/memory/pool.h"
#include "tests/eva/eva.h"

#define POOL_BASE  UINT64_C(0x80000000) /* tests/eva/run: -absolute-valid-range */
#define POOL_PAGES 32u

static uint32_t taken;

/* As core/memory/pool.c has it, but it may be empty at any time. */
void *pool_take(uint32_t pages)
{
    uint8_t *at = (uint8_t *)(POOL_BASE + taken * PAGE_SIZE);

    if (taken + pages > POOL_PAGES || eva_any(0, 1) == 0) {
        return NULL;
    }
    taken += pages;
    memset(at, 0, pages * PAGE_SIZE);
    return at;
}

static void walk(const struct lpae *t, uint64_t ia)
{
    struct lpae_leaf leaf;

    if (lpae_walk(t, align_down(ia, BLOCK_2M) + eva_any(0, BLOCK_2M - 1), &leaf)) {
        /*@ assert a: leaf.size == PAGE_SIZE || leaf.size == BLOCK_2M || leaf.size == BLOCK_1G; */
        /*@ assert output: leaf.pa <= 0xfffffffff000; */
    }
}

/*
 * Maps a span to any address that fits blocks of `align` bytes, while the pool may be empty at any
 * time; walks all addresses of the 2 MiB around its ends; protects and takes away what is there.
 */
static void map(struct lpae *t, uint64_t ia, uint64_t size, uint64_t align)
{
    const uint64_t out = eva_any(0, UINT64_MAX / align - 1) * align + ia % align;
    struct lpae_leaf leaf;

    if (lpae_map(t, ia, pa(out), size, LPAE_DATA) == OK) {
        /*@ assert room: ia + size <= (1UL << t->ia_bits); */
        walk(t, ia);
        walk(t, ia + size);
    }
    if (lpae_next(t, ia, ia + PAGE_SIZE, &leaf)) {
        walk(t, leaf.ia);
    }
    if (lpae_protect(t, ia, PAGE_SIZE) != OK || lpae_unmap(t, ia, size) != OK) {
        walk(t, ia);
    }
}

int main(void)
{
    const uint64_t limit = UINT64_C(1) << IA_BITS;
    const struct {
        uint64_t ia, size, align;
    } spans[] = {
        {0, PAGE_SIZE, PAGE_SIZE},
        {BLOCK_2M - PAGE_SIZE, 2 * PAGE_SIZE, PAGE_SIZE},
        {BLOCK_2M - PAGE_SIZE, BLOCK_2M + 2 * PAGE_SIZE, BLOCK_2M},
        {BLOCK_1G - PAGE_SIZE, BLOCK_1G + 2 * PAGE_SIZE, BLOCK_1G},
        {limit - PAGE_SIZE, PAGE_SIZE, PAGE_SIZE},
        {limit - PAGE_SIZE, 2 * PAGE_SIZE, PAGE_SIZE}, /* E_INVALID, as what follows */
        {UINT64_MAX - PAGE_SIZE + 1, 2 * PAGE_SIZE, PAGE_SIZE},
        {1, PAGE_SIZE, PAGE_SIZE},
    };
    struct lpae t;

    (void)lpae_bound((uint32_t)eva_any(0, 2), eva_any(0, UINT64_MAX), eva_any(0, UINT64_MAX),
                     eva_any(0, UINT64_MAX));
    if (lpae_init(&t, STAGE, IA_BITS) == OK) {
        map(&t, spans[SPAN].ia, spans[SPAN].size, spans[SPAN].align);
    }
    return 0;
}
