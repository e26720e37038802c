/* SPDX-License-Identifier: Apache-2.0 */
/* Maintenance of caches and TLBs, right and wrong; what EL1 may allow EL0. */
#include "attacker.h"
#include "guest.h"

/* What of EL0's instructions SCTLR_EL1 allows: EnTP2, UCI, UCT, DZE, EnRCTX, UMA; and not TSCXT. */
#define SCTLR_EL0    (1ull << 60 | 1ull << 26 | 1ull << 15 | 1ull << 14 | 1ull << 10 | 1ull << 9)
#define SCTLR_TSCXT  (1ull << 20)
#define CPACR_ALL    0x3330000u /* ZEN, FPEN, SMEN: those above decide, not we */
#define CNTKCTL_EL0  0x303u     /* EL0 has both counters and both timers */
#define PMUVER(dfr0) ((dfr0) >> 8 & 15)

#define CLIDR_LEVELS 7u

void open_el0(void)
{
    __asm__ volatile("msr daifset, #15" : : : "memory");
    sysreg_write(sctlr_el1, (sysreg_read(sctlr_el1) | SCTLR_EL0) & ~SCTLR_TSCXT);
    sysreg_write(cpacr_el1, CPACR_ALL);
    sysreg_write(cntkctl_el1, sysreg_read(cntkctl_el1) | CNTKCTL_EL0);
    if (PMUVER(sysreg_read(id_aa64dfr0_el1)) != 0) {
        sysreg_write(pmuserenr_el0, 0xf);
    }
    barrier_isb();
}

void attack_encodings(void)
{
    /* A64 has one for each */
}

void code_sync(const void *code, size_t size)
{
    uint64_t ctr = sysreg_read(ctr_el0);
    uintptr_t line = 4u << (ctr & 15); /* IminLine is at bit 0, DminLine at bit 16: the smaller */
    uintptr_t end = (uintptr_t)code + size;

    if (line > 4u << (ctr >> 16 & 15)) {
        line = 4u << (ctr >> 16 & 15);
    }
    for (uintptr_t at = (uintptr_t)code & ~(line - 1); at < end; at += line) {
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb ish\n ic ialluis\n dsb ish\n isb" : : : "memory");
}

/* One set and way operation of any level; those with bits that mean nothing, too. */
void wind_set_way(uint64_t random)
{
    uint64_t value = random % CLIDR_LEVELS << 1 | (random & 0xfffffff0);

    __asm__ volatile("dc csw, %0\n dc cisw, %0\n dc isw, %0" : : "r"(value) : "memory");
}

void wind_tlb(uint64_t random)
{
    __asm__ volatile("dsb ishst\n"
                     "tlbi vmalle1is\n"
                     "tlbi vae1is, %0\n"
                     "tlbi aside1, %0\n"
                     "tlbi vaale1is, %0\n"
                     "dsb ish\n"
                     "ic iallu\n"
                     "ic ialluis\n"
                     "isb"
                     :
                     : "r"(random)
                     : "memory");
}

void wind_translate(uint64_t random)
{
    __asm__ volatile("at s1e1r, %0\n at s1e1w, %0\n at s1e0r, %0\n at s1e0w, %0\n isb"
                     :
                     : "r"(random >> (random & 63))
                     : "memory");
}

void wind_zero(uint64_t random)
{
    __asm__ volatile("dc zva, %0" : : "r"(scratch + random % SCRATCH_SIZE) : "memory");
}

void wind_exclusives(uint64_t random)
{
    uint64_t *word = (uint64_t *)(void *)scratch + random % (SCRATCH_SIZE / 8);
    uint64_t value;
    uint32_t failed;

    __asm__ volatile("ldaxr %0, [%2]\n add %0, %0, #1\n stlxr %w1, %0, [%2]\n clrex"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(word)
                     : "memory");
}
