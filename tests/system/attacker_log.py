# SPDX-License-Identifier: Apache-2.0
"""Reads what guests/attacker logged, and says where it is not as the architecture prescribes.

Each check takes the attacker's lines and gives the list of what is wrong, empty where all is well.
"""

import re

import architecture
import architecture32
import architecture_aarch32
from machine import CPUS32

arm = architecture  # of the log that is checked

PIECES = {"memory", "access", "sysreg", "gic", "calls", "psci", "storm", "console"}


def lines_of(log, name):
    """What the partition `name` printed, without tag and its own name."""
    return re.findall(rf"\[{name}\] (?:attacker|{name}): (.*?)\r*\n", log)


def signed(text):
    value = int(text, 16) & 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def tallies(lines, title):
    """{syndrome or result: how often} of the line (or lines) that begin with `title`."""
    counts = {}
    for line in lines:
        if line.startswith(title + " "):
            for value, count in re.findall(r"(\w+)\*(\d+)", line[len(title) :]):
                counts[int(value, 16)] = counts.get(int(value, 16), 0) + int(count)
    return counts


def only(lines, title, allowed, at_least=1):
    """Wrong where `title` counted something that is not allowed, or less than `at_least` in all."""
    counts = tallies(lines, title)
    wrong = [f"{title}: {value:#x} {n} times" for value, n in counts.items() if value not in allowed]
    if sum(counts.values()) < at_least:
        wrong.append(f"{title}: tried {sum(counts.values())} times, not {at_least}")
    return wrong


# ---- system instructions ----

ITEM = re.compile(r"([0-9a-f])([0-7]):(?:([rR])([0-9a-f]+))?(w|W[0-9a-f]+)?")


def parse_sysreg(lines):
    """{(EL, encoding): (read, value, write)}; read and write are True or the syndrome."""
    seen = {}
    for line in lines:
        m = re.match(r"sysreg EL(\d) (\w+)\.(\d+)\.(\d+) (.*)", line)
        for crm, op2, kind, value, write in ITEM.findall(m[5]) if m else ():
            encoding = f"{m[2]}.{m[3]}.{m[4]}.{int(crm, 16)}.{op2}"
            read = {"r": True, "R": int(value or "0", 16), "": arm.UNDEFINED}[kind]
            wrote = True if write == "w" else int(write[1:] or "0", 16) if write else arm.UNDEFINED
            seen[(m[1], encoding)] = (read, int(value or "0", 16), wrote)
    return seen


def is_id_space(encoding):
    op0, op1, crn = encoding.split(".")[:3]
    return op0 == "3" and op1 in ("0", "1", "3") and crn == "0"


def sysreg_allowed(el, encoding, is_write, expected, cpu):
    """The outcomes that a read or a write may have."""
    if encoding.split(".")[0] in arm.EMPTY:
        return {True, arm.UNDEFINED}
    access = expected.get((el, encoding), "")
    if ("w" if is_write else "r") in access:
        faults = {"1.3.7"} if el == "0" else set()  # by an address that EL0 has not been given
        return {True} | ({"abort"} if encoding.rsplit(".", 2)[0] in faults else set())
    allowed = {arm.UNDEFINED}
    if not is_write and is_id_space(encoding) and cpu == "max":
        allowed.add("trapped")  # FEAT_IDST
    return allowed


def outcome_class(outcome):
    if outcome is True or outcome == arm.UNDEFINED:
        return outcome
    return {0x18: "trapped", 0x24: "abort"}.get(outcome >> 26, hex(outcome))


def check_sysreg(lines, cpu, gic):
    expected = arm.system_instructions(cpu, gic)
    seen = parse_sysreg(lines)
    wrong = []
    for key in sorted(set(expected) | set(seen)):
        el, encoding = key
        read, value, write = seen.get(key, (arm.UNDEFINED, 0, arm.UNDEFINED))
        for what, outcome, is_write in (("read", read, False), ("write", write, True)):
            if outcome_class(outcome) not in sysreg_allowed(el, encoding, is_write, expected, cpu):
                told = "done" if outcome is True else hex(outcome)
                wrong.append(f"EL{el} {what} of {encoding}: {told} (value {value:#x})")
        if encoding.split(".")[0] in arm.EMPTY and read is True and value != 0:
            wrong.append(f"EL{el} {encoding} is not zero: {value:#x}")
    for space, count in arm.SPACES.items():
        for el in (0, 1):
            if not any(x.startswith(f"sysreg EL{el} {space} read {count} ") and f"write {count} " in x for x in lines):
                wrong.append(f"EL{el}: not all encodings of op0 {space} were tried")
    mpidr = seen.get(("1", arm.MPIDR), (0, None))[1]
    if mpidr != 0x80000000:
        wrong.append(f"MPIDR of the first CPU is {mpidr}")
    wrong += check_encodings(lines) if arm.HAS_CONDITIONS else []
    return wrong + (check_id_values(seen, cpu, gic) if arm.HAS_IDS else [])


