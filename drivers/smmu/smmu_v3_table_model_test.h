/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the model of an SMMUv3 makes of the structures in memory, by IHI 0070: model_dma() does with
 * a transaction what the hardware would. It caches what it reads of them until a command makes it
 * forget; an entry that is illegal fails the test.
 */
#ifndef DRIVERS_SMMU_SMMU_V3_TABLE_MODEL_TEST_H
#define DRIVERS_SMMU_SMMU_V3_TABLE_MODEL_TEST_H

#include "drivers/smmu/smmu_v3_model_test.h"

/* ---- configuration: IHI 0070 3.3, 5 ---- */

static const uint8_t model_oas[] = {32, 36, 40, 42, 44, 48};

/* The entry's address; 0: none for this stream. */
static uint64_t model_find(uint32_t stream)
{
    uint64_t base = model->strtab & MASK(51, 6);
    uint32_t bits = model->strtab_cfg & 63;
    uint64_t l1;

    assert_true(bits <= model->id.sidsize);
    if ((uint64_t)stream >> bits != 0) {
        return 0;
    }
    if ((model->strtab_cfg >> 16 & 3) == 0) {
        assert_int_equal(base % (64ul << bits), 0);
        return base + stream * 64ul;
    }
    assert_true(model->id.two_level);
    assert_int_equal(model->strtab_cfg >> 6 & 31, 8); /* SPLIT */
    assert_true(stream >> 8 < M_SPANS);
    if (!model->l1_used[stream >> 8]) {
        model->l1_used[stream >> 8] = true;
        model->l1[stream >> 8] = model_load(base + (stream >> 8) * 8ul);
    }
    l1 = model->l1[stream >> 8];
    if ((l1 & 31) == 0) {
        return 0;
    }
    assert_int_equal(l1 & 31, 9);
    assert_int_equal(l1 % (64 * 256) & ~31ul, 0);
    return (l1 & MASK(51, 6)) + (stream & 255) * 64ul;
}

/* An illegal entry is a fault of the driver: none of its entries is. */
static void model_judge_s2(const uint64_t *ste)
{
    uint32_t t0sz = ste[2] >> 32 & 63;
    uint32_t ia = 64 - t0sz;
    uint32_t level = 2 - (ste[2] >> 38 & 3);
    uint32_t shift = 12 + 9 * (4 - level); /* bits that one root page resolves */
    uint32_t cache = ste[2] >> 40 & 0x3f;

    assert_true(model->id.s2);
    assert_int_equal(ste[1], UINT64_C(1) << 44);
    assert_true(ia <= model_oas[model->id.oas] && t0sz >= 16 && t0sz <= 39);
    assert_true((ste[2] >> 38 & 3) <= 2 && (level != 0 || model->id.oas >= 4));
    assert_true(ia <= shift + 4); /* concatenated tables */
    assert_int_equal(ste[3] % (4096ul << (ia > shift ? ia - shift : 0)), 0);
    assert_int_equal(ste[2] >> 46 & 3, 0);            /* S2TG: 4 KiB */
    assert_true((ste[2] >> 48 & 7) <= model->id.oas); /* S2PS */
    assert_int_equal(ste[2] >> 51 & 0xf, 9);          /* S2AA64, S2PTW, no S2ENDI, no S2AFFD */
    assert_int_equal(ste[2] >> 57 & 3, 2);            /* S2R, no S2S */
    assert_int_equal(cache, model->id.coherent ? 0x35 : 0x20);
    assert_in_range(ste[2] & 0xffff, 1, 255); /* S2VMID: IDR0.VMID16 may be 0 */
}

