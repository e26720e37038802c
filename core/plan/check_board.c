/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of what all share: the GIC's frames, release words, and where the system file lies. */
#include "core/plan/check.h"

#include <inttypes.h>

#include "core/base/bits.h"
#include "core/memory/el2_map.h"

#define GICR_FRAMES UINT64_C(0x20000) /* one CPU's, at least; IHI 0069 12.10 */

/* GICv2's virtual CPU interface is mapped for partitions: nothing else may be in its pages. */
static void check_interfaces(struct plan *p)
{
    const struct plan_gic *gic = &p->board.gic;

    if (gic->version == 2 &&
        (gic->cpu.size == 0 || gic->virt.size == 0 ||
         !is_aligned(gic->cpu.base | gic->cpu.size | gic->virt.base | gic->virt.size, PAGE_SIZE))) {
        plan_error(p, PLAN_SHARED, gic->path,
                   "the GICv2's CPU interfaces, 0x%" PRIx64 "+0x%" PRIx64 " and 0x%" PRIx64
                   "+0x%" PRIx64 ", are not whole pages",
                   gic->cpu.base, gic->cpu.size, gic->virt.base, gic->virt.size);
    }
    if (gic->alias != 0 && gic->virt.size < gic->alias + 2 * PAGE_SIZE) {
        plan_error(p, PLAN_SHARED, gic->path,
                   "reg: its GICC repeats to offset 0x%" PRIx64 ": the GICV, 0x%" PRIx64
                   "+0x%" PRIx64 ", must have two pages there, too",
                   gic->alias, gic->virt.base, gic->virt.size);
    }
}

/* A frame for each CPU. How large a GICv4's are, only the hardware tells: see irq_cpu_init(). */
static void check_frames(struct plan *p)
{
    const struct plan_gic *gic = &p->board.gic;
    uint64_t each = gic->redist_stride != 0 ? gic->redist_stride : GICR_FRAMES;
    uint64_t frames = 0;

    for (uint32_t i = 0; i < gic->redists; i++) {
        frames += gic->redist[i].size / each;
    }
    if (gic->version != 2 && frames < p->board.cpu_count) {
        plan_error(p, PLAN_SHARED, gic->path,
                   "reg: its redistributors' regions have room for %" PRIu64
                   " CPUs: the board has %u",
                   frames, p->board.cpu_count);
    }
}

/* The planner is nobody's later, but still runs. */
static bool hits_own(const struct plan_board *b, struct range r)
{
    if (ranges_overlap(check_pages_of(r), el2_whole_image())) {
        return true;
    }
    for (uint32_t i = 0; i < PLAN_OWN && i < b->reserved_count; i++) {
        if (ranges_overlap(check_pages_of(r), b->reserved[i])) {
            return true;
        }
    }
    return false;
}

/* The word that a CPU of the spin-table method polls, at EL2: Bulkhead writes it once. */
static void check_release_words(struct plan *p)
{
    const struct plan_board *b = &p->board;

    for (uint32_t i = 0; i < b->cpu_count; i++) {
        const struct range word = {b->cpus[i].release, sizeof(uint64_t)};

        if (b->cpus[i].enable == CPU_ENABLE_SPIN_TABLE && i != b->boot_cpu &&
            (!is_aligned(word.base, word.size) || !check_is_ram(b, word) || hits_own(b, word) ||
             ranges_overlap(check_pages_of(word), b->system))) {
            plan_error(p, PLAN_SHARED, "/cpus",
                       "cpu-release-addr of CPU 0x%" PRIx64 ": 0x%" PRIx64
                       " is no word of RAM beside Bulkhead",
                       b->cpus[i].mpidr, word.base);
        }
    }
}

bool plan_check_system(struct plan *p, struct range system)
{
    const char *why = NULL;

    if (!range_valid(system.base, system.size) || !check_is_ram(&p->board, system)) {
        why = "is not in the board's RAM";
    } else if (hits_own(&p->board, system)) {
        why = "shares a page with Bulkhead or the board's device tree";
    }
    if (why != NULL) {
        plan_error(p, PLAN_SHARED, "/chosen",
                   "the system file, 0x%" PRIx64 " bytes at 0x%" PRIx64 ", %s: load it elsewhere",
                   system.size, system.base, why);
    }
    return why == NULL;
}

void check_board(struct plan *p)
{
    check_release_words(p);
    check_interfaces(p);
    check_frames(p);
}
