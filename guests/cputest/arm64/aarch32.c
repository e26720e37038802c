/* SPDX-License-Identifier: Apache-2.0 */
/* EL0 in AArch32: coprocessors, calls, and accesses to a device that a hypervisor emulates. */
#include <stdio.h>

#include "cputest.h"

#define GIB(n) ((uint64_t)(n) << 30)

/* VMSAv8-64 stage 1 blocks of 1 GiB; the attribute index is that of lib/start.S. */
#define BLOCK        (0x1ull | 1ull << 10 | 3ull << 8 | MMU_PXN) /* valid, AF, inner shareable */
#define BLOCK_NORMAL (1ull << 2)
#define BLOCK_EL0    (1ull << 6)
#define BLOCK_READ   (1ull << 7)
#define BLOCK_UXN    (1ull << 54)
#define CODE_WINDOW  GIB(2)
#define UART_WINDOW  GIB(3)

#define UART_IMSC 0x38u
#define IMSC      0x2feu /* what the register holds; it has 11 bits */

#define SPSR_EL1H_MASKED 0x3c5u
#define SPSR_USER        0x1d0u /* AArch32, A, I, F masked; D is E there, and 0 */
#define SPSR_T32         (1u << 5)
#define SPSR_Z           (1u << 30)

#define ESR_DFSC         0x3fu
#define DFSC_EXTERNAL    0x10u
#define INSTRUCTIONS_MAX 4u
#define NOT_STEPPED      UINT32_MAX

extern char aarch32_back[];
void aarch32_enter(uintptr_t pc, uint64_t spsr, const uint64_t *r);

static struct {
    uint64_t esr, elr, far, vector, r[4];
    unsigned steps;
} seen;

/* R0 is 0xff, R1 the device's register, R2 is 2, R3 is 0 at the start; the last one is SVC. */
struct program {
    const char *name;
    uint32_t flags;                                                  /* of SPSR: Z, T */
    uint16_t code[2 * INSTRUCTIONS_MAX] __attribute__((aligned(4))); /* as it lies in memory */
    unsigned ec;                                                     /* what it ends with, */
    unsigned at;     /* where: offset in bytes; SVC returns behind itself */
    uint32_t r0, r2; /* and what it leaves */
    unsigned steps;  /* single steps up to there */
};

#define A32(x)  (uint16_t)((x)&0xffff), (uint16_t)((x) >> 16)
#define A32_SVC A32(0xef000000u)
#define T32_SVC 0xdf00

