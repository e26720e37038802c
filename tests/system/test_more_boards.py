# SPDX-License-Identifier: Apache-2.0
"""Boards by device tree and defconfig alone: Bulkhead, Debian and bare metal on them, with Debian's device trees."""

import hashlib
import re
import socket
import subprocess
import time

import pexpect
import pytest

import machine
from machine import BUILD, LINUX, MIB, TOP, Machine, linux, partition

DTBS = BUILD / "guest/dtbs/arm64"
DEBIAN_TREE = {
    "xlnx-zcu102": DTBS / "xilinx/zynqmp-zcu102-rev1.0.dtb",
    "raspi4b": DTBS / "broadcom/bcm2711-rpi-4-b.dtb",
}
ENDS = {"xlnx-zcu102": "machine off", "raspi4b": "without PSCI the machine stays on"}


def build(name):
    for target in (f"{name}_defconfig", "all"):
        subprocess.run(["make", "-s", "-C", TOP, f"BOARD={name}", target], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module", params=DEBIAN_TREE)
def board(request):
    build(request.param)
    return request.param


def log_of(guest, board):
    """All that was said, to the machine's end; one that stays on has three seconds for what the rings hold."""
    guest.expect(f"all partitions are off[:;] {ENDS[board]}", LINUX)
    assert guest.child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=3) == (board == "raspi4b")
    return guest.log + guest.child.before


def test_debian_and_a_control_loop(boot, board):
    """Debian on three CPUs, two of which it starts, and the loop beside it."""
    parts = [
        linux("linux0", [0, 1, 2], mib=256, bootargs="console=ttyAMA0 quiet bulkhead.exit=off"),
        partition("control", "control", [3], bootargs="seconds=3"),
    ]
    log = log_of(boot(parts, None, "-M", board, memory="2G"), board)
    assert "[linux0] BULKHEAD-GUEST user space on 3 CPUs" in log
    assert log.count("[control] control: 1000 ticks") == 3
    assert "2 of 2 partitions start" in log and "panic" not in log


def test_every_cpu_and_the_gic(boot, board):
    """Four CPUs in one partition; SGIs among them."""
    log = log_of(boot([partition("smp", "smp", [0, 1, 2, 3])], None, "-M", board, memory="2G"), board)
    assert "[smp] smp: 4 CPUs, 4000 SGIs, ok" in log
    assert "[smp] smp: CPU_ON, CPU_OFF, AFFINITY_INFO, ok" in log


def test_the_gic_as_a_guest_sees_it(boot, board):
    """Each row of the emulated distributor, and interrupts of all kinds."""
    log = log_of(boot([partition("gictest", "gictest", [0, 1])], None, "-M", board, memory="2G"), board)
    assert re.search(r"\[gictest\] gictest: \d+ passed, 0 failed", log), log


def test_input(boot, board):
    """What is typed reaches Debian's shell through the board's UART and the emulated one, whole."""
    guest = boot([linux("linux0", [0])], None, "-M", board, memory="2G")
    guest.expect("BULKHEAD-GUEST user space", LINUX)
    guest.expect("# ")
    text = "".join(chr(ord("a") + i % 26) for i in range(200))
    guest.send(f"echo {text} | md5sum\r")
    guest.expect(hashlib.md5(f"{text}\n".encode()).hexdigest())


