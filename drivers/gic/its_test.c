/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the ITS driver against a model that takes its commands and walks its tables. */
#include "drivers/gic/its.c" /* NOLINT: what it keeps begins anew with each test */

#include "drivers/gic/its_model_test.h"

static int setup(void **state)
{
    (void)state;
    host_reset();
    memset(&its, 0, sizeof(its));
    memset(rd, 0, sizeof(rd));
    memset(its.collection, 0xff, sizeof(its.collection));
    pages_used = 0;
    its.ctlr = 1; /* firmware used it */
    its.typer = 1 | 7 << 4 | 15 << 8 | 15 << 13;
    its.baser[0] = UINT64_C(1) << 56 | UINT64_C(7) << 48;
    its.baser[1] = UINT64_C(4) << 56 | UINT64_C(7) << 48;
    its.baser[2] = UINT64_C(2) << 56 | UINT64_C(7) << 48; /* vPEs: a GICv4's */
    for (uint32_t i = 0; i < CPUS; i++) {
        rd[i].typer = 1 | (i + 5) << 8;
        cpu[i] = (struct cpu){.index = i, .gic_redist = RD + i * RD_STRIDE};
    }
    host.clean = see;
    plan.board.timer_hz = (uint32_t)host.counter_hz;
    plan.board.its[0] = (struct plan_its){.path = "/its", .mmio = {ITS, 0x20000}};
    host_mmio_add(ITS, 0x10000, read_its, write_its, NULL);
    host_mmio_add(RD, CPUS * RD_STRIDE, read_rd, write_rd, NULL);
    added_count = 0;
    config = NULL;
    memset(pending, 0, sizeof(pending));
    return 0;
}

static void probe(void)
{
    const char *why;

    assert_int_equal(its_probe(&plan, 0, &why), OK);
    assert_int_equal(its.ctlr & 1, 0);
}

static void start(void)
{
    probe();
    assert_int_equal(its_start(0), OK);
    for (uint32_t i = 0; i < CPUS; i++) {
        assert_int_equal(lpi_add_cpu(&cpu[i]), OK);
        assert_int_equal(lpi_cpu_init(&cpu[i]), OK);
    }
}

static void test_messages_become_their_lpis(void **state)
{
    uint64_t target = 0;

    (void)state;
    start();
    assert_int_equal(its_add_device(0, 0x0008), OK);
    assert_int_equal(its_add_device(0, 0x0110), OK);
    assert_int_equal(its_add_device(0, 0xfff8), OK);
    assert_int_equal(its_map(0, 0x0008, 32, 8192, &cpu[0]), OK);
    assert_int_equal(its_map(0, 0xfff8, 31, 8224, &cpu[1]), OK);
    for (uint32_t i = 0; i < 31; i++) {
        assert_int_equal(message(0x0008, i, &target), 8192 + i);
        assert_int_equal(target, 5); /* GICR_TYPER.Processor_Number */
        assert_int_equal(message(0xfff8, i, &target), 8224 + i);
        assert_int_equal(target, 6);
    }
    assert_int_equal(message(0x0008, 31, &target), 8223);
    assert_int_equal(message(0xfff8, 31, &target), 0);
    assert_int_equal(message(0x0008, 32, &target), 0);
    assert_int_equal(message(0x0008, 1024, &target), 0);
    assert_int_equal(message(0x0110, 0, &target), 0); /* not mapped */
    assert_int_equal(message(0x0010, 0, &target), 0); /* nobody's */
    assert_int_equal(message(0x4000, 0, &target), 0);
    assert_true(its.syncs >= 63);
    assert_int_equal(its.invs, 63);
}

/* More commands than the queue has room for. */
static void test_the_queue_wraps(void **state)
{
    uint64_t target;

    (void)state;
    start();
    for (uint32_t device = 0; device < 20; device++) {
        assert_int_equal(its_add_device(0, device), OK);
        assert_int_equal(its_map(0, device, 32, 8192, &cpu[0]), OK);
    }
    for (uint32_t device = 0; device < 20; device++) {
        assert_int_equal(message(device, 31, &target), 8223);
    }
}

