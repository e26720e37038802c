/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of a board with two SMMUv2 and two SMMUv3: a partition has devices behind all of them, by
 * StreamIDs that are another's at the next one, and each SMMU does what it alone is told.
 */
#include "drivers/smmu/smmu_v2_model_test.h"
#include "drivers/smmu/smmu_v3_test.h"

#include "core/plan/dt.h"

#define SMMUS      4u
#define V2_BASE(n) (UINT64_C(0x1000000000) + (n)*UINT64_C(0x10000000))
#define V3_BASE(n) (UINT64_C(0x2000000000) + (n)*UINT64_C(0x10000000))

static struct lpae both[2][2]; /* by partition, by stage less one */

/* Instead of the library's; the plan has no tree here. */
bool dt_compatible(const void *fdt, int node, const char *const *list)
{
    (void)fdt;
    (void)node;
    (void)list;
    return false;
}

static bool is_v2(uint32_t smmu)
{
    return smmu % 2 == 0;
}

/* The first partition's at the first two SMMUs is the second's at the others. */
static uint32_t stream_of(uint32_t smmu, uint32_t partition)
{
    return (smmu / 2 == partition) ? 3 : 5;
}

static bool reaches(uint32_t smmu, uint32_t stream, uint64_t memory)
{
    uint64_t out = ABORTED;

    if (is_v2(smmu)) {
        m = &m_units[smmu / 2];
        return m_dma(stream, IPA, true, &out) == DMA_TRANSLATED && out == memory;
    }
    model = &models[smmu / 2];
    return model_dma(stream, IPA, true, false) == memory;
}

static bool aborts(uint32_t smmu, uint32_t stream)
{
    uint64_t out;

    if (is_v2(smmu)) {
        m = &m_units[smmu / 2];
        return m_dma(stream, IPA, true, &out) == DMA_ABORTED;
    }
    model = &models[smmu / 2];
    return model_dma(stream, IPA, true, false) == ABORTED;
}

static const struct smmu_ops *ops_of(uint32_t smmu)
{
    return p->board.smmus[smmu].ops;
}

static void make_tables(uint32_t partition, uint64_t memory)
{
    struct lpae *t = both[partition];

    assert_int_equal(lpae_init(&t[0], LPAE_DMA_STAGE1, 35), OK);
    assert_int_equal(lpae_map(&t[0], IPA, pa(memory), SIZE, LPAE_DATA), OK);
    assert_int_equal(lpae_init(&t[1], LPAE_STAGE2, 35), OK);
    assert_int_equal(lpae_map(&t[1], IPA, pa(memory), SIZE, LPAE_RAM), OK);
    lpae_clean(&t[0]);
    lpae_clean(&t[1]);
}

/* As stream.c does it: all are probed, then started, then each stream is attached. */
static int set_up(void **state)
{
    (void)state;
    begin(&boards[1]);
    model_add(0, V3_BASE(0), &boards[0]);
    model_add(1, V3_BASE(1), &boards[5]); /* stage 1 */
    m_add(0, V2_BASE(0), &m_boards[0]);
    m_add(1, V2_BASE(1), &m_boards[6]); /* stage 1 */
    p->board.smmu_count = SMMUS;
    for (uint32_t i = 0; i < SMMUS; i++) {
        const uint64_t base = is_v2(i) ? V2_BASE(i / 2) : V3_BASE(i / 2);
        const char *why;

        p->board.smmus[i] = (struct plan_smmu){.path = "/smmu",
                                               .ops = is_v2(i) ? &smmu_v2 : &smmu_v3,
                                               .mmio = {base, 0x8000000},
                                               .coherent = true};
        assert_int_equal(ops_of(i)->probe(p, i, &why), OK);
    }
    make_tables(0, MEMORY_0);
    make_tables(1, MEMORY_1);
    for (uint32_t i = 0; i < SMMUS; i++) {
        for (int device = 0; device < 2; device++) {
            add_stream(device, stream_of(i, (uint32_t)device), 1);
            p->streams[p->stream_count - 1].smmu = i;
        }
    }
    for (uint32_t i = 0; i < SMMUS; i++) {
        assert_int_equal(ops_of(i)->start(p, i), OK);
    }
    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct plan_stream *s = &p->streams[i];
        const uint8_t stage = p->board.smmus[s->smmu].stage;

        assert_int_equal(
            ops_of(s->smmu)->attach(p, s, &both[s->device][stage - 1], (uint8_t)(s->device + 1)),
            OK);
    }
    return 0;
}

