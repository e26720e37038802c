/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs of a partition: PSCI's CPU_ON, CPU_OFF and AFFINITY_INFO, and SGIs round a ring. */
#include <inttypes.h>
#include <stdio.h>

#include "guest.h"

#define HOPS         1000u
#define NEWS_SGI     15u /* below it: one SGI for each token */
#define TIMEOUT_US   60000000u
#define MPIDR_NO_CPU 0xff00fffffeull

/* Each CPU writes its own entry. */
static volatile unsigned runs[GUEST_MAX_CPUS];
static volatile unsigned received[GUEST_MAX_CPUS];

/* Token t is SGI t. Only the CPU that has it writes its entry. */
static volatile unsigned hops[NEWS_SGI];

static volatile bool go;
static volatile bool timed_out;
static unsigned failures;

static void expect(const char *what, int64_t got, int64_t want)
{
    if (got != want) {
        failures++;
        printf("smp: FAIL - %s (got %" PRId64 ", want %" PRId64 ")\n", what, got, want);
    }
}

static unsigned next_cpu(void)
{
    return (cpu_index() + 1) % guest.cpu_count;
}

/* CPU t starts token t; there are fewer SGIs than a partition may have CPUs. */
static unsigned token_count(void)
{
    return guest.cpu_count < NEWS_SGI ? guest.cpu_count : NEWS_SGI;
}

/* Wakes every CPU that waits in ring_wait(). */
static void news_send(void)
{
    for (unsigned cpu = 0; cpu < guest.cpu_count; cpu++) {
        gic_send_sgi(NEWS_SGI, cpu);
    }
}

static void news_received(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
}

static void token_received(unsigned token, unsigned source)
{
    (void)source;
    received[cpu_index()]++;
    hops[token]++;
    if (hops[token] < HOPS) {
        gic_send_sgi(token, next_cpu());
    } else {
        news_send();
    }
}

static void time_is_over(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    timer_stop();
    timed_out = true;
}

static bool ring_may_start(void)
{
    return go;
}

static bool ring_is_over(void)
{
    for (unsigned token = 0; token < token_count(); token++) {
        if (hops[token] < HOPS) {
            return false;
        }
    }
    return true;
}

/* Sleeps, but for interrupts, until `condition` holds. */
static void ring_wait(bool (*condition)(void))
{
    while (!condition() && !timed_out) {
        cpu_wait_for_interrupt();
        cpu_unmask_interrupts();
        barrier_isb();
        cpu_mask_interrupts();
    }
}

/* What each CPU does: sends its own token round, if it has one, and passes on those that come. */
static void ring(void)
{
    timer_start(timer_count() + timer_us_to_ticks(TIMEOUT_US));
    gic_enable(guest.timer_virtual_intid);
    runs[cpu_index()]++;
    cpu_send_event();
    ring_wait(ring_may_start);
    if (cpu_index() < token_count()) {
        gic_send_sgi(cpu_index(), next_cpu());
    }
    ring_wait(ring_is_over);
    timer_stop();
}

static void run_once(void)
{
    runs[cpu_index()]++;
    cpu_send_event();
}

static bool wait_for_run(unsigned cpu, unsigned run)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TIMEOUT_US);

    while (runs[cpu] < run && timer_count() < end) {
        cpu_wait_for_event();
    }
    return runs[cpu] == run;
}

/* CPU_OFF takes a moment after a CPU's function has returned. */
static void expect_off(unsigned cpu)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TIMEOUT_US);
    int64_t state = psci_affinity_info(guest.cpu_mpidr[cpu]);

    while (state != PSCI_AFFINITY_OFF && timer_count() < end) {
        cpu_wait_for_event();
        state = psci_affinity_info(guest.cpu_mpidr[cpu]);
    }
    expect("AFFINITY_INFO of a CPU that is off", state, PSCI_AFFINITY_OFF);
}

static void test_ring(void)
{
    unsigned total = 0;

    irq_set_handler(NEWS_SGI, news_received);
    irq_set_handler(guest.timer_virtual_intid, time_is_over);
    for (unsigned token = 0; token < token_count(); token++) {
        irq_set_handler(token, token_received);
    }
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        expect_off(cpu);
        expect("CPU_ON", cpu_start(cpu, ring), PSCI_SUCCESS);
        expect("runs after CPU_ON", wait_for_run(cpu, 1), true);
        expect("AFFINITY_INFO of a CPU that runs", psci_affinity_info(guest.cpu_mpidr[cpu]),
               PSCI_AFFINITY_ON);
    }
    go = true;
    news_send();
    ring();
    expect("time-outs", timed_out, false);
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        expect_off(cpu);
    }
    for (unsigned cpu = 0; cpu < guest.cpu_count; cpu++) {
        total += received[cpu];
    }
    expect("SGIs", total, HOPS * token_count());
    printf("smp: %u CPUs, %u SGIs, %s\n", guest.cpu_count, total, failures == 0 ? "ok" : "FAIL");
}

/* On and off once more, and the answers to calls that cannot be followed. */
static void test_power(void)
{
    expect("AFFINITY_INFO of the CPU that asks", psci_affinity_info(guest.cpu_mpidr[0]),
           PSCI_AFFINITY_ON);
    expect("CPU_ON of the CPU that asks", psci_cpu_on(guest.cpu_mpidr[0], (uintptr_t)test_power, 0),
           PSCI_ALREADY_ON);
    expect("CPU_ON of no CPU", psci_cpu_on(MPIDR_NO_CPU, 0, 0), PSCI_INVALID_PARAMETERS);
    expect("AFFINITY_INFO of no CPU", psci_affinity_info(MPIDR_NO_CPU), PSCI_INVALID_PARAMETERS);
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        expect("CPU_ON after CPU_OFF", cpu_start(cpu, run_once), PSCI_SUCCESS);
        expect("runs after CPU_OFF and CPU_ON", wait_for_run(cpu, 2), true);
        expect_off(cpu);
    }
    printf("smp: CPU_ON, CPU_OFF, AFFINITY_INFO, %s\n", failures == 0 ? "ok" : "FAIL");
}

int main(void)
{
    int64_t version = psci_call(PSCI_VERSION, 0, 0, 0);

    printf("smp: PSCI %u.%u by %s\n", (unsigned)version >> 16, (unsigned)version & 0xffff,
           guest.psci_smc ? "SMC" : "HVC");
    test_ring();
    test_power();
    puts("smp: done");
    return 0;
}
