# SPDX-License-Identifier: Apache-2.0
"""What a partition sees: its GIC, its CPUs, its devices, its console."""

import hashlib
import random
import re
import subprocess

import pytest

from machine import LINUX, MIB, image, linux, partition

BOOT_LONG = 120
BOTH = ["cortex-a53", "cortex-a15"]  # boards of 64 bits and of 32

QUIET = "console=ttyAMA0 quiet"
UBOOT = image("guest/arm64/u-boot.bin", "kernel", "u-boot", extra="load = <0x40200000>; entry = <0x40200000>;")


def uboot_partition(name, cpus):
    """It looks for its tree at the beginning of RAM, and for its environment in a flash at 64 MiB: it finds RAM."""
    return partition(name, "uboot", cpus, ((0x40000000, 128 * MIB), (0x04000000, 2 * MIB)))


@pytest.mark.parametrize(
    "cpu,gic,smp,facts",
    [("cortex-a53", 2, 4, 204), ("cortex-a53", 3, 4, 207), ("max", 3, 2, 207), ("max", 2, 1, 172),
     ("cortex-a15", 2, 4, 201), ("cortex-a7", 3, 4, 204), ("cortex-a15", 2, 1, 169)],
)
def test_gic_is_as_the_architecture_says(boot, cpu, gic, smp, facts):
    """The checker of guests/gictest, which bare QEMU passes too. It has so many facts at least."""
    board = boot([partition("gictest", "gictest", range(smp))], cpu=cpu, gic=gic, smp=smp)
    log = board.off(BOOT_LONG)
    assert "FAIL" not in log
    assert int(re.search(r"gictest: (\d+) passed, 0 failed", log)[1]) >= facts


@pytest.mark.parametrize("gic", [2, 3])
def test_hotplug_50_times(boot, gic):
    bootargs = QUIET + " bulkhead.run=/tests/hotplug bulkhead.exit=off"
    log = boot([linux("one", [0, 1], bootargs=bootargs)], gic=gic, smp=2).off(LINUX)
    assert "hotplug: 50 times, 2 CPUs" in log


def test_devices_are_the_boards(boot):
    """The real-time clock and the GPIO controller, granted by path; a clock that tells today."""
    run = "cat,/sys/class/rtc/rtc0/name,/sys/bus/amba/devices/9030000.pl061/uevent"
    part = linux(
        "one",
        [0],
        bootargs=f"{QUIET} bulkhead.run={run} bulkhead.exit=off",
        devices=["/pl031@9010000", "/pl061@9030000"],
    )
    log = boot([part]).off(LINUX)
    assert "[one] rtc-pl031 9010000.pl031" in log
    assert "[one] DRIVER=pl061_gpio" in log


def test_second_uart_is_handed_over(boot, tmp_path):
    """The board's second PL011 belongs to the partition alone: its output is not on the console."""
    out = tmp_path / "uart1"
    part = linux(
        "one",
        [0],
        bootargs=f"{QUIET} bulkhead.run=echo,from-the-second>/dev/ttyAMA1 bulkhead.exit=off",
        devices=["/pl011@9040000"],
    )
    log = boot([part], qemu=["-serial", "mon:stdio", "-serial", f"file:{out}"]).off(LINUX)
    assert "from-the-second" in out.read_text()
    assert "\n[one] from-the-second" not in log


# Eight virtio transports are in one page of the board; a disk is behind the last of them.
TRANSPORTS = [f"/virtio_mmio@{0xA003000 + 0x200 * i:x}" for i in range(8)]


def with_disk(path):
    path.write_bytes(b"the disk of the board".ljust(512, b".") + bytes(1536))
    return ["-global", "virtio-mmio.force-legacy=false", "-drive", f"if=none,id=disk,format=raw,file={path}",
            "-device", "virtio-blk-device,drive=disk"]


@pytest.mark.parametrize("cpu, gic, granted", [(cpu, gic, devices) for cpu, gic in (("cortex-a53", 2), ("cortex-a53", 3), ("cortex-a15", 2))
                                               for devices in (TRANSPORTS, TRANSPORTS[7:])])
def test_unprotected_devices(boot, tmp_path, cpu, gic, granted):
    """A disk with DMA that nothing contains: told at each boot, and it works, its interrupt too; with its page to itself
    or with nobody's registers in it."""
    part = partition("storage", "disk", [1], ((0x60000000, 2 * MIB),), direct_map=True,
                     unprotected_devices=granted, bootargs="disk=0xa003e00,79")
    log = boot([part, partition("other", "hello", [0])], cpu=cpu, gic=gic, smp=2, qemu=with_disk(tmp_path / "disk")).off()
    lines = log.replace("\r", "").split("\n")
    assert log.count(", filtered") == (len(granted) == 1)
    for name in granted:
        assert (f"bulkhead: warning: storage: {name}: unprotected: its DMA reaches all memory, that of other "
                "partitions too") in lines, log
        assert f"bulkhead:   device   {name} UNPROTECTED" in lines, log
    assert "[storage] disk: magic 74726976, version 2, device 2" in lines, log
    assert "[storage] disk: sector 0: the disk of the board..........." in lines, log
    assert re.search(r"\[storage\] disk: sector 1 is written, [1-9]\d* interrupts", log), log
    sectors = (tmp_path / "disk").read_bytes()
    assert sectors[512:1024] == sectors[511::-1] and sectors[1024:] == bytes(1024)
    assert "[other] hello: done" in lines


