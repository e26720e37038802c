/* SPDX-License-Identifier: Apache-2.0 */
/* What of the attacks is AArch32's: syndromes, the address space, encodings. EL1 is PL1. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

#define RETURN "bx lr"

#define access_ldr_x access_ldrd
#define access_str_x access_strd

/* ---- exceptions: what is told of one is its vector and, of an abort, IFSR or DFSR ---- */

#define SYNDROME_VECTOR  24
#define ESR_UNDEFINED    (1u << SYNDROME_VECTOR)
#define FSR_STATUS       0x23fu /* LPAE, STATUS */
#define FSR_ASYNCHRONOUS 0x211u
#define PSR_MODE         0x1fu
#define MODE_USR         0x10u
#define PSR_SVC_MASKED   0x1d3u

static inline uint64_t frame_syndrome(const struct exception_frame *frame)
{
    bool abort = frame->vector == VECTOR_PREFETCH || frame->vector == VECTOR_DATA;

    return frame->vector << SYNDROME_VECTOR | (abort ? frame->esr : 0);
}

static inline bool frame_is_svc(const struct exception_frame *frame)
{
    return frame->vector == VECTOR_SVC;
}

static inline bool frame_is_serror(const struct exception_frame *frame)
{
    return frame->vector == VECTOR_DATA && (frame->esr & FSR_STATUS) == FSR_ASYNCHRONOUS;
}

static inline bool frame_is_fetch(const struct exception_frame *frame)
{
    return frame->vector == VECTOR_PREFETCH;
}

/*
 * QEMU's CPUs of Armv8 lose the SPSR of an exception that a hypervisor injects: probe_el1() and an
 * SPSR_usr that is not there make 0 of it, which no real one is.
 */
static inline bool frame_lost_spsr(const struct exception_frame *frame)
{
    return frame->spsr == 0;
}

static inline bool frame_is_of(const struct exception_frame *frame, unsigned el)
{
    return frame_lost_spsr(frame) || ((frame->spsr & PSR_MODE) == MODE_USR) == (el == 0);
}

/* Where the exception struck: vectors.S corrects the undefined instruction of T32 by its SPSR. */
static inline uintptr_t frame_place(const struct exception_frame *frame, uintptr_t code)
{
    bool t32 = frame->vector == VECTOR_UNDEF && frame_lost_spsr(frame) && (code & 1) != 0;

    return frame->elr + (t32 ? 2 : 0);
}

/* Bit 0 tells of T32. */
static inline uintptr_t code_address(uintptr_t code)
{
    return code & ~(uintptr_t)1;
}

/* Goes on in Supervisor mode: at `back`, or, 0, where the code was called. */
static inline void frame_return(struct exception_frame *frame, uintptr_t back)
{
    frame->elr = back == 0 ? frame->x[14] : back;
    frame->spsr = PSR_SVC_MASKED;
}

/* ---- the address space: of the upper half nothing else is used ---- */

#define ADDRESS_BITS  40u
#define CODE_EL0      (2ull << 30)
#define VIEW_WINDOW   (3ull << 30)
#define BLOCK_NOT_EL0 0ull

static inline void tlb_forget(void)
{
    __asm__ volatile("dsb ish\n mcr p15, 0, %0, c8, c3, 0\n dsb ish" : : "r"(0) : "memory");
}

/* ---- calls: SMC has 4 bits that nobody sees ---- */

#define INSTRUCTION_RETURN 0xe12fff1eu

static inline unsigned call_immediates(bool smc)
{
    return smc ? 16 : 0x10000;
}

static inline uint32_t call_instruction(bool smc, unsigned immediate)
{
    return smc ? 0xe1600070u | immediate : 0xe1400070u | immediate >> 4 << 8 | (immediate & 15);
}

/* ---- coprocessor registers: DDI 0406 A8.8.98 and the like ---- */

#define SYSREG(space, op1, crn, crm, op2)                                                          \
    ((space) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* MRC and MCR of CP15 and CP14; MRRC and MCRR, whose op1 is CRm's and op2's place: below. */
#define SPACE_CP15    0u
#define SPACE_CP14    1u
#define SPACE_CP15_64 2u
#define SPACE_CP14_64 3u

#define SYSREGS_KEPT                                                                               \
    SYSREG(SPACE_CP15, 0, 1, 0, 0),       /* SCTLR */                                              \
        SYSREG(SPACE_CP15, 0, 1, 0, 2),   /* CPACR */                                              \
        SYSREG(SPACE_CP15, 0, 2, 0, 0),   /* TTBR0 */                                              \
        SYSREG(SPACE_CP15, 0, 2, 0, 2),   /* TTBCR */                                              \
        SYSREG(SPACE_CP15, 0, 10, 2, 0),  /* MAIR0 */                                              \
        SYSREG(SPACE_CP15, 0, 12, 0, 0),  /* VBAR */                                               \
        SYSREG(SPACE_CP15, 0, 13, 0, 4),  /* TPIDRPRW */                                           \
        SYSREG(SPACE_CP15_64, 0, 0, 2, 0) /* TTBR0 */

/* Name, number, blocks, Rt. */
#define SYSREG_SPACES                                                                              \
    {"15", SPACE_CP15, 128, 0}, {"14", SPACE_CP14, 128, 0}, {"m15", SPACE_CP15_64, 2, 0},          \
    {                                                                                              \
        "m14", SPACE_CP14_64, 2, 0                                                                 \
    }

/* `fields`: op1, CRn, CRm, op2; of 64 bits: op1's upper bit, CRm, its lower ones. Rt2 is R1. */
static inline uint32_t sysreg_instruction(unsigned space, unsigned rt, unsigned fields, bool read)
{
    unsigned cp = space == SPACE_CP15 || space == SPACE_CP15_64 ? 15 : 14;
    unsigned crm = fields >> 3 & 15;

    if (space >= SPACE_CP15_64) {
        return 0xec400000u | (read ? 1u << 20 : 0) | 1u << 16 | rt << 12 | cp << 8 |
               (fields >> 7 << 3 | (fields & 7)) << 4 | crm;
    }
    return 0xee000010u | (read ? 1u << 20 : 0) | (fields >> 11) << 21 | (fields >> 7 & 15) << 16 |
           rt << 12 | cp << 8 | (fields & 7) << 5 | crm;
}

/* Operations on caches (PAR is among them) and TLBs. */
static inline bool sysreg_is_operation(unsigned sysreg)
{
    unsigned crn = sysreg >> 7 & 15;

    return sysreg >> 14 == SPACE_CP15 && (crn == 7 || crn == 8);
}

static inline bool sysreg_may_wait(unsigned space)
{
    (void)space;
    return false;
}

#endif
