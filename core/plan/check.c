/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a plan, held against it whoever made it: any content of the struct is survived.
 * Rules that relate two partitions count what both ask for, whether or not one is refused already,
 * so that what is told depends on no order.
 */
#include "core/plan/check.h"

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"

#define GICV2_MAX_CPUS 8
#define FIRST_SPI      32
#define END_SPI        1020 /* INTIDs from here on are no SPI; IHI 0048 2.2.1, IHI 0069 2.2 */

const char *plan_where(const struct plan *p, uint32_t index)
{
    static char where[64]; /* class: the boot CPU's, before the seal */
    const char *name = p->partitions[index].name;

    console_format(where, sizeof(where), "/configurations/%s", name != NULL ? name : "?");
    return where;
}

static const char *name_of(const struct plan *p, uint32_t index)
{
    return p->partitions[index].name != NULL ? p->partitions[index].name : "?";
}

static const char *path_of(const struct plan_device *device)
{
    return device->path != NULL ? device->path : "?";
}

static bool share_page(struct range a, struct range b)
{
    return ranges_overlap(check_pages_of(a), check_pages_of(b));
}

/* True where `r` shares a page with any of the list. */
static bool hits(struct range r, const struct range *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (share_page(list[i], r)) {
            return true;
        }
    }
    return false;
}

static struct range extent_pa(const struct plan_extent *e)
{
    return (struct range){e->pa, e->size};
}

/* ---- one partition: CPUs, memory ---- */

/* Also of a refused one: parse.c only reads them. */
static void check_cpus(struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];

    if (part->cpu_count == 0 && !part->refused) {
        plan_refuse(p, index, "cpus: it has none; list at least one");
    }
    if (p->board.gic.version == 2 && part->cpu_count > GICV2_MAX_CPUS) {
        plan_refuse(p, index, "cpus: %u listed, but a GICv2 serves 8", part->cpu_count);
    }
    for (uint32_t i = 0; i < part->cpu_count; i++) {
        if (part->cpus[i] >= p->board.cpu_count) {
            plan_refuse(p, index, "cpus: entry %u is no CPU", i);
            continue;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (part->cpus[i] == part->cpus[j]) {
                plan_refuse(p, index, "cpus: 0x%lx is listed twice; list it once",
                            p->board.cpus[part->cpus[i]].mpidr);
            }
        }
    }
}

/* Also of a refused one: nothing before has looked at it. */
static void check_memory_windows(struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];
    struct range window;

    for (uint32_t m = 0; m < part->memory_count; m++) {
        struct range r = part->memory[m];

        for (uint32_t i = 0; check_emulated_window(p, part, i, &window); i++) {
            if (share_page(r, window)) {
                plan_refuse(p, index,
                            "memory: 0x%lx-0x%lx overlaps the %s at 0x%lx-0x%lx; choose other "
                            "addresses",
                            r.base, range_end(r) - 1, check_emulated_name(p, i), window.base,
                            range_end(window) - 1);
            }
        }
    }
}

static void check_memory(struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];

    if (part->memory_count == 0) {
        plan_refuse(p, index, "memory: it has none; give it a range");
    }
    for (uint32_t i = 0; i < part->memory_count; i++) {
        struct range r = part->memory[i];

        if (!range_valid(r.base, r.size) || !is_aligned(r.base | r.size, PAGE_SIZE) ||
            range_end(r) > BIT(arch_pa_bits())) {
            plan_refuse(p, index,
                        "memory: 0x%lx bytes at 0x%lx: must be whole 4 KiB pages below 0x%lx",
                        r.size, r.base, BIT(arch_pa_bits()));
        }
        for (uint32_t j = 0; j < i; j++) {
            if (ranges_overlap(part->memory[i], part->memory[j])) {
                plan_refuse(p, index,
                            "memory: the ranges at 0x%lx and 0x%lx overlap; make them disjoint",
                            part->memory[j].base, part->memory[i].base);
            }
        }
    }
}

/* ---- one partition: what place.c gave it ---- */

bool check_is_ram(const struct plan_board *board, struct range r)
{
    uint64_t at = r.base;

    for (uint32_t n = 0; n <= board->ram_banks; n++) {
        for (uint32_t i = 0; i < board->ram_banks && at < range_end(r); i++) {
            if (at - board->ram[i].base < board->ram[i].size) {
                at = range_end(board->ram[i]);
            }
        }
    }
    return at >= range_end(r);
}

