/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions that EL2 makes a guest take, and stepping over an instruction done for it. */
#ifndef ARCH_ARM64_INJECT_H
#define ARCH_ARM64_INJECT_H

#include <stdint.h>

#include <arch/sysreg.h>

#include "arch/arm64/traps.h"
#include "core/base/bits.h"

/* Undefined Instruction, from where ELR_EL2 points. */
void inject_undef(void);

/* Synchronous external abort for the access that the trapped abort `esr` tells, at FAR_EL2. */
void inject_abort(uint64_t esr);

/* Where the guest goes by an exception taken now: its vector for SPSR_EL2's mode. */
uint64_t inject_vector(void);

/* After an AArch32 instruction: DDI 0487 ITAdvance() on SPSR_EL2; nothing outside an IT block. */
void inject_it_advance(void);

/* Step over the trapped instruction; ESR_EL2.IL tells its length. */
static inline void inject_skip(uint64_t esr)
{
    sysreg_write(ELR_EL2, sysreg_read(ELR_EL2) + 2 + 2 * field_get(ESR_IL, esr));
    if ((sysreg_read(SPSR_EL2) & SPSR_AARCH32) != 0) {
        inject_it_advance();
    }
}

#endif
