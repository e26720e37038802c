/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a partition's making, from the sealed plan to its vCPUs' tables, and its end. */
#include "core/guest/partition.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/console.h"
#include "core/base/panic.h"
#include "core/guest/filter.h"
#include "core/guest/guest_dt.h"
#include "core/guest/irq.h"
#include "core/guest/msi.h"
#include "core/guest/stream.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"
#include "core/plan/check.h"
#include "core/plan/image.h"
#include "core/plan/msi.h"

struct partition partitions[CONFIG_MAX_PARTITIONS];

/* Class: atomic. Partitions that were started and have not ended. */
static uint32_t partitions_alive;

/* ---- build ---- */

static enum status make_vcpus(struct partition *part)
{
    uint64_t size = sizeof(struct vcpu) * part->plan->cpu_count;

    part->vcpu = pool_take((uint32_t)(align_up(size, PAGE_SIZE) / PAGE_SIZE));
    if (part->vcpu == NULL) {
        return E_NO_SPACE;
    }
    for (uint32_t i = 0; i < part->plan->cpu_count; i++) {
        struct vcpu *vcpu = &part->vcpu[i];

        vcpu->partition = part;
        vcpu->cpu = &cpus[part->plan->cpus[i]];
        vcpu->index = i;
        vcpu->power = VCPU_OFF;
        vcpu->cpu->vcpu = vcpu;
    }
    return OK;
}

/*
 * GICv2: the guest's CPU interface is the hardware's virtual one, at the address of the physical.
 */
static enum status map_gicv(struct partition *part, const struct plan_gic *board_gic)
{
    if (board_gic->version != 2) {
        return OK;
    }
    return lpae_map(&part->stage2, board_gic->cpu.base, pa(board_gic->virt.base),
                    board_gic->virt.size < board_gic->cpu.size ? board_gic->virt.size
                                                               : board_gic->cpu.size,
                    LPAE_DEVICE);
}

/* But for its frame for messages, and what is filtered: see msi.c, filter.c. */
static enum status map_devices(struct partition *part, const struct plan *p)
{
    const struct range frame = check_pages_of(msi_frame(p, part->index).mmio);
    enum status status = map_gicv(part, &p->board.gic);

    for (uint32_t i = 0; status == OK && i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        if (device->partition != (int)part->index) {
            continue;
        }
        for (uint32_t w = 0; status == OK && w < device->mmio_count; w++) {
            struct range r = plan_window_pages(p, i, w);

            if (r.size != 0 && !ranges_overlap(r, frame) && (device->filtered & 1u << w) == 0) {
                status = lpae_map(&part->stage2, r.base, pa(r.base), r.size, LPAE_DEVICE);
            }
        }
    }
    return status;
}

static struct range extent_range(const struct plan_extent *e)
{
    return (struct range){e->pa, e->size};
}

static enum status build_stage2(struct partition *part, const struct plan *p)
{
    enum status status = lpae_init(&part->stage2, LPAE_STAGE2, plan_ipa_bits(p, part->plan));

    for (uint32_t i = 0; status == OK && i < part->plan->extent_count; i++) {
        const struct plan_extent *e = &part->plan->extent[i];

        status = lpae_map(&part->stage2, e->ipa, pa(e->pa), e->size, LPAE_RAM);
    }
    if (status == OK) {
        status = map_devices(part, p);
    }
    if (status == OK) {
        lpae_clean(&part->stage2);
    }
    return status;
}

/* Behind those of the partitions before it. */
static void find_window(struct partition *part, const struct plan *p)
{
    const struct plan_extent *last = &part->plan->extent[0];
    uint64_t from = 0;

    for (uint32_t i = 0; i < part->index; i++) {
        from =
            range_end(partitions[i].window.at) > from ? range_end(partitions[i].window.at) : from;
    }
    for (uint32_t i = 0; i < part->plan->extent_count; i++) {
        last = part->plan->extent[i].pa > last->pa ? &part->plan->extent[i] : last;
    }
    if (!el2_reaches(extent_range(last)) &&
        !el2_window_find(&part->window, from, p->board.ram, p->board.ram_banks)) {
        console_printf("bulkhead: error: %s: memory: EL2 has no free addresses to load what lies "
                       "above 4 GiB at: ask for less\n",
                       part->plan->name);
    }
}

void partition_find_windows(const struct plan *p)
{
    for (uint32_t i = 0; i < CONFIG_MAX_PARTITIONS; i++) {
        if (partitions[i].plan != NULL) {
            find_window(&partitions[i], p);
        }
    }
}

enum status partition_build(struct partition *part, const struct plan *p)
{
    enum status status;

    part->index = (uint32_t)(part - partitions);
    part->plan = &p->partitions[part->index];
    status = make_vcpus(part);
    if (status == OK) {
        status = build_stage2(part, p);
    }
    if (status == OK) {
        status = vgic_init(part, p);
    }
    if (status == OK && part->plan->console == PLAN_CONSOLE_SHARED) {
        status = vuart_init(part, p);
    } else if (status == OK) {
        console_stream_open(part->index, part->plan->name, NULL);
    }
    if (status == OK) {
        status = vpci_init(part, p);
    }
    if (status == OK) {
        status = msi_make_window(part, p);
    }
    if (status == OK) {
        status = filter_make_windows(part, p);
    }
    return status;
}

/* ---- load ---- */

/* Memory while the partition is loaded: mapped at its own address, or in the window. */
static void *see(struct partition *part, struct range what)
{
    return el2_reaches(what) ? (void *)(uintptr_t)what.base : el2_window_show(&part->window, what);
}

