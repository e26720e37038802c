/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of EL2's window to RAM above its own addresses: where it is, and what is seen there. */
#include "core/memory/el2_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arch/host.h>

#include <cmocka.h>

#include "core/base/bits.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"

#define ARENA_PAGES 128
#define IMAGE       UINT64_C(0x40200000)
#define HIGH        UINT64_C(0x1400ff000)

static uint8_t arena[ARENA_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t arena_used;
static struct el2_window window;
static struct range cleaned;

/* In place of core/memory/pool.c. */
void *pool_take(uint32_t pages)
{
    arena_used += pages;
    assert_true(arena_used <= ARENA_PAGES);
    return memset(arena[arena_used - pages], 0, (size_t)pages * PAGE_SIZE);
}

uint32_t pool_left(void)
{
    return ARENA_PAGES - arena_used;
}

struct range pool_range(void)
{
    return (struct range){0, 0};
}

static void note_clean(const void *p, uint64_t size)
{
    cleaned = (struct range){(uintptr_t)p, size};
}

static int set_up(void **state)
{
    (void)state;
    host_reset();
    host.pa_bits = 40;
    host.el2_bits = 32;
    host.clean = note_clean;
    host.sections[0] = (struct el2_section){{IMAGE, 0x10000}, LPAE_DATA, false};
    host.section_count = 1;
    arena_used = 0;
    cleaned = (struct range){0, 0};
    assert_int_equal(el2_map_init(32), OK);
    assert_int_equal(el2_map((struct range){0x09000000, PAGE_SIZE}, LPAE_DEVICE), OK);
    assert_int_equal(el2_map((struct range){0x17fff000, PAGE_SIZE}, LPAE_DEVICE), OK);
    assert_true(el2_window_find(&window, 0, NULL, 0));
    return 0;
}

static uint64_t address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

/* What EL2 has at that address of its own. */
static uint64_t seen(uint64_t at)
{
    struct lpae_leaf leaf;

    if (!lpae_walk(&el2_table, at, &leaf)) {
        return 0;
    }
    assert_true(leaf.write && !leaf.execute && !leaf.device);
    return leaf.pa + (at - leaf.ia);
}

static void it_is_away_from_ram_and_devices(void **state)
{
    const struct range ram[] = {{0x20000000, 0x1000}, {0x2ffff000, 0x10000000}, {BIT(32), BIT(32)}};
    struct el2_window other;

    (void)state;
    assert_int_equal(window.at.base, 0x18000000); /* not at 0, nor where a device is mapped */
    assert_int_equal(window.at.size, EL2_WINDOW_SIZE);
    assert_true(el2_window_find(&other, 0, ram, 3));
    assert_int_equal(other.at.base, 0x18000000);
    assert_true(el2_window_find(&other, range_end(other.at), ram, 3));
    assert_int_equal(other.at.base, 0x48000000); /* past both banks and the image */
}

static void where_all_is_taken_there_is_none(void **state)
{
    const struct range ram = {0x1000, 0xfffff000};

    (void)state;
    assert_false(el2_window_find(&window, 0, &ram, 1));
    assert_null(el2_window_show(&window, (struct range){HIGH, PAGE_SIZE}));
    assert_true(el2_window_find(&window, 0xf8000000, NULL, 0)); /* the last one, whole */
    assert_false(el2_window_find(&window, range_end(window.at), NULL, 0));
}

static void it_shows_a_piece_at_a_time(void **state)
{
    const uint64_t tables = arena_used;
    uint64_t at;

    (void)state;
    at = address(el2_window_show(&window, (struct range){HIGH + 8, EL2_WINDOW_MOST - 8}));
    assert_true(at >= window.at.base && at % BLOCK_2M == (HIGH + 8) % BLOCK_2M);
    assert_int_equal(seen(at), HIGH + 8);
    assert_int_equal(seen(at - 9), 0);
    assert_int_equal(seen(at + EL2_WINDOW_MOST - 9), HIGH + EL2_WINDOW_MOST - 1);
    assert_int_equal(seen(at + EL2_WINDOW_MOST - 8), 0);
    assert_int_equal(cleaned.size, 0);

    at = address(el2_window_show(&window, (struct range){HIGH + BIT(33) + 1, 1}));
    assert_int_equal(seen(at), HIGH + BIT(33) + 1);
    assert_int_equal(seen(at + PAGE_SIZE), 0); /* what was there before */
    assert_int_equal(cleaned.size, EL2_WINDOW_MOST);
    assert_int_equal(host.tlb_forgets, 1);

    el2_window_hide(&window);
    assert_int_equal(seen(at), 0);
    assert_int_equal(cleaned.base, align_down(at, PAGE_SIZE));
    assert_int_equal(cleaned.size, PAGE_SIZE);
    el2_window_hide(&window);
    assert_int_equal(host.tlb_forgets, 2);
    for (uint64_t n = 0; n < EL2_WINDOW_SIZE / BLOCK_2M; n++) { /* each of its tables */
        assert_non_null(el2_window_show(&window, (struct range){BIT(33), n * BLOCK_2M + 1}));
    }
    assert_true(arena_used - tables <= EL2_WINDOW_PAGES);
}

static void what_is_larger_is_not_shown(void **state)
{
    (void)state;
    assert_null(el2_window_show(&window, (struct range){HIGH, EL2_WINDOW_SIZE}));
    assert_null(el2_window_show(&window, (struct range){BIT(33), EL2_WINDOW_SIZE + 1}));
    assert_non_null(el2_window_show(&window, (struct range){BIT(33), EL2_WINDOW_SIZE}));
    assert_null(el2_window_show(&window, (struct range){HIGH, EL2_WINDOW_SIZE}));
    assert_int_equal(seen(window.at.base), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_away_from_ram_and_devices, set_up),
        cmocka_unit_test_setup(where_all_is_taken_there_is_none, set_up),
        cmocka_unit_test_setup(it_shows_a_piece_at_a_time, set_up),
        cmocka_unit_test_setup(what_is_larger_is_not_shown, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
