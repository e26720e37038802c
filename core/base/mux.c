/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order and the form in which the sources' bytes reach the UART. */
#include "core/base/mux.h"

#include <string.h>

/* Where in an escape sequence (ECMA-48) a source is. */
enum mux_escape { TEXT, AFTER_ESC, IN_CONTROL, IN_STRING };

#define BEL 0x07
#define SO  0x0e
#define ESC 0x1b
#define DEL 0x7f

/* ---- producers ---- */

void mux_put(struct mux *m, uint32_t source, const char *text, uint32_t length)
{
    struct mux_source *s = &m->source[source];
    uint32_t head = s->ring.head;
    uint32_t ready = s->ready;

    for (uint32_t i = 0; i < length; i++) {
        s->ring.data[head++ % RING_SIZE] = (uint8_t)text[i];
        if (text[i] == '\n' || head - ready >= MUX_LINE) {
            ready = head;
        }
    }
    __atomic_store_n(&s->ring.head, head, __ATOMIC_RELEASE);
    if (ready != s->ready) {
        __atomic_store_n(&s->ready, ready, __ATOMIC_RELEASE);
    }
}

bool mux_settle(struct mux *m, uint32_t source)
{
    struct mux_source *s = &m->source[source];

    if (s->ready == s->ring.head) {
        return false;
    }
    __atomic_store_n(&s->ready, s->ring.head, __ATOMIC_RELEASE);
    return true;
}

uint32_t mux_pending(const struct mux *m, uint32_t source)
{
    const struct mux_source *s = &m->source[source];
    uint32_t tail = __atomic_load_n(&s->ring.tail, __ATOMIC_RELAXED);
    int32_t ready;

    if (source == __atomic_load_n(&m->focus, __ATOMIC_RELAXED) ||
        __atomic_load_n(&s->closed, __ATOMIC_ACQUIRE)) {
        return __atomic_load_n(&s->ring.head, __ATOMIC_ACQUIRE) - tail;
    }
    /* It may lie behind what was shown while everything was. */
    ready = (int32_t)(__atomic_load_n(&s->ready, __ATOMIC_ACQUIRE) - tail);
    return ready > 0 ? (uint32_t)ready : 0;
}

/* ---- whose turn ---- */

/* In `only` mode: a stream that is not shown. */
static bool is_hidden(const struct mux *m, uint32_t source)
{
    return m->only && source != MUX_LOG && source != m->focus;
}

/*
 * May `source` break into the line that is unfinished on the UART and has nothing to go on with?
 * Only the one in focus may keep its line open, until it settles or the other has much to say.
 */
static bool may_break(const struct mux *m, uint32_t source)
{
    const struct mux_source *open = &m->source[m->open];

    return m->open != m->focus || m->turn >= MUX_LINE || source == MUX_LOG || open->closed ||
           __atomic_load_n(&open->ready, __ATOMIC_ACQUIRE) == open->ring.tail ||
           ring_used(&m->source[source].ring) >= RING_SIZE / 2;
}

static uint32_t select_source(const struct mux *m)
{
    if (m->open != MUX_NONE && m->turn < MUX_LINE && mux_pending(m, m->open) > 0) {
        return m->open;
    }
    for (uint32_t i = 0, source = m->last; i <= m->streams; i++) {
        source = source < m->streams ? source + 1 : MUX_LOG;
        if (mux_pending(m, source) > 0 &&
            (m->open == MUX_NONE || m->open == source || may_break(m, source))) {
            return source;
        }
    }
    return MUX_NONE;
}

static void set_open(struct mux *m, uint32_t source)
{
    __atomic_store_n(&m->open, source, __ATOMIC_RELAXED);
}

/* ---- its form ---- */

static int text_next(struct mux *m)
{
    return (uint8_t)m->text[m->text_at++];
}

static void text_add(struct mux *m, const char *text, size_t most)
{
    size_t length = strnlen(text, most);

    memcpy(m->text + m->text_end, text, length);
    m->text_end += (uint32_t)length;
}

/* `before`, and the tag with which the source's line begins or goes on. */
static void text_set(struct mux *m, const char *before, uint32_t source)
{
    const struct mux_source *s = &m->source[source];

    m->text_at = 0;
    m->text_end = 0;
    text_add(m, before, 2);
    if (source != m->focus && source != MUX_LOG) {
        text_add(m, "[", 1);
        text_add(m, s->name, MUX_NAME);
        text_add(m, s->midline ? "]+" : "] ", 2);
    } else if (source != m->focus && s->midline) {
        text_add(m, "+", 1);
    }
}

/* Follow escape sequences; true where the byte belongs to one. */
static bool in_escape(struct mux_source *s, uint8_t byte)
{
    switch (s->escape) {
    case AFTER_ESC:
        if (byte == '[') {
            s->escape = IN_CONTROL;
        } else if (byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_') {
            s->escape = IN_STRING;
        } else if (byte >= 0x30 || byte < 0x20) {
            s->escape = TEXT; /* the last byte; those from 0x20 on come before it */
        }
        return byte >= 0x20;
    case IN_CONTROL:
        if ((byte >= 0x40 && byte <= 0x7e) || byte < 0x20) {
            s->escape = TEXT;
        }
        return byte >= 0x20;
    case IN_STRING:
        if (byte == BEL || byte == '\n') {
            s->escape = TEXT;
        }
        return byte != ESC && byte != '\n';
    default:
        return false;
    }
}

