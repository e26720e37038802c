# SPDX-License-Identifier: Apache-2.0
"""The demo: on a terminal, and without one, where it ends by itself."""

import subprocess

import pexpect

import machine
from machine import TOP, partition


def without_terminal(*arguments):
    """(exit status, the summary, all that was printed)"""
    done = subprocess.run(
        [TOP / "scripts/demo", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout[done.stdout.find("The demo, in short:") :], done.stdout + done.stderr


def test_demo_ends_by_itself():
    """Without a terminal: every partition arrives, it says so, exit 0."""
    status, summary, said = without_terminal()
    assert status == 0, said[-3000:]
    assert "MISSING" not in summary
    for arrived in ("BULKHEAD-GUEST user space on 2 CPUs", "Select a language", "control: 1000 ticks"):
        assert arrived in summary


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


def test_demo_on_a_terminal():
    """It says how to switch and how to quit, and both work."""
    child = pexpect.spawn(str(TOP / "scripts/demo"), timeout=machine.LINUX, encoding="utf-8", codec_errors="replace")
    child.delaybeforesend = None
    try:
        child.expect("Ctrl-] 1, 2, 3 ")
        child.expect("Ctrl-a x +quit QEMU")
        child.expect(r"\[linux0\] BULKHEAD-GUEST user space on 2 CPUs")
        child.send("\x1d1")
        child.expect(r"console: linux0")
        child.send("\recho $((6 * 7)) of $(nproc)\r")
        child.expect("42 of 2")
        child.send("\x01x")
        child.expect("QEMU: Terminated")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    assert child.exitstatus == 0
