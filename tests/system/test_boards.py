# SPDX-License-Identifier: Apache-2.0
"""bulkhead-check --hosts over every arm64 and armmp tree of Debian's kernels: a verdict for each, with its reason."""

import collections
import json
import re
import subprocess

import pytest

import machine
from machine import BUILD, TOP

CHECK = BUILD / "host/bulkhead-check"
DTBS = BUILD / "guest/dtbs"
PORTING = (TOP / "docs/porting.md").read_text()

# Verdicts that were held against the trees by hand.
KNOWN = {
    "arm64/arm/fvp-base-revc.dtb": "can host: 8 CPUs, GICv3, memory: 4 GiB",
    "arm64/arm/foundation-v8-gicv3-psci.dtb": "can host: 4 CPUs, GICv3, memory: 4 GiB",
    "arm64/arm/juno-r2.dtb": "can host: 6 CPUs, GICv2, memory: 7.9 GiB",
    "arm64/hisilicon/hi6220-hikey.dtb": "can host: 8 CPUs, GICv2",
    "arm64/freescale/fsl-lx2160a-rdb.dtb": "can host: 16 CPUs, GICv3, memory: 2 GiB",
    "arm64/amd/amd-overdrive-rev-b1.dtb": "can host: 8 CPUs, GICv2, memory: filled in by firmware",
    "arm64/xilinx/zynqmp-zcu102-rev1.0.dtb": "can host: 4 CPUs, GICv2, memory: 4 GiB",
    "arm64/freescale/imx8mp-evk.dtb": "memory: 6 GiB, console: fsl,imx6q-uart at 0x30890000",
    "arm64/broadcom/bcm2711-rpi-4-b.dtb": "filled in by firmware, console: brcm,bcm2835-aux-uart at 0xfe215040",
    "arm64/rockchip/rk3399-rockpro64.dtb": "can host: 6 CPUs, GICv3, memory: filled in by firmware, "
                                         "console: snps,dw-apb-uart at 0xff1a0000",
    "arm64/freescale/fsl-ls1046a-rdb.dtb": "can host: 1 CPU of 4 (enable-method: filled in by firmware), GICv2",
    "arm64/freescale/fsl-ls1043a-rdb.dtb": "at 0x21c0500, registers 1 apart",
    "arm64/amlogic/meson-gxbb-odroidc2.dtb": 'no driver for the console "amlogic,meson-gx-uart"',
    "arm64/freescale/imx8mq-evk.dtb": "interrupts: the console needs one, an SPI of the GIC",
    "arm64/broadcom/bcm2837-rpi-3-b.dtb": "there is no interrupt controller that Bulkhead drives",
    "arm64/qcom/msm8994-huawei-angler-rev-101.dtb": "/psci: ",
    "arm64/apm/apm-mustang.dtb": "/chosen: stdout-path: ",
    "armmp/vexpress-v2p-ca15-tc1.dtb": "can host: 2 32-bit CPUs, GICv2, memory: 1 GiB, console: arm,pl011 at 0x1c090000",
    "armmp/sun7i-a20-cubieboard2.dtb": "can host: 1 32-bit CPU of 2 (enable-method: filled in by firmware), GICv2",
    "armmp/rk3288-veyron-jerry.dtb": "can host: 1 32-bit CPU of 4 (enable-method: rockchip,rk3066-smp), GICv2, "
                                     "memory: 2 GiB, console: snps,dw-apb-uart at 0xff690000",
    "armmp/imx7d-sdb.dtb": "interrupts: the console needs one, an SPI of the GIC",
    "armmp/exynos5250-arndale.dtb": 'no driver for the console "samsung,exynos4210-uart"',
    "armmp/dra7-evm.dtb": "there is no generic timer",
    "armmp/vexpress-v2p-ca9.dtb": "its CPUs have no EL2 or HYP mode (arm,cortex-a9)",
    "armmp/bcm2835-rpi-b.dtb": "its CPUs have no EL2 or HYP mode (arm,arm1176jzf-s)",
    "armmp/stm32f429-disco.dtb": "/cpus: it has no CPUs",
}


