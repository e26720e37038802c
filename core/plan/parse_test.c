/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the system file's reading: what is right gets into the plan, and no file does harm. */
#include "core/plan/testing_system.h"

#include <libfdt.h>

#include "core/base/bits.h"

/* ---- what is right ---- */

static void test_smallest(void **state)
{
    const struct plan_partition *part = &test_plan.partitions[0];
    struct tree file = one_of(GOOD);

    (void)state;
    parse(file);
    assert_string_equal(log_text, "");
    assert_false(test_plan.fatal);
    assert_int_equal(test_plan.partition_count, 1);
    assert_string_equal(part->name, "p");
    assert_string_equal(part->description, "");
    assert_string_equal(part->bootargs, "");
    assert_false(part->refused);
    assert_false(part->direct_map);
    assert_int_equal(part->cpu_count, 1);
    assert_int_equal(part->memory_count, 1);
    assert_int_equal(part->memory[0].base, 0x40000000);
    assert_int_equal(part->memory[0].size, 0x200000);
    assert_int_equal(part->console, PLAN_CONSOLE_SHARED);
    assert_int_equal(part->kernel_kind, PLAN_KERNEL_RAW);
    assert_int_equal(part->kernel.load, 0x40000000);
    assert_int_equal(part->kernel.load_size, 20);
    assert_int_equal(part->entry, 0x40000010);
    assert_int_equal(part->ramdisk.size, 0);
    assert_int_equal(part->fdt.size, 0);
    assert_string_equal(part->kernel.name, "raw");
    assert_true((const char *)part->kernel.name >= test_plan.strings &&
                (const char *)part->kernel.name < test_plan.strings + PLAN_STRINGS);
    tree_free(file);
}

static void test_all_words(void **state)
{
    const struct plan_partition *part = &test_plan.partitions[0];
    const struct plan_device *device = &test_plan.devices[0];
    struct tree file = one_of(
        "description = \"Größe\"; kernel = \"linux\"; ramdisk = \"disk\"; bootargs = \"a b\";"
        " cpus = <0x101 1>; memory = <0 0x40000000 0 0x200000>, <1 0 0 0x1000>; direct-map;"
        " devices = \"/rtc@9010000\", \"/gpio@9030000\", \"/bus@a000000/rtc@1000\";"
        " unprotected-devices = \"/dma@9100000\"; console = \"none\";"
        " interrupt-mode = \"virtual\"; phandle = <7>; hash-1 { }; signature { };");

    (void)state;
    parse(file);
    assert_int_equal(test_plan.errors, 0);
    assert_log("bulkhead: warning: p: /dma@9100000: unprotected: its DMA reaches all memory");
    assert_string_equal(part->description, "Größe");
    assert_string_equal(part->bootargs, "a b");
    assert_int_equal(part->cpu_count, 2);
    assert_int_equal(test_plan.board.cpus[part->cpus[0]].mpidr, 0x101);
    assert_int_equal(test_plan.board.cpus[part->cpus[1]].mpidr, 1);
    assert_int_equal(part->memory[1].base, UINT64_C(1) << 32);
    assert_true(part->direct_map);
    assert_int_equal(part->console, PLAN_CONSOLE_NONE);
    assert_int_equal(part->kernel_kind, PLAN_KERNEL_ARM64);
    assert_int_equal(part->kernel.load, 0x80000);
    assert_int_equal(part->kernel.load_size, 0x100000);
    assert_string_equal(part->ramdisk.name, "disk");
    assert_int_equal(test_plan.device_count, 4);
    assert_string_equal(device[0].path, "/rtc@9010000");
    assert_int_equal(device[0].mmio[0].base, 0x9010000);
    assert_int_equal(device[0].irq[0].intid, 34);
    assert_false(device[0].irq[0].edge);
    assert_true(device[1].irq[0].edge);
    assert_int_equal(device[2].mmio[0].base, 0xa001000);
    assert_false(device[2].unprotected);
    assert_true(device[3].unprotected);
    tree_free(file);
}

/* ---- several configurations ---- */

#define PARTITION(name, rest) CONFIGURATION(name, GOOD rest)

