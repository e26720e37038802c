/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structure of a flattened device tree (Devicetree Specification 5): its validity, its nodes,
 * properties and paths. libfdt looks everything up from the root and checks every byte again each
 * time; here dt_valid() checks once, and then a walk costs a few instructions a token.
 */
#include "core/plan/dt.h"

#include <string.h>

#include <libfdt.h>

/* What follows a tag, in bytes: a node's is its name; a property's are length, name and value. */
#define TAG_SIZE      4
#define PROPERTY_SIZE 12

#define RESERVATION_SIZE 16 /* address, size: 64 bits each */

/* One load and one REV: libfdt's fdt32_to_cpu() is a call where the compiler goes for size. */
static inline uint32_t be32(const void *p)
{
    return __builtin_bswap32(*(const uint32_t *)p);
}

static const char *structure(const void *fdt)
{
    return (const char *)fdt + be32(&((const struct fdt_header *)fdt)->off_dt_struct);
}

static const char *strings(const void *fdt)
{
    return (const char *)fdt + be32(&((const struct fdt_header *)fdt)->off_dt_strings);
}

static bool has_zero_byte(uint32_t v)
{
    return ((v - 0x01010101u) & ~v & 0x80808080u) != 0;
}

/* Behind the name at `name`, padding included: the word that holds its terminator is the last. */
static const char *name_end(const char *name)
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

/* ---- validity ---- */

uint64_t dt_size(const void *fdt)
{
    return fdt_magic(fdt) == FDT_MAGIC ? fdt_totalsize(fdt) : 0;
}

static bool block_valid(uint32_t total, uint32_t offset, uint32_t size)
{
    return offset >= sizeof(struct fdt_header) && offset <= total && size <= total - offset;
}

static bool header_valid(const void *fdt, uint64_t room)
{
    uint32_t total;

    if (!is_aligned((uintptr_t)fdt, TAG_SIZE) || room < sizeof(struct fdt_header) ||
        dt_size(fdt) == 0) {
        return false;
    }
    total = fdt_totalsize(fdt);
    return total <= room && total <= INT32_MAX && fdt_version(fdt) >= 17 &&
           fdt_last_comp_version(fdt) <= 17 && is_aligned(fdt_off_dt_struct(fdt), TAG_SIZE) &&
           is_aligned(fdt_off_mem_rsvmap(fdt), TAG_SIZE) &&
           block_valid(total, fdt_off_mem_rsvmap(fdt), 0) &&
           block_valid(total, fdt_off_dt_struct(fdt), fdt_size_dt_struct(fdt)) &&
           block_valid(total, fdt_off_dt_strings(fdt), fdt_size_dt_strings(fdt));
}

/* The list of reservations ends, with an entry of size 0, inside the blob. */
static bool reservations_valid(const void *fdt)
{
    const char *entry = (const char *)fdt + fdt_off_mem_rsvmap(fdt);
    uint64_t left = fdt_totalsize(fdt) - fdt_off_mem_rsvmap(fdt);

    for (; left >= RESERVATION_SIZE; left -= RESERVATION_SIZE, entry += RESERVATION_SIZE) {
        if (dt_cells(entry + 8, 2) == 0) {
            return true;
        }
    }
    return false;
}

bool dt_reservation(const void *fdt, uint32_t index, struct range *out)
{
    const char *entry =
        (const char *)fdt + fdt_off_mem_rsvmap(fdt) + (size_t)index * RESERVATION_SIZE;

    *out = (struct range){dt_cells(entry, 2), dt_cells(entry + 8, 2)};
    return out->size != 0;
}

/* Bytes of the strings block up to its last terminator: a name that begins there ends there. */
static uint32_t strings_room(const void *fdt)
{
    uint32_t size = fdt_size_dt_strings(fdt);

    while (size > 0 && strings(fdt)[size - 1] != '\0') {
        size--;
    }
    return size;
}

struct scan {
    const char *base;
    uint32_t size; /* of the structure block */
    const char *names;
    uint32_t names_size; /* where names of properties may begin */
    uint32_t offset;
    uint32_t depth;
    bool properties; /* may come here: nothing but properties since the node began */
};

/* It ends within `room` bytes, and is not too long. */
static bool is_name(const char *name, uint32_t room)
{
    return memchr(name, '\0', room <= DT_NAME_MAX ? room : DT_NAME_MAX + 1) != NULL;
}

/* Only the root, nameless and first of all, is at depth 0. */
static bool scan_node(struct scan *s)
{
    uint32_t name = s->offset + TAG_SIZE;

    if (!is_name(s->base + name, s->size - name) || s->depth == DT_DEPTH ||
        (s->depth == 0 && (s->offset != 0 || *(s->base + name) != '\0'))) {
        return false;
    }
    s->depth++;
    s->properties = true;
    return true;
}

