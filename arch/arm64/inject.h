/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions that EL2 makes a guest take, and stepping over an instruction done for it. */
#ifndef ARCH_ARM64_INJECT_H
#define ARCH_ARM64_INJECT_H

#include <stdint.h>

/* Undefined Instruction, from where ELR_EL2 points. */
void inject_undef(void);

/* Synchronous external abort for the access that the trapped abort `esr` tells, at FAR_EL2. */
void inject_abort(uint64_t esr);

/* Where the guest goes by an exception taken now: its vector for SPSR_EL2's mode. */
uint64_t inject_vector(void);

/*
 * Step over the trapped instruction, as if it had been executed: ESR_EL2.IL tells its length, its
 * single step is done (DDI 0487 D2.12), and PSTATE has no more of its BTYPE or ITSTATE.
 */
void inject_skip(uint64_t esr);

#endif
