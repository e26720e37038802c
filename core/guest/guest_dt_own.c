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

/* Remove the children of `parent` that are a `type`, but for the first `keep`. */
static int remove_nodes(void *fdt, int parent, const char *type, uint32_t keep)
{
    int last = -1;
    int node;

    for (uint32_t i = 0; i < keep; i++) {
        node = next_of(fdt, parent, last, type);
        if (node < 0) {
            return 0;
        }
        last = node;
    }
    for (uint32_t i = 0; i < MAX_REMOVED; i++) {
        int error;

        node = next_of(fdt, parent, last, type);
        if (node < 0) {
            return 0;
        }
        error = fdt_del_node(fdt, node);
        if (error != 0) {
            return error;
        }
    }
    return -FDT_ERR_BADVALUE;
}

/* A number in `cells` (1 or 2) cells behind `to`; NULL where it does not fit. */
static uint8_t *add_cells(uint8_t *to, uint64_t value, int cells)
{
    if (to == NULL || cells < 1 || cells > 2 || (cells == 1 && value > UINT32_MAX)) {
        return NULL;
    }
    for (int i = cells * 4; i > 0; i--) {
        to[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    return to + cells * 4;
}

static int set_string(void *fdt, int node, const char *name, const char *value)
{
    return fdt_setprop(fdt, node, name, value, (int)strlen(value) + 1);
}

static int fill_memory(void *fdt, const struct plan_partition *part)
{
    int address_cells = fdt_address_cells(fdt, 0);
    int size_cells = fdt_size_cells(fdt, 0);
    int error = remove_nodes(fdt, 0, "memory", 0);

    for (uint32_t i = part->memory_count; i > 0 && error == 0; i--) {
        char name[NODE_NAME_MAX];
        uint8_t reg[16];
        uint8_t *end = add_cells(reg, part->memory[i - 1].base, address_cells);
        int node;

        end = add_cells(end, part->memory[i - 1].size, size_cells);
        if (end == NULL) {
            return -FDT_ERR_BADNCELLS;
        }
        console_format(name, sizeof(name), "memory@%lx", part->memory[i - 1].base);
        node = fdt_add_subnode(fdt, 0, name);
        if (node < 0) {
            return node;
        }
        error = fdt_setprop(fdt, node, "reg", reg, (int)(end - reg));
        if (error == 0) {
            error = set_string(fdt, node, "device_type", "memory");
        }
    }
    return error;
}

static int set_or_remove_u64(void *fdt, int node, const char *name, bool set, uint64_t value)
{
    int error;

    if (set) {
        return fdt_setprop_u64(fdt, node, name, value);
    }
    error = fdt_delprop(fdt, node, name);
    return error == -FDT_ERR_NOTFOUND ? 0 : error;
}

static int fill_chosen(void *fdt, const struct plan_partition *part)
{
    const struct plan_image *ramdisk = &part->ramdisk;
    bool has_ramdisk = ramdisk->size != 0;
    int node = fdt_subnode_offset(fdt, 0, "chosen");
    int error = 0;

    if (node == -FDT_ERR_NOTFOUND) {
        node = fdt_add_subnode(fdt, 0, "chosen");
    }
    if (node < 0) {
        return node;
    }
    if (part->bootargs[0] != '\0') {
        error = set_string(fdt, node, "bootargs", part->bootargs);
    }
    if (error == 0) {
        error = set_or_remove_u64(fdt, node, "linux,initrd-start", has_ramdisk, ramdisk->load);
    }
    if (error == 0) {
        error = set_or_remove_u64(fdt, node, "linux,initrd-end", has_ramdisk,
                                  ramdisk->load + ramdisk->size);
    }
    return error;
}

static int fill_cpus(void *fdt, const struct plan_partition *part)
{
    int cpus = fdt_subnode_offset(fdt, 0, "cpus");
    int cells, error;
    int node = -1;

    if (cpus < 0) {
        return cpus == -FDT_ERR_NOTFOUND ? 0 : cpus;
    }
    cells = fdt_address_cells(fdt, cpus);
    error = remove_nodes(fdt, cpus, "cpu", part->cpu_count);
    for (uint32_t i = 0; i < part->cpu_count && error == 0; i++) {
        uint8_t reg[8];
        uint8_t *end = add_cells(reg, i, cells);

        node = next_of(fdt, cpus, node, "cpu");
        if (node < 0) {
            return 0;
        }
        error =
            end == NULL ? -FDT_ERR_BADNCELLS : fdt_setprop(fdt, node, "reg", reg, (int)(end - reg));
        if (error == 0) {
            error = set_string(fdt, node, "enable-method", "psci");
        }
    }
    return error;
}

enum status guest_dt_fill_own(const struct plan_partition *part, void *buffer, uint64_t room)
{
    int error;

    if (part->fdt.gzip) {
        return E_UNSUPPORTED;
    }
    if (!dt_valid(part->fdt.data, part->fdt.size)) {
        return E_INVALID;
    }
    error = fdt_open_into(part->fdt.data, buffer, (int)room);
    if (error == 0) {
        error = fill_memory(buffer, part);
    }
    if (error == 0) {
        error = fill_cpus(buffer, part);
    }
    if (error == 0) {
        error = fill_chosen(buffer, part);
    }
    if (error == 0) {
        error = fdt_pack(buffer);
    }
    if (error == 0) {
        return OK;
    }
    return error == -FDT_ERR_NOSPACE ? E_NO_SPACE : E_INVALID;
}
