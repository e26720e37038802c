/* SPDX-License-Identifier: Apache-2.0 */
/* Fills memory, CPUs, boot arguments and ramdisk into a copy of a partition's own device tree. */
#include "core/guest/guest_dt_own.h"

#include <string.h>

#include <libfdt.h>

#include "core/base/console.h"
#include "core/plan/dt.h"

#define NODE_NAME_MAX 64
#define MAX_REMOVED   64 /* nodes; moving the rest up costs time each */

/* True where the node is of this device_type, or has this name up to a unit address. */
static bool is_a(const void *fdt, int node, const char *type)
{
    uint32_t size;
    const void *device_type = dt_property(fdt, node, "device_type", &size);
    const char *name = dt_name(fdt, node);
    size_t length = strlen(type);

    if (device_type != NULL) {
        return size == length + 1 && memcmp(device_type, type, length + 1) == 0;
    }
    return strncmp(name, type, length) == 0 && (name[length] == '\0' || name[length] == '@');
}

/*
 * The next child of `parent` that is a `type`, after `node` (-1: the first); or negative. libfdt
 * numbers a node by its offset: it stays while only what follows it changes.
 */
static int next_of(const void *fdt, int parent, int node, const char *type)
{
    do {
        node = node < 0 ? fdt_first_subnode(fdt, parent) : fdt_next_subnode(fdt, node);
    } while (node >= 0 && !is_a(fdt, node, type));
    return node;
}

/* A copy that is being filled in; once something has failed, nothing more is done. */
struct copy {
    void *fdt;
    int error; /* libfdt's first */
};

static void fail(struct copy *c, int error)
{
    if (c->error == 0 && error < 0) {
        c->error = error;
    }
}

static void set(struct copy *c, int node, const char *name, const void *value, size_t size)
{
    if (c->error == 0) {
        fail(c, fdt_setprop(c->fdt, node, name, value, (int)size));
    }
}

static void set_string(struct copy *c, int node, const char *name, const char *value)
{
    set(c, node, name, value, strlen(value) + 1);
}

/* Set a property of numbers, each in one or two cells. */
static void set_numbers(struct copy *c, int node, const char *name, const uint64_t *value,
                        const int *cells, uint32_t count)
{
    uint32_t out[4];
    uint32_t n = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (cells[i] < 1 || cells[i] > 2 || (cells[i] == 1 && value[i] > UINT32_MAX)) {
            fail(c, -FDT_ERR_BADNCELLS);
            return;
        }
        if (cells[i] == 2) {
            out[n++] = cpu_to_fdt32((uint32_t)(value[i] >> 32));
        }
        out[n++] = cpu_to_fdt32((uint32_t)value[i]);
    }
    set(c, node, name, out, n * sizeof(out[0]));
}

/* The child of the root by that name, made where it is not there. */
static int child(struct copy *c, const char *name)
{
    int node = fdt_subnode_offset(c->fdt, 0, name);

    if (node == -FDT_ERR_NOTFOUND && c->error == 0) {
        node = fdt_add_subnode(c->fdt, 0, name);
    }
    fail(c, node);
    return node;
}

/* Remove the children of `parent` that are a `type` and come after `last` (-1: all). */
static void remove_after(struct copy *c, int parent, const char *type, int last)
{
    for (uint32_t i = 0; i < MAX_REMOVED && c->error == 0; i++) {
        int node = next_of(c->fdt, parent, last, type);

        if (node < 0) {
            return;
        }
        fail(c, fdt_del_node(c->fdt, node));
    }
    fail(c, -FDT_ERR_BADVALUE);
}

static void fill_memory(struct copy *c, const struct plan_partition *part)
{
    const int cells[] = {fdt_address_cells(c->fdt, 0), fdt_size_cells(c->fdt, 0)};

    remove_after(c, 0, "memory", -1);
    for (uint32_t i = part->memory_count; i > 0; i--) {
        const struct range *r = &part->memory[i - 1];
        char name[NODE_NAME_MAX];
        int node;

        console_format(name, sizeof(name), "memory@%lx", r->base);
        node = child(c, name);
        set_numbers(c, node, "reg", (const uint64_t[]){r->base, r->size}, cells, 2);
        set_string(c, node, "device_type", "memory");
    }
}

static void fill_cpus(struct copy *c, const struct plan_partition *part)
{
    int cpus = fdt_subnode_offset(c->fdt, 0, "cpus");
    int cells = cpus < 0 ? 0 : fdt_address_cells(c->fdt, cpus);
    int last = -1;

    for (uint64_t i = 0; i < part->cpu_count && cpus >= 0; i++) {
        int node = next_of(c->fdt, cpus, last, "cpu");

        if (node < 0) {
            return;
        }
        set_numbers(c, node, "reg", &i, &cells, 1);
        set_string(c, node, "enable-method", "psci");
        last = node;
    }
    if (cpus >= 0) {
        remove_after(c, cpus, "cpu", last);
    }
}

static void fill_chosen(struct copy *c, const struct plan_partition *part)
{
    static const char *const names[] = {"linux,initrd-start", "linux,initrd-end"};
    const uint64_t ends[] = {part->ramdisk.load, part->ramdisk.load + part->ramdisk.size};
    const int cells = 2;
    int node = child(c, "chosen");

    if (part->bootargs[0] != '\0') {
        set_string(c, node, "bootargs", part->bootargs);
    }
    for (uint32_t i = 0; i < 2 && c->error == 0; i++) {
        if (part->ramdisk.size != 0) {
            set_numbers(c, node, names[i], &ends[i], &cells, 1);
        } else {
            (void)fdt_delprop(c->fdt, node, names[i]); /* what was not there stays away */
        }
    }
}

enum status guest_dt_fill_own(const struct plan_partition *part, void *buffer, uint64_t room)
{
    struct copy c = {.fdt = buffer};

    if (part->fdt.gzip) {
        return E_UNSUPPORTED;
    }
    if (!dt_valid(part->fdt.data, part->fdt.size)) {
        return E_INVALID;
    }
    c.error = fdt_open_into(part->fdt.data, buffer, (int)room);
    if (c.error == 0) {
        fill_memory(&c, part);
        fill_cpus(&c, part);
        fill_chosen(&c, part);
    }
    if (c.error == 0) {
        c.error = fdt_pack(buffer);
    }
    if (c.error == 0) {
        return OK;
    }
    return c.error == -FDT_ERR_NOSPACE ? E_NO_SPACE : E_INVALID;
}
