/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a guest sees of the CPU: ID registers with what HYP does not manage taken out. */
#include <arch/sysreg.h>

#include "arch/arm/aarch32.h"
#include "arch/arm32/traps.h"
#include "core/plan/plan.h"

/* ID_PFR1.GIC: a GIC that has no system registers is a GICv2, whatever the CPU could do. */
static uint32_t gic_field(void)
{
    return plan.board.gic.version == 2 ? 0 : 0xf0000000;
}

/* Register CRm, op2 reads as what the CPU has, but for the fields where `mask` is 0. */
#define ROW(crm, op2, mask)                                                                        \
    case CP_ID(0, 0, crm, op2):                                                                    \
        return sysreg_read(CP15(0, c0, c##crm, op2)) & (mask)

/* DDI 0406 B4.1. What has no row reads zero, as reserved registers do. */
uint32_t idregs_read(uint32_t id)
{
    switch (id) {
        ROW(1, 0, 0x00000fff);               /* ID_PFR0: no ThumbEE */
        ROW(1, 1, 0x000f0f0f | gic_field()); /* ID_PFR1: no security, virtualization */
        ROW(1, 2, 0x0f000000);               /* ID_DFR0: PMU; no debug, trace */
        ROW(1, 4, 0xffffffff);               /* ID_MMFR0 to ID_MMFR3 */
        ROW(1, 5, 0xffffffff);
        ROW(1, 6, 0xffffffff);
        ROW(1, 7, 0xffffffff);
        ROW(2, 0, 0xffffffff); /* ID_ISAR0 to ID_ISAR5 */
        ROW(2, 1, 0xffffffff);
        ROW(2, 2, 0xffffffff);
        ROW(2, 3, 0x0fffffff); /* no ThumbEE */
        ROW(2, 4, 0xffffffff);
        ROW(2, 5, 0xffffffff);
    default:
        return 0;
    }
}
