/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules (check.c), address spaces (tables.c) and counts (check_pool.c) share. */
#ifndef CORE_PLAN_CHECK_H
#define CORE_PLAN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/plan/plan.h"

/* The whole pages around `r`; what wraps ends at the top. */
struct range check_pages_of(struct range r);

/*
 * The index-th window that is emulated (or, GICv2's CPU interface, mapped) for the partition, of
 * size 0 where it has none: 1 is the console, the others the interrupt controller. False past the
 * last.
 */
bool check_emulated_window(const struct plan *p, const struct plan_partition *part, uint32_t index,
                           struct range *out);

/* What the index-th emulated window is, for people. */
const char *check_emulated_name(const struct plan *p, uint32_t index);

/* All pages that the partition takes of the pool, an upper bound. */
uint64_t check_pool_need(const struct plan *p, const struct plan_partition *part);

/* All pages that the plan takes of the pool, an upper bound. */
uint64_t check_pool_total(const struct plan *p);

/* Share the pool's pages out, in order; who gets too few is refused. */
void check_pool(struct plan *p, uint64_t pool_pages);

/* True where all of `r` is RAM. */
bool check_is_ram(const struct plan_board *board, struct range r);

/* ---- streams.c ---- */

/* The last address of the partition's memory, or one above it in no more bits; the smallest width
 * (at least 32) that holds `last`, or that. */
uint64_t check_last_of_memory(const struct plan_partition *part);
uint8_t check_width_of(uint64_t last);
uint8_t check_memory_bits(const struct plan_partition *part);

/* ---- check_pool.c ---- */

/* Pages of tables that EL2's own map of `r` takes at most; those above its image are there. */
uint64_t check_el2_pages(const struct plan *p, struct range r);

/* check_board.c: what all share. */
void check_board(struct plan *p);

/* ---- check_smmu.c: streams and SMMUs ---- */

/* Every count within its table, every index within what it points into. */
bool check_streams_are_sane(const struct plan *p);

/* As above, of PCI functions. */
bool check_functions_are_sane(const struct plan *p);

/* The SPIs of a granted GICv2m frame are the GIC's, DMA reaches its page, nothing else is there. */
void check_msi_frame(struct plan *p, const struct plan_device *device);

/* Pages of the pool that EL2's map of their configuration space takes at most. */
uint64_t check_pci_pages(const struct plan *p);

/* Streams of two partitions are disjoint; each SMMU can do what its partitions need. */
void check_streams(struct plan *p);

/* Pages of the pool that the partition's tables for DMA take at most. */
uint64_t check_dma_pages(const struct plan *p, const struct plan_partition *part);

/* Pages of the pool that the SMMUs' own tables and queues take at most. */
uint64_t check_smmu_pages(const struct plan *p);

#endif
