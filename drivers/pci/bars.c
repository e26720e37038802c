/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes and places BARs: one behind the other in the order of the buses, so that what is behind a
 * bridge is one stretch of addresses.
 */
#include "drivers/pci/scan.h"

#include <inttypes.h>

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/plan/dt.h"

#define BARS       6u
#define MIB        (UINT64_C(1) << 20) /* a bridge's windows are in these */
#define LOW_END    (UINT64_C(1) << 32)
#define SPACE      MASK(25, 24) /* of phys.hi: PCI Bus Binding 2.2.1.1 */
#define SPACE_LOW  2u
#define SPACE_HIGH 3u

/* A window of the host: PCI addresses [next, end) are left; the CPU's are `cpu` more. */
struct window {
    uint64_t next, end, cpu;
};

struct placing {
    struct pci_scan *scan;
    struct window low, high; /* below 4 GiB; anywhere, for 64-bit BARs */
    uint64_t low_base[PCI_MAX_FOUND], high_base[PCI_MAX_FOUND]; /* of open bridges */
};

struct bar {
    uint32_t index;
    uint64_t size;      /* bytes */
    uint32_t flags;     /* PCI_BAR_FLAGS */
    uint32_t low, high; /* what reads after all ones give */
};

/* ---- the host's windows ---- */

static void read_windows(struct placing *p)
{
    const void *fdt = p->scan->plan->board.fdt;
    struct dt_window w;
    struct dt_at at;

    p->low = (struct window){0};
    p->high = (struct window){0};
    for (uint32_t i = 0;
         dt_at(fdt, p->scan->host->node, &at) && dt_window_at(fdt, &at, i, &w) == OK; i++) {
        uint64_t space = field_get(SPACE, w.space);
        struct window window = {w.bus, w.bus + w.cpu.size, w.cpu.base - w.bus};

        if (!range_valid(w.bus, w.cpu.size)) {
            continue;
        }
        if (space == SPACE_LOW && window.end <= LOW_END && p->low.end == 0) {
            p->low = window;
        } else if (space == SPACE_HIGH && p->high.end == 0) {
            p->high = window;
        }
    }
}

/* `size` bytes, aligned to it; false where the window has not so much. */
static bool window_take(struct window *w, uint64_t size, uint64_t *address)
{
    uint64_t at = align_up(w->next, size);

    if (at < w->next || at >= w->end || size > w->end - at) {
        return false;
    }
    *address = at;
    w->next = at + size;
    return true;
}

/* ---- one function's BARs ---- */

static uint32_t ask(const struct placing *p, uint32_t rid, uint32_t bar)
{
    pci_write(p->scan->host, rid, PCI_BAR0 + 4 * bar, PCI_ALL_ONES);
    return pci_read(p->scan->host, rid, PCI_BAR0 + 4 * bar);
}

/* Size of the BAR at bar->index (0: none), decoders off; false where what it says is no size. */
static bool read_bar(const struct placing *p, uint32_t rid, struct bar *bar)
{
    uint64_t mask;

    bar->low = ask(p, rid, bar->index);
    bar->flags = bar->low & (uint32_t)PCI_BAR_FLAGS;
    bar->high = PCI_ALL_ONES;
    bar->size = 0;
    if (bar->low == 0) {
        return true;
    }
    if ((bar->flags & PCI_BAR_IO) != 0) {
        pci_write(p->scan->host, rid, PCI_BAR0 + 4 * bar->index, 0);
        return true; /* not given: drivers do without */
    }
    if ((bar->flags & PCI_BAR_64) != 0) {
        if (bar->index + 1 == BARS) {
            return false;
        }
        bar->high = ask(p, rid, bar->index + 1);
    }
    mask = (uint64_t)bar->high << 32 | (bar->low & ~(uint32_t)PCI_BAR_FLAGS);
    bar->size = mask & -mask;
    return mask != 0 && mask == -bar->size;
}

/* 64 bits wide all the way, and (behind a bridge) prefetchable, as a bridge's high window is. */
static bool may_be_high(const struct placing *p, const struct pci_found *f, const struct bar *bar)
{
    for (int b = f->parent; b != PCI_ROOT; b = p->scan->found[b].parent) {
        if ((pci_read(p->scan->host, p->scan->found[b].rid, PCI_PREF_WINDOW) & PCI_WINDOW_64) ==
            0) {
            return false;
        }
    }
    return (bar->flags & PCI_BAR_64) != 0 &&
           (f->parent == PCI_ROOT || (bar->flags & PCI_BAR_PREFETCH) != 0);
}