static void test_only_the_bad_is_refused(void **state)
{
    (void)state;
    parse_file(PARTITION("a", "") PARTITION("b", "bad;") PARTITION("c", ""));
    assert_int_equal(test_plan.partition_count, 3);
    assert_false(test_plan.partitions[0].refused);
    assert_true(test_plan.partitions[1].refused);
    assert_false(test_plan.partitions[2].refused);
    assert_int_equal(test_plan.errors, 1);
    assert_false(test_plan.fatal);
}

static void test_foreign_configurations(void **state)
{
    (void)state;
    parse_file("conf-1 { kernel = \"linux\"; loadables = \"x\"; };" PARTITION("a", ""));
    assert_int_equal(test_plan.partition_count, 1);
    assert_int_equal(test_plan.errors, 0);
    assert_log("bulkhead: warning: /configurations/conf-1: no compatible = \"bulkhead,partition\"");
    parse_file("b { compatible = \"bulkhead,partitoin\";" GOOD "};" PARTITION("a", ""));
    assert_int_equal(test_plan.partition_count, 1);
    assert_int_equal(test_plan.errors, 1);
    assert_log(
        "error: /configurations/b: compatible: \"bulkhead,partitoin\" is not started: did you "
        "mean \"bulkhead,partition\"?");
    parse_file("b { compatible = \"acme,soc\";" GOOD "};" PARTITION("a", ""));
    assert_int_equal(test_plan.errors, 1);
    assert_log("error: /configurations/b: it looks like a partition");
    assert_false(test_plan.partitions[0].refused);
    assert_false(test_plan.fatal);
}

static void test_none(void **state)
{
    (void)state;
    parse_file("conf-1 { kernel = \"linux\"; };");
    assert_true(test_plan.fatal);
    assert_log("error: /configurations: there is no partition in it");
}

static void test_too_many(void **state)
{
    char text[4096] = "";

    (void)state;
    for (uint32_t i = 0; i <= CONFIG_MAX_PARTITIONS; i++) {
        size_t used = strlen(text);

        (void)snprintf(text + used, sizeof(text) - used, PARTITION("p%u", ""), i);
    }
    parse_file(text);
    assert_int_equal(test_plan.partition_count, CONFIG_MAX_PARTITIONS);
    assert_int_equal(test_plan.errors, 1);
    assert_false(test_plan.fatal);
    assert_log("this one is not started; raise CONFIG_MAX_PARTITIONS");
    assert_false(test_plan.partitions[CONFIG_MAX_PARTITIONS - 1].refused);
}

static void test_names(void **state)
{
    static const char twice[] = "one";
    struct tree file = file_of(PARTITION("one", "") PARTITION("two", "") PARTITION("ok", ""));
    char *bytes = file.data;

    (void)state;
    for (size_t i = 0; i + sizeof(twice) < file.size; i++) {
        if (memcmp(bytes + i, "two", sizeof("two")) == 0) {
            memcpy(bytes + i, twice, sizeof(twice));
        }
    }
    parse(file);
    assert_log("one: /configurations/one: two configurations have this name: neither starts");
    assert_int_equal(test_plan.errors, 2);
    assert_true(test_plan.partitions[0].refused);
    assert_true(test_plan.partitions[1].refused);
    assert_false(test_plan.partitions[2].refused);
    for (size_t i = 0; i + sizeof(twice) < file.size; i++) {
        if (memcmp(bytes + i, "one", sizeof("one")) == 0) {
            bytes[i] = '\x1b';
        }
    }
    parse(file);
    assert_log("?ne: /configurations/?ne: its name must be 1 to 31 printable characters");
    tree_free(file);
    parse_file(PARTITION("a23456789-123456789-123456789-12", ""));
    assert_log("its name must be 1 to 31 printable characters");
}

static void test_property_twice(void **state)
{
    struct tree file = one_of(GOOD "console = \"none\"; bootargs = \"x\";");
    uint8_t *bytes = file.data;
    uint8_t *cpus = NULL;

    (void)state;
    for (size_t i = 0; i + 12 < file.size; i += 4) { /* bootargs becomes another console */
        if (memcmp(bytes + i + 8, "none", 5) == 0) {
            cpus = bytes + i;
        }
        if (cpus != NULL && memcmp(bytes + i, "\0\0\0\3\0\0\0\2", 8) == 0) {
            memcpy(bytes + i + 8, cpus + 4, 4);
        }
    }
    parse(file);
    assert_log("console: it is there twice");
    tree_free(file);
}

