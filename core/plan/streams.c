/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about streams and widths of addresses that the rules ask, and the run time too. */
#include "core/plan/check.h"

#include "core/plan/smmu.h"

/* lpae_init() begins at level 1, or 0, with one page from so many bits on, for 5 bits. */
#define SINGLE_ROOT_1 35
#define SINGLE_ROOT_0 44

/* ---- streams ---- */

/* True where a value of first..last equals `id` in all bits outside `mask`. */
static bool has_match(uint32_t first, uint32_t last, uint32_t id, uint32_t mask)
{
    uint32_t match = (id & ~mask) | (first & mask);
    uint32_t below = ~0u;

    while (below > (match ^ first)) {
        below >>= 1; /* in the end: the bits from the highest down in which the two differ */
    }
    if (match < first) { /* the lowest free bit above them goes up */
        uint32_t free = mask & ~first & ~below;

        if (free == 0) {
            return false;
        }
        match |= free & -free;
        below = (free & -free) - 1;
    }
    return (match & ~(mask & below)) <= last;
}

bool streams_overlap(const struct plan_stream *a, const struct plan_stream *b)
{
    if (a->smmu != b->smmu) {
        return false;
    }
    if (a->count == 1 && b->count == 1) {
        return ((a->id ^ b->id) & ~(a->mask | b->mask)) == 0;
    }
    return b->count == 1   ? has_match(a->id, a->id + (a->count - 1), b->id, b->mask)
           : a->count == 1 ? has_match(b->id, b->id + (b->count - 1), a->id, a->mask)
                           : a->id - b->id < b->count || b->id - a->id < a->count;
}

bool stream_is_used(const struct plan *p, const struct plan_stream *stream, uint32_t smmu)
{
    return stream->smmu == smmu && !p->partitions[plan_stream_owner(p, stream)].refused;
}

bool plan_has_streams(const struct plan *p, uint32_t partition, uint32_t smmu)
{
    for (uint32_t i = 0; i < p->stream_count; i++) {
        if (p->streams[i].smmu == smmu && plan_stream_owner(p, &p->streams[i]) == (int)partition) {
            return true;
        }
    }
    return false;
}

const struct plan_smmu *plan_narrowest_smmu(const struct plan *p, int partition)
{
    const struct plan_smmu *found = NULL;

    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct plan_smmu *smmu = &p->board.smmus[p->streams[i].smmu];
        const int owner = plan_stream_owner(p, &p->streams[i]);

        if ((partition == PLAN_SHARED ? !p->partitions[owner].refused : partition == owner) &&
            smmu->oas_bits != 0 && (found == NULL || smmu->oas_bits < found->oas_bits)) {
            found = smmu;
        }
    }
    return found;
}

/* ---- widths of addresses ---- */

uint8_t check_width_of(uint64_t last)
{
    uint8_t bits = 32;

    while (bits < 64 && last >> bits != 0) {
        bits++;
    }
    return bits;
}

uint64_t check_last_of_memory(const struct plan_partition *part)
{
    uint64_t last = 0;

    for (uint32_t i = 0; i < part->memory_count; i++) {
        last |= range_end(part->memory[i]) - 1;
    }
    return last;
}

uint8_t check_memory_bits(const struct plan_partition *part)
{
    return check_width_of(check_last_of_memory(part));
}

/*
 * A width whose root is one page, where the SMMUs' addresses are so wide: a level more than a CPU
 * would walk, but fewer pages, and QEMU's SMMUv3 (10.0) walks no concatenated root but its first
 * page.
 */
uint8_t plan_dma_bits(const struct plan *p, uint32_t partition)
{
    uint8_t bits = check_memory_bits(&p->partitions[partition]);
    uint8_t wide = bits < SINGLE_ROOT_1                                ? SINGLE_ROOT_1
                   : bits < SINGLE_ROOT_1 + 5 || bits >= SINGLE_ROOT_0 ? bits
                                                                       : SINGLE_ROOT_0;
    const struct plan_smmu *smmu = plan_narrowest_smmu(p, (int)partition);

    if (smmu != NULL && smmu->oas_bits < wide) {
        wide = smmu->oas_bits;
    }
    return wide > bits ? wide : bits;
}

/* ---- SMMUv2's register groups ---- */

uint32_t stream_piece(const struct plan_stream *stream, uint32_t done)
{
    uint32_t piece = 1;

    while (((stream->id + done) & piece) == 0 && 2 * piece <= stream->count - done) {
        piece *= 2;
    }
    return piece;
}

uint32_t stream_groups(const struct plan_stream *stream)
{
    uint32_t groups = 0;

    for (uint32_t done = 0; done < stream->count; done += stream_piece(stream, done)) {
        groups++;
    }
    return groups;
}

const struct plan_stream *stream_alike(const struct plan *p, const struct plan_stream *stream)
{
    for (const struct plan_stream *a = p->streams; a < stream; a++) {
        if (stream_is_used(p, a, stream->smmu) && a->id == stream->id &&
            a->count == stream->count && a->mask == stream->mask) {
            return a;
        }
    }
    return NULL;
}

const struct plan_stream *stream_overlapped(const struct plan *p, const struct plan_stream *stream)
{
    for (const struct plan_stream *a = p->streams; a < stream; a++) {
        if (stream_is_used(p, a, stream->smmu) && streams_overlap(a, stream)) {
            return a;
        }
    }
    return NULL;
}