static bool scan_property(const struct scan *s)
{
    const char *token = s->base + s->offset;
    uint32_t left = s->size - s->offset;

    return s->properties && left >= PROPERTY_SIZE && be32(token + 4) <= left - PROPERTY_SIZE &&
           be32(token + 8) < s->names_size &&
           is_name(s->names + be32(token + 8), s->names_size - be32(token + 8));
}

/* One token at s->offset, of which the tag lies inside. */
static bool scan_token(struct scan *s)
{
    switch (be32(s->base + s->offset)) {
    case FDT_BEGIN_NODE:
        return scan_node(s);
    case FDT_END_NODE:
        s->properties = false;
        return s->depth-- > 0;
    case FDT_PROP:
        return scan_property(s);
    case FDT_NOP:
        return s->depth > 0;
    default:
        return false;
    }
}

bool dt_valid(const void *fdt, uint64_t room)
{
    struct scan s = {0};

    if (!header_valid(fdt, room) || !reservations_valid(fdt)) {
        return false;
    }
    s.base = structure(fdt);
    s.size = (uint32_t)align_down(fdt_size_dt_struct(fdt), TAG_SIZE);
    s.names = strings(fdt);
    s.names_size = strings_room(fdt);
    while (s.offset <= s.size && s.size - s.offset >= TAG_SIZE) {
        if (be32(s.base + s.offset) == FDT_END) {
            return s.depth == 0 && s.offset != 0;
        }
        if (!scan_token(&s)) {
            return false;
        }
        s.offset = (uint32_t)(token_end(s.base + s.offset) - s.base);
    }
    return false;
}

/* ---- nodes ---- */

void dt_root(struct dt_at *at)
{
    at->node[0] = 0;
    at->depth = 0;
}

bool dt_step(const void *fdt, struct dt_at *at)
{
    const char *base = structure(fdt);
    const char *token = token_end(base + at->node[at->depth]);

    for (;; token = token_end(token)) {
        switch (be32(token)) {
        case FDT_BEGIN_NODE:
            at->node[++at->depth] = (int)(token - base);
            return true;
        case FDT_END_NODE:
            if (at->depth == 0) {
                return false;
            }
            at->depth--;
            break;
        default:
            break;
        }
    }
}

bool dt_at(const void *fdt, int node, struct dt_at *at)
{
    dt_root(at);
    while (at->node[at->depth] < node) {
        if (!dt_step(fdt, at)) {
            return false;
        }
    }
    return at->node[at->depth] == node;
}

const char *dt_name(const void *fdt, int node)
{
    return structure(fdt) + node + TAG_SIZE;
}

static void unknown_path(char *path, size_t size)
{
    if (size > 0) {
        path[0] = size > 1 ? '?' : '\0';
        path[size > 1 ? 1 : 0] = '\0';
    }
}

void dt_path_at(const void *fdt, const struct dt_at *at, char *path, size_t size)
{
    size_t used = 0;

    for (uint32_t d = at->depth == 0 ? 0 : 1; d <= at->depth; d++) {
        const char *name = dt_name(fdt, at->node[d]);
        size_t length = strlen(name);

        if (length + 2 > size - used) {
            unknown_path(path, size);
            return;
        }
        path[used++] = '/';
        for (size_t i = 0; i < length; i++) {
            path[used++] = name[i] > ' ' && name[i] <= '~' ? name[i] : '?';
        }
    }
    path[used] = '\0';
}

void dt_path(const void *fdt, int node, char *path, size_t size)
{
    struct dt_at at;

    if (dt_at(fdt, node, &at)) {
        dt_path_at(fdt, &at, path, size);
    } else {
        unknown_path(path, size);
    }
}

int dt_phandle(const void *fdt, uint32_t phandle)
{
    const char *base = structure(fdt);
    int node = 0;

    for (const char *token = base; be32(token) != FDT_END; token = token_end(token)) {
        if (be32(token) == FDT_BEGIN_NODE) {
            node = (int)(token - base);
        } else if (be32(token) == FDT_PROP && be32(token + 4) == sizeof(phandle) &&
                   be32(token + PROPERTY_SIZE) == phandle) {
            const char *name = strings(fdt) + be32(token + 8);

            if (strcmp(name, "phandle") == 0 || strcmp(name, "linux,phandle") == 0) {
                return node;
            }
        }
    }
    return -1;
}

int dt_child(const void *fdt, int node, const char *name, size_t length)
{
    struct dt_at at = {.node = {node}};

    while (dt_step(fdt, &at)) {
        const char *child = dt_name(fdt, at.node[at.depth]);

        if (at.depth == 1 && strncmp(child, name, length) == 0 && child[length] == '\0') {
            return at.node[1];
        }
    }
    return -1;
}

