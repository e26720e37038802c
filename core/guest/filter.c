/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the accesses to registers that share a page with others'. */
#include "core/guest/filter.h"

#include "core/base/arch.h"
#include "core/guest/partition.h"
#include "core/memory/el2_map.h"

/* True where all of it is registers of one device that is the partition's. */
static bool is_granted(const struct plan *p, uint32_t partition, struct range what)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *d = &p->devices[i];

        for (uint32_t w = 0; d->partition == (int)partition && w < d->mmio_count; w++) {
            if (range_holds(d->mmio[w], what)) {
                return true;
            }
        }
    }
    return false;
}

static enum trap_outcome access_window(struct vcpu *vcpu, void *device, uint64_t offset,
                                       struct mmio_access *access)
{
    const struct range what = {access->ipa.v, access->size};
    bool done =
        is_aligned(what.base, what.size) && is_granted(device, vcpu->partition->index, what);

    (void)offset;
    if (done && access->write) {
        done = arch_try_write(what.base, access->value, access->size);
    } else if (done) {
        done = arch_try_read(what.base, &access->value, access->size);
    }
    return done ? TRAP_SKIP : TRAP_ABORT;
}

enum status filter_make_windows(struct partition *part, const struct plan *p)
{
    enum status status = OK;

    for (uint32_t i = 0; status == OK && i < p->device_count; i++) {
        const struct plan_device *d = &p->devices[i];

        for (uint32_t w = 0; status == OK && w < d->mmio_count; w++) {
            const struct range r = plan_window_pages(p, i, w);

            if (d->partition != (int)part->index || (d->filtered & 1u << w) == 0 || r.size == 0) {
                continue;
            }
            status = el2_map(r, LPAE_DEVICE);
            if (status == OK) {
                status = mmio_add(&part->mmio, r.base, r.size, access_window, (void *)(uintptr_t)p);
            }
        }
    }
    return status;
}
