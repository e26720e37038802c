/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of partition.c: what a partition finds in its memory, and what comes of a broken image. */
#include "core/guest/partition_test.h"

#include "core/plan/image.h"

/* ---- load ---- */

/* Nothing of its RAM is left in EL2's map, and nothing of what it holds in a cache alone. */
static void assert_closed(void)
{
    for (uint64_t at = RAM_BASE; at < RAM_BASE + RAM_SIZE; at += PAGE_SIZE) {
        assert_false(is_mapped(at));
    }
    assert_false(order_broken);
    assert_memory_equal(ram_poc_at(RAM_BASE), ram_at(RAM_BASE), USED);
    assert_int_equal(icache_invalidates, 1);
}

/* Where `ipa` of its memory is; as a guest sees it. */
static const uint8_t *guest_at(uint64_t ipa)
{
    return ram_poc_at(ipa >= TOP_IPA ? ipa - TOP_IPA + TOP_PA : ipa - LOW_IPA + LOW_PA);
}

static void assert_zero(uint64_t ipa, uint64_t end)
{
    const uint8_t *byte = guest_at(ipa);

    for (uint64_t i = 0; i < end - ipa; i++) {
        if (byte[i] != 0) {
            fail_msg("0x%llx is 0x%x", (unsigned long long)(ipa + i), byte[i]);
        }
    }
}

/* Who is beside it keeps what was there. */
static void assert_others_untouched(void)
{
    const uint64_t beside[] = {LOW_PA - 1, LOW_PA + LOW_SIZE, TOP_PA - 1, TOP_PA + TOP_SIZE};

    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(*ram_at(beside[i]), RAM_OLD);
    }
}

static void it_finds_its_images_and_zeroes(void **state)
{
    const uint64_t ramdisk_end = RAMDISK_IPA + sizeof(ramdisk);
    const void *tree = guest_at(TREE_IPA);

    (void)state;
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_string_equal(log_text, "");
    assert_closed();
    assert_others_untouched();
    assert_int_equal(zeroed, LOW_SIZE + TOP_SIZE);
    assert_memory_equal(guest_at(KERNEL_IPA), kernel, sizeof(kernel));
    assert_memory_equal(guest_at(RAMDISK_IPA), ramdisk, sizeof(ramdisk));
    assert_int_equal(fdt_check_full(tree, TREE_ROOM), 0);
    assert_true(fdt_path_offset(tree, "/rtc@9010000") > 0);
    assert_true(fdt_path_offset(tree, "/gpio@9030000") < 0);
    assert_zero(LOW_IPA, KERNEL_IPA);
    assert_zero(KERNEL_IPA + sizeof(kernel), TREE_IPA);
    assert_zero(TREE_IPA + TREE_ROOM, LOW_IPA + LOW_SIZE);
    assert_zero(TOP_IPA, RAMDISK_IPA);
    assert_zero(ramdisk_end, TOP_IPA + TOP_SIZE);
}

static void a_partition_needs_no_ramdisk(void **state)
{
    (void)state;
    me->ramdisk = (struct plan_image){0};
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_closed();
    assert_zero(TOP_IPA, TOP_IPA + TOP_SIZE);
}

static void its_own_tree_is_filled_in(void **state)
{
    struct tree own = tree_compile("/ { #address-cells = <2>; #size-cells = <2>; mine; };");
    const void *tree = guest_at(TREE_IPA);
    const char *args;

    (void)state;
    me->fdt = (struct plan_image){.name = "own", .data = own.data, .size = own.size};
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_closed();
    assert_non_null(fdt_getprop(tree, 0, "mine", NULL));
    args = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "bootargs", NULL);
    assert_string_equal(args, "quiet");
    tree_free(own);
}

/* Text that a gzip file makes shorter, and what `gzip` makes of it. */
static char text[0x18001];

static struct tree gzip_text(void)
{
    static uint8_t inflater[INFLATER_SIZE] __attribute__((aligned(INFLATER_ALIGN)));
    struct image_facts facts;
    struct tree file;

    for (uint32_t i = 0; i < sizeof(text) - 1; i++) {
        text[i] = (char)('a' + (i + i / 23 + i / 1021) % 26);
    }
    file = tree_command("gzip -9n > \"$out\"", text);
    assert_null(image_probe(file.data, file.size, inflater, false, false, &facts));
    me->kernel.data = file.data;
    me->kernel.size = file.size;
    me->kernel.gzip = true;
    me->kernel.load_size = facts.memory_size;
    return file;
}

static void a_kernel_is_inflated(void **state)
{
    struct tree file = gzip_text();

    (void)state;
    assert_true(file.size < sizeof(text) / 2);
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_closed();
    assert_memory_equal(guest_at(KERNEL_IPA), text, sizeof(text) - 1);
    assert_zero(KERNEL_IPA + sizeof(text) - 1, TREE_IPA); /* the inflater's own is gone */
    tree_free(file);
}

static void put_le(uint8_t *at, uint32_t size, uint64_t v)
{
    for (uint32_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(v >> (8 * i));
    }
}

