/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bridges: their own registers, and the buses behind them. */
#include "drivers/pci/pci_model_test.h"

#include "core/plan/plan.h"

/* A bridge that decodes has its own registers and ROM out of all partitions' way, or is refused. */
static void test_registers_of_bridges(void **state)
{
    int used = model_bridge(-1, DEVFN(1, 0), 4, 0);
    int unused = model_bridge(-1, DEVFN(2, 0), 4, 0);

    (void)state;
    model_bar(&models[used], 0, 0x1000, PCI_BAR_64);
    model_bar(&models[unused], 0, 0x1000, 0);
    models[used].word[PCI_BAR0 / 4] |= 0x10100000;
    models[unused].word[PCI_BAR0 / 4] |= 0x10100000;
    models[used].word[PCI_BRIDGE_ROM / 4] = models[unused].word[PCI_BRIDGE_ROM / 4] = 0x10004001;
    model_endpoint(used, DEVFN(0, 0));
    probe("\"/pcie@10000000 01:00.0\"");
    assert_string_equal(log_text, "");
    assert_int_equal(models[used].word[PCI_BAR0 / 4], 0x10000000 | PCI_BAR_64);
    assert_int_equal(models[used].word[PCI_BRIDGE_ROM / 4], 0);
    assert_int_equal(models[used].word[PCI_MEM_WINDOW / 4], 0x10101010);
    assert_int_equal(granted_device(0)->mmio_count, 1);
    assert_int_equal(granted_device(0)->mmio[0].base, 0x10100000);
    assert_int_equal(test_plan.functions[1].bar[0].value, 0);
    assert_int_equal(models[unused].word[PCI_BRIDGE_ROM / 4], 0);
    assert_int_equal(command_of((uint32_t)unused), PCI_COMMAND_NO_INTX);
}

/* What a partition's function makes go wrong is not the board's: no firmware acts on it. */
static void test_errors_are_not_reported(void **state)
{
    static const struct {
        uint8_t port;
        uint32_t aer, root;
    } ports[] = {{PCIE_PORT_ROOT, 0, 0x10},
                 {PCIE_PORT_UP, 7, 0x1f}}; /* of another it is no control */

    for (uint32_t i = 0; i < ARRAY_SIZE(ports); i++) {
        int bridge;
        struct model *m;
        uint32_t aer, dpc;

        assert_int_equal(model_set_up(state), 0);
        bridge = model_bridge(-1, DEVFN(1, 0), ports[i].port, 0);
        m = &models[bridge];
        dpc = (model_extended(m, PCI_EXT_DPC, 0) + PCI_DPC_CTRL) / 4;
        m->word[dpc] = 0x001b0007;
        aer = (model_extended(m, PCI_EXT_AER, 0) + PCI_AER_ROOT) / 4;
        m->word[aer] = 7;
        m->writable[aer] = 7;
        m->word[PCI_INTERRUPT / 4] |= 0x00030000;
        m->writable[PCI_INTERRUPT / 4] = 0x00030000;
        m->word[(PCIE_AT + PCIE_DEVCTL) / 4] = 0x00002017;
        m->word[(PCIE_AT + PCIE_ROOTCTL) / 4] = 0x0000001f;
        m->writable[(PCIE_AT + PCIE_ROOTCTL) / 4] = 0x0000001f;
        model_endpoint(bridge, DEVFN(0, 0));
        probe("\"/pcie@10000000 01:00.0\"");
        assert_string_equal(log_text, "");
        assert_int_equal(m->word[PCI_INTERRUPT / 4] >> 16, 0x0001);
        assert_int_equal(m->word[(PCIE_AT + PCIE_DEVCTL) / 4] & 0xffff, 0x2010);
        assert_int_equal(m->word[dpc], 0x00000007);
        assert_int_equal(m->word[aer], ports[i].aer);
        assert_int_equal(m->word[(PCIE_AT + PCIE_ROOTCTL) / 4], ports[i].root);
    }
}

