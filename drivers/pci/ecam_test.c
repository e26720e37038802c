/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of PCI enumeration: what is granted is found and placed, what is not is off. */
#include "drivers/pci/pci_model_test.h"

#include "core/plan/plan.h"

/* ---- what works ---- */

static void test_endpoint(void **state)
{
    (void)state;
    model_endpoint(-1, DEVFN(1, 0));
    model_endpoint(-1, DEVFN(2, 0));
    probe(FN1);
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.errors, 0);
    assert_int_equal(granted_device(0)->mmio_count, 1);
    assert_int_equal(granted_device(0)->mmio[0].base, 0x10000000);
    assert_int_equal(granted_device(0)->mmio[0].size, 0x4000);
    assert_int_equal(models[0].word[PCI_BAR0 / 4], 0x10000000);
    assert_int_equal(granted_device(0)->irq_count, 1);
    assert_int_equal(granted_device(0)->irq[0].intid, 32 + 61);
    assert_int_equal(command_of(0), PCI_COMMAND_NO_INTX);
    assert_int_equal(command_of(1), PCI_COMMAND_NO_INTX);
    assert_int_equal(test_plan.functions[0].bar[0].value, 0x10000000);
    assert_int_equal(test_plan.functions[0].bar[0].sizing, 0xffffc000);
    assert_int_equal(pci_cap(&test_plan.functions[0], PCI_CAP_PCIE, false), PCIE_AT);
}

/* Whole pages to each, whatever the order; I/O is not given. */
static void test_bars(void **state)
{
    struct model *m = model_endpoint(-1, DEVFN(1, 0));

    (void)state;
    model_bar(m, 0, 0x100, 0);
    model_bar(m, 1, 0x20, PCI_BAR_IO);
    model_bar(m, 2, 0x10000, PCI_BAR_64);
    model_bar(m, 4, 0x100000, PCI_BAR_64 | PCI_BAR_PREFETCH);
    model_endpoint(-1, DEVFN(2, 0));
    probe(FN1 ", " FN2);
    assert_string_equal(log_text, "");
    assert_int_equal(granted_device(0)->mmio_count, 3);
    assert_int_equal(granted_device(0)->mmio[0].base, 0x10000000);
    assert_int_equal(granted_device(0)->mmio[0].size, PAGE_SIZE);
    assert_int_equal(granted_device(0)->mmio[1].base, 0x10010000);
    assert_int_equal(granted_device(0)->mmio[2].base, UINT64_C(0x8000000000));
    assert_int_equal(m->word[PCI_BAR0 / 4 + 5], 0x80);
    assert_int_equal(test_plan.functions[0].bar[4].value, PCI_BAR_64 | PCI_BAR_PREFETCH);
    assert_int_equal(test_plan.functions[0].bar[5].value, 0x80);
    assert_int_equal(test_plan.functions[0].bar[5].sizing, UINT32_MAX);
    assert_int_equal(test_plan.functions[0].bar[1].value, 0);
    assert_int_equal(test_plan.functions[0].bar[1].sizing, 0);
    assert_int_equal(granted_device(1)->mmio[0].base, 0x10020000);
}

/* Larger than is left low: a 64-bit one goes high, a 32-bit one nowhere. */
static void test_large_bar(void **state)
{
    struct model *m = model_endpoint(-1, DEVFN(1, 0));

    (void)state;
    model_bar(m, 0, UINT64_C(0x40000000), PCI_BAR_64);
    probe(FN1);
    assert_string_equal(log_text, "");
    assert_int_equal(granted_device(0)->mmio[0].base, UINT64_C(0x8000000000));
    model_bar(m, 0, UINT64_C(0x40000000), 0);
    probe(FN1);
    assert_log("error: p: /pcie@10000000 00:01.0: pci-devices: BAR 0 of 00:01.0, 0x40000000 bytes, "
               "does not fit into the windows (ranges) of the host bridge");
    assert_true(test_plan.partitions[0].refused);
}

static void test_reset(void **state)
{
    struct model *m = model_endpoint(-1, DEVFN(1, 0));

    (void)state;
    m->word[(PCIE_AT + PCIE_DEVCAP) / 4] = PCIE_DEVCAP_FLR;
    plan.board.timer_hz = host.counter_hz;
    host.counter_step = 1000;
    host.counter = 0;
    probe(FN1);
    assert_true(m->word[(PCIE_AT + PCIE_DEVCTL) / 4] & PCIE_DEVCTL_FLR);
    assert_true(host.counter >= host.counter_hz / 10);
}

