/* SPDX-License-Identifier: Apache-2.0 */
/* SMMUs and streams: read from a board's tree, granted, and kept apart. */
#include "core/plan/smmu.h"

#include "core/plan/testing_system.h"

#include "core/base/bits.h"

#define SMMUS                                                                                      \
    "smmu: smmu@9700000 { compatible = \"arm,smmu-v3\"; reg = <0 0x9700000 0 0x20000>;"            \
    " #iommu-cells = <1>; dma-coherent; interrupts = <0 60 1>, <0 61 1>, <0 62 1>;"                \
    " interrupt-names = \"eventq\", \"priq\", \"gerror\"; };"                                      \
    "old: smmu@9800000 { compatible = \"arm,mmu-500\"; reg = <0 0x9800000 0 0x10000>;"             \
    " #iommu-cells = <2>; #global-interrupts = <1>; interrupts = <0 63 4>, <0 64 4>; };"           \
    "off: smmu@9900000 { compatible = \"arm,smmu-v3\"; reg = <0 0x9900000 0 0x20000>;"             \
    " #iommu-cells = <1>; status = \"disabled\"; };"                                               \
    "none: iommu@9b00000 { compatible = \"other,iommu\"; reg = <0 0x9b00000 0 0x1000>;"            \
    " #iommu-cells = <0>; };"                                                                      \
    "odd: smmu@9a00000 { compatible = \"some,iommu\"; reg = <0 0x9a00000 0 0x20000>;"              \
    " #iommu-cells = <1>; };"                                                                      \
    "wide: smmu@9c00000 { compatible = \"arm,smmu-v2\"; reg = <0 0x9c00000 0 0x10000>;"            \
    " #iommu-cells = <1>; stream-match-mask = <0x7c00>; };"
#define DEVICE(at, properties)                                                                     \
    "d@" at " { compatible = \"some,device\"; reg = <0 0x" at " 0 0x1000>; " properties " };"
#define DEVICES                                                                                    \
    DEVICE("b000000", "iommus = <&smmu 0x10>;")                                                    \
    DEVICE("b001000", "iommus = <&smmu 0x11>, <&old 0x40 0x3>;")                                   \
    DEVICE("b002000", "iommus = <&off 1>;")                                                        \
    DEVICE("b003000", "iommus = <&odd 1>;")                                                        \
    DEVICE("b004000", "iommus = <&smmu>;")                                                         \
    DEVICE("b005000", "iommus = <&smmu 0x20>, <0x7777 1>;")                                        \
    DEVICE("b006000", "iommus = <&smmu 0x30>;")                                                    \
    DEVICE("b007000", "iommus = <&smmu 0x30>;")                                                    \
    DEVICE("b008000", "iommus = <&old 0x142 0x100>;")                                              \
    DEVICE("b009000", "iommus = <&smmu 0x40>; status = \"disabled\";")                             \
    DEVICE("b00a000", "iommus = <&smmu 0x40>;")                                                    \
    DEVICE("b00b000", "iommus = <&none>, <&smmu 0x50>;")                                           \
    DEVICE("b00c000", "iommus = <&smmu 0x50>;")                                                    \
    DEVICE("b00d000", "iommus = <&wide 0x407>;")                                                   \
    DEVICE("b00e000", "iommus = <&wide 0x421>;")                                                   \
    DEVICE("b012000", "iommus = <&smmu 0x60>;")                                                    \
    DEVICE("b010000", "iommus = <&smmu 0xffffffff>, <&smmu 0x60>;")                                \
    DEVICE("b011000", "iommus = <&old 0x7fff0000 0x8000ffff>;")
#define BRIDGE(at, size, a, b, map)                                                                \
    "pcie@" at " { compatible = \"pci-host-ecam-generic\"; device_type = \"pci\";"                 \
    " #address-cells = <3>; #size-cells = <2>; #interrupt-cells = <1>;"                            \
    " reg = <0 0x" at " 0 " size ">; bus-range = <0 3>; interrupt-map-mask = <0x800 0 0 7>;"       \
    " ranges = <0x2000000 0 0x10000000 0 0x1" at " 0 0x1000000>;"                                  \
    " interrupt-map = <0 0 0 1 &gic 0 " a " 4>, <0 0 0 2 &gic 0 " b " 4>, <0x800 0 0 1 &gic 0 " b  \
    " 4>;"                                                                                         \
    " iommu-map = " map "; };"
