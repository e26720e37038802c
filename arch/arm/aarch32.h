/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest in AArch32 state that has trapped: the condition and IT block of its instruction, its
 * registers, and the exceptions that it is made to take. Where the architectures keep its registers
 * is in <arch/aarch32.h>. All on the guest's own CPU.
 */
#ifndef ARCH_ARM_AARCH32_H
#define ARCH_ARM_AARCH32_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bits.h"
#include "core/guest/trap.h"

struct arch_regs;
struct vcpu;

/* PSR: a mode, and what else a guest has. */
#define PSR_MODE MASK(4, 0)
#define PSR_T    BIT(5)
#define PSR_F    BIT(6)
#define PSR_I    BIT(7)
#define PSR_A    BIT(8)
#define PSR_E    BIT(9)
#define MODE_USR 0x10
#define MODE_FIQ 0x11
#define MODE_IRQ 0x12
#define MODE_SVC 0x13
#define MODE_ABT 0x17
#define MODE_UND 0x1b
#define MODE_SYS 0x1f

/* A CP15 or CP14 register by its encoding, where a trapped MCR or MRC's ISS has it. */
#define CP_ID(crn, op1, crm, op2) ((uint32_t)((op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1))
#define CP_ID_MASK                (MASK(19, 10) | MASK(4, 1))

/*
 * The least significant `size` bytes (1, 2, 4) of a register as an access with `psr` has them in
 * memory, or the other way: turned round where data is big-endian (SETEND). DDI 0487 BigEndian().
 */
static inline uint32_t aarch32_ordered(uint32_t v, uint32_t size, uint64_t psr)
{
    const uint32_t unused = 32 - 8 * size;

    return ((psr & PSR_E) != 0 ? __builtin_bswap32(v) : v << unused) >> unused;
}

/*
 * Step over the trapped instruction, as if it had been executed: IL tells its length, and ITSTATE
 * moves on. DDI 0487 ITAdvance().
 */
void aarch32_skip(uint32_t esr);

/* R0 to R14 as the guest's mode has them; R15 reads 0, and what is written there is lost. */
uint32_t aarch32_reg_get(const struct arch_regs *regs, uint32_t n);
void aarch32_reg_set(struct arch_regs *regs, uint32_t n, uint32_t v);

/* Where a guest goes whose instruction cannot be fetched. */
uint32_t aarch32_prefetch_vector(void);

/* Do what the handler of the trap `esr` (HSR, ESR_EL2) wants. */
void aarch32_apply(enum trap_outcome outcome, struct arch_regs *regs, uint32_t esr);

/* The registers of a guest in a report, each line with the partition's name. */
void aarch32_print(const struct vcpu *vcpu, const struct arch_regs *regs);

#endif
