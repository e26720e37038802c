/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of a CPU share: how they report, and what assembly gives to C. */
#ifndef CPUTEST_H
#define CPUTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

/* One line: "cputest: ok - <name>", or FAIL with the values. */
void check_values(const char *name, uint64_t got, uint64_t want);
#define check_equal(name, got, want) check_values(name, (uint64_t)(got), (uint64_t)(want))

/* Each is chosen by test=NAME. */
void test_reset(void);   /* prints a CPU's registers as it found them: reset.c */
void test_pmu(void);     /* pmu.c; counts exactly, so: -icount */
void test_debug(void);   /* breakpoint, watchpoint, single step: debug.c */
void test_suspend(void); /* CPU_SUSPEND: suspend.c */
void test_aarch32(void); /* EL0 in AArch32: aarch32.c */
void test_pstate(void);  /* PSTATE in a handler: pstate.c */

/* ESR_EL1.EC */
#define EC_UNKNOWN        0x00u
#define EC_CP15           0x03u
#define EC_CP15_64        0x04u
#define EC_SVC32          0x11u
#define EC_DATA_EL0       0x24u
#define EC_BREAKPOINT_EL1 0x31u
#define EC_STEP_EL0       0x32u
#define EC_STEP_EL1       0x33u
#define EC_WATCHPOINT_EL1 0x35u
#define EC_BRK64          0x3cu

#define SPSR_D  (1u << 9)
#define SPSR_SS (1u << 21)

#define MDSCR_SS  (1u << 0)
#define MDSCR_KDE (1u << 13)
#define MDSCR_MDE (1u << 15)

#endif
