# SPDX-License-Identifier: Apache-2.0
"""The rows of the benchmark: what others need, and what is Bulkhead's target in virtual mode."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """Bao (738e3dc), Xen (4.23-dev, null scheduler) and a bare machine: same QEMU, same definition."""

    name: str  # as guests/bench prints it
    what: str
    bare: str
    bao: str
    xen: str
    target: int | None
    measured: str = ""  # guests/bench/measure.S: measure_NAME
    until: str = "bench_stamped"  # where it has no label NAME_to
    cpus: int = 1
    gics: tuple = (3, 2)


V3 = (3,)

# Counted by the guest itself, 1,000 times each.
GUEST = [
    Row("hvc", "HVC PSCI_VERSION, round trip", "1", "189", "415", 90, "hvc"),
    Row("smc", "SMC PSCI_VERSION, round trip", "-", "203", "441", 95, "smc"),
    Row("gicd-typer-read", "GICD_TYPER read, emulated", "1", "225", "737", 150, "read"),
    Row("gicd-isenabler-read", "GICD_ISENABLER1 read", "1", "1290", "838", 200, "read"),
    Row("gicd-isenabler-write", "GICD_ISENABLER1 write, an owned SPI", "1", "3565", "895", 250, "write"),
    Row("gicd-isenabler-write-same", "  the same, no bit changes", "1", "", "", 250, "write"),
    Row("gicd-ipriorityr-write", "GICD_IPRIORITYR byte write", "1", "376", "833", 200, "write_byte"),
    Row("gicr-isenabler-read", "GICR_ISENABLER0 read", "1", "1314", "833", 200, "read", gics=V3),
    Row("gicr-isenabler-write", "GICR_ISENABLER0 write", "1", "3589", "891", 250, "write", gics=V3),
    Row("gicr-isenabler-write-same", "  the same, no bit changes", "1", "", "", 250, "write", gics=V3),
    Row("timer", "virtual timer expiry to vector", "1", "200", "1021", 110, "timer"),
    Row("timer-wfi", "  the same from WFI", "2", "201", "5127", 111, "timer_wfi"),
    Row("timer-stolen", "stolen for one timer interrupt, whole", "0", "199", "1020", 110, "timer_stolen"),
    Row("sgi-self", "SGI to self, to vector", "2", "777", "963", 260, "sgi_self"),
    Row("sgi-other", "SGI to another CPU, one way", "8", "795", "5324", 350, "sgi_other", "bench_peer_stamped", 2),
    Row("sgi-round-trip", "SGI round trip between CPUs", "79", "1653", "10730", 750, "sgi_round_trip", cpus=2),
    Row("work", "10,000 instructions of the guest's, added", "0", "0", "0", 0, "work"),
]

# One figure each, of the boot, the image and the build.
OTHER = [
    Row("boot", "reset to guest's first instruction, no zeroing", "7", "315313", "17146838", 1_000_000),
    Row("image", "image, bytes", "-", "94208", "1114128", 65_536),
    Row("text", ".text + .rodata, bytes", "-", "72166", "629228", 60_000),
    Row("ram-1", "RAM held at run time, 1 partition, KiB", "-", "252", "", 192),
    Row("ram-2", "RAM held at run time, 2 partitions, KiB", "-", "344", "", 256),
    Row("lines", "lines compiled in", "-", "10112", "81466", 8_000),
    Row("stack", "stack, worst depth, bytes", "", "", "", None),
    Row("build", "clean build, seconds", "-", "9", "", 10),
]
