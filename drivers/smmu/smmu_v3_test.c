/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SMMUv3 driver against a model of it, with ID registers of many kinds. */
#include "drivers/smmu/smmu_v3_table_model_test.h"

#include "core/memory/pool.h"
#include "core/plan/plan.h"

#define IPA      UINT64_C(0x40000000)
#define SIZE     UINT64_C(0x200000)
#define MEMORY_0 UINT64_C(0x80000000)
#define MEMORY_1 UINT64_C(0x90000000)
#define POOL     256

/* Class: what the last test took of it. */
static uint8_t ram[POOL][PAGE_SIZE] __attribute__((aligned(POOL * 4096)));
static uint32_t pages_used;
static struct lpae tables[2];
static struct plan *const p = &plan;

/* Instead of the library's: one that starts anew with each test, aligned as that. */
void *pool_take(uint32_t pages)
{
    uint32_t align = 1;

    while (align < pages) {
        align *= 2;
    }
    pages_used = (uint32_t)align_up(pages_used, align) + pages;
    assert_true(pages_used <= POOL);
    memset(ram[pages_used - pages], 0, pages * PAGE_SIZE);
    return ram[pages_used - pages];
}

static void add_stream(int device, uint32_t id, uint32_t count)
{
    p->streams[p->stream_count++] =
        (struct plan_stream){.id = id, .count = count, .device = device};
}

/* A board with that SMMU, and two partitions that start, a device each. */
static void begin(const struct model_id *id)
{
    model_reset(id);
    memset(p, 0, sizeof(*p));
    p->board.timer_hz = 62500000;
    memset(smmu_v3_units, 0, sizeof(smmu_v3_units));
    pages_used = 0;
    p->board.smmu_count = 1;
    p->board.smmus[0] = (struct plan_smmu){
        .path = "/smmu", .ops = &smmu_v3, .mmio = {BASE, 0x20000}, .coherent = id->coherent};
    p->partition_count = p->device_count = 2;
    p->devices[1].partition = 1;
    p->partitions[0].name = "a";
    p->partitions[1].name = "b";
}

static void probe(void)
{
    const char *why = NULL;

    assert_int_equal(smmu_v3.probe(p, 0, &why), OK);
}

static void make_table(uint32_t partition, uint64_t memory)
{
    bool stage1 = p->board.smmus[0].stage == 1;
    uint8_t bits = p->board.smmus[0].oas_bits < 35 ? 32 : 35;

    assert_int_equal(lpae_init(&tables[partition], stage1 ? LPAE_EL2_STAGE1 : LPAE_STAGE2, bits),
                     OK);
    assert_int_equal(
        lpae_map(&tables[partition], IPA, pa(memory), SIZE, stage1 ? LPAE_DATA : LPAE_RAM), OK);
    lpae_clean(&tables[partition]);
}

static void assert_aborted(uint32_t stream, uint64_t address)
{
    assert_int_equal(model_dma(stream, address, true, false), ABORTED);
}

/* All that boot does, but for opening the streams. */
static void start(void)
{
    uint32_t before;

    probe();
    make_table(0, MEMORY_0);
    make_table(1, MEMORY_1);
    before = pages_used;
    assert_int_equal(smmu_v3.start(p, 0), OK);
    for (uint32_t i = 0; i < p->stream_count; i++) { /* it caches what is not there yet */
        struct smmu_fault fault;

        assert_aborted(p->streams[i].id, IPA);
        while (smmu_v3.take_fault(p, 0, &fault)) {
            assert_int_equal(fault.reason, SMMU_NO_STREAM);
        }
    }
    for (uint32_t i = 0; i < p->stream_count; i++) {
        int owner = p->devices[p->streams[i].device].partition;

        assert_int_equal(smmu_v3.attach(p, &p->streams[i], &tables[owner], (uint8_t)(owner + 1)),
                         OK);
    }
    assert_true(pages_used - before <= smmu_v3.pages(p, 0));
}

static void pass(uint32_t stream, bool on)
{
    assert_int_equal(smmu_v3.pass(p, &p->streams[stream], on), OK);
}

/* The first partition has stream 3, the second one 8 to 11; none is open yet. */
static void start_two(const struct model_id *id)
{
    begin(id);
    add_stream(0, 3, 1);
    add_stream(1, 8, 4);
    start();
}

/* Stream 3 is the first partition's, and open. */
static void start_open(const struct model_id *id)
{
    begin(id);
    add_stream(0, 3, 1);
    start();
    pass(0, true);
}

static void assert_reaches(uint32_t stream, uint64_t memory)
{
    assert_int_equal(model_dma(stream, IPA, true, false), memory);
}

static struct smmu_fault next_fault(enum smmu_reason reason, uint32_t code)
{
    struct smmu_fault fault;

