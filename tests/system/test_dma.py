# SPDX-License-Identifier: Apache-2.0
"""Devices behind the board's SMMUv3: what their DMA reaches, and what it does not.

QEMU's edu is a DMA engine that does as it is told; guests/dma has it, and is told by the console.
"""

import hashlib
import random
import re

import pytest

from machine import CPUS32, LINUX, MIB, Monitor, partition
from test_faults import SECONDS, control_kept_its_loop

BRIDGE = "/pcie@10000000"
ECAM, BAR = 0x40_1000_0000, 0x1000_0000
SMMU = ("-M", "iommu=smmuv3")
# QEMU's machine of 9.1 has an SMMUv3 of one stage.
STAGE1 = ("-M", "virt-9.1,virtualization=on,gic-version=3,iommu=smmuv3", "-global", "arm-smmuv3.stage=1")
# Of 32 bits: configuration space is where HYP mode reaches it.
ARMV7 = ("-M", "highmem=off,iommu=smmuv3")
ECAM32 = 0x3F00_0000
ICOUNT = ("-icount", "shift=2,sleep=off")
EDU = ("-device", "edu,addr=1.0,dma_mask=0xffffffffffff")
MINE = 0x0BAD_0BAD_0BAD_0BAD
# With DMA that is contained, and with DMA that is not: the control that shows that the attacks are real.
CONTAINED = {"devices": [BRIDGE]}
UNPROTECTED = {"unprotected_devices": [BRIDGE], "direct_map": True}


class Attack:
    """guests/dma beside a victim that watches its memory; `grant` is how the first has its bridge, `base` its memory."""

    def __init__(self, boot, tmp_path, grant, qemu, gic=3, cpu="cortex-a53", base=0x4000_0000, **props):
        path = tmp_path / "qmp"
        ecam = ECAM32 if cpu in CPUS32 else ECAM
        parts = [
            partition("attacker", "dma", [1], ((base, 2 * MIB),), bootargs=f"ecam={ecam:#x} bar={BAR:#x}", **grant, **props),
            partition("victim", "pattern", [0]),
        ]
        self.board = boot(parts, gic=gic, smp=2, cpu=cpu, qemu=(*ICOUNT, *qemu, *EDU, *Monitor.options(path)))
        self.victim = int(self.board.expect(r"partition victim\s.*?0x40000000-0x40ffffff on (0x\w+),")[1], 16)
        self.board.expect(r"dma: own memory: right")
        self.board.expect(r"victim\] pattern: \d+ passes, 0 changed")
        self.monitor = Monitor(path)

    def physical(self, address):
        """The word that is there, past whatever translates."""
        return int.from_bytes(self.monitor.memory(address, 8), "little")

    def read(self, address, fault=False):
        """What the engine got; None where nothing came. `fault`: that must be told."""
        self.board.send(f"read {address:#x}\r")
        if fault:
            self.fault("reads", address)
        match = self.board.expect(rf"dma: read {address:#x}: (0x[0-9a-f]{{16}})(, nothing came)?[^\r]*\r")
        return None if match[2] else int(match[1], 16)

    def write(self, address, fault=False):
        self.board.send(f"write {address:#x}\r")
        if fault:
            self.fault("writes", address)
        self.board.expect(rf"dma: wrote {address:#x}")

    def fault(self, what, address):
        """It has been told, with who, what and where."""
        self.board.expect(rf"bulkhead: attacker: {BRIDGE}: DMA fault: stream 0x8 \(function 00:01\.0\) "
                          rf"{what} {address:#x}: not its memory")


@pytest.mark.parametrize("gic,machine,cpu", [
    (2, SMMU, "cortex-a53"), (3, SMMU, "cortex-a53"), (3, STAGE1, "cortex-a53"), (2, ARMV7, "cortex-a15"),
], ids=["v2", "v3", "stage1", "armv7"])
def test_nothing_but_its_own_memory(boot, tmp_path, gic, machine, cpu):
    """Another partition's memory, Bulkhead's, its registers' and nobody's: read and written in vain, and told."""
    attack = Attack(boot, tmp_path, CONTAINED, machine, gic, cpu, 0x6000_0000)
    image = 0x4001_0000 if cpu in CPUS32 else 0x4020_0000
    high = () if cpu in CPUS32 else (0x10_0000_0000,)  # the engine takes no more than 32 bits at once from such a CPU
    for address in (attack.victim + 0x80_0000, image + 0x1000, 0x0900_0000, 0x0800_0000, 0x7000_0000, *high):
        ram = 0x4000_0000 <= address < 0x8000_0000
        before = attack.physical(address) if ram else None
        got = attack.read(address, fault=True)
        assert got in (None, 0), f"{address:#x}: {got:#x}"
        attack.write(address, fault=True)
        if ram:
            assert attack.physical(address) == before, hex(address)
    attack.board.expect(r"victim\] pattern: \d+ passes, 0 changed")
    attack.board.send("end\r")
    attack.board.expect(r"bulkhead: attacker: its devices had \d+ DMA faults")
    attack.board.expect(r"victim\] pattern: \d+ passes, 0 changed")


