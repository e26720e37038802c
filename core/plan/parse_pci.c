/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI functions of the system file into the plan, and what the board's tree says of their host
 * bridges (PCI Bus Binding to IEEE 1275; Linux, bindings/pci/host-generic-pci.yaml).
 */
#include "core/plan/pci.h"

#include <string.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/pci.h"
#include "core/plan/claims.h"
#include "core/plan/parse.h"

#define FORM      "\"/pcie@10000000 00:01.0\""
#define BDF_CHARS 7  /* "00:01.0" */
#define BUS_SHIFT 20 /* ECAM: 1 MiB for each bus */

#define PENDING_MS 100 /* for a function's requests to be completed */

/* ---- the function's name ---- */

/* One hexadecimal digit; more than 15 where it is none. */
static uint32_t digit(char c)
{
    return c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
           : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
           : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                  : 16;
}

static bool read_bdf(const char *s, uint32_t *rid)
{
    uint32_t d[BDF_CHARS];

    if (strlen(s) != BDF_CHARS || s[2] != ':' || s[5] != '.') {
        return false;
    }
    for (uint32_t i = 0; i < BDF_CHARS; i++) {
        d[i] = digit(s[i]);
        if (i != 2 && i != 5 && d[i] > 15) {
            return false;
        }
    }
    *rid = PCI_RID(d[0] * 16 + d[1], (d[3] * 16 + d[4]) & 31, d[6] & 7);
    return d[3] * 16 + d[4] < 32 && d[6] < 8;
}

/* ---- the host bridge ---- */

/* What is wrong with it; NULL where it can be used. */
static const char *read_host(const struct plan *p, const struct dt_at *at,
                             struct plan_pci_host *host)
{
    const void *fdt = p->board.fdt;
    uint64_t room;

    if (!dt_enabled_at(fdt, at)) {
        return "is disabled in the board's tree (status)";
    }
    if (drivers_pci == NULL || !dt_compatible(fdt, host->node, drivers_pci->compatible)) {
        return drivers_pci == NULL ? "is no device: no driver for PCI is compiled in (CONFIG_PCI)"
                                   : "is no PCI host bridge that Bulkhead drives "
                                     "(pci-host-ecam-generic)";
    }
    if (dt_reg_at(fdt, at, 0, &host->ecam) != OK || !is_aligned(host->ecam.base, BIT(BUS_SHIFT))) {
        return "has a configuration space (reg) that the CPU cannot reach";
    }
    if (claims_touch_own(p, host->ecam)) {
        return "has a configuration space (reg) in RAM, or among registers that Bulkhead drives";
    }
    dt_buses(fdt, host->node, &host->first, &host->last);
    room = host->ecam.size >> BUS_SHIFT;
    if (host->first > host->last || room == 0) {
        return "has a bus-range, or a configuration space (reg), without a bus";
    }
    if (room < host->last - host->first + 1) {
        host->last = host->first + (uint32_t)room - 1;
    }
    return NULL;
}

/* The plan's entry for that node, made where there is none; what is wrong where it cannot be. */
static const char *find_host(struct plan *p, const struct dt_at *at, uint32_t *index)
{
    struct plan_pci_host host = {.node = at->node[at->depth]};
    char path[DT_PATH_MAX];
    const char *why;

    for (*index = 0; *index < p->pci_host_count; (*index)++) {
        if (p->pci_hosts[*index].node == host.node) {
            return NULL;
        }
    }
    why = read_host(p, at, &host);
    if (why == NULL && range_end(host.ecam) > BIT(arch_el2_bits())) {
        why = "has a configuration space (reg) that EL2 does not reach";
    }
    if (why != NULL) {
        return why;
    }
    dt_path_at(p->board.fdt, at, path, sizeof(path));
    host.path = plan_string(p, path);
    if (p->pci_host_count == PLAN_MAX_PCI_HOSTS || host.path == NULL) {
        return "is one host bridge too many (PLAN_MAX_PCI_HOSTS)";
    }
    p->pci_hosts[p->pci_host_count++] = host;
    return NULL;
}

bool pci_whole_host(const struct plan *p, const struct plan_device *device,
                    struct plan_pci_host *host)
{
    struct dt_at at;

    *host = (struct plan_pci_host){.node = device->node, .path = device->path};
    return device->bridge && p->board.fdt != NULL && dt_at(p->board.fdt, device->node, &at) &&
           read_host(p, &at, host) == NULL;
}

/* ---- a grant ---- */

static void grant(const struct config *c, const char *list, const char *name, uint32_t host,
                  uint32_t rid, bool unprotected)
{
    const struct plan_pci_host *h = &c->p->pci_hosts[host];
    struct plan_device device = {
        .partition = c->index, .node = h->node, .function = true, .rid = rid};
    const char *why = device_no_room(c, &device);
    char path[DT_PATH_MAX + BDF_CHARS + 1];

    if (PCI_BUS(rid) < h->first || PCI_BUS(rid) > h->last) {
        config_error(c, "%s: \"%s\": the host bridge has buses %02x to %02x", list, name, h->first,
                     h->last);
        return;
    }
    if (why != NULL) {
        config_error(c, "%s: \"%s\" %s", list, name, why);
        return;
    }
    console_format(path, sizeof(path), "%s %02x:%02x.%u", h->path, PCI_BDF(rid));
    device.path = config_keep(c, path);
    if (device_check_dma(c, unprotected, &device)) {
        c->p->functions[c->p->function_count++] =
            (struct plan_function){.host = host, .rid = rid, .device = (int)c->p->device_count};
        c->p->devices[c->p->device_count++] = device;
    }
}