    assert_true(smmu_v3.take_fault(p, 0, &fault));
    assert_int_equal(fault.reason, reason);
    assert_int_equal(fault.code, code);
    return fault;
}

static void assert_fault(enum smmu_reason reason, uint32_t stream, uint32_t code)
{
    struct smmu_fault fault = next_fault(reason, code);

    assert_int_equal(fault.stream, stream);
    assert_false(fault.shared);
}

static void assert_no_fault(void)
{
    struct smmu_fault fault;

    assert_false(smmu_v3.take_fault(p, 0, &fault));
}

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
    model.cr0 = model.cr0ack = 0xd;
    model.irq_ctrl = 5;
    model.gerror = 0x104;
    probe();
    assert_int_equal(model.cr0 | model.irq_ctrl, 0);
    assert_aborted(1, MEMORY_0);
    add_stream(0, 1, 1);
    start();
    assert_int_equal(model.gerrorn, 0x104);
    assert_int_equal(model.irq_ctrl, 5);
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
        model.id.coherent = false;
        add_stream(0, 3, 1);
        if (b == 1) {
            model.id.cohacc = true;
        }
        start();
        pass(0, true);
        assert_reaches(3, MEMORY_0);
        assert_int_equal(model.cr1, 0x820);
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
    begin(&boards[1]);
    p->board.smmus[0].mmio.size = 0x10000;
    assert_not_probed(E_UNSUPPORTED, "128 KiB");
}

static void test_one_that_does_not_answer(void **state)
{
    (void)state;
    begin(&boards[1]);
    model.gbpa_stuck = true;
    assert_not_probed(E_TIMEOUT, "");
    begin(&boards[1]);
    model.cr0ack = 1;
    model.cr0_stuck = true;
    assert_not_probed(E_TIMEOUT, "does not answer");
    begin(&boards[1]);
    add_stream(0, 1, 1);
    probe();
    model.commands_stuck = true;
    assert_int_equal(smmu_v3.start(p, 0), E_TIMEOUT);
    assert_int_equal(smmu_v3.pass(p, &p->streams[0], true), E_TIMEOUT);
    assert_aborted(1, IPA);
}

/* It is shut whole: what cannot be told to abort must not go on. */
static void assert_shut(enum status status)
{
    assert_int_equal(smmu_v3.pass(p, &p->streams[0], false), status);
    assert_int_equal(model.cr0 & 1, 0);
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
        model.commands_stuck = how == 0;
        model.refuse = how == 0 ? 0 : 0x03;
        assert_shut(how == 0 ? E_TIMEOUT : E_INVALID);
    }
}

/* ---- faults ---- */

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
    start_open(&boards[1]);
    assert_aborted(5, IPA);
    assert_fault(SMMU_NO_STREAM, 5, 0x04);
    smmu_v3.mute(p, 0, 5);
    assert_aborted(5, IPA);
    assert_aborted(0x7fff, IPA); /* beyond the table */
    assert_no_fault();
    smmu_v3.mute(p, 0, 3); /* somebody's: as it was */
    smmu_v3.mute(p, 0, 0x7fff);
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
    model.gerror ^= 0x104; /* SFM_ERR, EVENTQ_ABT_ERR */
    assert_true(next_fault(SMMU_BROKEN, 0x104).shared);
    assert_int_equal(model.gerror, model.gerrorn);
    assert_no_fault();
}

static void test_one_that_is_not_started_has_none(void **state)
{
    (void)state;
    begin(&boards[1]);
    probe();
    model.eventq_prod = 7;
    assert_no_fault();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_passes_from_the_probe_on),
        cmocka_unit_test(test_what_firmware_left_on_is_taken_over),
        cmocka_unit_test(test_the_plan_learns_what_it_is),
        cmocka_unit_test(test_each_reaches_its_memory_alone),
        cmocka_unit_test(test_coherent_is_what_both_say),
        cmocka_unit_test(test_all_functions_of_a_bridge),
        cmocka_unit_test(test_what_it_lacks_is_told),
        cmocka_unit_test(test_one_that_does_not_answer),
        cmocka_unit_test(test_one_that_obeys_no_more_is_shut),
        cmocka_unit_test(test_faults_are_told),
        cmocka_unit_test(test_nobodys_streams_are_told_until_muted),
        cmocka_unit_test(test_translated_ones_are_forbidden),
        cmocka_unit_test(test_every_event_has_its_reason),
        cmocka_unit_test(test_what_the_queue_lost_is_told_once),
        cmocka_unit_test(test_the_queue_wraps),
        cmocka_unit_test(test_errors_of_the_whole_are_told),
        cmocka_unit_test(test_one_that_is_not_started_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
