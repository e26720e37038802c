/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the mux: three streams and the log, what is put in, and what comes out. */
#ifndef CORE_BASE_MUX_TEST_H
#define CORE_BASE_MUX_TEST_H

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

static inline int set_up(void **state)
{
    static uint8_t rings[MUX_SOURCES][RING_SIZE];

    (void)state;
    memset(&mux, 0, sizeof(mux));
    for (uint32_t i = 0; i < MUX_SOURCES; i++) {
        mux.source[i].ring.data = rings[i];
    }
    mux.focus = MUX_NONE;
    mux.open = MUX_NONE;
    mux.streams = CONFIG_MAX_PARTITIONS;
    mux.source[A].name = "a";
    mux.source[B].name = "b";
    mux.source[C].name = "c";
    return 0;
}

static inline void put(uint32_t source, const char *text)
{
    for (; *text != '\0'; text++) {
        assert_true(ring_room(&mux.source[source].ring) > 0);
        mux_put(&mux, source, text, 1);
    }
}

/* All that the mux has to say now. */
static inline const char *say(void)
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

#endif