/* Bytes of the character that begins with this one; 1 where none of several bytes does. */
static uint32_t utf8_length(uint8_t first)
{
    static const struct {
        uint8_t up_to, length;
    } table[] = {{0xc1, 1}, {0xdf, 2}, {0xef, 3}, {0xf4, 4}, {0xff, 1}};
    uint32_t i = 0;

    while (first > table[i].up_to) {
        i++;
    }
    return table[i].length;
}

/*
 * May `byte` follow those taken of a character? The Unicode Standard, table 3-7: the second byte's
 * limits keep out what is overlong, a surrogate or too large; behind 0xc2 here U+0080 to U+009F
 * too.
 */
static bool utf8_follows(const struct mux_source *s, uint8_t byte)
{
    uint8_t first = s->utf8_at == 1 ? s->utf8[0] : 0;
    uint8_t low = first == 0xc2 || first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return byte >= low && byte <= high;
}

/* Hold a character's bytes back until its last is next; true also for bytes that are no UTF-8. */
static bool utf8_holds(struct mux_source *s, uint8_t byte)
{
    if (s->utf8_at > 0 && !utf8_follows(s, byte)) {
        s->utf8_at = 0;
    }
    if (byte < 0x80 || (s->utf8_at > 0 && s->utf8_at + 1 == utf8_length(s->utf8[0]))) {
        return false;
    }
    if (s->utf8_at > 0 || utf8_length(byte) > 1) {
        s->utf8[s->utf8_at++] = byte;
    }
    return true;
}

/* Does the byte, the next of a source that is not raw, stay out of sight? */
static bool is_dropped(struct mux_source *s, uint8_t byte)
{
    if (in_escape(s, byte) || utf8_holds(s, byte)) {
        return true;
    }
    if (byte == ESC) {
        s->escape = AFTER_ESC;
        return true;
    }
    if (byte == '\r') {
        s->returned = true;
        return true;
    }
    return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == DEL;
}

/* The byte, behind those held back. */
static int send_held(struct mux *m, struct mux_source *s, uint8_t byte)
{
    memcpy(m->text, s->utf8, s->utf8_at);
    m->text[s->utf8_at] = (char)byte;
    m->text_at = 0;
    m->text_end = s->utf8_at + 1;
    s->utf8_at = 0;
    return text_next(m);
}

/* The source's next byte, already looked at, takes its place in the line. */
static int send_tagged(struct mux *m, uint32_t source, uint8_t byte)
{
    struct mux_source *s = &m->source[source];

    if (byte == '\n') {
        s->midline = false;
        s->returned = false;
        set_open(m, MUX_NONE);
        m->text[0] = '\n';
        m->text_at = 0;
        m->text_end = 1;
        return '\r';
    }
    s->midline = true;
    return send_held(m, s, byte);
}

static int send_raw(struct mux *m, uint32_t source, uint8_t byte)
{
    m->spoiled |= byte == ESC || byte == SO || (byte >= 0x80 && byte <= 0x9f);
    m->source[source].midline = byte != '\n';
    m->source[source].escape = TEXT;
    if (byte == '\n') {
        set_open(m, MUX_NONE);
    }
    return send_held(m, &m->source[source], byte);
}

static int begin_turn(struct mux *m, uint32_t source)
{
    text_set(m, m->open != MUX_NONE ? "\r\n" : "", source);
    m->last = source;
    m->turn = 0;
    set_open(m, source);
    return m->text_end > 0 ? text_next(m) : MUX_DROPPED;
}

/* A byte of the source is gone: others come sooner, also where it sends nothing that is shown. */
static void count_turn(struct mux *m, uint32_t source)
{
    if (source == m->open) {
        m->turn++;
    } else {
        m->last = source;
    }
}

int mux_next(struct mux *m)
{
    uint32_t source;
    struct mux_source *s;
    uint8_t byte;

    if (m->text_at < m->text_end) {
        return text_next(m);
    }
    source = select_source(m);
    if (source == MUX_NONE) {
        return MUX_NOTHING;
    }
    s = &m->source[source];
    if (is_hidden(m, source)) {
        uint32_t count = mux_pending(m, source);

        m->hidden += count;
        ring_drop(&s->ring, count);
        return MUX_DROPPED;
    }
    byte = ring_peek(&s->ring);
    if (source != m->focus && is_dropped(s, byte)) {
        ring_drop(&s->ring, 1);
        count_turn(m, source);
        return MUX_DROPPED;
    }
    if (m->spoiled && source != m->focus) {
        m->spoiled = false;
        m->text_at = 0;
        m->text_end = 0;
        text_add(m, MUX_RESTORE, sizeof(MUX_RESTORE));
        return text_next(m);
    }
    if (s->returned && byte != '\n') {
        s->returned = false;
        s->midline = false;
        if (source == m->open && source != m->focus) {
            text_set(m, "\r", source);
            return text_next(m);
        }
    }
    if (source != m->open) {
        return begin_turn(m, source);
    }
    ring_drop(&s->ring, 1);
    count_turn(m, source);
    return source == m->focus ? send_raw(m, source, byte) : send_tagged(m, source, byte);
}

bool mux_has_next(const struct mux *m)
{
    return m->text_at < m->text_end || select_source(m) != MUX_NONE;
}
