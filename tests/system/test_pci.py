# SPDX-License-Identifier: Apache-2.0
"""PCI functions granted one by one: what a partition sees of them, and what it cannot touch."""

import hashlib
import random
import re
import statistics

import pytest

from machine import LINUX, MIB, Monitor, partition

SMMU = ("-machine", "iommu=smmuv3")
HOST = "/pcie@10000000"


def disk(tmp_path, name, size=8 * MIB):
    path = tmp_path / name
    path.write_bytes(b"")
    with path.open("r+b") as file:
        file.truncate(size)
    return path


def nvme(tmp_path, addr, name="nvme", extra=""):
    path = disk(tmp_path, f"{name}.img")
    return path, (
        "-drive", f"if=none,id={name},file={path},format=raw",
        "-device", f"nvme,drive={name},serial={name},addr={addr}{extra}",
    )


def guest(name, cpus, run, base=0x40000000, **props):
    """A Linux with drivers that runs /tests/pci with these arguments, and ends."""
    bootargs = f"console=ttyAMA0 quiet bulkhead.run=/tests/pci,{','.join(run)} bulkhead.exit=off"
    return partition(name, "linux", cpus, ((base, 192 * MIB),), "devices", bootargs=bootargs, **props)


ECAM, RP = 0x40_1000_0000, 3 << 3  # of virt; the root port's number here


def kept_on(tmp_path):
    """Options: the machine waits when it is off, for finish()."""
    return ("-no-shutdown", *Monitor.options(tmp_path / "monitor"))


def finish(board, monitor):
    monitor.socket.sendall(b'{"execute": "quit"}\n')
    return board.off()


def bars(monitor, rid, rom=0x30):
    """The hardware's own BARs and ROM, past all that Bulkhead says of them."""
    words = [int.from_bytes(monitor.memory(ECAM + (rid << 12) + at, 4), "little") for at in range(0x10, 0x28, 4)]
    return [*words, int.from_bytes(monitor.memory(ECAM + (rid << 12) + rom, 4), "little")]


def addresses(words):
    """Of the memory BARs that have one."""
    found, at = [], 0
    while at < 6:
        wide = words[at] & 7 == 4
        found.append((words[at] & ~0xF) | (words[at + 1] << 32 if wide else 0))
        at += 2 if wide else 1
    return [address for address in found if address != 0]


def placed(log, bdf):
    """What the plan says of the function's registers: [(first, last)]."""
    text = re.search(rf"device   \S+ {bdf}\s(.*?)(?:device  |partition|left over)", log, re.S)[1]
    return [(int(first, 0), int(last, 0)) for first, last in re.findall(r"registers (0x\w+)-(0x\w+)", text)]


def check_disk(log, path, device, name):
    """What was written was read back, and is on the disk."""
    wrote = re.search(rf"\[{name}\] pci: {device} wrote (\w+)", log)[1]
    assert re.search(rf"\[{name}\] pci: {device} read (\w+)", log)[1] == wrote
    assert hashlib.md5(path.read_bytes()[: 4 * MIB]).hexdigest() == wrote


@pytest.mark.parametrize("gic", [2, 3])
def test_two_cards_to_two_partitions(boot, tmp_path, gic):
    """A disk to one, a network card to the other: each sees its own, drives it, and ends."""
    path, qemu = nvme(tmp_path, "1.0")
    parts = [
        guest("disk", [0], ["list", "load=nvme", "disk=nvme0n1"], pci_devices=[f"{HOST} 00:01.0"]),
        guest("net", [1], ["list", "load=e1000e", "ping=10.0.2.2"], pci_devices=[f"{HOST} 00:02.0"]),
    ]
    card = ("-netdev", "user,id=n", "-device", "e1000e,netdev=n,addr=2.0")
    log = boot(parts, gic=gic, smp=2, qemu=(*SMMU, *qemu, *card)).off(2 * LINUX)
    check_disk(log, path, "nvme0n1", "disk")
    assert "[net] pci: 10.0.2.2 answers" in log
    assert set(re.findall(r"\[disk\] pci: (0000:\S+)", log)) == {"0000:00:01.0"}
    assert set(re.findall(r"\[net\] pci: (0000:\S+)", log)) == {"0000:00:02.0"}
    if gic == 3:
        by_its = dict(re.findall(r"\[(\w+)\] pci: irq +\d+: +[1-9]\d* +ITS-MSI +\d+ Edge +(nvme0q1|eth0)", log))
        assert by_its == {"disk": "nvme0q1", "net": "eth0"}, log
    assert "DMA fault" not in log


