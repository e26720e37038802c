/* SPDX-License-Identifier: Apache-2.0 */
/* The GIC's registers: what they read after a write, what is read-only, which widths work. */
#include <stdio.h>

#include "gic.h"
#include "gictest.h"
#include "loads.h"
#include "guest.h"

#define TEST_SGI      5u
#define MPIDR_CLUSTER 0xff00ffff00ull

#define RESERVED_OFFSET 0x18u
#define UART_IBRD       0x24u
#define GICR_PIDR2      0xffe8u

static uint32_t bank_read(unsigned offset, unsigned intid)
{
    return mmio_read32(gic_frame(intid) + offset + intid / 32 * 4);
}

static void bank_write(unsigned offset, unsigned intid, uint32_t value)
{
    mmio_write32(gic_frame(intid) + offset + intid / 32 * 4, value);
    barrier_dsb();
}

/* A pair of registers, to set and to clear bits: ones act, zeros do not, both read the same. */
static void check_set_clear(const char *what, unsigned set, unsigned clear, unsigned intid)
{
    uint32_t bit = 1u << intid % 32;
    char name[80];

    bank_write(clear, intid, bit);
    bank_write(set, intid, bit);
    snprintf(name, sizeof(name), "%s %u: set by a one", what, intid);
    check(name, (bank_read(set, intid) & bit) != 0 && (bank_read(clear, intid) & bit) != 0);

    bank_write(set, intid, 0);
    bank_write(clear, intid, 0);
    snprintf(name, sizeof(name), "%s %u: zeros change nothing", what, intid);
    check(name, (bank_read(set, intid) & bit) != 0);

    bank_write(clear, intid, bit);
    snprintf(name, sizeof(name), "%s %u: cleared by a one", what, intid);
    check(name, (bank_read(set, intid) & bit) == 0 && (bank_read(clear, intid) & bit) == 0);
}

static void check_bits(void)
{
    test_begin();
    gic_set_mask(0);
    check_set_clear("enable PPI", GICD_ISENABLER, GICD_ICENABLER, guest.timer_virtual_intid);
    check_set_clear("active SGI", GICD_ISACTIVER, GICD_ICACTIVER, TEST_SGI);
    check_set_clear("active PPI", GICD_ISACTIVER, GICD_ICACTIVER, guest.timer_virtual_intid);
    check_set_clear("pending PPI", GICD_ISPENDR, GICD_ICPENDR, guest.timer_virtual_intid);
    if (guest.gic_version == 3) {
        check_set_clear("enable SGI", GICD_ISENABLER, GICD_ICENABLER, TEST_SGI);
        check_set_clear("pending SGI", GICD_ISPENDR, GICD_ICPENDR, TEST_SGI);
    }
    if (TEST_SPI != 0) {
        gic_set_edge(TEST_SPI, true);
        check_set_clear("enable SPI", GICD_ISENABLER, GICD_ICENABLER, TEST_SPI);
        check_set_clear("active SPI", GICD_ISACTIVER, GICD_ICACTIVER, TEST_SPI);
        check_set_clear("pending SPI", GICD_ISPENDR, GICD_ICPENDR, TEST_SPI);
    }
}

/* Any GIC has 16 levels at least: the upper four bits. */
static void check_priorities(void)
{
    uintptr_t word = gic_frame(0) + GICD_IPRIORITYR;

    test_begin();
    for (unsigned i = 0; i < 4; i++) {
        gic_set_priority(i, (uint8_t)(0x10 * (i + 1)));
    }
    check_equal("IPRIORITYR: bytes written, word read", mmio_read32(word), 0x40302010);
    mmio_write32(word, 0xd0c0b0a0);
    barrier_dsb();
    check("IPRIORITYR: word written, bytes read",
          gic_priority(0) == 0xa0 && gic_priority(1) == 0xb0 && gic_priority(2) == 0xc0 &&
              gic_priority(3) == 0xd0);
    gic_set_priority(guest.timer_virtual_intid, 0x30);
    check_equal("IPRIORITYR: a PPI's byte", gic_priority(guest.timer_virtual_intid), 0x30);
    if (TEST_SPI != 0) {
        gic_set_priority(TEST_SPI, 0x50);
        check_equal("IPRIORITYR: an SPI's byte", gic_priority(TEST_SPI), 0x50);
    }
    gic_set_mask(0x50);
    check_equal("PMR: reads what was written", mask_read(), 0x50);
    check_equal("RPR: idle", gic_running_priority(), 0xff);
}

static uint32_t config_read(unsigned intid)
{
    return mmio_read32(gic_frame(intid) + GICD_ICFGR + intid / 16 * 4) >> intid % 16 * 2 & 3;
}

