/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the formatter: what console_printf() and console_format() understand. */
#include "core/base/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/console.h"

#define NUMBER_MAX 20  /* digits of UINT64_MAX */
#define WIDTH_MAX  256 /* a width or precision beyond it is taken as this */

/* One conversion, between its % and its letter. */
struct spec {
    bool left, zero, width_star, precision_star;
    uint32_t width;
    uint32_t precision; /* of %s */
    uint32_t bits;      /* of an integer argument */
};

static void pad(struct format_sink *sink, char c, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        sink->put(sink, c);
    }
}

static void put_string(struct format_sink *sink, const struct spec *spec, const char *s)
{
    uint32_t length;

    if (s == NULL) {
        s = "(null)";
    }
    length = (uint32_t)strnlen(s, spec->precision);
    if (!spec->left) {
        pad(sink, ' ', length, spec->width);
    }
    for (uint32_t i = 0; i < length; i++) {
        sink->put(sink, s[i]);
    }
    if (spec->left) {
        pad(sink, ' ', length, spec->width);
    }
}

/* `sign`: "", "-" or "0x". */
static void put_number(struct format_sink *sink, const struct spec *spec, const char *sign,
                       uint64_t v, uint32_t base, const char *digits)
{
    char text[NUMBER_MAX];
    uint32_t n = 0;
    uint32_t length;

    do {
        text[n++] = digits[v % base];
        v /= base;
    } while (v != 0);
    length = n + (uint32_t)strlen(sign);
    if (!spec->left && !spec->zero) {
        pad(sink, ' ', length, spec->width);
    }
    while (*sign != '\0') {
        sink->put(sink, *sign++);
    }
    if (!spec->left && spec->zero) {
        pad(sink, '0', length, spec->width);
    }
    while (n > 0) {
        sink->put(sink, text[--n]);
    }
    if (spec->left) {
        pad(sink, ' ', length, spec->width);
    }
}

/* ---- reading the format ---- */

static uint32_t bound(int v)
{
    return v < 0 ? 0 : v > WIDTH_MAX ? WIDTH_MAX : (uint32_t)v;
}

/* A decimal number, or a star, at `format`; returns what follows it. */
static const char *read_number(const char *format, uint32_t *out, bool *star)
{
    int v = 0;

    *star = *format == '*';
    if (*star) {
        return format + 1;
    }
    for (; *format >= '0' && *format <= '9'; format++) {
        v = v < WIDTH_MAX ? v * 10 + (*format - '0') : WIDTH_MAX;
    }
    *out = bound(v);
    return format;
}

static const char *read_length(const char *format, struct spec *spec)
{
    size_t bytes = sizeof(int);

    for (; *format == 'h'; format++) {
        bytes = bytes > 1 ? bytes / 2 : 1;
    }
    if (*format == 'z') {
        bytes = sizeof(size_t);
        format++;
    } else if (format[0] == 'l' && format[1] == 'l') {
        bytes = sizeof(long long);
        format += 2;
    } else if (*format == 'l') {
        bytes = sizeof(long);
        format++;
    }
    spec->bits = 8 * (uint32_t)bytes;
    return format;
}

/* What follows a %, up to the letter; returns where that is. */
static const char *read_spec(const char *format, struct spec *spec)
{
    *spec = (struct spec){.precision = UINT32_MAX};
    for (; *format == '-' || *format == '0'; format++) {
        spec->left |= *format == '-';
        spec->zero |= *format == '0';
    }
    format = read_number(format, &spec->width, &spec->width_star);
    if (*format == '.') {
        format = read_number(format + 1, &spec->precision, &spec->precision_star);
    }
    return read_length(format, spec);
}

static void put_integer(struct format_sink *sink, const struct spec *spec, char letter, uint64_t v)
{
    uint64_t sign = UINT64_C(1) << (spec->bits - 1);

    v &= UINT64_MAX >> (64 - spec->bits);
    if (letter == 'x') {
        put_number(sink, spec, "", v, 16, "0123456789abcdef");
    } else if (letter == 'X') {
        put_number(sink, spec, "", v, 16, "0123456789ABCDEF");
    } else if (letter != 'u' && (v & sign) != 0) {
        put_number(sink, spec, "-", (sign << 1) - v, 10, "0123456789");
    } else {
        put_number(sink, spec, "", v, 10, "0123456789");
    }
}

/* Every argument is taken here: a va_list cannot be handed on and come back. */
void format_put(struct format_sink *sink, const char *format, va_list args)
{
    while (*format != '\0') {
        const char *start = format;
        char text[2] = "";
        struct spec spec;

        if (*format++ != '%') {
            sink->put(sink, *start);
            continue;
        }
        format = read_spec(format, &spec);
        spec.width = spec.width_star ? bound(va_arg(args, int)) : spec.width;
        spec.precision = spec.precision_star ? bound(va_arg(args, int)) : spec.precision;
        if (*format == 's') {
            put_string(sink, &spec, va_arg(args, const char *));
        } else if (*format == 'c') {
            text[0] = (char)va_arg(args, int);
            put_string(sink, &spec, text);
        } else if (*format == 'p') {
            put_number(sink, &spec, "0x", (uintptr_t)va_arg(args, void *), 16, "0123456789abcdef");
        } else if (*format != '\0' && strchr("diuxX", *format) != NULL) {
            put_integer(sink, &spec, *format,
                        spec.bits == 64 ? va_arg(args, uint64_t) : va_arg(args, uint32_t));
        } else if (*format == '%') {
            sink->put(sink, '%');
        } else {
            for (; start < format; start++) {
                sink->put(sink, *start);
            }
            continue;
        }
        format++;
    }
}

struct buffer_sink {
    struct format_sink sink;
    char *buffer;
    size_t size, wanted;
};

static void buffer_put(struct format_sink *sink, char c)
{
    struct buffer_sink *b = (struct buffer_sink *)sink;

    if (b->wanted + 1 < b->size) {
        b->buffer[b->wanted] = c;
    }
    b->wanted++;
}

size_t console_vformat(char *buffer, size_t size, const char *format, va_list args)
{
    struct buffer_sink b = {{buffer_put}, buffer, size, 0};

    format_put(&b.sink, format, args);
    if (size > 0) {
        buffer[b.wanted < size ? b.wanted : size - 1] = '\0';
    }
    return b.wanted;
}

size_t console_format(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    size_t wanted;

    va_start(args, format);
    wanted = console_vformat(buffer, size, format, args);
    va_end(args);
    return wanted;
}
