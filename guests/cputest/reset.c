/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what state.S saved: of the boot CPU, of another, and of that one after dirt and off. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cputest.h"
#include "tests.h"

#define ABSENT     0xab5e27u /* what state.S has where a register is not there */
#define TIMEOUT_US 5000000u
#define SGI        3u

/* A slot for each of state_names. */
struct saved {
    uintptr_t own[2]; /* state.S's */
    uintptr_t slot[];
};

extern struct saved saved_boot, saved_on, saved_dirty, saved_again;
extern const uintptr_t state_slots;
extern const char state_names[];
extern char state_on[], state_again[];
_Noreturn void state_off(void);

/* It was written past the caches. */
static void forget(const struct saved *saved)
{
    const char *end = (const char *)&saved->slot[state_slots];

    for (const char *at = (const char *)saved; at < end; at += 16) {
        cache_forget(at);
    }
    barrier_dsb();
}

static void print_saved(const char *when, const struct saved *saved)
{
    const char *name = state_names;

    forget(saved);
    for (unsigned n = 0; n < state_slots; n++, name += strlen(name) + 1) {
        if (saved->slot[n] != ABSENT) {
            printf("cputest: %s %s %" PRIxPTR "\n", when, name, saved->slot[n]);
        }
    }
}

/* Goes with an interrupt taken and not ended, too. */
static void leave_dirty(void)
{
    gic_send_sgi(SGI, cpu_index());
    while (gic_intid(gic_acknowledge()) != SGI) {
    }
    state_off();
}

static void wait_until_off(void)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TIMEOUT_US);

    while (psci_affinity_info(guest.cpu_mpidr[1]) != PSCI_AFFINITY_OFF && timer_count() < end) {
        cpu_wait_for_event();
    }
    check_equal("the CPU is off", psci_affinity_info(guest.cpu_mpidr[1]), PSCI_AFFINITY_OFF);
}

void test_reset(void)
{
    print_saved("boot", &saved_boot);
    check_equal("CPU_ON", cpu_start_at(1, leave_dirty, (uintptr_t)state_on), PSCI_SUCCESS);
    wait_until_off();
    print_saved("on", &saved_on);
    print_saved("dirty", &saved_dirty);
    check_equal("CPU_ON again", cpu_start_at(1, cpu_stop, (uintptr_t)state_again), PSCI_SUCCESS);
    wait_until_off();
    print_saved("again", &saved_again);
}
