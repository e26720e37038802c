/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SMMUv2 driver against a model of its registers, with ID registers of many kinds. */
#include "drivers/smmu/smmu_v2_test.h"

static void test_nothing_passes_from_the_first_moment(void **state)
{
    const char *why;
    uint64_t out;

    (void)state;
    FOR_BOARDS(b)
    {
        m_reset(b);
        assert_int_equal(m_dma(2, IPA, true, &out), DMA_BYPASSED); /* the firmware's */
        assert_int_equal(probe(&why), OK);
        for (uint32_t stream = 0; stream < (b->exids ? 0x10000u : 1u << b->sid_bits); stream++) {
            expect_abort(stream);
        }
        assert_int_equal(m->interrupts, 0); /* nobody would hear it yet */
        assert_true(m->invalidations >= 2); /* nothing of the firmware's lives on */
        assert_int_equal(m->cr0 >> 12 & 1, 1);
        for (uint32_t n = 0; n < b->banks; n++) {
            assert_int_equal(m->bank[n].sctlr, 0);
        }
    }
}

static void test_partitions_reach_their_own_memory(void **state)
{
    (void)state;
    FOR_BOARDS(b)
    {
        uint32_t big = b->exids ? 0x8000 : 1u << (b->sid_bits - 1);

        add_stream(2, 1, 1, 0); /* the refused partition's */
        add_stream(0, 2, 1, 0);
        add_stream(1, big, 1, 0);
        bring_up(b);
        expect_abort(2);
        expect_abort(big);
        assert_int_equal(m->interrupts, 0); /* nobody is told of what waits */
        pass(1, true);
        expect_reaches(2, MEMORY_0);
        expect_abort(big);
        pass(2, true);
        expect_reaches(big, MEMORY_1);
        expect_reaches(2, MEMORY_0);
        expect_abort(1);
        expect_abort(3);
        pass(1, false);
        expect_abort(2);
        expect_reaches(big, MEMORY_1);
    }
}

static void test_runs_and_masks(void **state)
{
    uint32_t groups = 0;

    (void)state;
    FOR_BOARDS(b)
    {
        add_stream(0, 3, 10, 0);     /* 3, 4-7, 8-11, 12 */
        add_stream(1, 0x10, 1, 0x6); /* 10, 12, 14, 16 */
        bring_up(b);
        groups = stream_groups(&p->streams[0]);
        pass(0, true);
        pass(1, true);
        expect_abort(2);
        for (uint32_t stream = 3; stream < 13; stream++) {
            expect_reaches(stream, MEMORY_0);
        }
        expect_abort(13);
        for (uint32_t stream = 0x10; stream < 0x18; stream++) {
            if (stream % 2 == 0) {
                expect_reaches(stream, MEMORY_1);
            } else {
                expect_abort(stream);
            }
        }
        pass(0, false);
        expect_abort(3);
        expect_abort(12);
        expect_reaches(0x16, MEMORY_1);
    }
    assert_int_equal(groups, 4);
}

/* Two devices that share a stream, both of one partition: one group, or the hardware faults. */
static void test_a_shared_stream_has_one_group(void **state)
{
    (void)state;
    FOR_BOARDS(b)
    {
        add_stream(0, 5, 1, 0);
        add_device(0);
        add_stream(3, 5, 1, 0);
        add_stream(1, 6, 1, 0);
        bring_up(b);
        for (uint32_t i = 0; i < 3; i++) {
            pass(i, true);
        }
        expect_reaches(5, MEMORY_0);
        expect_reaches(6, MEMORY_1);
        if (b->groups != 0) {
            assert_int_equal(m->s2cr[2] >> 16 & 3, 2); /* still nobody's */
        }
    }
}

static void expect_lacking(const struct m_id *id, uint64_t size, const char *what)
{
    const char *why;

    setup(NULL);
    smmu()->mmio.size = size;
    m_reset(id);
    assert_int_equal(probe(&why), E_UNSUPPORTED);
    assert_non_null(why);
    if (strstr(why, what) == NULL) {
        fail_msg("%s", why);
    }
}