static void check_configuration(void)
{
    uintptr_t sgis = gic_frame(0) + GICD_ICFGR;

    test_begin();
    mmio_write32(sgis, 0);
    check_equal("ICFGR: SGIs are edge-triggered, read-only", mmio_read32(sgis), 0xaaaaaaaa);
    check_equal("ICFGR: the timer's PPI is level-sensitive",
                config_read(guest.timer_virtual_intid) & 2, 0);
    if (TEST_SPI != 0) {
        gic_set_edge(TEST_SPI, true);
        check_equal("ICFGR: an SPI made edge-triggered", config_read(TEST_SPI) & 2, 2);
        gic_set_edge(TEST_SPI, false);
        check_equal("ICFGR: an SPI made level-sensitive", config_read(TEST_SPI) & 2, 0);
    }
}

static void check_distributor(void)
{
    uint32_t typer = mmio_read32(guest.gicd_base + GICD_TYPER);
    uint32_t on = guest.gic_version == 2 ? GICD_CTLR_ENABLE : GICD_CTLR_ENABLE_GRP1A;
    uintptr_t reserved = guest.gicd_base + RESERVED_OFFSET;

    test_begin();
    check("TYPER: as many interrupts as we have",
          ((typer & GICD_TYPER_ITLINES) + 1) * 32 > TEST_SPI);
    mmio_write32(guest.gicd_base + GICD_TYPER, ~typer);
    check_equal("TYPER: read-only", mmio_read32(guest.gicd_base + GICD_TYPER), typer);
    mmio_write32(reserved, ~0u);
    check_equal("a reserved register: zero, writes ignored", mmio_read32(reserved), 0);
    distributor_enable(false);
    check_equal("CTLR: disabled", mmio_read32(guest.gicd_base + GICD_CTLR) & on, 0);
    distributor_enable(true);
    check_equal("CTLR: enabled", mmio_read32(guest.gicd_base + GICD_CTLR) & on, on);
}

static void check_v2_targets(void)
{
    uintptr_t own = guest.gicd_base + GICD_ITARGETSR;
    uint8_t present = (uint8_t)((1u << guest.cpu_count) - 1);
    uint32_t before = mmio_read32(own);

    mmio_write32(own, ~before);
    check_equal("ITARGETSR0: read-only", mmio_read32(own), before);
    if (guest.cpu_count > 1) {
        check_equal("ITARGETSR0: this CPU in each byte", before, gic_target_mask(0) * 0x01010101u);
        check_equal("ITARGETSR7: this CPU in each byte", mmio_read32(own + 28),
                    gic_target_mask(0) * 0x01010101u);
    }
    if (TEST_SPI != 0) {
        mmio_write8(own + TEST_SPI, 0xff);
        barrier_dsb();
        check_known("ITARGETSR: only CPUs that there are", mmio_read8(own + TEST_SPI) & ~present, 0,
                    "qemu");
    }
    if (TEST_SPI != 0 && guest.cpu_count > 1) {
        check_equal("ITARGETSR: all CPUs that there are", mmio_read8(own + TEST_SPI) & present,
                    present);
        mmio_write8(own + TEST_SPI, 2);
        barrier_dsb();
        check_equal("ITARGETSR: byte written, word read",
                    mmio_read32(own + (TEST_SPI & ~3u)) >> TEST_SPI % 4 * 8 & 0xff, 2);
    }
}

static void check_v2(void)
{
    uint32_t typer = mmio_read32(guest.gicd_base + GICD_TYPER);
    uint32_t iidr = mmio_read32(guest.gicc_base + GICC_IIDR);

    test_begin();
    check_equal("ICPIDR2: GICv2", mmio_read32(guest.gicd_base + GICD_V2_PIDR2) & PIDR2_ARCHREV,
                0x20);
    check_equal("GICC_IIDR: GICv2", iidr >> 16 & 15, 2);
    check_equal("TYPER: as many CPUs as the device tree", ((typer & GICD_TYPER_CPUNUMBER) >> 5) + 1,
                guest.cpu_count);
    bank_write(GICD_ISPENDR, TEST_SGI, 1u << TEST_SGI);
    check_equal("ISPENDR0: an SGI's bit is read-only",
                bank_read(GICD_ISPENDR, TEST_SGI) >> TEST_SGI & 1, 0);
    check_v2_targets();
}

