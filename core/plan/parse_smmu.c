/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMMUs, and the streams of granted devices, into the plan: `iommus`, and a PCI host bridge's
 * `iommu-map` (Linux, bindings/iommu/iommu.txt and bindings/pci/pci-iommu.txt).
 */
#include "core/plan/parse.h"

#include "core/base/bits.h"
#include "core/plan/pci.h"
#include "core/plan/smmu.h"

#define RIDS       UINT32_C(0x10000)
#define MOST_CELLS 8 /* of a specifier; an SMMU's has one or two */

#define ECAM_BUS_SHIFT 20

#define NO_SENSE "has an iommus or iommu-map that makes no sense"

/* ---- the board's SMMUs ---- */

static const struct smmu_ops *driver_of(const void *fdt, int node)
{
    for (const struct smmu_ops *const *ops = drivers_smmu; *ops != NULL; ops++) {
        if (dt_compatible(fdt, node, (*ops)->compatible)) {
            return *ops;
        }
    }
    return NULL;
}

/* True where it is known, now or before. Without one, faults are told when others come. */
static bool read_irq(struct plan *p, const struct dt_at *at, uint32_t position,
                     struct plan_smmu *smmu)
{
    struct plan_irq irq;

    if (dt_irq_at(p->board.fdt, at, position, p->board.gic.node, &irq) != OK ||
        irq.intid < FIRST_SPI) {
        return false;
    }
    for (uint32_t i = 0; i < smmu->irq_count; i++) {
        if (smmu->irq[i].intid == irq.intid) {
            return true;
        }
    }
    if (smmu->irq_count == PLAN_MAX_SMMU_IRQS) {
        return false;
    }
    smmu->irq[smmu->irq_count++] = irq;
    if (irq.intid == p->board.console.irq.intid) {
        smmu->unusable = true;
        board_warning(p, smmu->node,
                      "interrupts: %u is the console's, too: nobody gets a device behind this SMMU",
                      irq.intid);
    }
    return true;
}

/*
 * By name; else the first of the global ones, as some have one for the Secure side before ours,
 * then those of the context banks that are used: Linux, bindings/iommu/arm,smmu.yaml.
 */
static void read_irqs(struct plan *p, const struct dt_at *at, struct plan_smmu *smmu)
{
    const char *const *name = smmu->ops->interrupts;
    uint32_t globals = (uint32_t)dt_number(p->board.fdt, smmu->node, "#global-interrupts", 1);

    for (; name != NULL && *name != NULL; name++) {
        (void)read_irq(p, at, irq_position(p->board.fdt, smmu->node, *name, 0), smmu);
    }
    if (name == NULL) {
        for (uint32_t i = 0; i < globals && i < PLAN_SMMU_GLOBALS; i++) {
            (void)read_irq(p, at, i, smmu);
        }
        while (smmu->context_irqs <= CONFIG_MAX_PARTITIONS &&
               read_irq(p, at, globals + smmu->context_irqs, smmu)) {
            smmu->context_irqs++;
        }
    }
}

static void read_smmu(struct plan *p, const struct dt_at *at, const struct smmu_ops *ops)
{
    struct plan_smmu smmu = {.node = at->node[at->depth], .ops = ops};
    const void *fdt = p->board.fdt;
    const char *why;

    smmu.path = board_keep_path(p, at);
    why = smmu.path == NULL || p->board.smmu_count == PLAN_MAX_SMMUS
              ? "one SMMU too many (PLAN_MAX_SMMUS)"
          : dt_reg_at(fdt, at, 0, &smmu.mmio) != OK ? "reg: the CPU cannot reach it"
          : !is_aligned(smmu.mmio.base, PAGE_SIZE)  ? "reg: it does not begin with a page"
                                                    : NULL;
    if (why != NULL) {
        board_warning(p, smmu.node, "%s: what is behind this SMMU is behind none for Bulkhead",
                      why);
        return;
    }
    smmu.coherent = dt_property(fdt, smmu.node, "dma-coherent", NULL) != NULL;
    read_irqs(p, at, &smmu);
    p->board.smmus[p->board.smmu_count++] = smmu;
}

void parse_smmus(struct plan *p)
{
    const void *fdt = p->board.fdt;
    struct dt_at at = {.depth = 0};

    while (dt_step(fdt, &at)) {
        int node = at.node[at.depth];
        const struct smmu_ops *ops;

        if (dt_property(fdt, node, "#iommu-cells", NULL) != NULL && dt_enabled_at(fdt, &at) &&
            (ops = driver_of(fdt, node)) != NULL) {
            read_smmu(p, &at, ops);
        }
    }
}

/* ---- the streams of a node ---- */

