/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and system registers that are not a partition's to use. */
#include <inttypes.h>
#include <stdio.h>

#include "guest.h"
#include "wild.h"

/* A register by its encoding: X(name, encoding). Those of EL2 and EL3 have to be undefined. */
#define REGISTERS_ABOVE(X)                                                                         \
    X(HCR_EL2, S3_4_C1_C1_0)                                                                       \
    X(SCTLR_EL2, S3_4_C1_C0_0)                                                                     \
    X(VTTBR_EL2, S3_4_C2_C1_0)                                                                     \
    X(VBAR_EL2, S3_4_C12_C0_0)                                                                     \
    X(TPIDR_EL2, S3_4_C13_C0_2)                                                                    \
    X(CNTVOFF_EL2, S3_4_C14_C0_3)                                                                  \
    X(CNTHCTL_EL2, S3_4_C14_C1_0)                                                                  \
    X(ICH_HCR_EL2, S3_4_C12_C11_0)                                                                 \
    X(ICH_LR0_EL2, S3_4_C12_C12_0)                                                                 \
    X(SCR_EL3, S3_6_C1_C1_0)                                                                       \
    X(CNTPS_CTL_EL1, S3_7_C14_C2_1)

/* Those that a hypervisor emulates, hides, or gives away. */
#define REGISTERS_BESIDE(X)                                                                        \
    X(ACTLR_EL1, S3_0_C1_C0_1)                                                                     \
    X(RGSR_EL1, S3_0_C1_C0_5)                                                                      \
    X(ZCR_EL1, S3_0_C1_C2_0)                                                                       \
    X(SMCR_EL1, S3_0_C1_C2_6)                                                                      \
    X(APIAKeyLo_EL1, S3_0_C2_C1_0)                                                                 \
    X(ERRSELR_EL1, S3_0_C5_C3_1)                                                                   \
    X(PMSCR_EL1, S3_0_C9_C9_0)                                                                     \
    X(TRBLIMITR_EL1, S3_0_C9_C11_0)                                                                \
    X(PMINTENSET_EL1, S3_0_C9_C14_1)                                                               \
    X(LORC_EL1, S3_0_C10_C4_3)                                                                     \
    X(ICC_IGRPEN0_EL1, S3_0_C12_C12_6)                                                             \
    X(DBGBVR0_EL1, S2_0_C0_C0_4)                                                                   \
    X(OSDLR_EL1, S2_0_C1_C3_4)                                                                     \
    X(TRCPRGCTLR, S2_1_C0_C1_0)                                                                    \
    X(L2CTLR_EL1, S3_1_C11_C0_2)                                                                   \
    X(CPUACTLR_EL1, S3_1_C15_C2_0)                                                                 \
    X(CPUECTLR_EL1, S3_1_C15_C2_1)                                                                 \
    X(PMCR_EL0, S3_3_C9_C12_0)                                                                     \
    X(PMCCNTR_EL0, S3_3_C9_C13_0)                                                                  \
    X(AMCR_EL0, S3_3_C13_C2_0)                                                                     \
    X(S3_3_C15_C15_7, S3_3_C15_C15_7)

struct outcome {
    bool read_undefined;
    bool write_undefined;
    uint64_t value;
};

struct sysreg {
    const char *name;
    struct outcome (*probe)(void);
};

#define PROBE(name, encoding)                                                                      \
    static struct outcome probe_##name(void)                                                       \
    {                                                                                              \
        struct outcome o = {.value = 0};                                                           \
        o.read_undefined = WILD_CATCHES(o.value = sysreg_read(encoding));                          \
        o.write_undefined =                                                                        \
            WILD_CATCHES(sysreg_write(encoding, o.read_undefined ? ~0ull : o.value));              \
        return o;                                                                                  \
    }
#define ROW(name, encoding) {#name, probe_##name},

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

    printf("wild: sysreg %u of %u registers of EL2 and EL3 undefined\n", undefined, count);
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
    TRY("UDF", ".inst 0");
    TRY("MRS of no register", "mrs xzr, s3_7_c15_c15_7");
    TRY("MSR HCR_EL2", "msr s3_4_c1_c1_0, xzr");
    TRY("AT S12E1R", "sys #4, c7, c8, #4, xzr");
    TRY("TLBI VMALLS12E1", "sys #4, c8, c7, #6, xzr");
    TRY("TLBI ALLE2", "sys #4, c8, c7, #0, xzr");
    TRY("HVC #0x4a48", "hvc #0x4a48");
    TRY("DCPS1", ".inst 0xd4a00001");
    TRY("SVE ORR", ".inst 0x04603fff");
}

void wild_spin(void)
{
    __asm__ volatile("msr daifset, #15\n 1: b 1b" : : : "memory");
}
