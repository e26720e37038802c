# SPDX-License-Identifier: Apache-2.0
"""What Armv8-A prescribes for what the attacker tries, written from the manuals alone.

DDI 0487 (system registers C5 and D17, exceptions D1), IHI 0048 and IHI 0069 (GIC), DEN 0022 (PSCI), DEN 0028
(SMCCC). Where QEMU's CPUs differ from the manual, it is said here, one name at a time.
"""

import re

# ---- system instructions: what EL1 and EL0 may do, by encoding op0.op1.CRn.CRm.op2 ----

# Encoding; access at EL1; at EL0, with all that EL1 can allow it (UCI, UCT, DZE, UMA, CNTKCTL, PMUSERENR);
# the feature it needs, or "-". A range a-b stands for each of its numbers.
TABLE = """
2.0.0.0.2        rw -  -       OSDTRRX_EL1
2.0.0.0-5.4      rw -  -       DBGBVR<n>_EL1, of 6 breakpoints
2.0.0.0-5.5      rw -  -       DBGBCR<n>_EL1
2.0.0.0-3.6      rw -  -       DBGWVR<n>_EL1, of 4 watchpoints
2.0.0.0-3.7      rw -  -       DBGWCR<n>_EL1
2.0.0.2.0        rw -  -       MDCCINT_EL1
2.0.0.2.2        rw -  -       MDSCR_EL1
2.0.0.3.2        rw -  -       OSDTRTX_EL1
2.0.0.6.2        rw -  -       OSECCR_EL1
2.0.1.0.0        r  -  -       MDRAR_EL1
2.0.1.0.4        w  -  -       OSLAR_EL1
2.0.1.1.4        r  -  -       OSLSR_EL1
2.0.1.3.4        rw -  -       OSDLR_EL1
2.0.1.4.4        rw -  -       DBGPRCR_EL1
2.0.7.8.6        rw -  -       DBGCLAIMSET_EL1
2.0.7.9.6        rw -  -       DBGCLAIMCLR_EL1
2.0.7.14.6       r  -  -       DBGAUTHSTATUS_EL1
2.3.0.1.0        r  r  -       MDCCSR_EL0
2.3.0.4.0        rw rw -       DBGDTR_EL0
2.3.0.5.0        rw rw -       DBGDTRRX_EL0, DBGDTRTX_EL0
3.0.0.0.0        r  -  -       MIDR_EL1
3.0.0.0.5        r  -  -       MPIDR_EL1
3.0.0.0.6        r  -  -       REVIDR_EL1
3.0.0.1-7.0-7    r  -  -       the feature ID space: what is not allocated reads as zero
3.0.1.0.0        rw -  -       SCTLR_EL1
3.0.1.0.1        rw -  -       ACTLR_EL1
3.0.1.0.2        rw -  -       CPACR_EL1
3.0.2.0.0-2      rw -  -       TTBR0_EL1, TTBR1_EL1, TCR_EL1
3.0.2.1-2.0-3    rw -  pauth   AP[ID][AB]Key(Lo|Hi)_EL1
3.0.2.3.0-1      rw -  pauth   APGAKey(Lo|Hi)_EL1
3.0.4.0.0-1      rw -  -       SPSR_EL1, ELR_EL1
3.0.4.1.0        rw -  -       SP_EL0
3.0.4.2.0        rw -  -       SPSel
3.0.4.2.2        r  -  -       CurrentEL
3.0.4.2.3        rw -  pan     PAN
3.0.4.2.4        rw -  uao     UAO
3.0.4.3.0        r  -  nmi     ALLINT: only its writes can be trapped (HCRX_EL2.TALLINT)
3.0.4.6.0        rw -  gic3    ICC_PMR_EL1
3.0.5.1.0-1      rw -  -       AFSR0_EL1, AFSR1_EL1
3.0.5.2.0        rw -  -       ESR_EL1
3.0.6.0.0        rw -  -       FAR_EL1
3.0.7.4.0        rw -  -       PAR_EL1
3.0.9.14.1-2     rw -  -       PMINTENSET_EL1, PMINTENCLR_EL1
3.0.9.14.6       r  -  pmu4    PMMIR_EL1
3.0.10.2.0       rw -  -       MAIR_EL1
3.0.10.3.0       rw -  -       AMAIR_EL1
3.0.12.0.0       rw -  -       VBAR_EL1
3.0.12.1.0       r  -  -       ISR_EL1
3.0.12.1.1       rw -  ras     DISR_EL1: VDISR_EL2 under AMO, cannot be trapped
3.0.12.8.0       r  -  gic3    ICC_IAR0_EL1
3.0.12.8.1       w  -  gic3    ICC_EOIR0_EL1
3.0.12.8.2       r  -  gic3    ICC_HPPIR0_EL1
3.0.12.8.3-4     rw -  gic3    ICC_BPR0_EL1, ICC_AP0R0_EL1 (5 priority bits: one word)
3.0.12.9.0       rw -  gic3    ICC_AP1R0_EL1
3.0.12.9.5       r  -  gicnmi  ICC_NMIAR1_EL1
3.0.12.11.1      w  -  gic3    ICC_DIR_EL1
3.0.12.11.3      r  -  gic3    ICC_RPR_EL1
3.0.12.11.5-7    w  -  gic3    ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1
3.0.12.12.0      r  -  gic3    ICC_IAR1_EL1
3.0.12.12.1      w  -  gic3    ICC_EOIR1_EL1
3.0.12.12.2      r  -  gic3    ICC_HPPIR1_EL1
3.0.12.12.3-7    rw -  gic3    ICC_BPR1, CTLR, SRE, IGRPEN0, IGRPEN1_EL1
3.0.13.0.1       rw -  -       CONTEXTIDR_EL1
3.0.13.0.4       rw -  -       TPIDR_EL1
3.0.14.1.0       rw -  -       CNTKCTL_EL1
3.1.0.0.0-1      r  -  -       CCSIDR_EL1, CLIDR_EL1
3.1.0.0.6        r  -  sme     SMIDR_EL1: zero, trapped only with REVIDR_EL1 and AIDR_EL1 (TID1)
3.1.0.0.7        r  -  -       AIDR_EL1
3.2.0.0.0        rw -  -       CSSELR_EL1
3.3.0.0.1        r  r  -       CTR_EL0
3.3.0.0.7        r  r  -       DCZID_EL0
3.3.2.4.0-1      r  r  rng     RNDR, RNDRRS
3.3.4.2.0-1      rw rw -       NZCV, DAIF
3.3.4.2.5        rw rw dit     DIT
3.3.4.2.6        rw rw ssbs    SSBS
3.3.4.2.7        rw rw tco     TCO: cannot be trapped
3.3.4.4.0-1      rw rw -       FPCR, FPSR
3.3.9.12.0-3     rw rw -       PMCR, PMCNTENSET, PMCNTENCLR, PMOVSCLR_EL0
3.3.9.12.4       w  w  -       PMSWINC_EL0
3.3.9.12.5       rw rw -       PMSELR_EL0
3.3.9.12.6-7     r  r  -       PMCEID0_EL0, PMCEID1_EL0
3.3.9.13.0-2     rw rw -       PMCCNTR, PMXEVTYPER, PMXEVCNTR_EL0
3.3.9.14.0       rw r  -       PMUSERENR_EL0
3.3.9.14.3       rw rw -       PMOVSSET_EL0
3.3.13.0.2       rw rw -       TPIDR_EL0
3.3.13.0.3       rw r  -       TPIDRRO_EL0
3.3.14.0.0-2     r  r  -       CNTFRQ, CNTPCT, CNTVCT_EL0
3.3.14.0.5-6     r  r  ecv     CNTPCTSS, CNTVCTSS_EL0
3.3.14.2-3.0-2   rw rw -       CNT[PV]_(TVAL|CTL|CVAL)_EL0
3.3.14.8.0-5     rw rw -       PMEVCNTR<n>_EL0, of 6 counters
3.3.14.12.0-5    rw rw -       PMEVTYPER<n>_EL0
3.3.14.15.7      rw rw -       PMCCFILTR_EL0
1.0.7.1.0        w  -  -       IC IALLUIS
1.0.7.5.0        w  -  -       IC IALLU
1.0.7.6.1-2      w  -  -       DC IVAC, DC ISW
1.0.7.8.0-3      w  -  -       AT S1E1R, S1E1W, S1E0R, S1E0W
1.0.7.9.0-1      w  -  pan2    AT S1E1RP, S1E1WP
1.0.7.10.2       w  -  -       DC CSW
1.0.7.14.2       w  -  -       DC CISW
1.0.8.1.0-3,5,7  w  -  tlbi4   TLBI outer shareable
1.0.8.2.1,3,5,7  w  -  tlbi4   TLBI by range, inner shareable
1.0.8.3.0-3,5,7  w  -  -       TLBI inner shareable
1.0.8.5-6.1,3,5,7 w -  tlbi4   TLBI by range
1.0.8.7.0-3,5,7  w  -  -       TLBI of this CPU
1.0.9.1.0-3,5,7  w  -  xs      TLBI …nXS: trapped only with the others
1.0.9.2.1,3,5,7  w  -  xs
1.0.9.3.0-3,5,7  w  -  xs
1.0.9.5-6.1,3,5,7 w -  xs
1.0.9.7.0-3,5,7  w  -  xs
1.3.7.3.4-5      w  w  specres CFP RCTX, DVP RCTX
1.3.7.3.7        w  w  specres CPP RCTX
1.3.7.4.1        w  w  -       DC ZVA
1.3.7.4.3-4      w  w  tco     DC GVA, DC GZVA: as all tag operations by VA here they cannot be trapped
1.3.7.5.1        w  w  -       IC IVAU
1.3.7.10.1       w  w  -       DC CVAC
1.3.7.10.3,5     w  w  tco     DC CGVAC, CGDVAC
1.3.7.11.1       w  w  -       DC CVAU
1.3.7.12.1       w  w  dpb     DC CVAP
1.3.7.12.3,5     w  w  tco     DC CGVAP, CGDVAP
1.3.7.13.1       w  w  dpb     DC CVADP
1.3.7.13.3,5     w  w  tco     DC CGVADP, CGDVADP
1.3.7.14.1       w  w  -       DC CIVAC
1.3.7.14.3,5     w  w  tco     DC CIGVAC, CIGDVAC
0.0.4.0-15.5     w  -  -       MSR SPSel
0.0.4.0-15.3     w  -  uao     MSR UAO
0.0.4.0-15.4     w  -  pan     MSR PAN
0.0.4.0.0        w  w  flagm   CFINV
0.0.4.0.1-2      w  w  flagm   XAFLAG, AXFLAG
0.1.4.0.0        w  -  nmi     MSR ALLINT, #0: TALLINT traps the others
0.3.1.0.0-1      w  w  wfxt    WFET, WFIT
0.3.2.0-15.0-7   w  w  -       hints, NOP where not allocated
0.3.3.0-15.2     w  w  -       CLREX
0.3.3.0-15.4-6   w  w  -       DSB, DMB, ISB
0.3.3.2,6,10,14.1 w w  xs      DSB nXS
0.3.3.0.7        w  w  sb      SB
0.3.4.0-15.1     w  w  ssbs    MSR SSBS
0.3.4.0-15.2     w  w  dit     MSR DIT
0.3.4.0-15.4     w  w  tco     MSR TCO
0.3.4.0-15.6-7   w  w  -       MSR DAIFSet, MSR DAIFClr
0x.3.1.0.0-1     w  w  wfxt    WFET, WFIT with a register that is not XZR
"""

