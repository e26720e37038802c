/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions and IT blocks of a trapped AArch32 instruction. Pure: any CPU, no lock. */
#ifndef CORE_GUEST_CONDITION_H
#define CORE_GUEST_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * False where the trapped instruction is a NOP: a core may trap one whose condition fails. `iss`:
 * HSR or ESR_EL2, with CV and COND; `psr`: SPSR_hyp or SPSR_EL2, whose ITSTATE tells where CV is 0.
 * DDI 0487 ConditionHolds(), DDI 0406 ConditionPassed().
 */
bool condition_passed(uint64_t iss, uint64_t psr);

/* `psr` behind the instruction; nothing changes outside an IT block. DDI 0487 ITAdvance(). */
uint64_t condition_it_advanced(uint64_t psr);

#endif