#define BRIDGES                                                                                    \
    BRIDGE("c000000", "0x400000", "70", "71",                                                      \
           "<0 &smmu 0x1000 0x200>, <0x200 &smmu 0x8000 0x200>")                                   \
    BRIDGE("d000000", "0x400000", "72", "73",                                                      \
           "<0 &smmu 0x2000 0x200>, <0x201 &smmu 0x9000 0x1ff>")                                   \
    BRIDGE("e000000", "0x500000", "74", "75", "<0 &smmu 0xa000 0x400>")                            \
    BRIDGE("f000000", "0x400000", "76", "77", "<0 &wide 7 1>; iommu-map-mask = <0>")               \
    BRIDGE("7000000", "0x400000", "78", "79", "<0 &wide 0x20 2>; iommu-map-mask = <1>")
#define SMMU_BOARD                                                                                 \
    BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST SMMUS DEVICES BRIDGES "};"

static int set_up_smmu(void **state)
{
    (void)state;
    board = tree_compile(SMMU_BOARD);
    return 0;
}

#define PART(name, cpu, devices)                                                                   \
    CONFIGURATION(name, KERNEL "cpus = <" cpu ">; " MEMORY "devices = " devices ";")

static void smmus_are_read(void **state)
{
    const struct plan_smmu *s = test_plan.board.smmus;

    (void)state;
    plan_board(board);
    assert_int_equal(test_plan.board.smmu_count, 3);
    assert_string_equal(s[0].path, "/smmu@9700000");
    assert_string_equal(s[0].ops->compatible[0], "arm,smmu-v3");
    assert_int_equal(s[0].mmio.base, 0x9700000);
    assert_true(s[0].coherent && !s[0].unusable);
    assert_int_equal(s[0].irq_count, 2); /* not the page requests' */
    assert_int_equal(s[0].irq[0].intid, 32 + 60);
    assert_int_equal(s[0].irq[1].intid, 32 + 62);
    assert_true(s[0].irq[1].edge);
    assert_string_equal(s[1].path, "/smmu@9800000");
    assert_false(s[1].coherent);
    assert_int_equal(s[1].irq_count, 2);
    assert_int_equal(s[1].irq[1].intid, 32 + 64);
}

/* As an LS1088A has them: four global ones, the first Secure's, and counters' before contexts'. */
static void an_smmus_many_interrupts(void **state)
{
    const struct plan_smmu *s = test_plan.board.smmus;

    (void)state;
    plan_board_text(
        BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST
        "smmu@9800000 { compatible = \"arm,mmu-500\"; reg = <0 0x9800000 0 0x10000>;"
        " #iommu-cells = <1>; #global-interrupts = <6>; interrupts = <0 60 4>, <0 61 4>,"
        " <0 62 4>, <0 63 4>, <0 64 4>, <0 65 4>, <0 66 4>, <0 67 4>, <0 67 4>, <0 68 4>,"
        " <0 69 4>, <0 70 4>, <0 71 4>, <0 72 4>, <0 73 4>, <0 74 4>, <0 75 4>; }; };");
    assert_string_equal(log_text, "");
    assert_int_equal(s->irq[2].intid, 32 + 62);
    assert_int_equal(s->irq[4].intid, 32 + 66);
    assert_int_equal(s->context_irqs, CONFIG_MAX_PARTITIONS + 1);
    assert_int_equal(s->irq_count, 4 + CONFIG_MAX_PARTITIONS); /* two contexts have the same */
}

/* Unaligned, its registers would fault at EL2. */
static void an_smmu_askew(void **state)
{
    (void)state;
    plan_board_text(BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST
                    "smmu@9700004 { compatible = \"arm,smmu-v3\"; reg = <0 0x9700004 0 0x20000>;"
                    " #iommu-cells = <1>; }; };");
    assert_log("warning: /smmu@9700004: reg: it does not begin with a page: what is behind this "
               "SMMU is behind none for Bulkhead");
    assert_int_equal(test_plan.board.smmu_count, 0);
}

