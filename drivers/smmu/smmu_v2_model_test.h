/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of an SMMUv2's registers, by IHI 0062: what the driver writes is held to each register's
 * access, and m_dma() does with a transaction what the hardware would.
 */
#ifndef DRIVERS_SMMU_SMMU_V2_MODEL_TEST_H
#define DRIVERS_SMMU_SMMU_V2_MODEL_TEST_H

#include "core/memory/dma_walk_test.h"
#include "drivers/smmu/smmu_v2.h"

#define M_BASE   UINT64_C(0x2b400000)
#define M_GROUPS 256
#define M_BANKS  128

/* One ID-register set: of which board is told where it is made. */
struct m_id {
    uint32_t groups; /* SMRs; 0: StreamIDs index */
    uint32_t sid_bits, banks, stage2_banks, irpts;
    bool exids, stage1, stage2, page_64k, pages_4k, coherent;
    bool v1;                  /* an SMMUv1: no CBA2R */
    bool no_aarch32;          /* IDR0.PTFS */
    uint32_t page_index_bits; /* IDR1.NUMPAGENDXB */
    uint32_t oas;
    uint32_t mmu_500; /* its major revision; 0: it is none */
};

/* Of boards of many kinds. */
static const struct m_id m_boards[] = {
    /* MMU-500 r2p4 as large SoCs have it, */
    {.groups = 128,
     .sid_bits = 15,
     .banks = 64,
     .stage2_banks = 0,
     .irpts = 64,
     .stage1 = true,
     .stage2 = true,
     .page_64k = true,
     .pages_4k = true,
     .coherent = true,
     .page_index_bits = 5,
     .oas = 5,
     .mmu_500 = 2},
    /* r1, and as ZynqMP has it: 48 groups, 16 contexts, walks that see no cache; */
    {.groups = 48,
     .sid_bits = 15,
     .banks = 16,
     .stage2_banks = 4,
     .irpts = 16,
     .stage1 = true,
     .stage2 = true,
     .page_64k = false,
     .pages_4k = true,
     .page_index_bits = 3,
     .oas = 5,
     .mmu_500 = 1},
    /* a small one with stage 2 alone, one interrupt for all its contexts; */
    {.groups = 8,
     .sid_bits = 7,
     .banks = 3,
     .stage2_banks = 3,
     .irpts = 1,
     .stage2 = true,
     .pages_4k = true,
     .page_index_bits = 1,
     .oas = 2},
    /* StreamIDs index; */
    {.groups = 0,
     .sid_bits = 5,
     .banks = 8,
     .stage2_banks = 8,
     .irpts = 2,
     .stage2 = true,
     .pages_4k = true,
     .page_index_bits = 2,
     .oas = 3},
    /* StreamIDs of 16 bits; */
    {.groups = 32,
     .sid_bits = 15,
     .banks = 8,
     .irpts = 4,
     .exids = true,
     .stage1 = true,
     .stage2 = true,
     .page_64k = true,
     .pages_4k = true,
     .page_index_bits = 2,
     .oas = 4},
    /* an MMU-401: an SMMUv1 of stage 2 alone, whose tables are Armv7-A's; */
    {.groups = 32,
     .sid_bits = 15,
     .banks = 8,
     .stage2_banks = 8,
     .irpts = 1,
     .stage2 = true,
     .page_64k = true,
     .pages_4k = false,
     .coherent = true,
     .v1 = true,
     .page_index_bits = 2,
     .oas = 2},
    /* no stage 2. */
    {.groups = 16,
     .sid_bits = 10,
     .banks = 6,
     .irpts = 2,
     .stage1 = true,
     .pages_4k = true,
     .page_index_bits = 2,
     .oas = 5},
};

struct model_bank {
    uint32_t cbar, cba2r, frsynra;
    uint32_t sctlr, actlr, tcr2, tcr, mair0, mair1, fsr, fsynr0;
    uint64_t ttbr0, far;
};

/* Of two SMMUs; `m`: the one that registers or transactions were of last. */
static struct m_unit {
    struct m_id id;
    uint32_t cr0, acr, gfsr, gfsynr0, gfsynr1;
    uint64_t gfar;
    uint32_t smr[M_GROUPS], s2cr[M_GROUPS];
    struct model_bank bank[M_BANKS];
    bool busy, stuck; /* sTLBGSTATUS; stuck: it never ends */
    bool cpre_stuck;
    uint32_t syncs, invalidations, vmid_forgotten;
    uint64_t interrupts; /* bit 0: the global one; bit 1 + n: context interrupt n */
} m_units[2], *m = m_units;

