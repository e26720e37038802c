/* SPDX-License-Identifier: Apache-2.0 */
/* The plan itself: where it lies, how errors in it are told, and the text that it keeps. */
#include "core/plan/plan.h"

#include <stdarg.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/parse.h"

/* Alone in whole pages, so that sealing it seals nothing else. Class: sealed. */
__attribute__((section(".plan"), aligned(4096))) struct plan plan;

const char plan_no_text[1] = "";

#define MESSAGE_MAX 400 /* characters of one message; what is longer ends in "..." */

/* ---- messages ---- */

/* What does not print, and all beyond ASCII, as \xNN. */
static void print_escaped(const char *text)
{
    while (*text != '\0') {
        size_t plain = 0;

        while (text[plain] >= ' ' && text[plain] <= '~') {
            plain++;
        }
        console_printf("%.*s", (int)plain, text);
        text += plain;
        if (*text != '\0') {
            console_printf("\\x%02x", (unsigned int)(unsigned char)*text++);
        }
    }
}

__attribute__((format(printf, 5, 0))) static void tell(const struct plan *p, const char *kind,
                                                       int partition, const char *node,
                                                       const char *format, va_list args)
{
    char text[MESSAGE_MAX];

    if (console_vformat(text, sizeof(text), format, args) >= sizeof(text)) {
        memcpy(text + sizeof(text) - sizeof("..."), "...", sizeof("..."));
    }
    console_printf("bulkhead: %s: ", kind);
    if (partition >= 0 && partition < CONFIG_MAX_PARTITIONS &&
        p->partitions[partition].name != NULL) {
        print_escaped(p->partitions[partition].name);
        console_printf(": ");
    }
    print_escaped(node != NULL ? node : "?");
    console_printf(": ");
    print_escaped(text);
    console_printf("\n");
}

bool plan_tells(const struct plan *p)
{
    return p->most_told == 0 || p->errors < p->most_told;
}

bool plan_warns(const struct plan *p)
{
    return p->most_told == 0 || p->warnings < p->most_told;
}

void plan_error(struct plan *p, int partition, const char *node, const char *format, ...)
{
    va_list args;

    if (plan_tells(p)) {
        va_start(args, format);
        tell(p, "error", partition, node, format, args);
        va_end(args);
    }
    p->errors++;
    if (partition < 0) {
        p->fatal = true;
    } else if (partition < CONFIG_MAX_PARTITIONS) {
        p->partitions[partition].refused = true;
    }
}

void plan_warning(struct plan *p, int partition, const char *node, const char *format, ...)
{
    va_list args;

    if (plan_warns(p)) {
        va_start(args, format);
        tell(p, "warning", partition, node, format, args);
        va_end(args);
    }
    p->warnings++;
}

const char *plan_name(const struct plan *p, uint32_t index)
{
    return p->partitions[index].name != NULL ? p->partitions[index].name : "?";
}

const char *plan_where(const struct plan *p, uint32_t index)
{
    static char where[64]; /* class: the boot CPU's, before the seal */

    console_format(where, sizeof(where), "/configurations/%s", plan_name(p, index));
    return where;
}

bool plan_is_granted(const struct plan *p, int node)
{
    uint32_t i = 0;

    while (i < p->device_count && p->devices[i].node != node) {
        i++;
    }
    return i < p->device_count;
}

const char *plan_string(struct plan *p, const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = &p->strings[p->strings_used];

    if (size > sizeof(p->strings) - p->strings_used) {
        return NULL;
    }
    memcpy(copy, s, size);
    p->strings_used += (uint32_t)size;
    return copy;
}

/* ---- the name that was meant ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The same letter, in whichever case. */
static bool same(char a, char b)
{
    return a == b || ((a ^ b) == 0x20 && (a | 0x20) >= 'a' && (a | 0x20) <= 'z');
}

/*
 * The edits (a letter added, dropped, replaced, or swapped with the next) between two words of at
 * most DT_PATH_MAX - 1 letters.
 */
static size_t edits(const char *a, size_t a_length, const char *b, size_t b_length)
{
    uint8_t rows[3][DT_PATH_MAX];

    for (size_t i = 0; i <= a_length; i++) {
        uint8_t *row = rows[i % 3];
        const uint8_t *above = rows[(i + 2) % 3];
        const uint8_t *before = rows[(i + 1) % 3];

        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = i == 0 ? j : least((size_t)above[j] + 1, (size_t)row[j - 1] + 1);

            if (i > 0) {
                best = least(best, above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0u : 1u));
            }
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = least(best, (size_t)before[j - 2] + 1);
            }
            row[j] = (uint8_t)best;
        }
    }
    return rows[a_length % 3][b_length];
}

void nearest_begin(struct nearest *n, const char *word)
{
    n->word = word;
    n->length = strnlen(word, sizeof(n->name));
    n->distance = least(n->length / 3 + 2, 8);
    n->name[0] = '\0';
}

void nearest_offer(struct nearest *n, const char *name)
{
    size_t length = strnlen(name, sizeof(n->name));
    size_t apart = n->length > length ? n->length - length : length - n->length;
    bool whole = length > n->length && name[n->length] == '@' &&
                 strncmp(name, n->word, n->length) == 0; /* but for its unit address */
    size_t distance;

    if (n->length >= sizeof(n->name) || length >= sizeof(n->name) ||
        (apart >= n->distance && !whole)) {
        return;
    }
    distance = whole ? 1 : edits(n->word, n->length, name, length);
    if (distance < n->distance && distance < length) {
        n->distance = distance;
        memcpy(n->name, name, length + 1);
    }
}

void list_append(char *list, size_t size, const char *name)
{
    size_t used = strlen(list);
    size_t wanted = strlen(name) + sizeof(", ") + sizeof(", ...");

    if (wanted < size - used) {
        console_format(list + used, size - used, "%s%s", used > 0 ? ", " : "", name);
    } else if (used < 3 || strcmp(list + used - 3, "...") != 0) {
        console_format(list + used, size - used, "%s...", used > 0 ? ", " : "");
    }
}

/* ---- what lies where ---- */

void plan_node_at(const struct plan *p, uint64_t address, char *path, size_t size)
{
    const void *fdt = p->board.fdt;
    uint64_t smallest = UINT64_MAX;
    struct dt_at at = {.depth = 0};
    struct range r;

    console_format(path, size, "nothing");
    while (dt_step(fdt, &at)) {
        for (uint32_t i = 0; i < PLAN_MAX_WINDOWS && dt_reg_at(fdt, &at, i, &r) == OK; i++) {
            if (address - r.base < r.size && r.size < smallest) {
                smallest = r.size;
                dt_path_at(fdt, &at, path, size);
            }
        }
    }
}

const struct plan_extent *plan_extent_at(const struct plan_partition *partition, uint64_t ipa,
                                         uint64_t size)
{
    for (uint32_t i = 0; i < partition->extent_count; i++) {
        const struct plan_extent *e = &partition->extent[i];

        if (ipa - e->ipa < e->size && size <= e->size - (ipa - e->ipa)) {
            return e;
        }
    }
    return NULL;
}
