/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the long-descriptor format: descriptors, levels, and the walk over them. */
#include "core/memory/lpae.h"

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/memory/pool.h"

/* DDI 0487 D8.3, VMSAv8-64 descriptors with the 4 KiB granule; DDI 0406 B3.6.1 has the same. */
#define DESC_VALID BIT(0)
#define DESC_TABLE BIT(1) /* levels 0 to 2: a table; level 3: a page, always set */
#define DESC_OA    MASK(47, 12)
#define DESC_SH    MASK(9, 8)
#define DESC_AF    BIT(10)
#define DESC_XN    BIT(54)

#define SH_INNER 3

/* Stage 1. */
#define S1_ATTRINDX MASK(4, 2)
#define S1_AP1      BIT(6)  /* EL2: RES1; EL1&0: not for the privileged alone */
#define S1_AP2      BIT(7)  /* read-only */
#define S1_NG       BIT(11) /* EL1&0: of one ASID */
#define S1_PXN      BIT(53) /* EL1&0, where DESC_XN is the unprivileged's */

/* Stage 2. */
#define S2_MEMATTR MASK(5, 2)
#define S2AP_READ  BIT(6)
#define S2AP_WRITE BIT(7)

#define MEMATTR_DEVICE_NGNRE 0x1
#define MEMATTR_NORMAL_WB    0xf
#define MEMATTR_NORMAL       0xc /* Device memory has these two bits zero */

#define LEVEL_BITS    9
#define LAST_LEVEL    3
#define PA_BITS       48
#define MIN_IA_BITS   25
#define MAX_IA_BITS   48
#define MAX_ROOT_BITS 4 /* 16 concatenated tables, DDI 0487 D8.2.2 */

/* ---- levels ---- */

/* Input address bits below those that `level` resolves. */
static uint32_t level_shift(uint32_t level)
{
    return PAGE_SHIFT + LEVEL_BITS * (LAST_LEVEL - level);
}

/* Bytes that an entry of `level` covers. */
static uint64_t level_size(uint32_t level)
{
    return UINT64_C(1) << level_shift(level);
}

static bool is_table(uint64_t descriptor, uint32_t level)
{
    return level < LAST_LEVEL &&
           (descriptor & (DESC_VALID | DESC_TABLE)) == (DESC_VALID | DESC_TABLE);
}

static uint64_t *table_at(uint64_t address)
{
    return (uint64_t *)(uintptr_t)address;
}

/* The root's index is not masked: it runs on through concatenated tables. */
static uint64_t *root_entry(const struct lpae *t, uint64_t ia)
{
    return table_at(t->root.v) + (ia >> level_shift(t->start_level));
}

static uint64_t *next_entry(uint64_t descriptor, uint64_t ia, uint32_t level)
{
    return table_at(descriptor & DESC_OA) + ((ia >> level_shift(level)) & ((1U << LEVEL_BITS) - 1));
}

/* The entry where the walk for `ia` ends, and its level. */
static uint64_t *find_entry(const struct lpae *t, uint64_t ia, uint32_t *level)
{
    uint64_t *entry = root_entry(t, ia);

    *level = t->start_level;
    while (is_table(*entry, *level)) {
        ++*level;
        entry = next_entry(*entry, ia, *level);
    }
    return entry;
}

static uint64_t ia_limit(const struct lpae *t)
{
    return UINT64_C(1) << t->ia_bits;
}

/* Stored at once, and after the table that it may point to was zeroed: a walker may see it now. */
static void set_entry(uint64_t *entry, uint64_t descriptor)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *(volatile uint64_t *)entry = descriptor; /* one store: not an exclusive, the MMU may be off */
}

/* ---- attributes ---- */

static uint64_t attributes(enum lpae_stage stage, enum lpae_attr attr)
{
    bool device = attr == LPAE_DEVICE;
    bool write = attr == LPAE_DATA || attr == LPAE_RAM || attr == LPAE_DEVICE;
    bool execute = attr == LPAE_CODE || attr == LPAE_RAM;
    uint64_t bits = DESC_VALID | DESC_AF | (execute ? 0 : DESC_XN) |
                    (device ? 0 : field_prep(DESC_SH, SH_INNER));

    if (stage != LPAE_STAGE2) {
        return bits | S1_AP1 | (write ? 0 : S1_AP2) |
               (stage == LPAE_EL2_STAGE1 ? 0 : S1_NG | (execute ? 0 : S1_PXN)) |
               field_prep(S1_ATTRINDX, device ? LPAE_MAIR_DEVICE : LPAE_MAIR_NORMAL);
    }
    return bits | S2AP_READ | (write ? S2AP_WRITE : 0) |
           field_prep(S2_MEMATTR, device ? MEMATTR_DEVICE_NGNRE : MEMATTR_NORMAL_WB);
}