static uint32_t m_page(void)
{
    return m->id.page_64k ? 0x10000 : 0x1000;
}

static uint32_t m_pages(void)
{
    return 2u << m->id.page_index_bits; /* of the global half, and of the contexts' */
}

static uint32_t m_group_count(void)
{
    return m->id.groups != 0 ? m->id.groups : 1u << m->id.sid_bits;
}

/* ---- registers ---- */

static uint32_t m_read_global(uint32_t offset)
{
    const struct m_id *id = &m->id;

    switch (offset) {
    case 0x000:
        return m->cr0;
    case 0x010:
        return m->acr;
    case 0x020:
        return id->groups | (uint32_t)id->exids << 8 | id->sid_bits << 9 |
               (uint32_t)id->coherent << 14 | id->irpts << 16 | (id->groups != 0 ? 1u << 27 : 0) |
               (uint32_t)id->no_aarch32 << 25 | (uint32_t)id->stage2 << 29 |
               (uint32_t)id->stage1 << 30;
    case 0x024:
        return id->banks | id->stage2_banks << 16 | id->page_index_bits << 28 |
               (uint32_t)id->page_64k << 31;
    case 0x028:
        return id->oas | id->oas << 4 | (uint32_t)id->pages_4k << 12;
    case 0x03c:
        return id->mmu_500 << 4;
    case 0x040:
        return (uint32_t)m->gfar;
    case 0x044:
        return (uint32_t)(m->gfar >> 32);
    case 0x048:
        return m->gfsr;
    case 0x050:
        return m->gfsynr0;
    case 0x054:
        return m->gfsynr1;
    case 0x074: {
        bool busy = m->busy;

        m->busy = m->stuck;
        return busy;
    }
    default:
        fail_msg("read of global 0x%x", offset);
        return 0;
    }
}

static void m_write_global(uint32_t offset, uint32_t v)
{
    if (offset >= 0x800 && offset < 0xc00) {
        assert_in_range(offset, 0x800, 0x800 + 4 * m->id.groups - 1); /* none where they index */
        m->smr[(offset - 0x800) / 4] = v;
        return;
    }
    if (offset >= 0xc00) {
        assert_in_range(offset, 0xc00, 0xc00 + 4 * m_group_count() - 1);
        m->s2cr[(offset - 0xc00) / 4] = v;
        return;
    }
    switch (offset) {
    case 0x000:
        m->cr0 = v;
        break;
    case 0x010:
        assert_true(m->id.mmu_500 >= 2);
        m->acr = v;
        break;
    case 0x048:
        m->gfsr &= ~v;
        break;
    case 0x064:
        m->vmid_forgotten = v;
        dma_forget(m, (int)v);
        m->invalidations++;
        break;
    case 0x068:
    case 0x06c:
        dma_forget(m, -1);
        m->invalidations++;
        break;
    case 0x070:
        m->syncs++;
        m->busy = true;
        break;
    default:
        fail_msg("write of 0x%x to global 0x%x", v, offset);
    }
}

static uint32_t *m_bank_word(struct model_bank *b, uint32_t offset, bool is_write)
{
    if ((offset == 0x10 || offset == 0x38) && is_write) {
        assert_false(m->id.stage2); /* stage 1's alone */
    }
    switch (offset) {
    case 0x00:
        return &b->sctlr;
    case 0x04:
        return &b->actlr;
    case 0x10:
        return &b->tcr2;
    case 0x30:
        return &b->tcr;
    case 0x38:
        return &b->mair0;
    case 0x58:
        return &b->fsr;
    case 0x68:
        assert_false(is_write);
        return &b->fsynr0;
    case 0x60:
    case 0x64:
        assert_false(is_write);
        return (uint32_t *)&b->far + (offset - 0x60) / 4;
    case 0x20:
    case 0x24:
        return (uint32_t *)&b->ttbr0 + (offset - 0x20) / 4;
    default:
        fail_msg("context bank register 0x%x", offset);
        return NULL;
    }
}

static void m_write_bank(struct model_bank *b, uint32_t offset, uint32_t v)
{
    uint32_t *word = m_bank_word(b, offset, true);

    if (offset == 0x58) {
        b->fsr &= ~v;
    } else if (offset != 0x04) {
        *word = v;
    } else if ((m->acr >> 26 & 1) == 0 || m->id.mmu_500 < 2) { /* CACHE_LOCK */
        b->actlr = v | (m->cpre_stuck ? 2 : 0);
    }
}

