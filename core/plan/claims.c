/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has what, and that no two have the same. What two partitions ask for counts whether or not
 * one is refused already, so that what is told depends on no order.
 */
#include "core/plan/claims.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/check.h"
#include "core/plan/parse.h"

#define CLAIM_TEXT 96 /* the longest: what it is, name and range */

/* Whose: what claims_next() counts first. */
enum holder { BOARD, PARTITION, DEVICE };

/* What its numbers are: pages of all, or of its owner's address space; INTIDs; MPIDRs; nodes. */
enum unit { PAGES, OWN_PAGES, INTIDS, MPIDRS, NODES };

#define MOVE      "choose other addresses"
#define BOTH      "neither starts; grant both to one"
#define NOT_GIVEN "it cannot be granted"
#define BAD_TREE  "the board's tree contradicts itself"

static const struct kind {
    enum holder of;
    enum unit unit;
    uint32_t excludes; /* a bit for each kind, of itself or before it, that it must not meet */
    const char *mine;  /* what it is to its owner, who is told; NULL: who is not */
    const char *its;   /* what it is to others; its name follows */
    const char *way;   /* out, for its owner, where the other is a partition's */
    const char *way_of_board; /* out, where the other is Bulkhead's or the board's */
} kinds[] = {
    [CLAIM_OWN] = {BOARD, PAGES, BIT(CLAIM_OWN), "reg: ", " ", NULL, BAD_TREE},
    [CLAIM_RAM] = {BOARD, PAGES, BIT(CLAIM_OWN), NULL, " the board's RAM", NULL, NULL},
    [CLAIM_RESERVED] = {BOARD, PAGES, 0, NULL, " what is reserved: ", NULL, NULL},
    [CLAIM_DIRECT] = {PARTITION, PAGES, BIT(CLAIM_RESERVED) | BIT(CLAIM_DIRECT),
                      "memory: direct-map of", " direct-map", "neither starts; " MOVE " for one",
                      MOVE},
    [CLAIM_WINDOW] = {DEVICE, PAGES,
                      BIT(CLAIM_OWN) | BIT(CLAIM_RAM) | BIT(CLAIM_RESERVED) | BIT(CLAIM_WINDOW),
                      "devices: its window", " that of ", "grant both to one, or neither",
                      NOT_GIVEN},
    [CLAIM_EMULATED] = {PARTITION, OWN_PAGES, 0, NULL, " the ", NULL, NULL},
    [CLAIM_SEEN] = {DEVICE, OWN_PAGES, 0, NULL, " the window of ", NULL, NULL},
    [CLAIM_MEMORY] = {PARTITION, OWN_PAGES,
                      BIT(CLAIM_EMULATED) | BIT(CLAIM_SEEN) | BIT(CLAIM_MEMORY),
                      "memory:", " another range", MOVE, MOVE},
    [CLAIM_PPI] = {BOARD, INTIDS, BIT(CLAIM_PPI), "interrupts: ", " ", NULL, BAD_TREE},
    [CLAIM_OWN_SPI] = {BOARD, INTIDS, 0, "interrupts: ", " ", NULL, BAD_TREE},
    [CLAIM_SMMU_SPI] = {BOARD, INTIDS, 0, "interrupts: ", " ", NULL, BAD_TREE},
    [CLAIM_SPI] = {DEVICE, INTIDS, BIT(CLAIM_OWN_SPI) | BIT(CLAIM_SMMU_SPI) | BIT(CLAIM_SPI),
                   "devices: its interrupt", " that of ", BOTH, NOT_GIVEN},
    /* An SMMU's may be among them, as on QEMU's virt: stream_irq() bounds forged ones. */
    [CLAIM_RAISED] = {DEVICE, INTIDS, BIT(CLAIM_OWN_SPI) | BIT(CLAIM_SPI) | BIT(CLAIM_RAISED),
                      "devices: one of its interrupts from", " that of ", BOTH, NOT_GIVEN},
    [CLAIM_CPU] = {PARTITION, MPIDRS, BIT(CLAIM_CPU), "cpus:", " listed",
                   "neither starts; give it to one of them", NULL},
    [CLAIM_NODE] = {DEVICE, NODES, BIT(CLAIM_NODE), "devices: it", " granted",
                    "neither starts; grant it once", NULL},
    [CLAIM_EXTENT] = {PARTITION, PAGES, BIT(CLAIM_RESERVED) | BIT(CLAIM_EXTENT), "memory: RAM",
                      " RAM", MOVE, MOVE},
    [CLAIM_BOARD] = {BOARD, PAGES, BIT(CLAIM_WINDOW), NULL, " that of ", NULL,
                     "grant all that is in that page to one partition, or none"},
    [CLAIM_BOARD_OFF] = {BOARD, PAGES, BIT(CLAIM_WINDOW), NULL, " that of the disabled ", NULL,
                         NOT_GIVEN "; if no such hardware is there, delete that node"},
    [CLAIM_BOARD_SPI] = {BOARD, INTIDS, BIT(CLAIM_SPI) | BIT(CLAIM_RAISED), NULL, " that of ", NULL,
                         NULL},
    [CLAIM_BOARD_SMMU_SPI] = {BOARD, INTIDS, BIT(CLAIM_SPI), NULL, " that of ", NULL, NULL},
};

