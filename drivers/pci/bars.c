/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes and places BARs: one behind the other in the order of the buses, so that what is behind a
 * bridge is one stretch of addresses; the bridge's own lie before it.
 */
#include "drivers/pci/scan.h"

#include <inttypes.h>

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/plan/dt.h"

#define BARS        6u
#define BRIDGE_BARS 2u
#define MIB         (UINT64_C(1) << 20) /* a bridge's windows are in these */
#define LOW_END     (UINT64_C(1) << 32)
#define SPACE       MASK(25, 24) /* of phys.hi: PCI Bus Binding 2.2.1.1 */
#define SPACE_LOW   2u
#define SPACE_HIGH  3u

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
    uint32_t index, count; /* of the function's `count` */
    uint64_t size;         /* bytes */
    uint32_t flags;        /* PCI_BAR_FLAGS */
    uint32_t low, high;    /* what reads after all ones give */
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
        /* A BAR at 0 is one that nobody has placed, to QEMU and Linux. */
        struct window window = {w.bus == 0 ? PAGE_SIZE : w.bus, w.bus + w.cpu.size,
                                w.cpu.base - w.bus};

        if (!range_valid(w.bus, w.cpu.size)) {
            continue;
        }
        if (space == SPACE_LOW && window.end <= LOW_END && p->low.end == 0) {
            p->low = window;
        } else if ((space == SPACE_HIGH || (space == SPACE_LOW && w.bus >= LOW_END)) &&
                   p->high.end == 0) {
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
    if (bar->low == 0 || bar->low == PCI_ALL_ONES) { /* an I/O BAR's bit 1 is 0 */
        return bar->low == 0;
    }
    if ((bar->flags & PCI_BAR_IO) != 0) {
        pci_write(p->scan->host, rid, PCI_BAR0 + 4 * bar->index, 0);
        return true; /* not given: drivers do without */
    }
    if ((bar->flags & PCI_BAR_64) != 0) {
        if (bar->index + 1 == bar->count) {
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

static void keep_bar(struct plan_function *f, const struct bar *bar, uint64_t at)
{
    f->bar[bar->index].value = (uint32_t)at | bar->flags;
    f->bar[bar->index].sizing = bar->low;
    if ((bar->flags & PCI_BAR_64) != 0) {
        f->bar[bar->index + 1].value = (uint32_t)(at >> 32);
        f->bar[bar->index + 1].sizing = bar->high;
    }
}

/* What is prefetchable goes high where it can; the rest low; what does not fit there, high too. */
static bool place_bar(struct placing *p, const struct pci_found *f, const struct bar *bar)
{
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
    pci_write(p->scan->host, f->rid, PCI_BAR0 + 4 * bar->index, (uint32_t)at);
    if ((bar->flags & PCI_BAR_64) != 0) {
        pci_write(p->scan->host, f->rid, PCI_BAR0 + 4 * (bar->index + 1), (uint32_t)(at >> 32));
    }
    if (f->granted != NULL) {
        struct plan_device *device = &p->scan->plan->devices[f->granted->device];

        keep_bar(f->granted, bar, at);
        device->mmio[device->mmio_count++] = (struct range){at + w->cpu, size};
    }
    return true;
}

/* All that it has; where one has no place, what needs it is refused. */
static void place_bars(struct placing *p, struct pci_found *f)
{
    struct bar bar = {.count = f->bridge ? BRIDGE_BARS : BARS};

    for (; bar.index < bar.count; bar.index += bar.size != 0 && (bar.flags & PCI_BAR_64) ? 2 : 1) {
        if (!read_bar(p, f->rid, &bar)) {
            pci_refuse_behind(p->scan, f,
                              "pci-devices: BAR %u of %02x:%02x.%u has no size that makes sense",
                              bar.index, PCI_BDF(f->rid));
            return;
        }
        if (bar.size != 0 && !place_bar(p, f, &bar)) {
            pci_refuse_behind(p->scan, f,
                              "pci-devices: BAR %u of %02x:%02x.%u, 0x%" PRIx64
                              " bytes, does not fit into the windows (ranges) of the host bridge",
                              bar.index, PCI_BDF(f->rid), bar.size);
            return;
        }
    }
}

/* Its ROM, where that finds a place: who does without it is not refused. */
static void place_rom(struct placing *p, const struct pci_found *f)
{
    struct plan_device *device = &p->scan->plan->devices[f->granted->device];
    uint64_t at;
    uint32_t mask, size;

    pci_write(p->scan->host, f->rid, PCI_ROM, (uint32_t)PCI_ROM_ADDRESS);
    mask = pci_read(p->scan->host, f->rid, PCI_ROM) & (uint32_t)PCI_ROM_ADDRESS;
    pci_write(p->scan->host, f->rid, PCI_ROM, 0);
    size = mask & -mask;
    if (mask == 0 || mask != -size || device->mmio_count == PLAN_MAX_WINDOWS ||
        !window_take(&p->low, size < PAGE_SIZE ? PAGE_SIZE : size, &at)) {
        return;
    }
    pci_write(p->scan->host, f->rid, PCI_ROM, (uint32_t)at);
    f->granted->bar[PLAN_ROM].value = (uint32_t)at;
    f->granted->bar[PLAN_ROM].sizing = mask;
    device->mmio[device->mmio_count++] =
        (struct range){at + p->low.cpu, size < PAGE_SIZE ? PAGE_SIZE : size};
}

/* ---- bridges ---- */

/* Its windows begin behind its own registers, which are nobody's, and decode with them. */
static void open_bridge(struct placing *p, uint32_t index)
{
    struct pci_found *f = &p->scan->found[index];

    if (f->used) {
        place_bars(p, f);
    }
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

/* Of what is right behind that bridge, when all BARs there have their place. */
static void place_roms(struct placing *p, int parent)
{
    for (uint32_t i = 0; i < p->scan->count; i++) {
        const struct pci_found *f = &p->scan->found[i];

        if (f->parent == parent && f->granted != NULL && f->endpoint) {
            place_rom(p, f);
        }
    }
}

static void close_bridge(struct placing *p, uint32_t index)
{
    const struct plan_pci_host *host = p->scan->host;
    uint32_t rid = p->scan->found[index].rid;
    bool used = p->scan->found[index].used;
    uint64_t high_end;

    place_roms(p, (int)index);
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

void pci_place_bars(struct pci_scan *s)
{
    static struct placing p; /* class: the boot CPU's; too large for its stack */
    int open = PCI_ROOT;

    p.scan = s;
    read_windows(&p);
    for (uint32_t i = 0; i <= s->count; i++) {
        while (open != PCI_ROOT && (i == s->count || !pci_is_behind(s, open, s->found[i].parent))) {
            close_bridge(&p, (uint32_t)open);
            open = s->found[open].parent;
        }
        if (i < s->count && s->found[i].bridge && s->found[i].broken == NULL) {
            open_bridge(&p, i);
            open = (int)i;
        } else if (i < s->count && s->found[i].granted != NULL && s->found[i].endpoint) {
            place_bars(&p, &s->found[i]);
        }
    }
    place_roms(&p, PCI_ROOT);
}
