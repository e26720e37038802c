/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the virtual host bridge, in front of functions whose registers are plain memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/guest/partition.h"
#include "core/plan/pci.h"

#define ECAM  UINT64_C(0x3f000000)
#define OWN   PCI_RID(1, 0, 0) /* behind BRIDGE; partition 1's */
#define OTHER PCI_RID(0, 2, 0) /* partition 0's */
#define ABOVE PCI_RID(0, 1, 0) /* the bridge above OWN */
#define EMPTY PCI_RID(0, 3, 0) /* nothing */
#define PCIE  0x40u
#define PM    0x80u
#define MSIX  0x90u
#define AER   0x100u
#define SRIOV 0x180u

static uint32_t config[512][1024]; /* all bits are kept, whatever is written */
static uint32_t foreign;           /* accesses to what is not the partition's */
static uint32_t writes;
static struct plan p;
static struct vcpu vcpu;

static uint64_t read_config(void *unused, uint64_t offset, unsigned size)
{
    uint32_t rid = (uint32_t)(offset >> PAGE_SHIFT);

    (void)unused;
    assert_int_equal(size, 4);
    foreign += rid != OWN && rid != ABOVE ? 1 : 0;
    return config[rid][offset % PAGE_SIZE / 4];
}

static void write_config(void *unused, uint64_t offset, unsigned size, uint64_t v)
{
    uint32_t rid = (uint32_t)(offset >> PAGE_SHIFT);

    (void)unused;
    assert_int_equal(size, 4);
    foreign += rid != OWN ? 1 : 0;
    writes++;
    config[rid][offset % PAGE_SIZE / 4] = (uint32_t)v;
}

static void fill(uint32_t rid)
{
    for (uint32_t i = 0; i < 1024; i++) {
        config[rid][i] = 0x01010101u * (i & 0x7f);
    }
}

static const struct plan_function own = {
    .rid = OWN,
    .device = 1,
    .bar = {{0x10000000, 0xffffc000}, {0, 0}, {0x0000000c, 0xfff0000c}, {0x80, 0xffffffff}},
    .cap = {{PCIE, PCI_CAP_PCIE},
            {PM, PCI_CAP_PM},
            {MSIX, PCI_CAP_MSIX},
            {AER, 1},
            {SRIOV, PCI_EXT_SRIOV}},
    .cap_count = 5,
};

static int set_up(void **state)
{
    (void)state;
    host_reset();
    host_mmio_add(ECAM, sizeof(config), read_config, write_config, NULL);
    memset(&p, 0, sizeof(p));
    memset(&partitions[1], 0, sizeof(partitions[1]));
    p.partition_count = 2;
    p.pci_host_count = 1;
    p.pci_hosts[0] = (struct plan_pci_host){.ecam = {ECAM, sizeof(config)}, .last = 1};
    p.device_count = 2;
    p.devices[0] = (struct plan_device){.partition = 0, .function = true, .rid = OTHER};
    p.devices[1] = (struct plan_device){.partition = 1, .function = true, .rid = OWN};
    p.function_count = 3;
    p.functions[0] = (struct plan_function){.rid = OTHER, .device = 0};
    p.functions[1] = own;
    p.functions[2] =
        (struct plan_function){.rid = ABOVE, .device = PLAN_NONE, .secondary = 1, .subordinate = 1};
    for (uint32_t rid = 0; rid < 512; rid++) {
        fill(rid);
    }
    config[OWN][PM / 4] = 0x00039001;
    config[OWN][SRIOV / 4] = 0x20010010;
    foreign = 0;
    writes = 0;
    partitions[1].index = 1;
    partitions[1].plan = &p.partitions[1];
    assert_int_equal(vpci_init(&partitions[1], &p), OK);
    vcpu = (struct vcpu){.partition = &partitions[1]};
    return 0;
}

static uint64_t get(uint32_t rid, uint32_t offset, uint8_t size)
{
    struct mmio_access a = {.ipa = {ECAM + ((uint64_t)rid << PAGE_SHIFT) + offset}, .size = size};

    assert_int_equal(mmio_handle(&vcpu, &a), TRAP_SKIP);
    return a.value;
}

static void put(uint32_t rid, uint32_t offset, uint8_t size, uint64_t v)
{
    struct mmio_access a = {.ipa = {ECAM + ((uint64_t)rid << PAGE_SHIFT) + offset},
                            .size = size,
                            .write = true,
                            .value = v};

    assert_int_equal(mmio_handle(&vcpu, &a), TRAP_SKIP);
}

/* ---- what is not the partition's ---- */

