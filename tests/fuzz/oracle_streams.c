/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the independent rules of streams: whose they are, and what their SMMU can do. */
#include "oracle.h"

#include <libfdt.h>
#include <stdbool.h>
#include <string.h>

#define MAX_RUNS 16
#define SEEN_IDS 128 /* of StreamIDs that boards here have, the low bits */

/* StreamIDs that equal one of id..id+count-1 in the bits outside `mask`; the node of their SMMU. */
struct run {
    int smmu;
    uint32_t id, count, mask;
};

static bool starts(const struct plan *p, int partition)
{
    return partition >= 0 && !p->partitions[partition].refused;
}

static bool is_in(const struct run *r, uint32_t stream)
{
    for (uint32_t k = 0; k < r->count && k < SEEN_IDS; k++) {
        if (((stream ^ (r->id + k)) & ~r->mask) == 0) {
            return true;
        }
    }
    return false;
}

static bool meet(const struct run *a, const struct run *b)
{
    for (uint32_t stream = 0; a->smmu == b->smmu && stream < SEEN_IDS; stream++) {
        if (is_in(a, stream) && is_in(b, stream)) {
            return true;
        }
    }
    return false;
}

/* ---- of the board's tree, by libfdt ---- */

static uint32_t cell_of(const void *fdt, int node, const char *name)
{
    int length = 0;
    const fdt32_t *cell = fdt_getprop(fdt, node, name, &length);

    return cell != NULL && length == 4 ? fdt32_to_cpu(*cell) : 0;
}

/* The node's own runs; how many, or -1: they make no sense. */
static int runs_of(const void *fdt, int node, struct run runs[static MAX_RUNS])
{
    int size = 0;
    int used = 0;
    const fdt32_t *cell = fdt_getprop(fdt, node, "iommus", &size);

    for (int n = cell == NULL ? 0 : size / 4; n > 0;) {
        const int smmu = fdt_node_offset_by_phandle(fdt, fdt32_to_cpu(cell[0]));
        const int cells = smmu < 0 ? 0 : (int)cell_of(fdt, smmu, "#iommu-cells");

        if (cells < 1 || cells > 2 || n < 1 + cells || used == MAX_RUNS) {
            return -1;
        }
        runs[used++] = (struct run){smmu, fdt32_to_cpu(cell[1]), 1,
                                    cells == 2 ? fdt32_to_cpu(cell[2])
                                               : cell_of(fdt, smmu, "stream-match-mask")};
        cell += 1 + cells;
        n -= 1 + cells;
    }
    cell = fdt_getprop(fdt, node, "iommu-map", &size);
    for (int n = cell == NULL ? 0 : size / 4; n > 0; n -= 4, cell += 4) {
        const int smmu = n < 4 ? -1 : fdt_node_offset_by_phandle(fdt, fdt32_to_cpu(cell[1]));

        if (smmu < 0 || used == MAX_RUNS) {
            return -1;
        }
        runs[used++] = (struct run){smmu, fdt32_to_cpu(cell[2]), fdt32_to_cpu(cell[3]),
                                    cell_of(fdt, smmu, "stream-match-mask")};
    }
    return used;
}

/* ---- of the plan ---- */

static struct run run_of(const struct plan *p, const struct plan_stream *s)
{
    return (struct run){p->board.smmus[s->smmu].node, s->id, s->count, s->mask};
}

/* What masters the bus has all the runs of its node, and no others; what does not, none. */
static void streams_are_the_trees(const struct plan *p, const struct oracle_world *w, uint32_t n)
{
    struct run runs[MAX_RUNS];
    const struct plan_device *d = &p->devices[n];
    const char *kind = fdt_getprop(w->fdt, d->node, "compatible", NULL);
    const int count = runs_of(w->fdt, d->node, runs);
    int found = 0;

    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct run own = run_of(p, &p->streams[i]);
        bool same = false;

        for (int k = 0; k < count; k++) {
            same = same || memcmp(&own, &runs[k], sizeof(own)) == 0;
        }
        if (p->streams[i].device == (int)n) {
            require(same, "%s: stream 0x%x is not its node's", d->path, own.id);
            found++;
        }
    }
    require(found == count || (found == 0 && (d->unprotected || kind == NULL ||
                                              strncmp(kind, "arm,pl0", 7) == 0)),
            "%s: %d streams of %d", d->path, found, count);
}

static void stream_is_within(const struct plan *p, const struct plan_stream *s)
{
    const struct plan_smmu *smmu = &p->board.smmus[s->smmu];
    const struct plan_partition *part = &p->partitions[p->devices[s->device].partition];

    require(((uint64_t)(s->id | s->mask) + s->count - 1) >> smmu->sid_bits == 0,
            "stream 0x%x, of %u bits", s->id, smmu->sid_bits);
    for (uint32_t n = 0; n < part->extent_count; n++) {
        const struct plan_extent *e = &part->extent[n];

        require(((e->pa + e->size - 1) | (e->ipa + e->size - 1)) >> smmu->oas_bits == 0,
                "%s: 0x%lx is out of reach of %s", part->name, e->pa, smmu->path);
    }
}

static void stream_is_alone(const struct plan *p, const struct plan_stream *s)
{
    const struct run own = run_of(p, s);

    for (const struct plan_stream *other = p->streams; other < s; other++) {
        const struct run r = run_of(p, other);

        require(p->devices[other->device].partition == p->devices[s->device].partition ||
                    !starts(p, p->devices[other->device].partition) || !meet(&own, &r),
                "%s and %s share streams", p->devices[s->device].path,
                p->devices[other->device].path);
    }
}

static bool is_granted(const struct plan *p, int node)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        if (p->devices[i].node == node) {
            return true;
        }
    }
    return false;
}

static void kept_back_has_none_of(const struct plan *p, const struct oracle_world *w, int node)
{
    struct run runs[MAX_RUNS];
    const int count = runs_of(w->fdt, node, runs);

    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct run own = run_of(p, &p->streams[i]);

        for (int k = 0; k < count; k++) {
            require(!starts(p, p->devices[p->streams[i].device].partition) || !meet(&own, &runs[k]),
                    "%s and %s, which is kept back, share streams",
                    p->devices[p->streams[i].device].path, fdt_get_name(w->fdt, node, NULL));
        }
    }
}

void oracle_streams(const struct plan *p, const struct oracle_world *w)
{
    int node;

    for (uint32_t i = 0; i < p->device_count; i++) {
        if (starts(p, p->devices[i].partition)) {
            streams_are_the_trees(p, w, i);
        }
    }
    for (uint32_t i = 0; i < p->stream_count; i++) {
        if (starts(p, p->devices[p->streams[i].device].partition)) {
            stream_is_within(p, &p->streams[i]);
            stream_is_alone(p, &p->streams[i]);
        }
    }
    fdt_for_each_subnode(node, w->fdt, 0)
    {
        if (!is_granted(p, node) && !oracle_is_disabled(w->fdt, node)) {
            kept_back_has_none_of(p, w, node);
        }
    }
}
