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
#define BDF_CHARS 7 /* "00:01.0" */

/* ---- the function's name ---- */

uint32_t config_digit(char c)
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
        d[i] = config_digit(s[i]);
        if (i != 2 && i != 5 && d[i] > 15) {
            return false;
        }
    }
    *rid = PCI_RID(d[0] * 16 + d[1], (d[3] * 16 + d[4]) & 31, d[6] & 7);
    return d[3] * 16 + d[4] < 32 && d[6] < 8;
}

/* ---- the host bridge ---- */

/* The plan's entry for that node, made where there is none; what is wrong where it cannot be. */
static const char *find_host(struct plan *p, const struct dt_at *at, uint32_t *index)
{
    struct plan_pci_host host = {.node = at->node[at->depth]};
    const char *why;

    for (*index = 0; *index < p->pci_host_count; (*index)++) {
        if (p->pci_hosts[*index].node == host.node) {
            return NULL;
        }
    }
    why = pci_read_host(p, at, &host);
    if (why == NULL && claims_touch_own(p, host.ecam)) {
        why = "has a configuration space (reg) in RAM, or among registers that Bulkhead drives";
    }
    if (why == NULL && range_end(host.ecam) > BIT(arch_el2_bits())) {
        why = "has a configuration space (reg) that EL2 does not reach";
    }
    if (why != NULL) {
        return why;
    }
    host.path = board_keep_path(p, at);
    if (p->pci_host_count == PLAN_MAX_PCI_HOSTS || host.path == NULL) {
        return "is one host bridge too many (PLAN_MAX_PCI_HOSTS)";
    }
    p->pci_hosts[p->pci_host_count++] = host;
    return NULL;
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
    if (!dt_at(fdt, dt_find(fdt, path), &at)) {
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
