# SPDX-License-Identifier: Apache-2.0
"""build/host/bulkhead-check: the plan, or all that is wrong, and never a crash."""

import json
import random
import re
import subprocess
import xml.etree.ElementTree

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
    for wrong, why in (((system, board), f"{system}: is a system file: the board's device tree is wanted here"),
                       ((system, system), f"{system}: is a system file"),
                       ((board, board), f"{board}: is a board's device tree: the system file is wanted here")):
        status, out = check(*wrong)
        assert status == 2 and why in out, out
    for arguments in ([], [board], ["--nonsense", board, system], [board, system, system]):
        done = subprocess.run([CHECK, *map(str, arguments)], check=False, capture_output=True,
                              text=True)
        assert done.returncode == 2 and "usage: bulkhead-check" in done.stderr, arguments


def test_what_is_no_tree_is_named(files, tmp_path):
    directory, board = files
    system = make_system(directory, [partition("one", "raw", [0])])
    text = tmp_path / "README.md"
    text.write_text("# Not a tree\n" * 9)
    no_board = f"bulkhead: error: /: {text} is no device tree, or it is cut off or damaged\n"
    no_system = f"bulkhead: error: the system file: {text} is no FIT (scripts/mksystem makes it), or it is cut off or damaged\n"
    for files_of_it, said in (((text, system), no_board), ((board, text), no_system), ((text, text), no_board + no_system)):
        status, out = check(*files_of_it)
        errors = len(said.splitlines())
        assert status == 1 and out == f"{said}bulkhead-check: {errors} error{'s' * (errors - 1)}\n"


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
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 8, 64))):
            data[rng.randrange(min(len(whole), 12000))] ^= 1 << rng.randrange(8)
        flipped.write_bytes(data)
        pair = (flipped, system) if which == "board" else (board, flipped)
        status, out = check(*pair)
        assert (status == 0) == ("error: " not in out), out
        done = run("--json", "--svg", tmp_path / "x.svg", *pair)
        told = json.loads(done.stdout)
        assert done.returncode == status and (status == 0) == (told["errors"] == []) and done.stderr == b""
        if "cpus" in told:
            xml.etree.ElementTree.parse(tmp_path / "x.svg")


def test_flipped_bits_in_a_starters_board(files, tmp_path):
    """What a damaged or hostile tree has for names ends no comment and no string."""
    board = files[1].read_bytes()
    rng = random.Random(3)
    flipped = tmp_path / "flipped"
    good = 0
    for _ in range(60):
        data = bytearray(board)
        for _ in range(rng.choice((1, 4, 16))):
            data[rng.randrange(len(board.rstrip(b"\0")))] ^= 1 << rng.randrange(8)
        data = data.replace(b"pl061@9030000", rng.choice((b"pl061@90*/000", b'pl061@90"0000', b"pl061@90\\0000")))
        flipped.write_bytes(data)
        done = run("--init", flipped)
        assert done.returncode in (0, 1) and b"Sanitizer" not in done.stderr, done.stderr
        if done.returncode == 0:
            good += 1
            read = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-i", BUILD, "-o", tmp_path / "x.dtb"],
                                  input=done.stdout, capture_output=True, check=False)
            assert read.returncode == 0, (read.stderr, done.stdout)
    assert good > 5, "most of them are still boards"


def test_a_flipped_bit_in_an_image_is_found(files, tmp_path):
    directory, board = files
    system = make_system(directory, [partition("one", "raw", [0])])
    data = bytearray(system.read_bytes())
    data[data.rindex(bytes(range(256))) - 1000] ^= 4  # mkimage may leave a copy in the padding
    flipped = tmp_path / "flipped"
    flipped.write_bytes(data)
    status, out = check(board, flipped)
    assert status == 1 and "/images/raw: hash does not match its data" in out, out


# ---- the plan in its forms ----


@pytest.fixture(scope="module")
def plan(files):
    """(board, system): two partitions, a device, one CPU left over."""
    directory, board = files
    folder = directory / "plan"
    folder.mkdir()
    (folder / "raw").write_bytes(bytes(range(256)) * 64)
    return board, make_system(folder, [
        partition("one", "raw", [0, 2], ((0x40000000, 64 * MIB),), devices=["/pl031@9010000"], description="<a & b>",
                  bootargs='say \\"yes\\"'),
        partition("two", "raw", [1]),
    ])


def run(*arguments):
    return subprocess.run([CHECK, *map(str, arguments)], capture_output=True, timeout=60, check=False)


