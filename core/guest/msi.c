/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what becomes of a granted function's messages. */
#include "core/guest/msi.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/panic.h"
#include "core/guest/irq.h"
#include "core/guest/partition.h"
#include "core/memory/el2_map.h"
#include "core/plan/msi.h"

/* Class: sealed; ITSs that did not start, told. */
static bool broken[PLAN_MAX_ITS];

static const struct cpu *first_cpu(const struct plan *p, uint32_t partition)
{
    return &cpus[p->partitions[partition].cpus[0]];
}

static uint32_t owner_of(const struct plan *p, const struct plan_function *f)
{
    return (uint32_t)p->devices[f->device].partition;
}

/* True where messages of the function are to be let through. */
static bool is_used(const struct plan *p, const struct plan_function *f)
{
    return f->msi && !p->partitions[owner_of(p, f)].refused;
}

void msi_build(const struct plan *p)
{
    bool started[PLAN_MAX_ITS] = {false};

    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];
        uint32_t its = is_used(p, f) ? p->partitions[owner_of(p, f)].msi_its : 0;
        enum status status = OK;

        if (!is_used(p, f) || broken[its]) {
            continue;
        }
        if (!started[its]) {
            started[its] = true;
            status = drivers_its->start(its);
        }
        status = status == OK ? drivers_its->add_cpu(first_cpu(p, owner_of(p, f))) : status;
        status = status == OK ? drivers_its->add_device(its, f->msi_device) : status;
        check(status != E_NO_SPACE); /* plan_check() has counted its pages */
        broken[its] = status != OK;
    }
}

bool msi_open(const struct plan *p, uint32_t partition)
{
    const struct plan_partition *part = &p->partitions[partition];
    const struct cpu *cpu = first_cpu(p, partition);
    enum status status = OK;

    if (part->msi_first == 0) {
        return true;
    }
    status = broken[part->msi_its] ? E_UNSUPPORTED : drivers_its->init_cpu(cpu);
    for (uint32_t i = 0; status == OK && i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];

        if (is_used(p, f) && owner_of(p, f) == partition) {
            status = drivers_its->map(part->msi_its, f->msi_device, PLAN_EVENTS,
                                      LPI_FIRST + i * PLAN_EVENTS, cpu);
        }
    }
    if (status != OK) {
        console_printf("bulkhead: error: %s: %s or CPU 0x%" PRIx64
                       " does not take messages of its PCI "
                       "functions: not started\n",
                       part->name, p->board.its[part->msi_its].path, cpu->mpidr);
    }
    return status == OK;
}

/* ---- what the guest sees ---- */

/* Only DMA reaches a granted frame: a CPU, which need not write there, could raise all its SPIs. */
static enum trap_outcome access_frame(struct vcpu *vcpu, void *device, uint64_t offset,
                                      struct mmio_access *access)
{
    const struct msi_frame frame = msi_frame(device, vcpu->partition->index);

    if (access->size != 4) {
        return TRAP_ABORT;
    }
    if (!access->write) {
        access->value =
            offset == V2M_MSI_TYPER ? field_prep(V2M_MSI_TYPER_BASE, frame.first) | frame.count : 0;
    } else if (offset == V2M_MSI_SETSPI_NS && access->value - frame.first < frame.count) {
        irq_again((uint32_t)access->value);
    }
    return TRAP_SKIP;
}

enum status msi_make_window(struct partition *partition, const struct plan *p)
{
    const struct msi_frame frame = msi_frame(p, partition->index);

    if (frame.emulated) {
        return vits_init(partition, frame.window);
    }
    return frame.mmio.size != 0 ? mmio_add(&partition->mmio, frame.mmio.base, frame.mmio.size,
                                           access_frame, (void *)(uintptr_t)p)
                                : OK;
}

void msi_irq(uint32_t lpi)
{
    const uint32_t index = (lpi - LPI_FIRST) / PLAN_EVENTS;
    struct partition *part;

    if (index < plan.function_count && plan.functions[index].msi) {
        part = &partitions[owner_of(&plan, &plan.functions[index])];
        if (partition_alive(part)) {
            vits_message(part, index, lpi % PLAN_EVENTS);
        }
    }
}