/* ---- one after the other ---- */

static bool nth_range(const struct range *list, uint32_t count, uint32_t n, struct claim *out)
{
    out->r = n < count ? list[n] : (struct range){0, 0};
    return n < count;
}

/* Beside the GIC and the console: SMMUs, ITSs, PCI's configuration space, what starts CPUs. */
static bool nth_driven(const struct plan *p, uint32_t n, struct claim *out)
{
    const struct plan_board *board = &p->board;

    if (n < board->smmu_count) {
        out->name = "SMMU";
        out->path = board->smmus[n].path;
        out->r = board->smmus[n].mmio;
        return true;
    }
    n -= board->smmu_count;
    if (n < board->its_count) {
        out->name = "ITS";
        out->path = board->its[n].path;
        out->r = board->its[n].mmio;
        return true;
    }
    n -= board->its_count;
    if (n < p->pci_host_count) {
        out->name = "configuration space";
        out->path = p->pci_hosts[n].path;
        out->r = p->pci_hosts[n].ecam;
        return true;
    }
    out->name = "CPU starter";
    out->path = board->sysreg.path;
    out->r = board->sysreg.mmio;
    return n == p->pci_host_count && board->sysreg.mmio.size != 0;
}

static bool nth_own(const struct plan *p, uint32_t n, struct claim *out)
{
    const struct plan_board *board = &p->board;
    static const char *const names[] = {"GICD", "console", "GICC", "GICH", "GICV"};
    const struct plan_gic *gic = &board->gic;
    const struct range windows[] = {gic->dist, board->console.mmio, gic->cpu, gic->hyp, gic->virt};
    const uint32_t gic_end = gic->version == 2 ? ARRAY_SIZE(windows) : 2 + gic->redists;

    out->path = n == 1 ? board->console.path : gic->path;
    if (n >= gic_end) {
        return nth_driven(p, n - gic_end, out);
    }
    out->name = n < 2 || gic->version == 2 ? names[n] : "GICR";
    out->r = n < 2 || gic->version == 2 ? windows[n] : gic->redist[n - 2];
    return true;
}

/* An INTID of 0: there is none. */
static bool nth_ppi(const struct plan_board *board, uint32_t n, struct claim *out)
{
    static const char *const names[] = {"the maintenance interrupt's", "the physical timer's",
                                        "the virtual timer's", "EL2's timer's", "the PMU's"};
    const uint32_t intids[] = {board->gic.maintenance, board->timer_phys, board->timer_virt,
                               board->timer_hyp, board->pmu};

    if (n >= ARRAY_SIZE(intids)) {
        return false;
    }
    out->path = board->gic.path;
    out->name = names[n];
    out->r = (struct range){intids[n], intids[n] != 0 ? 1 : 0};
    return true;
}

static bool nth_smmu_spi(const struct plan_board *board, uint32_t n, struct claim *out)
{
    out->name = "the SMMU's";
    for (uint32_t i = 0; i < board->smmu_count; i++) {
        const struct plan_smmu *smmu = &board->smmus[i];

        out->path = smmu->path;
        if (n < smmu->irq_count) {
            out->r = (struct range){smmu->irq[n].intid, 1};
            return true;
        }
        n -= smmu->irq_count;
    }
    return false;
}

