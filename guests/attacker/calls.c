/* SPDX-License-Identifier: Apache-2.0 */
/* HVC and SMC: every immediate, and the function identifiers of the SMC Calling Convention. */
#include <inttypes.h>
#include <stdio.h>

#include "attacker.h"
#include "guest.h"

#define IMMEDIATES_AT_ONCE 256u
#define RANDOM_CALLS       20000u
#define NOT_SUPPORTED      UINTPTR_MAX

/* Functions that end the caller, or the partition. */
#define IS_FATAL(function)                                                                         \
    (((function) & ~0x40000000u) == PSCI_CPU_OFF ||                                                \
     ((function) & ~0x40000000u) == PSCI_SYSTEM_OFF ||                                             \
     ((function) & ~0x40000000u) == PSCI_SYSTEM_RESET)

static uint32_t stubs[IMMEDIATES_AT_ONCE][2] __attribute__((aligned(4096)));

/* DEN 0028 2.5: what there may be behind a function number's owner. */
static const struct {
    uint32_t first, last;
} numbers[] = {{0, 0x3f}, {0x3ffc, 0x4003}, {0x7ffc, 0x8003}, {0xfefe, 0xff10}, {0xfffc, 0xffff}};

static void immediates(unsigned el, const char *name, bool smc)
{
    struct tally tally = {0};

    for (unsigned i = 0; i < call_immediates(smc); i++) {
        unsigned slot = i % IMMEDIATES_AT_ONCE;

        if (slot == 0) {
            for (unsigned j = 0; j < IMMEDIATES_AT_ONCE; j++) {
                stubs[j][0] = call_instruction(smc, i + j);
                stubs[j][1] = INSTRUCTION_RETURN;
            }
            code_sync(stubs, sizeof(stubs));
        }
        if (i != 0 || el == 0) { /* #0 from EL1 is a call */
            tally_add(&tally, probe(el, (uintptr_t)stubs[slot], PSCI_VERSION, 0).esr);
        }
    }
    log_begin("calls EL%u %s immediates", el, name);
    tally_log("", &tally);
    log_end();
}

static const uint32_t *call_code(bool smc)
{
    stubs[0][0] = call_instruction(smc, 0);
    stubs[0][1] = INSTRUCTION_RETURN;
    code_sync(stubs, sizeof(stubs[0]));
    return stubs[0];
}

static bool is_plain(struct outcome o)
{
    return o.esr == 0 && o.value == NOT_SUPPORTED;
}

/* All owners, fast and yielding, 32 and 64 bits, with the lowest and the reserved numbers. */
static void functions(const char *name, const uint32_t *code)
{
    unsigned long calls = 0, not_supported = 0;

    log_begin("calls %s", name);
    for (uint32_t upper = 0; upper < 0x100; upper++) {
        for (unsigned r = 0; r < sizeof(numbers) / sizeof(numbers[0]); r++) {
            for (uint32_t n = numbers[r].first; n <= numbers[r].last; n++) {
                uint32_t function = upper << 24 | n;
                struct outcome o;

                if (IS_FATAL(function)) {
                    continue;
                }
                o = probe(1, (uintptr_t)code, 0xbad0000000000000u | function, ~0ull);
                calls++;
                not_supported += is_plain(o);
                if (!is_plain(o)) {
                    log_add("%08" PRIx32 "=%s%" PRIx64, function, o.esr != 0 ? "!" : "",
                            o.esr != 0 ? o.esr : o.value);
                }
            }
        }
    }
    log_end();
    printf("attacker: calls %s %lu functions, %lu not supported\n", name, calls, not_supported);
}

/* Any 64 bits; those that the systematic run knows are told there. */
static void random_functions(const char *name, const uint32_t *code)
{
    unsigned long not_supported = 0, undefined = 0, other = 0;

    for (unsigned i = 0; i < RANDOM_CALLS; i++) {
        uint64_t function = random_next() | 0x3f0000; /* SMCCC: must be zero; PSCI never has them */
        struct outcome o = probe(1, (uintptr_t)code, function, random_next());

        not_supported += is_plain(o);
        undefined += o.esr != 0;
        other += o.esr == 0 && !is_plain(o);
    }
    printf("attacker: calls %s %u random, %lu not supported, %lu undefined, %lu other\n", name,
           RANDOM_CALLS, not_supported, undefined, other);
}

/* 0 where a call leaves the other registers as they were, as SMCCC 1.1 wants it. */
uintptr_t call_registers_hvc(uintptr_t function);
uintptr_t call_registers_smc(uintptr_t function);

static void registers(void)
{
    static const uint32_t asked[] = {PSCI_VERSION, PSCI_FEATURES, 0x8600ff01, 0x80000000,
                                     0xc6000000,   0x80000001,    0x12345678};
    unsigned changed = 0;

    for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        changed += call_registers_hvc(asked[i]) != 0;
        changed += call_registers_smc(asked[i]) != 0;
    }
    printf("attacker: calls changed other registers in %u of %lu\n", changed,
           (unsigned long)(2 * sizeof(asked) / sizeof(asked[0])));
}

void attack_calls(void)
{
    immediates(1, "hvc", false);
    immediates(1, "smc", true);
    immediates(0, "hvc", false);
    immediates(0, "smc", true);
    functions("hvc", call_code(false));
    random_functions("hvc", call_code(false));
    functions("smc", call_code(true));
    random_functions("smc", call_code(true));
    registers();
}
