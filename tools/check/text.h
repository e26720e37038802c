/* SPDX-License-Identifier: Apache-2.0 */
/* Names as text for people. */
#ifndef TOOLS_CHECK_TEXT_H
#define TOOLS_CHECK_TEXT_H

#include <stdbool.h>

/* True where the string is well-formed UTF-8 without control characters. */
bool text_is_plain(const char *s);

#endif
