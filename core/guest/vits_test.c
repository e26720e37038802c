/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the virtual ITS: its registers, and each command where it is right. */
#include "core/guest/vits_test.h"

static void test_registers(void **state)
{
    static const struct {
        uint64_t offset, value;
    } rows[] = {
        {0x0000, 0x4200000080000000},
        {0x0008, 0x03000000 | 31 << 13 | 4 << 8 | 1},
        {0x0080, 0},
        {0x0088, 0},
        {0x0090, 0},
        {0xffe8, 0x30},
    };

    (void)state;
    for (uint64_t offset = 0; offset < 0x20000; offset += 8) {
        uint64_t v = 0;

        for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
            v = rows[i].offset == offset ? rows[i].value : v;
        }
        assert_int_equal(rd64(1, ITS + offset), v);
        assert_int_equal(rd(1, ITS + offset), v & UINT32_MAX);
        assert_int_equal(rd(1, ITS + offset + 4), v >> 32);
        for (uint32_t i = 0; i < 8; i++) {
            assert_int_equal(guest_access(1, ITS + offset + i, 1, false, 0), 0);
        }
        assert_int_equal(guest_access(1, ITS + offset, 2, false, 0), 0);
    }
}

static void test_writes_of_all_widths(void **state)
{
    static const uint64_t held = 0xb8effffffffffcff;

    (void)state;
    wr64(0, ITS + 0x80, UINT64_MAX);
    assert_int_equal(rd64(0, ITS + 0x80), held);
    wr(0, ITS + 0x80, 0);
    assert_int_equal(rd64(0, ITS + 0x80), held & 0xffffffff00000000);
    wr(0, ITS + 0x84, 0);
    wr(0, ITS + 0x80, 1);
    assert_int_equal(rd64(0, ITS + 0x80), 1);
    wr64(0, ITS + 0x88, 0x1fff);
    assert_int_equal(rd64(0, ITS + 0x88), 0x1fe0);
    wr(0, ITS + 0x88, 0x40);
    wr(0, ITS + 0x8c, UINT32_MAX);
    assert_int_equal(rd64(0, ITS + 0x88), 0x40);
    for (uint64_t offset = 0; offset < 0x20000; offset++) { /* no such widths */
        (void)guest_access(0, ITS + offset, 1, true, 1);
        if (offset % 2 == 0) {
            (void)guest_access(0, ITS + offset, 2, true, 1);
        }
    }
    assert_int_equal(rd64(0, ITS + 0x80), 1);
    assert_int_equal(rd64(0, ITS + 0x88), 0x40);
    for (uint64_t offset = 0x90; offset < 0x20000; offset += 8) { /* read-only, or nothing */
        wr64(0, ITS + offset, UINT64_MAX);
    }
    wr64(0, ITS + 8, UINT64_MAX);
    assert_int_equal(rd64(0, ITS), 0x4200000080000000);
    assert_int_equal(reads, 0);
    wr(0, ITS, UINT32_MAX);
    assert_int_equal(rd(0, ITS), 1);
    wr64(0, ITS + 0x80, 0); /* frozen while it is on */
    assert_int_equal(rd64(0, ITS + 0x80), 1);
}

