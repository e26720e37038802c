# SPDX-License-Identifier: Apache-2.0
"""Where instructions go: traces of every instruction that QEMU executed, by function and by phase."""

import array
import collections
import re
import subprocess

import rows
import run

# How an instruction goes elsewhere, as objdump writes it: with a return address, back, to a function that it names, and
# to one that a register holds, which may on arm64 be a switch's label.
IF = "(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?"
FLOW = {
    "arm64": {"call": "blr? ", "return": "ret$", "register": "blr? x",
              "direct": r"(bl?|b\.\w+|cbn?z|tbn?z)\b.*?([0-9a-f]+) <[^+>]+>$"},
    "arm": {"call": f"blx?{IF} ", "return": rf"(bx{IF} lr$|(pop|ldm){IF}\b.*pc}})", "register": f"(blx{IF} |bx{IF} (?!lr))",
            "direct": rf"(bl?){IF} ([0-9a-f]+) <[^+>]+>$"},
}
ADDRESS = (1 << 56) - 1
LINUX_TIMES = 5
PLUGIN = run.WORK / "trace.so"

# A boot's phases: an instruction belongs to the innermost of these functions that it is called from,
# otherwise to the entry or, once the tree has been read, to the start.
PHASES = {
    "log": ["console_printf", "console_flush", "plan_show"],
    "tree": ["plan_parse_board"],
    "plan": ["plan_find_system", "plan_parse_system", "pci_probe", "msi_init", "plan_place", "plan_check", "plan_check_given"],
    "GIC": ["irq_init", "irq_cpu_init"],
    "tables": ["partition_build", "el2_map_init", "el2_map", "el2_unmap", "el2_seal", "el2_map_audit"],
    "images": ["image_load"],
    "guest tree": ["guest_dt_make"],
    "zeroing": ["arch_zero", "arch_cache_clean_invalidate"],
}
ORDER = ["entry", "tree", "plan", "log", "GIC", "tables", "images", "guest tree", "start", "zeroing"]


def tool(name, *arguments, stdin=None):
    done = subprocess.run([run.board.tools + name, *map(str, arguments)], input=stdin, capture_output=True, text=True, check=True)
    return done.stdout


def build_plugin():
    run.WORK.mkdir(parents=True, exist_ok=True)
    source = run.TOP / "tests/bench/trace.c"
    if not PLUGIN.exists() or PLUGIN.stat().st_mtime < source.stat().st_mtime:
        flags = "-std=gnu11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror".split()
        subprocess.run(["gcc", *flags, "-o", PLUGIN, source], check=True)


def symbols(elf):
    """{name: address} of an ELF file."""
    return {line.split()[2]: int(line.split()[0], 16) for line in tool("nm", elf).splitlines() if line[0] != " "}


class Code:
    """Bulkhead's instructions, by the address that they run at."""

    def __init__(self):
        self.names = {}
        self.text = {}
        self.heads = set()
        function = "?"
        for line in tool("objdump", "-d", "--no-show-raw-insn", run.board.elf).splitlines():
            if m := re.match(r"^([0-9a-f]+) <(.+)>:$", line):
                function = m.group(2)
                self.heads.add(int(m.group(1), 16) + run.board.load)
            elif m := re.match(r"^ *([0-9a-f]+):\t(.*)$", line):
                address = int(m.group(1), 16) + run.board.load
                self.names[address] = function
                self.text[address] = " ".join(m.group(2).split())
        self.functions = set(self.names.values())

    def begins(self, address):
        """True where a function begins."""
        return address in self.heads

    def goes(self, address, how):
        """The match where the instruction goes elsewhere so: FLOW."""
        return re.match(FLOW[run.board.arch][how], self.text.get(address, ""))

    def inlined(self, addresses):
        """{address: [(function, file:line), ...]}, the innermost first."""
        ordered = sorted(addresses)
        text = "\n".join(f"{a - run.board.load:#x}" for a in ordered)
        blocks = re.split(r"^0x[0-9a-f]+\n", tool("addr2line", "-a", "-f", "-i", "-e", run.board.elf, stdin=text), flags=re.M)[1:]
        where = {}
        for address, block in zip(ordered, blocks):
            lines = block.splitlines()
            pairs = zip(lines[::2], lines[1::2])
            where[address] = [(f, re.sub(r"^\./| \(discriminator.*", "", at)) for f, at in pairs]
        return where


