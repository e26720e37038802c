# SPDX-License-Identifier: Apache-2.0
"""The 32-bit board: Bulkhead in HYP mode, its partitions in SVC mode."""

import re
import subprocess
import time

import pytest

import architecture32
from machine import BUILD, CPUS32, LINUX, MIB, TOP, Machine, Monitor, boot_by_uboot, image, its, make_system, partition, \
    uboot_ramdisk

LOAD = 0x40008000

# What hello32.S says, in order; it stops with FAILED where a step is wrong.
STEPS = ["in SVC mode", "PSCI 1.1", "VFP multiplies", "debug is hidden", "two undefined instructions",
         "a data abort", "accesses that are not emulated abort", "fabcdefghijkl", "big-endian data", "the counter counts",
         "thumb", "a second CPU begins in Thumb", "done"]

DEBIAN = {"debian": image("guest/arm32/vmlinuz", "kernel", arch="arm"),
          "ramdisk32": image("guest/arm32/initrd.gz", "ramdisk", arch="arm")}


def debian(name, cpus, bootargs, more=()):
    return partition(name, "debian", cpus, ((0x40000000, 128 * MIB), *more), "ramdisk32",
                     bootargs=f"console=ttyAMA0 quiet {bootargs} bulkhead.exit=off")


def hello(directory, *options, source="hello32"):
    """The image node of hello32.S, or another, assembled."""
    elf, binary = directory / f"{source}.elf", directory / f"{source}.bin"
    tool = "arm-linux-gnueabihf-"
    subprocess.run([f"{tool}gcc", "-nostdlib", "-static", f"-Wl,-Ttext={LOAD:#x},--build-id=none", *options, "-o", elf,
                    TOP / f"tests/system/{source}.S"], check=True)
    subprocess.run([f"{tool}objcopy", "-O", "binary", "-j", ".text", elf, binary], check=True)
    where = f"load = <{LOAD:#x}>; entry = <{LOAD:#x}>;"
    return image(binary, "kernel", os="elf", extra=where, arch="arm")


@pytest.mark.parametrize("cpu", CPUS32)
def test_two_bare_metal(boot, tmp_path, cpu):
    """Two partitions: PSCI by HVC, VFP, hidden registers, injected faults, A32 and T32 console writes, T32 CPUs."""
    parts = [partition("one", "hello", [0, 1]), partition("two", "hello", [2, 3])]
    log = boot(parts, {"hello": hello(tmp_path, "-DSECOND")}, cpu=cpu, gic=2, smp=4).off()
    for name in ("one", "two"):
        said = [line.split("] ")[1].removeprefix("hello: ").strip() for line in log.split("\n") if f"[{name}] " in line]
        assert said == STEPS, log
    assert "both writable and executable 0, partitions' RAM 0 bytes; the plan r--" in log
    assert "2 of 2 partitions start" in log
    assert "machine off" in log


def test_id_registers_of_any_cpu():
    """QEMU's Armv7 CPUs do not trap them: arch/arm32/idregs.c's masks by the architecture's table."""
    source = (TOP / "arch/arm32/idregs.c").read_text()
    rows = re.findall(r"ROW\((\d), (\d), (0x[0-9a-f]+)( \| gic_field\(\))?\);", source)
    masks = {(crm, op2): int(mask, 16) | (0xF << 28 if gic else 0) for crm, op2, mask, gic in rows}
    assert len(masks) == len(rows) == source.count("ROW(") - 1
    for encoding, (register, want) in architecture32.id_masks().items():
        assert hex(masks.get(encoding, 0)) == hex(want), register


def test_a_cpu_without_vfp(boot, tmp_path):
    """Or whose firmware keeps it to itself: it is undefined for the guest, and nothing else is."""
    images = {"hello": hello(tmp_path, "-DSECOND", "-DNO_VFP")}
    log = boot([partition("one", "hello", [0, 1])], images, cpu="cortex-a7", gic=2, smp=2,
               qemu=("-cpu", "cortex-a7,vfp=off,vfp-d32=off,neon=off")).off()
    said = [line.split("] ")[1].removeprefix("hello: ").strip() for line in log.split("\n") if "[one] " in line]
    assert said == ["VFP is undefined" if step == "VFP multiplies" else step for step in STEPS], log


