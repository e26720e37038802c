/* SPDX-License-Identifier: Apache-2.0 */
/* The generic timer's virtual half, by absolute compare values. */
#include "guest.h"

#define CNT_CTL_ENABLE 1u

void timer_start(uint64_t compare)
{
    sysreg_write(cntv_cval_el0, compare);
    sysreg_write(cntv_ctl_el0, CNT_CTL_ENABLE);
    barrier_isb();
}

void timer_stop(void)
{
    sysreg_write(cntv_ctl_el0, 0);
    barrier_isb();
}

uint64_t timer_ticks_to_ns(uint64_t ticks)
{
    uint64_t hz = guest.timer_frequency;

    return ticks / hz * 1000000000u + ticks % hz * 1000000000u / hz;
}

uint64_t timer_us_to_ticks(uint64_t us)
{
    uint64_t hz = guest.timer_frequency;

    return us / 1000000u * hz + us % 1000000u * hz / 1000000u;
}

void timer_wait_us(uint64_t us)
{
    uint64_t end = timer_count() + timer_us_to_ticks(us);

    while (timer_count() < end) {
        __asm__ volatile("yield");
    }
}
