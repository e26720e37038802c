# SPDX-License-Identifier: Apache-2.0
"""What Armv8-A prescribes for what the attacker tries in AArch32: architecture32.py's names, where Armv8-A differs.

DDI 0487 G8: AArch32 system registers, those of debug in G8.3.
"""

import architecture
import architecture32
from architecture32 import *  # noqa: F403
from architecture32 import UNDEFINED

EMPTY = ()  # debug is the guest's own
OWN_PPIS = architecture.OWN_PPIS
HAS_IDS = True

TABLE_AARCH32 = """
14.0.0.0.0          r  r  -       DBGDIDR
14.0.0.0.2          rw -  -       DBGDTRRXext
14.0.0.0-5.4-5      rw -  -       DBGBVR<n>, DBGBCR<n>, of 6 breakpoints
14.0.0.0-3.6-7      rw -  -       DBGWVR<n>, DBGWCR<n>, of 4 watchpoints
14.0.0.1.0          r  r  -       DBGDSCRint
14.0.0.2.0          rw -  -       DBGDCCINT
14.0.0.2.2          rw -  -       DBGDSCRext
14.0.0.3.2          rw -  -       DBGDTRTXext
14.0.0.5.0          rw rw -       DBGDTRRXint, DBGDTRTXint
14.0.0.6.0          rw -  -       DBGWFAR
14.0.0.6.2          rw -  -       DBGOSECCR
14.0.0.7.0          rw -  -       DBGVCR
14.0.1.0.0          r  r  -       DBGDRAR
14.0.1.0.4          w  -  -       DBGOSLAR
14.0.1.1.4          r  -  -       DBGOSLSR
14.0.1.3.4          rw -  -       DBGOSDLR
14.0.1.4.4          rw -  -       DBGPRCR
14.0.1.4-5.1        rw -  -       DBGBXVR<n>, of those that know contexts
14.0.2.0.0          r  r  -       DBGDSAR
14.0.7.0-2.7        r  -  -       DBGDEVID2, DBGDEVID1, DBGDEVID
14.0.7.8-9.6        rw -  -       DBGCLAIMSET, DBGCLAIMCLR
14.0.7.14.6         r  -  -       DBGAUTHSTATUS
14.7.0.0.0          r  -  -       JIDR
14.7.1.0.0          rw -  -       JOSCR
14.7.2.0.0          rw -  -       JMCR
m14.0.0.1-2.0       r  r  -       DBGDRAR, DBGDSAR
15.0.1.0.3          rw -  ac2     ACTLR2
15.0.1.1.2          r  -  -       NSACR: 0xc00, of a CPU without Secure AArch32
15.0.2.0.3          rw -  hpd     TTBCR2
15.0.7.3.4-5,7      w  -  specres CFPRCTX, DVPRCTX, CPPRCTX: SCTLR.EnRCTX is 0
15.0.7.9.0-1        w  -  pan     ATS1CPRP, ATS1CPWP
15.0.8.3.5,7        w  -  -       TLBIMVALIS, TLBIMVAALIS
15.0.8.7.5,7        w  -  -       TLBIMVAL, TLBIMVAAL
15.0.9.12.6-7       r  r  -       PMCEID0, PMCEID1
15.0.9.14.4-5       r  r  pmu1    PMCEID2, PMCEID3
15.0.9.14.6         r  -  pmu4    PMMIR
15.0.12.1.1         rw -  ras     DISR: VDISR under AMO, cannot be trapped
15.0.14.8.0-5       rw rw -       PMEVCNTR<n>, of 6 counters
15.0.14.12.0-5      rw rw -       PMEVTYPER<n>
15.0.14.15.7        rw rw -       PMCCFILTR
m15.0.0.9.0         rw rw -       PMCCNTR
m15.0.1.14.0-1      r  r  ecv     CNTPCTSS, CNTVCTSS
"""

FEATURES = {"cortex-a53": set(), "max": set("ac2 hpd specres pan pmu1 pmu4 ras ecv".split())}


# In the manual and not in QEMU 10.0.
NOT_IN_QEMU = """
14.0.0.1.0          -  r  -
14.0.0.5.0          rw rw -
14.0.0.6.0          rw -  -
14.0.1.4.1          rw -  -
14.0.1.5.1          rw -  -
14.0.1.4.4          rw -  -
14.0.7.0-2.7        r  -  -
14.0.7.14.6         r  -  -
m15.0.0.9.0         rw rw -
"""

# In QEMU 10.0 otherwise than in the manual: DBGDEVID and its like, and DBGDTR, have other encodings; WFAR of Armv6, and the
# WFI of old; NMIAR1 as in architecture.py.
ALSO_IN_QEMU = """
14.0.7.0.0-2        r  -  -
14.3.0.5.0          rw rw -
15.0.6.0.1          rw -  -
15.0.7.0.4          w  -  -
15.0.12.9.5         r  -  gicnmi
"""


def system_instructions(cpu, gic):
    """As architecture.py's."""
    features = FEATURES[cpu] | ({"gic3"} if gic == 3 else set()) | ({"gicnmi"} if gic == 3 and cpu == "max" else set())
    expected = architecture32.instructions_of(architecture32.TABLE + TABLE_AARCH32 + ALSO_IN_QEMU, features)
    for key in architecture32.instructions_of(NOT_IN_QEMU, set()):
        del expected[key]
    return expected


# ---- identification: that of AArch64, by its encodings here; MVFR0 to MVFR2 are VMRS' ----

A53_VALUES = {"15.0.0.0.0": 0x410FD034, "15.0.0.1.0": 0x131, "15.0.0.1.1": 0x10010001, "15.0.0.0.1": 0x84448004}


def id_fields():
    """As architecture.py's."""
    fields = {}
    for encoding, what in architecture.id_fields().items():
        crm, op2 = map(int, encoding.split(".")[3:])
        of_aarch32 = crm < 3 or (crm == 3 and op2 > 2)
        fields[f"15.0.0.{crm}.{op2}"] = what if of_aarch32 else ("a reserved register", {})
    return fields


# ---- accesses ----


def access_outcomes(where, el, kind, cpu_has_more):
    """As architecture32.py's. SWP is not in Armv8-A, but in QEMU's."""
    return architecture32.access_outcomes(where, el, kind, cpu_has_more) | ({UNDEFINED} if kind == "swp" else set())
