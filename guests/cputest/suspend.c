/* SPDX-License-Identifier: Apache-2.0 */
/* CPU_SUSPEND: DEN 0022 5.4. Every state is entered as a standby state, or refused. */
#include "cputest.h"

#define PSCI_INVALID_ADDRESS (-9)
#define STATE_POWERDOWN      (1u << 16)
#define STATE_RESERVED       (1u << 26)
#define DELAY_US             2000u
#define TIMEOUT_US           5000000u
#define CONTEXT              0x5a5au

static volatile unsigned fired;

static void tick(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    timer_stop();
    fired++;
}

/* Suspends until the timer, its interrupt masked or not, has fired. */
static void suspend(const char *name, uint64_t state, bool masked)
{
    uint64_t end = timer_count() + timer_us_to_ticks(DELAY_US);
    unsigned before = fired;

    timer_start(end);
    if (!masked) {
        cpu_unmask_interrupts();
    }
    do { /* an early return is allowed */
        check_equal(name, psci_call(PSCI_CPU_SUSPEND, state, (uintptr_t)suspend, CONTEXT),
                    PSCI_SUCCESS);
    } while (timer_count() < end && fired == before);
    if (masked) {
        check_equal("a masked interrupt is not taken in it", fired, before);
    }
    cpu_unmask_interrupts();
    end = timer_count() + timer_us_to_ticks(TIMEOUT_US);
    while (fired == before && timer_count() < end) {
    }
    cpu_mask_interrupts();
    check_equal("then it is, once", fired, before + 1);
}

void test_suspend(void)
{
    irq_set_handler(guest.timer_virtual_intid, tick);
    gic_enable(guest.timer_virtual_intid);
    check_equal("PSCI_FEATURES knows CPU_SUSPEND, original format",
                psci_call(PSCI_FEATURES, PSCI_CPU_SUSPEND, 0, 0), PSCI_SUCCESS);
    suspend("standby returns", 0, true);
    suspend("standby returns, interrupts open", 0, false);
    suspend("powerdown is entered as standby: it returns", STATE_POWERDOWN, true);
    check_equal("a reserved bit is refused",
                psci_call(PSCI_CPU_SUSPEND, STATE_RESERVED, (uintptr_t)suspend, 0),
                PSCI_INVALID_PARAMETERS);
    check_equal("so is a powerdown that would go on outside memory",
                psci_call(PSCI_CPU_SUSPEND, STATE_POWERDOWN, 0, 0), PSCI_INVALID_ADDRESS);
}
