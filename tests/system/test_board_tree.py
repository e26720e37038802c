# SPDX-License-Identifier: Apache-2.0
"""Boards whose device trees say more than QEMU's: reserved memory, shared pages, shared interrupts."""

import re
import subprocess

import pytest

from test_arm32 import hello as hello32
from machine import LINUX, MIB, linux, partition

HOLE = 0x0B000000  # of virt's map: what is read or written there ends in an external abort
QUIET = "console=ttyAMA0 quiet bulkhead.exit=off"


@pytest.fixture
def board_tree(tmp_path):
    """board_tree(smp, *fragments, options): QEMU's tree of a 1 GiB machine, changed by device-tree source."""

    def make(smp, *fragments, options="gic-version=3", cpu="cortex-a53"):
        dumped, source, tree = (tmp_path / name for name in ("dumped.dtb", "board.dts", "board.dtb"))
        machine = f"virt,virtualization=on,{options},dumpdtb={dumped}"
        subprocess.run(
            ["qemu-system-aarch64", "-M", machine, "-cpu", cpu, "-smp", str(smp), "-m", "1G", "-nic", "none"],
            check=True,
            capture_output=True,
        )
        text = subprocess.run(["dtc", "-q", "-O", "dts", str(dumped)], check=True, capture_output=True, text=True).stdout
        # dtc wants /memreserve/ at the beginning.
        reserves = [f for f in fragments if f.startswith("/memreserve/")]
        others = [f for f in fragments if f not in reserves]
        text = text.replace("/dts-v1/;", "/dts-v1/;\n" + "\n".join(reserves), 1) + "\n".join(others)
        source.write_text(text)
        subprocess.run(["dtc", "-q", "-O", "dtb", "-o", str(tree), str(source)], check=True)
        return ["-dtb", str(tree)]

    return make


def test_reserved_memory_is_nobodys(boot, board_tree):
    """What /reserved-memory and /memreserve/ keep back is left out of every partition's memory."""
    reserved = (0x5000_0000, 16 * MIB)
    kept = (0x6000_0000, 1 * MIB)
    qemu = board_tree(
        2,
        f"/memreserve/ {kept[0]:#x} {kept[1]:#x};",
        "/ { reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; "
        f"firmware@{reserved[0]:x} {{ reg = <0 {reserved[0]:#x} 0 {reserved[1]:#x}>; no-map; }}; }}; }};",
    )
    # Too much for any one of the pieces that are left: the memory is put around what is reserved.
    log = boot([linux("one", [0], mib=720, bootargs=QUIET)], smp=1, qemu=qemu).off(LINUX)
    assert "[one] BULKHEAD-GUEST user space on 1 CPUs" in log
    pieces = re.findall(r"(0x[0-9a-f]+)-(0x[0-9a-f]+) on (0x[0-9a-f]+),", log)
    assert len(pieces) > 1, log
    for first, last, base in ((int(x, 16) for x in piece) for piece in pieces):
        for start, length in (reserved, kept):
            assert base + last - first < start or start + length <= base, (hex(base), log)


@pytest.mark.parametrize("status", ["okay", "disabled"])
def test_a_shared_page_is_refused(boot, board_tree, status):
    """A device whose page holds another one's registers, in use or not, is refused by name; the others start."""
    qemu = board_tree(
        2,
        '/ { other@9010800 { compatible = "arm,pl061"; reg = <0 0x9010800 0 0x100>; '
        f'status = "{status}"; }}; }};',
    )
    parts = [
        partition("clock", "hello", [0], devices=["/pl031@9010000"]),
        partition("hello", "hello", [1]),
    ]
    log = boot(parts, smp=2, qemu=qemu).off()
    wrong = [line for line in log.replace("\r\n    ", " ").split("\n") if "error: clock: /pl031@9010000" in line]
    assert wrong and "/other@9010800" in wrong[0] and "page" in wrong[0], log
    assert "1 of 2 partitions start" in log
    assert "[hello] " in log and "[clock] " not in log


