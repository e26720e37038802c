/* SPDX-License-Identifier: Apache-2.0 */
/* A partition at run time: its tables, its emulated devices, its virtual CPUs, and its end. */
#ifndef CORE_GUEST_PARTITION_H
#define CORE_GUEST_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/guest/mmio.h"
#include "core/guest/vcpu.h"
#include "core/guest/vgic.h"
#include "core/guest/vits.h"
#include "core/guest/vpci.h"
#include "core/guest/vuart.h"
#include "core/memory/el2_window.h"
#include "core/memory/lpae.h"
#include "core/plan/plan.h"

enum partition_state { PARTITION_RUNNING, PARTITION_ENDING, PARTITION_ENDED };

struct partition {
    const struct plan_partition *plan; /* sealed */
    uint32_t index;                    /* in plan.partitions[]; VMID is index + 1 */
    struct lpae stage2;                /* sealed once built */
    struct mmio_map mmio;              /* sealed once built */
    struct vgic vgic;
    struct vuart vuart;
    struct vpci vpci;
    struct vcpu *vcpu; /* vcpu[plan->cpu_count], from the pool */
    uint32_t state;    /* atomic, enum partition_state */
    uint32_t running;  /* atomic: CPUs that have not yet left it */
    struct vits vits;
    struct el2_window window; /* class: the boot CPU's, then that of the CPU that loads it */
};

/* partitions[plan.partitions index]; those refused stay zero. */
extern struct partition partitions[CONFIG_MAX_PARTITIONS];

/*
 * Make the partition's structures from the sealed plan: vCPUs bound to cpus[], stage 2 (RAM,
 * granted windows, GICV), vGIC, vUART. Fails only where the pool is smaller than
 * plan_check_given() was told: fatal. The boot CPU, before it starts others.
 */
enum status partition_build(struct partition *partition, const struct plan *p) MUST_CHECK;

/*
 * For partitions whose memory is above EL2's addresses: choose those to load it at, or tell that
 * there are none. Once all partitions are built, as that maps registers at EL2. The boot CPU.
 */
void partition_find_windows(const struct plan *p);

/*
 * Map its RAM at EL2 (above EL2's addresses a piece at a time), zero it, place kernel, ramdisk and
 * device tree, clean to PoC, unmap. E_INVALID (told with the image's name) where an image turns out
 * broken: the partition is then not started. Its boot CPU.
 */
enum status partition_load(struct partition *partition, const struct plan *p) MUST_CHECK;

/*
 * It is whole: let its first vCPU start (its CPU finds it in vcpu_idle()). Before any partition
 * runs: the boot CPU.
 */
void partition_start(struct partition *partition);

/*
 * Before every return to the guest after an interrupt or kick: true where its partition is ending
 * and this vCPU must stop.
 */
static inline bool vcpu_must_stop(const struct vcpu *vcpu)
{
    return __atomic_load_n(&vcpu->partition->state, __ATOMIC_RELAXED) != PARTITION_RUNNING;
}

/* True while it runs. */
bool partition_alive(const struct partition *partition);

/* End it: no vCPU of it returns to the guest again; others are kicked. `why` goes to the log once.
 * Any of its CPUs. */
void partition_end(struct partition *partition, const char *why);

/* A CPU has left it (vcpu_stop()); the last one tidies up, and the last of all partitions turns the
 * machine off. */
void partition_leave(struct partition *partition);

#endif