def check_encodings(lines):
    """Of AArch32: what a condition keeps from being executed traps no more than it does; T32 is as A32."""
    wrong = only(lines, "sysreg conditions", {0}, 32768)
    for el in (0, 1):
        wrong += only(lines, f"sysreg EL{el} coprocessors", {arm.UNDEFINED}, 100)
        wrong += only(lines, f"sysreg EL{el} t32", {0, arm.UNDEFINED}, 32768)
    said = ["conditions changed 0", "EL1 t32 unlike a32 0", "EL0 t32 unlike a32 0", "conditional traps 5a 5a"]
    return wrong + [f"sysreg: not {what!r}" for what in said if f"sysreg {what}" not in lines]


def check_id_fields(seen, cpu, gic):
    """Each field of the feature ID space is one that a partition is to see, or zero."""
    wrong = []
    has = arm.max_has() if cpu == "max" else set()
    for encoding, (register, fields) in arm.id_fields().items():
        _, value, _ = seen.get(("1", encoding), (None, None, None))
        if value is None:
            wrong.append(f"{encoding} was not read")
            continue
        for bit in range(0, 64, 4):
            name, highest = fields.get(bit, ("hidden", 0))
            if name == "GIC":
                highest = gic - 2  # a GICv2 has no system registers
            if value >> bit & 15 > highest:
                wrong.append(f"{register}, {name} at bit {bit}: {encoding} reads as {value:#x}")
            if (register, name) in has and value >> bit & 15 == 0:
                wrong.append(f"{register} has no {name}: {encoding} reads as {value:#x}")
    return wrong


def check_id_values(seen, cpu, gic):
    wrong = check_id_fields(seen, cpu, gic)
    for encoding, value in arm.A53_VALUES.items() if cpu == "cortex-a53" else ():
        if gic == 2:  # it has no system registers
            value &= ~{"3.0.0.4.0": 0x0F000000, "3.0.0.1.1": 0xF0000000, "15.0.0.1.1": 0xF0000000}.get(encoding, 0)
        if seen.get(("1", encoding), (0, None))[1] != value:
            wrong.append(f"{encoding} reads as {seen.get(('1', encoding))}, not {value:#x}")
    return wrong


# ---- memory ----


def check_memory(lines, gic, devices):
    """`devices`: pages that the partition was given. Nothing else is readable, and nothing of it is others'."""
    wrong = []
    for name, base, write in (("read", arm.data_abort, False), ("write", arm.data_abort, True), ("fetch", None, False)):
        for el in (1, 0):
            # Beyond the CPU's physical addresses: an address size fault of stage 1, level 1.
            allowed = {base(el, s, write) if base else arm.fetch_abort(el, s) for s in (arm.EXTERNAL, 0x01)}
            if name != "fetch":
                allowed.add(0)  # the windows; which they are is checked below
            wrong += only(lines, f"memory {name} EL{el}", allowed, 40000)
    windows = {2: [(0x08000000, 0x0801FFFF)], 3: [(0x08000000, 0x0800FFFF), (0x080A0000, 0x08FFFFFF)]}[gic]
    windows = windows + [(0x09000000, 0x09000FFF)] + [(d, d + 0xFFF) for d in devices]
    ranges = [r for line in lines if line.startswith("memory readable") for r in re.findall(r"(\w+)-(\w+)", line)]
    for first, last in ((int(a, 16), int(b, 16)) for a, b in ranges):
        for page in range(first, last, 0x1000):
            if not any(a <= page <= b for a, b in windows):
                wrong.append(f"memory: {page:#x} can be read")
    return wrong + (check_found(lines) or ([] if ranges else ["memory: nothing was readable"]))


def check_found(lines):
    wrong = []
    for where, least in (("unused", 1000000), ("own", 10000), ("foreign", 32)):
        found = [re.match(rf"memory {where}: (\d+) words, (\d+) not zero, (\d+) of the pattern, (\d+) of Bulk", x) for x in lines]
        found = [tuple(map(int, m.groups())) for m in found if m]
        if len(found) != 1 or found[0][0] < least:
            wrong.append(f"memory {where}: searched {found}")
            continue
        _, not_zero, pattern, bulkhead = found[0]
        if pattern or bulkhead or (where == "unused" and not_zero):
            wrong.append(f"memory {where}: {not_zero} not zero, {pattern} of the pattern, {bulkhead} of Bulkhead")
    return wrong


# ---- single accesses ----


