/* SPDX-License-Identifier: Apache-2.0 */
/* Holds an interrupt controller, real or virtual, against the architecture: IHI 0048, IHI 0069. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gic.h"
#include "gictest.h"
#include "guest.h"

#define TAKE_US    5000000u
#define NOTHING_US 1000u

static unsigned passed;
static unsigned failed;
static unsigned skipped;
static unsigned known;

void check(const char *name, bool ok)
{
    printf("gictest: %s - %s\n", ok ? "ok" : "FAIL", name);
    passed += ok;
    failed += !ok;
}

void check_equal(const char *name, uint64_t got, uint64_t want)
{
    if (got == want) {
        check(name, true);
    } else {
        failed++;
        printf("gictest: FAIL - %s (got 0x%" PRIx64 ", want 0x%" PRIx64 ")\n", name, got, want);
    }
}

void check_known(const char *name, uint64_t got, uint64_t want, const char *where)
{
    char allowed[16] = "";

    guest_argument("known", allowed, sizeof(allowed));
    if (got != want && strcmp(allowed, where) == 0) {
        known++;
        printf("gictest: known - %s (got 0x%" PRIx64 ", want 0x%" PRIx64 ", in %s)\n", name, got,
               want, where);
    } else {
        check_equal(name, got, want);
    }
}

void check_skip(const char *name, const char *why)
{
    skipped++;
    printf("gictest: skip - %s: %s\n", name, why);
}

void test_begin(void)
{
    cpu_mask_interrupts();
    timer_stop();
    sysreg_write(cntp_ctl_el0, 0);
    gic_init();
    gic_init_cpu();
}

uint32_t take(void)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TAKE_US);
    uint32_t iar;

    do {
        iar = gic_acknowledge();
    } while (gic_intid(iar) == GIC_SPURIOUS && timer_count() < end);
    return iar;
}

unsigned take_and_end(void)
{
    uint32_t iar = take();

    if (gic_intid(iar) != GIC_SPURIOUS) {
        gic_end(iar);
    }
    return gic_intid(iar);
}

bool nothing_comes(void)
{
    uint64_t end = timer_count() + timer_us_to_ticks(NOTHING_US);

    do {
        uint32_t iar = gic_acknowledge();

        if (gic_intid(iar) != GIC_SPURIOUS) {
            gic_end(iar);
            return false;
        }
    } while (timer_count() < end);
    return true;
}

bool wait_until(const volatile unsigned *value, unsigned want)
{
    uint64_t end = timer_count() + timer_us_to_ticks(PEER_US);

    while (*value < want) {
        if (timer_count() > end) {
            return false;
        }
        cpu_wait_for_event();
    }
    return true;
}

void distributor_enable(bool enable)
{
    uint32_t on = guest.gic_version == 2 ? GICD_CTLR_ENABLE : GICD_CTLR_ENABLE_GRP1A;
    uint32_t value = mmio_read32(guest.gicd_base + GICD_CTLR);

    mmio_write32(guest.gicd_base + GICD_CTLR, enable ? value | on : value & ~on);
    barrier_dsb();
}

void binary_point_set(bool coarse)
{
    if (guest.gic_version == 2) {
        mmio_write32(guest.gicc_base + GICC_BPR, coarse ? 6 : 0);
        barrier_dsb();
    } else {
        sysreg_write(ICC_BPR1_EL1, coarse ? 6 : 0);
        barrier_isb();
    }
}

uint8_t mask_read(void)
{
    return (uint8_t)(guest.gic_version == 2 ? mmio_read32(guest.gicc_base + GICC_PMR)
                                            : sysreg_read(ICC_PMR_EL1));
}

unsigned interface_number(unsigned cpu)
{
    return guest.gic_version == 2 ? (unsigned)__builtin_ctz(gic_target_mask(cpu)) : 0;
}

int main(void)
{
    printf("gictest: GICv%u, %u CPUs, SPI %u, timer PPIs %u and %u\n", guest.gic_version,
           guest.cpu_count, TEST_SPI, guest.timer_virtual_intid, guest.timer_physical_intid);
    if (guest.gic_version == 0) {
        check("the device tree has a GIC", false);
    } else {
        test_registers();
        test_spi();
        test_sgi();
        test_order();
        test_end_modes();
        test_timers();
        test_wait();
        test_peers();
    }
    if (skipped > 0 || known > 0) {
        printf("gictest: %u skipped, %u known errors of the machine\n", skipped, known);
    }
    printf("gictest: %u passed, %u failed\n", passed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
