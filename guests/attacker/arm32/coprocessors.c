/* SPDX-License-Identifier: Apache-2.0 */
/* What coprocessor instructions have besides registers: T32, conditions, other coprocessors. */
#include <stdio.h>

#include "attacker.h"
#include "guest.h"

#define AL          0xe0000000u
#define NE          0x10000000u
#define CMP_R0_R0   0xe1500000u /* Z is set */
#define BX_LR_T32   0x4770u
#define COUNT       0x4000u /* encodings of one coprocessor */
#define COPROCESSOR 0x00000f00u

extern const uint32_t conditions_a32[], conditions_t32[];

static uint32_t stub[4] __attribute__((aligned(64)));

static uintptr_t stub_of(uint32_t first, uint32_t second, uint32_t third)
{
    stub[0] = first;
    stub[1] = second;
    stub[2] = third;
    code_sync(stub, sizeof(stub));
    return (uintptr_t)stub;
}

/* T32 has a halfword first what A32 has in the upper one. */
static uintptr_t stub_of_t32(uint32_t instruction)
{
    return stub_of(instruction << 16 | instruction >> 16, BX_LR_T32 << 16 | BX_LR_T32, 0) | 1;
}

/* MRC whose condition fails: it is not executed, and nothing is told of it. */
static void failed_conditions(void)
{
    struct tally tally = {0};
    unsigned changed = 0;

    for (unsigned space = SPACE_CP15; space <= SPACE_CP14; space++) {
        for (unsigned fields = 0; fields < COUNT; fields++) {
            uint32_t instruction = sysreg_instruction(space, 0, fields, true) - AL + NE;
            struct outcome o =
                probe(1, stub_of(CMP_R0_R0, instruction, INSTRUCTION_RETURN), 0x12345678, 0);

            tally_add(&tally, o.esr);
            changed += o.value != 0x12345678;
        }
    }
    tally_print("sysreg conditions", &tally);
    printf("attacker: sysreg conditions changed %u\n", changed);
}

/* Read by A32 and by T32: the same comes of both. */
static void instruction_sets(unsigned el)
{
    struct tally tally = {0};
    unsigned other = 0;

    for (unsigned space = SPACE_CP15; space <= SPACE_CP14; space++) {
        for (unsigned fields = 0; fields < COUNT; fields++) {
            uint32_t instruction = sysreg_instruction(space, 0, fields, true);
            struct outcome a32 = probe(el, stub_of(instruction, INSTRUCTION_RETURN, 0), 0, 0);
            struct outcome t32 = probe(el, stub_of_t32(instruction), 0, 0);

            tally_add(&tally, t32.esr);
            other += a32.esr != t32.esr;
        }
    }
    log_begin("sysreg EL%u t32", el);
    tally_log("", &tally);
    log_end();
    printf("attacker: sysreg EL%u t32 unlike a32 %u\n", el, other);
}

/* CDP, LDC and STC of all, MCR, MRC, MCRR and MRRC of those that are not there. */
static void others(unsigned el)
{
    static const uint32_t instructions[] = {0xee000000, 0xed901a01, 0xed801a01, 0xec901000,
                                            0xee000010, 0xee100010, 0xec400000, 0xec510000};
    struct tally tally = {0};

    for (unsigned cp = 0; cp < 16; cp++) {
        for (unsigned i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
            uint32_t instruction = (instructions[i] & ~COPROCESSOR) | cp << 8;

            if ((cp >= 8 && cp <= 11) || (cp >= 14 && i >= 4)) {
                continue; /* VFP and NEON, with what is reserved for them; told elsewhere */
            }
            tally_add(
                &tally,
                probe(el, stub_of(instruction, INSTRUCTION_RETURN, 0), (uintptr_t)scratch, 0).esr);
            tally_add(&tally, probe(el, stub_of_t32(instruction), (uintptr_t)scratch, 0).esr);
        }
    }
    log_begin("sysreg EL%u coprocessors", el);
    tally_log("", &tally);
    log_end();
}

void attack_encodings(void)
{
    uintptr_t trapped = view_of(VIEW_DEVICE, guest.gicd_base + 4);

    failed_conditions();
    for (unsigned el = 2; el-- > 0;) {
        instruction_sets(el);
        others(el);
    }
    printf("attacker: sysreg conditional traps %lx %lx\n",
           (unsigned long)probe(1, (uintptr_t)conditions_a32, trapped, 0).value,
           (unsigned long)probe(1, (uintptr_t)conditions_t32, trapped, 0).value);
}