@pytest.mark.parametrize("gic", [2, 3])
def test_a_page_of_two_partitions(boot, board_tree, gic):
    """Registers and identification of a PL031, as if they were two devices: each partition reaches its own bytes, in
    every width, and nothing else in that page. Where nothing answers, beside registers that are kept back, EL2 lives."""
    qemu = board_tree(
        3,
        "/delete-node/ &{/pl031@9010000};",
        '/ { clock@9010000 { compatible = "arm,pl031"; reg = <0 0x9010000 0 0x20>; }; '
        'ids@9010fe0 { compatible = "arm,pl061"; reg = <0 0x9010fe0 0 0x20>; }; '
        f'void@b000000 {{ compatible = "arm,pl061"; reg = <0 {HOLE:#x} 0 0x100>; }}; '
        f'kept@b000100 {{ compatible = "some,device"; reg = <0 {HOLE + 0x100:#x} 0 0x100>; }}; }};',
        options=f"gic-version={gic}",
    )
    parts = [
        partition("clock", "wild", [0], bootargs="wild=page page=0x9010000", devices=["/clock@9010000"]),
        partition("ids", "wild", [1], bootargs="wild=page page=0x9010000", devices=["/ids@9010fe0"]),
        partition("void", "wild", [2], bootargs=f"wild=page page={HOLE:#x}", devices=["/void@b000000"]),
    ]
    log = boot(parts, gic=gic, smp=3, qemu=qemu).off()
    for name, first, size, value in ("clock", 0, 32, "0x[0-9a-f]+"), ("ids", 0xFE0, 32, "0x31"), ("void", 0, 0, "0x0"):
        for width in (1, 2, 4, 8):
            last = first + size - width if size else 0
            said = rf"\[{name}\] wild: page by {width}: {size // width} answer, {first:#x} to {last:#x}, the first "
            assert re.search(said + (value if width < 8 else ".*") + "; 0 more written", log), (name, width, log)
        assert f"[{name}] wild: done" in log
    assert log.count(", filtered") == 3


def test_a_shared_interrupt_is_refused(boot, board_tree):
    """Two devices on one SPI: whoever is granted one is told of the other."""
    qemu = board_tree(2, "/ { pl061@9030000 { interrupts = <0 2 4>; }; };")  # that of pl031@9010000
    parts = [
        partition("clock", "hello", [0], devices=["/pl031@9010000"]),
        partition("gpio", "hello", [1], devices=["/pl061@9030000"]),
    ]
    log = boot(parts, smp=2, qemu=qemu).off()
    assert "no partition can start: nothing is started" in log
    for name in ("clock", "gpio"):
        wrong = [line for line in log.split("\n") if f"error: {name}:" in line]
        assert any("its interrupt 34 is also that of" in line for line in wrong), log


def test_too_few_redistributors(boot, board_tree):
    """A tree whose regions have no room for every CPU stops the boot, by name."""
    qemu = board_tree(2, "/ { intc@8000000 { reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0x20000>; }; };")
    log = boot([partition("hello", "hello", [0])], smp=2, qemu=qemu).off()
    assert "error: /intc@8000000: reg: its redistributors' regions have room for 1 CPUs: the board has 2" in log
    assert "nothing is started" in log and "panic" not in log


def test_a_cpu_without_redistributor(boot, board_tree):
    """A region that holds no redistributor: its CPU's partition does not start, the other does."""
    qemu = board_tree(
        2,
        "/ { intc@8000000 { #redistributor-regions = <2>;"
        " reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0x20000 0 0 0 0x20000>; }; };",
    )
    parts = [partition("hello", "hello", [0]), partition("other", "hello", [1])]
    log = boot(parts, smp=2, qemu=qemu).off()
    assert "error: other: CPU 0x1: its GIC interface does not answer: not started" in log
    assert "1 of 2 partitions start" in log and "panic" not in log
    assert "[hello] " in log and "[other] " not in log


