/* SPDX-License-Identifier: Apache-2.0 */
/* The interrupt controller: GICv2, or GICv3 with all interrupts in Group 1. */
#include "gic.h"
#include "guest.h"

#define SPI_FIRST  32u
#define MPIDR_AFF3 0xff00000000ull
#define POLL_TURNS 1000000u
#define PMR_ALL    0xf0
#define SGI_MASK   0xffffu

/* Each CPU writes its own entry in gic_init_cpu(). */
static uintptr_t redistributor[GUEST_MAX_CPUS];
static uint8_t target_mask[GUEST_MAX_CPUS];

uintptr_t gic_redistributor(void)
{
    return redistributor[cpu_index()];
}

uint8_t gic_target_mask(unsigned cpu)
{
    return target_mask[cpu];
}

uintptr_t gic_frame(unsigned intid)
{
    if (guest.gic_version == 3 && intid < SPI_FIRST) {
        return redistributor[cpu_index()] + GICR_SGI_FRAME;
    }
    return guest.gicd_base;
}

/* ---- One bit, or one byte, an interrupt ---- */

static void bit_write(unsigned offset, unsigned intid)
{
    mmio_write32(gic_frame(intid) + offset + intid / 32 * 4, 1u << intid % 32);
    barrier_dsb();
}

static bool bit_read(unsigned offset, unsigned intid)
{
    return mmio_read32(gic_frame(intid) + offset + intid / 32 * 4) >> intid % 32 & 1;
}

void gic_enable(unsigned intid)
{
    bit_write(GICD_ISENABLER, intid);
}

/* Waits until the interrupt can no longer be delivered. */
void gic_disable(unsigned intid)
{
    bit_write(GICD_ICENABLER, intid);
    for (unsigned i = 0; guest.gic_version == 3 && i < POLL_TURNS; i++) {
        uint32_t busy = intid < SPI_FIRST
                            ? mmio_read32(gic_redistributor() + GICR_CTLR) & GICR_CTLR_RWP
                            : mmio_read32(guest.gicd_base + GICD_CTLR) & GICD_CTLR_RWP;
        if (busy == 0) {
            break;
        }
    }
}

bool gic_is_enabled(unsigned intid)
{
    return bit_read(GICD_ISENABLER, intid);
}

void gic_set_pending(unsigned intid, bool pending)
{
    bit_write(pending ? GICD_ISPENDR : GICD_ICPENDR, intid);
}

bool gic_is_pending(unsigned intid)
{
    return bit_read(GICD_ISPENDR, intid);
}

void gic_set_active(unsigned intid, bool active)
{
    bit_write(active ? GICD_ISACTIVER : GICD_ICACTIVER, intid);
}

bool gic_is_active(unsigned intid)
{
    return bit_read(GICD_ISACTIVER, intid);
}

void gic_set_priority(unsigned intid, uint8_t priority)
{
    mmio_write8(gic_frame(intid) + GICD_IPRIORITYR + intid, priority);
    barrier_dsb();
}

uint8_t gic_priority(unsigned intid)
{
    return mmio_read8(gic_frame(intid) + GICD_IPRIORITYR + intid);
}

void gic_set_edge(unsigned intid, bool edge)
{
    uintptr_t address = gic_frame(intid) + GICD_ICFGR + intid / 16 * 4;
    uint32_t bit = 2u << intid % 16 * 2;
    uint32_t value = mmio_read32(address);

    mmio_write32(address, edge ? value | bit : value & ~bit);
    barrier_dsb();
}

void gic_set_target(unsigned spi, unsigned cpu)
{
    if (guest.gic_version == 2) {
        mmio_write8(guest.gicd_base + GICD_ITARGETSR + spi, target_mask[cpu]);
    } else {
        mmio_write64(guest.gicd_base + GICD_IROUTER + 8u * spi, guest.cpu_mpidr[cpu]);
    }
    barrier_dsb();
}

/* ---- Set-up ---- */