/* It waits for completions first, and a tenth of a second at most. */
static void test_reset_of_a_busy_one(void **state)
{
    struct model *m = model_endpoint(-1, DEVFN(1, 0));

    (void)state;
    m->word[(PCIE_AT + PCIE_DEVCAP) / 4] = PCIE_DEVCAP_FLR;
    m->word[(PCIE_AT + PCIE_DEVCTL) / 4] = PCIE_DEVSTA_PENDING;
    plan.board.timer_hz = host.counter_hz;
    host.counter = 0;
    probe(FN1);
    assert_log("warning: /pcie@10000000 00:01.0: is reset while it waits for data");
    assert_true(host.counter >= host.counter_hz / 5);
    assert_false(test_plan.partitions[0].refused);
}

/* The same of conventional PCI's reset. */
static void test_advanced_features_reset(void **state)
{
    for (uint32_t busy = 0; busy < 2; busy++) {
        struct model *m;

        assert_int_equal(model_set_up(state), 0);
        m = model_endpoint(-1, DEVFN(1, 0));
        m->word[PCIE_AT / 4] = PCI_CAP_AF;
        m->word[(PCIE_AT + PCI_AF_CAPS) / 4] |= (uint32_t)PCI_AF_CAPS_FLR;
        m->word[(PCIE_AT + PCI_AF_CTRL) / 4] = busy != 0 ? (uint32_t)PCI_AF_PENDING : 0;
        m->writable[(PCIE_AT + PCI_AF_CTRL) / 4] = 1;
        plan.board.timer_hz = host.counter_hz;
        host.counter = 0;
        probe(FN1);
        assert_int_equal(m->word[(PCIE_AT + PCI_AF_CTRL) / 4] & 1, 1);
        assert_int_equal(strstr(log_text, "is reset while it waits for data") != NULL, busy);
    }
}

/* Half a second after its reset it is there; two seconds are too long. */
static void test_reset_takes_long(void **state)
{
    (void)state;
    for (uint64_t halves = 1; halves <= 4; halves += 3) {
        struct model *m;

        assert_int_equal(model_set_up(NULL), 0);
        m = model_endpoint(-1, DEVFN(1, 0));
        m->word[(PCIE_AT + PCIE_DEVCAP) / 4] = PCIE_DEVCAP_FLR;
        m->away = host.counter_hz * halves / 2;
        plan.board.timer_hz = host.counter_hz;
        host.counter = 0;
        host.counter_step = host.counter_hz / 100;
        probe(FN1);
        if (halves == 1) {
            assert_string_equal(log_text, "");
            assert_int_equal(granted_device(0)->mmio_count, 1);
        } else {
            assert_log("error: p: /pcie@10000000 00:01.0: pci-devices: it does not answer after "
                       "its reset");
            assert_int_equal(granted_device(0)->mmio_count, 0);
        }
    }
}

/* What the firmware left on beside the command register is off, granted or not. */
static void test_all_is_off(void **state)
{
    static const struct {
        uint32_t id, at, left, off;
    } acts[] = {
        {PCI_EXT_SRIOV, PCI_SRIOV_CTRL, 0x19, 0x10},
        {PCI_EXT_ATS, PCI_ATS_CTRL, 0x80050020, 0x00050020},
        {PCI_EXT_PRI, PCI_PRI_CTRL, 0x80000001, 0x80000000},
        {PCI_EXT_PASID, PCI_PASID_CTRL, 0x00011406, 0x00001406},
        {PCI_EXT_DPC, PCI_DPC_CTRL, 0x001a0007, 0x00000007},
    };
    uint32_t at[2][ARRAY_SIZE(acts)];

    (void)state;
    for (uint32_t m = 0; m < 2; m++) {
        struct model *model = model_endpoint(-1, DEVFN(1 + m, 0));

        model->word[PCI_ROM / 4] = 0x10000001;
        model->writable[PCI_ROM / 4] = 0xfffe0001;
        for (uint32_t i = 0; i < ARRAY_SIZE(acts); i++) {
            at[m][i] = (model_extended(model, acts[i].id, 0) + acts[i].at) / 4;
            model->word[at[m][i]] = acts[i].left;
        }
    }
    probe(FN1);
    assert_string_equal(log_text, "");
    for (uint32_t m = 0; m < 2; m++) {
        assert_int_equal(models[m].word[PCI_ROM / 4], m == 0 ? 0x10020000 : 0); /* placed, or not */
        for (uint32_t i = 0; i < ARRAY_SIZE(acts); i++) {
            assert_int_equal(models[m].word[at[m][i]], acts[i].off);
        }
    }
}

