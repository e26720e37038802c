/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of messages: granted frames, whose an LPI is, and the order in which an ITS is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <arch/host.h>

#include "core/guest/msi.h"
#include "core/guest/partition.h"
#include "core/memory/el2_map.h"
#include "core/plan/claims.h"
#include "core/plan/msi.h"

#define ITS   UINT64_C(0x8080000)
#define FRAME (ITS + 0x10000)

static struct vcpu vcpu;
static struct partition *sent_to;
static uint32_t sent_function, sent_event, sent;
static char calls[512];
static enum status answer; /* of every call of the ITS's driver but its_start */

struct plan plan;
struct cpu cpus[CONFIG_MAX_CPUS];
struct partition partitions[CONFIG_MAX_PARTITIONS];

/* Instead of the library's: */
bool partition_alive(const struct partition *partition)
{
    return partition->state == PARTITION_RUNNING && partition->plan != NULL;
}

void vits_message(struct partition *partition, uint32_t function, uint32_t event)
{
    sent_to = partition;
    sent_function = function;
    sent_event = event;
    sent++;
}

enum status vits_init(struct partition *partition, struct range window)
{
    assert_ptr_equal(partition, &partitions[1]);
    assert_int_equal(window.base, ITS);
    assert_int_equal(window.size, 0x20000);
    return E_NO_SPACE;
}

void msi_find(struct plan *p)
{
    (void)p;
}

void msi_assign(struct plan *p)
{
    (void)p;
}

static bool is_own; /* what claims_touch_own() says */
static int mapped;  /* by el2_map(), and not unmapped */
static bool cannot_map;
static uint32_t refusals, rung;

void irq_again(uint32_t intid)
{
    rung = intid;
}

void plan_error(struct plan *p, int partition, const char *node, const char *format, ...)
{
    (void)node;
    (void)format;
    assert_ptr_equal(p, &plan);
    assert_int_equal(partition, 0);
    refusals++;
}

bool claims_touch_own(const struct plan *p, struct range r)
{
    (void)p;
    (void)r;
    return is_own;
}

enum status el2_map(struct range what, enum lpae_attr attr)
{
    assert_int_equal(what.base, FRAME);
    assert_int_equal(attr, LPAE_DEVICE);
    mapped += cannot_map ? 0 : 1;
    return cannot_map ? E_NO_SPACE : OK;
}

enum status el2_unmap(struct range what)
{
    assert_int_equal(what.base, FRAME);
    mapped--;
    return OK;
}

static uint64_t read_typer(void *model, uint64_t offset, unsigned size)
{
    (void)model;
    assert_int_equal(offset, 0x008);
    assert_int_equal(size, 4);
    assert_int_equal(mapped, 1);
    return 80 << 16 | 64;
}

static enum status called(const char *what, uint32_t a, uint32_t b)
{
    size_t used = strlen(calls);

    (void)snprintf(calls + used, sizeof(calls) - used, "%s(%x, %x) ", what, a, b);
    return answer;
}

static enum status its_start(uint32_t its)
{
    return called("start", its, 0);
}

static enum status its_add_device(uint32_t its, uint32_t device)
{
    return called("device", its, device);
}

static enum status its_add_cpu(const struct cpu *cpu)
{
    return called("cpu", cpu->index, 0);
}

static enum status its_init_cpu(const struct cpu *cpu)
{
    return called("init", cpu->index, 0);
}

static enum status its_map(uint32_t its, uint32_t device, uint32_t count, uint32_t lpi,
                           const struct cpu *cpu)
{
    (void)its;
    assert_int_equal(count, PLAN_EVENTS);
    assert_int_equal(cpu->index, 3);
    return called("map", device, lpi);
}

static const struct its_ops ops = {.start = its_start,
                                   .add_device = its_add_device,
                                   .add_cpu = its_add_cpu,
                                   .init_cpu = its_init_cpu,
                                   .map = its_map};
const struct its_ops *const drivers_its = &ops;

