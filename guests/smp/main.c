/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs of a partition: PSCI's CPU_ON, CPU_OFF and AFFINITY_INFO, and SGIs round a ring. */
#include <inttypes.h>
#include <stdio.h>

#include "guest.h"

#define SGI          1u
#define SGIS_EACH    1000u
#define TIMEOUT_US   10000000u
#define MPIDR_NO_CPU 0xff00fffffeull

/* Each is written by the CPU of that index only. */
static volatile unsigned ready[GUEST_MAX_CPUS];
static volatile unsigned received[GUEST_MAX_CPUS];
static volatile unsigned finished[GUEST_MAX_CPUS];
static volatile bool timed_out[GUEST_MAX_CPUS];

static unsigned failures;

static void expect(const char *what, int64_t got, int64_t want)
{
    if (got != want) {
        failures++;
        printf("smp: FAIL - %s (got %" PRId64 ", want %" PRId64 ")\n", what, got, want);
    }
}

static void sgi_received(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    received[cpu_index()]++;
    cpu_send_event();
}

/* Waits for *counter to reach `value`. */
static bool wait_for(const volatile unsigned *counter, unsigned value)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TIMEOUT_US);

    while (*counter < value) {
        if (timer_count() > end) {
            timed_out[cpu_index()] = true;
            return false;
        }
        cpu_wait_for_event();
    }
    return true;
}

/* What each CPU does: an SGI to the next CPU, each when the one before it has arrived. */
static void ring(void)
{
    unsigned self = cpu_index();
    unsigned next = (self + 1) % guest.cpu_count;

    ready[self] = 1;
    cpu_send_event();
    wait_for(&ready[next], 1); /* an SGI sent before its gic_init_cpu() would be lost */
    cpu_unmask_interrupts();
    for (unsigned i = 1; i <= SGIS_EACH; i++) {
        gic_send_sgi(SGI, next);
        if (!wait_for(&received[next], i)) {
            break;
        }
    }
    /* Not gone before the CPU before us is done with us. */
    wait_for(&received[self], SGIS_EACH);
    cpu_mask_interrupts();
    finished[self]++;
    cpu_send_event();
}

static void idle(void)
{
    finished[cpu_index()]++;
    cpu_send_event();
}

/* CPU_OFF takes a moment after `function` has returned. */
static void expect_off(unsigned cpu)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TIMEOUT_US);
    int64_t state;

    do {
        state = psci_affinity_info(guest.cpu_mpidr[cpu]);
    } while (state != PSCI_AFFINITY_OFF && timer_count() < end);
    expect("AFFINITY_INFO of a CPU that is off", state, PSCI_AFFINITY_OFF);
}

static void run_ring(void)
{
    unsigned total = 0;

    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        expect_off(cpu);
        expect("CPU_ON", cpu_start(cpu, ring), PSCI_SUCCESS);
    }
    ring();
    for (unsigned cpu = 0; cpu < guest.cpu_count; cpu++) {
        wait_for(&finished[cpu], 1);
        expect("a CPU's time-outs", timed_out[cpu], 0);
        total += received[cpu];
    }
    expect("SGIs", total, SGIS_EACH * guest.cpu_count);
    printf("smp: %u CPUs, %u SGIs, %s\n", guest.cpu_count, total, failures == 0 ? "ok" : "FAIL");
}

/* Off, on and off once more. */
static void run_power(void)
{
    expect("AFFINITY_INFO of the CPU that asks", psci_affinity_info(guest.cpu_mpidr[0]),
           PSCI_AFFINITY_ON);
    expect("CPU_ON of the CPU that asks", psci_cpu_on(guest.cpu_mpidr[0], 0, 0), PSCI_ALREADY_ON);
    expect("CPU_ON of no CPU", psci_cpu_on(MPIDR_NO_CPU, 0, 0), PSCI_INVALID_PARAMETERS);
    expect("AFFINITY_INFO of no CPU", psci_affinity_info(MPIDR_NO_CPU), PSCI_INVALID_PARAMETERS);
    for (unsigned cpu = 1; cpu < guest.cpu_count; cpu++) {
        expect_off(cpu);
        expect("CPU_ON after CPU_OFF", cpu_start(cpu, idle), PSCI_SUCCESS);
        wait_for(&finished[cpu], 2);
        expect("runs after CPU_ON", finished[cpu], 2);
        expect_off(cpu);
    }
    printf("smp: CPU_ON, CPU_OFF, AFFINITY_INFO, %s\n", failures == 0 ? "ok" : "FAIL");
}

int main(void)
{
    int64_t version = psci_call(PSCI_VERSION, 0, 0, 0);

    printf("smp: PSCI %u.%u by %s\n", (unsigned)version >> 16, (unsigned)version & 0xffff,
           guest.psci_smc ? "SMC" : "HVC");
    irq_set_handler(SGI, sgi_received);
    run_ring();
    run_power();
    puts("smp: done");
    return 0;
}