@pytest.mark.parametrize("revision,heard", [(4, r"\[one\] thello: accesses that are not emulated abort"), (5, r"\[one\] thumb")])
def test_erratum_766422(boot, tmp_path, revision, heard):
    """Cortex-A15 up to r0p4: a Thumb store's syndrome may name the wrong register, so that it is an abort to the guest,
    which is back at its last label; an A32 one, the "t" before, is emulated as ever."""
    binary = hello(tmp_path, "-DARMV8")  # the label is A32, whatever aborts
    board = boot([partition("one", "hello", [0])], {"hello": binary}, cpu="cortex-a15", gic=2,
                 qemu=("-cpu", f"cortex-a15,midr={0x410FC0F0 + revision:#x}"))
    board.expect(r"hello: the counter counts")
    board.expect(heard)


def test_a_guest_without_vectors_is_stopped(boot, tmp_path):
    """A guest whose exceptions cannot be taken is told with its registers; the other goes on."""
    images = {"crash": hello(tmp_path, "-DCRASH")}
    (tmp_path / "good").mkdir()
    images["hello"] = hello(tmp_path / "good")
    parts = [partition("bad", "crash", [0]), partition("good", "hello", [1])]
    log = boot(parts, images, cpu="cortex-a15", gic=2, smp=2).off()
    assert "bad: vCPU 0 cannot go on: cannot fetch its exception vector" in log
    assert "bad: IPA 0x2000000c" in log
    assert "bad: pc 2000000c" in log
    assert "[bad] hello: done" not in log
    assert "[good] hello: done" in log


@pytest.mark.parametrize("cpu", CPUS32)
def test_debian_on_two_cpus_beside_another(boot, cpu):
    """Debian's armmp-lpae kernel to user space: one that takes its second CPU off and on, one beside it."""
    parts = [debian("one", [0, 1], "bulkhead.run=sh,/tests/hotplug"), debian("two", [2], "")]
    log = boot(parts, DEBIAN, cpu=cpu, gic=2).off(LINUX)
    assert "[one] BULKHEAD-GUEST user space on 2 CPUs" in log
    assert "[one] hotplug: 50 times, 2 CPUs" in log
    assert "[one] BULKHEAD-GUEST exit status 0" in log
    assert "[two] BULKHEAD-GUEST user space on 1 CPUs" in log
    assert "machine off" in log


@pytest.mark.parametrize("cpu", CPUS32)
def test_gicv3(boot, cpu):
    """A GICv3 by its AArch32 registers: SGIs to other CPUs and to itself, a 1 kHz timer, Debian on two CPUs."""
    images = DEBIAN | {name: image(f"guests/arm32/{name}/{name}.bin", "kernel", "linux", arch="arm")
                       for name in ("smp", "control")}
    parts = [debian("linux", [0, 1], "bulkhead.run=sh,/tests/hotplug"), partition("smp", "smp", [2, 3, 4]),
             partition("control", "control", [5], bootargs="seconds=2")]
    log = boot(parts, images, cpu=cpu, gic=3, smp=6).off(LINUX)
    assert "GICv3" in log
    assert "[linux] BULKHEAD-GUEST user space on 2 CPUs" in log
    assert "[linux] hotplug: 50 times, 2 CPUs" in log
    assert "[smp] smp: 3 CPUs, 3000 SGIs, ok" in log and "[smp] smp: done" in log
    assert "[control] control: 1000 Hz loop on its CPU 0x0, GICv3" in log and log.count("control: 1000 ticks") == 2
    assert "machine off" in log


@pytest.mark.parametrize("cpu,gic", [("cortex-a7", 2), ("cortex-a53", 3)])
def test_elf(boot, cpu, gic):
    """ELF32 by its program headers, on a board of 64 bits, too; one of 64 bits is told by name."""
    images = {"elf": image("guests/arm32/hello/hello.elf", "kernel", os="elf", arch="arm"),
              "wrong": image("guests/hello/hello.elf", "kernel", os="elf", arch="arm")}
    log = boot([partition("good", "elf", [0]), partition("bad", "wrong", [1])], images, cpu=cpu, gic=gic).off()
    assert re.search(r"entry    0x4\w+, ELF, AArch32", log) and "[good] hello: done" in log
    assert 'bad: /images/wrong: it is an ELF64 file: for "arm" it has to be ELF32' in log and "1 of 2 partitions start" in log


