/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests of placing: a plan with RAM and partitions, one call each. */
#ifndef CORE_PLAN_PLACING_TEST_H
#define CORE_PLAN_PLACING_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arch/host.h>

#include <cmocka.h>

#include "core/base/bits.h"
#include "core/memory/el2_window.h"
#include "core/plan/check.h"
#include "core/plan/plan.h"
#include "core/plan/told_test.h"

#define MIB   UINT64_C(0x100000)
#define RAM_0 UINT64_C(0x40000000)

static struct plan p;
static const uint8_t bytes[64];

static inline int set_up(void **state)
{
    (void)state;
    memset(&p, 0, sizeof(p));
    host.windows = (struct range){0, 0};
    host.el2_bits = host.pa_bits;
    told_reset();
    return 0;
}

static inline void add_ram(uint64_t base, uint64_t size)
{
    p.board.ram[p.board.ram_banks++] = (struct range){base, size};
}

static inline void add_reserved(uint64_t base, uint64_t size, const char *name)
{
    p.board.reserved_name[p.board.reserved_count] = name;
    p.board.reserved[p.board.reserved_count++] = (struct range){base, size};
}

/* A partition of one range with a raw kernel of one page at its beginning. */
static inline struct plan_partition *add(const char *name, uint64_t ipa, uint64_t size)
{
    struct plan_partition *part = &p.partitions[p.partition_count++];

    part->name = name;
    part->bootargs = "";
    part->memory[part->memory_count++] = (struct range){ipa, size};
    part->kernel = (struct plan_image){
        .name = "kernel", .data = bytes, .size = 64, .load = ipa, .load_size = 4096};
    part->entry = ipa;
    return part;
}

static inline void add_range(struct plan_partition *part, uint64_t ipa, uint64_t size)
{
    part->memory[part->memory_count++] = (struct range){ipa, size};
}

#endif
