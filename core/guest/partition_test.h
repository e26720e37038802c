/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of partition.c: one to be built, loaded and ended, with memory that is watched, beside
 * another.
 */
#ifndef CORE_GUEST_PARTITION_TEST_H
#define CORE_GUEST_PARTITION_TEST_H

#include "core/guest/partition.h"

#include <libfdt.h>

#include "core/guest/gic_notes_test.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"
#include "core/memory/ram_test.h"
#include "core/plan/testing_board.h"

#define ME      1u /* its index: not the first */
#define RTC     34u
#define CONSOLE 33u

/* Its memory: blocks and pages, and nowhere where it physically is. */
#define LOW_PA   (RAM_BASE + 0x200000)
#define LOW_IPA  UINT64_C(0x80000000)
#define LOW_SIZE UINT64_C(0x400000)
#define TOP_PA   (RAM_BASE + 0x7fd000)
#define TOP_IPA  UINT64_C(0xc0001000)
#define TOP_SIZE UINT64_C(0x5000)
#define USED     UINT64_C(0x900000) /* of the RAM, by somebody before */

#define KERNEL_IPA  (LOW_IPA + 0x80000)
#define TREE_IPA    (LOW_IPA + 0x300000)
#define TREE_ROOM   UINT64_C(0x8000)
#define RAMDISK_IPA (TOP_IPA + 0x123)

static struct plan_partition *const me = &test_plan.partitions[ME];
static struct partition *const part = &partitions[ME];

static uint8_t kernel[0x9001], ramdisk[0x701];

/* ---- instead of the library's ---- */

static uint8_t arena[64][PAGE_SIZE] __attribute__((aligned(0x10000)));
static uint8_t arena_poc[sizeof(arena)]; /* as at the point of coherency: what was cleaned */
static uint32_t arena_used, arena_limit;
static bool order_broken; /* something was done to memory before or after its time */
static uint64_t zeroed;
static uint32_t icache_invalidates, flushes, closed;

void *pool_take(uint32_t pages)
{
    if (arena_used + pages > arena_limit) {
        return NULL;
    }
    arena_used += pages;
    return memset(arena[arena_used - pages], 0, pages * PAGE_SIZE);
}

struct range pool_range(void)
{
    return (struct range){(uint64_t)(uintptr_t)arena, sizeof(arena)};
}

struct cpu cpus[CONFIG_MAX_CPUS];

static inline bool is_mapped(uint64_t address)
{
    struct lpae_leaf leaf;

    return lpae_walk(&el2_table, address, &leaf);
}

static inline void clean(const void *p, uint64_t size)
{
    const struct range what = {(uint64_t)(uintptr_t)p, size};

    order_broken |= !is_mapped(what.base);
    ram_clean(p, size);
    if (range_holds(pool_range(), what)) {
        memcpy(arena_poc + (what.base - pool_range().base), p, size);
    }
}

/* Only what is mapped, and before anything else is put there. */
void arch_zero(void *p, uint64_t size)
{
    const uint8_t *byte = p;

    for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
        order_broken |= !is_mapped((uint64_t)(uintptr_t)p + at) || byte[at] != RAM_OLD;
    }
    memset(p, 0, size);
    zeroed += size;
}

void arch_icache_invalidate(void)
{
    icache_invalidates++;
    order_broken |= memcmp(ram_at(LOW_PA), ram_poc_at(LOW_PA), LOW_SIZE) != 0 ||
                    memcmp(ram_at(TOP_PA), ram_poc_at(TOP_PA), TOP_SIZE) != 0;
}

void console_flush(void)
{
    flushes++;
}

void console_stream_close(uint32_t index)
{
    closed |= 1u << index;
}

/* ---- a plan ---- */

static inline struct plan_device *grant(const char *path, int to, uint64_t base, uint64_t size)
{
    struct plan_device *device = &test_plan.devices[test_plan.device_count++];

    *device = (struct plan_device){.path = path, .partition = to, .mmio_count = 1};
    device->node = fdt_path_offset(board.data, path);
    assert_true(device->node > 0);
    device->mmio[0] = (struct range){base, size};
    return device;
}

static inline void make_plan(void)
{
    plan_board(board);
    assert_string_equal(log_text, "");
    test_plan.partition_count = 2;
    test_plan.partitions[0].name = "other";
    *me = (struct plan_partition){
        .name = "me",
        .cpus = {3, 1},
        .cpu_count = 2,
        .memory = {{LOW_IPA, LOW_SIZE}, {TOP_IPA, TOP_SIZE}},
        .memory_count = 2,
        .extent = {{LOW_IPA, LOW_PA, LOW_SIZE}, {TOP_IPA, TOP_PA, TOP_SIZE}},
        .extent_count = 2,
        .kernel = {.name = "code", .data = kernel, .size = sizeof(kernel), .load = KERNEL_IPA},
        .ramdisk = {.name = "disk", .data = ramdisk, .size = sizeof(ramdisk), .load = RAMDISK_IPA},
        .bootargs = "quiet",
        .entry = KERNEL_IPA + 0x40,
        .fdt_ipa = TREE_IPA,
        .fdt_room = TREE_ROOM,
    };
    me->kernel.load_size = me->kernel.size;
    me->ramdisk.load_size = me->ramdisk.size;
    grant("/rtc@9010000", ME, 0x9010000, 0x1000)->irq[0] = (struct plan_irq){RTC, false};
    test_plan.devices[0].irq_count = 1;
    grant("/gpio@9030000", 0, 0x9030000, 0x1000);
    grant("/near@9200000", ME, 0x9200f00, 0x200); /* over two pages */
}

static inline int start_over(void **state)
{
    (void)state;
    host_reset();
    ram_start(USED);
    host.clean = clean;
    memset(arena_poc, 0xee, sizeof(arena_poc));
    notes_start();
    memset(partitions, 0, sizeof(partitions));
    memset(cpus, 0, sizeof(cpus));
    for (uint32_t i = 0; i < CONFIG_MAX_CPUS; i++) {
        cpus[i].index = i;
    }
    arena_used = 0;
    arena_limit = sizeof(arena) / sizeof(arena[0]);
    order_broken = false;
    zeroed = icache_invalidates = flushes = closed = 0;
    for (uint32_t i = 0; i < sizeof(kernel); i++) {
        kernel[i] = (uint8_t)(i * 7 + i / 251 + 1);
    }
    memset(ramdisk, 0xd1, sizeof(ramdisk));
    make_plan();
    assert_int_equal(el2_map_init(48), OK);
    return 0;
}

/* It alone. */
static inline void build(void)
{
    assert_int_equal(partition_build(part, &test_plan), OK);
    log_clear();
}

#define TEST(name) cmocka_unit_test_setup(name, start_over)

#endif