static void test_what_it_lacks_is_told(void **state)
{
    struct m_id id = m_boards[0];

    (void)state;
    expect_lacking(&id, 0x7f0000, "IDR1 tells (reg)");
    expect_abort(2); /* all the same, and what matched no group */
    expect_abort(0x7000);
    expect_lacking(&id, PAGE_SIZE, "IDR1 tells (reg)");
    expect_abort(2);
    id.pages_4k = id.stage2 = false;
    expect_lacking(&id, 0x4000000, "PTFSv8_4kB");
    expect_abort(2); /* all the same */
    id.stage2 = id.no_aarch32 = true;
    expect_lacking(&id, 0x4000000, "PTFSv8_4kB");
    id = m_boards[0];
    id.banks = 1;
    expect_lacking(&id, 0x4000000, "NUMCB");
    id = m_boards[0];
    id.stage1 = id.stage2 = false;
    expect_lacking(&id, 0x4000000, "IDR0");
    setup(NULL);
    smmu()->mmio.size = 0x800;
    {
        const char *why;

        assert_int_equal(probe(&why), E_UNSUPPORTED); /* and no register was touched */
        assert_string_equal(why, "its registers are less than a page (reg)");
    }
}

static void test_features_are_told_to_the_plan(void **state)
{
    static const uint8_t oas[] = {48, 48, 40, 42, 44, 40, 48};
    static const uint8_t sid[] = {15, 15, 7, 5, 16, 15, 10};
    static const uint32_t contexts[] = {63, 15, 2, 7, 7, 7, 5};
    static const uint32_t groups[] = {128, 48, 8, 0, 32, 32, 16};
    uint32_t i = 0;

    (void)state;
    FOR_BOARDS(b)
    {
        const char *why;

        m_reset(b);
        assert_int_equal(probe(&why), OK);
        assert_int_equal(smmu()->oas_bits, oas[i]);
        assert_int_equal(smmu()->sid_bits, sid[i]);
        assert_int_equal(smmu()->contexts, contexts[i]);
        assert_int_equal(smmu()->groups, groups[i]);
        assert_int_equal(smmu()->stage, b->stage2 ? 2 : 1);
        i++;
    }
}

/* Errata 826419, 841119, 842869; from r2 on the register is locked first. */
static void test_mmu_500_does_not_prefetch(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; setup(NULL), i++) {
        bring_up(&m_boards[i]);
        for (uint32_t n = 0; n < m->id.banks; n++) {
            assert_int_equal(m->bank[n].actlr & 2, 0);
        }
    }
    bring_up(&m_boards[3]); /* no MMU-500: its ACTLR is none of ours */
    assert_int_equal(m->bank[1].actlr, 2);
}

/* Walks of an SMMU that sees no cache are told so. */
static void test_walks_are_as_coherent_as_both_say(void **state)
{
    (void)state;
    add_stream(0, 2, 1, 0);
    bring_up(&m_boards[0]);
    assert_int_equal(m->bank[1].tcr >> 8 & 0x3f, 0x35); /* write-back, inner shareable */
    setup(NULL);
    smmu()->coherent = false; /* no dma-coherent in the tree */
    add_stream(0, 2, 1, 0);
    bring_up(&m_boards[0]);
    assert_int_equal(m->bank[1].tcr >> 8 & 0x3f, 0x20);
    setup(NULL);
    add_stream(0, 2, 1, 0);
    bring_up(&m_boards[1]); /* IDR0.CTTW 0 */
    assert_int_equal(m->bank[1].tcr >> 8 & 0x3f, 0x20);
    assert_int_equal(m->bank[1].cbar & 0xff, 1); /* VMID */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_passes_from_the_first_moment, setup),
        cmocka_unit_test_setup(test_partitions_reach_their_own_memory, setup),
        cmocka_unit_test_setup(test_runs_and_masks, setup),
        cmocka_unit_test_setup(test_a_shared_stream_has_one_group, setup),
        cmocka_unit_test_setup(test_what_it_lacks_is_told, setup),
        cmocka_unit_test_setup(test_features_are_told_to_the_plan, setup),
        cmocka_unit_test_setup(test_mmu_500_does_not_prefetch, setup),
        cmocka_unit_test_setup(test_walks_are_as_coherent_as_both_say, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
