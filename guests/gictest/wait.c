/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts as exceptions, and WFI: what wakes it, with interrupts masked and not. */
#include "gictest.h"
#include "guest.h"

#define TEST_SGI  6u
#define TIMES     1000u
#define DELAY_US  1000u
#define RESCUE_US 3000000u

static volatile unsigned sgis;
static volatile unsigned ticks;

static void sgi_handler(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    sgis++;
}

static void tick_handler(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    ticks++;
    timer_stop();
}

/* If nothing else wakes us, the physical timer does; its own interrupt is not enabled. */
static void rescue_arm(void)
{
    barrier_isb();
    sysreg_write(cntp_cval_el0, sysreg_read(cntpct_el0) + timer_us_to_ticks(RESCUE_US));
    sysreg_write(cntp_ctl_el0, 1);
    gic_enable(guest.timer_physical_intid);
    gic_set_priority(guest.timer_physical_intid, 0xe0);
}

static void wait_begin(void)
{
    test_begin();
    irq_set_handler(TEST_SGI, sgi_handler);
    irq_set_handler(guest.timer_virtual_intid, tick_handler);
    gic_enable(guest.timer_virtual_intid);
    sgis = 0;
    ticks = 0;
}

static void taken_as_exceptions(void)
{
    unsigned late = 0;

    wait_begin();
    cpu_unmask_interrupts();
    for (unsigned i = 1; i <= TIMES; i++) {
        gic_send_sgi(TEST_SGI, 0);
        late += !wait_until(&sgis, i);
    }
    check_equal("IRQ: 1000 SGIs, each taken once", sgis, TIMES);
    late = 0;
    for (unsigned i = 1; i <= TIMES; i++) {
        timer_start(timer_count());
        late += !wait_until(&ticks, i);
    }
    check_equal("IRQ: 1000 timer interrupts, each taken once", ticks, TIMES);
    check_equal("IRQ: none came late", late, 0);
    cpu_mask_interrupts();
}

static void wakes_unmasked(void)
{
    unsigned turns = 0;

    wait_begin();
    timer_start(timer_count() + timer_us_to_ticks(DELAY_US));
    rescue_arm();
    while (ticks == 0 && turns < 1000) {
        cpu_wait_for_interrupt();
        cpu_unmask_interrupts();
        barrier_isb();
        cpu_mask_interrupts();
        turns++;
    }
    check_equal("WFI: the timer wakes it, and is taken", ticks, 1);
}

static void wakes_masked(void)
{
    uint64_t start = timer_count();

    wait_begin();
    timer_start(timer_count() + timer_us_to_ticks(DELAY_US));
    rescue_arm();
    cpu_wait_for_interrupt();
    check("WFI: wakes with interrupts masked, in time",
          timer_count() - start < timer_us_to_ticks(RESCUE_US));
    check_equal("WFI: masked, nothing was taken", ticks, 0);
    check_equal("WFI: masked, the interrupt is there", take(), guest.timer_virtual_intid);
    timer_stop();
    gic_end(guest.timer_virtual_intid);

    start = timer_count();
    gic_send_sgi(TEST_SGI, 0);
    rescue_arm();
    cpu_wait_for_interrupt();
    check("WFI: does not sleep when one is pending",
          timer_count() - start < timer_us_to_ticks(RESCUE_US));
    check_equal("WFI: the pending one is there", take_and_end(), TEST_SGI);
    sysreg_write(cntp_ctl_el0, 0);
}

void test_wait(void)
{
    taken_as_exceptions();
    wakes_unmasked();
    wakes_masked();
}
