/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about partitions' messages, once it is decided who sends them. */
#include "core/plan/msi.h"

#include "core/memory/pool.h"

bool msi_frame_is_page(const struct plan_device *device)
{
    return device->mmio_count != 0 && is_aligned(device->mmio[0].base, PAGE_SIZE) &&
           device->mmio[0].size >= PAGE_SIZE;
}

struct msi_frame msi_frame(const struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];

    if (part->msi_first != 0) {
        const uint64_t its = p->board.its[part->msi_its].mmio.base;

        return (struct msi_frame){{its + ITS_TRANSLATER_FRAME, PAGE_SIZE},
                                  {its, ITS_SIZE},
                                  part->msi_first,
                                  PLAN_LPIS,
                                  true};
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *d = &p->devices[i];

        if (d->msi && d->mmio_count != 0 && d->partition == (int)index) {
            return (struct msi_frame){d->mmio[0], {0, 0}, d->msi_first, d->msi_given, false};
        }
    }
    return (struct msi_frame){0};
}

/* A page of its tables, aligned. */
static uint64_t table_pages(const struct plan_its *its)
{
    return its->table_pages == 0 ? 1 : pool_bound(its->table_pages);
}

static uint32_t its_of(const struct plan *p, const struct plan_function *f)
{
    return p->partitions[p->devices[f->device].partition].msi_its;
}

uint64_t msi_flat_pages(const struct plan *p, uint32_t its)
{
    const struct plan_its *i = &p->board.its[its];
    uint64_t bytes = i->flat_entry; /* of DeviceID 0 */

    for (uint32_t n = 0; n < p->function_count; n++) {
        const struct plan_function *f = &p->functions[n];

        if (f->msi && its_of(p, f) == its &&
            (f->msi_device + UINT64_C(1)) * i->flat_entry > bytes) {
            bytes = (f->msi_device + UINT64_C(1)) * i->flat_entry;
        }
    }
    return align_up(bytes, i->table_pages * PAGE_SIZE) / PAGE_SIZE;
}

/* A device has a table of its own, and at most a page of the ITS's. */
static uint64_t device_pages(const struct plan *p, const struct plan_function *f)
{
    return 1 + table_pages(&p->board.its[its_of(p, f)]);
}

uint64_t msi_pages(const struct plan *p)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < p->function_count; i++) {
        pages += p->functions[i].msi ? device_pages(p, &p->functions[i]) : 0;
    }
    if (pages == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < p->partition_count; i++) {
        pages += p->partitions[i].msi_first != 0 ? MSI_CPU_PAGES : 0;
    }
    for (uint32_t i = 0; i < p->board.its_count; i++) { /* its queue, devices, collections */
        pages += 1 + 2 * table_pages(&p->board.its[i]);
        pages += p->board.its[i].flat_entry == 0 ? 0 : pool_bound(msi_flat_pages(p, i));
    }
    return pages + MSI_SHARED_PAGES;
}
