/* SPDX-License-Identifier: Apache-2.0 */
/* Is it a flattened device tree, whole and in order? Devicetree Specification 5. */
#include "core/plan/dt.h"

#include <string.h>

#include "core/plan/dt_token.h"

#define RESERVATION_SIZE 16 /* address, size: 64 bits each */

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
