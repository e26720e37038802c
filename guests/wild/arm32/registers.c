/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and coprocessor registers that are not a partition's to use. */
#include <inttypes.h>
#include <stdio.h>

#include "guest.h"
#include "wild.h"

/* A register by the operands of MRC: X(name, op1, CRn, CRm, op2). Those of HYP and Monitor. */
#define REGISTERS_ABOVE(X)                                                                         \
    X(HCR, 4, c1, c1, 0)                                                                           \
    X(HSCTLR, 4, c1, c0, 0)                                                                        \
    X(HVBAR, 4, c12, c0, 0)                                                                        \
    X(HTPIDR, 4, c13, c0, 2)                                                                       \
    X(CNTHCTL, 4, c14, c1, 0)                                                                      \
    X(VPIDR, 4, c0, c0, 0)                                                                         \
    X(HDCR, 4, c1, c1, 1)                                                                          \
    X(SCR, 0, c1, c1, 0)                                                                           \
    X(MVBAR, 0, c12, c0, 1)

/* Those that a hypervisor emulates, hides, or gives away. */
#define REGISTERS_BESIDE(X)                                                                        \
    X(ACTLR, 0, c1, c0, 1)                                                                         \
    X(PMCR, 0, c9, c12, 0)                                                                         \
    X(PMINTENSET, 0, c9, c14, 1)                                                                   \
    X(L2CTLR, 1, c9, c0, 2)                                                                        \
    X(CBAR, 4, c15, c0, 0)                                                                         \
    X(ICC_SRE, 0, c12, c12, 5)

struct outcome {
    bool read_undefined;
    bool write_undefined;
    uint64_t value;
};

struct sysreg {
    const char *name;
    struct outcome (*probe)(void);
};

#define PROBE(name, op1, crn, crm, op2)                                                            \
    static struct outcome probe_##name(void)                                                       \
    {                                                                                              \
        struct outcome o = {.value = 0};                                                           \
        uint32_t value = 0;                                                                        \
        o.read_undefined =                                                                         \
            WILD_CATCHES(__asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2       \
                                          : "+r"(value)));                                         \
        o.value = value;                                                                           \
        value = o.read_undefined ? ~0u : value;                                                    \
        o.write_undefined =                                                                        \
            WILD_CATCHES(__asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2       \
                                          :                                                        \
                                          : "r"(value)));                                          \
        return o;                                                                                  \
    }
#define ROW(name, op1, crn, crm, op2) {#name, probe_##name},

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

    printf("wild: sysreg %u of %u registers of HYP and Monitor undefined\n", undefined, count);
    count = sizeof(registers_beside) / sizeof(registers_beside[0]);
    undefined = sysregs_probe(registers_beside, count);
    printf("wild: sysreg %u of %u other registers undefined\n", undefined, count);
}

#define TRY(name, instruction)                                                                     \
    do {                                                                                           \
        if (WILD_CATCHES(__asm__ volatile(instruction : : : "memory"))) {                          \
            printf("wild: undef %s %s esr=0x%" PRIx64 "\n", name,                                  \
                   WILD_ESR_UNDEFINED(wild_caught.esr) ? "undefined" : "exception",                \
                   wild_caught.esr);                                                               \
        } else {                                                                                   \
            printf("wild: undef %s executed\n", name);                                             \
        }                                                                                          \
    } while (0)

/* By encoding where the assembler would refuse. */
void wild_undef(void)
{
    TRY("UDF", "udf #0");
    TRY("MRC of no register", "mrc p15, 7, r0, c0, c15, 7");
    TRY("MCR HCR", "mcr p15, 4, r0, c1, c1, 0");
    TRY("ATS1HR", "mcr p15, 4, r0, c7, c8, 0");
    TRY("TLBIALLNSNH", "mcr p15, 4, r0, c8, c7, 4");
    TRY("MRS ELR_hyp", ".inst 0xe10e0300");
    TRY("HVC #0x4a48", ".inst 0xe144a478");
    TRY("CDP of no coprocessor", "cdp p7, 0, c0, c0, c0, 0");
}

void wild_spin(void)
{
    __asm__ volatile("cpsid aif\n 1: b 1b" : : : "memory");
}
