/* SPDX-License-Identifier: Apache-2.0 */
/* Software-generated interrupts that a CPU sends to itself, and their pending registers. */
#include "gic.h"
#include "gictest.h"
#include "guest.h"

#define TEST_SGI 5u

static void sgi_each(void)
{
    unsigned right = 0;
    unsigned from_us = 0;

    test_begin();
    for (unsigned sgi = 0; sgi < 16; sgi++) {
        uint32_t iar;

        gic_send_sgi(sgi, 0);
        iar = take();
        right += gic_intid(iar) == sgi;
        from_us += gic_source(iar) == interface_number(0);
        if (gic_intid(iar) != GIC_SPURIOUS) {
            gic_end(iar);
        }
    }
    check_equal("SGI: each of 16 to self is delivered", right, 16);
    check_equal("SGI: its source is this CPU", from_us, 16);
    check("SGI: each once", nothing_comes());
}

static void sgi_state(void)
{
    uint32_t iar;

    test_begin();
    gic_send_sgi(TEST_SGI, 0);
    iar = take();
    check("SGI: acknowledged, active", gic_is_active(TEST_SGI));
    check("SGI: acknowledged, not pending", !gic_is_pending(TEST_SGI));
    gic_send_sgi(TEST_SGI, 0);
    check("SGI: pending again while active", gic_is_pending(TEST_SGI));
    check("SGI: not delivered while active", nothing_comes());
    gic_end(iar);
    check_equal("SGI: delivered when it has ended", take_and_end(), TEST_SGI);

    gic_set_mask(0);
    gic_send_sgi(TEST_SGI, 0);
    gic_send_sgi(TEST_SGI, 0);
    check("SGI: pending behind PMR", gic_is_pending(TEST_SGI));
    gic_set_mask(0xf0);
    check_equal("SGI: sent twice before delivery", take_and_end(), TEST_SGI);
    check("SGI: sent twice before delivery, delivered once", nothing_comes());
}

static void sgi_pending_v2(void)
{
    uintptr_t set = guest.gicd_base + GICD_SPENDSGIR + TEST_SGI;
    uintptr_t clear = guest.gicd_base + GICD_CPENDSGIR + TEST_SGI;
    uint8_t self = gic_target_mask(0);
    uint32_t iar;

    test_begin();
    gic_set_mask(0);
    gic_send_sgi(TEST_SGI, 0);
    check_equal("SPENDSGIR: tells the source", mmio_read8(set), self);
    check_equal("CPENDSGIR: tells the source", mmio_read8(clear), self);
    mmio_write8(clear, self);
    check_equal("CPENDSGIR: clears", mmio_read8(set), 0);
    gic_set_mask(0xf0);
    check("CPENDSGIR: cleared, not delivered", nothing_comes());

    mmio_write8(set, self);
    barrier_dsb();
    check_equal("SPENDSGIR: sets, delivered", take_and_end(), TEST_SGI);

    mmio_write32(guest.gicd_base + GICD_SGIR, GICD_SGIR_SELF | TEST_SGI);
    barrier_dsb();
    check_equal("SGIR: filter for self", take_and_end(), TEST_SGI);

    if (guest.cpu_count < 2) {
        return;
    }
    mmio_write8(set, 3);
    barrier_dsb();
    iar = take();
    check_equal("SPENDSGIR: two sources, first", gic_intid(iar), TEST_SGI);
    gic_end(iar);
    check_equal("SPENDSGIR: two sources, one left", mmio_read8(set), 3 & ~(1 << gic_source(iar)));
    check_equal("SPENDSGIR: two sources, second", take_and_end(), TEST_SGI);
    check("SPENDSGIR: two sources, delivered twice", nothing_comes());
}

static void sgi_pending_v3(void)
{
    test_begin();
    gic_set_mask(0);
    gic_send_sgi(TEST_SGI, 0);
    gic_set_pending(TEST_SGI, false);
    check("GICR_ICPENDR0: clears an SGI", !gic_is_pending(TEST_SGI));
    gic_set_mask(0xf0);
    check("GICR_ICPENDR0: cleared, not delivered", nothing_comes());
    gic_set_pending(TEST_SGI, true);
    check_equal("GICR_ISPENDR0: sets an SGI, delivered", take_and_end(), TEST_SGI);

    gic_disable(TEST_SGI);
    gic_send_sgi(TEST_SGI, 0);
    check("GICR_ICENABLER0: a disabled SGI is not delivered", nothing_comes());
    gic_enable(TEST_SGI);
    check_equal("GICR_ISENABLER0: enabled, delivered", take_and_end(), TEST_SGI);
}

void test_sgi(void)
{
    sgi_each();
    sgi_state();
    if (guest.gic_version == 2) {
        sgi_pending_v2();
    } else {
        sgi_pending_v3();
    }
}
