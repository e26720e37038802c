/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of place_images.c: what goes where in the memory that a partition was given. */
#include "core/plan/placing_test.h"

static void a_linux_has_its_images_where_it_expects_them(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    part = add("linux", RAM_0 + 4096, 128 * MIB);
    part->kernel_kind = PLAN_KERNEL_ARM64;
    part->kernel.load = 0x80000; /* the text_offset, from parse.c */
    part->kernel.load_size = 32 * MIB;
    part->ramdisk = (struct plan_image){.name = "initrd", .data = bytes, .size = 5 * MIB + 1};
    part->bootargs = "console=ttyAMA0";
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(part->kernel.load, RAM_0 + 2 * MIB + 0x80000);
    assert_int_equal(part->entry, part->kernel.load);
    assert_true(part->fdt_room >= 32 * 1024 + 15);
    assert_int_equal(part->fdt_ipa, align_down(RAM_0 + 4096 + 128 * MIB - part->fdt_room, 4096));
    assert_int_equal(part->ramdisk.load, align_down(part->fdt_ipa - 5 * MIB - 1, 4096));
    assert_int_equal(part->ramdisk.load_size, 5 * MIB + 1);
}

static void the_tree_avoids_a_kernel_at_the_top(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 64 * MIB);
    part = add("a", RAM_0, 2 * MIB);
    part->kernel_kind = PLAN_KERNEL_ARM64;
    part->kernel.load = 2 * MIB - 4096; /* the text_offset */
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(part->kernel.load, RAM_0 + 2 * MIB - 4096);
    assert_int_equal(part->fdt_ipa, part->kernel.load - 32 * 1024);
}

static void own_trees_have_room_to_grow(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 64 * MIB);
    part = add("a", RAM_0, 2 * MIB);
    part->fdt =
        (struct plan_image){.name = "fdt", .data = bytes, .size = 10001, .load = UINT64_MAX};
    plan_place(&p);
    assert_in_range(part->fdt_room, 10001 + 4096, 10001 + 4096 + 7);
}

/* U-Boot looks for its tree at the beginning of memory, whatever x0 says. */
static void the_tree_is_below_a_raw_kernel(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    part = add("fits", RAM_0, 2 * MIB);
    part->kernel.load = RAM_0 + 32 * 1024;
    part = add("a byte short", RAM_0, 2 * MIB);
    part->kernel.load = RAM_0 + 32 * 1024 - 8;
    part = add("a Linux", RAM_0, 2 * MIB);
    part->kernel.load = MIB;
    part->kernel_kind = PLAN_KERNEL_ARM64;
    plan_place(&p);
    assert_string_equal(told, "");
    assert_int_equal(p.partitions[0].fdt_ipa, RAM_0);
    assert_int_equal(p.partitions[1].fdt_ipa, RAM_0 + 2 * MIB - 32 * 1024);
    assert_int_equal(p.partitions[2].fdt_ipa, RAM_0 + 2 * MIB - 32 * 1024);
}

static struct plan_partition *add_with_tree(const char *name, uint64_t load)
{
    struct plan_partition *part = add(name, RAM_0, 2 * MIB);

    part->kernel.load = RAM_0 + MIB;
    part->fdt = (struct plan_image){.name = name, .data = bytes, .size = 64, .load = load};
    return part;
}

static void an_own_tree_goes_where_it_says(void **state)
{
    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    add_with_tree("free", RAM_0 + 8);
    add_with_tree("behind", RAM_0 + MIB + 4096);
    add_with_tree("odd", RAM_0 + 4);
    add_with_tree("on-kernel", RAM_0 + MIB - 64);
    add_with_tree("out", RAM_0 + 2 * MIB - 64);
    add_with_tree("far", UINT64_MAX - 7);
    plan_place(&p);
    assert_int_equal(p.partitions[0].fdt_ipa, RAM_0 + 8);
    assert_int_equal(p.partitions[1].fdt_ipa, RAM_0 + MIB + 4096);
    assert_false(told_of("\"free\"") || told_of("\"behind\""));
    assert_true(told_of("fdt \"odd\": its load 0x40000004 is no multiple of 8"));
    assert_true(told_of("fdt \"on-kernel\": its load 0x400fffc0"));
    assert_true(told_of("fdt \"out\": its load 0x401fffc0"));
    assert_true(told_of("fdt \"far\": its load 0xfffffffffffffff8"));
}

