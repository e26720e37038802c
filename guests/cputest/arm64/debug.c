/* SPDX-License-Identifier: Apache-2.0 */
/* Self-hosted debug at EL1: DDI 0487 D2. What EL2 does for a guest is hidden from its debugger. */
#include "cputest.h"

#define DBG_ENABLE   1u
#define DBG_EL1      (1u << 1)             /* PMC, PAC */
#define DBG_EL2      (1u << 13 | 3u << 14) /* HMC 1, SSC 0b11, PMC, PAC 0b00: EL2 alone */
#define DBGBCR_BAS   (0xfu << 5)
#define DBGWCR_LOAD  (1u << 3)
#define DBGWCR_STORE (2u << 3)
#define DBGWCR_BAS   (0xffu << 5)
#define DBGWCR_2_GIB (31u << 24) /* MASK */
#define STEPS_MAX    64u
#define UART_IBRD    0x24u
#define CALLS        3u

extern char step_code[], step_begin[], step_end[], break_code[];
void step_code_run(uintptr_t device) __asm__("step_code");
void break_code_run(void) __asm__("break_code");

static struct {
    unsigned breakpoints, watchpoints, steps;
    uint64_t elr, far, at[STEPS_MAX];
} seen;

static volatile uint64_t watched[2] __attribute__((aligned(16)));

static bool step(struct exception_frame *frame)
{
    if (seen.steps < STEPS_MAX) {
        seen.at[seen.steps++] = frame->elr;
    }
    if (frame->elr == (uintptr_t)step_end || seen.steps == STEPS_MAX) {
        frame->spsr = (frame->spsr & ~(uint64_t)SPSR_SS) | SPSR_D;
        sysreg_write(mdscr_el1, 0);
    } else {
        frame->spsr |= SPSR_SS;
    }
    return true;
}

static bool catch (struct exception_frame *frame)
{
    switch (ESR_EC(frame->esr)) {
    case EC_BRK64: /* begin to step, behind it */
        sysreg_write(mdscr_el1, MDSCR_KDE | MDSCR_SS);
        frame->elr += 4;
        frame->spsr = (frame->spsr & ~(uint64_t)SPSR_D) | SPSR_SS;
        return true;
    case EC_STEP_EL1:
        return step(frame);
    case EC_BREAKPOINT_EL1:
        seen.breakpoints++;
        seen.elr = frame->elr;
        sysreg_write(dbgbcr0_el1, 0);
        return true;
    case EC_WATCHPOINT_EL1:
        seen.watchpoints++;
        seen.far = frame->far;
        sysreg_write(dbgwcr0_el1, 0);
        return true;
    default:
        return false;
    }
}

static void unmask_debug(bool unmask)
{
    barrier_isb();
    if (unmask) {
        __asm__ volatile("msr daifclr, #8" : : : "memory");
    } else {
        __asm__ volatile("msr daifset, #8" : : : "memory");
    }
    barrier_isb();
}

static void test_breakpoint(void)
{
    sysreg_write(mdscr_el1, MDSCR_KDE | MDSCR_MDE);
    sysreg_write(dbgbvr0_el1, (uintptr_t)break_code);
    sysreg_write(dbgbcr0_el1, DBG_ENABLE | DBG_EL1 | DBGBCR_BAS);
    unmask_debug(false);
    break_code_run();
    check_equal("a masked breakpoint does not fire", seen.breakpoints, 0);
    unmask_debug(true);
    break_code_run();
    check_equal("a breakpoint fires at EL1", seen.breakpoints, 1);
    check_equal("at its address", seen.elr, (uintptr_t)break_code);
    break_code_run();
    check_equal("and no more when it is off", seen.breakpoints, 1);
}

static void test_watchpoint(void)
{
    sysreg_write(dbgwvr0_el1, (uintptr_t)&watched[0]);
    sysreg_write(dbgwcr0_el1, DBG_ENABLE | DBG_EL1 | DBGWCR_STORE | DBGWCR_BAS);
    barrier_isb();
    watched[1] = 1;
    (void)watched[0];
    check_equal("what is not watched does not fire", seen.watchpoints, 0);
    watched[0] = 1;
    check_equal("a watchpoint fires at EL1", seen.watchpoints, 1);
    check_equal("at its address", seen.far, (uintptr_t)&watched[0]);
}

/* All that a hypervisor could read or write for us lies in one of two windows of 2 GiB. */
static void test_el2_is_not_debugged(void)
{
    int64_t version = psci_call(PSCI_VERSION, 0, 0, 0);

    seen.watchpoints = 0;
    sysreg_write(dbgwvr0_el1, 0);
    sysreg_write(dbgwvr1_el1, 0x80000000);
    sysreg_write(dbgwcr0_el1,
                 DBG_ENABLE | DBG_EL2 | DBGWCR_LOAD | DBGWCR_STORE | DBGWCR_BAS | DBGWCR_2_GIB);
    sysreg_write(dbgwcr1_el1,
                 DBG_ENABLE | DBG_EL2 | DBGWCR_LOAD | DBGWCR_STORE | DBGWCR_BAS | DBGWCR_2_GIB);
    barrier_isb();
    for (unsigned i = 0; i < CALLS; i++) {
        check_equal("a call beside watchpoints of EL2", psci_call(PSCI_VERSION, 0, 0, 0), version);
    }
    check_equal("which do not fire", seen.watchpoints, 0);
    sysreg_write(dbgwcr0_el1, 0);
    sysreg_write(dbgwcr1_el1, 0);
}

static void test_step(void)
{
    unsigned steps = (unsigned)(step_end - step_begin) / 4;
    unsigned misplaced = 0;

    unmask_debug(false);
    step_code_run(guest.uart_base + UART_IBRD);
    check_equal("each instruction is one step", seen.steps, steps);
    for (unsigned i = 0; i < seen.steps; i++) {
        misplaced += seen.at[i] != (uintptr_t)step_begin + 4 * (i + 1);
    }
    check_equal("in their order", misplaced, 0);
}

void test_debug(void)
{
    exception_set_handler(catch);
    sysreg_write(osdlr_el1, 0);
    sysreg_write(oslar_el1, 0);
    test_breakpoint();
    test_watchpoint();
    test_el2_is_not_debugged();
    test_step();
}
