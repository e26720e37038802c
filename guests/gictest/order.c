/* SPDX-License-Identifier: Apache-2.0 */
/* Priorities: which of several comes first, what preempts, and more at once than a list holds. */
#include "gic.h"
#include "gictest.h"
#include "guest.h"

#define SGIS   16u
#define LEVELS 15u /* 0x00 to 0xe0: PMR lets no lower one through where there are 16 levels */

#define CNT_CTL_ENABLE 1u

/* Spread, so that the order of INTIDs is not that of priorities. */
static uint8_t scattered_priority(unsigned intid)
{
    return (uint8_t)(intid * 7 % LEVELS * 0x10);
}

static void line_drop(unsigned intid)
{
    if (intid == guest.timer_virtual_intid) {
        timer_stop();
    } else if (intid == guest.timer_physical_intid) {
        sysreg_write(cntp_ctl_el0, 0);
        barrier_isb();
    }
}

/* 16 SGIs, both timers and an SPI pending at once: more than a virtual GIC has list registers. */
static void order_of_all(void)
{
    const unsigned others[] = {guest.timer_virtual_intid, guest.timer_physical_intid, TEST_SPI};
    unsigned want = SGIS;
    unsigned count = 0, twice = 0, disorder = 0;
    uint32_t seen[32] = {0};
    uint8_t last = 0;

    test_begin();
    gic_set_mask(0);
    for (unsigned sgi = 0; sgi < SGIS; sgi++) {
        gic_set_priority(sgi, scattered_priority(sgi));
        gic_send_sgi(sgi, 0);
    }
    sysreg_write(cntp_cval_el0, 0);
    sysreg_write(cntp_ctl_el0, CNT_CTL_ENABLE);
    timer_start(0);
    for (unsigned i = 0; i < 3; i++) {
        if (others[i] != 0) {
            gic_set_priority(others[i], scattered_priority(others[i]));
            gic_enable(others[i]);
            want++;
        }
    }
    if (TEST_SPI != 0) {
        gic_set_pending(TEST_SPI, true);
    }
    gic_set_mask(0xf0);
    for (unsigned i = 0; i < 2 * want; i++) {
        uint32_t iar = take();
        unsigned intid = gic_intid(iar);

        if (intid == GIC_SPURIOUS) {
            break;
        }
        count++;
        twice += seen[intid / 32] >> intid % 32 & 1;
        seen[intid / 32] |= 1u << intid % 32;
        disorder += scattered_priority(intid) < last;
        last = scattered_priority(intid);
        line_drop(intid);
        gic_end(iar);
    }
    check_equal("many at once: all are delivered", count, want);
    check_equal("many at once: none twice", twice, 0);
    check_equal("many at once: in order of priority", disorder, 0);
}

/* A chain of 8, each more urgent than the one that runs: all active at once, ended inside out. */
static void order_nested(void)
{
    uint32_t iar[8];
    unsigned entered = 0, left = 0, running = 0;

    test_begin();
    for (unsigned i = 0; i < 8; i++) {
        gic_set_priority(i, (uint8_t)(0xe0 - 0x10 * i));
        gic_send_sgi(i, 0);
        iar[i] = take();
        entered += gic_intid(iar[i]) == i;
        running += gic_running_priority() == 0xe0 - 0x10 * i;
    }
    check_equal("nested: each more urgent one preempts", entered, 8);
    check_equal("nested: RPR is the innermost one's", running, 8);
    for (unsigned i = 8; i-- > 0;) {
        gic_end(iar[i]);
        left += gic_running_priority() == (i == 0 ? 0xff : 0xe0 - 0x10 * (i - 1));
    }
    check_equal("nested: each end goes back to the one before", left, 8);
    check("nested: none is left", nothing_comes());
}

static void order_preemption(void)
{
    uint32_t iar;

    test_begin();
    gic_set_priority(1, 0xa0);
    gic_set_priority(2, 0x80);
    gic_send_sgi(2, 0);
    iar = take();
    gic_send_sgi(1, 0);
    check("preemption: not by a less urgent one", nothing_comes());
    gic_end(iar);
    check_equal("preemption: the less urgent one comes after", take_and_end(), 1);

    binary_point_set(true);
    gic_send_sgi(1, 0);
    iar = take();
    check_equal("BPR: the first is taken", gic_intid(iar), 1);
    gic_send_sgi(2, 0);
    check("BPR: no preemption within a priority group", nothing_comes());
    gic_end(iar);
    check_equal("BPR: the other comes after", take_and_end(), 2);
    gic_send_sgi(1, 0);
    gic_send_sgi(2, 0);
    check_equal("BPR: of two pending, the more urgent one first", take_and_end(), 2);
    check_equal("BPR: and then the other", take_and_end(), 1);
    binary_point_set(false);
}

void test_order(void)
{
    order_of_all();
    order_nested();
    order_preemption();
}
