/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of parse_image.c: what is wrong with a partition's images, each told with its node. */
#include "core/plan/testing_system.h"

#include <arch/host.h>

#include "core/base/arch.h"
#include "core/base/bits.h"

static const struct wrong wrong[] = {
    {CPUS MEMORY "kernel = \"lunix\";",
     "p: /configurations/p: kernel: \"lunix\" is not in /images; it has raw, linux, disk, sha"},
    {CPUS MEMORY "kernel = \"disk\";",
     "p: /images/disk: type is \"ramdisk\": here it must be \"kernel\""},
    {CPUS MEMORY "kernel = \"nowhere\";",
     "/images/nowhere: a raw binary (os = \"u-boot\") needs \"load\""},
    {CPUS MEMORY "kernel = \"wraps\";", "/images/wraps: load: 0x3 bytes at 0xfffffffffffffffe"},
    {CPUS MEMORY "kernel = \"outside\";",
     "/images/outside: entry: 0x1003 is outside the image, 0x1000 to 0x1003"},
    {CPUS MEMORY "kernel = \"gone\";", "/images/gone: its data is not all in the file"},
    {CPUS MEMORY "kernel = \"typo\";",
     "/images/typo: unknown property \"laod\": did you mean \"load\"?"},
    {CPUS MEMORY "kernel = \"hsh\";",
     "/images/hsh: unknown node \"hsh-1\": only hash and signature may be below"},
    {CPUS MEMORY "kernel = \"x86\";",
     "/images/x86: arch is \"x86\": here it must be \"arm64\" or \"arm\""},
    {CPUS MEMORY "kernel = \"raw32\"; ramdisk = \"disk\";",
     "/images/disk: arch is \"arm64\": here it must be \"arm\""},
    {GOOD "ramdisk = \"disk32\";", "/images/disk32: arch is \"arm\": here it must be \"arm64\""},
    {CPUS MEMORY "kernel = \"linux32\";", "/images/linux32: it is no zImage"},
    {CPUS MEMORY "kernel = \"arm\";",
     "/images/arm: compression is \"lzma\": here it must be \"none\" or \"gzip\""},
    {GOOD "ramdisk = \"packed\";", "/images/packed: compression is \"gzip\": here it must be "
                                   "\"none\", as its user unpacks it"},
    {GOOD "ramdisk = \"sha\";", "/images/sha: hash-1: its algorithm is not supported"},
    {GOOD "ramdisk = \"bad\";", "/images/bad: hash-1 does not match its data"},
};

static void test_wrong(void **state)
{
    (void)state;
    assert_each(wrong, ARRAY_SIZE(wrong), parse_one, assert_refused);
}

static void test_own_tree(void **state)
{
    (void)state;
    parse_one(GOOD "fdt = \"tree\";");
    assert_log("p: /images/tree: it is no well-formed device tree");
}

/* ---- what is right ---- */

static void test_uses(void **state)
{
    const struct plan_partition *part = &test_plan.partitions[0];

    (void)state;
    parse_one(CPUS MEMORY "kernel = \"linux\"; ramdisk = \"disk\";");
    assert_string_equal(log_text, "");
    assert_int_equal(part->kernel_kind, PLAN_KERNEL_ARM64);
    assert_int_equal(part->kernel.load, 0x80000);
    assert_int_equal(part->kernel.load_size, 0x100000);
    assert_int_equal(part->kernel.size, 64);
    assert_string_equal(part->ramdisk.name, "disk");
    assert_memory_equal(part->ramdisk.data, "ramdisk", 8);
    assert_int_equal(part->ramdisk.load, UINT64_MAX);
    assert_int_equal(part->fdt.size, 0);
}

/* The kernel's `arch` says what the partition is; without one it is what the board is. */
static void test_states(void **state)
{
    const struct plan_partition *part = &test_plan.partitions[0];

    (void)state;
    parse_one(CPUS MEMORY "kernel = \"raw32\"; ramdisk = \"disk32\";");
    assert_string_equal(log_text, "");
    assert_true(part->aarch32);
    parse_one(CPUS MEMORY "kernel = \"plain\"; ramdisk = \"disk\";");
    assert_string_equal(log_text, "");
    assert_false(part->aarch32);
    parse_one(CPUS MEMORY "kernel = \"lunix\"; ramdisk = \"disk32\";"); /* told once */
    assert_int_equal(test_plan.errors, 1);
}