# What a partition is given of a CPU's features, and those of hidden ones that no trap of EL2 reaches.
FEATURES = {
    "cortex-a53": set(),
    "max": set("pauth pan pan2 uao nmi pmu4 ras sme rng dit ssbs tco ecv tlbi4 xs specres dpb flagm wfxt sb".split()),
}

# In the manual and not in QEMU 10.0.
NOT_IN_QEMU = {"2.0.1.4.4", "2.0.7.14.6", "2.3.0.4.0"}

# In QEMU 10.0 otherwise than in the manual: NMIAR1 is there without FEAT_GICv3_NMI in the GIC.
ALSO_IN_QEMU = {"max": {("1", "3.0.12.9.5"): "r"}}

UNDEFINED = 0x02000000
WORD = (1 << 64) - 1
SPACES = {space: 16384 for space in ("0", "0x", "1", "2", "3")}
EMPTY = ()
SMC_IMMEDIATES = 0x10000
MPIDR = "3.0.0.0.5"
HAS_CONDITIONS, HAS_IDS = False, True  # conditional instructions; an ID space that hides things


def numbers(text):
    """ "0-3,5" as numbers."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def system_instructions(cpu, gic):
    """{(EL, "op0.op1.CRn.CRm.op2"): "r", "w" or "rw"}: what is not in it is undefined."""
    features = FEATURES[cpu] | ({"gic3"} if gic == 3 else set())
    expected = {}
    for line in TABLE.strip().splitlines():
        encoding, el1, el0, feature = line.split()[:4]
        if feature != "-" and feature not in features:
            continue
        op0, op1, crn, crms, op2s = encoding.split(".")
        for crm in numbers(crms):
            for op2 in numbers(op2s):
                name = f"{op0}.{op1}.{crn}.{crm}.{op2}"
                for el, access in (("1", el1), ("0", el0)):
                    if access != "-" and name not in NOT_IN_QEMU:
                        expected[(el, name)] = access
    if gic == 3:
        expected |= ALSO_IN_QEMU.get(cpu, {})
    return expected


# ID registers of the Cortex-A53 (DDI 0500 chapter 4), less what a partition does not get: EL2, EL3 and AArch32 EL1
# (PFR0), big-endian EL1 and Secure memory (MMFR0), the AArch32 security and virtualization extensions (PFR1).
A53_VALUES = {
    "3.0.0.0.0": 0x410FD034,
    "3.0.0.1.0": 0x131,
    "3.0.0.1.1": 0x10010001,
    "3.0.0.4.0": 0x01000012,
    "3.0.0.4.1": 0,
    "3.0.0.5.0": 0x10305106,
    "3.0.0.6.0": 0x11120,
    "3.0.0.6.1": 0,
    "3.0.0.7.0": 0x22,
    "3.0.0.7.1": 0,
    "3.0.0.7.2": 0,
    "3.3.0.0.1": 0x84448004,
    "3.3.0.0.7": 4,
}

# The feature ID space, 3.0.0.1-7.0-7: what a partition sees of it, field by field, each of four bits at the given one
# (DDI 0487 D19.2 and, of AArch32, G8.2). `<=n`: no version above that. All else reads as zero, whatever the CPU has: it
# is of EL2 or EL3, or EL2 would have to do something for it that it does not do.
ID_FIELDS = """
3.0.0.1.0  ID_PFR0       State0:0 State1:4 State2:8 State3:12 CSV2:16 DIT:24
3.0.0.1.1  ID_PFR1       ProgMod:0 MProgMod:8 GenTimer:16 GIC:28<=1
3.0.0.1.2  ID_DFR0       CopDbg:0 PerfMon:24
3.0.0.1.4  ID_MMFR0      VMSA:0 PMSA:4 OuterShr:8 ShareLvl:12 TCM:16 AuxReg:20 FCSE:24 InnerShr:28
3.0.0.1.5  ID_MMFR1      L1HvdVA:0 L1UniVA:4 L1HvdSW:8 L1UniSW:12 L1Hvd:16 L1Uni:20 L1TstCln:24 BPred:28
3.0.0.1.6  ID_MMFR2      L1HvdFG:0 L1HvdBG:4 L1HvdRng:8 HvdTLB:12 UniTLB:16 MemBarr:20 WFIStall:24 HWAccFlg:28
3.0.0.1.7  ID_MMFR3      CMaintVA:0 CMaintSW:4 BPMaint:8 MaintBcst:12 PAN:16 CohWalk:20 CMemSz:24 Supersec:28
3.0.0.2.0  ID_ISAR0      Swap:0 BitCount:4 BitField:8 CmpBranch:12 Coproc:16 Debug:20 Divide:24 res:28
3.0.0.2.1  ID_ISAR1      Endian:0 Except:4 Except_AR:8 Extend:12 IfThen:16 Immediate:20 Interwork:24 Jazelle:28
3.0.0.2.2  ID_ISAR2      LoadStore:0 MemHint:4 MultiAccessInt:8 Mult:12 MultS:16 MultU:20 PSR_AR:24 Reversal:28
3.0.0.2.3  ID_ISAR3      Saturate:0 SIMD:4 SVC:8 SynchPrim:12 TabBranch:16 T32Copy:20 TrueNOP:24 T32EE:28
3.0.0.2.4  ID_ISAR4      Unpriv:0 WithShifts:4 Writeback:8 SMC:12 Barrier:16 SynchPrim_frac:20 PSR_M:24 SWP_frac:28
3.0.0.2.5  ID_ISAR5      SEVL:0 AES:4 SHA1:8 SHA2:12 CRC32:16 res:20 RDM:24 VCMA:28
3.0.0.2.6  ID_MMFR4      SpecSEI:0 AC2:4 XNX:8 CnP:12 HPDS:16 LSM:20 CCIDX:24
3.0.0.2.7  ID_ISAR6      JSCVT:0 DP:4 FHM:8 SB:12 SPECRES:16 BF16:20 I8MM:24 CLRBHB:28
3.0.0.3.0  MVFR0         SIMDReg:0 FPSP:4 FPDP:8 FPTrap:12 FPDivide:16 FPSqrt:20 FPShVec:24 FPRound:28
3.0.0.3.1  MVFR1         FPFtZ:0 FPDNaN:4 SIMDLS:8 SIMDInt:12 SIMDSP:16 SIMDHP:20 FPHP:24 SIMDFMAC:28
3.0.0.3.2  MVFR2         SIMDMisc:0 FPMisc:4 res:8 res:12 res:16 res:20 res:24 res:28
3.0.0.3.4  ID_PFR2       CSV3:0 SSBS:4
3.0.0.4.0  ID_AA64PFR0   EL0:0 EL1:4<=1 FP:16 AdvSIMD:20 GIC:24<=1 DIT:48 CSV2:56<=1 CSV3:60
3.0.0.4.1  ID_AA64PFR1   BT:0 SSBS:4 CSV2_frac:32<=1
3.0.0.5.0  ID_AA64DFR0   DebugVer:0 PMUVer:8 BRPs:12 WRPs:20 CTX_CMPs:28 DoubleLock:36
3.0.0.6.0  ID_AA64ISAR0  AES:4 SHA1:8 SHA2:12 CRC32:16 Atomic:20 RDM:28 SHA3:32 SM3:36 SM4:40 DP:44 FHM:48 TS:52 TLB:56 RNDR:60
3.0.0.6.1  ID_AA64ISAR1  DPB:0 APA:4 API:8 JSCVT:12 FCMA:16 LRCPC:20 GPA:24 GPI:28 FRINTTS:32 SB:36 SPECRES:40 BF16:44 DGH:48 I8MM:52
3.0.0.6.2  ID_AA64ISAR2  WFxT:0 RPRES:4 GPA3:8 APA3:12 BC:20 PAC_frac:24 CLRBHB:28 RPRFM:48 CSSC:52
3.0.0.7.0  ID_AA64MMFR0  PARange:0<=5 ASIDBits:4 BigEndEL0:16 TGran16:20<=1 TGran64:24 ECV:60<=1
3.0.0.7.1  ID_AA64MMFR1  HAFDBS:0<=2 HPDS:12 PAN:20 SpecSEI:24 ETS:36 AFP:44 nTLBPA:48 TIDCP1:52 ECBHB:60
3.0.0.7.2  ID_AA64MMFR2  CnP:0 UAO:4 LSM:8 VARange:16 CCIDX:20 ST:28 AT:32 IDS:36 TTL:48 BBM:52 E0PD:60
"""

# Of these, what QEMU's "max" has by its documentation (system/arm/emulation), so that it must be seen there.
MAX_HAS = """
ID_AA64PFR0: EL0 EL1 FP AdvSIMD DIT CSV2 CSV3
ID_AA64PFR1: BT SSBS
ID_AA64DFR0: DebugVer PMUVer BRPs WRPs CTX_CMPs
ID_AA64ISAR0: AES SHA1 SHA2 CRC32 Atomic RDM SHA3 SM3 SM4 DP FHM TS TLB RNDR
ID_AA64ISAR1: DPB JSCVT FCMA LRCPC FRINTTS SB SPECRES BF16 DGH I8MM
ID_AA64ISAR2: WFxT
ID_AA64MMFR0: PARange ASIDBits TGran16 ECV
ID_AA64MMFR1: HAFDBS HPDS PAN ETS AFP TIDCP1
ID_AA64MMFR2: CnP UAO VARange ST AT IDS TTL BBM E0PD
ID_PFR0: State0 State1 DIT
ID_MMFR4: AC2 XNX CnP HPDS
ID_ISAR6: JSCVT DP FHM SB SPECRES BF16 I8MM
ID_PFR2: CSV3 SSBS
"""


def id_fields():
    """{encoding: (register, {bit: (field, highest version)})} of the whole feature ID space."""
    registers = {f"3.0.0.{crm}.{op2}": ("a reserved register", {}) for crm in range(1, 8) for op2 in range(8)}
    for line in ID_FIELDS.strip().splitlines():
        encoding, register, *words = line.split()
        fields = {}
        for word in words:
            name, bit, highest = re.fullmatch(r"(\w+):(\d+)(?:<=(\d))?", word).groups()
            fields[int(bit)] = (name, int(highest or "15"))
        registers[encoding] = (register, fields)
    return registers


def max_has():
    """{(register, field)} of MAX_HAS."""
    lines = (line.split(":") for line in MAX_HAS.strip().splitlines())
    return {(register, field) for register, fields in lines for field in fields.split()}

# ---- aborts: DDI 0487 D17.2.37 ----

EXTERNAL, ALIGNMENT, PERMISSION_2 = 0x10, 0x21, 0x0E


def data_abort(el, status, write):
    """ESR_EL1 of a data abort without a valid ISS; IL is 1."""
    return (0x25 if el == 1 else 0x24) << 26 | 1 << 25 | (1 << 6 if write else 0) | status


def fetch_abort(el, status):
    return (0x21 if el == 1 else 0x20) << 26 | 1 << 25 | status


PLAIN_LOADS = "ldrb ldrh ldr_w ldr_x ldrsb_w ldrsb_x ldrsh_w ldrsh_x ldrsw ldr_xzr ldr_wzr ldur ldar".split()
PLAIN_STORES = "strb strh str_w str_x str_wzr stur stlr".split()
BYTES = {"ldrb", "ldrsb_w", "ldrsb_x", "strb", "ldr_b"}
LOADS = "ldr_post ldr_pre ldp_w ldp_x ldpsw ldnp ldp_post ldxr ldaxr ldxp ldr_b ldr_s ldr_q ldp_q ld1 ld4 ld1r".split()
STORES = "str_post str_pre stp_w stp_x stnp stp_pre str_s str_q stp_q st1 st4".split()
# Read and write: an abort of either half may be told; a load, where there is no write permission either.
ATOMICS = "ldadd swp cas casp stset".split()
CACHE = "dc_civac dc_cvac dc_cvau dc_ivac ic_ivau".split()
CM = 1 << 8
KINDS = set(PLAIN_LOADS + PLAIN_STORES + LOADS + STORES + ATOMICS + CACHE + ["dc_zva", "prfm", "stxr"])


def access_outcomes(where, el, kind, lse):
    """The syndromes that an access of this kind may end with, 0 for none.

    A stage 1 alignment fault comes before a stage 2 fault, but QEMU tells the latter of Device memory. Cache
    maintenance by address may find nothing to do; a prefetch never faults; a store exclusive without a monitor may
    fail without an access, and its load from memory that EL0 has not been given is a permission fault.
    """
    if kind in ATOMICS and not lse:
        return {UNDEFINED}
    if kind == "prfm":
        return {0}
    if kind == "dc_ivac" and el == 0:
        return {UNDEFINED}
    write = kind in PLAIN_STORES or kind in STORES or kind == "dc_zva"
    statuses = {EXTERNAL}
    if where in ("unaligned", "crossing") and kind not in BYTES:
        statuses.add(ALIGNMENT)
    aborts = {data_abort(el, status, w) for status in statuses for w in ((write, True) if kind in ATOMICS else (write,))}
    if where == "crossing" and kind in ("ldxr", "ldaxr"):
        aborts.add(data_abort(el, ALIGNMENT, True))  # QEMU tells a write of these
    if kind in CACHE:
        return {0} | {a | CM | 1 << 6 for a in aborts}
    if kind == "stxr":
        return {0, data_abort(el, EXTERNAL, True), data_abort(el, PERMISSION_2, False)}
    if where == "foreign":
        return aborts
    if kind in PLAIN_LOADS + PLAIN_STORES and (where == "window" or kind in BYTES):
        return {0}
    return aborts


# ---- calls: DEN 0022, DEN 0028 ----

NOT_SUPPORTED, INVALID_PARAMETERS, ALREADY_ON, ON_PENDING, INVALID_ADDRESS = -1, -2, -4, -5, -9

# Functions asked with all-ones arguments; every other one is NOT_SUPPORTED.
CALLS = {
    0x80000000: 0x10002,  # SMCCC_VERSION: 1.2
    0x84000000: 0x10001,  # PSCI_VERSION: 1.1
    0x84000001: INVALID_PARAMETERS,  # CPU_SUSPEND: reserved bits in power_state
    0xC4000001: INVALID_PARAMETERS,
    0x84000003: INVALID_PARAMETERS,  # CPU_ON: no such target
    0xC4000003: INVALID_PARAMETERS,
    0x84000004: INVALID_PARAMETERS,  # AFFINITY_INFO
    0xC4000004: INVALID_PARAMETERS,
    0x84000006: 2,  # MIGRATE_INFO_TYPE: no Trusted OS
    0x8600FF01: 0x401D8B2F,  # CALL_UID of vendor specific hypervisor services: Bulkhead's own
}

# ---- the GIC: IHI 0048 chapter 4.3, IHI 0069 chapter 12 ----

SGIS = set(range(16))
OWN_PPIS = {23, 27, 30}  # PMU, virtual and physical timer
ITLINES = 8  # QEMU's board has 288 interrupts


def mask_of(owned, first, bits):
    """The bits, in the 32-bit register whose first interrupt is `first`, of interrupts that are owned."""
    field = (1 << bits) - 1
    return sum(field << (bits * i) for i in range(32 // bits) if first + i in owned)


def gicd_masks(version, owned, cpus):
    """{offset: bits that may read as one} of GICD, by words; other offsets read as zero."""
    masks = {0: 0x1 if version == 2 else 0x80000052, 4: 0xFFFFFFFF, 8: 0xFFFFFFFF}
    low = 0 if version == 2 else 32  # GICv3: private interrupts are in GICR
    rows = [(0x100, 1), (0x180, 1), (0x200, 1), (0x280, 1), (0x300, 1), (0x380, 1)]
    rows += [(0x080, 1)] if version == 3 else []
    for base, bits in rows + [(0x400, 8), (0xC00, 2)]:
        for first in range(low, 1024, 32 // bits):
            masks[base + first * bits // 8] = mask_of(owned, first, bits)
    if version == 2:
        masks |= targets_masks(owned, cpus)
        masks[0xFE8] = 0xFF
    else:
        masks |= {0x6000 + 8 * spi: 0x80FFFFFF for spi in owned if spi >= 32}
        masks[0xFFE8] = 0xFF
    return masks


def targets_masks(owned, cpus):
    """GICv2's ITARGETSR and (C|S)PENDSGIR: targets and sources are CPUs that the partition has."""
    present = (1 << cpus) - 1
    masks = {0x800 + first: (0xFFFFFFFF if first < 32 else mask_of(owned, first, 8)) & present * 0x01010101
             for first in range(0, 1024, 4)}
    return masks | {offset: present * 0x01010101 for offset in range(0xF10, 0xF30, 4)}


def gicr_masks(owned):
    """One redistributor: RD_base's registers, then those of the SGI frame."""
    masks = {0: 0x8, 4: 0xFFFFFFFF, 8: 0x00FFFF10, 0xC: 0xFFFFFFFF, 0x14: 0x6, 0xFFE8: 0xFF}
    frame = 0x10000
    for base, bits in [(0x080, 1), (0x100, 1), (0x180, 1), (0x200, 1), (0x280, 1), (0x300, 1), (0x380, 1), (0x400, 8), (0xC00, 2)]:
        for first in range(0, 32, 32 // bits):
            masks[frame + base + first * bits // 8] = mask_of(owned, first, bits)
    masks[frame + 0xC00] = 0xAAAAAAAA  # SGIs are edge-triggered
    return masks