static void test_the_gic_says_so(void **state)
{
    (void)state;
    assert_int_equal(rd(0, GICD + 4), (INTIDS / 32 - 1) | 6 << 11 | 1 << 17 | 13 << 19 | 1 << 25);
    assert_int_equal(rd(0, rd_base(0) + 8) & 1, 1);
    wr64(0, rd_base(0) + 0x70, UINT64_MAX);
    assert_int_equal(rd64(1, rd_base(1) + 0x70), 0x070fffffffffff9f); /* one for all */
    wr64(0, rd_base(0) + 0x78, UINT64_MAX);
    assert_int_equal(rd64(0, rd_base(0) + 0x78), 0x070fffffffff0f80); /* PTZ is not kept */
    assert_int_equal(rd64(1, rd_base(1) + 0x78), 0);
    wr(1, rd_base(1) + 0x78, 0x10000);
    wr(1, rd_base(1) + 0x7c, 1);
    assert_int_equal(rd64(1, rd_base(1) + 0x78), 0x100010000);
    assert_int_equal(rd(1, rd_base(1)), 0);
    wr(1, rd_base(1), 1);
    assert_int_equal(rd(1, rd_base(1)), 1);
    assert_int_equal(rd(0, rd_base(0)), 0);
    wr64(0, rd_base(0) + 0x70, 0); /* both are in use */
    wr64(1, rd_base(1) + 0x78, 0);
    assert_int_equal(rd64(0, rd_base(0) + 0x70), 0x070fffffffffff9f);
    assert_int_equal(rd64(1, rd_base(1) + 0x78), 0x100010000);
    wr(1, rd_base(1), 0);
    cpu_off(1);
    cpu_on(1);
    assert_int_equal(rd(1, rd_base(1)),
                     1); /* it stays, as Linux expects of a CPU that comes again */
}

/* LPIs have places among the SPIs in the vGIC: nothing of the distributor shows them. */
static void test_the_distributor_does_not_show_them(void **state)
{
    static const uint32_t offsets[] = {0x88,  0x94,  0x108, 0x188, 0x208, 0x288,
                                       0x308, 0x388, 0x440, 0x45c, 0xc10, 0xc14}; /* 64 to 95's */

    (void)state;
    map(0, LPI_FIRST, 0);
    send_message(0, 0);
    for (uint32_t i = 0; i < ARRAY_SIZE(offsets); i++) {
        wr(0, GICD + offsets[i], UINT32_MAX);
        assert_int_equal(rd(0, GICD + offsets[i]), 0);
    }
    wr8(0, GICD + IPRIORITYR + 64, 0xf8);
    wr64(0, GICD + 0x6000 + UINT64_C(8) * 64, 1);
    assert_int_equal(rd64(0, GICD + 0x6000 + UINT64_C(8) * 64), 0);
    assert_int_equal(take_and_end(0), LPI_FIRST);
}

static void test_a_message(void **state)
{
    (void)state;
    map(3, LPI_FIRST + PLAN_LPIS - 1, 1);
    send_message(0, 3);
    assert_int_equal(take(0), SPURIOUS);
    assert_int_equal(take_and_end(1), LPI_FIRST + PLAN_LPIS - 1);
    assert_int_equal(take(1), SPURIOUS);
    send_message(0, 4); /* not mapped */
    send_message(2, 3); /* the other function's is another event */
    send_message(1, 3);
    assert_int_equal(take(1), SPURIOUS);
    wr(0, GICD, 0);
    send_message(0, 3);
    assert_int_equal(take(1), SPURIOUS);
    wr(0, GICD, 2);
    assert_int_equal(take_and_end(1), LPI_FIRST + PLAN_LPIS - 1);
    wr(0, ITS, 0);
    send_message(0, 3); /* an ITS that is off drops it */
    wr(0, ITS, 1);
    assert_int_equal(take(1), SPURIOUS);
}

/* It comes again while it is handled: once, however often; as an LPI is not active, at once. */
static void again_while_handled(bool active)
{
    model.active_lpis = active;
    map(0, LPI_FIRST, 0);
    for (uint32_t i = 0; i < 3; i++) {
        send_message(0, 0);
        assert_int_equal(take(0), LPI_FIRST);
        send_message(0, 0);
        send_message(0, 0);
        assert_int_equal(take(0), SPURIOUS);
        end(0, LPI_FIRST);
        assert_int_equal(take_and_end(0), LPI_FIRST);
        assert_int_equal(take(0), SPURIOUS);
    }
    assert_int_equal(model.maintenances, 0);
}

static void test_again_while_handled(void **state)
{
    (void)state;
    again_while_handled(false);
}

static void test_again_while_handled_in_qemu(void **state)
{
    (void)state;
    again_while_handled(true);
}

/*
 * Some GICs keep LPIs active in list registers. One that has to leave its own is not: it comes
 * again while it is handled, and where it has been moved to.
 */