static void test_redistributors_get_their_tables(void **state)
{
    const uint8_t *bytes;

    (void)state;
    start();
    assert_int_equal(its_add_device(0, 1), OK);
    assert_int_equal(its_map(0, 1, 2, 8200, &cpu[0]), OK);
    for (uint32_t i = 0; i < CPUS; i++) {
        assert_int_equal(rd[i].ctlr & 1, 1);
        assert_int_equal(rd[i].propbaser & 31, 13); /* 14 bits of INTID */
        assert_true(is_aligned(rd[i].pendbaser & 0xfffffffff000, 0x10000));
    }
    assert_int_equal(rd[0].propbaser, rd[1].propbaser);
    assert_int_not_equal(rd[0].pendbaser, rd[1].pendbaser);
    bytes = (const uint8_t *)memory_at(rd[0].propbaser & 0xfffffffff000);
    assert_int_equal(bytes[7], 0);
    assert_int_equal(bytes[8], 0xa3);
    assert_int_equal(bytes[9], 0xa3);
    assert_int_equal(bytes[10], 0);
}

static void test_the_cpu_is_named_by_address_where_the_its_wants_it(void **state)
{
    uint64_t target;

    (void)state;
    its.typer |= 1 << 19; /* PTA */
    start();
    assert_int_equal(its_add_device(0, 1), OK);
    assert_int_equal(its_map(0, 1, 1, 8192, &cpu[1]), OK);
    assert_int_equal(message(1, 0, &target), 8192);
    assert_int_equal(target, (RD + RD_STRIDE) >> 16);
}

static void test_what_it_lacks_is_told(void **state)
{
    const char *why;

    (void)state;
    its.typer &= ~UINT64_C(1);
    assert_int_equal(its_probe(&plan, 0, &why), E_UNSUPPORTED);
    assert_string_equal(why, "it makes no physical LPIs (GITS_TYPER)");
    setup(NULL);
    its.typer = 1 | 7 << 4 | 3 << 8 | 15 << 13;
    assert_int_equal(its_probe(&plan, 0, &why), E_UNSUPPORTED);
    assert_string_equal(why, "a device has too few EventIDs (GITS_TYPER.ID_bits)");
    setup(NULL);
    its.never_rests = true;
    assert_int_equal(its_probe(&plan, 0, &why), E_TIMEOUT);
    setup(NULL);
    for (uint32_t i = 0; i < ARRAY_SIZE(its.baser); i++) {
        its.baser[i] &= ~UINT64_C(0x0700000000000000);
    }
    assert_int_equal(its_probe(&plan, 0, &why), E_UNSUPPORTED);
    assert_string_equal(why, "it keeps no table of devices (GITS_BASER)");
    setup(NULL);
    plan.board.its[0].mmio.size = 0x1000;
    assert_int_equal(its_probe(&plan, 0, &why), E_UNSUPPORTED);
    setup(NULL);
    probe();
    its.no_indirect = true; /* it takes back what it has said */
    assert_int_equal(its_start(0), E_UNSUPPORTED);
    assert_int_equal(its.ctlr & 1, 0);
}

static void test_the_plan_is_told_what_devices_it_has(void **state)
{
    static const struct {
        uint64_t bits, devices;
    } cases[] = {{8, 0x100}, {16, 0x10000}, {18, 0x40000}, {32, 0x40000}}; /* 512 pages of 512 */

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        setup(NULL);
        its.typer = 1 | 7 << 4 | 15 << 8 | (cases[i].bits - 1) << 13;
        start();
        assert_int_equal(plan.board.its[0].devices, cases[i].devices);
        assert_int_equal(its_add_device(0, (uint32_t)cases[i].devices - 1), OK);
    }
}

