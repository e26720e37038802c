/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of dt.c and dt_bus.c: good trees are read right, and no tree at all does harm. */
#include "core/plan/testing.h"

#include <libfdt.h>

#include "core/base/bits.h"
#include "core/plan/dt.h"

/* ---- structure ---- */

static const char nested[] =
    "/ { #address-cells = <2>; #size-cells = <1>; one = <1>; two = <1 2>;"
    " a: a@1 { status = \"okay\"; b { c@2 { deep; }; }; };"
    " d { status = \"disabled\"; list = \"x\", \"\", \"zz\"; ref = <&a>; };"
    " aliases { short = \"/a@1/b\"; broken = \"nowhere\"; loop = \"\"; }; };";

static void test_walk(void **state)
{
    static const char *const paths[] = {"/a@1", "/a@1/b", "/a@1/b/c@2", "/d", "/aliases"};
    struct tree tree = tree_compile(nested);
    char path[DT_PATH_MAX];
    struct dt_at at, same;

    (void)state;
    assert_true(dt_valid(tree.data, tree.size));
    dt_root(&at);
    dt_path_at(tree.data, &at, path, sizeof(path));
    assert_string_equal(path, "/");
    for (uint32_t i = 0; i < ARRAY_SIZE(paths); i++) {
        assert_true(dt_step(tree.data, &at));
        dt_path(tree.data, at.node[at.depth], path, sizeof(path));
        assert_string_equal(path, paths[i]);
        assert_int_equal(fdt_path_offset(tree.data, paths[i]), at.node[at.depth]);
        assert_true(dt_at(tree.data, at.node[at.depth], &same));
        assert_int_equal(same.depth, at.depth);
    }
    assert_false(dt_step(tree.data, &at));
    assert_false(dt_at(tree.data, -1, &at));
    assert_false(dt_at(tree.data, 2, &at));
    assert_false(dt_at(tree.data, 1 << 20, &at));
    tree_free(tree);
}

static void test_path_too_long(void **state)
{
    struct tree tree = tree_compile(nested);
    char path[8];
    int node;

    (void)state;
    assert_int_equal(dt_find(tree.data, "/a@1/b", &node), OK);
    dt_path(tree.data, node, path, 7);
    assert_string_equal(path, "/a@1/b");
    dt_path(tree.data, node, path, 6);
    assert_string_equal(path, "?");
    dt_path(tree.data, node, path, 1);
    assert_string_equal(path, "");
    tree_free(tree);
}

static void test_find(void **state)
{
    struct tree tree = tree_compile(nested);
    int node, other;

    (void)state;
    assert_int_equal(dt_find(tree.data, "/", &node), OK);
    assert_int_equal(node, 0);
    assert_int_equal(dt_find(tree.data, "/a@1/b/c@2", &node), OK);
    assert_int_equal(dt_find(tree.data, "short/c@2", &other), OK);
    assert_int_equal(node, other);
    assert_int_equal(dt_find(tree.data, "short", &node), OK);
    assert_string_equal(dt_name(tree.data, node), "b");
    assert_int_equal(dt_find(tree.data, "/a", &node), E_NOT_FOUND);
    assert_int_equal(dt_find(tree.data, "/b", &node), E_NOT_FOUND);
    assert_int_equal(dt_find(tree.data, "shor", &node), E_NOT_FOUND);
    assert_int_equal(dt_find(tree.data, "", &node), E_INVALID);
    assert_int_equal(dt_find(tree.data, "/d/", &node), E_INVALID);
    assert_int_equal(dt_find(tree.data, "//d", &node), E_INVALID);
    assert_int_equal(dt_find(tree.data, "broken", &node), E_INVALID);
    assert_int_equal(dt_find(tree.data, "loop", &node), E_INVALID);
    tree_free(tree);
}

