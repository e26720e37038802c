/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What other nodes make of a node's properties: buses and interrupt controllers between it and the
 * CPU of its `reg` and `interrupts` (Devicetree Specification 2.3 and 2.4, and the GIC's three
 * cells), PCI host bridges of RequesterIDs, clocks of a rate.
 */
#include "core/plan/dt.h"

#include <string.h>

#include "core/base/bits.h"

#define MAX_CELLS       4                   /* of one address or one interrupt */
#define PCI_CELLS       3                   /* of an address on a PCI bus */
#define MAX_NEXUS       8                   /* interrupt-maps on the way to the GIC */
#define MAX_MAP_ENTRIES 256                 /* of one interrupt-map that are looked at */
#define ADDRESS_LIMIT   (UINT64_C(1) << 48) /* no table of ours maps more */

uint32_t dt_cell_count(const void *fdt, int node, const char *name, uint32_t fallback)
{
    uint32_t size;
    const void *data = dt_property(fdt, node, name, &size);
    uint64_t cells = data == NULL ? fallback : size == DT_CELL ? dt_cell(data, 0) : UINT32_MAX;

    return cells <= MAX_CELLS ? (uint32_t)cells : MAX_CELLS + 1;
}

static bool one_or_two(uint32_t cells)
{
    return cells == 1 || cells == 2;
}

/* ---- addresses ---- */

/* From the addresses below `bus` to those of `parent`, by the bus's `ranges`. */
static enum status translate(const void *fdt, int bus, int parent, struct range *r)
{
    uint32_t child_cells = dt_cell_count(fdt, bus, "#address-cells", 2);
    uint32_t parent_cells = dt_cell_count(fdt, parent, "#address-cells", 2);
    uint32_t size_cells = dt_cell_count(fdt, bus, "#size-cells", 1);
    uint32_t entry = (child_cells + parent_cells + size_cells) * DT_CELL;
    uint32_t size;
    const char *data = dt_property(fdt, bus, "ranges", &size);

    if (data == NULL || !dt_search_count(fdt, (int)size)) {
        return E_INVALID;
    }
    if (size == 0) {
        return OK;
    }
    if (!one_or_two(child_cells) || !one_or_two(parent_cells) || !one_or_two(size_cells)) {
        return E_INVALID;
    }
    for (; size >= entry; size -= entry, data += entry) {
        uint64_t offset = r->base - dt_cells(data, child_cells);
        uint64_t length = dt_cells(data + (child_cells + parent_cells) * DT_CELL, size_cells);

        if (r->base >= dt_cells(data, child_cells) && offset < length &&
            r->size <= length - offset) {
            r->base = dt_cells(data + child_cells * DT_CELL, parent_cells) + offset;
            return r->base >= offset ? OK : E_INVALID;
        }
    }
    return E_INVALID;
}

/* From the addresses of the bus that the node is on to the CPU's. */
static enum status to_cpu(const void *fdt, const struct dt_at *at, struct range *r)
{
    for (uint32_t bus = at->depth - 1; bus > 0; bus--) {
        if (translate(fdt, at->node[bus], at->node[bus - 1], r) != OK) {
            return E_INVALID;
        }
    }
    return range_valid(r->base, r->size) && range_end(*r) <= ADDRESS_LIMIT ? OK : E_INVALID;
}

enum status dt_reg_at(const void *fdt, const struct dt_at *at, uint32_t index, struct range *out)
{
    int parent = at->node[at->depth == 0 ? 0 : at->depth - 1];
    uint32_t address_cells = dt_cell_count(fdt, parent, "#address-cells", 2);
    uint32_t size_cells = dt_cell_count(fdt, parent, "#size-cells", 1);
    uint32_t entry = (address_cells + size_cells) * DT_CELL;
    uint32_t size;
    const char *data = dt_property(fdt, at->node[at->depth], "reg", &size);

    if (data == NULL) {
        return E_NOT_FOUND;
    }
    if (at->depth == 0 || !one_or_two(address_cells) || !one_or_two(size_cells) ||
        size % entry != 0) {
        return E_INVALID;
    }
    if (index >= size / entry) {
        return E_NOT_FOUND;
    }
    data += index * entry;
    out->base = dt_cells(data, address_cells);
    out->size = dt_cells(data + address_cells * DT_CELL, size_cells);
    return to_cpu(fdt, at, out);
}