/* Its faults would be the console's to end. */
static void an_smmu_with_the_consoles_interrupt(void **state)
{
    (void)state;
    plan_board_text(BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST
                    "smmu@9700000 { compatible = \"arm,smmu-v3\"; reg = <0 0x9700000 0 0x20000>;"
                    " #iommu-cells = <1>; interrupts = <0 60 4>, <0 1 4>;"
                    " interrupt-names = \"eventq\", \"gerror\"; }; };");
    assert_int_equal(test_plan.board.console.irq.intid, 33);
    assert_log("warning: /smmu@9700000: interrupts: 33 is the console's, too: nobody gets a device "
               "behind this SMMU");
    assert_true(test_plan.board.smmus[0].unusable); /* and is taken over all the same */
}

static void a_stream_contains_a_device(void **state)
{
    const struct plan_stream *s = test_plan.streams;

    (void)state;
    parse_file(PART("p", "0", "\"/d@b000000\", \"/d@b001000\", \"/d@b008000\""));
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.device_count, 3);
    assert_false(test_plan.devices[0].unprotected || test_plan.devices[1].unprotected);
    assert_int_equal(test_plan.stream_count, 4);
    assert_true(s[0].device == 0 && s[0].smmu == 0 && s[0].id == 0x10 && s[0].count == 1);
    assert_true(s[1].device == 1 && s[1].smmu == 0 && s[1].id == 0x11 && s[1].mask == 0);
    assert_true(s[2].device == 1 && s[2].smmu == 1 && s[2].id == 0x40 && s[2].mask == 3);
}

static void assert_not_contained(const struct wrong *w)
{
    assert_refused(w);
    assert_case(w, test_plan.stream_count == 0);
}

#define LOOSE(device, why)                                                                         \
    {                                                                                              \
        .text = PART("p", "0", "\"" device "\""),                                                  \
        .message = "p: " device ": it may master the bus (DMA) and " why "; list it"               \
    }

static void what_is_not_contained_is_refused(void **state)
{
    static const struct wrong cases[] = {
        LOOSE("/d@b002000", "is behind an SMMU that is disabled in the board's tree (status)"),
        LOOSE("/d@b003000",
              "is behind an SMMU that was left out (see above), or no driver is compiled in for"),
        LOOSE("/d@b00b000",
              "is behind an SMMU that was left out (see above), or no driver is compiled in for"),
        LOOSE("/d@b004000", "has an iommus or iommu-map that makes no sense"),
        LOOSE("/d@b005000", "has an iommus or iommu-map that makes no sense"),
        LOOSE("/d@b010000", "has an iommus or iommu-map that makes no sense"),
        LOOSE("/d@b011000", "has an iommus or iommu-map that makes no sense"),
        LOOSE("/pcie@d000000", "has functions that its iommu-map leaves out"),
        /* Its registers have room for a bus behind its bus-range. */
        LOOSE("/pcie@e000000", "has functions that its iommu-map leaves out"),
        LOOSE("/pcie@7000000",
              "has several streams in one entry of its iommu-map, behind a stream-match-mask"),
    };

    (void)state;
    assert_each(cases, ARRAY_SIZE(cases), parse_file, assert_not_contained);
}

static void a_stream_is_not_shared_with_what_is_kept_back(void **state)
{
    (void)state;
    parse_file(PART("p", "0", "\"/d@b006000\""));
    plan_check(&test_plan);
    assert_log("p: /d@b006000: it shares stream 0x30 of /smmu@9700000 with /d@b007000, which is "
               "kept back: grant both to one partition, or neither");
    assert_true(test_plan.partitions[0].refused);
    parse_file(PART("p", "0", "\"/d@b00c000\"")); /* the other one has another IOMMU as well */
    plan_check(&test_plan);
    assert_log("p: /d@b00c000: it shares stream 0x50 of /smmu@9700000 with /d@b00b000");
    parse_file(PART("p", "0", "\"/d@b012000\"")); /* the other one's list begins with nonsense */
    plan_check(&test_plan);
    assert_log("p: /d@b012000: it shares stream 0x60 of /smmu@9700000 with /d@b010000");
    parse_file(PART("p", "0", "\"/d@b006000\", \"/d@b007000\""));
    assert_string_equal(log_text, "");
    plan_check(&test_plan);
    assert_string_equal(log_text, "");
    parse_file(PART("p", "0", "\"/d@b00a000\"")); /* the other one is disabled */
    plan_check(&test_plan);
    assert_string_equal(log_text, "");
}

