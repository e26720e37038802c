/* SPDX-License-Identifier: Apache-2.0 */
/* Between vectors.S, the trap handlers in C and what they ask. */
#ifndef ARCH_ARM64_TRAPS_H
#define ARCH_ARM64_TRAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bits.h"
#include "core/guest/trap.h"

struct arch_regs;
struct vcpu;

/* ESR_EL2 (DDI 0487 D17.2.37) beyond its ISS. */
#define ESR_EC MASK(31, 26)
#define ESR_IL BIT(25)

/* ISS of an abort: its register; at stage 2 of a stage-1 walk. */
#define ISS_ISV   BIT(24)      /* the fields above bit 13 are valid */
#define ISS_SAS   MASK(23, 22) /* log2 of bytes */
#define ISS_SSE   BIT(21)      /* sign-extend what is read */
#define ISS_SRT   MASK(20, 16)
#define ISS_WNR   BIT(6)
#define ISS_S1PTW BIT(7)

/* ISS of a trapped MSR or MRS. */
#define ISS_SYS_RT   MASK(9, 5)
#define ISS_SYS_READ BIT(0)

/* A system register by its encoding, where a trap's ISS has it. */
#define SYSREG_ID(op0, op1, crn, crm, op2)                                                         \
    ((uint32_t)((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1))
#define SYSREG_ID_MASK (MASK(21, 10) | MASK(4, 1))

/* SPSR_EL2 of a guest. */
#define SPSR_EL1H    UINT64_C(0x5)
#define SPSR_AARCH32 BIT(4)
#define SPSR_DAIF    MASK(9, 6)
#define SPSR_BTYPE   MASK(11, 10)
#define SPSR_SS      BIT(21)

/* vectors.S: VBAR_EL2. */
extern uint8_t vectors[];

/* vectors.S: leave EL2 for EL1 at ELR_EL2, SPSR_EL2; all general and SIMD registers 0 but these. */
__attribute__((noreturn)) void vectors_enter(uint64_t x0, uint64_t x1, uint64_t x2,
                                             uint64_t stack_top);

/*
 * Called by vectors.S with the guest's registers in `regs`: trap_call() for HVC and SMC (x19 to x29
 * not stored), trap_data_abort() for one from below, trap_sync() for the others; then trap_apply()
 * unless the outcome is TRAP_RESUME. What trap_data_abort() writes to `regs` is one register, the
 * one that `esr` names. From a partition in AArch32 state all come to trap_aarch32(), which applies
 * the outcome.
 */
enum trap_outcome trap_call(struct arch_regs *regs, uint64_t esr);
enum trap_outcome trap_data_abort(struct arch_regs *regs, uint64_t esr);
enum trap_outcome trap_sync(struct arch_regs *regs, uint64_t esr);
void trap_apply(enum trap_outcome outcome);
void trap_aarch32(struct arch_regs *regs, uint64_t esr);
void trap_irq(void);
__attribute__((noreturn)) void trap_serror(struct arch_regs *regs);
__attribute__((noreturn)) void trap_el2(uint64_t esr, uint64_t elr, uint64_t far, uint64_t vector);

/* Handlers of trap_sync() that are AArch32's too; what is written to a register that sends SGIs. */
enum trap_outcome trap_sysreg(struct arch_regs *regs, uint64_t esr, struct vcpu *vcpu);
enum trap_outcome trap_instruction_abort(struct arch_regs *regs, uint64_t esr, struct vcpu *vcpu);
enum trap_outcome trap_write_sgi(struct vcpu *vcpu, uint32_t id, uint64_t value);

/* idregs.c: what a guest reads from the ID register; `id` is in op0 3, op1 0, CRn 0, CRm 1..7. */
uint64_t idregs_read(uint32_t id);

#endif
