/* SPDX-License-Identifier: Apache-2.0 */
/* What AArch64 keeps of a virtual CPU, and the frame that an exit leaves on the EL2 stack. */
#ifndef ARCH_VCPU_H
#define ARCH_VCPU_H

#include <stdint.h>

/* x0..x30 at an exit; vectors.S stores them at cpu->stack_top - sizeof(struct arch_regs). */
struct arch_regs {
    uint64_t x[31];
    uint64_t unused; /* keeps the stack 16-byte aligned */
};

/* Class: per-CPU. */
struct arch_vcpu {
    uint64_t vttbr; /* VTTBR_EL2: VMID and stage-2 root */
    uint64_t vtcr;  /* VTCR_EL2 */
};

#endif
