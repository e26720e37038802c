/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Granted devices into the plan: found in the board's tree, with their windows and interrupts. What
 * is not a partition's to have is refused by name.
 */
#include "core/plan/parse.h"

#include <string.h>

#include "core/base/arch.h"
#include "core/base/bits.h"

/* Devices that never master the bus. */
static const char *const no_dma[] = {
    "arm,gic-v2m-frame", "arm,pl011", "arm,pl031", "arm,pl050", "arm,pl061",
    "arm,sp804",         "arm,sp805", "ns16550a",  NULL,
};
/* Buses that can be granted with all that is on them. */
static const char *const host_bridges[] = {"pci-host-ecam-generic", NULL};
static const char *const msi_frames[] = {"arm,gic-v2m-frame", NULL};

/* ---- the node ---- */

void device_unknown(const struct config *c, const char *list, const char *path)
{
    const void *fdt = c->p->board.fdt;
    char candidate[DT_PATH_MAX];
    struct nearest nearest;
    struct dt_property alias;
    struct dt_at at = {.depth = 0};
    int aliases = dt_find(fdt, "/aliases");

    nearest_begin(&nearest, path);
    if (plan_tells(c->p) && aliases >= 0) {
        for (int i = dt_next_property(fdt, aliases, &alias); i >= 0;
             i = dt_next_property(fdt, i, &alias)) {
            nearest_offer(&nearest, alias.name);
        }
    }
    while (plan_tells(c->p) && dt_step(fdt, &at)) {
        dt_path_at(fdt, &at, candidate, sizeof(candidate));
        nearest_offer(&nearest, candidate);
    }
    config_error(c, "%s: \"%s\" is not in the board's tree%s%s%s%s", list, path,
                 NEAREST_HINT(&nearest),
                 path[0] != '/' && nearest.name[0] == '\0'
                     ? ": it is none of /aliases, and a path begins with \"/\""
                     : "");
}

static bool is_memory(const void *fdt, const struct dt_at *at)
{
    return dt_has_type(fdt, at->node[at->depth], "memory") ||
           strcmp(dt_name(fdt, at->node[1]), "reserved-memory") == 0;
}

/* Why this node is nobody's; NULL where it may be granted. */
static const char *not_to_grant(const struct plan_board *board, const struct dt_at *at)
{
    const void *fdt = board->fdt;
    int node = at->node[at->depth];
    uint32_t size = 0;

    if (at->depth == 0) {
        return "is the whole board";
    }
    if (node == board->console.node) {
        return "is the board's console, which Bulkhead drives: use console = \"shared\"";
    }
    if (node == board->timer_node || node == board->pmu_node) {
        return "is part of every CPU, and so every partition's already";
    }
    if (strcmp(dt_name(fdt, at->node[1]), "cpus") == 0) {
        return "belongs to the CPUs: list CPUs in \"cpus\"";
    }
    if (is_memory(fdt, at)) {
        return "is memory: ask for memory in \"memory\"";
    }
    if (strcmp(dt_name(fdt, at->node[1]), "psci") == 0) {
        return "is the firmware's: every partition has a PSCI of its own";
    }
    for (uint32_t d = 1; d <= at->depth; d++) {
        if (at->node[d] == board->gic.node &&
            (board->gic.version != 2 || !dt_compatible(fdt, node, msi_frames))) {
            return "is part of the interrupt controller: every partition has one of its own";
        }
    }
    if (!dt_enabled_at(fdt, at)) {
        return "is disabled in the board's tree (status)";
    }
    if (dt_property(fdt, node, "#iommu-cells", NULL) != NULL) {
        return "is an SMMU: it guards the partitions and is none's";
    }
    if (dt_property(fdt, node, "ranges", &size) != NULL && size != 0 &&
        !dt_compatible(fdt, node, host_bridges)) {
        return "is a bus: not supported by this version";
    }
    if (dt_property(fdt, node, "reg", NULL) == NULL) {
        return "has no registers (reg): there is nothing to grant";
    }
    return NULL;
}

/* ---- what it has ---- */

static bool read_windows(const struct config *c, const struct dt_at *at, struct plan_device *device)
{
    struct range window;
    enum status status;

    while ((status = dt_reg_at(c->p->board.fdt, at, device->mmio_count, &window)) == OK) {
        if (device->mmio_count == PLAN_MAX_WINDOWS) {
            device_error(c->p, device, "reg: more than %d windows: not supported",
                         PLAN_MAX_WINDOWS);
            return false;
        }
        device->mmio[device->mmio_count++] = window;
    }
    if (status != E_NOT_FOUND) {
        device_error(c->p, device,
                     "reg: window %u is not one that the CPU can reach: it cannot be granted",
                     device->mmio_count);
        return false;
    }
    return true;
}

static const char *irq_fault(enum status status, const struct plan_irq *irq)
{
    if (status == E_UNSUPPORTED) {
        return "does not go to the GIC: not supported by this version";
    }
    if (status != OK) {
        return "makes no sense";
    }
    return irq->intid < FIRST_SPI ? "is a CPU's own (PPI): it cannot be granted" : NULL;
}

static bool read_irqs(const struct config *c, const struct dt_at *at, struct plan_device *device)
{
    const struct plan_board *board = &c->p->board;
    struct plan_irq irq = {0};
    enum status status;

    while ((status = dt_irq_at(board->fdt, at, device->irq_count, board->gic.node, &irq)) !=
           E_NOT_FOUND) {
        const char *why = irq_fault(status, &irq);

        if (why == NULL && device->irq_count == PLAN_MAX_IRQS) {
            why = "is one too many: not supported";
        }
        if (why != NULL) {
            device_error(c->p, device, "interrupts: number %u %s", device->irq_count, why);
            return false;
        }
        device->irq[device->irq_count++] = irq;
    }
    return true;
}

