/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSTATE in the handler of an exception that a hypervisor makes up: DDI 0487
 * AArch64.TakeException(), SCTLR_EL1.{SPAN, DSSBS}.
 */
#include <stdio.h>

#include "cputest.h"

#define PSTATE_PAN  S3_0_C4_C2_3
#define PSTATE_SSBS S3_3_C4_C2_6
#define PSTATE_DIT  S3_3_C4_C2_5
#define PSTATE_UAO  S3_0_C4_C2_4

#define SCTLR_SPAN  (1ull << 23)
#define SCTLR_DSSBS (1ull << 44)
#define SPSR_DIT    (1u << 24)
#define SPSR_UAO    (1u << 23)
#define SPSR_PAN    (1u << 22)
#define SPSR_SSBS   (1u << 12)
#define PSTATE_DAIF 0x3c0u
#define PSTATE_EL1H 0x5u

#define ID_FIELD(name, shift) (sysreg_read(name) >> (shift)&15)

/* What this CPU has of SPSR's bits; each was read as a register of its own in the handler. */
static uint64_t features;
static uint64_t in_handler;

static void read_pstate(void)
{
    in_handler = sysreg_read(daif) | sysreg_read(currentel) | sysreg_read(spsel);
    if ((features & SPSR_PAN) != 0) {
        in_handler |= sysreg_read(PSTATE_PAN);
    }
    if ((features & SPSR_UAO) != 0) {
        in_handler |= sysreg_read(PSTATE_UAO);
    }
    if ((features & SPSR_SSBS) != 0) {
        in_handler |= sysreg_read(PSTATE_SSBS);
    }
    if ((features & SPSR_DIT) != 0) {
        in_handler |= sysreg_read(PSTATE_DIT);
    }
}

static bool undefined(struct exception_frame *frame)
{
    read_pstate();
    frame->elr += 4;
    return ESR_EC(frame->esr) == EC_UNKNOWN;
}

static void find_features(void)
{
    features = 0;
    features |= ID_FIELD(id_aa64mmfr1_el1, 20) != 0 ? SPSR_PAN : 0;
    features |= ID_FIELD(S3_0_C0_C7_2, 4) != 0 ? SPSR_UAO : 0;
    features |= ID_FIELD(id_aa64pfr1_el1, 4) > 1 ? SPSR_SSBS : 0;
    features |= ID_FIELD(id_aa64pfr0_el1, 48) != 0 ? SPSR_DIT : 0;
}

static void write_pstate(uint64_t bits)
{
    if ((features & SPSR_PAN) != 0) {
        sysreg_write(PSTATE_PAN, bits & SPSR_PAN);
    }
    if ((features & SPSR_UAO) != 0) {
        sysreg_write(PSTATE_UAO, bits & SPSR_UAO);
    }
    if ((features & SPSR_SSBS) != 0) {
        sysreg_write(PSTATE_SSBS, bits & SPSR_SSBS);
    }
    if ((features & SPSR_DIT) != 0) {
        sysreg_write(PSTATE_DIT, bits & SPSR_DIT);
    }
}

/* What the handler shall find. QEMU's own exceptions are otherwise in one thing: they lose DIT. */
static uint64_t wanted(uint64_t pstate, uint64_t sctlr)
{
    uint64_t want = pstate & (SPSR_PAN | SPSR_DIT);

    want |= (sctlr & SCTLR_SPAN) == 0 ? SPSR_PAN : 0;
    want |= (sctlr & SCTLR_DSSBS) != 0 ? SPSR_SSBS : 0;
    return (want & features) | PSTATE_DAIF | PSTATE_EL1H;
}

/* An undefined instruction, with these bits of PSTATE and of SCTLR_EL1; then none of them. */
static void check_handler(uint64_t pstate, uint64_t sctlr)
{
    const uint64_t own = sysreg_read(sctlr_el1);
    char name[64];

    sysreg_write(sctlr_el1, (own & ~(SCTLR_SPAN | SCTLR_DSSBS)) | sctlr);
    barrier_isb();
    write_pstate(pstate);
    __asm__ volatile("hvc #1" ::: "memory"); /* a call that no hypervisor answers */
    write_pstate(0);
    sysreg_write(sctlr_el1, own);
    barrier_isb();
    snprintf(name, sizeof(name), "PSTATE 0x%x, SPAN %u, DSSBS %u", (unsigned)pstate,
             (sctlr & SCTLR_SPAN) != 0, (sctlr & SCTLR_DSSBS) != 0);
    check_equal(name, in_handler, wanted(pstate, sctlr));
}

void test_pstate(void)
{
    static const uint64_t bits[] = {0, SPSR_PAN, SPSR_UAO, SPSR_SSBS, SPSR_DIT};

    exception_set_handler(undefined);
    find_features();
    printf("cputest: PSTATE has 0x%x\n", (unsigned)features);
    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        if ((bits[i] & ~features) != 0) {
            continue;
        }
        check_handler(bits[i], 0);
        check_handler(bits[i], SCTLR_SPAN);
        check_handler(bits[i], (features & SPSR_SSBS) != 0 ? SCTLR_DSSBS : 0);
    }
}
