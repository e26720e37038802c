/* SPDX-License-Identifier: Apache-2.0 */
/* Gives every partition its physical memory. */
#include "core/plan/place.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/memory/el2_map.h"
#include "core/memory/el2_window.h"
#include "core/plan/check.h"
#include "core/plan/parse.h"

/* Tables by which EL2 maps the pool itself, at most: a page for each level, at both ends. */
#define POOL_MAP_PAGES 6

/* Free pieces: what cuts them (EL2's limit and windows, reservations, extents) adds one each. */
#define MAX_PIECES                                                                                 \
    (2 + PLAN_MAX_RAM_BANKS + PLAN_MAX_RESERVED + CONFIG_MAX_PARTITIONS * PLAN_MAX_EXTENTS)

/* Free RAM in whole pages, ascending and disjoint. Class: the boot CPU's, before the seal. */
static struct range piece[MAX_PIECES];
static uint32_t pieces;

/* ---- free RAM ---- */

static void insert_piece(uint32_t at, struct range r)
{
    if (r.size == 0 || pieces == MAX_PIECES) {
        return;
    }
    memmove(&piece[at + 1], &piece[at], (pieces - at) * sizeof(piece[0]));
    piece[at] = r;
    pieces++;
}

static void remove_piece(uint32_t at)
{
    pieces--;
    memmove(&piece[at], &piece[at + 1], (pieces - at) * sizeof(piece[0]));
}

/* Take the pages of `r` out of what is free. */
static void cut(struct range r)
{
    for (uint32_t i = 0; i < pieces;) {
        struct range old = piece[i];

        if (!ranges_overlap(old, r)) {
            i++;
            continue;
        }
        remove_piece(i);
        if (range_end(old) > range_end(r)) {
            insert_piece(i, (struct range){range_end(r), range_end(old) - range_end(r)});
        }
        if (old.base < r.base) {
            insert_piece(i, (struct range){old.base, r.base - old.base});
            i++;
        }
    }
}

/* An extent is all within EL2's own addresses, or all above. */
static void split_at(uint64_t limit)
{
    for (uint32_t i = 0; i < pieces; i++) {
        const uint64_t end = range_end(piece[i]);

        if (piece[i].base < limit && end > limit) {
            piece[i].size = limit - piece[i].base;
            insert_piece(i + 1, (struct range){limit, end - limit});
        }
    }
}

/*
 * The SMMU that puts out too few address bits for some of the RAM, of those that guard the
 * partition's devices (PLAN_SHARED: anybody's); NULL where all is in reach.
 */
static const struct plan_smmu *limiting_smmu(const struct plan *p, int partition)
{
    const struct plan_smmu *smmu = plan_narrowest_smmu(p, partition);

    for (uint32_t i = 0; smmu != NULL && i < p->board.ram_banks; i++) {
        if ((range_end(p->board.ram[i]) - 1) >> smmu->oas_bits != 0) {
            return smmu;
        }
    }
    return NULL;
}

/*
 * RAM in reach of that SMMU (NULL: any) without what is reserved and what partitions have been
 * given so far.
 */
static void find_free(const struct plan *p, const struct plan_smmu *smmu)
{
    const uint8_t wide = arch_pa_bits();
    const uint64_t limit = UINT64_C(1)
                           << (smmu != NULL && smmu->oas_bits < wide ? smmu->oas_bits : wide);
    const struct plan_board *board = &p->board;

    pieces = 0;
    for (uint32_t i = 0; i < board->ram_banks && board->ram[i].base < limit; i++) {
        const struct range bank = board->ram[i];
        const uint64_t room = limit - bank.base;

        insert_piece(pieces, (struct range){bank.base, bank.size < room ? bank.size : room});
    }
    split_at(UINT64_C(1) << arch_el2_bits());
    cut((struct range){0, PAGE_SIZE}); /* what lies at 0 is nothing, to C */
    for (uint32_t i = 0; i < board->reserved_count; i++) {
        cut(board->reserved[i]);
    }
    for (uint32_t i = 0; i < p->partition_count; i++) {
        for (uint32_t e = 0; e < p->partitions[i].extent_count && !p->partitions[i].refused; e++) {
            const struct plan_extent *x = &p->partitions[i].extent[e];

            cut((struct range){x->pa, x->size});
        }
    }
}

/* ---- memory ---- */

static bool add_extent(struct plan_partition *part, uint64_t ipa, uint64_t pa, uint64_t size)
{
    uint32_t at = part->extent_count;

    if (at == PLAN_MAX_EXTENTS) {
        return false;
    }
    while (at > 0 && part->extent[at - 1].ipa > ipa) {
        part->extent[at] = part->extent[at - 1];
        at--;
    }
    part->extent[at] = (struct plan_extent){ipa, pa, size};
    part->extent_count++;
    cut((struct range){pa, size});
    return true;
}

/* The lowest address from `base` on that equals `ipa` modulo `stride`. */
static uint64_t congruent(uint64_t base, uint64_t ipa, uint64_t stride)
{
    return base + ((ipa - base) & (stride - 1));
}

