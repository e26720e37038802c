# SPDX-License-Identifier: Apache-2.0
"""32-bit partitions on a 64-bit board: AArch32 at EL1, beside AArch64."""

import re

import pytest

import attacker_log
from machine import CPUS32, LINUX, MIB, TOP, image, partition
from test_arm32 import STEPS, hello
from test_attacker import GPIO, SPIS, attacker, victims, wait_for_the_end, wrong_in
from test_faults import ICOUNT, SECONDS, control_kept_its_loop

STEPS_V8 = [step for step in STEPS if step != "debug is hidden"]


@pytest.mark.parametrize("cpu, gic", [("cortex-a53", 3), ("cortex-a72", 2)])
def test_debian_armhf_beside_arm64(boot, cpu, gic):
    """The example that is shipped: both to user space, beside a loop; the armhf one takes its second CPU off and on."""
    text = (TOP / "dts/qemu-arm64/mixed.its").read_text()
    for was, now in (
        ('bootargs = "console=ttyAMA0"', 'bootargs = "console=ttyAMA0 quiet bulkhead.exit=off"'),
        ('bootargs = "console=ttyAMA0"', 'bootargs = "console=ttyAMA0 quiet bulkhead.run=sh,/tests/hotplug bulkhead.exit=off"'),
        ('kernel = "loop32"', 'kernel = "loop32"; bootargs = "seconds=2"'),
    ):
        assert was in text
        text = text.replace(was, now, 1)
    log = boot(text, cpu=cpu, gic=gic).off(LINUX)
    assert log.count("zImage, AArch32") == 2 and log.count(", arm64 Image") == 1
    assert "[small] BULKHEAD-GUEST user space on 2 CPUs" in log
    assert "[small] hotplug: 50 times, 2 CPUs" in log
    assert "[small] BULKHEAD-GUEST exit status 0" in log
    assert "[large] BULKHEAD-GUEST user space on 1 CPUs" in log
    assert log.count("[control] control: 1000 ticks") == 2
    assert "machine off" in log


@pytest.mark.parametrize("cpu, gic", [("cortex-a53", 3), ("cortex-a57", 2), ("cortex-a72", 3), ("max", 2)])
def test_bare_metal(boot, tmp_path, cpu, gic):
    """PSCI, VFP, injected faults, A32 and T32 accesses from every kind of mode, T32 CPUs; beside one of 64 bits."""
    parts = [partition("one", "hello32", [0, 1]), partition("two", "hello", [2])]
    log = boot(parts, {"hello32": hello(tmp_path, "-DSECOND", "-DARMV8")}, cpu=cpu, gic=gic, smp=3).off()
    said = [line.split("] ")[1].removeprefix("hello: ").strip() for line in log.split("\n") if "[one] " in line]
    assert said == STEPS_V8, log
    assert "[two] hello: done" in log
    assert "machine off" in log


def test_a_guest_without_vectors_is_stopped(boot, tmp_path):
    """Its report has the registers of AArch32."""
    log = boot([partition("bad", "crash", [0])], {"crash": hello(tmp_path, "-DCRASH", "-DARMV8")}, smp=1).off()
    assert "bad: vCPU 0 cannot go on: cannot fetch its exception vector" in log
    assert "bad: IPA 0x2000000c" in log
    assert "bad: pc 2000000c  spsr_hyp " in log
    assert "r12 " in log and "vbar 20000000" in log
    assert "hello: done" not in log


@pytest.mark.parametrize("cpu", ["cortex-a76", "neoverse-n1"])
def test_a_cpu_without_aarch32_is_refused(boot, tmp_path, cpu):
    """By name, on each of its CPUs; the other partition starts."""
    parts = [partition("small", "hello32", [0, 1]), partition("large", "hello", [2])]
    log = boot(parts, {"hello32": hello(tmp_path, "-DARMV8")}, cpu=cpu, smp=3).off()
    for number in (0, 1):
        assert f"error: small: CPU {number:#x}: it has no AArch32 at EL1: not started" in log
    assert "1 of 2 partitions start" in log
    assert "[small]" not in log
    assert "[large] hello: done" in log
    assert "machine off" in log


@pytest.mark.parametrize("gic", [2, 3])
def test_guests_on_newlib(boot, gic):
    """The library's programs for Armv7-A; a GICv3's CPU interface by CP15."""
    images = {name + "32": image(f"guests/arm32/{name}/{name}.bin", "kernel", "linux", arch="arm")
              for name in ("hello", "smp", "control")}
    memory = ((0x60000000, 16 * MIB),)
    parts = [partition("hello", "hello32", [0], memory), partition("smp", "smp32", [1, 2], memory),
             partition("control", "control32", [3], memory, bootargs="seconds=2")]
    log = boot(parts, images, gic=gic).off()
    assert "[hello] hello: a third is 0.333333" in log and "[hello] hello: done" in log
    assert "[smp] smp: 2 CPUs, 2000 SGIs, ok" in log and "[smp] smp: done" in log
    assert f"[control] control: 1000 Hz loop on its CPU 0x0, GICv{gic}" in log and log.count("control: 1000 ticks") == 2