/* A node's streams, one after the other. */
struct walk {
    const char *iommus, *map; /* what is left of either, */
    uint32_t iommus_size, map_size;
    int smmu; /* the node of the stream's SMMU */
};

bool plan_find_smmu(const struct plan *p, int node, uint32_t *smmu)
{
    for (*smmu = 0; *smmu < p->board.smmu_count; (*smmu)++) {
        if (p->board.smmus[*smmu].node == node) {
            return true;
        }
    }
    return false;
}

static struct walk streams_of(const void *fdt, int node)
{
    struct walk w = {.iommus_size = 0};

    w.iommus = dt_property(fdt, node, "iommus", &w.iommus_size);
    w.map = dt_property(fdt, node, "iommu-map", &w.map_size);
    return w;
}

static enum status next_of_iommus(const struct plan *p, struct walk *w, struct plan_stream *out)
{
    const void *fdt = p->board.fdt;
    const uint32_t left = w->iommus_size;
    const char *data = w->iommus;
    uint64_t cells;

    w->iommus_size = 0;
    w->smmu = left < DT_CELL ? -1 : dt_phandle(fdt, dt_cell(data, 0));
    cells = w->smmu < 0 ? 0 : dt_number(fdt, w->smmu, "#iommu-cells", 0);
    *out = (struct plan_stream){.count = 1};
    if (w->smmu < 0 || cells > MOST_CELLS || left < (1 + cells) * DT_CELL ||
        (plan_find_smmu(p, w->smmu, &out->smmu) && (cells < 1 || cells > 2))) {
        return E_INVALID;
    }
    out->id = cells == 0 ? 0 : dt_cell(data, 1);
    out->mask =
        cells == 2 ? dt_cell(data, 2) : (uint32_t)dt_number(fdt, w->smmu, "stream-match-mask", 0);
    w->iommus += (1 + cells) * DT_CELL;
    w->iommus_size = left - (uint32_t)((1 + cells) * DT_CELL);
    return OK;
}

static enum status next_of_map(const struct plan *p, struct walk *w, struct plan_stream *out)
{
    struct dt_run run;
    enum status status = dt_run_at(w->map, w->map_size, 0, &run);

    if (status != OK) {
        w->map_size = 0;
        return status;
    }
    w->map += DT_RUN_SIZE;
    w->map_size -= DT_RUN_SIZE;
    w->smmu = dt_phandle(p->board.fdt, run.phandle);
    *out = (struct plan_stream){.id = run.id, .count = run.count, .pci = true, .rid = run.rid};
    if (w->smmu < 0 || run.count == 0 || run.count > RIDS || run.id > UINT32_MAX - run.count) {
        return E_INVALID;
    }
    (void)plan_find_smmu(p, w->smmu, &out->smmu);
    out->mask = (uint32_t)dt_number(p->board.fdt, w->smmu, "stream-match-mask", 0);
    return OK;
}

/*
 * The next; its `smmu` is board.smmu_count where it is none of the plan's. E_NOT_FOUND past the
 * last, E_INVALID where an entry makes no sense: others may follow.
 */
static enum status next_stream(const struct plan *p, struct walk *w, struct plan_stream *out)
{
    return w->iommus_size != 0 ? next_of_iommus(p, w, out) : next_of_map(p, w, out);
}

/* ---- a granted device's ---- */

/* Of a run only the function's own stream; false where it is not in there. */
static bool narrow(const struct plan *p, const struct plan_device *function,
                   struct plan_stream *stream)
{
    uint32_t mask = (uint32_t)dt_number(p->board.fdt, function->node, "iommu-map-mask", RIDS - 1);
    uint32_t offset = (function->rid & mask) - stream->rid;
    bool inside = stream->pci && offset < stream->count;

    stream->id += offset;
    stream->count = 1;
    stream->pci = false; /* its path has its number */
    return inside;
}

/* Why the plan cannot have the stream of the SMMU at node `smmu`; NULL where it can. */
static const char *refuse_stream(const struct plan *p, int smmu, const struct plan_stream *stream)
{
    const void *fdt = p->board.fdt;
    struct dt_at at;

    if ((stream->id | stream->mask) == UINT32_MAX) {
        return NO_SENSE;
    }
    if (stream->smmu == p->board.smmu_count) {
        return dt_at(fdt, smmu, &at) && !dt_enabled_at(fdt, &at)
                   ? "is behind an SMMU that is disabled in the board's tree (status)"
                   : "is behind an SMMU that was left out (see above), or no driver is compiled "
                     "in for";
    }
    if (p->board.smmus[stream->smmu].unusable) {
        return "is behind an SMMU that cannot be used (see above)";
    }
    if (stream->mask != 0 && stream->count != 1) {
        return "has several streams in one entry of its iommu-map, behind a stream-match-mask";
    }
    return p->stream_count == PLAN_MAX_STREAMS ? "has too many streams (PLAN_MAX_STREAMS)" : NULL;
}

