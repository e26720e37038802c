/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what the SMMUv3 driver tells of faults. */
#include "drivers/smmu/smmu_v3_test.h"

static void test_faults_are_told(void **state)
{
    struct smmu_fault fault;

    (void)state;
    for (uint32_t b = 0; b < BOARDS; b++) {
        start_open(&boards[b]);
        assert_aborted(3, IPA + SIZE + 8);
        fault = next_fault(SMMU_UNMAPPED, 0x10);
        assert_true(fault.addressed && fault.write && !fault.shared);
        assert_int_equal(fault.stream, 3);
        assert_int_equal(fault.address, IPA + SIZE + 8);
        assert_int_equal(model_dma(3, 0, false, false), ABORTED);
        fault = next_fault(SMMU_UNMAPPED, 0x10);
        assert_true(fault.addressed && !fault.write);
        assert_no_fault();
        pass(0, false);
        assert_int_equal(model_dma(3, 0, false, false), ABORTED);
        assert_no_fault(); /* blocked: silent */
    }
}

static void test_nobodys_streams_are_told_until_muted(void **state)
{
    (void)state;
    begin(&boards[1]);
    add_stream(0, 3, 1);
    add_stream(1, 0x203, 1);
    start();
    pass(0, true);
    assert_aborted(5, IPA);
    assert_fault(SMMU_NO_STREAM, 5, 0x04);
    smmu_v3.mute(p, 0, 5);
    assert_aborted(5, IPA);
    assert_no_fault();
    assert_aborted(0x105, IPA); /* no level-2 table */
    assert_fault(SMMU_NO_STREAM, 0x105, 0x02);
    assert_true(smmu_v3.mute(p, 0, 0x105));
    assert_aborted(0xfffe, IPA); /* nobody's is as high */
    assert_fault(SMMU_NO_STREAM, 0xfffe, 0x02);
    assert_true(smmu_v3.mute(p, 0, 0xfffe));
    for (uint32_t i = 0; i < 3; i++) { /* the second is of the first's 256 */
        assert_aborted(i == 0 ? 0x105 : i == 1 ? 0x1ff : 0xfffe, IPA);
        assert_no_fault();
    }
    assert_aborted(0x305, IPA); /* others are told as ever */
    assert_fault(SMMU_NO_STREAM, 0x305, 0x02);
    assert_false(smmu_v3.mute(p, 0, 3)); /* somebody's: as it was */
    assert_reaches(3, MEMORY_0);
}

/* The table ends before the StreamIDs do: who hears such a one limits it. */
static void test_beyond_the_table(void **state)
{
    (void)state;
    start_open(&boards[0]);
    assert_aborted(0x20000, IPA);
    assert_fault(SMMU_NO_STREAM, 0x20000, 0x02);
    assert_false(smmu_v3.mute(p, 0, 0x20000));
    assert_reaches(3, MEMORY_0);
}

static void test_translated_ones_are_forbidden(void **state)
{
    (void)state;
    start_open(&boards[0]);
    assert_int_equal(model_dma(3, MEMORY_1, true, true), ABORTED);
    assert_fault(SMMU_FORBIDDEN, 3, 0x07);
}

/* What an event is taken for; one that no SMMU of ours should record is its own failure. */
static void test_every_event_has_its_reason(void **state)
{
    static const struct {
        uint32_t first, last;
        enum smmu_reason reason;
    } cases[] = {
        {0x01, 0x01, SMMU_FORBIDDEN}, {0x02, 0x02, SMMU_NO_STREAM}, {0x03, 0x03, SMMU_BROKEN},
        {0x04, 0x04, SMMU_NO_STREAM}, {0x05, 0x08, SMMU_FORBIDDEN}, {0x09, 0x0f, SMMU_BROKEN},
        {0x10, 0x13, SMMU_UNMAPPED},  {0x14, 0xff, SMMU_BROKEN},
    };

    (void)state;
    begin(&boards[0]);
    add_stream(0, 3, 1);
    start();
    for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (uint32_t event = cases[i].first; event <= cases[i].last; event++) {
            struct smmu_fault fault;

            model_event(event, 3, IPA, true);
            fault = next_fault(cases[i].reason, event);
            assert_int_equal(fault.addressed, cases[i].reason == SMMU_UNMAPPED);
            assert_int_equal(fault.stream, 3);
        }
    }
}

static void test_what_the_queue_lost_is_told_once(void **state)
{
    (void)state;
    start_open(&boards[2]); /* four events */
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 9; i++) {
            (void)model_dma(3, i * 8, true, false);
        }
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(next_fault(SMMU_UNMAPPED, 0x10).address, i * 8);
        }
        assert_true(next_fault(SMMU_LOST, 0).shared);
        assert_no_fault();
    }
}

static void test_the_queue_wraps(void **state)
{
    (void)state;
    start_open(&boards[1]);
    for (uint64_t i = 0; i < 1000; i++) {
        (void)model_dma(3, i * 8, false, false);
        assert_int_equal(next_fault(SMMU_UNMAPPED, 0x10).address, i * 8);
        assert_no_fault();
    }
}

static void test_errors_of_the_whole_are_told(void **state)
{
    (void)state;
    begin(&boards[1]);
    add_stream(0, 3, 1);
    start();
    model->gerror ^= 0x104; /* SFM_ERR, EVENTQ_ABT_ERR */
    assert_true(next_fault(SMMU_BROKEN, 0x104).shared);
    assert_int_equal(model->gerror, model->gerrorn);
    assert_no_fault();
}

static void test_one_that_is_not_started_has_none(void **state)
{
    (void)state;
    begin(&boards[1]);
    probe();
    model->eventq_prod = 7;
    assert_no_fault();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_are_told),
        cmocka_unit_test(test_nobodys_streams_are_told_until_muted),
        cmocka_unit_test(test_beyond_the_table),
        cmocka_unit_test(test_translated_ones_are_forbidden),
        cmocka_unit_test(test_every_event_has_its_reason),
        cmocka_unit_test(test_what_the_queue_lost_is_told_once),
        cmocka_unit_test(test_the_queue_wraps),
        cmocka_unit_test(test_errors_of_the_whole_are_told),
        cmocka_unit_test(test_one_that_is_not_started_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
