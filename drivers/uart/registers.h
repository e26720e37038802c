/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of a UART that are words: PL011, Cadence, i.MX. */
#ifndef DRIVERS_UART_REGISTERS_H
#define DRIVERS_UART_REGISTERS_H

#include <stdint.h>

#include <arch/cpu.h>

static inline uint32_t reg_read(uint64_t base, uint32_t reg)
{
    return arch_read32(base + reg);
}

static inline void reg_write(uint64_t base, uint32_t reg, uint64_t v)
{
    arch_write32(base + reg, (uint32_t)v);
}

#endif