static bool nth_of_board(const struct plan *p, uint32_t n, struct claim *out)
{
    const struct plan_board *board = &p->board;

    switch (out->kind) {
    case CLAIM_OWN:
        return nth_own(p, n, out);
    case CLAIM_RAM:
        return nth_range(board->ram, board->ram_banks, n, out);
    case CLAIM_RESERVED:
        out->name = n < board->reserved_count ? board->reserved_name[n] : "";
        return nth_range(board->reserved, board->reserved_count, n, out);
    case CLAIM_PPI:
        return nth_ppi(board, n, out);
    case CLAIM_SMMU_SPI:
        return nth_smmu_spi(board, n, out);
    default: /* CLAIM_OWN_SPI */
        out->path = board->console.path;
        out->name = "the console's";
        out->r = (struct range){board->console.irq.intid, 1};
        return n == 0;
    }
}

static bool nth_of_partition(const struct plan *p, uint32_t index, uint32_t n, struct claim *out)
{
    const struct plan_partition *part = &p->partitions[index];

    out->owner = (int)index;
    switch (out->kind) {
    case CLAIM_DIRECT:
        return nth_range(part->memory, part->direct_map ? part->memory_count : 0, n, out);
    case CLAIM_MEMORY:
        return nth_range(part->memory, part->memory_count, n, out);
    case CLAIM_EMULATED:
        out->name = check_emulated_name(p, n);
        return check_emulated_window(p, part, n, &out->r);
    case CLAIM_CPU:
        out->r = (struct range){n < part->cpu_count ? p->board.cpus[part->cpus[n]].mpidr : 0, 1};
        return n < part->cpu_count;
    default: /* CLAIM_EXTENT */
        out->r = n < part->extent_count ? (struct range){part->extent[n].pa, part->extent[n].size}
                                        : (struct range){0, 0};
        return n < part->extent_count;
    }
}

/* Of a PCI function: its part of the node of its host bridge. */
static struct range node_of(const struct plan_device *device)
{
    const struct range whole = claims_node(device->node);

    return device->function ? (struct range){whole.base + device->rid, 1} : whole;
}

static bool nth_of_device(const struct plan_device *device, uint32_t n, struct claim *out)
{
    out->owner = device->partition;
    out->node = node_of(device);
    out->path = out->kind == CLAIM_SEEN ? NULL : device->path;
    out->name = out->kind == CLAIM_NODE ? "" : device->path;
    switch (out->kind) {
    case CLAIM_SPI:
        out->r = (struct range){n < device->irq_count ? device->irq[n].intid : 0, 1};
        return n < device->irq_count;
    case CLAIM_RAISED:
        out->r = (struct range){device->msi_first, device->msi_count};
        return n == 0 && device->msi_count != 0;
    case CLAIM_NODE:
        out->r = node_of(device);
        return n == 0;
    default: /* CLAIM_WINDOW, CLAIM_SEEN */
        return nth_range(device->mmio, device->mmio_count, n, out);
    }
}

static bool nth(const struct plan *p, const struct claims *at, struct claim *out)
{
    *out = (struct claim){
        .kind = at->kind, .owner = PLAN_SHARED, .device = at->i, .window = at->j, .name = ""};
    switch (kinds[at->kind].of) {
    case BOARD:
        return nth_of_board(p, at->j, out);
    case PARTITION:
        return nth_of_partition(p, at->i, at->j, out);
    default:
        return nth_of_device(&p->devices[at->i], at->j, out);
    }
}

bool claims_touch_own(const struct plan *p, struct range r)
{
    for (uint32_t k = CLAIM_OWN; k <= CLAIM_RESERVED; k++) {
        struct claim own = {.kind = (enum claim_kind)k};

        for (uint32_t n = 0; nth_of_board(p, n, &own); n++) {
            if (ranges_overlap(check_pages_of(own.r), check_pages_of(r))) {
                return true;
            }
        }
    }
    return false;
}

bool claims_next(const struct plan *p, struct claims *at, struct claim *out)
{
    const uint32_t holders[] = {
        [BOARD] = 1, [PARTITION] = p->partition_count, [DEVICE] = p->device_count};

    for (; at->kind <= CLAIM_EXTENT; at->kind++, at->i = 0) {
        for (; at->i < holders[kinds[at->kind].of]; at->i++, at->j = 0) {
            if (nth(p, at, out)) {
                at->j++;
                return true;
            }
        }
    }
    return false;
}

/* ---- telling ---- */

static bool is_pages(const struct claim *c)
{
    return kinds[c->kind].unit <= OWN_PAGES;
}

