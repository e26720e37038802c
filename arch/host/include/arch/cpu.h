/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What <arch/cpu.h> is on a PC: every barrier, hint and register access goes to a fake
 * (arch/host.h).
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdint.h>

struct cpu;

struct cpu *arch_cpu_self(void);
void arch_wait_hint(void);
void arch_wfe(void);
void arch_sev(void);
void arch_wfi(void);
void arch_dsb(void);
void arch_isb(void);
uint64_t arch_counter(void);
uint64_t arch_counter_hz(void);

/* Fails where this thread already holds a lock of that level or one that comes after it. */
void arch_lock_taken(const void *lock, unsigned level);
void arch_lock_released(const void *lock);

/* A device register of the model that is registered there; see host_mmio_add(). */
uint64_t host_mmio_read(uint64_t address, unsigned size);
void host_mmio_write(uint64_t address, unsigned size, uint64_t v);

static inline uint8_t arch_read8(uint64_t address)
{
    return (uint8_t)host_mmio_read(address, 1);
}

static inline uint32_t arch_read32(uint64_t address)
{
    return (uint32_t)host_mmio_read(address, 4);
}

static inline uint64_t arch_read64(uint64_t address)
{
    return host_mmio_read(address, 8);
}

static inline void arch_write8(uint64_t address, uint8_t v)
{
    host_mmio_write(address, 1, v);
}

static inline void arch_write32(uint64_t address, uint32_t v)
{
    host_mmio_write(address, 4, v);
}

static inline void arch_write64(uint64_t address, uint64_t v)
{
    host_mmio_write(address, 8, v);
}

#endif
