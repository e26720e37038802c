/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions that EL2 makes a guest take, and stepping over an instruction done for it. */
#ifndef ARCH_ARM64_INJECT_H
#define ARCH_ARM64_INJECT_H

#include <stdint.h>

#include <arch/sysreg.h>

#include "arch/arm/aarch32.h"
#include "arch/arm64/traps.h"

/* Undefined Instruction, from where ELR_EL2 points. */
void inject_undef(void);

/* Synchronous external abort for the access that the trapped abort `esr` tells, at FAR_EL2. */
void inject_abort(uint64_t esr);

/* Where the guest goes by an exception taken now: its vector for SPSR_EL2's mode. */
uint64_t inject_vector(void);

/* inject_skip() from AArch64, of which `spsr` is SPSR_EL2. */
static inline void inject_skip_aarch64(uint64_t spsr)
{
    sysreg_write(SPSR_EL2, spsr & ~(SPSR_SS | SPSR_BTYPE));
    sysreg_write(ELR_EL2, sysreg_read(ELR_EL2) + 4);
}

/*
 * Step over the trapped instruction, as if it had been executed: ESR_EL2.IL tells its length, its
 * single step is done (DDI 0487 D2.12), and PSTATE has no more of its BTYPE or ITSTATE.
 */
static inline void inject_skip(uint64_t esr)
{
    const uint64_t spsr = sysreg_read(SPSR_EL2);

    if ((spsr & SPSR_AARCH32) != 0) {
        aarch32_skip((uint32_t)esr);
    } else {
        inject_skip_aarch64(spsr);
    }
}

#endif