def check_access(lines, cpu):
    wrong = []
    for where in ("foreign", "window", "unaligned", "crossing"):
        for memory in ("device", "normal"):
            for el in (1, 0):
                title = f"access {where} {memory} EL{el} "
                text = " ".join(x[len(title) :] for x in lines if x.startswith(title))
                items = dict(re.findall(r"(\w+):(\S+)", text))
                wrong += [f"{title}{kind}: not tried" for kind in sorted(arm.KINDS - set(items))]
                for kind, counts in items.items():
                    allowed = arm.access_outcomes(where, el, kind, cpu == "max")
                    for esr, n in re.findall(r"([0-9a-f]+)\*(\d+)", counts):
                        if int(esr, 16) not in allowed:
                            wrong.append(f"{title}{kind}: {esr} {n} times")
    return wrong


# ---- the GIC ----


def parse_runs(lines, title):
    """{offset: value} of all that did not read as zero; None where the line is not there."""
    text = [x[len(title) :] for x in lines if x.startswith(title + " ")]
    values = {}
    for first, last, value in re.findall(r"(\w+)-(\w+)=(!?\w+)", " ".join(text)):
        for offset in range(int(first, 16), int(last, 16) + 1, 4):
            values[offset] = value if value.startswith("!") else int(value, 16)
    return values if text else None


def check_words(lines, window, masks):
    """All words, at first and after each attack: no bit that the partition must not have."""
    wrong = []
    for when in ("at first", "after ones", "after zeros", "after sets"):
        values = parse_runs(lines, f"gic {window} {when} r4")
        if values is None:
            wrong.append(f"{window} {when}: not read")
            continue
        for offset, value in values.items():
            bits = value if isinstance(value, str) else value & ~masks.get(offset, 0)
            if bits:
                wrong.append(f"{window} {when}: {offset:#x} reads as {value if isinstance(value, str) else hex(value)}")
    return wrong


