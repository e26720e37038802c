/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual and the physical timer: level-sensitive lines that this CPU can raise and drop. */
#include <stdio.h>

#include "gictest.h"
#include "guest.h"

#define CTL_ENABLE  1u
#define CTL_IMASK   2u
#define CTL_ISTATUS 4u
#define DELAY_US    2000u

struct timer {
    const char *name;
    unsigned intid;
    bool physical;
};

static void compare_write(const struct timer *t, uint64_t value)
{
    if (t->physical) {
        sysreg_write(cntp_cval_el0, value);
    } else {
        sysreg_write(cntv_cval_el0, value);
    }
}

static void control_write(const struct timer *t, uint64_t value)
{
    if (t->physical) {
        sysreg_write(cntp_ctl_el0, value);
    } else {
        sysreg_write(cntv_ctl_el0, value);
    }
    barrier_isb();
}

static uint64_t control_read(const struct timer *t)
{
    return t->physical ? sysreg_read(cntp_ctl_el0) : sysreg_read(cntv_ctl_el0);
}

static uint64_t counter_read(const struct timer *t)
{
    barrier_isb();
    return t->physical ? sysreg_read(cntpct_el0) : sysreg_read(cntvct_el0);
}

static const char *label(const struct timer *t, const char *what)
{
    static char name[80];

    snprintf(name, sizeof(name), "%s timer: %s", t->name, what);
    return name;
}

static void timer_begin(const struct timer *t)
{
    test_begin();
    gic_enable(t->intid);
    compare_write(t, 0);
}

static void timer_delivery(const struct timer *t)
{
    uint64_t compare, count;
    uint32_t iar;

    timer_begin(t);
    compare = counter_read(t) + timer_us_to_ticks(DELAY_US);
    compare_write(t, compare);
    control_write(t, CTL_ENABLE);
    iar = take();
    count = counter_read(t);
    check_equal(label(t, "its PPI is delivered"), gic_intid(iar), t->intid);
    check(label(t, "not before its time"), count >= compare);
    check(label(t, "ISTATUS"), (control_read(t) & CTL_ISTATUS) != 0);
    gic_end(iar);
    check_equal(label(t, "delivered again while its line is high"), take_and_end(), t->intid);
    iar = take();
    control_write(t, 0);
    gic_end(iar);
    check(label(t, "not when its line has fallen"), nothing_comes());
}

static void timer_line(const struct timer *t)
{
    timer_begin(t);
    gic_set_mask(0);
    check(label(t, "not pending while off"), !gic_is_pending(t->intid));
    control_write(t, CTL_ENABLE);
    timer_wait_us(DELAY_US);
    check(label(t, "pending with its line"), gic_is_pending(t->intid));
    gic_set_pending(t->intid, false);
    check(label(t, "ICPENDR cannot clear a line"), gic_is_pending(t->intid));
    control_write(t, CTL_ENABLE | CTL_IMASK);
    check(label(t, "not pending once masked"), !gic_is_pending(t->intid));
    gic_set_mask(0xf0);
    check(label(t, "masked, not delivered"), nothing_comes());
    control_write(t, CTL_ENABLE);
    check_equal(label(t, "no longer masked, delivered"), take_and_end(), t->intid);
    control_write(t, 0);
    timer_wait_us(DELAY_US);
    take_and_end(); /* a hypervisor may have seen the line before it fell */
    check(label(t, "off, not delivered"), nothing_comes());
}

/* A line that is low, and a pending bit written by hand. */
static void timer_latch(const struct timer *t)
{
    timer_begin(t);
    gic_set_pending(t->intid, true);
    check_equal(label(t, "made pending by ISPENDR, delivered"), take_and_end(), t->intid);
    check(label(t, "made pending by ISPENDR, delivered once"), nothing_comes());
    gic_disable(t->intid);
    control_write(t, CTL_ENABLE);
    check(label(t, "disabled in the GIC, not delivered"), nothing_comes());
    gic_enable(t->intid);
    check_equal(label(t, "enabled in the GIC, delivered"), take(), t->intid);
    control_write(t, 0);
    gic_end(t->intid);
    check(label(t, "then nothing"), nothing_comes());
}

static void both_at_once(void)
{
    uint32_t first, second;

    test_begin();
    gic_set_mask(0);
    gic_set_priority(guest.timer_virtual_intid, 0x80);
    gic_set_priority(guest.timer_physical_intid, 0x40);
    gic_enable(guest.timer_virtual_intid);
    gic_enable(guest.timer_physical_intid);
    timer_start(0);
    sysreg_write(cntp_cval_el0, 0);
    sysreg_write(cntp_ctl_el0, CTL_ENABLE);
    gic_set_mask(0xf0);
    first = take();
    sysreg_write(cntp_ctl_el0, 0);
    gic_end(first);
    second = take();
    timer_stop();
    gic_end(second);
    check_equal("both timers: the more urgent one first", gic_intid(first),
                guest.timer_physical_intid);
    check_equal("both timers: then the other", gic_intid(second), guest.timer_virtual_intid);
    check("both timers: then nothing", nothing_comes());
}

void test_timers(void)
{
    const struct timer timers[] = {
        {"virtual", guest.timer_virtual_intid, false},
        {"physical", guest.timer_physical_intid, true},
    };

    for (unsigned i = 0; i < 2; i++) {
        timer_delivery(&timers[i]);
        timer_line(&timers[i]);
        timer_latch(&timers[i]);
    }
    both_at_once();
}
