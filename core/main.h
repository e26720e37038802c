/* SPDX-License-Identifier: Apache-2.0 */
/* Where arch/A/boot.S enters core. */
#ifndef CORE_MAIN_H
#define CORE_MAIN_H

#include <stdint.h>

#include "core/base/cpu.h"

/* Shown at boot. */
#define VERSION "0.1"

/*
 * Boot CPU: at EL2, MMU off, on a boot stack, arch_cpu_init() done; `fdt_pa` is what the firmware
 * gave (x0/r2).
 */
__attribute__((noreturn)) void main_boot(uint64_t fdt_pa);

/*
 * Every other CPU: at EL2, MMU on with EL2's table, on its own stack, arch_cpu_init() done,
 * arch_cpu_become(cpu).
 */
__attribute__((noreturn)) void main_secondary(struct cpu *cpu);

#endif
