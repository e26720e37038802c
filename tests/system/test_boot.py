# SPDX-License-Identifier: Apache-2.0
"""Bulkhead boots on every CPU, GIC and size of machine it promises, and says so."""

import re
import subprocess

import pexpect
import pytest

from machine import BUILD, CPUS, CPUS32, LINUX, MIB, Machine, boot_by_uboot, image, linux, partition, uboot_ramdisk

HELLO = partition("hello", "hello", [0])

# Every CPU and every GIC; their product is below, with small guests.
BOARDS = [
    ("cortex-a53", 2),
    ("cortex-a53", 3),
    ("cortex-a57", 2),
    ("cortex-a72", 3),
    ("cortex-a76", 3),
    ("neoverse-n1", 4),
    ("max", 2),
    ("max", 3),
    ("max", 4),
]


@pytest.mark.parametrize("cpu,gic", BOARDS)
def test_two_linux_and_bare_metal(boot, cpu, gic):
    """Two Debian kernels to user space and a bare-metal partition, side by side."""
    parts = [
        linux("one", [0, 1], bootargs="console=ttyAMA0 quiet bulkhead.exit=off"),
        linux("two", [2], mib=96, bootargs="console=ttyAMA0 quiet bulkhead.exit=off"),
        partition("control", "control", [3], bootargs="seconds=3"),
    ]
    board = boot(parts, cpu=cpu, gic=gic)
    log = board.off(LINUX)
    assert "[one] BULKHEAD-GUEST user space on 2 CPUs" in log
    assert "[two] BULKHEAD-GUEST user space on 1 CPUs" in log
    assert log.count("[control] control: 1000 ticks") == 3
    assert "3 of 3 partitions start" in log
    assert "machine off" in log


@pytest.mark.parametrize("cpu,gic", [(c, g) for c in CPUS for g in (2, 3, 4)] + [(c, g) for c in CPUS32 for g in (2, 3)])
def test_every_cpu_and_gic(boot, cpu, gic):
    """Their whole product, with small guests: two of them, two CPUs each."""
    parts = [partition("left", "smp", [0, 1]), partition("right", "smp", [2, 3])]
    log = boot(parts, cpu=cpu, gic=gic).off()
    for name in ("left", "right"):
        assert re.search(rf"\[{name}\] smp: 2 CPUs, \d+ SGIs, ok", log), log


@pytest.mark.parametrize(
    "smp,memory,gic,cpu",
    [(1, "512M", 2, "cortex-a53"), (1, "512M", 3, "cortex-a53"), (2, "1G", 3, "cortex-a53"), (8, "2G", 2, "cortex-a53"),
     (16, "8G", 3, "cortex-a53"), (1, "512M", 2, "cortex-a15"), (8, "2G", 2, "cortex-a7")],
)
def test_sizes(boot, smp, memory, gic, cpu):
    """1 to 16 CPUs and 512 MiB to 8 GiB; every CPU in a partition."""
    each = min(smp, 8)
    parts = [partition(f"smp{at}", "smp", range(at, at + each)) for at in range(0, smp, each)]
    log = boot(parts, smp=smp, memory=memory, gic=gic, cpu=cpu).off()
    for at in range(0, smp, each):
        assert f"[smp{at}] smp: {each} CPUs, {each * 1000} SGIs, ok" in log
    assert "FAIL" not in log


def test_16_cpus_in_one_partition(boot):
    """As many as a partition may have; the guest has a token for each SGI but one."""
    log = boot([partition("smp", "smp", range(16))], smp=16, memory="2G", gic=3).off()
    assert "[smp] smp: 16 CPUs, 15000 SGIs, ok" in log
    assert "[smp] smp: CPU_ON, CPU_OFF, AFFINITY_INFO, ok" in log