/* `kernel` as an ELF64: a segment of 0x100 bytes, and 0x200 of .bss, at each of the addresses. */
static void make_elf(const uint64_t *address, uint32_t count)
{
    memset(kernel, 0, 0x400);
    memcpy(kernel, "\177ELF\2\1\1", 7);
    put_le(kernel + 16, 2, 2);
    put_le(kernel + 18, 2, 183);
    put_le(kernel + 24, 8, address[0]);
    put_le(kernel + 32, 8, 64);
    put_le(kernel + 54, 2, 56);
    put_le(kernel + 56, 2, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *ph = kernel + 64 + i * 56;

        put_le(ph, 4, 1);
        put_le(ph + 8, 8, 0x1000 * (i + 1));
        put_le(ph + 16, 8, address[i]);
        put_le(ph + 24, 8, address[i]);
        put_le(ph + 32, 8, 0x100);
        put_le(ph + 40, 8, 0x300);
        put_le(ph + 48, 8, 1);
    }
    me->kernel_kind = PLAN_KERNEL_ELF;
}

static void elf_segments_go_to_their_places(void **state)
{
    const uint64_t address[] = {LOW_IPA + 0x1000, LOW_IPA + 0x200400, TOP_IPA + 0x3000};

    (void)state;
    make_elf(address, 3);
    build();
    assert_int_equal(partition_load(part, &test_plan), OK);
    assert_closed();
    for (uint32_t i = 0; i < 3; i++) {
        assert_memory_equal(guest_at(address[i]), kernel + 0x1000 * (i + 1), 0x100);
        assert_zero(address[i] + 0x100, address[i] + 0x300);
    }
    assert_zero(LOW_IPA, LOW_IPA + 0x1000);
    assert_zero(LOW_IPA + 0x1300, LOW_IPA + 0x200400);
}

/* ---- what goes wrong while it is loaded ---- */

static void assert_refused(const char *message)
{
    build();
    assert_int_not_equal(partition_load(part, &test_plan), OK);
    assert_string_equal(log_text, message);
    assert_closed();
    assert_others_untouched();
}

static void a_gzip_file_that_has_changed_is_refused(void **state)
{
    struct tree file = gzip_text();

    (void)state;
    ((uint8_t *)file.data)[file.size / 2] ^= 0x10;
    assert_refused(
        "bulkhead: error: me: image code: it is not one whole gzip file, or its checksum "
        "is wrong: not started\n");
    tree_free(file);
}

static void an_elf_segment_outside_is_refused(void **state)
{
    const uint64_t address[] = {LOW_IPA + 0x1000, LOW_IPA + LOW_SIZE - 0x200}; /* its .bss is */

    (void)state;
    make_elf(address, 2);
    assert_refused("bulkhead: error: me: image code: an ELF segment is outside the partition's "
                   "memory: not started\n");
}

static void an_image_over_the_end_is_refused(void **state)
{
    (void)state;
    me->ramdisk.load = TOP_IPA + TOP_SIZE - sizeof(ramdisk) + 1;
    assert_refused("bulkhead: error: me: image disk: it is outside the partition's memory: "
                   "not started\n");
}

static void an_image_in_a_hole_is_refused(void **state)
{
    (void)state;
    me->kernel.load = LOW_IPA - 1;
    assert_refused("bulkhead: error: me: image code: it is outside the partition's memory: "
                   "not started\n");
}

static void a_tree_without_room_is_refused(void **state)
{
    (void)state;
    me->fdt_room = 0x200;
    assert_refused("bulkhead: error: me: no device tree could be made in 512 bytes: "
                   "not started\n");
}

static void a_tree_that_is_none_is_refused(void **state)
{
    (void)state;
    me->fdt = (struct plan_image){.name = "own", .data = ramdisk, .size = sizeof(ramdisk)};
    assert_refused("bulkhead: error: me: no device tree could be made in 32768 bytes: "
                   "not started\n");
}

static void a_tree_over_the_end_is_refused(void **state)
{
    (void)state;
    me->fdt_ipa = LOW_IPA + LOW_SIZE - TREE_ROOM + 8;
    assert_refused("bulkhead: error: me: no device tree could be made in 32768 bytes: "
                   "not started\n");
}

/* Its second piece is, against all rules, EL2's already: that stays, the first is closed again. */
static void memory_that_cannot_be_mapped_is_left_alone(void **state)
{
    (void)state;
    build();
    assert_int_equal(el2_map((struct range){TOP_PA + PAGE_SIZE, PAGE_SIZE}, LPAE_RODATA), OK);
    assert_int_equal(partition_load(part, &test_plan), E_OVERLAP);
    assert_int_equal(zeroed, LOW_SIZE);
    assert_int_equal(*ram_at(TOP_PA), RAM_OLD);
    assert_true(is_mapped(TOP_PA + PAGE_SIZE));
    assert_int_equal(el2_unmap((struct range){TOP_PA + PAGE_SIZE, PAGE_SIZE}), OK);
    assert_closed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_finds_its_images_and_zeroes),
        TEST(a_partition_needs_no_ramdisk),
        TEST(its_own_tree_is_filled_in),
        TEST(a_kernel_is_inflated),
        TEST(elf_segments_go_to_their_places),
        TEST(a_gzip_file_that_has_changed_is_refused),
        TEST(an_elf_segment_outside_is_refused),
        TEST(an_image_over_the_end_is_refused),
        TEST(an_image_in_a_hole_is_refused),
        TEST(a_tree_without_room_is_refused),
        TEST(a_tree_that_is_none_is_refused),
        TEST(a_tree_over_the_end_is_refused),
        TEST(memory_that_cannot_be_mapped_is_left_alone),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
