/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of DMA faults: how they are named, counted, blocked, and told from forged interrupts. */
#include "core/guest/stream_test.h"

static uint32_t lines(const char *text)
{
    uint32_t n = 0;

    for (const char *at = strstr(log_text, text); at != NULL; at = strstr(at + 1, text)) {
        n++;
    }
    return n;
}

static uint32_t empties(uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        assert_true(interrupt(0, SMMU_UNMAPPED, 0));
    }
    return silenced;
}

static void test_a_fault_is_named(void **state)
{
    (void)state;
    stream_route(p, NULL);
    assert_int_equal(routed, IRQ);
    assert_false(stream_irq(IRQ + 1));
    assert_true(interrupt(9, SMMU_UNMAPPED, 1));
    assert_log("bulkhead: a: /disk: DMA fault: stream 0x9 (function 01:01.1) writes 0x1234: not "
               "its memory (code 0x10)\n");
    assert_string_equal(calls, ""); /* the device goes on */
    stream_close(p, 0);
    assert_log("bulkhead: a: its devices had 1 DMA faults\n");
}

static void test_a_few_are_told_a_second(void **state)
{
    (void)state;
    (void)interrupt(9, SMMU_UNMAPPED, 20);
    assert_int_equal(lines("DMA fault"), 4);
    host.counter += HZ;
    (void)interrupt(9, SMMU_UNMAPPED, 1);
    assert_log("(code 0x10); 16 more before it\n");
    assert_int_equal(lines("DMA fault"), 5);
}

static void test_one_that_does_not_stop_is_blocked(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 7; i++) {
        (void)interrupt(9, SMMU_UNMAPPED, 32);
        assert_int_equal(agains, i + 1); /* there may be more */
    }
    (void)interrupt(9, SMMU_UNMAPPED, 31);
    assert_string_equal(calls, "");
    (void)interrupt(9, SMMU_UNMAPPED, 1);
    assert_string_equal(calls, "block(8) ");
    assert_log("; all its DMA is blocked now\n");
    host.counter += HZ;
    for (uint32_t i = 0; i < 10; i++) {
        (void)interrupt(9, SMMU_UNMAPPED, 32); /* on their way: it is blocked once */
    }
    assert_string_equal(calls, "block(8) ");
}

/* However many functions a partition has, EL2 hears of no more faults than of one. */
static void test_many_that_do_not_stop_are_blocked(void **state)
{
    (void)state;
    p->devices[1].partition = 0;
    for (uint32_t i = 0; i < 8; i++) {
        (void)interrupt(9, SMMU_UNMAPPED, 16);
        (void)interrupt(0x20, SMMU_UNMAPPED, i < 7 ? 16 : 15);
    }
    assert_string_equal(calls, "");
    (void)interrupt(0x20, SMMU_UNMAPPED, 1);
    assert_string_equal(calls, "block(20) ");
    (void)interrupt(9, SMMU_UNMAPPED, 2); /* whoever else goes on within that second */
    assert_string_equal(calls, "block(20) block(8) ");
}

/* Faults of one explain interrupts of the other, where they have the same. */
static void test_two_smmus_of_one_interrupt(void **state)
{
    (void)state;
    p->board.smmus[p->board.smmu_count++] = (struct plan_smmu){
        .path = "/other", .ops = &ops, .stage = 2, .irq = {{IRQ, false}}, .irq_count = 1};
    for (uint32_t i = 0; i < 300; i++) {
        assert_true(interrupt(9, SMMU_UNMAPPED, 1));
    }
    assert_int_equal(silenced, 0);
    assert_int_equal(empties(256 + 32), IRQ);
    assert_log("bulkhead: /smmu: interrupt 74 came 256 times in a second without a fault");
    assert_log(
        "bulkhead: /other: shares interrupt 74 with /smmu: it is not heard by that either\n");
}

/* A device with several streams is blocked in all of them, at all SMMUs; its neighbour is not. */
static void test_a_device_is_blocked_whole(void **state)
{
    (void)state;
    p->board.smmus[p->board.smmu_count++] = (struct plan_smmu){
        .path = "/other", .ops = &ops, .stage = 2, .irq = {{IRQ + 9, true}}, .irq_count = 1};
    p->streams[p->stream_count++] = (struct plan_stream){.smmu = 1, .id = 0x40, .count = 1};
    p->devices[p->device_count++] = (struct plan_device){.path = "/usb"};
    p->streams[p->stream_count++] = (struct plan_stream){.id = 0x48, .count = 1, .device = 2};
    first_run += 2;
    p->partitions[0].block_faults = true;
    (void)interrupt(9, SMMU_UNMAPPED, 1);
    assert_log("/disk: DMA fault: stream 0x9");
    assert_log("; all its DMA is blocked now\n");
    assert_string_equal(calls, "block(8) block(40) ");
}

static void test_blocked_at_once_where_that_is_wanted(void **state)
{
    (void)state;
    p->partitions[0].block_faults = true;
    (void)interrupt(9, SMMU_UNMAPPED, 2);
    assert_string_equal(calls, "block(8) ");
    (void)interrupt(0x20, SMMU_UNMAPPED, 1); /* the other's goes on */
    assert_string_equal(calls, "block(8) ");
    assert_log("bulkhead: b: /net: DMA fault: stream 0x20 writes");
}

static void test_nobodys_is_told_once(void **state)
{
    (void)state;
    (void)interrupt(0x55, SMMU_NO_STREAM, 1);
    assert_log("bulkhead: /smmu: DMA fault: stream 0x55 writes 0x1234: nobody's device (code "
               "0x10); told once\n");
    assert_string_equal(calls, "mute(55) ");
    p->partitions[1].refused = true; /* its devices are nobody's */
    (void)interrupt(0x20, SMMU_UNMAPPED, 1);
    assert_int_equal(mutes, 2);
}

