/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of guest_dt_own.c: what is filled into a partition's own tree, and hostile trees. */
#include "core/guest/guest_dt_own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <libfdt.h>

#include <cmocka.h>

#include "core/guest/dtc_test.h"

static struct plan_partition part;
static uint8_t own[16384] __attribute__((aligned(8)));

static void use_own(const char *dts)
{
    part = (struct plan_partition){
        .bootargs = "console=ttyAMA0",
        .cpu_count = 2,
        .memory = {{0x40000000, 0x20000000}, {UINT64_C(0x100000000), UINT64_C(0x200000000)}},
        .memory_count = 2,
    };
    compile(dts, own, sizeof(own));
    part.fdt = (struct plan_image){.name = "fdt", .data = own, .size = fdt_totalsize(own)};
}

#define OWN                                                                                        \
    "/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; compatible = \"my,board\";\n"          \
    " memory@0 { device_type = \"memory\"; reg = <0 0 0 0x1000>; };\n"                             \
    " memory { reg = <0 0 0 0x1000>; };\n"                                                         \
    " chosen { bootargs = \"old\"; linux,initrd-start = <1>; linux,initrd-end = <2>; };\n"         \
    " cpus { #address-cells = <2>; #size-cells = <0>; cpu-map { };\n"                              \
    "  cpu@7 { device_type = \"cpu\"; reg = <0 7>; enable-method = \"spin-table\"; };\n"           \
    "  cpu@8 { device_type = \"cpu\"; reg = <0 8>; }; cpu@9 { reg = <0 9>; };\n"                   \
    "  cpu@a { device_type = \"cpu\"; reg = <0 10>; }; };\n"                                       \
    " my-device { my-property = \"kept\"; }; };\n"

static void own_trees_are_filled_in(void **state)
{
    (void)state;
    use_own(OWN);
    assert_int_equal(guest_dt_fill_own(&part, tree, part.fdt.size + 4096), OK);
    assert_int_equal(fdt_check_full(tree, sizeof(tree)), 0);
    assert_string_equal(string_at("/", "compatible"), "my,board");
    assert_string_equal(string_at("/my-device", "my-property"), "kept");
    assert_string_equal(string_at("/chosen", "bootargs"), "console=ttyAMA0");
    assert_false(has("/chosen", "linux,initrd-start") || has("/chosen", "linux,initrd-end"));
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x20000000);
    CELLS("/memory@100000000", "reg", 1, 0, 2, 0);
    assert_true(fdt_path_offset(tree, "/memory@0") < 0);
    CELLS("/cpus/cpu@7", "reg", 0, 0);
    CELLS("/cpus/cpu@8", "reg", 0, 1);
    assert_string_equal(string_at("/cpus/cpu@7", "enable-method"), "psci");
    assert_string_equal(string_at("/cpus/cpu@8", "enable-method"), "psci");
    assert_true(fdt_path_offset(tree, "/cpus/cpu@9") < 0);
    assert_true(fdt_path_offset(tree, "/cpus/cpu@a") < 0);
    assert_true(fdt_path_offset(tree, "/cpus/cpu-map") > 0);
}

static void own_trees_keep_what_is_not_told(void **state)
{
    (void)state;
    use_own(OWN);
    part.bootargs = "";
    part.ramdisk = (struct plan_image){.size = 0x1000, .load = 0x50000000};
    assert_int_equal(guest_dt_fill_own(&part, tree, part.fdt.size + 4096), OK);
    assert_string_equal(string_at("/chosen", "bootargs"), "old");
    CELLS("/chosen", "linux,initrd-start", 0, 0x50000000);
    CELLS("/chosen", "linux,initrd-end", 0, 0x50001000);
}

static void an_empty_own_tree_gets_its_nodes(void **state)
{
    (void)state;
    use_own("/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; };");
    assert_int_equal(guest_dt_fill_own(&part, tree, part.fdt.size + 4096), OK);
    assert_string_equal(string_at("/chosen", "bootargs"), "console=ttyAMA0");
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x20000000);
}

static void own_trees_that_cannot_be_used_are_refused(void **state)
{
    (void)state;
    use_own("/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; };");
    assert_int_equal(guest_dt_fill_own(&part, tree, 8192), E_INVALID); /* 4 GiB in one cell */
    part.memory_count = 1;
    assert_int_equal(guest_dt_fill_own(&part, tree, 8192), OK);
    CELLS("/memory@40000000", "reg", 0x40000000, 0x20000000);
    use_own("/dts-v1/; / { #address-cells = <3>; #size-cells = <1>; };");
    assert_int_equal(guest_dt_fill_own(&part, tree, 8192), E_INVALID);
    use_own(OWN);
    part.fdt.size = 20;
    assert_int_equal(guest_dt_fill_own(&part, tree, 8192), E_INVALID);
}

static void a_tree_that_does_not_fit_is_told(void **state)
{
    (void)state;
    use_own(OWN);
    assert_int_equal(guest_dt_fill_own(&part, tree, sizeof(tree)), OK);
    for (uint64_t room = 0; room < fdt_totalsize(tree); room += 7) {
        uint8_t *exact = malloc(room + 1);

        assert_int_equal(guest_dt_fill_own(&part, exact, room), E_NO_SPACE);
        free(exact);
    }
}