static void test_not_active_outside(void **state)
{
    (void)state;
    model.active_lpis = true;
    for (uint32_t n = 0; n <= model.lrs; n++) { /* each preempts the one before */
        map(n, LPI_FIRST + n, 0);
        *config_of(LPI_FIRST + n) = (uint8_t)(0xe1 - 0x10 * n);
        command(INV, OWN, n, 0, 0);
        send_message(0, n);
        assert_int_equal(take(0), LPI_FIRST + n);
    }
    command(MOVI, OWN, 0, 0, 1);
    send_message(0, 0);
    assert_int_equal(take_and_end(1), LPI_FIRST);
    for (uint32_t n = model.lrs + 1; n-- > 0;) {
        end(0, LPI_FIRST + n);
    }
    assert_int_equal(take(0), SPURIOUS);
    assert_int_equal(take(1), SPURIOUS);
}

/* Far more than there are list registers: each of them, of four functions' worth of events. */
static void test_more_than_list_registers(void **state)
{
    bool came[PLAN_LPIS] = {false};

    (void)state;
    command(MAPD, SECOND, 4, 0, valid(0));
    for (uint32_t n = 0; n < PLAN_LPIS; n++) {
        const uint32_t device = n / PLAN_EVENTS % 2 == 0 ? OWN : SECOND;

        if (n % (2 * PLAN_EVENTS) == 0) {
            command(MAPD, OWN, 4, 0, valid(0)); /* what was mapped is not any more */
            command(MAPD, SECOND, 4, 0, valid(0));
        }
        *config_of(LPI_FIRST + n) = 0xa1;
        command(MAPTI, device, n % PLAN_EVENTS, LPI_FIRST + n, 0);
        send_message(device == OWN ? 0 : 2, n % PLAN_EVENTS);
        if (n % (2 * PLAN_EVENTS) == 2 * PLAN_EVENTS - 1) {
            for (uint32_t i = 0; i < 2 * PLAN_EVENTS; i++) {
                uint32_t lpi = take_and_end(0);

                assert_true(lpi >= LPI_FIRST && lpi < LPI_FIRST + PLAN_LPIS);
                assert_false(came[lpi - LPI_FIRST]);
                came[lpi - LPI_FIRST] = true;
            }
            assert_int_equal(take(0), SPURIOUS);
        }
    }
    for (uint32_t n = 0; n < PLAN_LPIS; n++) {
        assert_true(came[n]);
    }
}

static void test_int_clear_discard(void **state)
{
    (void)state;
    map(7, LPI_FIRST + 1, 2);
    command(INT, OWN, 7, 0, 0);
    assert_int_equal(take_and_end(2), LPI_FIRST + 1);
    command(INT, OWN, 7, 0, 0);
    command(CLEAR, OWN, 7, 0, 0);
    assert_int_equal(take(2), SPURIOUS);
    command(INT, OWN, 7, 0, 0);
    command(DISCARD, OWN, 7, 0, 0);
    assert_int_equal(take(2), SPURIOUS);
    send_message(0, 7);
    command(INT, OWN, 7, 0, 0);
    assert_int_equal(take(2), SPURIOUS);
    map(7, LPI_FIRST + 2, 2);
    send_message(0, 7);
    assert_int_equal(take_and_end(2), LPI_FIRST + 2);
}

