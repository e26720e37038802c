/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the virtual GIC's state machine, on a GICv3's registers. */
#include "core/guest/gic_guest_test.h"

/* ---- one interrupt ---- */

static void test_timer(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, TIMER);
    assert_true(model.private[0][TIMER].enabled);
    assert_false(model.private[1][TIMER].enabled);
    model.exits = 0;
    for (uint32_t i = 1; i <= 5; i++) {
        line(0, TIMER, true);
        assert_true(get_bit(0, ISPENDR, TIMER));
        assert_false(get_bit(0, ISACTIVER, TIMER));
        assert_int_equal(take(0), TIMER);
        assert_true(get_bit(0, ISACTIVER, TIMER));
        line(0, TIMER, false);
        assert_false(get_bit(0, ISPENDR, TIMER));
        end(0, TIMER);
        assert_false(get_bit(0, ISACTIVER, TIMER));
        assert_false(model.private[0][TIMER].active);
        assert_int_equal(model.exits, i); /* one each */
    }
    assert_int_equal(take(0), SPURIOUS);
    assert_int_equal(model.maintenances, 0);
}

static void test_line_stays_high(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, TIMER);
    line(0, TIMER, true);
    assert_int_equal(take_and_end(0), TIMER);
    assert_int_equal(take(0), TIMER);
    line(0, TIMER, false);
    end(0, TIMER);
    assert_int_equal(take(0), SPURIOUS);
}

/* What the line no longer says is not pending, though it was acknowledged. */
static void test_line_falls_before_it_is_taken(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, TIMER);
    line(0, TIMER, true);
    line(0, TIMER, false);
    assert_false(get_bit(0, ISPENDR, TIMER));
    assert_int_equal(take(0), SPURIOUS);
    assert_false(model.private[0][TIMER].active);
    line(0, TIMER, true);
    assert_int_equal(take_and_end(0), TIMER);
}

static void test_line_while_disabled(void **state)
{
    (void)state;
    line(0, SPI_LEVEL, true);
    assert_int_equal(take(0), SPURIOUS);
    assert_true(get_bit(0, ISPENDR, SPI_LEVEL));
    set_bit(0, ISENABLER, SPI_LEVEL);
    assert_int_equal(take(0), SPI_LEVEL);
    set_bit(0, ICENABLER, SPI_LEVEL); /* disabled while active: the end still ends it */
    end(0, SPI_LEVEL);
    assert_false(model.spi[SPI_LEVEL].active);
    assert_int_equal(take(0), SPURIOUS);
    set_bit(0, ISENABLER, SPI_LEVEL);
    assert_int_equal(take_and_end(0), SPI_LEVEL);
}

static void test_disabled_while_pending(void **state)
{
    static const uint32_t spis[] = {SPI_EDGE, SPI_LEVEL, SPI_FAR};

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        set_bit(0, ISENABLER, spis[i]);
        line(0, spis[i], true);
        set_bit(0, ICENABLER, spis[i]);
        assert_int_equal(take(0), SPURIOUS);
        assert_false(model.spi[spis[i]].active);
        assert_true(get_bit(0, ISPENDR, spis[i]));
        line(0, spis[i], false);
        assert_int_equal(get_bit(0, ISPENDR, spis[i]), spis[i] != SPI_LEVEL);
        set_bit(0, ISENABLER, spis[i]);
        assert_int_equal(take_and_end(0), spis[i] == SPI_LEVEL ? SPURIOUS : spis[i]);
    }
}

