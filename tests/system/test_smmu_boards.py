# SPDX-License-Identifier: Apache-2.0
"""bulkhead-check over Debian's board trees with an SMMU, a GICv2m frame or an ITS: every device that has streams, every
PCI host bridge's first function and every frame is granted in turn. What does not start says why, by name."""

import collections
import json
import re
import subprocess

import pytest

import tree
from machine import BUILD, MIB, TOP

CHECK = BUILD / "host/bulkhead-check"
DTBS = BUILD / "guest/dtbs"
NAMED = ("arm,mmu-500", "arm,mmu-401", "arm,smmu-v1", "arm,smmu-v2", "arm,smmu-v3", "arm,gic-v2m-frame",
         "arm,gic-v3-its")
DRIVEN = {"arm,mmu-500", "arm,mmu-401", "arm,smmu-v1", "arm,smmu-v2", "arm,smmu-v3"}  # SMMUs that this build drives
HIGH = 0xC0_0000_0000  # where no board has devices
REFERRING = {"clocks", "resets", "power-domains", "pinctrl-0", "dmas", "phys", "gpios", "mboxes", "interconnects"}
# What is no reference, or goes along with one.
WRITTEN_ANEW = re.compile(r"reg|ranges|dma-ranges|status|linux,phandle|interrupts|interrupts-extended|interrupt-parent|"
                          r"interrupt-map|interrupt-map-mask|iommus|iommu-map|iommu-map-mask|msi-map-mask|"
                          r"msi-controller|arm,msi-\S+|\S+-names|assigned-clock-\S+")
ERROR = re.compile(r"bulkhead: error: one: (/\S+(?: [0-9a-f:.]+)?): (.+)")


# What may come of a grant, and how often it does at least.
RULES = {
    "starts": 900,
    "is behind an SMMU that was left out (see above), or no driver is compiled in for": 250,
    "is behind an SMMU that is disabled in the board's tree (status)": 200,
    "is not one that the CPU can reach": 250,
    "does not go to the GIC": 120,
    "has no registers (reg)": 120,
    "is no PCI host bridge that Bulkhead drives": 90,
    "is kept back: grant both to one partition, or neither": 50,
    "is a bus: not supported": 40,
    "shares a page with that of": 10,
    "has several streams in one entry of its iommu-map": 1,
    "is behind no SMMU": 1,
}
# (list, the device's SMMU): how many start at least.
STARTS = {
    ("devices", "arm,mmu-500"): 650,
    ("devices", "arm,mmu-401"): 2,
    ("devices", "arm,smmu-v1"): 25,
    ("devices", "arm,smmu-v3"): 1,
    ("devices", "none"): 80,  # GICv2m frames
    ("pci-devices", "arm,mmu-500"): 14,
    ("pci-devices", "arm,mmu-401"): 2,
    ("pci-devices", "arm,smmu-v1"): 4,
    ("pci-devices", "arm,smmu-v3"): 1,
}
# Held against the trees by hand.
KNOWN = [
    ("qcom/sdm845-db845c", "/soc@0/ufshc@1d84000", "starts"),
    ("qcom/sdm845-db845c", "/soc@0/gpu@5000000", "no driver is compiled in for"),  # qcom,smmu-v2
    ("qcom/sdm845-db845c", "/soc@0/slim@171c0000", "it shares stream N of /X with /X which is kept back"),
    ("arm/fvp-base-revc", "/pci@40000000", "starts"),
    ("arm/fvp-base-revc", "/pci@40000000 00:00.0", "starts"),
    ("arm/juno-r2", "/interrupt-controller@2c010000/v2m@0", "starts"),
    ("arm/juno-r2", "/usb@7ffb0000", "it shares stream N of /X with /X which is kept back"),  # an SMMUv1
    ("arm/juno-r2", "/dma-controller@7ff00000", "starts"),
    ("freescale/fsl-ls1028a-rdb", "/soc/pcie@1f0000000 00:00.0", "starts"),
    ("freescale/fsl-lx2160a-rdb", "/soc/fsl-mc@80c000000", "is a bus"),
    ("amd/amd-overdrive-rev-b1", "/smb/sata@e0300000", "starts"),  # an MMU-401
]


def is_on(way):
    return all(node.text("status") in ("", "ok", "okay") for node in way)


def number(value, count):
    return tree.cells(*(value >> 32, value & 0xFFFFFFFF)[2 - count:])


