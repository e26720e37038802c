/* SPDX-License-Identifier: Apache-2.0 */
/* The structure block's tokens (Devicetree Specification 5.4), for dt.c and dt_valid.c alone. */
#ifndef CORE_PLAN_DT_TOKEN_H
#define CORE_PLAN_DT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <libfdt.h>

#include "core/base/addr.h"

/* What follows a tag, in bytes: a node's is its name; a property's are length, name and value. */
#define TAG_SIZE      4
#define PROPERTY_SIZE 12

/* One load and one REV: libfdt's fdt32_to_cpu() is a call where the compiler goes for size. */
static inline uint32_t be32(const void *p)
{
    return __builtin_bswap32(*(const uint32_t *)p);
}

static inline const char *structure(const void *fdt)
{
    return (const char *)fdt + be32(&((const struct fdt_header *)fdt)->off_dt_struct);
}

static inline const char *strings(const void *fdt)
{
    return (const char *)fdt + be32(&((const struct fdt_header *)fdt)->off_dt_strings);
}

static inline bool has_zero_byte(uint32_t v)
{
    return ((v - 0x01010101u) & ~v & 0x80808080u) != 0;
}

/* Behind the name at `name`, padding included: the word that holds its terminator is the last. */
static inline const char *name_end(const char *name)
{
    while (!has_zero_byte(be32(name))) {
        name += TAG_SIZE;
    }
    return name + TAG_SIZE;
}

/* Behind the token at `token`. Inlined: this is what walking a tree costs. */
static inline const char *token_end(const char *token)
{
    switch (be32(token)) {
    case FDT_PROP:
        return token + PROPERTY_SIZE + align_up(be32(token + TAG_SIZE), TAG_SIZE);
    case FDT_BEGIN_NODE:
        return name_end(token + TAG_SIZE);
    default:
        return token + TAG_SIZE;
    }
}

#endif
