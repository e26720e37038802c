/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where arch/A/boot.S enters core; what boot.c, the planner, and main.c, which stays, have between
 * them.
 */
#ifndef CORE_MAIN_H
#define CORE_MAIN_H

#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/cpu.h"
#include "core/base/status.h"

/* Shown at boot. */
#define VERSION "0.1"

/*
 * Boot CPU: at EL2, MMU off, on a boot stack, arch_cpu_init() done; `fdt_pa` is what the firmware
 * gave (x0/r2).
 */
__attribute__((noreturn)) void main_boot(uint64_t fdt_pa);

/*
 * Boot CPU: the plan is made and told, EL2 maps the system file. The planner is given up, the plan
 * sealed and applied, and this CPU becomes what it says.
 */
__attribute__((noreturn)) void main_apply(struct range system);

/* Nothing can be started: say why, and turn the machine off. Boot CPU. */
__attribute__((noreturn)) void main_give_up(const char *why);

/* The same where `status` is not OK. */
void main_must(enum status status, const char *what);

/*
 * Every other CPU: at EL2, MMU on with EL2's table, on its own stack, arch_cpu_init() done,
 * arch_cpu_become(cpu).
 */
__attribute__((noreturn)) void main_secondary(struct cpu *cpu);

#endif
