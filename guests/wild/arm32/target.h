/* SPDX-License-Identifier: Apache-2.0 */
/* What of the modes is Armv7-A's. A syndrome is the vector, above DFSR or IFSR. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

#define FSR_STATUS       0x23fu /* LPAE, STATUS */
#define FSR_ASYNCHRONOUS 0x211u

#define WALK_ADDRESS 0xc0000000u

#define WILD_ESR_UNDEFINED(esr) ((esr) >> 24 == VECTOR_UNDEF)

static inline uint64_t frame_syndrome(const struct exception_frame *frame)
{
    bool abort = frame->vector == VECTOR_PREFETCH || frame->vector == VECTOR_DATA;

    return frame->vector << 24 | (abort ? frame->esr : 0);
}

/* Behind the instruction; of a wild jump, where it came from. */
static inline void frame_resume(struct exception_frame *frame)
{
    if (frame->vector == VECTOR_PREFETCH) {
        frame->elr = frame->x[14];
    } else if (frame->vector != VECTOR_DATA || (frame->esr & FSR_STATUS) != FSR_ASYNCHRONOUS) {
        frame->elr += 4;
    }
}

/* SMCCC calls have the immediate 0; any other is not a call at all. Of an SMC, nobody sees it. */
static inline int64_t call_with_immediate(bool smc, bool small)
{
    register uint32_t r0 __asm__("r0") = PSCI_VERSION;

    if (smc) {
        __asm__ volatile(".arch_extension sec\n smc #1" : "+r"(r0) : : "r1", "r2", "r3", "memory");
    } else if (small) {
        __asm__ volatile(".arch_extension virt\n hvc #1" : "+r"(r0) : : "memory");
    } else {
        __asm__ volatile(".arch_extension virt\n hvc #0xffff" : "+r"(r0) : : "memory");
    }
    return (int32_t)r0;
}

static inline void tlb_forget(void)
{
    __asm__ volatile("dsb ish\n mcr p15, 0, %0, c8, c7, 0\n dsb ish\n isb" : : "r"(0) : "memory");
}

static inline bool cache_has_ccidx(void)
{
    return false;
}

enum set_way { CSW, CISW, ISW };

static inline void set_way(enum set_way operation, uint64_t value)
{
    if (operation == CSW) {
        __asm__ volatile("mcr p15, 0, %0, c7, c10, 2" : : "r"((uint32_t)value) : "memory");
    } else if (operation == CISW) {
        __asm__ volatile("mcr p15, 0, %0, c7, c14, 2" : : "r"((uint32_t)value) : "memory");
    } else {
        __asm__ volatile("mcr p15, 0, %0, c7, c6, 2" : : "r"((uint32_t)value) : "memory");
    }
}

static inline void cpu_mask_all(void)
{
    __asm__ volatile("cpsid aif" : : : "memory");
}

static inline void mmu_off_and_spin(void)
{
    __asm__ volatile("dsb sy\n mcr p15, 0, %0, c1, c0, 0\n isb\n 1: b 1b"
                     :
                     : "r"(0x00c50078)
                     : "memory");
}

/* Vectors at 0x9010000, and an exception. */
static inline void fall(void)
{
    __asm__ volatile("mrc p15, 0, r0, c1, c0, 0\n"
                     "bic r0, r0, #1\n"
                     "mcr p15, 0, r0, c1, c0, 0\n"
                     "isb\n"
                     "ldr r0, =0x9010200\n"
                     "mcr p15, 0, r0, c12, c0, 0\n"
                     "isb\n"
                     "udf #0"
                     :
                     :
                     : "r0", "memory");
}

#endif
