# SPDX-License-Identifier: Apache-2.0
"""What Bulkhead takes besides time: bytes of image and RAM, lines of source, seconds to build."""

import json
import re
import shutil
import subprocess
import time

import run
import tracing

OBJECTS = run.BUILD / "qemu-arm64"
RAM = (0x40000000, 0x40000000)  # base and bytes of QEMU's virt with -m 1G
KIB = 1024


def image():
    return run.IMAGE.stat().st_size


def text_and_rodata():
    sections = re.findall(r"^\.(?:text|rodata) +(\d+)", tracing.tool("size", "-A", run.ELF), re.M)
    return sum(map(int, sections))


def compiled_files():
    """Our sources and headers that the image is made from, as the compiler wrote them down."""
    files = set()
    for depend in OBJECTS.rglob("*.d"):
        names = depend.read_text().replace("\\\n", " ").split(":", 1)[1].split("\n", 1)[0].split()
        files |= {name for name in names if re.match(r"(arch|core|drivers)/", name)}
    return sorted(files)


def lines():
    """cloc's count of compiled_files(): neither comments nor blank lines."""
    listing = run.WORK / "compiled.txt"
    listing.write_text("\n".join(compiled_files()) + "\n")
    command = ["cloc", "--json", "--quiet", "--skip-uniqueness", f"--list-file={listing}"]
    done = subprocess.run(command, cwd=run.TOP, capture_output=True, text=True, check=True)
    total = json.loads(done.stdout)["SUM"]
    if total["nFiles"] < len(compiled_files()) - 1:  # it knows no linker script
        raise SystemExit("bench: cloc did not count every file")
    return total["code"]


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


def build_seconds():
    """All of our code once more, in a folder of its own, on two cores; the libraries are there."""
    folder = run.BUILD / "bench-build"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(OBJECTS / ".config", folder)
    start = time.monotonic()
    subprocess.run(["make", "-j2", "BOARD=bench-build", "all"], cwd=run.TOP, capture_output=True, check=True)
    seconds = time.monotonic() - start
    shutil.rmtree(folder)
    return round(seconds, 1)