static void test_properties(void **state)
{
    static const char *const okay[] = {"x", "okay", NULL};
    struct tree tree = tree_compile(nested);
    const char *list;
    uint32_t size;
    int a, d;

    (void)state;
    assert_int_equal(dt_find(tree.data, "/a@1", &a), OK);
    assert_int_equal(dt_find(tree.data, "/d", &d), OK);
    assert_true(dt_enabled(tree.data, 0));
    assert_true(dt_enabled(tree.data, a));
    assert_false(dt_enabled(tree.data, d));
    assert_int_equal(dt_number(tree.data, 0, "one", 9), 1);
    assert_int_equal(dt_number(tree.data, 0, "two", 9), UINT64_C(0x100000002));
    assert_int_equal(dt_number(tree.data, 0, "three", 9), 9);
    assert_int_equal(dt_number(tree.data, d, "list", 9), 9);
    assert_int_equal(dt_phandle(tree.data, (uint32_t)dt_number(tree.data, d, "ref", 0)), a);
    assert_int_equal(dt_phandle(tree.data, 99), -1);
    list = dt_property(tree.data, d, "list", &size);
    assert_string_equal(dt_string(list, size, 0), "x");
    assert_string_equal(dt_string(list, size, 1), "");
    assert_string_equal(dt_string(list, size, 2), "zz");
    assert_null(dt_string(list, size, 3));
    assert_null(dt_string(list, size - 1, 2));
    assert_null(dt_string(list, 0, 0));
    assert_false(dt_compatible(tree.data, a, okay));
    tree_free(tree);
}

/* ---- addresses ---- */

static enum status reg_of(struct tree tree, const char *path, uint32_t index, struct range *out)
{
    struct dt_at at;
    int node;

    assert_int_equal(dt_find(tree.data, path, &node), OK);
    assert_true(dt_at(tree.data, node, &at));
    return dt_reg_at(tree.data, &at, index, out);
}

