/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI with targets and entries that are not ours, and CPUs that race to start the same one. */
#include <inttypes.h>
#include <stdio.h>

#include "attacker.h"
#include "guest.h"

#define ROUNDS     100u
#define TIMEOUT_US 2000000u

/* ---- forged targets ---- */

static bool is_own_cpu(uint64_t mpidr)
{
    for (unsigned i = 0; i < guest.cpu_count; i++) {
        if (guest.cpu_mpidr[i] == mpidr) {
            return true;
        }
    }
    return false;
}

static struct {
    struct tally on, info, info_levels;
} forged;

static void try_target(uint64_t mpidr)
{
    if (is_own_cpu(mpidr) || mpidr != (uintptr_t)mpidr) {
        return;
    }
    tally_add(&forged.on, (uint64_t)psci_cpu_on(mpidr, (uintptr_t)attack_psci, 0));
    tally_add(&forged.info, (uint64_t)psci_affinity_info(mpidr));
}

static void forged_targets(void)
{
    for (uint64_t i = 0; i < 4096; i++) {
        try_target(i);
        try_target(i << 8);
        try_target(i << 16);
        try_target(i << 32);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        for (unsigned i = 0; i < guest.cpu_count; i++) {
            try_target(guest.cpu_mpidr[i] ^ 1ull << bit);
        }
    }
    for (unsigned i = 0; i < 4096; i++) {
        try_target((uintptr_t)random_next());
    }
    for (uint64_t level = 4; level < 64; level++) {
        tally_add(&forged.info_levels,
                  (uint64_t)psci_call(PSCI_AFFINITY_INFO, guest.cpu_mpidr[0], level, 0));
    }
    tally_print("psci CPU_ON of others", &forged.on);
    tally_print("psci AFFINITY_INFO of others", &forged.info);
    tally_print("psci AFFINITY_INFO of levels that are not", &forged.info_levels);
}

/* Entries in Bulkhead, in devices, in others' memory, at nothing; and one that is not aligned. */
static void forged_entries(void)
{
    static const uint64_t entries[] = {
        0,          0x08000000,  0x09000000, 0x3ffffffc, 0x48000000,
        0x7ffffffc, ~0ull << 12, 1ull << 47, ~3ull,
    };
    struct tally tally = {0};

    if (guest.cpu_count < 2) {
        return;
    }
    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        tally_add(&tally, (uint64_t)psci_cpu_on(guest.cpu_mpidr[1], (uintptr_t)entries[i], 0));
    }
    tally_add(&tally,
              (uint64_t)psci_cpu_on(guest.cpu_mpidr[1],
                                    (uintptr_t)(guest.memory[0].base + guest.memory[0].size), 0));
    tally_add(&tally, (uint64_t)psci_cpu_on(guest.cpu_mpidr[1], (uintptr_t)attack_psci + 2, 0));
    tally_print("psci CPU_ON with entries that are not ours", &tally);
}

/* ---- races: CPU 0 and CPU 1 both start the last CPU ---- */

static volatile unsigned race_round, race_done, race_runs;
static unsigned race_successes;
static struct tally race_results[2];

static unsigned race_target(void)
{
    return guest.cpu_count - 1;
}

static void race_prize(void)
{
    __atomic_fetch_add(&race_runs, 1, __ATOMIC_RELAXED);
}

static void race_start(unsigned self)
{
    int64_t result = cpu_start(race_target(), race_prize);

    if (result == PSCI_SUCCESS) {
        __atomic_fetch_add(&race_successes, 1, __ATOMIC_RELAXED);
    }
    tally_add(&race_results[self], (uint64_t)result);
}

static void race_rival(void)
{
    for (unsigned round = 1; round <= ROUNDS; round++) {
        while (race_round < round) {
            cpu_wait_for_event();
        }
        race_start(1);
        race_done = round;
        cpu_send_event();
    }
}

static bool wait_off(unsigned cpu)
{
    uint64_t end = timer_count() + timer_us_to_ticks(TIMEOUT_US);

    while (psci_affinity_info(guest.cpu_mpidr[cpu]) != PSCI_AFFINITY_OFF) {
        if (timer_count() > end) {
            return false;
        }
        __asm__ volatile("yield");
    }
    return true;
}

static void races(void)
{
    bool all_off = true;

    if (guest.cpu_count < 3) {
        return;
    }
    cpu_start(1, race_rival);
    for (unsigned round = 1; round <= ROUNDS && all_off; round++) {
        race_round = round;
        cpu_send_event();
        race_start(0);
        while (race_done < round) {
            cpu_wait_for_event();
        }
        all_off = wait_off(race_target());
    }
    all_off = all_off && wait_off(1);
    printf("attacker: psci races %u rounds, %u successes, %u runs, %s\n", ROUNDS, race_successes,
           race_runs, all_off ? "all off" : "one stays on");
    for (unsigned i = 0; i < 2; i++) {
        log_begin("psci races CPU %u", i);
        tally_log("", &race_results[i]);
        log_end();
    }
}

void attack_psci(void)
{
    struct tally own = {0};

    forged_targets();
    forged_entries();
    tally_add(&own, (uint64_t)psci_cpu_on(guest.cpu_mpidr[0], (uintptr_t)attack_psci, 0));
    tally_add(&own, (uint64_t)psci_affinity_info(guest.cpu_mpidr[0]));
    tally_print("psci own CPU", &own);
    races();
}