/* What its owner knows it by: "reg: GICD 0x8000000+0x10000", "cpus: 0x3". */
static const char *text_of(const struct claim *c, char text[static CLAIM_TEXT])
{
    const struct kind *kind = &kinds[c->kind];
    const char *name = c->owner == PLAN_SHARED ? c->name : "";

    if (is_pages(c)) {
        console_format(text, CLAIM_TEXT, "%s%s 0x%" PRIx64 "+0x%" PRIx64, kind->mine, name,
                       c->r.base, c->r.size);
    } else if (kind->unit == NODES) {
        console_format(text, CLAIM_TEXT, "%s", kind->mine);
    } else {
        console_format(text, CLAIM_TEXT, kind->unit == INTIDS ? "%s%s %" PRIu64 : "%s%s 0x%" PRIx64,
                       kind->mine, name, c->r.base);
    }
    return text;
}

static const char *path_of(const struct plan *p, const struct claim *c)
{
    if (c->path != NULL) {
        return c->path;
    }
    return c->owner == PLAN_SHARED ? "/" : plan_where(p, (uint32_t)c->owner);
}

/* Tell the owner of the one that it meets the other. */
static void tell(struct plan *p, const struct claim *mine, const struct claim *its)
{
    const struct kind *kind = &kinds[mine->kind];
    const struct kind *its_kind = &kinds[its->kind];
    const bool anothers = its->owner >= 0 && its->owner != mine->owner;
    const char *way = anothers || kind->way_of_board == NULL ? kind->way : kind->way_of_board;
    char text[CLAIM_TEXT];
    char where[CLAIM_TEXT] = "";

    if (kind->unit >= MPIDRS && its->owner == mine->owner) {
        plan_error(p, mine->owner, path_of(p, mine), "%s is listed twice; list it once",
                   text_of(mine, text));
        return;
    }
    if (its_kind->mine == NULL && its_kind->way_of_board != NULL) {
        way = its_kind->way_of_board;
    }
    if (is_pages(its)) {
        console_format(where, sizeof(where), ", 0x%" PRIx64 "+0x%" PRIx64, its->r.base,
                       its->r.size);
    }
    plan_error(p, mine->owner, path_of(p, mine), "%s %s%s%s%s%s%s%s: %s", text_of(mine, text),
               is_pages(mine) ? "shares a page with" : "is also", its_kind->its, its->name,
               anothers ? " in \"" : "", anothers ? plan_name(p, (uint32_t)its->owner) : "",
               anothers ? "\"" : "", where, way);
}

/* Tell where the board has RAM. */
static void tell_no_ram(struct plan *p, const struct claim *c)
{
    const struct plan_board *board = &p->board;
    char list[200] = "";
    char text[CLAIM_TEXT];
    bool part = false;

    for (uint32_t i = 0; i < board->ram_banks; i++) {
        part = part || ranges_overlap(board->ram[i], c->r);
        console_format(text, sizeof(text), "0x%" PRIx64 "+0x%" PRIx64, board->ram[i].base,
                       board->ram[i].size);
        list_append(list, sizeof(list), text);
    }
    plan_error(p, c->owner, path_of(p, c), "%s is %s RAM: the board has it at %s: " MOVE,
               text_of(c, text), part ? "only in part" : "no", list);
}

/* ---- the rules ---- */

/* Tell whose claim makes no sense by itself; false where it does not. */
static bool is_sound(struct plan *p, const struct claim *c)
{
    const uint64_t pa_limit = BIT(arch_pa_bits());
    const uint64_t intids = p->board.gic.intids != 0 ? p->board.gic.intids : END_SPI;
    const uint64_t last_spi = (intids < END_SPI ? intids : END_SPI) - 1;
    const char *must = NULL;
    char text[CLAIM_TEXT];

    if (kinds[c->kind].unit == INTIDS && c->kind != CLAIM_PPI && c->kind != CLAIM_RAISED) {
        if (c->r.base < FIRST_SPI || range_end(c->r) - 1 > last_spi) {
            plan_error(p, c->owner, path_of(p, c),
                       "%s must be an SPI that the GIC has, %d to %" PRIu64, text_of(c, text),
                       FIRST_SPI, last_spi);
            return false;
        }
    } else if (is_pages(c)) {
        if (!range_valid(c->r.base, c->r.size) || range_end(c->r) > pa_limit) {
            must = "not be empty, and be below";
        } else if (kinds[c->kind].of == PARTITION &&
                   !is_aligned(c->r.base | c->r.size, PAGE_SIZE)) {
            must = "be whole 4 KiB pages below";
        } else if (kinds[c->kind].of == PARTITION && c->kind != CLAIM_MEMORY &&
                   !check_is_ram(&p->board, c->r)) {
            tell_no_ram(p, c);
            return false;
        }
    }
    if (must != NULL && c->kind != CLAIM_DIRECT) { /* CLAIM_MEMORY says it too */
        plan_error(p, c->owner, path_of(p, c), "%s must %s 0x%" PRIx64, text_of(c, text), must,
                   pa_limit);
    }
    return must == NULL;
}

