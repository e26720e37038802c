/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser's files share: hints to a misspelt name, and one partition's reading. */
#ifndef CORE_PLAN_PARSE_H
#define CORE_PLAN_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/plan/dt.h"
#include "core/plan/plan.h"

/* ---- plan.c: looking for the name that was meant ---- */

/* Class: on the stack of who looks. */
struct nearest {
    const char *word;
    size_t length;          /* of it; DT_PATH_MAX: too long to be meant */
    size_t distance;        /* of the best so far; those further away are no help */
    char name[DT_PATH_MAX]; /* the best so far; "" where there is none */
};

/* Look for what `word` may have meant: names, offered one by one, few edits away. */
void nearest_begin(struct nearest *n, const char *word);
void nearest_offer(struct nearest *n, const char *name);

/* The arguments of "%s%s%s" at the end of a message: ': did you mean "NAME"?', or nothing. */
#define NEAREST_HINT(n)                                                                            \
    (n)->name[0] != '\0' ? ": did you mean \"" : "", (n)->name, (n)->name[0] != '\0' ? "\"?" : ""

/* Append `name` to a list "a, b, c" in `list`; "..." where it is full. */
void list_append(char *list, size_t size, const char *name);

/* ---- parse_board.c ---- */

/* Nodes of the board's tree that are known by what they are compatible with. */
enum found_kind { FOUND_PSCI, FOUND_SYSREG, FOUND_TIMER, FOUND_GIC_V2, FOUND_GIC_V3, FOUND_KINDS };

#define FOUND_PMUS 4

/* What one walk of the board's tree finds: the first enabled node of each kind, or -1. */
struct found {
    int node[FOUND_KINDS];
    int cpus, reserved;
    int pmu[FOUND_PMUS];
    uint32_t pmus;
};

/* The path of the board's node, for a message; in a buffer that the next call overwrites. */
const char *board_path(const struct plan *p, int node);

/* The path of the board's node, kept in the plan; NULL where that is full. */
const char *board_keep_path(struct plan *p, const struct dt_at *at);

/*
 * A fault in what all share, and what is odd there, told with the path of the board's node: that is
 * looked up from the root, and so only where it will be printed.
 */
#define board_error(p, node, ...)                                                                  \
    plan_error(p, PLAN_SHARED, plan_tells(p) ? board_path(p, node) : "?", __VA_ARGS__)
#define board_warning(p, node, ...)                                                                \
    plan_warning(p, PLAN_SHARED, plan_warns(p) ? board_path(p, node) : "?", __VA_ARGS__)

/* Whole pages around the range are nobody's RAM; `name` outlives the plan. */
void plan_reserve(struct plan *p, const char *name, uint64_t base, uint64_t size);

/* ---- parse_irq.c ---- */

/* The GIC, then what needs it to know its interrupts. */
void parse_gic(struct plan *p, const struct found *found);
void parse_timer(struct plan *p, int node);
void parse_pmu(struct plan *p, const struct found *found);
void parse_console(struct plan *p);

/*
 * Where `name` is in the node's interrupt-names: `fallback` where it has none, PLAN_MAX_IRQS where
 * the name is not among the first so many.
 */
uint32_t irq_position(const void *fdt, int node, const char *name, uint32_t fallback);

/* ---- parse.c ---- */

/* One partition while it is read. */
struct config {
    struct plan *p;
    int index;
    struct plan_partition *part;
    const char *path; /* of its configuration */
};

/* A rule broken by the partition that is read, told with its configuration. */
#define config_error(c, ...) plan_error((c)->p, (c)->index, (c)->path, __VA_ARGS__)

/* Tell of nodes below that one, a configuration or an image, that FIT has no use for. */
void config_subnodes(const struct config *c, const char *path, int node);

/* The property as one string that a person can read; NULL, and told, where it is none. */
const char *config_string(const struct config *c, const struct dt_property *property);

/*
 * The strings of a list, one after the other: `rest` begins as NULL. NULL past the last, and where
 * the list is malformed, which is told.
 */
const char *config_strings(const struct config *c, const struct dt_property *property,
                           const char *rest);

/* A copy in the plan; "?" where it is full, which is told. */
const char *config_keep(const struct config *c, const char *s);

/* ---- parse_image.c ---- */

void config_kernel(const struct config *c, const struct dt_property *property);
void config_ramdisk(const struct config *c, const struct dt_property *property);
void config_fdt(const struct config *c, const struct dt_property *property);

/* ---- parse_bootargs.c ---- */

/*
 * Warn where a Linux's bootargs name consoles, none of which the partition has: all else of it was
 * read.
 */
void config_bootargs(const struct config *c);

/* ---- parse_device.c ---- */

/* `devices`, `pci-devices`, and `unprotected-devices`, which may hold both. */
void config_devices(const struct config *c, const struct dt_property *property);

/* Why the plan has no place for the device, or has it already; NULL where it may take it. */
const char *device_no_room(const struct config *c, const struct plan_device *device);

/* Tell that the board's tree has no such path or alias, and which one may have been meant. */
void device_unknown(const struct config *c, const char *list, const char *path);

/*
 * Its DMA is contained (its streams are then in the plan), or the user has said twice that it need
 * not be; else that is told.
 */
bool device_check_dma(const struct config *c, bool unprotected, struct plan_device *device);

/* ---- parse_pci.c ---- */

/* One hexadecimal digit; more than 15 where it is none. */
uint32_t config_digit(char c);

/* Grant the PCI function that `name`, of the property `list`, says: "HOST BUS:DEVICE.FUNCTION". */
void config_function(const struct config *c, const char *list, const char *name, bool unprotected);

/* ---- parse_smmu.c ---- */

/* The board's enabled SMMUs that a driver is compiled in for; the GIC is known. */
void parse_smmus(struct plan *p);

/* The SMMU of that node; false, and board.smmu_count, where it is none of the plan's. */
bool plan_find_smmu(const struct plan *p, int node, uint32_t *smmu);

/*
 * The streams of the device that is about to be granted (as devices[device_count]), into the plan.
 * NULL where all its DMA goes through SMMUs that Bulkhead drives; else why not, and none is kept.
 */
const char *device_streams(struct plan *p, const struct plan_device *device);

/* Streams of granted devices against those of all other nodes of the board's tree. */
void streams_against_board(struct plan *p);

#endif
