/* SPDX-License-Identifier: Apache-2.0 */
/* What granted devices refer to: copied, replaced by a fixed one, or told. */
#include "core/plan/refer.h"

#include "core/plan/testing_system.h"

#include "core/base/bits.h"

#define DEVICE(at, properties)                                                                     \
    "d@" at " { compatible = \"arm,pl031\"; reg = <0 0x" at " 0 0x1000>; " properties " };"
#define REGULATOR(name, voltage, rest)                                                             \
    name ": " name " { compatible = \"regulator-fixed\"; regulator-min-microvolt = <" voltage ">;" \
         " regulator-max-microvolt = <" voltage ">; " rest " };"
/* The GPIO controller's clocks are none. */
#define PROVIDERS                                                                                  \
    "pll: pll { compatible = \"some,pll\"; #clock-cells = <1>; #reset-cells = <1>;"                \
    " #power-domain-cells = <0>; #phy-cells = <0>; };"                                             \
    "slow: slow { compatible = \"fixed-clock\"; #clock-cells = <0>; clock-frequency = <32768>; };" \
    "pins { uart_pins: uart { }; };"                                                               \
    "gpio: g@b100000 { compatible = \"arm,pl061\"; reg = <0 0xb100000 0 0x1000>;"                  \
    " #gpio-cells = <2>; };"                                                                       \
    "range: range { compatible = \"regulator-fixed\"; regulator-min-microvolt = <1>;"              \
    " regulator-max-microvolt = <2>; };"                                                           \
    "pmic: pmic { regulator-always-on; regulator-min-microvolt = <900000>;"                        \
    " regulator-max-microvolt = <900000>; };"
#define REGULATORS                                                                                 \
    REGULATOR("rail", "5000000", "")                                                               \
    REGULATOR("fed", "3300000", "vin-supply = <&rail>;")                                           \
    REGULATOR("switched", "3300000", "gpio = <&gpio 1 0>;")                                        \
    REGULATOR("lower", "1800000", "vin-supply = <&switched>;")                                     \
    REGULATOR("loop", "1800000", "vin-supply = <&loop>;")
#define FIXED                                                                                      \
    "clocks = <&clk>, <&slow>; clock-names = \"a\", \"b\"; vdd-supply = <&fed>;"                   \
    " phy-mode = \"rgmii\"; ngpios = <8>;"
#define NOT_FIXED                                                                                  \
    "clocks = <&slow>, <&pll 3>; clock-names = \"a\", \"b\"; resets = <&pll 1>;"                   \
    " reset-names = \"r\"; power-domains = <&pll>; pinctrl-0 = <&uart_pins>;"                      \
    " pinctrl-names = \"default\"; phys = <&pll>; vdd-supply = <&switched>;"
#define SUPPLIED                                                                                   \
    "cs-gpios = <&gpio 1 0>, <&gpio 2 0>; a-supply = <&lower>; b-supply = <&loop>;"                \
    " c-supply = <&range>; d-supply = <&pmic>;"
#define NODES "sensor@1 { }; off@2 { status = \"disabled\"; }; sensor@3 { };"
#define CUT   "reset-gpios = <&gpio 1 0>, <&gpio 2>;"
#define NONSENSE                                                                                   \
    "clocks = <&clk>, <&clk>, <&clk>, <&clk>, <&clk>, <&clk>, <&clk>, <&clk>, <&clk>;"             \
    " e-supply = <&clk>; gpios; msi-parent = <&gpio>;"
#define DEVICES                                                                                    \
    DEVICE("b000000", FIXED)                                                                       \
    DEVICE("b001000", NOT_FIXED)                                                                   \
    DEVICE("b002000", SUPPLIED)                                                                    \
    DEVICE("b003000", NODES)                                                                       \
    DEVICE("b004000", CUT)                                                                         \
    DEVICE("b005000", NONSENSE)
#define REFER_BOARD                                                                                \
    BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST PROVIDERS REGULATORS DEVICES "};"

#define WARNING "bulkhead: warning: p: /d@"
#define LOST    ": not given to the partition: "

static int set_up_refer(void **state)
{
    (void)state;
    board = tree_compile(REFER_BOARD);
    return 0;
}

/* "p" has these devices; nothing is an error. */
static void grant(const char *devices)
{
    static char properties[512];

    (void)snprintf(properties, sizeof(properties), GOOD "devices = %s;", devices);
    parse_one(properties);
    assert_int_equal(test_plan.errors, 0);
}

/* What becomes of the first device's property. */
static enum refer how_of(const char *name)
{
    const struct plan_device *device = &test_plan.devices[0];
    struct dt_property property = {.name = name};

    property.data = dt_property(board.data, device->node, name, &property.size);
    assert_non_null(property.data);
    return refer_how(&test_plan, device, &property);
}