def test_ram_above_4g(boot):
    """A partition larger than what lies below 4 GiB: it lies where blocks of 1 GiB can map it, Linux has all of it, and
    came from its far end, where the ramdisk was put."""
    big = partition(
        "big",
        "linux",
        [0],
        ((0x40000000, 5 << 30),),
        "initrd",
        bootargs="console=ttyAMA0 quiet bulkhead.exit=off",
    )
    log = boot([big], smp=1, memory="8G").off(LINUX)
    kib = int(log.split("user space on 1 CPUs, ")[1].split(" kB")[0])
    assert kib > 4900 * 1024
    ipa, pa = (int(x, 16) for x in re.search(r"memory   (0x\w+)-0x17fffffff on (0x\w+), 5 GiB", log).groups())
    assert (pa - ipa) % (1 << 30) == 0
    assert int(re.search(r"ramdisk  initrd at (0x\w+)", log)[1], 16) >= 1 << 32


def test_refuses_el1(tmp_path):
    """Without EL2: one clear line, then it stops."""
    board = Machine(None, "-1")
    try:
        board.expect("bulkhead: .*EL1[^\n]*\n")
        assert board.child.expect([pexpect.TIMEOUT, "."], timeout=3) == 0, "it says more than one line"
    finally:
        board.close()


def test_no_system_file():
    board = Machine(None)
    log = board.off()
    assert "no system file" in log


@pytest.mark.parametrize("board,cpu,gic", [("qemu-arm64", "cortex-a53", 3), ("qemu-arm32", "cortex-a15", 2)])
def test_sealed_map_is_walked(boot, board, cpu, gic):
    """Of code and data there is only what stays and is held: nothing of the planner's is mapped."""
    log = boot([HELLO], cpu=cpu, gic=gic).off()
    assert "both writable and executable 0, partitions' RAM 0 bytes; the plan r--" in log
    lines = subprocess.run(["nm", BUILD / board / "bulkhead.elf"], capture_output=True, text=True, check=True)
    at = {name: int(address, 16) for address, _, name in (line.split() for line in lines.stdout.splitlines() if line[0] != " ")}
    assert int(re.search(r"maps (\d+) KiB code r-x", log)[1]) * 1024 == at["image_rodata"] - at["image_text"]
    assert at["image_start"] < at["main_boot"] < at["image_text"]
    held, written = (int(re.search(text, log)[1]) * 1024 for text in (r"holds (\d+) KiB", r"(\d+) KiB rw-"))
    assert held - written == at["image_data"] - at["image_text"] + at["image_pool"] - at["image_plan"]
    assert written < at["image_plan"] - at["image_data"] + at["image_end"] - at["image_pool"]


def test_inline_data(boot):
    """A system file with the images inside its tree."""
    log = boot([HELLO], external=False).off()
    assert "[hello] " in log


def test_fused(tmp_path):
    """One file: the system file behind the image."""
    import machine

    system = machine.make_system(tmp_path, machine.its([HELLO]))
    fused = tmp_path / "fused.bin"
    subprocess.run(
        [machine.TOP / "scripts/fuse", BUILD / "qemu-arm64/bulkhead.bin", system, fused], check=True
    )
    board = Machine(None, "-k", str(fused))
    try:
        log = board.off()
    finally:
        board.close()
    assert "[hello] " in log


@pytest.mark.parametrize("cpu", ["cortex-a53", "max"])
def test_loader_leaves_everything_on(tmp_path, cpu):
    """Entered with the MMU and caches on (max: E2H too), interrupts open and dirt in our memory."""
    import machine

    system = machine.make_system(tmp_path, machine.its([HELLO, partition("smp", "smp", [1, 2])]))
    board = Machine(system, "-k", str(machine.make_loader(tmp_path)), cpu=cpu)
    try:
        log = board.off()
    finally:
        board.close()
    assert "bulkhead: version" in log and "[hello] " in log
    assert "[smp] smp: 2 CPUs, 2000 SGIs, ok" in log