static void test_the_configuration(void **state)
{
    (void)state;
    command(MAPTI, OWN, 0, LPI_FIRST, 0); /* not enabled */
    send_message(0, 0);
    assert_int_equal(take(0), SPURIOUS);
    *config_of(LPI_FIRST) = 0x41;
    assert_int_equal(take(0), SPURIOUS); /* nobody has looked at it */
    command(INV, OWN, 0, 0, 0);
    assert_int_equal(take_and_end(0), LPI_FIRST);
    map(1, LPI_FIRST + 1, 0); /* less urgent */
    send_message(0, 1);
    assert_int_equal(take(0), LPI_FIRST + 1);
    send_message(0, 0);
    assert_int_equal(take(0), LPI_FIRST);
    end(0, LPI_FIRST);
    end(0, LPI_FIRST + 1);
    *config_of(LPI_FIRST) = 0x40;
    *config_of(LPI_FIRST + 1) = 0xa0;
    send_message(0, 0);
    command(INVALL, 0, 0, 0, 1); /* not theirs */
    assert_int_equal(take_and_end(0), LPI_FIRST);
    send_message(0, 0);
    send_message(0, 1);
    command(INVALL, 0, 0, 0, 0);
    assert_int_equal(take(0), SPURIOUS);
    *config_of(LPI_FIRST) = 0x41;
    command(INVALL, 0, 0, 0, 0);
    assert_int_equal(take_and_end(0), LPI_FIRST);
    assert_int_equal(take(0), SPURIOUS);
}

static void test_where_it_goes(void **state)
{
    (void)state;
    map(0, LPI_FIRST, 0);
    command(MOVI, OWN, 0, 0, 2);
    send_message(0, 0);
    assert_int_equal(take_and_end(2), LPI_FIRST);
    send_message(0, 0);
    command(MAPC, 0, 0, 0, valid(1 << 16 | 2)); /* with what is pending */
    assert_int_equal(take(2), SPURIOUS);
    assert_int_equal(take_and_end(1), LPI_FIRST);
    command(MOVALL, 0, 0, 0, 1 << 16);
    command(SYNC, 0, 0, 0, 0);
    send_message(0, 0);
    assert_int_equal(take_and_end(1), LPI_FIRST);
    command(MAPC, 0, 0, 0, 2); /* unmapped: it waits */
    send_message(0, 0);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(take(cpu), SPURIOUS);
    }
    command(MAPC, 0, 0, 0, valid(0 << 16 | 2));
    assert_int_equal(take_and_end(0), LPI_FIRST);
    send_message(0, 0);
    cpu_off(0);
    command(MOVI, OWN, 0, 0, 1);
    assert_int_equal(take_and_end(1), LPI_FIRST);
    cpu_on(0);
    assert_int_equal(take(0), SPURIOUS);
}

/* A look at GITS_CREADR, or a write to GITS_CWRITER, while no other CPU takes its kicks. */
static uint64_t creadr_at_once(uint32_t cpu, bool write)
{
    struct mmio_access access = {ipa(ITS + (write ? 0x88 : 0x90)), 8, write, written};

    host_cpu_become(&cpus[cpu]);
    assert_int_equal(mmio_handle(&vcpus[cpu], &access), TRAP_SKIP);
    return access.value;
}

/* What was taken away is in no list register, whoever's, when SYNC has been passed. */
static void test_sync_waits(void **state)
{
    static const uint64_t away[] = {DISCARD, MOVI, CLEAR};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(away); i++) {
        for (uint32_t off = 0; off < 2; off++) {
            map(0, LPI_FIRST, 0);
            map(1, LPI_FIRST + 1, 1);
            send_message(0, 0);
            send_message(0, 1);
            put(away[i], OWN, 0, 0, 2);
            put(away[i], OWN, 1, 0, 2);
            put(SYNC, 0, 0, 0, 0);
            put(SYNC, 0, 0, 0, 1 << 16);
            (void)creadr_at_once(2, true);
            for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
                assert_int_equal(creadr_at_once(cpu, false), written - 64);
            }
            host_cpu_become(&cpus[0]);
            irq_handle();
            assert_int_equal(creadr_at_once(0, false), written - 64); /* the other has not looked */
            host_cpu_become(&cpus[1]);
            if (off != 0) {
                vgic_vcpu_reset(&vcpus[1]);
            } else {
                irq_handle();
            }
            assert_int_equal(creadr_at_once(0, false), written);
            assert_int_equal(take(0), SPURIOUS);
            assert_int_equal(take(1), SPURIOUS);
            settle();
            assert_int_equal(take_and_end(2), away[i] == MOVI ? LPI_FIRST : SPURIOUS);
            assert_int_equal(take_and_end(2), away[i] == MOVI ? LPI_FIRST + 1 : SPURIOUS);
            cpu_on(1);
            command(DISCARD, OWN, 0, 0, 0);
            command(DISCARD, OWN, 1, 0, 0);
        }
    }
}

