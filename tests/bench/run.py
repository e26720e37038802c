# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmark's guest in QEMU, in a partition of Bulkhead or without a hypervisor."""

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
IMAGE = BUILD / "qemu-arm64/bulkhead.bin"
ELF = BUILD / "qemu-arm64/bulkhead.elf"
GUEST = BUILD / "guests/bench/bench.bin"
GUEST_ELF = BUILD / "guests/bench/bench.elf"

# One tick of CNTVCT is one nanosecond is one instruction: figures are exact and repeat.
QEMU = ["-cpu", "cortex-a53,cntfrq=1000000000", "-icount", "shift=0,sleep=off"]
QEMU += ["-m", "1G", "-nographic", "-nic", "none", "-no-reboot"]
TIMEOUT = 300

MEMORY = ((0x40000000, 2 * machine.MIB),)  # a partition's; the guests are linked at ENTRY
ENTRY = 0x40080000
LOAD = 0x40200000  # where QEMU puts an Image that may be anywhere: RAM's base and 2 MiB
DEVICE = "/pl031@9010000"
SPI = 34  # DEVICE's
SMALL = 11 * 1024  # bytes of the guest whose boot is counted


def small_guest():
    """An arm64 Image of SMALL bytes that turns its partition off."""
    off = [0x14000010, 0]  # b .+64
    header = struct.pack("<2I6Q4sI", *off, 0x80000, SMALL, 2, 0, 0, 0, b"ARM\x64", 0)
    code = struct.pack("<4I", 0x52800100, 0x72B08000, 0xD4000002, 0x14000000)  # SYSTEM_OFF by HVC
    path = WORK / "small.bin"
    path.write_bytes((header + code).ljust(SMALL, b"\0"))
    return path


def partition(name, kernel, cpus, **properties):
    return machine.partition(name, kernel, cpus, MEMORY, **properties)


def system_file(name, partitions, images):
    """build/bench/NAME/system.itb"""
    directory = WORK / name
    directory.mkdir(parents=True, exist_ok=True)
    nodes = {key: machine.image(path, "kernel") for key, path in images.items()}
    return machine.make_system(directory, machine.its(partitions, nodes))


def qemu(gic, smp, *arguments, hypervisor=True):
    """What the serial line says until the machine is off."""
    board = f"virt,virtualization={'on' if hypervisor else 'off'},gic-version={gic}"
    command = ["qemu-system-aarch64", "-M", board, "-smp", str(smp), *QEMU, *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    if done.returncode != 0:
        raise SystemExit(f"bench: QEMU ended with {done.returncode}:\n{text}{done.stderr.decode()}")
    return text


def guest_run(gic, cpus, arguments="", hypervisor=True, plugin=()):
    """The benchmark's guest, alone on `cpus` CPUs: the serial line's text."""
    bootargs = f"spi={SPI} {arguments}".strip()
    if not hypervisor:
        return qemu(gic, cpus, "-kernel", GUEST, "-append", bootargs, *plugin, hypervisor=False)
    only = partition("bench", "bench", range(cpus), bootargs=bootargs, devices=DEVICE)
    system = system_file(f"guest-{cpus}", [only], {"bench": GUEST})
    return qemu(gic, cpus, "-kernel", IMAGE, "-initrd", system, *plugin)


def figures(text):
    """{row: [min, median, max]} from the guest's lines."""
    rows = {}
    for name, *values in re.findall(r"bench: ([\w-]+) (\d+) (\d+) (\d+)$", text, re.M):
        rows[name] = [int(v) for v in values]
    if "bench: done" not in text or not rows:
        raise SystemExit(f"bench: the guest did not come to its end:\n{text}")
    return rows


def guest_figures(gic, hypervisor):
    """All rows that the guest measures."""
    rows = figures(guest_run(gic, 1, hypervisor=hypervisor))
    rows.update(figures(guest_run(gic, 2, hypervisor=hypervisor)))
    return rows


def boot_log(partitions):
    """The log of a boot with `partitions` small guests, one CPU each."""
    small = small_guest()
    nodes = [partition(f"small{i}", "small", [i]) for i in range(partitions)]
    system = system_file(f"boot-{partitions}", nodes, {"small": small})
    return qemu(3, partitions, "-kernel", IMAGE, "-initrd", system)
