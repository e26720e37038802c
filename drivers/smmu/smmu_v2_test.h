/* SPDX-License-Identifier: Apache-2.0 */
/* What the SMMUv2 driver's tests share: partitions and streams in front of the model. */
#ifndef DRIVERS_SMMU_SMMU_V2_TEST_H
#define DRIVERS_SMMU_SMMU_V2_TEST_H

#include "drivers/smmu/smmu_v2_model_test.h"

#include "core/memory/pool.h"
#include "core/plan/dt.h"
#include "core/plan/plan.h"

#define IPA      UINT64_C(0x40000000)
#define SIZE     UINT64_C(0x200000)
#define MEMORY_0 UINT64_C(0x80000000)
#define MEMORY_1 UINT64_C(0x90000000)
#define REFUSED  1u /* a partition of no consequence, between the two others */

/* A pool of our own, that starts anew with each test. */
static uint8_t ram[64][PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t pages_used;

static struct lpae tables[3];
static struct plan *const p = &plan;

static inline struct plan_smmu *smmu(void)
{
    return &p->board.smmus[0];
}

/* Instead of the library's: */
void *pool_take(uint32_t pages)
{
    void *taken = ram[pages_used];

    pages_used += pages;
    assert_true(pages_used <= sizeof(ram) / sizeof(*ram));
    memset(taken, 0, pages * PAGE_SIZE);
    return taken;
}

uint32_t pool_left(void)
{
    return 0;
}

/* the plan has no tree here. */
bool dt_compatible(const void *fdt, int node, const char *const *list)
{
    (void)fdt;
    (void)node;
    return (strcmp(list[0], "arm,mmu-500") == 0 && m->id.mmu_500 != 0) ||
           (strcmp(list[0], "arm,smmu-v1") == 0 && m->id.v1);
}

static inline void add_stream(int device, uint32_t id, uint32_t count, uint32_t mask)
{
    p->streams[p->stream_count++] =
        (struct plan_stream){.id = id, .count = count, .mask = mask, .device = device};
}

static inline void add_device(int partition)
{
    p->devices[p->device_count++].partition = partition;
}

static inline int setup(void **state)
{
    (void)state;
    host_reset();
    pages_used = 0;
    memset(p, 0, sizeof(*p));
    p->partition_count = 3;
    p->partitions[REFUSED].refused = true;
    p->board.smmu_count = 1;
    p->board.timer_hz = 62500000;
    *smmu() = (struct plan_smmu){.path = "/smmu@2b400000",
                                 .mmio = {M_BASE, 0x2000000},
                                 .irq_count = 2,
                                 .context_irqs = CONFIG_MAX_PARTITIONS + 1,
                                 .coherent = true};
    add_device(0);
    add_device(2);
    add_device(REFUSED);
    return 0;
}

static inline void make_table(uint32_t n, uint64_t to)
{
    bool stage1 = smmu()->stage == 1;

    assert_int_equal(lpae_init(&tables[n], stage1 ? LPAE_DMA_STAGE1 : LPAE_STAGE2, 32), OK);
    assert_int_equal(lpae_map(&tables[n], IPA, pa(to), SIZE, stage1 ? LPAE_DATA : LPAE_RAM), OK);
    lpae_clean(&tables[n]);
}

static inline enum status probe(const char **why)
{
    *why = NULL;
    return smmu_v2.probe(p, 0, why);
}

/* Everything up to attached: two partitions' tables, the streams of the plan. */
static inline void bring_up(const struct m_id *id)
{
    const char *why;

    m_reset(id);
    assert_int_equal(probe(&why), OK);
    assert_null(why);
    make_table(0, MEMORY_0);
    make_table(2, MEMORY_1);
    assert_int_equal(smmu_v2.start(p, 0), OK);
    for (uint32_t i = 0; i < p->stream_count; i++) {
        int owner = p->devices[p->streams[i].device].partition;

        if (!p->partitions[owner].refused) {
            assert_int_equal(
                smmu_v2.attach(p, &p->streams[i], &tables[owner], (uint8_t)(owner + 1)), OK);
        }
    }
}

static inline void pass(uint32_t stream, bool on)
{
    uint32_t syncs = m->syncs;

    assert_int_equal(smmu_v2.pass(p, &p->streams[stream], on), OK);
    assert_true(m->syncs > syncs); /* it is in force */
    assert_int_equal(m->vmid_forgotten, p->devices[p->streams[stream].device].partition + 1);
}

static inline void expect_abort(uint32_t stream)
{
    uint64_t out;

    assert_int_equal(m_dma(stream, IPA, true, &out), DMA_ABORTED);
    assert_int_equal(m_dma(stream, IPA, false, &out), DMA_ABORTED);
}

static inline void expect_reaches(uint32_t stream, uint64_t memory)
{
    uint64_t out;

    assert_int_equal(m_dma(stream, IPA + 0x1238, true, &out), DMA_TRANSLATED);
    assert_int_equal(out, memory + 0x1238);
    assert_int_equal(m_dma(stream, IPA + SIZE - 1, false, &out), DMA_TRANSLATED);
    assert_int_equal(out, memory + SIZE - 1);
    assert_int_equal(m_dma(stream, IPA + SIZE, false, &out), DMA_ABORTED);
    assert_int_equal(m_dma(stream, IPA - 1, true, &out), DMA_ABORTED);
    assert_int_equal(m_dma(stream, UINT64_C(1) << 40, true, &out), DMA_ABORTED);
}

static inline bool take(struct smmu_fault *fault)
{
    memset(fault, 0xff, sizeof(*fault));
    return smmu_v2.take_fault(p, 0, fault);
}

#define FOR_BOARDS(b)                                                                              \
    for (const struct m_id *b = m_boards; b < m_boards + sizeof(m_boards) / sizeof(*m_boards);     \
         setup(NULL), b++)

#endif
