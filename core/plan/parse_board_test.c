/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the board's tree's reading: what is found, what is refused, and QEMU's own trees. */
#include "core/plan/testing.h"

#include <arch/cpu.h>

#include "core/base/bits.h"
#include "core/base/console.h"

static bool is_reserved(uint64_t base, uint64_t size, const char *name)
{
    for (uint32_t i = 0; i < test_plan.board.reserved_count; i++) {
        const struct range *r = &test_plan.board.reserved[i];

        if (r->base == base && r->size == size &&
            strcmp(test_plan.board.reserved_name[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- what is right ---- */

static void test_board(void **state)
{
    const struct plan_board *board = &test_plan.board;
    struct tree tree = tree_compile(BOARD);

    (void)state;
    plan_board(tree);
    assert_string_equal(log_text, "");
    assert_string_equal(board->model, "Test board");
    assert_int_equal(board->ram_banks, 1);
    assert_int_equal(board->ram[0].base, 0x40000000);
    assert_int_equal(board->reserved_count, 2);
    assert_true(is_reserved(0x40080000, 0x80000, "Bulkhead"));
    assert_true(
        is_reserved(BOARD_FDT_PA, align_up(tree.size, PAGE_SIZE), "the board's device tree"));
    assert_int_equal(board->cpu_count, 4);
    assert_int_equal(board->boot_cpu, 0);
    assert_int_equal(board->cpus[3].mpidr, 0x101);
    assert_int_equal(board->cpus[3].partition, PLAN_NONE);
    assert_int_equal(board->cpus[3].enable, CPU_ENABLE_PSCI);
    assert_true(board->psci);
    assert_int_equal(board->gic.version, 2);
    assert_int_equal(board->gic.virt.base, 0x8040000);
    assert_int_equal(board->gic.maintenance, 25);
    assert_int_equal(board->timer_phys, 30);
    assert_int_equal(board->timer_virt, 27);
    assert_int_equal(board->timer_hyp, 26);
    assert_int_equal(board->timer_hz, arch_counter_hz());
    assert_int_equal(board->pmu, 23);
    assert_string_equal(board->console.path, "/uart@9000000");
    assert_int_equal(board->console.mmio.base, 0x9000000);
    assert_int_equal(board->console.irq.intid, 33);
    assert_int_equal(board->console.clock, 24000000);
    tree_free(tree);
}

static void test_ram(void **state)
{
    const struct plan_board *board = &test_plan.board;

    (void)state;
    plan_board_text(
        BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_REST
        "memory@80000000 { device_type = \"memory\"; reg = <0 0x80000000 0 0x10000000>,"
        " <1 0 0 0x10000800>, <0 0x60000000 0 0x1000>; };"
        "memory@40000800 { device_type = \"memory\"; reg = <0 0x40000800 0 0x20000000>; };"
        "memory@70000000 { device_type = \"memory\"; reg = <0 0x70000000 0 0x10000000>; };"
        "memory@1 { device_type = \"memory\"; reg = <0 0x1 0 0x100>; };"
        "memory@3 { device_type = \"memory\"; reg = <0 0x3000 0 0>, <0 0 0 0>; };"
        "memory@2 { device_type = \"memory\"; reg = <2 0 0 0x10000>; status = \"disabled\"; };"
        "};");
    assert_string_equal(log_text, "");
    assert_int_equal(board->ram_banks, 3);
    assert_int_equal(board->ram[0].base, 0x40001000);
    assert_int_equal(range_end(board->ram[0]), 0x60001000);
    assert_int_equal(board->ram[1].base, 0x70000000);
    assert_int_equal(board->ram[1].size, 0x20000000);
    assert_int_equal(board->ram[2].base, UINT64_C(1) << 32);
    assert_int_equal(board->ram[2].size, 0x10000000);
}

static void test_reserved(void **state)
{
    struct tree tree =
        tree_compile("/memreserve/ 0x41000000 0x1001; /memreserve/ 0xfffffffffffff000 0x1000;"
                     "/memreserve/ 0x42000000 0xffffffffffffffff;" BOARD_ROOT BOARD_CHOSEN
                         BOARD_CPUS BOARD_MEMORY BOARD_REST
                     "reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;"
                     " fw@50000000 { reg = <0 0x50000000 0 0x1000>, <0 0x50010800 0 0x1000>; };"
                     " pool { size = <0 0x1000>; }; off { reg = <0 0x51000000 0 0x1000>;"
                     " status = \"disabled\"; }; }; };");

    (void)state;
    plan_board(tree);
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.board.reserved_count, 6);
    assert_true(is_reserved(0x41000000, 0x2000, "memreserve"));
    assert_true(is_reserved(0x42000000, (UINT64_C(1) << 48) - 0x42000000, "memreserve"));
    assert_true(is_reserved(0x50000000, 0x1000, "fw@50000000"));
    assert_true(is_reserved(0x50010000, 0x2000, "fw@50000000"));
    tree_free(tree);
}

static void test_cpus(void **state)
{
    const struct plan_board *board = &test_plan.board;

    (void)state;
    plan_board_text(
        BOARD_ROOT BOARD_CHOSEN BOARD_MEMORY BOARD_REST
        "cpus { #address-cells = <2>; #size-cells = <0>; enable-method = \"psci\";"
        " cpu@2 { device_type = \"cpu\"; reg = <0 2>; };"
        " cpu@3 { device_type = \"cpu\"; reg = <1 3>; status = \"disabled\"; };"
        " cpu@0 { device_type = \"cpu\"; reg = <0 0>; enable-method = \"spin-table\";"
        "  cpu-release-addr = <0 0xd8>; };"
        " cpu@8 { device_type = \"cpu\"; reg = <0 8>; enable-method = \"spin-table\";"
        "  cpu-release-addr = <0 0xe0>; };"
        " cpu@5 { device_type = \"cpu\"; reg = <0 5>; enable-method = \"spin-table\"; };"
        " cpu@6 { device_type = \"cpu\"; reg = <0 6>; enable-method = \"magic\"; };"
        " cpu@7 { device_type = \"cpu\"; reg = <7 7>; enable-method = \"spin-table\";"
        "  cpu-release-addr = <0x1 0xe0>; };"
        " cache { }; cpu-map { cluster { device_type = \"cpu\"; }; }; }; };");
    assert_int_equal(test_plan.errors, 0);
    assert_log("warning: /cpus/cpu@5: enable-method \"spin-table\" is not one");
    assert_log("warning: /cpus/cpu@6: enable-method \"magic\" is not one");
    assert_int_equal(board->reserved_count, 4); /* two words of one page, and one elsewhere */
    assert_int_equal(board->cpu_count, 4);
    assert_int_equal(board->boot_cpu, 1);
    assert_int_equal(board->cpus[0].mpidr, 2);
    assert_int_equal(board->cpus[3].mpidr, UINT64_C(0x700000007));
    assert_int_equal(board->cpus[3].enable, CPU_ENABLE_SPIN_TABLE);
    assert_int_equal(board->cpus[3].release, UINT64_C(0x1000000e0));
}

#define SYSREG_CPUS                                                                                \
    "cpus { #address-cells = <1>; #size-cells = <0>;"                                              \
    " cpu@0 { device_type = \"cpu\"; reg = <0>; }; cpu@1 { device_type = \"cpu\"; reg = <1>; }; };"
#define SYSREG(reg) "sysreg@1c010000 { compatible = \"arm,vexpress-sysreg\"; reg = " reg "; };"

/* A board without PSCI is started by its registers, which are then nobody's else. */
static void test_sysreg(void **state)
{
    const struct plan_board *board = &test_plan.board;

    (void)state;
    plan_board_text(BOARD_ROOT BOARD_CHOSEN BOARD_MEMORY BOARD_GIC BOARD_TIMER BOARD_UART
                        SYSREG_CPUS SYSREG("<0 0x1c010000 0 0x1000>") "};");
    assert_string_equal(log_text, "");
    assert_int_equal(board->cpu_count, 2);
    assert_int_equal(board->cpus[1].enable, CPU_ENABLE_SYSREG);
    assert_int_equal(board->sysreg.mmio.base, 0x1c010000);
    assert_string_equal(board->sysreg.path, "/sysreg@1c010000");

    plan_board_text(BOARD_ROOT BOARD_CHOSEN BOARD_MEMORY BOARD_GIC BOARD_TIMER BOARD_UART
                        SYSREG_CPUS SYSREG("<0 0x1c010800 0 0x1000>") "};");
    assert_log("/sysreg@1c010000: reg: it is no page of registers");
    assert_log("warning: /cpus/cpu@1: enable-method \"\" is not one");
    assert_true(test_plan.fatal);

    plan_board_text(BOARD_ROOT BOARD_CHOSEN BOARD_MEMORY BOARD_REST SYSREG_CPUS SYSREG(
        "<0 0x1c010000 0 0x1000>") "};");
    assert_log("warning: /cpus/cpu@1: enable-method \"\" is not one");
    assert_int_equal(board->sysreg.mmio.size, 0);
}

static void test_too_many_cpus(void **state)
{
    const struct plan_board *board = &test_plan.board;
    char text[8192] = BOARD_ROOT BOARD_CHOSEN BOARD_MEMORY BOARD_REST
        "cpus { #address-cells = <1>; #size-cells = <0>; enable-method = \"psci\";";

    (void)state;
    for (int i = CONFIG_MAX_CPUS + 1; i >= 0; i--) { /* the boot CPU, 0, is the last */
        size_t used = strlen(text);

        (void)snprintf(text + used, sizeof(text) - used,
                       "cpu@%x { device_type = \"cpu\"; reg = <%d>; };", (unsigned int)i, i);
    }
    strcat(text, "}; };");
    plan_board_text(text);
    assert_int_equal(test_plan.errors, 0);
    assert_log("warning: /cpus/cpu@1: more than");
    assert_log("warning: /cpus/cpu@2: more than");
    assert_no_log("warning: /cpus/cpu@3:");
    assert_int_equal(board->cpu_count, CONFIG_MAX_CPUS);
    assert_int_equal(board->boot_cpu, CONFIG_MAX_CPUS - 1);
    assert_int_equal(board->cpus[board->boot_cpu].mpidr, 0);
}

/* ---- what is wrong ---- */

#define WITHOUT_CPUS BOARD_ROOT BOARD_CHOSEN BOARD_MEMORY BOARD_REST
#define CPUS_OF(text)                                                                              \
    WITHOUT_CPUS "cpus { #address-cells = <1>; #size-cells = <0>;"                                 \
                 " cpu@0 { device_type = \"cpu\"; reg = <0>; };" text "}; };"

static const struct wrong wrong[] = {
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_REST "};", "/memory: no RAM"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_REST
     "memory@0 { device_type = \"memory\"; reg = <0 0 0 0>; }; };",
     "/memory: no RAM"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_REST
     "memory@0 { device_type = \"memory\"; reg = <0 0x40000000 0x40000000>; }; };",
     "/memory@0: reg: its length, its cells or an address makes no sense"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST
     "reserved-memory { x { reg = <1>; }; }; };",
     "/reserved-memory/x: reg: its length"},
    {WITHOUT_CPUS "};", "/cpus: the CPU that runs this, <0x0>, is not in it"},
    {CPUS_OF("cpu@1 { device_type = \"cpu\"; reg = <0>; };"),
     "/cpus/cpu@1: reg: <0x0> is another CPU's too"},
    {CPUS_OF("cpu@1 { device_type = \"cpu\"; reg = <0x80000001>; };"),
     "/cpus/cpu@1: reg: it must be the affinity fields"},
    {CPUS_OF("cpu@1 { device_type = \"cpu\"; reg = <0 1>; };"),
     "/cpus/cpu@1: reg: it must be the affinity fields"},
    {CPUS_OF("cpu@1 { device_type = \"cpu\"; };"), "/cpus/cpu@1: reg: it must be"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_GIC BOARD_TIMER BOARD_UART BOARD_OTHER
     "psci { compatible = \"arm,psci-1.0\"; method = \"hvc\"; }; };",
     "/psci: CPUs are started by psci, but there is no node"},
};

static void test_wrong(void **state)
{
    (void)state;
    assert_each(wrong, ARRAY_SIZE(wrong), plan_board_text, assert_fatal);
}

static void test_too_much_memory(void **state)
{
    char text[16384] = BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_REST;

    (void)state;
    for (uint32_t i = 1; i <= PLAN_MAX_RAM_BANKS + 1; i++) {
        size_t used = strlen(text);

        (void)snprintf(text + used, sizeof(text) - used,
                       "memory@%u0000 { device_type = \"memory\"; reg = <0 0x%u0000 0 0x1000>; };",
                       i, i);
    }
    strcat(text, "};");
    plan_board_text(text);
    assert_int_equal(test_plan.errors, 0);
    assert_int_equal(test_plan.board.ram_banks, PLAN_MAX_RAM_BANKS);
    assert_log("warning: /memory@90000: more than 8 banks: RAM from 0x90000 is left out");
}

static void test_too_many_reservations(void **state)
{
    char text[16384] = "";

    (void)state;
    for (uint32_t i = 1; i <= PLAN_MAX_RESERVED; i++) {
        size_t used = strlen(text);

        (void)snprintf(text + used, sizeof(text) - used, "/memreserve/ 0x%u0000 0x1000;", i);
    }
    strcat(text, BOARD);
    plan_board_text(text);
    assert_true(test_plan.fatal);
    assert_log("error: /reserved-memory: more than 64 reservations");
}

static void test_find_system(void **state)
{
    static const struct {
        const char *chosen;
        enum status status;
    } cases[] = {
        {"", E_NOT_FOUND},
        {"chosen { };", E_NOT_FOUND},
        {"chosen { linux,initrd-start = <0x1000>; linux,initrd-end = <0x3000>; };", OK},
        {"chosen { linux,initrd-start = <0 0x1000>; linux,initrd-end = <0 0x3000>; };", OK},
        {"chosen { linux,initrd-start = <0x1000>; };", E_INVALID},
        {"chosen { linux,initrd-end = <0x1000>; };", E_INVALID},
        {"chosen { linux,initrd-start = <0x3000>; linux,initrd-end = <0x3000>; };", E_INVALID},
        {"chosen { linux,initrd-start = <0>; linux,initrd-end = <0x7fffffff 0>; };", E_INVALID},
    };

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[256];
        struct range r;
        struct tree tree;

        (void)snprintf(text, sizeof(text), "/ { %s };", cases[i].chosen);
        tree = tree_compile(text);
        assert_int_equal(plan_find_system(tree.data, &r), cases[i].status);
        if (cases[i].status == OK) {
            assert_int_equal(r.base, 0x1000);
            assert_int_equal(r.size, 0x2000);
        }
        tree_free(tree);
    }
}

/* ---- real and hostile trees ---- */

static void test_qemu(void **state)
{
    static const char *const machines[] = {"gic-version=2", "gic-version=3",
                                           "gic-version=3,its=off", "gic-version=4"};
    const struct plan_board *board = &test_plan.board;

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(machines); i++) {
        struct tree tree = tree_qemu(machines[i]);

        plan_board(tree);
        assert_string_equal(log_text, "");
        assert_int_equal(board->cpu_count, 4);
        assert_int_equal(board->ram[0].size, UINT64_C(0x80000000));
        assert_int_equal(board->gic.version, i == 0 ? 2 : 3);
        assert_int_equal(board->gic.dist.base, 0x8000000);
        assert_int_equal(board->gic.maintenance, 25);
        assert_int_equal(board->gic.hyp.base, i == 0 ? 0x8030000 : 0);
        assert_int_equal(board->gic.redists, i == 0 ? 0 : 1);
        assert_int_equal(board->timer_virt, 27);
        assert_int_equal(board->pmu, 23);
        assert_true(board->psci);
        assert_string_equal(board->console.path, "/pl011@9000000");
        assert_int_equal(board->console.clock, 24000000);
        tree_free(tree);
    }
}

static void test_flipped(void **state)
{
    struct tree tree = tree_compile(BOARD);
    uint8_t *bytes = tree.data;

    (void)state;
    for (size_t i = 0; i < tree.size; i++) {
        for (uint32_t flip = 0; flip < 8; flip++) {
            bytes[i] ^= (uint8_t)(1u << flip);
            plan_board(tree);
            bytes[i] ^= (uint8_t)(1u << flip);
            assert_int_equal(test_plan.errors > 0, log_has("bulkhead: error: "));
            assert_int_equal(test_plan.errors > 0, test_plan.fatal);
        }
    }
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_board),
        cmocka_unit_test(test_ram),
        cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_cpus),
        cmocka_unit_test(test_too_many_cpus),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_too_much_memory),
        cmocka_unit_test(test_too_many_reservations),
        cmocka_unit_test(test_sysreg),
        cmocka_unit_test(test_find_system),
        cmocka_unit_test(test_qemu),
        cmocka_unit_test(test_flipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
