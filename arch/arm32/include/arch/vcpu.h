/* SPDX-License-Identifier: Apache-2.0 */
/* What Armv7-A keeps of a virtual CPU, and the frame that an exit leaves on the HYP stack. */
#ifndef ARCH_VCPU_H
#define ARCH_VCPU_H

#include <stdbool.h>
#include <stdint.h>

/*
 * r0..r12 of User mode and LR_usr, as HYP mode sees them; vectors.S stores them at cpu->stack_top -
 * sizeof(struct arch_regs). The others are banked, and stay in their registers.
 */
struct arch_regs {
    uint32_t r[13];
    uint32_t lr_usr;
};

/* Class: per-CPU. */
struct arch_vcpu {
    bool erratum_766422; /* this CPU is a Cortex-A15 r0p4 or older: see traps.c */
};

#endif