def check_sets(lines, window, base, owned):
    """What was set stays set, for interrupts that are the partition's: the attack does reach something."""
    values = parse_runs(lines, f"gic {window} after sets r4") or {}
    wrong = []
    for intid in owned:
        word = values.get(base + 0x100 + intid // 32 * 4, 0)
        if isinstance(word, str) or not word >> intid % 32 & 1:
            wrong.append(f"{window}: interrupt {intid} cannot be enabled")
    return wrong


def check_gic(lines, gic, cpus, spis):
    """`spis`: those of the partition."""
    owned = arm.SGIS | arm.OWN_PPIS | spis
    wrong = check_words(lines, "GICD", arm.gicd_masks(gic, owned, cpus))
    typer = (parse_runs(lines, "gic GICD at first r4") or {}).get(4, 0)
    if typer & 0x1F != arm.ITLINES or (gic == 2 and typer >> 5 & 7 != cpus - 1):
        wrong.append(f"GICD_TYPER reads as {typer:#x}")
    if gic == 2:
        wrong += check_sets(lines, "GICD", 0, owned)
    else:
        wrong += check_sets(lines, "GICD", 0, spis)
        wrong += check_words(lines, "GICR", arm.gicr_masks(owned)) + check_words(lines, "GICR-other", {})
        wrong += check_sets(lines, "GICR", 0x10000, {i for i in owned if i < 32})
    wrong += check_widths(lines, gic)
    # Widths that a register has not are UNPREDICTABLE; Bulkhead ignores them, as its documentation says.
    allowed = {0, arm.data_abort(1, arm.EXTERNAL, False), arm.data_abort(1, arm.EXTERNAL, True)}
    return wrong + only(lines, "gic random", allowed, 20000)


def check_widths(lines, gic):
    wrong = []
    windows = {"GICD": 0x1000, "GICC": 0x2000} if gic == 2 else {"GICD": 0x10000, "GICR": 0x20000, "GICR-other": 0x20000}
    for window, size in windows.items():
        for width in (1, 2, 4, 8):
            allowed = {0} | ({arm.data_abort(1, arm.EXTERNAL, True)} if width != 4 else set())
            wrong += only(lines, f"gic {window} w{width}", allowed, 2 * size // width)  # ones, zeros
            values = parse_runs(lines, f"gic {window} at first r{width}")
            wrong += [f"{window}: not read by {width} bytes"] if values is None else []
            wrong += [f"{window}: {width} bytes at {offset:#x} read as {value:#x}" for offset, value in (values or {}).items()
                      if not isinstance(value, str) and value >> 8 * width]
        for what, write in (("read", False), ("write", True)):
            allowed = {arm.data_abort(1, s, write) for s in (arm.EXTERNAL, arm.ALIGNMENT)}
            if window == "GICC":
                allowed.add(0)  # the hardware's own, through QEMU's stage 2, which does not look at alignment
            wrong += only(lines, f"gic {window} unaligned {what}", allowed, size * 17 // 8)  # 1/2, 3/4, 7/8 of it
    leaks = sum(int(n) for x in lines for n in re.findall(r"read, (\d+) leaks", x))
    return wrong + ([f"gic: {leaks} words of others"] if leaks else [])


# ---- calls ----


def check_calls(lines):
    wrong = []
    for conduit in ("hvc", "smc"):
        immediates = 0x10000 if conduit == "hvc" else arm.SMC_IMMEDIATES
        for el, count in ((1, immediates - 1), (0, immediates)):
            allowed = {0} if el == 1 and immediates == 16 else {arm.UNDEFINED}  # a syndrome does not tell SMC's
            wrong += only(lines, f"calls EL{el} {conduit} immediates", allowed, count)
        told = {}
        for line in lines:
            if line.startswith(f"calls {conduit} "):
                told |= dict(re.findall(r"([0-9a-f]{8})=(!?\w+)", line))
        answers = {int(k, 16): v if v.startswith("!") else signed(v) for k, v in told.items()}
        for function in sorted(set(answers) | set(arm.CALLS)):
            want, got = arm.CALLS.get(function, arm.NOT_SUPPORTED), answers.get(function, arm.NOT_SUPPORTED)
            if want != got:
                wrong.append(f"{conduit} {function:#x}: {got}, not {want}")
        if f"calls {conduit} 20000 random, 20000 not supported, 0 undefined, 0 other" not in lines:
            wrong.append(f"{conduit} at random: {[x for x in lines if 'random' in x]}")
    if "calls changed other registers in 0 of 14" not in lines:
        wrong.append("calls: registers are not preserved")
    return wrong


def check_psci(lines, cpus):
    code = {name: value & arm.WORD for name, value in vars(arm).items() if isinstance(value, int)}
    wrong = only(lines, "psci CPU_ON of others", {code["INVALID_PARAMETERS"]}, 16000)
    wrong += only(lines, "psci AFFINITY_INFO of others", {code["INVALID_PARAMETERS"]}, 16000)
    wrong += only(lines, "psci AFFINITY_INFO of levels that are not", {code["INVALID_PARAMETERS"]}, 60)
    wrong += only(lines, "psci own CPU", {code["ALREADY_ON"], 0}, 2)
    if cpus > 1:
        wrong += only(lines, "psci CPU_ON with entries that are not ours", {code["INVALID_ADDRESS"]}, 11)
    if cpus > 2:
        # Each success is one run. A target that is off again before the second caller asks makes a second one.
        races = re.search(r"psci races 100 rounds, (\d+) successes, (\d+) runs, all off", "\n".join(lines))
        if races is None or races[1] != races[2] or not 100 <= int(races[1]) <= 200:
            wrong.append(f"psci: {[x for x in lines if x.startswith('psci races')]}")
        for cpu in (0, 1):
            wrong += only(lines, f"psci races CPU {cpu}", {0, code["ALREADY_ON"], code["ON_PENDING"]}, 100)
    return wrong


def check_rest(lines, cpus, attacks):
    wrong = [f"{piece}: not begun" for piece in attacks if piece not in lines]
    if "storm" in attacks and f"storm of 4000 turns on {cpus} of {cpus} CPUs, then a timer interrupt" not in lines:
        wrong.append(f"storm: {[x for x in lines if x.startswith('storm of')]}")
    if not any(re.fullmatch(r"\d{4,} exceptions, 0 misplaced, 0 SErrors", x) for x in lines):
        wrong.append(f"{[x for x in lines if 'misplaced' in x]}")
    if "console" in attacks and "flood 400 of 400" not in lines:
        wrong.append("console: the flood did not end")
    return wrong if "done" in lines else wrong + ["it did not end"]


def check(log, name, *, cpu, gic, cpus, spis, devices, attacks=PIECES, aarch32=False):
    """All that is wrong in what the attacker `name` logged; `aarch32`: in this state on an Armv8-A."""
    global arm
    arm = architecture_aarch32 if aarch32 else architecture32 if cpu in CPUS32 else architecture
    lines = lines_of(log, name)
    checks = {
        "sysreg": lambda: check_sysreg(lines, cpu, gic),
        "memory": lambda: check_memory(lines, gic, devices),
        "access": lambda: check_access(lines, cpu),
        "gic": lambda: check_gic(lines, gic, cpus, spis),
        "calls": lambda: check_calls(lines),
        "psci": lambda: check_psci(lines, cpus),
    }
    wrong = [w for piece in checks if piece in attacks for w in checks[piece]()]
    return wrong + check_rest(lines, cpus, attacks)
