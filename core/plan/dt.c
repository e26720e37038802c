/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structure of a flattened device tree (Devicetree Specification 5): nodes, properties and
 * paths. libfdt looks everything up from the root and checks every byte again each time; here
 * dt_valid() checks once, and then a walk costs a few instructions a token.
 */
#include "core/plan/dt.h"

#include <string.h>

#include "core/plan/dt_token.h"

#define SEARCH_KNOWN 16 /* nodes that were found by their phandle */

/* ---- nodes ---- */

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

/* ---- searches from the root ---- */

/* Class: the boot CPU's until dt_search_end(), then only read; `known`: atomic. */
static struct {
    const void *fdt;              /* whose nodes are known */
    uint64_t known[SEARCH_KNOWN]; /* a phandle in the upper half, its node in the lower; -1: none */
    bool counted;
    int64_t left; /* bytes; below 0: they did not suffice */
} search;

void dt_search_begin(const void *fdt)
{
    search.fdt = fdt;
    search.counted = true;
    search.left = DT_SEARCH_BYTES;
    for (uint32_t i = 0; i < SEARCH_KNOWN; i++) {
        search.known[i] = (uint64_t)(i + 1) << 32; /* that belongs elsewhere */
    }
}

bool dt_search_end(void)
{
    search.counted = false;
    return search.left >= 0;
}

bool dt_search_count(const void *fdt, int bytes)
{
    if (!search.counted || fdt != search.fdt) {
        return true;
    }
    search.left -= bytes;
    return search.left >= 0;
}

bool dt_at(const void *fdt, int node, struct dt_at *at)
{
    at->node[0] = 0;
    at->depth = 0;
    if (!dt_search_count(fdt, node)) {
        return false;
    }
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

static int find_phandle(const void *fdt, uint32_t phandle)
{
    const char *base = structure(fdt);
    const char *token;
    int node = 0;

    for (token = base; be32(token) != FDT_END; token = token_end(token)) {
        if (be32(token) == FDT_BEGIN_NODE) {
            node = (int)(token - base);
        } else if (be32(token) == FDT_PROP && be32(token + 4) == sizeof(phandle) &&
                   be32(token + PROPERTY_SIZE) == phandle) {
            const char *name = strings(fdt) + be32(token + 8);

            if (strcmp(name, "phandle") == 0 || strcmp(name, "linux,phandle") == 0) {
                break;
            }
        }
    }
    return dt_search_count(fdt, (int)(token - base)) && be32(token) != FDT_END ? node : -1;
}

int dt_phandle(const void *fdt, uint32_t phandle)
{
    uint64_t *slot = &search.known[phandle % SEARCH_KNOWN];
    uint64_t known = __atomic_load_n(slot, __ATOMIC_RELAXED);
    int node;

    if (fdt == search.fdt && known >> 32 == phandle) {
        return (int)(uint32_t)known;
    }
    node = dt_search_count(fdt, 0) ? find_phandle(fdt, phandle) : -1;
    if (fdt == search.fdt) {
        __atomic_store_n(slot, (uint64_t)phandle << 32 | (uint32_t)node, __ATOMIC_RELAXED);
    }
    return node;
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
static int find_below(const void *fdt, int node, const char *path)
{
    while (node >= 0 && *path == '/') {
        const char *name = path + 1;
        const char *end = strchr(name, '/');
        size_t length = end != NULL ? (size_t)(end - name) : strlen(name);

        node = length != 0 ? dt_child(fdt, node, name, length) : -1;
        path = name + length;
    }
    return node;
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

int dt_find(const void *fdt, const char *path)
{
    const char *rest = strchr(path, '/');
    size_t length = rest != NULL ? (size_t)(rest - path) : strlen(path);
    int node = path[0] != '\0' ? 0 : -1;

    if (strcmp(path, "/") == 0) {
        return 0;
    }
    if (length > 0) {
        const char *alias = find_alias(fdt, path, length);

        node = alias != NULL && alias[0] == '/' ? find_below(fdt, 0, alias) : -1;
    }
    return rest != NULL ? find_below(fdt, node, rest) : node;
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
    const char *const start = structure(fdt) + node;
    const char *token = start;

    for (const char *at = start; (at = find_property(token_end(at))) != NULL; token = at) {
        const char *candidate = names + be32(at + 8);

        if (candidate[0] == name[0] && strcmp(candidate, name) == 0) {
            if (!dt_search_count(fdt, (int)(at - start))) {
                return NULL;
            }
            if (size != NULL) {
                *size = be32(at + 4);
            }
            return at + PROPERTY_SIZE;
        }
    }
    (void)dt_search_count(fdt, (int)(token - start));
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

const char *dt_text(const void *fdt, int node, const char *name)
{
    uint32_t size = 0;
    const void *data = dt_property(fdt, node, name, &size);

    return dt_string(data, size, 0);
}

bool dt_has_type(const void *fdt, int node, const char *type)
{
    const char *its = dt_text(fdt, node, "device_type");

    return its != NULL && strcmp(its, type) == 0;
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

uint32_t dt_cell(const void *p, uint32_t index)
{
    return be32((const char *)p + (size_t)index * DT_CELL);
}

uint64_t dt_cells(const void *p, uint32_t cells)
{
    return cells == 2 ? (uint64_t)dt_cell(p, 0) << 32 | dt_cell(p, 1) : dt_cell(p, 0);
}

uint64_t dt_number(const void *fdt, int node, const char *name, uint64_t fallback)
{
    uint32_t size;
    const void *data = dt_property(fdt, node, name, &size);

    return data != NULL && (size == 4 || size == 8) ? dt_cells(data, size / 4) : fallback;
}
