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
    char path[DT_PATH_MAX];
    const char *why;

    dt_path_at(fdt, at, path, sizeof(path));
    smmu.path = plan_string(p, path);
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

/* Who is told of each; false stops. `smmu`: the SMMU's node. */
struct visitor {
    struct plan *p;
    bool (*visit)(const struct visitor *v, int smmu, const struct plan_stream *stream);
    int device;                         /* index of the granted device; -1: it is none */
    const struct plan_device *function; /* of the node's streams only this function's; or NULL */
    int node;                           /* that the streams are of */
    const char **why;                   /* what is in the way of granting it */
    bool tolerant;                      /* an entry without sense does not hide the others */
};

/* The SMMU of that node; false where it is none of the plan's. */
static bool find_smmu(const struct plan *p, int node, uint32_t *smmu)
{
    for (*smmu = 0; *smmu < p->board.smmu_count; (*smmu)++) {
        if (p->board.smmus[*smmu].node == node) {
            return true;
        }
    }
    return false;
}

/* The SMMU of that node; what is in the way where it cannot be used. */
static const char *use_smmu(const struct plan *p, int node, uint32_t *smmu)
{
    struct dt_at at;

    if (find_smmu(p, node, smmu)) {
        return p->board.smmus[*smmu].unusable ? "is behind an SMMU that cannot be used (see above)"
                                              : NULL;
    }
    return dt_at(p->board.fdt, node, &at) && !dt_enabled_at(p->board.fdt, &at)
               ? "is behind an SMMU that is disabled in the board's tree (status)"
               : "is behind an SMMU that was left out (see above), or no driver is compiled in for";
}

static bool visit_iommus(const struct visitor *v, const char *data, uint32_t size)
{
    const void *fdt = v->p->board.fdt;

    while (size >= DT_CELL) {
        int smmu = dt_phandle(fdt, dt_cell(data, 0));
        uint64_t cells = smmu < 0 ? 0 : dt_number(fdt, smmu, "#iommu-cells", 0);
        struct plan_stream stream = {.count = 1, .device = v->device};

        if (smmu < 0 || cells > MOST_CELLS || size < (1 + cells) * DT_CELL ||
            ((cells < 1 || cells > 2) && find_smmu(v->p, smmu, &stream.smmu))) {
            return false;
        }
        stream.id = cells == 0 ? 0 : dt_cell(data, 1);
        stream.mask =
            cells == 2 ? dt_cell(data, 2) : (uint32_t)dt_number(fdt, smmu, "stream-match-mask", 0);
        if (((stream.id | stream.mask) == UINT32_MAX && v->device >= 0) ||
            !v->visit(v, smmu, &stream)) {
            return false;
        }
        data += (1 + cells) * DT_CELL;
        size -= (uint32_t)((1 + cells) * DT_CELL);
    }
    return size == 0;
}

static bool visit_map(const struct visitor *v, const char *data, uint32_t size)
{
    struct dt_run run;
    enum status status;

    for (uint32_t i = 0; (status = dt_run_at(data, size, i, &run)) == OK; i++) {
        int smmu = dt_phandle(v->p->board.fdt, run.phandle);
        struct plan_stream stream = {
            .id = run.id, .count = run.count, .device = v->device, .pci = true, .rid = run.rid};
        bool odd = smmu < 0 || stream.count == 0 || stream.count > RIDS ||
                   stream.id > UINT32_MAX - stream.count;

        stream.mask = odd ? 0 : (uint32_t)dt_number(v->p->board.fdt, smmu, "stream-match-mask", 0);
        if (odd && v->tolerant) {
            continue;
        }
        if (odd || !v->visit(v, smmu, &stream)) {
            return false;
        }
    }
    return status == E_NOT_FOUND;
}

/* Every stream that the node says it has; false where a visit was, or what it says makes no sense.
 */
static bool visit_streams(const struct visitor *v)
{
    const void *fdt = v->p->board.fdt;
    uint32_t size;
    const char *data = dt_property(fdt, v->node, "iommus", &size);

    if (data != NULL && !visit_iommus(v, data, size)) {
        return false;
    }
    data = dt_property(fdt, v->node, "iommu-map", &size);
    return data == NULL || visit_map(v, data, size);
}

/* ---- a granted device's ---- */

