# SPDX-License-Identifier: Apache-2.0
"""A QEMU board that runs Bulkhead: system files from Python, and its serial line to expect from."""

import contextlib
import os
import pathlib
import re
import select
import subprocess
import sys
import time

import pexpect

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "scripts"))
from qemu_monitor import Monitor  # noqa: E402
BUILD = TOP / "build"
CPUS = ["cortex-a53", "cortex-a57", "cortex-a72", "cortex-a76", "neoverse-n1", "max"]
CPUS32 = ["cortex-a7", "cortex-a15"]
MIB = 1 << 20

# Every wait has a bound; a slow machine is given room, a hang is not.
BOOT = 60
LINUX = 180

KERNELS = {
    "linux": ("guest/arm64/vmlinuz", "linux"),
    "hello": ("guests/hello/hello.bin", "linux"),
    "control": ("guests/control/control.bin", "linux"),
    "disk": ("guests/disk/disk.bin", "linux"),
    "smp": ("guests/smp/smp.bin", "linux"),
    "wild": ("guests/wild/wild.bin", "linux"),
    "gictest": ("guests/gictest/gictest.bin", "linux"),
    "attacker": ("guests/attacker/attacker.bin", "linux"),
    "cputest": ("guests/cputest/cputest.bin", "linux"),
    "dma": ("guests/dma/dma.bin", "linux"),
    "pattern": ("guests/pattern/pattern.bin", "linux"),
}
RAMDISKS = {"initrd": "guest/arm64/initrd.gz", "installer": "guest/arm64/installer-initrd.gz", "devices": "guest/arm64/devices.gz"}


def cells64(*values):
    return " ".join(f"{v >> 32:#x} {v & 0xFFFFFFFF:#x}" for v in values)


def image(path, kind, os="linux", compression="none", extra="", arch="arm64"):
    """An image node's body; `path` absolute, or relative to build/."""
    os_line = f'os = "{os}"; ' if kind == "kernel" else ""
    return (
        f'{{ data = /incbin/("{path}"); type = "{kind}"; arch = "{arch}"; {os_line}'
        f'compression = "{compression}"; {extra} hash {{ algo = "crc32"; }}; }};'
    )


def partition(name, kernel, cpus, memory=((0x40000000, 16 * MIB),), ramdisk=None, extra="", **props):
    """A configuration. Strings become strings, True a flag; `extra` goes in as it is."""
    lines = ['compatible = "bulkhead,partition";', f'kernel = "{kernel}";']
    if ramdisk:
        lines.append(f'ramdisk = "{ramdisk}";')
    if cpus is not None:
        lines.append("cpus = <" + " ".join(f"{c:#x}" for c in cpus) + ">;")
    if memory is not None:
        lines.append("memory = <" + cells64(*(v for pair in memory for v in pair)) + ">;")
    for key, value in props.items():
        key = key.replace("_", "-")
        if value is True:
            lines.append(f"{key};")
        elif isinstance(value, (list, tuple)):
            lines.append(f"{key} = " + ", ".join(f'"{v}"' for v in value) + ";")
        else:
            lines.append(f'{key} = "{value}";')
    return f"{name} {{ " + " ".join(lines) + f" {extra} }};"


def linux(name, cpus, mib=128, bootargs="console=ttyAMA0 quiet", **props):
    return partition(name, "linux", cpus, ((0x40000000, mib * MIB),), "initrd", bootargs=bootargs, **props)


def known_image(word, name, cpu):
    """That kernel or ramdisk, of KERNELS or RAMDISKS, built for the CPU."""
    path, os = KERNELS[name] if word == "kernel" else (RAMDISKS[name], "linux")
    if cpu not in CPUS32:
        return image(path, word, os)
    return image(path.replace("guest/arm64/", "guest/arm32/").replace("guests/", "guests/arm32/"), word, os, arch="arm")


def its(partitions, images=None, cpu="cortex-a53"):
    """The source of a system file. Images that partitions name are found among KERNELS and RAMDISKS."""
    nodes = dict(images or {})
    for text in partitions:
        for word, known in (("kernel", KERNELS), ("ramdisk", RAMDISKS)):
            for used in re.findall(rf'\b{word} = "([^"]*)"', text):
                if used not in nodes and used in known:
                    nodes[used] = known_image(word, used, cpu)
    body = "\n".join(f"{name} {text}" for name, text in nodes.items())
    return (
        '/dts-v1/;\n/ { description = "test"; #address-cells = <1>;\nimages {\n'
        + body
        + "\n};\nconfigurations {\n"
        + "\n".join(partitions)
        + "\n};\n};\n"
    )