def record(name, plugin_arguments, boot):
    """Runs `boot` with the plugin and gives its records."""
    build_plugin()
    out = run.WORK / f"{name}.trace"
    boot(["-plugin", ",".join([str(PLUGIN), f"out={out}", *plugin_arguments])])
    records = array.array("Q")
    records.frombytes(out.read_bytes())
    out.unlink()
    return records


# ---- a row ----

def row_marks(row, gic):
    """{what: address} for the plugin: where the row's windows begin, where they end, what is left out."""
    marks = symbols(run.READER if row in rows.LINUX else run.board.guest("elf"))
    stem = "measure_" + row.measured
    if f"{stem}_from" not in marks:
        stem += f"_v{gic}"
    end = f"{stem}_to" if f"{stem}_to" in marks else row.until
    moved = 0 if row in rows.LINUX else run.board.entry - run.board.linked
    found = {"from": marks[f"{stem}_from"] + moved, "to": marks[end] + moved}
    if f"{stem}_not" in marks:
        found["not"] = marks[f"{stem}_not"] + moved
    return found


def row_record(row, gic, times, hypervisor=True, count=False):
    """The row's marks, and what the plugin has recorded between them."""
    if row in rows.LINUX:
        run.reader_ramdisk()

    def boot(plugin):
        if row in rows.LINUX:
            run.linux_run(gic, times, hypervisor, plugin)
        else:
            run.guest_run(gic, row.cpus, f"only={row.name}", plugin=plugin, edu=row.edu)

    marks = row_marks(row, gic)
    arguments = [f"{what}={address:#x}" for what, address in marks.items()]
    return marks, record(row.name, arguments + ["count=on"] * count, boot)


def linux_rows():
    """Those of the board: disks are arm64's."""
    return rows.LINUX if run.board.arch == "arm64" else []


