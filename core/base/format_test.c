/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the formatter against the C library's, and what is its own. */
#include "core/base/console.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Not seen by the compiler, which would warn of what is tested. */
static const volatile size_t tight = 5;
static const char *volatile null = NULL;
static const volatile int huge = INT_MAX, negative = INT_MIN;
static const char *volatile odd[] = {"%", "a%5", "%y", "%f", "%99999999999s"};

/* The same text and length from console_format() and snprintf(), for a roomy and a tight buffer. */
#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[512], theirs[512];                                                               \
        size_t n = console_format(ours, sizeof(ours), __VA_ARGS__);                                \
        assert_int_equal(n, snprintf(theirs, sizeof(theirs), __VA_ARGS__));                        \
        assert_string_equal(ours, theirs);                                                         \
        memset(ours, '#', sizeof(ours));                                                           \
        assert_int_equal(n, console_format(ours, tight, __VA_ARGS__));                             \
        (void)snprintf(theirs, tight, __VA_ARGS__);                                                \
        assert_string_equal(ours, theirs);                                                         \
        assert_int_equal(ours[5], '#');                                                            \
    } while (0)

static void test_integers(void **state)
{
    static const int64_t values[] = {0,        1,        -1,       9,         10,        -10,
                                     CHAR_MIN, CHAR_MAX, INT_MIN,  INT_MAX,   INT64_MIN, INT64_MAX,
                                     0xdead,   255,      UINT_MAX, 123456789, 42};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        int64_t v = values[i];

        SAME("%d|%i|%5d|%-5d|%05d|%3d", (int)v, (int)v, (int)v, (int)v, (int)v, (int)v);
        SAME("%u %x %X %08x %-8x|", (unsigned)v, (unsigned)v, (unsigned)v, (unsigned)v,
             (unsigned)v);
        SAME("%ld %lu %lx %016lx %20ld", (long)v, (unsigned long)v, (unsigned long)v,
             (unsigned long)v, (long)v);
        SAME("%lld %llu %llx", (long long)v, (unsigned long long)v, (unsigned long long)v);
        SAME("%zu %zx", (size_t)v, (size_t)v);
        SAME("%hd %hu %hhd %hhx", (short)v, (unsigned short)v, (signed char)v, (unsigned char)v);
        SAME("%*d|%*d", 7, (int)v, 0, (int)v);
    }
}

static void test_strings(void **state)
{
    (void)state;
    SAME("plain");
    SAME("%s %s", "", "text");
    SAME("[%10s] [%-10s] [%2s]", "right", "left", "long");
    SAME("[%.3s] [%.0s] [%.10s] [%10.2s] [%-10.2s]", "abcdef", "abc", "abc", "abc", "abc");
    SAME("%.*s|%.*s", 2, "abcdef", 0, "abc");
    SAME("%c%c%3c|%-3c|", 'a', 'b', 'c', 'd');
    SAME("100%%");
    SAME("%p", (void *)0x1234);
}

static void test_own(void **state)
{
    char text[64];
    char unterminated[3] = {'a', 'b', 'c'};

    (void)state;
    console_format(text, sizeof(text), "%s", null);
    assert_string_equal(text, "(null)");
    console_format(text, sizeof(text), "%.3s", unterminated);
    assert_string_equal(text, "abc");
    for (size_t i = 0; i < 4; i++) {
        console_format(text, sizeof(text), odd[i], "");
        assert_string_equal(text, odd[i]);
    }
    assert_int_equal(console_format(NULL, 0, "%s", "four"), 4);
    assert_int_equal(console_format(text, 1, "%s", "four"), 4);
    assert_string_equal(text, "");
    /* A width from anywhere is bounded. */
    assert_int_equal(console_format(NULL, 0, odd[4], ""), 256);
    assert_int_equal(console_format(NULL, 0, "%*d", huge, 1), 256);
    assert_int_equal(console_format(NULL, 0, "%*d", negative, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