static void many_nodes_are_taken_out_with_all_below_them(void **state)
{
    char dts[16384] = "/dts-v1/; / { #address-cells = <2>; #size-cells = <2>;";

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        (void)snprintf(dts + strlen(dts), sizeof(dts) - strlen(dts),
                       "memory@%x { reg = <0 %u 0 1>; chosen { below { }; }; };", i, i);
    }
    strcat(dts, "last { deep { deeper { }; }; }; };");
    use_own(dts);
    assert_int_equal(guest_dt_fill_own(&part, tree, sizeof(tree)), OK);
    assert_int_equal(fdt_check_full(tree, sizeof(tree)), 0);
    assert_true(fdt_path_offset(tree, "/memory@7") < 0);
    assert_true(fdt_path_offset(tree, "/chosen/below") < 0);
    assert_true(fdt_path_offset(tree, "/last/deep/deeper") > 0);
    assert_string_equal(string_at("/chosen", "bootargs"), "console=ttyAMA0");
}

static void reservations_are_kept(void **state)
{
    uint64_t base, size;

    (void)state;
    use_own("/dts-v1/; /memreserve/ 0x100000000 0x2000; /memreserve/ 0x4000 0x1000;"
            "/ { #address-cells = <2>; #size-cells = <2>; };");
    assert_int_equal(guest_dt_fill_own(&part, tree, sizeof(tree)), OK);
    assert_int_equal(fdt_num_mem_rsv(tree), 2);
    assert_int_equal(fdt_get_mem_rsv(tree, 0, &base, &size), 0);
    assert_true(base == UINT64_C(0x100000000) && size == 0x2000);
    assert_int_equal(fdt_get_mem_rsv(tree, 1, &base, &size), 0);
    assert_true(base == 0x4000 && size == 0x1000);
}

#define MANY 50000

/* Work that grows with the square of the names takes minutes: the alarm ends this test then. */
static void many_names_take_no_time(void **state)
{
    const uint64_t room = UINT64_C(4) << 20;
    uint8_t *many = malloc(room);
    uint8_t *filled = malloc(room);
    char name[16];
    int size;

    (void)state;
    assert_true(many != NULL && filled != NULL);
    use_own(OWN);
    assert_int_equal(fdt_create_with_flags(many, (int)room, FDT_CREATE_FLAG_NO_NAME_DEDUP), 0);
    assert_int_equal(fdt_finish_reservemap(many), 0);
    assert_int_equal(fdt_begin_node(many, ""), 0);
    assert_int_equal(fdt_property_u32(many, "#size-cells", 2), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "q%07u", i);
        assert_int_equal(fdt_property_u32(many, name, i), 0);
    }
    assert_int_equal(fdt_end_node(many), 0);
    assert_int_equal(fdt_finish(many), 0);
    part.fdt = (struct plan_image){.data = many, .size = fdt_totalsize(many)};
    (void)alarm(60);
    assert_int_equal(guest_dt_fill_own(&part, filled, part.fdt.size + 4096), OK);
    (void)alarm(0);
    for (uint32_t i = 0; i < MANY; i += MANY / 10) {
        const fdt32_t *value;

        (void)snprintf(name, sizeof(name), "q%07u", i);
        value = fdt_getprop(filled, 0, name, &size);
        assert_true(value != NULL && size == 4 && fdt32_to_cpu(*value) == i);
    }
    assert_true(fdt_path_offset(filled, "/memory@40000000") > 0);
    free(filled);
    free(many);
}

/* "own-reg" ends as "reg" does, and dtc keeps only one of them. */
static void names_that_are_shared_stay_so(void **state)
{
    (void)state;
    use_own("/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; own-reg = <7>;"
            " a { reg = <1 2 3 4>; bootargs = \"mine\"; }; b { reg = <5 6 7 8>; own-reg = <8>; };"
            " chosen { bootargs = \"old\"; own-bootargs = \"kept\"; }; };");
    assert_int_equal(guest_dt_fill_own(&part, tree, part.fdt.size + 512), OK);
    assert_int_equal(fdt_check_full(tree, sizeof(tree)), 0);
    CELLS("/", "own-reg", 7);
    CELLS("/a", "reg", 1, 2, 3, 4);
    CELLS("/b", "reg", 5, 6, 7, 8);
    CELLS("/b", "own-reg", 8);
    assert_string_equal(string_at("/a", "bootargs"), "mine");
    assert_string_equal(string_at("/chosen", "bootargs"), "console=ttyAMA0");
    assert_string_equal(string_at("/chosen", "own-bootargs"), "kept");
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x20000000);
}

static void any_own_tree_is_survived(void **state)
{
    uint64_t size;

    (void)state;
    use_own(OWN);
    size = part.fdt.size;
    for (uint64_t at = 0; at < size * 8; at++) {
        uint8_t *exact = malloc(size);

        memcpy(exact, own, size);
        exact[at / 8] ^= (uint8_t)(1u << at % 8);
        part.fdt.data = exact;
        if (guest_dt_fill_own(&part, tree, size + 4096) == OK) {
            assert_int_equal(fdt_check_full(tree, sizeof(tree)), 0);
        }
        free(exact);
    }
    for (uint64_t cut = 0; cut < size; cut++) {
        uint8_t *exact = malloc(cut + 1);

        memcpy(exact, own, cut);
        part.fdt = (struct plan_image){.data = exact, .size = cut == 0 ? 1 : cut};
        assert_int_equal(guest_dt_fill_own(&part, tree, size + 4096), E_INVALID);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_trees_are_filled_in),
        cmocka_unit_test(own_trees_keep_what_is_not_told),
        cmocka_unit_test(an_empty_own_tree_gets_its_nodes),
        cmocka_unit_test(own_trees_that_cannot_be_used_are_refused),
        cmocka_unit_test(a_tree_that_does_not_fit_is_told),
        cmocka_unit_test(many_nodes_are_taken_out_with_all_below_them),
        cmocka_unit_test(reservations_are_kept),
        cmocka_unit_test(many_names_take_no_time),
        cmocka_unit_test(names_that_are_shared_stay_so),
        cmocka_unit_test(any_own_tree_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
