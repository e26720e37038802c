/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a guest sees of the CPU: ID registers with what EL2 does not manage taken out. */
#include <arch/sysreg.h>

#include "arch/arm64/el2.h"
#include "arch/arm64/traps.h"
#include "core/base/bits.h"
#include "core/plan/plan.h"

#define FIELDS 16 /* of four bits each */

/* Field by field the smaller one. Thirty rows call it: inline it would be most of this file. */
__attribute__((noinline)) static uint64_t at_most(uint64_t value, uint64_t limit)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < FIELDS; i++) {
        uint64_t field = UINT64_C(15) << (4 * i);

        result |= (value & field) < (limit & field) ? value & field : limit & field;
    }
    return result;
}

/* A GIC that has no system registers is a GICv2, whatever the CPU could do. */
static uint64_t pfr0_limit(void)
{
    const uint64_t limit = 0xf10f000001ff001f;

    return plan.board.gic.version == 2 ? limit & ~ID_AA64PFR0_GIC : limit;
}

static uint64_t aarch32_pfr1_limit(void)
{
    const uint64_t limit = 0x100f0f0f;

    return plan.board.gic.version == 2 ? limit & ~ID_PFR1_GIC : limit;
}

/*
 * Register CRm, op2 reads as what the CPU has, but no field above that of `limit`: f lets all
 * through, 0 hides, others are the last version that works with EL2 doing nothing for it.
 */
#define ROW(crm, op2, limit)                                                                       \
    case SYSREG_ID(3, 0, 0, crm, op2):                                                             \
        return at_most(sysreg_read(S3_0_C0_C##crm##_##op2), limit)

/* DDI 0487 D17.2, D17.3. What has no row reads zero, as unallocated registers do. */
uint64_t idregs_read(uint32_t id)
{
    switch (id) {
        /* AArch32: no RAS, AMU, security, virtualization, trace. */
        ROW(1, 0, 0x0f0fffff);           /* ID_PFR0_EL1 */
        ROW(1, 1, aarch32_pfr1_limit()); /* ID_PFR1_EL1 */
        ROW(1, 2, 0x0f00000f);           /* ID_DFR0_EL1 */
        ROW(1, 4, 0xffffffff);           /* ID_MMFR0_EL1 to ID_MMFR3_EL1 */
        ROW(1, 5, 0xffffffff);
        ROW(1, 6, 0xffffffff);
        ROW(1, 7, 0xffffffff);
        ROW(2, 0, 0xffffffff); /* ID_ISAR0_EL1 to ID_ISAR5_EL1 */
        ROW(2, 1, 0xffffffff);
        ROW(2, 2, 0xffffffff);
        ROW(2, 3, 0xffffffff);
        ROW(2, 4, 0xffffffff);
        ROW(2, 5, 0xffffffff);
        ROW(2, 6, 0x0fffffff); /* ID_MMFR4_EL1 */
        ROW(2, 7, 0xffffffff); /* ID_ISAR6_EL1 */
        ROW(3, 0, 0xffffffff); /* MVFR0_EL1 to MVFR2_EL1 */
        ROW(3, 1, 0xffffffff);
        ROW(3, 2, 0xffffffff);
        ROW(3, 4, 0x000000ff); /* ID_PFR2_EL1 */
        /* ID_AA64PFR0_EL1: AArch64 EL1; no EL2, EL3, SVE, RAS, AMU, MPAM, SCXTNUM (CSV2 2) */
        ROW(4, 0, pfr0_limit());
        /* ID_AA64PFR1_EL1: BTI, SSBS; no MTE, SME, NMI */
        ROW(4, 1, 0x00000001000000ff);
        /* ID_AA64DFR0_EL1: breakpoints, watchpoints, PMU; no trace, SPE, TRBE, BRBE */
        ROW(5, 0, 0x000000f0f0f0ff0f);
        /* ID_AA64ISAR0_EL1: no TME */
        ROW(6, 0, 0xfffffffff0fffff0);
        /* ID_AA64ISAR1_EL1: no LS64, XS (HCRX_EL2). Pointer authentication is the guest's. */
        ROW(6, 1, 0x00ffffffffffffff);
        /* ID_AA64ISAR2_EL1: no MOPS (HCRX_EL2) */
        ROW(6, 2, 0x00ff0000fff0ffff);
        /* ID_AA64MMFR0_EL1: 48-bit addresses, EL1 little-endian only (its MMIO is emulated so) */
        ROW(7, 0, 0x100000000f1f00f5);
        /* ID_AA64MMFR1_EL1: no VHE, VMID, LORegions, HCRX */
        ROW(7, 1, 0xf0fff0f00ff0f002);
        /* ID_AA64MMFR2_EL1: no nested virtualization, IESB, FWB, EVT */
        ROW(7, 2, 0xf0ff00fff0ff0fff);
    default:
        return 0;
    }
}
