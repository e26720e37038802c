/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of an SMMUv3's registers and queues, by IHI 0070: what the driver writes is held to each
 * register's rules, and commands are run. Where it is not coherent it sees only what was cleaned.
 * What it does with the structures in memory is in smmu_v3_table_model_test.h.
 */
#ifndef DRIVERS_SMMU_SMMU_V3_MODEL_TEST_H
#define DRIVERS_SMMU_SMMU_V3_MODEL_TEST_H

#include "core/memory/dma_walk_test.h"
#include "drivers/smmu/smmu_v3.h"

#define BASE UINT64_C(0x9050000)

/* One ID-register set. */
struct model_id {
    bool cohacc; /* it says so, but the board's wires do not do it */
    bool s1, s2, aarch32_only, coherent, hyp, ats, two_level, no_4k, preset;
    uint32_t endian, stall; /* IDR0.TTENDIAN, STALL_MODEL */
    uint32_t sidsize, cmdqs, eventqs, oas;
};

static const struct model_id boards[] = {
    /* MMU-600 with everything, and QEMU's; */
    {.s1 = true,
     .s2 = true,
     .coherent = true,
     .hyp = true,
     .ats = true,
     .two_level = true,
     .sidsize = 24,
     .cmdqs = 19,
     .eventqs = 19,
     .oas = 5},
    {.s1 = true,
     .s2 = true,
     .coherent = true,
     .two_level = true,
     .stall = 1,
     .sidsize = 16,
     .cmdqs = 19,
     .eventqs = 19,
     .oas = 4},
    /* walks that see no cache; stage 2 alone; short queues; */
    {.s2 = true, .two_level = true, .endian = 2, .sidsize = 16, .cmdqs = 3, .eventqs = 2, .oas = 2},
    /* few streams, in a linear table; few addresses; */
    {.s2 = true, .coherent = true, .sidsize = 6, .cmdqs = 8, .eventqs = 7, .oas = 0},
    {.s2 = true,
     .coherent = true,
     .two_level = true,
     .sidsize = 8,
     .cmdqs = 8,
     .eventqs = 7,
     .oas = 1},
    /* stage 1 alone, coherent or not. */
    {.s1 = true,
     .coherent = true,
     .two_level = true,
     .sidsize = 16,
     .cmdqs = 8,
     .eventqs = 7,
     .oas = 4},
    {.s1 = true, .sidsize = 5, .cmdqs = 8, .eventqs = 7, .oas = 5},
};

#define BOARDS    (sizeof(boards) / sizeof(boards[0]))
#define M_SPANS   256u
#define M_ENTRIES 64u /* of the configuration cache */

struct model_entry {
    bool used;
    uint32_t stream;
    uint64_t ste[STE_WORDS], cd[CD_WORDS];
    uint32_t event; /* of a configuration that is bad */
};

/* Of two SMMUs; `model`: the one that registers or transactions were of last. */
static struct model_unit {
    struct model_id id;
    uint32_t gbpa, cr0, cr0ack, cr1, cr2, irq_ctrl, gerror, gerrorn, strtab_cfg;
    uint32_t cmdq_prod, cmdq_cons, eventq_prod, eventq_cons;
    uint64_t strtab, cmdq, eventq;
    bool gbpa_stuck, cr0_stuck, commands_stuck;
    int refuse; /* this opcode is an error; 0: none */
    uint32_t commands, syncs;
    struct model_entry cache[M_ENTRIES];
    uint64_t l1[M_SPANS]; /* level-1 descriptors that are cached */
    bool l1_used[M_SPANS];
    uint32_t events; /* recorded */
} models[2], *model = models;

static uint64_t model_load(uint64_t address)
{
    return dma_load(model->id.coherent, address);
}

/* ---- commands: IHI 0070 4 ---- */

static void model_forget(uint64_t first, uint64_t last)
{
    for (uint32_t i = 0; i < M_ENTRIES; i++) {
        if (model->cache[i].stream >= first && model->cache[i].stream <= last) {
            model->cache[i].used = false;
        }
    }
}