static int setup(void **state)
{
    (void)state;
    host_reset();
    memset(&plan, 0, sizeof(plan));
    memset(partitions, 0, sizeof(partitions));
    plan.partition_count = 3;
    plan.device_count = 3;
    plan.function_count = 4;
    plan.board.its_count = 1;
    plan.board.its[0] = (struct plan_its){.path = "/its", .mmio = {ITS, 0x20000}};
    plan.partitions[1] =
        (struct plan_partition){.name = "net", .msi_first = 64, .cpus = {3}, .cpu_count = 1};
    plan.partitions[2] = (struct plan_partition){.name = "bad", .refused = true, .msi_first = 64};
    for (int i = 0; i < 3; i++) {
        plan.devices[i].partition = i;
        plan.functions[i] =
            (struct plan_function){.device = i, .msi = i > 0, .msi_device = 8u * (uint32_t)i};
        cpus[i].index = (uint32_t)i;
        partitions[i].plan = &plan.partitions[i];
        partitions[i].index = (uint32_t)i;
        partitions[i].state = PARTITION_RUNNING;
    }
    plan.functions[3] = (struct plan_function){.device = 1, .msi = true, .msi_device = 0x33};
    cpus[3].index = 3;
    vcpu = (struct vcpu){.partition = &partitions[1]};
    refusals = rung = 0;
    sent = 0;
    sent_to = NULL;
    calls[0] = '\0';
    answer = OK;
    return 0;
}

static enum trap_outcome access_frame(uint32_t offset, uint8_t size, bool write, uint64_t *value)
{
    struct mmio_access a = {.ipa = {FRAME + offset}, .size = size, .write = write, .value = *value};
    enum trap_outcome outcome = mmio_handle(&vcpu, &a);

    *value = a.value;
    return outcome;
}

static void test_an_its_or_nothing(void **state)
{
    (void)state;
    assert_int_equal(msi_make_window(&partitions[0], &plan), OK);
    assert_int_equal(partitions[0].mmio.count, 0);
    assert_int_equal(msi_make_window(&partitions[1], &plan), E_NO_SPACE);
}

/* A granted one tells its SPIs; one that lies in what is Bulkhead's is not even looked at. */
static void test_granted_frames_are_read(void **state)
{
    struct plan_device *frame = &plan.devices[0];

    (void)state;
    frame->msi = true;
    frame->mmio[0] = (struct range){FRAME, PAGE_SIZE};
    frame->mmio_count = 1;
    host_mmio_add(FRAME, PAGE_SIZE, read_typer, NULL, NULL);
    is_own = true;
    msi_init(&plan);
    assert_int_equal(frame->msi_count, 0);
    assert_int_equal(refusals, 0); /* by the rules, not here */
    is_own = false;
    frame->mmio[0] = (struct range){FRAME + 4, PAGE_SIZE}; /* nor one that is no page */
    msi_init(&plan);
    frame->mmio[0] = (struct range){FRAME, 4};
    msi_init(&plan);
    assert_int_equal(frame->msi_count, 0);
    assert_int_equal(refusals, 0);
    frame->mmio[0] = (struct range){FRAME, PAGE_SIZE};
    msi_init(&plan);
    assert_int_equal(frame->msi_first, 80);
    assert_int_equal(frame->msi_count, 64);
    assert_int_equal(mapped, 0);
    assert_int_equal(msi_frame(&plan, 0).mmio.base, FRAME);
    assert_int_equal(msi_frame(&plan, 0).count, 64);
    assert_false(msi_frame(&plan, 0).emulated);
    plan.board.smmu_count = 1; /* its interrupts are among them: the partition's end before */
    plan.board.smmus[0] =
        (struct plan_smmu){.irq = {{107, true}, {106, true}, {200, true}}, .irq_count = 3};
    msi_init(&plan);
    assert_int_equal(frame->msi_count, 64); /* it raises them all the same */
    assert_int_equal(frame->msi_given, 26);
    assert_int_equal(msi_frame(&plan, 0).count, 26);
    assert_true(msi_frame(&plan, 1).emulated);
    assert_int_equal(refusals, 0);
}

/* Nothing is left, or it cannot be known: what it raises would be held to no rule. */
static void test_a_frame_of_no_use_is_refused(void **state)
{
    struct plan_device *frame = &plan.devices[0];

    (void)state;
    frame->msi = true;
    frame->mmio[0] = (struct range){FRAME, PAGE_SIZE};
    frame->mmio_count = 1;
    cannot_map = true;
    msi_init(&plan);
    assert_int_equal(refusals, 1);
    cannot_map = false;
    plan.board.smmu_count = 1;
    plan.board.smmus[0] = (struct plan_smmu){.irq = {{80, true}}, .irq_count = 1};
    host_mmio_add(FRAME, PAGE_SIZE, read_typer, NULL, NULL);
    msi_init(&plan);
    assert_int_equal(refusals, 2);
    assert_int_equal(frame->msi_count, 64);
    assert_int_equal(frame->msi_given, 0);
}

