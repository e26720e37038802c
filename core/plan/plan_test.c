/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of plan.c: how errors are told and counted, kept text, and the name that was meant. */
#include "core/plan/testing.h"

#include "core/plan/parse.h"

static int set_up(void **state)
{
    (void)state;
    memset(&test_plan, 0, sizeof(test_plan));
    test_plan.partitions[0].name = "one";
    test_plan.partition_count = 1;
    log_clear();
    return 0;
}

static void an_error_refuses_whom_it_concerns(void **state)
{
    (void)state;
    plan_error(&test_plan, 0, "/node", "%s: %u is wrong", "cpus", 7u);
    assert_string_equal(log_text, "bulkhead: error: one: /node: cpus: 7 is wrong\n");
    assert_true(test_plan.partitions[0].refused);
    assert_false(test_plan.fatal);
    assert_int_equal(test_plan.errors, 1);
    plan_error(&test_plan, CONFIG_MAX_PARTITIONS, "/x", "one too many");
    assert_log("bulkhead: error: /x: one too many\n");
    assert_false(test_plan.fatal);
    plan_error(&test_plan, PLAN_SHARED, "/gic", "lost");
    assert_log("bulkhead: error: /gic: lost\n");
    assert_true(test_plan.fatal);
    assert_int_equal(test_plan.errors, 3);
}

static void a_warning_is_told_only(void **state)
{
    (void)state;
    plan_warning(&test_plan, 0, "/node", "odd");
    assert_string_equal(log_text, "bulkhead: warning: one: /node: odd\n");
    assert_int_equal(test_plan.errors, 0);
    assert_false(test_plan.partitions[0].refused || test_plan.fatal);
}

static void what_a_file_says_is_escaped_and_bounded(void **state)
{
    static char filler[1000];

    (void)state;
    test_plan.partitions[0].name = "\x1b[2J";
    plan_error(&test_plan, 0, "/a\nb", "\"\xc3\xa9\x7f\"");
    assert_string_equal(log_text, "bulkhead: error: \\x1b[2J: /a\\x0ab: \"\\xc3\\xa9\\x7f\"\n");
    log_clear();
    memset(filler, 'x', sizeof(filler) - 1);
    plan_warning(&test_plan, PLAN_SHARED, "/", "%s", filler);
    assert_true(log_used < 450);
    assert_log("xxx...\n");
}

static uint32_t lines_told(void)
{
    uint32_t lines = 0;

    for (const char *s = log_text; *s != '\0'; s++) {
        lines += *s == '\n' ? 1u : 0u;
    }
    return lines;
}

static void what_is_too_much_is_only_counted(void **state)
{
    (void)state;
    test_plan.most_told = 64;
    for (uint32_t count = 100; count <= 200; count += 100) {
        for (uint32_t i = count - 100; i < count; i++) {
            assert_int_equal(plan_tells(&test_plan), i < 64);
            assert_int_equal(plan_warns(&test_plan), i < 64);
            plan_error(&test_plan, CONFIG_MAX_PARTITIONS, "/x", "error %u", i);
            plan_warning(&test_plan, CONFIG_MAX_PARTITIONS, "/x", "warning %u", i);
        }
        assert_int_equal(lines_told(), 128);
        assert_int_equal(test_plan.errors, count);
        assert_int_equal(test_plan.warnings, count);
    }
    assert_log("error 63\n");
    assert_log("warning 63\n");
    plan_error(&test_plan, 0, "/x", "told or not");
    assert_true(test_plan.partitions[0].refused);
    assert_int_equal(lines_told(), 128);
}

static void all_is_told_where_there_is_no_most(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        plan_error(&test_plan, CONFIG_MAX_PARTITIONS, "/x", "error %u", i);
    }
    assert_int_equal(lines_told(), 200);
    assert_true(plan_tells(&test_plan));
}

static void text_is_kept_until_there_is_no_room(void **state)
{
    static char filler[PLAN_STRINGS + 1];
    const char *kept = plan_string(&test_plan, "abc");

    (void)state;
    assert_string_equal(kept, "abc");
    assert_true(kept >= test_plan.strings && kept < test_plan.strings + PLAN_STRINGS);
    memset(filler, 'x', PLAN_STRINGS - 4);
    assert_null(plan_string(&test_plan, filler)); /* with its terminator a byte too long */
    filler[PLAN_STRINGS - 5] = '\0';
    assert_non_null(plan_string(&test_plan, filler));
    assert_null(plan_string(&test_plan, ""));
    assert_string_equal(kept, "abc");
}

/* What is offered for a misspelt word. */
static const char *meant(const char *word)
{
    static const char *const names[] = {"memory", "cpus", "console", "devices", "kernel"};
    static struct nearest n;

    nearest_begin(&n, word);
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        nearest_offer(&n, names[i]);
    }
    return n.name;
}

static void the_nearest_name_is_found(void **state)
{
    static char longest[DT_PATH_MAX + 8];

    (void)state;
    assert_string_equal(meant("memroy"), "memory");  /* swapped */
    assert_string_equal(meant("memoryy"), "memory"); /* one more */
    assert_string_equal(meant("consle"), "console"); /* one less */
    assert_string_equal(meant("kermel"), "kernel");  /* another */
    assert_string_equal(meant("cpu"), "cpus");
    assert_string_equal(meant("colour"), "");
    assert_string_equal(meant("x"), "");
    assert_string_equal(meant(""), "");
    memset(longest, 'm', sizeof(longest) - 1);
    assert_string_equal(meant(longest), "");
}

static void lists_end_in_dots_where_they_are_full(void **state)
{
    char list[16] = "";

    (void)state;
    list_append(list, sizeof(list), "one");
    assert_string_equal(list, "one");
    list_append(list, sizeof(list), "two");
    assert_string_equal(list, "one, two");
    list_append(list, sizeof(list), "three");
    list_append(list, sizeof(list), "four");
    assert_string_equal(list, "one, two, ...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_error_refuses_whom_it_concerns, set_up),
        cmocka_unit_test_setup(a_warning_is_told_only, set_up),
        cmocka_unit_test_setup(what_a_file_says_is_escaped_and_bounded, set_up),
        cmocka_unit_test_setup(what_is_too_much_is_only_counted, set_up),
        cmocka_unit_test_setup(all_is_told_where_there_is_no_most, set_up),
        cmocka_unit_test_setup(text_is_kept_until_there_is_no_room, set_up),
        cmocka_unit_test_setup(the_nearest_name_is_found, set_up),
        cmocka_unit_test_setup(lists_end_in_dots_where_they_are_full, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
