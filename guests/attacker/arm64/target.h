/* SPDX-License-Identifier: Apache-2.0 */
/* What of the attacks is AArch64's: syndromes, the address space, encodings. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

#define RETURN "ret"

/* ---- exceptions ---- */

#define ESR_UNDEFINED 0x02000000u /* EC 0, IL 1 */

#define EC_SVC64           0x15u
#define EC_INSTRUCTION_EL0 0x20u
#define EC_INSTRUCTION_EL1 0x21u
#define EC_SERROR          0x2fu
#define ESR_FNV            (1u << 10) /* FAR not valid, of an abort */
#define SPSR_EL_MASK       0xcu
#define SPSR_EL1H_MASKED   0x3c5u

static inline uint64_t frame_syndrome(const struct exception_frame *frame)
{
    return frame->esr;
}

static inline bool frame_is_svc(const struct exception_frame *frame)
{
    return ESR_EC(frame->esr) == EC_SVC64;
}

static inline bool frame_is_serror(const struct exception_frame *frame)
{
    return ESR_EC(frame->esr) == EC_SERROR;
}

/* An abort of a fetch, the address of which is told. */
static inline bool frame_is_fetch(const struct exception_frame *frame)
{
    unsigned ec = ESR_EC(frame->esr);

    return (ec == EC_INSTRUCTION_EL0 || ec == EC_INSTRUCTION_EL1) && !(frame->esr & ESR_FNV);
}

static inline bool frame_is_of(const struct exception_frame *frame, unsigned el)
{
    return ((frame->spsr & SPSR_EL_MASK) == 0) == (el == 0);
}

/* Where the exception of `code` struck. */
static inline uintptr_t frame_place(const struct exception_frame *frame, uintptr_t code)
{
    (void)code;
    return frame->elr;
}

static inline uintptr_t code_address(uintptr_t code)
{
    return code;
}

/* Goes on at EL1: at `back`, or, 0, where the code was called. */
static inline void frame_return(struct exception_frame *frame, uintptr_t back)
{
    if (back == 0) {
        frame->elr = frame->x[30];
    } else {
        frame->elr = back;
        frame->spsr = SPSR_EL1H_MASKED;
    }
}

/* ---- the address space ---- */

#define ADDRESS_BITS  48u
#define CODE_EL0      (511ull << 30)
#define VIEW_WINDOW   (510ull << 30)
#define BLOCK_NOT_EL0 (1ull << 54) /* UXN, of code of EL1's */

static inline void tlb_forget(void)
{
    __asm__ volatile("dsb ish\n tlbi vmalle1is\n dsb ish" : : : "memory");
}

/* ---- calls ---- */

#define INSTRUCTION_RETURN 0xd65f03c0u

static inline unsigned call_immediates(bool smc)
{
    (void)smc;
    return 0x10000;
}

static inline uint32_t call_instruction(bool smc, unsigned immediate)
{
    return (smc ? 0xd4000003u : 0xd4000002u) | immediate << 5;
}

/* ---- system registers: DDI 0487 C4.1, "System" instructions, with op0 in bits 20:19 ---- */

#define SYSREG_READ (1u << 21)
#define XZR         31u

#define SYSREG(op0, op1, crn, crm, op2)                                                            \
    ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* The attacker could not go on with another value in these: they get the one that they have. */
#define SYSREGS_KEPT                                                                               \
    SYSREG(2, 0, 0, 2, 2),      /* MDSCR_EL1 */                                                    \
        SYSREG(3, 0, 1, 0, 0),  /* SCTLR_EL1 */                                                    \
        SYSREG(3, 0, 1, 0, 2),  /* CPACR_EL1 */                                                    \
        SYSREG(3, 0, 2, 0, 0),  /* TTBR0_EL1 */                                                    \
        SYSREG(3, 0, 2, 0, 2),  /* TCR_EL1 */                                                      \
        SYSREG(3, 0, 4, 2, 0),  /* SPSel */                                                        \
        SYSREG(3, 0, 10, 2, 0), /* MAIR_EL1 */                                                     \
        SYSREG(3, 0, 12, 0, 0), /* VBAR_EL1 */                                                     \
        SYSREG(3, 0, 13, 0, 4)  /* TPIDR_EL1 */

/* Name, number (op0), blocks, the register that the instructions name. */
#define SYSREG_SPACES                                                                              \
    {"0", 0, 128, XZR}, {"0x", 0, 128, 0}, {"1", 1, 128, 0}, {"2", 2, 128, 0},                     \
    {                                                                                              \
        "3", 3, 128, 0                                                                             \
    }

/* `fields`: op1, CRn, CRm, op2. */
static inline uint32_t sysreg_instruction(unsigned op0, unsigned rt, unsigned fields, bool read)
{
    return 0xd5000000u | op0 << 19 | fields << 5 | rt | (read ? SYSREG_READ : 0);
}

/* True where what is written is no value that is kept, but may be an address. */
static inline bool sysreg_is_operation(unsigned sysreg)
{
    return sysreg >> 14 < 2;
}

/* Hints: WFI is among them. */
static inline bool sysreg_may_wait(unsigned op0)
{
    return op0 == 0;
}

#endif
