/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the EL2 registers that more than one file here uses. DDI 0487 D17.2. */
#ifndef ARCH_ARM64_EL2_H
#define ARCH_ARM64_EL2_H

#include <stdint.h>

#include "core/base/bits.h"

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)
#define MPIDR_RES1     BIT(31)

/* HCR_EL2. A bit of an extension that is not there is RES0 and ignored. */
#define HCR_VM    BIT(0)  /* stage 2 on */
#define HCR_SWIO  BIT(1)  /* the guest's DC ISW cleans too */
#define HCR_PTW   BIT(2)  /* a stage-1 walk may not read a device */
#define HCR_FMO   BIT(3)  /* FIQ, */
#define HCR_IMO   BIT(4)  /* IRQ, */
#define HCR_AMO   BIT(5)  /* and SError go to EL2; the guest's are virtual */
#define HCR_FB    BIT(9)  /* the guest's TLBI and IC reach the inner shareable domain */
#define HCR_BSU   BIT(10) /* so do its barriers */
#define HCR_TID3  BIT(18) /* trap: feature ID registers */
#define HCR_TSC   BIT(19) /* SMC */
#define HCR_TIDCP BIT(20) /* IMPLEMENTATION DEFINED registers */
#define HCR_TACR  BIT(21) /* ACTLR_EL1 */
#define HCR_RW    BIT(31) /* EL1 is AArch64: not of every partition */
#define HCR_TLOR  BIT(35) /* trap: LORegions */
#define HCR_TERR  BIT(36) /* RAS error records */
#define HCR_APK   BIT(40) /* do not trap pointer authentication: its keys are the guest's alone, */
#define HCR_API   BIT(41) /* as EL2 uses none and a CPU has one guest */
#define HCR_TID5  BIT(58) /* trap: GMID_EL1 (MTE) */

/*
 * Set/way operations are not trapped (TSW 0): a vCPU never leaves its CPU, so they reach exactly
 * the caches that the guest means, and with SWIO none can throw another's data away. WFI, WFE, FP
 * and SIMD are not trapped either.
 */
#define HCR_GUEST                                                                                  \
    (HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU | HCR_TID3 | HCR_TSC |    \
     HCR_TIDCP | HCR_TACR | HCR_TLOR | HCR_TERR | HCR_APK | HCR_API | HCR_TID5)

/* Fields of ID registers: is the extension there? */
#define ID_AA64PFR0_EL1_STATES MASK(7, 4)
#define ID_PFR1_GIC            MASK(31, 28)
#define ID_AA64PFR0_FP         MASK(19, 16)
#define ID_AA64PFR0_FP_NONE    15
#define ID_AA64PFR0_GIC        MASK(27, 24)
#define ID_AA64PFR0_MPAM       MASK(43, 40)
#define ID_AA64PFR1_MPAM       MASK(19, 16)
#define ID_AA64DFR0_PMU        MASK(11, 8)
#define ID_AA64DFR0_BRPS       MASK(15, 12)
#define ID_AA64DFR0_WRPS       MASK(23, 20)
#define ID_AA64DFR0_TRF        MASK(43, 40)
#define ID_AA64ISAR0_CRC       MASK(19, 16)
#define ID_AA64ISAR1_PAC       (MASK(11, 4) | MASK(31, 24)) /* APA, API, GPA, GPI */
#define ID_AA64ISAR2_PAC       MASK(15, 8)                  /* GPA3, APA3 */
#define ID_AA64MMFR0_PA        MASK(3, 0)
#define ID_AA64MMFR0_FGT       MASK(59, 56)
#define ID_AA64MMFR1_VHE       MASK(11, 8)
#define ID_AA64MMFR1_HCX       MASK(43, 40)

/* Registers that an assembler for Armv8.0 does not know. */
#define ID_AA64ISAR2_EL1 S3_0_C0_C6_2
#define CNTHV_CTL_EL2    S3_4_C14_C3_1
#define HCRX_EL2         S3_4_C1_C2_2
#define HFGRTR_EL2       S3_4_C1_C1_4
#define HFGWTR_EL2       S3_4_C1_C1_5
#define HFGITR_EL2       S3_4_C1_C1_6
#define HDFGRTR_EL2      S3_4_C3_C1_4
#define HDFGWTR_EL2      S3_4_C3_C1_5
#define TRFCR_EL2        S3_4_C1_C2_1
#define MPAM2_EL2        S3_4_C10_C5_0
#define MPAMHCR_EL2      S3_4_C10_C4_0
#define MPAMIDR_EL1      S3_0_C10_C4_4

#define PMCR_N MASK(15, 11) /* PMCR_EL0: how many event counters there are */

/* mmu.c: the PS field of TCR_EL2 and VTCR_EL2, at most 48 bits. */
uint64_t mmu_ps(void);

/* A PMU of the architecture, version 1 on; 15 is one that is not. */
static inline int has_pmu(uint64_t dfr0)
{
    uint64_t version = field_get(ID_AA64DFR0_PMU, dfr0);

    return version != 0 && version != 15;
}

#endif
