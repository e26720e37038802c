/* SPDX-License-Identifier: Apache-2.0 */
/* Where AArch64 has the registers of a guest in AArch32 state. DDI 0487 D1.20, G8.1. */
#ifndef ARCH_AARCH32_H
#define ARCH_AARCH32_H

#include <stdint.h>

#include <arch/sysreg.h>

#include "core/base/bits.h"

/* By AArch32's names. */
#define SCTLR SCTLR_EL1
#define VBAR  VBAR_EL1
#define TTBCR TCR_EL1
#define DFSR  ESR_EL1
#define IFSR  IFSR32_EL2
#define HSR   ESR_EL2

#define BANKED_elr_hyp  ELR_EL2
#define BANKED_spsr_hyp SPSR_EL2
#define BANKED_spsr_abt spsr_abt
#define BANKED_spsr_und spsr_und

#define banked_read(name)     sysreg_read(BANKED_##name)
#define banked_write(name, v) sysreg_write(BANKED_##name, v)

/* What of SPSR_EL2 an exception leaves: flags, DIT, PAN, GE, and the masks. */
#define PSR_KEPT UINT64_C(0xf94f01c0)
#define PSR_SSBS BIT(23)
#define PSR_PAN  BIT(22)

/* SPSR_EL2 as a mode's SPSR has it: DIT where the single step is. */
static inline uint32_t aarch32_spsr(uint64_t spsr_el2)
{
    return (uint32_t)((spsr_el2 & ~(BIT(24) | BIT(21))) | (spsr_el2 & BIT(24)) >> 3);
}

static inline uint32_t aarch32_hdfar(void)
{
    return (uint32_t)sysreg_read(FAR_EL2);
}

static inline uint32_t aarch32_hifar(void)
{
    return (uint32_t)sysreg_read(FAR_EL2);
}

static inline uint32_t aarch32_dfar(void)
{
    return (uint32_t)sysreg_read(FAR_EL1);
}

static inline uint32_t aarch32_ifar(void)
{
    return (uint32_t)(sysreg_read(FAR_EL1) >> 32);
}

static inline void aarch32_set_dfar(uint32_t v)
{
    sysreg_write(FAR_EL1, (sysreg_read(FAR_EL1) & ~UINT64_C(0xffffffff)) | v);
}

static inline void aarch32_set_ifar(uint32_t v)
{
    sysreg_write(FAR_EL1, (sysreg_read(FAR_EL1) & UINT32_MAX) | (uint64_t)v << 32);
}

static inline uint32_t aarch32_ttbr0(void)
{
    return (uint32_t)sysreg_read(TTBR0_EL1);
}

#endif
