/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a guest takes an exception at PL1 that the hardware did not give it. */
#include "arch/arm32/inject.h"

#include <stdbool.h>

#include <arch/sysreg.h>

#include "arch/arm/aarch32.h"
#include "arch/arm32/traps.h"
#include "core/base/addr.h"
#include "core/base/bits.h"

#define EC_DATA_ABORT 0x24

#define SCTLR_TE     BIT(30)
#define SCTLR_EE     BIT(25)
#define SCTLR_V      BIT(13)
#define HIGH_VECTORS UINT32_C(0xffff0000)

/* DFSR and IFSR, by TTBCR.EAE: kinds of external aborts, of a stage-1 walk by any level of it. */
#define TTBCR_EAE          BIT(31)
#define FSR_LPAE           BIT(9)
#define FSR_LPAE_EXTERNAL  0x10
#define FSR_LPAE_WALK      0x17
#define FSR_SHORT_EXTERNAL 0x08
#define FSR_SHORT_WALK     0x0e
#define FSR_WNR            BIT(11)
#define ISS_WNR            BIT(6)

uint32_t inject_vectors(void)
{
    return (sysreg_read(SCTLR) & SCTLR_V) != 0 ? HIGH_VECTORS : sysreg_read(VBAR) & ~UINT32_C(31);
}

/* DDI 0406 B1.9: `masks` are set; LR and SPSR of the mode are written before. */
static void enter(uint32_t mode, uint32_t offset, uint64_t masks)
{
    const uint32_t sctlr = sysreg_read(SCTLR);
    uint64_t psr = banked_read(spsr_hyp);

    psr &= ~(PSR_MODE | PSR_IT | PSR_J | PSR_T | PSR_E);
    psr |= mode | masks | ((sctlr & SCTLR_TE) != 0 ? PSR_T : 0) |
           ((sctlr & SCTLR_EE) != 0 ? PSR_E : 0);
    banked_write(spsr_hyp, psr);
    banked_write(elr_hyp, inject_vectors() + offset);
}

void inject_undef(void)
{
    const uint32_t spsr = banked_read(spsr_hyp);

    banked_write(spsr_und, spsr);
    banked_write(lr_und, banked_read(elr_hyp) + ((spsr & PSR_T) != 0 ? 2 : 4));
    enter(MODE_UND, VECTOR_UNDEF, PSR_I);
}

static uint64_t fault_status(uint32_t hsr)
{
    const bool walk = (hsr & ISS_S1PTW) != 0;

    if ((sysreg_read(TTBCR) & TTBCR_EAE) != 0) {
        return FSR_LPAE | (walk ? FSR_LPAE_WALK : FSR_LPAE_EXTERNAL);
    }
    return walk ? FSR_SHORT_WALK : FSR_SHORT_EXTERNAL;
}

void inject_abort(uint32_t hsr)
{
    const bool data = field_get(HSR_EC, hsr) == EC_DATA_ABORT;

    banked_write(spsr_abt, banked_read(spsr_hyp));
    banked_write(lr_abt, banked_read(elr_hyp) + (data ? 8 : 4));
    if (data) {
        sysreg_write(DFAR, sysreg_read(HDFAR));
        sysreg_write(DFSR, fault_status(hsr) | ((hsr & ISS_WNR) != 0 ? FSR_WNR : 0));
    } else {
        sysreg_write(IFAR, sysreg_read(HIFAR));
        sysreg_write(IFSR, fault_status(hsr));
    }
    enter(MODE_ABT, data ? VECTOR_DATA_ABORT : VECTOR_PREFETCH_ABORT, PSR_A | PSR_I);
}

void inject_skip(uint32_t hsr)
{
    const uint32_t spsr = banked_read(spsr_hyp);

    banked_write(elr_hyp, banked_read(elr_hyp) + 2 + 2 * field_get(HSR_IL, hsr));
    if ((spsr & PSR_T) != 0) { /* A32 has no IT blocks */
        banked_write(spsr_hyp, aarch32_it_advanced(spsr));
    }
}
