/* SPDX-License-Identifier: Apache-2.0 */
/* Copies a partition's own device tree, and fills memory, CPUs, boot arguments and ramdisk in. */
#include "core/guest/guest_dt_own.h"

#include <string.h>

#include "core/guest/guest_dt_write.h"
#include "core/plan/dt.h"

#define ALL DT_DEPTH /* deeper than any node */

/* A tree while it is copied. */
struct copy {
    struct writer w;
    const struct plan_partition *part;
    const void *own;
    uint32_t cpus; /* copied so far */
    bool chosen;   /* has been there */
};

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

static bool is_cpu(const struct copy *c, const struct dt_at *at)
{
    return at->depth == 2 && strcmp(dt_name(c->own, at->node[1]), "cpus") == 0 &&
           is_a(c->own, at->node[2], "cpu");
}

/* Memory is told anew; a CPU that the partition has not, not at all. */
static bool is_left_out(const struct copy *c, const struct dt_at *at)
{
    return (at->depth == 1 && is_a(c->own, at->node[1], "memory")) ||
           (is_cpu(c, at) && c->cpus == c->part->cpu_count);
}

/* The node's beginning: its name and properties. */
static void copy_node(struct copy *c, const struct dt_at *at)
{
    const int node = at->node[at->depth];

    tree_begin(&c->w, dt_name(c->own, node));
    if (is_cpu(c, at)) {
        const struct range affinity = {c->cpus, 0};

        c->cpus++;
        tree_copy(&c->w, c->own, node, "reg\0enable-method\0");
        tree_reg(&c->w, &affinity, 1, dt_cell_count(c->own, at->node[1], "#address-cells", 2), 0);
        tree_string(&c->w, "enable-method", "psci");
    } else if (at->depth == 1 && strcmp(dt_name(c->own, node), "chosen") == 0) {
        tree_copy(&c->w, c->own, node,
                  c->part->bootargs[0] != '\0' ? "linux,initrd-*\0bootargs\0" : "linux,initrd-*\0");
        tree_boot(&c->w, c->part);
        c->chosen = true;
    } else {
        tree_copy(&c->w, c->own, node, "");
    }
}

static void copy_below_root(struct copy *c)
{
    uint32_t open = 0;   /* depth of the node that has begun and not ended */
    uint32_t skip = ALL; /* what is deeper is below a node that is left out */
    struct dt_at at = {.depth = 0};

    while (dt_step(c->own, &at)) {
        for (; open >= at.depth; open--) {
            tree_end(&c->w);
        }
        if (at.depth > skip) {
            continue;
        }
        skip = is_left_out(c, &at) ? at.depth : ALL;
        if (skip == ALL) {
            copy_node(c, &at);
            open = at.depth;
        }
    }
    for (; open > 0; open--) {
        tree_end(&c->w);
    }
}

enum status guest_dt_fill_own(const struct plan_partition *part, void *buffer, uint64_t room)
{
    struct copy c = {.part = part, .own = part->fdt.data};

    if (!dt_valid(c.own, part->fdt.size)) {
        return E_INVALID;
    }
    tree_open(&c.w, buffer, room, c.own);
    tree_begin(&c.w, "");
    tree_copy(&c.w, c.own, 0, "");
    tree_memory(&c.w, part, dt_cell_count(c.own, 0, "#address-cells", 2),
                dt_cell_count(c.own, 0, "#size-cells", 1));
    copy_below_root(&c);
    if (!c.chosen) {
        tree_begin(&c.w, "chosen");
        tree_boot(&c.w, part);
        tree_end(&c.w);
    }
    tree_end(&c.w);
    return tree_close(&c.w);
}
