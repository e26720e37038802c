/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the ITS driver against a model that takes its commands and walks its tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/memory/pool.h"
#include "core/plan/plan.h"
#include "drivers/gic/its.c" /* NOLINT: what it keeps begins anew with each test */

#define ITS       UINT64_C(0x8080000)
#define RD        UINT64_C(0x80a0000)
#define RD_STRIDE UINT64_C(0x20000)
#define CPUS      2

/* A pool of our own, that starts anew with each test. */
static uint8_t ram[256][PAGE_SIZE] __attribute__((aligned(0x10000)));
static uint32_t pages_used;

static struct {
    uint32_t ctlr;
    uint64_t typer, cbaser, cwriter, creadr;
    uint64_t baser[8];
    bool no_indirect, stuck, never_rests;
    uint64_t page_size;        /* of its tables, as Page_Size says; not to be chosen */
    uint64_t collection[CPUS]; /* target of MAPC, or ~0 */
    uint32_t syncs, invs;
} its;

static struct {
    uint32_t ctlr;
    uint64_t typer, propbaser, pendbaser;
    bool firm; /* it does not let go of the firmware's tables */
} rd[CPUS];

static struct cpu cpu[CPUS];

/* Instead of the library's. */
void *pool_take(uint32_t pages)
{
    uint32_t align = 1;

    while (align < pages) {
        align *= 2;
    }
    pages_used = (uint32_t)align_up(pages_used, align) + pages;
    assert_true(pages_used <= sizeof(ram) / sizeof(*ram));
    return memset(ram[pages_used - pages], 0, pages * PAGE_SIZE);
}

/* ---- the model ---- */

static uint64_t *memory_at(uint64_t address)
{
    assert_true(address >= (uintptr_t)ram && address < (uintptr_t)ram + sizeof(ram));
    return (uint64_t *)(uintptr_t)address;
}

static uint64_t entry_size(void)
{
    return (its.typer >> 4 & 15) + 1;
}

static uint64_t per_page(void)
{
    return (PAGE_SIZE << 2 * its.page_size) / 8;
}

static bool is_flat(void)
{
    return (its.baser[0] >> 62 & 1) == 0;
}

/* The device's entry, in the model's form: its table's address, event bits in the low ones. */
static uint64_t *device_entry(uint64_t device)
{
    uint64_t *table = memory_at(its.baser[0] & 0xfffffffff000);
    uint64_t level1;

    if (is_flat()) {
        assert_true(device < ((its.baser[0] & 0xff) + 1) * per_page());
        assert_int_equal((its.baser[0] & 0xfffffffff000) % (per_page() * 8), 0);
        return &table[device];
    }
    level1 = table[device / per_page()];
    assert_true(level1 >> 63);
    assert_int_equal(level1 % (per_page() * 8), 0);
    assert_int_equal((its.baser[0] & 0xfffffffff000) % (per_page() * 8), 0);
    return &memory_at(level1 & 0xfffffffff000)[device % per_page()];
}

/* Of the model's own form, in the memory that the driver gave: LPI, and collection in the top. */
static uint32_t *event_entry(uint64_t device, uint64_t event)
{
    uint64_t entry = *device_entry(device);

    assert_true(entry != 0);
    assert_true(event < UINT64_C(1) << (entry & 31));
    return (uint32_t *)((uintptr_t)(entry & ~UINT64_C(31)) + event * entry_size());
}

static void take_command(const uint64_t *c)
{
    switch (c[0] & 0xff) {
    case 0x05:
        its.syncs++;
        break;
    case 0x08:
        assert_true(c[2] >> 63);
        assert_int_equal(c[2] & 0xff, 0);
        *device_entry(c[0] >> 32) = (c[2] & 0xfffffffffff00) | ((c[1] & 31) + 1);
        break;
    case 0x09:
        assert_true(c[2] >> 63 && (c[2] & 0xffff) < CPUS);
        its.collection[c[2] & 0xffff] = c[2] >> 16 & 0x7ffffffff;
        break;
    case 0x0a:
        assert_true((uint32_t)(c[1] >> 32) >= 8192);
        assert_true(its.collection[c[2] & 0xffff] != ~UINT64_C(0));
        *event_entry(c[0] >> 32, (uint32_t)c[1]) = (uint32_t)(c[1] >> 32) | (uint32_t)c[2] << 24;
        break;
    case 0x0c:
        assert_int_not_equal(*event_entry(c[0] >> 32, (uint32_t)c[1]), 0);
        its.invs++;
        break;
    default:
        fail_msg("command 0x%lx", c[0]);
    }
}

