/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For unit tests: how an SMMU sees memory and translation tables (DDI 0487 D8.3). Where it is not
 * coherent it reads only what was cleaned; what it translated stays in a TLB, and serves whoever
 * has the same tags, until it is told to forget.
 */
#ifndef CORE_MEMORY_DMA_WALK_TEST_H
#define CORE_MEMORY_DMA_WALK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/bits.h"
#include "core/memory/lpae.h"

#define DMA_LINES 65536u
#define DMA_TLB   64u

/* Class: what arch_cache_clean() has made visible, a line of 64 bytes each. */
static struct {
    uintptr_t address;
    uint8_t bytes[64];
} dma_lines[DMA_LINES];

/* Whose translation it is, and by which tables. */
struct dma_regime {
    const void *smmu; /* whose TLB */
    bool stage2, coherent;
    uint8_t ia_bits, start_level;
    uint64_t root;
    uint32_t vmid, asid; /* ASID: of stage 1 */
};

struct dma_entry {
    const void *smmu; /* NULL: it is free */
    uint32_t vmid, asid;
    bool global; /* of all ASIDs */
    bool write;
    uint64_t ia, pa, size;
};

static struct dma_entry dma_tlb[DMA_TLB];

static uint32_t dma_line(uintptr_t address)
{
    uint32_t i = (uint32_t)(address / 64 * 2654435761u) % DMA_LINES;

    while (dma_lines[i].address != 0 && dma_lines[i].address != address) {
        i = (i + 1) % DMA_LINES;
    }
    return i;
}

static void dma_clean(const void *p, uint64_t size)
{
    for (uintptr_t a = (uintptr_t)p & ~63ul; a < (uintptr_t)p + size; a += 64) {
        uint32_t i = dma_line(a);

        dma_lines[i].address = a;
        memcpy(dma_lines[i].bytes, (const void *)a, 64);
    }
}

static inline uint64_t dma_load(bool coherent, uint64_t address)
{
    uint64_t word = 0;

    if (coherent) {
        memcpy(&word, (const void *)(uintptr_t)address, sizeof(word));
    } else {
        uint32_t i = dma_line((uintptr_t)address & ~63ul);

        assert_int_not_equal(dma_lines[i].address, 0); /* it would read what was there before */
        memcpy(&word, dma_lines[i].bytes + address % 64, sizeof(word));
    }
    return word;
}

/* The SMMU's entries with that VMID, or (-1) all of them. */
static inline void dma_forget(const void *smmu, int vmid)
{
    for (uint32_t i = 0; i < DMA_TLB; i++) {
        if (dma_tlb[i].smmu == smmu && (vmid < 0 || dma_tlb[i].vmid == (uint32_t)vmid)) {
            dma_tlb[i].smmu = NULL;
        }
    }
}

/* After host_reset(). */
static inline void dma_reset(void)
{
    memset(dma_lines, 0, sizeof(dma_lines));
    memset(dma_tlb, 0, sizeof(dma_tlb));
    host.clean = dma_clean;
}

/* A leaf that nobody could misread: what stage 1 has of the EL1&0 regime is not global. */
static inline void dma_judge(const struct dma_regime *r, uint64_t leaf)
{
    assert_int_equal(leaf >> 10 & 1, 1); /* AF */
    if (!r->stage2) {
        assert_int_equal(leaf >> 11 & 1, 1); /* nG */
        assert_int_equal(leaf >> 6 & 1, 1);  /* AP[1]: not for privileged devices alone */
        assert_int_equal(leaf >> 53 & 3, 3); /* PXN, UXN */
    }
}

static inline bool dma_walk(const struct dma_regime *r, uint64_t address, struct dma_entry *e)
{
    uint64_t table = r->root;
    uint64_t entry = 3;
    uint32_t shift = 0;

    if (address >> r->ia_bits != 0) {
        return false;
    }
    for (uint32_t level = r->start_level; level <= 3 && (entry & 3) == 3; level++) {
        uint64_t index;

        shift = 12 + 9 * (3 - level);
        index = level == r->start_level ? address >> shift : address >> shift & 511;
        entry = dma_load(r->coherent, table + 8 * index);
        table = entry & MASK(47, 12);
    }
    if ((entry & 1) == 0) {
        return false;
    }
    assert_int_equal(entry >> 1 & 1, shift == 12); /* level 3: a page; else a block, */
    assert_in_range(shift, 12, 30);                /* which level 0 has not */
    dma_judge(r, entry);
    *e = (struct dma_entry){.smmu = r->smmu,
                            .vmid = r->vmid,
                            .asid = r->asid,
                            .global = r->stage2 || (entry >> 11 & 1) == 0,
                            .write = (entry >> 7 & 1) == r->stage2,
                            .ia = address >> shift << shift,
                            .pa = table,
                            .size = UINT64_C(1) << shift};
    return true;
}

/* By the TLB, or a walk that fills it; false: it faults. */
static inline bool dma_translate(const struct dma_regime *r, uint64_t address, bool write,
                                 uint64_t *out)
{
    struct dma_entry *e = NULL;

    for (uint32_t i = 0; i < DMA_TLB; i++) {
        struct dma_entry *t = &dma_tlb[i];

        if (t->smmu == r->smmu && t->vmid == r->vmid && (t->global || t->asid == r->asid) &&
            address - t->ia < t->size) {
            *out = t->pa + (address - t->ia);
            return t->write || !write;
        }
        e = t->smmu == NULL ? t : e;
    }
    e = e == NULL ? &dma_tlb[address / 4096 % DMA_TLB] : e;
    if (!dma_walk(r, address, e)) {
        return false;
    }
    *out = e->pa + (address - e->ia);
    return e->write || !write;
}

#endif
