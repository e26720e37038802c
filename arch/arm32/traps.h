/* SPDX-License-Identifier: Apache-2.0 */
/* Between vectors.S, the trap handlers in C and what they ask. */
#ifndef ARCH_ARM32_TRAPS_H
#define ARCH_ARM32_TRAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bits.h"
#include "core/guest/trap.h"

struct arch_regs;

/* HSR (DDI 0406 B3.13.6) beyond its ISS. */
#define HSR_EC MASK(31, 26)

/* ISS of an abort: at stage 2 of a stage-1 walk. */
#define ISS_S1PTW BIT(7)

/* vectors.S: HVBAR. */
extern uint8_t vectors[];

/*
 * vectors.S: leave HYP for ELR_hyp, SPSR_hyp; r0, r2 = `arg`, r1 all ones, VFP, where there is one,
 * and the others 0.
 */
__attribute__((noreturn)) void vectors_enter(uint32_t arg, uint32_t stack_top, bool vfp);

/* Called by vectors.S with the guest's registers in `regs`; it has done all when it returns. */
void trap_sync(struct arch_regs *regs);
void trap_irq(void);
__attribute__((noreturn)) void trap_hyp(uint32_t elr, uint32_t vector);

/* idregs.c: what a guest reads from the ID register CP_ID(0, 0, CRm 1..7, op2). */
uint32_t idregs_read(uint32_t id);

#endif