def test_tables(plan):
    status, out = check(*plan)
    rows = [re.sub(r" +", " ", line.strip()) for line in out.split("\n")]
    assert status == 0
    for row in (
        "0x0 /cpus/cpu@0 one CPU 0",
        "0x2 /cpus/cpu@2 one CPU 1",
        "0x3 /cpus/cpu@3 left over",
        "0x40200000 0x403fffff 2 MiB reserved: Bulkhead",
        "/pl031@9010000 one 0x9010000-0x9010fff 34 level none cannot",
        "/pl061@9030000 left over 0x9030000-0x9030fff 39 level none cannot",
        "0x9000000 0x9000fff 4 KiB console emulated",
        "partition one: <a & b>",
        "CPUs 1 of 4",
    ):
        assert row in rows, f"{row}\n{out}"


def test_a_gicv2s_cpu_interface_is_not_emulated(plan, tmp_path):
    board = tmp_path / "board.dtb"
    subprocess.run(["qemu-system-aarch64", "-M", f"virt,virtualization=on,gic-version=2,dumpdtb={board}",
                    "-cpu", "cortex-a53", "-smp", "4", "-m", "1G"], check=True, stderr=subprocess.DEVNULL)
    out = check(board, plan[1])[1]
    assert len(re.findall(r"0x8010000 +0x801ffff +64 KiB +interrupt controller \(GICV\) +0x8040000", out)) == 2, out


def test_json_tells_the_same(plan):
    done = run("--json", *plan)
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["errors"] == [] and done.stderr == b""
    assert [cpu["partition"] for cpu in told["cpus"]] == ["one", "two", "one", None]
    one, two = told["partitions"]
    assert one["starts"] and one["description"] == "<a & b>" and one["bootargs"] == 'say "yes"'
    assert {"node": "/pl031@9010000", "partition": "one", "unprotected": False,
            "registers": [{"base": "0x9010000", "size": 4096}], "interrupts": [{"intid": 34, "trigger": "level"}],
            "streams": [], "msi": None} in told["devices"]
    kinds = {d["node"]: (d.get("grantable"), d.get("why", "")) for d in told["devices"]}
    assert kinds["/pcie@10000000"][0] == "unprotected"
    assert kinds["/virtio_mmio@a000000"][0] == "unprotected"
    shared = next(d for d in told["devices"] if d["node"] == "/virtio_mmio@a000000")
    assert shared["registers"] == [{"base": "0xa000000", "size": 512, "access": "filtered"}]
    # All of RAM, once, in order; what the partitions see lies on what they have.
    at = 0x40000000
    for piece in told["ram"]:
        assert int(piece["base"], 0) == at
        at += piece["size"]
    assert at == 0x80000000
    for part in (one, two):
        memory = [window for window in part["sees"] if window["what"] == "memory"]
        assert sum(window["size"] for window in memory) == \
            sum(piece["size"] for piece in told["ram"] if piece.get("partition") == part["name"]) > 0


def test_json_of_errors(files):
    directory, board = files
    system = make_system(directory, [partition("good", "raw", [0]), partition("typo", "raw", [1], extra="memroy = <0>;")])
    done = run("--json", board, system)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert told["errors"] == [{"partition": "typo", "node": "/configurations/typo",
                               "text": 'unknown property "memroy": did you mean "memory"?'}]
    assert [part["starts"] for part in told["partitions"]] == [True, False]
    (directory / "none.dtb").write_bytes(b"no tree" * 9)
    told = json.loads(run("--json", directory / "none.dtb", system).stdout)
    assert told["errors"] and "cpus" not in told


def test_svg(plan, tmp_path):
    drawn = tmp_path / "plan.svg"
    assert run("--svg", drawn, *plan).returncode == 0
    root = xml.etree.ElementTree.parse(drawn).getroot()
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for words in ("one: <a & b>", "0x3", "/pl031@9010000, 4 KiB, interrupt 34", "Bulkhead, 2 MiB", "RAM of one, 64 MiB"):
        assert words in texts, texts
    # A band for each window that lies on the board: one's memory and device, two's memory.
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 3
    done = run("--svg", tmp_path / "no/where.svg", *plan)
    assert done.returncode == 2 and b"its directory is not there (mkdir -p makes it)" in done.stderr


@pytest.fixture(scope="module")
def streams(files):
    """make(gic): (board with an SMMU and PCI, a system file with functions and, with a GICv2, the MSI frame)."""
    directory, _ = files

    def make(gic):
        folder = directory / f"streams{gic}"
        folder.mkdir()
        (folder / "raw").write_bytes(bytes(range(256)) * 64)
        board = folder / "board.dtb"
        subprocess.run(
            ["qemu-system-aarch64", "-M",
             f"virt,virtualization=on,gic-version={gic},iommu=smmuv3,dumpdtb={board}",
             "-cpu", "cortex-a53", "-smp", "4", "-m", "1G"], check=True, stderr=subprocess.DEVNULL)
        return board, make_system(folder, [
            partition("disk", "raw", [0], devices=["/intc@8000000/v2m@8020000"] if gic == 2 else ["/pl031@9010000"],
                      extra='pci-devices = "/pcie@10000000 00:01.0", "/pcie@10000000 02:00.0";'),
            partition("rest", "raw", [1]),
        ])

    return make


