/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the buses behind a host bridge, whatever the functions on them say of themselves. */
#include "drivers/pci/scan.h"

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/plan/plan.h"

#define FUNCTIONS   8u
#define BUS_ENTRIES 256u         /* devices and functions of one bus */
#define BUSES_KEPT  MASK(31, 24) /* the secondary latency timer */

#define SCAN_SECONDS 10 /* that buses of a host are still opened: nothing there may take 50 ms */

/* ---- capabilities ---- */

static bool keep_cap(struct plan_function *f, uint32_t at, uint32_t id)
{
    if (f->cap_count == PLAN_MAX_CAPS) {
        return false;
    }
    f->cap[f->cap_count++] = (struct plan_cap){(uint16_t)at, (uint16_t)id};
    return true;
}

static const char *read_extended(const struct plan_pci_host *host, uint32_t rid,
                                 struct plan_function *f)
{
    uint32_t at = PCI_EXT_FIRST;
    uint32_t header = pci_read(host, rid, at);

    if (header == 0 || header == PCI_ALL_ONES) {
        return NULL;
    }
    for (;;) {
        if (!keep_cap(f, at, (uint32_t)field_get(PCI_EXT_ID, header))) {
            return "has a list of capabilities that does not end";
        }
        at = (uint32_t)field_get(PCI_EXT_NEXT, header) & ~3u;
        if (at < PCI_EXT_FIRST || at > PCI_EXT_LAST) {
            return at == 0 ? NULL : "has a list of capabilities that leaves its place";
        }
        header = pci_read(host, rid, at);
    }
}

const char *pci_read_caps(const struct plan_pci_host *host, uint32_t rid, struct plan_function *f)
{
    uint32_t at = pci_read(host, rid, PCI_CAPS) & 0xfc;

    f->cap_count = 0;
    if ((pci_read(host, rid, PCI_COMMAND) & PCI_STATUS_CAPS) == 0) {
        return NULL;
    }
    while (at != 0) {
        uint32_t header = pci_read(host, rid, at);

        if (at < PCI_CAPS_FIRST || header == PCI_ALL_ONES) {
            return "has a list of capabilities that leaves its place";
        }
        if (!keep_cap(f, at, (uint32_t)field_get(PCI_CAP_ID, header))) {
            return "has a list of capabilities that does not end";
        }
        at = (uint32_t)field_get(PCI_CAP_NEXT, header) & ~3u;
    }
    return pci_cap(f, PCI_CAP_PCIE, false) != 0 ? read_extended(host, rid, f) : NULL;
}

/* ---- one function ---- */

bool pci_is_behind(const struct pci_scan *s, int bridge, int index)
{
    while (index != PCI_ROOT && index != bridge) {
        index = s->found[index].parent;
    }
    return index == bridge;
}

static void clear(const struct plan_pci_host *host, uint32_t rid, uint32_t at, uint32_t enables)
{
    uint32_t value = at < PCI_CONFIG_SIZE ? pci_read(host, rid, at) : 0; /* else the next one's */

    if ((value & enables) != 0) {
        pci_write(host, rid, at, value & ~enables);
    }
}

/*
 * What the command register does not end: its ROM's decoder, what it does under other names, and
 * what it tells the board's firmware, or a driver that is none, of errors.
 */
