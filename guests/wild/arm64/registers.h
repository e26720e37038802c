/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and system registers that are not a partition's to use. */
#ifndef REGISTERS_H
#define REGISTERS_H

#define ABOVE "EL2 and EL3"

/* A register by its encoding: X(name, encoding). Those of EL2 and EL3 have to be undefined. */
#define REGISTERS_ABOVE(X)                                                                         \
    X(HCR_EL2, S3_4_C1_C1_0)                                                                       \
    X(SCTLR_EL2, S3_4_C1_C0_0)                                                                     \
    X(VTTBR_EL2, S3_4_C2_C1_0)                                                                     \
    X(VBAR_EL2, S3_4_C12_C0_0)                                                                     \
    X(TPIDR_EL2, S3_4_C13_C0_2)                                                                    \
    X(CNTVOFF_EL2, S3_4_C14_C0_3)                                                                  \
    X(CNTHCTL_EL2, S3_4_C14_C1_0)                                                                  \
    X(ICH_HCR_EL2, S3_4_C12_C11_0)                                                                 \
    X(ICH_LR0_EL2, S3_4_C12_C12_0)                                                                 \
    X(SCR_EL3, S3_6_C1_C1_0)                                                                       \
    X(CNTPS_CTL_EL1, S3_7_C14_C2_1)

/* Those that a hypervisor emulates, hides, or gives away. */
#define REGISTERS_BESIDE(X)                                                                        \
    X(ACTLR_EL1, S3_0_C1_C0_1)                                                                     \
    X(RGSR_EL1, S3_0_C1_C0_5)                                                                      \
    X(ZCR_EL1, S3_0_C1_C2_0)                                                                       \
    X(SMCR_EL1, S3_0_C1_C2_6)                                                                      \
    X(APIAKeyLo_EL1, S3_0_C2_C1_0)                                                                 \
    X(ERRSELR_EL1, S3_0_C5_C3_1)                                                                   \
    X(PMSCR_EL1, S3_0_C9_C9_0)                                                                     \
    X(TRBLIMITR_EL1, S3_0_C9_C11_0)                                                                \
    X(PMINTENSET_EL1, S3_0_C9_C14_1)                                                               \
    X(LORC_EL1, S3_0_C10_C4_3)                                                                     \
    X(ICC_IGRPEN0_EL1, S3_0_C12_C12_6)                                                             \
    X(DBGBVR0_EL1, S2_0_C0_C0_4)                                                                   \
    X(OSDLR_EL1, S2_0_C1_C3_4)                                                                     \
    X(TRCPRGCTLR, S2_1_C0_C1_0)                                                                    \
    X(L2CTLR_EL1, S3_1_C11_C0_2)                                                                   \
    X(CPUACTLR_EL1, S3_1_C15_C2_0)                                                                 \
    X(CPUECTLR_EL1, S3_1_C15_C2_1)                                                                 \
    X(PMCR_EL0, S3_3_C9_C12_0)                                                                     \
    X(PMCCNTR_EL0, S3_3_C9_C13_0)                                                                  \
    X(AMCR_EL0, S3_3_C13_C2_0)                                                                     \
    X(S3_3_C15_C15_7, S3_3_C15_C15_7)

#define REGISTER_READ(value, encoding)  (value) = sysreg_read(encoding)
#define REGISTER_WRITE(value, encoding) sysreg_write(encoding, value)

/* X(name, instruction); by encoding where the assembler would refuse. */
#define INSTRUCTIONS(X)                                                                            \
    X("UDF", ".inst 0")                                                                            \
    X("MRS of no register", "mrs xzr, s3_7_c15_c15_7")                                             \
    X("MSR HCR_EL2", "msr s3_4_c1_c1_0, xzr")                                                      \
    X("AT S12E1R", "sys #4, c7, c8, #4, xzr")                                                      \
    X("TLBI VMALLS12E1", "sys #4, c8, c7, #6, xzr")                                                \
    X("TLBI ALLE2", "sys #4, c8, c7, #0, xzr")                                                     \
    X("HVC #0x4a48", "hvc #0x4a48")                                                                \
    X("DCPS1", ".inst 0xd4a00001")                                                                 \
    X("SVE ORR", ".inst 0x04603fff")

#define MASK_ALL "msr daifset, #15"

#endif
