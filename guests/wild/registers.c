/* SPDX-License-Identifier: Apache-2.0 */
/* What a partition may not use: each register is read and written, each instruction executed. */
#include "registers.h"

#include <inttypes.h>
#include <stdio.h>

#include "guest.h"
#include "wild.h"

struct outcome {
    bool read_undefined;
    bool write_undefined;
    uint64_t value;
};

struct sysreg {
    const char *name;
    struct outcome (*probe)(void);
};

#define PROBE(name, ...)                                                                           \
    static struct outcome probe_##name(void)                                                       \
    {                                                                                              \
        uintptr_t value = 0;                                                                       \
        struct outcome o = {.value = 0};                                                           \
        o.read_undefined = WILD_CATCHES(REGISTER_READ(value, __VA_ARGS__));                        \
        o.value = value;                                                                           \
        value = o.read_undefined ? ~(uintptr_t)0 : value;                                          \
        o.write_undefined = WILD_CATCHES(REGISTER_WRITE(value, __VA_ARGS__));                      \
        return o;                                                                                  \
    }
#define ROW(name, ...) {#name, probe_##name},

REGISTERS_ABOVE(PROBE)
REGISTERS_BESIDE(PROBE)

static const struct sysreg registers_above[] = {REGISTERS_ABOVE(ROW)};
static const struct sysreg registers_beside[] = {REGISTERS_BESIDE(ROW)};

/* The number of registers of which neither a read nor a write was let through. */
static unsigned sysregs_probe(const struct sysreg *registers, unsigned count)
{
    unsigned undefined = 0;

    for (unsigned i = 0; i < count; i++) {
        struct outcome o = registers[i].probe();

        printf("wild: sysreg %s read ", registers[i].name);
        if (o.read_undefined) {
            printf("undefined");
        } else {
            printf("0x%" PRIx64, o.value);
        }
        printf(", write %s\n", o.write_undefined ? "undefined" : "done");
        undefined += o.read_undefined && o.write_undefined;
    }
    return undefined;
}

void wild_sysreg(void)
{
    unsigned count = sizeof(registers_above) / sizeof(registers_above[0]);
    unsigned undefined = sysregs_probe(registers_above, count);

    printf("wild: sysreg %u of %u registers of " ABOVE " undefined\n", undefined, count);
    count = sizeof(registers_beside) / sizeof(registers_beside[0]);
    undefined = sysregs_probe(registers_beside, count);
    printf("wild: sysreg %u of %u other registers undefined\n", undefined, count);
}

#define TRY(name, instruction)                                                                     \
    if (WILD_CATCHES(__asm__ volatile(instruction : : : "memory"))) {                              \
        printf("wild: undef %s %s esr=0x%" PRIx64 "\n", name,                                      \
               WILD_ESR_UNDEFINED(wild_caught.esr) ? "undefined" : "exception", wild_caught.esr);  \
    } else {                                                                                       \
        printf("wild: undef %s executed\n", name);                                                 \
    }

void wild_undef(void)
{
    INSTRUCTIONS(TRY)
}

void wild_spin(void)
{
    __asm__ volatile(MASK_ALL "\n 1: b 1b" : : : "memory");
}
