/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of parse_pci.c: functions named in a system file, and what the tree says of their host. */
#include "core/plan/testing_system.h"

#include <arch/host.h>

#include "core/base/bits.h"
#include "core/plan/pci.h"

#define RANGES "ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x10000000>;"
#define ADDRESSES                                                                                  \
    "#address-cells = <3>; #size-cells = <2>; #interrupt-cells = <1>; device_type = \"pci\";"
/* clang-format off */
#define HOST(name, reg, rest)                                                                      \
    name " { compatible = \"pci-host-ecam-generic\"; " ADDRESSES RANGES                            \
    " reg = <" reg ">; " rest " };"
/* clang-format on */
#define BOARD_PCI                                                                                  \
    BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST                                     \
        "smmu: smmu@9700000 { compatible = \"arm,smmu-v3\"; reg = <0 0x9700000 0 0x20000>;"        \
        " #iommu-cells = <1>; };" HOST(                                                            \
            "pcie@20000000", "0x40 0x20000000 0 0x1000000",                                        \
            "bus-range = <0 0xf>; iommu-map = <0 &smmu 0x100 0x200>, <0x300 &smmu 0x900 0x10>;"    \
            " interrupt-map-mask = <0x1800 0 0 7>; interrupt-map = <0 0 0 1 &gic 0 60 4>,"         \
            " <0x800 0 0 1 &gic 0 61 4>;")                                                         \
            HOST("pcie@30000000", "0x40 0x30000000 0 0x200000",                                    \
                 "bus-range = <0x10 0xff>;"                                                        \
                 " iommu-map-mask = <0xff00>; iommu-map = <0 &smmu 0x10000 0x10000>;")             \
                HOST("pcie@40000000", "0x40 0x40000000 0 0x100000", "status = \"disabled\";")      \
                    HOST("pcie@50000000", "0x40 0x50080000 0 0x100000",                            \
                         "") HOST("pcie@60000000", "0x40 0x60000000 0 0x80000", "")                \
                        HOST("pcie@70000000", "0x40 0x70000000 0 0x100000", "bus-range = <5 4>;")  \
                            HOST("pcie@8000000", "0 0x8000000 0 0x100000", "")                     \
                                HOST("pcie@41000000", "0 0x41000000 0 0x100000", "") "};"

#define PCI(functions) GOOD "pci-devices = " functions ";"
#define F1             "\"/pcie@20000000 00:01.0\""

static int set_up_pci(void **state)
{
    (void)state;
    board = tree_compile(BOARD_PCI);
    return 0;
}

static const struct wrong wrong[] = {
    {PCI("\"/pcie@20000000\""),
     "p: /configurations/p: pci-devices: \"/pcie@20000000\": give a host bridge and a function, as "
     "in \"/pcie@10000000 00:01.0\""},
    {PCI("\" 00:01.0\""), "give a host bridge and a function"},
    {PCI("\"/pcie@20000000 00:1.0\""),
     "\"00:1.0\" is no bus:device.function of hexadecimal digits"},
    {PCI("\"/pcie@20000000 00:01.0 \""), "\"00:01.0 \" is no bus:device.function"},
    {PCI("\"/pcie@20000000  00:01.0\""), "\" 00:01.0\" is no bus:device.function"},
    {PCI("\"/pcie@20000000 00:20.0\""), "\"00:20.0\" is no bus:device.function"},
    {PCI("\"/pcie@20000000 00:01.8\""), "\"00:01.8\" is no bus:device.function"},
    {PCI("\"/pcie@20000000 0g:01.0\""), "\"0g:01.0\" is no bus:device.function"},
    {PCI("\"/pcie@20000000 00.01:0\""), "\"00.01:0\" is no bus:device.function"},
    {PCI("\"/pcie@20000000 \""), "\"\" is no bus:device.function"},
    {PCI("\"/pcie@20000000 10:00.0\""), "the host bridge has buses 00 to 0f"},
    {PCI("\"/pcie@30000000 0f:00.0\""), "the host bridge has buses 10 to 11"},
    {PCI("\"/pcie@30000000 12:00.0\""), "the host bridge has buses 10 to 11"},
    {PCI("\"/pcie@20000001 00:01.0\""),
     "pci-devices: \"/pcie@20000001\" is not in the board's tree: did you mean "
     "\"/pcie@20000000\"?"},
    {PCI("\"/rtc@9010000 00:01.0\""),
     "\"/rtc@9010000\" is no PCI host bridge that Bulkhead drives"},
    {PCI("\"/pcie@40000000 00:01.0\""), "\"/pcie@40000000\" is disabled in the board's tree"},
    {PCI("\"/pcie@50000000 00:01.0\""),
     "has a configuration space (reg) that the CPU cannot reach"},
    {PCI("\"/pcie@60000000 00:01.0\""), "has a bus-range, or a configuration space (reg), without"},
    {PCI("\"/pcie@8000000 00:01.0\""), "in RAM, or among registers that Bulkhead drives"},
    {PCI("\"/pcie@41000000 00:01.0\""), "in RAM, or among registers that Bulkhead drives"},
    {PCI("\"/pcie@70000000 05:01.0\""), "has a bus-range, or a configuration space (reg), without"},
    {PCI(F1 ", " F1), "pci-devices: \"/pcie@20000000 00:01.0\" is listed twice; list it once"},
    {PCI(F1) "direct-map; unprotected-devices = " F1 ";",
     "unprotected-devices: \"/pcie@20000000 00:01.0\" is listed twice"},
    {GOOD "devices = " F1 ";", "\"/pcie@20000000 00:01.0\" is a PCI function: list it in "
                               "pci-devices"},
    {PCI("\"/pcie@20000000 02:01.0\""),
     "p: /pcie@20000000 02:01.0: it may master the bus (DMA) and is behind no SMMU; list it in "
     "unprotected-devices and give the partition direct-map"},
    {GOOD "unprotected-devices = \"/pcie@20000000 02:01.0\";", "only a partition with direct-map"},
    {GOOD "pci-devices;", "pci-devices: has no value"},
    {GOOD "pci-device = \"x\";", "unknown property \"pci-device\": did you mean \"pci-devices\"?"},
};

