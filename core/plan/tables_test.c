/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tables.c and check_pool.c, and that plan_check() survives any plan. */
#include "core/plan/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/host.h>

#include <cmocka.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/cpu.h"
#include "core/memory/lpae.h"
#include "core/memory/pool.h"
#include "core/plan/sound_test.h"

static int set_up(void **state)
{
    (void)state;
    host_reset();
    host.pa_bits = 40;
    make_plan(3);
    return 0;
}

/* ---- tables ---- */

static void the_pool_is_shared_out_in_order(void **state)
{
    (void)state;
    check_all(check_pool_total(&p) - check_pool_need(&p, &p.partitions[2]));
    assert_false(p.partitions[0].refused || p.partitions[1].refused);
    assert_true(p.partitions[2].refused);
    assert_true(told_of("2: /configurations/c: memory: its tables take"));
    make_plan(3);
    check_all(0);
    assert_true(p.partitions[0].refused);
}

static void ipa_bits_hold_everything(void **state)
{
    (void)state;
    assert_int_equal(plan_ipa_bits(&p, &p.partitions[0]), 32);
    p.partitions[0].memory[0].base = BIT(32) - 64 * MIB;
    assert_int_equal(plan_ipa_bits(&p, &p.partitions[0]), 32);
    p.partitions[0].memory[0].base += 4096;
    assert_int_equal(plan_ipa_bits(&p, &p.partitions[0]), 33);
    p.partitions[0].memory[0].base = BIT(36);
    assert_int_equal(plan_ipa_bits(&p, &p.partitions[0]), 37);
    p.devices[0].mmio[0].base = BIT(39);
    assert_int_equal(plan_ipa_bits(&p, &p.partitions[0]), 40);
    assert_int_equal(plan_ipa_bits(&p, &p.partitions[1]), 32);
}

static void a_shared_page_is_mapped_once(void **state)
{
    struct range r;

    (void)state;
    p.devices[0].mmio[0] = (struct range){0x09030200, 0x200};
    p.devices[1].mmio[0] = (struct range){0x09030c00, 0x400};
    p.devices[1].partition = 0;
    r = plan_window_pages(&p, 0, 0);
    assert_true(r.base == 0x09030000 && r.size == 4096);
    assert_int_equal(plan_window_pages(&p, 1, 0).size, 0);
    p.devices[1].partition = 1;
    r = plan_window_pages(&p, 1, 0);
    assert_true(r.base == 0x09030000 && r.size == 4096);
}

#define ARENA_PAGES 256

static uint32_t taken;

/* A pool that counts, in place of core/memory/pool.c. */
void *pool_take(uint32_t pages)
{
    static uint8_t arena[ARENA_PAGES][4096] __attribute__((aligned(65536)));
    uint32_t align = 1;

    while (align < pages) {
        align *= 2;
    }
    taken = (taken + align - 1) / align * align;
    assert_true(taken + pages <= ARENA_PAGES);
    taken += pages;
    return memset(arena[taken - pages], 0, pages * PAGE_SIZE);
}

static void map(struct lpae *t, uint64_t ia, uint64_t pa_, uint64_t size, enum lpae_attr attr)
{
    assert_int_equal(lpae_map(t, ia, pa(pa_), size, attr), OK);
}

/* The pages that lpae.c takes for what partition.c maps are never more than was said. */
static void table_pages_are_enough(void **state)
{
    static const uint64_t bases[] = {
        RAM_0, BIT(34), BIT(36) + 4096, BIT(36) + BLOCK_2M - 4096, BIT(39) - BLOCK_1G,
    };

    (void)state;
    for (uint32_t i = 0; i < 4 * ARRAY_SIZE(bases); i++) {
        struct plan_partition *part = &p.partitions[0];
        struct lpae t;

        make_plan(2);
        part->memory[0].base = part->extent[0].ipa = bases[i / 4];
        part->extent[0].pa += i % 4 * 4096;
        taken = 0;
        assert_int_equal(lpae_init(&t, LPAE_STAGE2, plan_ipa_bits(&p, part)), OK);
        map(&t, part->extent[0].ipa, part->extent[0].pa, part->extent[0].size, LPAE_RAM);
        map(&t, p.devices[0].mmio[0].base, p.devices[0].mmio[0].base, 4096, LPAE_DEVICE);
        map(&t, p.board.gic.cpu.base, p.board.gic.virt.base, 0x10000, LPAE_DEVICE);
        assert_in_range(taken, 1, plan_table_pages(&p, part));
        assert_true(check_pool_need(&p, part) > plan_table_pages(&p, part));
    }
}

/* What maps Bulkhead's image maps its neighbours: only the last tables are still wanted. */
static void el2s_tables_of_its_image_are_there(void **state)
{
    (void)state;
    host.el2_bits = 48;
    p.board.reserved_count = 1;
    p.board.reserved[0] = (struct range){RAM_0 + BLOCK_2M, BLOCK_2M};
    assert_int_equal(check_el2_pages(&p, (struct range){RAM_0, 0}), 0);
    assert_int_equal(check_el2_pages(&p, (struct range){RAM_0, BLOCK_2M}), 0);
    assert_int_equal(check_el2_pages(&p, (struct range){RAM_0 + BLOCK_1G - 4096, 4096}), 1);
    assert_int_equal(check_el2_pages(&p, (struct range){RAM_0 + BLOCK_1G - 4096, 8192}), 4);
    assert_int_equal(check_el2_pages(&p, (struct range){RAM_0 - 4096, 4096}), 2);
    assert_int_equal(check_el2_pages(&p, (struct range){BIT(39), 4096}), 3);
    host.el2_bits = 39; /* they begin at level 1 */
    assert_int_equal(check_el2_pages(&p, (struct range){BIT(39), 4096}), 2);
    p.board.reserved_count = 0; /* a plan of no image */
    assert_int_equal(check_el2_pages(&p, (struct range){RAM_0, BLOCK_2M}), 1);
}

