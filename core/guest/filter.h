/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Granted registers whose page holds others', too: not mapped for the partition, but let through
 * one by one. Nothing is kept between two accesses, and no lock is taken: each partition reaches
 * its own bytes only.
 */
#ifndef CORE_GUEST_FILTER_H
#define CORE_GUEST_FILTER_H

#include "core/base/status.h"
#include "core/plan/plan.h"

struct partition;

/*
 * Add windows for the pages of the partition's filtered devices, and map them at EL2. An access
 * that is not wholly in one device's registers, or that the bus does not take, is an external
 * abort. Boot CPU, before the seal.
 */
enum status filter_make_windows(struct partition *part, const struct plan *p) MUST_CHECK;

#endif
