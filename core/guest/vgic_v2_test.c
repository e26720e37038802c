/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the virtual GICv2's registers. */
#include "core/guest/gic_guest_test.h"

static uint8_t rd8(uint32_t cpu, uint64_t address)
{
    return (uint8_t)guest_access(cpu, address, 1, false, 0);
}

static void test_identification(void **state)
{
    (void)state;
    assert_int_equal(rd(0, GICD + 4), (INTIDS / 32 - 1) | (CPUS - 1) << 5);
    wr(0, GICD + 4, UINT32_MAX);
    assert_int_equal(rd(0, GICD + 4), (INTIDS / 32 - 1) | (CPUS - 1) << 5);
    assert_int_equal(rd(0, GICD + 8) & 0xfff, 0); /* no implementer's code is ours */
    assert_int_equal(rd(0, GICD + 0xfe8), 0x20);
    assert_int_equal(rd(0, GICD + 0xff0), 0);
    wr(0, GICD, UINT32_MAX);
    assert_int_equal(rd(0, GICD), 1);
    wr(0, GICD, 0);
    assert_int_equal(rd(1, GICD), 0);
    assert_int_equal(guest_access(0, GICD + 4, 8, false, 0), 0); /* no such width */
    assert_int_equal(guest_access(0, GICD + 4, 2, false, 0), 0);
    assert_int_equal(guest_access(0, GICD + 0x1008, 4, false, 0), 0); /* behind the registers */
}

static void test_groups_are_not_there(void **state)
{
    (void)state;
    wr(0, GICD + 0x80, UINT32_MAX);
    assert_int_equal(rd(0, GICD + 0x80), 0);
}

static void test_enable(void **state)
{
    (void)state;
    assert_int_equal(rd(0, GICD + ISENABLER), 0xffff);
    wr(0, GICD + ICENABLER, UINT32_MAX); /* SGIs are always on */
    assert_int_equal(rd(0, GICD + ICENABLER), 0xffff);
    wr(0, GICD + ISENABLER, UINT32_MAX);
    assert_int_equal(rd(0, GICD + ISENABLER), 0xffff | 1u << TIMER | 1u << TIMER_P | 1u << PMU);
    assert_int_equal(rd(1, GICD + ISENABLER), 0xffff); /* banked */
    wr(0, GICD + ISENABLER + 4, UINT32_MAX);
    assert_int_equal(rd(2, GICD + ISENABLER + 4),
                     1u << (SPI_CONSOLE - 32) | 1u << (SPI_EDGE - 32) | 1u << (SPI_LEVEL - 32));
    wr(0, GICD + ICENABLER + 4, 1u << (SPI_EDGE - 32));
    assert_false(model.spi[SPI_EDGE].enabled);
    assert_true(model.spi[SPI_LEVEL].enabled);
}

static void test_priorities(void **state)
{
    (void)state;
    wr(0, GICD + IPRIORITYR + SPI_EDGE, 0xffffffff);
    assert_int_equal(rd(0, GICD + IPRIORITYR + SPI_EDGE), 0xf8f8); /* 40, 41: 42, 43 are not ours */
    wr8(0, GICD + IPRIORITYR + SPI_EDGE, 0x47);
    assert_int_equal(rd8(0, GICD + IPRIORITYR + SPI_EDGE), 0x40);
    assert_int_equal(rd8(0, GICD + IPRIORITYR + SPI_LEVEL), 0xf8);
    wr8(0, GICD + IPRIORITYR + 7, 0x10);
    assert_int_equal(rd8(0, GICD + IPRIORITYR + 7), 0x10);
    assert_int_equal(rd8(1, GICD + IPRIORITYR + 7), 0xa0);
    (void)guest_access(0, GICD + IPRIORITYR + 8, 2, true, 0);
    assert_int_equal(rd8(0, GICD + IPRIORITYR + 8), 0xa0);
}

static void test_targets(void **state)
{
    (void)state;
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(rd(cpu, GICD + 0x800), 0x01010101u << cpu);
        assert_int_equal(rd8(cpu, GICD + 0x81f), 1u << cpu);
        wr(cpu, GICD + 0x81c, 0);
        assert_int_equal(rd(cpu, GICD + 0x81c), 0x01010101u << cpu);
    }
    wr8(0, GICD + 0x800 + SPI_EDGE, 0xff);
    assert_int_equal(rd(0, GICD + 0x800 + SPI_EDGE), 0x0107); /* 41 keeps CPU 0 */
    set_bit(0, ISENABLER, SPI_EDGE);
    line(0, SPI_EDGE, true);
    assert_int_equal((take_and_end(0) == SPI_EDGE) + (take_and_end(1) == SPI_EDGE) +
                         (take_and_end(2) == SPI_EDGE),
                     1);
    line(0, SPI_EDGE, false);
    cpu_off(model.spi[SPI_EDGE].target); /* then one of the others */
    line(0, SPI_EDGE, true);
    assert_int_equal((take_and_end(0) == SPI_EDGE) + (take_and_end(1) == SPI_EDGE) +
                         (take_and_end(2) == SPI_EDGE),
                     1);
    wr8(0, GICD + 0x800 + SPI_EDGE, 0xf8); /* absent ones only: nobody */
    assert_int_equal(rd8(0, GICD + 0x800 + SPI_EDGE), 0);
    assert_false(model.spi[SPI_EDGE].enabled);
    wr8(0, GICD + 0x800 + 50, 1);
    assert_int_equal(rd8(0, GICD + 0x800 + 50), 0); /* another partition's */
}

