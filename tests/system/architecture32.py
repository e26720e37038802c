# SPDX-License-Identifier: Apache-2.0
"""What Armv7-A prescribes for what the attacker tries: architecture.py's names, where AArch32 differs.

DDI 0406 (coprocessor registers B4 and C11, exceptions B1, syndromes B3.13 and B3.13.6), IHI 0069 (the GIC's AArch32
registers). A syndrome is told as the exception's vector, above DFSR or IFSR in the format of the long descriptors.
"""

from architecture import *  # noqa: F403  (the GIC and PSCI are the same)
from architecture import ALREADY_ON, CALLS, INVALID_ADDRESS, INVALID_PARAMETERS, NOT_SUPPORTED, ON_PENDING, id_fields, numbers

WORD = 0xFFFFFFFF
SPACES = {"15": 16384, "14": 16384, "m15": 256, "m14": 256}
EMPTY = ("14", "m14")  # what there is reads as zero, and ignores writes
SMC_IMMEDIATES = 16
MPIDR = "15.0.0.0.5"
HAS_CONDITIONS, HAS_IDS = True, False  # of the latter: QEMU does not trap them (docs/arm32.md)
OWN_PPIS = {27, 30}  # QEMU's tree has a PMU's interrupt of Armv8 only

# Encoding: coprocessor, op1, CRn, CRm, op2; of MRRC and MCRR m15, 0, the upper bit of op1, CRm, the lower bits of op1. CP14
# is not here: HYP answers it, and all of it reads as zero.
TABLE = """
15.0.0.0.0-7        r  -  -     MIDR, CTR, TCMTR, TLBTR, MIDR, MPIDR, REVIDR, MIDR
15.0.0.1-7.0-7      r  -  -     the feature ID space
15.0.1.0.0-2        rw -  -     SCTLR, ACTLR, CPACR
15.0.2.0.0-2        rw -  -     TTBR0, TTBR1, TTBCR
15.0.3.0.0          rw -  -     DACR
15.0.4.6.0          rw -  gic3  ICC_PMR
15.0.5.0-1.0-1      rw -  -     DFSR, IFSR, ADFSR, AIFSR
15.0.6.0.0,2        rw -  -     DFAR, IFAR
15.0.7.1.0,6        w  -  -     ICIALLUIS, BPIALLIS
15.0.7.4.0          rw -  -     PAR
15.0.7.5.0-1,6-7    w  -  -     ICIALLU, ICIMVAU, BPIALL, BPIMVA
15.0.7.5.4          w  w  -     CP15ISB
15.0.7.6.1-2        w  -  -     DCIMVAC, DCISW
15.0.7.8.0-3        w  -  -     ATS1CPR, CPW, CUR, CUW
15.0.7.10.1-2       w  -  -     DCCMVAC, DCCSW
15.0.7.10.4-5       w  w  -     CP15DSB, CP15DMB
15.0.7.11.1         w  -  -     DCCMVAU
15.0.7.13.1         w  -  -     NOP
15.0.7.14.1-2       w  -  -     DCCIMVAC, DCCISW
15.0.8.3.0-3        w  -  -     TLBIALLIS, MVAIS, ASIDIS, MVAAIS
15.0.8.5-6.0-2      w  -  -     ITLBIALL, MVA, ASID, DTLBIALL, MVA, ASID
15.0.8.7.0-3        w  -  -     TLBIALL, MVA, ASID, MVAA
15.0.9.12.0-3,5     rw rw -     PMCR, PMCNTENSET, PMCNTENCLR, PMOVSR, PMSELR
15.0.9.12.4         w  w  -     PMSWINC
15.0.9.13.0-2       rw rw -     PMCCNTR, PMXEVTYPER, PMXEVCNTR
15.0.9.14.0         rw r  -     PMUSERENR
15.0.9.14.1-2       rw -  -     PMINTENSET, PMINTENCLR
15.0.9.14.3         rw rw -     PMOVSSET
15.0.10.2-3.0-1     rw -  -     MAIR0, MAIR1, AMAIR0, AMAIR1
15.0.12.0.0         rw -  -     VBAR
15.0.12.1.0         r  -  -     ISR
15.0.12.8.0,2       r  -  gic3  ICC_IAR0, ICC_HPPIR0
15.0.12.8.1         w  -  gic3  ICC_EOIR0
15.0.12.8.3-4       rw -  gic3  ICC_BPR0, ICC_AP0R0
15.0.12.9.0         rw -  gic3  ICC_AP1R0
15.0.12.11.1        w  -  gic3  ICC_DIR
15.0.12.11.3        r  -  gic3  ICC_RPR
15.0.12.12.0,2      r  -  gic3  ICC_IAR1, ICC_HPPIR1
15.0.12.12.1        w  -  gic3  ICC_EOIR1
15.0.12.12.3-7      rw -  gic3  ICC_BPR1, CTLR, SRE, IGRPEN0, IGRPEN1
15.0.13.0.0-1,4     rw -  -     FCSEIDR, CONTEXTIDR, TPIDRPRW
15.0.13.0.2         rw rw -     TPIDRURW
15.0.13.0.3         rw r  -     TPIDRURO
15.0.14.0.0         r  r  -     CNTFRQ
15.0.14.1.0         rw -  -     CNTKCTL
15.0.14.2-3.0-1     rw rw -     CNT[PV]_(TVAL|CTL)
15.1.0.0.0-1,7      r  -  -     CCSIDR, CLIDR, AIDR
15.2.0.0.0          rw -  -     CSSELR
m15.0.0.2.0-1       rw -  -     TTBR0, TTBR1
m15.0.0.7.0         rw -  -     PAR
m15.0.0.12.0-2      w  -  gic3  ICC_SGI1R, ASGI1R, SGI0R
m15.0.0.14.0-1      r  r  -     CNTPCT, CNTVCT
m15.0.0.14.2-3      rw rw -     CNTP_CVAL, CNTV_CVAL
"""