static void take_commands(void)
{
    assert_true(its.ctlr & 1 && its.cbaser >> 63);
    while (its.creadr != its.cwriter) {
        if (its.stuck) {
            its.creadr |= 1;
            return;
        }
        take_command(memory_at((its.cbaser & 0xfffffffff000) + its.creadr));
        its.creadr = (its.creadr + 32) % (((its.cbaser & 0xff) + 1) * PAGE_SIZE);
    }
}

static uint64_t read_its(void *model, uint64_t offset, unsigned size)
{
    (void)model;
    (void)size;
    switch (offset) {
    case 0x00:
        return its.ctlr | ((its.ctlr & 1) == 0 && !its.never_rests ? UINT64_C(1) << 31 : 0);
    case 0x08:
        return its.typer;
    case 0x90:
        return its.creadr;
    default:
        assert_in_range(offset, 0x100, 0x138);
        return its.baser[(offset - 0x100) / 8];
    }
}

static void write_its(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    uint64_t *baser;

    (void)model;
    (void)size;
    switch (offset) {
    case 0x00:
        its.ctlr = (uint32_t)v;
        break;
    case 0x80:
        assert_false(its.ctlr & 1);
        its.cbaser = v;
        its.creadr = 0;
        break;
    case 0x88:
        its.cwriter = v;
        if ((its.ctlr & 1) != 0) {
            take_commands();
        }
        break;
    default:
        assert_in_range(offset, 0x100, 0x138);
        assert_false(its.ctlr & 1);
        baser = &its.baser[(offset - 0x100) / 8]; /* Type and Entry_Size are fixed */
        *baser = (v & ~UINT64_C(0x071f000000000000)) | (*baser & UINT64_C(0x071f000000000000));
        *baser &= its.no_indirect ? ~(UINT64_C(1) << 62) : ~UINT64_C(0);
        *baser = (*baser & ~UINT64_C(0x300)) | its.page_size << 8;
    }
}

static uint64_t read_rd(void *model, uint64_t offset, unsigned size)
{
    uint32_t n = (uint32_t)(offset / RD_STRIDE);

    (void)model;
    (void)size;
    switch (offset % RD_STRIDE) {
    case 0x00:
        return rd[n].ctlr;
    case 0x08:
        return rd[n].typer;
    default:
        fail_msg("read of GICR 0x%lx", offset);
        return 0;
    }
}

static void write_rd(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    uint32_t n = (uint32_t)(offset / RD_STRIDE);

    (void)model;
    (void)size;
    switch (offset % RD_STRIDE) {
    case 0x00:
        rd[n].ctlr = (uint32_t)v | (rd[n].firm ? rd[n].ctlr & 1 : 0);
        break;
    case 0x70:
        assert_false(rd[n].ctlr & 1); /* else what is written has no effect */
        rd[n].propbaser = v;
        break;
    case 0x78:
        assert_false(rd[n].ctlr & 1);
        rd[n].pendbaser = v;
        break;
    default:
        fail_msg("write of GICR 0x%lx", offset);
    }
}

/* The LPI that a message becomes, 0 where it is dropped; its CPU. */
static uint32_t message(uint32_t device, uint32_t event, uint64_t *target)
{
    uint64_t *table = memory_at(its.baser[0] & 0xfffffffff000);
    uint64_t entry = is_flat() || table[device / per_page()] != 0 ? *device_entry(device) : 0;
    uint32_t lpi;

    if (entry == 0 || event >> (entry & 31) != 0) {
        return 0;
    }
    lpi = *event_entry(device, event);
    *target = its.collection[lpi >> 24];
    return lpi & 0xffffff;
}

/* ---- tests ---- */

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
