/* SPDX-License-Identifier: Apache-2.0 */
/* A physical CPU as Bulkhead sees it: one struct each, reached through TPIDR_EL2. */
#ifndef CORE_BASE_CPU_H
#define CORE_BASE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>

#include "core/base/addr.h"

struct vcpu;

#define CPU_STACK_SIZE UINT64_C(8192)

/*
 * Class: per-CPU, written by its owner (and by the boot CPU before it starts). `vcpu` is the one
 * virtual CPU that this CPU runs, for ever; NULL for a CPU that no partition owns.
 * arch/A/vectors.S knows the offset of nothing here but `stack_top` (first member).
 */
struct cpu {
    uint64_t stack_top;  /* VA = PA, 16-byte aligned: where every exit's frame begins */
    uint64_t mpidr;      /* affinity fields, as in the board's /cpus/cpu@N reg */
    uint64_t gic_target; /* GICv2: its bit in GICD_ITARGETSR; GICv3: as ICC_SGI1R_EL1 names it;
                            all, until it has come up */
    uint64_t gic_redist; /* GICv3: address of this CPU's RD_base frame */
    struct vcpu *vcpu;
    uint32_t index;  /* into plan.cpus[] */
    bool failed;     /* before it runs anything: it did not start, or has no GIC interface */
    bool unfit;      /* it has not the execution state of its partition, which does not start */
    uint32_t online; /* set once by the CPU itself when it has reached EL2 C code; read by the boot
                        CPU */
};

/* cpus[plan.cpus index]; class: per-CPU. */
extern struct cpu cpus[CONFIG_MAX_CPUS];

/* The CPU this code runs on. */
static inline struct cpu *cpu_self(void)
{
    return arch_cpu_self();
}

#endif
