/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of granted functions at run time: see core/plan/msi.h. */
#ifndef CORE_GUEST_MSI_H
#define CORE_GUEST_MSI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/plan/plan.h"

struct partition;

/*
 * Ask granted GICv2m frames which SPIs they raise; take over the board's ITSs where functions are
 * granted, and decide who sends messages: what cannot is told. Boot CPU, once drivers/pci has
 * probed, before plan_check().
 */
void msi_init(struct plan *p);

/* Tables from the pool; messages are still dropped. Boot CPU, sealed, before others start. */
void msi_build(const struct plan *p);

/*
 * Have the partition's functions' messages reach its first CPU; false, and told, where they cannot.
 * Boot CPU, every CPU has its interface, as the last thing before it runs.
 */
bool msi_open(const struct plan *p, uint32_t partition) MUST_CHECK;

/*
 * Where the partition sends messages to, emulated: a granted frame, or an ITS; after vgic_init().
 * E_NO_SPACE, E_OVERLAP.
 */
enum status msi_make_window(struct partition *partition, const struct plan *p) MUST_CHECK;

/* An LPI was taken: what its partition has mapped the message to is pending now. Any CPU. */
void msi_irq(uint32_t lpi);

#endif
