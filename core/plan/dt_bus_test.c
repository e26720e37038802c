/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of dt_bus.c: what buses and interrupt controllers make of `reg` and `interrupts`. */
#include "core/plan/testing.h"

#include <inttypes.h>

#include <libfdt.h>

#include "core/base/bits.h"
#include "core/plan/dt.h"

static struct dt_at at_of(struct tree tree, const char *path)
{
    struct dt_at at;
    int node;

    node = dt_find(tree.data, path);
    assert_true(node >= 0);
    assert_true(dt_at(tree.data, node, &at));
    return at;
}

/* ---- addresses ---- */

static const char reg_source[] =
    "/ { #address-cells = <2>; #size-cells = <2>;"
    " plain { reg = <1 0x1000 0 0x10>, <0 0x2000 0 0x20>; };"
    " empty { reg = <0 0x1000 0 0>; }; wraps { reg = <0xffffffff 0xfffff000 0 0x2000>; };"
    " high { reg = <0xffff 0xfffff000 0 0x1000>; };"
    " higher { reg = <0xffff 0xfffff000 0 0x1001>; }; cut { reg = <0 1 2>; };"
    " none { };"
    " outer { #address-cells = <1>; #size-cells = <1>;"
    "  ranges = <0 0 0x80000000 0x1000>, <0x1000 1 0x90000000 0x1000>;"
    "  dev { reg = <0x1800 0x800>; }; over { reg = <0x1800 0x801>; };"
    "  inner { #address-cells = <2>; #size-cells = <1>; ranges = <7 0 0x400 0x100>;"
    "   dev { reg = <7 0x10 4>; }; other { reg = <6 0x10 4>; }; };"
    "  same { #address-cells = <1>; #size-cells = <1>; ranges; dev { reg = <0x10 4>; }; }; };"
    " closed { #address-cells = <1>; #size-cells = <1>; dev { reg = <0x10 4>; }; };"
    " i2c { #address-cells = <1>; #size-cells = <0>; dev { reg = <0x10>; }; };"
    " odd { #address-cells = [00 00 00]; #size-cells = <1>; ranges; dev { reg = <0 0x10 4>; }; };"
    " wide { #address-cells = <0 2>; #size-cells = <1>; ranges; dev { reg = <0 0x10 4>; }; };"
    " cells { #address-cells = <9>; #size-cells = <1>; ranges; dev { reg = <0x10>; }; };"
    " top { #address-cells = <1>; #size-cells = <1>; ranges = <0 0xffffffff 0xfffffff0 0x100>;"
    "  dev { reg = <0x20 4>; }; }; };";

static const struct {
    const char *path;
    uint32_t index;
    enum status status;
    struct range range;
} reg_cases[] = {
    {"/plain", 0, OK, {UINT64_C(0x100001000), 0x10}},
    {"/plain", 1, OK, {0x2000, 0x20}},
    {"/plain", 2, E_NOT_FOUND, {0, 0}},
    {"/empty", 0, E_INVALID, {0, 0}},
    {"/wraps", 0, E_INVALID, {0, 0}},
    {"/high", 0, OK, {UINT64_C(0xfffffffff000), 0x1000}},
    {"/higher", 0, E_INVALID, {0, 0}},
    {"/cut", 0, E_INVALID, {0, 0}},
    {"/none", 0, E_NOT_FOUND, {0, 0}},
    {"/outer/dev", 0, OK, {UINT64_C(0x190000800), 0x800}},
    {"/outer/over", 0, E_INVALID, {0, 0}},
    {"/outer/inner/dev", 0, OK, {0x80000410, 4}},
    {"/outer/inner/other", 0, E_INVALID, {0, 0}},
    {"/outer/same/dev", 0, OK, {0x80000010, 4}},
    {"/closed/dev", 0, E_INVALID, {0, 0}},
    {"/i2c/dev", 0, E_INVALID, {0, 0}},
    {"/odd/dev", 0, E_INVALID, {0, 0}},
    {"/wide/dev", 0, E_INVALID, {0, 0}},
    {"/cells/dev", 0, E_INVALID, {0, 0}},
    {"/top/dev", 0, E_INVALID, {0, 0}},
};

static void test_reg(void **state)
{
    struct tree tree = tree_compile(reg_source);

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(reg_cases); i++) {
        struct dt_at at = at_of(tree, reg_cases[i].path);
        struct range r = {0, 0};
        enum status status = dt_reg_at(tree.data, &at, reg_cases[i].index, &r);

        if (status != reg_cases[i].status) {
            fail_msg("%s %u: %d", reg_cases[i].path, reg_cases[i].index, (int)status);
        }
        if (status == OK &&
            (r.base != reg_cases[i].range.base || r.size != reg_cases[i].range.size)) {
            fail_msg("%s %u: 0x%" PRIx64 "+0x%" PRIx64, reg_cases[i].path, reg_cases[i].index,
                     r.base, r.size);
        }
    }
    tree_free(tree);
}

