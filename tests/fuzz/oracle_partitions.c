/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the look at what is built of a plan: the real tables, entry by entry, and guests' trees. */
#include "oracle.h"

#include <libfdt.h>
#include <stdbool.h>
#include <string.h>

#include <arch/host.h>

#include "core/guest/guest_dt.h"
#include "core/guest/partition.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"
#include "core/plan/check.h"
#include "core/plan/msi.h"

/* ---- a pool that starts anew, no larger than was counted: these replace the library's ---- */

#define PAGE        UINT64_C(4096)
#define ARENA_PAGES 8192u

/* Pages of the arena that nobody has taken: as the real pool, in two pieces. */
struct piece {
    uint32_t first, end;
};

static uint8_t arena[ARENA_PAGES][4096] __attribute__((aligned(1 << 16)));
static struct piece pieces[2];

void *pool_take(uint32_t pages)
{
    const uint32_t align = (uint32_t)pool_alignment(pages);

    for (int i = 0; i < 2; i++) {
        uint32_t at = (pieces[i].first + align - 1) / align * align;

        if (at + pages <= pieces[i].end) {
            pieces[i].first = at + pages;
            return memset(arena[at], 0, (size_t)pages * PAGE);
        }
    }
    return NULL;
}

uint32_t pool_left(void)
{
    return pieces[0].end - pieces[0].first + pieces[1].end - pieces[1].first;
}

struct range pool_range(void)
{
    return (struct range){(uint64_t)(uintptr_t)arena, sizeof(arena)};
}

/*
 * All that the plan counts for what is built here, and no page more: less what it counts for
 * drivers. How much of it is left in the first piece, and where each begins, is anything: by the
 * tree's size.
 */
static void pool_begin(const struct plan *p, uint64_t salt)
{
    uint64_t drivers = check_smmu_pages(p) + msi_pages(p) + check_pci_pages(p);
    uint32_t first = salt / 4 % (POOL_FIRST_PAGES + 1);
    uint32_t pages;

    for (uint32_t i = 0; i < p->partition_count; i++) {
        drivers += p->partitions[i].refused ? 0 : check_dma_pages(p, &p->partitions[i]);
    }
    pages = (uint32_t)(check_pool_total(p) - drivers);
    first = first < pages ? first : pages;
    require(pages < ARENA_PAGES / 2, "%u pages", pages);
    pieces[0].first = 64 + salt / 128 % 16;
    pieces[0].end = pieces[0].first + first;
    pieces[1].first = 128 + salt / 2048 % 16;
    pieces[1].end = pieces[1].first + pages - first;
}

/* ---- a GIC without hardware: building a partition sets triggers, nothing more ---- */

static void set_edge(uint32_t spi, bool edge)
{
    (void)spi;
    (void)edge;
}

static const struct gic_ops no_gic = {.set_edge = set_edge};

/* ---- the tables; DDI 0487 D8.3, 4 KiB granule, stage 2 ---- */

struct walk {
    const struct plan *p;
    uint32_t index;
    uint64_t total; /* bytes mapped */
};

/* An attribute field of a leaf. */
#define BITS(v, high, low) ((v) >> (low) & ((UINT64_C(1) << ((high) - (low) + 1)) - 1))

static bool leaf_is_memory(const struct walk *w, uint64_t ia, uint64_t pa, uint64_t size)
{
    const struct plan_partition *part = &w->p->partitions[w->index];

    for (uint32_t n = 0; n < part->extent_count; n++) {
        const struct plan_extent *e = &part->extent[n];

        if (ia >= e->ipa && ia - e->ipa < e->size && size <= e->size - (ia - e->ipa)) {
            return pa == e->pa + (ia - e->ipa);
        }
    }
    return false;
}

static bool inside(struct range r, uint64_t at, uint64_t size)
{
    uint64_t base = r.base & ~(PAGE - 1);
    uint64_t end = (r.base + r.size + PAGE - 1) & ~(PAGE - 1);

    return at >= base && at + size <= end;
}

static bool leaf_is_device(const struct walk *w, uint64_t ia, uint64_t pa, uint64_t size)
{
    const struct plan_gic *gic_plan = &w->p->board.gic;

    if (gic_plan->version == 2 && inside(gic_plan->cpu, ia, size)) {
        return inside(gic_plan->virt, pa, size) &&
               pa - gic_plan->virt.base == ia - gic_plan->cpu.base;
    }
    for (uint32_t i = 0; i < w->p->device_count; i++) {
        const struct plan_device *d = &w->p->devices[i];

        for (uint32_t m = 0; d->partition == (int)w->index && m < d->mmio_count; m++) {
            if (inside(d->mmio[m], ia, size)) {
                return pa == ia && (d->filtered >> m & 1) == 0;
            }
        }
    }
    return false;
}

