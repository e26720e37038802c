# SPDX-License-Identifier: Apache-2.0
"""A virtual CPU is a CPU: out of reset, its PMU, its debugger, its sleep, its AArch32 (guests/cputest)."""

import re

import pytest

import architecture
import machine
from machine import Machine, partition

BOARDS = [("cortex-a53", 2), ("cortex-a53", 3), ("max", 2), ("max", 3)]
EXACT = ("-icount", "shift=2,sleep=off")

# What a CPU finds that was turned on: DEN 0022 6.4 and Linux's booting.rst say EL1h, all masked, MMU and caches off,
# x0; DDI 0487 D1.12 (of AArch64 reset) the OS lock and what is off; Bulkhead promises 0 for all else that a guest can
# write (core/base/arch.h). Name: (value, which bits of it).
ALL = (1 << 64) - 1
RESET = {
    "CurrentEL": (1 << 2, ALL),
    "SPSel": (1, ALL),
    "DAIF": (0xF << 6, ALL),
    "SCTLR_EL1": (0x30D00800, ALL),  # RES1 bits of Armv8.0: M, C, I are off, and nothing is trapped
    "OSLSR_EL1": (0xA, ALL),  # OSLM, and OSLK: locked
    "PMCR_EL0": (0, 0x7F),  # the rest tells what there is
    "ICC_CTLR_EL1": (0, 0x3),  # EOImode, CBPR: as above
}
# Nothing sticks there in QEMU; and what is not dirtied.
READ_ONLY = {"AMAIR_EL1", "AFSR0_EL1", "AFSR1_EL1", "MDCCINT_EL1", "CurrentEL", "SPSel", "DAIF"}
# Not to be missing in the dump: one of each group.
THERE = ["X30", "Q31", "SP_EL1", "TPIDR_EL0", "CNTP_CTL_EL0", "DBGBCR5_EL1", "DBGWCR3_EL1", "OSDLR_EL1",
         "PMEVTYPER5_EL0", "PMCR_EL0", "FPSR"]


def dumps(log):
    """{when: {register: value}} of what the guest printed."""
    found = {}
    for when, name, value in re.findall(r"cputest: (boot|on|dirty|again) (\w+) ([0-9a-f]+)", log):
        found.setdefault(when, {})[name] = int(value, 16)
    return found


# The same of 32 bits: a zImage's entry (booting.rst of Linux's arch/arm), DDI 0406 B1.9.1, of CPUs of Armv8-A DDI 0487.
RESET32 = {
    "CPSR": (0x1D3, ALL),  # SVC, A, I, F; neither T, IT, E nor a flag
    "R1": (0xFFFFFFFF, ALL),  # no machine type
    "SCTLR": (0xC50078, ALL),
    "DBGOSLSR": (0xA, ALL),
    "PMCR": (0, 0x3F),
    "ICC_CTLR": (0, 0x3),
}
# Z is RES1. QEMU has an FCSEIDR, for which EL2 has no name, and keeps the SPSR of a mode that EL2 enters (docs/arm32.md).
RESET_AARCH32 = {**RESET32, "SCTLR": (0xC50878, ALL), "FCSEIDR": (0, 0), "SPSR_svc": (0, 0)}
READ_ONLY32 = {"ACTLR", "AMAIR0", "AMAIR1", "ADFSR", "AIFSR", "DBGDCCINT", "DBGVCR", "CNTV_CVALH", "ICC_AP1R0"}
THERE32 = ["R12", "LR_svc", "SP_usr", "LR_usr", "SPSR_und", "R12_fiq", "TTBR1H", "TPIDRPRW", "CNTP_CTL", "PMCCFILTR", "PMXEVTYPER3",
           "PMCR", "FPEXC", "FPSCR", "D31H"]
OF_ARMV8 = ["DBGDSCRext", "DBGBCR5", "DBGWCR3", "DBGOSDLR"]
OF_GICV3 = ["ICC_PMR", "ICC_AP1R0"]


def wrong(registers, reset):
    """Those that are not as out of reset; what the arguments are is the caller's to know."""
    bad = {}
    for name, value in registers.items():
        want, mask = reset.get(name, (0, ALL))
        if name not in ("X0", "R0", "R2") and value & mask != want:
            bad[name] = hex(value)
    return bad


def check_resets(log, there, reset, read_only, argument):
    """Three times: where the firmware left everything dirty, where nobody did, and after a CPU_OFF with all dirty."""
    assert "cputest: reset: 4 passed, 0 failed" in log
    dump = dumps(log)
    for when in ("boot", "on", "again"):
        assert not set(there) - set(dump[when]), f"not dumped: {when}"
        assert not wrong(dump[when], reset), when
        assert dump[when].get("R0") == dump[when].get("R2"), when
    assert dump["boot"][argument] in range(0x40000000, 0x41000000) and dump["boot"][argument] % 8 == 0
    assert (dump["on"][argument], dump["again"][argument]) == (1, 1)
    unseen = {name for name, (_, mask) in reset.items() if mask == 0}
    clean = set(dump["dirty"]) - set(wrong(dump["dirty"], reset)) - read_only - unseen - {"R2"}
    assert clean == {argument}, "the guest's dirt does not stick: this test would not notice"