/* Of the partition's streams those in `open`, a bit each SMMU, reach its memory. */
static void assert_open(uint32_t partition, uint32_t open)
{
    for (uint32_t i = 0; i < SMMUS; i++) {
        const uint32_t stream = stream_of(i, partition);

        assert_true(open >> i & 1 ? reaches(i, stream, partition == 0 ? MEMORY_0 : MEMORY_1)
                                  : aborts(i, stream));
        assert_true(aborts(i, 7));
    }
}

static void pass_at(uint32_t smmu, uint32_t partition, bool on)
{
    assert_int_equal(ops_of(smmu)->pass(p, &p->streams[2 * smmu + partition], on), OK);
}

static void test_a_partition_behind_all_of_them(void **state)
{
    (void)state;
    assert_int_equal(p->board.smmus[0].stage, 2);
    assert_int_equal(p->board.smmus[1].stage, 2);
    assert_int_equal(p->board.smmus[2].stage, 1);
    assert_int_equal(p->board.smmus[3].stage, 1);
    assert_open(0, 0);
    assert_open(1, 0);
    for (uint32_t i = 0; i < SMMUS; i++) {
        pass_at(i, 0, true);
        assert_open(0, (2u << i) - 1);
        assert_open(1, (1u << i) - 1);
        pass_at(i, 1, true);
        assert_open(1, (2u << i) - 1);
    }
    for (uint32_t i = 0; i < SMMUS; i++) {
        pass_at(i, 0, false);
        assert_open(0, 0xf & ~((2u << i) - 1));
        assert_open(1, 0xf);
    }
}

static void test_each_tells_its_own_faults(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SMMUS; i++) {
        pass_at(i, 0, true);
    }
    for (uint32_t i = 0; i < SMMUS; i++) {
        struct smmu_fault fault;
        uint64_t out;

        if (is_v2(i)) {
            m = &m_units[i / 2];
            (void)m_dma(stream_of(i, 0), IPA + SIZE, true, &out);
        } else {
            model = &models[i / 2];
            assert_int_equal(model_dma(stream_of(i, 0), IPA + SIZE, true, false), ABORTED);
        }
        for (uint32_t other = 0; other < SMMUS; other++) {
            assert_int_equal(ops_of(other)->take_fault(p, other, &fault), other == i);
        }
    }
}

static void test_one_that_is_shut_takes_none_with_it(void **state)
{
    (void)state;
    for (uint32_t broken = 0; broken < SMMUS; broken++) {
        (void)set_up(NULL);
        for (uint32_t i = 0; i < SMMUS; i++) {
            pass_at(i, 0, true);
            pass_at(i, 1, true);
        }
        m_units[broken / 2].stuck = is_v2(broken);
        models[broken / 2].commands_stuck = !is_v2(broken);
        assert_int_equal(ops_of(broken)->pass(p, &p->streams[2 * broken], false), E_TIMEOUT);
        assert_open(0, 0xf & ~(1u << broken));
        assert_open(1, 0xf & ~(1u << broken));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_partition_behind_all_of_them, set_up),
        cmocka_unit_test_setup(test_each_tells_its_own_faults, set_up),
        cmocka_unit_test_setup(test_one_that_is_shut_takes_none_with_it, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