/* False where the command is illegal. */
static bool model_command(uint64_t word0, uint64_t word1)
{
    uint32_t opcode = word0 & 0xff;

    if ((int)opcode == model->refuse) {
        return false;
    }
    switch (opcode) {
    case 0x03: /* CMD_CFGI_STE */
        model_forget(word0 >> 32, word0 >> 32);
        if (word1 == 0) { /* Leaf */
            memset(model->l1_used, 0, sizeof(model->l1_used));
        }
        return (word0 & 0xffffff00) == 0 && word1 <= 1;
    case 0x04: /* CMD_CFGI_ALL */
        model_forget(0, UINT32_MAX);
        memset(model->l1_used, 0, sizeof(model->l1_used));
        return word0 == 0x04 && word1 == 31;
    case 0x20: /* CMD_TLBI_EL2_ALL */
        return model->id.hyp && word0 == 0x20 && word1 == 0;
    case 0x30: /* CMD_TLBI_NSNH_ALL */
        dma_forget(model, -1);
        return word0 == 0x30 && word1 == 0;
    case 0x46: /* CMD_SYNC, no signal */
        model->syncs++;
        return word0 == 0x46 && word1 == 0;
    default:
        return false;
    }
}

static void model_run(void)
{
    uint32_t size = 1u << (model->cmdq & 31);
    uint64_t queue = model->cmdq & MASK(51, 5);

    while ((model->cr0ack & 8) != 0 && !model->commands_stuck &&
           (model->gerror ^ model->gerrorn) == 0 &&
           (model->cmdq_cons & (2 * size - 1)) != model->cmdq_prod) {
        uint64_t at = queue + (model->cmdq_cons & (size - 1)) * 16;

        if (!model_command(model_load(at), model_load(at + 8))) {
            model->cmdq_cons |= 1u << 24; /* CERROR_ILL */
            model->gerror ^= 1;
            return;
        }
        model->commands++;
        model->cmdq_cons = (model->cmdq_cons + 1) & (2 * size - 1);
    }
}

/* ---- registers: IHI 0070 6.3 ---- */

static uint32_t model_idr0(void)
{
    const struct model_id *id = &model->id;

    return (id->s2 ? 1u : 0) | (id->s1 ? 2u : 0) | (id->aarch32_only ? 4u : 8u) |
           (id->coherent || id->cohacc ? 16u : 0) | (id->hyp ? 1u << 9 : 0) |
           (id->ats ? 1u << 10 : 0) | id->endian << 21 | id->stall << 24 |
           (id->two_level ? 1u << 27 : 0);
}

static uint64_t model_read(void *unit, uint64_t offset, unsigned size)
{
    const struct model_id *id = &model->id;

    model = unit;
    assert_int_equal(size, 4);
    switch (offset) {
    case 0x00:
        return model_idr0();
    case 0x04:
        return id->sidsize | id->eventqs << 16 | id->cmdqs << 21 | (id->preset ? 3u << 29 : 0);
    case 0x14:
        return id->oas | (id->no_4k ? 0 : 1u << 4) | 1u << 6;
    case 0x20:
        return model->cr0;
    case 0x24:
        return model->cr0ack;
    case 0x44:
        return model->gbpa;
    case 0x54:
        return model->irq_ctrl;
    case 0x60:
        return model->gerror;
    case 0x64:
        return model->gerrorn;
    case 0x9c:
        return model->cmdq_cons;
    case 0x100a8:
        return model->eventq_prod;
    case 0x100ac:
        return model->eventq_cons;
    default:
        fail_msg("a read at 0x%lx", (unsigned long)offset);
        return 0;
    }
}

static void model_write_cr0(uint32_t v)
{
    assert_int_equal(v & ~0x1du, 0);
    assert_true((v & 1) == 0 || (model->cr2 & 4) != 0); /* PTM: the driver invalidates by itself */
    model->cr0 = v;
    if (!model->cr0_stuck) {
        model->cr0ack = v;
    }
}

