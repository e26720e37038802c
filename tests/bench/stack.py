# SPDX-License-Identifier: Apache-2.0
"""The worst depth of EL2's stacks, from the compiler's frames and the calls in the linked image.

An indirect call reaches every function whose address is taken anywhere and whose type is that of the
call, both as clang sees them. Recursion, a frame without a bound, or a call that cannot be resolved is
an error.
"""

import collections
import concurrent.futures
import pathlib
import re
import shlex
import subprocess

import run
import tracing

# They set the stack pointer anew: what they go to is a root of its own.
RESTARTS = {"arch_restart_stack": "CPU", "vectors_enter": None}
# Recursion that ends, for in these calls, once made, it is not made again. libfdt looks up "/aliases" by
# its path, which is no alias (the compiler may have put its functions into each other). While a CPU
# fills its list registers, vgic_lr_place() does not begin to.
ALIAS = ("fdt_path_offset", "fdt_path_offset_namelen", "fdt_get_alias_namelen")
ONCE = [
    {(caller, callee) for caller in ALIAS[1:] for callee in ALIAS[:2]},
    {("vgic_lr_place", "vgic_lr_fill")},
]
# Where a stack is empty: exceptions from a guest, too. What arch_restart_stack() calls is added.
ROOTS = {"boot": "boot", "boot_entry_psci": "CPU", "vectors": "CPU"}
# What they call is the driver of an ITS; a board without one has none, and never calls it.
OPTIONAL = {"msi_build", "msi_open"}
# An exception of EL2's own, at any depth: it ends in a panic.
OWN_EXCEPTION = {"arm64": "trap_el2", "arm": "trap_hyp"}
SIZES = {
    "boot": ("arch/{folder}/boot.S", r"#define BOOT_STACK_SIZE\s+(\d+)"),
    "CPU": ("core/base/cpu.h", r"#define CPU_STACK_SIZE\s+UINT64_C\((\d+)\)"),
}

ATTRIBUTES = r"\b(noundef|nonnull|signext|zeroext|noalias|nocapture|readonly|writeonly|readnone|returned|immarg)\b"


def fail(what):
    raise SystemExit(f"bench: stack: {what}")


def stem(name):
    """A function's name in the source: without what gcc adds to its copies and parts."""
    return re.sub(r"(\.(constprop|isra|part|cold)(\.\d+)?)+$", "", name)


# ---- frames ----

def objects():
    """What the image is linked from, of ours and of others: the .o files."""
    loaded = re.findall(r"^LOAD (\S+\.o)$", run.board.elf.with_suffix(".map").read_text(), re.M)
    return [run.TOP / o for o in loaded] + list((run.BUILD / f"lib/{run.board.folder}-gcc").rglob("*.o"))


def frames():
    """{(unit, function): bytes}, the largest of gcc's copies of one; `unit` is the source's name, as in fit.c."""
    sizes = collections.Counter()
    for file in (o.with_suffix(".su") for o in objects()):
        if not file.exists():
            continue  # assembly
        for line in file.read_text().splitlines():
            where, size, kind = line.split("\t")
            if kind not in ("static", "dynamic,bounded"):
                fail(f"{where}: its frame is {kind}")
            key = file.with_suffix(".c").name, stem(where.split(":")[-1])
            sizes[key] = max(sizes[key], int(size))
    return sizes


def symbols(known):
    """{address: function} of the image: "unit:name" for those of one unit of frames(), else "name"."""
    shared = set(tracing.tool("nm", "-gj", "--defined-only", *objects()).split())
    unit, found = "?", {}
    for line in tracing.tool("readelf", "-sW", run.board.elf).splitlines():
        words = line.split()
        if len(words) < 8 or not re.match(r"\d+:", words[0]):
            continue
        value, kind, name = int(words[1], 16) + run.board.load, words[3], words[7]
        if kind == "FILE":
            unit = name
        elif kind in ("FUNC", "NOTYPE") and words[6].isdigit() and not name.startswith("$"):
            found.setdefault(value, f"{unit}:{name}" if name not in shared and (unit, stem(name)) in known else name)
    return found


