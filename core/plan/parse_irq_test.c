/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of parse_irq.c: GIC, timer, PMU and console of the board's tree. */
#include "core/plan/testing.h"

#include "core/base/bits.h"
#include "core/base/console.h"

static void test_gic_v3(void **state)
{
    const struct plan_gic *gic = &test_plan.board.gic;

    (void)state;
    plan_board_text(
        BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_TIMER BOARD_UART
            BOARD_OTHER
        "soc { #address-cells = <1>; #size-cells = <1>; ranges = <0 0 0x8000000 0x1000000>;"
        " gic: gic { compatible = \"arm,gic-v3\"; #interrupt-cells = <3>; interrupts = <1 9 4>;"
        " #redistributor-regions = <2>; redistributor-stride = <0 0x40000>;"
        " reg = <0 0x10000>, <0xa0000 0x100000>, <0x200000 0x80000>, <0x300000 0x2000>; }; }; };");
    assert_string_equal(log_text, "");
    assert_int_equal(gic->version, 3);
    assert_int_equal(gic->dist.base, 0x8000000);
    assert_int_equal(gic->redists, 2);
    assert_int_equal(gic->redist[1].base, 0x8200000);
    assert_int_equal(gic->redist[1].size, 0x80000);
    assert_int_equal(gic->redist_stride, 0x40000);
    assert_int_equal(gic->maintenance, 25);
}

static void test_timer_names(void **state)
{
    (void)state;
    plan_board_text(
        BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_GIC BOARD_UART BOARD_OTHER
        "timer { compatible = \"arm,armv7-timer\"; interrupts = <1 10 4>, <1 11 4>, <1 14 4>;"
        " interrupt-names = \"hyp-phys\", \"virt\", \"phys\"; clock-frequency = <24000000>; }; };");
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.board.timer_phys, 30);
    assert_int_equal(test_plan.board.timer_virt, 27);
    assert_int_equal(test_plan.board.timer_hyp, 26);
    assert_int_equal(test_plan.board.timer_hz, 24000000);
}

static void test_pmu_choice(void **state)
{
    (void)state;
    plan_board_text(
        BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_GIC BOARD_TIMER BOARD_UART
        "clk: clock { }; ddr { compatible = \"x,ddr-pmu\"; interrupts = <0 50 4>; };"
        "core { compatible = \"arm,cortex-a53-pmu\"; interrupts = <1 7 4>; }; };");
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.board.pmu, 23);
}

static void test_console_choice(void **state)
{
    (void)state;
    plan_board_text(BOARD_ROOT BOARD_CPUS BOARD_MEMORY BOARD_REST "};"); /* the alias serial0 */
    assert_string_equal(log_text, "");
    assert_string_equal(test_plan.board.console.path, "/uart@9000000");
    plan_board_text(BOARD_ROOT
                    "chosen { stdout-path = \"serial0:9600\"; };" BOARD_CPUS BOARD_MEMORY BOARD_REST
                    "};");
    assert_string_equal(log_text, "");
    assert_string_equal(test_plan.board.console.path, "/uart@9000000");
}

/* ---- what is wrong ---- */

#define WITHOUT_GIC                                                                                \
    BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_TIMER BOARD_UART BOARD_OTHER