/* Global page 1: three arrays of one word per context bank. */
static uint32_t *m_route_word(uint32_t offset, bool is_write)
{
    struct model_bank *b = &m->bank[offset % 0x400 / 4];

    assert_in_range(offset % 0x400 / 4, 0, m->id.banks - 1);
    assert_false(is_write && offset / 0x400 == 1);
    assert_in_range(offset / 0x400, 0, 2);
    return offset / 0x400 == 0 ? &b->cbar : offset / 0x400 == 1 ? &b->frsynra : &b->cba2r;
}

static struct model_bank *m_bank_at(uint64_t offset)
{
    uint64_t n = offset / m_page() - m_pages();

    assert_in_range(n, 0, m->id.banks - 1);
    return &m->bank[n];
}

static uint64_t m_read(void *unit, uint64_t offset, unsigned size)
{
    m = unit;
    assert_int_equal(size, 4); /* not every bus takes more */
    if (offset < m_page()) {
        return m_read_global((uint32_t)offset);
    }
    if (offset < 2 * m_page()) {
        return *m_route_word((uint32_t)offset % m_page(), false);
    }
    return *m_bank_word(m_bank_at(offset), (uint32_t)offset % m_page(), false);
}

static void m_write(void *unit, uint64_t offset, unsigned size, uint64_t v)
{
    m = unit;
    assert_int_equal(size, 4);
    if (offset < m_page()) {
        m_write_global((uint32_t)offset, (uint32_t)v);
    } else if (offset < 2 * m_page()) {
        assert_false(m->id.v1 && offset % m_page() / 0x400 == 2 && v != 0);
        *m_route_word((uint32_t)offset % m_page(), true) = (uint32_t)v;
    } else {
        m_write_bank(m_bank_at(offset), (uint32_t)offset % m_page(), (uint32_t)v);
    }
}

/* ---- transactions ---- */

enum dma { DMA_ABORTED, DMA_TRANSLATED, DMA_BYPASSED };

/* sGFSR bit `bit`; told if the configuration-fault interrupt is on. */
static enum dma m_global_fault(uint32_t bit, uint32_t stream, uint64_t address, bool is_write)
{
    if (m->gfsr != 0) {
        m->gfsr |= 1u << 31;
    } else {
        m->gfsr = 1u << bit;
        m->gfar = address;
        m->gfsynr0 = (uint32_t)is_write << 1;
        m->gfsynr1 = stream;
    }
    m->interrupts |= m->cr0 >> 5 & 1;
    assert_true((m->cr0 >> 4 & 1) != 0); /* GCFGFRE: the device hears of it */
    return DMA_ABORTED;
}

static bool m_group_matches(uint32_t n, uint32_t stream)
{
    bool extended = (m->cr0 >> 3 & 1) != 0;
    uint32_t id_bits = extended ? 0xffff : 0x7fff;
    bool valid = extended ? (m->s2cr[n] >> 10 & 1) != 0 : m->smr[n] >> 31 != 0;

    return valid && ((m->smr[n] ^ stream) & ~(m->smr[n] >> 16) & id_bits) == 0;
}

/* The stream's group; -1: none; -2: more than one. */
static int m_find_group(uint32_t stream)
{
    int found = -1;

    if (m->id.groups == 0) {
        return stream < m_group_count() ? (int)stream : -1;
    }
    for (uint32_t n = 0; n < m->id.groups; n++) {
        if (m_group_matches(n, stream)) {
            found = found == -1 ? (int)n : -2;
        }
    }
    return found;
}

/* Its walks see the caches where TCR says so and the board's wires do it. */
static bool m_walk(const struct model_bank *b, bool stage2, uint64_t address, bool is_write,
                   uint64_t *out)
{
    /* Of Armv7-A's five bits signed: the lower half, less than none, are 32 more. */
    uint32_t t0sz = m->id.pages_4k ? b->tcr & 63 : 32 + ((b->tcr & 31) ^ 16) - 16;
    struct dma_regime r = {.smmu = m,
                           .stage2 = stage2,
                           .coherent = m->id.coherent && (b->tcr >> 10 & 3) != 0,
                           .ia_bits = (uint8_t)(64 - t0sz),
                           .root = b->ttbr0 & MASK(47, 12),
                           .vmid = b->cbar & 0xff,
                           .asid = (uint32_t)(b->ttbr0 >> 48)};

    if (!m->id.pages_4k) {
        assert_true(stage2 && r.ia_bits <= 40 && b->tcr >> 31 == 1);
        assert_int_equal(b->tcr & 0x7fffc020, 0); /* PASIZE, TG0: there are none */
    }
    r.start_level = (uint8_t)(stage2 ? 2 - (b->tcr >> 6 & 3) : 4 - (64 - t0sz - 4) / 9);
    /* An ASID of 8 bits (TCR2.AS 0), the VMID too: what tells them apart is in either. */
    assert_int_equal(b->ttbr0 >> 48, stage2 ? 0 : r.vmid);
    return dma_translate(&r, address, is_write, out);
}

