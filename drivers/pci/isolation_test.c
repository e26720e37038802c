/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of which functions are kept apart. */
#include "drivers/pci/pci_model_test.h"

#include "core/plan/plan.h"

#define TWO_FUNCTIONS                                                                              \
    PCI_PARTITION("p", "0", "0x40000000", "\"/pcie@10000000 00:01.0\"")                            \
    PCI_PARTITION("q", "1", "0x48000000", "\"/pcie@10000000 00:01.1\"")

static void multi_function(void)
{
    assert_int_equal(model_set_up(NULL), 0);
    model_endpoint(-1, DEVFN(1, 0))->word[PCI_CACHE_LINE / 4] = PCI_HEADER_MULTI;
    model_endpoint(-1, DEVFN(1, 1));
}

static void test_no_acs(void **state)
{
    (void)state;
    multi_function();
    probe_text(TWO_FUNCTIONS);
    assert_log(
        "error: p: /pcie@10000000 00:01.0: pci-devices: nothing (no ACS) keeps it apart from "
        "00:01.1, which is granted to q: grant both to one partition, or neither");
    assert_log(
        "error: q: /pcie@10000000 00:01.1: pci-devices: nothing (no ACS) keeps it apart from "
        "00:01.0, which is granted to p");
    multi_function();
    probe(FN1);
    assert_log("keeps it apart from 00:01.1, which is kept back: grant both");
    multi_function();
    probe(FN1 ", \"/pcie@10000000 00:01.1\"");
    assert_string_equal(log_text, "");
}

static void test_acs(void **state)
{
    (void)state;
    multi_function();
    model_acs(&models[0]);
    model_acs(&models[1]);
    probe_text(TWO_FUNCTIONS);
    assert_string_equal(log_text, "");
    assert_int_equal(models[0].word[(ACS_AT + PCI_ACS_CTRL) / 4] >> 16, PCI_ACS_NEEDED_ENDPOINT);
    multi_function();
    model_acs(&models[0]);
    model_acs(&models[1]);
    models[1].writable[(ACS_AT + PCI_ACS_CTRL) / 4] = 0; /* it says so, and does it not */
    probe_text(TWO_FUNCTIONS);
    assert_log("error: q: /pcie@10000000 00:01.1: pci-devices: nothing (no ACS)");
}

/* Two cards behind a switch whose ports have no ACS are one group; with ACS they are two. */
static void test_switch_without_acs(void **state)
{
    (void)state;
    for (uint32_t with = 0; with < 2; with++) {
        int ports[3];

        assert_int_equal(model_set_up(NULL), 0);
        ports[0] = model_bridge(-1, DEVFN(1, 0), 4, 0);
        ports[0] = model_bridge(ports[0], DEVFN(0, 0), 5, 0);
        ports[1] = model_bridge(ports[0], DEVFN(0, 0), 6, 0);
        ports[2] = model_bridge(ports[0], DEVFN(1, 0), 6, 0);
        for (uint32_t i = 0; with == 0 && i < 2; i++) {
            models[ports[1 + i]].word[ACS_AT / 4] = 0;
        }
        model_endpoint(ports[1], DEVFN(0, 0));
        model_endpoint(ports[2], DEVFN(0, 0));
        probe_text(PCI_PARTITION("p", "0", "0x40000000", "\"/pcie@10000000 03:00.0\"")
                       PCI_PARTITION("q", "1", "0x48000000", "\"/pcie@10000000 04:00.0\""));
        assert_int_equal(log_has("keeps it apart"), with == 0);
    }
}

/* A board whose SMMU sees the functions of a bus, or of two host bridges, as one. */
static void set_up_streams(const char *mask)
{
    char text[8192];

    assert_int_equal(model_set_up(NULL), 0);
    (void)snprintf(text, sizeof(text),
                   "%s / { smmu: smmu@9700000 { compatible = \"arm,smmu-v3\"; #iommu-cells = <1>;"
                   " reg = <0 0x9700000 0 0x20000>; }; dma@a000000 { reg = <0 0xa000000 0 0x1000>;"
                   " compatible = \"x\"; iommus = <&smmu 0x10>; }; pcie@10000000 { iommu-map ="
                   " <0 &smmu 0 0x10000>; iommu-map-mask = <%s>; }; };",
                   BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST PCIE_NODE "};", mask);
    board = tree_compile(text);
    model_endpoint(-1, DEVFN(1, 0));
    model_endpoint(-1, DEVFN(2, 0));
    model_bridge(-1, DEVFN(3, 0), 4, 0); /* does nothing of its own */
}

/* A stream is the partition's with all that bears it, or not at all. */
static void test_shared_streams(void **state)
{
    static const struct {
        const char *mask, *granted, *message; /* NULL: it starts */
    } cases[] = {
        {"0xffff", FN1, NULL},
        {"0xff00", FN1 ", " FN2, NULL},
        {"0xff00", FN1,
         "bulkhead: error: p: /pcie@10000000 00:01.0: pci-devices: it shares a stream with "
         "/pcie@10000000 00:02.0, which is kept back: grant both to one partition, or neither\n"},
        {"0xffff", FN1 ", \"/dma@a000000\"",
         "bulkhead: error: p: /dma@a000000: pci-devices: it shares a stream with "
         "/pcie@10000000 00:02.0, which is kept back: grant both to one partition, or neither\n"},
    };
    const struct tree usual = board;
    char text[512];

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        set_up_streams(cases[i].mask);
        (void)snprintf(text, sizeof(text), PCI_PARTITION("p", "0", "0x40000000", "%s"),
                       cases[i].granted);
        probe_text(text);
        assert_string_equal(log_text, cases[i].message == NULL ? "" : cases[i].message);
        tree_free(board);
        board = usual;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_no_acs, model_set_up),
        cmocka_unit_test_setup(test_acs, model_set_up),
        cmocka_unit_test_setup(test_switch_without_acs, model_set_up),
        cmocka_unit_test_setup(test_shared_streams, model_set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
