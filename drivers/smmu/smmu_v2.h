/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMMUv2, MMU-500: a translation context for each partition, and groups of registers that map
 * streams to contexts: they match StreamIDs, or StreamIDs index them. What is mapped nowhere
 * aborts, and is told. Context SILENT is nobody's: it translates nothing and tells nothing; what is
 * attached but not let through goes there. IHI 0062.
 */
#ifndef DRIVERS_SMMU_SMMU_V2_H
#define DRIVERS_SMMU_SMMU_V2_H

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/plan/smmu.h"

extern const struct smmu_ops smmu_v2;

/* ---- what the driver's two files share ---- */

/* Global registers, first page. */
#define TLBIVMID 0x064           /* WO */
#define SMR(n)   (0x800 + (n)*4) /* RW */
#define S2CR(n)  (0xc00 + (n)*4) /* RW */
/* Registers of a context bank. */
#define CB_SCTLR 0x00 /* RW */
#define CB_FSR   0x58 /* RW, a 1 clears */

#define S2CR_TYPE  MASK(17, 16)
#define FSR_FAULTS (MASK(8, 1) | BIT(31))

#define SILENT 0u

/* Class: of the boot CPU until partitions run, then locked: stream.c's, of this SMMU. */
struct smmu_v2_unit {
    const char *path;
    uint64_t base, contexts_at;
    uint64_t scr0;
    uint32_t page_size;
    uint32_t contexts; /* all of the hardware's */
    uint32_t groups;
    uint32_t irpts; /* SMMUv1: interrupts of contexts that reach the GIC; else 0 */
    bool matches;   /* else StreamIDs index the groups */
    bool extended;  /* StreamIDs of 16 bits are matched */
    bool aarch32;   /* its stage 2 walks tables of Armv7-A: the same, of 40 bits at most */
    bool coherent, stage1, mmu_500, started;
    bool muted; /* unidentified streams are told no more */
    bool dead;  /* it did not do as told: everything aborts */
    uint8_t oas;
};

extern struct smmu_v2_unit smmu_v2_units[PLAN_MAX_SMMUS];

static inline uint64_t smmu_v2_global(const struct smmu_v2_unit *u, uint32_t offset)
{
    return u->base + offset;
}

static inline uint64_t smmu_v2_global_1(const struct smmu_v2_unit *u, uint32_t offset)
{
    return u->base + u->page_size + offset;
}

static inline uint64_t smmu_v2_bank(const struct smmu_v2_unit *u, uint32_t context, uint32_t offset)
{
    return u->contexts_at + context * (uint64_t)u->page_size + offset;
}

static inline void smmu_v2_write(uint64_t address, uint64_t v)
{
    arch_write32(address, (uint32_t)v);
}

/* Not every bus takes 64 bits at once. */
static inline void smmu_v2_write_pair(uint64_t address, uint64_t v)
{
    smmu_v2_write(address, v);
    smmu_v2_write(address + 4, v >> 32);
}

static inline uint64_t smmu_v2_read_pair(uint64_t address)
{
    return arch_read32(address) | (uint64_t)arch_read32(address + 4) << 32;
}

/* Wait, a second at most, until what was written before is in force; E_TIMEOUT: all is shut now. */
enum status smmu_v2_sync(struct smmu_v2_unit *u) MUST_CHECK;

/* ---- smmu_v2_map.c; but for the first as in struct smmu_ops ---- */

/* The partition's context. */
uint32_t smmu_v2_context_of(const struct plan *p, uint32_t smmu, uint32_t partition);

/* Have the context translate by `table`; it tells its faults, but for SILENT. */
void smmu_v2_make_context(const struct smmu_v2_unit *u, uint32_t context, const struct lpae *table,
                          uint8_t vmid);

enum status smmu_v2_attach(const struct plan *p, const struct plan_stream *stream,
                           const struct lpae *table, uint8_t vmid) MUST_CHECK;
enum status smmu_v2_pass(const struct plan *p, const struct plan_stream *stream,
                         bool on) MUST_CHECK;

#endif
