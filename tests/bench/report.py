# SPDX-License-Identifier: Apache-2.0
"""Gathers the benchmark's figures, shows them beside others', and compares them with a saved result.

A result is {"version": …, "qemu": …, "gic3" and "gic2": {row: {"min", "median", "max", "bare"}},
"other": {row: figure}, "phases": {phase: instructions}, "bare-boot": instructions, "kept": {…}}.
"""

import json
import re
import subprocess

import rows
import run
import size
import stack
import tracing

SAVED = run.TOP / "docs/bench"  # qemu-arm64's; the others' are in folders by their names


# ---- gathering ----

def version():
    return re.search(r'VERSION\s+"([^"]+)"', (run.TOP / "core/main.h").read_text()).group(1)


def qemu_version():
    done = subprocess.run(["qemu-system-aarch64", "--version"], capture_output=True, text=True, check=True)
    return re.search(r"version (\S+)", done.stdout).group(1)


def guest(gic):
    """The guests' rows. Of a trap, what it takes beyond the guest's instruction; bare: that instruction."""
    partition = run.guest_figures(gic, hypervisor=True)
    bare = run.guest_figures(gic, hypervisor=False)
    table = {}
    for row in (r for r in rows.GUEST if gic in r.gics):
        low, median, high = (v - row.own for v in partition[row.name])
        table[row.name] = {"min": low, "median": median, "max": high}
        table[row.name]["bare"] = bare[row.name][1] if row.name in bare else None
    for row in tracing.linux_rows():
        figures = tracing.linux_figures(row, gic, hypervisor=True)
        table[row.name] = dict(zip(("min", "median", "max"), figures))
        table[row.name]["bare"] = tracing.linux_figures(row, gic, hypervisor=False)[1]
    return table


def gather(gics, build):
    result = {"version": version(), "qemu": qemu_version()}
    for gic in gics:
        result[f"gic{gic}"] = guest(gic)
    phases = tracing.boot_phases()
    stacks, parts = stack.depths(), size.parts()
    result["phases"] = phases
    result["bare-boot"] = tracing.bare_boot()
    result["other"] = {
        "boot": sum(phases.values()) - phases["zeroing"],
        **size.sizes(),
        **size.minimal(),
        "stack-cpu": stacks["CPU"]["used"],
        "stack-boot": stacks["boot"]["used"],
    }
    if build:
        result["other"]["build"] = size.build_seconds()
    result["kept"] = {str(n): size.ram(n)[1] for n in (1, 2)}
    result["stacks"] = stacks
    result["parts"], result["needs"] = parts, size.needs()
    return result


# ---- showing ----

def number(value):
    if value is None or value == -1:
        return "-"
    return f"{value:,}"


def mark(value, target):
    return "  above" if target != -1 and value > target else ""


def beside(name, gic=None, bare=None):
    """What a row is held against, the target last. A 32-bit board's is what arm64's newest saved result has."""
    row = rows.of(name)
    if run.board.arch == "arm64":
        return {"Bao": row.bao, "Xen": row.xen, "target": row.limit(bare)}
    arm64, _ = saved(SAVED)
    value = arm64[f"gic{gic}"][name]["max"] if gic else arm64["other"].get(name, -1)
    return {"arm64": value, "target": int(rows.ARM32_SHARE * value) if gic or name == "boot" else -1}


def show_guest(gic, table):
    heads = ["min", "median", "max", "bare", *beside("hvc", gic)]
    print(f"GICv{gic}, instructions".ljust(44) + "".join(h.rjust(10) for h in heads))
    for name, figure in table.items():
        others = beside(name, gic, figure["bare"])
        values = [*figure.values(), *others.values()]
        print(rows.of(name).what.ljust(44) + "".join(number(v).rjust(10) for v in values) + mark(figure["max"], others["target"]))
    print()


def show_other(result):
    heads = ["Bulkhead", *beside("boot")]
    print("".ljust(44) + "".join(h.rjust(12) for h in heads))
    for name, value in result["other"].items():
        others = beside(name)
        values = [value, *others.values()]
        print(rows.of(name).what.ljust(44) + "".join(number(v).rjust(12) for v in values) + mark(value, others["target"]))
    print()


def show_notes(result):
    phases = result["phases"]
    total = sum(phases.values())
    print(f"A boot is {total:,} instructions, on a bare machine {result['bare-boot']:,}:")
    for phase, count in phases.items():
        print(f"{count:12,}  {phase}" + (" of the guest's RAM: not in the row above" if phase == "zeroing" else ""))
    print(f"Kept besides, though no partition is started again in this version, with 1 / 2 partitions: {' / '.join(map(str, result['kept'].values()))} KiB "
          "(the board's tree and the system file).")
    for name, each in result["stacks"].items():
        print(f"{name} stack: {each['used']:,} of {each['size']:,} bytes, at {each['path'][-1]} from {each['path'][0]}")