static void test_set_and_clear_pending(void **state)
{
    static const uint32_t all[] = {5, TIMER, SPI_EDGE, SPI_LEVEL, SPI_CONSOLE};

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        set_bit(0, ISENABLER, all[i]);
        set_bit(0, ISPENDR, all[i]);
        set_bit(0, ISPENDR, all[i]);
        assert_true(get_bit(0, ISPENDR, all[i]));
        set_bit(0, ICPENDR, all[i]);
        assert_false(get_bit(0, ISPENDR, all[i]));
        assert_int_equal(take(0), SPURIOUS);

        set_bit(0, ISPENDR, all[i]);
        assert_int_equal(take(0), all[i]);
        set_bit(0, ISPENDR, all[i]); /* again while active */
        assert_true(get_bit(0, ISPENDR, all[i]));
        assert_true(get_bit(0, ISACTIVER, all[i]));
        assert_int_equal(take(0), SPURIOUS);
        end(0, all[i]);
        assert_int_equal(take_and_end(0), all[i]);
        assert_int_equal(take(0), SPURIOUS);

        set_bit(0, ICENABLER, all[i]); /* disabled while made pending */
        set_bit(0, ISPENDR, all[i]);
        assert_int_equal(take(0), SPURIOUS);
        set_bit(0, ISENABLER, all[i]);
        set_bit(0, ICENABLER, all[i]);
        assert_true(get_bit(0, ISPENDR, all[i]));
        set_bit(0, ISENABLER, all[i]);
        assert_true(get_bit(0, ISPENDR, all[i]));
        assert_int_equal(take_and_end(0), all[i]);
        assert_int_equal(take(0), SPURIOUS);
    }
}

static void test_set_and_clear_active(void **state)
{
    static const uint32_t all[] = {5, TIMER, SPI_EDGE, SPI_LEVEL, SPI_CONSOLE};

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        set_bit(0, ISENABLER, all[i]);
        set_bit(0, ISACTIVER, all[i]);
        assert_true(get_bit(0, ISACTIVER, all[i]));
        set_bit(0, ISPENDR, all[i]);
        assert_int_equal(take(0), SPURIOUS);
        set_bit(0, ICACTIVER, all[i]);
        assert_false(get_bit(0, ISACTIVER, all[i]));
        assert_int_equal(take(0), all[i]);
        set_bit(0, ICACTIVER, all[i]); /* the guest's handler runs: ended by hand */
        assert_false(get_bit(0, ISACTIVER, all[i]));
        model.depth[0] = 0;
        set_bit(0, ISPENDR, all[i]);
        assert_int_equal(take_and_end(0), all[i]);

        set_bit(0, ISPENDR, all[i]); /* pending, then made active as well */
        set_bit(0, ISACTIVER, all[i]);
        assert_true(get_bit(0, ISPENDR, all[i]));
        assert_true(get_bit(0, ISACTIVER, all[i]));
        assert_int_equal(take(0), SPURIOUS);
        set_bit(0, ICACTIVER, all[i]);
        assert_int_equal(take_and_end(0), all[i]);
        assert_int_equal(take(0), SPURIOUS);
    }
}

static void test_sgi(void **state)
{
    (void)state;
    send(0, 0, 3);
    assert_int_equal(take(0), 3);
    send(0, 0, 3);
    assert_true(get_bit(0, ISPENDR, 3));
    assert_int_equal(take(0), SPURIOUS);
    end(0, 3);
    assert_int_equal(take_and_end(0), 3);
    for (uint32_t i = 0; i < 3; i++) {
        send(0, 1, 3);
        assert_int_equal(take_and_end(1), 3);
    }
    send(0, 1, 3);
    send(2, 1, 3); /* merged: GICv3 knows no source */
    assert_int_equal(take_and_end(1), 3);
    assert_int_equal(take(1), SPURIOUS);
    set_bit(1, ICENABLER, 3);
    send(0, 1, 3);
    assert_int_equal(take(1), SPURIOUS);
    set_bit(1, ISENABLER, 3);
    assert_int_equal(take_and_end(1), 3);
}

/* The emulated UART's. */
static void test_software_line(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, SPI_CONSOLE);
    vgic_set_level(part, SPI_CONSOLE, true);
    settle();
    assert_int_equal(take(0), SPI_CONSOLE);
    end(0, SPI_CONSOLE); /* still high */
    assert_int_equal(take(0), SPI_CONSOLE);
    host_cpu_become(&cpus[0]);
    vgic_set_level(part, SPI_CONSOLE, false);
    model.maintenances = 0;
    end(0, SPI_CONSOLE);
    assert_int_equal(take(0), SPURIOUS);
    assert_int_equal(model.maintenances, 0);
    host_cpu_become(&cpus[1]); /* from another CPU, or that of another partition */
    vgic_set_level(part, SPI_CONSOLE, true);
    settle();
    assert_true(get_bit(0, ISPENDR, SPI_CONSOLE));
    host_cpu_become(&cpus[2]);
    vgic_set_level(part, SPI_CONSOLE, false);
    settle();
    assert_false(get_bit(0, ISPENDR, SPI_CONSOLE));
    assert_int_equal(take(0), SPURIOUS);
}