static bool extent_is_sound(const struct plan *p, const struct plan_partition *part, uint32_t n)
{
    const struct plan_board *board = &p->board;
    const struct plan_extent *e = &part->extent[n];
    bool inside = false;

    if (!range_valid(e->pa, e->size) || !range_valid(e->ipa, e->size) ||
        !is_aligned(e->ipa | e->pa | e->size, PAGE_SIZE) ||
        range_end(extent_pa(e)) > BIT(arch_pa_bits()) || !check_is_ram(board, extent_pa(e)) ||
        hits(extent_pa(e), board->reserved, board->reserved_count) ||
        (part->direct_map && e->ipa != e->pa)) {
        return false;
    }
    for (uint32_t i = 0; i < part->memory_count; i++) {
        inside = inside || range_holds(part->memory[i], (struct range){e->ipa, e->size});
    }
    for (const struct plan_extent *x = part->extent; x < e; x++) {
        if (x->ipa + x->size > e->ipa || ranges_overlap(extent_pa(x), extent_pa(e))) {
            return false; /* must ascend, and be disjoint */
        }
    }
    return inside;
}

static void check_extents(struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];
    uint64_t asked = 0;
    uint64_t given = 0;

    for (uint32_t i = 0; i < part->memory_count; i++) {
        asked += part->memory[i].size;
    }
    for (uint32_t i = 0; i < part->extent_count; i++) {
        given += part->extent[i].size;
        if (!extent_is_sound(p, part, i)) {
            plan_refuse(p, index, "memory: 0x%lx bytes of RAM at 0x%lx cannot be given for 0x%lx",
                        part->extent[i].size, part->extent[i].pa, part->extent[i].ipa);
            return;
        }
    }
    if (asked != given) {
        plan_refuse(p, index, "memory: 0x%lx bytes are asked for, 0x%lx given", asked, given);
    }
}

static bool in_memory(const struct plan_partition *part, struct range r)
{
    return plan_extent_at(part, r.base, r.size) != NULL;
}

static void check_images(struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];
    struct range tree = {part->fdt_ipa, part->fdt_room};
    struct range kernel = {part->kernel.load, part->kernel.load_size};
    struct range ramdisk = {part->ramdisk.load, part->ramdisk.load_size};

    if (part->kernel.size == 0) {
        plan_refuse(p, index, "kernel: it has none; name an image");
        return;
    }
    if (!in_memory(part, (struct range){part->entry, 4})) {
        plan_refuse(p, index,
                    "kernel: its entry 0x%lx is outside the partition's memory; change "
                    "\"load\" and \"entry\", or \"memory\"",
                    part->entry);
        return;
    }
    if (part->kernel_kind == PLAN_KERNEL_ELF64) {
        kernel = (struct range){part->entry, 4}; /* place.c looks at its segments one by one */
    }
    if (part->ramdisk.size == 0) {
        ramdisk = (struct range){part->entry, 0};
    }
    if (!in_memory(part, kernel) || !in_memory(part, tree) || !in_memory(part, ramdisk) ||
        !is_aligned(tree.base, 8)) {
        plan_refuse(p, index,
                    "kernel, ramdisk or device tree is not inside the partition's "
                    "memory; enlarge \"memory\"");
    } else if (ranges_overlap(kernel, tree) || ranges_overlap(kernel, ramdisk) ||
               ranges_overlap(tree, ramdisk)) {
        plan_refuse(p, index, "kernel, ramdisk and device tree overlap; enlarge \"memory\"");
    }
}

/* ---- one partition: devices ---- */

/* Registers that EL2 drives or emulates. */
static bool hits_own(const struct plan_board *board, struct range window)
{
    const struct plan_gic *gic = &board->gic;
    const struct range own[] = {gic->dist, gic->cpu, gic->hyp, gic->virt, board->console.mmio};
    bool found = hits(window, own, ARRAY_SIZE(own)) || hits(window, gic->redist, gic->redists);

    for (uint32_t i = 0; i < board->smmu_count; i++) {
        found = found || share_page(window, board->smmus[i].mmio);
    }
    return found;
}

static void check_window(struct plan *p, const struct plan_device *device, struct range window)
{
    const struct plan_partition *part = &p->partitions[device->partition];
    const struct plan_board *board = &p->board;
    const char *why = NULL;

    if (!range_valid(window.base, window.size) || range_end(window) > BIT(arch_pa_bits())) {
        why = "makes no sense";
    } else if (hits_own(board, window)) {
        why = "shares a page with the console, the interrupt controller or an SMMU: it cannot be "
              "granted";
    } else if (hits(window, board->ram, board->ram_banks)) {
        why = "overlaps the board's RAM: it cannot be granted";
    } else if (hits(window, part->memory, part->memory_count)) {
        why = "overlaps the partition's memory: change \"memory\"";
    }
    if (why != NULL) {
        plan_error(p, device->partition, path_of(device), "devices: its window 0x%lx+0x%lx %s",
                   window.base, window.size, why);
    }
}