def parts_table(parts, text):
    """By part: lines and bytes; `text` is that of the image."""
    rows_of = [(name, each["lines"], each["text"]) for name, each in parts.items()]
    rows_of.append(("between them, by alignment", None, text - sum(each["text"] for each in parts.values())))
    rows_of.append(("all", sum(each["lines"] or 0 for each in parts.values()), text))
    head = "by part".ljust(44) + "lines".rjust(12) + ".text+.rodata".rjust(16)
    return [head] + [n.ljust(44) + number(lines).rjust(12) + number(size).rjust(16) for n, lines, size in rows_of]


def needs_table(needs):
    """By what needs it, and how many of its bytes are the planner's, gone once the plan is made."""
    head = "who needs it".ljust(44) + "lines".rjust(12) + ".text+.rodata".rjust(16) + "planner's".rjust(12)
    return [head] + [n.ljust(44) + number(each["lines"]).rjust(12) + number(each["text"]).rjust(16) +
                     number(each.get("planner", 0)).rjust(12) for n, each in needs.items()]


def write_parts():
    """The table into docs/benchmarks.md, from the image as it is."""
    page = run.TOP / "docs/benchmarks.md"
    table = "\n".join([*parts_table(size.parts(), size.text_and_rodata()), f"image: {size.image():,} bytes", "",
                       *needs_table(size.needs())])
    text, count = re.subn(r"(<!-- parts -->\n```\n).*?(\n```)", rf"\g<1>{table}\g<2>", page.read_text(), flags=re.S)
    if count != 1:
        raise SystemExit(f"bench: {page} has no place for the table")
    page.write_text(text)


def show(result):
    """The tables; returns the names of the rows above their targets."""
    for gic in (3, 2):
        if f"gic{gic}" in result:
            show_guest(gic, result[f"gic{gic}"])
    show_other(result)
    print("\n".join(parts_table(result["parts"], result["other"]["text"])) + "\n")
    print("\n".join(needs_table(result["needs"])) + "\n")
    show_notes(result)


# ---- comparing ----

def flat(result):
    """{name of a figure: value} of all that does not depend on the machine."""
    figures = {}
    for gic in ("gic3", "gic2"):
        for name, figure in result.get(gic, {}).items():
            keys = ("min",) if rows.of(name) in rows.LINUX else ("min", "median", "max")
            keys = keys[:2] if name in rows.WOKEN else keys
            figures.update({f"{gic} {name} {key}": figure[key] for key in keys})
    figures.update({n: v for n, v in result["other"].items() if n not in rows.VARIES})
    return figures


def folder():
    """Of the board's saved results."""
    return SAVED if run.board.arch == "arm64" else SAVED / run.board.name


def saved(where):
    """The newest saved result there, and its file; (None, None) where there is none."""
    def key(path):
        return [int(n) for n in re.findall(r"\d+", path.stem)]

    files = sorted(where.glob("*.json"), key=key)
    return (json.loads(files[-1].read_text()), files[-1]) if files else (None, None)


def compare(result):
    """Prints what differs from the saved result; returns whether anything got so much dearer that it is refused.

    The bare-metal guest's rows may not grow by one instruction. All else is pointed out, and refused beyond rows.SLACK.
    """
    before, file = saved(folder())
    if before is None:
        print("There is no saved result: scripts/bench --save")
        return False
    old, new = flat(before), flat(result)
    print(f"\nBeside {file.relative_to(run.TOP)}:")
    dearer = [n for n in new if n in old and new[n] > old[n]]
    cheaper = [n for n in new if n in old and new[n] < old[n]]
    exact = {f"{gic} {row.name}" for gic in ("gic3", "gic2") for row in rows.GUEST}
    refused = [n for n in dearer if new[n] > old[n] * (1 + (0 if n.rpartition(" ")[0] in exact else rows.SLACK))]
    for name in cheaper + dearer:
        word = "DEARER" if name in refused else "dearer" if name in dearer else "cheaper"
        print(f"  {word:8} {name}: {old[name]:,} -> {new[name]:,}")
    if len(dearer) > len(refused):
        print(f"  (dearer: by less than {rows.SLACK:.0%}, which is let pass)")
    if before["qemu"] != result["qemu"]:
        print(f"  (QEMU {before['qemu']} -> {result['qemu']})")
    if not dearer and not cheaper:
        print("  all the same")
    return bool(refused)


def save(result):
    """As VERSION.json in the board's folder."""
    folder().mkdir(exist_ok=True)
    file = folder() / f"{result['version']}.json"
    kept = {key: value for key, value in result.items() if key != "stacks"}
    kept["other"] = {n: v for n, v in result["other"].items() if n not in rows.VARIES}
    file.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"saved as {file.relative_to(run.TOP)}")
