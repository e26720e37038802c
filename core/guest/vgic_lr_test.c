/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the virtual GIC when list registers are few, and when vCPUs go. */
#include "core/guest/gic_guest_test.h"

/* ---- more than fit ---- */

static uint8_t scattered(uint32_t intid)
{
    return (uint8_t)(intid * 7 % 31 << 3);
}

static void test_all_at_once(void **state)
{
    static const uint32_t others[] = {TIMER, TIMER_P, PMU, SPI_EDGE, SPI_LEVEL, SPI_FAR};
    uint32_t last = 0;
    uint64_t seen[2] = {0, 0};

    (void)state;
    model.running[0][0] = 0; /* masked */
    model.depth[0] = 1;
    for (uint32_t sgi = 0; sgi < 16; sgi++) {
        set_priority(0, sgi, scattered(sgi));
        send(sgi % 3, 0, sgi);
    }
    for (uint32_t i = 0; i < 6; i++) {
        set_priority(0, others[i], scattered(others[i]));
        set_bit(0, ISENABLER, others[i]);
        line(0, others[i], true);
    }
    for (uint32_t i = 0; i < 6; i++) {
        assert_true(get_bit(0, ISPENDR, others[i]));
    }
    model.depth[0] = 0;
    for (uint32_t i = 0; i < 22; i++) {
        uint32_t iar = take(0);

        assert_true(iar < INTIDS);
        assert_true((seen[iar / 64] >> iar % 64 & 1) == 0);
        seen[iar / 64] |= UINT64_C(1) << iar % 64;
        assert_true(scattered(iar) >= last);
        last = scattered(iar);
        if (iar >= 16) {
            line(0, iar, false);
        }
        end(0, iar);
    }
    assert_int_equal(take(0), SPURIOUS);
    assert_int_equal(model.why[0], 0);
    model.maintenances = 0;
    send(0, 0, 3);
    assert_int_equal(take_and_end(0), 3);
    assert_int_equal(model.maintenances, 0);
}

/* One that comes again does not overtake one that waits and is more urgent. */
static void test_no_overtaking(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, TIMER);
    set_priority(0, TIMER, 0xf0);
    line(0, TIMER, true);
    assert_int_equal(take(0), TIMER);
    model.running[0][0] = 0;
    for (uint32_t sgi = 0; sgi < 6; sgi++) {
        set_priority(0, sgi, (uint8_t)(0x10 * (sgi + 1)));
        send(0, 0, sgi);
    }
    end(0, TIMER); /* its line is still high */
    for (uint32_t sgi = 0; sgi < 6; sgi++) {
        assert_int_equal(take_and_end(0), sgi);
    }
    assert_int_equal(take(0), TIMER);
}

/* What is active and due again is not delivered while it is off. */
static void test_due_again_while_off(void **state)
{
    (void)state;
    send(0, 0, 3);
    assert_int_equal(take(0) & 0x3ff, 3);
    send(0, 0, 3);
    wr(0, GICD, 0);
    end(0, 3);
    assert_int_equal(take(0), SPURIOUS);
    wr(0, GICD, model.version == 2 ? 1 : 2);
    assert_int_equal(take_and_end(0) & 0x3ff, 3);
    assert_int_equal(take(0), SPURIOUS);
}

/* CPU 0 has two list registers, which it learns at its reset. */
static void two_lrs(void)
{
    model.lrs = 2;
    cpu_on(0);
    guest_init();
}

/* It waits while list registers are full, one of them of an SGI that is active and due again. */
static void test_waits_for_no_pending(void **state)
{
    (void)state;
    two_lrs();
    set_priority(0, 5, 0xf8);
    set_priority(0, 1, 0x10);
    send(0, 0, 5);
    assert_int_equal(take(0), 5);
    send(0, 0, 5);
    send(0, 0, 1);
    send(0, 0, 15);
    assert_int_equal(take_and_end(0), 1);
    assert_int_equal(take_and_end(0), 15); /* it preempts the active one */
    end(0, 5);
    assert_int_equal(take_and_end(0), 5);
    assert_int_equal(take(0), SPURIOUS);
    assert_int_equal(model.why[0], 0);
}

/* The end of one that is due again leaves it less urgent than one that waits. */
static void test_due_again_waits(void **state)
{
    (void)state;
    two_lrs();
    set_priority(0, 5, 0xf8);
    set_priority(0, 1, 0x18);
    set_priority(0, 15, 0xb8);
    send(0, 0, 5);
    assert_int_equal(take(0), 5);
    send(0, 0, 5);
    send(0, 0, 1);
    send(0, 0, 15);
    end(0, 5);
    assert_int_equal(take_and_end(0), 1);
    assert_int_equal(take_and_end(0), 15);
    assert_int_equal(take_and_end(0), 5);
    assert_int_equal(take(0), SPURIOUS);
}

