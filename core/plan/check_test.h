/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of check.c share: a sound plan, of which a test breaks a rule; who is told. */
#ifndef CORE_PLAN_CHECK_TEST_H
#define CORE_PLAN_CHECK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/host.h>

#include <cmocka.h>

#include "core/base/bits.h"
#include "core/plan/sound_test.h"

static inline int set_up(void **state)
{
    (void)state;
    host_reset();
    host.pa_bits = 40;
    make_plan(3);
    return 0;
}

/* After the check those of `refused`, a bit each, are refused, and a message has each text. */
static inline void expect(uint32_t refused, const char *text, const char *other)
{
    check_all(256);
    for (uint32_t i = 0; i < p.partition_count; i++) {
        if (p.partitions[i].refused != ((refused >> i & 1) != 0)) {
            fail_msg("partition %u: refused is %d:\n%s", i, p.partitions[i].refused, told);
        }
    }
    if ((text != NULL && !told_of(text)) || (other != NULL && !told_of(other))) {
        fail_msg("not told: %s, %s; but:\n%s", text, other, told);
    }
    assert_false(p.fatal);
    assert_int_equal(p.errors == 0, refused == 0);
}

/* How often that text was told. */
static inline uint32_t times(const char *text)
{
    uint32_t n = 0;

    for (const char *s = told; (s = strstr(s, text)) != NULL; s += strlen(text)) {
        n++;
    }
    return n;
}

#endif