@pytest.fixture(scope="module")
def verdicts():
    """{path in build/guest/dtbs: verdict}."""
    subprocess.run(["make", "-s", "-C", str(TOP), "tools"], check=True, stdout=subprocess.DEVNULL)
    trees = sorted(str(path.relative_to(DTBS)) for path in DTBS.rglob("*.dtb"))
    done = subprocess.run([CHECK, "--hosts", *trees], cwd=DTBS, capture_output=True, text=True, timeout=300,
                          check=False)
    assert done.returncode == 1 and done.stderr == "", done.stderr[-4000:]
    lines = [line.split(": ", 1) for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == trees, "a line for each tree, in order"
    return dict(lines)


def test_every_tree_has_a_verdict(verdicts):
    assert len(verdicts) > 1400
    for tree, verdict in verdicts.items():
        console = re.search(r"console: (\S+) at", verdict)
        assert not console or f"`{console[1]}`" in PORTING, f"{tree}: {verdict}: docs/porting.md has its Kconfig lines"
        assert re.match(r"can host: \d+ (32-bit )?CPUs?( of \d+ \(.+\))?, GICv[23], memory: .+|cannot host: /.+", verdict), f"{tree}: {verdict}"


@pytest.mark.parametrize("tree", KNOWN)
def test_known_boards(verdicts, tree):
    expected = KNOWN[tree]
    verdict = verdicts[tree]
    can = expected.startswith("can host") or ", console: " in expected or "registers" in expected
    assert expected in verdict and verdict.startswith("can host") == can, verdict


def test_totals(verdicts):
    """What Bulkhead drives. A change of a driver or of the CPUs moves these."""
    kinds = collections.Counter()
    for tree, verdict in verdicts.items():
        folder = tree.split("/")[0]
        reason = re.search(r"can host: \d+ 32-bit|can host|no EL2 or HYP|has no CPUs|no driver for the console|no generic timer|"
                           r"no interrupt controller|/psci|stdout-path|interrupts|GICH|GICC|/reserved-memory", verdict)
        kinds[folder, re.sub(r": \d+", "", reason[0]) if reason else verdict] += 1
    hosts = sum(n for (_, reason), n in kinds.items() if reason.startswith("can host"))
    assert 380 <= hosts <= 500, kinds
    assert kinds["armmp", "can host"] == 3, kinds  # the Raspberry Pi 4, 400 and its module: 64-bit
    assert kinds["armmp", "can host 32-bit"] > 120 and kinds["arm64", "can host 32-bit"] == 0, kinds
    assert kinds["armmp", "no EL2 or HYP"] > 550, kinds
    assert kinds["arm64", "no driver for the console"] > 150, kinds
    unlisted = [reason for _, reason in kinds if reason.startswith("cannot")]
    assert not unlisted, unlisted


def test_qemu_can_host(tmp_path):
    board = tmp_path / "board.dtb"
    for gic in (2, 3):
        subprocess.run(["qemu-system-aarch64", "-M", f"virt,virtualization=on,gic-version={gic},dumpdtb={board}",
                        "-cpu", "cortex-a53", "-smp", "4", "-m", "1G"], check=True, stderr=subprocess.DEVNULL)
        done = subprocess.run([CHECK, "--hosts", board], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert done.stdout == f"{board}: can host: 4 CPUs, GICv{gic}, memory: 1 GiB, console: arm,pl011 at 0x9000000\n"


def test_a_32_bit_system_is_checked(tmp_path):
    """Armv7-A: the demo's plan, zImages and all; an image of 64 bits is told, and --init begins with those of 32."""
    def check(*arguments):
        done = subprocess.run([CHECK, *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    board, first = tmp_path / "board.dtb", tmp_path / "first.its"
    subprocess.run(["qemu-system-aarch64", "-M", f"virt,virtualization=on,gic-version=2,dumpdtb={board}", "-cpu", "cortex-a15",
                    "-smp", "4", "-m", "6G"], check=True, stderr=subprocess.DEVNULL)
    for name in ("qemu-arm32", "qemu-arm64"):
        subprocess.run(["make", "-s", "-C", TOP, f"build/dts/{name}/demo.itb"], check=True, stdout=subprocess.DEVNULL)
    status, said = check(board, BUILD / "dts/qemu-arm32/demo.itb")
    assert status == 0 and "bulkhead-check: 0 errors" in said, said
    status, said = check(board, BUILD / "dts/qemu-arm64/demo.itb")
    assert status == 1 and '/images/debian: arch is "arm64": here it must be "arm"' in said, said
    assert check("--init", "-o", first, board)[0] == 0
    assert 'incbin/("guest/arm32/vmlinuz")' in first.read_text()
    subprocess.run([TOP / "scripts/mksystem", first, tmp_path / "first.itb"], check=True)
    status, said = check(board, tmp_path / "first.itb")
    assert status == 0, said


def fill_in(source, copy, missing, base):
    """The tree with what firmware would give it, as docs/porting.md says."""
    def cells(name, default):
        return int(subprocess.run(["fdtget", "-d", default, source, "/", name], capture_output=True, check=True).stdout)

    def put(kind, *words):
        subprocess.run(["fdtput", "-p", "-t", kind, copy, *words], check=True)

    copy.write_bytes(source.read_bytes())
    if "memory" in missing:
        zeros = ["0"] * (cells("#address-cells", "2") - 1), ["0"] * (cells("#size-cells", "1") - 1)
        put("x", "/memory@0", "reg", *zeros[0], f"{base:x}", *zeros[1], "3fe00000")
        put("s", "/memory@0", "device_type", "memory")
    if "PSCI" in missing:
        put("s", "/psci", "compatible", "arm,psci-1.0")
        put("s", "/psci", "method", "smc")


def test_a_starter_names_what_the_table_names(verdicts, tmp_path):
    """On every tree: --init tells the same devices as the plan, and each CPU's kind."""
    (tmp_path / "raw").write_bytes(bytes(64))
    raw = machine.image(tmp_path / "raw", "kernel", "u-boot", extra="load = <0x40000000>; entry = <0x40000000>;")
    system = machine.make_system(tmp_path, machine.its([machine.partition("one", "raw", [0])], {"raw": raw}))
    compared = 0
    for tree in (tree for tree, verdict in verdicts.items() if verdict.startswith("can host")):
        board, plan = DTBS / tree, {}
        missing = re.findall(r"(memory|PSCI): filled in by firmware", verdicts[tree])
        for base in (0, 0x20000000, 0x40000000, 0x80000000, 0xc0000000):  # one that is right
            if missing:
                board = tmp_path / "board.dtb"
                fill_in(DTBS / tree, board, missing, base)
            plan = json.loads(subprocess.run([CHECK, "--json", board, system], capture_output=True, timeout=60,
                                             check=False).stdout)
            if "devices" in plan:
                break
        assert "devices" in plan, (tree, plan)
        starter = subprocess.run([CHECK, "--init", board], capture_output=True, text=True, timeout=60, check=False)
        assert starter.returncode == 0, (tree, starter.stderr)
        head = starter.stdout.split("*/\n", 1)[0]
        kinds = re.findall(r"^ \*   0x[0-9a-f]+  (\S+)$", head, re.M)
        assert kinds and "?" not in kinds, (tree, kinds)
        left_out = re.search(r"(\d+) (?:32-bit )?CPUs? of (\d+) (\(.*?\))", verdicts[tree])
        assert not left_out or f"and {int(left_out[2]) - int(left_out[1])} left out: {left_out[3][1:-1]}\n" in head, tree
        planned = collections.Counter(d["node"] for d in plan["devices"] if "grantable" in d)
        lines = re.findall(r"^ \*   (?:  there too: )?(/.*)", head, re.M)
        told = collections.Counter(path for line in lines for path in line.split(": ")[0].split(", "))
        assert told == planned and told, (tree, planned - told, told - planned)
        compared += 1
    assert compared > 380