@pytest.mark.parametrize("gic,fused", [(2, True), (3, False)])
def test_uboot_boots_it(tmp_path, gic, fused):
    """U-Boot's own booti, typed at its prompt, with the tree that U-Boot hands over; the system file
    behind the image, or as a ramdisk."""
    import machine

    system = machine.make_system(tmp_path, machine.its([HELLO, partition("smp", "smp", [1, 2])]))
    image = BUILD / "qemu-arm64/bulkhead.bin"
    one = tmp_path / "fused.bin"
    subprocess.run([machine.TOP / "scripts/fuse", image, system, one], check=True)
    files = [(one, 0x50000000)] if fused else [(image, 0x50000000), (uboot_ramdisk(tmp_path, system, "arm64"), 0x58000000)]
    typed = f"booti 50000000 {'-' if fused else '58000000'} ${{fdtcontroladdr}}"
    with boot_by_uboot("arm64", files, typed, gic=gic) as board:
        log = board.off()
    assert "bulkhead: version" in log and "[hello] " in log
    assert "[smp] smp: 2 CPUs, 2000 SGIs, ok" in log


def test_gzip_elf_and_raw(boot, tmp_path):
    """Every kind of kernel image."""
    kernel = BUILD / "guest/arm64/vmlinuz"
    packed = tmp_path / "Image.gz"
    with packed.open("wb") as out:
        subprocess.run(["gzip", "-1nc", str(kernel)], stdout=out, check=True)
    images = {
        "packed": image(packed, "kernel", compression="gzip"),
        "elf": image("guests/hello/hello.elf", "kernel", os="elf"),
        "raw": image(
            "guests/hello/hello.bin", "kernel", os="u-boot", extra="load = <0x40080000>; entry = <0x40080000>;"
        ),
    }
    parts = [
        partition(
            "gz", "packed", [0], ((0x40000000, 128 * MIB),), "initrd", bootargs="console=ttyAMA0 quiet bulkhead.exit=off"
        ),
        partition("elf", "elf", [1]),
        partition("raw", "raw", [2], ((0x40000000, 2 * MIB),)),
    ]
    log = boot(parts, images).off(LINUX)
    assert "[gz] BULKHEAD-GUEST user space" in log
    assert "[elf] " in log and "[raw] " in log
    assert "3 of 3 partitions start" in log


@pytest.mark.parametrize("gic", [2, 3])
def test_guests_run_where_they_are(boot, gic):
    """Those of guests/ are linked for one address and run at any page: as an Image, and raw."""
    raw = image("guests/hello/hello.bin", "kernel", os="u-boot", extra="load = <0x50037000>;")
    parts = [
        partition("smp", "smp", [0, 1], ((0x8_0000_0000, 4 * MIB),)),
        partition("raw", "raw", [2], ((0x50000000, 4 * MIB),)),
    ]
    log = boot(parts, {"raw": raw}, gic=gic).off()
    assert re.search(r"\[smp\] smp: 2 CPUs, \d+ SGIs, ok", log), log
    assert "[raw] hello: malloc and strcpy work" in log and "[raw] hello: done" in log


def test_several_ranges_and_direct_map(boot):
    """A partition with two IPA ranges, and one whose addresses are the physical ones."""
    parts = [
        partition(
            "ranges",
            "linux",
            [0],
            ((0x40000000, 96 * MIB), (0x1_0000_0000, 64 * MIB)),
            "initrd",
            bootargs="console=ttyAMA0 quiet bulkhead.exit=off",
        ),
        partition(
            "direct",
            "linux",
            [1],
            ((0x70000000, 96 * MIB),),
            "initrd",
            bootargs="console=ttyAMA0 quiet bulkhead.exit=off",
            direct_map=True,
        ),
    ]
    log = boot(parts).off(LINUX)
    assert "[direct] BULKHEAD-GUEST user space on 1 CPUs" in log
    kib = int(log.split("[ranges] BULKHEAD-GUEST user space on 1 CPUs, ")[1].split(" kB")[0])
    assert kib > 96 * 1024  # more than the first range alone
