/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of a granted host bridge's node: where its wires come to, and its functions' messages. */
#include "core/guest/guest_dt_pci.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/guest/dtc_test.h"

#define GIC 0x1234
#define MSI 0x5678

static struct plan p;
static struct plan_device bridge;

static const char board_text[] =
    "/dts-v1/;\n"
    "/ { #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>;\n"
    "gic: intc@8000000 { compatible = \"arm,gic-v3\"; interrupt-controller; #address-cells = <0>;\n"
    " #interrupt-cells = <3>; reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0xf60000>; };\n"
    "pcie@10000000 { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\";\n"
    " #address-cells = <3>; #size-cells = <2>; #interrupt-cells = <1>;\n"
    " reg = <0x40 0x10000000 0 0x10000000>; bus-range = <0 0xff>;\n"
    " ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x2eff0000>;\n"
    " interrupt-map-mask = <0x1800 0 0 7>;\n"
    " interrupt-map = <0x800 0 0 1 &gic 0 4 4>, <0x800 0 0 2 &gic 0 5 4>; }; };\n";

/* Two functions of partition 1 that send messages, one that does not, and one of another. */
static int setup(void **state)
{
    static uint8_t board[8192] __attribute__((aligned(8)));

    (void)state;
    memset(&p, 0, sizeof(p));
    compile(board_text, board, sizeof(board));
    p.board.fdt = board;
    p.board.gic.node = fdt_path_offset(board, "/intc@8000000");
    p.board.gic.version = 3;
    p.partition_count = 2;
    p.pci_host_count = 1;
    p.pci_hosts[0].node = fdt_path_offset(board, "/pcie@10000000");
    p.function_count = 4;
    for (uint32_t i = 0; i < 4; i++) {
        p.devices[i].partition = i != 3;
        p.functions[i] = (struct plan_function){
            .device = (int)i, .rid = 8 * i, .msi = i != 1, .msi_device = 0x10000 + 8 * i};
    }
    p.device_count = 4;
    bridge = (struct plan_device){.node = p.pci_hosts[0].node,
                                  .partition = 1,
                                  .bridge = true,
                                  .function = true,
                                  .mmio = {{UINT64_C(0x4010000000), 0x10000000}},
                                  .mmio_count = 1,
                                  .irq = {{37, false}},
                                  .irq_count = 1};
    return 0;
}

static void make(void)
{
    struct writer w;

    tree_open(&w, tree, sizeof(tree), NULL);
    tree_begin(&w, "");
    guest_dt_put_bridge(&w, &p, &bridge, GIC);
    guest_dt_put_messages(&w, &p, &bridge, MSI);
    tree_end(&w);
    assert_int_equal(tree_close(&w), OK);
}

static void no_messages(void **state)
{
    (void)state;
    make();
    assert_int_equal(guest_dt_gic_cells(&p, 1), 0);
    CELLS("/", "interrupt-map", 0x800, 0, 0, 2, GIC, 0, 5, 4);
    assert_false(has("/", "msi-map"));
    assert_false(has("/", "msi-parent"));
}

/* By the board's DeviceIDs; the GIC has addresses then, and so have the wires. */
static void messages_by_an_its(void **state)
{
    (void)state;
    p.board.its_count = 1;
    p.partitions[1].msi_first = 64;
    make();
    assert_int_equal(guest_dt_gic_cells(&p, 1), 2);
    CELLS("/", "interrupt-map", 0x800, 0, 0, 2, GIC, 0, 0, 0, 5, 4);
    CELLS("/", "msi-map", 0, MSI, 0x10000, 1, 16, MSI, 0x10010, 1);
    assert_false(has("/", "msi-parent"));
    for (uint32_t i = 0; i < 3; i++) {
        p.functions[i].msi = false;
    }
    make();
    assert_false(has("/", "msi-map"));
}

static void messages_by_a_frame(void **state)
{
    (void)state;
    p.devices[2].msi = true;
    p.devices[2].mmio[0] = (struct range){0x8020000, 0x1000};
    p.devices[2].mmio_count = 1;
    make();
    CELLS("/", "interrupt-map", 0x800, 0, 0, 2, GIC, 0, 5, 4);
    CELLS("/", "msi-parent", MSI);
    assert_false(has("/", "msi-map"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_messages, setup),
        cmocka_unit_test_setup(messages_by_an_its, setup),
        cmocka_unit_test_setup(messages_by_a_frame, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
