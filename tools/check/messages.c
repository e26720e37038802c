/* SPDX-License-Identifier: Apache-2.0 */
/* A console for core/ that keeps every line in memory. */
#include "tools/check/messages.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/console.h"
#include "tools/check/files.h"

#define LINE_MAX_BYTES 4096 /* plan_error() says less */

static struct messages *kept;
static char line[LINE_MAX_BYTES];
static size_t used;

static void keep_line(void)
{
    static const char *const prefix[] = {
        [MESSAGE_ERROR] = "bulkhead: error: ",
        [MESSAGE_WARNING] = "bulkhead: warning: ",
        [MESSAGE_OTHER] = "",
    };
    struct message m = {.kind = MESSAGE_ERROR};

    while (m.kind != MESSAGE_OTHER && strncmp(line, prefix[m.kind], strlen(prefix[m.kind])) != 0) {
        m.kind++;
    }
    m.line = need(strdup(line));
    m.text = m.line + strlen(prefix[m.kind]);
    if ((kept->count & (kept->count - 1)) == 0) { /* it is full: 0, or a power of two */
        kept->list = need(realloc(kept->list, (2 * kept->count + 1) * sizeof(*kept->list)));
    }
    kept->list[kept->count++] = m;
}

static void put(uint64_t base, uint8_t byte)
{
    (void)base;
    if (kept == NULL || byte == '\r') {
        return;
    }
    if (byte != '\n' && used + 1 < sizeof(line)) {
        line[used++] = (char)byte;
    }
    if (byte == '\n') {
        line[used] = '\0';
        keep_line();
        used = 0;
    }
}

static bool never(uint64_t base)
{
    (void)base;
    return false;
}

static bool always(uint64_t base)
{
    (void)base;
    return true;
}

static void init(uint64_t base, uint32_t shift, uint32_t width)
{
    (void)shift;
    (void)width;
    (void)base;
}

void messages_to(struct messages *m)
{
    static const struct uart_ops ops = {
        .init = init,
        .tx_full = never,
        .tx_idle = always,
        .put = put,
    };

    kept = m;
    used = 0;
    console_use(&ops, 0, 0, 1);
}

void messages_clear(struct messages *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        free(m->list[i].line);
    }
    free(m->list);
    *m = (struct messages){0};
}

uint32_t messages_errors(const struct messages *m)
{
    uint32_t errors = 0;

    for (uint32_t i = 0; i < m->count; i++) {
        errors += m->list[i].kind == MESSAGE_ERROR ? 1 : 0;
    }
    return errors;
}

void messages_print(const struct messages *m, FILE *out)
{
    for (uint32_t i = 0; i < m->count; i++) {
        (void)fprintf(out, "%s\n", m->list[i].line);
    }
}

/* The length of what comes before the next ": "; all of it where there is none. */
static int head_length(const char *s)
{
    const char *end = strstr(s, ": ");

    return end != NULL ? (int)(end - s) : (int)strlen(s);
}

struct message_parts message_split(const struct message *m)
{
    struct message_parts parts = {.node = m->text};
    int first = head_length(m->text);

    /* A node is a path, or "the system file": no partition's name looks like either. */
    if (m->text[0] != '/' && memchr(m->text, ' ', (size_t)first) == NULL) {
        parts.partition = m->text;
        parts.partition_length = first;
        parts.node += first + (m->text[first] == ':' ? 2 : 0);
    }
    parts.node_length = head_length(parts.node);
    parts.text = parts.node + parts.node_length;
    parts.text += *parts.text == ':' ? 2 : 0;
    return parts;
}
