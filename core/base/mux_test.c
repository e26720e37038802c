/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how the sources' bytes are merged: tags, lines, breaks, focus, filters, fairness. */
#include "core/base/mux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A MUX_STREAM(0)
#define B MUX_STREAM(1)
#define C MUX_STREAM(2)

static struct mux mux;

static int set_up(void **state)
{
    (void)state;
    memset(&mux, 0, sizeof(mux));
    mux.focus = MUX_NONE;
    mux.open = MUX_NONE;
    mux.streams = CONFIG_MAX_PARTITIONS;
    mux.source[A].name = "a";
    mux.source[B].name = "b";
    mux.source[C].name = "c";
    return 0;
}

static void put(uint32_t source, const char *text)
{
    for (; *text != '\0'; text++) {
        assert_true(ring_room(&mux.source[source].ring) > 0);
        mux_put(&mux, source, text, 1);
    }
}

/* All that the mux has to say now. */
static const char *say(void)
{
    static char text[16 * RING_SIZE];
    size_t n = 0;
    int c;

    while ((c = mux_next(&mux)) != MUX_NOTHING) {
        if (c != MUX_DROPPED) {
            assert_true(n < sizeof(text) - 1);
            text[n++] = (char)c;
        }
    }
    text[n] = '\0';
    return text;
}

#define SAYS(text) assert_string_equal(say(), text)

static void test_lines_are_tagged(void **state)
{
    (void)state;
    SAYS("");
    put(A, "one\r\ntwo\n\n");
    put(B, "three\r\n");
    put(MUX_LOG, "bulkhead: log\n");
    SAYS("[a] one\r\n[b] three\r\nbulkhead: log\r\n[a] two\r\n[a] \r\n");
}

static void test_unfinished_line_waits(void **state)
{
    (void)state;
    put(A, "login: ");
    SAYS("");
    put(B, "line\n");
    SAYS("[b] line\r\n");
    assert_true(mux_settle(&mux, A));
    assert_false(mux_settle(&mux, A));
    SAYS("[a] login: ");
    /* What is added to it waits as well, and then comes before the others' lines. */
    put(A, "ro");
    SAYS("");
    assert_true(mux_settle(&mux, A));
    put(A, "ot\n");
    put(B, "other\n");
    SAYS("root\r\n[b] other\r\n");
}

/* A settled prompt, one more byte and silence: nobody else waits for what may never come. */
static void test_no_hold_by_silence(void **state)
{
    (void)state;
    put(A, "a");
    mux_settle(&mux, A);
    SAYS("[a] a");
    put(A, "b");
    SAYS("");
    put(B, "line\n");
    SAYS("\r\n[b] line\r\n");
    put(A, "c\n");
    SAYS("[a]+bc\r\n");
}

static void test_break_into_a_quiet_line(void **state)
{
    (void)state;
    put(A, "prompt");
    mux_settle(&mux, A);
    SAYS("[a] prompt");
    put(B, "b\n");
    SAYS("\r\n[b] b\r\n");
    put(A, ">\n");
    SAYS("[a]+>\r\n");
    put(A, "new\n");
    SAYS("[a] new\r\n");
}

static void test_log_breaks_in(void **state)
{
    (void)state;
    put(A, "pro");
    mux_settle(&mux, A);
    SAYS("[a] pro");
    put(A, "mpt");
    put(MUX_LOG, "bulkhead: news\n");
    SAYS("\r\nbulkhead: news\r\n");
}

/* Also into the line of the one in focus that does not settle. */
static void test_full_ring_breaks_in(void **state)
{
    (void)state;
    mux.focus = A;
    put(A, "pq");
    SAYS("pq");
    for (uint32_t i = 0; i < RING_SIZE / 2 - 1; i++) {
        put(B, i % 8 == 7 ? "\n" : "x");
    }
    SAYS("");
    put(B, "\n");
    assert_memory_equal(say(), "\r\n[b] xxxxxxx\r\n", 15);
}

static void test_focus_is_raw(void **state)
{
    static const char raw[] = "\x1b[31mred\x01\x7f\r\n\n\rabc\tno end";

    (void)state;
    mux.focus = A;
    put(A, raw);
    SAYS(raw);
    /* Not into the middle of a line that may go on, but into one that is quiet. */
    put(B, "b\n");
    SAYS("");
    mux_settle(&mux, A);
    SAYS(MUX_RESTORE "\r\n[b] b\r\n");
    put(A, " goes on\n");
    put(B, "b\n");
    SAYS(" goes on\n[b] b\r\n");
}