/* What stream-match-mask says does not matter: Layerscape's boards, for iommus and iommu-map. */
static void streams_behind_a_mask(void **state)
{
    const struct plan_stream *s = test_plan.streams;

    (void)state;
    parse_file(PART("p", "0", "\"/pcie@f000000\""));
    assert_string_equal(log_text, "");
    assert_true(s[0].smmu == 2 && s[0].id == 7 && s[0].count == 1 && s[0].mask == 0x7c00);
    plan_check(&test_plan);
    assert_log("p: /pcie@f000000: it shares stream 0x407 of /smmu@9c00000 with /d@b00d000, which "
               "is kept back");
    parse_file(PART("p", "0", "\"/pcie@f000000\"") PART("q", "1", "\"/d@b00d000\""));
    plan_check(&test_plan);
    plan_check_given(&test_plan, 10000);
    assert_log("p: /pcie@f000000: devices: it shares streams of /smmu@9c00000 (0x7) with");
    parse_file(PART("p", "0", "\"/d@b00d000\", \"/pcie@f000000\""));
    plan_check(&test_plan);
    assert_string_equal(log_text, "");
    parse_file(PART("p", "0", "\"/d@b00e000\"")); /* 0x21: the second of a run kept back */
    plan_check(&test_plan);
    assert_log("p: /d@b00e000: it shares stream 0x20 of /smmu@9c00000 with /pcie@7000000, which "
               "is kept back");
}

static void a_host_bridge_has_all_that_is_on_it(void **state)
{
    const struct plan_device *d = test_plan.devices;
    const struct plan_stream *s = test_plan.streams;

    (void)state;
    parse_file(PART("p", "0", "\"/pcie@c000000\""));
    plan_check(&test_plan);
    assert_string_equal(log_text, "");
    assert_true(d->bridge);
    assert_int_equal(d->mmio_count, 2);
    assert_int_equal(d->mmio[0].base, 0xc000000);
    assert_int_equal(d->mmio[1].base, 0x1c000000);
    assert_int_equal(d->irq_count, 2); /* each wire once */
    assert_int_equal(d->irq[0].intid, 32 + 70);
    assert_int_equal(d->irq[1].intid, 32 + 71);
    assert_int_equal(test_plan.stream_count, 2);
    assert_true(s[1].pci && s[1].rid == 0x200 && s[1].id == 0x8000 && s[1].count == 0x200);
}

static void two_partitions_share_no_stream(void **state)
{
    (void)state;
    parse_file(PART("p", "0", "\"/d@b006000\"") PART("q", "1", "\"/d@b007000\""));
    plan_check(&test_plan);
    plan_check_given(&test_plan, 10000);
    assert_log("p: /d@b006000: devices: it shares streams of /smmu@9700000 (0x30) with /d@b007000 "
               "of \"q\": neither starts; grant both to one");
    assert_log("q: /d@b007000: devices: it shares streams of /smmu@9700000 (0x30) with /d@b006000 "
               "of \"p\": neither starts; grant both to one");
    parse_file(PART("p", "0", "\"/d@b001000\"") PART("q", "1", "\"/d@b008000\""));
    plan_check(&test_plan);
    plan_check_given(&test_plan, 10000);
    assert_log("q: /d@b008000: devices: it shares streams of /smmu@9800000 (0x142)"); /* masks */
    assert_true(test_plan.partitions[0].refused && test_plan.partitions[1].refused);
}

/* What the hardware says is held against what the trees say. */
static void the_smmu_can_do_it(void **state)
{
    static const struct plan_smmu limits[] = {
        {.sid_bits = 4}, {.oas_bits = 30}, {.unusable = true}};
    static const char *const said[] = {
        "its stream 0x10 is beyond the 4 bits that /smmu@9700000 has",
        "it ends beyond the 30 address bits of /smmu@9700000, its device's SMMU: move it down",
        "its SMMU /smmu@9700000 cannot be used",
    };

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct plan_smmu *s = &test_plan.board.smmus[0];

        parse_file(PART("p", "0", "\"/d@b000000\""));
        s->sid_bits = limits[i].sid_bits;
        s->oas_bits = limits[i].oas_bits;
        s->unusable = limits[i].unusable;
        plan_check(&test_plan);
        plan_check_given(&test_plan, 10000);
        assert_log(said[i]);
        assert_true(test_plan.partitions[0].refused);
    }
}

