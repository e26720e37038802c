/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a plan, held against it whoever made it: any content of the struct is survived. What
 * excludes what is in claims.c; here is the rest.
 */
#include "core/plan/check.h"

#include <inttypes.h>

#include "core/base/bits.h"
#include "core/plan/claims.h"
#include "core/plan/dt.h"
#include "core/plan/parse.h"

#define GICV2_MAX_CPUS 8

/* ---- what is asked for ---- */

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
        for (uint32_t v = 0; sane && v < part->cpu_count; v++) {
            sane = part->cpus[v] < board->cpu_count;
        }
    }
    for (uint32_t i = 0; sane && i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        sane = device->mmio_count <= PLAN_MAX_WINDOWS && device->irq_count <= PLAN_MAX_IRQS &&
               device->partition >= 0 && device->partition < (int)p->partition_count;
    }
    return sane && check_streams_are_sane(p) && check_functions_are_sane(p);
}

/* What a refused one lacks was told where it was found. */
static void check_partition(struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];

    if (p->board.gic.version == 2 && part->cpu_count > GICV2_MAX_CPUS) {
        plan_refuse(p, index, "cpus: %u listed, but a GICv2 serves %d", part->cpu_count,
                    GICV2_MAX_CPUS);
    }
    if (!part->refused && (part->cpu_count == 0 || part->memory_count == 0)) {
        plan_refuse(p, index, "it has no CPU, or no memory: list at least one");
    }
}

void plan_check(struct plan *p)
{
    if (!counts_are_sane(p)) {
        plan_error(p, PLAN_SHARED, "/", "the plan contradicts itself: a count exceeds its table");
        return;
    }
    check_board(p);
    for (uint32_t i = 0; i < p->partition_count; i++) {
        check_partition(p, i);
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        check_msi_frame(p, &p->devices[i]);
    }
    claims_check(p, CLAIM_OWN, CLAIM_NODE);
    if (p->board.fdt != NULL) { /* a plan may be held to the rules without its tree */
        claims_of_board(p);
        streams_against_board(p);
    }
    claims_filter(p);
    if (!dt_search_end()) {
        plan_error(
            p, PLAN_SHARED, "/",
            "its nodes refer to others so often that it is no board's tree: it would take too "
            "long to read");
    }
}

/* ---- what is given ---- */

bool check_is_ram(const struct plan_board *board, struct range r)
{
    uint32_t i = 0;

    while (i < board->ram_banks && !range_holds(board->ram[i], r)) {
        i++;
    }
    return i < board->ram_banks;
}

/* Extents ascend, and are all of what was asked for; what they lie on is claims.c's matter. */
static void check_extents(struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];
    uint64_t missing = 0;
    uint64_t last = 0;

    for (uint32_t i = 0; i < part->memory_count; i++) {
        missing += part->memory[i].size;
    }
    for (uint32_t i = 0; i < part->extent_count; i++) {
        const struct plan_extent *e = &part->extent[i];
        bool sound = e->ipa >= last && (!part->direct_map || e->ipa == e->pa);
        bool inside = false;

        for (uint32_t m = 0; m < part->memory_count; m++) {
            inside = inside || range_holds(part->memory[m], (struct range){e->ipa, e->size});
        }
        if (!sound || !inside || !is_aligned(e->ipa, PAGE_SIZE)) {
            plan_refuse(p, index,
                        "memory: 0x%" PRIx64 " bytes of RAM at 0x%" PRIx64
                        " cannot be given for 0x%" PRIx64,
                        e->size, e->pa, e->ipa);
            return;
        }
        last = e->ipa + e->size;
        missing -= e->size;
    }
    if (missing != 0) {
        plan_refuse(p, index, "memory: 0x%" PRIx64 " bytes of what is asked for are not given",
                    missing);
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
                    "kernel: its entry 0x%" PRIx64 " is outside the partition's memory; change "
                    "\"load\" and \"entry\", or \"memory\"",
                    part->entry);
        return;
    }
    if (part->kernel_kind == PLAN_KERNEL_ELF) {
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

void plan_check_given(struct plan *p, uint64_t pool_pages)
{
    for (uint32_t i = 0; i < p->partition_count; i++) {
        if (!p->partitions[i].refused) {
            check_extents(p, i);
            check_images(p, i);
        }
    }
    claims_check(p, CLAIM_EXTENT, CLAIM_EXTENT);
    check_streams(p);
    check_pool(p, pool_pages);
    own_cpus(p);
}