static void test_wrong(void **state)
{
    (void)state;
    assert_each(wrong, ARRAY_SIZE(wrong), parse_one, assert_refused);
}

/* Bulkhead reads configuration space itself: on a 32-bit board below 4 GiB only. */
static void test_out_of_reach(void **state)
{
    (void)state;
    host.el2_bits = 32;
    parse_file(CONFIGURATION("a", PCI(F1)) CONFIGURATION("b", GOOD));
    host_reset();
    assert_log("error: a: /configurations/a: pci-devices: \"/pcie@20000000 00:01.0\": "
               "\"/pcie@20000000\" has a configuration space (reg) that EL2 does not reach");
    assert_int_equal(test_plan.errors, 1);
    assert_true(test_plan.partitions[0].refused);
    assert_false(test_plan.partitions[1].refused);
    host.el2_bits = 32;
    parse_file(CONFIGURATION("a", GOOD "devices = \"/pcie@20000000\";"));
    host_reset();
    assert_log("error: a: /pcie@20000000: reg: EL2 does not reach its configuration space: it "
               "cannot be granted");
}

/* Streams through iommu-map and its mask; the path names the function. */
static void test_streams(void **state)
{
    static const struct {
        const char *function;
        uint32_t rid, stream;
    } cases[] = {
        {F1, PCI_RID(0, 1, 0), 0x108},
        {"\"/pcie@20000000 01:1F.7\"", PCI_RID(1, 31, 7), 0x2ff},
        {"\"/pcie@20000000 03:01.7\"", PCI_RID(3, 1, 7), 0x90f},
        {"\"/pcie@30000000 11:02.1\"", PCI_RID(0x11, 2, 1), 0x11100},
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[256];

        (void)snprintf(text, sizeof(text), PCI("%s"), cases[i].function);
        parse_one(text);
        assert_string_equal(log_text, "");
        assert_int_equal(test_plan.device_count, 1);
        assert_true(test_plan.devices[0].function);
        assert_int_equal(test_plan.devices[0].rid, cases[i].rid);
        assert_int_equal(test_plan.functions[0].rid, cases[i].rid);
        assert_int_equal(test_plan.stream_count, 1);
        assert_int_equal(test_plan.streams[0].id, cases[i].stream);
        assert_int_equal(test_plan.streams[0].count, 1);
        assert_int_equal(test_plan.streams[0].device, 0);
    }
    assert_string_equal(test_plan.devices[0].path, "/pcie@30000000 11:02.1");
    assert_int_equal(test_plan.pci_hosts[0].first, 0x10);
    assert_int_equal(test_plan.pci_hosts[0].last, 0x11);
}

