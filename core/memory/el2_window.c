/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how EL2 sees RAM that lies above its own addresses. */
#include "core/memory/el2_window.h"

#include "core/base/arch.h"
#include "core/base/panic.h"
#include "core/memory/el2_map.h"

bool el2_reaches(struct range what)
{
    return range_end(what) <= UINT64_C(1) << arch_el2_bits();
}

static bool is_free(struct range at, const struct range *ram, uint32_t banks)
{
    struct lpae_leaf leaf;

    for (uint32_t i = 0; i < banks; i++) {
        if (ranges_overlap(at, ram[i])) {
            return false;
        }
    }
    return !lpae_next(&el2_table, at.base, range_end(at), &leaf);
}

bool el2_window_find(struct el2_window *w, uint64_t from, const struct range *ram, uint32_t banks)
{
    struct range at = {align_up(from == 0 ? 1 : from, EL2_WINDOW_SIZE), EL2_WINDOW_SIZE};

    while (el2_reaches(at) && !is_free(at, ram, banks)) {
        at.base += at.size;
    }
    *w = (struct el2_window){.at = {at.base, el2_reaches(at) ? at.size : 0}};
    return w->at.size != 0;
}

void *el2_window_show(struct el2_window *w, struct range what)
{
    const uint64_t first = align_down(what.base, PAGE_SIZE);
    const struct range pages = {first, align_up(range_end(what), PAGE_SIZE) - first};
    const uint64_t at = w->at.base + (first & (BLOCK_2M - 1)); /* blocks stay blocks */

    el2_window_hide(w);
    if (at + pages.size > range_end(w->at) || el2_map_at(at, pages) != OK) {
        return NULL;
    }
    w->shown = (struct range){at, pages.size};
    return (void *)(uintptr_t)(at + (what.base - first));
}

void el2_window_hide(struct el2_window *w)
{
    enum status status = OK;

    if (w->shown.size != 0) {
        arch_cache_clean_invalidate((void *)(uintptr_t)w->shown.base, w->shown.size);
        status = el2_unmap(w->shown);
    }
    check(status == OK);
    w->shown.size = 0;
}