static void test_distributor_off(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, SPI_EDGE);
    set_bit(1, ISENABLER, TIMER);
    line(0, SPI_EDGE, true);
    line(1, TIMER, true);
    send(0, 2, 1);
    wr(0, GICD, 0);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(take(cpu), SPURIOUS);
    }
    assert_false(model.private[1][TIMER].enabled);
    assert_false(model.spi[SPI_EDGE].enabled);
    assert_true(get_bit(0, ISPENDR, SPI_EDGE));
    wr(0, GICD, 2);
    assert_int_equal(take_and_end(0), SPI_EDGE);
    assert_int_equal(take(1), TIMER);
    assert_int_equal(take_and_end(2), 1);
}

/* ---- several CPUs ---- */

static void test_retarget(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, SPI_EDGE);
    line(0, SPI_EDGE, true);
    route(0, SPI_EDGE, 1); /* while it is pending */
    assert_int_equal(take(0), SPURIOUS);
    assert_int_equal(take(1), SPI_EDGE);
    assert_int_equal(model.spi[SPI_EDGE].target, 1);
    route(0, SPI_EDGE, 2); /* while it is active, there */
    falls_and_rises(SPI_EDGE);
    assert_int_equal(take(2), SPURIOUS);
    end(1, SPI_EDGE);
    assert_int_equal(take(1), SPURIOUS);
    assert_int_equal(take_and_end(2), SPI_EDGE);
    line(0, SPI_EDGE, false);
    (void)guest_access(0, GICD + 0x6000 + 8 * SPI_EDGE, 8, true, 7); /* nobody's affinity */
    line(0, SPI_EDGE, true);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(take(cpu), SPURIOUS);
    }
    assert_true(get_bit(0, ISPENDR, SPI_EDGE));
    route(0, SPI_EDGE, 0);
    assert_int_equal(take_and_end(0), SPI_EDGE);
}

/* It arrives at the CPU that was its target when it was signalled. */
static void test_retarget_race(void **state)
{
    struct mmio_access access = {ipa(GICD + 0x6000 + 8 * SPI_LEVEL), 8, true, 1};

    (void)state;
    set_bit(0, ISENABLER, SPI_LEVEL);
    line(0, SPI_LEVEL, true);
    assert_int_equal(take_and_end(0), SPI_LEVEL); /* CPU 0 knows it, the quick way is open */
    line(0, SPI_LEVEL, false);
    (void)take_and_end(0);
    model.spi[SPI_LEVEL].line = true;
    model.spi[SPI_LEVEL].active = true; /* acknowledged by CPU 0, which is not yet further */
    host_cpu_become(&cpus[2]);
    assert_int_equal(mmio_handle(&vcpus[2], &access), TRAP_SKIP);
    host_cpu_become(&cpus[0]);
    assert_true(vgic_inject(&vcpus[0], SPI_LEVEL));
    settle();
    assert_int_equal(take(0), SPURIOUS);
    assert_int_equal(take(1), SPI_LEVEL);
    line(0, SPI_LEVEL, false);
    end(1, SPI_LEVEL);
    assert_false(model.spi[SPI_LEVEL].active);
}

static void test_state_in_another_cpus_list_register(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, SPI_EDGE);
    set_bit(0, ISENABLER, SPI_CONSOLE);
    route(0, SPI_EDGE, 1);
    route(0, SPI_CONSOLE, 2);
    line(0, SPI_EDGE, true);
    set_bit(0, ISPENDR, SPI_CONSOLE);
    assert_true(get_bit(0, ISPENDR, SPI_EDGE));
    assert_true(get_bit(0, ISPENDR, SPI_CONSOLE));
    assert_false(get_bit(0, ISACTIVER, SPI_EDGE));
    assert_int_equal(take(1), SPI_EDGE);
    assert_int_equal(take(2), SPI_CONSOLE);
    assert_false(get_bit(0, ISPENDR, SPI_EDGE));
    assert_true(get_bit(0, ISACTIVER, SPI_EDGE));
    assert_true(get_bit(0, ISACTIVER, SPI_CONSOLE));
    end(1, SPI_EDGE);
    end(2, SPI_CONSOLE);
    model.kicks = 0;
    assert_false(get_bit(0, ISACTIVER, SPI_EDGE)); /* the physical one tells: nobody is asked */
    assert_int_equal(model.kicks, 1);              /* for the console's */
    assert_false(get_bit(0, ISACTIVER, SPI_CONSOLE));
}