/*
 * What the raw one leaves the terminal in swallows nobody's text: strings (OSC, DCS, APC, as ESC or
 * as C1, in UTF-8 too), a half control sequence, shifted letters.
 */
static void test_terminal_is_restored(void **state)
{
    static const char *const left_in[] = {
        "\x1b]0;title", "\x1bP1$q",    "\x1b_\n",       "\x1b[8m$\n", "\x1b[3",
        "\x9d;\x07 so", "\xc2\x9d;\n", "\x0eshifted\n", "\x1b",
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof(left_in) / sizeof(left_in[0]); i++) {
        (void)set_up(NULL);
        mux.focus = A;
        put(A, left_in[i]);
        SAYS(left_in[i]);
        put(MUX_LOG, "bulkhead: log\n");
        assert_memory_equal(say(), MUX_RESTORE, strlen(MUX_RESTORE));
        put(B, "once\n");
        SAYS("[b] once\r\n");
        /* Also where the input has gone elsewhere, and before the rest of its own line. */
        put(A, left_in[i]);
        SAYS(left_in[i]);
        put(A, " rest");
        mux_settle(&mux, A);
        mux.focus = MUX_NONE;
        assert_memory_equal(say(), MUX_RESTORE, strlen(MUX_RESTORE));
    }
}

static void test_focus_changes_in_a_line(void **state)
{
    (void)state;
    mux.focus = A;
    put(A, "half");
    SAYS("half");
    put(B, "other half");
    mux.focus = B;
    SAYS("\r\nother half");
    put(A, " a line\n");
    SAYS("");
    put(B, "\n");
    SAYS("\n[a]+ a line\r\n");
    mux.focus = MUX_NONE;
    put(A, "x\n");
    put(B, "y\n");
    SAYS("[b] y\r\n[a] x\r\n");
}

static void test_control_characters_are_dropped(void **state)
{
    (void)state;
    put(A, "\x1b[2J\x1b[1;31mred\x1b[0m \x07\x08\x7f\x01tab\tend\x1b(B\x1b"
           "7.\x1b[6n\n");
    SAYS("[a] red tab\tend.\r\n");
    put(A, "\x1b]0;title\x07text\x1b]0;title\x1b\\more\x1bP123\nnext\n");
    SAYS("[a] textmore\r\n[a] next\r\n");
    /* In the middle of a sequence the line ends, or another begins. */
    put(A, "\x1b[12\nb\x1b\x1b[mc\x1b\nd\n");
    SAYS("[a] \r\n[a] bc\r\n[a] d\r\n");
    /* Nothing but what is dropped makes no line. */
    put(A, "\x1b[0m\r");
    mux_settle(&mux, A);
    SAYS("");
}

/* C1 control characters, as bytes or in UTF-8, and what is no UTF-8; all other text is whole. */
static void test_only_utf8_text_passes(void **state)
{
    (void)state;
    put(A, "\x80.\x9b"
           "31m.\x9f.\xa0.\xff\n");
    SAYS("[a] .31m...\r\n");
    put(A, "\xc2\x80.\xc2\x9b"
           "31m.\xc2\x9f.\xc2\xa0\xc2\xbf\n");
    SAYS("[a] .31m..\xc2\xa0\xc2\xbf\r\n");
    /* The first and the last of each length, and around the surrogates. */
    put(A, "\xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 "
           "\xf4\x8f\xbf\xbf\n");
    SAYS("[a] \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 "
         "\xf4\x8f\xbf\xbf\r\n");
    /* Overlong, surrogates, too large, cut off by text, a control character, a first byte. */
    put(A, "\xc0\x9b \xc1\xbf \xe0\x82\x9b \xe0\x9f\xbf \xf0\x80\x82\x9b \xf0\x8f\xbf\xbf\n");
    SAYS("[a]      \r\n");
    put(A, "\xed\xa0\x80 \xf4\x90\x80\x80 \xf5\x80\x80\x80 \xe2\x82z\xe2\x82\x1b[m\x9b"
           "y\xe2\xc3\xa9\xf0\x9f\x98\n");
    SAYS("[a]    zy\xc3\xa9\r\n");
}