def assembly_frame(instructions):
    """The largest single step down of the stack pointer."""
    steps = [0]
    for text in instructions:
        m = re.match(r"sub sp, sp, #(0x[0-9a-f]+|\d+)\b", text) or re.match(r"st[rp] .*\[sp, #-(\d+)\]!", text)
        if m:
            steps.append(int(m.group(1), 0))
        elif m := re.match(r"(?:push|stmdb sp!,|stmfd sp!,) {(.*)}", text):
            steps.append(4 * len(m.group(1).split(",")))
    return max(steps)


# ---- types, as clang sees them ----

def sources():
    """The C sources of the objects, each with the command line that made it, for clang."""
    words = shlex.split((run.BUILD / run.board.name / "flags").read_text())[1:]
    words = words[: words.index("-pie")]
    keep = [w for w in words if not re.match(r"-O|-fstack-usage|-W", w)]
    resources = subprocess.run(["clang", "-print-resource-dir"], capture_output=True, text=True, check=True)
    keep[keep.index("-isystem") + 1] = resources.stdout.strip() + "/include"
    for each in objects():
        depend = each.with_suffix(".d")
        if not depend.exists():
            continue
        source = next((w for w in depend.read_text().split() if w.endswith(".c")), None)
        if source:
            yield source, keep


def intermediate(source, flags):
    command = ["clang", f"--target={run.board.target}", *flags, "-w", "-O0", "-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm", "-o", "-", source]
    return subprocess.run(command, cwd=run.TOP, capture_output=True, text=True, check=True).stdout


def plain_type(result, arguments):
    """A function's type without names and attributes."""
    depth, parts, current = 0, [], ""
    for c in re.sub(r"\b(align|dereferenceable\w*)\b ?(\(\d+\)|\d+)", "", arguments):
        depth += (c in "({[<") - (c in ")}]>")
        if c == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += c
    parts.append(current)
    cleaned = []
    for part in parts:
        part = re.sub(ATTRIBUTES, "", part)
        part = re.sub(r"\s[%@][\w.]+$|\s(null|true|false|undef|poison|-?\d+)$", "", part.strip())
        cleaned.append(" ".join(part.split()))
    result = " ".join(re.sub(ATTRIBUTES + r"|\b(dso_local|internal|hidden)\b", "", result).split())
    return f"{result} ({', '.join(c for c in cleaned if c)})"


DEFINED = re.compile(r"^define (.*?)@([\w.]+)\((.*?)\)(?: unnamed_addr)?(?: local_unnamed_addr)? #", re.M)
CALL = re.compile(r"\bcall (.*?)([@%][\w.]+)\((.*)\)(?: #\d+)?(?:, !|$)")


class Types:
    """Which functions have their address taken, their types, and the types each one calls. Named as in symbols()."""

    def __init__(self):
        self.of = collections.defaultdict(set)
        self.taken = set()
        self.restarted = set()
        self.indirect = collections.defaultdict(set)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            pairs = list(sources())
            for (source, _), text in zip(pairs, pool.map(intermediate, *zip(*pairs))):
                self.read(pathlib.Path(source).name, text)

    def read(self, unit, text):
        own = {m.group(2) for m in DEFINED.finditer(text) if " internal " in f" {m.group(1)}"}

        def known(name):
            return f"{unit}:{name}" if name in own else name

        function = None
        for line in text.splitlines():
            if m := DEFINED.match(line):
                function = known(m.group(2))
                self.of[function].add(plain_type(m.group(1), m.group(3)))
                continue
            if line.startswith(("declare ", "!", "attributes ")):
                continue
            called = CALL.search(line)
            if called and called.group(2)[0] == "%":
                self.indirect[function].add(plain_type(called.group(1), called.group(3)))
            names = re.findall(r"@([\w.]+)", line)
            if called and called.group(2)[0] == "@":
                names.remove(called.group(2)[1:])
            (self.restarted if called and called.group(2)[1:] in RESTARTS else self.taken).update(map(known, names))

    def reached(self, kind):
        return {f for f in self.taken if kind in self.of[f]}


