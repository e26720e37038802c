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

    __asm__("mrs %0, tpidr_el2" : "=r"(self));
    return self;
}

/* CNTPCT_EL0, not reordered before what precedes it. */
static inline uint64_t arch_counter(void)
{
    uint64_t v;

    __asm__ volatile("isb; mrs %0, cntpct_el0" : "=r"(v)::"memory");
    return v;
}

/* CNTFRQ_EL0 in Hz. */
static inline uint64_t arch_counter_hz(void)
{
    uint64_t v;

    __asm__("mrs %0, cntfrq_el0" : "=r"(v));
    return v;
}

/* Device registers: one plain load or store each, so that an access is what it looks like. */
static inline uint8_t arch_read8(uint64_t address)
{
    uint8_t v;

    __asm__ volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(address) : "memory");
    return v;
}

static inline uint32_t arch_read32(uint64_t address)
{
    uint32_t v;

    __asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(address) : "memory");
    return v;
}

static inline uint64_t arch_read64(uint64_t address)
{
    uint64_t v;

    __asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(address) : "memory");
    return v;
}

static inline void arch_write8(uint64_t address, uint8_t v)
{
    __asm__ volatile("strb %w0, [%1]" ::"r"(v), "r"(address) : "memory");
}

static inline void arch_write32(uint64_t address, uint32_t v)
{
    __asm__ volatile("str %w0, [%1]" ::"r"(v), "r"(address) : "memory");
}

static inline void arch_write64(uint64_t address, uint64_t v)
{
    __asm__ volatile("str %0, [%1]" ::"r"(v), "r"(address) : "memory");
}

#endif
