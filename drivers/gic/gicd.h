/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distributor's registers that GICv2 and GICv3 share, one or a few bits for each interrupt. A
 * GICv3's redistributor has those of its CPU's private interrupts at the same offsets. IHI 0048
 * 4.3, IHI 0069 12.9 and 12.11.
 */
#ifndef DRIVERS_GIC_GICD_H
#define DRIVERS_GIC_GICD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/cpu.h"

#define GICD_CTLR       0x0000 /* RW */
#define GICD_TYPER      0x0004 /* RO */
#define GICD_IGROUPR    0x0080 /* RW, 1 bit per interrupt */
#define GICD_ISENABLER  0x0100 /* RW */
#define GICD_ICENABLER  0x0180 /* RW */
#define GICD_ISPENDR    0x0200 /* RW */
#define GICD_ICPENDR    0x0280 /* RW */
#define GICD_ISACTIVER  0x0300 /* RW */
#define GICD_ICACTIVER  0x0380 /* RW */
#define GICD_IPRIORITYR 0x0400 /* RW, 8 bits */
#define GICD_ICFGR      0x0c00 /* RW, 2 bits */

#define GICD_TYPER_ITLINES MASK(4, 0)

#define GICR_SGI_FRAME 0x10000

/* The distributor; class: sealed. */
extern uint64_t gicd_base;

/* How many INTIDs the distributor has room for. */
static inline uint32_t gicd_intids(void)
{
    return 32 * (1 + (uint32_t)field_get(GICD_TYPER_ITLINES, arch_read32(gicd_base + GICD_TYPER)));
}

/* Where an interrupt's registers are; GICv2: `cpu` is this one, whose own are banked. */
static inline uint64_t gicd_frame(const struct cpu *cpu, uint32_t intid)
{
    return intid < 32 && cpu->gic_redist != 0 ? cpu->gic_redist + GICR_SGI_FRAME : gicd_base;
}

static inline void gicd_write_bit(const struct cpu *cpu, uint32_t offset, uint32_t intid)
{
    arch_write32(gicd_frame(cpu, intid) + offset + intid / 32 * 4, UINT32_C(1) << intid % 32);
}

/*
 * The 32 interrupts from `first` on: off, neither pending nor active, of one priority, in the
 * groups that `groups` has a bit each for.
 */
void gicd_silence(uint64_t frame, uint32_t first, uint32_t groups);

/* As struct gic_ops has them. */
void gicd_set_pending(const struct cpu *cpu, uint32_t intid, bool on);
void gicd_set_active(const struct cpu *cpu, uint32_t intid, bool on);
bool gicd_get_pending(const struct cpu *cpu, uint32_t intid);
bool gicd_get_active(const struct cpu *cpu, uint32_t intid);
void gicd_set_edge(uint32_t spi, bool edge);

#endif
