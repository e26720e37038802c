# SPDX-License-Identifier: Apache-2.0
"""The benchmark runs and has every row; what its figures are is no test's concern, but for two that are promises."""

import json
import re
import subprocess
import sys

import pytest
from machine import TOP

sys.path.insert(0, str(TOP / "tests/bench"))

import report  # noqa: E402
import rows  # noqa: E402
import stack  # noqa: E402
import tracing  # noqa: E402

BENCH = 900
TRAPS = ("hvc", "smc", "read", "write", "write_byte")


def bench(*arguments):
    done = subprocess.run(
        [str(TOP / "scripts/bench"), *arguments], capture_output=True, text=True, timeout=BENCH, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(params=report.run.BOARDS)
def board(request, monkeypatch):
    monkeypatch.setattr(report.run, "board", report.run.BOARDS[request.param])
    return report.run.board


def test_every_row_is_measured(tmp_path, board):
    file = tmp_path / "figures.json"
    status, text = bench("--board", board.name, "--no-build", "--json", str(file))
    assert status == 0, text  # dearer than docs/bench has it: scripts/bench --save, and the commit says why
    result = json.loads(file.read_text())
    for gic in board.gics:
        wanted = {row.name for row in [*rows.GUEST, *tracing.linux_rows()] if gic in row.gics}
        assert set(result[f"gic{gic}"]) == wanted
        for name, figure in result[f"gic{gic}"].items():
            assert 0 <= figure["min"] <= figure["median"] <= figure["max"], name
        for name in ("device-read", "device-write"):  # nothing between a granted device and its driver
            assert result[f"gic{gic}"][name] == {"min": 0, "median": 0, "max": 0, "bare": 1}
    for row in tracing.linux_rows():  # a GICv2 of QEMU's takes two exits for each interrupt
        figure = result["gic3"][row.name]
        assert figure["max"] <= row.limit(figure["bare"]), figure
    others = [row for row in rows.OTHER if board.minimal or not row.name.startswith("minimal-")]
    assert set(result["other"]) == {row.name for row in others} - rows.VARIES
    assert list(result["phases"]) == tracing.ORDER and all(result["phases"].values())
    # What is counted by who needs it is what is counted by part, and each has some, if the board has any of it.
    for figure in ("lines", "text"):
        shares = [sum(each[figure] or 0 for each in result[table].values()) for table in ("parts", "needs")]
        assert shares[0] == shares[1], figure
    assert all(each["lines"] > 100 and each["text"] > 0 for each in result["needs"].values())
    for row in [*rows.GUEST, *tracing.linux_rows(), *others]:
        assert row.what in text or row.name in rows.VARIES or not set(getattr(row, "gics", board.gics)) & set(board.gics)


def test_bare_machine_is_what_the_definitions_say(board):
    """Where nobody traps, an instruction takes one, a timer's vector is one away, nothing is stolen."""
    bare = report.run.guest_figures(board.gics[0], hypervisor=False)
    instructions = [bare[row.name] for row in rows.GUEST if row.measured in TRAPS and row.name in bare]
    assert len(instructions) > 5 and all(each == [1, 1, 1] for each in instructions)
    assert bare["timer"] == [1, 1, 1]
    assert bare["sgi-self"] == bare["device-line"] == bare["device-message"] == [2, 2, 2]
    assert bare["timer-stolen"] == bare["work"] == [0, 0, 0]


@pytest.mark.parametrize("name", ["hvc", "gicd-typer-read", "config-read"])
def test_a_figure_is_what_is_executed_at_el2(board, name):
    """A profile lists as many instructions as the guest counts, and begins at the vectors."""
    status, text = bench("--board", board.name, "--profile", name, "--listing")
    assert status == 0, text
    listed = [line for line in text.splitlines() if line[:4].strip().isdigit()]
    row = report.run.figures(report.run.guest_run(board.gics[0], 1, f"only={name}", edu=rows.of(name).edu))[name]
    assert len(listed) == row[1] - rows.of(name).own and " vectors " in listed[0]


def test_where_linux_instructions_go():
    """A profile has the exits for the disk's messages, one for each request, and little else."""
    status, text = bench("--board", "qemu-arm64", "--profile", "nvme-read")
    assert status == 0, text
    ours, whole = map(float, re.search(r"^nvme-read, GICv3: ([\d.]+) .*\(of ([\d.]+)\)$", text, re.M).groups())
    assert 0 < ours < rows.of("nvme-read").share * whole
    assert re.search(r"^ +[\d.]+  vits_message$", text, re.M)


def test_a_dearer_row_is_pointed_out(monkeypatch, capsys):
    row = {"min": 10, "median": 10, "max": 10, "bare": 1}
    result = {"version": "9.9", "qemu": "1", "gic3": {"hvc": row}, "other": {"text": 100, "build": 5}}
    monkeypatch.setattr(report, "SAVED", report.run.TOP / "build/bench/saved")
    report.SAVED.mkdir(parents=True, exist_ok=True)
    for file in report.SAVED.glob("*"):
        file.unlink()
    assert not report.compare(result)
    report.save(result)
    assert not report.compare(result) and "all the same" in capsys.readouterr().out
    assert not report.compare(result | {"other": {"text": 99, "build": 50}})
    assert not report.compare(result | {"other": {"text": 101}})
    assert "dearer   text: 100 -> 101" in capsys.readouterr().out
    assert report.compare(result | {"other": {"text": 102}})
    assert report.compare(result | {"gic3": {"hvc": row | {"max": 11}}})
    assert "DEARER   gic3 hvc max: 10 -> 11" in capsys.readouterr().out
    read = {"min": 990, "median": 1000, "max": 1010, "bare": 1000}
    report.save(result | {"gic3": {"nvme-read": read}})
    assert not report.compare(result | {"gic3": {"nvme-read": read | {"max": 2000, "median": 2000, "min": 999}}})
    assert report.compare(result | {"gic3": {"nvme-read": read | {"min": 1000}}})


def calls_of(**calls):
    """A graph of functions with 16 bytes of frame each."""
    graph = stack.Graph.__new__(stack.Graph)
    graph.calls = calls
    graph.unit = {name: "x.c" for name in calls if ":" not in name}
    graph.known = {graph.key(name): 16 for name in calls}
    return graph


def test_functions_of_one_name_are_two():
    graph = calls_of(**{"a": {"x.c:same"}, "b": {"y.c:same"}, "x.c:same": set(), "y.c:same.part.0": set()})
    graph.known["y.c", "same"] = 64
    graph.calls["b"] = {"y.c:same.part.0"}
    assert graph.deepest("a")[0] == 32 and graph.deepest("b")[0] == 80


def test_recursion_is_an_error_and_not_a_depth():
    assert calls_of(a={"b", "c"}, b={"c"}, c=set()).deepest("a") == (48, ["a", "b", "c"])
    with pytest.raises(SystemExit, match="recursion: b > c > b"):
        calls_of(a={"b"}, b={"c"}, c={"b"}).deepest("a")
    with pytest.raises(SystemExit, match="recursion: a > a"):
        calls_of(a={"a"}).deepest("a")


def test_recursion_that_ends_counts_one_turn_more():
    place, fill = "vgic_lr_place", "vgic_lr_fill"
    assert calls_of(**{place: {fill}, fill: {place}}).deepest(place)[1] == [place, fill, place]
