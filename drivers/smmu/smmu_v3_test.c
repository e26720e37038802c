/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SMMUv3 driver against a model of it, with ID registers of many kinds. */
#include "drivers/smmu/smmu_v3_test.h"

/* ---- what every one does ---- */

static void test_nothing_passes_from_the_probe_on(void **state)
{
    (void)state;
    for (uint32_t b = 0; b < BOARDS; b++) {
        begin(&boards[b]);
        assert_int_equal(model_dma(1, MEMORY_0, true, false), MEMORY_0); /* as it was left */
        probe();
        assert_aborted(1, MEMORY_0);
        add_stream(0, 1, 1);
        start();
        for (uint32_t s = 0; s < 4; s++) {
            assert_aborted(s, IPA);
            assert_int_equal(model_dma(s, IPA, true, true), ABORTED);
        }
    }
}

static void test_what_firmware_left_on_is_taken_over(void **state)
{
    (void)state;
    begin(&boards[1]);
    model->cr0 = model->cr0ack = 0xd;
    model->irq_ctrl = 5;
    model->gerror = 0x104;
    dma_tlb[0] = (struct dma_entry){.smmu = model,
                                    .vmid = 1,
                                    .global = true,
                                    .write = true,
                                    .ia = IPA,
                                    .pa = MEMORY_1,
                                    .size = SIZE};
    probe();
    assert_int_equal(model->cr0 | model->irq_ctrl, 0);
    assert_aborted(1, MEMORY_0);
    add_stream(0, 1, 1);
    start();
    assert_int_equal(model->gerrorn, 0x104);
    assert_int_equal(model->irq_ctrl, 5);
    pass(0, true);
    assert_reaches(1, MEMORY_0); /* not where the firmware's translation led */
}

static void test_the_plan_learns_what_it_is(void **state)
{
    (void)state;
    for (uint32_t b = 0; b < BOARDS; b++) {
        begin(&boards[b]);
        probe();
        assert_int_equal(p->board.smmus[0].stage, boards[b].s2 ? 2 : 1);
        assert_int_equal(p->board.smmus[0].oas_bits, model_oas[boards[b].oas]);
        assert_int_equal(p->board.smmus[0].sid_bits, boards[b].sidsize);
    }
    begin(&(struct model_id){
        .s2 = true, .coherent = true, .sidsize = 6, .cmdqs = 8, .eventqs = 7, .oas = 6});
    probe();
    assert_int_equal(p->board.smmus[0].oas_bits, 48); /* more wants pages of 64 KiB */
}

/* bulkhead-check has no SMMU to ask: what it counts is enough on any of two levels. */
static void test_counted_before_it_is_known(void **state)
{
    (void)state;
    for (uint32_t b = 0; b < BOARDS; b++) {
        uint64_t unknown;

        begin(&boards[b]);
        add_stream(0, 3, 1);
        unknown = smmu_v3.pages(p, 0);
        start();
        assert_true(unknown >= smmu_v3.pages(p, 0));
    }
}

static void test_each_reaches_its_memory_alone(void **state)
{
    (void)state;
    for (uint32_t b = 0; b < BOARDS; b++) {
        start_two(&boards[b]);
        pass(0, true);
        assert_int_equal(model_dma(3, IPA + 0x1234, true, false), MEMORY_0 + 0x1234);
        for (uint32_t s = 8; s < 12; s++) {
            assert_aborted(s, IPA);
        }
        pass(1, true);
        for (uint32_t s = 0; s < 16; s++) {
            uint64_t to = s == 3 ? MEMORY_0 : s >= 8 && s < 12 ? MEMORY_1 : ABORTED;

            assert_int_equal(model_dma(s, IPA, false, false), to);
            assert_aborted(s, IPA + SIZE);
            assert_aborted(s, MEMORY_1);
            assert_aborted(s, BASE);
            assert_aborted(s, UINT64_MAX & ~7ull);
        }
        pass(0, false);
        assert_aborted(3, IPA);
        assert_reaches(9, MEMORY_1);
        pass(0, true);
        assert_reaches(3, MEMORY_0);
    }
}

/* Where the tree and the SMMU do not agree, its own accesses are as if it saw no cache. */
static void test_coherent_is_what_both_say(void **state)
{
    (void)state;
    for (uint32_t b = 1; b <= 2; b++) {
        begin(&boards[b]);
        p->board.smmus[0].coherent = !boards[b].coherent;
        model->id.coherent = false;
        add_stream(0, 3, 1);
        if (b == 1) {
            model->id.cohacc = true;
        }
        start();
        pass(0, true);
        assert_reaches(3, MEMORY_0);
        assert_int_equal(model->cr1, 0x820);
    }
}

