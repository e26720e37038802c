# SPDX-License-Identifier: Apache-2.0
"""The attacker beside two victims: what it got is what the architecture prescribes, and they noticed nothing.

`control` must keep its 1 kHz; `pattern` reads a pattern in its memory again and again, and takes the interrupts of
its clock. The attacker looks for that pattern, and for Bulkhead's code, in all that it can read. Its own memory held
the pattern when the machine came up. Time is counted in instructions (-icount), as in test_faults.py.
"""

import re

import pytest

import attacker_log
from machine import BUILD, CPUS32, MIB, partition

# On an idle machine a run takes less than a minute; others may be at work.
LONG = 600
ICOUNT = ("-icount", "shift=2,sleep=off", "-rtc", "clock=vm")
GPIO, CLOCK = 0x09030000, 0x09010000
SPIS = {33, 39}  # the console's, the GPIO controller's
STALE = 0x41000000  # in the attacker's memory, as the log must tell
SMALL = ((0x40000000, 4 * MIB),)
FACTOR = 0x9E3779B97F4A7C15


def pattern_word(address):
    """As guests/pattern/pattern.h has it."""
    word = (0x5CA1AB1E << 32 | address) * FACTOR & (1 << 64) - 1
    return word ^ word >> 32


def code_words(cpu, count=6):
    """Words of Bulkhead's code that the attacker's image has not, inverted: they shall not be found in its argument."""
    board, guests = ("qemu-arm32", "guests/arm32") if cpu in CPUS32 else ("qemu-arm64", "guests")
    image = (BUILD / board / "bulkhead.bin").read_bytes()
    own = (BUILD / guests / "attacker/attacker.bin").read_bytes()
    words = []
    for page in range(1, 64):
        word = image[page * 0x800 : page * 0x800 + 8]
        if len(set(word)) > 6 and word not in own and len(words) < count:
            words.append(f"{~int.from_bytes(word, 'little') & (1 << 64) - 1:x}")
    assert len(words) == count
    return ",".join(words)


def victims(control_cpu, pattern_cpu):
    return [
        partition("control", "control", [control_cpu], SMALL),
        partition("pattern", "pattern", [pattern_cpu], SMALL, devices=["/pl031@9010000"], bootargs=f"rtc={CLOCK},34"),
    ]


def attacker(name, cpus, attacks, cpu, seed=1, **props):
    bootargs = f"attack={','.join(sorted(attacks))} seed={seed} image={code_words(cpu)}"
    return partition(name, "attacker", cpus, bootargs=bootargs, **props)


def wait_for_the_end(board, names):
    """Until these have ended and control has told of the second in which they did."""
    for _ in names:
        board.expect(r"bulkhead: (attacker|second): is off", LONG)
    board.expect("control: 1000 ticks, .*overruns", LONG)
    board.expect(r"pattern: \d+ passes, .*spurious", LONG)
    return board.log


def control_wrong(log, latest_ns):
    lines = re.findall(r"\[control\] control: (\d+) ticks, jitter .*max (\d+) ns, overruns (\d+)", log)
    wrong = [f"control: {x}" for x in lines if (x[0], x[2]) != ("1000", "0")]
    wrong += [f"control: {x[1]} ns late" for x in lines if int(x[1]) > latest_ns]
    return wrong if lines else ["control: not a second of it"]


def pattern_wrong(log):
    told = [tuple(map(int, x)) for x in re.findall(
        r"\[pattern\] pattern: (\d+) passes, (\d+) changed, (\d+) clock interrupts, (\d+) spurious", log)]
    if not told or told[-1][0] < 2:
        return [f"pattern: {told}"]
    _, changed, ticks, spurious = told[-1]
    wrong = [f"pattern: {changed} changed, {spurious} spurious"] if changed or spurious else []
    return wrong if ticks >= len(told) - 1 else wrong + [f"pattern: {ticks} interrupts of its clock in {len(told)} s"]


def terminal_wrong(log):
    """No control character of a partition reaches the operator's terminal, in either of its two forms."""
    found = sorted(set(re.findall(r"[^\t\r\n -~\u00a0-\U0010ffff]", log)))
    return [f"console: {found} came through"] if found else []


def wrong_in(log):
    wrong = ["panic"] if "panic" in log else []
    if "both writable and executable 0, partitions' RAM 0 bytes" not in log:
        wrong.append("EL2 maps partitions' RAM, or what is writable and executable")
    return wrong + pattern_wrong(log) + terminal_wrong(log)


CONFIGURATIONS = [("cortex-a53", 2), ("cortex-a53", 3), ("max", 2), ("max", 3), ("cortex-a15", 3), ("cortex-a7", 2)]


@pytest.mark.parametrize("cpu,gic", CONFIGURATIONS)
def test_attacker(boot, tmp_path, pytestconfig, cpu, gic):
    """All attacks, from one vCPU; then control's ticks are on time, too: a fifth of a period late at most. QEMU runs the
    three CPUs in turns on one thread, and timers of the others cut these turns short: 63 us were seen."""
    chosen = pytestconfig.getoption("--attacks")
    attacks = set(chosen.split(",")) if chosen else attacker_log.PIECES
    stale = tmp_path / "stale"
    stale.write_bytes(b"".join(pattern_word(i).to_bytes(8, "little") for i in range(0, MIB, 8)))
    loader = ("-device", f"loader,file={stale},addr={STALE:#x},force-raw=on")
    parts = [attacker("attacker", [2], attacks, cpu, devices=["/pl061@9030000"]), *victims(0, 1)]
    board = boot(parts, cpu=cpu, gic=gic, smp=3, qemu=(*ICOUNT, *loader))
    log = wait_for_the_end(board, ["attacker"])
    base = int(re.search(r"memory   0x40000000-0x40ffffff on (0x\w+)", log)[1], 16)
    assert base + MIB <= STALE and STALE + MIB <= base + 15 * MIB
    wrong = wrong_in(log) + control_wrong(log, 200_000)
    wrong += attacker_log.check(log, "attacker", cpu=cpu, gic=gic, cpus=1, spis=SPIS, devices=[GPIO], attacks=attacks)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("cpu,gic", [("cortex-a53", 2), ("max", 3), ("cortex-a7", 2)])
def test_two_attackers(boot, cpu, gic):
    """One with three vCPUs that race, one with two.

    How late control's ticks come is not looked at: with -icount one thread of QEMU runs all seven CPUs in turn, and
    five of them are busy, or wait for each other in loops. Nothing that they do is on control's CPU.
    """
    attacks = {"gic", "calls", "psci", "storm", "console"}
    parts = [
        attacker("attacker", [2, 3, 4], attacks, cpu, devices=["/pl061@9030000"]),
        attacker("second", [5, 6], attacks, cpu, seed=2),
        *victims(0, 1),
    ]
    board = boot(parts, cpu=cpu, gic=gic, smp=7, qemu=ICOUNT)
    log = wait_for_the_end(board, ["attacker", "second"])
    wrong = wrong_in(log)
    wrong += attacker_log.check(log, "attacker", cpu=cpu, gic=gic, cpus=3, spis=SPIS, devices=[GPIO], attacks=attacks)
    wrong += attacker_log.check(log, "second", cpu=cpu, gic=gic, cpus=2, spis={33}, devices=[], attacks=attacks)
    assert not wrong, "\n".join(wrong)
