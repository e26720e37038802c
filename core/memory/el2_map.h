/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL2's own map: identity, W^X, and little. One table for all CPUs, one lock (el2_map; taken with
 * no other lock held). After the seal guest RAM is in it only while its partition is being loaded.
 */
#ifndef CORE_MEMORY_EL2_MAP_H
#define CORE_MEMORY_EL2_MAP_H

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/memory/lpae.h"

/* The table that arch_mmu_enable() is given on every CPU. */
extern struct lpae el2_table;

/*
 * Make the table and map Bulkhead's own image in it, section by section (arch_image_section()).
 * Boot CPU, MMU off: without a lock, since exclusives may fault on memory that is not
 * cacheable yet. It fails only where the pool is smaller than this: nothing can be told then.
 * `bits`: see arch_el2_bits().
 */
enum status el2_map_init(uint8_t bits) MUST_CHECK;

/*
 * Map whole pages around [base, base+size) at their own address. What is already mapped with the
 * same attributes is left as it is; with others: E_OVERLAP. Any CPU.
 */
enum status el2_map(struct range what, enum lpae_attr attr) MUST_CHECK;

/*
 * Map whole pages of RAM, read-write, at the address `at` of EL2's. E_OVERLAP where something is
 * mapped there.
 */
enum status el2_map_at(uint64_t at, struct range what) MUST_CHECK;

/*
 * Unmap what el2_map() or, by its address, el2_map_at() mapped (whole pages, exactly), with TLB
 * invalidation on all CPUs.
 */
enum status el2_unmap(struct range what) MUST_CHECK;

/* The seal: make whole pages read-only, with TLB invalidation on all CPUs. */
enum status el2_seal(struct range what) MUST_CHECK;

/* Whole pages of Bulkhead's image that have one protection. */
struct el2_section {
    struct range what;
    enum lpae_attr attr;
    bool planner; /* only making the plan needs it (core/boot.c) */
};

/*
 * Provided by arch/A/: the sections of Bulkhead's image (and its pool), `index` from 0; false past
 * the last. Disjoint, some empty; the planner's at the ends.
 */
bool arch_image_section(uint32_t index, struct el2_section *out);

/* The image while the plan is made, and what Bulkhead keeps of it: without the planner. */
struct range el2_whole_image(void);
struct range el2_image(void);

/* Unmap the planner, as el2_unmap(). */
enum status el2_close_planner(void) MUST_CHECK;

/*
 * Copy [from, from + size), inside one page of the partition's RAM, for an instant seen at its
 * own of arch_windows(); it takes nothing from the pool.
 * What was written there past the caches is seen, too. Any CPU; no lock but the partition's own is
 * waited for.
 */
void el2_read(uint32_t partition, uint64_t from, void *to, uint32_t size);

/*
 * Provided by arch/A/: a page of addresses for each partition, where something was mapped until
 * el2_close_planner(), so that its table is there, and nothing of EL2's is later. Size 0 where
 * there is no MMU: memory is read where it is.
 */
struct range arch_windows(void);

struct el2_audit {
    uint64_t code, rodata, data, device; /* bytes mapped, by kind */
    uint64_t guest;                      /* bytes of partitions' RAM mapped: 0 once sealed */
    uint64_t wx;                         /* bytes both writable and executable: 0 always */
    uint64_t not_identity;               /* bytes whose output is not their input: 0 always */
};

/* Read the real table; `guest[]` are the partitions' RAM (physical). */
void el2_map_audit(const struct range *guest, uint32_t count, struct el2_audit *out);

#endif
