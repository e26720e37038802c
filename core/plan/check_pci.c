/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of PCI functions and of the frame that MSIs are written to; EL2's pages for them. */
#include "core/plan/check.h"

#include "core/base/bits.h"
#include "core/memory/lpae.h"
#include "core/plan/msi.h"
#include "core/plan/pci.h"

bool check_functions_are_sane(const struct plan *p)
{
    bool sane = p->pci_host_count <= PLAN_MAX_PCI_HOSTS &&
                p->function_count <= PLAN_MAX_FUNCTIONS && p->board.its_count <= PLAN_MAX_ITS;

    for (uint32_t i = 0; sane && i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];

        sane = f->host < p->pci_host_count && f->device < (int)p->device_count &&
               f->cap_count <= PLAN_MAX_CAPS && PCI_BUS(f->rid) >= p->pci_hosts[f->host].first &&
               PCI_BUS(f->rid) <= p->pci_hosts[f->host].last;
    }
    return sane;
}

uint64_t check_pci_pages(const struct plan *p)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < p->function_count; i++) {
        struct range page = pci_page(&p->pci_hosts[p->functions[i].host], p->functions[i].rid);

        pages += check_el2_pages(p, page);
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        struct plan_pci_host host;

        if (!p->partitions[p->devices[i].partition].refused &&
            pci_whole_host(p, &p->devices[i], &host)) {
            pages += check_el2_pages(p, host.ecam);
        }
    }
    return pages;
}

/* EL2 emulates the frame's page: whatever else is there would be out of reach. */
static void check_frame_alone(struct plan *p, const struct plan_device *frame)
{
    for (const struct plan_device *d = p->devices; d < p->devices + p->device_count; d++) {
        if (d == frame || d->partition != frame->partition) {
            continue;
        }
        if (d->msi && d < frame) {
            device_error(p, frame,
                         "devices: a second frame for messages (msi-controller): list one only");
        }
        for (uint32_t w = 0; w < d->mmio_count; w++) {
            if (ranges_overlap(check_pages_of(d->mmio[w]), check_pages_of(frame->mmio[0]))) {
                device_error(p, d,
                             "devices: it shares a page with the frame for messages %s: grant one "
                             "of the two",
                             frame->path);
            }
        }
    }
}

void check_msi_frame(struct plan *p, const struct plan_device *device)
{
    uint32_t last =
        p->board.gic.intids != 0 && p->board.gic.intids < END_SPI ? p->board.gic.intids : END_SPI;

    if (device->msi_count != 0 &&
        (device->msi_first < FIRST_SPI || device->msi_first >= last ||
         device->msi_count > last - device->msi_first || device->mmio_count != 1 ||
         range_end(device->mmio[0]) > BIT(32) || p->board.gic.version != 2)) {
        device_error(p, device,
                     "devices: its %u interrupts from %u on are not all the GIC's: it cannot be "
                     "granted",
                     device->msi_count, device->msi_first);
    }
    if (!device->msi) {
        return;
    }
    if (!msi_frame_is_page(device)) {
        device_error(
            p, device,
            "devices: its registers (reg) are no page, aligned so: as a frame for messages it "
            "cannot be granted");
    }
    check_frame_alone(p, device);
}
