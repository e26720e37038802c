/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the console's input side alone: to whom each key goes, who is waited for and how long,
 * and each command's answer. Through a UART and in time: console_keys_test.c.
 */
#include "core/base/console_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/console.h"

/* The unit itself: its state is set back between tests. */
#include "core/base/console_input.c" /* NOLINT */

#define HZ    UINT64_C(1000)
#define DEAF  (3 * HZ)
#define HELP  "(Ctrl-] ? for help)\n"
#define EMPTY (-1)

static struct mux mux;
static char said[2048];

/* Instead of the library's. */
void console_log(const char *text)
{
    assert_true(strlen(said) + strlen(text) < sizeof(said));
    strcat(said, text);
}

static void assert_said(const char *text)
{
    assert_string_equal(said, text);
    said[0] = '\0';
}

static void open_stream(uint32_t index, const char *name)
{
    static uint8_t rings[CONFIG_MAX_PARTITIONS][CONSOLE_RINGS];

    mux.source[MUX_STREAM(index)].name = name;
    mux.source[MUX_STREAM(index)].ring.data = rings[index];
    console_input_open(index, rings[index] + RING_SIZE);
}

static void close_stream(uint32_t index)
{
    mux.source[MUX_STREAM(index)].closed = true;
}

/* Streams 1, 2 and 7 are open: "one", "two", "last"; input to the first of them. */
static int set_up(void **state)
{
    (void)state;
    host_reset();
    host.counter_step = 0;
    memset(&input, 0, sizeof(input));
    said[0] = '\0';
    memset(&mux, 0, sizeof(mux));
    mux.focus = mux.open = MUX_NONE;
    open_stream(1, "one");
    open_stream(2, "two");
    open_stream(7, "last");
    console_input_start(&mux, HZ);
    assert_said("bulkhead: console: all, input to one " HELP);
    return 0;
}

static uint32_t type(const char *keys)
{
    uint32_t set = 0;

    for (; *keys != '\0'; keys++) {
        set |= console_input_byte((uint8_t)*keys);
    }
    return set;
}

static uint32_t escape(char key)
{
    return type((const char[]){CONSOLE_ESCAPE, key, '\0'});
}

/* All of an answer; how many calls it took. */
static uint32_t answer(void)
{
    uint32_t calls = 1;

    while (console_input_more()) {
        assert_true(++calls < 100);
    }
    return calls;
}

static void assert_input(uint32_t index, const char *text)
{
    assert_int_equal(console_stream_input(index), strlen(text));
    for (; *text != '\0'; text++) {
        assert_int_equal(console_input_take(index), *text);
    }
    assert_int_equal(console_input_take(index), EMPTY);
}

static void fill(uint32_t index)
{
    while (console_stream_input(index) < RING_SIZE) {
        assert_true(console_input_has_room());
        assert_int_equal(console_input_byte('x'), 1u << index);
    }
}

/* It listens, its ring is full, and what comes next waits for it. */
static void hold(uint32_t index)
{
    console_stream_listen(index);
    fill(index);
    assert_false(console_input_has_room());
}

/* ---- to whom a key goes ---- */

static void the_first_open_one_has_the_input(void **state)
{
    (void)state;
    assert_int_equal(type("ab"), 1u << 1);
    assert_input(1, "ab");
    assert_input(2, "");
    assert_int_equal(mux.focus, MUX_NONE);
}

static void with_nobody_open_keys_are_dropped(void **state)
{
    (void)state;
    memset(&mux, 0, sizeof(mux));
    console_input_start(&mux, HZ);
    assert_said("");
    assert_int_equal(type("ab"), 0);
    assert_true(console_input_has_room());
    assert_int_equal(escape('n'), 0);
    (void)answer();
    assert_non_null(strstr(said, "Ctrl-] then"));
    said[0] = '\0';
    (void)escape('0');
    assert_false(console_input_more());
    assert_said("");
}

