/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of DMA's side of partitions, in front of an SMMU driver that notes what it is told. */
#include "core/plan/testing.h"

#include <arch/host.h>

#include "core/guest/irq.h"
#include "core/guest/stream.h"
#include "core/memory/dma_walk_test.h"
#include "core/memory/el2_map.h"
#include "core/memory/lpae.h"
#include "core/memory/pool.h"
#include "core/plan/smmu.h"

#define IRQ  74u
#define HZ   1000u
#define IPA  UINT64_C(0x40000000)
#define PA   UINT64_C(0x80000000)
#define SIZE UINT64_C(0x200000)

static struct plan *const p = &test_plan;
static char calls[1024];
static struct smmu_fault pending; /* given `faults` times */
static uint32_t faults, mutes, agains, routed, silenced;
static bool cannot_mute;
static uint64_t tests_begun;
static struct lpae attached[CONFIG_MAX_PARTITIONS];
static enum status probed, started, passed, mapped;
static uint32_t broken; /* of this SMMU smmu_pass() says `passed` */

static uint8_t ram[64][PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t pages_used;

/* Instead of the library's: */
void *pool_take(uint32_t pages)
{
    pages_used += pages;
    assert_true(pages_used <= sizeof(ram) / sizeof(*ram));
    return memset(ram[pages_used - pages], 0, pages * PAGE_SIZE);
}

uint32_t pool_left(void)
{
    return 0;
}

enum status el2_map(struct range what, enum lpae_attr attr)
{
    (void)what;
    assert_int_equal(attr, LPAE_DEVICE);
    return mapped;
}

void irq_route(uint32_t intid, bool edge, const struct cpu *cpu)
{
    (void)edge;
    (void)cpu;
    routed = intid;
}

void irq_off(uint32_t intid)
{
    silenced = intid;
}

void irq_again(uint32_t intid)
{
    assert_int_equal(intid, IRQ);
    agains++;
}

/* ---- the driver ---- */

static void note(const char *what, uint32_t n)
{
    size_t used = strlen(calls);

    (void)snprintf(calls + used, sizeof(calls) - used, "%s(%x) ", what, n);
}

static enum status smmu_probe(struct plan *plan_of_it, uint32_t smmu, const char **why)
{
    (void)plan_of_it;
    note("probe", smmu);
    *why = "it has no wings";
    return probed;
}

static enum status smmu_start(const struct plan *plan_of_it, uint32_t smmu)
{
    (void)plan_of_it;
    note("start", smmu);
    return started;
}

static enum status smmu_attach(const struct plan *plan_of_it, const struct plan_stream *stream,
                               const struct lpae *table, uint8_t vmid)
{
    note("attach", stream->id);
    assert_int_equal(table->stage, plan_of_it->board.smmus[stream->smmu].stage == 1
                                       ? LPAE_DMA_STAGE1
                                       : LPAE_STAGE2);
    assert_int_equal(vmid, plan_of_it->devices[stream->device].partition + 1);
    attached[vmid - 1] = *table;
    return OK;
}

static enum status smmu_pass(const struct plan *plan_of_it, const struct plan_stream *stream,
                             bool on)
{
    (void)plan_of_it;
    note(on ? "pass" : "block", stream->id);
    return stream->smmu == broken ? passed : OK;
}

static bool smmu_mute(const struct plan *plan_of_it, uint32_t smmu, uint32_t stream)
{
    (void)plan_of_it;
    (void)smmu;
    if (!cannot_mute) {
        note("mute", stream);
        mutes++;
    }
    return !cannot_mute;
}

static bool smmu_take_fault(const struct plan *plan_of_it, uint32_t smmu, struct smmu_fault *fault)
{
    (void)plan_of_it;
    (void)smmu;
    *fault = pending;
    return faults != 0 && faults-- > 0;
}

static const struct smmu_ops ops = {.probe = smmu_probe,
                                    .start = smmu_start,
                                    .attach = smmu_attach,
                                    .pass = smmu_pass,
                                    .mute = smmu_mute,
                                    .take_fault = smmu_take_fault};

/* What stream.c keeps begins anew only with the program: each test has runs of its own. */
static uint32_t first_run;

static int set_up(void **state)
{
    (void)state;
    host_reset();
    host.clean = dma_clean;
    host.counter_step = 0;
    host.counter += 10 * HZ * ++tests_begun; /* another second */
    log_clear();
    memset(p, 0, sizeof(*p));
    calls[0] = '\0';
    faults = mutes = agains = routed = silenced = 0;
    cannot_mute = false;
    broken = 0;
    probed = started = passed = mapped = OK;
    p->board.timer_hz = HZ;
    p->board.smmu_count = 1;
    p->board.smmus[0] = (struct plan_smmu){
        .path = "/smmu", .ops = &ops, .stage = 2, .irq = {{IRQ, true}}, .irq_count = 1};
    p->partition_count = 2;
    p->device_count = 2;
    for (int i = 0; i < 2; i++) {
        p->partitions[i].name = i == 0 ? "a" : "b";
        p->partitions[i].extent[0] = (struct plan_extent){IPA, PA + (uint64_t)i * SIZE, SIZE};
        p->partitions[i].extent_count = 1;
        p->devices[i].partition = i;
        p->devices[i].path = i == 0 ? "/disk" : "/net";
    }
    p->devices[PLAN_MAX_DEVICES - 1].partition = 1;
    p->stream_count = first_run + 2;
    for (uint32_t i = 0; i < p->stream_count; i++) { /* those of earlier tests: far away */
        p->streams[i] =
            (struct plan_stream){.id = 0x8000 + i, .count = 1, .device = PLAN_MAX_DEVICES - 1};
    }
    p->streams[first_run] = (struct plan_stream){.id = 8, .count = 8, .pci = true, .rid = 0x108};
    p->streams[first_run + 1] = (struct plan_stream){.id = 0x20, .count = 1, .device = 1};
    first_run += 2;
    stream_build(p);
    calls[0] = '\0';
    return 0;
}

static bool interrupt(uint32_t stream, enum smmu_reason reason, uint32_t times)
{
    pending = (struct smmu_fault){.reason = reason,
                                  .stream = stream,
                                  .addressed = true,
                                  .write = true,
                                  .address = 0x1234,
                                  .code = 0x10};
    faults = times;
    return stream_irq(IRQ);
}

/* ---- tests ---- */

static uint32_t empties(uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        assert_true(interrupt(0, SMMU_UNMAPPED, 0));
    }
    return silenced;
}

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

static uint32_t lines(const char *text)
{
    uint32_t n = 0;

    for (const char *at = strstr(log_text, text); at != NULL; at = strstr(at + 1, text)) {
        n++;
    }
    return n;
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
        cmocka_unit_test_setup(test_tables_hold_memory_alone, set_up),
        cmocka_unit_test_setup(test_an_smmu_that_cannot_be_used, set_up),
        cmocka_unit_test_setup(test_opened_and_closed, set_up),
        cmocka_unit_test_setup(test_a_partition_behind_two_smmus, set_up),
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
