/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a partition's tree in order, and into it what every partition is told. */
#include "core/guest/guest_dt_write.h"

#include <inttypes.h>
#include <string.h>

#include <libfdt.h>

#include "core/base/console.h"
#include "core/plan/dt.h"
#include "core/plan/refer.h"

#define MOST_REGS PLAN_MAX_WINDOWS /* in one property */

_Static_assert(1 + PLAN_MAX_REDISTS <= MOST_REGS, "a GIC's, too");

static void keep(struct writer *w, int error)
{
    if (w->error == 0) {
        w->error = error;
    }
}

/*
 * The names of `from` as they stand, and before them those that tree_memory(), tree_boot() and the
 * filling in of CPUs write: libfdt, which looks each name up from the front, never comes to the
 * many that the partition's supplier may have.
 */
static void copy_names(struct writer *w, const void *from)
{
    static const char ours[] = "reg\0device_type\0enable-method\0bootargs\0linux,initrd-start\0"
                               "linux,initrd-end";
    const uint32_t size = fdt_size_dt_strings(from);
    const uint32_t room = fdt_totalsize(w->fdt) - fdt_off_dt_struct(w->fdt);
    char *end = (char *)w->fdt + fdt_totalsize(w->fdt);

    if (room < sizeof(ours) || room - sizeof(ours) < size) {
        keep(w, -FDT_ERR_NOSPACE);
        return;
    }
    memcpy(end - size, (const char *)from + fdt_off_dt_strings(from), size);
    memcpy(end - size - sizeof(ours), ours, sizeof(ours));
    fdt_set_size_dt_strings(w->fdt, size + (uint32_t)sizeof(ours));
}

void tree_open(struct writer *w, void *buffer, uint64_t room, const void *from)
{
    struct range r;

    *w = (struct writer){.fdt = buffer};
    w->error = fdt_create(buffer, (int)(room < INT32_MAX ? room : INT32_MAX));
    for (uint32_t i = 0; from != NULL && w->error == 0 && dt_reservation(from, i, &r); i++) {
        keep(w, fdt_add_reservemap_entry(buffer, r.base, r.size));
    }
    if (w->error == 0) {
        keep(w, fdt_finish_reservemap(buffer));
    }
    if (from != NULL && w->error == 0) {
        copy_names(w, from);
    }
}

enum status tree_close(struct writer *w)
{
    if (w->error == 0) {
        w->error = fdt_finish(w->fdt);
    }
    return w->error == 0 ? OK : w->error == -FDT_ERR_NOSPACE ? E_NO_SPACE : E_INVALID;
}

void tree_begin(struct writer *w, const char *name)
{
    if (w->error == 0) {
        keep(w, fdt_begin_node(w->fdt, name));
    }
}

void tree_end(struct writer *w)
{
    if (w->error == 0) {
        keep(w, fdt_end_node(w->fdt));
    }
}

void tree_put(struct writer *w, const char *name, const void *value, size_t size)
{
    if (w->error == 0) {
        keep(w, fdt_property(w->fdt, name, value, (int)size));
    }
}

void tree_string(struct writer *w, const char *name, const char *value)
{
    tree_put(w, name, value, strlen(value) + 1);
}

void tree_u32(struct writer *w, const char *name, uint32_t value)
{
    tree_cells(w, name, &value, 1);
}

void tree_cells(struct writer *w, const char *name, uint32_t *cells, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        cells[i] = cpu_to_fdt32(cells[i]);
    }
    tree_put(w, name, cells, count * sizeof(*cells));
}

/* Append a number to what `cells` holds `used` of; returns how many it holds then. */
static uint32_t push(struct writer *w, uint32_t *cells, uint32_t used, uint64_t value,
                     uint32_t count)
{
    if (count > 2 || (count == 1 && value > UINT32_MAX)) {
        keep(w, -FDT_ERR_BADNCELLS);
        return used;
    }
    if (count == 2) {
        cells[used++] = (uint32_t)(value >> 32);
    }
    if (count != 0) {
        cells[used++] = (uint32_t)value;
    }
    return used;
}

void tree_reg(struct writer *w, const struct range *r, uint32_t count, uint32_t address_cells,
              uint32_t size_cells)
{
    uint32_t cells[4 * MOST_REGS];
    uint32_t used = 0;

    for (uint32_t i = 0; i < count; i++) {
        used = push(w, cells, used, r[i].base, address_cells);
        used = push(w, cells, used, r[i].size, size_cells);
    }
    tree_cells(w, "reg", cells, used);
}

bool tree_is_listed(const char *list, const char *name)
{
    while (*list != '\0' && !refer_matches(list, name)) {
        list += strlen(list) + 1;
    }
    return *list != '\0';
}

/*
 * A property under the name that it has in `from`, whose names copy_names() has copied. Until the
 * tree is finished, libfdt counts names back from the end of all.
 */
static void copy_property(struct writer *w, const void *from, const struct dt_property *property)
{
    const char *end = (const char *)from + fdt_off_dt_strings(from) + fdt_size_dt_strings(from);
    void *value = NULL;

    if (w->error == 0) { /* "": the end of the first name */
        keep(w, fdt_property_placeholder(w->fdt, "", (int)property->size, &value));
    }
    if (w->error == 0) {
        struct fdt_property *token =
            (struct fdt_property *)(void *)((char *)value - offsetof(struct fdt_property, data));

        token->nameoff = cpu_to_fdt32((uint32_t)(property->name - end));
        memcpy(value, property->data, property->size);
    }
}

void tree_copy(struct writer *w, const void *from, int node, const char *except)
{
    struct dt_property property;

    for (int at = dt_next_property(from, node, &property); at >= 0;
         at = dt_next_property(from, at, &property)) {
        if (!tree_is_listed(except, property.name)) {
            copy_property(w, from, &property);
        }
    }
}

void tree_memory(struct writer *w, const struct plan_partition *part, uint32_t address_cells,
                 uint32_t size_cells)
{
    char name[NODE_NAME_MAX];

    for (uint32_t i = 0; i < part->memory_count; i++) {
        console_format(name, sizeof(name), "memory@%" PRIx64, part->memory[i].base);
        tree_begin(w, name);
        tree_string(w, "device_type", "memory");
        tree_reg(w, &part->memory[i], 1, address_cells, size_cells);
        tree_end(w);
    }
}

void tree_boot(struct writer *w, const struct plan_partition *part)
{
    const char *const names[] = {"linux,initrd-start", "linux,initrd-end"};
    const uint64_t ends[] = {part->ramdisk.load, part->ramdisk.load + part->ramdisk.size};

    if (part->bootargs[0] != '\0') {
        tree_string(w, "bootargs", part->bootargs);
    }
    for (uint32_t i = 0; i < 2 && part->ramdisk.size != 0; i++) {
        tree_cells(w, names[i], (uint32_t[]){(uint32_t)(ends[i] >> 32), (uint32_t)ends[i]}, 2);
    }
}