static void walk_table(struct walk *w, const uint64_t *table, uint32_t entries, int level,
                       uint64_t ia)
{
    uint64_t size = PAGE << 9 * (3 - level);

    for (uint32_t i = 0; i < entries; i++, ia += size) {
        uint64_t d = table[i];
        uint64_t address = d & UINT64_C(0xfffffffff000);
        bool memory;

        if ((d & 1) == 0) {
            continue;
        }
        if (level < 3 && (d & 2) != 0) {
            walk_table(w, (const uint64_t *)(uintptr_t)address, 512, level + 1, ia);
            continue;
        }
        require(level == 3 ? (d & 2) != 0 : level > 0, "level %d: descriptor 0x%lx", level, d);
        require(address % size == 0, "level %d: block at 0x%lx", level, address);
        memory = leaf_is_memory(w, ia, address, size);
        require(memory || leaf_is_device(w, ia, address, size), "IPA 0x%lx maps 0x%lx", ia,
                address);
        require(BITS(d, 10, 10) == 1 && BITS(d, 7, 6) == 3, "AF, S2AP of 0x%lx", d);
        require(BITS(d, 5, 2) == (memory ? 15 : 1), "MemAttr of 0x%lx", d);
        require(BITS(d, 54, 53) == (memory ? 0 : 2), "XN of 0x%lx", d);
        w->total += size;
    }
}

static uint64_t pages_of(struct range r)
{
    return ((r.base + r.size + PAGE - 1) & ~(PAGE - 1)) - (r.base & ~(PAGE - 1));
}

/* Bytes of the partition's device windows, each page once. */
static uint64_t device_bytes(const struct plan *p, uint32_t index)
{
    uint64_t seen[PLAN_MAX_DEVICES * PLAN_MAX_WINDOWS];
    uint32_t count = 0;
    uint64_t total = 0;

    for (uint32_t i = 0; i < p->device_count; i++) {
        for (uint32_t m = 0; m < p->devices[i].mmio_count; m++) {
            uint64_t first = p->devices[i].mmio[m].base & ~(PAGE - 1);
            bool again =
                p->devices[i].partition != (int)index || (p->devices[i].filtered >> m & 1) != 0;

            for (uint32_t n = 0; n < count; n++) {
                again = again || seen[n] == first;
            }
            if (!again) {
                seen[count++] = first;
                total += pages_of(p->devices[i].mmio[m]);
            }
        }
    }
    return total;
}

static uint64_t planned_bytes(const struct plan *p, uint32_t index)
{
    const struct plan_gic *g = &p->board.gic;
    uint64_t total = device_bytes(p, index);

    for (uint32_t n = 0; n < p->partitions[index].extent_count; n++) {
        total += p->partitions[index].extent[n].size;
    }
    if (g->version == 2) {
        total += g->virt.size < g->cpu.size ? g->virt.size : g->cpu.size;
    }
    return total;
}

static void tables_translate_as_planned(const struct plan *p, uint32_t index)
{
    const struct lpae *t = &partitions[index].stage2;
    struct walk w = {.p = p, .index = index};
    uint32_t level = 2 - lpae_sl0(t);
    uint64_t each = PAGE << 9 * (3 - level);
    uint64_t entries = t->ia_bits < 64 ? (UINT64_C(1) << t->ia_bits) / each : 0;

    require(entries > 0 && entries <= 512 * 16, "%lu entries at level %u", entries, level);
    walk_table(&w, (const uint64_t *)(uintptr_t)t->root.v, (uint32_t)entries, (int)level, 0);
    require(w.total == planned_bytes(p, index), "0x%lx bytes mapped, 0x%lx planned", w.total,
            planned_bytes(p, index));
}

/* ---- the guest's tree ---- */

static uint64_t number(const void *fdt, int node, const char *name)
{
    int length = 0;
    const fdt32_t *cells = fdt_getprop(fdt, node, name, &length);

    require(cells != NULL && (length == 4 || length == 8), "%s: %d bytes", name, length);
    return length == 4 ? fdt32_to_cpu(cells[0])
                       : (uint64_t)fdt32_to_cpu(cells[0]) << 32 | fdt32_to_cpu(cells[1]);
}

