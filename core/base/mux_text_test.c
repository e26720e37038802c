/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what of the sources' bytes is text that is shown, and in what state a terminal is left. */
#include "core/base/mux_test.h"

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

static void test_long_name(void **state)
{
    (void)state;
    mux.source[A].name = "a-name-that-is-much-longer-than-anybody-would-want-to-see-in-each-line";
    put(A, "x\n");
    SAYS("[a-name-that-is-much-longer-than-anybody-] x\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_terminal_is_restored, set_up),
        cmocka_unit_test_setup(test_control_characters_are_dropped, set_up),
        cmocka_unit_test_setup(test_only_utf8_text_passes, set_up),
        cmocka_unit_test_setup(test_utf8_is_not_torn, set_up),
        cmocka_unit_test_setup(test_carriage_return_restarts_the_line, set_up),
        cmocka_unit_test_setup(test_long_line, set_up),
        cmocka_unit_test_setup(test_long_name, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
