/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers that a guest can write, once, for who saves and who dirties them: the macro
 * `registers` uses macros of whoever includes this:
 *   reg NAME, DIRT, [READ], [WRITE]   a register; encodings where the assembler lacks the name
 *   look NAME, [READ]                 one that is only looked at
 *   stack_pointer NAME, DIRT          SP_EL1, which EL1 and EL2 reach in different ways
 *   fp_on                             from here on: FPCR, FPSR
 * DIRT breaks nothing at once, with the MMU off and PSTATE.D set, and is not what reset leaves.
 */

/* What follows, up to feature_end, where a field of an ID register is above a value. */
.macro feature register, lsb, width, above=0
    mrs     x1, \register
    ubfx    x1, x1, #\lsb, #\width
    cmp     x1, \above
    b.le    9f
.endm

.macro feature_end
9:
.endm

.macro breakpoint n
    feature ID_AA64DFR0_EL1, 12, 4, (\n - 1)
    reg     DBGBVR\n\()_EL1, 0x40106000
    reg     DBGBCR\n\()_EL1, 0x1e5      /* on, at EL0 */
    feature_end
.endm

.macro watchpoint n
    feature ID_AA64DFR0_EL1, 20, 4, (\n - 1)
    reg     DBGWVR\n\()_EL1, 0x40107000
    reg     DBGWCR\n\()_EL1, 0x1ffd     /* on, at EL0 */
    feature_end
.endm

.macro event_counter n
    feature PMCR_EL0, 11, 5, \n
    reg     PMEVTYPER\n\()_EL0, 0x80000011 /* CPU_CYCLES, not at EL1 */
    reg     PMEVCNTR\n\()_EL0, 0x5a5a5a
    feature_end
.endm

.macro dirty_q n
    movi    v\n\().16b, #0x5a
.endm

.macro registers
    look    NZCV
    look    DAIF
    look    SPSel
    look    CurrentEL
    stack_pointer SP_EL1, 0x5a5a5a5a5a5a5a50
    reg     SP_EL0, 0x5a5a5a5a5a5a5a50
    reg     SCTLR_EL1, 0x30d0181e
    reg     TCR_EL1, 0x00000005b5503510
    reg     TTBR0_EL1, 0x40101000
    reg     TTBR1_EL1, 0x40102000
    reg     MAIR_EL1, 0xff440c0400bb44ff
    reg     AMAIR_EL1, 0x5a5a5a5a5a5a5a5a
    reg     VBAR_EL1, 0x40103000
    reg     CPACR_EL1, 0x300000
    reg     CONTEXTIDR_EL1, 0x5a5a5a5a
    reg     TPIDR_EL1, 0x5a5a5a5a5a5a5a5a
    reg     TPIDR_EL0, 0x5a5a5a5a5a5a5a5a
    reg     TPIDRRO_EL0, 0x5a5a5a5a5a5a5a5a
    reg     ELR_EL1, 0x40104000
    reg     SPSR_EL1, 0x600003c5
    reg     ESR_EL1, 0x5a000000
    reg     FAR_EL1, 0x5a5a5a5a5a5a5a5a
    reg     AFSR0_EL1, 0x5a5a5a5a
    reg     AFSR1_EL1, 0x5a5a5a5a
    reg     PAR_EL1, 0x40105000
    reg     CSSELR_EL1, 1

    reg     CNTKCTL_EL1, 0x2ff
    reg     CNTV_CVAL_EL0, 0x5a5a
    reg     CNTV_CTL_EL0, 1
    reg     CNTP_CVAL_EL0, 0x5a5a
    reg     CNTP_CTL_EL0, 1

    reg     MDSCR_EL1, 0xb001           /* MDE, KDE, TDCC, SS */
    reg     MDCCINT_EL1, 0x60000000
    reg     DBGCLAIMCLR_EL1, 0x5a, DBGCLAIMCLR_EL1, DBGCLAIMSET_EL1
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    breakpoint \n
    watchpoint \n
    .endr
    reg     OSLSR_EL1, 0, OSLSR_EL1, OSLAR_EL1
    reg     OSDLR_EL1, 1

    feature ID_AA64DFR0_EL1, 8, 4
    reg     PMSELR_EL0, 3
    reg     PMUSERENR_EL0, 0xf
    reg     PMCCNTR_EL0, 0x5a5a5a
    reg     PMCCFILTR_EL0, 0x80000000
    feature_end
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    event_counter \n
    .endr
    feature ID_AA64DFR0_EL1, 8, 4
    reg     PMCNTENSET_EL0, 0x8000000f
    reg     PMINTENSET_EL1, 0x8000000f
    reg     PMOVSSET_EL0, 0x8000000f
    reg     PMCR_EL0, 0x69              /* LC, DP, D, E */
    feature_end

    feature ID_AA64ISAR1_EL1, 4, 8
    reg     APIAKEYLO_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C1_0, S3_0_C2_C1_0
    reg     APIAKEYHI_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C1_1, S3_0_C2_C1_1
    reg     APIBKEYLO_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C1_2, S3_0_C2_C1_2
    reg     APIBKEYHI_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C1_3, S3_0_C2_C1_3
    reg     APDAKEYLO_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C2_0, S3_0_C2_C2_0
    reg     APDAKEYHI_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C2_1, S3_0_C2_C2_1
    reg     APDBKEYLO_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C2_2, S3_0_C2_C2_2
    reg     APDBKEYHI_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C2_3, S3_0_C2_C2_3
    reg     APGAKEYLO_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C3_0, S3_0_C2_C3_0
    reg     APGAKEYHI_EL1, 0x5a5a5a5a5a5a5a5a, S3_0_C2_C3_1, S3_0_C2_C3_1
    feature_end

    feature ID_AA64PFR0_EL1, 24, 4
    look    ICC_AP1R0_EL1, S3_0_C12_C9_0
    reg     ICC_PMR_EL1, 0xa0, S3_0_C4_C6_0, S3_0_C4_C6_0
    reg     ICC_CTLR_EL1, 2, S3_0_C12_C12_4, S3_0_C12_C12_4
    reg     ICC_IGRPEN1_EL1, 1, S3_0_C12_C12_7, S3_0_C12_C12_7
    feature_end

    fp_on
    reg     FPCR, 0x03000000
    reg     FPSR, 0x0800001f
.endm

/* `reg` and `look` of who dirties. */
.macro dirty_registers
    .macro  reg name, dirt, read, write
    ldr     x1, =\dirt
    .ifb    \write
    msr     \name, x1
    .else
    msr     \write, x1
    .endif
    .endm
    .macro  look name, read
    .endm
    .macro  fp_on
    isb
    .endm
    registers
    .purgem reg
    .purgem look
    .purgem fp_on
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    dirty_q \n
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    dirty_q \n
    .endr
.endm
