/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the virtual GICv3's registers. */
#include "core/guest/gic_guest_test.h"

#define RD(cpu) (frame(cpu, 0) - 0x10000)

static uint64_t rd64(uint32_t cpu, uint64_t address)
{
    return guest_access(cpu, address, 8, false, 0);
}

static void test_distributor(void **state)
{
    (void)state;
    assert_int_equal(rd(0, GICD), 0x52); /* DS, ARE, EnableGrp1 */
    wr(0, GICD, 0);
    assert_int_equal(rd(0, GICD), 0x50);
    wr(0, GICD, UINT32_MAX);
    assert_int_equal(rd(0, GICD), 0x52);
    assert_int_equal(rd(0, GICD + 4), (INTIDS / 32 - 1) | 9 << 19 | 1 << 25);
    assert_int_equal(rd(0, GICD + 8) & 0xfff, 0);
    assert_int_equal(rd(0, GICD + 0xffe8), 0x30);
    assert_int_equal(rd(0, GICD + 0xc), 0);
    assert_int_equal(rd64(0, GICD), 0);
}

static void test_no_private_ones_in_the_distributor(void **state)
{
    static const uint32_t offsets[] = {0x80,  0x100, 0x180, 0x200, 0x280, 0x300,
                                       0x380, 0x400, 0x800, 0xc00, 0xf00, 0xf20};

    (void)state;
    for (uint32_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        wr(0, GICD + offsets[i], UINT32_MAX);
        assert_int_equal(rd(0, GICD + offsets[i]), 0);
    }
    assert_int_equal(take(0), SPURIOUS);
    wr8(0, GICD + 0x800 + SPI_EDGE, 1); /* no ITARGETSR with affinity routing */
    assert_int_equal(rd(0, GICD + 0x800 + SPI_EDGE), 0);
}

static void test_redistributors(void **state)
{
    (void)state;
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        uint64_t last = cpu == 1 || cpu == 2 ? 0x10 : 0; /* of each region */
        uint64_t typer = (uint64_t)cpu << 32 | cpu << 8 | last;

        assert_int_equal(rd64(0, RD(cpu) + 8), typer);
        assert_int_equal(rd(2, RD(cpu) + 8), typer & UINT32_MAX);
        assert_int_equal(rd(1, RD(cpu) + 12), typer >> 32);
        assert_int_equal(rd(0, RD(cpu) + 0xffe8), 0x30);
        assert_int_equal(rd(0, RD(cpu)), 0);
        assert_int_equal(rd(0, RD(cpu) + 0x14), 6);
        wr(0, RD(cpu) + 0x14, 0);
        assert_int_equal(rd(0, RD(cpu) + 0x14), 0);
        wr(0, RD(cpu) + 0x14, 2);
        assert_int_equal(rd(0, RD(cpu) + 0x14), 6);
        assert_int_equal(guest_access(0, RD(cpu) + 8, 2, false, 0), 0);
    }
    wr(0, GICR2 + 0x30100, UINT32_MAX); /* frames of no vCPU */
    assert_int_equal(rd64(0, GICR2 + 0x20008), 0);
    assert_int_equal(rd(0, GICR2 + 0x30100), 0);
}

static void test_private_registers(void **state)
{
    uint64_t at = frame(1, 0);
    uint32_t ours = 0xffff | 1u << TIMER | 1u << TIMER_P | 1u << PMU;

    (void)state;
    wr(1, at + 0x80, 0);
    assert_int_equal(rd(1, at + 0x80), ours); /* all is Group 1 */
    wr(1, at + ICENABLER, UINT32_MAX);
    assert_int_equal(rd(1, at + ISENABLER), 0);
    wr(1, at + ISENABLER, UINT32_MAX);
    assert_int_equal(rd(1, at + ICENABLER), ours);
    assert_int_equal(rd(1, frame(0, 0) + ISENABLER), 0xffff);
    wr(1, at + 0xc00, 0);
    wr(1, at + 0xc04, UINT32_MAX);
    assert_int_equal(rd(1, at + 0xc00), 0xaaaaaaaa);
    assert_int_equal(rd(1, at + 0xc04), 0);
    wr(1, at + IPRIORITYR + 24, UINT32_MAX);
    assert_int_equal(rd(1, at + IPRIORITYR + 24), 0xf8000000); /* 27 */
    wr(1, at + ISENABLER + 4, UINT32_MAX);                     /* no SPIs here */
    assert_int_equal(rd(1, at + ISENABLER + 4), 0);
    assert_int_equal(rd(1, GICD + ISENABLER + 4), 0);
    wr(1, at + IPRIORITYR + SPI_EDGE, UINT32_MAX);
    assert_int_equal(rd(1, at + IPRIORITYR + SPI_EDGE), 0);
    assert_int_equal(rd(1, at + 0x480), 0);
    assert_int_equal(rd(1, at + 0x6000), 0);
}