def make_system(directory, text, external=True):
    source, target = directory / "system.its", directory / "system.itb"
    source.write_text(text)
    command = [TOP / "scripts/mksystem", *([] if external else ["--inline"]), source, target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def make_loader(directory, cpu="cortex-a53"):
    """loader.S or loader32.S with Bulkhead's image behind it: a firmware that leaves everything on and dirty."""
    of32 = cpu in CPUS32
    board, source = ("qemu-arm32", "loader32") if of32 else ("qemu-arm64", "loader")
    tool = "arm-linux-gnueabihf-" if of32 else "aarch64-linux-gnu-"
    image = (BUILD / board / "bulkhead.bin").read_bytes()
    image += b"\0" * (-len(image) % 8)
    elf, loader = directory / "loader.elf", directory / "loader.bin"
    options = [] if of32 else ["-march=armv8.1-a", f"-DLOADER_IMAGE_SIZE={8 * MIB}", f"-DLOADER_NEXT_FILE={len(image)}"]
    subprocess.run([f"{tool}gcc", *options, "-nostdlib", "-static", f"-I{TOP}", "-Wl,-Ttext=0,--build-id=none", "-o", elf,
                    TOP / f"tests/system/{source}.S"], check=True)
    subprocess.run([f"{tool}objcopy", "-O", "binary", "-j", ".text", elf, loader], check=True)
    loader.write_bytes(loader.read_bytes().ljust(2 * MIB, b"\0") + image)
    return loader


class Machine:
    """One boot. `log` holds all that the serial line said."""

    def __init__(self, system, *args, cpu="cortex-a53", gic=3, smp=4, memory="1G", qemu=(), bare=False):
        command = [*(["-b"] if bare else []), "-c", cpu, "-g", str(gic), "-s", str(smp), "-m", memory, *args]
        if system is not None:
            command.append(str(system))
        self.child = pexpect.spawn(
            str(TOP / "scripts/run"), [*command, "--", *qemu], timeout=BOOT, encoding="utf-8", codec_errors="replace"
        )
        self.child.delaybeforesend = None
        self.log = ""

    def expect(self, pattern, timeout=BOOT):
        """Wait for a regular expression; gives its match. Fails with the log where it does not come."""
        try:
            self.child.expect(pattern, timeout=timeout)
        except (pexpect.TIMEOUT, pexpect.EOF) as problem:
            self.log += self.child.before if isinstance(self.child.before, str) else ""
            raise AssertionError(f"no {pattern!r}: {type(problem).__name__} after:\n{self.log}") from None
        self.log += self.child.before + self.child.after
        return self.child.match

    def off(self, timeout=BOOT):
        """Wait until the machine has powered itself off."""
        try:
            self.child.expect(pexpect.EOF, timeout=timeout)
        except pexpect.TIMEOUT:
            raise AssertionError(f"the machine is still on:\n{self.log}{self.child.before}") from None
        self.log += self.child.before
        self.child.close()
        assert self.child.exitstatus == 0, f"QEMU ended with {self.child.exitstatus}:\n{self.log}"
        return self.log

    def send(self, text):
        self.child.send(text)

    def send_some(self, data, seconds=1):
        """As many of these bytes as the line takes in time, without waiting for the rest: how many."""
        fd, until, sent = self.child.fileno(), time.monotonic() + seconds, 0
        os.set_blocking(fd, False)
        try:
            while sent < len(data) and (left := until - time.monotonic()) > 0:
                if select.select([], [fd], [], left)[1]:
                    sent += os.write(fd, data[sent : sent + 1024])
        finally:
            os.set_blocking(fd, True)
        return sent

    def close(self):
        self.child.close(force=True)


@contextlib.contextmanager
def boot_by_uboot(arch, files, command, *arguments, bare=True, **options):
    """U-Boot with these (file, address) in RAM, and a command typed at its prompt: the machine, from "Starting kernel"
    on. Not bare: the arguments bring a U-Boot."""
    qemu = ["-bios", str(BUILD / f"guest/{arch}/u-boot.bin")] if bare else []
    for path, at in files:
        qemu += ["-device", f"loader,file={path},addr={at:#x},force-raw=on"]
    board = Machine(None, *arguments, qemu=qemu, bare=bare, **options)
    try:
        board.expect("Hit any key")
        board.send("\r")
        board.expect("(=|U-Boot)> ")
        board.send(f"{command}\r")
        board.expect("Starting kernel")
        yield board
    finally:
        board.close()


def uboot_ramdisk(directory, system, arch):
    """The system file as a legacy ramdisk image (a FIT there U-Boot would read for itself)."""
    made = directory / "system.uimage"
    subprocess.run(["mkimage", "-A", arch, "-T", "ramdisk", "-C", "none", "-d", system, made],
                   check=True, stdout=subprocess.DEVNULL)
    return made
