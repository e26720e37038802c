# SPDX-License-Identifier: Apache-2.0
"""The rows of the benchmark: what others need, and Bulkhead's target in virtual mode."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """Figures of Bao 738e3dc and Xen 4.23-dev (null scheduler), measured in the same way; -1: not told."""

    name: str
    what: str
    bao: int
    xen: int
    target: int
    measured: str = ""  # guests/bench/measure.S: measure_NAME
    own: int = 0  # the guest's instruction, where QEMU counts it although it traps
    until: str = "bench_stamped"  # where it has no label NAME_to
    cpus: int = 1
    edu: bool = False  # of a granted PCI function
    gics: tuple = (3, 2)
    share: float = 0  # the target is not `target`, but the bare machine's figure and this share of it

    def limit(self, bare):
        """The target."""
        return round(bare * (1 + self.share)) if self.share else self.target


V3 = (3,)

# In instructions, counted by guests/bench, 1,000 times each.
GUEST = [
    Row("hvc", "HVC PSCI_VERSION, round trip", 189, 415, 90, "hvc", own=1),
    Row("smc", "SMC PSCI_VERSION, round trip", 203, 441, 95, "smc", own=1),
    Row("gicd-typer-read", "GICD_TYPER read, emulated", 225, 737, 150, "read"),
    Row("gicd-isenabler-read", "GICD_ISENABLER1 read", 1290, 838, 200, "read"),
    Row("gicd-isenabler-write", "GICD_ISENABLER1 write, a bit changes", 3565, 895, 250, "write"),
    Row("gicd-isenabler-write-same", "GICD_ISENABLER1 write, none changes", -1, -1, 250, "write"),
    Row("gicd-ipriorityr-write", "GICD_IPRIORITYR byte write", 376, 833, 200, "write_byte"),
    Row("gicr-isenabler-read", "GICR_ISENABLER0 read", 1314, 833, 200, "read", gics=V3),
    Row("gicr-isenabler-write", "GICR_ISENABLER0 write, a bit changes", 3589, 891, 250, "write", gics=V3),
    Row("gicr-isenabler-write-same", "GICR_ISENABLER0 write, none changes", -1, -1, 250, "write", gics=V3),
    Row("timer", "virtual timer expiry to vector", 200, 1021, 110, "timer"),
    Row("timer-wfi", "virtual timer expiry to vector, from WFI", 201, 5127, 111, "timer_wfi"),
    Row("timer-stolen", "stolen for one timer interrupt, whole", 199, 1020, 110, "timer_stolen"),
    Row("sgi-self", "SGI to self, to vector", 777, 963, 260, "sgi_self"),
    Row("sgi-other", "SGI to another CPU, one way", 795, 5324, 350, "sgi_other", until="bench_peer_stamped", cpus=2),
    Row("sgi-round-trip", "SGI round trip between CPUs", 1653, 10730, 750, "sgi_round_trip", cpus=2),
    Row("device-read", "register read of a granted PCI function, added", -1, -1, 0, "read", own=1, edu=True),
    Row("device-write", "register write of it, added", -1, -1, 0, "write", own=1, edu=True),
    Row("device-line", "its interrupt (INTx), to vector", -1, -1, 110, "device", edu=True),
    Row("device-message", "its interrupt (MSI), to vector", -1, -1, 110, "device", edu=True),
    Row("config-read", "read of its configuration space", -1, -1, 150, "read", edu=True),
    Row("work", "added to 10,000 instructions of the guest's", 0, 0, 0, "work"),
]

# In instructions, counted by tests/bench/trace.c.
LINUX = [
    Row("nvme-read", "Linux reads 16 MiB of an NVMe disk", -1, -1, -1, "nvme_read", share=0.02),
]

# One figure each.
OTHER = [
    Row("boot", "reset to guest's first instruction", 315_313, 17_146_838, 1_000_000),
    Row("image", "image, bytes", 94_208, 1_114_128, 65_536),
    Row("text", ".text + .rodata, bytes", 72_166, 629_228, 60_000),
    Row("lines", "lines compiled in (cloc)", 10_112, 81_466, 8_000),
    Row("ram-1", "RAM held at run time, 1 partition, KiB", 252, -1, 192),
    Row("ram-2", "RAM held at run time, 2 partitions, KiB", 344, -1, 256),
    *(Row(f"minimal-{name}", f"smallest configuration: {what}", -1, -1, target) for name, what, target in (
        ("image", "image", 65_536),
        ("text", ".text + .rodata", 60_000),
        ("lines", "lines", 8_000),
        ("ram-1", "RAM, 1 partition", 192),
        ("ram-2", "RAM, 2 partitions", 256),
    )),
    Row("stack-cpu", "deepest stack of a CPU, bytes", -1, -1, -1),
    Row("stack-boot", "deepest stack of the boot, bytes", -1, -1, -1),
    Row("build", "clean build, 2 cores, seconds", 9, -1, 10),
]

ARM32_SHARE = 1.3  # of arm64's instructions: what a 32-bit board may take
# The CPU sleeps: its longest time, of a thousand, is also a matter of when QEMU's other thread moves the clock on.
WOKEN = {"timer-wfi"}
SLACK = 0.01  # of OTHER's figures: by less than this share they grow with any mended defect; LINUX's vary
VARIES = {"build"}  # with the machine: it is shown, but not compared with a saved result


def of(name):
    return next(row for row in GUEST + LINUX + OTHER if row.name == name)
