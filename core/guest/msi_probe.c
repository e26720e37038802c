/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how the plan comes to know of ITSs, and of the SPIs of granted GICv2m frames. */
#include "core/guest/msi.h"

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/memory/el2_map.h"
#include "core/plan/claims.h"
#include "core/plan/msi.h"

/*
 * QEMU's virt board has its SMMU's interrupts among those that its frame raises: what the partition
 * is given ends before them. What it could raise beyond is nobody else's: see CLAIM_RAISED.
 */
static uint32_t before_own(const struct plan *p, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < p->board.smmu_count; i++) {
        for (uint32_t n = 0; n < p->board.smmus[i].irq_count; n++) {
            uint32_t offset = p->board.smmus[i].irq[n].intid - first;

            count = offset < count ? offset : count;
        }
    }
    return count;
}

/* The SPIs of granted GICv2m frames. */
static void read_frames(struct plan *p)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        struct plan_device *device = &p->devices[i];

        if (!device->msi || !msi_frame_is_page(device) || claims_touch_own(p, device->mmio[0])) {
            continue; /* no frame, or refused */
        }
        if (el2_map(device->mmio[0], LPAE_DEVICE) == OK) {
            uint32_t type = arch_read32(device->mmio[0].base + V2M_MSI_TYPER);

            device->msi_first = (uint32_t)field_get(V2M_MSI_TYPER_BASE, type);
            device->msi_count = (uint32_t)field_get(V2M_MSI_TYPER_COUNT, type);
            device->msi_given = before_own(p, device->msi_first, device->msi_count);
            if (el2_unmap(device->mmio[0]) != OK) {
                plan_error(p, PLAN_SHARED, device->path, "its page is another's too");
            }
        }
        if (device->msi_given == 0) {
            device_error(p, device,
                         "devices: it raises no interrupt, or an SMMU's is the first: it cannot be "
                         "granted");
        }
    }
}

static void probe_itss(struct plan *p)
{
    msi_find(p);
    for (uint32_t i = 0; i < p->board.its_count; i++) {
        struct plan_its *its = &p->board.its[i];
        const char *why = "its registers cannot be mapped";

        if (el2_map(its->mmio, LPAE_DEVICE) != OK || drivers_its->probe(p, i, &why) != OK) {
            its->unusable = true;
            plan_warning(p, PLAN_SHARED, its->path,
                         "this ITS cannot be used, and no device sends messages by it: %s", why);
        }
    }
    msi_assign(p);
}

void msi_init(struct plan *p)
{
    read_frames(p);
    if (p->pci_host_count != 0) {
        probe_itss(p);
    }
}
