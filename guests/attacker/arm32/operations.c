/* SPDX-License-Identifier: Apache-2.0 */
/* Maintenance of caches and TLBs, right and wrong; what PL1 may allow PL0. */
#include "attacker.h"
#include "guest.h"

#define CNTKCTL_EL0   0x303u /* PL0 has both counters and both timers */
#define PERFMON(dfr0) ((dfr0) >> 24 & 15)
#define CLIDR_LEVELS  7u

#define WRITE_CP15(op1, crn, crm, op2, value)                                                      \
    __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2                            \
                     :                                                                             \
                     : "r"((uint32_t)(value))                                                      \
                     : "memory")
#define READ_CP15(op1, crn, crm, op2)                                                              \
    ({                                                                                             \
        uint32_t value_;                                                                           \
        __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(value_));       \
        value_;                                                                                    \
    })

void open_el0(void)
{
    __asm__ volatile("cpsid aif" : : : "memory");
    WRITE_CP15(0, c14, c1, 0, READ_CP15(0, c14, c1, 0) | CNTKCTL_EL0); /* CNTKCTL */
    if (PERFMON(READ_CP15(0, c0, c1, 2)) != 0) {                       /* ID_DFR0 */
        WRITE_CP15(0, c9, c14, 0, 1);                                  /* PMUSERENR */
    }
    barrier_isb();
}

void code_sync(const void *code, size_t size)
{
    uint32_t ctr = READ_CP15(0, c0, c0, 1);
    uintptr_t line = 4u << (ctr >> 16 & 15);
    uintptr_t end = (uintptr_t)code + size;

    for (uintptr_t at = (uintptr_t)code & ~(line - 1); at < end; at += line) {
        WRITE_CP15(0, c7, c11, 1, at); /* DCCMVAU */
    }
    barrier_dsb();
    WRITE_CP15(0, c7, c1, 0, 0); /* ICIALLUIS */
    WRITE_CP15(0, c7, c1, 6, 0); /* BPIALLIS */
    barrier_dsb();
    barrier_isb();
}

/* One set and way operation of any level; those with bits that mean nothing, too. */
void wind_set_way(uint64_t random)
{
    uint32_t value = (uint32_t)(random % CLIDR_LEVELS << 1 | (random & 0xfffffff0));

    WRITE_CP15(0, c7, c10, 2, value); /* DCCSW */
    WRITE_CP15(0, c7, c14, 2, value); /* DCCISW */
    WRITE_CP15(0, c7, c6, 2, value);  /* DCISW */
}

void wind_tlb(uint64_t random)
{
    barrier_dsb();
    WRITE_CP15(0, c8, c3, 0, 0);      /* TLBIALLIS */
    WRITE_CP15(0, c8, c3, 1, random); /* TLBIMVAIS */
    WRITE_CP15(0, c8, c7, 2, random); /* TLBIASID */
    WRITE_CP15(0, c8, c3, 3, random); /* TLBIMVAAIS */
    barrier_dsb();
    WRITE_CP15(0, c7, c5, 0, 0); /* ICIALLU */
    WRITE_CP15(0, c7, c1, 0, 0); /* ICIALLUIS */
    WRITE_CP15(0, c7, c5, 6, 0); /* BPIALL */
    barrier_isb();
}

void wind_translate(uint64_t random)
{
    WRITE_CP15(0, c7, c8, 0, random); /* ATS1CPR, CPW, CUR, CUW */
    WRITE_CP15(0, c7, c8, 1, random);
    WRITE_CP15(0, c7, c8, 2, random);
    WRITE_CP15(0, c7, c8, 3, random);
    barrier_isb();
}

/* There is no instruction that zeroes a line: one throws it away. */
void wind_zero(uint64_t random)
{
    WRITE_CP15(0, c7, c6, 1, scratch + random % SCRATCH_SIZE); /* DCIMVAC */
}

void wind_exclusives(uint64_t random)
{
    uint32_t *word = (uint32_t *)(void *)scratch + random % (SCRATCH_SIZE / 4);
    uint32_t value, failed;

    __asm__ volatile("ldrex %0, [%2]\n add %0, %0, #1\n strex %1, %0, [%2]\n clrex"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(word)
                     : "memory");
}