def test_demo(tmp_path, board):
    """The board's demo system, checked on the PC against Debian's tree (a Raspberry Pi's firmware tells it the
    memory); test_demo.py boots it."""
    tree = tmp_path / "board.dtb"
    tree.write_bytes(DEBIAN_TREE[board].read_bytes())
    if board == "raspi4b":
        subprocess.run(["fdtput", "-t", "x", tree, "/memory@0", "reg", "0", "0", "3c000000", "0", "40000000", "40000000"], check=True)
    demo = BUILD / f"dts/{board}/demo.itb"
    subprocess.run(["make", "-s", "-C", TOP, "tools", f"build/dts/{board}/demo.itb"], check=True)
    done = subprocess.run([BUILD / "host/bulkhead-check", tree, demo], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_raspi4b_by_uboot(tmp_path):
    """A Raspberry Pi's own U-Boot: booti with the tree that it was given, the system file as a ramdisk."""
    build("raspi4b")
    parts = [linux("linux0", [0, 1, 2]), partition("control", "control", [3], bootargs="seconds=3")]
    ramdisk = machine.uboot_ramdisk(tmp_path, machine.make_system(tmp_path, machine.its(parts)), "arm64")
    files = [(BUILD / "raspi4b/bulkhead.bin", 0x10000000), (ramdisk, 0x18000000)]
    uboot = ("-M", "raspi4b", "-k", str(BUILD / "guest/arm64/u-boot-rpi.bin"))
    with machine.boot_by_uboot("arm64", files, "booti 10000000 18000000 ${fdt_addr}", *uboot, bare=False, memory="2G") as guest:
        guest.expect("bulkhead: version .*, entered at EL2")
        for _ in range(2):
            guest.expect(r"\[linux0\] BULKHEAD-GUEST user space on 3 CPUs|bulkhead: control: is off", LINUX)
        assert "user space on 3 CPUs" in guest.log and guest.log.count("[control] control: 1000 ticks") == 3


def test_mini_uart(tmp_path):
    """With Debian's tree as it is, a Raspberry Pi's console is its mini UART, a kind of 16550: QEMU's second line."""
    build("raspi4b")
    system = machine.make_system(tmp_path, machine.its([linux("linux0", [1])]))
    guest = Machine(system, "-M", "raspi4b", "-t", str(DEBIAN_TREE["raspi4b"]), memory="2G",
                    qemu=["-serial", f"file:{tmp_path / 'pl011'}", "-serial", "mon:stdio"])
    try:
        guest.expect("console  /soc/serial@7e215040")
        guest.expect("BULKHEAD-GUEST user space on 1 CPUs", LINUX)
        guest.expect("# ")
        guest.send("echo $((6 * 7)) times\r")
        guest.expect("42 times")
    finally:
        guest.close()
    assert (tmp_path / "pl011").read_text().splitlines() == ["bulkhead: version 0.1, entered at EL2"]


def test_orangepi_pc(boot):
    """A 32-bit board with DesignWare's 16550, PSCI and a GIC-400: two of Debian's armmp-lpae kernels."""
    build("orangepi-pc")
    images = {"debian": machine.image("guest/arm32/vmlinuz", "kernel", arch="arm"),
              "busybox": machine.image("guest/arm32/initrd.gz", "ramdisk", arch="arm")}
    parts = [partition(name, "debian", cpus, ((0x40000000, 128 * MIB),), "busybox", bootargs="console=ttyAMA0 quiet")
             for name, cpus in (("one", [0, 1]), ("two", [3]))]
    guest = boot(parts, images, "-M", "orangepi-pc")
    guest.expect("console  /soc/serial@1c28000")
    guest.expect(r"user space on [12] CPUs", LINUX)
    guest.expect(r"user space on [12] CPUs", LINUX)
    for at in (1, 2):
        guest.send(f"\x1d{at}echo $((6 * {at})) times\r")
        guest.expect(f"\n{6 * at} times")
        guest.send("poweroff -f\r")
    assert guest.off(LINUX).count("is off") == 2


def test_early_16550(tmp_path):
    """A board's CPUs without HYP mode: the one line that is said before any tree is read."""
    build("orangepi-pc")
    guest = Machine(None, "-M", "cubieboard", "-k", str(BUILD / "orangepi-pc/bulkhead.bin"),
                    "-t", str(BUILD / "guest/dtbs/armmp/sun4i-a10-cubieboard.dtb"), smp=1)
    try:
        guest.expect("bulkhead: entered in SVC mode; needs HYP mode: .* leaves HYP\r\r?\n")
    finally:
        guest.close()


def gdb_command(line, text):
    line.sendall(b"+$%s#%02x" % (text, sum(text) & 0xFF))
    answer = b""
    while b"#" not in answer:
        answer += line.recv(4096)
    return answer


def test_early_cadence(tmp_path):
    """The same at EL1 on a ZCU102; in place of firmware QEMU's gdb server switches the UART on."""
    build("xlnx-zcu102")
    path = tmp_path / "gdb"
    guest = Machine(None, "-M", "xlnx-zcu102", "-1", memory="2G",
                    qemu=["-S", "-chardev", f"socket,id=gdb,path={path},server=on,wait=off", "-gdb", "chardev:gdb"])
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(machine.BOOT)
            for _ in range(100):
                if path.exists():
                    break
                time.sleep(0.1)
            line.connect(str(path))
            for command in (b"Qqemu.PhyMemMode:1", b"Mff000000,4:14000000", b"D"):
                assert b"OK" in gdb_command(line, command)
            guest.expect("bulkhead: entered at EL1; needs EL2: .* EL2 firmware\r\r?\n")
    finally:
        guest.close()


def test_imx8mp_console(tmp_path):
    """The i.MX UART both ways. QEMU 10.0 does not connect this machine's virtual interrupts: no guest that waits for
    one runs on it."""
    build("imx8mp-evk")
    system = machine.make_system(tmp_path, machine.its([partition("hello", "hello", [1]), partition("smp", "smp", [2, 3])]))
    tree = DTBS / "freescale/imx8mp-evk.dtb"
    guest = Machine(system, "-M", "imx8mp-evk", "-t", str(tree), memory="3G",
                    qemu=["-serial", "null", "-serial", "mon:stdio"])
    try:
        guest.expect("console  /soc@0/bus@30800000/serial@30890000")
        guest.expect(r"\[hello\] hello: done")
        guest.send("\x1d?")
        guest.expect("bulkhead: console: Ctrl-] then\r\r?\n(bulkhead:   .*\n){7}")
    finally:
        guest.close()


def test_the_smallest_configuration(boot):
    """Without drivers of GICv2, ITS, SMMU and PCI the loop runs; who wants one of them is refused by its name."""
    build("qemu-arm64-minimal")
    parts = [
        partition("control", "control", [0], bootargs="seconds=1"),
        partition("device", "control", [1], pci_devices="/pcie@10000000 00:01.0"),
    ]
    guest = boot(parts, None, "-k", str(BUILD / "qemu-arm64-minimal/bulkhead.bin"))
    guest.expect(r"bulkhead: error: device: .*no driver for PCI is compiled in \(CONFIG_PCI\)")
    guest.expect("bulkhead: 1 of 2 partitions start")
    guest.expect(r"\[control\] control: 1000 ticks")
    guest.off()