/*
 * Every function that the host bridge's owner can reach is behind an SMMU: those of its buses and,
 * as it has all of the configuration space, of all buses that these registers have room for.
 */
static bool covers_buses(const void *fdt, const struct plan_device *device)
{
    const uint64_t room = device->mmio_count != 0 ? device->mmio[0].size >> ECAM_BUS_SHIFT : 0;
    uint32_t size, first, last, buses;
    const char *map = dt_property(fdt, device->node, "iommu-map", &size);
    uint32_t mask = (uint32_t)dt_number(fdt, device->node, "iommu-map-mask", RIDS - 1);
    struct dt_run run;

    if (map == NULL) {
        return !dt_has_type(fdt, device->node, "pci");
    }
    dt_buses(fdt, device->node, &first, &last);
    if (first > last) {
        return false;
    }
    buses = last - first + 1 > room ? last - first + 1 : (uint32_t)(room < 256 ? room : 256);
    for (uint32_t i = 0; i < buses << 8; i++) {
        if (!dt_find_run(map, size, ((first << 8) + i) & (RIDS - 1) & mask, &run)) {
            return false;
        }
    }
    return true;
}

const char *device_streams(struct plan *p, const struct plan_device *device)
{
    const uint32_t before = p->stream_count;
    struct walk w = streams_of(p->board.fdt, device->node);
    struct plan_stream stream;
    const char *why = NULL;
    enum status status = OK;

    while (why == NULL && (status = next_stream(p, &w, &stream)) == OK) {
        if (device->function && !narrow(p, device, &stream)) {
            continue;
        }
        why = refuse_stream(p, w.smmu, &stream);
        if (why == NULL) {
            stream.device = (int)p->device_count;
            p->streams[p->stream_count++] = stream;
        }
    }
    if (why == NULL) {
        why = status == E_INVALID         ? NO_SENSE
              : p->stream_count == before ? "is behind no SMMU"
              : !device->function && !covers_buses(p->board.fdt, device)
                  ? "has functions that its iommu-map leaves out"
                  : NULL;
    }
    if (why != NULL) {
        p->stream_count = before;
    }
    return why;
}

/* ---- neighbours ---- */

/* All bits up to the highest one of `v`. */
static uint32_t bits_to(uint32_t v)
{
    uint32_t mask = UINT32_MAX;

    while (mask != 0 && (mask >> 1 & v) == v) {
        mask >>= 1;
    }
    return mask;
}

static void tell_neighbour(struct plan *p, int node, struct plan_stream *other)
{
    if (other->smmu == p->board.smmu_count || p->board.smmus[other->smmu].unusable) {
        return;
    }
    if (other->mask != 0) { /* of a run all bits that differ within it, and some that do not */
        other->mask |= bits_to(other->id ^ (other->id + (other->count - 1)));
        other->count = 1;
    }
    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct plan_stream *own = &p->streams[i];

        if (own->device >= 0 && streams_overlap(own, other)) {
            device_error(p, &p->devices[own->device],
                         "it shares stream 0x%x of %s with %s, which is kept back: grant both to "
                         "one partition, or neither",
                         other->id, p->board.smmus[own->smmu].path, board_path(p, node));
        }
    }
}

void streams_against_board(struct plan *p)
{
    const void *fdt = p->board.fdt;
    struct dt_at at = {.depth = 0};

    while (p->stream_count > 0 && dt_step(fdt, &at)) {
        const int node = at.node[at.depth];
        struct walk w = streams_of(fdt, node);
        struct plan_stream other;
        enum status status;

        if (plan_is_granted(p, node) || !dt_enabled_at(fdt, &at)) {
            continue;
        }
        while ((status = next_stream(p, &w, &other)) != E_NOT_FOUND) {
            if (status == OK) {
                tell_neighbour(p, node, &other);
            }
        }
    }
}

bool pci_shares_stream(const struct plan *p, const struct plan_pci_host *host, uint32_t rid,
                       uint32_t device)
{
    const struct plan_device function = {.node = host->node, .rid = rid};
    struct walk w = streams_of(p->board.fdt, host->node);
    struct plan_stream other;
    enum status status;

    while ((status = next_stream(p, &w, &other)) != E_NOT_FOUND) {
        if (status != OK || !narrow(p, &function, &other)) {
            continue;
        }
        for (uint32_t i = 0; i < p->stream_count; i++) {
            if (p->streams[i].device == (int)device && streams_overlap(&p->streams[i], &other)) {
                return true;
            }
        }
    }
    return false;
}