static const struct program programs[] = {
    {"SVC", 0, {A32_SVC}, EC_SVC32, 4, 0xff, 2, 0},
    {"LDR", 0, {A32(0xe5910000u), A32_SVC}, EC_SVC32, 8, IMSC, 2, 1},
    {"LDRH", 0, {A32(0xe1d100b0u), A32_SVC}, EC_SVC32, 8, IMSC, 2, 1},
    {"LDRB", 0, {A32(0xe5d10000u), A32_SVC}, EC_SVC32, 8, IMSC & 0xff, 2, 1},
    {"LDRSB", 0, {A32(0xe1d100d0u), A32_SVC}, EC_SVC32, 8, 0xffffff00u | (IMSC & 0xff), 2, 1},
    {"STR, LDR", 0, {A32(0xe5812000u), A32(0xe5910000u), A32_SVC}, EC_SVC32, 12, 2, 2, 2},
    {"LDREQ, Z", SPSR_Z, {A32(0x05910000u), A32_SVC}, EC_SVC32, 8, IMSC, 2, 1},
    {"LDRNE, Z", SPSR_Z, {A32(0x15910000u), A32_SVC}, EC_SVC32, 8, 0xff, 2, 1},
    {"LDRD", 0, {A32(0xe1c120d0u), A32_SVC}, EC_DATA_EL0, 0, 0xff, 2, 0},
    {"LDM", 0, {A32(0xe8910005u), A32_SVC}, EC_DATA_EL0, 0, 0xff, 2, 0},
    {"STM", 0, {A32(0xe8810005u), A32_SVC}, EC_DATA_EL0, 0, 0xff, 2, 0},
    {"LDR with write-back", 0, {A32(0xe4910004u), A32_SVC}, EC_DATA_EL0, 0, 0xff, 2, 0},
    {"LDREX", 0, {A32(0xe1910f9fu), A32_SVC}, EC_DATA_EL0, 0, 0xff, 2, 0},
    {"VLDR", 0, {A32(0xed910b00u), A32_SVC}, EC_DATA_EL0, 0, 0xff, 2, 0},
    {"HVC", 0, {A32(0xe1400070u), A32_SVC}, EC_UNKNOWN, 0, 0xff, 2, 0},
    {"SMC", 0, {A32(0xe1600070u), A32_SVC}, EC_UNKNOWN, 0, 0xff, 2, 0},
    {"MRC SCTLR", 0, {A32(0xee110f10u), A32_SVC}, EC_UNKNOWN, 0, 0xff, 2, 0},
    {"MRCEQ SCTLR", 0, {A32(0x0e110f10u), A32_SVC}, EC_SVC32, 8, 0xff, 2, 1},
    {"MCR ACTLR", 0, {A32(0xee010f30u), A32_SVC}, EC_UNKNOWN, 0, 0xff, 2, 0},
    {"MRC of c9, IMPLEMENTATION DEFINED",
     0,
     {A32(0xee190f10u), A32_SVC},
     EC_UNKNOWN,
     0,
     0xff,
     2,
     0},
    {"MRC of c15", 0, {A32(0xee1f0f10u), A32_SVC}, EC_UNKNOWN, 0, 0xff, 2, 0},
    {"MRC TPIDRURO", 0, {A32(0xee1d0f70u), A32_SVC}, EC_SVC32, 8, IMSC, 2, 1},
    {"MRC PMCCNTR, PMUSERENR 0", 0, {A32(0xee190f1du), A32_SVC}, EC_CP15, 0, 0xff, 2, 0},
    {"MRRC CNTVCT, CNTKCTL 0", 0, {A32(0xec532f1eu), A32_SVC}, EC_CP15_64, 0, 0xff, 2, 0},
    {"MRC DBGDSCRext", 0, {A32(0xee100e52u), A32_SVC}, EC_UNKNOWN, 0, 0xff, 2, 0},
    {"VMRS FPSID", 0, {A32(0xeef00a10u), A32_SVC}, EC_UNKNOWN, 0, 0xff, 2, 0},
    {"T32 LDR", SPSR_T32, {0x6808, T32_SVC}, EC_SVC32, 4, IMSC, 2, 1},
    {"T32 LDR.W", SPSR_T32, {0xf8d1, 0x0000, T32_SVC}, EC_SVC32, 6, IMSC, 2, 1},
    {"T32 LDRD", SPSR_T32, {0xe9d1, 0x2300, T32_SVC}, EC_DATA_EL0, 0, 0xff, 2, 0},
    {"T32 LDM", SPSR_T32, {0xc905, T32_SVC}, EC_DATA_EL0, 0, 0xff, 2, 0},
    /* ITE EQ; LDREQ R0, [R1]; MOVNE R2, #1 */
    {"T32 ITE, LDREQ, MOVNE, Z",
     SPSR_T32 | SPSR_Z,
     {0xbf0c, 0x6808, 0x2201, T32_SVC},
     EC_SVC32,
     8,
     IMSC,
     2,
     NOT_STEPPED}, /* QEMU 10 forgets ITSTATE where a step is over at once */
    {"T32 ITE, LDREQ, MOVNE", SPSR_T32, {0xbf0c, 0x6808, 0x2201, T32_SVC}, EC_SVC32, 8, 0xff, 1, 3},
    /* ITT EQ; LDREQ.W R0, [R1]; MOVEQ R2, #1 */
    {"T32 ITT, LDREQ.W, MOVEQ, Z",
     SPSR_T32 | SPSR_Z,
     {0xbf04, 0xf8d1, 0x0000, 0x2201, T32_SVC},
     EC_SVC32,
     10,
     IMSC,
     1,
     3},
    /* ITE NE; MRCNE p15, 0, R0, c1, c0, 0; MOVEQ R2, #1 */
    {"T32 ITE, MRCNE, MOVEQ, Z",
     SPSR_T32 | SPSR_Z,
     {0xbf14, 0xee11, 0x0f10, 0x2201, T32_SVC},
     EC_SVC32,
     10,
     0xff,
     1,
     3},
};

