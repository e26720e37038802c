/* SPDX-License-Identifier: Apache-2.0 */
/* What of guest.h is AArch64's: accesses to devices, system registers, an exception's frame. */
#ifndef ARCH_H
#define ARCH_H

#include <stdint.h>

/* Plain loads and stores only: a hypervisor can emulate these, but not those with write-back. */
static inline uint8_t mmio_read8(uintptr_t address)
{
    uint8_t value;
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline uint16_t mmio_read16(uintptr_t address)
{
    uint16_t value;
    __asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline uint32_t mmio_read32(uintptr_t address)
{
    uint32_t value;
    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline uint64_t mmio_read64(uintptr_t address)
{
    uint64_t value;
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void mmio_write8(uintptr_t address, uint8_t value)
{
    __asm__ volatile("strb %w0, [%1]" : : "rZ"(value), "r"(address) : "memory");
}

static inline void mmio_write16(uintptr_t address, uint16_t value)
{
    __asm__ volatile("strh %w0, [%1]" : : "rZ"(value), "r"(address) : "memory");
}

static inline void mmio_write32(uintptr_t address, uint32_t value)
{
    __asm__ volatile("str %w0, [%1]" : : "rZ"(value), "r"(address) : "memory");
}

static inline void mmio_write64(uintptr_t address, uint64_t value)
{
    __asm__ volatile("str %x0, [%1]" : : "rZ"(value), "r"(address) : "memory");
}

#define SYSREG_STRING(name) #name
#define SYSREG_NAME(name)   SYSREG_STRING(name)

#define sysreg_read(name)                                                                          \
    ({                                                                                             \
        uint64_t sysreg_value;                                                                     \
        __asm__ volatile("mrs %0, " SYSREG_NAME(name) : "=r"(sysreg_value));                       \
        sysreg_value;                                                                              \
    })

#define sysreg_write(name, value)                                                                  \
    __asm__ volatile("msr " SYSREG_NAME(name) ", %x0" : : "rZ"((uint64_t)(value)) : "memory")

static inline void cpu_mask_interrupts(void)
{
    __asm__ volatile("msr daifset, #2" : : : "memory");
}

static inline void cpu_unmask_interrupts(void)
{
    __asm__ volatile("msr daifclr, #2" : : : "memory");
}

#define MMU_XN (1ull << 54) /* EL0 executes nothing there */

#define SMCCC_NATIVE 0xc4000000u /* PSCI's functions that take addresses */

struct exception_frame {
    uint64_t x[31];
    uint64_t elr;
    uint64_t spsr;
    uint64_t esr;
    uint64_t far;
    uint64_t vector; /* 0 to 15, in the order of VBAR_EL1's table */
};

#define ESR_EC(esr) ((unsigned)((esr) >> 26) & 0x3f)

/* The vectors' numbers, in their order: of this EL with SP_ELx, of EL0 in AArch64, in AArch32. */
#define VECTOR_SYNC       4
#define VECTOR_IRQ        5
#define VECTOR_SERROR     7
#define VECTOR_EL0_SYNC   8
#define VECTOR_EL0_IRQ    9
#define VECTOR_EL0_SERROR 11
#define VECTOR_A32_SYNC   12

#define VECTORS_OF_IRQ (1u << VECTOR_IRQ | 1u << VECTOR_EL0_IRQ)
#define VECTORS_OF_PROGRAMS                                                                        \
    (1u << VECTOR_SYNC | 1u << VECTOR_SERROR | 1u << VECTOR_EL0_SYNC | 1u << VECTOR_EL0_SERROR |   \
     1u << VECTOR_A32_SYNC)

/* SMCCC_HVC or SMCCC_SMC with the arguments in place; 1.0 lets the callee change x4 to x17. */
#define SMCCC_CALL(instruction, function, a1, a2, a3)                                              \
    ({                                                                                             \
        register uint64_t x0 __asm__("x0") = function;                                             \
        register uint64_t x1 __asm__("x1") = a1;                                                   \
        register uint64_t x2 __asm__("x2") = a2;                                                   \
        register uint64_t x3 __asm__("x3") = a3;                                                   \
        __asm__ volatile(instruction " #0"                                                         \
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                  \
                         :                                                                         \
                         : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",  \
                           "x15", "x16", "x17", "memory");                                         \
        (int64_t) x0;                                                                              \
    })

#endif