static void check_device(struct plan *p, const struct plan_device *device)
{
    for (uint32_t i = 0; i < device->mmio_count; i++) {
        check_window(p, device, device->mmio[i]);
        if (hits(device->mmio[i], device->mmio, i)) {
            plan_error(p, device->partition, path_of(device),
                       "devices: two of its windows share the page of 0x%lx: it cannot be granted",
                       device->mmio[i].base);
        }
    }
    check_msi_frame(p, device);
    for (uint32_t i = 0; i < device->irq_count; i++) {
        uint32_t intid = device->irq[i].intid;
        bool own = intid == p->board.console.irq.intid;
        bool beyond = p->board.gic.intids != 0 && intid >= p->board.gic.intids;

        if (intid < FIRST_SPI || intid >= END_SPI || own || beyond) {
            plan_error(p, device->partition, path_of(device),
                       "devices: its interrupt %u is %s: it cannot be granted", intid,
                       own      ? "the console's too"
                       : beyond ? "beyond those that the GIC has"
                                : "no SPI (32-1019)");
        }
    }
}

/* ---- two partitions ---- */

static void tell_cpu(struct plan *p, uint32_t index, uint32_t other, uint64_t mpidr)
{
    plan_refuse(p, index, "cpus: 0x%lx is also in \"%s\": neither starts; give it to one of them",
                mpidr, name_of(p, other));
}

static void check_shared_cpus(struct plan *p, uint32_t a, uint32_t b)
{
    const struct plan_partition *x = &p->partitions[a];
    const struct plan_partition *y = &p->partitions[b];

    for (uint32_t i = 0; i < x->cpu_count; i++) {
        for (uint32_t j = 0; j < y->cpu_count; j++) {
            if (x->cpus[i] == y->cpus[j] && x->cpus[i] < p->board.cpu_count) {
                tell_cpu(p, a, b, p->board.cpus[x->cpus[i]].mpidr);
                tell_cpu(p, b, a, p->board.cpus[x->cpus[i]].mpidr);
            }
        }
    }
}

static void check_shared_memory(struct plan *p, uint32_t a, uint32_t b)
{
    const struct plan_partition *x = &p->partitions[a];
    const struct plan_partition *y = &p->partitions[b];

    for (uint32_t i = 0; i < x->extent_count; i++) {
        for (uint32_t j = 0; j < y->extent_count; j++) {
            if (ranges_overlap(extent_pa(&x->extent[i]), extent_pa(&y->extent[j]))) {
                plan_refuse(p, a, "memory: shares RAM with \"%s\"", name_of(p, b));
                plan_refuse(p, b, "memory: shares RAM with \"%s\"", name_of(p, a));
                return;
            }
        }
    }
}

/* True where they share a page, but for windows of one partition that fill the same pages. */
static bool share_registers(const struct plan_device *x, const struct plan_device *y)
{
    for (uint32_t i = 0; i < x->mmio_count; i++) {
        struct range r = check_pages_of(x->mmio[i]);

        for (uint32_t j = 0; j < y->mmio_count; j++) {
            struct range other = check_pages_of(y->mmio[j]);

            if (ranges_overlap(r, other) &&
                (x->partition != y->partition || r.base != other.base || r.size != other.size)) {
                return true;
            }
        }
    }
    return false;
}

/* Any of y's interrupts is one that x's frame raises. */
static bool raises(const struct plan_device *x, const struct plan_device *y)
{
    for (uint32_t i = 0; i < y->irq_count; i++) {
        if (y->irq[i].intid - x->msi_first < x->msi_count) {
            return true;
        }
    }
    return x->msi_count != 0 && y->msi_first - x->msi_first < x->msi_count && y->msi_count != 0;
}

static bool share_interrupt(const struct plan_device *x, const struct plan_device *y)
{
    if (raises(x, y) || raises(y, x)) {
        return true;
    }
    for (uint32_t i = 0; i < x->irq_count; i++) {
        for (uint32_t j = 0; j < y->irq_count; j++) {
            if (x->irq[i].intid == y->irq[j].intid) {
                return true;
            }
        }
    }
    return false;
}

