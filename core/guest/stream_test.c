/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of partitions' tables for DMA, and of their streams, opened and closed. */
#include "core/guest/stream_test.h"

static void test_tables_hold_memory_alone(void **state)
{
    struct lpae_leaf leaf;

    (void)state;
    assert_true(lpae_walk(&attached[0], IPA, &leaf));
    assert_int_equal(leaf.pa, PA);
    assert_true(lpae_walk(&attached[1], IPA, &leaf));
    assert_int_equal(leaf.pa, PA + SIZE);
    assert_false(lpae_walk(&attached[0], IPA + SIZE, &leaf));
    assert_false(lpae_walk(&attached[0], IPA - 1, &leaf));
    assert_false(lpae_walk(&attached[0], 0x9000000, &leaf));
    for (uint32_t i = 0; i < 2; i++) { /* an SMMU that sees no cache finds the same */
        const struct dma_regime r = {.smmu = &ops,
                                     .stage2 = true,
                                     .ia_bits = attached[i].ia_bits,
                                     .start_level = attached[i].start_level,
                                     .root = attached[i].root.v,
                                     .vmid = i + 1};
        uint64_t out;

        assert_true(dma_translate(&r, IPA + 8, true, &out));
        assert_int_equal(out, PA + i * SIZE + 8);
        assert_false(dma_translate(&r, IPA + SIZE, false, &out));
    }
}

static void test_an_smmu_that_cannot_be_used(void **state)
{
    (void)state;
    probed = E_UNSUPPORTED;
    stream_init(p);
    assert_true(p->board.smmus[0].unusable);
    assert_log("/smmu: this SMMU cannot be used, and nobody gets a device behind it: it has no "
               "wings");
    stream_route(p, NULL);
    assert_int_equal(routed, 0);
    assert_false(stream_irq(IRQ));
    p->board.smmus[0].unusable = false;
    mapped = E_NO_SPACE;
    probed = OK;
    stream_init(p);
    assert_true(p->board.smmus[0].unusable);
}

static void test_opened_and_closed(void **state)
{
    (void)state;
    assert_true(stream_open(p, 0));
    assert_string_equal(calls, "pass(8) ");
    calls[0] = '\0';
    stream_close(p, 0);
    assert_string_equal(calls, "block(8) ");
    assert_string_equal(log_text, "");
    passed = E_TIMEOUT;
    assert_false(stream_open(p, 0));
    assert_log("bulkhead: error: a: an SMMU does not let its devices through: not started");
}

/* Where one does not let its stream through the partition does not start, and has none open. */
static void test_a_partition_behind_two_smmus(void **state)
{
    (void)state;
    p->board.smmus[p->board.smmu_count++] = (struct plan_smmu){
        .path = "/other", .ops = &ops, .stage = 1, .irq = {{IRQ + 9, true}}, .irq_count = 1};
    p->streams[p->stream_count++] = (struct plan_stream){.smmu = 1, .id = 0x40, .count = 1};
    first_run++;
    stream_build(p);
    assert_non_null(strstr(calls, "start(0) "));
    assert_non_null(strstr(calls, "start(1) attach(40) "));
    calls[0] = '\0';
    assert_true(stream_open(p, 0));
    assert_string_equal(calls, "pass(8) pass(40) ");
    assert_string_equal(log_text, "");
    passed = E_TIMEOUT;
    for (broken = 0; broken < 2; broken++) {
        calls[0] = '\0';
        assert_false(stream_open(p, 0));
        assert_string_equal(calls, "pass(8) pass(40) block(8) block(40) ");
    }
    pending = (struct smmu_fault){.reason = SMMU_UNMAPPED, .stream = 0x40};
    faults = 1;
    assert_true(stream_irq(IRQ + 9));
    assert_log("bulkhead: a: /disk: DMA fault: stream 0x40");
    faults = 1;
    assert_true(stream_irq(IRQ)); /* the same number is nobody's at the other */
    assert_log("bulkhead: /smmu: DMA fault: stream 0x40");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_tables_hold_memory_alone, set_up),
        cmocka_unit_test_setup(test_an_smmu_that_cannot_be_used, set_up),
        cmocka_unit_test_setup(test_opened_and_closed, set_up),
        cmocka_unit_test_setup(test_a_partition_behind_two_smmus, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
