/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a flattened device tree, on libfdt: cells, addresses, interrupts, paths. */
#ifndef CORE_PLAN_DT_H
#define CORE_PLAN_DT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/plan/plan.h"

/* Longest path that is told in a message or a report, terminator included. */
#define DT_PATH_MAX 128

/* The totalsize that the header at `fdt` tells; 0 where there is no device tree's magic number. */
uint64_t dt_size(const void *fdt);

/*
 * True where the blob at `fdt` is a well-formed tree within `room` bytes: header, blocks,
 * structure, strings, nesting, and no name longer than DT_NAME_MAX. After this, walking it cannot
 * leave it, nor does a name cost much, however many properties share it.
 */
bool dt_valid(const void *fdt, uint64_t room) MUST_CHECK;

/* Characters of a node's or property's name; the Devicetree Specification (2.2.1) has 31. */
#define DT_NAME_MAX 255

/* The index-th entry of a valid tree's list of memory reservations; false past the last. */
bool dt_reservation(const void *fdt, uint32_t index, struct range *out) MUST_CHECK;

/* Deepest nesting of nodes that dt_valid() lets pass. */
#define DT_DEPTH 32

/*
 * A node and the way to it: node[0] is the root, node[depth] the node, as offsets in the structure
 * block (libfdt's). All of what follows wants a tree that dt_valid() has passed.
 */
struct dt_at {
    int node[DT_DEPTH];
    uint32_t depth;
};

/*
 * On to the next node in the order of the file, all depths; false past the last. All 0 is the root;
 * with another node at depth 0, what is below that comes.
 */
bool dt_step(const void *fdt, struct dt_at *at) MUST_CHECK;

/* The way to a node; false where `node` is none. */
bool dt_at(const void *fdt, int node, struct dt_at *at) MUST_CHECK;

struct dt_property {
    const char *name;
    const void *data;
    uint32_t size; /* bytes */
};

/*
 * Properties one after the other: `offset` is the node to begin with, then what was returned. -1
 * past the last.
 */
int dt_next_property(const void *fdt, int offset, struct dt_property *out);

/* The property's value and, where `size` is not NULL, its bytes; NULL where it is absent. */
const void *dt_property(const void *fdt, int node, const char *name, uint32_t *size);

/* The index-th string of a list of terminated strings; NULL past the last. */
const char *dt_string(const void *data, uint32_t size, uint32_t index);

/* The property's first string; NULL where it is absent, or begins with none. */
const char *dt_text(const void *fdt, int node, const char *name);

/* The node's name, unit address included. */
const char *dt_name(const void *fdt, int node);

/* The child of `node` whose name is the `length` bytes at `name`; -1 where there is none. */
int dt_child(const void *fdt, int node, const char *name, size_t length);

/* The node of that phandle, -1 where there is none. */
int dt_phandle(const void *fdt, uint32_t phandle);

/*
 * From now on nodes of this tree that were found by phandle are remembered, and what dt_at(),
 * dt_phandle(), dt_property() and translations of addresses walk is counted. After DT_SEARCH_BYTES
 * they find nothing any more: a tree in which each node refers to others costs a second or two, not
 * hours. Boot CPU, before the seal.
 */
void dt_search_begin(const void *fdt);

/* So many bytes were walked, or are to be; false where none may be any more. */
bool dt_search_count(const void *fdt, int bytes);

/* Nothing more is counted: any CPU may search. False where it was too much. */
bool dt_search_end(void) MUST_CHECK;

#define DT_SEARCH_BYTES (INT64_C(1) << 27)

/* The node's full path, what is not printable as '?'; "?" where it is longer than `size`. */
void dt_path(const void *fdt, int node, char *path, size_t size);
void dt_path_at(const void *fdt, const struct dt_at *at, char *path, size_t size);

/* True where `status` is absent, "okay" or "ok". */
bool dt_enabled(const void *fdt, int node);

/* True where the node and all that it is in are enabled. */
bool dt_enabled_at(const void *fdt, const struct dt_at *at);

#define DT_CELL 4 /* bytes */

/* The index-th of the big-endian 32-bit cells at `p`; `cells` of them (1 or 2) as a number. */
uint32_t dt_cell(const void *p, uint32_t index);
uint64_t dt_cells(const void *p, uint32_t cells);