/* The same node; of functions of one host bridge, the same function. */
static bool same_device(const struct plan_device *x, const struct plan_device *y)
{
    return x->node == y->node && (!x->function || !y->function || x->rid == y->rid);
}

/* Two of one partition may share an interrupt, and a page of registers. */
static void tell_device(struct plan *p, const struct plan_device *x, const struct plan_device *y)
{
    const char *other = name_of(p, (uint32_t)y->partition);

    if (same_device(x, y)) {
        plan_error(p, x->partition, path_of(x),
                   "devices: it is also in \"%s\": neither starts; grant it once", other);
    } else if (share_registers(x, y)) {
        plan_error(p, x->partition, path_of(x),
                   "devices: it shares a 4 KiB page of registers with %s of \"%s\": grant %s",
                   path_of(y), other,
                   x->partition != y->partition ? "both to one, or neither" : "one of them");
    } else if (x->partition != y->partition && share_interrupt(x, y)) {
        plan_error(p, x->partition, path_of(x),
                   "devices: it shares an interrupt with %s of \"%s\": neither starts; grant both "
                   "to one",
                   path_of(y), other);
    }
}

/* ---- all ---- */

/* Every count within its table, every index within what it points into. */
static bool counts_are_sane(const struct plan *p)
{
    const struct plan_board *board = &p->board;
    bool sane = board->ram_banks <= PLAN_MAX_RAM_BANKS &&
                board->reserved_count <= PLAN_MAX_RESERVED && board->cpu_count <= CONFIG_MAX_CPUS &&
                board->gic.redists <= PLAN_MAX_REDISTS && board->boot_cpu < CONFIG_MAX_CPUS &&
                p->partition_count <= CONFIG_MAX_PARTITIONS && p->device_count <= PLAN_MAX_DEVICES;

    for (uint32_t i = 0; sane && i < p->partition_count; i++) {
        const struct plan_partition *part = &p->partitions[i];

        sane = part->cpu_count <= PLAN_MAX_VCPUS && part->memory_count <= PLAN_MAX_RANGES &&
               part->extent_count <= PLAN_MAX_EXTENTS;
    }
    for (uint32_t i = 0; sane && i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        sane = device->mmio_count <= PLAN_MAX_WINDOWS && device->irq_count <= PLAN_MAX_IRQS &&
               device->partition >= 0 && device->partition < (int)p->partition_count;
    }
    return sane && check_streams_are_sane(p) && check_functions_are_sane(p);
}

static void check_each(struct plan *p)
{
    for (uint32_t i = 0; i < p->partition_count; i++) {
        bool refused = p->partitions[i].refused;

        check_cpus(p, i);
        check_memory_windows(p, i);
        if (refused) {
            continue; /* what else it breaks was told where it was found */
        }
        check_memory(p, i);
        check_extents(p, i);
        check_images(p, i);
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        check_device(p, &p->devices[i]);
    }
}

static void check_pairs(struct plan *p)
{
    for (uint32_t b = 1; b < p->partition_count; b++) {
        for (uint32_t a = 0; a < b; a++) {
            check_shared_cpus(p, a, b);
            check_shared_memory(p, a, b);
        }
    }
    for (uint32_t b = 1; b < p->device_count; b++) {
        for (uint32_t a = 0; a < b; a++) {
            tell_device(p, &p->devices[a], &p->devices[b]);
            if (p->devices[a].partition != p->devices[b].partition) {
                tell_device(p, &p->devices[b], &p->devices[a]);
            }
        }
    }
}

/* Who owns each CPU, now that it is known who starts; the console goes to the first of them. */
static void own_cpus(struct plan *p)
{
    p->console_cpu = p->board.boot_cpu;
    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        p->board.cpus[i].partition = PLAN_NONE;
        p->board.cpus[i].vcpu = 0;
    }
    for (uint32_t i = p->partition_count; i > 0; i--) {
        const struct plan_partition *part = &p->partitions[i - 1];

        for (uint32_t v = 0; v < part->cpu_count && !part->refused; v++) {
            p->board.cpus[part->cpus[v]].partition = (int)(i - 1);
            p->board.cpus[part->cpus[v]].vcpu = v;
            p->console_cpu = part->cpus[0];
        }
    }
}

void plan_check(struct plan *p, uint64_t pool_pages)
{
    if (!counts_are_sane(p)) {
        plan_error(p, PLAN_SHARED, "/", "the plan contradicts itself: a count exceeds its table");
        return;
    }
    check_board(p);
    check_each(p);
    check_pairs(p);
    check_streams(p);
    check_pool(p, pool_pages);
    own_cpus(p);
}