/* Tables of 16 and 64 KiB, where it has no others: more devices each, and aligned. */
static void test_tables_of_large_pages(void **state)
{
    uint64_t target = 0;

    (void)state;
    for (uint64_t size = 1; size <= 2; size++) {
        setup(NULL);
        its.page_size = size;
        its.typer = 1 | 7 << 4 | 15 << 8 | UINT64_C(31) << 13;
        start();
        assert_int_equal(plan.board.its[0].table_pages, 1 << 2 * size);
        assert_int_equal(plan.board.its[0].devices, per_page() * per_page());
        for (uint32_t i = 0; i < 3; i++) {
            const uint32_t device = (uint32_t)(i * per_page() + i);

            assert_int_equal(its_add_device(0, device), OK);
            assert_int_equal(its_map(0, device, 32, 8192 + 32 * i, &cpu[0]), OK);
            assert_int_equal(message(device, 31, &target), 8192 + 32 * i + 31);
        }
        assert_int_equal(message((uint32_t)per_page(), 31, &target), 0);
        assert_true(pages_used * PAGE_SIZE < sizeof(ram));
    }
}

/* One level, as a GIC-500 has it: as long as the highest DeviceID that is granted wants. */
static void test_a_table_of_one_level(void **state)
{
    static const uint32_t devices[] = {0x10, 0x1ff, 0x200, 0xffe};
    uint64_t target = 0;

    (void)state;
    for (uint64_t size = 0; size <= 2; size++) {
        for (uint32_t last = 0; last < ARRAY_SIZE(devices); last++) {
            setup(NULL);
            its.page_size = size;
            its.no_indirect = true;
            plan.function_count = last + 1;
            plan.board.its_count = plan.partition_count = 1;
            plan.partitions[0].msi_first = 64;
            for (uint32_t i = 0; i <= last; i++) {
                plan.functions[i] = (struct plan_function){.msi = true, .msi_device = devices[i]};
            }
            start();
            assert_int_equal(plan.board.its[0].devices,
                             256 * per_page() < 0x10000 ? 256 * per_page() : 0x10000);
            assert_int_equal((its.baser[0] & 0xff), devices[last] / per_page());
            for (uint32_t i = 0; i <= last; i++) {
                assert_int_equal(its_add_device(0, devices[i]), OK);
                assert_int_equal(its_map(0, devices[i], 32, 8192 + 32 * i, &cpu[0]), OK);
            }
            for (uint32_t i = 0; i <= last; i++) {
                assert_int_equal(message(devices[i], 31, &target), 8192 + 32 * i + 31);
            }
            assert_int_equal(message(0x11, 0, &target), 0);
            assert_true(pages_used <= msi_pages(&plan) + (CPUS - 1) * MSI_CPU_PAGES);
        }
    }
    memset(&plan, 0, sizeof(plan));
}

static void test_one_that_takes_no_command_is_told(void **state)
{
    (void)state;
    start();
    assert_int_equal(its_add_device(0, 1), OK);
    its.stuck = true;
    assert_int_equal(its_map(0, 1, 1, 8192, &cpu[0]), E_TIMEOUT);
}

static void test_a_redistributor_that_firmware_left_on(void **state)
{
    (void)state;
    rd[0].ctlr = 1;
    start(); /* it lets go */
    setup(NULL);
    probe();
    assert_int_equal(lpi_add_cpu(&cpu[0]), OK);
    rd[0].ctlr = 1;
    rd[0].firm = true;
    assert_int_equal(lpi_cpu_init(&cpu[0]), E_UNSUPPORTED);
    rd[1].typer = 0; /* no LPIs */
    assert_int_equal(lpi_add_cpu(&cpu[1]), OK);
    assert_int_equal(lpi_cpu_init(&cpu[1]), E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_messages_become_their_lpis, setup),
        cmocka_unit_test_setup(test_the_queue_wraps, setup),
        cmocka_unit_test_setup(test_redistributors_get_their_tables, setup),
        cmocka_unit_test_setup(test_the_cpu_is_named_by_address_where_the_its_wants_it, setup),
        cmocka_unit_test_setup(test_what_it_lacks_is_told, setup),
        cmocka_unit_test_setup(test_the_plan_is_told_what_devices_it_has, setup),
        cmocka_unit_test_setup(test_tables_of_large_pages, setup),
        cmocka_unit_test_setup(test_a_table_of_one_level, setup),
        cmocka_unit_test_setup(test_one_that_takes_no_command_is_told, setup),
        cmocka_unit_test_setup(test_a_redistributor_that_firmware_left_on, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