void config_function(const struct config *c, const char *list, const char *name, bool unprotected)
{
    const void *fdt = c->p->board.fdt;
    const char *bdf = strchr(name, ' ');
    size_t length = bdf == NULL ? 0 : (size_t)(bdf - name);
    char path[DT_PATH_MAX];
    uint32_t host, rid;
    struct dt_at at;
    const char *why;
    int node;

    if (length == 0 || length >= sizeof(path)) {
        config_error(c, "%s: \"%s\": give a host bridge and a function, as in " FORM, list, name);
        return;
    }
    if (!read_bdf(bdf + 1, &rid)) {
        config_error(c,
                     "%s: \"%s\": \"%s\" is no bus:device.function of hexadecimal digits, 00:00.0 "
                     "to ff:1f.7, as in " FORM,
                     list, name, bdf + 1);
        return;
    }
    memcpy(path, name, length);
    path[length] = '\0';
    if (dt_find(fdt, path, &node) != OK || !dt_at(fdt, node, &at)) {
        device_unknown(c, list, path);
        return;
    }
    why = find_host(c->p, &at, &host);
    if (why != NULL) {
        config_error(c, "%s: \"%s\": \"%s\" %s", list, name, path, why);
        return;
    }
    grant(c, list, name, host, rid, unprotected);
}

/* ---- questions ---- */

uint32_t pci_cap(const struct plan_function *f, uint32_t id, bool extended)
{
    for (uint32_t i = 0; i < f->cap_count; i++) {
        if (f->cap[i].id == id && (f->cap[i].at >= PCI_EXT_FIRST) == extended) {
            return f->cap[i].at;
        }
    }
    return 0;
}

/* What it has asked for comes to an end, before a reset forgets it: 6.6.2; or the time does. */
static void await_completions(const struct plan_pci_host *host, uint32_t rid, uint32_t at,
                              uint64_t pending, uint64_t since)
{
    while ((pci_read(host, rid, at) & pending) != 0) {
        if (arch_counter() - since > plan.board.timer_hz * PENDING_MS / 1000) {
            console_printf("bulkhead: warning: %s %02x:%02x.%u: is reset while it waits for data\n",
                           host->path, PCI_BDF(rid));
            return;
        }
    }
}

bool pci_quiesce(const struct plan_pci_host *host, const struct plan_function *f, uint64_t since)
{
    uint32_t pcie = pci_cap(f, PCI_CAP_PCIE, false);
    uint32_t af = pci_cap(f, PCI_CAP_AF, false);

    pci_write(host, f->rid, PCI_COMMAND, PCI_COMMAND_NO_INTX);
    if (pcie != 0 && (pci_read(host, f->rid, pcie + PCIE_DEVCAP) & PCIE_DEVCAP_FLR) != 0) {
        uint32_t control = pci_read(host, f->rid, pcie + PCIE_DEVCTL) & 0xffff;

        await_completions(host, f->rid, pcie + PCIE_DEVCTL, PCIE_DEVSTA_PENDING, since);
        pci_write(host, f->rid, pcie + PCIE_DEVCTL, control | PCIE_DEVCTL_FLR);
        return true;
    }
    if (af != 0 && (pci_read(host, f->rid, af + PCI_AF_CAPS) & PCI_AF_CAPS_FLR) != 0) {
        await_completions(host, f->rid, af + PCI_AF_CTRL, PCI_AF_PENDING, since);
        pci_write(host, f->rid, af + PCI_AF_CTRL, PCI_AF_CTRL_FLR);
        return true;
    }
    return false;
}

bool pci_is_visible(const struct plan *p, uint32_t partition, const struct plan_function *f)
{
    if (f->device >= 0) {
        return p->devices[f->device].partition == (int)partition;
    }
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct plan_function *below = &p->functions[i];

        if (below->device >= 0 && below->host == f->host && PCI_BUS(below->rid) >= f->secondary &&
            PCI_BUS(below->rid) <= f->subordinate &&
            p->devices[below->device].partition == (int)partition) {
            return true;
        }
    }
    return false;
}

bool pci_has_functions(const struct plan *p, uint32_t partition, uint32_t host)
{
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];

        if (f->host == host && f->device >= 0 &&
            p->devices[f->device].partition == (int)partition) {
            return true;
        }
    }
    return false;
}

bool pci_intx(const struct plan *p, const struct plan_pci_host *host, uint32_t rid, uint32_t pin,
              struct plan_irq *irq)
{
    const void *fdt = p->board.fdt;
    uint32_t size = 0;
    const char *mask = dt_property(fdt, host->node, "interrupt-map-mask", &size);
    bool whole = mask == NULL || size != 4 * sizeof(uint32_t);
    uint32_t rid_mask = whole ? ~0u : (uint32_t)dt_cells(mask, 1);
    uint32_t pin_mask = whole ? ~0u : (uint32_t)dt_cells(mask + 3 * sizeof(uint32_t), 1);
    struct dt_intx intx;

    for (uint32_t i = 0; dt_intx_at(fdt, host->node, i, p->board.gic.node, &intx) == OK; i++) {
        if (((intx.key[0] ^ rid << 8) & rid_mask) == 0 && ((intx.key[3] ^ pin) & pin_mask) == 0) {
            *irq = intx.irq;
            return irq->intid >= FIRST_SPI;
        }
    }
    return false;
}