static void test_others(void **state)
{
    static const uint32_t rids[] = {OTHER, EMPTY, PCI_RID(1, 0, 1), PCI_RID(1, 31, 7)};
    static uint32_t before[512][1024];

    (void)state;
    memcpy(before, config, sizeof(before));
    for (uint32_t i = 0; i < ARRAY_SIZE(rids); i++) {
        for (uint32_t offset = 0; offset < PCI_CONFIG_SIZE; offset++) {
            for (uint8_t size = 1; size <= 8 && offset + size <= PCI_CONFIG_SIZE; size *= 2) {
                assert_int_equal(get(rids[i], offset, size), UINT64_MAX >> (64 - 8 * size));
                put(rids[i], offset, size, 0x0123456789abcdef);
            }
        }
    }
    assert_int_equal(foreign, 0);
    assert_int_equal(writes, 0);
    assert_memory_equal(before, config, sizeof(before));
}

/* A ROM can be sized, switched on and off; it stays where it is. */
static void test_rom(void **state)
{
    (void)state;
    p.functions[1].bar[PLAN_ROM].value = 0x10020000;
    p.functions[1].bar[PLAN_ROM].sizing = 0xfffe0000;
    config[OWN][PCI_ROM / 4] = 0x10020000;
    put(OWN, PCI_ROM, 4, 0xfffff800);
    assert_int_equal(get(OWN, PCI_ROM, 4), 0xfffe0000);
    put(OWN, PCI_ROM, 4, 0x20000001);
    assert_int_equal(get(OWN, PCI_ROM, 4), 0x10020001);
    assert_int_equal(config[OWN][PCI_ROM / 4], 0x10020001);
    put(OWN, PCI_ROM + 1, 1, 0xff); /* not the bit that switches it */
    put(OWN, PCI_ROM + 2, 2, 0xffff);
    assert_int_equal(config[OWN][PCI_ROM / 4], 0x10020001);
    put(OWN, PCI_ROM, 1, 0xfe);
    assert_int_equal(get(OWN, PCI_ROM, 4), 0x10020000);
    put(OWN, PCI_ROM, 4, UINT32_MAX);
    assert_int_equal(config[OWN][PCI_ROM / 4], 0x10020000);
    assert_int_equal(get(ABOVE, PCI_BRIDGE_ROM, 4), 0);
    config[OWN][PCI_ROM / 4] = 0; /* its driver resets it */
    config[OWN][PCI_COMMAND / 4] = 0;
    put(OWN, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    assert_int_equal(config[OWN][PCI_ROM / 4], 0x10020000);
    assert_int_equal(foreign, 0);
}

/* A function that is off its bus, behind a host that answers with an abort: nothing is there. */
static void test_abort(void **state)
{
    (void)state;
    host.aborts = (struct range){ECAM + (OWN << PAGE_SHIFT), PAGE_SIZE};
    for (uint32_t offset = 0; offset < PCI_CONFIG_SIZE; offset += 4) {
        put(OWN, offset, 4, 0);
        (void)get(OWN, offset, 4);
    }
    assert_int_equal(get(OWN, PCI_ID, 4), PCI_ALL_ONES);
    assert_int_equal(get(OWN, PCI_COMMAND, 2), 0xffff);
    assert_int_equal(writes, 0);
    vpci_stop(&partitions[1]);
    assert_int_equal(writes, 0);
}

/* A partition without functions has no window at all. */
static void test_no_functions(void **state)
{
    struct mmio_access a = {.ipa = {ECAM}, .size = 4};

    (void)state;
    partitions[1].mmio.count = 0;
    p.devices[1].partition = 0;
    assert_int_equal(vpci_init(&partitions[1], &p), OK);
    assert_int_equal(partitions[1].mmio.count, 0);
    assert_int_equal(mmio_handle(&vcpu, &a), TRAP_ABORT);
}

/* ---- its own ---- */

static uint32_t masks[1024]; /* what a guest may change of OWN */

static void set_masks(void)
{
    memset(masks, 0, sizeof(masks));
    masks[PCI_COMMAND / 4] = 0x0546;
    masks[PCI_CACHE_LINE / 4] = 0xff;
    masks[PCI_INTERRUPT / 4] = 0xff;
    masks[(PCIE + PCIE_DEVCTL) / 4] = 0x781f;
    masks[(PCIE + PCIE_DEVCTL2) / 4] = 0x1f;
}

/* Whatever is written, wherever and how wide: no bit changes but those of the table. */
static void test_writes(void **state)
{
    static uint32_t before[1024];
    uint32_t v = 1;

    (void)state;
    set_masks();
    config[OWN][PCI_COMMAND / 4] &= 0xffff; /* status and device status: ones clear */
    config[OWN][(PCIE + PCIE_DEVCTL) / 4] &= 0xffff;
    for (uint32_t i = 0; i < 6; i++) { /* where they are planned: they come there again */
        config[OWN][PCI_BAR0 / 4 + i] = own.bar[i].value;
    }
    memcpy(before, config[OWN], sizeof(before));
    for (uint32_t offset = 0; offset < PCI_CONFIG_SIZE; offset++) {
        for (uint8_t size = 1; size <= 8 && offset + size <= PCI_CONFIG_SIZE; size *= 2) {
            v = v * 1664525 + 1013904223;
            put(OWN, offset, size, (uint64_t)v << 32 | ~v);
            config[OWN][PCI_COMMAND / 4] &= 0xffff;
            config[OWN][(PCIE + PCIE_DEVCTL) / 4] &= 0xffff;
            for (uint32_t i = offset / 4; i <= (offset + size - 1) / 4; i++) {
                assert_int_equal((config[OWN][i] ^ before[i]) & ~masks[i], 0);
            }
        }
    }
    assert_int_equal(foreign, 0);
    put(OWN, PCI_COMMAND, 2, 0xffff);
    assert_int_equal(config[OWN][PCI_COMMAND / 4] & masks[PCI_COMMAND / 4], 0x546);
    put(OWN, PCI_COMMAND, 1, 0);
    assert_int_equal(config[OWN][PCI_COMMAND / 4] & masks[PCI_COMMAND / 4], 0x500);
}

/* Status is cleared by the guest's ones only, never by what is written beside it. */
/* A reset that the driver asks its device for takes the BARs: before it decodes, they are back. */
static void test_bars_come_back(void **state)
{
    (void)state;
    memset(&config[OWN][PCI_BAR0 / 4], 0, 6 * sizeof(uint32_t));
    config[OWN][PCI_COMMAND / 4] = 0;
    put(OWN, PCI_COMMAND, 2, 0x0002);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(config[OWN][PCI_BAR0 / 4 + i], own.bar[i].value);
    }
    assert_int_equal(config[OWN][PCI_COMMAND / 4] & 0xffff, 0x0002);
    config[OWN][PCI_BAR0 / 4] = 0x1234; /* while it decodes nobody touches them */
    put(OWN, PCI_COMMAND, 2, 0x0006);
    assert_int_equal(config[OWN][PCI_BAR0 / 4], 0x1234);
}