# In QEMU 10.0 otherwise than in the manual: every encoding of c3 is DACR, and every one of c7 that is nothing does nothing;
# WFAR of Armv6; the event counters of Armv8, 4 of an A7, 6 of an A15. (PMCEID0 and PMCEID1, which an A15 has, are not.)
ALSO_IN_QEMU = """
15.0-7.3.0-15.0-7   rw -  -
15.0.6.0.1          rw -  -
15.0.7.0-3.0-7      w  -  -
15.0.7.4.1-7        w  -  -
15.0.7.5.2-3,5      w  -  -
15.0.7.6-7.0-7      w  -  -
15.0.7.9-15.0-3,6-7 w  -  -
15.0.7.9.4-5        w  -  -
15.0.7.11-15.4-5    w  -  -
15.0.14.8.0-3       rw rw -
15.0.14.8.4-5       rw rw a15
15.0.14.12.0-3      rw rw -
15.0.14.12.4-5      rw rw a15
15.0.14.15.7        rw rw -
"""

# Of the feature ID space, DDI 0406 B4.1: what a partition gets otherwise than AArch32 of an Armv8-A.
ID_FIELDS_ARMV7 = """
ID_PFR0  State0:0 State1:4 State2:8
ID_DFR0  PerfMon:24
ID_ISAR3 Saturate:0 SIMD:4 SVC:8 SynchPrim:12 TabBranch:16 T32Copy:20 TrueNOP:24
ID_MMFR4
ID_ISAR6
MVFR0
MVFR1
MVFR2
ID_PFR2
"""


def id_masks():
    """{(CRm, op2): (register, what of it can be seen)}"""
    own = {line.split()[0]: [int(word.split(":")[1]) for word in line.split()[1:]] for line in ID_FIELDS_ARMV7.strip().splitlines()}
    masks = {}
    for encoding, (register, fields) in id_fields().items():
        if not register.startswith("ID_AA64"):
            masks[encoding[-3], encoding[-1]] = (register, sum(0xF << bit for bit in own.get(register, fields)))
    return masks


UNDEFINED = 1 << 24