/* A kernel of the other kind: what it is, and nothing of the images that fit it. */
static void test_the_other_kind(void **state)
{
    (void)state;
    parse_one(CPUS MEMORY "kernel = \"zimage\"; ramdisk = \"disk32\";");
    assert_log("p: /images/zimage: it is a zImage, which has 32 bits: say arch = \"arm\"\n");
    assert_int_equal(test_plan.errors, 1);
    parse_one(CPUS MEMORY "kernel = \"image32\"; ramdisk = \"disk\";");
    assert_log(
        "p: /images/image32: it is an arm64 Image, which has 64 bits: say arch = \"arm64\"\n");
    assert_int_equal(test_plan.errors, 1);
    parse_one(CPUS MEMORY "kernel = \"x86\"; ramdisk = \"disk32\";");
    assert_int_equal(test_plan.errors, 1);
    host.states = ARCH_AARCH32;
    parse_one(CPUS MEMORY "kernel = \"image32\";");
    assert_log(
        "/images/image32: it is an arm64 Image, which has 64 bits: this board wants a zImage\n");
    host.states = ARCH_AARCH64 | ARCH_AARCH32;
}

static void test_states_of_a_32_bit_board(void **state)
{
    const struct plan_partition *part = &test_plan.partitions[0];

    (void)state;
    host.states = ARCH_AARCH32;
    parse_one(CPUS MEMORY "kernel = \"plain\"; ramdisk = \"disk32\";");
    assert_string_equal(log_text, "");
    assert_true(part->aarch32);
    parse_one(GOOD "");
    assert_log("/images/raw: arch is \"arm64\": here it must be \"arm\"");
    host.states = ARCH_AARCH64 | ARCH_AARCH32;
}

#define WITH(name, ramdisk) CONFIGURATION(name, GOOD "ramdisk = \"" ramdisk "\";")

/* An image with a wrong hash is told for each partition that names it. */
static void test_shared(void **state)
{
    (void)state;
    parse_file(WITH("a", "bad") WITH("b", "bad") WITH("c", "disk"));
    assert_log("a: /images/bad: hash-1 does not match");
    assert_log("b: /images/bad: hash-1 does not match");
    assert_int_equal(test_plan.errors, 2);
    assert_false(test_plan.partitions[2].refused);
}

/* Two images at one place in the file: each is hashed by its own node. */
static void test_at_one_place(void **state)
{
    (void)state;
    parse_file(WITH("a", "magic") WITH("b", "alias") WITH("c", "longer") WITH("d", "magic"));
    assert_log("b: /images/alias: hash does not match its data");
    assert_log("c: /images/longer: hash does not match its data");
    assert_int_equal(test_plan.errors, 2);
    assert_false(test_plan.partitions[0].refused);
    assert_false(test_plan.partitions[3].refused);
}

static uint32_t sums;

/* Counts what is hashed; the data of this file's images is what it was made for. */
uint32_t arch_crc32(uint32_t crc, const void *p, uint64_t size)
{
    const uint8_t *data = p;

    sums++;
    crc = ~crc;
    for (uint64_t i = 0; i < 8 * size; i++) {
        crc = (crc >> 1) ^ (((crc ^ (uint32_t)data[i / 8] >> i % 8) & 1) != 0 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* An image that many partitions name is hashed once. */
static void test_hashed_once(void **state)
{
    (void)state;
    sums = 0;
    parse_file(WITH("a", "disk") WITH("b", "magic") WITH("c", "disk") WITH("d", "magic"));
    assert_int_equal(test_plan.errors, 0);
    assert_int_equal(sums, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong),          cmocka_unit_test(test_own_tree),
        cmocka_unit_test(test_uses),           cmocka_unit_test(test_shared),
        cmocka_unit_test(test_states),         cmocka_unit_test(test_states_of_a_32_bit_board),
        cmocka_unit_test(test_at_one_place),   cmocka_unit_test(test_hashed_once),
        cmocka_unit_test(test_the_other_kind),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
