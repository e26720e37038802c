/* SPDX-License-Identifier: Apache-2.0 */
/* Owns EL2's own map: what is added to it and taken from it while every CPU uses it. */
#include "core/memory/el2_map.h"

#include <string.h>

#include "core/base/arch.h"
#include "core/base/lock.h"
#include "core/base/panic.h"

/* Class: locked (el2_map_lock); read by the MMU at any time. */
struct lpae el2_table;
static struct lock el2_map_lock;

/* Of each partition, so that none waits for another: its window's entry, in a table that stays. */
static struct lock window_locks[CONFIG_MAX_PARTITIONS];

enum status el2_map_init(uint8_t bits)
{
    enum status status = lpae_init(&el2_table, LPAE_EL2_STAGE1, bits);
    struct el2_section s;

    for (uint32_t i = 0; status == OK && arch_image_section(i, &s); i++) {
        if (s.what.size != 0) {
            status = lpae_map(&el2_table, s.what.base, pa(s.what.base), s.what.size, s.attr);
        }
    }
    return status;
}

/* From the first section to the last; the planner's count where `planner`. */
static struct range image(bool planner)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    struct el2_section s;

    for (uint32_t i = 0; arch_image_section(i, &s); i++) {
        if (planner || !s.planner) {
            low = s.what.base < low ? s.what.base : low;
            high = range_end(s.what) > high ? range_end(s.what) : high;
        }
    }
    return (struct range){low, high - low};
}

struct range el2_whole_image(void)
{
    return image(true);
}

struct range el2_image(void)
{
    return image(false);
}

enum status el2_close_planner(void)
{
    enum status status = OK;
    struct el2_section s;

    for (uint32_t i = 0; status == OK && arch_image_section(i, &s); i++) {
        if (s.planner && s.what.size != 0) {
            status = el2_unmap(s.what);
        }
    }
    return status;
}

/* The whole pages around `what`; size 0 where it is empty or wraps. */
static struct range whole_pages(struct range what)
{
    uint64_t base = align_down(what.base, PAGE_SIZE);
    uint64_t end = align_up(range_end(what), PAGE_SIZE);

    if (!range_valid(what.base, what.size) || end <= base) {
        return (struct range){base, 0};
    }
    return (struct range){base, end - base};
}

static bool is_mapped_as(const struct lpae_leaf *leaf, enum lpae_attr attr)
{
    return leaf->device == (attr == LPAE_DEVICE) && leaf->execute == (attr == LPAE_CODE) &&
           leaf->write == (attr == LPAE_DATA || attr == LPAE_DEVICE);
}

/* Map the holes of `pages`; with `dry`, only see whether that can be done. */
static enum status map_holes(struct range pages, enum lpae_attr attr, bool dry)
    REQUIRES(&el2_map_lock)
{
    enum status status = OK;
    const uint64_t end = range_end(pages);
    struct lpae_leaf leaf;

    for (uint64_t at = pages.base; status == OK && at < end; at = leaf.ia + leaf.size) {
        if (!lpae_next(&el2_table, at, end, &leaf)) {
            leaf = (struct lpae_leaf){.ia = end};
        } else if (!is_mapped_as(&leaf, attr)) {
            return E_OVERLAP;
        }
        if (leaf.ia > at && !dry) {
            status = lpae_map(&el2_table, at, pa(at), leaf.ia - at, attr);
        }
    }
    return status;
}

enum status el2_map(struct range what, enum lpae_attr attr)
{
    struct range pages = whole_pages(what);
    enum status status;

    if (pages.size == 0 || range_end(pages) > UINT64_C(1) << el2_table.ia_bits) {
        return E_INVALID;
    }
    lock_take(&el2_map_lock, LOCK_EL2_MAP);
    status = map_holes(pages, attr, true);
    if (status == OK) {
        status = map_holes(pages, attr, false);
    }
    lock_release(&el2_map_lock);
    arch_dsb();
    arch_isb();
    return status;
}

enum status el2_map_at(uint64_t at, struct range what)
{
    enum status status;

    lock_take(&el2_map_lock, LOCK_EL2_MAP);
    status = lpae_map(&el2_table, at, pa(what.base), what.size, LPAE_DATA);
    lock_release(&el2_map_lock);
    arch_dsb();
    arch_isb();
    return status;
}

enum status el2_unmap(struct range what)
{
    struct range pages = whole_pages(what);
    enum status status;

    lock_take(&el2_map_lock, LOCK_EL2_MAP);
    status = lpae_unmap(&el2_table, pages.base, pages.size);
    if (status == OK) {
        arch_tlb_forget_el2(pages);
    }
    lock_release(&el2_map_lock);
    return status;
}

enum status el2_seal(struct range what)
{
    const struct range pages = whole_pages(what);
    enum status status;

    lock_take(&el2_map_lock, LOCK_EL2_MAP);
    status = lpae_protect(&el2_table, pages.base, pages.size);
    if (status == OK) {
        arch_tlb_forget_el2(pages);
    }
    lock_release(&el2_map_lock);
    return status;
}

void el2_read(uint32_t partition, uint64_t from, void *to, uint32_t size)
{
    const uint64_t page = align_down(from, PAGE_SIZE);
    const struct range windows = arch_windows();
    const struct range window = {windows.size != 0 ? windows.base + partition * PAGE_SIZE : page,
                                 PAGE_SIZE};
    const void *source = (const void *)(uintptr_t)(window.base + (from - page));
    enum status status;

    lock_take(&window_locks[partition], LOCK_EL2_MAP);
    status = lpae_map(&el2_table, window.base, pa(page), PAGE_SIZE, LPAE_RODATA);
    check(status == OK);
    arch_dsb();
    arch_isb();
    arch_cache_clean_invalidate(source, size);
    memcpy(to, source, size);
    status = lpae_unmap(&el2_table, window.base, PAGE_SIZE);
    check(status == OK);
    arch_tlb_forget_el2(window);
    lock_release(&window_locks[partition]);
}

/* ---- the audit ---- */

struct audit_context {
    const struct range *guest;
    uint32_t count;
    struct el2_audit *out;
};

static uint64_t overlap_bytes(struct range a, struct range b)
{
    uint64_t first = a.base > b.base ? a.base : b.base;
    uint64_t last = range_end(a) < range_end(b) ? range_end(a) : range_end(b);

    return first < last ? last - first : 0;
}

static void audit_leaf(void *ctx, const struct lpae_leaf *leaf)
{
    const struct audit_context *c = ctx;
    struct el2_audit *out = c->out;

    if (leaf->device) {
        out->device += leaf->size;
    } else if (leaf->execute) {
        out->code += leaf->size;
    } else if (leaf->write) {
        out->data += leaf->size;
    } else {
        out->rodata += leaf->size;
    }
    out->wx += leaf->write && leaf->execute ? leaf->size : 0;
    out->not_identity += leaf->pa != leaf->ia ? leaf->size : 0;
    for (uint32_t i = 0; i < c->count; i++) {
        out->guest += overlap_bytes((struct range){leaf->pa, leaf->size}, c->guest[i]);
    }
}

void el2_map_audit(const struct range *guest, uint32_t count, struct el2_audit *out)
{
    struct audit_context ctx;

    *out = (struct el2_audit){0};
    ctx = (struct audit_context){guest, count, out};
    lock_take(&el2_map_lock, LOCK_EL2_MAP);
    lpae_each(&el2_table, audit_leaf, &ctx);
    lock_release(&el2_map_lock);
}