/* What is prefetchable goes high where it can; the rest low; what does not fit there, high too. */
static bool place_bar(struct placing *p, const struct pci_found *f, const struct bar *bar)
{
    struct plan_device *device = &p->scan->plan->devices[f->granted->device];
    uint64_t size = bar->size < PAGE_SIZE ? PAGE_SIZE : bar->size;
    bool high = may_be_high(p, f, bar);
    bool first = high && (bar->flags & PCI_BAR_PREFETCH) != 0;
    struct window *w = first && p->high.end != 0 ? &p->high : &p->low;
    uint64_t at;

    if (!window_take(w, size, &at)) {
        w = &p->high;
        if (!high || first || !window_take(w, size, &at)) {
            return false;
        }
    }
    f->granted->bar[bar->index].value = (uint32_t)at | bar->flags;
    f->granted->bar[bar->index].sizing = bar->low;
    pci_write(p->scan->host, f->rid, PCI_BAR0 + 4 * bar->index, (uint32_t)at);
    if ((bar->flags & PCI_BAR_64) != 0) {
        f->granted->bar[bar->index + 1].value = (uint32_t)(at >> 32);
        f->granted->bar[bar->index + 1].sizing = bar->high;
        pci_write(p->scan->host, f->rid, PCI_BAR0 + 4 * (bar->index + 1), (uint32_t)(at >> 32));
    }
    device->mmio[device->mmio_count++] = (struct range){at + w->cpu, size};
    return true;
}

static void place_function(struct placing *p, const struct pci_found *f)
{
    struct bar bar;

    for (uint32_t i = 0; i < BARS; i += (bar.flags & PCI_BAR_64) != 0 && bar.size != 0 ? 2 : 1) {
        bar.index = i;
        if (!read_bar(p, f->rid, &bar)) {
            pci_refuse(p->scan, f->granted, "pci-devices: its BAR %u has no size that makes sense",
                       i);
            return;
        }
        if (bar.size != 0 && !place_bar(p, f, &bar)) {
            pci_refuse(p->scan, f->granted,
                       "pci-devices: its BAR %u of 0x%" PRIx64
                       " bytes does not fit into the windows "
                       "(ranges) of the host bridge",
                       i, bar.size);
            return;
        }
    }
}

/* ---- bridges ---- */

static void open_bridge(struct placing *p, uint32_t index)
{
    p->low.next = align_up(p->low.next, MIB);
    p->high.next = align_up(p->high.next, MIB);
    p->low_base[index] = p->low.next;
    p->high_base[index] = p->high.next;
}

/* The register of a window [base, end) in MiB; one that is closed where it is empty. */
static uint32_t window_value(uint64_t base, uint64_t end)
{
    return base == end
               ? (uint32_t)PCI_WINDOW_BASE
               : (uint32_t)((base >> 16 & PCI_WINDOW_BASE) | ((end - MIB) & PCI_WINDOW_LIMIT));
}

static void close_bridge(struct placing *p, uint32_t index)
{
    const struct plan_pci_host *host = p->scan->host;
    uint32_t rid = p->scan->found[index].rid;
    bool used = p->scan->found[index].used;
    uint64_t high_end;

    p->low.next = align_up(p->low.next, MIB);
    p->high.next = align_up(p->high.next, MIB);
    high_end = p->high.next;
    pci_write(host, rid, PCI_IO_WINDOW, (uint32_t)MASK(7, 4)); /* closed: its base is above */
    pci_write(host, rid, PCI_MEM_WINDOW, window_value(p->low_base[index], p->low.next));
    pci_write(host, rid, PCI_PREF_WINDOW, window_value(p->high_base[index], high_end));
    pci_write(host, rid, PCI_PREF_BASE, (uint32_t)(p->high_base[index] >> 32));
    pci_write(host, rid, PCI_PREF_LIMIT,
              high_end == p->high_base[index] ? 0 : (uint32_t)((high_end - 1) >> 32));
    pci_write(
        host, rid, PCI_COMMAND,
        (uint32_t)(PCI_COMMAND_NO_INTX | (used ? PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER : 0)));
}

static bool is_above(const struct pci_scan *s, int bridge, int index)
{
    while (index != PCI_ROOT && index != bridge) {
        index = s->found[index].parent;
    }
    return index == bridge;
}

void pci_place_bars(struct pci_scan *s)
{
    static struct placing p; /* class: the boot CPU's; too large for its stack */
    int open = PCI_ROOT;

    p.scan = s;
    read_windows(&p);
    for (uint32_t i = 0; i <= s->count; i++) {
        while (open != PCI_ROOT && (i == s->count || !is_above(s, open, s->found[i].parent))) {
            close_bridge(&p, (uint32_t)open);
            open = s->found[open].parent;
        }
        if (i < s->count && s->found[i].bridge && s->found[i].broken == NULL) {
            open_bridge(&p, i);
            open = (int)i;
        } else if (i < s->count && s->found[i].granted != NULL && s->found[i].endpoint) {
            place_function(&p, &s->found[i]);
        }
    }
}