/* One of 128 KiB has a place behind the BARs; one that finds none, or is no ROM, is not given. */
static void test_rom(void **state)
{
    static const uint32_t writable[] = {0xfffe0001, 0xffffffff, 0x80000001, 0xf0fe0001, 1};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(writable); i++) {
        bool fits = i < 2;

        assert_int_equal(model_set_up(NULL), 0);
        model_endpoint(-1, DEVFN(1, 0))->writable[PCI_ROM / 4] = writable[i];
        probe(FN1);
        assert_string_equal(log_text, "");
        assert_int_equal(granted_device(0)->mmio_count, fits ? 2 : 1);
        assert_int_equal(test_plan.functions[0].bar[PLAN_ROM].sizing,
                         fits ? writable[i] & 0xfffff800 : 0);
        assert_int_equal(models[0].word[PCI_ROM / 4], i == 0 ? 0x10020000 : fits ? 0x10004000 : 0);
        if (fits) {
            assert_int_equal(granted_device(0)->mmio[1].base, models[0].word[PCI_ROM / 4]);
            assert_int_equal(granted_device(0)->mmio[1].size, i == 0 ? 0x20000 : PAGE_SIZE);
        }
    }
}

/* The ROM of one takes no room that the next one's BAR needs. */
static void test_roms_come_last(void **state)
{
    (void)state;
    model_endpoint(-1, DEVFN(1, 0))->writable[PCI_ROM / 4] = 0xf8000001; /* 128 MiB, half of all */
    model_bar(model_endpoint(-1, DEVFN(2, 0)), 0, 0x8000000, 0);
    probe_text(PCI_PARTITION("p", "0", "0x40000000", FN1)
                   PCI_PARTITION("q", "1", "0x48000000", FN2));
    assert_string_equal(log_text, "");
    assert_int_equal(granted_device(0)->mmio_count, 1);
    assert_int_equal(granted_device(1)->mmio_count, 1);
}

/* Its BARs are 0, and its registers elsewhere. */
static void test_enhanced_allocation(void **state)
{
    struct model *m = model_endpoint(-1, DEVFN(1, 0));

    (void)state;
    model_bar(m, 0, 0, 0);
    m->word[PCI_CAPS / 4] = 0x80;
    m->word[0x80 / 4] = PCI_CAP_EA | PCIE_AT << 8;
    probe(FN1);
    assert_log("error: p: /pcie@10000000 00:01.0: pci-devices: its registers are where Enhanced "
               "Allocation says, not its BARs: not supported");
    assert_int_equal(test_plan.errors, 1);
}

/* A window that begins at 0: that address is nobody's. */
static void test_address_0(void **state)
{
    const struct tree usual = board;

    (void)state;
    board = tree_compile(BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST
                         "pcie@10000000 { compatible = \"pci-host-ecam-generic\";"
                         " device_type = \"pci\"; #address-cells = <3>; #size-cells = <2>;"
                         " reg = <0x40 0x10000000 0 0x1000000>; bus-range = <0 0xf>;"
                         " ranges = <0x2000000 0 0 0 0x10000000 0 0x10000000>; }; };");
    model_bar(model_endpoint(-1, DEVFN(1, 0)), 0, 0x100, 0);
    probe(FN1);
    tree_free(board);
    board = usual;
    assert_string_equal(log_text, "");
    assert_int_equal(models[0].word[PCI_BAR0 / 4], 0x1000);
    assert_int_equal(granted_device(0)->mmio[0].base, 0x10001000);
}

/* ---- a host bridge that is granted whole ---- */

static void check_whole_is_off(void)
{
    for (uint32_t i = 0; i < model_count; i++) {
        assert_int_equal(command_of(i), PCI_COMMAND_NO_INTX);
        assert_int_equal(models[i].word[PCI_ROM / 4] & 1, 0);
    }
}