static void check_v3_distributor(void)
{
    uint32_t archrev = mmio_read32(guest.gicd_base + GICD_V3_PIDR2) & PIDR2_ARCHREV;

    check("GICD_PIDR2: GICv3 or GICv4", archrev == 0x30 || archrev == 0x40);
    check("ICC_SRE: system registers", (sysreg_read(ICC_SRE_EL1) & 1) == 1);
    check("GICD_CTLR: affinity routing",
          (mmio_read32(guest.gicd_base + GICD_CTLR) & GICD_CTLR_ARE) != 0);
    mmio_write32(guest.gicd_base + GICD_ISENABLER, ~0u);
    check_equal("GICD_ISENABLER0: not here with affinity routing",
                mmio_read32(guest.gicd_base + GICD_ISENABLER), 0);
    mmio_write32(guest.gicd_base + GICD_IPRIORITYR, ~0u);
    check_equal("GICD_IPRIORITYR0: not here with affinity routing",
                mmio_read32(guest.gicd_base + GICD_IPRIORITYR), 0);
    if (TEST_SPI != 0) {
        uintptr_t router = guest.gicd_base + GICD_IROUTER + 8u * TEST_SPI;
        uint64_t last = guest.cpu_mpidr[guest.cpu_count - 1];

        mmio_write8(guest.gicd_base + GICD_ITARGETSR + TEST_SPI, 0xff);
        check_equal("GICD_ITARGETSR: not here with affinity routing",
                    mmio_read8(guest.gicd_base + GICD_ITARGETSR + TEST_SPI), 0);
        mmio_write64(router, last);
        check_equal("GICD_IROUTER: 64 bits", mmio_read64(router), last);
    }
}

/* The affinities in the Redistributors' GICR_TYPER are the device tree's CPUs. */
static void check_v3_redistributors(void)
{
    unsigned frames = 0;
    unsigned known = 0;

    for (unsigned i = 0; i < guest.gicr_count; i++) {
        uintptr_t frame = (uintptr_t)guest.gicr[i].base;
        uint64_t typer;

        do {
            typer = mmio_read64(frame + GICR_TYPER);
            frames++;
            for (unsigned cpu = 0; cpu < guest.cpu_count; cpu++) {
                uint64_t mpidr = guest.cpu_mpidr[cpu];

                known += typer >> 32 == ((mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24);
            }
            frame += typer & GICR_TYPER_VLPIS ? GICR_SIZE_VLPIS : GICR_SIZE;
        } while (!(typer & GICR_TYPER_LAST) && frame < guest.gicr[i].base + guest.gicr[i].size);
    }
    check_equal("GICR_TYPER: as many Redistributors as CPUs, up to Last", frames, guest.cpu_count);
    check_equal("GICR_TYPER: each is a CPU of the device tree", known, guest.cpu_count);
}

static void check_v3(void)
{
    uintptr_t frame;
    uint64_t typer;
    uint32_t archrev;

    test_begin();
    check_v3_distributor();
    check_v3_redistributors();
    frame = gic_redistributor();
    typer = mmio_read64(frame + GICR_TYPER);
    check_equal("GICR_TYPER: low word", mmio_read32(frame + GICR_TYPER), typer & 0xffffffff);
    check_equal("GICR_TYPER: high word", mmio_read32(frame + GICR_TYPER + 4), typer >> 32);
    archrev = mmio_read32(frame + GICR_PIDR2) & PIDR2_ARCHREV;
    check("GICR_PIDR2: GICv3 or GICv4", archrev == 0x30 || archrev == 0x40);
    check_equal("GICR_WAKER: awake",
                mmio_read32(frame + GICR_WAKER) &
                    (GICR_WAKER_PROCESSORSLEEP | GICR_WAKER_CHILDRENASLEEP),
                0);
}

#define CHECK_LOAD(name, load, address, value)                                                     \
    ({                                                                                             \
        uintptr_t loaded_;                                                                         \
        __asm__ volatile(load ", [%1]" : "=r"(loaded_) : "r"(address) : "memory");                 \
        check_equal(name, loaded_, value);                                                         \
    });

/* What is emulated has to extend the sign, or not, as the instruction says. */
static void check_loads(void)
{
    uintptr_t byte = gic_frame(0) + GICD_IPRIORITYR;
    uintptr_t word = gic_frame(0) + GICD_ICFGR; /* of SGIs: 0xaaaaaaaa */
    uintptr_t half = guest.uart_base + UART_IBRD;
    uint32_t divisor = mmio_read32(half);

    test_begin();
    gic_set_priority(0, 0xe0);
    gic_set_priority(1, 0x60);
    mmio_write32(half, 0x8421);
    LOADS(CHECK_LOAD)
    mmio_write32(half, divisor);
}

void test_registers(void)
{
    check_distributor();
    if (guest.gic_version == 2) {
        check_v2();
    } else {
        check_v3();
    }
    check_bits();
    check_priorities();
    check_configuration();
    check_loads();
}