static void test_two_partitions(void **state)
{
    (void)state;
    parse_file(CONFIGURATION("a", PCI(F1)) CONFIGURATION("b", PCI("\"/pcie@20000000 00:02.0\"")));
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.pci_host_count, 1);
    assert_true(pci_has_functions(&test_plan, 0, 0));
    assert_true(pci_is_visible(&test_plan, 1, &test_plan.functions[1]));
    assert_false(pci_is_visible(&test_plan, 0, &test_plan.functions[1]));
}

static void test_intx(void **state)
{
    struct plan_irq irq;

    (void)state;
    parse_one(PCI(F1));
    assert_true(pci_intx(&test_plan, &test_plan.pci_hosts[0], PCI_RID(0, 5, 0), 1, &irq));
    assert_int_equal(irq.intid, 32 + 61);
    assert_true(pci_intx(&test_plan, &test_plan.pci_hosts[0], PCI_RID(0, 4, 0), 1, &irq));
    assert_int_equal(irq.intid, 32 + 60);
    assert_false(pci_intx(&test_plan, &test_plan.pci_hosts[0], PCI_RID(0, 4, 0), 2, &irq));
    assert_false(pci_intx(&test_plan, &test_plan.pci_hosts[0], PCI_RID(0, 2, 0), 1, &irq));
}

/* What a GICv2m frame says of its SPIs is held to rules: the board's, and not the console's. */
static void test_msi_frame(void **state)
{
    static const struct {
        uint32_t first, count;
        bool good;
    } cases[] = {{80, 64, true},           {32, 1, true},          {33, 1, false},
                 {31, 2, false},           {20, 20, false},        {1000, 20, true},
                 {1000, 21, false},        {1020, 1, false},       {100, 0, true},
                 {100, UINT32_MAX, false}, {UINT32_MAX, 64, false}};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        parse_one(GOOD "devices = \"/rtc@9010000\";");
        test_plan.board.fdt = NULL; /* without its neighbours */
        test_plan.devices[0].msi = true;
        test_plan.devices[0].irq_count = 0;
        test_plan.devices[0].msi_first = cases[i].first;
        test_plan.devices[0].msi_count = cases[i].count;
        plan_place(&test_plan);
        plan_check(&test_plan);
        assert_int_equal(test_plan.errors == 0, cases[i].good);
        assert_int_equal(log_has("interrupts from"), !cases[i].good);
    }
    parse_one(GOOD "devices = \"/rtc@9010000\", \"/gpio@9030000\";");
    assert_int_equal(test_plan.device_count, 2);
    test_plan.devices[0].msi = test_plan.devices[1].msi = true;
    plan_check(&test_plan);
    assert_log(
        "/gpio@9030000: devices: a second frame for messages (msi-controller): list one only");
}

/* EL2 emulates a frame's page, so that nothing else of the partition's may be there. */
static void test_msi_frame_is_alone(void **state)
{
    (void)state;
    for (uint32_t frame = 0; frame < 2; frame++) {
        for (uint64_t gap = 0x800; gap <= PAGE_SIZE; gap += 0x800) {
            parse_one(GOOD "devices = \"/rtc@9010000\", \"/gpio@9030000\";");
            test_plan.board.fdt = NULL; /* without its neighbours */
            test_plan.devices[frame].msi = true;
            test_plan.devices[1 - frame].mmio[0] =
                (struct range){test_plan.devices[frame].mmio[0].base + gap, 0x800};
            plan_place(&test_plan);
            plan_check(&test_plan);
            assert_int_equal(test_plan.errors, gap < PAGE_SIZE);
            assert_int_equal(log_has(frame == 0
                                         ? "p: /gpio@9030000: devices: it shares a page with the "
                                           "frame for messages /rtc@9010000: grant one of the two"
                                         : "p: /rtc@9010000: devices: it shares a page with the "
                                           "frame for messages /gpio@9030000"),
                             gap < PAGE_SIZE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong),          cmocka_unit_test(test_streams),
        cmocka_unit_test(test_two_partitions), cmocka_unit_test(test_intx),
        cmocka_unit_test(test_msi_frame),      cmocka_unit_test(test_msi_frame_is_alone),
        cmocka_unit_test(test_out_of_reach),
    };

    return cmocka_run_group_tests(tests, set_up_pci, tear_down);
}