static void test_reg(void **state)
{
    struct tree tree = tree_compile(
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
        " cells { #address-cells = <9>; #size-cells = <1>; ranges; dev { reg = <0x10>; }; };"
        " top { #address-cells = <1>; #size-cells = <1>; ranges = <0 0xffffffff 0xfffffff0 0x100>;"
        "  dev { reg = <0x20 4>; }; }; };");
    static const struct {
        const char *path;
        uint32_t index;
        enum status status;
        struct range range;
    } cases[] = {
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
        {"/cells/dev", 0, E_INVALID, {0, 0}},
        {"/top/dev", 0, E_INVALID, {0, 0}},
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct range r;

        if (reg_of(tree, cases[i].path, cases[i].index, &r) != cases[i].status) {
            fail_msg("%s %u", cases[i].path, cases[i].index);
        }
        if (cases[i].status == OK) {
            assert_int_equal(r.base, cases[i].range.base);
            assert_int_equal(r.size, cases[i].range.size);
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
    {"/both", 0, E_UNSUPPORTED, {0, false}},
    {"/both", 1, OK, {38, false}},
    {"/both", 2, E_NOT_FOUND, {0, false}},
    {"/short", 0, E_INVALID, {0, false}},
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
    assert_int_equal(dt_find(tree.data, "/gic", &gic), OK);
    for (uint32_t i = 0; i < ARRAY_SIZE(irq_cases); i++) {
        struct plan_irq irq;
        enum status status;
        struct dt_at at;
        int node;

        assert_int_equal(dt_find(tree.data, irq_cases[i].path, &node), OK);
        assert_true(dt_at(tree.data, node, &at));
        status = dt_irq_at(tree.data, &at, irq_cases[i].index, gic, &irq);
        if (status != irq_cases[i].status) {
            fail_msg("%s %u: %d", irq_cases[i].path, irq_cases[i].index, (int)status);
        }
        if (status == OK) {
            assert_int_equal(irq.intid, irq_cases[i].irq.intid);
            assert_int_equal(irq.edge, irq_cases[i].irq.edge);
        }
    }
    tree_free(tree);
}

/* ---- hostile trees ---- */

/* Ask everything of every node. */
static void exercise(const void *fdt)
{
    char path[DT_PATH_MAX];
    struct dt_property property;
    struct plan_irq irq;
    struct range range;
    struct dt_at at;
    int node;

    dt_root(&at);
    do {
        node = at.node[at.depth];
        dt_path_at(fdt, &at, path, sizeof(path));
        (void)dt_enabled(fdt, node);
        for (int i = dt_next_property(fdt, node, &property); i >= 0;
             i = dt_next_property(fdt, i, &property)) {
            assert_true(strlen(property.name) < INT32_MAX);
            (void)dt_string(property.data, property.size, 3);
        }
        for (uint32_t i = 0; i < 4; i++) {
            if (dt_reg_at(fdt, &at, i, &range) == OK) {
                assert_true(range_valid(range.base, range.size));
            }
            if (dt_irq_at(fdt, &at, i, 0, &irq) == OK) {
                assert_true(irq.intid >= 16 && irq.intid < 1020);
            }
        }
        (void)dt_phandle(fdt, (uint32_t)node);
        if (dt_find(fdt, path, &node) == OK) {
            dt_path(fdt, node, path, sizeof(path));
        }
    } while (dt_step(fdt, &at));
}

static void test_truncated(void **state)
{
    struct tree tree = tree_compile(BOARD);

    (void)state;
    exercise(tree.data);
    for (size_t size = 0; size < tree.size; size++) {
        void *cut = malloc(size > 0 ? size : 1);

        assert_non_null(cut);
        memcpy(cut, tree.data, size);
        assert_false(dt_valid(cut, size));
        if (size >= sizeof(struct fdt_header)) { /* and where the header agrees with the cut */
            fdt_set_totalsize(cut, (uint32_t)size);
            if (dt_valid(cut, size)) {
                exercise(cut);
            }
        }
        free(cut);
    }
    tree_free(tree);
}

/* Whatever passes dt_valid() passes libfdt's check too, and is safe to read. */
static void test_flipped(void **state)
{
    struct tree tree = tree_compile(BOARD);
    uint8_t *bytes = tree.data;
    uint32_t passed = 0;

    (void)state;
    assert_int_equal(fdt_check_full(bytes, tree.size), 0);
    for (size_t i = 0; i < tree.size; i++) {
        for (uint32_t flip = 0; flip < 10; flip++) {
            uint8_t before = bytes[i];

            bytes[i] = (uint8_t)(flip < 8 ? before ^ (1u << flip) : flip == 8 ? 0u : 0xffu);
            if (dt_valid(bytes, tree.size)) {
                passed++;
                assert_int_equal(fdt_check_full(bytes, tree.size), 0);
                exercise(bytes);
            }
            bytes[i] = before;
        }
    }
    assert_true(passed > tree.size);
    tree_free(tree);
}

static void test_too_deep(void **state)
{
    char text[1024] = "";

    (void)state;
    for (uint32_t depth = DT_DEPTH; depth <= DT_DEPTH + 1; depth++) {
        struct tree tree;

        text[0] = '\0';
        for (uint32_t i = 0; i < depth; i++) {
            strcat(text, i == 0 ? "/ {" : "a {");
        }
        for (uint32_t i = 0; i < depth; i++) {
            strcat(text, "};");
        }
        tree = tree_compile(text);
        assert_int_equal(dt_valid(tree.data, tree.size), depth <= DT_DEPTH);
        tree_free(tree);
    }
}

static void test_crooked_header(void **state)
{
    struct tree tree = tree_compile(nested);
    void *crooked = malloc(tree.size + 8);

    (void)state;
    assert_non_null(crooked);
    memcpy((char *)crooked + 2, tree.data, tree.size);
    assert_false(dt_valid((char *)crooked + 2, tree.size));
    memcpy(crooked, tree.data, tree.size);
    assert_true(dt_valid(crooked, tree.size + 8));
    assert_int_equal(dt_size(crooked), tree.size);
    fdt_set_version(crooked, 16);
    assert_false(dt_valid(crooked, tree.size));
    fdt_set_magic(crooked, ~FDT_MAGIC);
    assert_int_equal(dt_size(crooked), 0);
    free(crooked);
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),      cmocka_unit_test(test_path_too_long),
        cmocka_unit_test(test_find),      cmocka_unit_test(test_properties),
        cmocka_unit_test(test_reg),       cmocka_unit_test(test_irq),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_too_deep),  cmocka_unit_test(test_crooked_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