/* A host bridge's windows of its buses. */
static bool read_bridge_windows(const struct config *c, const struct dt_at *at,
                                struct plan_device *device)
{
    struct dt_window window;
    enum status status;

    if (range_end(device->mmio[0]) > BIT(arch_el2_bits())) { /* it switches functions off there */
        device_error(c->p, device,
                     "reg: EL2 does not reach its configuration space: it cannot be granted");
        return false;
    }
    for (uint32_t i = 0; (status = dt_window_at(c->p->board.fdt, at, i, &window)) == OK; i++) {
        if (device->mmio_count == PLAN_MAX_WINDOWS) {
            break;
        }
        device->mmio[device->mmio_count++] = window.cpu;
    }
    if (status != E_NOT_FOUND) {
        device_error(c->p, device,
                     "ranges: window %u is one too many, or one that the CPU cannot reach",
                     device->mmio_count);
    }
    return status == E_NOT_FOUND;
}

/* The wires of its pins, each once. */
static bool read_bridge_irqs(const struct config *c, struct plan_device *device)
{
    const struct plan_board *board = &c->p->board;
    struct dt_intx intx;
    enum status status;

    for (uint32_t i = 0;
         (status = dt_intx_at(board->fdt, device->node, i, board->gic.node, &intx)) == OK; i++) {
        uint32_t n = 0;

        while (n < device->irq_count && device->irq[n].intid != intx.irq.intid) {
            n++;
        }
        if (n == PLAN_MAX_IRQS || intx.irq.intid < FIRST_SPI) {
            break;
        }
        device->irq[n] = intx.irq;
        device->irq_count = n == device->irq_count ? n + 1 : device->irq_count;
    }
    if (status != E_NOT_FOUND) {
        device_error(c->p, device,
                     "interrupt-map: an entry goes not to the GIC's SPIs, or to too many");
    }
    return status == E_NOT_FOUND;
}

/* DMA is contained, or the user has said twice that it need not be. */
bool device_check_dma(const struct config *c, bool unprotected, struct plan_device *device)
{
    const void *fdt = c->p->board.fdt;
    const char *why;

    if (dt_compatible(fdt, device->node, no_dma)) {
        return true;
    }
    why = device_streams(c->p, device);
    if (why == NULL) {
        return true;
    }
    if (!unprotected || !c->part->direct_map) {
        device_error(c->p, device, "it may master the bus (DMA) and %s; %s", why,
                     unprotected ? "only a partition with direct-map may have it"
                                 : "list it in unprotected-devices and give the partition "
                                   "direct-map");
        return false;
    }
    device->unprotected = true;
    plan_warning(c->p, c->index, device->path,
                 "unprotected: its DMA reaches all memory, that of other partitions too");
    return true;
}

const char *device_no_room(const struct config *c, const struct plan_device *device)
{
    for (uint32_t i = 0; i < c->p->device_count; i++) {
        const struct plan_device *other = &c->p->devices[i];

        if (other->partition == c->index && other->node == device->node &&
            (!other->function || !device->function || other->rid == device->rid)) {
            return "is listed twice; list it once";
        }
    }
    return c->p->device_count == PLAN_MAX_DEVICES ||
                   (device->function && c->p->function_count == PLAN_MAX_FUNCTIONS)
               ? "is one device too many for all partitions together: raise PLAN_MAX_DEVICES"
               : NULL;
}

/* Grant the device that `name`, of the property `list`, says. */
static void grant(const struct config *c, const char *list, const char *name, bool unprotected)
{
    const void *fdt = c->p->board.fdt;
    struct plan_device device = {.partition = c->index, .node = dt_find(fdt, name)};
    char path[DT_PATH_MAX];
    struct dt_at at;
    const char *why;

    if (!dt_at(fdt, device.node, &at)) {
        device_unknown(c, list, name);
        return;
    }
    dt_path_at(fdt, &at, path, sizeof(path));
    why = not_to_grant(&c->p->board, &at);
    why = why == NULL ? device_no_room(c, &device) : why;
    if (why != NULL || path[0] != '/') {
        config_error(c, "%s: \"%s\" %s", list, name, why != NULL ? why : "has too long a path");
        return;
    }
    device.path = config_keep(c, path);
    device.bridge = dt_compatible(fdt, device.node, host_bridges);
    device.msi = dt_compatible(fdt, device.node, msi_frames);
    if (read_windows(c, &at, &device) && read_irqs(c, &at, &device) &&
        (!device.bridge ||
         (read_bridge_windows(c, &at, &device) && read_bridge_irqs(c, &device))) &&
        device_check_dma(c, unprotected, &device)) {
        c->p->devices[c->p->device_count++] = device;
    }
}

void config_devices(const struct config *c, const struct dt_property *property)
{
    const bool functions = strcmp(property->name, "pci-devices") == 0;
    const bool unprotected = strcmp(property->name, "unprotected-devices") == 0;
    uint32_t count = 0;

    for (const char *s = config_strings(c, property, NULL); s != NULL;
         s = config_strings(c, property, s)) {
        if (count++ == PLAN_MAX_DEVICES) {
            config_error(c, "%s: more than %d devices", property->name, PLAN_MAX_DEVICES);
            return;
        }
        if (!functions && strchr(s, ' ') == NULL) {
            grant(c, property->name, s, unprotected);
        } else if (functions || unprotected) {
            config_function(c, property->name, s, unprotected);
        } else {
            config_error(c, "%s: \"%s\" is a PCI function: list it in pci-devices", property->name,
                         s);
        }
    }
}