static void model_judge_s1(const uint64_t *ste, const uint64_t *cd)
{
    uint32_t ia = 64 - (cd[0] & 63);

    assert_true(model->id.s1 && !model->id.s2);
    assert_int_equal(ste[0] >> 59, 0); /* S1CDMax: no substreams */
    assert_int_equal(ste[1] & 0xf0000000, 0);
    assert_int_equal(ste[1] >> 44 & 3, 1);
    assert_int_equal(ste[1] >> 2 & 0x3f, model->id.coherent ? 0x35 : 0x20);
    assert_true((cd[0] & BIT(31)) != 0 && (cd[0] & BIT(41)) != 0 && (cd[0] & BIT(30)) != 0);
    assert_true(ia >= 25 && ia <= 48);
    assert_int_equal(cd[0] >> 6 & 3, 0); /* TG0: 4 KiB */
    assert_true((cd[0] >> 32 & 7) <= model->id.oas);
    assert_int_equal(cd[0] >> 44 & 7, 6); /* A, R, no S */
    assert_int_equal(cd[0] >> 47 & 1, 1); /* ASET: broadcasts do not reach it */
    assert_int_equal(cd[3] >> 8 * LPAE_MAIR_NORMAL & 0xff, 0xff);
    assert_in_range(cd[0] >> 48, 1, 255);           /* ASID: IDR0.ASID16 may be 0 */
    assert_int_equal(ste[2] & 0xffff, cd[0] >> 48); /* S2VMID: as with a stage 2 */
}

static struct model_entry *model_fetch(uint32_t stream)
{
    struct model_entry *e = model->cache;
    uint64_t at;

    for (uint32_t i = 0; i < M_ENTRIES; i++) {
        if (model->cache[i].used && model->cache[i].stream == stream) {
            return &model->cache[i];
        }
        e = model->cache[i].used ? e : &model->cache[i];
    }
    *e = (struct model_entry){.used = true, .stream = stream};
    at = model_find(stream);
    for (uint32_t i = 0; i < STE_WORDS && at != 0; i++) {
        e->ste[i] = model_load(at + i * 8);
    }
    e->event = at == 0 ? 0x02 : (e->ste[0] & 1) == 0 ? 0x04 : 0;
    if ((e->ste[0] & 1) != 0 && (e->ste[0] >> 1 & 7) == 5) {
        for (uint32_t i = 0; i < CD_WORDS; i++) {
            e->cd[i] = model_load((e->ste[0] & MASK(51, 6)) + i * 8);
        }
        model_judge_s1(e->ste, e->cd);
    } else if ((e->ste[0] & 1) != 0 && (e->ste[0] >> 1 & 7) == 6) {
        model_judge_s2(e->ste);
    }
    return e;
}

/* ---- transactions ---- */

#define ABORTED UINT64_MAX

static bool model_walk(const struct model_entry *e, uint64_t address, bool write, uint64_t *out)
{
    struct dma_regime r = {.smmu = model, .coherent = model->id.coherent};

    if ((e->ste[0] >> 1 & 7) == 6) {
        r.stage2 = true;
        r.ia_bits = (uint8_t)(64 - (e->ste[2] >> 32 & 63));
        r.start_level = (uint8_t)(2 - (e->ste[2] >> 38 & 3));
        r.root = e->ste[3] & MASK(51, 4);
        r.vmid = e->ste[2] & 0xffff;
    } else { /* without stage 2 there are no VMIDs: 5.2, S2VMID */
        r.ia_bits = (uint8_t)(64 - (e->cd[0] & 63));
        r.start_level = r.ia_bits > 39 ? 0 : r.ia_bits > 30 ? 1 : 2;
        r.root = e->cd[1] & MASK(51, 4);
        r.asid = (uint32_t)(e->cd[0] >> 48);
    }
    return dma_translate(&r, address, write, out);
}

/* Where a transaction ends up: the physical address, or ABORTED. `translated`: by ATS, it says. */
static uint64_t model_dma(uint32_t stream, uint64_t address, bool write, bool translated)
{
    const struct model_entry *e;
    uint64_t out;
    uint32_t config;

    if ((model->cr0ack & 1) == 0) {
        return (model->gbpa & 1u << 20) != 0 ? ABORTED : address;
    }
    if (translated && (model->cr0 & 1u << 4) == 0) {
        return model->id.ats ? address : ABORTED;
    }
    e = model_fetch(stream);
    config = e->ste[0] >> 1 & 7;
    if (e->event != 0) {
        if (e->event != 0x02 || (model->cr2 & 2) != 0) { /* RECINVSID */
            model_event(e->event, stream, 0, false);
        }
        return ABORTED;
    }
    if (config == 0) {
        return ABORTED;
    }
    assert_true(config == 5 || config == 6); /* never bypass */
    if (translated) {
        model_event(0x07, stream, address, write);
        return ABORTED;
    }
    if (!model_walk(e, address, write, &out)) {
        model_event(0x10, stream, address, write);
        return ABORTED;
    }
    return out;
}

#endif
