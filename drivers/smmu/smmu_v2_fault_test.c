/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SMMUv2 driver's faults, against the model of its registers. */
#include "drivers/smmu/smmu_v2_test.h"

static void test_faults_are_told(void **state)
{
    struct smmu_fault fault;
    uint64_t out;

    (void)state;
    FOR_BOARDS(b)
    {
        add_stream(0, 2, 1, 0);
        add_stream(1, 4, 1, 0);
        bring_up(b);
        pass(0, true);
        pass(1, true);
        assert_false(take(&fault));
        (void)m_dma(4, 0x1000, true, &out);
        (void)m_dma(4, 0x2000, true, &out); /* the first stays recorded */
        assert_int_not_equal(m->interrupts & ~1u, 0);
        assert_true(take(&fault));
        assert_int_equal(fault.reason, SMMU_UNMAPPED);
        assert_false(fault.shared);
        assert_int_equal(fault.stream, 4);
        assert_true(fault.addressed && fault.write);
        assert_int_equal(fault.address, 0x1000);
        assert_false(take(&fault));
        (void)m_dma(2, UINT64_C(0x12345678000), false, &out);
        assert_true(take(&fault));
        assert_int_equal(fault.stream, 2);
        assert_false(fault.write);
        assert_int_equal(fault.address, UINT64_C(0x12345678000));
    }
}

/* One that is muted, and goes on, hides no partition's faults; what is unsupported has a name. */
static void test_a_muted_stream_hides_nothing(void **state)
{
    struct smmu_fault fault;
    uint64_t out;

    (void)state;
    for (uint32_t i = 0; i < 3; setup(NULL), i++) {
        add_stream(0, 2, 1, 0);
        bring_up(&m_boards[i]);
        pass(0, true);
        smmu_v2.mute(p, 0, 9);
        for (uint32_t n = 0; n < 3; n++) {
            expect_abort(9);
            expect_abort(9);
            (void)m_dma(2, UINT64_C(0x12345678000), false, &out);
            assert_true(take(&fault));
            assert_int_equal(fault.stream, 2);
            assert_false(take(&fault));
        }
        m->gfsr = 1u << 8; /* UUT */
        m->gfsynr1 = 2;
        assert_true(take(&fault));
        assert_int_equal(fault.reason, SMMU_FORBIDDEN);
        assert_false(fault.shared);
        assert_int_equal(fault.stream, 2);
        assert_int_equal(m->gfsr, 0);
    }
}

static void test_nobodys_stream_is_told_then_silent(void **state)
{
    struct smmu_fault fault;

    (void)state;
    for (uint32_t i = 0; i < 3; setup(NULL), i++) {
        bring_up(&m_boards[i]);
        expect_abort(9);
        assert_int_equal(m->interrupts, 1);
        assert_true(take(&fault));
        assert_int_equal(fault.reason, SMMU_NO_STREAM);
        assert_int_equal(fault.stream, 9);
        assert_int_equal(fault.address, IPA);
        assert_true(fault.write);
        assert_false(take(&fault));
        m->interrupts = 0;
        smmu_v2.mute(p, 0, 9);
        expect_abort(9);
        assert_int_equal(m->interrupts, 0);
    }
}

/* It does not come of this driver's groups, but of hardware that lost one of its bits. */
static void test_a_stream_that_two_groups_match_aborts(void **state)
{
    struct smmu_fault fault;

    (void)state;
    add_stream(0, 2, 1, 0);
    bring_up(&m_boards[0]);
    pass(0, true);
    m->smr[7] = m->smr[0];
    expect_abort(2);
    assert_true(take(&fault));
    assert_int_equal(fault.reason, SMMU_BROKEN);
}

static void test_a_fault_of_the_whole_is_shared(void **state)
{
    struct smmu_fault fault;

    (void)state;
    bring_up(&m_boards[0]);
    m->gfsr = 1u << 6; /* EF */
    assert_true(take(&fault));
    assert_int_equal(fault.reason, SMMU_BROKEN);
    assert_true(fault.shared);
    assert_false(take(&fault));
}

static void test_one_that_does_not_answer_aborts_everything(void **state)
{
    const char *why;

    (void)state;
    add_stream(0, 2, 1, 0);
    add_stream(1, 4, 1, 0);
    bring_up(&m_boards[0]);
    pass(0, true);
    pass(1, true);
    m->stuck = true;
    assert_int_equal(smmu_v2.pass(p, &p->streams[0], false), E_TIMEOUT);
    expect_abort(2);
    expect_abort(4);
    m->stuck = false;
    assert_int_equal(smmu_v2.pass(p, &p->streams[0], true), E_TIMEOUT); /* for good */
    expect_abort(2);
    setup(NULL);
    m_reset(&m_boards[0]);
    m->stuck = true;
    assert_int_equal(probe(&why), E_TIMEOUT);
    assert_string_equal(why, "it does not answer");
    expect_abort(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_faults_are_told, setup),
        cmocka_unit_test_setup(test_a_muted_stream_hides_nothing, setup),
        cmocka_unit_test_setup(test_nobodys_stream_is_told_then_silent, setup),
        cmocka_unit_test_setup(test_a_stream_that_two_groups_match_aborts, setup),
        cmocka_unit_test_setup(test_a_fault_of_the_whole_is_shared, setup),
        cmocka_unit_test_setup(test_one_that_does_not_answer_aborts_everything, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