/* Against all StreamIDs, one by one. */
static void overlaps_are_found(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (uint32_t n = 0; n < 20000; n++) {
        struct plan_stream s[2] = {{.count = 1}, {.count = 1}};
        bool truth = false;

        for (uint32_t i = 0; i < 2; i++) {
            seed = seed * 1664525 + 1013904223;
            s[i].id = seed >> 8 & 63;
            s[i].mask = seed >> 14 & seed >> 20 & 63;
            if ((seed >> 26 & 1) != 0) {
                s[i].mask = 0;
                s[i].count = 1 + (seed >> 27 & 15);
            }
        }
        for (uint32_t x = 0; x < 128; x++) {
            bool both = true;

            for (uint32_t i = 0; i < 2; i++) {
                both = both && (s[i].mask != 0 ? ((x ^ s[i].id) & ~s[i].mask) == 0
                                               : x - s[i].id < s[i].count);
            }
            truth = truth || both;
        }
        if (streams_overlap(&s[0], &s[1]) != truth) {
            fail_msg("0x%x+%u/0x%x and 0x%x+%u/0x%x: %d", s[0].id, s[0].count, s[0].mask, s[1].id,
                     s[1].count, s[1].mask, truth);
        }
        s[1].smmu = 1;
        assert_false(streams_overlap(&s[0], &s[1]));
    }
}

/* Nobody's: the SMMU's registers, and RAM where they are said to be. */
static void its_registers_are_bulkheads(void **state)
{
    (void)state;
    parse_file(PART("p", "0", "\"/smmu@9700000\""));
    assert_log("\"/smmu@9700000\" is an SMMU: it guards the partitions and is none's");
    parse_file(PART("p", "0", "\"/d@b000000\""));
    test_plan.devices[0].mmio[0].base = 0x9700000;
    plan_check(&test_plan);
    plan_check_given(&test_plan, 10000);
    assert_log("devices: its window 0x9700000+0x1000 shares a page with");
    parse_file(PART("p", "0", "\"/d@b000000\""));
    test_plan.board.its_count = 1;
    test_plan.board.its[0] =
        (struct plan_its){.path = "/its@c000000", .mmio = {0xc000000, 0x20000}};
    test_plan.devices[0].mmio[0].base = 0xc010000;
    plan_check(&test_plan);
    assert_log("its window 0xc010000+0x1000 shares a page with ITS, 0xc000000+0x20000");
    parse_file(PART("p", "0", "\"/d@b000000\""));
    test_plan.pci_host_count = 1;
    test_plan.pci_hosts[0] =
        (struct plan_pci_host){.path = "/pcie@d000000", .ecam = {0xd000000, 0x200000}};
    test_plan.devices[0].mmio[0].base = 0xd1ff000;
    plan_check(&test_plan);
    assert_log("its window 0xd1ff000+0x1000 shares a page with configuration space, 0xd000000");
    parse_file(PART("p", "0", "\"/d@b000000\""));
    test_plan.board.smmus[1].mmio.base = 0x40000000;
    plan_check(&test_plan);
    plan_check_given(&test_plan, 10000);
    assert_log("/smmu@9800000: reg: SMMU 0x40000000+0x10000 shares a page with the board's RAM");
    assert_true(test_plan.fatal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smmus_are_read),
        cmocka_unit_test(an_smmus_many_interrupts),
        cmocka_unit_test(an_smmu_askew),
        cmocka_unit_test(an_smmu_with_the_consoles_interrupt),
        cmocka_unit_test(a_stream_contains_a_device),
        cmocka_unit_test(what_is_not_contained_is_refused),
        cmocka_unit_test(a_stream_is_not_shared_with_what_is_kept_back),
        cmocka_unit_test(streams_behind_a_mask),
        cmocka_unit_test(a_host_bridge_has_all_that_is_on_it),
        cmocka_unit_test(two_partitions_share_no_stream),
        cmocka_unit_test(the_smmu_can_do_it),
        cmocka_unit_test(overlaps_are_found),
        cmocka_unit_test(its_registers_are_bulkheads),
    };

    return cmocka_run_group_tests(tests, set_up_smmu, tear_down);
}
