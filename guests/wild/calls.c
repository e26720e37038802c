/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to whoever is above: random ones in great number, the end, a reset. */
#include <inttypes.h>
#include <stdio.h>

#include "guest.h"
#include "wild.h"

#define CALLS 100000u

/* PSCI functions by number: those that only ask. The others could end the test or this CPU. */
#define PSCI_RANGE     0x84000000u
#define PSCI_RANGE_END 0x84000020u
#define PSCI_64BIT     0x40000000u

static bool call_is_harmless(uint32_t function)
{
    uint32_t id = function & ~PSCI_64BIT;

    return id < PSCI_RANGE || id >= PSCI_RANGE_END || id == PSCI_VERSION ||
           id == (PSCI_AFFINITY_INFO & ~PSCI_64BIT) || id == PSCI_FEATURES;
}

/* Half are any 32 bits, half are fast calls to the owners that exist, with low numbers. */
static uint32_t call_random_function(void)
{
    uint32_t function;

    do {
        uint64_t random = wild_random();

        function = (uint32_t)random;
        if (random >> 63 != 0) {
            function = 0x80000000u | (function & 0x4700003fu);
        }
    } while (!call_is_harmless(function));
    return function;
}

static void call_flood(const char *name, bool smc)
{
    uint64_t calls = wild_number("calls", CALLS);
    unsigned undefined = 0;
    unsigned not_supported = 0;
    unsigned other = 0;

    for (uint64_t i = 0; i < calls; i++) {
        int64_t result = 0;
        bool caught;

        if (i % 16 == 0) {
            caught = WILD_CATCHES(result = call_with_immediate(smc, i / 16 % 2 == 0));
        } else {
            uint32_t function = call_random_function();

            caught = WILD_CATCHES(result = (smc ? smccc_smc : smccc_hvc)(
                                      function, wild_random(), wild_random(), wild_random()));
        }
        undefined += caught;
        not_supported += !caught && (int32_t)result == PSCI_NOT_SUPPORTED;
        other += !caught && (int32_t)result != PSCI_NOT_SUPPORTED;
    }
    printf("wild: %s %" PRIu64 " calls, %u not supported, %u undefined, %u other\n", name, calls,
           not_supported, undefined, other);
}

void wild_hvc(void)
{
    call_flood("hvc", false);
}

void wild_smc(void)
{
    int64_t result = 0;

    if (WILD_CATCHES(result = smccc_smc(0xc300ffff, 0, 0, 0))) {
        printf("wild: smc undefined esr=0x%" PRIx64 "\n", wild_caught.esr);
    } else {
        printf("wild: smc returned %" PRId64 "\n", result);
    }
    call_flood("smc", true);
}

void wild_flood(void)
{
    uint64_t lines = wild_number("lines", 0);

    for (uint64_t i = 1; lines == 0 || i <= lines; i++) {
        printf("wild: flood %" PRIu64 "\n", i);
    }
}

void wild_off(void)
{
    psci_system_off();
}

void wild_reset(void)
{
    psci_system_reset();
}