static void what_is_fixed_is_replaced_and_no_word_said(void **state)
{
    uint32_t rate[REFER_MAX_CLOCKS];

    (void)state;
    grant("\"/d@b000000\"");
    assert_string_equal(log_text, "");
    assert_int_equal(how_of("clocks"), REFER_CLOCKS);
    assert_int_equal(how_of("clock-names"), REFER_COPIED);
    assert_int_equal(how_of("vdd-supply"), REFER_SUPPLY);
    assert_int_equal(how_of("phy-mode"), REFER_COPIED);
    assert_int_equal(how_of("ngpios"), REFER_COPIED);
    assert_int_equal(how_of("compatible"), REFER_COPIED);
    assert_int_equal(refer_rates(board.data, test_plan.devices[0].node, rate), 2);
    assert_int_equal(rate[0], 24000000);
    assert_int_equal(rate[1], 32768);
}

static void what_cannot_be_given_is_told_with_the_way_out(void **state)
{
    static const char *const lost[] = {
        "clocks" LOST "the board's tree does not tell all their rates; firmware has to leave "
        "them on\n",
        "resets" LOST "firmware has to leave the device out of reset\n",
        "power-domains" LOST "firmware has to leave them on\n",
        "pinctrl-0" LOST "firmware has to set the pins up\n",
        "phys" LOST "firmware has to set the PHYs up\n",
        "vdd-supply" LOST
        "it has no fixed voltage, or may be switched off; firmware has to leave it on\n",
    };
    static const char *const along[] = {"clock-names", "reset-names", "pinctrl-names"};
    char line[256];
    uint32_t lines = 0;

    (void)state;
    grant("\"/d@b001000\"");
    for (uint32_t i = 0; i < ARRAY_SIZE(lost); i++) {
        (void)snprintf(line, sizeof(line), WARNING "b001000: %s", lost[i]);
        assert_log(line);
    }
    for (const char *at = log_text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, ARRAY_SIZE(lost)); /* nothing of what goes along, nothing twice */
    for (uint32_t i = 0; i < ARRAY_SIZE(along); i++) {
        assert_int_equal(how_of(along[i]), REFER_LOST);
    }
    assert_int_equal(how_of("clocks"), REFER_LOST);
}

static void a_reference_to_what_it_has_too_is_copied(void **state)
{
    (void)state;
    grant("\"/d@b002000\"");
    assert_int_equal(how_of("cs-gpios"), REFER_LOST);
    assert_log(WARNING "b002000: cs-gpios" LOST);
    grant("\"/d@b002000\", \"/g@b100000\"");
    assert_int_equal(how_of("cs-gpios"), REFER_COPIED);
    assert_no_log("cs-gpios");
    /* A list that ends in the middle of a specifier. */
    grant("\"/d@b004000\", \"/g@b100000\"");
    assert_int_equal(how_of("reset-gpios"), REFER_LOST);
}

static void a_regulator_that_may_be_off_is_not_replaced(void **state)
{
    static const char *const supplies[] = {"a-supply", "b-supply", "c-supply", "d-supply"};

    (void)state;
    grant("\"/d@b002000\"");
    for (uint32_t i = 0; i < ARRAY_SIZE(supplies); i++) {
        assert_int_equal(how_of(supplies[i]), REFER_LOST);
        assert_log(supplies[i]);
    }
}

static void what_makes_no_sense_is_told(void **state)
{
    static const char *const names[] = {"clocks", "e-supply", "gpios", "msi-parent"};

    (void)state;
    grant("\"/d@b005000\", \"/g@b100000\"");
    for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
        char line[128];

        (void)snprintf(line, sizeof(line), WARNING "b005000: %s" LOST, names[i]);
        assert_log(line);
    }
}

static void nodes_below_are_told(void **state)
{
    (void)state;
    grant("\"/d@b003000\"");
    assert_log(WARNING "b003000: the nodes below it are not given to the partition (sensor@1, "
                       "sensor@3): ");
}

static void who_has_a_tree_of_its_own_is_told_nothing(void **state)
{
    (void)state;
    grant("\"/d@b001000\"");
    log_clear();
    refer_tell(&test_plan);
    assert_log("not given to the partition");
    log_clear();
    test_plan.partitions[0].fdt.size = 1;
    refer_tell(&test_plan);
    assert_string_equal(log_text, "");
}

static void who_is_refused_is_told_nothing(void **state)
{
    (void)state;
    parse_one(GOOD "devices = \"/d@b001000\", \"/nowhere\";");
    assert_log("error: p: ");
    assert_no_log("not given to the partition");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_fixed_is_replaced_and_no_word_said),
        cmocka_unit_test(what_cannot_be_given_is_told_with_the_way_out),
        cmocka_unit_test(a_reference_to_what_it_has_too_is_copied),
        cmocka_unit_test(a_regulator_that_may_be_off_is_not_replaced),
        cmocka_unit_test(what_makes_no_sense_is_told),
        cmocka_unit_test(nodes_below_are_told),
        cmocka_unit_test(who_has_a_tree_of_its_own_is_told_nothing),
        cmocka_unit_test(who_is_refused_is_told_nothing),
    };

    return cmocka_run_group_tests(tests, set_up_refer, tear_down);
}