@pytest.mark.parametrize("machine", [SMMU, STAGE1], ids=["stage2", "stage1"])
def test_two_engines_at_the_same_addresses(boot, tmp_path, machine):
    """Two partitions, an engine each, the same IPAs: what the SMMU cached for one's is not for the other's."""
    path = tmp_path / "qmp"
    parts = [partition(name, "dma", [cpu], ((0x40000000, 2 * MIB),), pci_devices=[f"{BRIDGE} 00:0{cpu + 1}.0"],
                       bootargs=f"ecam={ECAM:#x} bar={BAR:#x}") for cpu, name in enumerate(("one", "two"))]
    second = ("-device", "edu,addr=2.0,dma_mask=0xffffffffffff")
    board = boot(parts, gic=3, smp=2, qemu=(*ICOUNT, *machine, *EDU, *second, *Monitor.options(path)))
    at = [int(board.expect(rf"partition {name}\s.*?0x40000000-0x401fffff on (0x\w+),")[1], 16) for name in ("one", "two")]
    board.expect(r"(?s)dma: ready.*dma: ready")  # both engines have been at work, at the addresses of the same program
    assert board.log.count("dma: own memory: right") == 2, board.log
    monitor = Monitor(path)
    spot = 0x18_0000
    for word in ("write", "read"):
        board.send(f"{word} {0x40000000 + spot:#x}\r")  # the console's focus is on the first
        board.expect(rf"dma: (wrote|read) {0x40000000 + spot:#x}")
    there = [int.from_bytes(monitor.memory(a + spot, 8), "little") for a in at]
    assert there == [MINE, 0], f"{there[0]:#x} {there[1]:#x}"
    assert "DMA fault" not in board.log
    board.send(f"write {at[1] + spot:#x}\r")
    board.expect(rf"bulkhead: one: {BRIDGE} 00:01\.0: DMA fault: stream 0x8 writes {at[1] + spot:#x}: not its memory")
    assert monitor.memory(at[1] + spot, 8) == bytes(8)


def test_without_an_smmu_the_attacks_succeed(boot, tmp_path):
    """The negative control: the same engine, the same addresses, and no SMMU in the way."""
    attack = Attack(boot, tmp_path, UNPROTECTED, ())
    address = attack.victim + 0x80_0000
    there = attack.physical(address)
    assert attack.read(address) == there
    attack.write(address)
    assert attack.physical(address) == MINE
    attack.board.expect(r"victim\] pattern: CHANGED at 0x40800000: 0xbad0bad0bad0bad")
    assert "UNPROTECTED" in attack.board.log


def test_a_device_that_faults_is_blocked_where_that_is_wanted(boot, tmp_path):
    """on-dma-fault = "block": after its first fault its own memory is out of its reach too."""
    attack = Attack(boot, tmp_path, CONTAINED, SMMU, on_dma_fault="block")
    attack.write(attack.victim, fault=True)
    assert "all its DMA is blocked now" in attack.board.log
    assert attack.read(0x4000_0000 + 0x10_0000) in (None, MINE)  # what was loaded never came back
    attack.board.expect(r"victim\] pattern: \d+ passes, 0 changed")


def test_a_grant_without_an_smmu_is_refused(boot, tmp_path):
    """The board has none: the bridge's partition does not start, the other does."""
    parts = [partition("attacker", "dma", [1], **CONTAINED), partition("victim", "pattern", [0])]
    board = boot(parts, smp=2, qemu=EDU)
    board.expect(rf"bulkhead: error: attacker: {BRIDGE}: it may master the bus \(DMA\) and is behind no SMMU")
    board.expect(r"bulkhead: 1 of 2 partitions start")
    board.expect(r"victim\] pattern: \d+ passes, 0 changed")


