/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of partition.c: what a partition may reach, its life and its end. */
#include "core/guest/partition_test.h"

/* ---- build ---- */

/* As a walker has it that does not look into caches. */
static uint64_t entry_at(uint64_t table, uint64_t index)
{
    uint64_t entry;

    memcpy(&entry, arena_poc + (table - pool_range().base) + index * sizeof(entry), sizeof(entry));
    return entry;
}

/* The descriptor that ends the hardware's walk, by DDI 0487 D8.3 alone; 0: a fault. */
static uint64_t descriptor_at(const struct lpae *t, uint64_t ia, uint64_t *size)
{
    uint32_t level = t->start_level;
    uint64_t entry = entry_at(t->root.v, ia >> (39 - 9 * level)); /* concatenated: no mask */

    while ((entry & 3) == 3 && level < 3) {
        level++;
        entry = entry_at(entry & 0xfffffffff000, ia >> (39 - 9 * level) & 511);
    }
    *size = UINT64_C(1) << (39 - 9 * level);
    return (entry & 3) == (level == 3 ? 3 : 1) ? entry : 0;
}

static bool lies_in(uint64_t address, uint64_t base, uint64_t size)
{
    return address - base < size;
}

/* What of the board's or its own `ipa` shall be: its address, or UINT64_MAX. */
static uint64_t shall_be(uint64_t ipa, bool *device)
{
    *device = false;
    if (lies_in(ipa, LOW_IPA, LOW_SIZE)) {
        return ipa - LOW_IPA + LOW_PA;
    }
    if (lies_in(ipa, TOP_IPA, TOP_SIZE)) {
        return ipa - TOP_IPA + TOP_PA;
    }
    *device = true;
    if (lies_in(ipa, 0x8010000, 0x10000)) { /* GICC: GICV is there */
        return ipa - 0x8010000 + 0x8040000;
    }
    return lies_in(ipa, 0x9010000, 0x1000) || lies_in(ipa, 0x9200000, 0x2000) ? ipa : UINT64_MAX;
}

static void it_reaches_what_it_was_given_and_nothing_else(void **state)
{
    const uint64_t xn = UINT64_C(1) << 54;
    uint64_t size;
    bool device;

    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->stage2.ia_bits, 32);
    for (uint64_t ipa = 0; ipa < UINT64_C(1) << 32; ipa += PAGE_SIZE) {
        uint64_t entry = descriptor_at(&part->stage2, ipa, &size);
        uint64_t to = shall_be(ipa, &device);

        if (entry == 0 || to == UINT64_MAX) {
            assert_true(entry == 0 && to == UINT64_MAX);
            continue;
        }
        assert_int_equal((entry & 0xfffffffff000) + ipa % size, to);
        assert_int_equal(entry >> 2 & 0xf, device ? 1 : 0xf); /* MemAttr: Device-nGnRE, Normal WB */
        assert_int_equal(entry >> 6 & 3, 3);                  /* S2AP: read, write */
        assert_int_equal(entry >> 10 & 1, 1);                 /* AF */
        assert_int_equal(entry & xn, device ? xn : 0);
    }
    assert_int_not_equal(descriptor_at(&part->stage2, LOW_IPA, &size), 0);
    assert_int_equal(size, 0x200000); /* the largest that fits */
}

/* A device that shares its page is not mapped: EL2 looks at each access. */
static void what_is_filtered_is_not_mapped(void **state)
{
    uint32_t windows;
    uint64_t size;

    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    windows = part->mmio.count;
    assert_int_equal(start_over(state), 0);
    test_plan.devices[2].filtered = 1;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->mmio.count, windows + 1);
    assert_int_equal(descriptor_at(&part->stage2, 0x9200000, &size), 0);
    assert_int_equal(descriptor_at(&part->stage2, 0x9201000, &size), 0);
    assert_int_not_equal(descriptor_at(&part->stage2, 0x9010000, &size), 0);
}

