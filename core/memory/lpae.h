/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One builder of long-descriptor translation tables (4 KiB granule): EL2 stage 1, stage 2 of ARMv7
 * and ARMv8, and of SMMUs. DDI 0487 D8 / DDI 0406 B3.6. Tables are built once; only EL2's own map
 * is changed while live, and then only from invalid to valid or back, never valid to valid.
 */
#ifndef CORE_MEMORY_LPAE_H
#define CORE_MEMORY_LPAE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/status.h"

/* LPAE_DMA_STAGE1: an SMMU's, of the EL1&0 regime: its entries are of one ASID, never global. */
enum lpae_stage { LPAE_EL2_STAGE1, LPAE_STAGE2, LPAE_DMA_STAGE1 };

/* What a mapping is; each stage turns it into its own attribute bits. */
enum lpae_attr {
    LPAE_CODE,   /* Normal WB, read-only, executable */
    LPAE_RODATA, /* Normal WB, read-only, never executable */
    LPAE_DATA,   /* Normal WB, read-write, never executable */
    LPAE_RAM,    /* Normal WB, read-write, executable: stage 2 only */
    LPAE_DEVICE, /* Device-nGnRE, read-write, never executable */
};

/* MAIR_EL2 attribute indices that stage-1 descriptors use; arch/A/mmu.c programs MAIR to match. */
#define LPAE_MAIR_DEVICE 0 /* Device-nGnRE, 0x04 */
#define LPAE_MAIR_NORMAL 1 /* Normal, Inner/Outer Write-Back, R/W-allocate, 0xff */

struct lpae {
    enum lpae_stage stage;
    uint8_t ia_bits;     /* input address width */
    uint8_t start_level; /* 0, 1 or 2 */
    uint8_t root_pages;  /* 1, or up to 16 concatenated (stage 2) */
    pa_t root;
};

/* A leaf found by lpae_walk(), lpae_next() or lpae_each(). */
struct lpae_leaf {
    uint64_t ia; /* where its block or page begins */
    uint64_t pa;
    uint64_t size; /* 4 KiB, 2 MiB or 1 GiB */
    bool write, execute, device;
    uint64_t descriptor;
};

/*
 * Make an empty table for `ia_bits` (25..48) whose pages come from the pool. Stage 2 begins at the
 * lowest level that needs at most 16 concatenated root pages; stage 1 has one root page.
 * E_NO_SPACE where the pool is empty, E_INVALID for a width that the stage cannot have.
 */
enum status lpae_init(struct lpae *t, enum lpae_stage stage, uint8_t ia_bits) MUST_CHECK;

/*
 * Map [ia, ia+size) to pa with the largest blocks that alignment allows. All page-aligned. Nothing
 * there may be mapped yet (E_OVERLAP, and nothing is changed). E_INVALID outside ia_bits or 48 bits
 * of pa, or where the stage has no such attr; E_NO_SPACE (then part of it may be mapped). The
 * caller cleans (stage 2: lpae_clean()) or orders (EL2's map: el2_map.c) the stores.
 */
enum status lpae_map(struct lpae *t, uint64_t ia, pa_t pa, uint64_t size,
                     enum lpae_attr attr) MUST_CHECK;

/*
 * Take away what lpae_map() made, whole blocks and pages only; E_INVALID where it would split one,
 * E_NOT_FOUND where a part is not mapped; nothing is changed then. EL2's map only.
 */
enum status lpae_unmap(struct lpae *t, uint64_t ia, uint64_t size) MUST_CHECK;

/*
 * Make the pages of [ia, ia+size) read-only (DATA -> RODATA) in place; 4 KiB leaves only
 * (E_INVALID), all mapped (E_NOT_FOUND), or nothing is changed. For the seal.
 */
enum status lpae_protect(struct lpae *t, uint64_t ia, uint64_t size) MUST_CHECK;

/*
 * Translate as the hardware would, by the real descriptors; false where unmapped: leaf->ia and
 * leaf->size then tell the empty entry that the walk ended at.
 */
bool lpae_walk(const struct lpae *t, uint64_t ia, struct lpae_leaf *leaf) MUST_CHECK;

/*
 * The first leaf that [ia, end) touches (it may begin before `ia`), read from the real table; false
 * where nothing is mapped there.
 */
bool lpae_next(const struct lpae *t, uint64_t ia, uint64_t end, struct lpae_leaf *leaf) MUST_CHECK;

/* Every leaf in ascending order, read from the real table. */
void lpae_each(const struct lpae *t, void (*visit)(void *ctx, const struct lpae_leaf *leaf),
               void *ctx);

/* Clean every page of the table to the point of coherency, once, before activation (non-coherent
 * walkers). */
void lpae_clean(const struct lpae *t);

/*
 * The level at which a table of `ia_bits`, a width that the stage can have, begins, and in
 * *root_pages how many pages its root has: a power of two, to which it is aligned.
 */
uint32_t lpae_start_level(enum lpae_stage stage, uint8_t ia_bits, uint32_t *root_pages);

/*
 * Pages that mapping [ia, ia+size) -> pa can need at most below the tables of `level`, which are
 * there.
 */
uint64_t lpae_bound(uint32_t level, uint64_t ia, uint64_t pa, uint64_t size);

/*
 * Bits of address that a field like ID_AA64MMFR0_EL1.PARange, an SMMU's OAS or a TCR's IPS says: at
 * most 48, which tables here have.
 */
static inline uint8_t lpae_pa_bits(uint64_t field)
{
    static const uint8_t bits[] = {32, 36, 40, 42, 44, 48};

    return bits[field < sizeof(bits) ? field : sizeof(bits) - 1];
}

/* VTCR_EL2-style start: SL0 encoding for (start_level), DDI 0487 VTCR_EL2.SL0, 4 KiB granule. */
static inline uint32_t lpae_sl0(const struct lpae *t)
{
    return 2u - t->start_level;
}

#endif