/* With a GICv2 the frame's page is not the CPU's: it may ring for the partition's own SPIs. */
static void test_a_granted_frame(void **state)
{
    static const uint64_t not_its[] = {0, 27, 79, 106, 128, 143, 1023, 0x100000050, UINT32_MAX};
    uint64_t v = 0;

    (void)state;
    plan.partitions[1].msi_first = 0;
    plan.devices[1].msi = true;
    plan.devices[1].mmio[0] = (struct range){FRAME, PAGE_SIZE};
    plan.devices[1].mmio_count = 1;
    plan.devices[1].msi_first = 80;
    plan.devices[1].msi_count = 64;
    plan.devices[1].msi_given = 26;
    assert_int_equal(msi_make_window(&partitions[1], &plan), OK);
    assert_int_equal(access_frame(0x008, 4, false, &v), TRAP_SKIP);
    assert_int_equal(v, 80 << 16 | 26);
    for (uint32_t i = 0; i < sizeof(not_its) / sizeof(*not_its); i++) {
        v = not_its[i];
        assert_int_equal(access_frame(0x040, 4, true, &v), TRAP_SKIP);
    }
    v = 80;
    assert_int_equal(access_frame(0x044, 4, true, &v), TRAP_SKIP);
    assert_int_equal(access_frame(0x040, 8, true, &v), TRAP_ABORT);
    assert_int_equal(rung, 0);
    v = 105;
    assert_int_equal(access_frame(0x040, 4, true, &v), TRAP_SKIP);
    assert_int_equal(rung, 105);
}

static void test_lpis_are_their_functions(void **state)
{
    (void)state;
    msi_irq(LPI_FIRST + PLAN_EVENTS + 5);
    assert_ptr_equal(sent_to, &partitions[1]);
    assert_int_equal(sent_function, 1);
    assert_int_equal(sent_event, 5);
    msi_irq(LPI_FIRST + 3 * PLAN_EVENTS + 31);
    assert_ptr_equal(sent_to, &partitions[1]);
    assert_int_equal(sent_function, 3);
    assert_int_equal(sent_event, 31);
    assert_int_equal(sent, 2);
    msi_irq(LPI_FIRST); /* its function sends none */
    msi_irq(LPI_FIRST + 4 * PLAN_EVENTS);
    msi_irq(LPI_FIRST + LPI_LIMIT);
    msi_irq(UINT32_MAX);
    partitions[1].state = PARTITION_ENDING;
    msi_irq(LPI_FIRST + PLAN_EVENTS + 5);
    assert_int_equal(sent, 2);
}

static void test_one_is_built_and_opened(void **state)
{
    (void)state;
    msi_build(&plan);
    assert_string_equal(calls, "start(0, 0) cpu(3, 0) device(0, 8) cpu(3, 0) device(0, 33) ");
    calls[0] = '\0';
    assert_true(msi_open(&plan, 0)); /* none of its functions sends messages */
    assert_string_equal(calls, "");
    assert_true(msi_open(&plan, 1));
    assert_string_equal(calls, "init(3, 0) map(8, 2020) map(33, 2060) ");
}

static void test_one_that_does_not_map(void **state)
{
    (void)state;
    msi_build(&plan);
    answer = E_TIMEOUT;
    assert_false(msi_open(&plan, 1));
}

/* Last: it stays so. */
static void test_one_that_does_not_start(void **state)
{
    (void)state;
    answer = E_UNSUPPORTED;
    msi_build(&plan);
    answer = OK;
    calls[0] = '\0';
    assert_false(msi_open(&plan, 1));
    assert_string_equal(calls, "");
    assert_true(msi_open(&plan, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_its_or_nothing, setup),
        cmocka_unit_test_setup(test_granted_frames_are_read, setup),
        cmocka_unit_test_setup(test_a_frame_of_no_use_is_refused, setup),
        cmocka_unit_test_setup(test_a_granted_frame, setup),
        cmocka_unit_test_setup(test_lpis_are_their_functions, setup),
        cmocka_unit_test_setup(test_one_is_built_and_opened, setup),
        cmocka_unit_test_setup(test_one_that_does_not_map, setup),
        cmocka_unit_test_setup(test_one_that_does_not_start, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