static bool catch (struct exception_frame *frame)
{
    if (ESR_EC(frame->esr) == EC_STEP_EL0) {
        seen.steps++;
        frame->spsr |= SPSR_SS;
        return true;
    }
    seen.esr = frame->esr;
    seen.elr = frame->elr;
    seen.far = frame->far;
    seen.vector = frame->vector;
    for (unsigned i = 0; i < 4; i++) {
        seen.r[i] = (uint32_t)frame->x[i];
    }
    frame->elr = (uintptr_t)aarch32_back;
    frame->spsr = SPSR_EL1H_MASKED;
    return true;
}

static void map_block(uintptr_t window, uint64_t descriptor)
{
    uint64_t *entry = mmu_descriptor(window);

    *entry = 0;
    __asm__ volatile("dsb ish\n tlbi vmalle1is\n dsb ish" : : : "memory");
    *entry = descriptor;
    __asm__ volatile("dsb ish\n isb" : : : "memory");
}

static void check_of(const struct program *p, const char *what, uint64_t got, uint64_t want)
{
    char name[80];

    snprintf(name, sizeof(name), "%s: %s", p->name, what);
    check_equal(name, got, want);
}

static void run(const struct program *p, bool stepped)
{
    uintptr_t code = CODE_WINDOW + (uintptr_t)p->code % GIB(1);
    uintptr_t device = UART_WINDOW + (guest.uart_base + UART_IMSC) % GIB(1);
    const uint64_t r[] = {0xff, device, 2};

    mmio_write32(guest.uart_base + UART_IMSC, IMSC);
    seen.steps = 0;
    sysreg_write(mdscr_el1, stepped ? MDSCR_SS : 0);
    aarch32_enter(code, SPSR_USER | p->flags | (stepped ? SPSR_SS : 0), r);
    sysreg_write(mdscr_el1, 0);
    check_of(p, stepped ? "class, stepped" : "class", ESR_EC(seen.esr), p->ec);
    check_of(p, "vector", seen.vector, VECTOR_A32_SYNC);
    check_of(p, "where", seen.elr - code, p->at);
    check_of(p, "R0", seen.r[0], p->r0);
    check_of(p, stepped ? "R2, stepped" : "R2", seen.r[2], p->r2);
    if (stepped) {
        check_of(p, "steps", seen.steps, p->steps);
    }
    if (p->ec == EC_DATA_EL0) {
        check_of(p, "external", seen.esr & ESR_DFSC, DFSC_EXTERNAL);
        check_of(p, "FAR", seen.far, device);
    }
}

void test_aarch32(void)
{
    exception_set_handler(catch);
    map_block(CODE_WINDOW, ((uintptr_t)programs & ~(GIB(1) - 1)) | BLOCK | BLOCK_NORMAL |
                               BLOCK_EL0 | BLOCK_READ);
    map_block(UART_WINDOW, (guest.uart_base & ~(GIB(1) - 1)) | BLOCK | BLOCK_EL0 | BLOCK_UXN);
    sysreg_write(tpidrro_el0, IMSC);
    sysreg_write(osdlr_el1, 0);
    sysreg_write(oslar_el1, 0);
    for (unsigned i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        run(&programs[i], false);
        if (programs[i].steps != NOT_STEPPED) {
            run(&programs[i], true);
        }
    }
}