/* Bytes of the piece from its first address congruent to `ipa` on. */
static uint64_t usable(struct range r, uint64_t ipa, uint64_t stride)
{
    uint64_t start = congruent(r.base, ipa, stride);

    return start < r.base || start >= range_end(r) ? 0 : range_end(r) - start;
}

/* All of `want` in one extent, from the smallest piece that has room for it. */
static bool take_whole(struct plan_partition *part, struct range want, uint64_t stride)
{
    uint32_t best = pieces;

    for (uint32_t i = 0; i < pieces; i++) {
        if (usable(piece[i], want.base, stride) >= want.size &&
            (best == pieces || piece[i].size < piece[best].size)) {
            best = i;
        }
    }
    return best < pieces &&
           add_extent(part, want.base, congruent(piece[best].base, want.base, stride), want.size);
}

/* How much of `want`'s beginning the piece can hold so that the rest begins at a stride again. */
static uint64_t chunk_of(struct range r, struct range want, uint64_t stride)
{
    uint64_t size = usable(r, want.base, stride);
    uint64_t end;

    if (size >= want.size) {
        return want.size;
    }
    end = align_down(want.base + size, stride);
    return end > want.base ? end - want.base : 0;
}

/* All of `want` in several extents, each as large as can be; takes nothing where it fails. */
static bool take_split(const struct plan *p, struct plan_partition *part, struct range want,
                       uint64_t stride)
{
    struct plan_extent before[PLAN_MAX_EXTENTS];
    uint32_t count = part->extent_count;

    memcpy(before, part->extent, sizeof(before));
    while (want.size != 0) {
        uint64_t size = 0;
        uint32_t best = 0;

        for (uint32_t i = 0; i < pieces; i++) {
            if (chunk_of(piece[i], want, stride) > size) {
                size = chunk_of(piece[i], want, stride);
                best = i;
            }
        }
        if (size == 0 ||
            !add_extent(part, want.base, congruent(piece[best].base, want.base, stride), size)) {
            memcpy(part->extent, before, sizeof(before));
            part->extent_count = count;
            find_free(p, limiting_smmu(p, (int)(part - p->partitions)));
            return false;
        }
        want = (struct range){want.base + size, want.size - size};
    }
    return true;
}

static bool has_block(struct range r, uint64_t size)
{
    uint64_t first = align_up(r.base, size);

    return first >= r.base && first < range_end(r) && range_end(r) - first >= size;
}

/* Blocks matter more than being in one piece; 1 GiB blocks are worth no splitting. */
static bool take_range(const struct plan *p, struct plan_partition *part, struct range want)
{
    if (has_block(want, BLOCK_1G) && take_whole(part, want, BLOCK_1G)) {
        return true;
    }
    if (has_block(want, BLOCK_2M) &&
        (take_whole(part, want, BLOCK_2M) || take_split(p, part, want, BLOCK_2M))) {
        return true;
    }
    return take_whole(part, want, PAGE_SIZE) || take_split(p, part, want, PAGE_SIZE);
}

static uint64_t in_unit(uint64_t size)
{
    return size < BIT(20) ? size / 1024 : size >> 20;
}

static const char *unit(uint64_t size)
{
    return size < BIT(20) ? "KiB" : "MiB";
}

static void tell_too_large(struct plan *p, uint32_t index, const struct plan_smmu *smmu,
                           struct range want)
{
    uint64_t total = 0;
    uint64_t largest = 0;

    for (uint32_t i = 0; i < pieces; i++) {
        total += piece[i].size;
        largest = piece[i].size > largest ? piece[i].size : largest;
    }
    plan_refuse(p, index,
                "memory: %" PRIu64 " %s at 0x%" PRIx64 " do not fit%s%s: %" PRIu64
                " %s of RAM are free, the largest piece has "
                "%" PRIu64 " %s; ask for less",
                in_unit(want.size), unit(want.size), want.base,
                smmu == NULL ? "" : " in reach of its devices' SMMU ",
                smmu == NULL ? "" : smmu->path, in_unit(total), unit(total), in_unit(largest),
                unit(largest));
}

/* The index of the partition's largest range not yet in `done`, a bit each. */
static uint32_t largest_range(const struct plan_partition *part, uint32_t done)
{
    uint32_t best = PLAN_MAX_RANGES;

    for (uint32_t i = 0; i < part->memory_count; i++) {
        if ((done >> i & 1) == 0 &&
            (best == PLAN_MAX_RANGES || part->memory[i].size > part->memory[best].size)) {
            best = i;
        }
    }
    return best;
}

/* All that it asks for, the largest first; NULL, or the range that does not fit. */
static const struct range *take_anywhere(const struct plan *p, struct plan_partition *part)
{
    uint32_t done = 0;

    for (uint32_t n = 0; n < part->memory_count; n++) {
        uint32_t i = largest_range(part, done);

        if (!take_range(p, part, part->memory[i])) {
            return &part->memory[i];
        }
        done |= 1u << i;
    }
    return NULL;
}

