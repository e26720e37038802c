/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of who sends messages: msi-map, ITSs, and the SPIs that a partition sees them as. */
#include "core/plan/testing_system.h"

#include "core/base/pci.h"
#include "core/plan/dt.h"
#include "core/plan/msi.h"
#include "core/plan/pci.h"

#define ITS(at, rest)                                                                              \
    "its" at ": its@" at " { compatible = \"arm,gic-v3-its\"; msi-controller;"                     \
    " #msi-cells = <1>; reg = <0 0x" at " 0 0x20000>;" rest " };"
#define HOST(at, rest)                                                                             \
    "pcie@" at " { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\";"                 \
    " #address-cells = <3>; #size-cells = <2>; reg = <0x40 0x" at " 0 0x1000000>;" rest " };"
#define BOARD_MSI                                                                                  \
    BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST ITS("8080000", "")                  \
        ITS("8180000", "status = \"disabled\";") ITS("8280000", "") ITS("41000000",                \
                                                                        "") ITS("8381000", "")     \
            HOST("20000000", "msi-map-mask = <0xff>; msi-map = <0x8 &its8280000 0x1000 0x8>,"      \
                             " <0x10 &its8080000 0x2000 0x8>, <0x20 &its8180000 0 0x8>;")          \
                HOST("30000000", "msi-parent = <&its8080000>;")                                    \
                    HOST("40000000",                                                               \
                         "") "frame: frame@50000000 { }; sender@50010000 { msi-parent = <&frame>," \
                             " <&its8280000 0x77>, <&its8080000 0x2010>; }; };"

static struct plan *const p = &test_plan;

static int set_up_msi(void **state)
{
    (void)state;
    board = tree_compile(BOARD_MSI);
    plan_board(board);
    assert_string_equal(log_text, "");
    p->board.gic.version = 3;
    p->board.gic.intids = 160;
    p->partition_count = 2;
    p->pci_host_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        static const char *const paths[] = {"/pcie@20000000", "/pcie@30000000", "/pcie@40000000"};

        p->pci_hosts[i].node = dt_find(board.data, paths[i]);
        assert_true(p->pci_hosts[i].node >= 0);
    }
    msi_find(p);
    return 0;
}

static struct plan_function *add(int partition, uint32_t host, uint32_t rid)
{
    struct plan_function *f = &p->functions[p->function_count++];

    *f = (struct plan_function){.host = host,
                                .rid = rid,
                                .device = (int)p->device_count,
                                .cap = {{0x40, PCI_CAP_MSIX}},
                                .cap_count = 1};
    p->devices[p->device_count++] = (struct plan_device){
        .partition = partition, .node = p->pci_hosts[host].node, .function = true, .rid = rid};
    return f;
}

static void expect(const struct plan_function *f, bool msi, uint32_t device)
{
    assert_int_equal(f->msi, msi);
    if (msi) {
        assert_int_equal(f->msi_device, device);
    }
}

static void test_itss_are_found(void **state)
{
    (void)state;
    assert_int_equal(p->board.its_count, 2); /* one is disabled, one in RAM, one askew */
    assert_log("/its@8381000: an ITS that cannot be used");
    assert_log("/its@41000000: an ITS that cannot be used");
    assert_string_equal(p->board.its[0].path, "/its@8080000");
    assert_int_equal(p->board.its[1].mmio.base, 0x8280000);
}

static void test_the_map_tells_its_and_device(void **state)
{
    const struct plan_function *a = add(0, 0, 0x0a);
    const struct plan_function *b = add(0, 0, 0x10);  /* by the other ITS: INTx */
    const struct plan_function *c = add(0, 0, 0x318); /* masked to 0x18: in no entry */
    const struct plan_function *d = add(1, 0, 0x20);  /* the ITS is disabled */
    const struct plan_function *e = add(1, 1, 0x123); /* msi-parent */
    const struct plan_function *f = add(1, 2, 0x08);  /* nothing said */

    (void)state;
    msi_assign(p);
    expect(a, true, 0x1002);
    expect(b, false, 0);
    expect(c, false, 0);
    expect(d, false, 0);
    expect(e, true, 0x123);
    expect(f, false, 0);
    assert_int_equal(msi_frame(p, 0).mmio.base, 0x8290000);
    assert_int_equal(msi_frame(p, 1).mmio.base, 0x8090000);
    assert_int_equal(msi_frame(p, 1).mmio.size, PAGE_SIZE);
}

static void test_who_sends_none(void **state)
{
    struct plan_function *no_cap = add(0, 1, 8);
    struct plan_function *bridge = add(0, 1, 16);
    const struct plan_function *refused = add(1, 1, 24);

    (void)state;
    no_cap->cap[0].id = PCI_CAP_PCIE;
    bridge->device = PLAN_NONE;
    p->partitions[1].refused = true;
    msi_assign(p);
    expect(no_cap, false, 0);
    expect(bridge, false, 0);
    expect(refused, false, 0);
    assert_int_equal(msi_frame(p, 0).mmio.size, 0);
    assert_int_equal(msi_pages(p), 0);
}