/* One in a list register becomes less urgent than one that waits. */
static void test_less_urgent_now(void **state)
{
    (void)state;
    two_lrs();
    set_priority(0, 1, 0x78);
    set_priority(0, 2, 0);
    set_priority(0, 3, 0x8);
    for (uint32_t sgi = 1; sgi <= 3; sgi++) {
        send(0, 0, sgi);
    }
    wr8(1, frame(0, 3) + IPRIORITYR + 3, 0xa8);
    for (uint32_t i = 0; i < 3; i++) {
        static const uint8_t order[] = {2, 1, 3};

        assert_int_equal(take_and_end(0), order[i]);
    }
}

static void test_nested(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, TIMER);
    set_priority(0, TIMER, 0xf8);
    line(0, TIMER, true);
    assert_int_equal(take(0), TIMER);
    line(0, TIMER, false);
    for (uint32_t sgi = 0; sgi < 16; sgi++) {
        set_priority(0, sgi, (uint8_t)(0xf0 - 8 * sgi));
        send(0, 0, sgi);
        assert_int_equal(take(0), sgi);
    }
    for (uint32_t sgi = 0; sgi < 16; sgi++) {
        assert_true(get_bit(0, ISACTIVER, sgi));
    }
    assert_true(get_bit(0, ISACTIVER, TIMER));
    for (uint32_t sgi = 16; sgi-- > 0;) {
        end(0, sgi);
        assert_false(get_bit(0, ISACTIVER, sgi));
        assert_true(sgi == 0 || get_bit(0, ISACTIVER, sgi - 1));
    }
    end(0, TIMER);
    assert_false(model.private[0][TIMER].active);
    assert_int_equal(model.outside[0], 0);
    assert_int_equal(model.why[0], 0);
    assert_int_equal(take(0), SPURIOUS);
}

/* The list register of an interrupt that is in one. */
static const struct gic_lr *lr_with(uint32_t cpu, uint32_t intid)
{
    for (uint32_t n = 0; n < model.lrs; n++) {
        if (model.lr[cpu][n].vintid == intid && model.lr[cpu][n].state != 0) {
            return &model.lr[cpu][n];
        }
    }
    return NULL;
}

/* GICv2: an SGI's sender is part of what is active: the guest ends it with that in its EOIR. */
static void test_source_outside(void **state)
{
    (void)state;
    two_lrs();
    set_priority(0, 5, 0xf8);
    set_priority(0, 4, 0x80);
    set_priority(0, 1, 0x10);
    send(1, 0, 5);
    assert_int_equal(take(0), 5 | 1 << 10);
    send(2, 0, 4);
    assert_int_equal(take(0), 4 | 2 << 10);
    send(0, 0, 1);
    assert_null(lr_with(0, 5)); /* turned out, active */
    assert_int_equal(take_and_end(0), 1);
    assert_non_null(lr_with(0, 5));
    assert_int_equal(lr_with(0, 5)->state, GIC_LR_ACTIVE);
    assert_int_equal(lr_with(0, 5)->source, 1);
    end(0, 4 | 2 << 10);
    end(0, 5 | 1 << 10);
    assert_false(get_bit(0, ISACTIVER, 5));
    assert_int_equal(take(0), SPURIOUS);
}

/* The guest ends it before it is back in a list register: EOIcount. */
static void test_ended_outside(void **state)
{
    (void)state;
    for (uint32_t sgi = 0; sgi < 6; sgi++) {
        set_bit(0, ISACTIVER, sgi);
        set_priority(0, sgi, (uint8_t)(0x10 * sgi));
    }
    for (uint32_t n = 0; n < 4; n++) {
        model.lr[0][n].state = 0; /* four ends at once, and two more */
    }
    model.outside[0] = 2;
    settle();
    for (uint32_t sgi = 0; sgi < 6; sgi++) {
        assert_false(get_bit(0, ISACTIVER, sgi));
    }
    assert_int_equal(model.why[0], 0);
}

/* Of several the guest has ended the one that ran last: the most urgent. */
static void test_most_urgent_ended_outside(void **state)
{
    (void)state;
    for (uint32_t sgi = 0; sgi < 6; sgi++) {
        set_priority(0, sgi, (uint8_t)(0x10 * (6 - sgi)));
    }
    for (uint32_t sgi = 6; sgi-- > 0;) {
        set_bit(0, ISACTIVER, sgi);
    }
    assert_null(lr_with(0, 0));
    assert_null(lr_with(0, 1));
    model.outside[0] = 1;
    settle();
    assert_false(get_bit(0, ISACTIVER, 1));
    assert_true(get_bit(0, ISACTIVER, 0));
    assert_int_equal(model.outside[0], 0);
}

/* ---- reset and end ---- */