static void test_reset_values(void **state)
{
    (void)state;
    cpu_off(1);
    cpu_on(1);
    assert_int_equal(rd(1, frame(1, 0) + ISENABLER), 0);
    assert_int_equal(rd(1, frame(1, 0) + IPRIORITYR), 0);
    assert_int_equal(rd(1, RD(1) + 0x14), 6);
}

static void test_routing(void **state)
{
    uint64_t at = GICD + 0x6000 + 8 * SPI_EDGE;

    (void)state;
    (void)guest_access(0, at, 8, true, ~UINT64_C(0));
    assert_int_equal(rd64(0, at), 0xffffff); /* no Aff3, no 1 of N */
    wr(0, at, 0x80000002);
    assert_int_equal(rd64(0, at), 2);
    wr(0, at + 4, UINT32_MAX);
    assert_int_equal(rd64(0, at), 2);
    assert_int_equal(rd(0, at), 2);
    assert_int_equal(rd(0, at + 4), 0);
    assert_int_equal(model.spi[SPI_EDGE].target, 2);
    (void)guest_access(0, at, 1, true, 1);
    (void)guest_access(0, at, 2, true, 1);
    assert_int_equal(rd64(0, at), 2);
    (void)guest_access(0, GICD + 0x6000 + 8 * 50, 8, true, 1); /* another partition's */
    assert_int_equal(rd64(0, GICD + 0x6000 + 8 * 50), 0);
    assert_int_equal(rd64(0, GICD + 0x6008), 0);
    assert_int_equal(rd64(0, GICD + 0x7ff8), 0);
}

static void sgi1r(uint32_t cpu, uint64_t value)
{
    host_cpu_become(&cpus[cpu]);
    vgic_sgi1r_write(&vcpus[cpu], value);
    settle();
}

static void test_sgi1r(void **state)
{
    static const uint64_t others[] = {UINT64_C(1) << 16, UINT64_C(1) << 32, UINT64_C(1) << 44,
                                      UINT64_C(1) << 48};

    (void)state;
    sgi1r(1, UINT64_C(1) << 40 | 4 << 24);
    assert_int_equal(take_and_end(0), 4);
    assert_int_equal(take_and_end(1), SPURIOUS);
    assert_int_equal(take_and_end(2), 4);
    sgi1r(1, 0xffff | 8 << 24);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(take_and_end(cpu), 8);
    }
    for (uint32_t i = 0; i < 4; i++) { /* affinities that no vCPU has */
        sgi1r(0, others[i] | 0xffff);
    }
    sgi1r(0, 0xfff8);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(take(cpu), SPURIOUS);
    }
}

/* A change that another vCPU has yet to see. */
static void test_write_pending(void **state)
{
    struct mmio_access access = {ipa(GICD + ICENABLER + 4), 4, true, 1u << (SPI_EDGE - 32)};

    (void)state;
    enable_at(1, SPI_EDGE);
    line(0, SPI_EDGE, true);
    host_cpu_become(&cpus[0]);
    assert_int_equal(mmio_handle(&vcpus[0], &access), TRAP_SKIP);
    access = (struct mmio_access){ipa(GICD), 4, false, 0};
    assert_int_equal(mmio_handle(&vcpus[0], &access), TRAP_SKIP);
    assert_true((access.value & 0x80000000) != 0);
    access = (struct mmio_access){ipa(RD(1)), 4, false, 0};
    assert_int_equal(mmio_handle(&vcpus[0], &access), TRAP_SKIP);
    assert_true((access.value & 8) != 0);
    settle();
    assert_int_equal(rd(0, GICD) & 0x80000000, 0);
    assert_int_equal(rd(0, RD(1)), 0);
}

static void test_regions_too_small(void **state)
{
    (void)state;
    part->mmio.count = 0;
    plan.board.gic.redist[1].size = 0x1000;
    assert_int_equal(vgic_init(part, &plan), E_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_distributor, booted_v3),
        cmocka_unit_test_setup(test_no_private_ones_in_the_distributor, booted_v3),
        cmocka_unit_test_setup(test_redistributors, booted_v3),
        cmocka_unit_test_setup(test_private_registers, booted_v3),
        cmocka_unit_test_setup(test_reset_values, booted_v3),
        cmocka_unit_test_setup(test_routing, booted_v3),
        cmocka_unit_test_setup(test_sgi1r, booted_v3),
        cmocka_unit_test_setup(test_write_pending, booted_v3),
        cmocka_unit_test_setup(test_regions_too_small, booted_v3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
