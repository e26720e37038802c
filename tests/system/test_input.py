# SPDX-License-Identifier: Apache-2.0
"""Bad system files: each message names node and rule; the good partitions still start."""

import pytest

import machine
import tree
from machine import MIB, Machine, image, partition

GOOD = partition("good", "hello", [0])


def bad(name="bad", kernel="hello", cpus=(1,), memory=((0x40000000, 16 * MIB),), **props):
    return partition(name, kernel, cpus, memory, **props)


# What is wrong, the bad partitions, and what must be said of it (all of these, each on a line of its own).
CASES = {
    "typing error": (
        [bad(memory=None, extra="memroy = <0 0x40000000 0 0x1000000>;")],
        [("bad", 'memroy', 'did you mean "memory"')],
    ),
    "too large": ([bad(memory=((0x40000000, 64 << 30),))], [("bad", "memory")]),
    "two on one CPU": (
        [bad("left", cpus=(1,)), bad("right", cpus=(1,))],
        [("left", "right"), ("right", "left")],
    ),
    "overlapping memory": (
        [bad(memory=((0x40000000, 16 * MIB), (0x40800000, 16 * MIB)))],
        [("bad", "memory")],
    ),
    "no such kernel": ([bad(kernel="helo")], [("bad", "helo", "hello")]),
    "no such path": ([bad(devices=["/pl031@9010001"])], [("bad", "/pl031@9010001", "/pl031@9010000")]),
    "granted twice": (
        [bad("left", cpus=(1,), devices=["/pl031@9010000"]), bad("right", cpus=(2,), devices=["/pl031@9010000"])],
        [("left", "/pl031@9010000"), ("right", "/pl031@9010000")],
    ),
    "no such CPU": ([bad(cpus=(9,))], [("bad", "cpus", "0x9")]),
    "no CPU": ([bad(cpus=None)], [("bad", "cpus")]),
    "no memory": ([bad(memory=None)], [("bad", "memory")]),
    "unaligned memory": ([bad(memory=((0x40000800, 16 * MIB),))], [("bad", "memory")]),
    "memory over the GIC": ([bad(memory=((0x08000000, 16 * MIB),))], [("bad", "memory")]),
    "a device that masters the bus": ([bad(devices=["/virtio_mmio@a000000"])], [("bad", "/virtio_mmio@a000000")]),
    "the console itself": ([bad(devices=["/pl011@9000000"])], [("bad", "/pl011@9000000")]),
    "the GIC itself": ([bad(devices=["/intc@8000000"])], [("bad", "/intc@8000000")]),
    "direct mode": ([bad(interrupt_mode="direct")], [("bad", "interrupt-mode")]),
    "direct map over Bulkhead": (
        [bad(memory=((0x40000000, 16 * MIB),), direct_map=True)],
        [("bad", "direct-map")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_named_and_the_good_one_starts(boot, case):
    parts, messages = CASES[case]
    log = boot([GOOD, *parts]).off()
    errors = [line for line in log.splitlines() if line.startswith("bulkhead: error:")]
    for words in messages:
        assert any(all(w in line for w in words) for line in errors), (words, log)
    assert "[good] " in log
    assert f"1 of {1 + len(parts)} partitions start" in log


def system(tmp_path, *parts):
    return machine.make_system(tmp_path, machine.its(parts or [GOOD]))


NO_FIT = "bulkhead: error: the system file: no FIT, or it is cut off or damaged; "


def test_cut_off(tmp_path):
    """A system file of which only the first half arrived."""
    file = system(tmp_path)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    log = Machine(file).off()
    assert "bulkhead: error: good: /images/hello: its data is not all in the file of " in log
    assert "no partition can start: nothing is started" in log


def test_cut_off_tree(tmp_path):
    file = system(tmp_path)
    file.write_bytes(file.read_bytes()[:600])
    log = Machine(file).off()
    assert NO_FIT in log and "nothing is started" in log


def test_bit_flipped_image(tmp_path):
    """One bit of one image: its hash tells; the other partition starts."""
    other = partition("other", "smp", [1])
    file = system(tmp_path, GOOD, other)
    data = bytearray(file.read_bytes())
    kernel = (machine.BUILD / "guests/smp/smp.bin").read_bytes()
    at = bytes(data).index(kernel[:512])
    data[at + 300] ^= 4
    file.write_bytes(data)
    log = Machine(file).off()
    assert any(
        line.startswith("bulkhead: error: other") and "smp" in line and "hash" in line for line in log.splitlines()
    ), log
    assert "[good] " in log


def test_no_fit_at_all(tmp_path):
    file = tmp_path / "junk.itb"
    file.write_bytes(b"this is not a system file\n" * 1000)
    log = Machine(file).off()
    assert NO_FIT in log and "nothing is started" in log


def test_many_names_in_an_own_tree(boot, tmp_path):
    """A partition's own tree of 840 KB in which every property has another name: nobody waits for it."""
    names = {f"q{i:07}": b"" for i in range(40000)}
    cells = {"#address-cells": tree.cells(2), "#size-cells": tree.cells(2)}
    own = tmp_path / "own.dtb"
    own.write_bytes(tree.write(tree.Node("", cells, [tree.Node("many", names)])))
    late = partition("late", "hello", [1], ((0x40000000, 64 * MIB),), fdt="own")
    running = boot([late, GOOD], {"own": image(own, "flat_dt")})
    running.expect(r"\[good\] ")
    assert "2 of 2 partitions start" in running.log


def test_many_odd_configurations(boot):
    """8000 configurations that are no partitions: some are told of, the others are counted."""
    names = [f"c{i} {{ }};" for i in range(8000)]
    running = boot([*names, GOOD])
    running.expect(r"\[good\] ")
    odd = [line for line in running.log.splitlines() if line.startswith("bulkhead: warning: /configurations/c")]
    assert len(odd) == 64
    assert "bulkhead: 0 more errors and 7936 more warnings are not shown" in running.log
