/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of parse_device.c: which nodes can be granted, and what they have. */
#include "core/plan/testing_system.h"

#include "core/base/bits.h"

static const struct wrong wrong[] = {
    {GOOD "devices = \"/rtc@9010001\";", "devices: \"/rtc@9010001\" is not in the board's tree: "
                                         "did you mean \"/rtc@9010000\"?"},
    {GOOD "devices = \"rtc\";", "\"rtc\" is not in the board's tree: did you mean \"rtc0\"?"},
    {GOOD "devices = \"/rtc\";",
     "\"/rtc\" is not in the board's tree: did you mean \"/rtc@9010000\"?"},
    {GOOD "devices = \"rtc@9010000\";", "did you mean \"/rtc@9010000\"?"},
    {GOOD "devices = \"timepiece\";", "\"timepiece\" is not in the board's tree: it is none of "
                                      "/aliases, and a path begins with \"/\""},
    {GOOD "devices = \"rct0\";", "\"rct0\" is not in the board's tree: did you mean \"rtc0\"?"},
    {GOOD "devices = \"/no/such/thing/at/all\";",
     "devices: \"/no/such/thing/at/all\" is not in the board's tree\n"},
    {GOOD "devices = \"//rtc\";", "\"//rtc\" is not in the board's tree"},
    {GOOD "devices = \"/\";", "\"/\" is the whole board"},
    {GOOD "devices = \"\";", "devices: is an empty string"},
    {GOOD "devices = \"/rtc@9010000\", \"rtc0\";", "devices: \"rtc0\" is listed twice"},
    {GOOD "devices = \"/rtc@9010000\"; unprotected-devices = \"rtc0\";",
     "unprotected-devices: \"rtc0\" is listed twice"},
    {GOOD "devices = \"serial0\";", "devices: \"serial0\" is the board's console, which Bulkhead "
                                    "drives: use console = \"shared\""},
    {GOOD "devices = \"/intc@8000000\";", "is part of the interrupt controller"},
    {GOOD "devices = \"/timer\";", "is part of every CPU"},
    {GOOD "devices = \"/pmu\";", "is part of every CPU"},
    {GOOD "devices = \"/memory@40000000\";", "is memory: ask for memory in \"memory\""},
    {GOOD "devices = \"/cpus/cpu@1\";", "belongs to the CPUs"},
    {GOOD "devices = \"/psci\";", "is the firmware's"},
    {GOOD "devices = \"/off@9400000\";", "is disabled in the board's tree (status)"},
    {GOOD "devices = \"/noreg\";", "has no registers (reg)"},
    {GOOD "devices = \"/keys\";", "has no registers (reg)"},
    {GOOD "devices = \"/bus@a000000\";", "is a bus: not supported by this version"},
    {GOOD "devices = \"/dma@9100000\";",
     "p: /dma@9100000: it may master the bus (DMA) and is behind no SMMU; list it in "
     "unprotected-devices and give the partition direct-map"},
    {GOOD "unprotected-devices = \"/dma@9100000\";",
     "/dma@9100000: it may master the bus (DMA) and is behind no SMMU; only a partition with "
     "direct-map may have it"},
    {GOOD "devices = \"/beside@9500000\";",
     "p: /beside@9500000: devices: its window 0x9500000+0x1000 shares a page with that of the "
     "disabled /off@9500800, 0x9500800+0x100: it cannot be granted; if no such hardware is there, "
     "delete that node"},
    {GOOD "devices = \"/shared@9300000\";",
     "p: /shared@9300000: devices: its interrupt 62 is also that of /sharer@9310000"},
};

/* Neighbours in the board's tree are looked at when all is known. */
static void check_one(const char *properties)
{
    parse_one(properties);
    plan_check(&test_plan);
}

static void test_wrong(void **state)
{
    (void)state;
    assert_each(wrong, ARRAY_SIZE(wrong), check_one, assert_refused);
}

static void test_alias(void **state)
{
    (void)state;
    parse_one(GOOD "devices = \"rtc0\";");
    assert_string_equal(log_text, "");
    assert_string_equal(test_plan.devices[0].path, "/rtc@9010000");
}

/* A page with another's registers in it is not mapped, and not refused. */
static void test_filtered(void **state)
{
    (void)state;
    check_one(GOOD "devices = \"/near@9200000\", \"/rtc@9010000\";");
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.devices[0].filtered, 1);
    assert_int_equal(test_plan.devices[1].filtered, 0);
    plan_show(&test_plan);
    assert_log("registers 0x9200000-0x92001ff, filtered\n");
    assert_log("registers 0x9010000-0x9010fff\n");
}