/* It becomes pending first, and LPIs are switched on later. */
static void test_lpis_switched_on_late(void **state)
{
    (void)state;
    wr64(0, rd_base(0) + 0x70, CONFIG | 13);
    wr64(0, ITS + 0x80, valid(QUEUE | (PAGES - 1)));
    wr(0, ITS, 1);
    command(MAPC, 0, 0, 0, valid(1 << 16));
    command(MAPD, SECOND, 0, 0, valid(0));
    *config_of(LPI_FIRST + 9) = 0xa1;
    command(MAPTI, SECOND, 1, LPI_FIRST + 9, 0);
    send_message(2, 1);
    assert_int_equal(take(1), SPURIOUS);
    wr(0, rd_base(0), 1);
    command(MAPC, 0, 0, 0, valid(0 << 16 | 1));
    *config_of(LPI_FIRST + 10) = 0xa1;
    command(MAPTI, SECOND, 0, LPI_FIRST + 10, 1);
    *config_of(LPI_FIRST + 10) = 0xa0; /* no INV: nobody has looked at it, */
    wr(1, rd_base(1), 1);
    assert_int_equal(take_and_end(1), LPI_FIRST + 9);
    send_message(2, 0); /* nor did a vCPU that it does not go to */
    assert_int_equal(take_and_end(0), LPI_FIRST + 10);
}

static void test_a_device_mapped_anew(void **state)
{
    (void)state;
    map(0, LPI_FIRST, 0);
    map(31, LPI_FIRST + 1, 0);
    send_message(0, 31);
    command(MAPD, OWN, 0, 0, valid(0)); /* two events, none mapped */
    assert_int_equal(take(0), SPURIOUS);
    send_message(0, 0);
    assert_int_equal(take(0), SPURIOUS);
    map(1, LPI_FIRST + 1, 0);
    map(2, LPI_FIRST + 2, 0);
    send_message(0, 1);
    send_message(0, 2);
    assert_int_equal(take_and_end(0), LPI_FIRST + 1);
    assert_int_equal(take(0), SPURIOUS);
    command(MAPD, OWN, 4, 0, 0);
    send_message(0, 1);
    map(1, LPI_FIRST + 1, 0);
    send_message(0, 1);
    assert_int_equal(take(0), SPURIOUS);
    command(MAPD, OWN, 31, 0, valid(0)); /* no more than there are */
    command(MAPTI, OWN, 32, LPI_FIRST, 0);
    map(31, LPI_FIRST + 1, 0);
    send_message(0, 31);
    assert_int_equal(take_and_end(0), LPI_FIRST + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_registers, fresh_its),
        cmocka_unit_test_setup(test_writes_of_all_widths, fresh_its),
        cmocka_unit_test_setup(test_the_gic_says_so, fresh_its),
        cmocka_unit_test_setup(test_the_distributor_does_not_show_them, booted_its),
        cmocka_unit_test_setup(test_a_message, booted_its),
        cmocka_unit_test_setup(test_again_while_handled, booted_its),
        cmocka_unit_test_setup(test_again_while_handled_in_qemu, booted_its),
        cmocka_unit_test_setup(test_not_active_outside, booted_its),
        cmocka_unit_test_setup(test_more_than_list_registers, booted_its),
        cmocka_unit_test_setup(test_int_clear_discard, booted_its),
        cmocka_unit_test_setup(test_the_configuration, booted_its),
        cmocka_unit_test_setup(test_where_it_goes, booted_its),
        cmocka_unit_test_setup(test_sync_waits, booted_its),
        cmocka_unit_test_setup(test_lpis_switched_on_late, fresh_its),
        cmocka_unit_test_setup(test_a_device_mapped_anew, booted_its),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