# What the tree says, and what must be said of it.
NONSENSE = {
    "a console of four bytes": ("/ { pl011@9000000 { reg = <0 0x9000000 0 4>; }; };", "/pl011@9000000: reg: 0x4 bytes"),
    "a console at an odd address": (
        "/ { pl011@9000000 { reg = <0 0x9000002 0 0x1000>; }; };",
        "/pl011@9000000: reg: 0x1000 bytes at 0x9000002 hold no console's registers",
    ),
    "a stride of half a redistributor": (
        "/ { intc@8000000 { redistributor-stride = <0 0x10000>; }; };",
        "/intc@8000000: redistributor-stride: 0x10000 is no multiple",
    ),
    "a PMU on EL2's timer": ("/ { pmu { interrupts = <1 10 4>; }; };", "the PMU's 26 is also EL2's timer's"),
    "a release word in Bulkhead": (
        '/ { cpus { cpu@1 { enable-method = "spin-table"; cpu-release-addr = <0 0x40200100>; }; }; };',
        "cpu-release-addr of CPU 0x1: 0x40200100 is no word of RAM beside Bulkhead",
    ),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_in_the_tree(boot, board_tree, case):
    """Neither a panic nor a hang: the node and the rule, and nothing is started."""
    fragment, said = NONSENSE[case]
    log = boot([partition("hello", "hello", [0])], smp=2, qemu=board_tree(2, fragment)).off()
    assert re.search(rf"bulkhead: error: .*{re.escape(said)}", log), log
    assert "nothing is started" in log and "panic" not in log


def test_a_console_interrupt_that_the_gic_lacks(boot, board_tree):
    qemu = board_tree(1, "/ { pl011@9000000 { interrupts = <0 900 4>; }; };")
    log = boot([partition("hello", "hello", [0])], smp=1, qemu=qemu).off()
    assert "error: /pl011@9000000: interrupts: the console's 932 must be an SPI that the GIC has, 32 to 287" in log
    assert "nothing is started" in log and "panic" not in log


@pytest.mark.parametrize("cpu", ["cortex-a53", "cortex-a76"])
def test_aarch32_at_el0(boot, cpu):
    """32-bit programs under a 64-bit Debian kernel, also on a CPU that has AArch32 at EL0 alone."""
    run = "busybox32,sha1sum,/bin/busybox,/bin/busybox32;sha1sum,/bin/busybox,/bin/busybox32;busybox32,cat,/proc/self/maps"
    part = linux("one", [0], bootargs=f"console=ttyAMA0 quiet bulkhead.run={run} bulkhead.exit=off")
    log = boot([part], cpu=cpu, smp=1).off(LINUX)
    sums = [line.split("] ")[1].strip() for line in log.split("\n") if line.strip().endswith("/bin/busybox32")
            and len(line.split("] ")[-1].split()) == 2]
    assert len(sums) == 2 and sums[0] == sums[1], log
    assert "[stack]" in log
    stack = next(line for line in log.split("\n") if "[stack]" in line)
    assert int(stack.split("] ", 1)[1].split("-")[0], 16) < 1 << 32, stack


def test_what_a_frame_can_raise_is_refused_to_others(boot, board_tree):
    """A GICv2m frame raises INTIDs 80 to 143, of which its partition has those before the SMMU's: 128 is nobody else's."""
    v2m = "/intc@8000000/v2m@8020000"
    qemu = board_tree(3, "/ { pl031@9010000 { interrupts = <0 96 4>; }; };", options="gic-version=2,iommu=smmuv3")
    parts = [
        partition("attacker", "hello", [0], devices=[v2m]),
        partition("victim", "hello", [1], devices=["/pl031@9010000"]),
        partition("hello", "hello", [2]),
    ]
    log = boot(parts, gic=2, smp=3, qemu=("-machine", "iommu=smmuv3", *qemu)).off()
    log = log.replace("\r\n    ", " ")
    assert "attacker: " + v2m + ": devices: one of its interrupts from 80 is also that of /pl031@9010000 in \"victim\"" in log
    assert "victim: /pl031@9010000: devices: its interrupt 128 is also that of " + v2m + " in \"attacker\"" in log
    assert "1 of 3 partitions start" in log
    qemu = board_tree(3, "/ { pl031@9010000 { interrupts = <0 96 4>; }; };", options="gic-version=2,iommu=smmuv3")
    log = boot(parts[:1], gic=2, smp=3, qemu=("-machine", "iommu=smmuv3", *qemu)).off()  # nobody is granted 128
    assert "one of its interrupts from 80 is also that of /pl031@9010000: it cannot be granted" in log.replace("\r\n    ", " ")


@pytest.mark.parametrize("cpu,gic", [("cortex-a53", 3), ("cortex-a53", 2), ("cortex-a15", 2)])
def test_configuration_space_that_aborts(boot, board_tree, tmp_path, cpu, gic):
    """A host bridge that answers with an abort has no functions: EL2 lives on, and so does the other partition."""
    qemu = board_tree(
        2, f"/ {{ pcie@10000000 {{ reg = <0 {HOLE:#x} 0 0x100000>; bus-range = <0 0>; }}; }};",
        options=f"gic-version={gic},highmem=off,iommu=smmuv3", cpu=cpu,
    )
    images = {"hello": hello32(tmp_path)} if cpu == "cortex-a15" else None
    parts = [partition("none", "hello", [0], pci_devices=["/pcie@10000000 00:01.0"]), partition("hello", "hello", [1])]
    board = boot(parts, images, cpu=cpu, gic=gic, smp=2, qemu=("-machine", "iommu=smmuv3,highmem=off", *qemu))
    board.expect(r"\[hello\] ")
    assert "/pcie@10000000 00:01.0: pci-devices: there is no such function (0 are there)" in board.log