def test_streams_and_the_frame(streams, tmp_path):
    """Each device's StreamIDs with their SMMU, and the frame that its messages go to, in every form."""
    board, system = streams(2)
    told = json.loads(run("--json", "--svg", tmp_path / "x.svg", board, system).stdout)
    devices = {device["node"]: device for device in told["devices"]}
    assert told["errors"] == []
    for function, rid in (("00:01.0", 0x8), ("02:00.0", 0x200)):
        device = devices[f"/pcie@10000000 {function}"]
        assert device["streams"] == [{"smmu": "/smmuv3@9050000", "id": rid, "count": 1, "mask": 0}]
        assert device["msi"] == {"frame": "0x8020000", "emulated": False}
    assert devices["/intc@8000000/v2m@8020000"]["msi"] is None
    assert devices["/intc@8000000/v2m@8020000"]["streams"] == []
    root = xml.etree.ElementTree.parse(tmp_path / "x.svg").getroot()
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for words in ("/pcie@10000000 00:01.0, windows at boot", "stream 0x8 of /smmuv3@9050000",
                  "stream 0x200 of /smmuv3@9050000", "messages (MSI) by the frame at 0x8020000"):
        assert words in texts, texts
    out = check(board, system)[1]
    assert re.search(r"/pcie@10000000 02:00.0 +disk +at boot +at boot +0x200 of /smmuv3@9050000 +its partition's memory only", out), out


def test_streams_of_what_is_left_over(streams, tmp_path):
    """Of a host bridge that could be granted as a whole; with a GICv3 frames are found at boot."""
    board, system = streams(3)
    told = json.loads(run("--json", board, system).stdout)
    devices = {device["node"]: device for device in told["devices"]}
    assert devices["/pcie@10000000 00:01.0"]["msi"] is None
    folder = tmp_path
    (folder / "raw").write_bytes(bytes(64))
    bare = make_system(folder, [partition("one", "raw", [0])])
    out = check(board, bare)[1]
    assert re.search(r"/pcie@10000000 +left over .* 0x0-0xffff of /smmuv3@9050000 +its partition's memory only", out), out
    told = json.loads(run("--json", board, bare).stdout)
    bridge = next(device for device in told["devices"] if device["node"] == "/pcie@10000000")
    assert bridge["grantable"] == "yes"
    assert bridge["streams"] == [{"smmu": "/smmuv3@9050000", "id": 0, "count": 0x10000, "mask": 0}]
    whole = make_system(folder, [partition("one", "raw", [0], devices=["/pcie@10000000"])])
    assert run("--svg", tmp_path / "x.svg", board, whole).returncode == 0
    assert "stream 0x0-0xffff of /smmuv3@9050000" in (tmp_path / "x.svg").read_text()


def test_a_partitions_tree(plan, tmp_path):
    for name, cpus, device in (("one", 2, True), ("two", 1, False)):
        tree = tmp_path / f"{name}.dtb"
        done = run("--dtb", name, "-o", tree, *plan)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert run("--dtb", name, *plan).stdout == tree.read_bytes()
        source = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", tree], capture_output=True, text=True, check=True)
        assert source.stderr == ""
        assert source.stdout.count('device_type = "cpu"') == cpus
        assert ("pl031@9010000 {" in source.stdout) == device
    done = run("--dtb", "three", *plan)
    assert done.returncode == 2 and b"it has one two" in done.stderr and done.stdout == b""


def test_no_tree_for_who_is_refused(files, tmp_path):
    directory, board = files
    system = make_system(directory, [partition("good", "raw", [0]), partition("bad", "raw", [9])])
    done = run("--dtb", "bad", "-o", tmp_path / "x.dtb", board, system)
    assert done.returncode == 1 and b"bad is refused" in done.stderr and not (tmp_path / "x.dtb").exists()
    assert b"cpus: <0x9>" in done.stderr, "and why"


