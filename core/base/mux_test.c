/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how the sources' bytes are merged: tags, lines, breaks, focus, fairness. */
#include "core/base/mux_test.h"

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
        cmocka_unit_test_setup(test_focus_changes_in_a_line, set_up),
        cmocka_unit_test_setup(test_turns, set_up),
        cmocka_unit_test_setup(test_flood_lets_others_through, set_up),
        cmocka_unit_test_setup(test_only, set_up),
        cmocka_unit_test_setup(test_closed, set_up),
        cmocka_unit_test_setup(test_ready_behind_tail, set_up),
        cmocka_unit_test_setup(test_counters_wrap, set_up),
        cmocka_unit_test_setup(test_random, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