@pytest.mark.parametrize("gic", [2, 3])
def test_behind_a_root_port(boot, tmp_path, gic):
    """The buses behind it are numbered by Bulkhead; the partition sees the port and its card only, whose registers are
    where it is told. The port's own are in nobody's window."""
    path, qemu = nvme(tmp_path, "0", extra=",bus=rp")
    port = ("-device", "pcie-root-port,id=rp,addr=3.0", "-device", "virtio-rng-pci,addr=4.0")
    part = guest("disk", [0], ["list", "load=nvme", "disk=nvme0n1"], pci_devices=[f"{HOST} 01:00.0"])
    board = boot([part], gic=gic, smp=1, qemu=(*SMMU, *port, *qemu, *kept_on(tmp_path)))
    board.expect("machine off", LINUX)
    monitor = Monitor(tmp_path / "monitor")
    low, high = placed(board.log, "01:00.0")[0]
    rp = bars(monitor, RP)[0] & ~0xF
    assert rp != 0 and not low <= rp <= high and 0x1000_0000 <= rp < 0x3000_0000, (hex(rp), board.log)
    assert bars(monitor, RP, rom=0x38)[-1] == 0
    log = finish(board, monitor)
    check_disk(log, path, "nvme0n1", "disk")
    assert re.findall(r"pci: (0000:\S+) (\S+)", log) == [("0000:00:03.0", "0x060400"), ("0000:01:00.0", "0x010802")]


@pytest.mark.parametrize("gic", [2, 3])
def test_two_functions_of_one_card(boot, tmp_path, gic):
    """An AHCI controller and a disk on it, and an NVMe disk, are one card: both to one partition."""
    path, qemu = nvme(tmp_path, "5.0", extra=",multifunction=on")
    sata = disk(tmp_path, "sata.img")
    ahci = (
        "-device", "ich9-ahci,id=ahci,addr=5.1",
        "-drive", f"if=none,id=sata,file={sata},format=raw",
        "-device", "ide-hd,drive=sata,bus=ahci.0",
    )
    run = ["list", "load=nvme", "load=ahci", "load=sd_mod", "disk=nvme0n1", "disk=sda"]
    part = guest("both", [0], run, pci_devices=[f"{HOST} 00:05.0", f"{HOST} 00:05.1"])
    log = boot([part], gic=gic, smp=1, qemu=(*SMMU, *qemu, *ahci)).off(LINUX)
    check_disk(log, path, "nvme0n1", "both")
    check_disk(log, sata, "sda", "both")


@pytest.mark.parametrize("gic", [2, 3])
def test_igb(boot, tmp_path, gic):
    """A card with virtual functions, which stay off."""
    part = guest("net", [0], ["list", "load=igb", "ping=10.0.2.2"], pci_devices=[f"{HOST} 00:02.0"])
    log = boot([part], gic=gic, smp=1, qemu=(*SMMU, "-netdev", "user,id=n", "-device", "igb,netdev=n,addr=2.0")).off(LINUX)
    assert "[net] pci: 10.0.2.2 answers" in log
    assert re.findall(r"pci: (0000:\S+) ", log) == ["0000:00:02.0"]
    assert "DMA fault" not in log


def test_expansion_rom(boot, tmp_path):
    """Linux sizes it, switches it on and reads it; Bulkhead has placed it."""
    rom = bytearray(random.Random(2).randbytes(1 << 16))
    rom[:2], rom[0x18:0x1A] = b"\x55\xaa", b"\x1c\0"  # PCI Firmware Specification 3.0, 5.1
    rom[0x1C:0x20], rom[0x2C:0x2E], rom[0x31] = b"PCIR", b"\x80\0", 0x80
    (tmp_path / "rom").write_bytes(rom)
    part = guest("rom", [0], ["list", "rom=0000:00:02.0"], pci_devices=[f"{HOST} 00:02.0"])
    device = ("-device", f"virtio-rng-pci,addr=2.0,romfile={tmp_path / 'rom'}")
    log = boot([part], smp=1, qemu=(*SMMU, *device)).off(LINUX)
    assert f"[rom] pci: rom {hashlib.md5(rom).hexdigest()}" in log