enum status dt_window_at(const void *fdt, const struct dt_at *at, uint32_t index,
                         struct dt_window *out)
{
    int node = at->node[at->depth];
    int parent = at->node[at->depth == 0 ? 0 : at->depth - 1];
    uint32_t parent_cells = dt_cell_count(fdt, parent, "#address-cells", 2);
    uint32_t entry = (PCI_CELLS + parent_cells + 2) * DT_CELL;
    uint32_t size;
    const char *data = dt_property(fdt, node, "ranges", &size);

    if (data == NULL) {
        return E_NOT_FOUND;
    }
    if (at->depth == 0 || !one_or_two(parent_cells) || size % entry != 0 ||
        dt_cell_count(fdt, node, "#address-cells", 2) != PCI_CELLS ||
        dt_cell_count(fdt, node, "#size-cells", 1) != 2) {
        return E_INVALID;
    }
    if (index >= size / entry) {
        return E_NOT_FOUND;
    }
    data += index * entry;
    out->space = dt_cell(data, 0);
    out->bus = dt_cells(data + DT_CELL, 2);
    out->cpu.base = dt_cells(data + PCI_CELLS * DT_CELL, parent_cells);
    out->cpu.size = dt_cells(data + (PCI_CELLS + parent_cells) * DT_CELL, 2);
    return to_cpu(fdt, at, &out->cpu);
}

/* ---- RequesterIDs ---- */

void dt_buses(const void *fdt, int node, uint32_t *first, uint32_t *last)
{
    uint32_t size;
    const char *data = dt_property(fdt, node, "bus-range", &size);
    bool given = data != NULL && size == 2 * DT_CELL;

    *first = given ? dt_cell(data, 0) & 0xff : 0;
    *last = given ? dt_cell(data, 1) & 0xff : 0xff;
}

enum status dt_run_at(const char *map, uint32_t size, uint32_t index, struct dt_run *out)
{
    if (index >= size / DT_RUN_SIZE) {
        return size % DT_RUN_SIZE == 0 ? E_NOT_FOUND : E_INVALID;
    }
    map += (uint64_t)index * DT_RUN_SIZE;
    *out = (struct dt_run){dt_cell(map, 0), dt_cell(map, 1), dt_cell(map, 2), dt_cell(map, 3)};
    return OK;
}

bool dt_find_run(const char *map, uint32_t size, uint32_t rid, struct dt_run *out)
{
    for (uint32_t i = 0; dt_run_at(map, size, i, out) == OK; i++) {
        if (rid - out->rid < out->count) {
            return true;
        }
    }
    return false;
}

/* ---- interrupts ---- */

/* An interrupt on its way to the GIC: what it is called at `controller`. */
struct wire {
    int controller;
    uint32_t address[MAX_CELLS]; /* unit address, for an interrupt-map to match */
    uint32_t cells;
    uint32_t cell[MAX_CELLS];
};

static void get_cells(uint32_t *to, const char *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = dt_cell(from, i);
    }
}

/* The nearest interrupt-parent, or the nearest ancestor that has #interrupt-cells; -1: none. */
static int interrupt_parent(const void *fdt, const struct dt_at *at)
{
    for (uint32_t d = at->depth;; d--) {
        uint64_t phandle = dt_number(fdt, at->node[d], "interrupt-parent", 0);

        if (phandle != 0) {
            return dt_phandle(fdt, (uint32_t)phandle);
        }
        if (d == 0) {
            return -1;
        }
        if (dt_property(fdt, at->node[d - 1], "#interrupt-cells", NULL) != NULL) {
            return at->node[d - 1];
        }
    }
}

static enum status from_interrupts(const void *fdt, const struct dt_at *at, uint32_t index,
                                   int gic_node, struct wire *wire)
{
    uint32_t size;
    const char *data = dt_property(fdt, at->node[at->depth], "interrupts", &size);

    if (data == NULL || index >= size / DT_CELL) { /* whatever the controller says */
        return E_NOT_FOUND;
    }
    wire->controller = at->node[at->depth] == gic_node ? gic_node : interrupt_parent(fdt, at);
    if (wire->controller < 0) {
        return E_INVALID;
    }
    wire->cells = dt_cell_count(fdt, wire->controller, "#interrupt-cells", 0);
    if (wire->cells == 0 || wire->cells > MAX_CELLS || size % (wire->cells * DT_CELL) != 0) {
        return E_INVALID;
    }
    if (index >= size / (wire->cells * DT_CELL)) {
        return E_NOT_FOUND;
    }
    get_cells(wire->cell, data + index * wire->cells * DT_CELL, wire->cells);
    return OK;
}

