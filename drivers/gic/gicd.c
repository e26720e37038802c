/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is done alike with the distributors of GICv2 and GICv3. */
#include "drivers/gic/gicd.h"

#define ICFGR_EDGE   UINT32_C(2)
#define PRIORITY_ALL UINT32_C(0xa0a0a0a0)

uint64_t gicd_base;

static bool read_bit(const struct cpu *cpu, uint32_t offset, uint32_t intid)
{
    return (arch_read32(gicd_frame(cpu, intid) + offset + intid / 32 * 4) >> intid % 32 & 1) != 0;
}

void gicd_silence(uint64_t frame, uint32_t first, uint32_t groups)
{
    arch_write32(frame + GICD_ICENABLER + first / 8, UINT32_MAX);
    arch_write32(frame + GICD_ICPENDR + first / 8, UINT32_MAX);
    arch_write32(frame + GICD_ICACTIVER + first / 8, UINT32_MAX);
    arch_write32(frame + GICD_IGROUPR + first / 8, groups);
    for (uint32_t i = 0; i < 32; i += 4) {
        arch_write32(frame + GICD_IPRIORITYR + first + i, PRIORITY_ALL);
    }
}

void gicd_set_pending(const struct cpu *cpu, uint32_t intid, bool on)
{
    gicd_write_bit(cpu, on ? GICD_ISPENDR : GICD_ICPENDR, intid);
}

void gicd_set_active(const struct cpu *cpu, uint32_t intid, bool on)
{
    gicd_write_bit(cpu, on ? GICD_ISACTIVER : GICD_ICACTIVER, intid);
}

bool gicd_get_pending(const struct cpu *cpu, uint32_t intid)
{
    return read_bit(cpu, GICD_ISPENDR, intid);
}

bool gicd_get_active(const struct cpu *cpu, uint32_t intid)
{
    return read_bit(cpu, GICD_ISACTIVER, intid);
}

void gicd_set_edge(uint32_t spi, bool edge)
{
    uint64_t address = gicd_base + GICD_ICFGR + spi / 16 * 4;
    uint32_t bit = ICFGR_EDGE << spi % 16 * 2;
    uint32_t config = arch_read32(address);

    arch_write32(address, edge ? config | bit : config & ~bit);
}