def tree_with_little_low_ram(directory):
    """That of a virt with 4 GiB, of which what lies from 0x50000000 to 4 GiB is firmware's."""
    tree = directory / "board.dtb"
    subprocess.run(["qemu-system-aarch64", "-M", f"virt,virtualization=on,gic-version=2,dumpdtb={tree}", "-cpu", "cortex-a15",
                    "-smp", "4", "-m", "4G", "-nographic"], check=True, capture_output=True)
    for node, *values in (("/reserved-memory", "#address-cells", "2"), ("/reserved-memory", "#size-cells", "2"),
                          ("/reserved-memory/firmware@50000000", "reg", "0", "50000000", "0", "b0000000")):
        subprocess.run(["fdtput", "-p", "-t", "x", tree, node, *values], check=True)
    subprocess.run(["fdtput", tree, "/reserved-memory", "ranges"], check=True)
    subprocess.run(["fdtput", tree, "/reserved-memory/firmware@50000000", "no-map"], check=True)
    return tree


def test_ram_above_4g(boot, tmp_path):
    """Memory beyond HYP's 32-bit addresses: zeroed and loaded there, of three partitions at once, and nothing beside it;
    beyond the guest's own, too: most of Debian's."""
    parts = [debian("linux", [0, 1], "bulkhead.run=sh,/tests/hotplug", ((0x1_0000_0000, 400 * MIB),)),
             partition("smp", "smp", [2], ((0x40000000, 200 * MIB),)),
             partition("hello", "hello", [3], ((0x40000000, 160 * MIB),))]
    images = DEBIAN | {"smp": image("guests/arm32/smp/smp.bin", "kernel", "linux", arch="arm"), "hello": hello(tmp_path)}
    tree = tree_with_little_low_ram(tmp_path)
    dirt, within, behind = tmp_path / "dirt", 0x1_2D80_0000 + 130 * MIB, 0x1_2D80_0000 + 160 * MIB
    dirt.write_bytes(b"dirt" * 1024)
    qemu = Monitor.options(tmp_path / "monitor")
    for at in (within, behind):
        qemu += ["-device", f"loader,file={dirt},addr={at:#x},force-raw=on"]
    board = boot(parts, images, "-t", str(tree), cpu="cortex-a15", gic=2, memory="4G", qemu=qemu)
    board.expect("3 of 3 partitions start")
    monitor = Monitor(tmp_path / "monitor")
    assert monitor.memory(within, 4096) == bytes(4096) and monitor.memory(behind, 4096) == dirt.read_bytes()
    log = board.off(LINUX)
    assert re.findall(r"memory   0x40000000-0x\w+ on (0x\w+), ", log) == ["0x119000000", "0x121000000", "0x12d800000"]
    found = re.search(r"\[linux\] BULKHEAD-GUEST user space on 2 CPUs, (\d+) kB", log)
    assert int(found[1]) > 400 * 1024 and "[linux] hotplug: 50 times, 2 CPUs" in log
    assert "[smp] smp: done" in log and "[hello] hello: done" in log
    assert "partitions' RAM 0 bytes" in log


def fuse_twice_is_refused(directory, system):
    twice = directory / "twice.bin"
    for board in ("qemu-arm32", "qemu-arm64"):
        subprocess.run([TOP / "scripts/fuse", BUILD / board / "bulkhead.bin", system, twice], check=True)
        done = subprocess.run([TOP / "scripts/fuse", twice, system, directory / "x"], capture_output=True, check=False)
        assert done.returncode == 1 and b"holds a system file already" in done.stderr


def test_fused(tmp_path):
    """One file: the system file behind the zImage, which says where it ends."""
    system = make_system(tmp_path, its([partition("one", "hello", [0])], {"hello": hello(tmp_path)}))
    fused = tmp_path / "fused.bin"
    fuse_twice_is_refused(tmp_path, system)
    subprocess.run([TOP / "scripts/fuse", BUILD / "qemu-arm32/bulkhead.bin", system, fused], check=True)
    board = Machine(None, "-k", str(fused), cpu="cortex-a7", gic=2)
    try:
        assert "[one] hello: done" in board.off()
    finally:
        board.close()


@pytest.mark.parametrize("name,command", [("uImage", "bootm"), ("bulkhead.bin", "bootz")])
def test_uboot_boots_it(tmp_path, name, command):
    """U-Boot's bootm of the legacy image, which it moves, and its bootz of the zImage; the system file is a ramdisk."""
    parts = [partition("one", "hello", [0, 1]), partition("two", "hello", [2])]
    system = make_system(tmp_path, its(parts, {"hello": hello(tmp_path)}))
    files = [(BUILD / "qemu-arm32" / name, 0x50000000), (uboot_ramdisk(tmp_path, system, "arm"), 0x58000000)]
    typed = f"{command} 50000000 58000000 ${{fdtcontroladdr}}"
    with boot_by_uboot("arm32", files, typed, cpu="cortex-a15", gic=2) as board:
        log = board.off()
    assert "bulkhead: version" in log and log.count("hello: done") == 2