# What is said, and what of the above is left out.
UNCONTAINED = {
    "it may master the bus (DMA) and is behind no SMMU; only a partition with direct-map may have it": {
        "direct_map": None},
    "it may master the bus (DMA) and is behind no SMMU; list it in unprotected-devices": {
        "unprotected_devices": None, "devices": TRANSPORTS},
}


@pytest.mark.parametrize("said", UNCONTAINED)
def test_dma_is_contained_or_asked_for(boot, tmp_path, said):
    props = {"direct_map": True, "unprotected_devices": TRANSPORTS, **UNCONTAINED[said]}
    part = partition("storage", "disk", [1], ((0x60000000, 2 * MIB),), bootargs="disk=0xa003e00,79",
                     **{key: value for key, value in props.items() if value is not None})
    log = boot([part, partition("other", "hello", [0])], smp=2, qemu=with_disk(tmp_path / "disk")).off()
    assert f"error: storage: /virtio_mmio@a003e00: {said}" in log.replace("\r\n    ", " "), log
    assert "1 of 2 partitions start" in log and "[storage] " not in log and "[other] hello: done" in log


@pytest.mark.parametrize("cpu", BOTH)
def test_machine_ends_when_all_are_off(boot, cpu):
    parts = [
        linux("one", [0], bootargs=QUIET + " bulkhead.exit=off"),
        linux("two", [1], bootargs=QUIET + " bulkhead.exit=reset"),
        partition("three", "wild", [2], bootargs="wild=off"),
    ]
    log = boot(parts, cpu=cpu, gic=2).off(LINUX)
    assert "bulkhead: one: ends: SYSTEM_OFF" in log
    assert "bulkhead: two: ends: SYSTEM_RESET" in log
    assert "bulkhead: three: ends: SYSTEM_OFF" in log
    assert log.index("all partitions are off") > log.index("two: is off")


def test_a_megabyte_is_printed(boot):
    """Not a character lost, in raw mode, from a Linux that prints as fast as it can."""
    board = boot([linux("one", [0], bootargs=QUIET)], smp=1)
    board.expect("user space on 1 CPUs", LINUX)
    board.send("\x1d1")
    board.send("\r")
    board.expect("# ")
    board.send("/tests/megabyte; echo mega''byte-done\r")
    board.expect("megabyte-done", LINUX)
    lines = [x for x in board.log.replace("\r", "").split("\n") if x.startswith("line ")]
    want = [f"line {i:05d} 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP" for i in range(16384)]
    assert len(lines) == len(want)
    assert lines == want


def test_a_megabyte_is_pasted(boot):
    """Not a character lost on the way in; back-pressure reaches the sender."""
    board = boot([linux("one", [0], bootargs=QUIET)], smp=1)
    board.expect("user space on 1 CPUs", LINUX)
    board.send("\x1d1")
    board.send("\r")
    board.expect("# ")
    board.send("/tests/paste\r")
    board.expect("paste: ready")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789 \n"
    text = "".join(random.Random(1).choices(letters, k=MIB))
    for at in range(0, MIB, 4096):
        board.send(text[at : at + 4096])
    digest = hashlib.md5(text.encode()).hexdigest()
    board.expect("paste: ([0-9a-f]{32})", LINUX)
    assert board.child.match[1] == digest


@pytest.mark.parametrize("cpu", BOTH)
def test_console_switches(boot, cpu):
    """Input goes to the partition in focus; help is on the screen; all lines are tagged again."""
    board = boot([linux("one", [0], bootargs=QUIET), linux("two", [1], bootargs=QUIET)], cpu=cpu, gic=2, smp=2)
    seen = {board.expect(r"\[(one|two)\] BULKHEAD-GUEST user space", LINUX)[1]}
    seen.add(board.expect(r"\[(one|two)\] BULKHEAD-GUEST user space", LINUX)[1])
    assert seen == {"one", "two"}
    board.send("\x1d?")
    board.expect("Ctrl-]")
    board.send("\x1d2")
    board.expect("two")
    board.send("\recho he''re $(cat /proc/device-tree/model)\r")
    board.expect("here .*two")
    board.send("\x1d1")
    board.expect("one")
    board.send("\recho he''re $(cat /proc/device-tree/model)\r")
    board.expect("here .*one")
    board.send("\x1d0")
    board.send("echo tag''ged\r")
    board.expect(r"\[one\] (.*# )?tagged")


