/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SMMUv2 driver against a model of its registers, with ID registers of many kinds. */
#include "drivers/smmu/smmu_v2_model_test.h"

#include "core/memory/pool.h"
#include "core/plan/dt.h"
#include "core/plan/plan.h"

#define IPA      UINT64_C(0x40000000)
#define SIZE     UINT64_C(0x200000)
#define MEMORY_0 UINT64_C(0x80000000)
#define MEMORY_1 UINT64_C(0x90000000)
#define REFUSED  1u /* a partition of no consequence, between the two others */

/* A pool of our own, that starts anew with each test. */
static uint8_t ram[64][PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t pages_used;

static struct lpae tables[3];
static struct plan *const p = &plan;

static struct plan_smmu *smmu(void)
{
    return &p->board.smmus[0];
}

/* Instead of the library's: */
void *pool_take(uint32_t pages)
{
    void *taken = ram[pages_used];

    pages_used += pages;
    assert_true(pages_used <= sizeof(ram) / sizeof(*ram));
    memset(taken, 0, pages * PAGE_SIZE);
    return taken;
}

uint32_t pool_left(void)
{
    return 0;
}

/* the plan has no tree here. */
bool dt_compatible(const void *fdt, int node, const char *const *list)
{
    (void)fdt;
    (void)node;
    return (strcmp(list[0], "arm,mmu-500") == 0 && m->id.mmu_500 != 0) ||
           (strcmp(list[0], "arm,smmu-v1") == 0 && m->id.v1);
}

static void add_stream(int device, uint32_t id, uint32_t count, uint32_t mask)
{
    p->streams[p->stream_count++] =
        (struct plan_stream){.id = id, .count = count, .mask = mask, .device = device};
}

static void add_device(int partition)
{
    p->devices[p->device_count++].partition = partition;
}

static int setup(void **state)
{
    (void)state;
    host_reset();
    pages_used = 0;
    memset(p, 0, sizeof(*p));
    p->partition_count = 3;
    p->partitions[REFUSED].refused = true;
    p->board.smmu_count = 1;
    p->board.timer_hz = 62500000;
    *smmu() = (struct plan_smmu){.path = "/smmu@2b400000",
                                 .mmio = {M_BASE, 0x2000000},
                                 .irq_count = 2,
                                 .context_irqs = CONFIG_MAX_PARTITIONS + 1,
                                 .coherent = true};
    add_device(0);
    add_device(2);
    add_device(REFUSED);
    return 0;
}

static void make_table(uint32_t n, uint64_t to)
{
    bool stage1 = smmu()->stage == 1;

    assert_int_equal(lpae_init(&tables[n], stage1 ? LPAE_DMA_STAGE1 : LPAE_STAGE2, 32), OK);
    assert_int_equal(lpae_map(&tables[n], IPA, pa(to), SIZE, stage1 ? LPAE_DATA : LPAE_RAM), OK);
    lpae_clean(&tables[n]);
}

static enum status probe(const char **why)
{
    *why = NULL;
    return smmu_v2.probe(p, 0, why);
}

/* Everything up to attached: two partitions' tables, the streams of the plan. */
static void bring_up(const struct m_id *id)
{
    const char *why;

    m_reset(id);
    assert_int_equal(probe(&why), OK);
    assert_null(why);
    make_table(0, MEMORY_0);
    make_table(2, MEMORY_1);
    assert_int_equal(smmu_v2.start(p, 0), OK);
    for (uint32_t i = 0; i < p->stream_count; i++) {
        int owner = p->devices[p->streams[i].device].partition;

        if (!p->partitions[owner].refused) {
            assert_int_equal(
                smmu_v2.attach(p, &p->streams[i], &tables[owner], (uint8_t)(owner + 1)), OK);
        }
    }
}

static void pass(uint32_t stream, bool on)
{
    uint32_t syncs = m->syncs;

    assert_int_equal(smmu_v2.pass(p, &p->streams[stream], on), OK);
    assert_true(m->syncs > syncs); /* it is in force */
    assert_int_equal(m->vmid_forgotten, p->devices[p->streams[stream].device].partition + 1);
}

static void expect_abort(uint32_t stream)
{
    uint64_t out;

    assert_int_equal(m_dma(stream, IPA, true, &out), DMA_ABORTED);
    assert_int_equal(m_dma(stream, IPA, false, &out), DMA_ABORTED);
}

static void expect_reaches(uint32_t stream, uint64_t memory)
{
    uint64_t out;

    assert_int_equal(m_dma(stream, IPA + 0x1238, true, &out), DMA_TRANSLATED);
    assert_int_equal(out, memory + 0x1238);
    assert_int_equal(m_dma(stream, IPA + SIZE - 1, false, &out), DMA_TRANSLATED);
    assert_int_equal(out, memory + SIZE - 1);
    assert_int_equal(m_dma(stream, IPA + SIZE, false, &out), DMA_ABORTED);
    assert_int_equal(m_dma(stream, IPA - 1, true, &out), DMA_ABORTED);
    assert_int_equal(m_dma(stream, UINT64_C(1) << 40, true, &out), DMA_ABORTED);
}

static bool take(struct smmu_fault *fault)
{
    memset(fault, 0xff, sizeof(*fault));
    return smmu_v2.take_fault(p, 0, fault);
}

/* ---- tests ---- */

#define FOR_BOARDS(b)                                                                              \
    for (const struct m_id *b = m_boards; b < m_boards + sizeof(m_boards) / sizeof(*m_boards);     \
         setup(NULL), b++)

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
        cmocka_unit_test_setup(test_faults_are_told, setup),
        cmocka_unit_test_setup(test_a_muted_stream_hides_nothing, setup),
        cmocka_unit_test_setup(test_nobodys_stream_is_told_then_silent, setup),
        cmocka_unit_test_setup(test_a_stream_that_two_groups_match_aborts, setup),
        cmocka_unit_test_setup(test_a_fault_of_the_whole_is_shared, setup),
        cmocka_unit_test_setup(test_one_that_does_not_answer_aborts_everything, setup),
        cmocka_unit_test_setup(test_what_it_lacks_is_told, setup),
        cmocka_unit_test_setup(test_features_are_told_to_the_plan, setup),
        cmocka_unit_test_setup(test_mmu_500_does_not_prefetch, setup),
        cmocka_unit_test_setup(test_walks_are_as_coherent_as_both_say, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