static void distributor_write_control(uint32_t value)
{
    mmio_write32(guest.gicd_base + GICD_CTLR, value);
    for (unsigned i = 0; guest.gic_version == 3 && i < POLL_TURNS; i++) {
        if ((mmio_read32(guest.gicd_base + GICD_CTLR) & GICD_CTLR_RWP) == 0) {
            break;
        }
    }
}

/* GICv2: ITARGETSR0 tells; it reads as zero where there is one CPU only. */
static uint8_t own_target_mask(void)
{
    uint8_t mask = mmio_read8(guest.gicd_base + GICD_ITARGETSR);

    return mask == 0 ? 1 : mask;
}

/* Interrupts intid … intid + 31: disabled, idle, of the default priority. */
static void bank_reset(unsigned intid)
{
    uintptr_t frame = gic_frame(intid);
    unsigned word = intid / 32 * 4;

    mmio_write32(frame + GICD_ICENABLER + word, ~0u);
    mmio_write32(frame + GICD_ICPENDR + word, ~0u);
    mmio_write32(frame + GICD_ICACTIVER + word, ~0u);
    for (unsigned i = 0; i < 32; i += 4) {
        mmio_write32(frame + GICD_IPRIORITYR + intid + i, GIC_PRIORITY_DEFAULT * 0x01010101u);
    }
    mmio_write32(frame + GICD_IGROUPR + word, guest.gic_version == 3 ? ~0u : 0);
}

void gic_init(void)
{
    unsigned end = ((mmio_read32(guest.gicd_base + GICD_TYPER) & GICD_TYPER_ITLINES) + 1) * 32;
    bool v3 = guest.gic_version == 3;

    if (!v3) {
        target_mask[0] = own_target_mask();
    }
    distributor_write_control(0);
    if (v3) {
        distributor_write_control(GICD_CTLR_ARE);
    }
    for (unsigned intid = SPI_FIRST; intid < end && intid < 1020; intid += 32) {
        bank_reset(intid);
        for (unsigned i = intid; i < intid + 32 && i < 1020; i++) {
            gic_set_target(i, 0);
        }
    }
    distributor_write_control(v3 ? GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1A : GICD_CTLR_ENABLE);
}

/* The frame whose GICR_TYPER holds this CPU's affinity. */
static uintptr_t redistributor_find(void)
{
    uint64_t mpidr = guest.cpu_mpidr[cpu_index()];
    uint32_t affinity = (uint32_t)(mpidr & 0xffffff) | (uint32_t)((mpidr & MPIDR_AFF3) >> 8);

    for (unsigned i = 0; i < guest.gicr_count; i++) {
        uintptr_t frame = (uintptr_t)guest.gicr[i].base;
        uint64_t typer;

        do {
            typer = mmio_read64(frame + GICR_TYPER);
            if (typer >> 32 == affinity) {
                return frame;
            }
            if (guest.gicr_stride != 0) {
                frame += (uintptr_t)guest.gicr_stride;
            } else {
                frame += typer & GICR_TYPER_VLPIS ? GICR_SIZE_VLPIS : GICR_SIZE;
            }
        } while (!(typer & GICR_TYPER_LAST) && frame - guest.gicr[i].base < guest.gicr[i].size);
    }
    return 0;
}

static void gic_init_cpu_v2(void)
{
    target_mask[cpu_index()] = own_target_mask();
    bank_reset(0);
    for (unsigned i = 0; i < 16; i += 4) {
        mmio_write32(guest.gicd_base + GICD_CPENDSGIR + i, ~0u);
        mmio_write32(guest.gicc_base + GICC_APR + i, 0);
    }
    mmio_write32(guest.gicd_base + GICD_ISENABLER, SGI_MASK);
    mmio_write32(guest.gicc_base + GICC_BPR, 0);
    mmio_write32(guest.gicc_base + GICC_CTLR, GICC_CTLR_ENABLE);
}

