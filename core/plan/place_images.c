/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a partition's kernel, device tree and ramdisk into the memory it was given. */
#include "core/plan/place.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/plan/image.h"

#define GENERATED_TREE_ROOM (32 * UINT64_C(1024)) /* a generated tree, its bootargs not counted */
#define OWN_TREE_GROWTH     PAGE_SIZE             /* what is filled into a partition's own tree */

/* AArch32 starts, and has its tree, below 4 GiB; Linux wants what it is given in its lowmem. */
#define AARCH32_END    BIT(32)
#define AARCH32_LOWMEM (512 * UINT64_C(0x100000))

static uint64_t reach(const struct plan_partition *part)
{
    const uint64_t lowmem = part->memory[0].base + AARCH32_LOWMEM;

    return !part->aarch32 ? UINT64_MAX : lowmem < AARCH32_END ? lowmem : AARCH32_END;
}

/* Something already placed that overlaps `want`. */
static bool find_placed(const struct plan_partition *part, struct range want, struct range *hit)
{
    for (uint32_t i = 0; image_segment(part->kernel_kind, &part->kernel, i, hit); i++) {
        if (ranges_overlap(*hit, want)) {
            return true;
        }
    }
    *hit = (struct range){part->fdt_ipa, part->fdt_room};
    return ranges_overlap(*hit, want);
}

/* The highest free place for `size` bytes, page-aligned, in one extent; 0 is no failure. */
static bool find_high(const struct plan_partition *part, const struct plan_extent *e, uint64_t size,
                      uint64_t *ipa)
{
    uint64_t top = e->ipa + e->size < reach(part) ? e->ipa + e->size : reach(part);
    struct range hit;

    while (top > e->ipa && top - e->ipa >= size) {
        *ipa = align_down(top - size, PAGE_SIZE);
        if (*ipa < e->ipa) {
            return false;
        }
        if (!find_placed(part, (struct range){*ipa, size}, &hit)) {
            return true;
        }
        top = hit.base; /* lower each time, and past one of a bounded number */
    }
    return false;
}

/* The first memory range is searched first, then the others; each from its top. */
static bool place_high(const struct plan_partition *part, uint64_t size, uint64_t *ipa)
{
    for (int first = 1; first >= 0; first--) {
        for (uint32_t i = part->extent_count; i > 0; i--) {
            const struct plan_extent *e = &part->extent[i - 1];
            bool in_first = e->ipa - part->memory[0].base < part->memory[0].size;

            if (in_first == (first == 1) && find_high(part, e, size, ipa)) {
                return true;
            }
        }
    }
    return false;
}

static bool place_kernel(struct plan *p, uint32_t index)
{
    struct plan_partition *part = &p->partitions[index];
    struct plan_image *kernel = &part->kernel;
    struct range segment;

    if (plan_is_linux(part->kernel_kind)) {
        kernel->load += align_up(part->memory[0].base, BLOCK_2M); /* it was the text_offset */
        part->entry = kernel->load;
    }
    for (uint32_t i = 0; image_segment(part->kernel_kind, kernel, i, &segment); i++) {
        if (segment.size != 0 && plan_extent_at(part, segment.base, segment.size) == NULL) {
            plan_refuse(p, index,
                        "kernel \"%s\": 0x%" PRIx64 " bytes at 0x%" PRIx64
                        " are not all in one piece of the "
                        "partition's memory; %s \"memory\"",
                        kernel->name, segment.size, segment.base,
                        plan_is_linux(part->kernel_kind) ? "enlarge" : "move it, or");
            return false;
        }
        if (part->aarch32 && range_end(segment) > AARCH32_END) {
            plan_refuse(p, index,
                        "kernel \"%s\": it ends at 0x%" PRIx64 ", beyond the 4 GiB that a 32-bit "
                        "partition starts in: move it, or \"memory\"",
                        kernel->name, range_end(segment));
            return false;
        }
    }
    return true;
}

/* Can the tree be at `ipa`? */
static bool fits_at(const struct plan_partition *part, uint64_t ipa, uint64_t size)
{
    struct range hit;

    return is_aligned(ipa, 8) && plan_extent_at(part, ipa, size) != NULL &&
           (!part->aarch32 || ipa + size <= AARCH32_END) &&
           !find_placed(part, (struct range){ipa, size}, &hit);
}

/*
 * The partition's own tree goes where its image says. Any other goes to the beginning of memory if
 * a raw kernel leaves room below itself, since U-Boot looks for it there and nowhere else; or high.
 */
static bool place_tree(struct plan *p, uint32_t index)
{
    struct plan_partition *part = &p->partitions[index];
    const struct plan_image *own = &part->fdt;
    uint64_t room = own->size != 0 ? own->size + OWN_TREE_GROWTH : GENERATED_TREE_ROOM;
    uint64_t base = part->memory[0].base;

    room = align_up(room + strlen(part->bootargs), 8);
    if (own->size != 0 && own->load != UINT64_MAX) {
        if (!fits_at(part, own->load, room)) {
            plan_refuse(p, index,
                        "fdt \"%s\": its load 0x%" PRIx64 " is no multiple of 8, or its 0x%" PRIx64
                        " bytes there "
                        "are not all beside the kernel in one piece of the partition's memory "
                        "(of a 32-bit one below 4 GiB); "
                        "move it, or leave \"load\" out",
                        own->name, own->load, room);
            return false;
        }
        part->fdt_ipa = own->load;
    } else if (part->kernel_kind == PLAN_KERNEL_RAW && part->kernel.load - base >= room &&
               fits_at(part, base, room)) {
        part->fdt_ipa = base;
    } else if (!place_high(part, room, &part->fdt_ipa)) {
        plan_refuse(p, index,
                    "memory: beside the kernel there is no room for the device tree (%" PRIu64
                    " KiB); "
                    "enlarge \"memory\"",
                    room / 1024);
        return false;
    }
    part->fdt_room = room;
    return true;
}

void place_images(struct plan *p, uint32_t index)
{
    struct plan_partition *part = &p->partitions[index];
    struct plan_image *ramdisk = &part->ramdisk;

    part->fdt_room = 0;
    if (!place_kernel(p, index) || !place_tree(p, index) || ramdisk->size == 0) {
        return;
    }
    ramdisk->load_size = ramdisk->load_size > ramdisk->size ? ramdisk->load_size : ramdisk->size;
    if (!place_high(part, ramdisk->load_size, &ramdisk->load)) {
        plan_refuse(p, index,
                    "memory: beside the kernel there is no room for ramdisk \"%s\" (%" PRIu64
                    " KiB); "
                    "enlarge \"memory\"",
                    ramdisk->name, ramdisk->load_size / 1024);
    }
}