def as_firmware_leaves_it(root):
    """Memory and PSCI filled in; the console made one that this build drives, whose interrupts and place stay."""
    nodes = {path: way[-1] for path, way in root.walk()}
    address, size = root.cells("#address-cells")[0], root.cells("#size-cells")[0]
    memory = [node for node in root.nodes if node.text("device_type") == "memory"]
    base = HIGH if address == 2 else 0x80000000
    root.nodes = [node for node in root.nodes if node not in memory]
    root.nodes.append(tree.Node(f"memory@{base:x}", {"device_type": tree.text("memory"),
                                                     "reg": number(base, address) + number(2 << 30, size)}))
    if not {"/psci", "/firmware/psci"} & nodes.keys():
        root.nodes.append(tree.Node("psci", {"compatible": tree.text("arm,psci-1.0"), "method": tree.text("smc")}))
    chosen = nodes.setdefault("/chosen", tree.Node("chosen"))
    if chosen not in root.nodes:
        root.nodes.append(chosen)
    console = chosen.text("stdout-path").split(":")[0]
    if not console.startswith("/") and "/aliases" in nodes:
        console = nodes["/aliases"].text(console)
    if console not in nodes:
        uarts = (path for path, way in root.walk() if re.search(r"/(serial|uart)@", path) and is_on(way))
        console = next(uarts, "/none")
        chosen.properties["stdout-path"] = tree.text(console)
    if console in nodes:
        nodes[console].properties["compatible"] = tree.text("ns16550a")  # has the fewest registers
    return base


def cpu_of(root):
    """The `reg` of the first CPU, in one cell."""
    return next(way[-1].cells("reg")[-1] for path, way in root.walk()
                if re.fullmatch(r"/cpus/cpu@\w+", path) and is_on(way))


def system(base, cpu, **lists):
    """A system file with one partition, which has these devices."""
    raw = {"data": bytes(64), "type": tree.text("kernel"), "arch": tree.text("arm64"), "os": tree.text("u-boot"),
           "compression": tree.text("none"), "load": tree.cells(base >> 32, base & 0xFFFFFFFF),
           "entry": tree.cells(base >> 32, base & 0xFFFFFFFF)}
    one = {"compatible": tree.text("bulkhead,partition"), "kernel": tree.text("raw"), "cpus": tree.cells(cpu),
           "memory": number(base, 2) + number(16 * MIB, 2),
           **{name: tree.text(*devices) for name, devices in lists.items()}}
    return tree.write(tree.Node("", {"description": tree.text("one grant"), "#address-cells": tree.cells(1)}, [
        tree.Node("images", {}, [tree.Node("raw", raw)]), tree.Node("configurations", {}, [tree.Node("one", one)])]))


def grants(root):
    """(list of the system file, device) of all that is plausible."""
    for path, way in root.walk():
        node = way[-1]
        if is_on(way) and ("iommus" in node.properties or "iommu-map" in node.properties):
            yield "devices", path
        if is_on(way) and "arm,gic-v2m-frame" in node.strings("compatible"):
            yield "devices", path
        if is_on(way) and node.text("device_type") == "pci":
            yield "pci-devices", f"{path} {(node.cells('bus-range') or [0])[0]:02x}:00.0"


def smmus_of(root, device):
    """What each SMMU of a node's `iommus`, or `iommu-map`, is compatible with; "off" where it is disabled."""
    ways = {way[-1].cells("phandle")[0]: way for _, way in root.walk() if "phandle" in way[-1].properties}
    node = next(way[-1] for at, way in root.walk() if at == device.split(" ")[0])
    cells, found = node.cells("iommus"), node.cells("iommu-map")[1::4]
    while cells:
        found.append(cells[0])
        cells = cells[1 + ways[cells[0]][-1].cells("#iommu-cells")[0]:]
    return {(ways[phandle][-1].strings("compatible")[-1] if is_on(ways[phandle]) else "off") for phandle in found}


def ask(board, file, *options):
    done = subprocess.run([CHECK, *options, board, file], capture_output=True, timeout=60, check=False)
    said = done.stderr.decode()
    assert done.returncode in (0, 1) and "Sanitizer" not in said, f"{board}: {done.returncode}: {said}"
    return done.returncode, done.stdout, said


def holds_what_was_told(root, device, made, said):
    """The device's node in its partition's tree: references lead somewhere, what is missing was told."""
    there = next(way[-1] for path, way in root.walk() if path == device)
    name = there.name.split("@")[0]
    node = [way[-1] for path, way in made.walk() if path.split("@")[0] == f"/{name}"][-1]
    phandles = {way[-1].cells("phandle")[0] for _, way in made.walk() if "phandle" in way[-1].properties}
    assert node.strings("compatible") == there.strings("compatible"), device
    for name in node.properties:
        if name in REFERRING or name.endswith("-supply"):
            assert node.cells(name)[0] in phandles, (device, name)
    for name in there.properties.keys() - node.properties.keys():
        lost = f": {device}: {name}: not given to the partition: "
        assert WRITTEN_ANEW.fullmatch(name) or lost in said, (device, name)
    if any(is_on([below]) for below in there.nodes):
        assert f": {device}: the nodes below it are not given to the partition (" in said, said