static void test_utf8_is_not_torn(void **state)
{
    (void)state;
    put(A, "x\xe2\x82");
    mux_settle(&mux, A);
    SAYS("[a] x");
    put(B, "b\n");
    SAYS("\r\n[b] b\r\n");
    put(A, "\xac\n");
    SAYS("[a]+\xe2\x82\xac\r\n");
    /* Half of it taken when it comes into focus. */
    put(A, "\xe2\x82");
    mux_settle(&mux, A);
    SAYS("");
    mux.focus = A;
    put(A, "\xac\x9b");
    SAYS("\xe2\x82\xac\x9b");
}

static void test_carriage_return_restarts_the_line(void **state)
{
    (void)state;
    put(A, "10%\r20%\r\r\nend\n");
    SAYS("[a] 10%\r[a] 20%\r\n[a] end\r\n");
    put(A, "30%\r");
    mux_settle(&mux, A);
    SAYS("[a] 30%");
    put(B, "b\n");
    SAYS("\r\n[b] b\r\n");
    put(A, "40%\n");
    SAYS("[a] 40%\r\n");
    /* Nobody can fake another's line. */
    put(A, "x\r[b] not b\r\n");
    SAYS("[a] x\r[a] [b] not b\r\n");
}

static void test_long_line(void **state)
{
    char expected[2 * RING_SIZE];
    uint32_t n = 0;

    (void)state;
    for (uint32_t i = 0; i < MUX_LINE - 1; i++) {
        put(A, "x");
    }
    SAYS("");
    put(A, "xy");
    n += (uint32_t)snprintf(expected, sizeof(expected), "[a] ");
    memset(expected + n, 'x', MUX_LINE);
    expected[n + MUX_LINE] = '\0';
    SAYS(expected);
    put(B, "b\n");
    put(A, "zz");
    SAYS("\r\n[b] b\r\n");
    put(A, "\n");
    SAYS("[a]+yzz\r\n");
}

static void test_turns(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        put(A, "a\n");
        put(B, "b\n");
        put(MUX_LOG, "log\n");
    }
    SAYS("[a] a\r\n[b] b\r\nlog\r\n[a] a\r\n[b] b\r\nlog\r\n[a] a\r\n[b] b\r\nlog\r\n");
}

/* A source that never pauses: another's line comes after at most one turn of it. */
static void check_flood(uint32_t focus, const char *flood)
{
    const char *next = flood;
    uint32_t before = 0;
    int c = 0;

    set_up(NULL);
    mux.focus = focus;
    for (uint32_t i = 0; i < 100000; i++) {
        if (i == 50000) {
            put(B, "#\n");
        }
        while (ring_room(&mux.source[A].ring) > 0) {
            mux_put(&mux, A, next++, 1);
            next = *next == '\0' ? flood : next;
        }
        c = mux_next(&mux);
        assert_true(c != MUX_NOTHING);
        before += i > 50000;
        if (c == '#') {
            break;
        }
    }
    assert_int_equal(c, '#');
    assert_true(before < 2 * MUX_LINE);
}

static void test_flood_lets_others_through(void **state)
{
    (void)state;
    check_flood(MUX_NONE, "a line\n");
    check_flood(MUX_NONE, "x");
    check_flood(MUX_NONE, "\r");
    check_flood(MUX_NONE, "\x1b[m");
    check_flood(MUX_NONE, "\n");
    check_flood(A, "x");
    check_flood(A, "line\n");
    check_flood(C, "x");
}

static void test_only(void **state)
{
    (void)state;
    mux.focus = A;
    mux.only = true;
    put(A, "screen");
    SAYS("screen");
    mux_settle(&mux, A);
    put(B, "12345\n");
    put(MUX_LOG, "log\n");
    SAYS("\r\nlog\r\n");
    assert_int_equal(mux.hidden, 6);
    mux.only = false;
    put(B, "b\n");
    SAYS("[b] b\r\n");
}

static void test_closed(void **state)
{
    (void)state;
    put(A, "last words");
    SAYS("");
    mux.source[A].closed = true;
    SAYS("[a] last words");
    put(B, "b\n");
    SAYS("\r\n[b] b\r\n");
}

/* What was shown raw before its lines were whole is not shown again. */
static void test_ready_behind_tail(void **state)
{
    (void)state;
    put(A, "one\n");
    mux.focus = A;
    put(A, "two");
    SAYS("one\ntwo");
    mux.focus = MUX_NONE;
    mux.open = MUX_NONE;
    assert_int_equal(mux_pending(&mux, A), 0);
    SAYS("");
    put(A, "three\n");
    SAYS("[a]+three\r\n");
}

