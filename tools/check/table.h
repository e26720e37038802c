/* SPDX-License-Identifier: Apache-2.0 */
/* A table of text whose columns are as wide as their widest cell. */
#ifndef TOOLS_CHECK_TABLE_H
#define TOOLS_CHECK_TABLE_H

#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS 8

struct table {
    uint32_t columns; /* at most TABLE_COLUMNS */
    char **cells;
    uint32_t count;
};

/* Add a cell, row by row. */
__attribute__((format(printf, 2, 3))) void table_add(struct table *t, const char *format, ...);

/* Print the table, each line behind `indent`, and forget its cells. */
void table_print(struct table *t, const char *indent, FILE *out);

#endif