static void silence(const struct plan_pci_host *host, const struct pci_found *f,
                    const struct plan_function *seen)
{
    static const struct {
        uint32_t id, at, enables;
        bool extended, root;
    } acts[] = {
        {PCI_EXT_SRIOV, PCI_SRIOV_CTRL, (uint32_t)PCI_SRIOV_ENABLES, true, false},
        {PCI_EXT_ATS, PCI_ATS_CTRL, (uint32_t)PCI_ATS_ENABLE, true, false},
        {PCI_EXT_PRI, PCI_PRI_CTRL, (uint32_t)PCI_PRI_ENABLE, true, false},
        {PCI_EXT_PASID, PCI_PASID_CTRL, (uint32_t)PCI_PASID_ENABLE, true, false},
        {PCI_EXT_DPC, PCI_DPC_CTRL, (uint32_t)PCI_DPC_ENABLES, true, false},
        {PCI_EXT_AER, PCI_AER_ROOT, (uint32_t)PCI_AER_ENABLES, true, true},
        {PCI_CAP_PCIE, PCIE_DEVCTL, (uint32_t)PCIE_DEVCTL_ERRORS, false, false},
        {PCI_CAP_PCIE, PCIE_ROOTCTL, (uint32_t)PCIE_ROOTCTL_ENABLES, false, true},
    };

    const bool hears = f->port == PCIE_PORT_ROOT || f->port == PCIE_PORT_EVENTS;

    if (f->bridge || f->endpoint) {
        pci_write(host, f->rid, f->bridge ? PCI_BRIDGE_ROM : PCI_ROM, 0);
    }
    if (f->bridge) {
        clear(host, f->rid, PCI_INTERRUPT, (uint32_t)PCI_BRIDGE_SERR);
    }
    for (uint32_t i = 0; f->broken == NULL && i < ARRAY_SIZE(acts); i++) {
        uint32_t cap = pci_cap(seen, acts[i].id, acts[i].extended);

        if (cap != 0 && (!acts[i].root || hears)) {
            clear(host, f->rid, cap + acts[i].at, acts[i].enables);
        }
    }
}

static void classify(const struct plan_pci_host *host, struct pci_found *f, uint32_t type)
{
    static struct plan_function seen; /* class: the boot CPU's; too large for its stack */
    uint32_t pcie;

    f->bridge = type == PCI_HEADER_BRIDGE;
    f->endpoint = type == 0;
    f->broken = f->bridge || f->endpoint ? pci_read_caps(host, f->rid, &seen)
                                         : "has a header of a type that is not supported";
    pcie = f->broken == NULL ? pci_cap(&seen, PCI_CAP_PCIE, false) : 0;
    f->port =
        pcie == 0 ? PCI_NO_PORT : (uint8_t)field_get(PCIE_PORT_TYPE, pci_read(host, f->rid, pcie));
    f->acs = f->broken == NULL ? pci_cap(&seen, PCI_EXT_ACS, true) : 0;
    silence(host, f, &seen);
}

static struct plan_function *granted(const struct pci_scan *s, uint32_t rid)
{
    for (uint32_t i = 0; s->plan != NULL && i < s->plan->function_count; i++) {
        struct plan_function *f = &s->plan->functions[i];

        if (f->device >= 0 && &s->plan->pci_hosts[f->host] == s->host && f->rid == rid) {
            return f;
        }
    }
    return NULL;
}

/* Of the function at `rid`, which is there: everything off, and into the list. */
static struct pci_found *take(struct pci_scan *s, uint32_t rid, int parent, bool multi)
{
    uint32_t header = pci_read(s->host, rid, PCI_CACHE_LINE);
    struct pci_found *f = &s->found[s->count];

    pci_write(s->host, rid, PCI_COMMAND, PCI_COMMAND_NO_INTX);
    if (s->count == PCI_MAX_FOUND) {
        if (field_get(PCI_HEADER_TYPE, header) == PCI_HEADER_BRIDGE) {
            pci_write(s->host, rid, PCI_BUSES, 0); /* nothing behind it acts either */
        }
        return NULL;
    }
    s->count++;
    *f = (struct pci_found){.rid = rid, .parent = parent, .granted = granted(s, rid)};
    f->multi = multi || (header & PCI_HEADER_MULTI) != 0;
    classify(s->host, f, (uint32_t)field_get(PCI_HEADER_TYPE, header));
    return f;
}

/* ---- buses ---- */

struct level {
    uint32_t bus;
    uint32_t next;  /* device and function to look at; BUS_ENTRIES: past the last */
    uint32_t limit; /* the last bus that may be used here */
    int bridge;     /* index of the one that leads here */
    bool kept;      /* its bus numbers are the firmware's */
    bool single;    /* a link: device 0 only */
    bool multi;     /* the device that is looked at has several functions */
};

