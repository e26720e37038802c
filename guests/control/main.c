/* SPDX-License-Identifier: Apache-2.0 */
/* A real-time partition: a 1 kHz loop on the virtual timer, which tells how late its ticks came. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"

#define LOOP_HZ 1000u

/* One second of the loop; latencies in timer ticks. */
struct report {
    uint64_t min;
    uint64_t max;
    uint64_t sum;
    unsigned overruns; /* ticks missed altogether */
};

/* Written by the interrupt handler. */
static struct report current = {.min = UINT64_MAX};
static struct report finished;
static volatile bool finished_is_new;
static unsigned ticks;
static uint64_t compare;
static uint64_t period;

/* The control law would be here. */
static void loop_tick(unsigned intid, unsigned source)
{
    uint64_t late = timer_count() - compare;

    (void)intid;
    (void)source;
    current.sum += late;
    current.min = late < current.min ? late : current.min;
    current.max = late > current.max ? late : current.max;

    /* The next tick is one period after this one was due, however late this one came: no drift. */
    compare += period;
    while (timer_count() - compare < UINT64_MAX / 2) {
        current.overruns++;
        compare += period;
    }
    timer_start(compare);

    if (++ticks % LOOP_HZ == 0) {
        finished = current;
        finished_is_new = true;
        current = (struct report){.min = UINT64_MAX};
    }
}

/* Sleeps until a second has passed, and takes its report. */
static struct report loop_wait_report(void)
{
    struct report report;

    cpu_mask_interrupts();
    while (!finished_is_new) {
        cpu_wait_for_interrupt(); /* wakes although masked; taken as soon as unmasked */
        cpu_unmask_interrupts();
        barrier_isb();
        cpu_mask_interrupts();
    }
    finished_is_new = false;
    report = finished;
    cpu_unmask_interrupts();
    return report;
}

int main(void)
{
    char text[12] = "0";
    unsigned long seconds;

    guest_argument("seconds", text, sizeof(text));
    seconds = strtoul(text, NULL, 10);

    printf("control: %u Hz loop on its CPU 0x%" PRIx64 ", GICv%u, timer %" PRIu32 " Hz\n", LOOP_HZ,
           guest.cpu_mpidr[0], guest.gic_version, guest.timer_frequency);

    period = guest.timer_frequency / LOOP_HZ;
    compare = timer_count() + period;
    irq_set_handler(guest.timer_virtual_intid, loop_tick);
    gic_set_priority(guest.timer_virtual_intid, 0x20);
    gic_enable(guest.timer_virtual_intid);
    timer_start(compare);
    cpu_unmask_interrupts();

    for (unsigned long second = 1; seconds == 0 || second <= seconds; second++) {
        struct report report = loop_wait_report();

        printf("control: %u ticks, jitter min %" PRIu64 " avg %" PRIu64 " max %" PRIu64
               " ns, overruns %u\n",
               LOOP_HZ, timer_ticks_to_ns(report.min), timer_ticks_to_ns(report.sum) / LOOP_HZ,
               timer_ticks_to_ns(report.max), report.overruns);
    }
    return 0;
}
