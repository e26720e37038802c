/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an interrupt: in one step (EOImode 0), or priority drop and deactivation apart (1). */
#include "gictest.h"
#include "guest.h"

static void split_sgi(void)
{
    uint32_t iar;

    test_begin();
    gic_set_split_end(true);
    gic_send_sgi(3, 0);
    iar = take();
    check_equal("EOImode 1: delivered", gic_intid(iar), 3);
    gic_end(iar);
    check_equal("EOImode 1: EOIR drops the priority", gic_running_priority(), 0xff);
    check("EOImode 1: EOIR leaves it active", gic_is_active(3));
    gic_send_sgi(3, 0);
    check("EOImode 1: not delivered again while active", nothing_comes());
    gic_set_priority(4, 0xe0);
    gic_send_sgi(4, 0);
    {
        uint32_t other = take();

        check_equal("EOImode 1: a less urgent one is delivered meanwhile", gic_intid(other), 4);
        gic_end(other);
        gic_deactivate(other);
    }
    gic_deactivate(iar);
    iar = take();
    check_equal("EOImode 1: delivered again after DIR", gic_intid(iar), 3);
    gic_end(iar);
    gic_deactivate(iar);
    check("EOImode 1: inactive after DIR", !gic_is_active(3));
    check("EOImode 1: nothing is left", nothing_comes());
    gic_set_split_end(false);
}

/* Deactivated in the order they came, not inside out, and one by the Distributor. */
static void split_spi(void)
{
    uint32_t first, second;

    test_begin();
    gic_set_split_end(true);
    gic_set_edge(TEST_SPI, true);
    gic_enable(TEST_SPI);
    gic_set_pending(TEST_SPI, true);
    first = take();
    gic_end(first);
    gic_send_sgi(2, 0);
    second = take();
    gic_end(second);
    check("EOImode 1: two active at once", gic_is_active(TEST_SPI) && gic_is_active(2));
    gic_deactivate(first);
    check("EOImode 1: the first deactivated first", !gic_is_active(TEST_SPI) && gic_is_active(2));
    gic_deactivate(second);
    check("EOImode 1: then the second", !gic_is_active(2));

    gic_set_pending(TEST_SPI, true);
    first = take();
    gic_end(first);
    gic_set_pending(TEST_SPI, true);
    gic_set_active(TEST_SPI, false);
    first = take();
    check_equal("EOImode 1: ICACTIVER instead of DIR", gic_intid(first), TEST_SPI);
    gic_end(first);
    gic_deactivate(first);
    gic_set_split_end(false);
}

static void split_timer(void)
{
    uint32_t iar;

    test_begin();
    gic_set_split_end(true);
    gic_enable(guest.timer_virtual_intid);
    timer_start(0);
    iar = take();
    gic_end(iar);
    check("EOImode 1: a line that stays high waits for DIR", nothing_comes());
    gic_deactivate(iar);
    iar = take();
    check_equal("EOImode 1: and is back after DIR", gic_intid(iar), guest.timer_virtual_intid);
    timer_stop();
    gic_end(iar);
    gic_deactivate(iar);
    check("EOImode 1: a line that fell is not", nothing_comes());
    gic_set_split_end(false);
}

void test_end_modes(void)
{
    split_sgi();
    if (TEST_SPI != 0) {
        split_spi();
    }
    split_timer();
}
