/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about partitions' messages, once it is decided who sends them. */
#include "core/plan/msi.h"

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

uint64_t msi_pages(const struct plan *p)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < p->function_count; i++) {
        pages += p->functions[i].msi ? MSI_DEVICE_PAGES : 0;
    }
    if (pages == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < p->partition_count; i++) {
        pages += p->partitions[i].msi_first != 0 ? MSI_CPU_PAGES : 0;
    }
    return pages + p->board.its_count * MSI_ITS_PAGES + MSI_SHARED_PAGES;
}
