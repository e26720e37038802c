/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the SMMUv3 driver: a board with a model of one, and two partitions behind it. */
#ifndef DRIVERS_SMMU_SMMU_V3_TEST_H
#define DRIVERS_SMMU_SMMU_V3_TEST_H

#include "drivers/smmu/smmu_v3_table_model_test.h"

#include "core/memory/pool.h"
#include "core/plan/plan.h"

#define IPA      UINT64_C(0x40000000)
#define SIZE     UINT64_C(0x200000)
#define MEMORY_0 UINT64_C(0x80000000)
#define MEMORY_1 UINT64_C(0x90000000)
#define POOL     256

/* Class: what the last test took of it. */
static uint8_t ram[POOL][PAGE_SIZE] __attribute__((aligned(POOL * 4096)));
static uint32_t pages_used;
static struct lpae tables[2];
static struct plan *const p = &plan;

/* Instead of the library's: one that starts anew with each test, aligned as that. */
void *pool_take(uint32_t pages)
{
    const uint32_t align = (uint32_t)pool_alignment(pages);

    pages_used = (uint32_t)align_up(pages_used, align) + pages;
    assert_true(pages_used <= POOL);
    memset(ram[pages_used - pages], 0, pages * PAGE_SIZE);
    return ram[pages_used - pages];
}

static inline void add_stream(int device, uint32_t id, uint32_t count)
{
    p->streams[p->stream_count++] =
        (struct plan_stream){.id = id, .count = count, .device = device};
}

/* A board with that SMMU, and two partitions that start, a device each. */
static inline void begin(const struct model_id *id)
{
    model_reset(id);
    memset(p, 0, sizeof(*p));
    p->board.timer_hz = 62500000;
    memset(smmu_v3_units, 0, sizeof(smmu_v3_units));
    pages_used = 0;
    p->board.smmu_count = 1;
    p->board.smmus[0] = (struct plan_smmu){
        .path = "/smmu", .ops = &smmu_v3, .mmio = {BASE, 0x20000}, .coherent = id->coherent};
    p->partition_count = p->device_count = 2;
    p->devices[1].partition = 1;
    p->partitions[0].name = "a";
    p->partitions[1].name = "b";
}

static inline void probe(void)
{
    const char *why = NULL;

    assert_int_equal(smmu_v3.probe(p, 0, &why), OK);
}

static inline void make_table(uint32_t partition, uint64_t memory)
{
    bool stage1 = p->board.smmus[0].stage == 1;
    uint8_t bits = p->board.smmus[0].oas_bits < 35 ? 32 : 35;

    assert_int_equal(lpae_init(&tables[partition], stage1 ? LPAE_DMA_STAGE1 : LPAE_STAGE2, bits),
                     OK);
    assert_int_equal(
        lpae_map(&tables[partition], IPA, pa(memory), SIZE, stage1 ? LPAE_DATA : LPAE_RAM), OK);
    lpae_clean(&tables[partition]);
}

static inline void assert_aborted(uint32_t stream, uint64_t address)
{
    assert_int_equal(model_dma(stream, address, true, false), ABORTED);
}

/* All that boot does, but for opening the streams. */
static inline void start(void)
{
    uint32_t before;

    probe();
    make_table(0, MEMORY_0);
    make_table(1, MEMORY_1);
    before = pages_used;
    assert_int_equal(smmu_v3.start(p, 0), OK);
    for (uint32_t i = 0; i < p->stream_count; i++) { /* it caches what is not there yet */
        struct smmu_fault fault;

        assert_aborted(p->streams[i].id, IPA);
        while (smmu_v3.take_fault(p, 0, &fault)) {
            assert_int_equal(fault.reason, SMMU_NO_STREAM);
        }
    }
    for (uint32_t i = 0; i < p->stream_count; i++) {
        int owner = p->devices[p->streams[i].device].partition;

        assert_int_equal(smmu_v3.attach(p, &p->streams[i], &tables[owner], (uint8_t)(owner + 1)),
                         OK);
    }
    assert_true(pages_used - before <= smmu_v3.pages(p, 0));
}

static inline void pass(uint32_t stream, bool on)
{
    assert_int_equal(smmu_v3.pass(p, &p->streams[stream], on), OK);
}

/* The first partition has stream 3, the second one 8 to 11; none is open yet. */
static inline void start_two(const struct model_id *id)
{
    begin(id);
    add_stream(0, 3, 1);
    add_stream(1, 8, 4);
    start();
}

/* Stream 3 is the first partition's, and open. */
static inline void start_open(const struct model_id *id)
{
    begin(id);
    add_stream(0, 3, 1);
    start();
    pass(0, true);
}

static inline void assert_reaches(uint32_t stream, uint64_t memory)
{
    assert_int_equal(model_dma(stream, IPA, true, false), memory);
}

static inline struct smmu_fault next_fault(enum smmu_reason reason, uint32_t code)
{
    struct smmu_fault fault;

    assert_true(smmu_v3.take_fault(p, 0, &fault));
    assert_int_equal(fault.reason, reason);
    assert_int_equal(fault.code, code);
    return fault;
}

static inline void assert_fault(enum smmu_reason reason, uint32_t stream, uint32_t code)
{
    struct smmu_fault fault = next_fault(reason, code);

    assert_int_equal(fault.stream, stream);
    assert_false(fault.shared);
}

static inline void assert_no_fault(void)
{
    struct smmu_fault fault;

    assert_false(smmu_v3.take_fault(p, 0, &fault));
}

#endif