static void test_status(void **state)
{
    (void)state;
    config[OWN][PCI_COMMAND / 4] = 0xf9100000;
    put(OWN, PCI_COMMAND, 2, 6);
    assert_int_equal(config[OWN][PCI_COMMAND / 4], 0x00100006);
    put(OWN, PCI_COMMAND + 2, 2, 0x0800);
    assert_int_equal(config[OWN][PCI_COMMAND / 4], 0x08100006);
    put(OWN, PCI_COMMAND, 4, 0x80000002);
    assert_int_equal(config[OWN][PCI_COMMAND / 4], 0x80100002);
}

static void test_widths(void **state)
{
    (void)state;
    for (uint32_t offset = 0x110; offset < 0x120; offset++) {
        uint64_t byte[8];

        for (uint32_t i = 0; i < 8; i++) {
            byte[i] = get(OWN, offset + i, 1);
            assert_int_equal(byte[i], (offset + i) / 4 & 0x7f);
        }
        assert_int_equal(get(OWN, offset, 2), byte[0] | byte[1] << 8);
        assert_int_equal(get(OWN, offset, 4),
                         byte[0] | byte[1] << 8 | byte[2] << 16 | byte[3] << 24);
        assert_int_equal(get(OWN, offset, 8) >> 56, byte[7]);
    }
}

static void test_bars(void **state)
{
    (void)state;
    assert_int_equal(get(OWN, PCI_BAR0, 4), 0x10000000);
    put(OWN, PCI_BAR0, 4, 0x20000000);
    assert_int_equal(get(OWN, PCI_BAR0, 4), 0x10000000);
    put(OWN, PCI_BAR0, 4, 0xffffffff);
    assert_int_equal(get(OWN, PCI_BAR0, 4), 0xffffc000);
    assert_int_equal(get(OWN, PCI_BAR0 + 8, 4), 0x0000000c);
    put(OWN, PCI_BAR0, 4, 0x10000000);
    assert_int_equal(get(OWN, PCI_BAR0, 4), 0x10000000);
    put(OWN, PCI_BAR0 + 8, 8, UINT64_MAX);
    assert_int_equal(get(OWN, PCI_BAR0 + 8, 8), 0xfffffffffff0000c);
    put(OWN, PCI_BAR0 + 8, 8, 0);
    assert_int_equal(get(OWN, PCI_BAR0 + 8, 8), 0x800000000c);
    put(OWN, PCI_BAR0 + 20, 4, 0xffffffff);
    assert_int_equal(get(OWN, PCI_BAR0 + 20, 4), 0);
    put(OWN, PCI_ROM, 4, 0xfffff800);
    assert_int_equal(get(OWN, PCI_ROM, 4), 0); /* it has none */
    assert_int_equal(writes, 0);
}