/* One that cannot be muted, and does not stop: a few are told, then the SMMU is not heard. */
static void test_nobodys_without_an_end(void **state)
{
    (void)state;
    cannot_mute = true;
    for (uint32_t i = 0; i < 7; i++) {
        assert_true(interrupt(0x55, SMMU_NO_STREAM, 32));
    }
    assert_int_equal(lines("DMA fault"), 4);
    assert_log("nobody's device (code 0x10)\n");
    assert_int_equal(silenced, 0);
    assert_true(interrupt(0x55, SMMU_NO_STREAM, 100));
    assert_log("/smmu: 256 faults in a second that are no partition's: it is heard no more;");
    assert_int_equal(silenced, IRQ);
    assert_int_equal(faults, 100 - 32);
    assert_true(interrupt(9, SMMU_UNMAPPED, 1));
    assert_int_equal(faults, 1);
}

/* Nothing is lost but reports: that interrupt alone is off, and others of the SMMU are heard. */
static void test_interrupts_without_a_fault(void **state)
{
    (void)state;
    p->board.smmus[0].irq[1] = (struct plan_irq){IRQ + 3, true};
    p->board.smmus[0].irq_count = 2;
    assert_int_equal(empties(255), 0);
    host.counter += HZ;
    assert_int_equal(empties(255), 0); /* in another second */
    assert_string_equal(log_text, "");
    assert_int_equal(empties(1), IRQ);
    assert_log("bulkhead: /smmu: interrupt 74 came 256 times in a second without a fault: it is "
               "heard no more; what it guards stays guarded\n");
    pending = (struct smmu_fault){.reason = SMMU_UNMAPPED, .stream = 9};
    faults = 1;
    assert_true(stream_irq(IRQ + 3));
    assert_log("bulkhead: a: /disk: DMA fault: stream 0x9");
    silenced = 0;
    for (uint32_t i = 0; i < 300; i++) {
        assert_true(stream_irq(IRQ + 3));
    }
    assert_int_equal(silenced, IRQ + 3);
}

/* A fault may be told before the interrupt for it is taken; as many as one interrupt tells. */
static void test_faults_explain_interrupts(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        (void)interrupt(9, SMMU_UNMAPPED, 1);
    }
    assert_int_equal(empties(32 + 255), 0);
    assert_int_equal(empties(1), IRQ);
}

/* Whose devices may write to the frame that raises an SMMU's interrupt is stopped first. */
static void test_who_forges_interrupts_is_blocked(void **state)
{
    struct plan_device *frame = &p->devices[p->device_count++];

    (void)state;
    *frame =
        (struct plan_device){.path = "/v2m", .msi = true, .msi_first = IRQ - 3, .msi_count = 4};
    assert_int_equal(empties(256), 0);
    assert_string_equal(calls, "block(8) ");
    assert_log("bulkhead: a: /v2m: raises interrupt 74 of /smmu, 256 times in a second without a "
               "fault: all DMA of its partition is blocked now\n");
    (void)interrupt(0x20, SMMU_UNMAPPED, 1); /* the other's faults are told */
    assert_log("bulkhead: b: /net: DMA fault: stream 0x20");
    host.counter += HZ;
    assert_int_equal(empties(256), IRQ); /* it was not its DMA */
    frame->partition = 1;
    frame->msi_count = 3; /* not that one */
    silenced = 0;
    assert_int_equal(empties(256), IRQ);
    frame->msi_count = 4;
    p->partitions[1].refused = true; /* it never ran */
    silenced = 0;
    assert_int_equal(empties(256), IRQ);
    assert_string_equal(calls, "block(8) ");
}

/* All functions of a partition together have as many lines as one. */
static void test_many_devices_of_one_partition(void **state)
{
    (void)state;
    p->devices[1].partition = 0;
    (void)interrupt(9, SMMU_UNMAPPED, 3);
    (void)interrupt(0x20, SMMU_UNMAPPED, 3);
    assert_int_equal(lines("DMA fault"), 4);
}

static void test_a_fault_of_the_whole(void **state)
{
    (void)state;
    pending = (struct smmu_fault){.reason = SMMU_BROKEN, .shared = true, .code = 4};
    faults = 1;
    assert_true(stream_irq(IRQ));
    assert_log("bulkhead: /smmu: the SMMU stumbled (code 0x4)\n");
    assert_string_equal(calls, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_fault_is_named, set_up),
        cmocka_unit_test_setup(test_a_few_are_told_a_second, set_up),
        cmocka_unit_test_setup(test_one_that_does_not_stop_is_blocked, set_up),
        cmocka_unit_test_setup(test_many_that_do_not_stop_are_blocked, set_up),
        cmocka_unit_test_setup(test_two_smmus_of_one_interrupt, set_up),
        cmocka_unit_test_setup(test_a_device_is_blocked_whole, set_up),
        cmocka_unit_test_setup(test_blocked_at_once_where_that_is_wanted, set_up),
        cmocka_unit_test_setup(test_nobodys_is_told_once, set_up),
        cmocka_unit_test_setup(test_a_fault_of_the_whole, set_up),
        cmocka_unit_test_setup(test_many_devices_of_one_partition, set_up),
        cmocka_unit_test_setup(test_interrupts_without_a_fault, set_up),
        cmocka_unit_test_setup(test_faults_explain_interrupts, set_up),
        cmocka_unit_test_setup(test_who_forges_interrupts_is_blocked, set_up),
        cmocka_unit_test_setup(test_nobodys_without_an_end, set_up), /* last: it stays so */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