/* `data`, `size`: interrupts-extended, a list of (phandle, as many cells as that one says). */
static enum status from_extended(const void *fdt, const char *data, uint32_t size, uint32_t index,
                                 struct wire *wire)
{
    if (index >= size / DT_CELL) {
        return E_NOT_FOUND;
    }
    for (; size >= DT_CELL; index--) {
        wire->controller = dt_phandle(fdt, dt_cell(data, 0));
        if (wire->controller < 0) {
            return E_INVALID;
        }
        wire->cells = dt_cell_count(fdt, wire->controller, "#interrupt-cells", 0);
        if (wire->cells > MAX_CELLS || size / DT_CELL - 1 < wire->cells) {
            return E_INVALID;
        }
        if (index == 0) {
            get_cells(wire->cell, data + DT_CELL, wire->cells);
            return OK;
        }
        data += (1 + wire->cells) * DT_CELL;
        size -= (1 + wire->cells) * DT_CELL;
    }
    return size == 0 ? E_NOT_FOUND : E_INVALID;
}

/* The node's own unit address, as far as its `reg` gives it. */
static void take_address(const void *fdt, int node, struct wire *wire)
{
    uint32_t size = 0;
    const char *data = dt_property(fdt, node, "reg", &size);

    get_cells(wire->address, data, size / DT_CELL < MAX_CELLS ? size / DT_CELL : MAX_CELLS);
}

/* True where the map's entry, under its mask, is for this unit address and interrupt. */
static bool entry_matches(const char *entry, const uint32_t *key, const uint32_t *mask,
                          uint32_t cells)
{
    uint32_t i = 0;

    while (i < cells && ((dt_cell(entry, i) ^ key[i]) & mask[i]) == 0) {
        i++;
    }
    return i == cells;
}

/* Through the interrupt-map of the nexus wire->controller, to the next controller. */
static enum status follow_map(const void *fdt, struct wire *wire)
{
    const uint32_t unit_cells = dt_cell_count(fdt, wire->controller, "#address-cells", 2);
    const uint32_t length = unit_cells + wire->cells;
    uint32_t mask[2 * MAX_CELLS] = {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u};
    uint32_t key[2 * MAX_CELLS];
    uint32_t size, mask_size;
    const char *map = dt_property(fdt, wire->controller, "interrupt-map", &size);
    const char *mask_data = dt_property(fdt, wire->controller, "interrupt-map-mask", &mask_size);

    if (map == NULL) {
        return E_UNSUPPORTED;
    }
    if (unit_cells > MAX_CELLS || (mask_data != NULL && mask_size != length * DT_CELL)) {
        return E_INVALID;
    }
    if (mask_data != NULL) {
        get_cells(mask, mask_data, length);
    }
    memcpy(key, wire->address, unit_cells * DT_CELL);
    memcpy(key + unit_cells, wire->cell, wire->cells * DT_CELL);
    for (uint32_t n = 0; n < MAX_MAP_ENTRIES && size / DT_CELL > length; n++) {
        const bool matches = entry_matches(map, key, mask, length);
        int parent = dt_phandle(fdt, dt_cell(map, length));
        uint32_t address_cells, cells;

        if (parent < 0) {
            return E_INVALID;
        }
        address_cells = dt_cell_count(fdt, parent, "#address-cells", 0);
        cells = dt_cell_count(fdt, parent, "#interrupt-cells", 0);
        if (address_cells > MAX_CELLS || cells > MAX_CELLS ||
            size / DT_CELL < length + 1 + address_cells + cells) {
            return E_INVALID;
        }
        map += (length + 1) * DT_CELL;
        if (matches) {
            wire->controller = parent;
            get_cells(wire->address, map, address_cells);
            get_cells(wire->cell, map + address_cells * DT_CELL, cells);
            wire->cells = cells;
            return OK;
        }
        map += (address_cells + cells) * DT_CELL;
        size -= (length + 1 + address_cells + cells) * DT_CELL;
    }
    return E_INVALID;
}

