/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of registers that share a page: each partition reaches its own bytes, in every width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/bits.h"
#include "core/guest/filter.h"
#include "core/guest/partition.h"
#include "core/memory/el2_map.h"

#define PAGE UINT64_C(0x09010000)

static uint8_t registers[PAGE_SIZE];
static uint32_t accesses, last_size;
static struct plan p;
static struct vcpu vcpu;

static uint64_t read_register(void *unused, uint64_t offset, unsigned size)
{
    uint64_t v = 0;

    (void)unused;
    accesses++;
    last_size = size;
    memcpy(&v, &registers[offset], size);
    return v;
}

static void write_register(void *unused, uint64_t offset, unsigned size, uint64_t v)
{
    (void)unused;
    accesses++;
    last_size = size;
    memcpy(&registers[offset], &v, size);
}

/* Partition 1 has 0x104 to 0x113 and 0x801 to 0x803 of the page; partition 0 what is between. */
static const struct range mine[] = {{PAGE + 0x104, 0x10}, {PAGE + 0x801, 0x3}};

static void grant(int partition, struct range r)
{
    struct plan_device *d = &p.devices[p.device_count++];

    *d = (struct plan_device){
        .partition = partition, .mmio = {r}, .mmio_count = 1, .filtered = 1, .path = "/x"};
}

static int set_up(void **state)
{
    static bool mapped;

    (void)state;
    host_reset();
    host_mmio_add(PAGE, PAGE_SIZE, read_register, write_register, NULL);
    if (!mapped) {
        mapped = true;
        assert_int_equal(el2_map_init(48), OK);
    }
    memset(&p, 0, sizeof(p));
    memset(&partitions[1], 0, sizeof(partitions[1]));
    p.partition_count = 2;
    grant(0, (struct range){PAGE + 0x114, 0x6ed});
    grant(1, mine[0]);
    grant(1, mine[1]);
    for (uint32_t i = 0; i < PAGE_SIZE; i++) {
        registers[i] = (uint8_t)(i * 7 + 1);
    }
    accesses = 0;
    partitions[1].index = 1;
    partitions[1].plan = &p.partitions[1];
    vcpu = (struct vcpu){.partition = &partitions[1]};
    assert_int_equal(filter_make_windows(&partitions[1], &p), OK);
    return 0;
}

static enum trap_outcome go(uint64_t address, uint8_t size, bool write, uint64_t *value)
{
    struct mmio_access a = {.ipa = {address}, .size = size, .write = write, .value = *value};
    enum trap_outcome outcome = mmio_handle(&vcpu, &a);

    *value = a.value;
    return outcome;
}

/* One window for the page, whatever is in it; EL2 has it as a device. */
static void test_windows(void **state)
{
    struct el2_audit audit;

    (void)state;
    assert_int_equal(partitions[1].mmio.count, 1);
    assert_int_equal(partitions[1].mmio.window[0].base, PAGE);
    assert_int_equal(partitions[1].mmio.window[0].size, PAGE_SIZE);
    el2_map_audit(NULL, 0, &audit);
    assert_int_equal(audit.device, PAGE_SIZE);
}

/* Every offset in every width: what is wholly its own comes through as it is, nothing else does. */
static void test_every_offset(void **state)
{
    (void)state;
    for (uint64_t at = PAGE; at < PAGE + PAGE_SIZE; at++) {
        for (uint8_t size = 1; size <= 8 && at + size <= PAGE + PAGE_SIZE; size *= 2) {
            const struct range what = {at, size};
            bool own = at % size == 0 && (range_holds(mine[0], what) || range_holds(mine[1], what));
            uint64_t written = UINT64_C(0x123456789abcdef0) ^ at;
            uint64_t value = 0;
            uint64_t is = 0;

            accesses = 0;
            memcpy(&is, &registers[at - PAGE], size);
            assert_int_equal(go(at, size, false, &value), own ? TRAP_SKIP : TRAP_ABORT);
            assert_int_equal(value, own ? is : 0);
            written &= UINT64_MAX >> (64 - 8 * size);
            assert_int_equal(go(at, size, true, &written), own ? TRAP_SKIP : TRAP_ABORT);
            assert_int_equal(accesses, own ? 2 : 0);
            assert_true(!own || last_size == size);
            assert_memory_equal(&registers[at - PAGE], own ? &written : &is, size);
        }
    }
}

/* What the bus does not take is the partition's abort. */
static void test_bus_abort(void **state)
{
    uint64_t value = 5;

    (void)state;
    host.aborts = (struct range){PAGE, PAGE_SIZE};
    assert_int_equal(go(PAGE + 0x104, 4, false, &value), TRAP_ABORT);
    assert_int_equal(go(PAGE + 0x104, 4, true, &value), TRAP_ABORT);
    assert_int_equal(accesses, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_windows, set_up),
        cmocka_unit_test_setup(test_every_offset, set_up),
        cmocka_unit_test_setup(test_bus_abort, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