/* Who boots has a stack already. */
static void each_cpu_has_its_pages(void **state)
{
    uint64_t one;

    (void)state;
    p.partitions[0].cpu_count = 1;
    p.partitions[0].cpus[0] = p.board.boot_cpu = 0;
    one = check_pool_need(&p, &p.partitions[0]);
    p.board.boot_cpu = 1;
    assert_int_equal(check_pool_need(&p, &p.partitions[0]), one + 3); /* two, aligned */
    p.partitions[0].cpu_count = 2;
    p.partitions[0].cpus[1] = 1;
    assert_int_equal(check_pool_need(&p, &p.partitions[0]), one + 3 + 2);
    p.partitions[0].console = PLAN_CONSOLE_NONE;
    assert_int_equal(check_pool_need(&p, &p.partitions[0]),
                     one + 3 + 2 - (2 * CONSOLE_RING_PAGES - 1));
}

/* ---- any plan ---- */

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static uint64_t draw_number(void)
{
    static const uint64_t odd[] = {
        0,
        1,
        3,
        4095,
        4096,
        0x08000000,
        0x09010000,
        RAM_0,
        RAM_0 + 64 * MIB,
        512 * MIB,
        BIT(40),
        BIT(63),
        UINT64_MAX,
        UINT64_MAX - 4095,
        INT64_MAX,
        UINT32_MAX,
    };

    return odd[draw(ARRAY_SIZE(odd))];
}

static void spoil_count(struct plan_partition *part, struct plan_device *device)
{
    struct plan_board *b = &p.board;
    uint32_t *const counts[] = {
        &b->ram_banks,         &b->reserved_count,  &b->cpu_count,       &b->gic.redists,
        &b->gic.version,       &p.partition_count,  &p.device_count,     &part->cpu_count,
        &part->memory_count,   &part->extent_count, &device->mmio_count, &device->irq_count,
        &part->cpus[draw(16)], &b->boot_cpu,
    };
    const uint32_t at = draw(ARRAY_SIZE(counts) + 1);
    const uint32_t v = draw(3) ? draw(20) : (uint32_t)draw_number();

    if (at < ARRAY_SIZE(counts)) {
        *counts[at] = v;
    } else {
        device->irq[0].intid = (uint16_t)v;
    }
}

static void spoil_range(struct plan_partition *part, struct plan_device *device)
{
    struct plan_board *b = &p.board;
    struct range *const ranges[] = {
        &b->ram[draw(3)],
        &b->reserved[draw(2)],
        &b->gic.dist,
        &b->gic.cpu,
        &b->gic.hyp,
        &b->gic.virt,
        &b->gic.redist[draw(2)],
        &b->console.mmio,
        &part->memory[draw(2)],
        &device->mmio[draw(2)],
    };
    struct range *r = ranges[draw(ARRAY_SIZE(ranges))];

    *(draw(2) ? &r->base : &r->size) = draw_number();
}

static void spoil_number(struct plan_partition *part)
{
    struct plan_extent *e = &part->extent[draw(2)];
    uint64_t *const numbers[] = {
        &e->ipa,
        &e->pa,
        &e->size,
        &part->entry,
        &part->fdt_ipa,
        &part->fdt_room,
        &part->kernel.load,
        &part->kernel.load_size,
        &part->ramdisk.load,
        &part->ramdisk.load_size,
    };

    *numbers[draw(ARRAY_SIZE(numbers))] = draw_number();
}

static void spoil(void)
{
    struct plan_partition *part = &p.partitions[draw(4)];
    struct plan_device *device = &p.devices[draw(3)];

    switch (draw(4)) {
    case 0:
        spoil_count(part, device);
        break;
    case 1:
        spoil_range(part, device);
        break;
    case 2:
        device->partition = draw(2) ? (int)draw(8) : (int)draw_number();
        device->node = (int)draw(4);
        break;
    default:
        spoil_number(part);
        break;
    }
}

static void any_plan_is_survived(void **state)
{
    uint32_t good = 0;

    (void)state;
    for (uint32_t n = 0; n < 30000; n++) {
        make_plan(2 + n % 2);
        seed = n;
        for (uint32_t i = draw(6); i > 0; i--) {
            spoil();
        }
        check_all(draw(300));
        for (uint32_t i = 0; !p.fatal && i < p.partition_count; i++) {
            const struct plan_partition *part = &p.partitions[i];

            good += !part->refused;
            for (uint32_t e = 0; !part->refused && e < part->extent_count; e++) {
                assert_true(part->extent[e].pa + part->extent[e].size <= BIT(40));
            }
        }
        told_reset();
    }
    assert_true(good > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_pool_is_shared_out_in_order, set_up),
        cmocka_unit_test_setup(ipa_bits_hold_everything, set_up),
        cmocka_unit_test_setup(a_shared_page_is_mapped_once, set_up),
        cmocka_unit_test_setup(table_pages_are_enough, set_up),
        cmocka_unit_test_setup(el2s_tables_of_its_image_are_there, set_up),
        cmocka_unit_test_setup(each_cpu_has_its_pages, set_up),
        cmocka_unit_test_setup(any_plan_is_survived, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
