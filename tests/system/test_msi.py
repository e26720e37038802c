# SPDX-License-Identifier: Apache-2.0
"""Messages of PCI functions with a GICv3: they arrive, and what is forged arrives nowhere."""

import hashlib
import random
import re

import pytest

from machine import CPUS32, LINUX, MIB, partition
from test_dma import ARMV7, ECAM32
from test_faults import ICOUNT, SECONDS, control_kept_its_loop

HOST = "/pcie@10000000"
SMMU = ("-machine", "iommu=smmuv3")
ECAM, BAR = 0x40_1000_0000, 0x1000_0000
ITS = 0x0808_0000
DOORBELL = 0x0809_0040  # GITS_TRANSLATER


def test_nvme_has_a_message_for_each_cpu(boot, tmp_path):
    """Debian's driver takes MSI-X as it is, a queue for each CPU, and its data are right."""
    disk = tmp_path / "disk"
    disk.write_bytes(random.Random(1).randbytes(16 * MIB))
    found = hashlib.md5(disk.read_bytes()[8 * MIB:]).hexdigest()
    part = partition("linux0", "linux", [0, 1], ((0x40000000, 256 * MIB),), "devices",
                     pci_devices=[f"{HOST} 00:02.0"],
                     bootargs="console=ttyAMA0 quiet bulkhead.run=/tests/nvme bulkhead.exit=off")
    drive = ("-device", "nvme,serial=1,drive=d,addr=2", "-drive", f"if=none,id=d,file={disk},format=raw")
    log = boot([part], gic=3, smp=2, qemu=(*SMMU, *drive)).off(LINUX)
    written = hashlib.md5(disk.read_bytes()[:8 * MIB]).hexdigest()
    assert f"nvme: found {found}" in log
    assert f"nvme: wrote {written}" in log
    assert f"nvme: read {written}" in log
    counts = {m[3]: int(m[1]) + int(m[2]) for m in
              re.finditer(r"\d+: +(\d+) +(\d+) +ITS-MSI +\d+ +Edge +(nvme0q\d)", log)}
    assert set(counts) == {"nvme0q0", "nvme0q1", "nvme0q2"}, log
    assert counts["nvme0q0"] > 0 and counts["nvme0q1"] + counts["nvme0q2"] > 0, counts
    assert "DMA fault" not in log and "BULKHEAD-GUEST exit status 0" in log


def test_forged_messages_arrive_nowhere(boot):
    """An engine writes nonsense to the doorbell, and around it: dropped by the ITS, blocked by the SMMU."""
    parts = [
        partition("attacker", "dma", [1], ((0x40000000, 2 * MIB),), pci_devices=[f"{HOST} 00:01.0"],
                  bootargs=f"ecam={ECAM:#x} bar={BAR:#x}"),
        partition("victim", "pattern", [0]),
    ]
    edu = ("-device", "edu,addr=1.0,dma_mask=0xffffffffffff")
    board = boot(parts, gic=3, smp=2, qemu=("-icount", "shift=2,sleep=off", *SMMU, *edu))
    board.expect(r"dma: own memory: right")
    for address in (DOORBELL, DOORBELL - 0x40, DOORBELL + 8, DOORBELL + 0xfb8):
        board.send(f"write {address:#x}\r")
        board.expect(rf"dma: wrote {address:#x}")
    assert "DMA fault" not in board.log
    for address in (0x0808_0000, 0x0808_fff8, 0x0809_1000):  # the ITS's own registers, and what follows
        board.send(f"write {address:#x}\r")
        board.expect(rf"bulkhead: attacker: {HOST} 00:01\.0: DMA fault: stream 0x8 .*writes {address:#x}: not its memory")
        board.expect(rf"dma: wrote {address:#x}")
    for address in (0x4f00_0000, 0x0800_0000, 0x0808_0000):  # nobody's and others' RAM, the GICD, the ITS: by its capability
        board.send(f"message {address:#x}\r")
        board.expect(rf"bulkhead: attacker: {HOST} 00:01\.0: DMA fault: stream 0x8 .*writes {address:#x}: not its memory")
    board.expect(r"victim\] pattern: \d+ passes, 0 changed")
    board.send("end\r")
    board.expect(r"bulkhead: attacker: is off")
    board.expect(r"victim\] pattern: \d+ passes, 0 changed")


@pytest.mark.parametrize("cpu", ["cortex-a53", "cortex-a7"])
def test_a_hostile_command_queue(boot, cpu):
    """Random commands, queues that are not its own, and one that never ends: control keeps its 1 kHz meanwhile, and the
    ITS works afterwards. As for the attacker: QEMU's CPUs take turns on one thread, and by the phase in which they happen to
    be, which a longer boot shifts, a tick waits for a turn of the others' (29 us were seen, 1 us with 4,000 instructions more)."""
    machine, ecam = (ARMV7, ECAM32) if cpu in CPUS32 else (SMMU, ECAM)
    parts = [
        partition("attacker", "dma", [1], ((0x40000000, 2 * MIB),), pci_devices=[f"{HOST} 00:01.0"],
                  bootargs=f"ecam={ecam:#x} bar={BAR:#x} its={ITS:#x}"),
        partition("control", "control", [0], bootargs=f"seconds={SECONDS}"),
        partition("victim", "pattern", [2]),
    ]
    edu = ("-device", "edu,addr=1.0,dma_mask=0xffffffffffff")
    board = boot(parts, gic=3, smp=3, cpu=cpu, qemu=(*ICOUNT, *machine, *edu))
    board.expect(r"dma: its: a message before: right")
    board.expect(r"dma: its: a message after \d+ rounds: right")
    assert "control: is off" not in board.log
    board.expect(r"bulkhead: control: is off")
    control_kept_its_loop(board.log, 200_000)
    board.expect(r"victim\] pattern: \d+ passes, 0 changed")
    assert "DMA fault" not in board.log
