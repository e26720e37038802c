/* SPDX-License-Identifier: Apache-2.0 */
/* Text from a printf-like format, character by character into a sink: EL2 has no stdio. */
#ifndef CORE_BASE_FORMAT_H
#define CORE_BASE_FORMAT_H

#include <stdarg.h>

/* Where the text goes; embed it first in a struct that knows more. */
struct format_sink {
    void (*put)(struct format_sink *sink, char c);
};

/*
 * %s %c %d %i %u %x %X %p %%, lengths hh h l ll z, flags 0 and -, width and, for %s, precision,
 * both as numbers or *. Another conversion is put as it stands. A NULL string is "(null)".
 */
__attribute__((format(printf, 2, 0))) void format_put(struct format_sink *sink, const char *format,
                                                      va_list args);

#endif