static void model_write32(uint64_t offset, uint32_t v)
{
    bool enabled = (model->cr0 & 1) != 0;

    switch (offset) {
    case 0x20:
        model_write_cr0(v);
        break;
    case 0x28:
        assert_int_equal(model->cr0 & 0xd, 0); /* no queue, no translation */
        model->cr1 = v;
        break;
    case 0x2c:
        assert_false(enabled);
        model->cr2 = v;
        break;
    case 0x44:
        assert_true((v & 1u << 31) != 0 && (model->gbpa & 1u << 31) == 0);
        model->gbpa = model->gbpa_stuck ? v : v & ~(1u << 31);
        break;
    case 0x50:
        model->irq_ctrl = v;
        break;
    case 0x64:
        model->gerrorn = v;
        break;
    case 0x88:
        assert_false(enabled);
        model->strtab_cfg = v;
        break;
    case 0x98:
        model->cmdq_prod = v;
        model_run();
        break;
    case 0x9c:
        assert_int_equal(model->cr0 & 8, 0);
        model->cmdq_cons = v;
        break;
    case 0x100a8:
        assert_int_equal(model->cr0 & 4, 0);
        model->eventq_prod = v;
        break;
    case 0x100ac:
        model->eventq_cons = v;
        break;
    default:
        fail_msg("a write at 0x%lx", (unsigned long)offset);
    }
}

static void model_write(void *unit, uint64_t offset, unsigned size, uint64_t v)
{
    model = unit;
    if (size == 4) {
        model_write32(offset, (uint32_t)v);
        return;
    }
    assert_int_equal(size, 8);
    switch (offset) {
    case 0x68: /* GERROR_IRQ_CFG0, EVENTQ_IRQ_CFG0: no MSI */
    case 0xb0:
        assert_int_equal(v, 0);
        break;
    case 0x80:
        assert_int_equal(model->cr0 & 1, 0);
        model->strtab = v;
        break;
    case 0x90:
        assert_int_equal(model->cr0 & 8, 0);
        assert_true((v & 31) <= model->id.cmdqs);
        model->cmdq = v;
        break;
    case 0xa0:
        assert_int_equal(model->cr0 & 4, 0);
        assert_true((v & 31) <= model->id.eventqs);
        model->eventq = v;
        break;
    default:
        fail_msg("a write of 8 bytes at 0x%lx", (unsigned long)offset);
    }
}

/* ---- events: IHI 0070 7 ---- */

static void model_event(uint32_t type, uint32_t stream, uint64_t address, bool write)
{
    uint32_t size = 1u << (model->eventq & 31);
    uint64_t *event = (uint64_t *)(uintptr_t)((model->eventq & MASK(51, 5)) +
                                              (model->eventq_prod & (size - 1)) * 32);

    if ((model->cr0 & 4) == 0) {
        return;
    }
    if (((model->eventq_prod ^ model->eventq_cons) & (2 * size - 1)) == size) { /* it is full */
        if (((model->eventq_prod ^ model->eventq_cons) & 1u << 31) == 0) {
            model->eventq_prod ^= 1u << 31;
        }
        return;
    }
    model->events++;
    event[0] = type | (uint64_t)stream << 32;
    event[1] = write ? 0 : BIT(35);
    event[2] = address;
    event[3] = 0;
    model->eventq_prod = (model->eventq_prod & 1u << 31) |
                         (((model->eventq_prod & (2 * size - 1)) + 1) & (2 * size - 1));
}

/* Power it up: nothing is translated, nothing aborts. */
static void model_add(uint32_t n, uint64_t base, const struct model_id *id)
{
    model = &models[n];
    memset(model, 0, sizeof(*model));
    model->id = *id;
    host_mmio_add(base, 0x20000, model_read, model_write, model);
}

static inline void model_reset(const struct model_id *id)
{
    host_reset();
    dma_reset();
    model_add(0, BASE, id);
}

#endif
