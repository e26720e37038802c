/* SPDX-License-Identifier: Apache-2.0 */
/* Where Armv7-A has the registers of a guest: beside those in <arch/sysreg.h>. */
#ifndef ARCH_AARCH32_H
#define ARCH_AARCH32_H

#include <stdint.h>

#include <arch/sysreg.h>

/* What of a PSR an exception leaves: flags, GE, and the masks; what an Armv7-A has not is 0. */
#define PSR_KEPT UINT64_C(0xf80f01c0)
#define PSR_PAN  UINT64_C(0)
#define PSR_SSBS UINT64_C(0)

/* SPSR_hyp as a mode's SPSR has it. */
static inline uint32_t aarch32_spsr(uint64_t spsr_hyp)
{
    return (uint32_t)spsr_hyp;
}

static inline uint32_t aarch32_hdfar(void)
{
    return sysreg_read(HDFAR);
}

static inline uint32_t aarch32_hifar(void)
{
    return sysreg_read(HIFAR);
}

static inline uint32_t aarch32_dfar(void)
{
    return sysreg_read(DFAR);
}

static inline uint32_t aarch32_ifar(void)
{
    return sysreg_read(IFAR);
}

static inline void aarch32_set_dfar(uint32_t v)
{
    sysreg_write(DFAR, v);
}

static inline void aarch32_set_ifar(uint32_t v)
{
    sysreg_write(IFAR, v);
}

static inline uint32_t aarch32_ttbr0(void)
{
    return (uint32_t)sysreg_read64(TTBR0);
}

#endif