static void test_the_spis_are_free_ones(void **state)
{
    (void)state;
    (void)add(0, 1, 8);
    (void)add(1, 1, 16);
    p->devices[0].irq[0].intid = 64;
    p->devices[0].irq[1].intid = 127;
    p->devices[0].irq_count = 2;
    msi_assign(p);
    assert_int_equal(p->partitions[0].msi_first, 128);
    assert_int_equal(p->partitions[1].msi_first, 64);
    assert_int_equal(msi_pages(p), 2 * (2 + MSI_CPU_PAGES) + 2 * 3 + MSI_SHARED_PAGES);
    p->board.its[0].table_pages = 16;
    assert_int_equal(msi_pages(p), 2 * (32 + MSI_CPU_PAGES) + 63 + 3 + MSI_SHARED_PAGES);
}

static void test_no_spis_are_left(void **state)
{
    const struct plan_function *f = add(0, 1, 8);

    (void)state;
    for (uint32_t n = 0; n < 7; n++) { /* no four times 32 side by side, but for the last */
        p->devices[0].irq[n].intid = (uint16_t)((5 + 4 * n) * 32);
    }
    p->devices[0].irq_count = 6;
    msi_assign(p);
    assert_int_equal(p->partitions[0].msi_first, 26 * 32);
    p->partitions[0].msi_first = 0;
    p->devices[0].irq_count = 7;
    msi_assign(p);
    expect(f, false, 0);
}

/* Two partitions' functions that the ITS takes for one have INTx; one partition's may. */
static void test_one_device_of_two_partitions(void **state)
{
    const struct plan_function *a = add(0, 1, 0x2008);
    const struct plan_function *b = add(1, 1, 0x2008);
    const struct plan_function *c = add(1, 1, 0x30);
    const struct plan_function *d = add(1, 1, 0x30);

    (void)state;
    msi_assign(p);
    expect(a, false, 0);
    expect(b, false, 0);
    expect(c, true, 0x30);
    expect(d, true, 0x30);
}

/* What sends none itself, or by another ITS, can still write to its partition's frame. */
static void test_others_that_reach_the_frame(void **state)
{
    const struct plan_function *victim = add(0, 1, 0x2002);
    const struct plan_function *apart = add(0, 1, 0x1004);
    const struct plan_function *frame = add(1, 1, 0x40); /* it brings the frame */
    struct plan_function *silent = add(1, 1, 0x2002);
    const struct plan_function *other = add(1, 0, 0x0c); /* 0x1004, at the other ITS */

    (void)state;
    silent->cap_count = 0;
    msi_assign(p);
    expect(victim, false, 0);
    expect(apart, false, 0);
    expect(frame, true, 0x40);
    expect(silent, false, 0);
    expect(other, false, 0);
}

static void test_whole_devices_that_reach_the_frame(void **state)
{
    const struct plan_function *victim = add(0, 1, 0x2010);

    (void)state;
    (void)add(1, 1, 0x40);
    p->devices[p->device_count++] =
        (struct plan_device){.partition = 1, .bridge = true, .node = p->pci_hosts[0].node};
    msi_assign(p);
    expect(victim, true, 0x2010);
    p->devices[2].node = p->pci_hosts[1].node; /* any RID of its is a DeviceID, too */
    msi_assign(p);
    expect(victim, false, 0);
}

/* A platform device that has several controllers: it may use each. */
static void test_all_parents_of_a_device(void **state)
{
    const struct plan_function *victim = add(0, 1, 0x2010);
    const struct plan_function *other = add(0, 1, 0x2011);
    struct plan_device *sender = &p->devices[3];

    (void)state;
    (void)add(1, 1, 0x40);
    *sender = (struct plan_device){.partition = 1};
    p->device_count = 4;
    sender->node = dt_find(board.data, "/sender@50010000");
    assert_true(sender->node >= 0);
    msi_assign(p);
    expect(victim, false, 0);
    expect(other, true, 0x2011);
}

static void test_an_its_that_was_given_up(void **state)
{
    const struct plan_function *f = add(0, 1, 8);

    (void)state;
    p->board.its[0].unusable = true;
    msi_assign(p);
    expect(f, false, 0);
}

/* A DeviceID that it cannot tell from others is none of its. */
static void test_more_devices_than_the_its_has(void **state)
{
    const struct plan_function *map_good = add(0, 0, 0x0e);
    const struct plan_function *map_bad = add(0, 0, 0x0f);
    const struct plan_function *good = add(1, 1, 0xff);
    const struct plan_function *bad = add(1, 1, 0x100);

    (void)state;
    p->board.its[0].devices = 0x100;
    p->board.its[1].devices = 0x1007;
    msi_assign(p);
    expect(map_good, true, 0x1006);
    expect(map_bad, false, 0);
    expect(good, true, 0xff);
    expect(bad, false, 0);
}

/* DMA's tables are as wide as memory is. */
static void test_a_frame_beyond_the_memorys_width(void **state)
{
    const struct plan_function *f = add(0, 1, 8);

    (void)state;
    p->board.its[0].mmio.base = UINT64_C(0x10000000000);
    msi_assign(p);
    expect(f, false, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_itss_are_found, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_the_map_tells_its_and_device, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_who_sends_none, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_the_spis_are_free_ones, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_no_spis_are_left, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_one_device_of_two_partitions, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_more_devices_than_the_its_has, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_others_that_reach_the_frame, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_whole_devices_that_reach_the_frame, set_up_msi,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_all_parents_of_a_device, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_an_its_that_was_given_up, set_up_msi, tear_down),
        cmocka_unit_test_setup_teardown(test_a_frame_beyond_the_memorys_width, set_up_msi,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