static void a_number_chooses_and_shows_it_raw(void **state)
{
    (void)state;
    assert_int_equal(escape('8'), 0);
    assert_said("bulkhead: console: last " HELP);
    assert_int_equal(mux.focus, MUX_STREAM(7));
    assert_int_equal(type("k"), 1u << 7);
    assert_input(7, "k");
    (void)escape('0');
    assert_said("bulkhead: console: all, input to last " HELP);
    assert_int_equal(mux.focus, MUX_NONE);
    assert_int_equal(type("m"), 1u << 7);
}

static void what_does_not_run_is_not_chosen(void **state)
{
    static const char keys[] = "124569"; /* 2 has ended, the others were never there */

    (void)state;
    close_stream(1);
    (void)escape('3');
    said[0] = '\0';
    for (const char *key = keys; *key != '\0'; key++) {
        char expected[128];

        (void)snprintf(expected, sizeof(expected),
                       "bulkhead: console: there is no partition %c that runs "
                       "(Ctrl-] l lists them)\n",
                       *key);
        (void)escape(*key);
        assert_said(expected);
    }
    assert_int_equal(type("k"), 1u << 2);
}

static void next_goes_around_over_what_is_open(void **state)
{
    static const uint32_t order[] = {2, 7, 1, 2, 7, 1};

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        (void)escape('n');
        assert_int_equal(mux.focus, MUX_STREAM(order[i]));
        assert_int_equal(type("k"), 1u << order[i]);
    }
    close_stream(2);
    close_stream(7);
    said[0] = '\0';
    (void)escape('n'); /* alone: itself */
    assert_said("bulkhead: console: one " HELP);
    assert_int_equal(mux.focus, MUX_STREAM(1));
}

static void input_leaves_who_has_ended(void **state)
{
    (void)state;
    (void)escape('8');
    said[0] = '\0';
    close_stream(7);
    assert_false(console_input_more());
    assert_said("bulkhead: console: all, input to one " HELP);
    assert_int_equal(mux.focus, MUX_NONE);
    close_stream(1);
    close_stream(2);
    assert_false(console_input_more());
    assert_said("");
    assert_int_equal(type("lost"), 0);
}

/* ---- the escape key ---- */

static void the_escape_key_itself_is_sent_twice(void **state)
{
    (void)state;
    assert_int_equal(console_input_byte(CONSOLE_ESCAPE), 0);
    assert_int_equal(console_stream_input(1), 0);
    assert_int_equal(console_input_byte(CONSOLE_ESCAPE), 1u << 1);
    assert_input(1, "\x1d");
    assert_int_equal(type("n"), 1u << 1); /* no command: that one was over */
    assert_said("");
}

static void the_key_after_a_command_is_a_key(void **state)
{
    (void)state;
    (void)type("a\x1dn\nb");
    assert_input(1, "a");
    assert_input(2, "\nb");
}