def instructions_of(table, features):
    """{(EL, encoding): access} of a table's lines whose feature is "-" or one of these; `op1` may be a range, too."""
    expected = {}
    for line in table.strip().splitlines():
        if not line:
            continue
        encoding, el1, el0, feature = line.split()[:4]
        if feature != "-" and feature not in features:
            continue
        space, op1s, crn, crms, op2s = encoding.split(".")
        names = (f"{space}.{op1}.{crn}.{crm}.{op2}" for op1 in numbers(op1s) for crm in numbers(crms) for op2 in numbers(op2s))
        for name in names:
            expected |= {(el, name): access for el, access in (("1", el1), ("0", el0)) if access != "-"}
    return expected


def system_instructions(cpu, gic):
    """As architecture.py's."""
    features = ({"gic3"} if gic == 3 else set()) | ({"a15"} if cpu == "cortex-a15" else set())
    return instructions_of(TABLE + ALSO_IN_QEMU, features)


# ---- aborts: DDI 0406 B3.13.2 ----

LPAE, WNR = 1 << 9, 1 << 11
EXTERNAL, ALIGNMENT, PERMISSION_1, PERMISSION_2 = 0x10, 0x21, 0x0D, 0x0E


def data_abort(_el, status, write):
    return 4 << 24 | LPAE | (WNR if write else 0) | status


def fetch_abort(_el, status):
    return 3 << 24 | LPAE | status


PLAIN_LOADS = "ldrb ldrh ldr_w ldrsb ldrsh t32_ldrb t32_ldr t32_ldr_wide t32_ldrsh".split()
PLAIN_STORES = "strb strh str_w t32_strb t32_str t32_str_wide".split()
BYTES = {"ldrb", "ldrsb", "strb", "strb_pre", "ldrexb", "ldrbt", "t32_ldrb", "t32_strb", "vld1_lane"}
LOADS = ("ldr_post ldr_pre ldrh_post ldrd ldrd_post ldm ldm_wb ldm_many ldr_pc ldrex ldrexb ldrexd vldr_s vldr_d vldm vld1 vld4 "
         "vld1_lane t32_ldm t32_ldrd t32_ldr_post t32_ldrex").split()
STORES = "str_post str_pre strb_pre strd stm stmib vstr_d vstm vst1 t32_stm t32_strd".split()
UNPRIVILEGED = {"ldrt": False, "ldrbt": False, "strt": True, "t32_ldrt": False}
CACHE = "dccmvac dccimvac dcimvac dccmvau icimvau bpimva".split()
KINDS = set(PLAIN_LOADS + PLAIN_STORES + LOADS + STORES + CACHE + [*UNPRIVILEGED, "ldm_user", "swp", "strex", "ldc", "stc", "pld"])


def access_outcomes(where, el, kind, _cpu_has_more):
    """As architecture.py's. From PL1 an unprivileged access has no permission in stage 1; at PL0, T32's has a syndrome."""
    if kind == "pld":
        return {0}
    if kind in ("ldc", "stc") or (kind in CACHE and el == 0) or (kind == "ldm_user" and el == 0):
        return {UNDEFINED}  # CP14 of debug; PL1's; UNPREDICTABLE in User mode
    if kind in CACHE:
        return {0}
    if kind in UNPRIVILEGED and el == 1:
        return {data_abort(el, PERMISSION_1, UNPRIVILEGED[kind])}
    statuses = {EXTERNAL}
    if where in ("unaligned", "crossing") and kind not in BYTES:
        statuses.add(ALIGNMENT)
    if kind == "strex":
        return {0, data_abort(el, EXTERNAL, True), data_abort(el, PERMISSION_2, False)}
    writes = {True, False} if kind == "swp" else {kind in PLAIN_STORES or kind in STORES or UNPRIVILEGED.get(kind, False)}
    aborts = {data_abort(el, status, write) for status in statuses for write in writes}
    if where != "foreign" and kind in [*PLAIN_LOADS, *PLAIN_STORES, "t32_ldrt"] and (where == "window" or kind in BYTES):
        return {0}
    return aborts


# ---- calls: there are none of 64 bits ----

CALLS = {function: result for function, result in CALLS.items() if not function & 0x40000000}