/* Down from `node`; `path` is "" or "/name/name...". */
static enum status find_below(const void *fdt, int node, const char *path, int *out)
{
    while (*path == '/') {
        const char *name = path + 1;
        const char *end = strchr(name, '/');
        size_t length = end != NULL ? (size_t)(end - name) : strlen(name);

        if (length == 0) {
            return E_INVALID;
        }
        node = dt_child(fdt, node, name, length);
        if (node < 0) {
            return E_NOT_FOUND;
        }
        path = name + length;
    }
    *out = node;
    return OK;
}

/* The path that /aliases gives for the `length` bytes at `name`; NULL where it has none. */
static const char *find_alias(const void *fdt, const char *name, size_t length)
{
    int aliases = dt_child(fdt, 0, "aliases", strlen("aliases"));
    struct dt_property property;

    if (aliases < 0) {
        return NULL;
    }
    for (int i = dt_next_property(fdt, aliases, &property); i >= 0;
         i = dt_next_property(fdt, i, &property)) {
        if (strncmp(property.name, name, length) == 0 && property.name[length] == '\0') {
            return dt_string(property.data, property.size, 0);
        }
    }
    return NULL;
}

enum status dt_find(const void *fdt, const char *path, int *node)
{
    const char *rest = strchr(path, '/');
    size_t length = rest != NULL ? (size_t)(rest - path) : strlen(path);
    enum status status = OK;

    *node = 0;
    if (path[0] == '\0') {
        return E_INVALID;
    }
    if (strcmp(path, "/") == 0) {
        return OK;
    }
    if (length > 0) {
        const char *alias = find_alias(fdt, path, length);

        if (alias == NULL) {
            return E_NOT_FOUND;
        }
        status = alias[0] == '/' ? find_below(fdt, 0, alias, node) : E_INVALID;
    }
    return status == OK && rest != NULL ? find_below(fdt, *node, rest, node) : status;
}

/* ---- properties ---- */

/* The next property at or behind `token`, over FDT_NOPs; NULL where the node has no more. */
static const char *find_property(const char *token)
{
    while (be32(token) == FDT_NOP) {
        token += TAG_SIZE;
    }
    return be32(token) == FDT_PROP ? token : NULL;
}

int dt_next_property(const void *fdt, int offset, struct dt_property *out)
{
    const char *base = structure(fdt);
    const char *token = find_property(token_end(base + offset));

    if (token == NULL) {
        return -1;
    }
    out->size = be32(token + 4);
    out->name = strings(fdt) + be32(token + 8);
    out->data = token + PROPERTY_SIZE;
    return (int)(token - base);
}

const void *dt_property(const void *fdt, int node, const char *name, uint32_t *size)
{
    const char *names = strings(fdt);
    const char *token = structure(fdt) + node;

    while ((token = find_property(token_end(token))) != NULL) {
        const char *candidate = names + be32(token + 8);

        if (candidate[0] == name[0] && strcmp(candidate, name) == 0) {
            if (size != NULL) {
                *size = be32(token + 4);
            }
            return token + PROPERTY_SIZE;
        }
    }
    return NULL;
}

const char *dt_string(const void *data, uint32_t size, uint32_t index)
{
    const char *s = data;

    while (size > 0) {
        const char *end = memchr(s, '\0', size);

        if (end == NULL || index-- == 0) {
            return end != NULL ? s : NULL;
        }
        size -= (uint32_t)(end + 1 - s);
        s = end + 1;
    }
    return NULL;
}

bool dt_enabled(const void *fdt, int node)
{
    uint32_t size;
    const void *data = dt_property(fdt, node, "status", &size);
    const char *status;

    if (data == NULL) {
        return true;
    }
    status = dt_string(data, size, 0);
    return status != NULL && (strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0);
}

bool dt_enabled_at(const void *fdt, const struct dt_at *at)
{
    uint32_t d = 0;

    while (d <= at->depth && dt_enabled(fdt, at->node[d])) {
        d++;
    }
    return d > at->depth;
}

bool dt_compatible(const void *fdt, int node, const char *const *list)
{
    uint32_t size = 0;
    const char *s = dt_property(fdt, node, "compatible", &size);
    const char *end = s != NULL ? s + size : NULL;

    for (; s != NULL && (s = dt_string(s, (uint32_t)(end - s), 0)) != NULL; s += strlen(s) + 1) {
        for (const char *const *known = list; *known != NULL; known++) {
            if (strcmp(s, *known) == 0) {
                return true;
            }
        }
    }
    return false;
}

uint64_t dt_cells(const void *p, uint32_t cells)
{
    return cells == 2 ? (uint64_t)be32(p) << 32 | be32((const char *)p + 4) : be32(p);
}

uint64_t dt_number(const void *fdt, int node, const char *name, uint64_t fallback)
{
    uint32_t size;
    const void *data = dt_property(fdt, node, name, &size);

    return data != NULL && (size == 4 || size == 8) ? dt_cells(data, size / 4) : fallback;
}
