/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For Eva: the rules of check.c, held against a plan with anything in it: plan_check() survives any
 * counts (GIVEN 0), and of those that check_board() names here lets none through that exceeds its
 * table; plan_check_given() any plan of sane counts (GIVEN 1). Of what other files do, only who is
 * refused is seen here; claims_eva.c has claims.c.
 */
#include "core/plan/check.h"
#include "core/plan/claims.h"
#include "core/plan/dt.h"
#include "core/plan/parse.h"
#include "tests/eva/eva.h"

static struct plan p;

/* ---- of other files ---- */

void plan_error(struct plan *plan, int partition, const char *node, const char *format, ...)
{
    plan->errors++;
    if (partition >= 0) {
        /*@ assert one_of_them: partition < CONFIG_MAX_PARTITIONS; */
        plan->partitions[partition].refused = true;
    }
}

const char *plan_where(const struct plan *plan, uint32_t index)
{
    return "";
}

const struct plan_extent *plan_extent_at(const struct plan_partition *partition, uint64_t ipa,
                                         uint64_t size)
{
    return eva_any(0, 1) != 0 ? &partition->extent[0] : NULL;
}

bool check_streams_are_sane(const struct plan *plan)
{
    return eva_any(0, 1) != 0;
}

bool check_functions_are_sane(const struct plan *plan)
{
    return eva_any(0, 1) != 0;
}

bool dt_search_end(void)
{
    return eva_any(0, 1) != 0;
}

void check_board(struct plan *plan)
{
    /*@ assert banks: plan->board.ram_banks <= PLAN_MAX_RAM_BANKS; */
    /*@ assert reserved: plan->board.reserved_count <= PLAN_MAX_RESERVED; */
    /*@ assert redists: plan->board.gic.redists <= PLAN_MAX_REDISTS; */
    /*@ assert partitions: plan->partition_count <= CONFIG_MAX_PARTITIONS; */
    /*@ assert devices: plan->device_count <= PLAN_MAX_DEVICES; */
    /*@ assert cpus: plan->board.cpu_count <= CONFIG_MAX_CPUS; */
    /*@ assert boot: plan->board.boot_cpu < CONFIG_MAX_CPUS; */
}

void check_msi_frame(struct plan *plan, const struct plan_device *device)
{
}

void claims_check(struct plan *plan, enum claim_kind first, enum claim_kind last)
{
}

void claims_of_board(struct plan *plan)
{
}

void claims_filter(struct plan *plan)
{
}

void streams_against_board(struct plan *plan)
{
}

void check_streams(struct plan *plan)
{
}

void check_pool(struct plan *plan, uint64_t pool_pages)
{
}

/* ---- any plan ---- */

static void within(void)
{
    p.board.ram_banks = (uint32_t)eva_any(0, PLAN_MAX_RAM_BANKS);
    p.board.cpu_count = (uint32_t)eva_any(0, CONFIG_MAX_CPUS);
    p.board.boot_cpu = (uint32_t)eva_any(0, CONFIG_MAX_CPUS - 1);
    p.partition_count = (uint32_t)eva_any(0, CONFIG_MAX_PARTITIONS);
    for (uint32_t i = 0; i < CONFIG_MAX_PARTITIONS; i++) {
        struct plan_partition *part = &p.partitions[i];

        part->cpu_count = (uint32_t)eva_any(0, PLAN_MAX_VCPUS);
        part->memory_count = (uint32_t)eva_any(0, PLAN_MAX_RANGES);
        part->extent_count = (uint32_t)eva_any(0, PLAN_MAX_EXTENTS);
        part->refused = eva_any(0, 1) != 0;
        part->direct_map = eva_any(0, 1) != 0;
        for (uint32_t v = 0; v < PLAN_MAX_VCPUS; v++) {
            part->cpus[v] = (uint8_t)eva_any(0, CONFIG_MAX_CPUS - 1);
        }
    }
}

int main(void)
{
    const struct range any = {eva_any(0, UINT64_MAX), eva_any(0, UINT64_MAX)};

    Frama_C_make_unknown((char *)&p, sizeof(p));
    if (GIVEN) {
        within();
        plan_check_given(&p, eva_any(0, UINT64_MAX));
        (void)check_is_ram(&p.board, any);
    } else {
        for (uint32_t i = 0; i < CONFIG_MAX_PARTITIONS; i++) { /* bool holds 0 or 1 */
            p.partitions[i].refused = eva_any(0, 1) != 0;
        }
        plan_check(&p);
    }
    return 0;
}