/* Of the run only the function's own stream; false where it is not in there. */
static bool narrow(const struct visitor *v, struct plan_stream *stream)
{
    uint32_t mask = (uint32_t)dt_number(v->p->board.fdt, v->node, "iommu-map-mask", RIDS - 1);
    uint32_t offset = (v->function->rid & mask) - stream->rid;

    stream->id += offset;
    return stream->pci && offset < stream->count;
}

static bool keep_stream(const struct visitor *v, int smmu, const struct plan_stream *stream)
{
    struct plan_stream own = *stream;
    struct plan *p = v->p;
    struct plan_stream *kept = &p->streams[p->stream_count];
    const char *why;
    uint32_t index;

    if (v->function != NULL) {
        if (!narrow(v, &own)) {
            return true;
        }
        own.count = 1;
        own.pci = false; /* its path has its number */
    }
    why = use_smmu(p, smmu, &index);
    if (why == NULL && own.mask != 0 && own.count != 1) {
        why = "has several streams in one entry of its iommu-map, behind a stream-match-mask";
    }
    if (why == NULL && p->stream_count == PLAN_MAX_STREAMS) {
        why = "has too many streams (PLAN_MAX_STREAMS)";
    }
    if (why != NULL) {
        *v->why = why; /* else it stays what a list without sense is told by */
        return false;
    }
    *kept = own;
    kept->smmu = index;
    p->stream_count++;
    return true;
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
    const char *why = "has an iommus or iommu-map that makes no sense";
    uint32_t before = p->stream_count;
    struct visitor v = {.p = p,
                        .visit = keep_stream,
                        .device = (int)p->device_count,
                        .function = device->function ? device : NULL,
                        .node = device->node,
                        .why = &why};

    if (visit_streams(&v)) {
        why = p->stream_count == before ? "is behind no SMMU"
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

static bool tell_neighbour(const struct visitor *v, int smmu, const struct plan_stream *stream)
{
    struct plan *p = v->p;
    struct plan_stream other = *stream;

    if (!find_smmu(p, smmu, &other.smmu) || p->board.smmus[other.smmu].unusable) {
        return true;
    }
    if (other.mask != 0) { /* of a run all bits that differ within it, and some that do not */
        other.mask |= bits_to(other.id ^ (other.id + (other.count - 1)));
        other.count = 1;
    }
    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct plan_stream *own = &p->streams[i];

        if (own->device >= 0 && streams_overlap(own, &other)) {
            const struct plan_device *device = &p->devices[own->device];

            plan_error(p, device->partition, device->path,
                       "it shares stream 0x%x of %s with %s, which is kept back: grant both to "
                       "one partition, or neither",
                       other.id, p->board.smmus[own->smmu].path, board_path(p, v->node));
        }
    }
    return true;
}

void streams_against_board(struct plan *p)
{
    const void *fdt = p->board.fdt;
    struct dt_at at = {.depth = 0};

    while (p->stream_count > 0 && dt_step(fdt, &at)) {
        struct visitor v = {.p = p,
                            .visit = tell_neighbour,
                            .device = -1,
                            .tolerant = true,
                            .node = at.node[at.depth]};

        if (!plan_is_granted(p, v.node) && dt_enabled_at(fdt, &at)) {
            (void)visit_streams(&v);
        }
    }
}

/* Of the run the function's stream alone: told by *v->why where that is the granted device's. */
static bool meet_granted(const struct visitor *v, int smmu, const struct plan_stream *stream)
{
    struct plan_stream other = *stream;

    if (!narrow(v, &other) || !find_smmu(v->p, smmu, &other.smmu)) {
        return true;
    }
    other.count = 1;
    for (uint32_t i = 0; i < v->p->stream_count && *v->why == NULL; i++) {
        const struct plan_stream *own = &v->p->streams[i];

        if (own->device == v->device && streams_overlap(own, &other)) {
            *v->why = v->p->devices[own->device].path;
        }
    }
    return *v->why == NULL;
}

bool pci_shares_stream(struct plan *p, const struct plan_pci_host *host, uint32_t rid,
                       uint32_t device)
{
    const struct plan_device function = {.node = host->node, .rid = rid};
    const char *why = NULL;
    const struct visitor v = {.p = p,
                              .visit = meet_granted,
                              .device = (int)device,
                              .tolerant = true,
                              .function = &function,
                              .node = host->node,
                              .why = &why};

    (void)visit_streams(&v);
    return why != NULL;
}