/* Linux, Documentation/arm/booting: in lowmem; and what r2 can tell is below 4 GiB. */
static void a_32_bit_partition_has_all_within_reach(void **state)
{
    struct plan_partition *part;

    (void)state;
    add_ram(RAM_0, 1024 * MIB);
    part = add("linux", RAM_0, 800 * MIB);
    part->aarch32 = true;
    part->kernel_kind = PLAN_KERNEL_ZIMAGE;
    part->kernel.load = 0x8000;
    part->ramdisk = (struct plan_image){.name = "initrd", .data = bytes, .size = MIB};
    part = add("high", 4096 * MIB - 2 * MIB, 4 * MIB);
    part->aarch32 = true;
    part = add("beyond", 4096 * MIB, 2 * MIB);
    part->aarch32 = true;
    part = add("tree", 4096 * MIB - 2 * MIB, 4 * MIB);
    part->aarch32 = true;
    part->fdt = (struct plan_image){.name = "t", .data = bytes, .size = 64, .load = 4097 * MIB};
    plan_place(&p);
    assert_int_equal(p.partitions[0].fdt_ipa, RAM_0 + 512 * MIB - 32 * 1024);
    assert_int_equal(p.partitions[0].ramdisk.load, p.partitions[0].fdt_ipa - MIB);
    assert_int_equal(p.partitions[1].fdt_ipa, 4096 * MIB - 32 * 1024);
    assert_true(told_of("2: /configurations/beyond: kernel \"kernel\": it ends at 0x100001000, "
                        "beyond the 4 GiB that a 32-bit partition starts in"));
    assert_true(told_of("3: /configurations/tree: fdt \"t\": its load 0x100100000"));
    assert_false(p.partitions[0].refused || p.partitions[1].refused);
}

static void images_outside_memory_are_refused(void **state)
{
    (void)state;
    add_ram(RAM_0, 256 * MIB);
    add("below", RAM_0, 2 * MIB)->kernel.load = RAM_0 - 1;
    add("above", RAM_0, 2 * MIB)->kernel.load = RAM_0 + 2 * MIB - 4095;
    add("wraps", RAM_0, 2 * MIB)->kernel.load = UINT64_MAX - 4095;
    add("large", RAM_0, 2 * MIB)->kernel.load_size = UINT64_MAX - 4095;
    add("full", RAM_0, 2 * MIB)->kernel.load_size = 2 * MIB;
    add("tight", RAM_0, 2 * MIB)->ramdisk =
        (struct plan_image){.name = "initrd", .data = bytes, .size = 2 * MIB - 8192};
    plan_place(&p);
    for (uint32_t i = 0; i < p.partition_count; i++) {
        assert_true(p.partitions[i].refused);
        assert_int_equal(p.partitions[i].extent_count, 0);
    }
    assert_true(told_of("0: /configurations/below: kernel \"kernel\": 0x1000 bytes at "
                        "0x3fffffff are not all in one piece"));
    assert_true(told_of("4: /configurations/full: memory: beside the kernel there is no room for "
                        "the device tree (32 KiB)"));
    assert_true(told_of("5: /configurations/tight: memory: beside the kernel there is no room for "
                        "ramdisk \"initrd\" (2040 KiB)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_linux_has_its_images_where_it_expects_them, set_up),
        cmocka_unit_test_setup(the_tree_avoids_a_kernel_at_the_top, set_up),
        cmocka_unit_test_setup(own_trees_have_room_to_grow, set_up),
        cmocka_unit_test_setup(the_tree_is_below_a_raw_kernel, set_up),
        cmocka_unit_test_setup(an_own_tree_goes_where_it_says, set_up),
        cmocka_unit_test_setup(a_32_bit_partition_has_all_within_reach, set_up),
        cmocka_unit_test_setup(images_outside_memory_are_refused, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
