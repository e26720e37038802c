/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of streams: whose they are, and what their SMMU must be able to do for a partition. */
#include "core/plan/check.h"

#include "core/base/bits.h"
#include "core/memory/lpae.h"
#include "core/plan/msi.h"
#include "core/plan/smmu.h"

bool check_streams_are_sane(const struct plan *p)
{
    bool sane = p->board.smmu_count <= PLAN_MAX_SMMUS && p->stream_count <= PLAN_MAX_STREAMS;

    for (uint32_t i = 0; sane && i < p->board.smmu_count; i++) {
        sane = p->board.smmus[i].irq_count <= PLAN_MAX_SMMU_IRQS;
    }
    for (uint32_t i = 0; sane && i < p->stream_count; i++) {
        const struct plan_stream *s = &p->streams[i];

        sane = s->smmu < p->board.smmu_count && s->device >= 0 &&
               s->device < (int)p->device_count && s->count != 0 &&
               s->id <= UINT32_MAX - s->count && (s->mask == 0 || s->count == 1);
    }
    return sane;
}

/* ---- one stream ---- */

/* Its tables and queues are of Bulkhead's image, or of what was set aside beside it. */
static bool reaches_pool(const struct plan *p, const struct plan_smmu *smmu)
{
    const uint64_t limit = UINT64_C(1) << smmu->oas_bits;

    return range_end(p->board.reserved[0]) <= limit && range_end(p->board.pool) <= limit;
}

static void check_stream(struct plan *p, const struct plan_stream *stream)
{
    const struct plan_smmu *smmu = &p->board.smmus[stream->smmu];
    const struct plan_device *device = &p->devices[stream->device];
    uint32_t last = (stream->id | stream->mask) + (stream->count - 1);

    if (smmu->unusable) {
        device_error(p, device, "devices: its SMMU %s cannot be used", smmu->path);
    } else if (smmu->sid_bits != 0 && (uint64_t)last >> smmu->sid_bits != 0) {
        device_error(p, device, "devices: its stream 0x%x is beyond the %u bits that %s has", last,
                     smmu->sid_bits, smmu->path);
    } else if (smmu->oas_bits != 0 &&
               check_memory_bits(&p->partitions[device->partition]) > smmu->oas_bits) {
        device_error(p, device,
                     "memory: it ends beyond the %u address bits of %s, its device's SMMU: move it "
                     "down",
                     smmu->oas_bits, smmu->path);
    } else if (smmu->oas_bits != 0 && !reaches_pool(p, smmu)) {
        device_error(
            p, device,
            "devices: Bulkhead or its tables lie beyond the %u address bits of its SMMU %s: "
            "load it lower, and leave RAM free there",
            smmu->oas_bits, smmu->path);
    }
}

/* ---- two of one SMMU ---- */

static void tell_stream(struct plan *p, const struct plan_stream *x, const struct plan_stream *y)
{
    device_error(p, &p->devices[x->device],
                 "devices: it shares streams of %s (0x%x) with %s of \"%s\": neither starts; grant "
                 "both to one",
                 p->board.smmus[x->smmu].path, x->id, p->devices[y->device].path,
                 p->partitions[plan_stream_owner(p, y)].name);
}

static void check_pair(struct plan *p, const struct plan_stream *x, const struct plan_stream *y)
{
    if (plan_stream_owner(p, x) != plan_stream_owner(p, y) && streams_overlap(x, y)) {
        tell_stream(p, x, y);
        tell_stream(p, y, x);
    }
}

/* An SMMU serves so many partitions: who comes after them is refused. */
static void check_contexts(struct plan *p, uint32_t smmu)
{
    const struct plan_smmu *s = &p->board.smmus[smmu];
    uint32_t used = 0;

    for (uint32_t i = 0; s->contexts != 0 && i < p->partition_count; i++) {
        if (!p->partitions[i].refused && plan_has_streams(p, i, smmu) && used++ >= s->contexts) {
            plan_refuse(p, i, "devices: %s can serve %u partitions, and does already", s->path,
                        s->contexts);
        }
    }
}

/* An SMMUv2 matches so many runs of streams, and a stream by one group only: IHI 0062 2.2. */
static void check_groups(struct plan *p, uint32_t smmu)
{
    const struct plan_smmu *s = &p->board.smmus[smmu];
    uint32_t used = 0;

    for (uint32_t i = 0; s->groups != 0 && i < p->stream_count; i++) {
        const struct plan_stream *stream = &p->streams[i];
        const struct plan_device *device = &p->devices[stream->device];
        const struct plan_stream *other;

        if (!stream_is_used(p, stream, smmu) || stream_alike(p, stream) != NULL) {
            continue;
        }
        other = stream_overlapped(p, stream);
        used += stream_groups(stream);
        if (other != NULL) {
            device_error(
                p, device,
                "devices: of its streams of %s (0x%x) only some are those of %s: an SMMUv2 "
                "cannot match both",
                s->path, stream->id, p->devices[other->device].path);
        } else if (used > s->groups) {
            device_error(p, device,
                         "devices: %s can match %u runs of streams, and this is one too many",
                         s->path, s->groups);
        }
    }
}

void check_streams(struct plan *p)
{
    for (uint32_t b = 0; b < p->stream_count; b++) {
        check_stream(p, &p->streams[b]);
        for (uint32_t a = 0; a < b; a++) {
            check_pair(p, &p->streams[a], &p->streams[b]);
        }
    }
    for (uint32_t i = 0; i < p->board.smmu_count; i++) {
        check_contexts(p, i);
        check_groups(p, i);
    }
}

/* ---- pages ---- */

/* Its root aligned. */
static uint64_t dma_table_pages(const struct plan *p, const struct plan_partition *part,
                                uint32_t stage)
{
    const uint32_t index = (uint32_t)(part - p->partitions);
    const struct range frame = check_pages_of(msi_frame(p, index).mmio);
    uint32_t root;
    uint32_t level = lpae_start_level(stage == 1 ? LPAE_DMA_STAGE1 : LPAE_STAGE2,
                                      plan_dma_bits(p, index), &root);
    uint64_t pages = 2 * root - 1;

    pages += frame.size == 0 ? 0 : lpae_bound(level, frame.base, frame.base, frame.size);
    for (uint32_t i = 0; i < part->extent_count; i++) {
        const struct plan_extent *e = &part->extent[i];

        pages += lpae_bound(level, e->ipa, e->pa, e->size);
    }
    return pages;
}

uint64_t check_dma_pages(const struct plan *p, const struct plan_partition *part)
{
    uint32_t index = (uint32_t)(part - p->partitions);
    uint64_t pages = 0;

    for (uint32_t stage = 1; stage <= 2; stage++) {
        bool wanted = false;

        for (uint32_t i = 0; i < p->board.smmu_count; i++) {
            const struct plan_smmu *s = &p->board.smmus[i];

            wanted = wanted || (plan_smmu_stage(s) == stage && plan_has_streams(p, index, i));
        }
        pages += wanted ? dma_table_pages(p, part, stage) : 0;
    }
    return pages;
}

uint64_t check_smmu_pages(const struct plan *p)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < p->board.smmu_count; i++) {
        const struct plan_smmu *s = &p->board.smmus[i];
        bool used = false;

        for (uint32_t k = 0; k < p->stream_count; k++) {
            used = used || stream_is_used(p, &p->streams[k], i);
        }
        pages += used && s->ops != NULL ? s->ops->pages(p, i) : 0;
    }
    return pages;
}
