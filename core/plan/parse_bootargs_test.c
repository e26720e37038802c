/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of parse_bootargs.c: which command lines are told to leave a Linux silent. */
#include "core/plan/testing_system.h"

#include "core/base/bits.h"

#define LINUX      CPUS MEMORY "kernel = \"linux\";"
#define ARGS(args) LINUX "bootargs = \"" args "\";"
#define WARNING    "bulkhead: warning: p: /configurations/p: bootargs: "
#define SILENT     ": its UART is an emulated PL011: say console=ttyAMA0, or nothing is heard of it"
#define EARLY      ": its UART is an emulated PL011 at 0x9000000: say earlycon alone"

static const struct wrong odd[] = {
    {ARGS("console=ttyS0,115200n8 quiet"), WARNING "console=ttyS0,115200n8" SILENT},
    {ARGS("quiet console=hvc0"), WARNING "console=hvc0" SILENT},
    {ARGS("console=ttyS0  console=tty0"), WARNING "console=tty0" SILENT},
    {ARGS("console=ttyAMA1"), WARNING "console=ttyAMA1" SILENT},
    {ARGS("console=ttyAMA01"), WARNING "console=ttyAMA01" SILENT},
    {ARGS("console=pl011,0x9000001"), WARNING "console=pl011,0x9000001" SILENT},
    {ARGS("a='\\\"x console=ttyAMA0\\\" console=ttyS1"), WARNING "console=ttyS1" SILENT},
    {ARGS("console=ttyS2 -- console=ttyAMA0"), WARNING "console=ttyS2" SILENT},
    {CPUS MEMORY "kernel = \"zimage32\"; bootargs = \"console=ttyS0\";",
     WARNING "console=ttyS0" SILENT},
    {ARGS("earlycon=uart8250,mmio32,0x9000000"),
     WARNING "earlycon=uart8250,mmio32,0x9000000" EARLY},
    {ARGS("earlycon=pl011,0x90000000"), WARNING "earlycon=pl011,0x90000000" EARLY},
    {ARGS("earlycon=pl011,9000000"), WARNING "earlycon=pl011,9000000" EARLY},
    {ARGS("earlycon=pl011,0x"), WARNING "earlycon=pl011,0x" EARLY},
    {ARGS("earlycon=pl011"), WARNING "earlycon=pl011" EARLY},
};

static void assert_warned(const struct wrong *w)
{
    assert_case(w, log_has(w->message));
    assert_case(w, test_plan.warnings == 1);
    assert_case(w, test_plan.errors == 0);
}

static void test_silent(void **state)
{
    (void)state;
    assert_each(odd, ARRAY_SIZE(odd), parse_one, assert_warned);
}

static const struct wrong heard[] = {
    {LINUX, "no command line"},
    {ARGS("quiet root=/dev/vda"), "the console is stdout-path's"},
    {ARGS("console=ttyAMA0,115200"), "it is the UART"},
    {ARGS("console=ttyAMA"), "as it is numbered from 0"},
    {ARGS("console=ttyAMA0 console=tty0"), "one of them is"},
    {ARGS("console=tty0 console=ttyAMA0"), "one of them is"},
    {ARGS("console=pl011,mmio32,0x9000000"), "it is the UART, by its address"},
    {ARGS("console=\\\"ttyAMA0,115200\\\""), "a value may be quoted"},
    {ARGS("console=null"), "silence is meant"},
    {ARGS("console="), "silence is meant"},
    {ARGS("console=ttynull"), "silence is meant"},
    {ARGS("xconsole=ttyS0 consoleblank=0 console netconsole=x"), "other parameters"},
    {ARGS("x -- console=ttyS0 earlycon=x"), "they are init's"},
    {ARGS("x=\\\"a console=ttyS0\\\""), "it is a value"},
    {ARGS("earlycon"), "of stdout-path"},
    {ARGS("earlycon=pl011,0x9000000 earlycon=pl011,mmio,0x09000000"), "it is the UART"},
    {GOOD "bootargs = \"console=ttyS0\";", "no Linux: its words are its own"},
    {ARGS("console=ttyS0 earlycon=x") "console = \"none\";", "it has no UART"},
    {ARGS("console=ttyS0 earlycon=x") "devices = \"/rtc@9010000\";", "a device may be one"},
};

static void assert_not_warned(const struct wrong *w)
{
    assert_case(w, log_text[0] == '\0');
    assert_case(w, test_plan.warnings == 0);
}

static void test_heard(void **state)
{
    (void)state;
    assert_each(heard, ARRAY_SIZE(heard), parse_one, assert_not_warned);
}

/* A tree of its own may number UARTs in another way; another partition's devices are no matter. */
static void test_others(void **state)
{
    (void)state;
    parse_one(ARGS("console=ttyAMA1") "fdt = \"tree\";");
    assert_no_log("bootargs");
    parse_file(CONFIGURATION("a", GOOD "devices = \"/rtc@9010000\";")
                   CONFIGURATION("b", ARGS("console=ttyS0")));
    assert_log("warning: b: /configurations/b: bootargs: console=ttyS0: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_heard),
        cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