static void test_off_while_pending_and_active(void **state)
{
    (void)state;
    set_bit(1, ISENABLER, TIMER);
    set_bit(1, ISENABLER, PMU);
    enable_at(1, SPI_EDGE);
    enable_at(1, SPI_LEVEL);
    line(1, TIMER, true);
    assert_int_equal(take(1), TIMER);
    set_priority(0, SPI_LEVEL, 0x40);
    line(0, SPI_LEVEL, true);
    assert_int_equal(take(1), SPI_LEVEL);
    line(1, PMU, true);
    line(0, SPI_EDGE, true);
    cpu_off(1);
    for (uint32_t n = 0; n < 32; n++) {
        assert_false(model.private[1][n].active && n != IRQ_KICK);
        assert_false(n != IRQ_KICK && n != MAINTENANCE && model.private[1][n].enabled);
    }
    assert_false(model.spi[SPI_LEVEL].active);
    assert_false(model.spi[SPI_EDGE].active);
    assert_true(get_bit(0, ISPENDR, SPI_EDGE)); /* not lost */
    assert_false(model.spi[SPI_EDGE].enabled);  /* and no storm at a CPU that is off */
    route(0, SPI_EDGE, 0);
    assert_int_equal(take_and_end(0), SPI_EDGE);
    cpu_on(1);
    assert_int_equal(take(1), SPI_LEVEL);
    line(0, SPI_LEVEL, false);
    end(1, SPI_LEVEL);
    assert_int_equal(rd(1, frame(1, 0) + ISENABLER), 0);
    assert_int_equal(take(1), SPURIOUS);
}

static void test_hotplug(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, SPI_LEVEL);
    for (uint32_t i = 0; i < 50; i++) {
        route(0, SPI_LEVEL, 2);
        line(0, SPI_LEVEL, true);
        if (i % 2 == 0) {
            assert_int_equal(take(2), SPI_LEVEL);
        }
        send(0, 2, 1);
        cpu_off(2);
        send(0, 2, 1);
        cpu_on(2);
        line(0, SPI_LEVEL, true);
        assert_int_equal(take(2), SPI_LEVEL);
        line(0, SPI_LEVEL, false);
        end(2, SPI_LEVEL);
        assert_int_equal(take(2), SPURIOUS);
    }
}

static void test_stop(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, SPI_EDGE);
    enable_at(1, SPI_LEVEL);
    line(0, SPI_EDGE, true);
    line(0, SPI_LEVEL, true);
    assert_int_equal(take(1), SPI_LEVEL);
    set_bit(2, ISENABLER, TIMER);
    line(2, TIMER, true);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        cpu_off(cpu);
    }
    vgic_stop(part);
    settle();
    for (uint32_t spi = 32; spi < INTIDS; spi++) {
        assert_false(model.spi[spi].enabled);
        assert_false(model.spi[spi].active);
        assert_false(model.spi[spi].latch);
    }
    assert_false(model.private[2][TIMER].enabled);
    assert_false(model.private[2][TIMER].active);
}

static void test_has_pending(void **state)
{
    (void)state;
    host_cpu_become(&cpus[0]);
    assert_false(vgic_has_pending(&vcpus[0]));
    send(0, 0, 1);
    assert_true(vgic_has_pending(&vcpus[0]));
    assert_int_equal(take(0), 1);
    assert_false(vgic_has_pending(&vcpus[0]));
}

static void test_not_ours(void **state)
{
    (void)state;
    host_cpu_become(&cpus[0]);
    assert_false(vgic_inject(&vcpus[0], 50));
    assert_false(vgic_inject(&vcpus[0], 1019));
    assert_false(vgic_inject(&vcpus[0], 26));
    assert_false(vgic_inject(&vcpus[0], SPI_CONSOLE)); /* the board's UART, not the emulated one */
    plan.devices[0].irq[0].intid = INTIDS;
    assert_int_equal(vgic_init(part, &plan), E_INVALID);
    plan.devices[0].irq[0].intid = 31;
    assert_int_equal(vgic_init(part, &plan), E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_at_once, booted_v3),
        cmocka_unit_test_setup(test_no_overtaking, booted_v3),
        cmocka_unit_test_setup(test_due_again_while_off, booted_v3),
        cmocka_unit_test_setup(test_waits_for_no_pending, booted_v3),
        cmocka_unit_test_setup(test_due_again_waits, booted_v3),
        cmocka_unit_test_setup(test_less_urgent_now, booted_v3),
        cmocka_unit_test_setup(test_nested, booted_v3),
        cmocka_unit_test_setup(test_source_outside, booted_v2),
        cmocka_unit_test_setup(test_ended_outside, booted_v3),
        cmocka_unit_test_setup(test_most_urgent_ended_outside, booted_v3),
        cmocka_unit_test_setup(test_off_while_pending_and_active, booted_v3),
        cmocka_unit_test_setup(test_hotplug, booted_v3),
        cmocka_unit_test_setup(test_stop, booted_v3),
        cmocka_unit_test_setup(test_has_pending, booted_v3),
        cmocka_unit_test_setup(test_not_ours, booted_v3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
