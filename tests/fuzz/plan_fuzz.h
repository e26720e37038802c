/* SPDX-License-Identifier: Apache-2.0 */
/* What the plan's fuzzers share: from a board's tree and a system file to a checked, held plan. */
#ifndef TESTS_FUZZ_PLAN_FUZZ_H
#define TESTS_FUZZ_PLAN_FUZZ_H

#include <libfdt.h>
#include <string.h>

#include "gen.h"
#include "oracle.h"

#define POOL_PAGES 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as large as it is, so that a sanitizer sees its end. */
static inline void *copy_of(const void *data, size_t size)
{
    void *copy = aligned_alloc(8, (size + 7) & ~(size_t)7);

    require(copy != NULL, "no memory");
    return memcpy(copy, data, size);
}

/* The plan of these two; where anything is accepted, the oracle looks at it. */
static inline void plan_and_hold(const void *board, size_t board_size, const void *file,
                                 size_t file_size)
{
    struct oracle_world w = {
        .fdt = board,
        .image = {GEN_IMAGE, 0x100000},
        .system = {GEN_SYSTEM, file_size},
    };

    memset(&plan, 0, sizeof(plan));
    plan_parse_board(&plan, board, board_size, GEN_TREE, 0, w.image);
    require(!plan.fatal || plan.errors > 0, "it stops, and says nothing");
    for (uint32_t i = 0; i < plan.board.smmu_count; i++) { /* as a probe would find them */
        struct plan_smmu *s = &plan.board.smmus[i];

        s->stage = i % 3 == 1 ? 1 : 2;
        s->sid_bits = i % 3 == 0 ? 6 : 15;
        s->oas_bits = i % 3 == 0 ? 32 : 36;
        s->contexts = i % 3 * 2;
        s->groups = i % 3 * 8;
    }
    if (!plan.fatal) {
        plan_parse_system(&plan, file, file_size, GEN_SYSTEM);
    }
    if (!plan.fatal) {
        plan_check(&plan);
        plan_place(&plan);
        plan_check_given(&plan, POOL_PAGES);
    }
    if (!plan.fatal) {
        require(fdt_check_full(board, board_size) == 0, "a malformed tree was taken");
        w.tree = (struct range){GEN_TREE, fdt_totalsize(board)};
        plan_show(&plan);
        oracle_plan(&plan, &w);
        oracle_partitions(&plan, &w);
    }
}

#endif