static void gic_init_cpu_v3(void)
{
    uintptr_t frame = redistributor_find();

    redistributor[cpu_index()] = frame;
    if (frame == 0) {
        return;
    }
    mmio_write32(frame + GICR_WAKER, mmio_read32(frame + GICR_WAKER) & ~GICR_WAKER_PROCESSORSLEEP);
    for (unsigned i = 0; i < POLL_TURNS; i++) {
        if ((mmio_read32(frame + GICR_WAKER) & GICR_WAKER_CHILDRENASLEEP) == 0) {
            break;
        }
    }
    bank_reset(0);
    mmio_write32(gic_frame(0) + GICD_ISENABLER, SGI_MASK);
    sysreg_write(ICC_SRE_EL1, sysreg_read(ICC_SRE_EL1) | 1);
    barrier_isb();
    sysreg_write(ICC_AP1R0_EL1, 0);
    sysreg_write(ICC_BPR1_EL1, 0);
    sysreg_write(ICC_CTLR_EL1, 0);
    sysreg_write(ICC_IGRPEN1_EL1, 1);
}

void gic_init_cpu(void)
{
    if (guest.gic_version == 2) {
        gic_init_cpu_v2();
    } else {
        gic_init_cpu_v3();
    }
    gic_set_mask(PMR_ALL);
}

/* ---- CPU interface ---- */

void gic_send_sgi(unsigned sgi, unsigned cpu)
{
    uint64_t mpidr = guest.cpu_mpidr[cpu];

    barrier_dsb(); /* what we wrote is seen by the CPU that we interrupt */
    if (guest.gic_version == 2) {
        mmio_write32(guest.gicd_base + GICD_SGIR, (uint32_t)target_mask[cpu] << 16 | sgi);
        barrier_dsb();
    } else {
        sysreg_write(ICC_SGI1R_EL1, (mpidr >> 32 & 0xff) << 48 | (mpidr >> 4 & 15) << 44 |
                                        (mpidr >> 16 & 0xff) << 32 | (uint64_t)sgi << 24 |
                                        (mpidr >> 8 & 0xff) << 16 | 1ull << (mpidr & 15));
        barrier_isb();
    }
}

void gic_set_mask(uint8_t priority)
{
    if (guest.gic_version == 2) {
        mmio_write32(guest.gicc_base + GICC_PMR, priority);
    } else {
        sysreg_write(ICC_PMR_EL1, priority);
        barrier_isb();
    }
    barrier_dsb();
}

void gic_set_split_end(bool split)
{
    if (guest.gic_version == 2) {
        uint32_t value = mmio_read32(guest.gicc_base + GICC_CTLR) & ~GICC_CTLR_EOIMODE;

        mmio_write32(guest.gicc_base + GICC_CTLR, split ? value | GICC_CTLR_EOIMODE : value);
    } else {
        sysreg_write(ICC_CTLR_EL1, split ? ICC_CTLR_EOIMODE : 0);
        barrier_isb();
    }
}

uint32_t gic_acknowledge(void)
{
    uint32_t iar = guest.gic_version == 2 ? mmio_read32(guest.gicc_base + GICC_IAR)
                                          : (uint32_t)sysreg_read(ICC_IAR1_EL1);
    barrier_dsb();
    return iar;
}

void gic_end(uint32_t iar)
{
    barrier_dsb(); /* the device has seen what the handler wrote */
    if (guest.gic_version == 2) {
        mmio_write32(guest.gicc_base + GICC_EOIR, iar);
    } else {
        sysreg_write(ICC_EOIR1_EL1, iar);
        barrier_isb();
    }
}

void gic_deactivate(uint32_t iar)
{
    if (guest.gic_version == 2) {
        mmio_write32(guest.gicc_base + GICC_DIR, iar);
    } else {
        sysreg_write(ICC_DIR_EL1, iar);
        barrier_isb();
    }
}

uint8_t gic_running_priority(void)
{
    return (uint8_t)(guest.gic_version == 2 ? mmio_read32(guest.gicc_base + GICC_RPR)
                                            : sysreg_read(ICC_RPR_EL1));
}

unsigned gic_highest_pending(void)
{
    return gic_intid(guest.gic_version == 2 ? mmio_read32(guest.gicc_base + GICC_HPPIR)
                                            : (uint32_t)sysreg_read(ICC_HPPIR1_EL1));
}
