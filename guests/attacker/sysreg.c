/* SPDX-License-Identifier: Apache-2.0 */
/* Every encoding of the instructions that name system registers, from EL1 and EL0. */
#include <stdio.h>

#include "attacker.h"
#include "guest.h"

/* An encoding within its space is a number below 2^14: op1, CRn, CRm, op2. */
#define BLOCK_SIZE 128u /* those of one op1 and CRn */

static const uint32_t kept[] = {SYSREGS_KEPT};

/* A part of the encoding space. */
static const struct space {
    const char *name;
    unsigned number;
    unsigned blocks;
    unsigned rt; /* the register that its instructions name */
} spaces[] = {SYSREG_SPACES};

struct totals {
    unsigned tried;
    unsigned undefined;
    unsigned other; /* exceptions */
};

/* Two instructions each: the system instruction, RET. */
static struct {
    uint32_t read[BLOCK_SIZE][2];
    uint32_t write[BLOCK_SIZE][2];
} stubs __attribute__((aligned(4096)));

static void stubs_make(const struct space *space, unsigned block)
{
    for (unsigned i = 0; i < BLOCK_SIZE; i++) {
        unsigned fields = block << 7 | i;

        stubs.read[i][0] = sysreg_instruction(space->number, space->rt, fields, true);
        stubs.write[i][0] = sysreg_instruction(space->number, space->rt, fields, false);
        stubs.read[i][1] = stubs.write[i][1] = INSTRUCTION_RETURN;
    }
    code_sync(&stubs, sizeof(stubs));
}

static bool is_kept(unsigned sysreg)
{
    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (kept[i] == sysreg) {
            return true;
        }
    }
    return false;
}

/* WFI is among the hints: an interrupt is always pending. */
static void timer_pend(void)
{
    sysreg_write(cntv_cval_el0, 0);
    sysreg_write(cntv_ctl_el0, 1);
}

static void timer_came(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    sysreg_write(cntv_ctl_el0, 0);
}

/* Several values, and then the one that it had; the outcome of the first. */
static struct outcome write_values(unsigned el, uintptr_t code, unsigned sysreg,
                                   struct outcome read)
{
    struct outcome first;

    if (sysreg_is_operation(sysreg)) {
        return probe(el, code, (uintptr_t)scratch, 0); /* an address, for those that take one */
    }
    if (is_kept(sysreg)) {
        return probe(el, code, read.value, 0);
    }
    first = probe(el, code, ~0ull, 0);
    if (first.esr == 0) {
        probe(el, code, random_next(), 0);
        probe(el, code, read.esr == 0 ? read.value : 0, 0);
    }
    return first;
}

static void tally(struct totals *totals, struct outcome o)
{
    totals->tried++;
    totals->undefined += o.esr == ESR_UNDEFINED;
    totals->other += o.esr != 0 && o.esr != ESR_UNDEFINED;
}

/* "CRm op2 : r value" of what was read, "R ESR" of an exception that is not UNDEF; w, W alike. */
static void log_outcomes(unsigned i, struct outcome read, struct outcome write)
{
    char read_text[24] = "";
    char write_text[24] = "";

    if (read.esr == ESR_UNDEFINED && write.esr == ESR_UNDEFINED) {
        return;
    }
    if (read.esr != ESR_UNDEFINED) {
        snprintf(read_text, sizeof(read_text), "%c%lx", read.esr == 0 ? 'r' : 'R',
                 (unsigned long)(read.esr == 0 ? read.value : read.esr));
    }
    if (write.esr == 0) {
        write_text[0] = 'w';
    } else if (write.esr != ESR_UNDEFINED) {
        snprintf(write_text, sizeof(write_text), "W%lx", (unsigned long)write.esr);
    }
    log_add("%x%u:%s%s", i >> 3, i & 7, read_text, write_text);
}

static void attack_space(unsigned el, const struct space *space)
{
    struct totals reads = {0}, writes = {0};

    for (unsigned block = 0; block < space->blocks; block++) {
        log_begin("sysreg EL%u %s.%u.%u", el, space->name, block >> 4, block & 15);
        stubs_make(space, block);
        for (unsigned i = 0; i < BLOCK_SIZE; i++) {
            unsigned sysreg = space->number << 14 | block << 7 | i;
            struct outcome read, write;

            if (sysreg_may_wait(space->number)) {
                timer_pend();
            }
            read = probe(el, (uintptr_t)stubs.read[i], 0, 0);
            write = write_values(el, (uintptr_t)stubs.write[i], sysreg, read);
            tally(&reads, read);
            tally(&writes, write);
            log_outcomes(i, read, write);
        }
        log_end();
    }
    printf("attacker: sysreg EL%u %s read %u undefined %u other %u write %u undefined %u other "
           "%u\n",
           el, space->name, reads.tried, reads.undefined, reads.other, writes.tried,
           writes.undefined, writes.other);
}

void attack_sysreg(void)
{
    for (unsigned el = 2; el-- > 0;) {
        for (unsigned i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
            gic_init();
            gic_init_cpu();
            irq_set_handler(guest.timer_virtual_intid, timer_came);
            gic_enable(guest.timer_virtual_intid);
            attack_space(el, &spaces[i]);
        }
    }
    timer_stop();
    attack_encodings();
}
