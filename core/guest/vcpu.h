/* SPDX-License-Identifier: Apache-2.0 */
/* A virtual CPU: bound to one physical CPU for ever; its power state and its interrupts. */
#ifndef CORE_GUEST_VCPU_H
#define CORE_GUEST_VCPU_H

#include <stdint.h>

#include <arch/vcpu.h>

#include "core/base/cpu.h"
#include "core/guest/vgic.h"

struct partition;

/* DEN 0022 AFFINITY_INFO's values. */
enum vcpu_power { VCPU_ON = 0, VCPU_OFF = 1, VCPU_ON_PENDING = 2 };

struct vcpu {
    struct arch_vcpu
        arch; /* first: arch/A/vectors.S reaches it through cpu->vcpu. Class: per-CPU */
    struct partition *partition; /* sealed */
    struct cpu *cpu;             /* sealed */
    uint32_t index;              /* sealed; the guest's MPIDR.Aff0 */
    uint32_t power;              /* atomic, enum vcpu_power */
    uint64_t entry, context;     /* of the pending CPU_ON; written by who moved OFF -> ON_PENDING,
                                    released by `go` */
    uint32_t go; /* atomic: entry and context are there; cleared by the vCPU's CPU when it starts */
    struct vgic_cpu vgic;
};

/*
 * Never returns: this CPU has nothing to run. Sleeps in WFI, serves physical interrupts, and starts
 * its vCPU when CPU_ON tells it to.
 */
__attribute__((noreturn)) void vcpu_idle(void *unused);

/* Never returns: leave the guest for good (CPU_OFF, or the partition ends), then vcpu_idle(). On
 * its own CPU. */
__attribute__((noreturn)) void vcpu_stop(struct vcpu *vcpu);

#endif
