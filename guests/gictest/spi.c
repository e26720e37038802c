/* SPDX-License-Identifier: Apache-2.0 */
/* A shared peripheral interrupt's states, moved by the Distributor's registers. */
#include "gictest.h"
#include "guest.h"

static void spi_begin(bool edge)
{
    test_begin();
    gic_set_edge(TEST_SPI, edge);
    gic_enable(TEST_SPI);
}

static void spi_life(void)
{
    uint32_t iar;

    spi_begin(true);
    gic_set_pending(TEST_SPI, true);
    iar = take();
    check_equal("SPI: pending is delivered", gic_intid(iar), TEST_SPI);
    check("SPI: acknowledged, no longer pending", !gic_is_pending(TEST_SPI));
    check("SPI: acknowledged, active", gic_is_active(TEST_SPI));
    check_equal("SPI: RPR is its priority", gic_running_priority(), GIC_PRIORITY_DEFAULT);
    gic_end(iar);
    check("SPI: ended, no longer active", !gic_is_active(TEST_SPI));
    check_equal("SPI: ended, RPR is idle", gic_running_priority(), 0xff);
    check("SPI: delivered once", nothing_comes());
}

static void spi_disabled(void)
{
    spi_begin(true);
    gic_disable(TEST_SPI);
    gic_set_pending(TEST_SPI, true);
    check("SPI: disabled, not delivered", nothing_comes());
    check("SPI: disabled, stays pending", gic_is_pending(TEST_SPI));
    gic_enable(TEST_SPI);
    check_equal("SPI: enabled, delivered", take_and_end(), TEST_SPI);

    distributor_enable(false);
    gic_set_pending(TEST_SPI, true);
    check("SPI: Distributor disabled, not delivered", nothing_comes());
    distributor_enable(true);
    check_equal("SPI: Distributor enabled, delivered", take_and_end(), TEST_SPI);
}

static void spi_withdrawn(void)
{
    spi_begin(true);
    gic_set_mask(0);
    gic_set_pending(TEST_SPI, true);
    check("SPI: pending behind PMR", gic_is_pending(TEST_SPI));
    gic_set_pending(TEST_SPI, false);
    check("SPI: cleared before delivery, not pending", !gic_is_pending(TEST_SPI));
    gic_set_mask(0xf0);
    check("SPI: cleared before delivery, not delivered", nothing_comes());
}

static void spi_masked(void)
{
    spi_begin(true);
    gic_set_priority(TEST_SPI, 0x80);
    gic_set_mask(0x80);
    gic_set_pending(TEST_SPI, true);
    check("SPI: priority equal to PMR, not delivered", nothing_comes());
    gic_set_mask(0x90);
    check_equal("SPI: priority above PMR, HPPIR tells it", gic_highest_pending(), TEST_SPI);
    check_equal("SPI: priority above PMR, delivered", take_and_end(), TEST_SPI);
}

static void spi_again_while_active(void)
{
    uint32_t iar;

    spi_begin(true);
    gic_set_pending(TEST_SPI, true);
    iar = take();
    gic_set_pending(TEST_SPI, true);
    check("SPI: pending again while active", gic_is_pending(TEST_SPI) && gic_is_active(TEST_SPI));
    check("SPI: not delivered while active", nothing_comes());
    gic_end(iar);
    check_equal("SPI: delivered when it has ended", take_and_end(), TEST_SPI);
    check("SPI: delivered twice, not more", nothing_comes());

    gic_set_pending(TEST_SPI, true);
    iar = take();
    gic_set_pending(TEST_SPI, true);
    gic_set_pending(TEST_SPI, false);
    check("SPI: ICPENDR leaves it active", gic_is_active(TEST_SPI));
    gic_end(iar);
    check("SPI: cleared while active, not delivered again", nothing_comes());
}

static void spi_made_active(void)
{
    spi_begin(true);
    gic_set_active(TEST_SPI, true);
    gic_set_pending(TEST_SPI, true);
    check("SPI: made active, not delivered", nothing_comes());
    gic_set_active(TEST_SPI, false);
    check_equal("SPI: made inactive, delivered", take_and_end(), TEST_SPI);
}

/* Its line is low: what ISPENDR sets is a latch of its own. */
static void spi_level(void)
{
    spi_begin(false);
    gic_set_pending(TEST_SPI, true);
    check("SPI level-sensitive: made pending", gic_is_pending(TEST_SPI));
    check_equal("SPI level-sensitive: delivered", take_and_end(), TEST_SPI);
    check("SPI level-sensitive: delivered once", nothing_comes());
}

void test_spi(void)
{
    if (TEST_SPI == 0) {
        check_skip("SPI", "the device tree has no UART with an interrupt");
        return;
    }
    spi_life();
    spi_disabled();
    spi_withdrawn();
    spi_masked();
    spi_again_while_active();
    spi_made_active();
    spi_level();
}