@pytest.mark.parametrize("smp, memory, gic", [(1, "512M", 3), (4, "2G", 3), (8, "8G", 2), (16, "4G", 3)])
def test_a_starter_is_good(files, tmp_path, smp, memory, gic):
    board, source, system = (tmp_path / f"x.{kind}" for kind in ("dtb", "its", "itb"))
    subprocess.run(["qemu-system-aarch64", "-M", f"virt,virtualization=on,gic-version={gic},dumpdtb={board}",
                    "-cpu", "cortex-a53", "-smp", str(smp), "-m", memory], check=True, stderr=subprocess.DEVNULL)
    done = run("--init", "-o", source, board)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    text = source.read_text()
    for words in (f"can host: {smp} CPU", "\n *   /pcie@10000000\n", "/fw-cfg@9020000\n", '"/pl031@9010000"',
                  'use console = "shared"'):
        assert words in text, text
    assert text.count("\n *   /virtio_mmio@") == 32, text  # eight to a page
    status, out = check(board, source)
    assert status == 2 and "is the text of a system file: scripts/mksystem makes one of it" in out, out
    subprocess.run([TOP / "scripts/mksystem", source, system], check=True, capture_output=True)
    status, out = check(board, system)
    assert status == 0 and "partition first" in out and ("partition second" in out) == (smp > 1), out
    for name in ["first", "second"][: 2 if smp > 1 else 1]:
        tree = run("--dtb", name, board, system).stdout
        read = subprocess.run(["dtc", "-I", "dtb", "-O", "dts"], input=tree, capture_output=True, check=True)
        assert read.stderr == b""


def test_a_starter_wants_a_directory(files, tmp_path):
    done = run("--init", "-o", tmp_path / "no/first.its", files[1])
    assert done.returncode == 2 and b"its directory is not there (mkdir -p makes it)" in done.stderr


def test_no_starter_for_a_board_that_cannot_host(tmp_path):
    tree = BUILD / "guest/dtbs/arm64/amlogic/meson-gxbb-odroidc2.dtb"
    done = run("--init", "-o", tmp_path / "x.its", tree)
    assert done.returncode == 1 and b"no driver for the console" in done.stderr
    assert not (tmp_path / "x.its").exists()


def test_starters_for_real_boards(tmp_path):
    """Those of Debian's boards that can host get one that dtc reads."""
    trees = [BUILD / f"guest/dtbs/arm64/{name}.dtb" for name in
             ("arm/juno-r2", "arm/fvp-base-revc", "amd/amd-overdrive-rev-b1", "hisilicon/hi6220-hikey",
              "freescale/fsl-lx2160a-rdb")]
    for tree in trees:
        done = run("--init", tree)
        assert done.returncode == 0, done.stderr
        read = subprocess.run(["dtc", "-I", "dts", "-O", "dtb", "-i", BUILD, "-o", tmp_path / "x.dtb"],
                              input=done.stdout, capture_output=True, check=False)
        assert read.returncode == 0, (tree, read.stderr)


@pytest.mark.parametrize("arguments, why", [
    (["--json", "--hosts", "b"], "do not go together"),
    (["--svg", "x", "--init", "b"], "do not go together"),
    (["-o", "x", "b", "s"], "-o goes with"),
    (["b"], "it wants BOARD.dtb and SYSTEM.itb"),
    (["--dtb", "b", "s"], "--dtb wants PARTITION, BOARD.dtb and SYSTEM.itb"),
    (["--init"], "--init wants one"),
    (["--hosts"], "--hosts wants at least one"),
    (["--svg"], "requires an argument"),
    (["--nonsense", "b", "s"], "--nonsense"),
])
def test_bad_usage(arguments, why):
    done = run(*arguments)
    assert done.returncode == 2 and done.stdout == b""
    assert why in done.stderr.decode() and "usage: bulkhead-check" in done.stderr.decode()


def test_nothing_is_written_over(files, tmp_path):
    """Neither what is read, nor a starter that was made before."""
    board, starter = tmp_path / "board.dtb", tmp_path / "first.its"
    board.write_bytes(files[1].read_bytes())
    starter.write_text("mine")
    system = tmp_path / "own.itb"
    system.write_bytes(make_system(files[0], [partition("one", "raw", [0])]).read_bytes())
    for arguments in (["--dtb", "one", "-o", board, board, system], ["--svg", system, board, system]):
        before = board.read_bytes(), system.read_bytes()
        done = run(*arguments)
        assert done.returncode == 2 and b"is what is read: name another" in done.stderr, done
        assert before == (board.read_bytes(), system.read_bytes())
    done = run("--init", "-o", starter, board)
    assert done.returncode == 2 and b"is there already" in done.stderr and starter.read_text() == "mine"


def test_man_page():
    """It formats without a warning, and has every option that the program has."""
    page = TOP / "docs/bulkhead-check.1"
    done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-rLL=100n", page], capture_output=True,
                          text=True, check=True)
    assert done.stderr == ""
    options = set(re.findall(r"--[a-z]+", run("--help").stdout.decode()))
    assert len(options) == 5 and run("--help").returncode == 0
    text = re.sub(r".\x08", "", done.stdout).replace("−", "-")  # without overstriking
    assert options <= set(re.findall(r"--[a-z]+", text)), text