# ---- the graph ----

class Graph:
    """Functions of the linked image, named as in symbols(), and whom each one calls."""

    def __init__(self):
        self.code = tracing.Code()
        self.types = Types()
        self.known = frames()
        self.at = symbols(self.known)
        self.text = collections.defaultdict(list)
        name = None
        for address, instruction in sorted(self.code.text.items()):
            name = self.at.get(address, name) if self.code.begins(address) else name
            self.text[name].append((address, instruction))
        self.by_stem = collections.defaultdict(set)
        for name in self.text:
            self.by_stem[stem(name)].add(name)
        self.unit = {function: unit for unit, function in self.known}
        self.where = self.code.inlined([a for a in self.code.text if self.code.goes(a, "register")])
        self.calls = {name: self.called_by(name) for name in self.text}

    def key(self, name):
        """(unit, function) of a name, as in frames(); all that is compiled once in the image has one unit."""
        unit, _, function = stem(name).rpartition(":")
        return unit or self.unit.get(function, ""), function

    def frame(self, name):
        if self.key(name) in self.known:
            return self.known[self.key(name)]
        return assembly_frame(text for _, text in self.text[name])

    def called_by(self, name):
        callees = set()
        if name in RESTARTS:
            return callees
        for address, text in self.text[name]:
            if m := self.code.goes(address, "direct"):
                callee = self.at[int(m.group(2), 16) + run.board.load]
                if m.group(1) == "bl" or callee != name:  # a jump to its own beginning is a loop
                    callees.add(callee)
            elif self.code.goes(address, "register"):
                callees |= self.indirect(name, address, text)
        return callees

    def indirect(self, name, address, text):
        """Whom an indirect call may reach. A switch's jump is a `br` where the source calls nothing so."""
        function = self.where[address][0][0]
        own = f"{self.key(name)[0]}:{function}"
        kinds = self.types.indirect.get(own if own in self.types.of else function, set())
        if not kinds and self.code.goes(address, "call"):
            fail(f"{name}: no type for the call at {address - run.board.load:#x}")
        targets = {copy for kind in kinds for f in self.types.reached(kind) for copy in self.by_stem[f]}
        if kinds and not targets and function not in OPTIONAL:
            fail(f"{name}: nobody has the type of the call at {address - run.board.load:#x}: {sorted(kinds)}")
        return targets

    def deepest(self, root, without=frozenset()):
        """(bytes, path) of the deepest way down from a function."""
        done, active = {}, []

        def call(caller, callee):
            if (caller, callee) in without:
                return (0, [])
            for group in ONCE:
                if (caller, callee) in group:
                    return self.deepest(callee, without | group)
            return visit(callee)

        def visit(name):
            if name in active:
                fail("recursion: " + " > ".join(active[active.index(name):] + [name]))
            if name not in done:
                active.append(name)
                below = max((call(name, c) for c in sorted(self.calls[name])), default=(0, []))
                active.pop()
                done[name] = (self.frame(name) + below[0], [name] + below[1])
            return done[name]

        return visit(root)


def stack_size(stack):
    file, pattern = SIZES[stack]
    return int(re.search(pattern, pathlib.Path(run.TOP / file.format(folder=run.board.folder)).read_text()).group(1))


def depths():
    """{stack: {"used": bytes, "size": bytes, "path": functions}}, an exception of EL2's own on top."""
    graph = Graph()
    roots = ROOTS | {f: "CPU" for f in graph.types.restarted & set(graph.text)}
    own, own_path = graph.deepest(OWN_EXCEPTION[run.board.arch])
    result = {}
    for root, stack in roots.items():
        used, path = graph.deepest(root)
        if used + own > result.get(stack, {"used": -1})["used"]:
            if used + own > stack_size(stack):
                fail(f"{' > '.join(path + own_path)}: {used + own} bytes of {stack_size(stack)}")
            result[stack] = {"used": used + own, "size": stack_size(stack), "path": path + own_path}
    return result