/* What lies behind a GICV that is smaller than the GICC, or behind the GICC, is nobody's. */
static void it_reaches_no_more_than_gicc_and_gicv_have(void **state)
{
    static const uint64_t sizes[][2] = {{0x10000, 0x2000}, {0x2000, 0x10000}};
    struct plan_gic *board_gic = &test_plan.board.gic;

    for (uint32_t i = 0; i < 2; i++) {
        uint64_t size;

        assert_int_equal(start_over(state), 0);
        board_gic->cpu.size = sizes[i][0];
        board_gic->virt.size = sizes[i][1];
        assert_int_equal(partition_build(part, &test_plan), OK);
        for (uint64_t at = 0; at < 0x20000; at += PAGE_SIZE) {
            uint64_t entry = descriptor_at(&part->stage2, board_gic->cpu.base + at, &size);

            assert_int_equal(entry != 0, at < 0x2000);
        }
    }
}

static void its_cpus_are_bound(void **state)
{
    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->index, ME);
    assert_ptr_equal(part->plan, me);
    for (uint32_t i = 0; i < 2; i++) {
        const struct vcpu *vcpu = &part->vcpu[i];

        assert_ptr_equal(vcpu->partition, part);
        assert_ptr_equal(vcpu->cpu, &cpus[me->cpus[i]]);
        assert_ptr_equal(vcpu->cpu->vcpu, vcpu);
        assert_int_equal(vcpu->index, i);
        assert_int_equal(vcpu->power, VCPU_OFF);
    }
    assert_null(cpus[0].vcpu);
    assert_null(cpus[2].vcpu);
}

static void its_console_is_emulated_where_it_has_one(void **state)
{
    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->mmio.count, 2);
    assert_int_equal(part->mmio.window[0].base, 0x8000000);
    assert_int_equal(part->mmio.window[1].base, 0x9000000);
    assert_int_equal(part->vuart.stream, ME);
    assert_int_equal(part->vgic.bank[1]->owned, 1u << (RTC - 32) | 1u << (CONSOLE - 32));
    memset(part, 0, sizeof(*part));
    me->console = PLAN_CONSOLE_NONE;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(part->mmio.count, 1);
    assert_int_equal(part->vgic.bank[1]->owned, 1u << (RTC - 32));
}

/* Its CPUs would raise any interrupt by it. */
static void its_frame_for_messages_is_emulated(void **state)
{
    uint64_t size;

    (void)state;
    test_plan.devices[0].msi = true;
    assert_int_equal(partition_build(part, &test_plan), OK);
    assert_int_equal(descriptor_at(&part->stage2, 0x9010000, &size), 0);
    assert_int_not_equal(descriptor_at(&part->stage2, 0x9200000, &size), 0);
    assert_int_equal(part->mmio.count, 3);
    assert_int_equal(part->mmio.window[2].base, 0x9010000);
}

static void no_page_too_few_is_overlooked(void **state)
{
    uint32_t before = arena_used;
    uint32_t needed;

    (void)state;
    assert_int_equal(partition_build(part, &test_plan), OK);
    needed = arena_used - before;
    assert_true(needed > 6 && needed < 20);
    for (uint32_t pages = 0; pages < needed; pages++) {
        memset(part, 0, sizeof(*part));
        arena_used = before;
        arena_limit = before + pages;
        assert_int_equal(partition_build(part, &test_plan), E_NO_SPACE);
    }
}

/* ---- life and end ---- */

static void leave(void *partition)
{
    partition_leave(partition);
}

static void build_both(void)
{
    test_plan.partitions[0].cpus[0] = 2;
    test_plan.partitions[0].cpu_count = 1;
    assert_int_equal(partition_build(&partitions[0], &test_plan), OK);
    build();
    partition_start(&partitions[0]);
    partition_start(part);
}

