/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the look-up of a partition's emulated windows. */
#include "core/guest/mmio.h"

#include "core/guest/partition.h"
#include "core/guest/vcpu.h"

enum status mmio_add(struct mmio_map *map, uint64_t base, uint64_t size, mmio_handler handler,
                     void *device)
{
    uint32_t at = map->count;

    if (map->count == MMIO_MAX_WINDOWS) {
        return E_NO_SPACE;
    }
    if (!range_valid(base, size) || size < MMIO_MAX_ACCESS) {
        return E_INVALID;
    }
    while (at > 0 && map->window[at - 1].base > base) {
        at--;
    }
    if ((at > 0 && map->window[at - 1].base + map->window[at - 1].size > base) ||
        (at < map->count && base + size > map->window[at].base)) {
        return E_OVERLAP;
    }
    for (uint32_t i = map->count; i > at; i--) {
        map->window[i] = map->window[i - 1];
    }
    map->window[at] = (struct mmio_window){base, size, handler, device};
    map->count++;
    return OK;
}

enum trap_outcome mmio_handle(struct vcpu *vcpu, struct mmio_access *access)
{
    const struct mmio_map *map = &vcpu->partition->mmio;
    const struct mmio_window *end = map->window + map->count;
    const uint64_t last = access->size - 1u;

    for (const struct mmio_window *w = map->window; w < end; w++) {
        uint64_t offset = access->ipa.v - w->base;

        if (offset < w->size - last) {
            return w->handler(vcpu, w->device, offset, access);
        }
    }
    return TRAP_ABORT;
}
