/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a guest takes an exception at EL1 that the hardware did not give it. */
#include "arch/arm64/inject.h"

#include <stdbool.h>

#include <arch/sysreg.h>

#include "arch/arm64/traps.h"
#include "core/base/addr.h"
#include "core/base/bits.h"

/* Exception classes at EL1; the next one is the same from EL1 itself. */
#define EC_UNKNOWN     0x00
#define EC_INSTR_ABORT 0x20
#define EC_DATA_ABORT  0x24

#define ISS_CM            BIT(8)
#define ISS_WNR           BIT(6)
#define FSC_SYNC_EXTERNAL 0x10
#define FSC_WALK_EXTERNAL 0x17 /* on a stage-1 walk: 0x14 and its level, which EL2 is not told */

/* SPSR; those of an exception from AArch32 below. */
#define SPSR_NZCV MASK(31, 28)
#define SPSR_DIT  BIT(24)
#define SPSR_PAN  BIT(22)
#define SPSR_SSBS BIT(12)
#define SPSR_EL   MASK(3, 2)
#define SPSR_SP   BIT(0)

#define SCTLR_DSSBS BIT(44)
#define SCTLR_SPAN  BIT(23)

static bool from_el1(uint64_t spsr)
{
    return (spsr & SPSR_AARCH32) == 0 && field_get(SPSR_EL, spsr) == 1;
}

uint64_t inject_vector(void)
{
    const uint64_t spsr = sysreg_read(SPSR_EL2);
    uint64_t offset = 0x000; /* EL1 on SP_EL0 */

    if ((spsr & SPSR_AARCH32) != 0) {
        offset = 0x600;
    } else if (!from_el1(spsr)) {
        offset = 0x400;
    } else if ((spsr & SPSR_SP) != 0) {
        offset = 0x200;
    }
    return align_down(sysreg_read(VBAR_EL1), 2048) + offset;
}

/* DDI 0487 AArch64.TakeException(): what PSTATE becomes; BTYPE, IL, SS and UAO are 0. */
static uint64_t pstate_at_exception(uint64_t spsr)
{
    const uint64_t sctlr = sysreg_read(SCTLR_EL1);
    uint64_t pstate = (spsr & (SPSR_NZCV | SPSR_DIT | SPSR_PAN)) | SPSR_DAIF | SPSR_EL1H;

    if ((sctlr & SCTLR_SPAN) == 0) {
        pstate |= SPSR_PAN;
    }
    if ((sctlr & SCTLR_DSSBS) != 0) {
        pstate |= SPSR_SSBS;
    }
    return pstate;
}

static void take(uint64_t ec, uint64_t iss)
{
    const uint64_t spsr = sysreg_read(SPSR_EL2);
    const uint64_t vector = inject_vector();

    sysreg_write(ESR_EL1, field_prep(ESR_EC, ec) | ESR_IL | iss);
    sysreg_write(ELR_EL1, sysreg_read(ELR_EL2));
    sysreg_write(SPSR_EL1, spsr);
    sysreg_write(ELR_EL2, vector);
    sysreg_write(SPSR_EL2, pstate_at_exception(spsr));
}

void inject_undef(void)
{
    take(EC_UNKNOWN, 0);
}

void inject_abort(uint64_t esr)
{
    const bool data = field_get(ESR_EC, esr) == EC_DATA_ABORT;
    const uint64_t ec = data ? EC_DATA_ABORT : EC_INSTR_ABORT;
    const uint64_t kept = data ? esr & (ISS_CM | ISS_WNR) : 0;
    const uint64_t fsc = (esr & ISS_S1PTW) != 0 ? FSC_WALK_EXTERNAL : FSC_SYNC_EXTERNAL;

    sysreg_write(FAR_EL1, sysreg_read(FAR_EL2));
    take(ec + (from_el1(sysreg_read(SPSR_EL2)) ? 1 : 0), kept | fsc);
}