static void read_attributes(enum lpae_stage stage, uint64_t descriptor, struct lpae_leaf *leaf)
{
    leaf->execute = (descriptor & DESC_XN) == 0;
    if (stage != LPAE_STAGE2) {
        leaf->write = (descriptor & S1_AP2) == 0;
        leaf->device = field_get(S1_ATTRINDX, descriptor) == LPAE_MAIR_DEVICE;
    } else {
        leaf->write = (descriptor & S2AP_WRITE) != 0;
        leaf->device = (field_get(S2_MEMATTR, descriptor) & MEMATTR_NORMAL) == 0;
    }
}

/* ---- reading ---- */

static void read_leaf(const struct lpae *t, uint64_t ia, uint64_t size, uint64_t descriptor,
                      struct lpae_leaf *leaf)
{
    *leaf = (struct lpae_leaf){
        .ia = ia, .pa = descriptor & DESC_OA, .size = size, .descriptor = descriptor};
    read_attributes(t->stage, descriptor, leaf);
}

bool lpae_walk(const struct lpae *t, uint64_t ia, struct lpae_leaf *leaf)
{
    uint32_t level;
    uint64_t descriptor;

    if (ia >= ia_limit(t)) {
        *leaf = (struct lpae_leaf){.ia = ia_limit(t), .size = -ia_limit(t)};
        return false;
    }
    descriptor = *find_entry(t, ia, &level);
    ia = align_down(ia, level_size(level));
    if ((descriptor & DESC_VALID) == 0) {
        *leaf = (struct lpae_leaf){.ia = ia, .size = level_size(level)};
        return false;
    }
    read_leaf(t, ia, level_size(level), descriptor, leaf);
    return true;
}

bool lpae_next(const struct lpae *t, uint64_t ia, uint64_t end, struct lpae_leaf *leaf)
{
    end = end < ia_limit(t) ? end : ia_limit(t);
    while (ia < end) {
        uint32_t level;
        const uint64_t *entry = find_entry(t, ia, &level);
        const uint64_t size = level_size(level);
        const uint64_t table_end = align_down(ia, size << LEVEL_BITS) + (size << LEVEL_BITS);
        const uint64_t last = end < table_end ? end : table_end;

        /* The table's empty entries, one after the other; a table among them is the next walk's. */
        for (ia = align_down(ia, size); ia < last && (*entry & DESC_VALID) == 0; ia += size) {
            entry++;
        }
        if (ia < last && !is_table(*entry, level)) {
            read_leaf(t, ia, size, *entry, leaf);
            return true;
        }
    }
    return false;
}

void lpae_each(const struct lpae *t, void (*visit)(void *ctx, const struct lpae_leaf *leaf),
               void *ctx)
{
    struct lpae_leaf leaf;

    for (uint64_t ia = 0; lpae_next(t, ia, ia_limit(t), &leaf); ia = leaf.ia + leaf.size) {
        visit(ctx, &leaf);
    }
}

/* As lpae_each(), but for tables: one is new where `ia` is the first address that it covers. */
void lpae_clean(const struct lpae *t)
{
    uint32_t level;

    arch_cache_clean(table_at(t->root.v), t->root_pages * PAGE_SIZE);
    for (uint64_t ia = 0; ia < ia_limit(t); ia += level_size(level)) {
        const uint64_t *entry = root_entry(t, ia);

        level = t->start_level;
        while (is_table(*entry, level)) {
            if (is_aligned(ia, level_size(level))) {
                arch_cache_clean(table_at(*entry & DESC_OA), PAGE_SIZE);
            }
            level++;
            entry = next_entry(*entry, ia, level);
        }
    }
}

/* ---- building ---- */

uint32_t lpae_start_level(enum lpae_stage stage, uint8_t ia_bits, uint32_t *root_pages)
{
    const uint32_t max_root_bits = stage == LPAE_STAGE2 ? MAX_ROOT_BITS : 0;
    uint32_t level = 2;
    uint32_t one; /* bits of a root of one page */

    while (level > 0 && ia_bits > level_shift(level) + LEVEL_BITS + max_root_bits) {
        level--;
    }
    one = level_shift(level) + LEVEL_BITS;
    *root_pages = ia_bits > one ? 1U << (ia_bits - one) : 1;
    return level;
}

enum status lpae_init(struct lpae *t, enum lpae_stage stage, uint8_t ia_bits)
{
    uint32_t root_pages;
    uint32_t level;
    void *root;

    if (ia_bits < MIN_IA_BITS || ia_bits > MAX_IA_BITS) {
        return E_INVALID;
    }
    level = lpae_start_level(stage, ia_bits, &root_pages);
    root = pool_take(root_pages);
    if (root == NULL) {
        return E_NO_SPACE;
    }
    *t = (struct lpae){.stage = stage,
                       .ia_bits = ia_bits,
                       .start_level = (uint8_t)level,
                       .root_pages = (uint8_t)root_pages,
                       .root = pa((uint64_t)(uintptr_t)root)};
    return OK;
}

static bool span_valid(const struct lpae *t, uint64_t ia, uint64_t size)
{
    return is_aligned(ia | size, PAGE_SIZE) && range_valid(ia, size) && ia + size <= ia_limit(t);
}

