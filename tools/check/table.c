/* SPDX-License-Identifier: Apache-2.0 */
/* A table of text whose columns are as wide as their widest cell. */
#include "tools/check/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/check/files.h"

void table_add(struct table *t, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    t->cells = need(realloc(t->cells, (t->count + 1) * sizeof(*t->cells)));
    t->cells[t->count++] = need(strdup(text));
}

/* Characters of UTF-8. */
static uint32_t width_of(const char *s)
{
    uint32_t width = 0;

    for (; *s != '\0'; s++) {
        width += ((uint8_t)*s & 0xc0) != 0x80 ? 1 : 0;
    }
    return width;
}

void table_print(struct table *t, const char *indent, FILE *out)
{
    uint32_t widths[TABLE_COLUMNS] = {0};

    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t width = width_of(t->cells[i]);

        widths[i % t->columns] = width > widths[i % t->columns] ? width : widths[i % t->columns];
    }
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t last = i;

        if (i % t->columns == 0) {
            (void)fputs(indent, out);
        }
        while (last % t->columns != t->columns - 1 && last + 1 < t->count) {
            last++; /* nothing but empty cells up to the row's end: no blanks for them */
            if (t->cells[last][0] != '\0') {
                break;
            }
        }
        (void)fputs(t->cells[i], out);
        if (i % t->columns == t->columns - 1 || i + 1 == t->count) {
            (void)fputc('\n', out);
        } else if (t->cells[last][0] != '\0') {
            (void)fprintf(out, "%*s", (int)(widths[i % t->columns] - width_of(t->cells[i]) + 2),
                          "");
        }
    }
    for (uint32_t i = 0; i < t->count; i++) {
        free(t->cells[i]);
    }
    free(t->cells);
    t->cells = NULL;
    t->count = 0;
}