/* An event collector hears of errors as a root port does; from 0x1000 on it is the next one. */
static void test_errors_are_not_collected(void **state)
{
    (void)state;
    for (uint32_t last = 0; last < 2; last++) {
        const uint32_t at = last == 0 ? PCI_EXT_FIRST : PCI_EXT_LAST;
        struct model *m;

        assert_int_equal(model_set_up(state), 0);
        m = model_endpoint(-1, DEVFN(1, 0));
        m->word[PCIE_AT / 4] |= PCIE_PORT_EVENTS << 20;
        m->word[PCI_EXT_FIRST / 4] = (last == 0 ? PCI_EXT_AER : 0xffff) | PCI_EXT_LAST << 20;
        m->word[PCI_EXT_LAST / 4] = last == 0 ? 0xffff : PCI_EXT_AER;
        m->word[(at + PCI_AER_ROOT) / 4 % 1024] = 7;
        m->writable[(at + PCI_AER_ROOT) / 4 % 1024] = 7;
        m->word[(PCIE_AT + PCIE_ROOTCTL) / 4] = 0x1f;
        m->writable[(PCIE_AT + PCIE_ROOTCTL) / 4] = 0x1f;
        m = model_endpoint(-1, DEVFN(1, 1)); /* whose registers they would be */
        m->word[(PCI_EXT_LAST + PCI_AER_ROOT) % PCI_CONFIG_SIZE / 4] = 7;
        m->writable[(PCI_EXT_LAST + PCI_AER_ROOT) % PCI_CONFIG_SIZE / 4] = 7;
        models[0].word[PCI_CACHE_LINE / 4] |= (uint32_t)PCI_HEADER_MULTI;
        probe("\"/pcie@10000000 00:02.0\"");
        assert_int_equal(models[0].word[(PCIE_AT + PCIE_ROOTCTL) / 4], 0x10);
        assert_int_equal(models[0].word[(PCI_EXT_FIRST + PCI_AER_ROOT) / 4] & 7, 0);
        assert_int_equal(m->word[(PCI_EXT_LAST + PCI_AER_ROOT) % PCI_CONFIG_SIZE / 4], 7);
    }
}

/* Buses that take seconds to answer end the search: what is behind the rest is not reached. */
static void test_slow_buses(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 15; i++) {
        model_bridge(-1, DEVFN(i, 0), 4, 0x00ff00);
    }
    model_endpoint(0, DEVFN(0, 0));
    model_endpoint(14, DEVFN(0, 0));
    host.counter_step = host.counter_hz;
    probe_text(PCI_PARTITION("p", "0", "0x40000000", "\"/pcie@10000000 01:00.0\"")
                   PCI_PARTITION("q", "1", "0x48000000", "\"/pcie@10000000 0f:00.0\""));
    assert_log("error: q: /pcie@10000000 0f:00.0: pci-devices: there is no such function (16 are "
               "there), or buses before it answer too slowly");
    assert_int_equal(test_plan.errors, 1);
    assert_int_equal(models[14].word[PCI_BUSES / 4], 0);
}

static void test_bridge_without_room(void **state)
{
    int bridge = model_bridge(-1, DEVFN(1, 0), 4, 0);

    (void)state;
    model_bar(&models[bridge], 0, 0x20000000, 0);
    model_endpoint(bridge, DEVFN(0, 0));
    model_endpoint(-1, DEVFN(2, 0));
    probe_text(PCI_PARTITION("p", "0", "0x40000000", "\"/pcie@10000000 01:00.0\"")
                   PCI_PARTITION("q", "1", "0x48000000", FN2));
    assert_log("error: p: /pcie@10000000 01:00.0: pci-devices: BAR 0 of 00:01.0, 0x20000000 "
               "bytes, does not fit into the windows (ranges) of the host bridge");
    assert_int_equal(test_plan.errors, 1);
    assert_int_equal(command_of((uint32_t)bridge), PCI_COMMAND_NO_INTX);
    assert_int_equal(granted_device(1)->mmio_count, 1);
}

