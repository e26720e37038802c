/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of dt.c: good trees are read right, and no tree at all does harm. */
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
    at = (struct dt_at){.depth = 0};
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
    node = dt_find(tree.data, "/a@1/b");
    assert_true(node >= 0);
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
    node = dt_find(tree.data, "/");
    assert_true(node >= 0);
    assert_int_equal(node, 0);
    node = dt_find(tree.data, "/a@1/b/c@2");
    assert_true(node >= 0);
    other = dt_find(tree.data, "short/c@2");
    assert_true(other >= 0);
    assert_int_equal(node, other);
    node = dt_find(tree.data, "short");
    assert_true(node >= 0);
    assert_string_equal(dt_name(tree.data, node), "b");
    assert_int_equal(dt_find(tree.data, "/a"), -1);
    assert_int_equal(dt_find(tree.data, "/b"), -1);
    assert_int_equal(dt_find(tree.data, "shor"), -1);
    assert_int_equal(dt_find(tree.data, ""), -1);
    assert_int_equal(dt_find(tree.data, "/d/"), -1);
    assert_int_equal(dt_find(tree.data, "//d"), -1);
    assert_int_equal(dt_find(tree.data, "broken"), -1);
    assert_int_equal(dt_find(tree.data, "loop"), -1);
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
    a = dt_find(tree.data, "/a@1");
    assert_true(a >= 0);
    d = dt_find(tree.data, "/d");
    assert_true(d >= 0);
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

/* A node found by its phandle is the same when it is asked for again, and while none is known. */
static void test_search_is_remembered(void **state)
{
    struct tree tree = tree_compile(nested);
    uint32_t phandle;
    int a, d;

    (void)state;
    a = dt_find(tree.data, "/a@1");
    assert_true(a >= 0);
    d = dt_find(tree.data, "/d");
    assert_true(d >= 0);
    phandle = (uint32_t)dt_number(tree.data, d, "ref", 0);
    dt_search_begin(tree.data);
    for (uint32_t n = 0; n < 3; n++) {
        assert_int_equal(dt_phandle(tree.data, phandle), a);
        for (uint32_t other = 0; other < 40; other++) {
            assert_int_equal(dt_phandle(tree.data, phandle + 1 + other), -1);
        }
    }
    assert_true(dt_search_end());
    for (uint32_t later = 0; later < 2; later++) { /* and then, too, it is not looked for again */
        char *value;

        assert_int_equal(dt_phandle(tree.data, phandle), a);
        value = (char *)(uintptr_t)dt_property(tree.data, a, "phandle", NULL);
        *value ^= 1;
        assert_int_equal(dt_phandle(tree.data, phandle), a);
        *value ^= 1;
        for (uint32_t other = 0; other < 40; other++) {
            assert_int_equal(dt_phandle(tree.data, phandle + 1 + other), -1);
        }
    }
    tree_free(tree);
}

/* ---- hostile trees ---- */

#define PAD "0123456789012345678901234567890123456789012345678901234567890123456789"

/* What takes too long ends, and that is told; both ways to search from the root count. */
static void test_search_without_an_end(void **state)
{
    struct tree tree = tree_compile("/ { pad = \"" PAD PAD PAD PAD "\"; a { }; };");
    struct dt_at at;
    int a;

    (void)state;
    a = dt_find(tree.data, "/a");
    assert_true(a >= 0);
    for (uint32_t way = 0; way < 2; way++) {
        uint32_t searches = 0;

        dt_search_begin(tree.data);
        do {
            searches++;
            assert_true(way == 0 ? dt_at(tree.data, a, &at) || !dt_at(tree.data, 0, &at)
                                 : dt_phandle(tree.data, searches) == -1);
        } while (dt_at(tree.data, 0, &at));
        assert_true(searches > DT_SEARCH_BYTES / 512 && searches <= DT_SEARCH_BYTES / 256);
        assert_false(dt_search_end());
        assert_true(dt_at(tree.data, a, &at)); /* later it is nobody's boot that waits */
    }
    tree_free(tree);
}

/* Ask everything of every node. */
static void exercise(const void *fdt)
{
    char path[DT_PATH_MAX];
    struct dt_property property;
    struct plan_irq irq;
    struct range range;
    struct dt_at at = {.depth = 0};
    int node;

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
        node = dt_find(fdt, path);
        if (node >= 0) {
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

/* A name that many properties share may cost no more than one of its own. */
static void test_long_names(void **state)
{
    (void)state;
    for (uint32_t length = DT_NAME_MAX; length <= DT_NAME_MAX + 1; length++) {
        for (uint32_t of_node = 0; of_node < 2; of_node++) {
            char name[DT_NAME_MAX + 2] = "";
            char text[2 * DT_NAME_MAX];
            struct tree tree;

            memset(name, 'x', length);
            (void)snprintf(text, sizeof(text), of_node != 0 ? "/ { %s { }; };" : "/ { %s; };",
                           name);
            tree = tree_compile(text);
            assert_int_equal(dt_valid(tree.data, tree.size), length <= DT_NAME_MAX);
            tree_free(tree);
        }
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
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_path_too_long),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_too_deep),
        cmocka_unit_test(test_crooked_header),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_search_is_remembered),
        cmocka_unit_test(test_search_without_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