/* Bytes of RAM that the tree tells of, each where the partition has memory. */
static uint64_t told_memory(const void *fdt, const struct plan_partition *part)
{
    uint64_t total = 0;
    int node;

    fdt_for_each_subnode(node, fdt, 0)
    {
        int length = 0;
        const char *type = fdt_getprop(fdt, node, "device_type", NULL);
        const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &length);

        for (int n = 0; type != NULL && strcmp(type, "memory") == 0 && 16 * (n + 1) <= length;
             n++) {
            uint64_t base = (uint64_t)fdt32_to_cpu(reg[4 * n]) << 32 | fdt32_to_cpu(reg[4 * n + 1]);
            uint64_t size =
                (uint64_t)fdt32_to_cpu(reg[4 * n + 2]) << 32 | fdt32_to_cpu(reg[4 * n + 3]);
            bool found = false;

            for (uint32_t r = 0; r < part->memory_count; r++) {
                found = found || (part->memory[r].base == base && part->memory[r].size == size);
            }
            require(found, "%s: its tree has memory 0x%lx+0x%lx", part->name, base, size);
            total += size;
        }
    }
    return total;
}

/* Devices in the tree, wherever they are, are those granted: known by where their registers are. */
static void devices_are_granted(const void *fdt, const struct plan *p, uint32_t index)
{
    for (int node = fdt_next_node(fdt, -1, NULL); node >= 0;
         node = fdt_next_node(fdt, node, NULL)) {
        int length = 0;
        const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &length);
        bool granted = strncmp(fdt_get_name(fdt, node, NULL), "dev@", 4) != 0 || length < 16;
        uint64_t base = granted ? 0 : (uint64_t)fdt32_to_cpu(reg[0]) << 32 | fdt32_to_cpu(reg[1]);

        for (uint32_t i = 0; i < p->device_count; i++) {
            const struct plan_device *d = &p->devices[i];

            granted = granted || (d->partition == (int)index && d->mmio[0].base == base);
        }
        require(granted, "%s: its tree has %s", p->partitions[index].name,
                fdt_get_name(fdt, node, NULL));
    }
}

static void tree_is_as_planned(const struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];
    void *fdt = aligned_alloc(8, part->fdt_room);
    uint64_t asked = 0;
    int cpu_nodes = 0;
    int chosen;
    int node;

    require(fdt != NULL, "no memory");
    require(guest_dt_make(p, index, fdt, part->fdt_room) == OK, "%s: no tree in 0x%lx bytes",
            part->name, part->fdt_room);
    require(fdt_check_full(fdt, part->fdt_room) == 0, "%s: its tree is malformed", part->name);
    for (uint32_t r = 0; r < part->memory_count; r++) {
        asked += part->memory[r].size;
    }
    require(told_memory(fdt, part) == asked, "%s: its tree tells of other memory", part->name);
    fdt_for_each_subnode(node, fdt, fdt_path_offset(fdt, "/cpus"))
    {
        const char *type = fdt_getprop(fdt, node, "device_type", NULL);

        cpu_nodes += type != NULL && strcmp(type, "cpu") == 0;
    }
    require(cpu_nodes == (int)part->cpu_count, "%s: its tree has %d CPUs", part->name, cpu_nodes);
    chosen = fdt_path_offset(fdt, "/chosen");
    if (part->ramdisk.size != 0) {
        require(number(fdt, chosen, "linux,initrd-start") == part->ramdisk.load &&
                    number(fdt, chosen, "linux,initrd-end") ==
                        part->ramdisk.load + part->ramdisk.load_size,
                "%s: its tree has another ramdisk", part->name);
    }
    devices_are_granted(fdt, p, index);
    free(fdt);
}

void oracle_partitions(const struct plan *p, const struct oracle_world *w)
{
    pieces[0] = (struct piece){0, 64}; /* EL2's own map before the plan */
    pieces[1] = (struct piece){0, 0};
    host.section_count = 1; /* of no bytes */
    require(el2_map_init(48) == OK, "EL2 has a map");
    require(el2_map((struct range){w->image.base, PAGE}, LPAE_DATA) == OK, "its image is in it");
    pool_begin(p, crc32_of(w->fdt, w->tree.size));
    gic = &no_gic;
    gic_intids = 1024;
    memset(partitions, 0, sizeof(partitions));
    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        if (p->board.cpus[i].partition != PLAN_NONE && i != p->board.boot_cpu) {
            require(pool_take(CPU_STACK_SIZE / PAGE) != NULL, "the pool was enough for stacks");
        }
    }
    for (uint32_t i = 0; i < p->partition_count; i++) {
        if (!p->partitions[i].refused) {
            require(partition_build(&partitions[i], p) == OK, "%s: the pool was enough",
                    p->partitions[i].name);
            tables_translate_as_planned(p, i);
            tree_is_as_planned(p, i);
        }
    }
}