@pytest.mark.parametrize("gic", [2, 3])
def test_virtio_behind_the_smmu(boot, tmp_path, gic):
    """virtio's modern devices, which an SMMU stands in front of: a disk and a network card."""
    path = disk(tmp_path, "virtio.img")
    qemu = (
        "-drive", f"if=none,id=image,file={path},format=raw",
        "-device", "virtio-blk-pci,drive=image,addr=1.0,iommu_platform=on,disable-legacy=on",
        "-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n,addr=2.0,iommu_platform=on,disable-legacy=on",
    )
    parts = [
        guest("disk", [0], ["load=virtio_pci", "load=virtio_blk", "disk=vda"], pci_devices=[f"{HOST} 00:01.0"]),
        guest("net", [1], ["load=virtio_pci", "load=virtio_net", "ping=10.0.2.2"], pci_devices=[f"{HOST} 00:02.0"]),
    ]
    log = boot(parts, gic=gic, smp=2, qemu=(*SMMU, *qemu)).off(2 * LINUX)
    check_disk(log, path, "vda", "disk")
    assert "[net] pci: 10.0.2.2 answers" in log
    assert "DMA fault" not in log


LOOP = re.compile(r"\[control\] control: 1000 ticks, jitter min \d+ avg (\d+) max (\d+) ns, overruns (\d+)")


def test_a_gigabyte_beside_a_timer(boot, tmp_path):
    """
    Half a gigabyte from a disk and to it again, beside a 1 kHz loop: its ticks are as late as beside a partition that
    computes only. In most seconds all are; in some, one is not: QEMU's disk works in the host's time, not in that of
    instructions, and its completion gives the other CPU a turn, in which no instruction of this one runs.
    """
    icount = ("-icount", "shift=2,sleep=off")
    control = partition("control", "control", [0])
    bootargs = "console=ttyAMA0 quiet bulkhead.run=md5sum,/dev/zero"
    idle = boot([control, partition("busy", "linux", [1], ((0x40000000, 192 * MIB),), "devices", bootargs=bootargs)],
                smp=2, qemu=icount)
    for _ in range(6):
        idle.expect(LOOP.pattern, LINUX)
    usual = [[int(n) for n in second] for second in LOOP.findall(idle.log)]
    idle.close()
    assert all(overruns == 0 for *_, overruns in usual), usual

    path, qemu = nvme(tmp_path, "1.0")
    source = random.Random(1)
    data = b"".join(source.randbytes(MIB) for _ in range(512))
    path.write_bytes(data)
    with path.open("r+b") as file:
        file.truncate(2 * len(data))
    parts = [control, guest("disk", [1], ["load=nvme", "copy=nvme0n1"], pci_devices=[f"{HOST} 00:01.0"])]
    board = boot(parts, smp=2, qemu=(*icount, *SMMU, *qemu))
    board.expect(r"\[disk\] pci: nvme0n1 copied 512 MiB", 6 * LINUX)
    seconds = [[int(n) for n in second] for second in LOOP.findall(board.log)]
    assert len(seconds) > 3 and len(seconds) == board.log.count("[control] control: ") - 1, board.log
    for figure in 0, 1:  # average, latest
        assert statistics.median(s[figure] for s in seconds) <= statistics.median(s[figure] for s in usual), seconds
    assert sum(s[0] for s in seconds) < 2 * len(seconds) * usual[-1][0], seconds
    assert sum(s[2] for s in seconds) < len(seconds), seconds
    assert path.read_bytes() == 2 * data
    assert "DMA fault" not in board.log


def test_unprotected_with_gic_v2(boot, tmp_path):
    """Without an SMMU: only with direct-map, and told at every boot."""
    path, qemu = nvme(tmp_path, "1.0")
    part = guest(
        "disk", [0], ["load=nvme", "disk=nvme0n1"], 0x50000000,
        direct_map=True, unprotected_devices=[f"{HOST} 00:01.0"],
    )
    log = boot([part], gic=2, smp=1, qemu=qemu).off(LINUX)
    check_disk(log, path, "nvme0n1", "disk")
    assert "warning: disk: /pcie@10000000 00:01.0: unprotected: its DMA reaches all memory" in log


