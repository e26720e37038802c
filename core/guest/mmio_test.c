/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the look-up of emulated windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/guest/mmio.h"
#include "core/guest/partition.h"

static struct partition part;
static struct vcpu vcpu;
static void *seen_device;
static uint64_t seen_offset;

static enum trap_outcome handler(struct vcpu *v, void *device, uint64_t offset,
                                 struct mmio_access *access)
{
    (void)v;
    (void)access;
    seen_device = device;
    seen_offset = offset;
    return TRAP_SKIP;
}

static int setup(void **state)
{
    (void)state;
    memset(&part, 0, sizeof(part));
    memset(&vcpu, 0, sizeof(vcpu));
    vcpu.partition = &part;
    seen_device = NULL;
    return 0;
}

static enum trap_outcome access_at(uint64_t address, uint8_t size)
{
    struct mmio_access access = {.ipa = ipa(address), .size = size};

    seen_device = NULL;
    return mmio_handle(&vcpu, &access);
}

static void test_sorted_and_disjoint(void **state)
{
    int a, b, c;

    (void)state;
    assert_int_equal(mmio_add(&part.mmio, 0x3000, 0x1000, handler, &b), OK);
    assert_int_equal(mmio_add(&part.mmio, 0x1000, 0x1000, handler, &a), OK);
    assert_int_equal(mmio_add(&part.mmio, 0x5000, 0x800, handler, &c), OK);
    assert_int_equal(mmio_add(&part.mmio, 0x2ff9, 8, handler, &c), E_OVERLAP);
    assert_int_equal(mmio_add(&part.mmio, 0x1fff, 8, handler, &c), E_OVERLAP);
    assert_int_equal(mmio_add(&part.mmio, 0, 0x10000, handler, &c), E_OVERLAP);
    assert_int_equal(mmio_add(&part.mmio, 0x9000, 0, handler, &c), E_INVALID);
    assert_int_equal(mmio_add(&part.mmio, 0x9000, 7, handler, &c), E_INVALID); /* an access has 8 */
    assert_int_equal(mmio_add(&part.mmio, UINT64_MAX, 2, handler, &c), E_INVALID);
    assert_int_equal(part.mmio.count, 3);
    assert_true(part.mmio.window[0].base < part.mmio.window[1].base);
    assert_true(part.mmio.window[1].base < part.mmio.window[2].base);
    assert_int_equal(access_at(0x3ffc, 4), TRAP_SKIP);
    assert_ptr_equal(seen_device, &b);
    assert_int_equal(seen_offset, 0xffc);
    assert_int_equal(access_at(0x1000, 1), TRAP_SKIP);
    assert_ptr_equal(seen_device, &a);
}

static void test_outside(void **state)
{
    static const uint64_t outside[] = {0, 0xfff, 0x2000, 0x2fff, 0x4000, 0x5800, UINT64_MAX};

    (void)state;
    test_sorted_and_disjoint(NULL);
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        assert_int_equal(access_at(outside[i], 1), TRAP_ABORT);
        assert_null(seen_device);
    }
    assert_int_equal(access_at(0x57fc, 8), TRAP_ABORT); /* reaches over the end */
    assert_null(seen_device);
}

static void test_full(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < MMIO_MAX_WINDOWS; i++) {
        assert_int_equal(mmio_add(&part.mmio, i * 0x1000, 0x1000, handler, NULL), OK);
    }
    assert_int_equal(mmio_add(&part.mmio, 0x100000, 0x1000, handler, NULL), E_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_sorted_and_disjoint, setup),
        cmocka_unit_test_setup(test_outside, setup),
        cmocka_unit_test_setup(test_full, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