def linux_figures(row, gic, hypervisor):
    """[min, median, max] of a row of Linux's; the first time is not counted."""
    counts = sorted(row_record(row, gic, LINUX_TIMES, hypervisor, True)[1][1:])
    assert len(counts) == LINUX_TIMES - 1
    return [counts[0], counts[len(counts) // 2], counts[-1]]


def row_windows(row, gic):
    """The instructions between the row's two marks, a list for each time."""
    marks, records = row_record(row, gic, 2)
    windows, current = [], None
    for each in records:
        address = each & ADDRESS
        if address == marks["from"] and current is None:
            current = []
        current.append(each)
        if address == marks["to"]:
            windows.append(current)
            current = None
    return windows


def print_row(row, gic, listing):
    """What one row's instructions are: by function, and each of a typical time with its source."""
    code = Code()
    windows = row_windows(row, gic)
    if len(windows) < 2:
        raise SystemExit(f"bench: the guest never measured {row.name}")
    windows = sorted(windows[1:], key=len)  # the first is not counted either
    counts = collections.Counter(a & ADDRESS for w in windows for a in w)
    ours = {a: n for a, n in counts.items() if a in code.names}
    where = code.inlined(ours)
    by_function = collections.defaultdict(collections.Counter)
    for address, n in ours.items():
        by_function[code.names[address]][where[address][0][0]] += n
    times = len(windows)
    print(f"{row.name}, GICv{gic}: {sum(ours.values()) / times:.1f} instructions of Bulkhead's a time, {times} times "
          f"(of {sum(counts.values()) / times:.1f})")
    for name, inner in sorted(by_function.items(), key=lambda item: -sum(item[1].values())):
        print(f"{sum(inner.values()) / times:9.1f}  {name}")
        for part, n in inner.most_common():
            if part not in (name, "??"):
                print(f"{n / times:17.1f}  {part}()")
    if listing:
        print_listing(code, where, windows[len(windows) // 2])


def print_listing(code, where, window):
    print("\none of median length, in the order of execution (CPU, function, instruction, source):")
    for number, each in enumerate((a for a in window if a & ADDRESS in code.names), 1):
        address = each & ADDRESS
        source = " < ".join(at for _, at in where[address])
        print(f"{number:4} {each >> 56} {code.names[address]:24} {code.text[address]:40} {source}")


# ---- a boot ----

def boot_records(kernel, hypervisor=True):
    """From reset to the first instruction of a guest of one CPU, which is included."""
    entry = run.board.entry if hypervisor else run.board.linked

    def boot(plugin):
        if not hypervisor:
            run.qemu(run.board.gics[0], 1, "-kernel", kernel, *plugin, hypervisor=False)
            return
        only = run.partition("small", "small", [0])
        system = run.system_file("boot", [only], {"small": kernel})
        run.qemu(run.board.gics[0], 1, "-kernel", run.board.image, "-initrd", system, *plugin)

    return record("boot", [f"to={entry:#x}"], boot)


class Calls:
    """Follows calls and returns through a trace: counts by phase, and by function with its callees."""

    def __init__(self, code):
        missing = {f for names in PHASES.values() for f in names} - code.functions
        if missing:
            raise SystemExit(f"bench: no functions of these names, so the boot's phases are wrong: {sorted(missing)}")
        self.code = code
        self.phase_of = {f: phase for phase, names in PHASES.items() for f in names}
        self.inclusive = collections.Counter()
        self.exclusive = collections.Counter()
        self.phases = collections.Counter()
        self.stack = []  # (return address or None after a jump, function, phase, count at its entry)
        self.count = 0
        self.outside = "entry"

    def enter(self, back, function):
        phase = self.phase_of.get(function) or (self.stack[-1][2] if self.stack else None)
        if phase == "tree":
            self.outside = "start"
        self.stack.append((back, function, phase, self.count))

    def leave(self, depth):
        while len(self.stack) > depth:
            _, function, _, since = self.stack.pop()
            if all(function != below[1] for below in self.stack):
                self.inclusive[function] += self.count - since

    def move(self, previous, address, function):
        """The flow has left its straight line."""
        if self.code.goes(previous, "call"):
            self.enter(previous + 4, function)
            return
        if self.code.goes(previous, "return"):
            for depth in range(len(self.stack) - 1, -1, -1):
                if self.stack[depth][0] == address:
                    self.leave(depth)
                    return
        if not self.stack or self.stack[-1][1] != function:
            self.enter(None, function)

    def follow(self, records):
        previous, function = 0, ""
        for each in records:
            address = each & ADDRESS
            name = self.code.names.get(address, "firmware")
            if address != previous + 4 or name != function:
                self.move(previous, address, name)
                function = name
            self.exclusive[function] += 1
            self.phases[self.stack[-1][2] or self.outside] += 1
            self.count += 1
            previous = address
        self.leave(0)
        return self


def boot_phases():
    """{phase: instructions}"""
    records = boot_records(run.small_guest())
    calls = Calls(Code()).follow(records)
    assert sum(calls.phases.values()) == len(records)
    return {phase: calls.phases[phase] for phase in ORDER}


def bare_boot():
    return len(boot_records(run.small_guest(), hypervisor=False))


def print_boot(top=60):
    records = boot_records(run.small_guest())
    calls = Calls(Code()).follow(records)
    print(f"boot: {len(records)} instructions from reset to the guest's first")
    for phase in ORDER:
        print(f"{calls.phases[phase]:9}  {phase}")
    print("\nwith what they call / by themselves")
    for function, n in calls.inclusive.most_common(top):
        print(f"{n:9} {calls.exclusive[function]:9}  {function}")