static const struct wrong wrong[] = {
    {WITHOUT_GIC "gic: gic { }; };", "/: there is no interrupt controller that Bulkhead drives"},
    {WITHOUT_GIC "gic: gic { compatible = \"arm,gic-400\"; #interrupt-cells = <3>;"
                 " interrupts = <1 9 4>; reg = <0 0 0 0x1000>, <0 0x1000 0 0x1000>; }; };",
     "/gic: reg: entry 2, GICH, is missing: Bulkhead cannot virtualize this GIC"},
    {WITHOUT_GIC "gic: gic { compatible = \"arm,gic-400\"; #interrupt-cells = <3>;"
                 " reg = <0 0 0 1>, <0 1 0 1>, <0 2 0 1>, <0 3 0 1>; }; };",
     "/gic: interrupts: the maintenance interrupt, a PPI, is missing"},
    {WITHOUT_GIC "gic: gic { compatible = \"arm,gic-400\"; #interrupt-cells = <3>;"
                 " interrupts = <1 9 4>; reg = <0 0x8000000 0 0x1000>, <0 0x8010000 0 0x1000>,"
                 " <0 0x8030000 0 0x10000>, <0 0x8040000 0 0x10000>; }; };",
     "/gic: reg: entry 1, GICC: 0x1000 bytes do not hold GICC_DIR: a GICv2 has 0x2000"},
    {WITHOUT_GIC "gic: gic { compatible = \"arm,gic-v3\"; #interrupt-cells = <3>;"
                 " interrupts = <1 9 4>; #redistributor-regions = <9>; reg = <0 0 0 1>; }; };",
     "/gic: #redistributor-regions: <9> is not 1 to 8"},
    {WITHOUT_GIC "gic: gic { compatible = \"arm,gic-v3\"; #interrupt-cells = <3>;"
                 " interrupts = <1 9 4>; reg = <0 0x8000000 0 0x10000>; }; };",
     "/gic: reg: entry 1, GICR, is missing"},
    {WITHOUT_GIC
     "gic: gic { compatible = \"arm,gic-v3\"; #interrupt-cells = <3>; interrupts = <1 9 4>;"
     " redistributor-stride = <1>; reg = <0 0x8000000 0 0x10000>,"
     " <0 0x8100000 0 0x80000>; }; };",
     "/gic: redistributor-stride: 0x1 is no multiple of 0x10000"},
    {WITHOUT_GIC
     "gic: gic { compatible = \"arm,gic-v3\"; #interrupt-cells = <3>; interrupts = <1 9 4>;"
     " reg = <0 0x8000000 0 0x10000>, <0 0x8108000 0 0x80000>; }; };",
     "/gic: reg: entry 1, GICR: 0x80000 bytes at 0x8108000 are no frame of 0x10000 bytes"},
    {WITHOUT_GIC
     "gic: gic { compatible = \"arm,gic-v3\"; #interrupt-cells = <3>; interrupts = <1 9 4>;"
     " reg = <0 0x8000000 0 0x1000>, <0 0x8100000 0 0x80000>; }; };",
     "/gic: reg: entry 0, GICD: 0x1000 bytes at 0x8000000 are no frame"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_GIC BOARD_UART BOARD_OTHER
     "};",
     "/: there is no generic timer"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_GIC BOARD_UART BOARD_OTHER
     "timer { compatible = \"arm,armv8-timer\"; interrupts = <1 13 4>, <1 14 4>, <0 11 4>; }; };",
     "/timer: interrupts: that of the hyp-phys timer, a PPI, is missing"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_GIC BOARD_UART BOARD_OTHER
     "timer { compatible = \"arm,armv8-timer\"; interrupts = <1 13 4>, <1 14 4>, <1 11 4>,"
     " <1 10 4>; clock-frequency = <1000>; }; };",
     "/timer: clock-frequency: 1000 Hz, of the tree or else of CNTFRQ_EL0, is no rate of a"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_GIC BOARD_UART BOARD_OTHER
     "timer { compatible = \"arm,armv8-timer\"; interrupts = <1 13 4>, <1 14 4>, <1 11 4>,"
     " <1 10 4>; clock-frequency = <0>; }; };",
     "/timer: clock-frequency: 0 Hz"},
    {BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_PSCI BOARD_GIC BOARD_UART BOARD_OTHER
     "timer { compatible = \"arm,armv8-timer\"; interrupts = <1 13 4>, <1 14 4>, <1 11 4>,"
     " <1 10 4>; clock-frequency = <1 0>; }; };",
     "/timer: clock-frequency: 4294967296 Hz"},
    {BOARD_ROOT "chosen { stdout-path = \"/none\"; };" BOARD_CPUS BOARD_MEMORY BOARD_REST "};",
     "/chosen: stdout-path: \"/none\" is not in the tree"},
    {BOARD_ROOT "chosen { stdout-path = \"/keys\"; };" BOARD_CPUS BOARD_MEMORY BOARD_REST "};",
     "/keys: reg: the console needs one"},
    {BOARD_ROOT "chosen { stdout-path = \"/off@9400000\"; };" BOARD_CPUS BOARD_MEMORY BOARD_REST
                "};",
     "/off@9400000: it is /chosen's stdout-path, but disabled"},
    {BOARD_ROOT "chosen { stdout-path = \"/pmu\"; };" BOARD_CPUS BOARD_MEMORY BOARD_REST "};",
     "/pmu: interrupts: the console needs one, an SPI of the GIC"},
};

static void test_wrong(void **state)
{
    (void)state;
    assert_each(wrong, ARRAY_SIZE(wrong), plan_board_text, assert_fatal);
}

/* Without the GIC nobody's interrupts are known: that is told once, not for each of them. */
static void test_no_gic_is_told_once(void **state)
{
    (void)state;
    plan_board_text(WITHOUT_GIC "gic: gic { }; };");
    assert_int_equal(test_plan.errors, 1);
    assert_log("error: /: there is no interrupt controller");
}

/* A board whose console is this node. */
#define CONSOLE(what)                                                                              \
    BOARD_ROOT BOARD_CPUS BOARD_MEMORY BOARD_REST "chosen { stdout-path = \"/other\"; };"          \
                                                  "other { interrupts = <0 9 4>; " what " }; };"

static const struct uart_ops *driver_of(const char *text)
{
    struct tree tree = tree_compile(text);
    const struct uart_ops *ops;

    plan_board(tree);
    assert_int_equal(test_plan.errors, 0);
    ops = plan_console_driver(&test_plan);
    assert_int_equal(test_plan.errors, ops == NULL ? 1 : 0);
    tree_free(tree);
    return ops;
}

