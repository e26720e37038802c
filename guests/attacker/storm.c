/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs at once: caches by set and way and by address, TLBs, AT, SGIs, exclusives, the GIC. */
#include <stdio.h>

#include "attacker.h"
#include "gic.h"
#include "guest.h"

#define TURNS      4000u
#define TIMEOUT_US 60000000u

static volatile unsigned finished;

/* SGIs to everybody, masked or not there; writes to the enable, pending and active registers. */
static void interrupts(uint64_t random)
{
    uint64_t offset = GICD_ISENABLER + (random >> 8) % 0x300;

    mmio_write32(guest.gicd_base + (uintptr_t)(offset & ~3ull), (uint32_t)random_next());
    if (guest.gic_version == 2) {
        mmio_write32(guest.gicd_base + GICD_SGIR, (uint32_t)random);
    } else {
        sysreg_write(ICC_SGI1R_EL1, random & 1 ? ICC_SGI1R_OTHERS | random : random & 0xf00ffff);
    }
    mmio_read32(guest.gicd_base + GICD_ISPENDR + (uintptr_t)(random >> 40) % 0x80 / 4 * 4);
}

static void storm(void)
{
    static void (*const winds[])(uint64_t random) = {
        wind_set_way,    wind_tlb,   wind_translate, wind_zero,
        wind_exclusives, interrupts, interrupts,     interrupts,
    };

    for (unsigned i = 0; i < TURNS; i++) {
        uint64_t random = random_next();

        winds[random >> 56 & 7](random);
        if (i % 64 == 0) {
            psci_call(PSCI_CPU_ON, random, random, random);
            probe(1, (uintptr_t)access_ldr_w, 0x08000000 + random % MIB(48), 0);
        }
    }
    __atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
}

static volatile bool timer_came;

static void timer_handler(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    timer_stop();
    timer_came = true;
}

/* After all that, set up again: an interrupt still comes. */
static bool timer_works(void)
{
    uint64_t end;

    gic_init();
    gic_init_cpu();
    irq_set_handler(guest.timer_virtual_intid, timer_handler);
    gic_enable(guest.timer_virtual_intid);
    end = timer_count() + timer_us_to_ticks(1000000);
    timer_start(timer_count());
    cpu_unmask_interrupts();
    while (!timer_came && timer_count() < end) {
        __asm__ volatile("yield");
    }
    cpu_mask_interrupts();
    return timer_came;
}

void attack_storm(void)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TIMEOUT_US);

    for (unsigned i = 1; i < guest.cpu_count; i++) {
        cpu_start(i, storm);
    }
    storm();
    while (finished < guest.cpu_count && timer_count() < end) {
        __asm__ volatile("yield");
    }
    printf("attacker: storm of %u turns on %u of %u CPUs, then %s\n", TURNS, finished,
           guest.cpu_count, timer_works() ? "a timer interrupt" : "no interrupt");
}
