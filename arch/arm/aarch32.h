/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions of AArch32 that trap: their condition, and the IT block that they are in. */
#ifndef ARCH_ARM_AARCH32_H
#define ARCH_ARM_AARCH32_H

#include <stdbool.h>
#include <stdint.h>

/*
 * False where the trapped instruction is a NOP: a core may trap one whose condition fails. `iss`:
 * HSR or ESR_EL2, with CV and COND; `psr`: SPSR_hyp or SPSR_EL2. Any CPU. DDI 0487
 * ConditionHolds(), DDI 0406 ConditionPassed().
 */
bool aarch32_is_executed(uint64_t iss, uint64_t psr);

/* `psr` behind the instruction; nothing changes outside an IT block. DDI 0487 ITAdvance(). */
uint64_t aarch32_it_advanced(uint64_t psr);

#endif
