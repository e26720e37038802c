/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of GICv2 (IHI 0048) and GICv3 (IHI 0069) that the guests use. */
#ifndef GIC_H
#define GIC_H

#include <stdint.h>

/* Distributor. IGROUPR … ICFGR are in a GICv3 Redistributor's SGI frame too, for INTIDs 0 – 31. */
#define GICD_CTLR       0x0000 /* RW */
#define GICD_TYPER      0x0004 /* RO */
#define GICD_IGROUPR    0x0080 /* RW 1 bit */
#define GICD_ISENABLER  0x0100 /* RW 1 bit */
#define GICD_ICENABLER  0x0180 /* RW 1 bit */
#define GICD_ISPENDR    0x0200 /* RW 1 bit */
#define GICD_ICPENDR    0x0280 /* RW 1 bit */
#define GICD_ISACTIVER  0x0300 /* RW 1 bit */
#define GICD_ICACTIVER  0x0380 /* RW 1 bit */
#define GICD_IPRIORITYR 0x0400 /* RW 8 bits */
#define GICD_ITARGETSR  0x0800 /* RW 8 bits, GICv2 */
#define GICD_ICFGR      0x0c00 /* RW 2 bits */
#define GICD_SGIR       0x0f00 /* WO GICv2 */
#define GICD_CPENDSGIR  0x0f10 /* RW 8 bits, GICv2 */
#define GICD_SPENDSGIR  0x0f20 /* RW 8 bits, GICv2 */
#define GICD_V2_PIDR2   0x0fe8 /* RO */
#define GICD_IROUTER    0x6000 /* RW 64 bits, GICv3 */
#define GICD_V3_PIDR2   0xffe8 /* RO */

#define GICD_CTLR_ENABLE       0x00000001u /* GICv2 */
#define GICD_CTLR_ENABLE_GRP1A 0x00000002u /* GICv3 */
#define GICD_CTLR_ARE          0x00000010u
#define GICD_CTLR_RWP          0x80000000u
#define GICD_TYPER_ITLINES     0x0000001fu
#define GICD_TYPER_CPUNUMBER   0x000000e0u
#define PIDR2_ARCHREV          0x000000f0u
#define GICD_SGIR_OTHERS       0x01000000u
#define GICD_SGIR_SELF         0x02000000u

/* GICv2 CPU interface. */
#define GICC_CTLR  0x0000 /* RW */
#define GICC_PMR   0x0004 /* RW */
#define GICC_BPR   0x0008 /* RW */
#define GICC_IAR   0x000c /* RO */
#define GICC_EOIR  0x0010 /* WO */
#define GICC_RPR   0x0014 /* RO */
#define GICC_HPPIR 0x0018 /* RO */
#define GICC_APR   0x00d0 /* RW, 4 words */
#define GICC_NSAPR 0x00e0 /* RW, 4 words */
#define GICC_IIDR  0x00fc /* RO */
#define GICC_DIR   0x1000 /* WO */

#define GICC_CTLR_ENABLE  0x00000001u
#define GICC_CTLR_EOIMODE 0x00000200u

/* GICv3 Redistributor. */
#define GICR_CTLR       0x0000 /* RW */
#define GICR_TYPER      0x0008 /* RO 64 bits */
#define GICR_WAKER      0x0014 /* RW */
#define GICR_SGI_FRAME  0x10000
#define GICR_SIZE       0x20000
#define GICR_SIZE_VLPIS 0x40000

#define GICR_CTLR_RWP             0x00000008u
#define GICR_TYPER_VLPIS          0x00000002u
#define GICR_TYPER_LAST           0x00000010u
#define GICR_WAKER_PROCESSORSLEEP 0x00000002u
#define GICR_WAKER_CHILDRENASLEEP 0x00000004u

/* GICv3 CPU interface. */
#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_AP1R0_EL1   S3_0_C12_C9_0
#define ICC_DIR_EL1     S3_0_C12_C11_1
#define ICC_RPR_EL1     S3_0_C12_C11_3
#define ICC_SGI1R_EL1   S3_0_C12_C11_5
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_HPPIR1_EL1  S3_0_C12_C12_2
#define ICC_BPR1_EL1    S3_0_C12_C12_3
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7

#define ICC_CTLR_EOIMODE 0x2u
#define ICC_SGI1R_OTHERS (1ull << 40)

/* The frame that holds an interrupt's enable, pending … bits: for SGIs and PPIs, this CPU's. */
uintptr_t gic_frame(unsigned intid);

/* This CPU's GICv3 Redistributor; 0 if it has none. */
uintptr_t gic_redistributor(void);

/* This CPU's bit in GICv2's ITARGETSR and SGIR. */
uint8_t gic_target_mask(unsigned cpu);

#endif
