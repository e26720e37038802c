/* SPDX-License-Identifier: Apache-2.0 */
/* How the board starts a CPU: the plan says it, arch does it. */
#ifndef CORE_BASE_CPU_ENABLE_H
#define CORE_BASE_CPU_ENABLE_H

/*
 * How a secondary CPU is started: PSCI's CPU_ON; the Devicetree Specification's spin-table; or the
 * flags register of a Versatile Express ("arm,vexpress-sysreg"), whose firmware knows neither.
 */
enum cpu_enable { CPU_ENABLE_PSCI, CPU_ENABLE_SPIN_TABLE, CPU_ENABLE_SYSREG };

#endif