static enum dma m_translate(uint32_t n, uint32_t stream, uint64_t address, bool is_write,
                            uint64_t *out)
{
    struct model_bank *b = &m->bank[n];
    bool stage2 = (b->cbar >> 16 & 3) == 0;

    if ((b->sctlr & 1) == 0) {
        return DMA_BYPASSED; /* SCTLR.M */
    }
    assert_true((b->cbar >> 16 & 3) <= 1); /* stage 2, or stage 1 alone */
    assert_true(stage2 || n >= m->id.stage2_banks);
    assert_int_equal(b->cba2r & 1, m->id.pages_4k); /* AArch64 tables */
    assert_int_equal(b->sctlr >> 7 & 3, 2); /* HUPCF, CFCFG: no fault stalls, or stops others */
    if (m_walk(b, stage2, address, is_write, out)) {
        return DMA_TRANSLATED;
    }
    assert_true(b->sctlr >> 5 & 1);
    if (b->fsr == 0) {
        b->fsr = 2;
        b->far = address;
        b->fsynr0 = (uint32_t)is_write << 4;
        b->frsynra = stream;
    } else {
        b->fsr |= 1u << 31;
    }
    if ((b->sctlr >> 6 & 1) != 0) {
        assert_in_range(b->cbar >> 24, 0, m->id.v1 ? m->id.irpts - 1 : 0);
        m->interrupts |= 2u << (m->id.v1 ? b->cbar >> 24 : n); /* IRPTNDX is an SMMUv1's */
    }
    return DMA_ABORTED;
}

static enum dma m_dma(uint32_t stream, uint64_t address, bool is_write, uint64_t *out)
{
    int group = m_find_group(stream);

    if ((m->cr0 & 1) != 0) {
        return DMA_BYPASSED; /* CLIENTPD */
    }
    if (group == -2) { /* SMCFCFG, or anything goes */
        return (m->cr0 >> 21 & 1) != 0 ? m_global_fault(2, stream, address, is_write)
                                       : DMA_BYPASSED;
    }
    if (group == -1) {
        return (m->cr0 >> 10 & 1) != 0 ? m_global_fault(1, stream, address, is_write)
                                       : DMA_BYPASSED;
    }
    switch (m->s2cr[group] >> 16 & 3) {
    case 0:
        if ((m->s2cr[group] & 0xff) >= m->id.banks) {
            return m_global_fault(4, stream, address, is_write);
        }
        if (!m->id.stage2) { /* PRIVCFG: EL2's own tables let nothing unprivileged through */
            assert_int_equal(m->s2cr[group] >> 24 & 3, 3);
        }
        return m_translate(m->s2cr[group] & 0xff, stream, address, is_write, out);
    case 1:
        return DMA_BYPASSED;
    default:
        return m_global_fault(0, stream, address, is_write);
    }
}

/* As a firmware leaves it that used it: translation off, streams passing, contexts live. */
static void m_add(uint32_t unit, uint64_t base, const struct m_id *id)
{
    m = &m_units[unit];
    memset(m, 0, sizeof(*m));
    m->id = *id;
    m->cr0 = 1 | (id->exids ? 1 << 3 : 0);
    m->acr = id->mmu_500 >= 2 ? 1u << 26 : 0;
    m->gfsr = 0x80000002;
    for (uint32_t n = 0; n < m_group_count(); n++) {
        m->smr[n] = 1u << 31 | n;
        m->s2cr[n] = n % 2 == 0 ? 1u << 16 : 0;
    }
    for (uint32_t n = 0; n < id->banks; n++) {
        m->bank[n] = (struct model_bank){.sctlr = 0x41, .actlr = 2, .fsr = 2, .ttbr0 = 0x1000};
    }
    host_mmio_add(base, 2 * (uint64_t)m_pages() * m_page(), m_read, m_write, m);
}

static inline void m_reset(const struct m_id *id)
{
    dma_reset();
    m_add(0, M_BASE, id);
}

#endif