/* All is off at the boot, nothing is placed; and at the end, however its driver leaves it. */
static void test_whole_host(void **state)
{
    int bridge = model_bridge(-1, DEVFN(1, 0), 4, 0x010100);
    struct model *m = model_endpoint(bridge, DEVFN(0, 0));

    (void)state;
    model_endpoint(-1, DEVFN(2, 0));
    m->word[PCI_BAR0 / 4] = 0x10000000;
    probe("\"/pcie@10000000\"");
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.pci_host_count, 0);
    check_whole_is_off();
    assert_int_equal(m->word[PCI_BAR0 / 4], 0x10000000);
    assert_int_equal(pci_ecam.map(&test_plan), OK);
    for (uint32_t buses = 0; buses < 3; buses++) {
        model_write(NULL, (PCI_RID(0, 1, 0) << PAGE_SHIFT) + PCI_BUSES, 4, buses * 0xff00ff);
        for (uint32_t i = 0; i < model_count; i++) {
            models[i].word[PCI_COMMAND / 4] |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
        }
        pci_ecam.stop(&test_plan, 1);
        assert_int_not_equal(command_of(0), PCI_COMMAND_NO_INTX);
        pci_ecam.stop(&test_plan, 0);
        check_whole_is_off();
    }
    assert_int_equal(el2_unmap((struct range){ECAM, ECAM_SIZE}), OK);
}

/* Who asks for it whole is refused, which is no matter to those after it. */
static void test_whole_host_of_the_plans(void **state)
{
    int bridge = model_bridge(-1, DEVFN(1, 0), 4, 0x010100);

    (void)state;
    model_endpoint(bridge, DEVFN(0, 0));
    probe_text(PCI_PARTITION("a", "0", "0x40000000", "\"/pcie@10000000\"")
                   PCI_PARTITION("b", "1", "0x50000000", "\"/pcie@10000000 01:00.0\""));
    assert_false(test_plan.partitions[1].refused);
    assert_int_equal(command_of(0) & PCI_COMMAND_MASTER, PCI_COMMAND_MASTER);
}

/* ---- what cannot be granted ---- */

/* A host bridge that EL2 cannot map: those who have something there do not start, others do. */
static void test_cannot_be_mapped(void **state)
{
    (void)state;
    model_endpoint(-1, DEVFN(1, 0));
    assert_int_equal(el2_map((struct range){ECAM, PAGE_SIZE}, LPAE_RODATA), OK); /* another's */
    probe_text(PCI_PARTITION("a", "0", "0x40000000", FN1)
                   PCI_PARTITION("b", "1", "0x50000000", "\"/rtc@9010000\""));
    assert_string_equal(log_text, "bulkhead: error: a: /pcie@10000000 00:01.0: pci-devices: the "
                                  "configuration space of its host bridge cannot be mapped\n");
    assert_true(test_plan.partitions[0].refused);
    assert_false(test_plan.partitions[1].refused);
    assert_false(test_plan.fatal);
    probe("\"/pcie@10000000\"");
    assert_string_equal(log_text, "bulkhead: error: p: /pcie@10000000: devices: its configuration "
                                  "space cannot be mapped\n");
    assert_int_equal(el2_unmap((struct range){ECAM, PAGE_SIZE}), OK);
}

static void test_not_there(void **state)
{
    (void)state;
    probe(FN1);
    assert_log("error: p: /pcie@10000000 00:01.0: pci-devices: there is no such function (0 are "
               "there)");
    model_bridge(-1, DEVFN(1, 0), 4, 0);
    probe(FN1);
    assert_log("pci-devices: it is a bridge: grant what is behind it");
    models[0].word[PCI_CACHE_LINE / 4] = 2 << 16;
    probe(FN1);
    assert_log("pci-devices: it has a header of a type that is not supported");
}

static void test_conventional(void **state)
{
    int bridge = model_bridge(-1, DEVFN(1, 0), 7, 0);

    (void)state;
    model_endpoint(bridge, DEVFN(3, 0));
    probe("\"/pcie@10000000 01:03.0\"");
    assert_log("pci-devices: it is on a conventional PCI bus");
    models[bridge].word[PCI_COMMAND / 4] = 0;
    probe("\"/pcie@10000000 01:03.0\"");
    assert_log("pci-devices: it is on a conventional PCI bus");
}

/* Lists that loop, leave their place, or vanish. */
static void test_broken_caps(void **state)
{
    static const struct {
        uint32_t pointer, at, header;
        const char *message;
    } cases[] = {
        {0x40, 0x40, 0x4010, "does not end"},
        {0x40, 0x40, 0x4110, "does not end"},
        {0x40, 0x40, 0x3c10, "leaves its place"},
        {0x10, 0x40, 0x0010, "leaves its place"},
        {0x80, 0x80, UINT32_MAX, "leaves its place"},
        {0x40, 0x100, 0x1000000d, "does not end"},
        {0x40, 0x100, 0x0ff0000d, "leaves its place"},
        {0x40, 0x100, 0xffc00010, "leaves its place"}, /* its registers would be the next one's */
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct model *m;

        assert_int_equal(model_set_up(NULL), 0);
        m = model_endpoint(-1, DEVFN(1, 0));
        m->word[PCI_CAPS / 4] = cases[i].pointer;
        m->word[cases[i].at / 4] = cases[i].header;
        probe(FN1);
        assert_log("error: p: /pcie@10000000 00:01.0: pci-devices: it has a list of capabilities "
                   "that ");
        assert_log(cases[i].message);
        assert_int_equal(granted_device(0)->mmio_count, 0);
    }
}

