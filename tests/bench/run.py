# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmark's guests in QEMU, in a partition of Bulkhead or without a hypervisor."""

import dataclasses
import gzip
import pathlib
import re
import struct
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/system"))

import machine  # noqa: E402  (system files from Python)

BUILD = TOP / "build"
WORK = BUILD / "bench"
LINUX = BUILD / "guest/arm64/vmlinuz"
RAMDISK = BUILD / "guest/arm64/devices.gz"
READER = WORK / "ramdisk/reader"  # on RAMDISK, too
READER_AT = 0x50_0000_0000  # where nothing else of Linux is
DEVICE = "/pl031@9010000"
SPI = 34  # DEVICE's
HOST = "/pcie@10000000"
BAR = 0x1000_0000  # its window for registers begins
EDU = ("-device", "edu,addr=1.0")
SMMU = ("-M", "iommu=smmuv3")
INTX = 36  # EDU's
NVME = ("-blockdev", "null-co,node-name=disk,size=1073741824,read-zeroes=on", "-device", "nvme,serial=1,drive=disk,addr=2.0")
LINUX_MEMORY = ((0x40000000, 256 * machine.MIB),)
MSI = {2: (["/intc@8000000/v2m@8020000"], 0x0802_0000), 3: ([], 0x0808_0000)}  # an ITS comes by itself
SMALL = 11 * 1024  # bytes of the guest whose boot is counted


@dataclasses.dataclass(frozen=True)
class Board:
    """What is measured, and where QEMU's virt puts it."""

    name: str
    arch: str  # of the guests and of their images
    tools: str
    target: str  # clang's
    cpu: str
    gics: tuple
    load: int  # where QEMU puts Bulkhead's image
    linked: int  # where the guests are linked, and QEMU puts them on a bare machine
    memory: int  # a partition's: elsewhere than Bulkhead, whose instructions it would seem to execute
    ecam: int  # of HOST, with PCI
    pci: tuple  # QEMU's options for it
    off: tuple  # instructions: SYSTEM_OFF by HVC

    @property
    def folder(self):
        """As arch/ and build/lib/ call it."""
        return "arm32" if self.arch == "arm" else self.arch

    @property
    def minimal(self):
        """The same board in its smallest configuration; None where it has none."""
        board = dataclasses.replace(self, name=f"{self.name}-minimal")
        return board if (TOP / f"configs/{board.name}_defconfig").exists() else None

    @property
    def entry(self):
        """Where a guest begins in its partition."""
        return self.memory + self.linked % machine.MIB

    @property
    def image(self):
        return BUILD / self.name / "bulkhead.bin"

    @property
    def elf(self):
        return BUILD / self.name / "bulkhead.elf"

    def guest(self, suffix):
        return BUILD / "guests" / ("" if self.arch == "arm64" else self.folder) / f"bench/bench.{suffix}"


BOARDS = {
    board.name: board for board in (
        Board("qemu-arm64", "arm64", "aarch64-linux-gnu-", "aarch64-none-elf", "cortex-a53", (3, 2), 0x40200000, 0x40080000, 0x40000000,
              0x40_1000_0000, (),
              (0x52800100, 0x72B08000, 0xD4000002, 0x14000000)),
        Board("qemu-arm32", "arm", "arm-linux-gnueabihf-", "arm-none-eabi", "cortex-a15", (3, 2), 0x40010000, 0x40010000, 0x60000000,
              0x3F00_0000, ("-M", "highmem=off"),
              (0xE3000008, 0xE3480400, 0xE1400070, 0xEAFFFFFE)),
    )
}
board = BOARDS["qemu-arm64"]
# One tick of CNTVCT is one nanosecond is one instruction: figures are exact and repeat.
QEMU = ["-icount", "shift=0,sleep=off", "-m", "1G", "-nographic", "-nic", "none", "-no-reboot"]
TIMEOUT = 300


def use(name):
    """Measure that board from here on."""
    global board
    board = BOARDS[name]


def small_guest():
    """A kernel of SMALL bytes that turns its partition off."""
    off, header = struct.pack("<4I", *board.off), b""
    if board.arch == "arm64":  # an Image; its first instruction is a branch behind the header
        header = struct.pack("<2I6Q4sI", 0x14000010, 0, 0x80000, SMALL, 2, 0, 0, 0, b"ARM\x64", 0)
    path = WORK / "small.bin"
    path.write_bytes((header + off).ljust(SMALL, b"\0"))
    return path


def partition(name, kernel, cpus, **properties):
    return machine.partition(name, kernel, cpus, ((board.memory, 2 * machine.MIB),), **properties)


def kernel_image(path):
    """An Image says where it is to be; what is not one is told."""
    if board.arch == "arm64":
        return machine.image(path, "kernel")
    return machine.image(path, "kernel", "elf", extra=f"load = <{board.entry:#x}>; entry = <{board.entry:#x}>;", arch="arm")


def system_file(name, partitions, kernels, ramdisks=()):
    """build/bench/NAME/system.itb"""
    directory = WORK / name
    directory.mkdir(parents=True, exist_ok=True)
    nodes = {key: kernel_image(path) for key, path in kernels.items()}
    nodes |= {key: machine.image(path, "ramdisk") for key, path in dict(ramdisks).items()}
    return machine.make_system(directory, machine.its(partitions, nodes))