static void help_is_said_line_by_line(void **state)
{
    uint32_t lines = 0;

    (void)state;
    assert_int_equal(escape('?'), 0);
    assert_said(""); /* not yet: a key's work is bounded */
    assert_int_equal(answer(), 8);
    for (const char *c = said; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    assert_int_equal(lines, 8);
    assert_non_null(strstr(said, "Ctrl-] sends Ctrl-] itself\n"));
    said[0] = '\0';
    assert_false(console_input_more());
    assert_said("");
}

static void another_command_ends_an_answer(void **state)
{
    (void)state;
    (void)escape('?');
    assert_true(console_input_more());
    assert_true(console_input_more());
    said[0] = '\0';
    (void)escape('l');
    (void)answer();
    assert_null(strstr(said, "Ctrl-]"));
    assert_non_null(strstr(said, "console: 2 one: on"));
}

static void the_list_tells_the_truth(void **state)
{
    (void)state;
    (void)escape('3');
    (void)type("abc");
    close_stream(7);
    ring_put(&mux.source[MUX_STREAM(1)].ring, 'o');
    said[0] = '\0';
    (void)escape('l');
    assert_int_equal(answer(), CONFIG_MAX_PARTITIONS);
    assert_said("bulkhead: console: 2 one: on, 1 bytes to show, 0 to read\n"
                "bulkhead: console: 3 two: on, raw, has the input, 0 bytes to show, 3 to read\n"
                "bulkhead: console: 8 last: off, 0 bytes to show, 0 to read\n");
    (void)escape('0');
    said[0] = '\0';
    (void)escape('l');
    (void)answer();
    assert_non_null(strstr(said, "3 two: on, has the input, 0"));
}

static void only_one_is_shown_until_another_is_chosen(void **state)
{
    (void)state;
    (void)escape('o');
    assert_said("bulkhead: console: choose a partition first\n");
    assert_false(mux.only);
    (void)escape('2');
    said[0] = '\0';
    (void)escape('o');
    assert_true(mux.only);
    assert_said("bulkhead: console: only one " HELP);
    mux.hidden = 12345;
    (void)escape('3');
    assert_false(mux.only);
    assert_said("bulkhead: console: 12345 bytes of the others were not shown\n"
                "bulkhead: console: two " HELP);
    (void)escape('o');
    said[0] = '\0';
    (void)escape('o'); /* again: and nothing was hidden meanwhile */
    assert_false(mux.only);
    assert_said("bulkhead: console: two " HELP);
}

static void quitting_is_explained(void **state)
{
    (void)state;
    (void)escape('q');
    assert_non_null(strstr(said, "Ctrl-A x"));
    assert_int_equal(console_stream_input(1), 0);
}

/* ---- who does not read ---- */

static void who_never_listened_is_not_waited_for(void **state)
{
    (void)state;
    fill(1);
    assert_true(console_input_has_room());
    assert_int_equal(console_input_byte('y'), 0); /* dropped, and nobody told */
    assert_false(console_input_held());
    assert_int_equal(console_stream_input(1), RING_SIZE);
    (void)escape('3');
    assert_int_equal(type("k"), 1u << 2);
}

/* Not a byte is lost: the last one that fits is taken, the next one waits in the UART. */
static void a_listener_is_waited_for(void **state)
{
    (void)state;
    console_stream_listen(1);
    fill(1);
    assert_false(console_input_held());
    assert_false(console_input_has_room());
    assert_true(console_input_held());
    assert_int_equal(console_stream_input(1), RING_SIZE);
}

static void it_goes_on_at_half_a_ring_and_is_told_once(void **state)
{
    (void)state;
    hold(1);
    for (uint32_t left = RING_SIZE; left > RING_SIZE / 2; left--) {
        assert_false(console_input_resume(1));
        assert_int_equal(console_input_take(1), 'x');
    }
    assert_false(console_input_resume(2)); /* not because of that one */
    assert_true(console_input_held());
    assert_true(console_input_resume(1));
    assert_false(console_input_resume(1));
    assert_false(console_input_held());
    assert_true(console_input_has_room());
}

static void who_takes_nothing_for_3_seconds_is_given_up(void **state)
{
    (void)state;
    console_stream_listen(1);
    fill(1);
    assert_int_equal(console_input_due(), UINT64_MAX);
    assert_false(console_input_has_room());
    (void)console_input_more();
    assert_int_equal(console_input_due(), host.counter + DEAF);
    host.counter += DEAF - 1;
    (void)console_input_more();
    assert_true(console_input_held());
    assert_said("");
    host.counter += 1;
    (void)console_input_more();
    assert_false(console_input_held());
    assert_said("bulkhead: console: one reads no input: dropped until it does\n");
    assert_int_equal(console_input_due(), UINT64_MAX);
    assert_true(console_input_has_room());
    assert_int_equal(console_input_byte('y'), 0);
}

static void a_byte_in_3_seconds_is_reading(void **state)
{
    (void)state;
    hold(1);
    for (uint32_t i = 0; i < 100; i++) {
        (void)console_input_more();
        assert_true(console_input_held());
        assert_int_equal(console_input_due(), host.counter + DEAF);
        host.counter += DEAF - 1;
        assert_int_equal(console_input_take(1), 'x');
        (void)console_input_more();
        assert_int_equal(console_input_due(), host.counter + 1); /* not yet time to look */
        host.counter += 1;
    }
    assert_said("");
    (void)console_input_more();
    host.counter += DEAF; /* and no more: */
    (void)console_input_more();
    assert_said("bulkhead: console: one reads no input: dropped until it does\n");
}

/* What it took before it was waited for does not count. */
static void its_time_begins_when_it_is_waited_for(void **state)
{
    (void)state;
    console_stream_listen(1);
    fill(1);
    host.counter += 10 * DEAF;
    assert_false(console_input_has_room());
    (void)console_input_more();
    assert_true(console_input_held());
    assert_int_equal(console_input_due(), host.counter + DEAF);
}

static void who_was_given_up_and_reads_is_waited_for_again(void **state)
{
    (void)state;
    hold(1);
    (void)console_input_more();
    host.counter += DEAF;
    (void)console_input_more();
    said[0] = '\0';
    assert_int_equal(console_input_take(1), 'x');
    assert_int_equal(console_input_byte('y'), 1u << 1);
    assert_false(console_input_has_room());
    assert_true(console_input_held());
    (void)console_input_more();
    assert_int_equal(console_input_due(), host.counter + DEAF);
}

/* Its end, or another that is chosen, lets the input go on, without a word of reproach. */
static void what_is_held_goes_on_with_another(void **state)
{
    (void)state;
    hold(1);
    (void)console_input_more();
    close_stream(1);
    (void)console_input_more();
    assert_false(console_input_held());
    assert_int_equal(console_input_due(), UINT64_MAX);
    assert_said("bulkhead: console: all, input to two " HELP);
    assert_true(console_input_has_room());
    assert_int_equal(type("k"), 1u << 2);
    host.counter += 2 * DEAF;
    (void)console_input_more();
    assert_said("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_open_one_has_the_input, set_up),
        cmocka_unit_test_setup(with_nobody_open_keys_are_dropped, set_up),
        cmocka_unit_test_setup(a_number_chooses_and_shows_it_raw, set_up),
        cmocka_unit_test_setup(what_does_not_run_is_not_chosen, set_up),
        cmocka_unit_test_setup(next_goes_around_over_what_is_open, set_up),
        cmocka_unit_test_setup(input_leaves_who_has_ended, set_up),
        cmocka_unit_test_setup(the_escape_key_itself_is_sent_twice, set_up),
        cmocka_unit_test_setup(the_key_after_a_command_is_a_key, set_up),
        cmocka_unit_test_setup(help_is_said_line_by_line, set_up),
        cmocka_unit_test_setup(another_command_ends_an_answer, set_up),
        cmocka_unit_test_setup(the_list_tells_the_truth, set_up),
        cmocka_unit_test_setup(only_one_is_shown_until_another_is_chosen, set_up),
        cmocka_unit_test_setup(quitting_is_explained, set_up),
        cmocka_unit_test_setup(who_never_listened_is_not_waited_for, set_up),
        cmocka_unit_test_setup(a_listener_is_waited_for, set_up),
        cmocka_unit_test_setup(it_goes_on_at_half_a_ring_and_is_told_once, set_up),
        cmocka_unit_test_setup(who_takes_nothing_for_3_seconds_is_given_up, set_up),
        cmocka_unit_test_setup(a_byte_in_3_seconds_is_reading, set_up),
        cmocka_unit_test_setup(its_time_begins_when_it_is_waited_for, set_up),
        cmocka_unit_test_setup(who_was_given_up_and_reads_is_waited_for_again, set_up),
        cmocka_unit_test_setup(what_is_held_goes_on_with_another, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
