/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose byte goes to the UART next: Bulkhead's log and the partitions' streams merged line by line.
 *
 * A source puts bytes into its ring. The text up to `ready` (whole lines, a very long line's
 * beginning, or an unfinished line whose guest has gone quiet) may be shown; of the source in
 * focus, and of a closed one, everything may. Who has an unfinished line on the UART keeps the turn
 * while it has more that may be shown; so nobody holds the console by a byte and silence. Only in
 * focus it is waited for until it settles. Where another source breaks into an unfinished line, it
 * begins a line of its own, and what comes later of the broken line is marked "[name]+". Sources
 * take turns, a line (at most MUX_LINE bytes of it) each.
 *
 * The source in focus is passed byte by byte as it is; before another's text follows, the terminal
 * is brought out of what that may have left it in. Of the others only UTF-8 text and newlines
 * pass: escape sequences and control characters (C0, DEL, and C1, as bytes or as U+0080 to U+009F)
 * would let one partition spoil the line of another, or make the terminal send answers to the wrong
 * one. Bytes that are no UTF-8 do not pass either. A carriage return inside a line tags it anew.
 *
 * Producers call what says so, one CPU at a time per source; all else is called with the console
 * lock held.
 */
#ifndef CORE_BASE_MUX_H
#define CORE_BASE_MUX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/ring.h"

#define MUX_LOG       0u /* Bulkhead's own log; stream n is source n + 1 */
#define MUX_STREAM(n) (1u + (n))
#define MUX_SOURCES   MUX_STREAM(CONFIG_MAX_PARTITIONS)
#define MUX_NONE      UINT32_MAX
#define MUX_LINE      256u /* bytes after which a line is shown unfinished, or gives way */

/*
 * What a terminal is told before another's text where the raw one has sent control sequences: out
 * of an unfinished one or a string (CAN; ST, as not every terminal ends strings at CAN), letters
 * shown as letters again (G0 is ASCII, SI), none concealed or coloured (SGR 0). ECMA-48, ECMA-35.
 */
#define MUX_RESTORE "\x18\x1b\\\x1b(B\x0f\x1b[m"
#define MUX_NAME    40u /* bytes of a name that a tag shows */
_Static_assert(2 * MUX_LINE <= RING_SIZE, "half a ring holds a turn");

struct mux_source {
    struct ring ring;
    uint32_t ready;   /* atomic, by the producer: bytes before this count may be shown */
    const char *name; /* NULL: not open; the log has none */
    bool closed;      /* atomic: its producer has ended */
    bool silent;      /* it has a name only: its partition has no console */
    bool midline;     /* what was last shown of it was no end of line */
    bool returned;    /* a carriage return was taken and not yet followed */
    uint8_t escape;   /* inside an escape sequence: enum mux_escape */
    uint8_t utf8[4];  /* a character of several bytes on its way: those taken of it, */
    uint32_t utf8_at; /* and their number */
};

struct mux {
    struct mux_source source[MUX_SOURCES];
    uint32_t streams; /* up to the last one that is open */
    uint32_t focus;   /* atomic: shown raw, or MUX_NONE: all are tagged */
    uint32_t open;    /* atomic: whose line is unfinished on the UART, or MUX_NONE */
    uint32_t last;    /* who had the last turn */
    uint32_t turn;    /* bytes of it so far */
    bool spoiled;     /* the raw one has sent what may disturb the others' text: MUX_RESTORE */
    bool only;        /* other streams than the one in focus are not shown, */
    uint64_t hidden;  /* but counted */
    char text[64];    /* a tag or an end of line on its way */
    uint32_t text_at, text_end;
};

/* ---- producers ---- */

/* Put `length` bytes; there is room. */
void mux_put(struct mux *m, uint32_t source, const char *text, uint32_t length);

/* All that was put may be shown; true where that is news. */
bool mux_settle(struct mux *m, uint32_t source);

/* Bytes of the source that may be shown now. */
uint32_t mux_pending(const struct mux *m, uint32_t source);

/* ---- under the console lock ---- */

#define MUX_NOTHING (-1) /* nothing to send now */
#define MUX_DROPPED (-2) /* bytes were taken that are not sent; go on */

/* The next byte to send, MUX_NOTHING or MUX_DROPPED. */
int mux_next(struct mux *m);

/* True where mux_next() would not say MUX_NOTHING. */
bool mux_has_next(const struct mux *m);

#endif