def qemu(gic, smp, *arguments, hypervisor=True):
    """What the serial line says until the machine is off."""
    virt = f"virt,virtualization={'on' if hypervisor else 'off'},gic-version={gic}"
    cpu = f"{board.cpu},cntfrq=1000000000"
    command = ["qemu-system-aarch64", "-M", virt, "-cpu", cpu, "-smp", str(smp), *QEMU, *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    if done.returncode != 0:
        raise SystemExit(f"bench: QEMU ended with {done.returncode}:\n{text}{done.stderr.decode()}")
    return text


def grants(gic, function, *devices):
    """Properties: devices, a PCI function, and what its messages go through."""
    devices = [*devices, *MSI[gic][0]]
    return {"pci_devices": f"{HOST} {function}"} | ({"devices": devices} if devices else {})


def guest_run(gic, cpus, arguments="", hypervisor=True, plugin=(), edu=False):
    """The benchmark's guest, alone on `cpus` CPUs, `edu`: with that function and an SMMU: the serial line's text."""
    bootargs = f"spi={SPI} {arguments}".strip()
    granted, hardware = {"devices": DEVICE}, [*plugin]
    if edu:
        bootargs += f" ecam={board.ecam:#x} bar={BAR:#x} intx={INTX} msi={MSI[gic][1]:#x}"
        granted = grants(gic, "00:01.0", DEVICE)
        hardware += EDU + board.pci
    if not hypervisor:
        return qemu(gic, cpus, "-kernel", board.guest("bin"), "-append", bootargs, *hardware, hypervisor=False)
    only = partition("bench", "bench", range(cpus), bootargs=bootargs, **granted)
    system = system_file(f"guest-{cpus}", [only], {"bench": board.guest("bin")})
    return qemu(gic, cpus, "-kernel", board.image, "-initrd", system, *hardware, *(SMMU if edu else ()))


def figures(text):
    """{row: [min, median, max]} from the guest's lines."""
    rows = {}
    for name, *values in re.findall(r"bench: ([\w-]+) (\d+) (\d+) (\d+)$", text, re.M):
        rows[name] = [int(v) for v in values]
    if "bench: done" not in text or not rows:
        raise SystemExit(f"bench: the guest did not come to its end:\n{text}")
    return rows


def guest_figures(gic, hypervisor):
    """All rows that the benchmark's guest measures."""
    rows = figures(guest_run(gic, 1, hypervisor=hypervisor))
    rows.update(figures(guest_run(gic, 2, hypervisor=hypervisor)))
    rows.update(figures(guest_run(gic, 1, hypervisor=hypervisor, edu=True)))
    return rows


def reader_ramdisk():
    """RAMDISK with tests/bench/reader.c."""
    READER.parent.mkdir(parents=True, exist_ok=True)
    flags = "-std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -fno-stack-protector -nostdlib -static".split()
    flags += [f"-Wl,-Ttext={READER_AT:#x},--build-id=none", "-o", READER]
    subprocess.run(["aarch64-linux-gnu-gcc", *flags, TOP / "tests/bench/reader.c"], check=True)
    more = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], input=READER.name.encode(), cwd=READER.parent,
                          capture_output=True, check=True)
    path = WORK / "ramdisk.gz"
    path.write_bytes(RAMDISK.read_bytes() + gzip.compress(more.stdout))
    return path


def linux_run(gic, times, hypervisor=True, plugin=()):
    """Debian's kernel on one CPU, with an NVMe disk that it reads so often; alone, or in a partition."""
    ramdisk = reader_ramdisk()
    command = "echo,always>/sys/kernel/mm/transparent_hugepage/enabled"  # off by itself where there is so little RAM
    command += f";/tests/pci,load=nvme;/reader,{times}"
    bootargs = f"console=ttyAMA0 quiet bulkhead.run={command} bulkhead.exit=off"
    if not hypervisor:
        # No seeds in QEMU's tree, as in a partition's there are none: the kernel is where it is linked.
        alike = ["-M", "dtb-randomness=off", "-m", f"{LINUX_MEMORY[0][1]}B"]
        boot = ["-kernel", LINUX, "-initrd", ramdisk, "-append", bootargs, *alike]
    else:
        only = machine.partition("linux", "linux", [0], LINUX_MEMORY, "ramdisk", bootargs=bootargs,
                                 **grants(gic, "00:02.0"))
        system = system_file("linux", [only], {"linux": LINUX}, {"ramdisk": ramdisk})
        boot = ["-kernel", board.image, "-initrd", system, *SMMU]
    text = qemu(gic, 1, *boot, *NVME, *plugin, hypervisor=hypervisor)
    if "BULKHEAD-GUEST exit status 0" not in text:
        raise SystemExit(f"bench: Linux did not come to its end:\n{text}")


def boot_log(partitions):
    """The log of a boot with `partitions` small guests, one CPU each."""
    small = small_guest()
    nodes = [partition(f"small{i}", "small", [i]) for i in range(partitions)]
    system = system_file(f"boot-{partitions}", nodes, {"small": small})
    return qemu(board.gics[0], partitions, "-kernel", board.image, "-initrd", system)
