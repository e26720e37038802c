/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CP15 registers by the names of DDI 0406 B4, B8.2: the operands of MRC and MCR, MRRC and MCRR. The
 * GIC's have their AArch64 names, as drivers/gic/gic_v3.c serves both.
 */
#ifndef ARCH_SYSREG_H
#define ARCH_SYSREG_H

#include <stdint.h>

/* A read is never dropped or repeated; what orders it against other accesses is the caller's. */
#define sysreg_read(name)                                                                          \
    ({                                                                                             \
        uint32_t sysreg_value_;                                                                    \
        __asm__ volatile("mrc " name : "=r"(sysreg_value_));                                       \
        sysreg_value_;                                                                             \
    })

#define sysreg_write(name, value) __asm__ volatile("mcr " name ::"r"((uint32_t)(value)) : "memory")

#define sysreg_read64(name)                                                                        \
    ({                                                                                             \
        uint64_t sysreg_value_;                                                                    \
        __asm__ volatile("mrrc " name : "=r"(sysreg_value_));                                      \
        sysreg_value_;                                                                             \
    })

#define sysreg_write64(name, value)                                                                \
    __asm__ volatile("mcrr " name ::"r"((uint64_t)(value)) : "memory")

/* A register of another mode, or ELR_hyp and SPSR_hyp: MRS and MSR (banked register). */
#define banked_read(name)                                                                          \
    ({                                                                                             \
        uint32_t banked_value_;                                                                    \
        __asm__ volatile(".arch_extension virt\n\tmrs %0, " #name : "=r"(banked_value_));          \
        banked_value_;                                                                             \
    })

#define banked_write(name, value)                                                                  \
    __asm__ volatile(".arch_extension virt\n\tmsr " #name ", %0" ::"r"((uint32_t)(value))          \
                     : "memory")

#define CP15(op1, crn, crm, op2) "p15, " #op1 ", %0, " #crn ", " #crm ", " #op2
#define CP15_64(op1, crm)        "p15, " #op1 ", %Q0, %R0, " #crm

/* Identification */
#define MIDR    CP15(0, c0, c0, 0)
#define CTR     CP15(0, c0, c0, 1)
#define MPIDR   CP15(0, c0, c0, 5)
#define ID_DFR0 CP15(0, c0, c1, 2)
#define CSSELR  CP15(2, c0, c0, 0)
#define VPIDR   CP15(4, c0, c0, 0)
#define VMPIDR  CP15(4, c0, c0, 5)

/* Control */
#define SCTLR  CP15(0, c1, c0, 0)
#define ACTLR  CP15(0, c1, c0, 1)
#define CPACR  CP15(0, c1, c0, 2)
#define HSCTLR CP15(4, c1, c0, 0)
#define HCR    CP15(4, c1, c1, 0)
#define HDCR   CP15(4, c1, c1, 1)
#define HCPTR  CP15(4, c1, c1, 2)
#define HSTR   CP15(4, c1, c1, 3)
#define HACR   CP15(4, c1, c1, 7)

/* Translation */
#define TTBR0  CP15_64(0, c2)
#define TTBR1  CP15_64(1, c2)
#define TTBCR  CP15(0, c2, c0, 2)
#define DACR   CP15(0, c3, c0, 0)
#define PRRR   CP15(0, c10, c2, 0) /* MAIR0 */
#define NMRR   CP15(0, c10, c2, 1) /* MAIR1 */
#define AMAIR0 CP15(0, c10, c3, 0)
#define AMAIR1 CP15(0, c10, c3, 1)
#define VTCR   CP15(4, c2, c1, 2)
#define VTTBR  CP15_64(6, c2)

/* Faults */
#define DFSR  CP15(0, c5, c0, 0)
#define IFSR  CP15(0, c5, c0, 1)
#define ADFSR CP15(0, c5, c1, 0)
#define AIFSR CP15(0, c5, c1, 1)
#define DFAR  CP15(0, c6, c0, 0)
#define IFAR  CP15(0, c6, c0, 2)
#define HSR   CP15(4, c5, c2, 0)
#define HDFAR CP15(4, c6, c0, 0)
#define HIFAR CP15(4, c6, c0, 2)
#define HPFAR CP15(4, c6, c0, 4)
#define PAR   CP15_64(0, c7)

/* Caches, branch predictors, TLBs, address translation: written only */
#define ICIALLUIS   CP15(0, c7, c1, 0)
#define ICIALLU     CP15(0, c7, c5, 0)
#define BPIALL      CP15(0, c7, c5, 6)
#define BPIALLIS    CP15(0, c7, c1, 6)
#define ATS1CPR     CP15(0, c7, c8, 0)
#define DCCMVAC     CP15(0, c7, c10, 1)
#define DCCIMVAC    CP15(0, c7, c14, 1)
#define TLBIALLHIS  CP15(4, c8, c3, 0)
#define TLBIALLNSNH CP15(4, c8, c7, 4)

/* Performance monitors */
#define PMCR       CP15(0, c9, c12, 0)
#define PMCNTENCLR CP15(0, c9, c12, 2)
#define PMOVSR     CP15(0, c9, c12, 3)
#define PMSELR     CP15(0, c9, c12, 5)
#define PMXEVTYPER CP15(0, c9, c13, 1)
#define PMUSERENR  CP15(0, c9, c14, 0)
#define PMINTENCLR CP15(0, c9, c14, 2)

/* Vectors, software's thread registers */
#define VBAR       CP15(0, c12, c0, 0)
#define HVBAR      CP15(4, c12, c0, 0)
#define FCSEIDR    CP15(0, c13, c0, 0)
#define CONTEXTIDR CP15(0, c13, c0, 1)
#define TPIDRURW   CP15(0, c13, c0, 2)
#define TPIDRURO   CP15(0, c13, c0, 3)
#define TPIDRPRW   CP15(0, c13, c0, 4)
#define HTPIDR     CP15(4, c13, c0, 2)

/* Generic timer */
#define CNTFRQ     CP15(0, c14, c0, 0)
#define CNTKCTL    CP15(0, c14, c1, 0)
#define CNTP_CTL   CP15(0, c14, c2, 1)
#define CNTV_CTL   CP15(0, c14, c3, 1)
#define CNTHCTL    CP15(4, c14, c1, 0)
#define CNTHP_CTL  CP15(4, c14, c2, 1)
#define CNTPCT     CP15_64(0, c14)
#define CNTP_CVAL  CP15_64(2, c14)
#define CNTV_CVAL  CP15_64(3, c14)
#define CNTVOFF    CP15_64(4, c14)
#define CNTHP_CVAL CP15_64(6, c14)

/* IHI 0069 12.5: the GIC's CPU interface, */
#define ICC_PMR_EL1     CP15(0, c4, c6, 0)
#define ICC_DIR_EL1     CP15(0, c12, c11, 1)
#define ICC_IAR1_EL1    CP15(0, c12, c12, 0)
#define ICC_EOIR1_EL1   CP15(0, c12, c12, 1)
#define ICC_BPR1_EL1    CP15(0, c12, c12, 3)
#define ICC_CTLR_EL1    CP15(0, c12, c12, 4)
#define ICC_SRE_EL1     CP15(0, c12, c12, 5)
#define ICC_IGRPEN1_EL1 CP15(0, c12, c12, 7)
#define ICC_SRE_EL2     CP15(4, c12, c9, 5) /* ICC_HSRE */
#define ICC_SGI1R_EL1   CP15_64(0, c12)

/* 12.7: and its virtual interface's control. A list register is two here: ICH_LR and ICH_LRC. */
#define ICH_AP0R0_EL2 CP15(4, c12, c8, 0)
#define ICH_AP0R1_EL2 CP15(4, c12, c8, 1)
#define ICH_AP0R2_EL2 CP15(4, c12, c8, 2)
#define ICH_AP0R3_EL2 CP15(4, c12, c8, 3)
#define ICH_AP1R0_EL2 CP15(4, c12, c9, 0)
#define ICH_AP1R1_EL2 CP15(4, c12, c9, 1)
#define ICH_AP1R2_EL2 CP15(4, c12, c9, 2)
#define ICH_AP1R3_EL2 CP15(4, c12, c9, 3)
#define ICH_HCR_EL2   CP15(4, c12, c11, 0)
#define ICH_VTR_EL2   CP15(4, c12, c11, 1)
#define ICH_EISR_EL2  CP15(4, c12, c11, 3)
#define ICH_ELRSR_EL2 CP15(4, c12, c11, 5)
#define ICH_VMCR_EL2  CP15(4, c12, c11, 7)
#define ICH_LR0       CP15(4, c12, c12, 0)
#define ICH_LR1       CP15(4, c12, c12, 1)
#define ICH_LR2       CP15(4, c12, c12, 2)
#define ICH_LR3       CP15(4, c12, c12, 3)
#define ICH_LR4       CP15(4, c12, c12, 4)
#define ICH_LR5       CP15(4, c12, c12, 5)
#define ICH_LR6       CP15(4, c12, c12, 6)
#define ICH_LR7       CP15(4, c12, c12, 7)
#define ICH_LR8       CP15(4, c12, c13, 0)
#define ICH_LR9       CP15(4, c12, c13, 1)
#define ICH_LR10      CP15(4, c12, c13, 2)
#define ICH_LR11      CP15(4, c12, c13, 3)
#define ICH_LR12      CP15(4, c12, c13, 4)
#define ICH_LR13      CP15(4, c12, c13, 5)
#define ICH_LR14      CP15(4, c12, c13, 6)
#define ICH_LR15      CP15(4, c12, c13, 7)
#define ICH_LRC0      CP15(4, c12, c14, 0)
#define ICH_LRC1      CP15(4, c12, c14, 1)
#define ICH_LRC2      CP15(4, c12, c14, 2)
#define ICH_LRC3      CP15(4, c12, c14, 3)
#define ICH_LRC4      CP15(4, c12, c14, 4)
#define ICH_LRC5      CP15(4, c12, c14, 5)
#define ICH_LRC6      CP15(4, c12, c14, 6)
#define ICH_LRC7      CP15(4, c12, c14, 7)
#define ICH_LRC8      CP15(4, c12, c15, 0)
#define ICH_LRC9      CP15(4, c12, c15, 1)
#define ICH_LRC10     CP15(4, c12, c15, 2)
#define ICH_LRC11     CP15(4, c12, c15, 3)
#define ICH_LRC12     CP15(4, c12, c15, 4)
#define ICH_LRC13     CP15(4, c12, c15, 5)
#define ICH_LRC14     CP15(4, c12, c15, 6)
#define ICH_LRC15     CP15(4, c12, c15, 7)

/* `i` is a number, as in the registers' names. */
#define sysreg_read_lr(i) ((uint64_t)sysreg_read(ICH_LRC##i) << 32 | sysreg_read(ICH_LR##i))
#define sysreg_write_lr(i, value)                                                                  \
    do {                                                                                           \
        const uint64_t sysreg_lr_ = (value);                                                       \
        sysreg_write(ICH_LR##i, sysreg_lr_);                                                       \
        sysreg_write(ICH_LRC##i, sysreg_lr_ >> 32);                                                \
    } while (0)

#endif