@pytest.mark.parametrize("cpu, gic", [("cortex-a53", 2), ("cortex-a72", 3), ("max", 3), ("cortex-a7", 3), ("cortex-a15", 2)])
def test_hostile(boot, tmp_path, cpu, gic):
    """All of CP14 and CP15, BXJ, LDM, LDRD and unaligned accesses to windows, IT blocks, calls: a 1 kHz loop does not notice.
    On boards of 32 bits, too."""
    parts = [partition("hostile", "hostile", [1]), partition("control", "control", [0], bootargs=f"seconds={SECONDS}")]
    options = ["-DARMV7"] if cpu in CPUS32 else []
    log = boot(parts, {"hostile": hello(tmp_path, *options, source="hostile32")}, cpu=cpu, gic=gic, smp=2, qemu=ICOUNT).off()
    said = [line.split("hostile: ")[1].strip() for line in log.split("\n") if "[hostile] " in line]
    assert said == ["CP15", "CP14", "64 bits", "hidden", "BXJ", "modes", "windows", "calls", "done"], log
    assert "panic" not in log
    control_kept_its_loop(log)


@pytest.mark.parametrize("cpu, gic, smp, facts", [("cortex-a53", 2, 4, 201), ("max", 3, 4, 204)])
def test_gic_is_as_the_architecture_says(boot, cpu, gic, smp, facts):
    """As test_guest.py has it of 64 bits."""
    images = {"gictest32": image("guests/arm32/gictest/gictest.bin", "kernel", "linux", arch="arm")}
    log = boot([partition("gictest", "gictest32", range(smp))], images, cpu=cpu, gic=gic, smp=smp).off(LINUX)
    assert "FAIL" not in log
    assert int(re.search(r"gictest: (\d+) passed, 0 failed", log)[1]) >= facts


def attacker32(*arguments, **props):
    """That of Armv7-A, as a partition of a board of 64 bits."""
    return attacker(*arguments, **props).replace('kernel = "attacker"', 'kernel = "attacker32"')


ATTACKER32 = {"attacker32": image("guests/arm32/attacker/attacker.bin", "kernel", "linux", arch="arm")}


@pytest.mark.parametrize("cpu, gic", [("cortex-a53", 2), ("max", 3)])
def test_attackers_of_both_states(boot, cpu, gic):
    """guests/attacker of Armv7-A on three CPUs, that of AArch64 on two: each gets what its architecture prescribes."""
    attacks = {"gic", "calls", "psci", "storm", "console"}
    parts = [attacker32("attacker", [2, 3, 4], attacks, cpu, devices=["/pl061@9030000"]),
             attacker("second", [5, 6], attacks, cpu, seed=2), *victims(0, 1)]
    board = boot(parts, ATTACKER32, cpu=cpu, gic=gic, smp=7, qemu=(*ICOUNT, "-rtc", "clock=vm"))
    log = wait_for_the_end(board, ["attacker", "second"])
    wrong = wrong_in(log)
    wrong += attacker_log.check(log, "attacker", cpu=cpu, gic=gic, cpus=3, spis=SPIS, devices=[GPIO], attacks=attacks, aarch32=True)
    wrong += attacker_log.check(log, "second", cpu=cpu, gic=gic, cpus=2, spis={33}, devices=[], attacks=attacks)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("cpu, gic", [("cortex-a53", 2), ("max", 3)])
def test_attacker(boot, cpu, gic):
    """From one vCPU: all of CP14 and CP15, every kind of access, all addresses, at PL1 and at PL0."""
    attacks = {"memory", "access", "sysreg"}
    parts = [attacker32("attacker", [2], attacks, cpu, devices=["/pl061@9030000"]), *victims(0, 1)]
    board = boot(parts, ATTACKER32, cpu=cpu, gic=gic, smp=3, qemu=(*ICOUNT, "-rtc", "clock=vm"))
    log = wait_for_the_end(board, ["attacker"])
    wrong = wrong_in(log)
    wrong += attacker_log.check(log, "attacker", cpu=cpu, gic=gic, cpus=1, spis=SPIS, devices=[GPIO], attacks=attacks, aarch32=True)
    assert not wrong, "\n".join(wrong)