def judge(root, device, outcome):
    """What came of a grant; a sentence that is the same for all such devices."""
    status, written, said = outcome
    errors = [line for line in said.split("\n") if "error: " in line]
    assert (status == 0) == (not errors) and (status == 0) == (written != b""), (device, said)
    if status == 0:
        made = tree.read(written)
        assert not any({"iommus", "iommu-map"} & way[-1].properties.keys() for _, way in made.walk()), device
        if " " not in device:
            holds_what_was_told(root, device, made, said)
        if "v2m" not in device:
            assert smmus_of(root, device) and smmus_of(root, device) <= DRIVEN, (device, smmus_of(root, device))
        return "starts"
    for line in errors:
        assert ERROR.fullmatch(line), f"{device}: neither node nor rule: {line}"
    text = re.sub(r"/[\w@,./-]+", "/X", ERROR.fullmatch(errors[0])[2])
    return re.sub(r'0x[0-9a-f]+|"[^"]*"|\d+', "N", text)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """{(tree, kind, device): outcome}, and the trees that cannot host: {tree: why}."""
    subprocess.run(["make", "-s", "-C", str(TOP), "tools"], check=True, stdout=subprocess.DEVNULL)
    directory = tmp_path_factory.mktemp("boards")
    board, file = directory / "board.dtb", directory / "one.itb"
    found, unfit = {}, {}
    for path in sorted(DTBS.rglob("*.dtb")):
        data, name = path.read_bytes(), str(path.relative_to(DTBS).with_suffix(""))
        if not any(word.encode() + b"\0" in data for word in NAMED):
            continue
        root = tree.read(data)
        base = as_firmware_leaves_it(root)
        board.write_bytes(tree.write(root))
        cpu = cpu_of(root)
        file.write_bytes(system(base, cpu))
        status, _, said = ask(board, file, "--dtb", "one")
        if status != 0:
            unfit[name] = said
            continue
        for kind, device in grants(root):
            file.write_bytes(system(base, cpu, **{kind: [device]}))
            found[name, kind, device] = judge(root, device, ask(board, file, "--dtb", "one")), smmus_of(root, device)
    return found, unfit


def test_every_grant_starts_or_says_why(outcomes):
    """judge() has held each against its tree; here: there are so many of them, of every kind."""
    found, unfit = outcomes
    kinds = collections.Counter(outcome for outcome, _ in found.values())
    assert len(found) > 2100
    assert len(unfit) <= 20 and all(re.search(r"bulkhead: error: /\S*: ", said) for said in unfit.values()), unfit
    for rule, least in RULES.items():
        assert sum(n for kind, n in kinds.items() if rule in kind) >= least, (rule, kinds)
    assert not [kind for kind in kinds if not any(rule in kind for rule in RULES)], kinds


def test_what_may_be_granted(outcomes):
    """Behind the SMMUs that this build drives, and no other: judge() has seen to that."""
    starts = collections.Counter()
    for (_, kind, _), (outcome, smmus) in outcomes[0].items():
        for smmu in smmus or ["none"]:
            starts[kind, smmu] += outcome == "starts"
    starts = +starts
    assert starts.keys() == STARTS.keys() and all(starts[kind] >= least for kind, least in STARTS.items()), starts


@pytest.mark.parametrize("board, device, outcome", KNOWN)
def test_known_devices(outcomes, board, device, outcome):
    told, _ = outcomes[0]["arm64/" + board, "pci-devices" if " " in device else "devices", device]
    assert outcome in told


def test_what_is_left_over_is_told_so(outcomes, tmp_path):
    """--json says of each device whether it could be granted, and its streams: as it was with each on its own."""
    name, checked = "arm64/qcom/sdm845-db845c", 0
    root = tree.read((DTBS / f"{name}.dtb").read_bytes())
    base = as_firmware_leaves_it(root)
    board, file = tmp_path / "board.dtb", tmp_path / "none.itb"
    board.write_bytes(tree.write(root))
    file.write_bytes(system(base, cpu_of(root)))
    told = {device["node"]: device for device in json.loads(ask(board, file, "--json")[1])["devices"]}
    nodes = {path: way[-1] for path, way in root.walk()}
    for (tree_of_it, _, device), (outcome, _) in outcomes[0].items():
        if tree_of_it == name and device in told:
            assert (told[device]["grantable"] == "yes") == (outcome == "starts"), (device, told[device], outcome)
            checked += 1
        if tree_of_it == name and outcome == "starts":
            iommus = nodes[device].cells("iommus")  # of an MMU-500: phandle, StreamID, mask
            streams = [(stream["id"], stream["mask"]) for stream in told[device]["streams"]]
            assert streams == list(zip(iommus[1::3], iommus[2::3])), device
    assert checked > 15, checked
