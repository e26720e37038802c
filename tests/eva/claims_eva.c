/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For Eva: the walk over the claims of a plan, on which the rules of who excludes what stand. The
 * plan is any whose counts are sane, as check.c holds them to be before; the walk goes on from
 * anywhere in KIND, which tests/eva/run gives, one after the other. (A list of ranges overrun
 * into what follows in the plan is no alarm: that is the unit tests' matter.)
 */
#include "core/base/bits.h"
#include "core/plan/check.h"
#include "core/plan/claims.h"
#include "tests/eva/eva.h"

static struct plan p;
static const char text[] = "x";

uint8_t arch_pa_bits(void)
{
    return (uint8_t)eva_any(32, 52);
}

struct range check_pages_of(struct range r)
{
    return r;
}

bool check_emulated_window(const struct plan *plan, const struct plan_partition *part,
                           uint32_t index, struct range *out)
{
    *out = (struct range){eva_any(0, UINT64_MAX), eva_any(0, UINT64_MAX)};
    return eva_any(0, 1) != 0;
}

const char *check_emulated_name(const struct plan *plan, uint32_t index)
{
    return text;
}

static void any_plan(void)
{
    struct plan_board *board = &p.board;

    Frama_C_make_unknown((char *)&p, sizeof(p));
    board->gic.version = (uint8_t)(2 + eva_any(0, 1));
    /*@ split p.board.gic.version; */
    board->ram_banks = (uint32_t)eva_any(0, PLAN_MAX_RAM_BANKS);
    board->reserved_count = (uint32_t)eva_any(0, PLAN_MAX_RESERVED);
    board->cpu_count = CONFIG_MAX_CPUS;
    board->gic.redists = (uint32_t)eva_any(0, PLAN_MAX_REDISTS);
    board->smmu_count = (uint32_t)eva_any(0, PLAN_MAX_SMMUS);
    board->its_count = (uint32_t)eva_any(0, PLAN_MAX_ITS);
    p.pci_host_count = (uint32_t)eva_any(0, PLAN_MAX_PCI_HOSTS);
    p.partition_count = (uint32_t)eva_any(0, CONFIG_MAX_PARTITIONS);
    p.device_count = (uint32_t)eva_any(0, PLAN_MAX_DEVICES);
    for (uint32_t i = 0; i < PLAN_MAX_SMMUS; i++) {
        board->smmus[i].irq_count = (uint8_t)eva_any(0, PLAN_MAX_SMMU_IRQS);
    }
    for (uint32_t i = 0; i < CONFIG_MAX_PARTITIONS; i++) {
        p.partitions[i].cpu_count = (uint32_t)eva_any(0, PLAN_MAX_VCPUS);
        p.partitions[i].memory_count = (uint32_t)eva_any(0, PLAN_MAX_RANGES);
        p.partitions[i].extent_count = (uint32_t)eva_any(0, PLAN_MAX_EXTENTS);
        p.partitions[i].direct_map = eva_any(0, 1) != 0;
        for (uint32_t v = 0; v < PLAN_MAX_VCPUS; v++) {
            p.partitions[i].cpus[v] = (uint8_t)eva_any(0, CONFIG_MAX_CPUS - 1);
        }
    }
    for (uint32_t i = 0; i < PLAN_MAX_DEVICES; i++) {
        p.devices[i].function = eva_any(0, 1) != 0;
        p.devices[i].mmio_count = (uint32_t)eva_any(0, PLAN_MAX_WINDOWS);
        p.devices[i].irq_count = (uint32_t)eva_any(0, PLAN_MAX_IRQS);
        p.devices[i].partition = (int)eva_any(0, CONFIG_MAX_PARTITIONS - 1);
    }
}

int main(void)
{
    struct claims at = {.kind = (enum claim_kind)KIND, .j = (uint32_t)eva_any(0, UINT32_MAX - 1)};
    struct claim c;

    any_plan();
    at.i = (uint32_t)eva_any(0, PLAN_MAX_DEVICES);
    (void)claims_next(&p, &at, &c);
    if (KIND == 0) {
        (void)claims_touch_own(&p, (struct range){eva_any(0, UINT64_MAX), eva_any(0, UINT64_MAX)});
    }
    return 0;
}