static bool same_pages(struct range a, struct range b)
{
    a = check_pages_of(a);
    b = check_pages_of(b);
    return a.base == b.base && a.size == b.size;
}

/* True where the claim excludes the one before it, and they meet. */
static bool collide(const struct claim *c, const struct claim *before)
{
    const struct kind *kind = &kinds[c->kind];

    if ((kind->excludes & BIT(before->kind)) == 0 ||
        (kind->unit == OWN_PAGES && c->owner != before->owner) ||
        ((kind->unit == INTIDS || c->kind == CLAIM_DIRECT) && c->owner >= 0 &&
         c->owner == before->owner)) {
        return false; /* its own affair, or told of CLAIM_MEMORY */
    }
    if (kind->unit != NODES && c->owner != before->owner && ranges_overlap(c->node, before->node)) {
        return false; /* the same device: that is told already */
    }
    if (!is_pages(c)) {
        return ranges_overlap(c->r, before->r);
    }
    if (c->kind == CLAIM_WINDOW && c->owner == before->owner && same_pages(c->r, before->r) &&
        !ranges_overlap(c->node, before->node)) {
        return false; /* two devices of one partition that fill the same pages */
    }
    return ranges_overlap(check_pages_of(c->r), check_pages_of(before->r));
}

/*
 * Hold a claim against those of one kind. Its owner is told of the first that is another's, and of
 * the first before it that is its own; of a CPU that it lists again and again, once.
 */
static void check_against(struct plan *p, const struct claims *at, const struct claim *c,
                          enum claim_kind kind)
{
    const bool number = kinds[c->kind].unit == MPIDRS;
    struct claims walk = {.kind = kind};
    bool before = kind <= c->kind; /* the walk has not passed the claim */
    struct claim other, own = {0}, others = {0};
    uint32_t met_own = 0;
    uint32_t met_others = 0;

    while (claims_next(p, &walk, &other) && other.kind == kind) {
        if (walk.kind == at->kind && walk.i == at->i && walk.j == at->j) { /* this very one */
            before = false;
        } else if (claims_share(p, c, &other) ||
                   !(before ? collide(c, &other) : collide(&other, c))) {
            continue;
        } else if (other.owner != c->owner && c->owner != PLAN_SHARED) {
            others = met_others++ == 0 ? other : others;
        } else if (other.owner == c->owner && (before || kinds[kind].mine == NULL)) {
            own = met_own++ == 0 ? other : own;
        }
    }
    if (met_own > 0 && (!number || met_own == 1)) {
        tell(p, c, &own);
    }
    if (met_others > 0 && (!number || met_own == 0)) {
        tell(p, c, &others);
    }
}

void claims_check(struct plan *p, enum claim_kind first, enum claim_kind last)
{
    struct claims at = {.kind = first};
    struct claim c;

    while (claims_next(p, &at, &c) && c.kind <= last) {
        bool sound = kinds[c.kind].mine != NULL && is_sound(p, &c);

        for (uint32_t k = 0; sound && k <= last; k++) {
            if (((kinds[c.kind].excludes & BIT(k)) | (kinds[k].excludes & BIT(c.kind))) != 0) {
                check_against(p, &at, &c, (enum claim_kind)k);
            }
        }
    }
}

void claims_neighbour(struct plan *p, struct claim *neighbour, int node, bool *told)
{
    const bool intids = kinds[neighbour->kind].unit == INTIDS;
    const enum claim_kind last = intids ? CLAIM_RAISED : CLAIM_WINDOW;
    struct claims at = {.kind = intids ? CLAIM_SPI : CLAIM_WINDOW};
    struct claim c;

    while (claims_next(p, &at, &c) && c.kind <= last) {
        /* What begins with a disabled one's is another description of the same hardware. */
        if (!claims_share(p, &c, neighbour) && !told[at.i] && collide(neighbour, &c) &&
            (neighbour->kind != CLAIM_BOARD_OFF || neighbour->r.base != c.r.base)) {
            neighbour->name = board_path(p, node);
            tell(p, &c, neighbour);
            told[at.i] = true;
        }
    }
}
