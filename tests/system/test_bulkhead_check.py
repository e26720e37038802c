# SPDX-License-Identifier: Apache-2.0
"""build/host/bulkhead-check: the plan, or all that is wrong, and never a crash."""

import random
import subprocess

import pytest

import machine
from machine import BUILD, MIB, TOP, partition

CHECK = BUILD / "host/bulkhead-check"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """(directory, the board's tree) with the program built."""
    directory = tmp_path_factory.mktemp("check")
    subprocess.run(["make", "-s", "-C", str(TOP), "tools"], check=True, stdout=subprocess.DEVNULL)
    board = directory / "board.dtb"
    subprocess.run(
        ["qemu-system-aarch64", "-M", f"virt,virtualization=on,gic-version=3,dumpdtb={board}",
         "-cpu", "cortex-a53", "-smp", "4", "-m", "1G"],
        check=True, stderr=subprocess.DEVNULL,
    )
    (directory / "raw").write_bytes(bytes(range(256)) * 64)
    return directory, board


def make_system(directory, partitions, external=True):
    raw = machine.image(directory / "raw", "kernel", "u-boot",
                        extra="load = <0x40000000>; entry = <0x40000000>;")
    return machine.make_system(directory, machine.its(partitions, {"raw": raw}), external)


def check(board, system):
    """(exit status, output); nothing but the report may be said."""
    done = subprocess.run([CHECK, str(board), str(system)], capture_output=True, timeout=60,
                          check=False)
    out = done.stdout.decode("utf-8", "replace")
    if done.returncode == 2:  # the files cannot be read: told on standard error, and nothing else
        assert out == "" and "Sanitizer" not in done.stderr.decode(), done.stderr.decode()
        return 2, done.stderr.decode()
    assert done.stderr == b"", done.stderr.decode()
    assert done.returncode in (0, 1, 2), out
    return done.returncode, out


@pytest.mark.parametrize("external", [True, False])
def test_a_good_system(files, external):
    directory, board = files
    system = make_system(directory, [
        partition("one", "raw", [0, 1], ((0x40000000, 64 * MIB),), devices=["/pl031@9010000"]),
        partition("two", "raw", [2]),
    ], external)
    status, out = check(board, system)
    assert status == 0, out
    assert "partition one" in out and "partition two" in out and "/pl031@9010000" in out
    assert out.endswith("bulkhead-check: 0 errors\n")


def test_every_error_is_told(files):
    directory, board = files
    system = make_system(directory, [
        partition("good", "raw", [0]),
        partition("typo", "raw", [1], extra="memroy = <0>;"),
        partition("lost", "row", [2]),
        partition("huge", "raw", [3], ((0x40000000, 64 << 30),)),
    ])
    status, out = check(board, system)
    assert status == 1
    errors = [line for line in out.split("\n") if "error: " in line]
    for words in (("typo", "memroy", "memory"), ("lost", "row", "raw"), ("huge", "memory")):
        assert any(all(word in line for word in words) for line in errors), (words, out)
    assert not any(": good:" in line for line in errors), out


def test_files_that_are_none(files, tmp_path):
    directory, board = files
    system = make_system(directory, [partition("one", "raw", [0])])
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(1 << 40)
    for bad, why in ((empty, "is empty"), (large, "is too large"), (tmp_path, "is a directory"),
                     (tmp_path / "nowhere", "No such file"), ("/dev/null", "is no regular file")):
        for files_of_it in ((board, bad), (bad, system)):
            status, out = check(*files_of_it)
            assert status == 2 and f"bulkhead-check: {bad}: " in out and why in out, out
    assert check(system, system)[0] == 1
    for arguments in ([], [board], ["--nonsense", board, system], [board, system, system]):
        done = subprocess.run([CHECK, *map(str, arguments)], check=False, capture_output=True,
                              text=True)
        assert done.returncode == 2 and "usage: bulkhead-check" in done.stderr, arguments


@pytest.mark.parametrize("which", ["board", "system"])
@pytest.mark.parametrize("external", [True, False])
def test_cut_off(files, tmp_path, which, external):
    directory, board = files
    system = make_system(directory, [partition("one", "raw", [0])], external)
    whole = (board if which == "board" else system).read_bytes()
    used = len(whole) if which == "system" else len(whole.rstrip(b"\0"))
    cut = tmp_path / "cut"
    for length in sorted({1, 39, 40, 41, used - 1, *(used * i // 24 for i in range(1, 24))}):
        cut.write_bytes(whole[:length])
        status, out = check(cut, system) if which == "board" else check(board, cut)
        assert status == 1 and "error: " in out, f"{length} of {len(whole)} bytes: {out}"


@pytest.mark.parametrize("which", ["board", "system"])
def test_flipped_bits(files, tmp_path, which):
    directory, board = files
    system = make_system(directory, [partition("one", "raw", [0], devices=["/pl031@9010000"])])
    whole = (board if which == "board" else system).read_bytes()
    rng = random.Random(which)
    flipped = tmp_path / "flipped"
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 8, 64))):
            data[rng.randrange(min(len(whole), 12000))] ^= 1 << rng.randrange(8)
        flipped.write_bytes(data)
        status, out = check(flipped, system) if which == "board" else check(board, flipped)
        assert (status == 0) == ("error: " not in out), out


def test_a_flipped_bit_in_an_image_is_found(files, tmp_path):
    directory, board = files
    system = make_system(directory, [partition("one", "raw", [0])])
    data = bytearray(system.read_bytes())
    data[data.rindex(bytes(range(256))) - 1000] ^= 4  # mkimage may leave a copy in the padding
    flipped = tmp_path / "flipped"
    flipped.write_bytes(data)
    status, out = check(board, flipped)
    assert status == 1 and "/images/raw: hash does not match its data" in out, out