@pytest.mark.parametrize("gic,machine", [(2, SMMU), (3, SMMU), (3, STAGE1)], ids=["v2", "v3", "stage1"])
def test_nvme_by_intx(boot, tmp_path, gic, machine):
    """Debian's own driver on a disk of its own: what it reads and writes is what the disk holds."""
    disk = tmp_path / "disk"
    disk.write_bytes(random.Random(1).randbytes(16 * MIB))
    found = hashlib.md5(disk.read_bytes()[8 * MIB:]).hexdigest()
    part = partition("linux0", "linux", [0], ((0x40000000, 256 * MIB),), "devices", **CONTAINED,
                     bootargs="console=ttyAMA0 quiet bulkhead.run=/tests/nvme bulkhead.exit=off")
    log = boot([part], gic=gic, smp=1, qemu=(*machine, "-device", "nvme,serial=1,drive=d,addr=2", "-drive",
                                             f"if=none,id=d,file={disk},format=raw")).off(LINUX)
    written = hashlib.md5(disk.read_bytes()[:8 * MIB]).hexdigest()
    assert f"nvme: found {found}" in log
    assert f"nvme: wrote {written}" in log
    assert f"nvme: read {written}" in log
    assert "Level     nvme0q0" in log and "DMA fault" not in log and "BULKHEAD-GUEST exit status 0" in log


def flood(boot, policy, seconds=4, **how):
    """A card that faults, beside a partition with a 1 kHz loop and one that watches its memory, on whose CPU faults are
    told: the log."""
    args = " ".join(f"{name}={value}" for name, value in {"flood": "0x70000000", "seconds": seconds, **how}.items())
    parts = [
        partition("victim", "pattern", [0]),
        partition("attacker", "dma", [1], ((0x40000000, 2 * MIB),), pci_devices=[f"{BRIDGE} 00:02.0"],
                  bootargs=f"ecam={ECAM:#x} {args}", on_dma_fault=policy),
        partition("control", "control", [2], bootargs=f"seconds={SECONDS}"),
    ]
    card = ("-netdev", "user,id=n", "-device", "e1000e,netdev=n,addr=2.0")
    board = boot(parts, smp=3, qemu=(*ICOUNT, *SMMU, *card))
    board.expect(r"dma: flood begins")
    assert "control: is off" not in board.log
    board.expect(r"bulkhead: control: is off", 2 * LINUX)
    assert "flood ends" not in board.log
    board.expect(r"bulkhead: attacker: is off", 2 * LINUX)
    board.expect(r"victim\] pattern: \d+ passes, 0 changed")
    control_kept_its_loop(board.log, 100_000)  # one thread of QEMU's runs the CPUs in turn, and all wake with the tick
    return board.log


@pytest.mark.parametrize("policy", ["report", "block"])
def test_a_flood_of_faults(boot, policy):
    """As many as the card can: a few are told, then it is blocked; nobody else notices."""
    log = flood(boot, policy, burst=40, pause=1000)
    told = re.findall(r"bulkhead: attacker: .*DMA fault:.*", log)
    blocked = [line for line in told if "all its DMA is blocked now" in line]
    assert len(told) <= 5 and blocked == [told[0 if policy == "block" else -1]], told
    assert f"{BRIDGE} 00:02.0: DMA fault: stream 0x10 reads 0x70000000: not its memory" in told[0]
    faults = int(re.search(r"bulkhead: attacker: its devices had (\d+) DMA faults", log)[1])
    accesses = int(re.search(r"dma: flood ends: (\d+) accesses", log)[1])
    assert faults < 1000 and accesses > 100_000, log


def test_faults_that_are_not_too_many(boot):
    """Some 160 a second, of four words each time, for as long as its driver likes: it is not blocked, and a few lines a
    second tell it."""
    log = flood(boot, "report", burst=1, pause=25000)
    told = re.findall(r"bulkhead: attacker: .*DMA fault:.*", log)
    assert 12 <= len(told) <= 4 * 5 and "blocked" not in log, told
    untold = sum(int(n) for n in re.findall(r"; (\d+) more before it", log))
    faults = int(re.search(r"bulkhead: attacker: its devices had (\d+) DMA faults", log)[1])
    accesses = int(re.search(r"dma: flood ends: (\d+) accesses", log)[1])
    assert faults >= accesses > 100 and len(told) + untold > faults / 2, log