/* Of a host bridge with 256 buses: tables for whole spans are shared, or it would take 4 MiB. */
static void test_all_functions_of_a_bridge(void **state)
{
    (void)state;
    begin(&boards[1]);
    add_stream(0, 0x10, 0xfff0 - 0x88);
    add_stream(1, 0xff80, 0x80);
    start();
    pass(0, true);
    for (uint32_t s = 0; s < 0x10000; s += s < 0x300 || s > 0xfe00 ? 1 : 0x37) {
        bool first = s >= 0x10 && s < 0xff78;

        assert_reaches(s, first ? MEMORY_0 : ABORTED);
        model_forget(0, UINT32_MAX);
    }
    pass(1, true);
    assert_reaches(0xff80, MEMORY_1);
    pass(0, false);
    for (uint32_t s = 0; s < 0x10000; s += 0x101) {
        assert_reaches(s, s >= 0xff80 ? MEMORY_1 : ABORTED);
        model_forget(0, UINT32_MAX);
    }
    assert_true(pages_used < 40);
}

/* ---- what cannot be used ---- */

static void assert_not_probed(enum status status, const char *what)
{
    const char *why = "";

    assert_int_equal(smmu_v3.probe(p, 0, &why), status);
    if (strstr(why, what) == NULL) {
        fail_msg("it is for \"%s\", not for \"%s\"", why, what);
    }
}

/* A good one with a change. */
#define assert_lacks(change, what)                                                                 \
    do {                                                                                           \
        struct model_id id = boards[1];                                                            \
                                                                                                   \
        change;                                                                                    \
        begin(&id);                                                                                \
        assert_not_probed(E_UNSUPPORTED, what);                                                    \
        assert_aborted(1, MEMORY_0); /* all the same */                                            \
    } while (0)

static void test_what_it_lacks_is_told(void **state)
{
    (void)state;
    assert_lacks(id.s1 = id.s2 = false, "AArch64 tables");
    assert_lacks(id.aarch32_only = true, "AArch64 tables");
    assert_lacks(id.endian = 3, "big-endian");
    assert_lacks(id.stall = 2, "stalls");
    assert_lacks(id.preset = true, "where it wants them");
    assert_lacks(id.cmdqs = 1, "command queue");
    assert_lacks(id.no_4k = true, "4 KiB");
    for (uint64_t size = 0x800; size <= 0x10000; size *= 2) {
        begin(&boards[1]);
        model->cr0 = model->cr0ack = 0xd; /* as a firmware left it: translating */
        p->board.smmus[0].mmio.size = size;
        assert_not_probed(E_UNSUPPORTED, "128 KiB");
        assert_int_equal(model->cr0, size < PAGE_SIZE ? 0xd : 0); /* GBPA and CR0 are there */
        if (size >= PAGE_SIZE) {
            assert_aborted(1, MEMORY_0);
        }
    }
}

static void test_one_that_does_not_answer(void **state)
{
    (void)state;
    begin(&boards[1]);
    model->gbpa_stuck = true;
    assert_not_probed(E_TIMEOUT, "");
    begin(&boards[1]);
    model->cr0ack = 1;
    model->cr0_stuck = true;
    assert_not_probed(E_TIMEOUT, "does not answer");
    begin(&boards[1]);
    add_stream(0, 1, 1);
    probe();
    model->commands_stuck = true;
    assert_int_equal(smmu_v3.start(p, 0), E_TIMEOUT);
    assert_int_equal(smmu_v3.pass(p, &p->streams[0], true), E_TIMEOUT);
    assert_aborted(1, IPA);
}

/* It is shut whole: what cannot be told to abort must not go on. */
static void assert_shut(enum status status)
{
    assert_int_equal(smmu_v3.pass(p, &p->streams[0], false), status);
    assert_int_equal(model->cr0 & 1, 0);
    for (uint32_t s = 0; s < 16; s++) {
        assert_aborted(s, IPA);
    }
    assert_int_equal(smmu_v3.pass(p, &p->streams[1], true), E_TIMEOUT); /* for ever */
    assert_aborted(8, IPA);
}

static void test_one_that_obeys_no_more_is_shut(void **state)
{
    (void)state;
    for (uint32_t how = 0; how < 2; how++) {
        start_two(&boards[1]);
        pass(0, true);
        pass(1, true);
        model->commands_stuck = how == 0;
        model->refuse = how == 0 ? 0 : 0x03;
        assert_shut(how == 0 ? E_TIMEOUT : E_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_passes_from_the_probe_on),
        cmocka_unit_test(test_what_firmware_left_on_is_taken_over),
        cmocka_unit_test(test_the_plan_learns_what_it_is),
        cmocka_unit_test(test_counted_before_it_is_known),
        cmocka_unit_test(test_each_reaches_its_memory_alone),
        cmocka_unit_test(test_coherent_is_what_both_say),
        cmocka_unit_test(test_all_functions_of_a_bridge),
        cmocka_unit_test(test_what_it_lacks_is_told),
        cmocka_unit_test(test_one_that_does_not_answer),
        cmocka_unit_test(test_one_that_obeys_no_more_is_shut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
