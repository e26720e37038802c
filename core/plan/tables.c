/* SPDX-License-Identifier: Apache-2.0 */
/* What a partition's address space holds beside its memory, and how wide it is. */
#include "core/plan/check.h"

#include "core/base/bits.h"
#include "core/plan/msi.h"
#include "core/plan/pci.h"

struct range check_pages_of(struct range r)
{
    uint64_t base = align_down(r.base, PAGE_SIZE);
    uint64_t end = r.base + r.size < r.base ? UINT64_MAX : align_up(range_end(r), PAGE_SIZE);

    return (struct range){base, r.size == 0 || end < base ? 0 : end - base};
}

struct range plan_window_pages(const struct plan *p, uint32_t index, uint32_t window)
{
    struct range r = check_pages_of(p->devices[index].mmio[window]);

    for (uint32_t i = 0; i <= index; i++) {
        const struct plan_device *d = &p->devices[i];
        uint32_t count = i < index ? d->mmio_count : window;

        for (uint32_t w = 0; w < count; w++) {
            if (d->partition == p->devices[index].partition &&
                check_pages_of(d->mmio[w]).base == r.base) {
                return (struct range){r.base, 0};
            }
        }
    }
    return r;
}

/* Of its PCI functions: the ITS, configuration space of the n-th host bridge. */
static bool pci_window(const struct plan *p, const struct plan_partition *part, uint32_t n,
                       struct range *out)
{
    uint32_t index = (uint32_t)(part - p->partitions);

    if (n == 0) {
        *out = msi_frame(p, index).window;
        return true;
    }
    for (uint32_t i = 0; i < p->pci_host_count; i++) {
        if (pci_has_functions(p, index, i) && --n == 0) {
            *out = p->pci_hosts[i].ecam;
            return true;
        }
    }
    return false;
}

bool check_emulated_window(const struct plan *p, const struct plan_partition *part, uint32_t index,
                           struct range *out)
{
    const struct plan_gic *gic = &p->board.gic;

    if (index == 0) {
        *out = gic->dist;
    } else if (index == 1) {
        *out =
            part->console == PLAN_CONSOLE_SHARED ? p->board.console.window : (struct range){0, 0};
    } else if (index == 2) {
        *out = gic->version == 2 ? gic->cpu : (struct range){0, 0};
    } else if (gic->version != 2 && index - 3 < gic->redists) {
        *out = gic->redist[index - 3];
    } else {
        return pci_window(p, part, index - 3 - (gic->version != 2 ? gic->redists : 0), out);
    }
    return true;
}

uint8_t plan_ipa_bits(const struct plan *p, const struct plan_partition *part)
{
    uint64_t last = check_last_of_memory(part);
    struct range r;

    for (uint32_t i = 0; check_emulated_window(p, part, i, &r); i++) {
        last |= r.size == 0 ? 0 : range_end(r) - 1;
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        for (uint32_t w = 0; w < device->mmio_count; w++) {
            if (device->partition == (int)(part - p->partitions)) {
                last |= range_end(device->mmio[w]) - 1;
            }
        }
    }
    return check_width_of(last);
}

const char *check_emulated_name(const struct plan *p, uint32_t index)
{
    uint32_t gic = p->board.gic.version == 2 ? 3 : 3 + p->board.gic.redists;

    return index == 1     ? "console"
           : index < gic  ? "interrupt controller"
           : index == gic ? "ITS"
                          : "PCI configuration";
}