/* One that shares its registers with two others is told once. */
static void test_told_once(void **state)
{
    struct tree file = one_of(GOOD "devices = \"/x\";");
    struct tree tree =
        tree_compile(BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST
                     "x { compatible = \"arm,pl031\"; reg = <0 0xb000000 0 0x300>; };"
                     "y { compatible = \"some,device\"; reg = <0 0xb000100 0 0x100>; };"
                     "z { compatible = \"some,device\"; reg = <0 0xb000200 0 0x100>; }; };");

    (void)state;
    parse_on(tree, file);
    plan_check(&test_plan);
    tree_free(file);
    tree_free(tree);
    assert_log("p: /x: devices: its window 0xb000000+0x300 shares a page with that of /y");
    assert_int_equal(test_plan.errors, 1);
}

/* One block of registers that the tree describes once for each of its roles. */
static void test_disabled_role(void **state)
{
    (void)state;
    parse_one(GOOD "devices = \"/role@9600000\";");
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.device_count, 1);
}

static void test_too_many_devices(void **state)
{
    char text[2048] = GOOD "devices = \"/rtc@9010000\"";

    (void)state;
    for (uint32_t i = 0; i < PLAN_MAX_DEVICES; i++) {
        strcat(text, ", \"/noreg\"");
    }
    strcat(text, ";");
    parse_one(text);
    assert_log("devices: more than 32 devices");
}

/* ---- what a device has ---- */

#define MANY_WINDOWS                                                                               \
    "<0 0xb000000 0 8>, <0 0xb001000 0 8>, <0 0xb002000 0 8>, <0 0xb003000 0 8>,"                  \
    " <0 0xb004000 0 8>, <0 0xb005000 0 8>, <0 0xb006000 0 8>, <0 0xb007000 0 8>,"                 \
    " <0 0xb008000 0 8>, <0 0xb009000 0 8>"
#define EIGHT_IRQS(n)                                                                              \
    "<0 " n "0 4>, <0 " n "1 4>, <0 " n "2 4>, <0 " n "3 4>, <0 " n "4 4>, <0 " n "5 4>, <0 " n    \
    "6 4>, <0 " n "7 1>"
#define MANY_IRQS EIGHT_IRQS("6") ", " EIGHT_IRQS("7") ", " EIGHT_IRQS("8") ", " EIGHT_IRQS("9")

/* A partition with the node "/x", an arm,pl031 of these properties. */
static void parse_with(const char *properties)
{
    static char text[8192];
    struct tree file = one_of(GOOD "devices = \"/x\";");
    struct tree tree;

    (void)snprintf(text, sizeof(text),
                   BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST
                   "pic: pic { #interrupt-cells = <1>; interrupt-controller; };"
                   "closed { #address-cells = <1>; #size-cells = <1>; };"
                   "x { compatible = \"arm,pl031\"; %s }; };",
                   properties);
    tree = tree_compile(text);
    parse_on(tree, file);
    tree_free(tree);
    tree_free(file);
}

static void test_windows_and_interrupts(void **state)
{
    (void)state;
    parse_with("reg = " MANY_WINDOWS "; interrupts = " MANY_IRQS ";");
    assert_string_equal(log_text, "");
    assert_int_equal(test_plan.devices[0].mmio_count, PLAN_MAX_WINDOWS);
    assert_int_equal(test_plan.devices[0].mmio[9].base, 0xb009000);
    assert_int_equal(test_plan.devices[0].irq_count, PLAN_MAX_IRQS);
    assert_int_equal(test_plan.devices[0].irq[31].intid, 32 + 97);
    assert_true(test_plan.devices[0].irq[31].edge);
}

static void assert_not_granted(const struct wrong *w)
{
    assert_refused(w);
    assert_case(w, test_plan.device_count == 0);
}

static void test_wrong_windows_and_interrupts(void **state)
{
    static const struct wrong cases[] = {
        {"reg = " MANY_WINDOWS ", <0 0xb00a000 0 8>;", "/x: reg: more than 10 windows"},
        {"reg = <0 0xb000000 0 0>;", "/x: reg: window 0 is not one that the CPU can reach"},
        {"reg = <0 0xb000000>;", "/x: reg: window 0 is not one that the CPU can reach"},
        {"reg = <0 0xb000000 0 8>; interrupts = " MANY_IRQS ", <0 68 4>;",
         "/x: interrupts: number 32 is one too many"},
        {"reg = <0 0xb000000 0 8>; interrupts = <0 60 4>, <1 3 4>;",
         "/x: interrupts: number 1 is a CPU's own (PPI): it cannot be granted"},
        {"reg = <0 0xb000000 0 8>; interrupts-extended = <&pic 1>;",
         "/x: interrupts: number 0 does not go to the GIC"},
        {"reg = <0 0xb000000 0 8>; interrupts = <0 60>;",
         "/x: interrupts: number 0 makes no sense"},
    };

    (void)state;
    assert_each(cases, ARRAY_SIZE(cases), parse_with, assert_not_granted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_alias),
        cmocka_unit_test(test_filtered),
        cmocka_unit_test(test_told_once),
        cmocka_unit_test(test_disabled_role),
        cmocka_unit_test(test_too_many_devices),
        cmocka_unit_test(test_windows_and_interrupts),
        cmocka_unit_test(test_wrong_windows_and_interrupts),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
