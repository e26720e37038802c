# SPDX-License-Identifier: Apache-2.0
"""The demos: on a terminal, and without one, where they end by themselves."""

import contextlib
import os
import re
import subprocess

import pexpect
import pytest

import machine
from machine import MIB, TOP, partition

HOST = "/pcie@10000000"


def without_terminal(*arguments, board="qemu-arm64"):
    """(exit status, the summary, all that was printed)"""
    done = subprocess.run(
        [TOP / "scripts/demo", *arguments],
        env={**os.environ, "BOARD": board},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    summary = done.stdout[done.stdout.find(", in short:") :]
    return done.returncode, summary, done.stdout + done.stderr


def figures_out(text):
    """Numbers, of any size, and what "…" stands for."""
    return re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?( [KMG]iB)?|… [KMG]iB", "N", text)


def of_readme():
    """Bulkhead's own lines of what the README says that the demo prints, folded ones whole, without figures."""
    shown = (TOP / "README.md").read_text().partition("What `make demo` prints")[2].split("```")[1]
    lines = shown.replace("\n    ", " ").split("\n")
    return [figures_out(line) for line in lines if line.startswith("bulkhead: ")]


@pytest.mark.parametrize("board", ["qemu-arm64", "qemu-arm32", "raspi4b", "vexpress-a15", "xlnx-zcu102"])
def test_demo_ends_by_itself(board):
    """Without a terminal: every partition arrives, it says so, exit 0."""
    status, summary, said = without_terminal(board=board)
    assert status == 0, said[-3000:]
    assert "MISSING" not in summary
    assert not re.search(r"^\[\w+\]$", said, re.MULTILINE), "a line of nothing but a tag"
    for arrived in ("BULKHEAD-GUEST user space on 2 CPUs", "Select a language", "control: 1000 ticks"):
        assert arrived in summary
    if board == "qemu-arm64":
        printed = iter(figures_out(said).split("\n"))
        missing = [line for line in of_readme() if line not in printed]  # in that order
        assert not missing


@pytest.mark.parametrize("arguments, status", [(["--help"], 0), (["devices", "-h"], 0), (["--nope"], 1), (["a", "b"], 1)])
def test_usage(arguments, status):
    """Asked for, it is no failure; a wrong one is."""
    done = subprocess.run([TOP / "scripts/demo", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status
    assert "usage: " in (done.stderr if status else done.stdout)


def test_demo_tells_what_is_missing(tmp_path):
    """A partition that ends before it has arrived, and two that are not there: not a success."""
    system = machine.make_system(
        tmp_path, machine.its([partition("control", "control", [0], bootargs="seconds=1"), partition("linux0", "hello", [1])])
    )
    status, summary, said = without_terminal(system)
    assert status == 1, said[-3000:]
    lines = summary.split("\n")
    assert any("control" in line and "1000 ticks" in line for line in lines), said[-3000:]
    assert [line.split()[0] for line in lines if "MISSING" in line] == ["linux0", "linux1"]


@contextlib.contextmanager
def on_a_terminal(*arguments):
    """The demo there; in the end it is quit, which has to work."""
    child = pexpect.spawn(
        str(TOP / "scripts/demo"), list(arguments), timeout=machine.LINUX, encoding="utf-8", codec_errors="replace"
    )
    child.delaybeforesend = None
    try:
        yield child
        child.send("\x01x")
        child.expect("QEMU: Terminated")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    assert child.exitstatus == 0


def test_demo_on_a_terminal():
    """It says how to switch and how to quit, and both work."""
    with on_a_terminal() as child:
        child.expect("Ctrl-] 1, 2, 3 ")
        child.expect("Ctrl-a x +quit QEMU")
        child.expect(r"\[linux0\] BULKHEAD-GUEST user space on 2 CPUs")
        child.send("\x1d1")
        child.expect(r"console: linux0")
        child.send("\recho $((6 * 7)) of $(nproc)\r")
        child.expect("42 of 2")


def topics(summary, word):
    """What the summary calls so: the first words of these lines."""
    return [line.split()[0] for line in summary.split("\n") if word in line]


def test_devices_end_by_themselves():
    """Disk and network are right, every attack is told, and memory is unchanged: exit 0."""
    status, summary, said = without_terminal("devices")
    assert status == 0, said[-5000:]
    assert topics(summary, " right: ") == ["disk", "disk", "network", "attack", "memory"]
    assert "MISSING" not in summary and "WRONG" not in summary
    assert "attacker: /pcie@10000000 00:03.0: DMA fault: stream 0x18 writes 0x4b000000: not its memory" in said


def test_devices_tell_a_card_that_is_missing():
    """It is in another slot: who has it granted does not start, that is told, and the others do all that they do."""
    status, summary, said = without_terminal("devices", "--", "-set", "device.card.addr=9")
    assert status == 1, said[-5000:]
    assert topics(summary, "MISSING: ") == ["linux1"]
    assert "MISSING: bulkhead: error: linux1: /pcie@10000000 00:02.0: pci-devices: there is no such function" in summary
    assert topics(summary, " right: ") == ["disk", "disk", "attack"]
    assert topics(summary, " WRONG: ") == ["network", "memory"] and "not tried: linux1" in summary


def test_devices_tell_an_attack_that_succeeds(tmp_path):
    """The negative control: an SMMU that Bulkhead has set up, and that QEMU leads the engine's DMA past."""
    tree, small, base = tmp_path / "dumped.dtb", tmp_path / "board.dtb", 0x6000_0000
    target = base + 0x8_0000  # where its image begins
    board = f"virt,virtualization=on,gic-version=3,iommu=smmuv3,dumpdtb={tree}"
    command = ["qemu-system-aarch64", "-M", board, "-cpu", "cortex-a53", "-smp", "4", "-m", "2G", "-nic", "none"]
    subprocess.run(command, check=True, timeout=machine.BOOT, capture_output=True)
    subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", small, tree], check=True, timeout=machine.BOOT)
    attacker = partition(
        "attacker", "dma", [3], ((0x5000_0000, 2 * MIB),), direct_map=True, pci_devices=[f"{HOST} 00:03.0"],
        bootargs=f"ecam=0x4010000000 attack={target:#x}",
    )
    parts = [partition(name, "hello", [cpu]) for cpu, name in enumerate(("linux0", "linux1"))]
    parts[0] = partition("linux0", "hello", [0], ((base, 16 * MIB),), direct_map=True)
    system = machine.make_system(tmp_path, machine.its([*parts, attacker]))
    bypass = ("-M", "default_bus_bypass_iommu=on", "-dtb", small)
    status, summary, said = without_terminal("devices", system, "--", *bypass)
    assert status == 1, said[-5000:]
    assert "attack   WRONG: 4 tries at 1 addresses: 2 words came, 2 tries not told, 0 faults counted" in summary, summary
    assert f"memory   WRONG: 1 of 1 pages changed: linux0 {target:#x} CHANGED" in summary, summary


def test_devices_on_a_terminal():
    """The attacker does as it is told there, and what it does is told."""
    with on_a_terminal("devices") as child:
        child.expect("Ctrl-] 1, 2, 3 .*to linux0, linux1, attacker")
        child.expect(r"dma: attack 1: 20 tries, 0 words came")
        child.send("\x1d3write 0x4b000008\r")
        child.expect(r"bulkhead: attacker: /pcie@10000000 00:03\.0: DMA fault: stream 0x18 writes 0x4b000008: not its memory")
