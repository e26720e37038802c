/* SPDX-License-Identifier: Apache-2.0 */
/* Garbage in every register of the interrupt controller. */
#include "gic.h"

#include <stdio.h>

#include "guest.h"
#include "wild.h"

#define ACCESSES         20000u
#define GICD_V2_SIZE     0x1000u
#define GICD_V3_SIZE     0x10000u
#define GICC_SIZE        0x2000u
#define TIMER_TIMEOUT_US 1000000u
#define FORGE_US         2000000u
#define FORGE_FIRST      32u
#define FORGE_COUNT      288u

static volatile bool timer_came;

struct window {
    uintptr_t base;
    uintptr_t size; /* bytes */
};

/* What the device tree gives us of the GIC; returns how many windows. */
static unsigned windows_get(struct window *windows)
{
    unsigned count = 0;

    if (guest.gic_version == 2) {
        windows[count++] = (struct window){guest.gicd_base, GICD_V2_SIZE};
        windows[count++] = (struct window){guest.gicc_base, GICC_SIZE};
    } else if (guest.gic_version == 3) {
        windows[count++] = (struct window){guest.gicd_base, GICD_V3_SIZE};
        for (unsigned i = 0; i < guest.gicr_count; i++) {
            uintptr_t size = guest.cpu_count * GICR_SIZE;

            if (size > guest.gicr[i].size) {
                size = (uintptr_t)guest.gicr[i].size;
            }
            windows[count++] = (struct window){(uintptr_t)guest.gicr[i].base, size};
        }
    }
    return count;
}

static void interface_scramble(void)
{
    if (guest.gic_version == 3) {
        sysreg_write(ICC_PMR_EL1, wild_random() & 0xff);
        sysreg_write(ICC_BPR1_EL1, wild_random() & 7);
        sysreg_write(ICC_CTLR_EL1, wild_random() & 3);
        sysreg_write(ICC_AP1R0_EL1, wild_random() & 0xffffffff);
        sysreg_write(ICC_EOIR1_EL1, wild_random() & 0x3ff);
        sysreg_write(ICC_DIR_EL1, wild_random() & 0x3ff);
        sysreg_write(ICC_SGI1R_EL1, wild_random());
        sysreg_write(ICC_SGI1R_EL1, ICC_SGI1R_OTHERS | (wild_random() & 0xf000000));
        sysreg_write(ICC_IGRPEN1_EL1, wild_random() & 1);
        barrier_isb();
    }
}

static void access_random(const struct window *window)
{
    uint64_t random = wild_random();
    uintptr_t address = window->base + (uintptr_t)random % window->size;
    unsigned width = (unsigned)(random >> 40) & 3;

    if (random >> 42 & 15) {
        address &=
            ~(((uintptr_t)1 << width) - 1); /* one in 16 may be unaligned: not the GIC's problem */
    }
    switch (width | (random >> 46 & 1) << 2) {
    case 0:
        mmio_read8(address);
        break;
    case 1:
        mmio_read16(address);
        break;
    case 2:
        mmio_read32(address);
        break;
    case 3:
        mmio_read64(address);
        break;
    case 4:
        mmio_write8(address, (uint8_t)wild_random());
        break;
    case 5:
        mmio_write16(address, (uint16_t)wild_random());
        break;
    case 6:
        mmio_write32(address, (uint32_t)wild_random());
        break;
    default:
        mmio_write64(address, wild_random());
        break;
    }
}

static void timer_handler(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    timer_stop();
    timer_came = true;
}

/* Drops the priorities that reads of GICC_IAR raised. QEMU looks at GICC_APR only at an EOI. */
static void interface_drain(void)
{
    if (guest.gic_version == 2) {
        for (unsigned i = 0; i < 16; i += 4) {
            mmio_write32(guest.gicc_base + GICC_APR + i, 0);
            mmio_write32(guest.gicc_base + GICC_NSAPR + i, 0);
        }
        mmio_write32(guest.gicc_base + GICC_CTLR, GICC_CTLR_ENABLE);
        mmio_write32(guest.gicc_base + GICC_EOIR, 0);
    }
}

/* After all that, set up again: an interrupt still comes. */
static bool gic_still_works(void)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TIMER_TIMEOUT_US);

    interface_drain();
    gic_init();
    gic_init_cpu();
    irq_set_handler(guest.timer_virtual_intid, timer_handler);
    gic_enable(guest.timer_virtual_intid);
    timer_start(timer_count());
    cpu_unmask_interrupts();
    while (!timer_came && timer_count() < end) {
        __asm__ volatile("yield");
    }
    cpu_mask_interrupts();
    return timer_came;
}

void wild_gic(void)
{
    struct window windows[1 + GUEST_MAX_GICR_REGIONS];
    unsigned count = windows_get(windows);
    uint64_t accesses = wild_number("accesses", ACCESSES);
    unsigned aborts = wild_caught.count;

    if (count == 0) {
        puts("wild: gic not there");
        return;
    }
    for (uint64_t i = 0; i < accesses; i++) {
        access_random(&windows[i % count]);
        if (i % 64 == 0) {
            interface_scramble();
        }
    }
    barrier_dsb();
    printf("wild: gic %lu accesses, %u aborts\n", (unsigned long)accesses,
           wild_caught.count - aborts);
    printf("wild: gic after set-up: %s\n", gic_still_works() ? "timer interrupt" : "no interrupt");
}

void wild_disable(void)
{
    struct window windows[1 + GUEST_MAX_GICR_REGIONS];
    unsigned count = windows_get(windows);

    cpu_mask_all();
    for (unsigned i = 0; i < count; i++) {
        for (uintptr_t offset = 0; offset < windows[i].size; offset += 4) {
            mmio_write32(windows[i].base + offset, (uint32_t)wild_random());
        }
    }
    interface_scramble();
    puts("wild: disable: interrupts masked, GIC scrambled; now the MMU goes and the CPU spins");
    mmu_off_and_spin();
}

/* Every number that a GICv2m frame could raise, the SMMU's among them, again and again. */
void wild_forge(void)
{
    const uintptr_t doorbell = (uintptr_t)wild_number("doorbell", 0);
    const uint64_t end = timer_count() + timer_us_to_ticks(FORGE_US);
    unsigned writes = 0;

    for (; timer_count() < end; writes++) {
        mmio_write32(doorbell, FORGE_FIRST + writes % FORGE_COUNT);
    }
    printf("wild: forge %u writes\n", writes);
}