static void test_lone_cpu(void **state)
{
    (void)state;
    for (uint32_t cpu = 1; cpu < CPUS; cpu++) {
        cpu_off(cpu);
    }
    part->vgic.cpus = 1;
    assert_int_equal(rd(0, GICD + 0x800), 0);
    wr8(0, GICD + 0x800 + SPI_EDGE, 0);
    set_bit(0, ISENABLER, SPI_EDGE);
    line(0, SPI_EDGE, true);
    assert_int_equal(take_and_end(0), SPI_EDGE);
}

static void test_config(void **state)
{
    (void)state;
    wr(0, GICD + 0xc00, 0);
    assert_int_equal(rd(0, GICD + 0xc00), 0xaaaaaaaa);
    wr(0, GICD + 0xc04, UINT32_MAX);
    assert_int_equal(rd(0, GICD + 0xc04), 0);
    assert_int_equal(rd(0, GICD + 0xc08), 0x20000);
    wr(0, GICD + ISENABLER + 4, UINT32_MAX);
    wr(0, GICD + 0xc08, UINT32_MAX);
    assert_int_equal(rd(0, GICD + 0xc08), 0xa0008);
    assert_true(model.spi[SPI_LEVEL].edge);
    assert_true(model.spi[SPI_LEVEL].enabled);
    wr(0, GICD + 0xc08, 0);
    assert_int_equal(rd(0, GICD + 0xc08), 0);
    assert_false(model.spi[SPI_EDGE].edge);
    assert_false(model.spi[50].edge);
}

static void test_sgir(void **state)
{
    (void)state;
    wr(1, GICD + 0xf00, 0x01000004); /* all others */
    assert_int_equal(take_and_end(0), 4 | 1 << 10);
    assert_int_equal(take_and_end(1), SPURIOUS);
    assert_int_equal(take_and_end(2), 4 | 1 << 10);
    wr(1, GICD + 0xf00, 0x02ff0004); /* self */
    assert_int_equal(take_and_end(0), SPURIOUS);
    assert_int_equal(take_and_end(1), 4 | 1 << 10);
    wr(1, GICD + 0xf00, 0x03ff0004); /* reserved */
    wr(1, GICD + 0xf00, 0x00f80004); /* CPUs that are not there */
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(take_and_end(cpu), SPURIOUS);
    }
    wr(2, GICD + 0xf00, 0x00ff800f);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(take_and_end(cpu), 15 | 2 << 10);
    }
    assert_int_equal(rd(0, GICD + 0xf00), 0);
}

/* One for each source, also while one is active, and if one sends twice. */
static void test_sources(void **state)
{
    uint32_t first, second;

    (void)state;
    send(0, 2, 9);
    send(1, 2, 9);
    send(1, 2, 9);
    assert_int_equal(rd8(2, GICD + 0xf20 + 9), 3);
    first = take(2);
    send(0, 2, 9);
    send(2, 2, 9);
    assert_int_equal(rd(2, GICD + 0xf18), (uint32_t)(4 | 1 | (first >> 10 == 0 ? 2 : 0)) << 8);
    assert_true(get_bit(2, ISPENDR, 9));
    assert_true(get_bit(2, ISACTIVER, 9));
    end(2, first);
    second = take_and_end(2);
    assert_int_equal(second & 0x3ff, 9);
    assert_int_equal(take_and_end(2) & 0x3ff, 9);
    if (first >> 10 == 0) {
        assert_int_equal(take_and_end(2) & 0x3ff, 9);
    }
    assert_int_equal(take_and_end(2), SPURIOUS);
    assert_int_equal(model.why[2], 0);
}

static void test_pending_registers(void **state)
{
    (void)state;
    wr8(1, GICD + 0xf20 + 5, 0xff);
    assert_int_equal(rd8(1, GICD + 0xf10 + 5), 7);
    assert_int_equal(rd(1, GICD + 0xf24), 0x700);
    set_bit(1, ICPENDR, 5); /* read-only for SGIs */
    set_bit(1, ISPENDR, 6);
    assert_int_equal(rd(1, GICD + ISPENDR), 1u << 5);
    wr8(1, GICD + 0xf10 + 5, 5);
    assert_int_equal(rd8(1, GICD + 0xf20 + 5), 2);
    assert_int_equal(take_and_end(1), 5 | 1 << 10);
    assert_int_equal(take_and_end(1), SPURIOUS);
    wr(1, GICD + 0xf2c, 0x01020401);
    wr(1, GICD + 0xf1c, 0x00ffff00);
    assert_int_equal(rd(1, GICD + 0xf2c), 0x01000001);
    assert_int_equal(rd(1, GICD + 0xf30), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_identification, booted_v2),
        cmocka_unit_test_setup(test_groups_are_not_there, booted_v2),
        cmocka_unit_test_setup(test_enable, booted_v2),
        cmocka_unit_test_setup(test_priorities, booted_v2),
        cmocka_unit_test_setup(test_targets, booted_v2),
        cmocka_unit_test_setup(test_lone_cpu, booted_v2),
        cmocka_unit_test_setup(test_config, booted_v2),
        cmocka_unit_test_setup(test_sgir, booted_v2),
        cmocka_unit_test_setup(test_sources, booted_v2),
        cmocka_unit_test_setup(test_pending_registers, booted_v2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
