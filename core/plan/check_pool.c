/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of EL2's pool that a plan takes at most: they are counted, and shared out. */
#include "core/plan/check.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/cpu.h"
#include "core/memory/el2_window.h"
#include "core/memory/lpae.h"
#include "core/memory/pool.h"
#include "core/plan/msi.h"
#include "core/plan/pci.h"

#define VCPU_PAGES  1
#define STACK_PAGES (CPU_STACK_SIZE / PAGE_SIZE)

uint64_t check_el2_pages(const struct plan *p, struct range r)
{
    const uint64_t image = p->board.reserved[0].base;
    const uint64_t apart = (r.base ^ image) | ((range_end(r) - 1) ^ image);
    uint32_t root;
    uint32_t level = lpae_start_level(LPAE_EL2_STAGE1, arch_el2_bits(), &root);

    if (r.size == 0) {
        return 0;
    }
    if (p->board.reserved_count != 0 && apart < BLOCK_1G) {
        level = 2;
    } else if (p->board.reserved_count != 0 && apart < BIT(39) && level == 0) {
        level = 1;
    }
    return lpae_bound(level, r.base, r.base, r.size);
}

uint64_t plan_table_pages(const struct plan *p, const struct plan_partition *part)
{
    uint32_t root;
    const uint32_t level = lpae_start_level(LPAE_STAGE2, plan_ipa_bits(p, part), &root);
    uint64_t total = 2 * root - 1; /* it is aligned */

    for (uint32_t i = 0; i < part->extent_count; i++) {
        const struct plan_extent *e = &part->extent[i];

        total += lpae_bound(level, e->ipa, e->pa, e->size);
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        for (uint32_t w = 0; w < device->mmio_count; w++) {
            struct range r = check_pages_of(device->mmio[w]);

            if (device->partition == (int)(part - p->partitions)) {
                total += lpae_bound(level, r.base, r.base, r.size);
            }
        }
    }
    if (p->board.gic.version == 2) {
        struct range r = check_pages_of(p->board.gic.cpu);

        total += lpae_bound(level, r.base, r.base, r.size);
    }
    return total;
}

/* The vGIC keeps 32 SPIs together where the partition has one of them. */
static uint64_t vgic_pages(const struct plan *p, const struct plan_partition *part)
{
    const struct msi_frame frame = msi_frame(p, (uint32_t)(part - p->partitions));
    uint32_t banks = 1u << (p->board.console.irq.intid / 32 & 31);
    uint32_t count = 0;

    for (uint32_t n = 0; n < frame.count && n < END_SPI; n++) {
        banks |= 1u << ((frame.first + n) / 32 & 31);
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        for (uint32_t n = 0; n < device->irq_count; n++) {
            if (device->partition == (int)(part - p->partitions)) {
                banks |= 1u << (device->irq[n].intid / 32 & 31);
            }
        }
    }
    for (; banks != 0; banks &= banks - 1) {
        count++;
    }
    return (count + PLAN_SPI_BANKS - 1) / PLAN_SPI_BANKS;
}

/* Stage 2, EL2's map of its RAM while it is loaded, structures, stacks. */
uint64_t check_pool_need(const struct plan *p, const struct plan_partition *part)
{
    uint64_t need = plan_table_pages(p, part) + vgic_pages(p, part) + check_dma_pages(p, part);
    uint64_t window = 0;

    for (uint32_t i = 0; i < part->extent_count; i++) {
        const struct range r = {part->extent[i].pa, part->extent[i].size};

        need += el2_reaches(r) ? check_el2_pages(p, r) : 0;
        window = el2_reaches(r) ? window : EL2_WINDOW_PAGES;
    }
    need += part->console == PLAN_CONSOLE_SHARED ? pool_bound(CONSOLE_RING_PAGES) : 0;
    need += pool_bound(VCPU_PAGES * (uint64_t)part->cpu_count);
    for (uint32_t v = 0; v < part->cpu_count; v++) {
        need += part->cpus[v] != p->board.boot_cpu ? pool_bound(STACK_PAGES) : 0;
    }
    return need + window;
}

/* EL2's map of the words that start CPUs. */
static uint64_t spin_table_pages(const struct plan *p)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        const struct plan_cpu *cpu = &p->board.cpus[i];

        if (cpu->enable == CPU_ENABLE_SPIN_TABLE) {
            pages += check_el2_pages(p, check_pages_of((struct range){cpu->release, 8}));
        }
    }
    return pages;
}

/* EL2's map of what it looks at for partitions. */
static uint64_t filter_pages(const struct plan *p)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < p->device_count; i++) {
        for (uint32_t w = 0; w < p->devices[i].mmio_count; w++) {
            struct range r = check_pages_of(p->devices[i].mmio[w]);

            pages += (p->devices[i].filtered & 1u << w) != 0 ? check_el2_pages(p, r) : 0;
        }
    }
    return pages;
}

/*
 * The pool is in two pieces: what is left at the end of the first, where what is taken together
 * does not fit there. An SMMU and ITSs take less than all that is counted for them.
 */
static uint64_t split_pages(const struct plan *p, uint64_t drivers)
{
    uint64_t largest = STACK_PAGES > CONSOLE_RING_PAGES ? STACK_PAGES : CONSOLE_RING_PAGES;

    largest = largest > drivers ? largest : drivers;
    for (uint32_t i = 0; i < p->partition_count; i++) {
        const uint64_t vcpus = VCPU_PAGES * (uint64_t)p->partitions[i].cpu_count;
        uint32_t root;

        (void)lpae_start_level(LPAE_STAGE2, plan_ipa_bits(p, &p->partitions[i]), &root);
        largest = largest > vcpus ? largest : vcpus;
        largest = largest > root ? largest : root;
    }
    return pool_bound(largest) <= POOL_FIRST_PAGES ? pool_bound(largest) - 1 : POOL_FIRST_PAGES;
}

static uint64_t fixed_pages(const struct plan *p)
{
    const uint64_t drivers = check_smmu_pages(p) + msi_pages(p);

    return split_pages(p, drivers) + drivers + spin_table_pages(p) + filter_pages(p) +
           check_pci_pages(p);
}

uint64_t check_pool_total(const struct plan *p)
{
    uint64_t total = fixed_pages(p);

    for (uint32_t i = 0; i < p->partition_count; i++) {
        total += p->partitions[i].refused ? 0 : check_pool_need(p, &p->partitions[i]);
    }
    return total;
}

void check_pool(struct plan *p, uint64_t pool_pages)
{
    uint64_t fixed = fixed_pages(p);
    uint64_t left = pool_pages > fixed ? pool_pages - fixed : 0;

    for (uint32_t i = 0; i < p->partition_count; i++) {
        uint64_t need;

        if (p->partitions[i].refused) {
            continue;
        }
        need = check_pool_need(p, &p->partitions[i]);
        if (need > left) {
            plan_refuse(p, i,
                        "memory: its tables take %" PRIu64 " KiB at EL2, %" PRIu64
                        " KiB of RAM are left for them: "
                        "align \"memory\" to 2 MiB, or ask for less",
                        need * PAGE_SIZE / 1024, left * PAGE_SIZE / 1024);
            continue;
        }
        left -= need;
    }
}
