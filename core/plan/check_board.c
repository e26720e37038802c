/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of what all share: the GIC's and the console's registers, and EL2's own interrupts. */
#include "core/plan/check.h"

#include "core/base/arch.h"
#include "core/base/bits.h"

#define GICR_FRAMES UINT64_C(0x20000) /* one CPU's, at least; IHI 0069 12.10 */
#define MAX_SHARED  (PLAN_MAX_REDISTS + 5 + PLAN_MAX_SMMUS)

struct shared {
    const char *name, *path;
    struct range r;
};

static const char *gic_path(const struct plan *p)
{
    return p->board.gic.path != NULL ? p->board.gic.path : "/";
}

static const char *console_path(const struct plan *p)
{
    return p->board.console.path != NULL ? p->board.console.path : "/";
}

/* Every window that EL2 drives or emulates; returns how many. */
static uint32_t list_shared(const struct plan *p, struct shared *list)
{
    const struct plan_gic *gic = &p->board.gic;
    const char *path = gic_path(p);
    uint32_t count = 0;

    list[count++] = (struct shared){"GICD", path, gic->dist};
    list[count++] = (struct shared){"console", console_path(p), p->board.console.mmio};
    if (gic->version == 2) {
        list[count++] = (struct shared){"GICC", path, gic->cpu};
        list[count++] = (struct shared){"GICH", path, gic->hyp};
        list[count++] = (struct shared){"GICV", path, gic->virt};
    }
    for (uint32_t i = 0; gic->version != 2 && i < gic->redists; i++) {
        list[count++] = (struct shared){"GICR", path, gic->redist[i]};
    }
    for (uint32_t i = 0; i < p->board.smmu_count; i++) {
        list[count++] = (struct shared){"SMMU", p->board.smmus[i].path, p->board.smmus[i].mmio};
    }
    return count;
}

static void check_windows(struct plan *p)
{
    struct shared list[MAX_SHARED];
    uint32_t count = list_shared(p, list);

    for (uint32_t i = 0; i < count; i++) {
        const struct shared *s = &list[i];

        if (s->r.size == 0 || !range_valid(s->r.base, s->r.size) ||
            range_end(s->r) > BIT(arch_pa_bits())) {
            plan_error(p, PLAN_SHARED, s->path, "reg: %s, 0x%lx bytes at 0x%lx, makes no sense",
                       s->name, s->r.size, s->r.base);
            continue;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (ranges_overlap(check_pages_of(s->r), check_pages_of(list[j].r))) {
                plan_error(p, PLAN_SHARED, s->path, "reg: %s shares a page with %s of %s, 0x%lx",
                           s->name, list[j].name, list[j].path, list[j].r.base);
            }
        }
        for (uint32_t j = 0; j < p->board.ram_banks; j++) {
            if (ranges_overlap(check_pages_of(s->r), p->board.ram[j])) {
                plan_error(p, PLAN_SHARED, s->path, "reg: %s, 0x%lx, lies in the board's RAM",
                           s->name, s->r.base);
            }
        }
    }
}

/* GICv2's virtual CPU interface is mapped for partitions: nothing else may be in its pages. */
static void check_interfaces(struct plan *p)
{
    const struct plan_gic *gic = &p->board.gic;

    if (gic->version == 2 &&
        (gic->cpu.size == 0 || gic->virt.size == 0 ||
         !is_aligned(gic->cpu.base | gic->cpu.size | gic->virt.base | gic->virt.size, PAGE_SIZE))) {
        plan_error(p, PLAN_SHARED, gic_path(p),
                   "the GICv2's CPU interfaces, 0x%lx+0x%lx and 0x%lx+0x%lx, are not whole pages",
                   gic->cpu.base, gic->cpu.size, gic->virt.base, gic->virt.size);
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
        plan_error(p, PLAN_SHARED, gic_path(p),
                   "reg: its redistributors' regions have room for %lu CPUs: the board has %u",
                   frames, p->board.cpu_count);
    }
}

/* A guest owns its timers' and its PMU's; the maintenance interrupt is EL2's. */
static void check_own_interrupts(struct plan *p)
{
    const struct plan_board *b = &p->board;
    const struct {
        const char *name;
        uint32_t intid;
    } ppis[] = {
        {"the maintenance interrupt", b->gic.maintenance},
        {"the physical timer's", b->timer_phys},
        {"the virtual timer's", b->timer_virt},
        {"EL2's timer's", b->timer_hyp},
        {"the PMU's", b->pmu},
    };

    for (uint32_t i = 1; i < ARRAY_SIZE(ppis); i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (ppis[i].intid != 0 && ppis[i].intid == ppis[j].intid) {
                plan_error(p, PLAN_SHARED, gic_path(p), "interrupts: PPI %u is %s and %s",
                           ppis[i].intid, ppis[j].name, ppis[i].name);
            }
        }
    }
    if (b->gic.intids != 0 && b->console.irq.intid >= b->gic.intids) {
        plan_error(p, PLAN_SHARED, console_path(p),
                   "interrupts: the console's, %u, is beyond the %u that the GIC has",
                   b->console.irq.intid, b->gic.intids);
    }
}

static bool hits_own(const struct plan_board *b, struct range r)
{
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

        if (b->cpus[i].enable == PLAN_ENABLE_SPIN_TABLE && i != b->boot_cpu &&
            (!is_aligned(word.base, word.size) || !check_is_ram(b, word) || hits_own(b, word) ||
             ranges_overlap(check_pages_of(word), b->pool) ||
             ranges_overlap(check_pages_of(word), b->system))) {
            plan_error(p, PLAN_SHARED, "/cpus",
                       "cpu-release-addr of CPU 0x%lx: 0x%lx is no word of RAM beside Bulkhead",
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
                   "the system file, 0x%lx bytes at 0x%lx, %s: load it elsewhere", system.size,
                   system.base, why);
    }
    return why == NULL;
}

void check_board(struct plan *p)
{
    check_release_words(p);
    check_windows(p);
    check_interfaces(p);
    check_frames(p);
    check_own_interrupts(p);
}
