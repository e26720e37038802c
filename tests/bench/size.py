# SPDX-License-Identifier: Apache-2.0
"""What Bulkhead takes besides time: bytes of image and RAM, lines of source, seconds to build."""

import collections
import json
import re
import shutil
import subprocess
import time

import run
import tracing

RAM = (0x40000000, 0x40000000)  # base and bytes of QEMU's virt with -m 1G
KIB = 1024
# An input section in the linker's map: its bytes, its object. A long section name has a line of its own.
CODE = re.compile(r"^ \.(?:text|rodata)\S*\s+0x[0-9a-f]+ +(0x[0-9a-f]+) (\S+\.(?:o|a\(\S+\)))$", re.M)


def image():
    return run.board.image.stat().st_size


def text_and_rodata():
    names = r"head|planner|planner_rodata|text|rodata"
    sections = re.findall(rf"^\.(?:{names}) +(\d+)", tracing.tool("size", "-A", run.board.elf), re.M)
    return sum(map(int, sections))


def compiled_files():
    """Our sources and headers that the image is made from, as the compiler wrote them down."""
    files = set()
    for depend in (run.BUILD / run.board.name).rglob("*.d"):
        names = depend.read_text().replace("\\\n", " ").split(":", 1)[1].split("\n", 1)[0].split()
        ours = {name for name in names if re.match(r"(arch|core|drivers)/", name)}
        files |= ours if all((run.TOP / name).exists() for name in ours) else set()  # else what it made is not linked any more
    return sorted(files)


def lines():
    """{file: lines} by cloc of compiled_files(): neither comments nor blank lines."""
    listing = run.WORK / "compiled.txt"
    listing.write_text("\n".join(compiled_files()) + "\n")
    command = ["cloc", "--json", "--quiet", "--by-file", "--skip-uniqueness", f"--list-file={listing}"]
    done = subprocess.run(command, cwd=run.TOP, capture_output=True, text=True, check=True)
    counted = json.loads(done.stdout)
    if counted["SUM"]["nFiles"] < len(compiled_files()) - 1:  # it knows no linker script
        raise SystemExit("bench: cloc did not count every file")
    return {file: each["code"] for file, each in counted.items() if file not in ("header", "SUM")}


def part_of(path):
    """The chapter, driver or library that a source, an object or an archive's member belongs to."""
    if m := re.search(r"(?:^|/)((?:arch|core|drivers)/\w+)(?=/|\.)", path):
        return m.group(1)
    if m := re.search(r"/lib(\w+)\.a", path):
        return m.group(1)
    raise SystemExit(f"bench: {path} is of no part")


def code_bytes():
    """{part: bytes} of .text and .rodata, as the linker's map tells; strings that are merged count where they come first."""
    text = run.board.elf.with_suffix(".map").read_text().split("Linker script and memory map", 1)[1]
    found = collections.Counter()
    for size, path in CODE.findall(text):
        if int(size, 16) != 0:
            found[part_of(path)] += int(size, 16)
    return found


# What not every board or partition needs, by the files that it alone has (without their suffix).
NEEDS = {
    "granted devices: nodes, filtered pages": r"core/plan/(parse_device|parse_irq|refer|neighbours|filtered)|core/guest/(filter|guest_dt_own)",
    "their DMA: SMMUs": r"drivers/smmu/\w+|core/guest/stream|core/plan/(parse_smmu|check_smmu|streams|smmu)",
    "PCI functions": r"drivers/pci/\w+|core/guest/(vpci|guest_dt_pci)|core/plan/(parse_pci|pci|check_pci)|core/base/pci",
    "their messages: ITS, GICv2m": r"drivers/gic/its|core/guest/(msi\w*|vits\w*)|core/plan/(parse_msi|msi_frame|msi)",
    "GICv2": r"drivers/gic/gic_v2|core/guest/vgic_v2",
    "partitions of 32 bits": r"arch/arm(64)?/(include/arch/)?aarch32|core/guest/condition",
}
EVERY = "every board and partition"


def needs():
    """{what needs it: {"lines", "text", "planner": what of text is gone at run time}}."""
    found = {name: collections.Counter() for name in [*NEEDS, EVERY]}
    ours = lines()
    table = run.board.elf.with_suffix(".map").read_text().split("Linker script and memory map", 1)[1]
    stays = table.index("\n.text ")  # the planner lies before

    def who(file):
        return next((n for n, pattern in NEEDS.items() if re.fullmatch(pattern, file)), EVERY)

    for file, count in ours.items():
        found[who(file.rpartition(".")[0])]["lines"] += count
    for each in CODE.finditer(table):
        own = re.search(r"(?:arch|core|drivers)/\S+(?=\.o$)", each.group(2))
        row = found[who(own.group(0)) if own else EVERY]
        row["text"] += int(each.group(1), 16)
        row["planner"] += int(each.group(1), 16) if each.start() < stays else 0
    return {name: dict(row) for name, row in found.items()}


def parts():
    """{part: {"lines": cloc's, or None of others' code, "text": bytes of .text and .rodata}}."""
    ours, bytes_of = collections.Counter(), code_bytes()
    for file, count in lines().items():
        ours[part_of(file)] += count
    return {p: {"lines": ours.get(p), "text": bytes_of[p]} for p in sorted(set(ours) | set(bytes_of))}


def gaps(log):
    """What is neither a partition's nor left over: (base, bytes) of each run of RAM."""
    used = [(int(a, 16), int(b, 16) + 1) for a, b in re.findall(r"memory +0x(\w+)-0x(\w+), ", log)]
    used += [(base, base + size) for size, base in owned(log)]
    at, found = RAM[0], []
    for base, end in sorted(used) + [(RAM[0] + RAM[1], 0)]:
        if base > at:
            found.append((at, base - at))
        at = max(at, end)
    return found


def owned(log):
    """(bytes, base) of the partitions' memory."""
    rows = re.findall(r"memory +0x(\w+)-0x(\w+) on 0x(\w+),", log)
    return [(int(end, 16) + 1 - int(start, 16), int(base, 16)) for start, end, base in rows]


def ram(partitions):
    """(KiB that Bulkhead says it holds, KiB that no partition has or could get besides)."""
    log = run.boot_log(partitions)
    held = re.search(r"bulkhead: holds (\d+) KiB of RAM", log)
    if held is None:
        raise SystemExit(f"bench: the log does not tell what is held:\n{log}")
    return int(held.group(1)), sum(size for _, size in gaps(log)) // KIB - int(held.group(1))


def sizes():
    """{row: figure} of the board's image."""
    held = {f"ram-{n}": ram(n)[0] for n in (1, 2)}
    return {"image": image(), "text": text_and_rodata(), "lines": sum(lines().values())} | held


def minimal():
    """The same of the board's smallest configuration, which is built beside it; {} where it has none."""
    whole = run.board
    if whole.minimal is None:
        return {}
    run.board = whole.minimal
    try:
        return {f"minimal-{name}": figure for name, figure in sizes().items()}
    finally:
        run.board = whole


def build_seconds():
    """All of our code once more, in a folder of its own, on two cores; the libraries are there."""
    folder = run.BUILD / "bench-build"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(run.BUILD / run.board.name / ".config", folder)
    start = time.monotonic()
    subprocess.run(["make", "-j2", "BOARD=bench-build", "all"], cwd=run.TOP, capture_output=True, check=True)
    seconds = time.monotonic() - start
    shutil.rmtree(folder)
    return round(seconds, 1)
