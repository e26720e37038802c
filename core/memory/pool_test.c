/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the page pool, in order: what one test takes is gone for the next. */
#include "core/memory/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MORE_PAGES  232
#define TOTAL_PAGES (POOL_FIRST_PAGES + MORE_PAGES)

static uint8_t more[MORE_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t owner[TOTAL_PAGES]; /* by page: how often it was handed out */

static uint64_t page_index(const void *p)
{
    const uint64_t first = ((uint64_t)(uintptr_t)p - pool_range().base) / PAGE_SIZE;

    return first < POOL_FIRST_PAGES
               ? first
               : POOL_FIRST_PAGES + ((uint64_t)(uintptr_t)p - (uintptr_t)more) / PAGE_SIZE;
}

static bool is_zero(const uint8_t *p, uint64_t size)
{
    return p[0] == 0 && memcmp(p, p + 1, size - 1) == 0;
}

/* Own `pages` pages at `p`: counted, then dirtied. */
static void own(uint8_t *p, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        assert_true(page_index(p) + i < TOTAL_PAGES);
        owner[page_index(p) + i]++;
    }
    memset(p, 0xa5, pages * PAGE_SIZE);
}

static void range_is_whole_pages(void **state)
{
    (void)state;
    assert_true(is_aligned(pool_range().base, PAGE_SIZE));
    assert_int_equal(pool_range().size, POOL_FIRST_PAGES * PAGE_SIZE);
    assert_int_equal(pool_left(), POOL_FIRST_PAGES);
}

static void nonsense_takes_nothing(void **state)
{
    (void)state;
    assert_null(pool_take(0));
    assert_null(pool_take(POOL_FIRST_PAGES + 1));
    assert_null(pool_take(UINT32_MAX));
    assert_null(pool_take(UINT32_MAX / 2 + 2));
    assert_int_equal(pool_left(), POOL_FIRST_PAGES);
}

static void it_goes_on_behind_the_first_pages(void **state)
{
    (void)state;
    memset(more, 0x5a, sizeof(more));
    own(pool_take(1), 1);
    pool_extend((struct range){(uintptr_t)more, sizeof(more)});
    assert_int_equal(pool_left(), TOTAL_PAGES - 1);
    for (uint32_t i = 0; i < 2; i++) { /* too large for the first ones, which are not lost */
        uint8_t *p = pool_take(POOL_FIRST_PAGES);

        assert_in_range((uintptr_t)p, (uintptr_t)more, (uintptr_t)(more + MORE_PAGES - 1));
        own(p, POOL_FIRST_PAGES);
        p = pool_take(1);
        assert_true(page_index(p) < POOL_FIRST_PAGES);
        own(p, 1);
    }
}

static void pages_are_zero_aligned_and_disjoint(void **state)
{
    static const uint32_t sizes[] = {1, 2, 1, 3, 4, 1, 5, 8, 1, 16, 7};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t left = pool_left();
        uint64_t align = PAGE_SIZE;
        uint8_t *p = pool_take(sizes[i]);

        while (align < sizes[i] * PAGE_SIZE) {
            align *= 2;
        }
        assert_non_null(p);
        assert_true(is_aligned((uint64_t)(uintptr_t)p, align));
        assert_true(is_zero(p, sizes[i] * PAGE_SIZE));
        assert_true(pool_left() <= left - sizes[i]);
        own(p, sizes[i]);
    }
    for (uint32_t i = 0; i < TOTAL_PAGES; i++) {
        assert_true(owner[i] <= 1);
    }
}

static void what_is_too_large_leaves_the_rest(void **state)
{
    uint32_t left = pool_left();

    (void)state;
    assert_null(pool_take(left + 1));
    assert_int_equal(pool_left(), left);
}

static void pages_are_disjoint_until_it_is_empty(void **state)
{
    uint32_t pages = 1;
    uint8_t *p;

    (void)state;
    do {
        p = pool_take(pages);
        if (p != NULL) {
            own(p, pages);
        }
        pages = p == NULL ? 1 : pages % 3 + 1;
    } while (p != NULL || pool_left() != 0);
    assert_null(pool_take(1));
    for (uint32_t i = 0; i < TOTAL_PAGES; i++) {
        assert_true(owner[i] <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_is_whole_pages),
        cmocka_unit_test(nonsense_takes_nothing),
        cmocka_unit_test(it_goes_on_behind_the_first_pages),
        cmocka_unit_test(pages_are_zero_aligned_and_disjoint),
        cmocka_unit_test(what_is_too_large_leaves_the_rest),
        cmocka_unit_test(pages_are_disjoint_until_it_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