def test_svc_mode_is_refused(boot, tmp_path):
    """Without HYP mode: one clear line, and nothing else."""
    board = boot([partition("one", "hello", [0])], {"hello": hello(tmp_path)}, "-1", cpu="cortex-a15", gic=2)
    board.expect("bulkhead: entered in SVC mode; needs HYP mode: start QEMU with virtualization=on")
    assert board.log.count("\n") <= 1


def test_the_refusal_ends_where_nobody_sends_it(tmp_path):
    """An early console that says "full" for ever, as the flash that another board has there: the CPU comes to rest."""
    full, path = tmp_path / "full", tmp_path / "monitor"
    full.write_bytes(b"\xff" * 4096)
    symbols = subprocess.run(["arm-linux-gnueabihf-nm", BUILD / "qemu-arm32/bulkhead.elf"], capture_output=True, text=True, check=True)
    park = 0x80010000 + int(re.search(r"^(\w+) t park$", symbols.stdout, re.M)[1], 16)
    board = Machine(None, "-M", "vexpress-a15", "-1", "-k", str(BUILD / "qemu-arm32/bulkhead.bin"), smp=1,
                    qemu=[*Monitor.options(path), "-device", f"loader,file={full},addr=0x09000000,force-raw=on"])
    pc = 0
    try:
        for _ in range(100):
            if pc in (park, park + 4):
                break
            time.sleep(0.2)
            if path.exists():
                registers = Monitor(path).ask("human-monitor-command", **{"command-line": "info registers"})
                pc = int(re.search(r"R15=(\w+)", registers)[1], 16)
    finally:
        board.close()
    assert pc in (park, park + 4)


def test_arm64_images_are_refused(boot):
    """An image for another architecture is told by name."""
    images = {"linux": image("guest/arm64/vmlinuz", "kernel")}
    board = boot([partition("one", "linux", [0])], images, cpu="cortex-a15", gic=2)
    assert 'arch is "arm64": here it must be "arm"' in board.off()


@pytest.mark.parametrize("machine,file", [("virt", "qemu-arm32/bulkhead.bin"), ("vexpress-a15", "vexpress-a15/bulkhead.bin"),
                                          ("vexpress-a15", "vexpress-a15/uImage")])
def test_guests_on_newlib(boot, machine, file):
    """The library's programs for Armv7-A, away from where they are linked: CPUs by PSCI, SGIs, a 1 kHz loop. A uImage
    QEMU moves to its address, as U-Boot's bootm does."""
    images = {name: image(f"guests/arm32/{name}/{name}.bin", "kernel", "linux", arch="arm")
              for name in ("hello", "smp", "control")}
    memory = ((0x60000000, 16 * MIB),)
    parts = [partition("hello", "hello", [0], memory), partition("smp", "smp", [1, 2], memory),
             partition("control", "control", [3], memory, bootargs="seconds=2")]
    log = boot(parts, images, "-M", machine, "-k", str(BUILD / file), cpu="cortex-a7", gic=2).off()
    assert "[hello] hello: 1 CPU, 16384 KiB of memory at 0x60000000" in log
    assert "[hello] hello: a third is 0.333333" in log and "[hello] hello: done" in log
    assert "[smp] smp: 2 CPUs, 2000 SGIs, ok" in log and "[smp] smp: done" in log
    assert "[control] control: 1000 Hz loop on its CPU 0x0, GICv2" in log and log.count("control: 1000 ticks") == 2


def test_versatile_express(boot):
    """No PSCI: the board's registers start the CPUs, and end the machine."""
    parts = [debian("one", [0, 1], "bulkhead.run=sh,/tests/hotplug"), debian("two", [3], "")]
    log = boot(parts, DEBIAN, "-M", "vexpress-a15").off(LINUX)
    assert "[one] BULKHEAD-GUEST user space on 2 CPUs" in log
    assert "[one] hotplug: 50 times, 2 CPUs" in log
    assert "[two] BULKHEAD-GUEST user space on 1 CPUs" in log
    assert "machine off" in log