static void it_starts_at_its_entry_with_its_tree(void **state)
{
    (void)state;
    build();
    part->state = PARTITION_ENDED;
    assert_false(partition_alive(part));
    partition_start(part);
    assert_true(partition_alive(part));
    assert_false(partition_alive(&partitions[ME + 1])); /* which there is not */
    assert_int_equal(part->vcpu[0].power, VCPU_ON_PENDING);
    assert_int_equal(part->vcpu[0].entry, KERNEL_IPA + 0x40);
    assert_int_equal(part->vcpu[0].context, TREE_IPA);
    assert_int_equal(part->vcpu[0].go, 1);
    assert_int_equal(part->vcpu[1].go, 0);
    assert_int_equal(part->vcpu[1].power, VCPU_OFF);
    assert_int_equal(part->running, 1);
    assert_int_equal(host_catch(leave, part), HOST_MACHINE_OFF);
}

static void its_end_is_told_once_and_to_all_its_cpus(void **state)
{
    (void)state;
    build_both();
    part->running = 2;
    partition_end(part, "why not");
    partition_end(part, "again");
    assert_string_equal(log_text, "bulkhead: me: ends: why not\n");
    assert_false(partition_alive(part));
    assert_true(notes.kicked[3] && notes.kicked[1]);
    assert_false(notes.kicked[2] || notes.kicked[0]);
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_int_equal(part->state, PARTITION_ENDING);
    assert_int_equal(closed, 0);
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_int_equal(part->state, PARTITION_ENDED);
    assert_string_equal(log_text, "bulkhead: me: ends: why not\nbulkhead: me: is off\n");
    assert_int_equal(closed, 1u << ME);
    assert_int_equal(host_catch(leave, &partitions[0]), HOST_MACHINE_OFF);
}

static void its_interrupts_end_with_it(void **state)
{
    (void)state;
    build_both();
    notes.enabled[RTC] = notes.pending[RTC] = notes.active[RTC] = true;
    notes.enabled[CONSOLE] = true; /* EL2's own */
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_false(notes.enabled[RTC] || notes.pending[RTC] || notes.active[RTC]);
    assert_true(notes.enabled[CONSOLE]);
    assert_int_equal(host_catch(leave, &partitions[0]), HOST_MACHINE_OFF);
}

static void the_last_one_turns_the_machine_off(void **state)
{
    (void)state;
    build_both();
    plan.board.psci = true;
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_int_equal(flushes, 0);
    assert_true(partition_alive(&partitions[0]));
    assert_int_equal(host_catch(leave, &partitions[0]), HOST_MACHINE_OFF);
    assert_int_equal(flushes, 1); /* all of this is seen: */
    assert_string_equal(log_text, "bulkhead: me: ends: all its CPUs are off\n"
                                  "bulkhead: me: is off\n"
                                  "bulkhead: other: ends: all its CPUs are off\n"
                                  "bulkhead: other: is off\n"
                                  "bulkhead: all partitions are off: machine off\n");
}

/* A Raspberry Pi's firmware has nothing that would. */
static void without_psci_the_machine_stays_on(void **state)
{
    (void)state;
    build_both();
    plan.board.psci = false;
    assert_int_equal(host_catch(leave, part), HOST_RETURNED);
    assert_int_equal(host_catch(leave, &partitions[0]), HOST_MACHINE_OFF);
    assert_log("bulkhead: all partitions are off; without PSCI the machine stays on\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_reaches_what_it_was_given_and_nothing_else),
        TEST(what_is_filtered_is_not_mapped),
        TEST(it_reaches_no_more_than_gicc_and_gicv_have),
        TEST(its_cpus_are_bound),
        TEST(its_console_is_emulated_where_it_has_one),
        TEST(its_frame_for_messages_is_emulated),
        TEST(no_page_too_few_is_overlooked),
        TEST(it_starts_at_its_entry_with_its_tree),
        TEST(its_end_is_told_once_and_to_all_its_cpus),
        TEST(its_interrupts_end_with_it),
        TEST(the_last_one_turns_the_machine_off),
        TEST(without_psci_the_machine_stays_on),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
