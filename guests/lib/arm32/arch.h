/* SPDX-License-Identifier: Apache-2.0 */
/* What of guest.h is AArch32's: accesses to devices, system registers, an exception's frame. */
#ifndef ARCH_H
#define ARCH_H

#include <stdint.h>

/* Plain loads and stores only: a hypervisor can emulate these, but not those with write-back. */
#define MMIO_ACCESS(bits, suffix)                                                                  \
    static inline uint##bits##_t mmio_read##bits(uintptr_t address)                                \
    {                                                                                              \
        uint32_t value;                                                                            \
        __asm__ volatile("ldr" suffix " %0, [%1]" : "=r"(value) : "r"(address) : "memory");        \
        return (uint##bits##_t)value;                                                              \
    }                                                                                              \
    static inline void mmio_write##bits(uintptr_t address, uint##bits##_t value)                   \
    {                                                                                              \
        __asm__ volatile("str" suffix " %0, [%1]" : : "r"(value), "r"(address) : "memory");        \
    }

MMIO_ACCESS(8, "b")
MMIO_ACCESS(16, "h")
MMIO_ACCESS(32, "")

/* By halves: no syndrome describes LDRD and STRD. */
static inline uint64_t mmio_read64(uintptr_t address)
{
    uint64_t low = mmio_read32(address);

    return low | (uint64_t)mmio_read32(address + 4) << 32;
}

static inline void mmio_write64(uintptr_t address, uint64_t value)
{
    mmio_write32(address, (uint32_t)value);
    mmio_write32(address + 4, (uint32_t)(value >> 32));
}

/* CP15 registers under the names of those that AArch64 maps to them: DDI 0487 G8.1. */
#define CP15(name, op1, crn, crm, op2)                                                             \
    static inline uint64_t sysreg_read_##name(void)                                                \
    {                                                                                              \
        uint32_t value;                                                                            \
        __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(value));        \
        return value;                                                                              \
    }                                                                                              \
    static inline void sysreg_write_##name(uint64_t value)                                         \
    {                                                                                              \
        __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2                        \
                         :                                                                         \
                         : "r"((uint32_t)value)                                                    \
                         : "memory");                                                              \
    }
#define CP15_64(name, op1, crm)                                                                    \
    static inline uint64_t sysreg_read_##name(void)                                                \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mrrc p15, " #op1 ", %Q0, %R0, " #crm : "=r"(value));                     \
        return value;                                                                              \
    }                                                                                              \
    static inline void sysreg_write_##name(uint64_t value)                                         \
    {                                                                                              \
        __asm__ volatile("mcrr p15, " #op1 ", %Q0, %R0, " #crm : : "r"(value) : "memory");         \
    }

CP15(mpidr_el1, 0, c0, c0, 5)
CP15(ccsidr_el1, 1, c0, c0, 0)
CP15(clidr_el1, 1, c0, c0, 1)
CP15(csselr_el1, 2, c0, c0, 0)
CP15(vbar_el1, 0, c12, c0, 0)
CP15(tpidr_el1, 0, c13, c0, 4)
CP15(cntfrq_el0, 0, c14, c0, 0)
CP15(cntp_ctl_el0, 0, c14, c2, 1)
CP15(cntv_ctl_el0, 0, c14, c3, 1)
CP15_64(cntpct_el0, 0, c14)
CP15_64(cntvct_el0, 1, c14)
CP15_64(cntp_cval_el0, 2, c14)
CP15_64(cntv_cval_el0, 3, c14)

CP15(ICC_PMR_EL1, 0, c4, c6, 0)
CP15(ICC_AP1R0_EL1, 0, c12, c9, 0)
CP15(ICC_DIR_EL1, 0, c12, c11, 1)
CP15(ICC_RPR_EL1, 0, c12, c11, 3)
CP15_64(ICC_SGI1R_EL1, 0, c12)
CP15(ICC_IAR1_EL1, 0, c12, c12, 0)
CP15(ICC_EOIR1_EL1, 0, c12, c12, 1)
CP15(ICC_HPPIR1_EL1, 0, c12, c12, 2)
CP15(ICC_BPR1_EL1, 0, c12, c12, 3)
CP15(ICC_CTLR_EL1, 0, c12, c12, 4)
CP15(ICC_SRE_EL1, 0, c12, c12, 5)
CP15(ICC_IGRPEN1_EL1, 0, c12, c12, 7)

#define sysreg_read(name)         sysreg_read_##name()
#define sysreg_write(name, value) sysreg_write_##name(value)

static inline void cpu_mask_interrupts(void)
{
    __asm__ volatile("cpsid i" : : : "memory");
}

static inline void cpu_unmask_interrupts(void)
{
    __asm__ volatile("cpsie i" : : : "memory");
}

#define MMU_XN 0ull /* LPAE: bit 54 would be for every mode */

#define SMCCC_NATIVE 0x84000000u /* PSCI's functions that take addresses */

/* As vectors.S leaves it on the stack of Supervisor mode. */
struct exception_frame {
    uint32_t vector; /* 0 to 7, in the order of VBAR's table */
    uint32_t esr;    /* DFSR and */
    uint32_t far;    /* DFAR; of a prefetch abort IFSR and IFAR */
    uint32_t x[15];  /* R0 to R12, SP and LR of Supervisor mode */
    uint32_t elr;
    uint32_t spsr;
};

#define VECTOR_UNDEF    1
#define VECTOR_SVC      2
#define VECTOR_PREFETCH 3
#define VECTOR_DATA     4
#define VECTOR_IRQ      6

#define VECTORS_OF_IRQ (1u << VECTOR_IRQ)
#define VECTORS_OF_PROGRAMS                                                                        \
    (1u << VECTOR_UNDEF | 1u << VECTOR_SVC | 1u << VECTOR_PREFETCH | 1u << VECTOR_DATA)

#define SMCCC_CALL(instruction, function, a1, a2, a3)                                              \
    ({                                                                                             \
        register uint32_t r0 __asm__("r0") = (uint32_t)(function);                                 \
        register uint32_t r1 __asm__("r1") = (uint32_t)(a1);                                       \
        register uint32_t r2 __asm__("r2") = (uint32_t)(a2);                                       \
        register uint32_t r3 __asm__("r3") = (uint32_t)(a3);                                       \
        __asm__ volatile(".arch_extension virt\n\t.arch_extension sec\n\t" instruction " #0"       \
                         : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                  \
                         :                                                                         \
                         : "r12", "memory");                                                       \
        (int64_t)(int32_t) r0;                                                                     \
    })

#endif
