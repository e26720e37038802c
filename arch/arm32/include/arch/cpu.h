/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that core/ uses inline: the counter, device register accesses; barriers, hints. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdint.h>

#include <arch/hints.h>

struct cpu;

static inline struct cpu *arch_cpu_self(void)
{
    struct cpu *self;

    __asm__("mrc p15, 4, %0, c13, c0, 2" : "=r"(self)); /* HTPIDR */
    return self;
}

/* CNTPCT, not reordered before what precedes it. */
static inline uint64_t arch_counter(void)
{
    uint64_t v;

    __asm__ volatile("isb\n\tmrrc p15, 0, %Q0, %R0, c14" : "=r"(v)::"memory");
    return v;
}

/* CNTFRQ in Hz. */
static inline uint64_t arch_counter_hz(void)
{
    uint32_t v;

    __asm__("mrc p15, 0, %0, c14, c0, 0" : "=r"(v));
    return v;
}

/*
 * Device registers: one plain load or store each, so that an access is what it looks like. All
 * that EL2 maps is below 4 GiB.
 */
static inline uint8_t arch_read8(uint64_t address)
{
    uint8_t v;

    __asm__ volatile("ldrb %0, [%1]" : "=r"(v) : "r"((uint32_t)address) : "memory");
    return v;
}

static inline uint32_t arch_read32(uint64_t address)
{
    uint32_t v;

    __asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"((uint32_t)address) : "memory");
    return v;
}

static inline uint64_t arch_read64(uint64_t address)
{
    uint64_t v;

    __asm__ volatile("ldrd %Q0, %R0, [%1]" : "=r"(v) : "r"((uint32_t)address) : "memory");
    return v;
}

static inline void arch_write8(uint64_t address, uint8_t v)
{
    __asm__ volatile("strb %0, [%1]" ::"r"(v), "r"((uint32_t)address) : "memory");
}

static inline void arch_write32(uint64_t address, uint32_t v)
{
    __asm__ volatile("str %0, [%1]" ::"r"(v), "r"((uint32_t)address) : "memory");
}

static inline void arch_write64(uint64_t address, uint64_t v)
{
    __asm__ volatile("strd %Q0, %R0, [%1]" ::"r"(v), "r"((uint32_t)address) : "memory");
}

#endif
