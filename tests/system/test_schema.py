# SPDX-License-Identifier: Apache-2.0
"""dts/bulkhead,partition.yaml, the binding's schema, against the parser, the documentation and the system files."""

import re
import subprocess

import pytest
import yaml

import machine
from machine import BUILD, TOP

CHECK = BUILD / "host/bulkhead-check"
SCHEMA = yaml.safe_load((TOP / "dts/bulkhead,partition.yaml").read_text().replace("%YAML 1.2\n", "", 1))
PROPERTIES = {name: what for name, what in SCHEMA["properties"].items() if name != "$nodename"}


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    tree = tmp_path_factory.mktemp("schema") / "board.dtb"
    subprocess.run(["make", "-s", "-C", str(TOP), "tools", "guests"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["qemu-system-aarch64", "-M", f"virt,virtualization=on,gic-version=3,iommu=smmuv3,dumpdtb={tree}",
                    "-cpu", "cortex-a53", "-smp", "4", "-m", "2G"], check=True, stderr=subprocess.DEVNULL)
    return tree


def check(board, folder, partitions):
    images = {"debian": machine.image("guests/hello/hello.bin", "kernel"),  # small stand-ins: not booted
              "initrd": machine.image("guests/hello/hello.bin", "ramdisk")}
    system = machine.make_system(folder, machine.its(partitions, images))
    return subprocess.run([CHECK, board, system], capture_output=True, text=True, check=False).stdout


def parsers_words():
    """{property: is it required} of the parser's table."""
    table = re.search(r"\} words\[\] = \{\n(.*?)\n\};", (TOP / "core/plan/parse.c").read_text(), re.S)[1]
    rows = re.findall(r'\{"([\w-]+)", \w+,\s+(NULL|"[^}]*)\}', table)
    assert len(rows) == table.count("{")
    return {name: way_out != "NULL" for name, way_out in rows}


def test_properties_are_the_parsers():
    words = parsers_words()
    assert set(words) == set(PROPERTIES)
    required = {name for name, is_required in words.items() if is_required}
    assert required | {"compatible"} == set(SCHEMA["required"])
    assert SCHEMA["additionalProperties"] is False


def test_properties_are_documented():
    text = (TOP / "docs/system-file.md").read_text().split("## A partition")[1].split("### Any property")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.M)) == set(PROPERTIES) - {"phandle"}


def test_examples_are_good(board, tmp_path):
    out = check(board, tmp_path, SCHEMA["examples"])
    assert out.endswith("bulkhead-check: 0 errors\n"), out
    used = set(re.findall(r"^ *([\w-]+)(?: =|;)", "".join(SCHEMA["examples"]), re.M))
    assert set(PROPERTIES) - used == {"fdt", "phandle"}


@pytest.mark.parametrize("name", [n for n, what in PROPERTIES.items() if "enum" in (what if what is not True else {})])
def test_words_are_the_parsers(board, tmp_path, name):
    """Each word of an enum is taken, and the default; another is refused, and told to be none."""
    assert PROPERTIES[name]["default"] in PROPERTIES[name]["enum"]
    for word in [*PROPERTIES[name]["enum"], "nonsense"]:
        out = check(board, tmp_path, [machine.partition("p", "debian", [0], ((0x40000000, 64 << 20),),
                                                        extra=f'{name} = "{word}";')])
        assert (f'/configurations/p: {name}: "{word}"' in out) == (word == "nonsense"), out


def limit_cases():
    most = PROPERTIES
    yield "cpus", most["cpus"]["maxItems"], lambda n: "cpus = <" + "0 " * n + ">;", "a partition has at most"
    yield "memory", most["memory"]["maxItems"], lambda n: "memory = <" + "0 0x40000000 0 0x1000 " * n + ">;", \
        "a partition has at most"
    for name in ("description", "bootargs"):
        yield name, most[name]["maxLength"], lambda n, name=name: f'{name} = "' + "x" * n + '";', "are kept"


@pytest.mark.parametrize("name, most, make, told", limit_cases(), ids=lambda v: v if isinstance(v, str) else "")
def test_limits_are_the_parsers(board, tmp_path, name, most, make, told):
    for count in (most, most + 1):
        values = {"cpus": "cpus = <0>;", "memory": "memory = <0 0x40000000 0 0x10000000>;", name: make(count)}
        out = check(board, tmp_path, [machine.partition("p", "debian", None, None, extra=" ".join(values.values()))])
        assert any(f"{name}: " in line and told in line for line in out.splitlines()) == (count > most), out
