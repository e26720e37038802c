/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of an accepted plan, however it was made: an independent, slow check that knows
 * the board's tree (through libfdt) and the plan's result, and shares no code with core/plan's
 * rules. It ends the program where something does not hold.
 */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include "bytes.h"
#include "core/plan/plan.h"

/* What lies in RAM and is nobody's. */
struct oracle_world {
    const void *fdt; /* the board's tree */
    struct range image, tree, system;
};

/* Nothing overlaps, one owner each, everything lies where it may. */
void oracle_plan(const struct plan *p, const struct oracle_world *w);

/*
 * The streams of each device that is granted are those of the board's tree, within what its SMMU
 * has, and nobody else's: no other partition's, no device's that is kept back. Of that SMMU's reach
 * is the partition's memory.
 */
void oracle_streams(const struct plan *p, const struct oracle_world *w);

/* The node's status is not "okay". */
bool oracle_is_disabled(const void *fdt, int node);

/*
 * Build every partition that starts, with a pool of as many pages as the plan counts, and hold its
 * tables and its device tree against the plan.
 */
void oracle_partitions(const struct plan *p, const struct oracle_world *w);

#endif