REFUSED = [
    (["00:07.0"], ["00:02.0"], "error: a: /pcie@10000000 00:07.0: pci-devices: there is no such function"),
    (["00:01.0"], ["00:01.0"], "error: b: /pcie@10000000 00:01.0: devices: it is also granted in \"a\": neither starts"),
    (["00:01.0"], ["00:01.1"], "nothing (no ACS) keeps it apart from 00:01.1, which is granted to b"),
    (["00:01.0"], ["00:02.0"], "nothing (no ACS) keeps it apart from 00:01.1, which is kept back"),
    (["00:02.0"], ["00:06.0"], "is also that of /pcie@10000000 00:06.0 in \"b\": neither starts"),
    (["00:02.0"], ["00:03.0"], "error: b: /pcie@10000000 00:03.0: pci-devices: it is a bridge"),
]


@pytest.mark.parametrize("first,second,message", REFUSED)
def test_refused_by_name(boot, first, second, message):
    """The third partition starts, whatever the others ask for."""
    qemu = (
        *SMMU,
        "-device", "virtio-rng-pci,addr=1.0,multifunction=on", "-device", "virtio-rng-pci,addr=1.1",
        "-device", "virtio-rng-pci,addr=2.0", "-device", "virtio-rng-pci,addr=6.0",
        "-device", "pcie-root-port,addr=3.0",
    )
    parts = [
        partition("a", "hello", [0], pci_devices=[f"{HOST} {bdf}" for bdf in first]),
        partition("b", "hello", [1], pci_devices=[f"{HOST} {bdf}" for bdf in second]),
        partition("c", "hello", [2]),
    ]
    board = boot(parts, smp=3, qemu=qemu)
    board.expect(r"\[c\] ")
    assert message in board.log


@pytest.mark.parametrize("gic", [2, 3])
def test_config_space_is_attacked(boot, tmp_path, gic):
    """Every offset in every width, of its own function, another's and one that is kept back, while the other's disk
    works: nobody answers but its own, no BAR moves, and neither the disk's driver nor the SMMU notices."""
    path, qemu = nvme(tmp_path, "1.0")
    parts = [
        guest("disk", [0], ["list", "load=nvme", "disk=nvme0n1"], pci_devices=[f"{HOST} 00:01.0"]),
        partition("wild", "wild", [1], bootargs="wild=pci own=0x10 hold=1", pci_devices=[f"{HOST} 00:02.0"]),
    ]
    others = ("-device", "virtio-rng-pci,addr=2.0", "-device", "edu,addr=3.0")
    board = boot(parts, gic=gic, smp=2, qemu=(*SMMU, *qemu, *others, *Monitor.options(tmp_path / "monitor")))
    for _ in range(3):  # in whatever order
        board.expect(r"wild: pci \d functions answer|disk: is off", 2 * LINUX)
    monitor = Monitor(tmp_path / "monitor")
    own = {low for low, _ in placed(board.log, "00:02.0")}
    assert own and own == set(addresses(bars(monitor, 0x10))), board.log
    assert bars(monitor, 0x10)[-1] == bars(monitor, 0x18)[-1] == 0, "ROMs"
    assert monitor.memory(ECAM + (0x18 << 12) + 4, 1)[0] & 7 == 0, "the one that is kept back is off"
    log = board.log
    check_disk(log, path, "nvme0n1", "disk")
    assert log.count("wild: pci 1 functions answer") == 2
    assert re.search(r"wild: pci 0 BARs moved, command 0x0[0-9a-f]{3}\s", log), re.findall("wild: pci .*", log)
    assert "DMA fault" not in log


V2M = "/intc@8000000/v2m@8020000"