/* The level of the largest leaf that may begin at `ia` -> `out`. */
static uint32_t leaf_level(uint64_t ia, uint64_t out, uint64_t size)
{
    uint32_t level = 1;

    while (level < LAST_LEVEL &&
           (!is_aligned(ia | out, level_size(level)) || size < level_size(level))) {
        level++;
    }
    return level;
}

/*
 * The entry for `ia` at `level`, tables made on the way; further down where the root is, or where
 * there already is a table (an empty one: a valid entry is never replaced). NULL where the pool is
 * empty.
 */
static uint64_t *make_entry(struct lpae *t, uint64_t ia, uint32_t *level)
{
    uint32_t at = t->start_level;
    uint64_t *entry = root_entry(t, ia);

    while (at < *level || is_table(*entry, at)) {
        if (!is_table(*entry, at)) {
            void *table = pool_take(1);

            if (table == NULL) {
                return NULL;
            }
            set_entry(entry, (uint64_t)(uintptr_t)table | DESC_TABLE | DESC_VALID);
        }
        at++;
        entry = next_entry(*entry, ia, at);
    }
    *level = at;
    return entry;
}

enum status lpae_map(struct lpae *t, uint64_t ia, pa_t pa, uint64_t size, enum lpae_attr attr)
{
    uint64_t bits = attributes(t->stage, attr);
    uint64_t out = pa.v;
    struct lpae_leaf leaf;

    if (!span_valid(t, ia, size) || !is_aligned(out, PAGE_SIZE) || !range_valid(out, size) ||
        out + size > UINT64_C(1) << PA_BITS || (attr == LPAE_RAM && t->stage != LPAE_STAGE2)) {
        return E_INVALID;
    }
    if (lpae_next(t, ia, ia + size, &leaf)) {
        return E_OVERLAP;
    }
    while (size != 0) {
        uint32_t level = leaf_level(ia, out, size);
        uint64_t *entry = make_entry(t, ia, &level);
        const uint64_t step = level_size(level);

        if (entry == NULL) {
            return E_NO_SPACE;
        }
        /* On through the same table: further on in it no larger leaf can begin. */
        do {
            set_entry(entry++, out | bits | (level == LAST_LEVEL ? DESC_TABLE : 0));
            ia += step;
            out += step;
            size -= step;
        } while (size >= step && !is_aligned(ia, step << LEVEL_BITS) && !is_table(*entry, level));
    }
    return OK;
}

/* ---- changing EL2's live map ---- */

/* OK where [ia, ia+size) is mapped by whole leaves of at most `largest` bytes, and no more. */
static enum status whole_leaves(const struct lpae *t, uint64_t ia, uint64_t size, uint64_t largest)
{
    uint64_t end = ia + size;
    struct lpae_leaf leaf;

    if (!span_valid(t, ia, size)) {
        return E_INVALID;
    }
    while (ia < end) {
        if (!lpae_walk(t, ia, &leaf)) {
            return E_NOT_FOUND;
        }
        if (leaf.ia != ia || leaf.size > end - ia || leaf.size > largest) {
            return E_INVALID;
        }
        ia += leaf.size;
    }
    return OK;
}

enum status lpae_unmap(struct lpae *t, uint64_t ia, uint64_t size)
{
    enum status status = whole_leaves(t, ia, size, BLOCK_1G);
    uint64_t end = ia + size;
    uint32_t level;

    while (status == OK && ia < end) {
        set_entry(find_entry(t, ia, &level), 0);
        ia += level_size(level);
    }
    return status;
}

enum status lpae_protect(struct lpae *t, uint64_t ia, uint64_t size)
{
    enum status status = whole_leaves(t, ia, size, PAGE_SIZE);
    uint64_t end = ia + size;
    uint32_t level;

    /* Permissions alone may change in a live entry: no break-before-make (DDI 0487 D8.14.1). */
    for (; status == OK && ia < end; ia += PAGE_SIZE) {
        uint64_t *entry = find_entry(t, ia, &level);

        set_entry(entry, t->stage != LPAE_STAGE2 ? *entry | S1_AP2 : *entry & ~S2AP_WRITE);
    }
    return status;
}

/* ---- counting ---- */

/* Entries of `block` bytes that [ia, ia+size) -> pa touches but cannot fill with one leaf. */
static uint64_t split_entries(uint64_t ia, uint64_t pa, uint64_t size, uint64_t block)
{
    uint64_t touched = (align_up(ia + size, block) - align_down(ia, block)) / block;
    uint64_t first = align_up(ia, block);
    uint64_t last = align_down(ia + size, block);

    if (!is_aligned(ia ^ pa, block) || last <= first) {
        return touched;
    }
    return touched - (last - first) / block;
}

uint64_t lpae_bound(uint32_t level, uint64_t ia, uint64_t pa, uint64_t size)
{
    const uint64_t top = level_size(0);
    uint64_t pages = split_entries(ia, pa, size, BLOCK_2M);

    if (level < 2) {
        pages += split_entries(ia, pa, size, BLOCK_1G);
    }
    if (level < 1) {
        pages += (align_up(ia + size, top) - align_down(ia, top)) / top;
    }
    return pages;
}