/* The GIC's binding: type (0 SPI, 1 PPI), number, flags (1 and 2: edges; 4 and 8: levels). */
static enum status decode(const struct wire *wire, struct plan_irq *out)
{
    static const struct {
        uint32_t first, count;
    } kinds[] = {{32, 988}, {16, 16}};
    uint32_t kind = wire->cell[0];

    if (wire->cells < 3) {
        return E_INVALID;
    }
    if (kind >= ARRAY_SIZE(kinds)) {
        return E_UNSUPPORTED;
    }
    if (wire->cell[1] >= kinds[kind].count) {
        return E_INVALID;
    }
    out->intid = (uint16_t)(kinds[kind].first + wire->cell[1]);
    out->edge = (wire->cell[2] & 3) != 0;
    return OK;
}

/* Through interrupt-maps, as many as there are, and what it is at the GIC. */
static enum status to_gic(const void *fdt, struct wire *wire, int gic_node, struct plan_irq *out)
{
    for (uint32_t n = 0; wire->controller != gic_node; n++) {
        enum status status = n < MAX_NEXUS ? follow_map(fdt, wire) : E_INVALID;

        if (status != OK) {
            return status;
        }
    }
    return decode(wire, out);
}

enum status dt_irq_at(const void *fdt, const struct dt_at *at, uint32_t index, int gic_node,
                      struct plan_irq *out)
{
    int node = at->node[at->depth];
    struct wire wire = {0};
    uint32_t size;
    const char *extended = dt_property(fdt, node, "interrupts-extended", &size);
    enum status status;

    if (extended != NULL) {
        status = from_extended(fdt, extended, size, index, &wire);
    } else {
        status = from_interrupts(fdt, at, index, gic_node, &wire);
    }
    if (status == OK && wire.controller != gic_node) {
        take_address(fdt, node, &wire);
    }
    return status == OK ? to_gic(fdt, &wire, gic_node, out) : status;
}

enum status dt_pin_irq(const void *fdt, int bridge, uint32_t rid, uint32_t pin, int gic_node,
                       struct plan_irq *out)
{
    struct wire wire = {.controller = bridge, .address = {rid << 8}, .cells = 1, .cell = {pin}};

    return to_gic(fdt, &wire, gic_node, out);
}

enum status dt_intx_at(const void *fdt, int node, uint32_t index, int gic_node, struct dt_intx *out)
{
    uint32_t cells = dt_cell_count(fdt, gic_node, "#interrupt-cells", 0);
    uint32_t skip = ARRAY_SIZE(out->key) + 1 + dt_cell_count(fdt, gic_node, "#address-cells", 0);
    struct wire wire = {.controller = gic_node, .cells = cells};
    uint32_t size;
    const char *map = dt_property(fdt, node, "interrupt-map", &size);

    if (map == NULL) {
        return E_NOT_FOUND;
    }
    if (cells > MAX_CELLS || skip > ARRAY_SIZE(out->key) + 1 + MAX_CELLS ||
        dt_cell_count(fdt, node, "#address-cells", 2) != PCI_CELLS ||
        dt_cell_count(fdt, node, "#interrupt-cells", 0) != 1) {
        return E_INVALID;
    }
    if (index >= size / ((skip + cells) * DT_CELL)) {
        return size % ((skip + cells) * DT_CELL) == 0 ? E_NOT_FOUND : E_UNSUPPORTED;
    }
    map += (uint64_t)index * (skip + cells) * DT_CELL;
    get_cells(out->key, map, ARRAY_SIZE(out->key));
    if (dt_phandle(fdt, dt_cell(map, ARRAY_SIZE(out->key))) != gic_node) {
        return E_UNSUPPORTED;
    }
    get_cells(wire.cell, map + skip * DT_CELL, cells);
    return decode(&wire, &out->irq);
}

/* ---- clocks ---- */

uint32_t dt_fixed_rate(const void *fdt, uint32_t phandle)
{
    static const char *const fixed[] = {"fixed-clock", NULL};
    int clock = dt_phandle(fdt, phandle);

    return clock >= 0 && dt_compatible(fdt, clock, fixed)
               ? (uint32_t)dt_number(fdt, clock, "clock-frequency", 0)
               : 0;
}
