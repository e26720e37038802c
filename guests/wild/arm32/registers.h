/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and coprocessor registers that are not a partition's to use. */
#ifndef REGISTERS_H
#define REGISTERS_H

#define ABOVE "HYP and Monitor"

/* A register by the operands of MRC: X(name, op1, CRn, CRm, op2). Those of HYP and Monitor. */
#define REGISTERS_ABOVE(X)                                                                         \
    X(HCR, 4, c1, c1, 0)                                                                           \
    X(HSCTLR, 4, c1, c0, 0)                                                                        \
    X(HVBAR, 4, c12, c0, 0)                                                                        \
    X(HTPIDR, 4, c13, c0, 2)                                                                       \
    X(CNTHCTL, 4, c14, c1, 0)                                                                      \
    X(VPIDR, 4, c0, c0, 0)                                                                         \
    X(HDCR, 4, c1, c1, 1)                                                                          \
    X(SCR, 0, c1, c1, 0)                                                                           \
    X(MVBAR, 0, c12, c0, 1)

/* Those that a hypervisor emulates, hides, or gives away. */
#define REGISTERS_BESIDE(X)                                                                        \
    X(ACTLR, 0, c1, c0, 1)                                                                         \
    X(PMCR, 0, c9, c12, 0)                                                                         \
    X(PMINTENSET, 0, c9, c14, 1)                                                                   \
    X(L2CTLR, 1, c9, c0, 2)                                                                        \
    X(CBAR, 4, c15, c0, 0)                                                                         \
    X(ICC_SRE, 0, c12, c12, 5)

#define REGISTER_READ(value, op1, crn, crm, op2)                                                   \
    __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "+r"(value))
#define REGISTER_WRITE(value, op1, crn, crm, op2)                                                  \
    __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : : "r"(value))

/* X(name, instruction); by encoding where the assembler would refuse. */
#define INSTRUCTIONS(X)                                                                            \
    X("UDF", "udf #0")                                                                             \
    X("MRC of no register", "mrc p15, 7, r0, c0, c15, 7")                                          \
    X("MCR HCR", "mcr p15, 4, r0, c1, c1, 0")                                                      \
    X("ATS1HR", "mcr p15, 4, r0, c7, c8, 0")                                                       \
    X("TLBIALLNSNH", "mcr p15, 4, r0, c8, c7, 4")                                                  \
    X("MRS ELR_hyp", ".inst 0xe10e0300")                                                           \
    X("HVC #0x4a48", ".inst 0xe144a478")                                                           \
    X("CDP of no coprocessor", "cdp p7, 0, c0, c0, c0, 0")

#define MASK_ALL "cpsid aif"

#endif