static void test_change_in_another_cpus_list_register(void **state)
{
    static const uint32_t all[] = {SPI_EDGE, SPI_CONSOLE};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        set_bit(0, ISENABLER, all[i]);
        route(0, all[i], 1);
        set_bit(0, ISPENDR, all[i]);
        set_bit(0, ICPENDR, all[i]);
        assert_int_equal(take(1), SPURIOUS);
        assert_false(model.spi[SPI_EDGE].active);
        set_bit(0, ISPENDR, all[i]);
        set_bit(0, ISPENDR, all[i]);
        assert_int_equal(take(1), all[i]);
        set_bit(0, ISPENDR, all[i]);
        assert_true(get_bit(2, ISPENDR, all[i]));
        set_bit(2, ICACTIVER, all[i]);
        model.depth[1] = 0;
        assert_int_equal(take(1), all[i]);
        end(1, all[i]);
        assert_int_equal(take(1), SPURIOUS);
        set_bit(0, ISACTIVER, all[i]);
        set_bit(0, ISPENDR, all[i]);
        assert_int_equal(take(1), SPURIOUS);
        assert_true(get_bit(2, ISACTIVER, all[i]));
        set_bit(2, ICACTIVER, all[i]);
        assert_int_equal(take_and_end(1), all[i]);
        set_bit(0, ISPENDR, all[i]);
        set_priority(2, all[i], 0x20);
        set_priority(2, 8, 0x30);
        send(1, 1, 8);
        assert_int_equal(take_and_end(1), all[i]);
        assert_int_equal(take_and_end(1), 8);
    }
}

static void test_foreign_redistributor(void **state)
{
    (void)state;
    wr(0, frame(1, 0) + ISENABLER, 1u << TIMER);
    line(1, TIMER, true);
    assert_true((rd(0, frame(1, 0) + ISPENDR) >> TIMER & 1) != 0);
    wr(0, frame(1, 0) + ICENABLER, 1u << TIMER);
    assert_int_equal(take(1), SPURIOUS);
    wr(0, frame(1, 0) + ISENABLER, 1u << TIMER);
    assert_int_equal(take(1), TIMER);
    assert_true((rd(2, frame(1, 0) + ISACTIVER) >> TIMER & 1) != 0);
    line(1, TIMER, false);
    end(1, TIMER);
    wr(0, frame(2, 0) + ISPENDR, 1u << 12);
    assert_int_equal(take_and_end(2), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_timer, booted_v3),
        cmocka_unit_test_setup(test_line_stays_high, booted_v3),
        cmocka_unit_test_setup(test_line_falls_before_it_is_taken, booted_v3),
        cmocka_unit_test_setup(test_line_while_disabled, booted_v3),
        cmocka_unit_test_setup(test_disabled_while_pending, booted_v3),
        cmocka_unit_test_setup(test_set_and_clear_pending, booted_v3),
        cmocka_unit_test_setup(test_set_and_clear_active, booted_v3),
        cmocka_unit_test_setup(test_sgi, booted_v3),
        cmocka_unit_test_setup(test_software_line, booted_v3),
        cmocka_unit_test_setup(test_distributor_off, booted_v3),
        cmocka_unit_test_setup(test_retarget, booted_v3),
        cmocka_unit_test_setup(test_retarget_race, booted_v3),
        cmocka_unit_test_setup(test_state_in_another_cpus_list_register, booted_v3),
        cmocka_unit_test_setup(test_change_in_another_cpus_list_register, booted_v3),
        cmocka_unit_test_setup(test_foreign_redistributor, booted_v3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
