/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a granted device's node refers to elsewhere in the board's tree (clocks, regulators, resets,
 * power domains, pins...), and what becomes of that in the partition's generated tree.
 */
#ifndef CORE_PLAN_REFER_H
#define CORE_PLAN_REFER_H

#include <stdint.h>

#include "core/plan/dt.h"
#include "core/plan/plan.h"

#define REFER_MAX_CLOCKS 8 /* of one device that become fixed ones */

enum refer {
    REFER_COPIED, /* it refers to nothing, or only to devices that the partition has too */
    REFER_CLOCKS, /* to clocks of known rates: fixed ones take their place */
    REFER_SUPPLY, /* to a regulator of a known voltage that stays on: a fixed one does */
    REFER_LOST,   /* it is not given to the partition, which refer_tell() says */
};

/* True where the property's name is the pattern, which may have a '*' for the rest
 * at one of its ends. */
bool refer_matches(const char *pattern, const char *name);

/* What becomes of that property of the device's node. Any CPU. */
enum refer refer_how(const struct plan *p, const struct plan_device *device,
                     const struct dt_property *property);

/*
 * Hz of the clocks that the node's `clocks` refers to, in order; returns how many. 0 where there is
 * none, one has no rate that the tree tells, or there are more than REFER_MAX_CLOCKS.
 */
uint32_t refer_rates(const void *fdt, int node, uint32_t rate[static REFER_MAX_CLOCKS]);

/*
 * Microvolts of the regulator that the `*-supply` property refers to; 0 where the tree does not
 * tell one voltage, or somebody may switch it or what it is fed by. Linux,
 * bindings/regulator/fixed-regulator.yaml.
 */
uint32_t refer_voltage(const void *fdt, const struct dt_property *supply);

/*
 * Warn of all that the granted devices refer to and the partitions' generated trees will not have:
 * node, property and what to do. Boot CPU, once the system file has been read.
 */
void refer_tell(struct plan *p);

#endif
