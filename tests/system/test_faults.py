# SPDX-License-Identifier: Apache-2.0
"""Faults stay inside: partitions that run wild beside one that must keep its 1 kHz.

Time is counted in instructions (-icount), so that the host's load is not in it. QEMU then runs one CPU after the
other, and looks at timers when it comes to the first: control has that one, so that a tick that comes late came
late because of the other partition or of Bulkhead. The first partition's CPU serves the console.
"""

import re

import pytest

from machine import LINUX, linux, partition

SECONDS = 3
MACHINES = [("cortex-a53", 2), ("cortex-a53", 3), ("cortex-a15", 2)]
ICOUNT = ("-icount", "shift=2,sleep=off")


def control_kept_its_loop(log, latest_ns=20_000):
    """Every second of it: 1000 ticks, not one missed, none later than `latest_ns`."""
    lines = re.findall(r"\[control\] control: (\d+) ticks, jitter .*max (\d+) ns, overruns (\d+)", log)
    assert len(lines) == SECONDS, log
    for ticks, latest, overruns in lines:
        assert (ticks, overruns) == ("1000", "0"), lines
        assert int(latest) < latest_ns, lines


# What each mode ends with: said by the guest, or by Bulkhead of it.
MODES = [
    ("jump", r"wild: jump .*"),
    ("hvc", r"\[wild\] wild: hvc .*"),
    ("mmio", r"\[wild\] wild: mmio external abort esr=0x(96|4000)\w* far=.*"),
    ("undef", r"\[wild\] wild: undef .*"),
    ("smc", r"\[wild\] wild: smc .*"),
    ("sysreg", r"\[wild\] wild: sysreg .*"),
    ("gic", r"\[wild\] wild: gic .*"),
    ("setway", r"\[wild\] wild: setway .*"),
    ("walk", r"\[wild\] wild: walk dfsc=0x1[4-7] far=0x(200000000|c0000000)"),
    ("off", r"bulkhead: wild: ends: SYSTEM_OFF"),
    ("reset", r"bulkhead: wild: ends: SYSTEM_RESET"),
]

FOR_EVER = [(mode, *machine) for mode in ("flood", "disable", "spin") for machine in MACHINES[:2]]
FOR_EVER.append(("disable", *MACHINES[2]))


@pytest.mark.parametrize("cpu,gic", MACHINES)
@pytest.mark.parametrize("mode,said", MODES)
def test_wild(boot, mode, said, cpu, gic):
    parts = [
        partition("wild", "wild", [1], bootargs=f"wild={mode}"),
        partition("control", "control", [0], bootargs=f"seconds={SECONDS}"),
    ]
    log = boot(parts, cpu=cpu, gic=gic, smp=2, qemu=ICOUNT).off()
    assert re.search(said, log), log
    assert "panic" not in log
    assert "bulkhead: wild: is off" in log
    control_kept_its_loop(log)


@pytest.mark.parametrize("mode,cpu,gic", FOR_EVER)
def test_wild_for_ever(boot, mode, cpu, gic):
    """These never end by themselves; control does, with all its ticks."""
    parts = [
        partition("wild", "wild", [1], bootargs=f"wild={mode}"),
        partition("control", "control", [0], bootargs=f"seconds={SECONDS}"),
    ]
    board = boot(parts, cpu=cpu, gic=gic, smp=2, qemu=ICOUNT)
    board.expect("bulkhead: control: is off")
    assert "panic" not in board.log
    control_kept_its_loop(board.log)


def test_forged_interrupts(boot):
    """What has the GICv2m frame writes all numbers to it, also the SMMU's: control's CPU takes none of those."""
    parts = [
        partition("control", "control", [0], bootargs=f"seconds={SECONDS}"),
        partition("wild", "wild", [1], bootargs="wild=forge doorbell=0x8020040", devices=["/intc@8000000/v2m@8020000"]),
    ]
    log = boot(parts, gic=2, smp=2, qemu=(*ICOUNT, "-machine", "iommu=smmuv3")).off()
    assert re.search(r"wild: forge \d{5,} writes", log)
    assert "without a fault" not in log and "is nobody's" not in log
    control_kept_its_loop(log, 25_000)


@pytest.mark.parametrize("cpu", ["cortex-a53", "cortex-a15"])
@pytest.mark.parametrize("devices", [{}, {"devices": ["/pl031@9010000"]}], ids=["a hole", "its own device"])
def test_a_fatal_fault_is_reported(boot, devices, cpu):
    """Registers, IPA and the node it falls in; the others go on. A device's pages may not be executed."""
    parts = [
        partition("wild", "wild", [1], bootargs="wild=vectors", **devices),
        partition("control", "control", [0], bootargs=f"seconds={SECONDS}"),
    ]
    log = boot(parts, cpu=cpu, gic=2, smp=2, qemu=ICOUNT).off()
    vector = 0x9010200 if cpu == "cortex-a53" else 0x901020C  # of AArch32 the one for aborts of a fetch
    assert re.search(r"bulkhead: wild: vCPU 0 cannot go on: .*vector", log)
    assert re.search(rf"bulkhead: wild: IPA {vector:#x}: the board has /pl031@9010000 there", log)
    control_kept_its_loop(log)


@pytest.mark.parametrize("gic", [2, 3])
def test_control_serves_the_console(boot, gic):
    """On the CPU that drains another one's flood a tick may wait for one short run of the console's."""
    parts = [
        partition("control", "control", [0], bootargs=f"seconds={SECONDS}"),
        partition("wild", "wild", [1], bootargs="wild=flood"),
    ]
    board = boot(parts, gic=gic, smp=2, qemu=ICOUNT)
    board.expect("bulkhead: control: is off", LINUX)
    assert "panic" not in board.log
    control_kept_its_loop(board.log, 25_000)