static void test_counters_wrap(void **state)
{
    (void)state;
    mux.source[A].ring.head = mux.source[A].ring.tail = mux.source[A].ready = UINT32_MAX - 2;
    put(A, "wrap\n");
    SAYS("[a] wrap\r\n");
    put(A, "x");
    SAYS("");
    mux_settle(&mux, A);
    SAYS("[a] x");
}

static void test_long_name(void **state)
{
    (void)state;
    mux.source[A].name = "a-name-that-is-much-longer-than-anybody-would-want-to-see-in-each-line";
    put(A, "x\n");
    SAYS("[a-name-that-is-much-longer-than-anybody-] x\r\n");
}

/* Any bytes from all sources, any changes: all text arrives, in order, and no more. */
static void test_random(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        uint32_t in[2] = {0, 0}, out[2] = {0, 0};

        set_up(NULL);
        mux.source[A].name = "1";
        mux.source[B].name = "2";
        srand(seed);
        for (int i = 0; i < 20000; i++) {
            int r = rand() % 64;
            uint32_t who = (uint32_t)rand() % 2;
            char text[1];

            if (r < 30 && ring_room(&mux.source[A + who].ring) > 0) {
                /* a..z of one, A..Z of the other */
                text[0] = (char)((who == 0 ? 'a' : 'A') + in[who]++ % 26);
                mux_put(&mux, A + who, text, 1);
            } else if (r < 34 && ring_room(&mux.source[A + who].ring) > 1) {
                mux_put(&mux, A + who, &"\n\r\x1b\n"[r - 30], 1);
                if (r == 32) {
                    mux_put(&mux, A + who, "7", 1); /* ends the escape sequence */
                }
            } else if (r == 34) {
                mux_settle(&mux, A + who);
            } else if (r == 35 && rand() % 64 == 0) {
                mux.focus = (uint32_t)rand() % 2 == 0 ? MUX_NONE : A + who;
            }
            for (int n = 0; n < 2 || i == 19999; n++) {
                int c;

                if (i == 19999 && n == 0) {
                    mux_settle(&mux, A);
                    mux_settle(&mux, B);
                }
                c = mux_next(&mux);
                if (c == MUX_NOTHING) {
                    break;
                }
                if (c == MUX_RESTORE[0]) {
                    for (const char *rest = MUX_RESTORE; *++rest != '\0';) {
                        assert_int_equal(mux_next(&mux), *rest);
                    }
                    continue;
                }
                if (c >= 'a' && c <= 'z') {
                    assert_int_equal(c, 'a' + out[0]++ % 26);
                } else if (c >= 'A' && c <= 'Z') {
                    assert_int_equal(c, 'A' + out[1]++ % 26);
                }
            }
        }
        assert_int_equal(in[0], out[0]);
        assert_int_equal(in[1], out[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lines_are_tagged, set_up),
        cmocka_unit_test_setup(test_unfinished_line_waits, set_up),
        cmocka_unit_test_setup(test_no_hold_by_silence, set_up),
        cmocka_unit_test_setup(test_break_into_a_quiet_line, set_up),
        cmocka_unit_test_setup(test_log_breaks_in, set_up),
        cmocka_unit_test_setup(test_full_ring_breaks_in, set_up),
        cmocka_unit_test_setup(test_focus_is_raw, set_up),
        cmocka_unit_test_setup(test_terminal_is_restored, set_up),
        cmocka_unit_test_setup(test_focus_changes_in_a_line, set_up),
        cmocka_unit_test_setup(test_control_characters_are_dropped, set_up),
        cmocka_unit_test_setup(test_only_utf8_text_passes, set_up),
        cmocka_unit_test_setup(test_utf8_is_not_torn, set_up),
        cmocka_unit_test_setup(test_carriage_return_restarts_the_line, set_up),
        cmocka_unit_test_setup(test_long_line, set_up),
        cmocka_unit_test_setup(test_turns, set_up),
        cmocka_unit_test_setup(test_flood_lets_others_through, set_up),
        cmocka_unit_test_setup(test_only, set_up),
        cmocka_unit_test_setup(test_closed, set_up),
        cmocka_unit_test_setup(test_ready_behind_tail, set_up),
        cmocka_unit_test_setup(test_counters_wrap, set_up),
        cmocka_unit_test_setup(test_long_name, set_up),
        cmocka_unit_test_setup(test_random, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
