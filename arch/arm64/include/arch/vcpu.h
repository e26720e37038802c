/* SPDX-License-Identifier: Apache-2.0 */
/* What AArch64 keeps of a virtual CPU, and the frame that an exit leaves on the EL2 stack. */
#ifndef ARCH_VCPU_H
#define ARCH_VCPU_H

#include <stdbool.h>
#include <stdint.h>

/*
 * x0..x30 at an exit; vectors.S stores them at cpu->stack_top - sizeof(struct arch_regs). x[31] is
 * XZR: it reads 0 and what is written there is lost. At a call (HVC, SMC) x19..x29 are not stored:
 * C keeps them.
 */
struct arch_regs {
    uint64_t x[32];
};

/* Class: per-CPU. */
struct arch_vcpu {
    uint64_t vttbr;      /* VTTBR_EL2: VMID and stage-2 root */
    uint64_t vtcr;       /* VTCR_EL2 */
    bool erratum_834220; /* this CPU is a Cortex-A57: see traps.c */
};

#endif