def run_reset(directory, kernel, *arguments, **options):
    images = {"cputest32": machine.image("guests/arm32/cputest/cputest.bin", "kernel", "linux", arch="arm")}
    system = machine.make_system(directory, machine.its([partition("cpu", kernel, [0, 1], bootargs="test=reset")], images))
    board = Machine(system, *arguments, smp=2, **options)
    try:
        return board.off()
    finally:
        board.close()


@pytest.mark.parametrize("cpu,gic", BOARDS)
def test_a_cpu_starts_as_out_of_reset(tmp_path, cpu, gic):
    log = run_reset(tmp_path, "cputest", "-k", str(machine.make_loader(tmp_path)), cpu=cpu, gic=gic)
    there = THERE + ["APGAKEYHI_EL1"] * (cpu == "max") + ["ICC_PMR_EL1", "ICC_AP1R0_EL1"] * (gic == 3)
    check_resets(log, there, RESET, READ_ONLY, "X0")


@pytest.mark.parametrize("cpu,gic", [("cortex-a7", 2), ("cortex-a15", 3), *BOARDS])
def test_a_cpu_of_32_bits_starts_as_out_of_reset(tmp_path, cpu, gic):
    """On a board of 32 bits, and as a partition of 32 bits on one of 64."""
    log = run_reset(tmp_path, "cputest32", "-k", str(machine.make_loader(tmp_path, cpu)), cpu=cpu, gic=gic)
    there, reset = ([], RESET32) if cpu in machine.CPUS32 else (OF_ARMV8, RESET_AARCH32)
    check_resets(log, THERE32 + there + OF_GICV3 * (gic == 3), reset, READ_ONLY32, "R0")


def test_a_cpu_of_a_versatile_express_starts_as_out_of_reset(tmp_path):
    """As that board leaves it, and after a CPU_OFF with all dirty."""
    check_resets(run_reset(tmp_path, "cputest32", "-M", "vexpress-a15"), THERE32, RESET32, READ_ONLY32, "R0")


CASES = [(*case, *board) for case in (("debug", 13), ("suspend", 11), ("aarch32", 333)) for board in BOARDS]


@pytest.mark.parametrize("test,facts,cpu,gic", [*CASES, ("suspend", 11, "cortex-a15", 2), ("suspend", 11, "cortex-a7", 3)])
def test_cpu(boot, test, facts, cpu, gic):
    log = boot([partition("cpu", "cputest", [0], bootargs=f"test={test}")], cpu=cpu, gic=gic, smp=1).off()
    assert "FAIL" not in log
    assert int(re.search(rf"cputest: {test}: (\d+) passed, 0 failed", log)[1]) >= facts


def test_id_registers_of_any_cpu():
    """What QEMU's CPUs have not, nothing that runs there can show: arch/arm64/idregs.c's limits by the same table."""
    source = (machine.TOP / "arch/arm64/idregs.c").read_text()
    rows = re.findall(r"ROW\((\d), (\d), (0x[0-9a-f]+)\);", source)
    rows += [(*row, limit) for row, limit in zip(("40", "11"), re.findall(r"limit = (0x[0-9a-f]+);", source), strict=True)]
    limits = {f"3.0.0.{crm}.{op2}": int(limit, 16) for crm, op2, limit in rows}
    assert len(limits) == len(rows) == source.count("ROW(") - 1
    for encoding, (register, fields) in architecture.id_fields().items():
        want = sum(highest << bit for bit, (_, highest) in fields.items())
        assert hex(limits.get(encoding, 0)) == hex(want), register


@pytest.mark.parametrize("cpu,has,facts", [("cortex-a53", 0, 3), ("max", 0x1C01000, 15)])
def test_pstate_in_a_handler(boot, cpu, has, facts):
    """Of an exception that EL2 makes up: PAN, UAO, SSBS, DIT, and what SCTLR_EL1 makes of them."""
    log = boot([partition("cpu", "cputest", [0], bootargs="test=pstate")], cpu=cpu, gic=3, smp=1).off()
    assert f"cputest: PSTATE has {has:#x}" in log
    assert f"cputest: pstate: {facts} passed, 0 failed" in log


@pytest.mark.parametrize("cpu,gic", BOARDS)
def test_pmu_belongs_to_who_has_the_cpu(boot, cpu, gic):
    """Two partitions, each with the PMU of its CPU: each gets the interrupts of its own overflows, and no other's."""
    parts = [partition(name, "cputest", [at], bootargs="test=pmu") for at, name in enumerate(("left", "right"))]
    log = boot(parts, cpu=cpu, gic=gic, smp=2, qemu=EXACT).off()
    for name in ("left", "right"):
        assert f"[{name}] cputest: pmu: 13 passed, 0 failed" in log, log