/* ---- direct-map ---- */

static bool is_free(struct range want)
{
    for (uint32_t i = 0; i < pieces; i++) {
        if (range_holds(piece[i], want)) {
            return true;
        }
    }
    return false;
}

/* As above, each where it is asked for. */
static const struct range *take_direct(struct plan_partition *part)
{
    for (uint32_t i = 0; i < part->memory_count; i++) {
        const struct range *want = &part->memory[i];

        if (!is_free(*want) || !add_extent(part, want->base, want->base, want->size)) {
            return want;
        }
    }
    return NULL;
}

/* ---- all ---- */

/*
 * What decides who comes first: direct-map, then an SMMU that does not reach all RAM, then the
 * size. 0 where it has been placed, or shall not be.
 */
static uint64_t rank(const struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];

    if (part->refused || part->extent_count != 0 || part->memory_count == 0) {
        return 0;
    }
    if (part->direct_map) {
        return UINT64_MAX;
    }
    return part->memory[largest_range(part, 0)].size |
           (limiting_smmu(p, (int)index) != NULL ? BIT(63) : 0);
}

static void place(struct plan *p, uint32_t index)
{
    struct plan_partition *part = &p->partitions[index];
    const struct plan_smmu *smmu = limiting_smmu(p, (int)index);
    const struct range *lacking;

    /* What an SMMU does not reach of a direct-map check_smmu.c tells: IPAs are PAs. */
    find_free(p, part->direct_map ? NULL : smmu);
    lacking = part->direct_map ? take_direct(part) : take_anywhere(p, part);
    if (lacking == NULL) {
        place_images(p, index);
    } else if (part->direct_map) {
        plan_refuse(p, index, "memory: direct-map of 0x%" PRIx64 "+0x%" PRIx64 " is not free RAM",
                    lacking->base, lacking->size);
    } else {
        part->extent_count = 0;
        find_free(p, smmu);
        tell_too_large(p, index, smmu, *lacking);
    }
    part->extent_count = part->refused ? 0 : part->extent_count;
}

void plan_place(struct plan *p)
{
    for (uint32_t i = 0; i < p->partition_count; i++) {
        p->partitions[i].extent_count = 0;
    }
    for (uint32_t n = 0; n < p->partition_count; n++) {
        uint32_t best = 0;

        for (uint32_t i = 1; i < p->partition_count; i++) {
            if (rank(p, i) > rank(p, best)) {
                best = i;
            }
        }
        if (rank(p, best) != 0) {
            place(p, best);
        }
    }
}

/* The bytes of so many pages of the pool from `base` on, and of EL2's tables that map them. */
static uint64_t pool_bytes(const struct plan *p, uint64_t base, uint64_t pages)
{
    const struct range r = {base, (pages + POOL_MAP_PAGES) * PAGE_SIZE};

    return (pages + check_el2_pages(p, r)) * PAGE_SIZE;
}

/*
 * The smallest piece of what is free that has room for so many pages of the pool, or else the
 * largest; of size 0 where there is none.
 */
static struct range best_piece(const struct plan *p, uint64_t pages)
{
    struct range best = {0, 0};
    bool best_has_room = false;

    for (uint32_t i = 0; i < pieces && el2_reaches(piece[i]); i++) {
        const bool has_room = piece[i].size >= pool_bytes(p, piece[i].base, pages);

        if (has_room != best_has_room ? has_room : (piece[i].size > best.size) != has_room) {
            best = piece[i];
            best_has_room = has_room;
        }
    }
    return best;
}

/* What the pool may lie in: EL2 maps it for good, and sees partitions' pages in its windows. */
static void find_free_for_pool(const struct plan *p, const struct plan_smmu *smmu)
{
    find_free(p, smmu);
    cut(arch_windows());
}

uint64_t plan_place_pool(struct plan *p, uint64_t pool_pages)
{
    const uint64_t total = check_pool_total(p);
    const uint64_t pages = total > pool_pages ? total - pool_pages : 0;
    struct range best;

    find_free_for_pool(p, limiting_smmu(p, PLAN_SHARED));
    best = best_piece(p, pages);
    if (best.size < pool_bytes(p, best.base, pages)) { /* check_smmu.c tells what no SMMU reaches */
        find_free_for_pool(p, NULL);
        best = best_piece(p, pages);
    }
    if (pages == 0 || best.size == 0) {
        return pool_pages;
    }
    if (best.size > pool_bytes(p, best.base, pages)) {
        best.size = pool_bytes(p, best.base, pages);
    }
    p->board.pool = best;
    plan_reserve(p, "Bulkhead's tables and stacks", best.base, best.size);
    pool_pages += best.size / PAGE_SIZE;
    return pool_pages > check_el2_pages(p, best) ? pool_pages - check_el2_pages(p, best) : 0;
}

uint32_t plan_free(const struct plan *p, const struct range **list)
{
    find_free(p, NULL);
    *list = piece;
    return pieces;
}
