/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What granted devices' DMA may reach: SMMUs taken over, a table per partition with its RAM and
 * nothing else, streams let through and blocked, and faults told.
 */
#ifndef CORE_GUEST_STREAM_H
#define CORE_GUEST_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/cpu.h"
#include "core/base/status.h"
#include "core/plan/plan.h"

/*
 * Take over every SMMU of the board: from then on nothing behind them reaches memory. One that
 * cannot be used is told, and its devices are granted to nobody. Boot CPU, the board's tree read
 * and the plan not yet sealed.
 */
void stream_init(struct plan *p);

/*
 * Turn the SMMUs on that have streams of partitions, and bind these to tables of their partitions'
 * RAM, still blocked. Takes the pool's pages that plan_check_given() has counted. Boot CPU, sealed.
 */
void stream_build(const struct plan *p);

/*
 * Let the partition's devices reach its RAM, as the last thing before it runs; false, and told,
 * where an SMMU does not do it. Boot CPU.
 */
bool stream_open(const struct plan *p, uint32_t partition) MUST_CHECK;

/* The partition has ended: its devices reach nothing any more. Takes the SMMUs' locks. Any CPU. */
void stream_close(const struct plan *p, uint32_t partition);

/* Route the SMMUs' interrupts to `cpu`, this one, and enable them. */
void stream_route(const struct plan *p, const struct cpu *cpu);

/*
 * Interrupt `intid` was taken: where it is an SMMU's, tell the faults, a bounded number of them
 * (it comes again where there are more); false where it is none's. On the CPU that they are
 * routed to.
 */
bool stream_irq(uint32_t intid);

#endif