static void test_broken_bars(void **state)
{
    static const struct {
        uint32_t bar;
        uint32_t low, low_writable, high, high_writable;
        const char *message;
    } cases[] = {
        {0, 0, 0xf0ff0000, 0, 0, "BAR 0 of 00:01.0 has no size that makes sense"},
        {0, 0, 0x0fff0000, 0, 0, "BAR 0 of 00:01.0 has no size that makes sense"},
        {5, PCI_BAR_64, 0xffff0000, 0, 0, "BAR 5 of 00:01.0 has no size that makes sense"},
        {0, PCI_BAR_64, 0, 0, 0, "BAR 0 of 00:01.0 has no size that makes sense"},
        {0, PCI_BAR_64, 0, 0, 0x80000000,
         "BAR 0 of 00:01.0, 0x8000000000000000 bytes, does not fit"},
        {0, PCI_BAR_64, 0, 0, 0xffff0000, "BAR 0 of 00:01.0, 0x1000000000000 bytes, does not fit"},
        {0, 0, 0x80000000, 0, 0, "BAR 0 of 00:01.0, 0x80000000 bytes, does not fit"},
        {1, UINT32_MAX, 0, 0, 0, "BAR 1 of 00:01.0 has no size that makes sense"},
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t reg = PCI_BAR0 / 4 + cases[i].bar;
        struct model *m;

        assert_int_equal(model_set_up(NULL), 0);
        m = model_add(-1, DEVFN(1, 0));
        m->word[reg] = cases[i].low;
        m->writable[reg] = cases[i].low_writable;
        m->writable[reg + 1] = cases[i].high_writable;
        probe(FN1);
        assert_log(cases[i].message);
        assert_true(test_plan.partitions[0].refused);
    }
}

/* ---- nonsense ---- */

/* Every read says something else. It ends, and what is granted is refused or placed in a window. */
static void test_noise(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 400; seed++) {
        assert_int_equal(model_set_up(NULL), 0);
        model_noise = seed * 2654435761u;
        probe(FN1 ", " FN2);
        for (uint32_t i = 0; i < test_plan.device_count; i++) {
            for (uint32_t w = 0; w < test_plan.devices[i].mmio_count; w++) {
                uint64_t base = test_plan.devices[i].mmio[w].base;

                assert_true((base >= 0x10000000 && base < 0x20000000) || base >> 39 == 1);
            }
        }
        assert_true(test_plan.function_count <= PLAN_MAX_FUNCTIONS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_endpoint, model_set_up),
        cmocka_unit_test_setup(test_bars, model_set_up),
        cmocka_unit_test_setup(test_large_bar, model_set_up),
        cmocka_unit_test_setup(test_reset, model_set_up),
        cmocka_unit_test_setup(test_reset_of_a_busy_one, model_set_up),
        cmocka_unit_test_setup(test_advanced_features_reset, model_set_up),
        cmocka_unit_test_setup(test_reset_takes_long, model_set_up),
        cmocka_unit_test_setup(test_all_is_off, model_set_up),
        cmocka_unit_test_setup(test_rom, model_set_up),
        cmocka_unit_test_setup(test_roms_come_last, model_set_up),
        cmocka_unit_test_setup(test_enhanced_allocation, model_set_up),
        cmocka_unit_test_setup(test_address_0, model_set_up),
        cmocka_unit_test_setup(test_whole_host, model_set_up),
        cmocka_unit_test_setup(test_whole_host_of_the_plans, model_set_up),
        cmocka_unit_test_setup(test_cannot_be_mapped, model_set_up),
        cmocka_unit_test_setup(test_not_there, model_set_up),
        cmocka_unit_test_setup(test_conventional, model_set_up),
        cmocka_unit_test_setup(test_broken_caps, model_set_up),
        cmocka_unit_test_setup(test_broken_bars, model_set_up),
        cmocka_unit_test_setup(test_noise, model_set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