/* A property of one or two cells; `fallback` where it is absent or has another length. */
uint64_t dt_number(const void *fdt, int node, const char *name, uint64_t fallback);

/*
 * #address-cells, #size-cells or #interrupt-cells of a node; `fallback` where it is absent, 5 where
 * it is no cell, or more than 4: nothing has so many.
 */
uint32_t dt_cell_count(const void *fdt, int node, const char *name, uint32_t fallback);

/*
 * The index-th entry of `reg`, translated to a CPU physical address through every parent's
 * `ranges`. E_NOT_FOUND past the end; E_INVALID where a cell count, a length or a translation makes
 * no sense.
 */
enum status dt_reg_at(const void *fdt, const struct dt_at *at, uint32_t index,
                      struct range *out) MUST_CHECK;

/*
 * The index-th interrupt of the node, through interrupts-extended or interrupts + interrupt-parent
 * (walked up) + interrupt-map, to the GIC `gic_node`. E_NOT_FOUND past the end; E_UNSUPPORTED where
 * it ends at another controller.
 */
enum status dt_irq_at(const void *fdt, const struct dt_at *at, uint32_t index, int gic_node,
                      struct plan_irq *out) MUST_CHECK;

/* An entry of a PCI host bridge's `ranges`: addresses of its buses that the CPU reaches. */
struct dt_window {
    uint32_t space; /* phys.hi: which space, and prefetchable (PCI bus binding 2.2.1.1) */
    uint64_t bus;   /* the first PCI address */
    struct range cpu;
};

/* The index-th; E_NOT_FOUND past the end, E_INVALID as dt_reg_at(). */
enum status dt_window_at(const void *fdt, const struct dt_at *at, uint32_t index,
                         struct dt_window *out) MUST_CHECK;

/* True where the node's device_type is that: "cpu", "memory", "pci" (a host bridge). */
bool dt_has_type(const void *fdt, int node, const char *type);

/* The buses of a PCI host bridge, first to last: `bus-range`, else all. */
void dt_buses(const void *fdt, int node, uint32_t *first, uint32_t *last);

/* An entry of a PCI host bridge's `iommu-map` or `msi-map`: a run of RequesterIDs. */
struct dt_run {
    uint32_t rid;     /* the first */
    uint32_t phandle; /* of the SMMU or ITS, */
    uint32_t id;      /* and what the first is there: StreamID or DeviceID */
    uint32_t count;
};

#define DT_RUN_SIZE (4 * DT_CELL) /* bytes of an entry */

/*
 * The index-th of the map's `size` bytes. E_NOT_FOUND past the end; E_INVALID where a part of an
 * entry is left.
 */
enum status dt_run_at(const char *map, uint32_t size, uint32_t index,
                      struct dt_run *out) MUST_CHECK;

/* The first run that holds the RequesterID; false where none does. */
bool dt_find_run(const char *map, uint32_t size, uint32_t rid, struct dt_run *out) MUST_CHECK;

/* An entry of a PCI host bridge's interrupt-map: unit address and pin, and what they come to. */
struct dt_intx {
    uint32_t key[4];
    struct plan_irq irq;
};

/*
 * The index-th; E_NOT_FOUND past the end, E_UNSUPPORTED where it does not go straight to the GIC.
 */
enum status dt_intx_at(const void *fdt, int node, uint32_t index, int gic_node,
                       struct dt_intx *out) MUST_CHECK;

/* What pin 1..4 of the function at `rid` on the bridge's first bus comes to, as dt_irq_at(). */
enum status dt_pin_irq(const void *fdt, int bridge, uint32_t rid, uint32_t pin, int gic_node,
                       struct plan_irq *out) MUST_CHECK;

/* The node that a full path, or an alias and what is below it, names; -1 where there is none. */
int dt_find(const void *fdt, const char *path);

/* Hz of the fixed-clock that has the phandle; 0 where there is none, or it does not tell. */
uint32_t dt_fixed_rate(const void *fdt, uint32_t phandle);

/* True where any string of the node's `compatible` equals any of the NULL-terminated `list`. */
bool dt_compatible(const void *fdt, int node, const char *const *list);

#endif
