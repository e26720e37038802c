/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host bridge that a partition sees: configuration space at the board's ECAM address, with the
 * partition's own functions and the bridges above them, at their own numbers. Everything else reads
 * as all ones and ignores writes. BARs can be sized, and stay where they are; of capabilities only
 * what cannot hurt others can be written.
 */
#ifndef CORE_GUEST_VPCI_H
#define CORE_GUEST_VPCI_H

#include <stdint.h>

#include "core/base/lock.h"
#include "core/base/status.h"
#include "core/plan/plan.h"

struct partition;

/* Class: locked (lock; the last in the order: nothing else is taken with it held). */
struct vpci {
    struct lock lock;
    const struct plan *plan;
    uint8_t sizing[PLAN_MAX_FUNCTIONS]; /* BARs that were last written with all ones, a bit each */
};

/* Add the windows of the hosts of which it has functions. Before the partition starts. */
enum status vpci_init(struct partition *partition, const struct plan *p) MUST_CHECK;

/*
 * Its functions off: no DMA, no decoding, no interrupt; reset where they can be. So is all behind
 * the host bridges that it has whole, but for the reset. Its last CPU.
 */
void vpci_stop(struct partition *partition);

#endif
