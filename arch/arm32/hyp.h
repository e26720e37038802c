/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of HYP mode's registers that more than one file here uses. DDI 0406 B4.1. */
#ifndef ARCH_ARM32_HYP_H
#define ARCH_ARM32_HYP_H

#include <stdint.h>

#include "core/base/bits.h"

#define MPIDR_AFFINITY UINT64_C(0xffffff)
#define MPIDR_RES1     BIT(31)

/* HCR */
#define HCR_VM    BIT(0)  /* stage 2 on */
#define HCR_SWIO  BIT(1)  /* the guest's DCISW cleans too */
#define HCR_PTW   BIT(2)  /* a stage-1 walk may not read a device */
#define HCR_FMO   BIT(3)  /* FIQ, */
#define HCR_IMO   BIT(4)  /* IRQ, */
#define HCR_AMO   BIT(5)  /* and asynchronous aborts go to HYP; the guest's are virtual */
#define HCR_FB    BIT(9)  /* the guest's TLBI and ICI reach the inner shareable domain */
#define HCR_BSU   BIT(10) /* so do its barriers */
#define HCR_TID3  BIT(18) /* feature ID registers */
#define HCR_TSC   BIT(19) /* SMC */
#define HCR_TIDCP BIT(20) /* lockdown, TCM and IMPLEMENTATION DEFINED registers */
#define HCR_TAC   BIT(21) /* ACTLR */

/*
 * Set/way operations are not trapped (TSW 0): a vCPU never leaves its CPU, so they reach exactly
 * the caches that the guest means, and with SWIO none can throw another's data away. WFI, WFE, VFP
 * and NEON are not trapped either.
 */
#define HCR_GUEST                                                                                  \
    (HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU | HCR_TID3 | HCR_TSC |    \
     HCR_TIDCP | HCR_TAC)

#define PMCR_N      MASK(15, 11) /* how many event counters there are */
#define ID_DFR0_PMU MASK(27, 24)

/* A PMU of the architecture, version 1 on; 15 is one that is not. */
static inline int has_pmu(uint32_t dfr0)
{
    uint64_t version = field_get(ID_DFR0_PMU, dfr0);

    return version != 0 && version != 15;
}

#endif
