/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and names as text for people. */
#ifndef TOOLS_CHECK_TEXT_H
#define TOOLS_CHECK_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define SIZE_TEXT 24 /* bytes of a size as text, terminator included */

/* Bytes in the largest unit that leaves a whole number, or with one decimal: "512 MiB". */
const char *size_text(char text[static SIZE_TEXT], uint64_t bytes);

/* True where the string is well-formed UTF-8 without control characters. */
bool text_is_plain(const char *s);

#endif