/* The window of the emulated one is a page, whatever the board's UART takes. */
static void test_console_kinds(void **state)
{
    const struct plan_uart *uart = &test_plan.board.console;

    (void)state;
    assert_string_equal(driver_of(CONSOLE("compatible = \"snps,dw-apb-uart\"; reg-shift = <2>;"
                                          " reg-io-width = <4>; reg = <0 0x9100000 0 0x100>;"))
                            ->compatible[0],
                        "ns16550a");
    assert_int_equal(uart->reg_shift, 2);
    assert_int_equal(uart->reg_width, 4);
    assert_string_equal(driver_of(CONSOLE("compatible = \"x,uart\", \"ns16550a\";"
                                          " reg = <0 0x9100500 0 8>;"))
                            ->compatible[0],
                        "ns16550a");
    assert_int_equal(uart->reg_shift, 0);
    assert_int_equal(uart->reg_width, 1);
    assert_int_equal(uart->window.base, 0x9100000);
    assert_int_equal(uart->window.size, 0x1000);
    assert_string_equal(driver_of(CONSOLE("compatible = \"fsl,imx8mp-uart\", \"fsl,imx6q-uart\";"
                                          " reg = <0 0x9110000 0 0x10000>;"))
                            ->compatible[0],
                        "fsl,imx6q-uart");
    assert_int_equal(uart->window.size, 0x1000);
    assert_string_equal(driver_of(CONSOLE("compatible = \"xlnx,zynqmp-uart\", \"cdns,uart-r1p12\";"
                                          " reg = <0 0x9110000 0 0x1000>;"))
                            ->compatible[0],
                        "cdns,uart-r1p12");
    assert_string_equal(driver_of(CONSOLE("compatible = \"brcm,bcm2835-aux-uart\";"
                                          " reg = <0 0x9215040 0 0x40>;"))
                            ->compatible[0],
                        "brcm,bcm2835-aux-uart");
    assert_int_equal(uart->window.base, 0x9215000);
}

static void test_console_registers(void **state)
{
    (void)state;
    assert_null(driver_of(CONSOLE("compatible = \"ns16550a\"; reg-shift = <3>;"
                                  " reg = <0 0x9100000 0 0x100>;")));
    assert_log(
        "error: /other: reg-shift, reg-io-width: <3>, <1>: a console's registers are 1, 2 or "
        "4 bytes apart (0 to 2), and of 1 or 4 bytes");
    assert_null(driver_of(CONSOLE("compatible = \"ns16550a\"; reg-io-width = <2>;"
                                  " reg = <0 0x9100000 0 0x100>;")));
    assert_log("reg-io-width: <0>, <2>: ");
    assert_null(driver_of(CONSOLE("compatible = \"ns16550a\"; reg-shift = <1>;"
                                  " reg-io-width = <4>; reg = <0 0x9100000 0 0x100>;")));
    assert_log("reg-io-width: <1>, <4>: "); /* the second would lie askew */
    assert_non_null(driver_of(CONSOLE("compatible = \"arm,pl011\"; reg-shift = <2>;"
                                      " reg-io-width = <4>; reg = <0 0x9100000 0 0x100>;")));
    assert_null(driver_of(CONSOLE("compatible = \"ns16550a\"; reg-shift = <2>;"
                                  " reg = <0 0x9100000 0 0x1f>;")));
    assert_log("error: /other: reg: 0x1f bytes at 0x9100000 hold no console's registers");
    assert_null(driver_of(CONSOLE("compatible = \"arm,pl011\"; reg = <0 0x9100002 0 0x100>;")));
    assert_log("error: /other: reg: 0x100 bytes at 0x9100002 hold no console's registers");
}

static void test_console_driver(void **state)
{
    struct tree good = tree_compile(BOARD);
    struct tree other =
        tree_compile(BOARD_ROOT BOARD_CPUS BOARD_MEMORY BOARD_REST
                     "chosen { stdout-path = \"/other\"; };"
                     "other { compatible = \"acme,uart\", \"acme,old\"; interrupts = <0 9 4>;"
                     " reg = <0 0x9100000 0 0x1000>; }; };");

    (void)state;
    plan_board(good);
    assert_ptr_equal(plan_console_driver(&test_plan), drivers_uart[0]);
    assert_false(test_plan.fatal);
    plan_board(other);
    assert_int_equal(test_plan.errors, 0);
    assert_null(plan_console_driver(&test_plan));
    assert_true(test_plan.fatal);
    assert_log("error: /other: compatible: no driver for the console \"acme,uart\" is compiled in");
    tree_free(good);
    tree_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gic_v3),
        cmocka_unit_test(test_timer_names),
        cmocka_unit_test(test_pmu_choice),
        cmocka_unit_test(test_console_choice),
        cmocka_unit_test(test_no_gic_is_told_once),
        cmocka_unit_test(test_console_kinds),
        cmocka_unit_test(test_console_registers),
        cmocka_unit_test(test_console_driver),
        cmocka_unit_test(test_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
