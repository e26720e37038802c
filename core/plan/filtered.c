/* SPDX-License-Identifier: Apache-2.0 */
/* Which granted registers share a page with others', and are not mapped: core/guest/filter.c's. */
#include "core/plan/claims.h"

#include "core/base/bits.h"
#include "core/plan/check.h"

/* A bridge's are many, a function's BARs are placed in pages of their own, a frame's is EL2's. */
static bool can_be_filtered(const struct plan *p, const struct claim *c)
{
    const struct plan_device *device = &p->devices[c->device];

    return c->kind == CLAIM_WINDOW && !device->bridge && !device->function && !device->msi;
}

bool claims_share(struct plan *p, const struct claim *c, const struct claim *other)
{
    const bool registers =
        other->kind == CLAIM_BOARD || other->kind == CLAIM_BOARD_OFF || can_be_filtered(p, other);

    if (!registers || !can_be_filtered(p, c) || c->owner == other->owner ||
        ranges_overlap(c->r, other->r) ||
        !ranges_overlap(check_pages_of(c->r), check_pages_of(other->r))) {
        return false;
    }
    p->devices[c->device].filtered |= 1u << c->window;
    return true;
}

/* Of the partition's windows that are in the same pages, one is filtered. */
static bool is_filtered(const struct plan *p, int owner, struct range pages)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *d = &p->devices[i];

        for (uint32_t w = 0; d->partition == owner && w < d->mmio_count; w++) {
            if ((d->filtered & 1u << w) != 0 && ranges_overlap(pages, check_pages_of(d->mmio[w]))) {
                return true;
            }
        }
    }
    return false;
}

void claims_filter(struct plan *p)
{
    uint32_t count[CONFIG_MAX_PARTITIONS] = {0};

    for (uint32_t i = 0; i < p->device_count; i++) {
        struct plan_device *d = &p->devices[i];

        for (uint32_t w = 0; w < d->mmio_count; w++) {
            const struct range pages = plan_window_pages(p, i, w);

            if (!is_filtered(p, d->partition, check_pages_of(d->mmio[w]))) {
                continue;
            }
            d->filtered |= 1u << w;
            if (pages.size != 0 && count[d->partition]++ == PLAN_MAX_FILTERED) {
                device_error(p, d,
                             "devices: it is one too many that shares its page with others' "
                             "registers (PLAN_MAX_FILTERED)");
            } else if (range_end(pages) - 1 > UINTPTR_MAX) {
                device_error(p, d,
                             "devices: it shares its page with others' registers, where EL2 does "
                             "not reach: not supported");
            }
        }
    }
}