def test_msi_through_the_v2m_frame(boot, tmp_path):
    """With GICv2 the frame is one partition's: its disk and its card interrupt by MSI-X, and DMA that rings is let through."""
    path, qemu = nvme(tmp_path, "1.0")
    card = ("-netdev", "user,id=n", "-device", "e1000e,netdev=n,addr=2.0")
    run = ["load=nvme", "load=e1000e", "disk=nvme0n1", "ping=10.0.2.2"]
    part = guest("msi", [0], run, devices=[V2M], pci_devices=[f"{HOST} 00:01.0", f"{HOST} 00:02.0"])
    log = boot([part], gic=2, smp=1, qemu=(*SMMU, *qemu, *card)).off(LINUX)
    check_disk(log, path, "nvme0n1", "msi")
    assert "pci: 10.0.2.2 answers" in log
    interrupts = re.findall(r"pci: irq +\d+: +([1-9]\d*) +MSI \d+ Edge +(nvme0q\d|eth0)", log)
    assert {name for _, name in interrupts} >= {"nvme0q0", "nvme0q1", "eth0"}, log
    assert "DMA fault" not in log


@pytest.mark.parametrize("gic", [2, 3])
def test_messages_follow_their_affinity(boot, gic):
    """Debian moves a card's messages between CPUs under traffic, and off a CPU that it switches off: each arrives, there only."""
    frame = {"devices": [V2M]} if gic == 2 else {}
    card = ("-netdev", "user,id=n", "-device", "e1000e,netdev=n,addr=2.0")
    part = guest("net", [0, 1], ["load=e1000e", "ping=10.0.2.2", "follow=10.0.2.2"], pci_devices=[f"{HOST} 00:02.0"], **frame)
    log = boot([part], gic=gic, smp=2, qemu=(*SMMU, *card)).off(2 * LINUX)
    turns = [[int(n) for n in t] for t in re.findall(r"pci: CPU (\d) takes them: (\d+) (\d+) then (\d+) (\d+)", log)]
    assert [turn[0] for turn in turns] == [0, 1, 0, 1], log
    for cpu, *counts in turns:
        assert counts[2 + cpu] >= counts[cpu] + 5 and counts[3 - cpu] == counts[1 - cpu], turns
    assert "pci: 129 of 129 answered" in log, log
    assert "BULKHEAD-GUEST exit status 0" in log and "DMA fault" not in log


def test_more_messages_than_32(boot, tmp_path):
    """Five disks of a partition with four CPUs: Linux takes 40 LPIs, and each disk has its message for each CPU."""
    disks = [nvme(tmp_path, f"{n + 1}.0", f"d{n}") for n in range(5)]
    part = guest("disks", [0, 1, 2, 3], ["load=nvme", *(f"disk=nvme{n}n1" for n in range(5))],
                 pci_devices=[f"{HOST} 00:{n + 1:02}.0" for n in range(5)])
    log = boot([part], gic=3, smp=4, qemu=(*SMMU, *(word for _, qemu in disks for word in qemu))).off(2 * LINUX)
    for n in range(5):
        wrote = re.search(rf"pci: nvme{n}n1 wrote (\w+)", log)[1]
        assert re.search(rf"pci: nvme{n}n1 read (\w+)", log)[1] == wrote
    found = set(re.findall(r"ITS-MSI +\d+ Edge +(nvme\dq\d)", log))
    assert found == {f"nvme{n}q{q}" for n in range(5) for q in range(5)}, log
    assert "DMA fault" not in log


def test_msi_frame_has_one_owner(boot):
    """Two partitions that want it get neither."""
    parts = [partition(name, "hello", [cpu], devices=[V2M]) for cpu, name in enumerate("ab")]
    board = boot([*parts, partition("c", "hello", [2])], gic=2, smp=3)
    board.expect(r"\[c\] ")
    assert f'error: a: {V2M}: devices: it is also granted in "b": neither starts' in board.log
    assert f'error: b: {V2M}: devices: it is also granted in "a": neither starts' in board.log


def test_msi_frame_is_nobodys_with_gic_v3(boot):
    """QEMU's board with GICv3 has an ITS and no frame; whoever names one is told."""
    parts = [partition("a", "hello", [0], devices=[V2M]), partition("c", "hello", [1])]
    board = boot(parts, gic=3, smp=2)
    board.expect(r"\[c\] ")
    assert f'error: a: /configurations/a: devices: "{V2M}" is not in the board\'s tree' in board.log