/* ---- interrupts ---- */

static const char irq_source[] =
    "/ { #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>;"
    " gic: gic { #interrupt-cells = <3>; #address-cells = <2>; interrupts = <1 9 4>; };"
    " gpio: gpio { #interrupt-cells = <2>; interrupts = <0 5 4>; };"
    " plain { interrupts = <0 1 4>, <0 2 1>, <1 13 0xf08>, <0 987 2>; };"
    " wrong { interrupts = <0 988 4>, <1 16 4>, <2 0 4>, <0 3 0>; };"
    " cut { interrupts = <0 1>; }; none { };"
    " far { interrupt-parent = <&gpio>; interrupts = <3 1>; };"
    " lost { interrupt-parent = <77>; interrupts = <3 1>; };"
    " both { interrupts-extended = <&gpio 3 1>, <&gic 0 6 4>; };"
    " short { interrupts-extended = <&gic 0 6>; };"
    " nexus { #interrupt-cells = <1>; #address-cells = <2>; #size-cells = <1>;"
    "  interrupt-map-mask = <0 0 0x3f>;"
    "  interrupt-map = <0 0 1 &gic 0 0 0 11 4>, <0 0 2 &gpio 1 2>, <0 0 3 &gic 0 0 0 13 1>;"
    "  dev { reg = <9 9 1>; interrupt-parent = <&{/nexus}>; interrupts = <3>, <65>, <2>, <7>; };"
    "  below { interrupts = <1>; }; };"
    " pci { #interrupt-cells = <1>; #address-cells = <3>; #size-cells = <2>;"
    "  interrupt-map-mask = <0x1800 0 0 7>;"
    "  interrupt-map = <0 0 0 1 &gic 0 0 0 3 4>, <0x800 0 0 1 &gic 0 0 0 4 4>;"
    "  dev { reg = <0x800 0 0 0 0>; interrupts = <1>; }; };"
    " round: round { #interrupt-cells = <1>; #address-cells = <0>; interrupt-map-mask = <0>;"
    "  interrupt-map = <0 &round 1>; dev { interrupts = <1>; }; }; };";

static const struct {
    const char *path;
    uint32_t index;
    enum status status;
    struct plan_irq irq;
} irq_cases[] = {
    {"/gic", 0, OK, {25, false}},
    {"/plain", 0, OK, {33, false}},
    {"/plain", 1, OK, {34, true}},
    {"/plain", 2, OK, {29, false}},
    {"/plain", 3, OK, {1019, true}},
    {"/plain", 4, E_NOT_FOUND, {0, false}},
    {"/wrong", 0, E_INVALID, {0, false}},
    {"/wrong", 1, E_INVALID, {0, false}},
    {"/wrong", 2, E_UNSUPPORTED, {0, false}},
    {"/wrong", 3, OK, {35, false}},
    {"/cut", 0, E_INVALID, {0, false}},
    {"/none", 0, E_NOT_FOUND, {0, false}},
    {"/far", 0, E_UNSUPPORTED, {0, false}},
    {"/lost", 0, E_INVALID, {0, false}},
    {"/lost", 2, E_NOT_FOUND, {0, false}}, /* two cells: no look for its parent */
    {"/both", 0, E_UNSUPPORTED, {0, false}},
    {"/both", 1, OK, {38, false}},
    {"/both", 2, E_NOT_FOUND, {0, false}},
    {"/short", 0, E_INVALID, {0, false}},
    {"/short", 3, E_NOT_FOUND, {0, false}},
    {"/nexus/dev", 0, OK, {45, true}},
    {"/nexus/dev", 1, OK, {43, false}},
    {"/nexus/dev", 2, E_UNSUPPORTED, {0, false}},
    {"/nexus/dev", 3, E_INVALID, {0, false}},
    {"/nexus/below", 0, OK, {43, false}},
    {"/pci/dev", 0, OK, {36, false}},
    {"/round/dev", 0, E_INVALID, {0, false}},
};

static void test_irq(void **state)
{
    struct tree tree = tree_compile(irq_source);
    int gic;

    (void)state;
    gic = dt_find(tree.data, "/gic");
    assert_true(gic >= 0);
    for (uint32_t i = 0; i < ARRAY_SIZE(irq_cases); i++) {
        struct dt_at at = at_of(tree, irq_cases[i].path);
        struct plan_irq irq = {.intid = 0};
        enum status status = dt_irq_at(tree.data, &at, irq_cases[i].index, gic, &irq);

        if (status != irq_cases[i].status) {
            fail_msg("%s %u: %d", irq_cases[i].path, irq_cases[i].index, (int)status);
        }
        if (status == OK &&
            (irq.intid != irq_cases[i].irq.intid || irq.edge != irq_cases[i].irq.edge)) {
            fail_msg("%s %u: %u, %d", irq_cases[i].path, irq_cases[i].index, irq.intid, irq.edge);
        }
    }
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reg),
        cmocka_unit_test(test_irq),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