/* More bridges than the plan has room for: those are told whose functions need them. */
static void test_too_many_bridges(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PLAN_MAX_FUNCTIONS; i++) {
        model_bridge(-1, DEVFN(i, 0), 4, 0);
    }
    model_endpoint(0, DEVFN(0, 0));
    model_endpoint(1, DEVFN(0, 0));
    model_taken = PLAN_MAX_FUNCTIONS - 1;
    probe_text(PCI_PARTITION("p", "0", "0x40000000", "\"/pcie@10000000 01:00.0\"")
                   PCI_PARTITION("q", "1", "0x48000000", "\"/pcie@10000000 02:00.0\""));
    model_taken = 0;
    assert_log("error: q: /pcie@10000000 02:00.0: pci-devices: the bridge 00:01.0 above it is "
               "one function too many (PLAN_MAX_FUNCTIONS)");
    assert_int_equal(test_plan.errors, 1);
    assert_false(test_plan.fatal);
    assert_false(test_plan.partitions[0].refused);
    assert_true(test_plan.partitions[1].refused);
    assert_int_equal(command_of(1), PCI_COMMAND_NO_INTX);
}

static void check_behind_bridge(int bridge)
{
    const struct model *b = &models[bridge];

    assert_string_equal(log_text, "");
    assert_int_equal(b->word[PCI_BUSES / 4], 0x00010100);
    assert_int_equal(b->word[PCI_MEM_WINDOW / 4], 0x10001000);
    assert_int_equal(b->word[PCI_PREF_WINDOW / 4] & 0xfff0fff0, 0x0000fff0);
    assert_int_equal(command_of((uint32_t)bridge),
                     PCI_COMMAND_NO_INTX | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    assert_int_equal(b->word[(ACS_AT + PCI_ACS_CTRL) / 4] >> 16, PCI_ACS_NEEDED);
    assert_int_equal(granted_device(0)->mmio[0].base, 0x10000000);
    assert_int_equal(granted_device(0)->irq[0].intid, 32 + 61); /* pin A of device 0 on slot 1 */
    assert_int_equal(test_plan.function_count, 2);
    assert_int_equal(test_plan.functions[1].rid, PCI_RID(0, 1, 0));
    assert_int_equal(test_plan.functions[1].device, PLAN_NONE);
    assert_true(pci_is_visible(&test_plan, 0, &test_plan.functions[1]));
    assert_false(pci_is_visible(&test_plan, 1, &test_plan.functions[1]));
}

/* Bus numbers of 0, and any that make no sense: pointing at itself, back, beyond the last. */
static void test_bus_numbers(void **state)
{
    static const uint32_t buses[] = {0,        0x000000, 0x000100, 0x010000, 0x000001,
                                     0xff0100, 0xffff00, 0xffffff, 0x010100};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(buses); i++) {
        int bridge;

        assert_int_equal(model_set_up(NULL), 0);
        bridge = model_bridge(-1, DEVFN(1, 0), 4, buses[i]);
        model_endpoint(bridge, DEVFN(0, 0));
        probe("\"/pcie@10000000 01:00.0\"");
        check_behind_bridge(bridge);
    }
}

/* What the firmware has numbered stays; what it has not comes after. */
static void test_kept_numbers(void **state)
{
    (void)state;
    model_bridge(-1, DEVFN(1, 0), 4, 0x050300);
    model_bridge(-1, DEVFN(2, 0), 4, 0);
    model_bridge(0, DEVFN(0, 0), 5, 0x040403);
    model_endpoint(1, DEVFN(0, 0));
    probe("\"/pcie@10000000 06:00.0\"");
    assert_string_equal(log_text, "");
    assert_int_equal(models[0].word[PCI_BUSES / 4], 0x050300);
    assert_int_equal(models[2].word[PCI_BUSES / 4], 0x040403);
    assert_int_equal(models[1].word[PCI_BUSES / 4], 0x060600);
}

