/* SPDX-License-Identifier: Apache-2.0 */
/* What of the modes is AArch64's. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

#define EC_INSTRUCTION_ABORT 0x21u
#define EC_SERROR            0x2fu

#define WALK_ADDRESS 0x200000000u

#define WILD_ESR_UNDEFINED(esr) ((esr) >> 26 == 0)

static inline uint64_t frame_syndrome(const struct exception_frame *frame)
{
    return frame->esr;
}

/* Behind the instruction; of a wild jump, where it came from. */
static inline void frame_resume(struct exception_frame *frame)
{
    if (ESR_EC(frame->esr) == EC_INSTRUCTION_ABORT) {
        frame->elr = frame->x[30];
    } else if (ESR_EC(frame->esr) != EC_SERROR) {
        frame->elr += 4;
    }
}

/* SMCCC calls have the immediate 0; any other is not a call at all. */
static inline int64_t call_with_immediate(bool smc, bool small)
{
    register uint64_t x0 __asm__("x0") = PSCI_VERSION;

    if (smc) {
        __asm__ volatile("smc #1" : "+r"(x0) : : "memory");
    } else if (small) {
        __asm__ volatile("hvc #1" : "+r"(x0) : : "memory");
    } else {
        __asm__ volatile("hvc #0xffff" : "+r"(x0) : : "memory");
    }
    return (int64_t)x0;
}

static inline void tlb_forget(void)
{
    __asm__ volatile("dsb ish\n tlbi vmalle1\n dsb ish\n isb" : : : "memory");
}

static inline bool cache_has_ccidx(void)
{
    return (sysreg_read(S3_0_C0_C7_2) >> 20 & 15) != 0; /* ID_AA64MMFR2_EL1 */
}

enum set_way { CSW, CISW, ISW };

static inline void set_way(enum set_way operation, uint64_t value)
{
    if (operation == CSW) {
        __asm__ volatile("dc csw, %0" : : "r"(value) : "memory");
    } else if (operation == CISW) {
        __asm__ volatile("dc cisw, %0" : : "r"(value) : "memory");
    } else {
        __asm__ volatile("dc isw, %0" : : "r"(value) : "memory");
    }
}

static inline void cpu_mask_all(void)
{
    __asm__ volatile("msr daifset, #15" : : : "memory");
}

static inline void mmu_off_and_spin(void)
{
    __asm__ volatile("dsb sy\n msr sctlr_el1, %0\n isb\n 1: b 1b"
                     :
                     : "r"(0x30d00800ull)
                     : "memory");
}

/* Vectors at 0x9010000, and an exception. */
static inline void fall(void)
{
    __asm__ volatile("mrs x0, sctlr_el1\n"
                     "bic x0, x0, #1\n"
                     "msr sctlr_el1, x0\n"
                     "isb\n"
                     "mov x0, #0x9010000\n"
                     "msr vbar_el1, x0\n"
                     "isb\n"
                     "udf #0"
                     :
                     :
                     : "x0", "memory");
}

#endif
