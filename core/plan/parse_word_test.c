/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of one partition's words: each that is wrong has its message, and is refused. */
#include "core/plan/testing_system.h"

#include "core/base/bits.h"

/* ---- what is wrong with one word ---- */

static const struct wrong wrong[] = {
    /* names */
    {GOOD "memroy = <1>;", "p: /configurations/p: unknown property \"memroy\": did you mean "
                           "\"memory\"?"},
    {GOOD "device = \"x\";", "unknown property \"device\": did you mean \"devices\"?"},
    {GOOD "CPUs = <0>;", "unknown property \"CPUs\": did you mean \"cpus\"?"},
    {GOOD "boot-args = \"x\";", "unknown property \"boot-args\": did you mean \"bootargs\"?"},
    {GOOD "reg = <1>;", "unknown property \"reg\": did you mean \"memory\"?"},
    {GOOD "devices = <0x9010000>;", "not in <>"},
    {GOOD "cmdline = \"x\";", "unknown property \"cmdline\": did you mean \"bootargs\"?"},
    {GOOD "initrd = \"x\";", "unknown property \"initrd\": did you mean \"ramdisk\"?"},
    {GOOD "dtb = \"x\";", "unknown property \"dtb\": did you mean \"fdt\"?"},
    {GOOD "loadables = \"x\";", "unknown property \"loadables\"\n"},
    {GOOD "colour = \"x\";", "unknown property \"colour\"\n"},
    {GOOD "what { };", "unknown node \"what\": only hash and signature may be below"},
    /* what must be there */
    {CPUS MEMORY, "there is no \"kernel\": name an image of /images"},
    {KERNEL MEMORY, "there is no \"cpus\": list the CPUs"},
    {KERNEL CPUS, "there is no \"memory\": give (base, size) pairs"},
    /* strings */
    {GOOD "description = <1>;", "description: is no string"},
    {GOOD "description = [41];", "description: is no string"},
    {GOOD "description;", "description: has no value"},
    {GOOD "description = \"\";", "description: is an empty string"},
    {GOOD "description = \"a\", \"b\";", "description: it is a list of strings"},
    {GOOD "description = [1b 5b 32 4a 00];", "description: holds control characters"},
    {GOOD "description = [c3 28 00];", "is not UTF-8"},
    {GOOD "description = [c2 9b 00];", "is not UTF-8"},
    {GOOD "description = [e2 82 00];", "is not UTF-8"},
    {GOOD "description = [ff 00];", "is not UTF-8"},
    {GOOD "bootargs = <0x41424344>;", "bootargs: is no string"},
    {GOOD "bootargs = <5>;", "bootargs: is no string"},
    /* CPUs */
    {KERNEL MEMORY "cpus = <7>;", "cpus: <0x7> is not in the board's /cpus; it has 0x0, 0x1, "
                                  "0x100, 0x101"},
    {KERNEL MEMORY "cpus;", "cpus: 0 bytes: list the CPUs as cells"},
    {KERNEL MEMORY "cpus = [00 00 01];", "cpus: 3 bytes: list the CPUs as cells"},
    {KERNEL MEMORY "cpus = <0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16>;",
     "cpus: 17 listed; a partition has at most 16"},
    /* memory */
    {KERNEL CPUS "memory = <0x40000000 0x1000>;", "memory: 8 bytes: give (base, size) pairs"},
    {KERNEL CPUS "memory;", "memory: 0 bytes: give (base, size) pairs"},
    {KERNEL CPUS
     "memory = <0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0>;",
     "memory: 9 ranges; a partition has at most 8"},
    /* flags and choices */
    {GOOD "direct-map = <1>;", "direct-map: it is a flag: write it without a value"},
    {GOOD "console = \"mine\";", "console: \"mine\": it is \"shared\" or \"none\""},
    {GOOD "interrupt-mode = \"direct\";",
     "interrupt-mode: \"direct\" is not supported by this version: use \"virtual\""},
    {GOOD "interrupt-mode = \"fast\";",
     "interrupt-mode: \"fast\" is not supported by this version"},
};

static void test_wrong(void **state)
{
    (void)state;
    assert_each(wrong, ARRAY_SIZE(wrong), parse_one, assert_refused);
}

static void test_all_errors_are_told(void **state)
{
    (void)state;
    parse_one("kernel = \"none\"; cpus = <9>; memory = <1>; consle = \"none\"; devices = \"/x\";");
    assert_log("kernel: \"none\"");
    assert_log("cpus: <0x9>");
    assert_log("memory: 4 bytes");
    assert_log("\"consle\": did you mean \"console\"");
    assert_log("devices: \"/x\"");
    assert_int_equal(test_plan.errors, 5);
}

static void test_escaped(void **state)
{
    (void)state;
    parse_one(CPUS MEMORY "kernel = [1b 5b 32 4a 00];");
    assert_log("kernel: holds control characters");
    parse_one(GOOD "devices = [2f ff 00];");
    assert_log("devices: holds control characters, or is not UTF-8");
    parse_one(CPUS MEMORY "kernel = [c3 a9 00];");
    assert_log("kernel: \"\\xc3\\xa9\" is not in /images");
}

static void test_long_strings(void **state)
{
    static char text[4096];
    static char filler[2100];

    (void)state;
    memset(filler, 'x', sizeof(filler) - 1);
    (void)snprintf(text, sizeof(text), GOOD "bootargs = \"%.2047s\"; description = \"%.127s\";",
                   filler, filler);
    parse_one(text);
    assert_string_equal(log_text, "");
    (void)snprintf(text, sizeof(text), GOOD "bootargs = \"%.2048s\";", filler);
    parse_one(text);
    assert_log("bootargs: 2048 characters: at most 2047 are kept");
    (void)snprintf(text, sizeof(text), GOOD "description = \"%.128s\";", filler);
    parse_one(text);
    assert_log("description: 128 characters: at most 127 are kept");
    (void)snprintf(text, sizeof(text), GOOD "devices = \"/%.2000s\";", filler);
    parse_one(text);
    assert_log("...\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_all_errors_are_told),
        cmocka_unit_test(test_escaped),
        cmocka_unit_test(test_long_strings),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