def test_who_hangs_locks_nobody_out(boot):
    """U-Boot has read its line, and hangs: what is typed fills the ring, then the line itself. After 3 seconds the
    escape key is seen again behind as much as one likes to type, and the other partition answers."""
    parts = [uboot_partition("deaf", [0]), linux("other", [1], bootargs=QUIET)]
    board = boot(parts, {"uboot": UBOOT}, smp=2)
    board.expect("other. BULKHEAD-GUEST user space", LINUX)
    board.send("\x1d1\r")
    board.expect("\n=> ")
    board.send("mw.l 41000000 14000000; go 41000000\r")  # B .
    board.expect("Starting application at 0x41000000")
    junk = b"x" * (128 << 10)
    sent = [board.send_some(junk, 0.5) for _ in range(5)]
    assert sent[-1] == 0 and 2048 <= sum(sent) < 32 << 10, f"{sent} bytes went in"
    board.expect("bulkhead: console: deaf reads no input: dropped until it does")
    assert board.send_some(junk, 30) == len(junk)
    board.send("\x1d2\r")
    board.expect("console: other")
    board.send("echo an''swers\r")
    board.expect("answers")
    board.send("\x1d1")
    board.expect("console: deaf")


def test_login_getty(boot):
    """A getty on the console, as an installed Debian would have it, and a shell behind it."""
    board = boot([linux("one", [0], bootargs=QUIET + " bulkhead.run=getty,-n,-l,/bin/sh,115200,ttyAMA0")], smp=1)
    board.expect("user space on 1 CPUs", LINUX)
    board.send("\x1d1")
    board.expect("console: one")
    board.send("\r")
    board.expect("# ")
    board.send("stty; tty; echo log''ged\r")
    board.expect("speed 115200 baud")
    board.expect("/dev/ttyAMA0")
    board.expect("logged")
    board.send("exit\r")
    board.expect("exit status 0")


@pytest.mark.parametrize("gic", [2, 3])
def test_uboot_is_a_guest(boot, gic):
    """Debian's U-Boot, unmodified: its prompt, commands and their answers."""
    board = boot([uboot_partition("boot", [0])], {"uboot": UBOOT}, gic=gic, smp=1)
    board.expect("DRAM: +128 MiB")
    board.expect("=> ", BOOT_LONG)
    board.send("\x1d1\r")
    board.expect("\n=> ")
    board.send("bdinfo\r")
    board.expect(r"-> start += 0x0000000040000000\s+-> size += 0x0000000008000000")
    board.send("mw.q 41000000 123456789abcdef0; md.q 41000000 1; fdt addr $fdtcontroladdr; fdt list /psci\r")
    board.expect("41000000: 123456789abcdef0")
    board.expect("arm,psci-1.0")
    board.send("poweroff\r")
    assert "boot: ends: SYSTEM_OFF" in board.off()


@pytest.mark.parametrize("gic", [2, 3])
def test_secondary_cpus_and_sgis(boot, gic):
    log = boot([partition("smp", "smp", range(4))], gic=gic).off()
    assert re.search(r"smp: 4 CPUs, \d+ SGIs, ok", log)
    assert "smp: CPU_ON, CPU_OFF, AFFINITY_INFO, ok" in log


def own_tree(path, gic):
    """QEMU's tree of a machine without EL2, less the devices that the partition does not get."""
    subprocess.run(
        ["qemu-system-aarch64", "-M", f"virt,gic-version={gic},dumpdtb={path}", "-cpu", "cortex-a53", "-m", "128"],
        check=True,
        capture_output=True,
    )
    nodes = subprocess.run(["fdtget", "-l", str(path), "/"], check=True, capture_output=True, text=True).stdout
    kept = re.compile(r"(memory|psci|timer|pmu|cpus|intc|apb-pclk|pl011|chosen|aliases)\b")
    for node in nodes.split():
        if not kept.match(node):
            subprocess.run(["fdtput", "-r", str(path), f"/{node}"], check=True)
    # Frames for message-signalled interrupts are not there either.
    frame = {2: "/intc@8000000/v2m@8020000", 3: "/intc@8000000/its@8080000"}[gic]
    subprocess.run(["fdtput", "-r", str(path), frame], check=True)


@pytest.mark.parametrize("gic", [2, 3])
def test_own_device_tree(boot, gic, tmp_path):
    """A partition's own tree instead of the generated one."""
    tree = tmp_path / "board.dtb"
    own_tree(tree, gic)
    part = linux("one", [0], bootargs=QUIET + " bulkhead.exit=off", fdt="tree")
    log = boot([part], {"tree": image(tree, "flat_dt")}, gic=gic, smp=1).off(LINUX)
    assert "[one] BULKHEAD-GUEST user space on 1 CPUs" in log
