/* SPDX-License-Identifier: Apache-2.0 */
/* What stream.c's tests share: an SMMU driver that notes what it is told, and two partitions. */
#ifndef CORE_GUEST_STREAM_TEST_H
#define CORE_GUEST_STREAM_TEST_H

#include "core/plan/testing.h"

#include <arch/host.h>

#include "core/guest/irq.h"
#include "core/guest/stream.h"
#include "core/memory/dma_walk_test.h"
#include "core/memory/el2_map.h"
#include "core/memory/lpae.h"
#include "core/memory/pool.h"
#include "core/plan/smmu.h"

#define IRQ  74u
#define HZ   1000u
#define IPA  UINT64_C(0x40000000)
#define PA   UINT64_C(0x80000000)
#define SIZE UINT64_C(0x200000)

static struct plan *const p = &test_plan;
static char calls[1024];
static struct smmu_fault pending; /* given `faults` times */
static uint32_t faults, mutes, agains, routed, silenced;
static bool cannot_mute;
static uint64_t tests_begun;
static struct lpae attached[CONFIG_MAX_PARTITIONS];
static enum status probed, started, passed, mapped;
static uint32_t broken; /* of this SMMU smmu_pass() says `passed` */

static uint8_t ram[64][PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t pages_used;

/* Instead of the library's: */
void *pool_take(uint32_t pages)
{
    pages_used += pages;
    assert_true(pages_used <= sizeof(ram) / sizeof(*ram));
    return memset(ram[pages_used - pages], 0, pages * PAGE_SIZE);
}

uint32_t pool_left(void)
{
    return 0;
}

enum status el2_map(struct range what, enum lpae_attr attr)
{
    (void)what;
    assert_int_equal(attr, LPAE_DEVICE);
    return mapped;
}

void irq_route(uint32_t intid, bool edge, const struct cpu *cpu)
{
    (void)edge;
    (void)cpu;
    routed = intid;
}

void irq_off(uint32_t intid)
{
    silenced = intid;
}

void irq_again(uint32_t intid)
{
    assert_int_equal(intid, IRQ);
    agains++;
}

/* ---- the driver ---- */

static inline void note(const char *what, uint32_t n)
{
    size_t used = strlen(calls);

    (void)snprintf(calls + used, sizeof(calls) - used, "%s(%x) ", what, n);
}

static inline enum status smmu_probe(struct plan *plan_of_it, uint32_t smmu, const char **why)
{
    (void)plan_of_it;
    note("probe", smmu);
    *why = "it has no wings";
    return probed;
}

static inline enum status smmu_start(const struct plan *plan_of_it, uint32_t smmu)
{
    (void)plan_of_it;
    note("start", smmu);
    return started;
}

static inline enum status smmu_attach(const struct plan *plan_of_it,
                                      const struct plan_stream *stream, const struct lpae *table,
                                      uint8_t vmid)
{
    note("attach", stream->id);
    assert_int_equal(table->stage, plan_of_it->board.smmus[stream->smmu].stage == 1
                                       ? LPAE_DMA_STAGE1
                                       : LPAE_STAGE2);
    assert_int_equal(vmid, plan_of_it->devices[stream->device].partition + 1);
    attached[vmid - 1] = *table;
    return OK;
}

static inline enum status smmu_pass(const struct plan *plan_of_it, const struct plan_stream *stream,
                                    bool on)
{
    (void)plan_of_it;
    note(on ? "pass" : "block", stream->id);
    return stream->smmu == broken ? passed : OK;
}

static inline bool smmu_mute(const struct plan *plan_of_it, uint32_t smmu, uint32_t stream)
{
    (void)plan_of_it;
    (void)smmu;
    if (!cannot_mute) {
        note("mute", stream);
        mutes++;
    }
    return !cannot_mute;
}

static inline bool smmu_take_fault(const struct plan *plan_of_it, uint32_t smmu,
                                   struct smmu_fault *fault)
{
    (void)plan_of_it;
    (void)smmu;
    *fault = pending;
    return faults != 0 && faults-- > 0;
}

static const struct smmu_ops ops = {.probe = smmu_probe,
                                    .start = smmu_start,
                                    .attach = smmu_attach,
                                    .pass = smmu_pass,
                                    .mute = smmu_mute,
                                    .take_fault = smmu_take_fault};

/* What stream.c keeps begins anew only with the program: each test has runs of its own. */
static uint32_t first_run;

static inline int set_up(void **state)
{
    (void)state;
    host_reset();
    host.clean = dma_clean;
    host.counter_step = 0;
    host.counter += 10 * HZ * ++tests_begun; /* another second */
    log_clear();
    memset(p, 0, sizeof(*p));
    calls[0] = '\0';
    faults = mutes = agains = routed = silenced = 0;
    cannot_mute = false;
    broken = 0;
    probed = started = passed = mapped = OK;
    p->board.timer_hz = HZ;
    p->board.smmu_count = 1;
    p->board.smmus[0] = (struct plan_smmu){
        .path = "/smmu", .ops = &ops, .stage = 2, .irq = {{IRQ, true}}, .irq_count = 1};
    p->partition_count = 2;
    p->device_count = 2;
    for (int i = 0; i < 2; i++) {
        p->partitions[i].name = i == 0 ? "a" : "b";
        p->partitions[i].extent[0] = (struct plan_extent){IPA, PA + (uint64_t)i * SIZE, SIZE};
        p->partitions[i].extent_count = 1;
        p->devices[i].partition = i;
        p->devices[i].path = i == 0 ? "/disk" : "/net";
    }
    p->devices[PLAN_MAX_DEVICES - 1].partition = 1;
    p->stream_count = first_run + 2;
    for (uint32_t i = 0; i < p->stream_count; i++) { /* those of earlier tests: far away */
        p->streams[i] =
            (struct plan_stream){.id = 0x8000 + i, .count = 1, .device = PLAN_MAX_DEVICES - 1};
    }
    p->streams[first_run] = (struct plan_stream){.id = 8, .count = 8, .pci = true, .rid = 0x108};
    p->streams[first_run + 1] = (struct plan_stream){.id = 0x20, .count = 1, .device = 1};
    first_run += 2;
    stream_build(p);
    calls[0] = '\0';
    return 0;
}

static inline bool interrupt(uint32_t stream, enum smmu_reason reason, uint32_t times)
{
    pending = (struct smmu_fault){.reason = reason,
                                  .stream = stream,
                                  .addressed = true,
                                  .write = true,
                                  .address = 0x1234,
                                  .code = 0x10};
    faults = times;
    return stream_irq(IRQ);
}

#endif