static void set_buses(const struct pci_scan *s, struct pci_found *f, uint32_t secondary,
                      uint32_t subordinate)
{
    uint32_t rest = pci_read(s->host, f->rid, PCI_BUSES) & (uint32_t)BUSES_KEPT;

    f->secondary = (uint8_t)secondary;
    f->subordinate = (uint8_t)subordinate;
    pci_write(s->host, f->rid, PCI_BUSES,
              rest | PCI_BUS(f->rid) | secondary << 8 | subordinate << 16);
}

/* Number the bus behind the bridge, after `last`; false where none can be. */
static bool open_bridge(struct pci_scan *s, struct pci_found *f, const struct level *above,
                        uint32_t last, struct level *out)
{
    uint32_t buses = pci_read(s->host, f->rid, PCI_BUSES);
    uint32_t secondary = (uint32_t)field_get(PCI_BUSES_SECONDARY, buses);
    uint32_t subordinate = (uint32_t)field_get(PCI_BUSES_SUBORDINATE, buses);
    bool kept = secondary > last && subordinate >= secondary && subordinate <= above->limit;

    if (!kept) {
        secondary = last + 1;
        subordinate = above->limit;
    }
    s->late = s->late || arch_counter() - s->since > plan.board.timer_hz * SCAN_SECONDS;
    if (s->late || f->broken != NULL || secondary > above->limit) {
        set_buses(s, f, 0, 0);
        return false;
    }
    set_buses(s, f, secondary, subordinate);
    *out = (struct level){.bus = secondary,
                          .limit = subordinate,
                          .bridge = (int)(f - s->found),
                          .kept = kept,
                          .single = f->port == PCIE_PORT_ROOT || f->port == PCIE_PORT_DOWN};
    return true;
}

/* All that is behind the bridge has been seen, to bus `last`; the last one that is taken now. */
static uint32_t close_bridge(struct pci_scan *s, const struct level *level, uint32_t last)
{
    struct pci_found *f = &s->found[level->bridge];

    if (level->kept) {
        return f->subordinate;
    }
    set_buses(s, f, f->secondary, last);
    return last;
}

/* On to the next entry of the bus that may be a function; NULL where this one is none. */
static struct pci_found *look(struct pci_scan *s, struct level *l)
{
    uint32_t rid = l->bus << 8 | l->next;
    bool first = PCI_FUNCTION(rid) == 0;
    bool there = (pci_read(s->host, rid, PCI_ID) & PCI_NO_VENDOR) != PCI_NO_VENDOR;
    struct pci_found *f = there ? take(s, rid, l->bridge, l->multi && !first) : NULL;

    if (first) {
        l->multi = there && (pci_read(s->host, rid, PCI_CACHE_LINE) & PCI_HEADER_MULTI) != 0;
    }
    l->next += l->multi ? 1 : FUNCTIONS - PCI_FUNCTION(rid);
    if (PCI_FUNCTION(l->next) == 0) {
        l->multi = false;
        l->next = l->single ? BUS_ENTRIES : l->next;
    }
    return f;
}

void pci_scan(struct pci_scan *s)
{
    struct level level[PCI_MAX_DEPTH] = {
        {.bus = s->host->first, .limit = s->host->last, .bridge = PCI_ROOT}};
    uint32_t last = s->host->first;
    uint32_t depth = 0;

    s->since = arch_counter();
    s->late = false;
    s->count = 0;
    for (;;) {
        struct pci_found *f;

        if (level[depth].next == BUS_ENTRIES) {
            if (depth == 0) {
                return;
            }
            last = close_bridge(s, &level[depth--], last);
            continue;
        }
        f = look(s, &level[depth]);
        if (f == NULL || !f->bridge) {
            continue;
        }
        if (depth + 1 == PCI_MAX_DEPTH) {
            f->broken = "has too many bridges above it";
        }
        if (open_bridge(s, f, &level[depth], last,
                        &level[PCI_MAX_DEPTH > depth + 1 ? depth + 1 : depth])) {
            last = f->secondary;
            depth++;
        }
    }
}