/* ---- hostile files ---- */

static void test_no_fit(void **state)
{
    static const char *const texts[] = {"/ { };", "/ { images { }; };",
                                        "/ { configurations { p { }; }; };"};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct tree file = tree_compile(texts[i]);

        parse(file);
        assert_true(test_plan.fatal);
        assert_log(
            "error: /: a system file has /images and /configurations; one is missing, or misspelt");
        tree_free(file);
    }
}

static void test_cut_off(void **state)
{
    struct tree file = one_of(GOOD);

    (void)state;
    for (size_t size = 0; size < file.size; size++) {
        struct tree cut = {malloc(size + 1), size};

        assert_non_null(cut.data);
        memcpy(cut.data, file.data, size);
        cut.data = realloc(cut.data, size > 0 ? size : 1);
        parse(cut);
        assert_true(test_plan.fatal);
        tree_free(cut);
    }
    tree_free(file);
}

#define MANY      200000
#define MANY_SIZE (16 << 20)

/* The partition "p" behind many configurations that are none. */
static struct tree many_configurations(void)
{
    struct tree file = {malloc(MANY_SIZE), MANY_SIZE};
    char name[16];

    assert_non_null(file.data);
    assert_int_equal(fdt_create(file.data, MANY_SIZE), 0);
    assert_int_equal(fdt_finish_reservemap(file.data), 0);
    assert_int_equal(fdt_begin_node(file.data, ""), 0);
    assert_int_equal(fdt_begin_node(file.data, "images"), 0);
    assert_int_equal(fdt_end_node(file.data), 0);
    assert_int_equal(fdt_begin_node(file.data, "configurations"), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "c%u", i);
        assert_int_equal(fdt_begin_node(file.data, name), 0);
        assert_int_equal(fdt_end_node(file.data), 0);
    }
    assert_int_equal(fdt_begin_node(file.data, "p"), 0);
    assert_int_equal(fdt_property_string(file.data, "compatible", "bulkhead,partition"), 0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(fdt_end_node(file.data), 0);
    }
    assert_int_equal(fdt_finish(file.data), 0);
    file.size = fdt_totalsize(file.data);
    return file;
}

/* Work that grows with the square of their number takes minutes: the alarm ends this test then. */
static void test_many_configurations(void **state)
{
    struct tree file = many_configurations();

    (void)state;
    (void)alarm(60);
    parse(file);
    (void)alarm(0);
    assert_int_equal(test_plan.partition_count, 1);
    assert_string_equal(test_plan.partitions[0].name, "p");
    assert_false(test_plan.fatal);
    assert_log("warning: /configurations/c0: no compatible");
    assert_log("warning: /configurations/c99: no compatible");
    tree_free(file);
}

/* Any bit may flip: the plan stays a plan, and each error has its message. */
static void test_flipped(void **state)
{
    struct tree file = file_of(
        PARTITION("a", "ramdisk = \"disk\"; devices = \"/rtc@9010000\"; console = \"none\";")
            PARTITION("b", "description = \"x\"; bootargs = \"y\"; fdt = \"tree\"; direct-map;"));
    uint8_t *bytes = file.data;

    (void)state;
    plan_board(board);
    for (size_t i = 0; i < file.size; i++) {
        for (uint32_t flip = 0; flip < 8; flip++) {
            static struct plan fresh;

            if (i == 0 && flip == 0) {
                fresh = test_plan;
            }
            test_plan = fresh;
            log_clear();
            bytes[i] ^= (uint8_t)(1u << flip);
            plan_parse_system(&test_plan, file.data, file.size, 0x60000000);
            bytes[i] ^= (uint8_t)(1u << flip);
            assert_int_equal(test_plan.errors > 0, log_has("bulkhead: error: "));
            assert_true(test_plan.partition_count <= 2);
            assert_true(test_plan.fatal || test_plan.partition_count > 0);
        }
    }
    tree_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smallest),
        cmocka_unit_test(test_all_words),
        cmocka_unit_test(test_only_the_bad_is_refused),
        cmocka_unit_test(test_foreign_configurations),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_property_twice),
        cmocka_unit_test(test_no_fit),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_many_configurations),
        cmocka_unit_test(test_flipped),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