/* Of what is hidden the header is left, of no capability, so that lists go on. */
static void test_capabilities(void **state)
{
    (void)state;
    assert_int_equal(get(OWN, PM, 4), 0x9000);
    assert_int_equal(get(OWN, PM, 1), 0);
    assert_int_equal(get(OWN, PM + 1, 1), 0x90);
    assert_int_equal(get(OWN, PM + 4, 4), 0);
    assert_int_equal(get(OWN, MSIX + 4, 4), 0);
    assert_int_equal(get(OWN, SRIOV, 4), 0x20000000);
    assert_int_equal(get(OWN, SRIOV + 0x20, 4), 0);
    assert_int_equal(get(OWN, AER + 0x20, 4), config[OWN][(AER + 0x20) / 4]);
    config[OWN][(PCIE + PCIE_DEVCAP) / 4] = UINT32_MAX;
    assert_int_equal(get(OWN, PCIE + PCIE_DEVCAP, 4), 0xefffffff);
}

/* With a frame MSI-X is there, and MSI as long as it says that it is. */
static void test_msi(void **state)
{
    static const struct {
        uint32_t control, length;
    } cases[] = {
        {0, 0xc}, {PCI_MSI_64, 0x10}, {PCI_MSI_MASKS, 0x10}, {PCI_MSI_64 | PCI_MSI_MASKS, 0x14}};

    (void)state;
    p.devices[2] = (struct plan_device){
        .partition = 0, .msi = true, .mmio = {{0x8020000, 0x1000}}, .mmio_count = 1};
    p.device_count = 3;
    assert_int_equal(get(OWN, MSIX + 4, 4), 0);
    p.devices[2].partition = 1;
    config[OWN][MSIX / 4] = 0x00030011;
    put(OWN, MSIX, 4, 0xffffffff);
    assert_int_equal(get(OWN, MSIX, 4), 0xc0030011);
    put(OWN, MSIX + 4, 4, 0xffffffff);
    assert_int_not_equal(get(OWN, MSIX + 4, 4), 0xffffffff);
    p.functions[1].cap[2].id = PCI_CAP_MSI;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        memset(&config[OWN][MSIX / 4], 0, 0x20);
        config[OWN][MSIX / 4] = PCI_CAP_MSI | cases[i].control;
        for (uint32_t at = 0; at < 0x20; at += 4) {
            put(OWN, MSIX + at, 4, 0xffffffff);
            assert_int_equal(config[OWN][(MSIX + at) / 4],
                             at == 0                ? PCI_CAP_MSI | cases[i].control | 0x00710000
                             : at < cases[i].length ? 0xffffffff
                                                    : 0);
        }
    }
}

static void test_bridge(void **state)
{
    (void)state;
    for (uint32_t offset = 0; offset < PCI_CONFIG_SIZE; offset += 4) {
        put(ABOVE, offset, 4, 0xffffffff);
    }
    assert_int_equal(writes, 0);
    assert_int_equal(get(ABOVE, PCI_BUSES, 4), config[ABOVE][PCI_BUSES / 4]);
    assert_int_equal(get(ABOVE, PCI_BAR0, 8), 0);
    assert_int_equal(get(ABOVE, PCI_BRIDGE_ROM, 4), 0);
    assert_int_equal(get(ABOVE, PCI_INTERRUPT, 4) & PCI_INTERRUPT_PIN, 0);
}

static void test_stop(void **state)
{
    (void)state;
    config[OWN][(PCIE + PCIE_DEVCAP) / 4] = PCIE_DEVCAP_FLR;
    vpci_stop(&partitions[1]);
    assert_int_equal(config[OWN][PCI_COMMAND / 4], PCI_COMMAND_NO_INTX);
    assert_true(config[OWN][(PCIE + PCIE_DEVCTL) / 4] & PCIE_DEVCTL_FLR);
    assert_int_equal(foreign, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_others, set_up),
        cmocka_unit_test_setup(test_rom, set_up),
        cmocka_unit_test_setup(test_abort, set_up),
        cmocka_unit_test_setup(test_no_functions, set_up),
        cmocka_unit_test_setup(test_writes, set_up),
        cmocka_unit_test_setup(test_bars_come_back, set_up),
        cmocka_unit_test_setup(test_status, set_up),
        cmocka_unit_test_setup(test_widths, set_up),
        cmocka_unit_test_setup(test_bars, set_up),
        cmocka_unit_test_setup(test_capabilities, set_up),
        cmocka_unit_test_setup(test_msi, set_up),
        cmocka_unit_test_setup(test_bridge, set_up),
        cmocka_unit_test_setup(test_stop, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