/* image_at: the partition's memory; what is in the window is there until the next call. */
static void *memory_at(void *ctx, uint64_t ipa, uint64_t size)
{
    struct partition *part = ctx;
    const struct plan_extent *e = plan_extent_at(part->plan, ipa, size);

    return e == NULL ? NULL : see(part, (struct range){e->pa + (ipa - e->ipa), size});
}

static enum status load_image(struct partition *part, enum plan_kernel kind,
                              const struct plan_image *image)
{
    const char *why = image->size != 0 ? image_load(kind, image, memory_at, part) : NULL;

    if (why != NULL) {
        console_printf("bulkhead: error: %s: image %s: %s: not started\n", part->plan->name,
                       image->name, why);
    }
    return why == NULL ? OK : E_INVALID;
}

static enum status fill_memory(struct partition *part, const struct plan *p)
{
    const struct plan_partition *pp = part->plan;
    enum status status = load_image(part, pp->kernel_kind, &pp->kernel);

    if (status == OK) {
        status = load_image(part, PLAN_KERNEL_RAW, &pp->ramdisk);
    }
    if (status == OK) {
        void *tree = memory_at(part, pp->fdt_ipa, pp->fdt_room);

        status = tree == NULL ? E_INVALID : guest_dt_make(p, part->index, tree, pp->fdt_room);
        if (status != OK) {
            console_printf("bulkhead: error: %s: no device tree could be made in %" PRIu64
                           " bytes: "
                           "not started\n",
                           pp->name, pp->fdt_room);
        }
    }
    return status;
}

/* Open an extent, zeroed; one above EL2's addresses is zeroed a piece at a time. */
static enum status open_extent(struct partition *part, struct range extent)
{
    enum status status = el2_reaches(extent) ? el2_map(extent, LPAE_DATA) : OK;

    for (uint64_t done = 0, size; status == OK && done < extent.size; done += size) {
        void *p;

        size = extent.size - done;
        size = el2_reaches(extent) || size < EL2_WINDOW_MOST ? size : EL2_WINDOW_MOST;
        p = see(part, (struct range){extent.base + done, size});
        if (p == NULL) {
            return E_NO_SPACE;
        }
        arch_zero(p, size);
    }
    return status;
}

static void close_extent(struct range extent)
{
    enum status status = OK;

    if (el2_reaches(extent)) {
        arch_cache_clean_invalidate((void *)(uintptr_t)extent.base, extent.size);
        status = el2_unmap(extent);
    }
    check(status == OK);
}

enum status partition_load(struct partition *part, const struct plan *p)
{
    const struct plan_partition *pp = part->plan;
    enum status status = OK;
    uint32_t open = 0;

    while (status == OK && open < pp->extent_count) {
        status = open_extent(part, extent_range(&pp->extent[open]));
        if (status == OK) {
            open++;
        } else {
            console_printf("bulkhead: error: %s: memory: EL2 cannot map 0x%" PRIx64
                           " to load it: not started\n",
                           pp->name, pp->extent[open].pa);
        }
    }
    if (status == OK) {
        status = fill_memory(part, p);
    }
    el2_window_hide(&part->window);
    while (open > 0) {
        close_extent(extent_range(&pp->extent[--open]));
    }
    arch_icache_invalidate();
    return status;
}

/* ---- life and end ---- */

bool partition_alive(const struct partition *part)
{
    return part->plan != NULL &&
           __atomic_load_n(&part->state, __ATOMIC_RELAXED) == PARTITION_RUNNING;
}

void partition_start(struct partition *part)
{
    part->running = 1;
    part->vcpu[0].power = VCPU_ON_PENDING;
    part->vcpu[0].entry = part->plan->entry;
    part->vcpu[0].context = part->plan->fdt_ipa;
    __atomic_fetch_add(&partitions_alive, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&part->state, PARTITION_RUNNING, __ATOMIC_RELEASE);
    __atomic_store_n(&part->vcpu[0].go, 1, __ATOMIC_RELEASE);
}

void partition_end(struct partition *part, const char *why)
{
    uint32_t seen = PARTITION_RUNNING;

    if (!__atomic_compare_exchange_n(&part->state, &seen, PARTITION_ENDING, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED)) {
        return;
    }
    console_printf("bulkhead: %s: ends: %s\n", part->plan->name, why);
    for (uint32_t i = 0; i < part->plan->cpu_count; i++) {
        irq_kick(part->vcpu[i].cpu);
    }
}

/* Every vCPU of it is off: nothing of it runs any more. */
static void partition_ended(struct partition *part)
{
    stream_close(&plan, part->index);
    vpci_stop(part);
    vgic_stop(part);
    __atomic_store_n(&part->state, PARTITION_ENDED, __ATOMIC_RELEASE);
    console_stream_close(part->index);
    console_printf("bulkhead: %s: is off\n", part->plan->name);
    if (__atomic_sub_fetch(&partitions_alive, 1, __ATOMIC_ACQ_REL) == 0) {
        console_printf("bulkhead: all partitions are off%s\n",
                       plan.board.psci || plan.board.sysreg.mmio.size != 0
                           ? ": machine off"
                           : "; without PSCI the machine stays on");
        console_flush();
        arch_machine_off();
    }
}

void partition_leave(struct partition *part)
{
    if (__atomic_sub_fetch(&part->running, 1, __ATOMIC_ACQ_REL) == 0) {
        partition_end(part, "all its CPUs are off");
        partition_ended(part);
    }
}