/* A switch, two cards below it, prefetchable memory in their bridges' windows; nothing overlaps. */
static void test_switch(void **state)
{
    int root = model_bridge(-1, DEVFN(1, 0), 4, 0);
    int up = model_bridge(root, DEVFN(0, 0), 5, 0);
    int one = model_bridge(up, DEVFN(0, 0), 6, 0);
    int two = model_bridge(up, DEVFN(1, 0), 6, 0);

    (void)state;
    model_bar(model_endpoint(one, DEVFN(0, 0)), 2, 0x1000, PCI_BAR_64 | PCI_BAR_PREFETCH);
    model_endpoint(two, DEVFN(0, 0));
    probe_text(PCI_PARTITION("p", "0", "0x40000000", "\"/pcie@10000000 03:00.0\"")
                   PCI_PARTITION("q", "1", "0x48000000", "\"/pcie@10000000 04:00.0\""));
    assert_string_equal(log_text, "");
    assert_int_equal(models[root].word[PCI_BUSES / 4], 0x040100);
    assert_int_equal(models[up].word[PCI_BUSES / 4], 0x040201);
    assert_int_equal(models[one].word[PCI_BUSES / 4], 0x030302);
    assert_int_equal(models[two].word[PCI_BUSES / 4], 0x040402);
    assert_int_equal(models[root].word[PCI_MEM_WINDOW / 4], 0x10101000);
    assert_int_equal(models[one].word[PCI_MEM_WINDOW / 4], 0x10001000);
    assert_int_equal(models[two].word[PCI_MEM_WINDOW / 4], 0x10101010);
    assert_int_equal(models[one].word[PCI_PREF_WINDOW / 4] & 0xfff0fff0, 0);
    assert_int_equal(models[one].word[PCI_PREF_BASE / 4], 0x80);
    assert_int_equal(models[one].word[PCI_PREF_LIMIT / 4], 0x80);
    assert_int_equal(models[two].word[PCI_PREF_WINDOW / 4] & 0xfff0fff0, 0xfff0);
    assert_int_equal(granted_device(0)->mmio[1].base, UINT64_C(0x8000000000));
    assert_int_equal(granted_device(1)->mmio[0].base, 0x10100000);
    assert_false(pci_is_visible(&test_plan, 0, &test_plan.functions[5]));
}

static void test_too_deep(void **state)
{
    int bridge = -1;

    (void)state;
    for (uint32_t i = 0; i < 12; i++) {
        bridge = model_bridge(bridge, DEVFN(i == 0 ? 1 : 0, 0), i == 0 ? 4 : 5, 0);
    }
    model_endpoint(bridge, DEVFN(0, 0));
    model_endpoint(-1, DEVFN(2, 0));
    probe(FN2);
    assert_string_equal(log_text, "");
    assert_int_equal(models[7].word[PCI_BUSES / 4] >> 8, 0);
}

/* 256 functions on a bus: all are off, and one too far down is told. */
static void test_full_bus(void **state)
{
    (void)state;
    for (uint32_t devfn = 0; devfn < 256; devfn++) {
        model_endpoint(-1, devfn)->word[PCI_CACHE_LINE / 4] = PCI_HEADER_MULTI;
        model_acs(&models[devfn]);
    }
    models[200].word[PCI_CACHE_LINE / 4] |= PCI_HEADER_BRIDGE << 16;
    models[200].word[PCI_BUSES / 4] = 0x050500;
    models[200].writable[PCI_BUSES / 4] = UINT32_MAX;
    probe("\"/pcie@10000000 00:1f.7\"");
    for (uint32_t i = 0; i < 256; i++) {
        assert_int_equal(command_of(i), PCI_COMMAND_NO_INTX);
    }
    assert_int_equal(models[200].word[PCI_BUSES / 4], 0); /* and what is behind a bridge */
    assert_log("there is no such function (64 are there), or it is one too many");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_registers_of_bridges, model_set_up),
        cmocka_unit_test_setup(test_errors_are_not_reported, model_set_up),
        cmocka_unit_test_setup(test_errors_are_not_collected, model_set_up),
        cmocka_unit_test_setup(test_slow_buses, model_set_up),
        cmocka_unit_test_setup(test_bridge_without_room, model_set_up),
        cmocka_unit_test_setup(test_too_many_bridges, model_set_up),
        cmocka_unit_test_setup(test_bus_numbers, model_set_up),
        cmocka_unit_test_setup(test_kept_numbers, model_set_up),
        cmocka_unit_test_setup(test_switch, model_set_up),
        cmocka_unit_test_setup(test_too_deep, model_set_up),
        cmocka_unit_test_setup(test_full_bus, model_set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
