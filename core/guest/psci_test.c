/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of PSCI and SMCCC towards a partition, hostile calls among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/bits.h"
#include "core/guest/irq.h"
#include "core/guest/partition.h"
#include "core/guest/psci.h"
#include "core/guest/vcpu.h"

#define VERSION_FID   0x84000000
#define SUSPEND       0x84000001
#define CPU_OFF       0x84000002
#define CPU_ON        0x84000003
#define CPU_ON_64     0xc4000003
#define AFFINITY      0x84000004
#define SYSTEM_OFF    0x84000008
#define FEATURES      0x8400000a
#define ARCH_FEATURES 0x80000001
#define WORKAROUND_1  0x80008000

static struct partition part;
static struct plan_partition plan_part;
static struct vcpu vcpus[3];
static struct cpu test_cpus[3];
static const struct cpu *kicked;
static const char *ended;
static bool pending;

/* Instead of the real ones. */
void irq_kick(const struct cpu *cpu)
{
    kicked = cpu;
}

void partition_end(struct partition *partition, const char *why)
{
    assert_ptr_equal(partition, &part);
    ended = why;
}

bool vgic_has_pending(struct vcpu *vcpu)
{
    (void)vcpu;
    return pending;
}

static void nothing(void)
{
}

static int setup(void **state)
{
    (void)state;
    host_reset();
    host.wfi = nothing;
    memset(&part, 0, sizeof(part));
    memset(&plan_part, 0, sizeof(plan_part));
    memset(vcpus, 0, sizeof(vcpus));
    plan_part.cpu_count = 3;
    plan_part.memory[0] = (struct range){0x40000000, 0x200000};
    plan_part.memory_count = 1;
    part.plan = &plan_part;
    part.vcpu = vcpus;
    part.running = 1;
    for (uint32_t i = 0; i < 3; i++) {
        vcpus[i] = (struct vcpu){.partition = &part, .cpu = &test_cpus[i], .index = i};
        vcpus[i].power = i == 0 ? VCPU_ON : VCPU_OFF;
    }
    plan.board.psci = true;
    kicked = NULL;
    ended = NULL;
    pending = false;
    return 0;
}

static struct smccc_call last;
static enum trap_outcome outcome;

static int64_t call(uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3)
{
    last =
        (struct smccc_call){.fid = (uint32_t)fid, .arg = {a1, a2, a3}, .result = {fid, a1, a2, a3}};
    outcome = smccc_handle(&vcpus[0], &last);
    return (int64_t)last.result[0];
}

static void test_versions(void **state)
{
    (void)state;
    assert_int_equal(call(VERSION_FID, 1, 2, 3), 0x10001);
    assert_int_equal(outcome, TRAP_RESUME);
    assert_int_equal(last.result[1], 1); /* what a call does not return stays */
    assert_int_equal(call(0x80000000, 0, 0, 0), 0x10002);
    assert_int_equal(call(0xffffffff00000000 | VERSION_FID, 0, 0, 0), 0x10001);
}

static void test_unknown_is_not_supported(void **state)
{
    static const uint64_t unknown[] = {0,          1,          0x84000005, 0xc4000000, 0xc4000002,
                                       0xc400000a, 0x84000014, 0x86000000, 0xffffffff, 0x8600ff00,
                                       0xbf00ff01, 0x82000000, 0x7fffffff};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
        assert_int_equal(call(unknown[i], 1, 2, 3), -1);
        assert_int_equal(outcome, TRAP_RESUME);
    }
    assert_null(ended);
}

static void test_cpu_on(void **state)
{
    (void)state;
    assert_int_equal(call(CPU_ON_64, 1, 0x40001000, 0x1234567890), 0);
    assert_int_equal(vcpus[1].power, VCPU_ON_PENDING);
    assert_int_equal(vcpus[1].entry, 0x40001000);
    assert_int_equal(vcpus[1].context, 0x1234567890);
    assert_int_equal(vcpus[1].go, 1);
    assert_int_equal(part.running, 2);
    assert_ptr_equal(kicked, &test_cpus[1]);
    assert_int_equal(call(CPU_ON_64, 1, 0x40001000, 0), -5); /* ON_PENDING */
    assert_int_equal(call(CPU_ON_64, 0, 0x40001000, 0), -4); /* ALREADY_ON */
    assert_int_equal(part.running, 2);
    assert_int_equal(vcpus[1].context, 0x1234567890);
}

static void test_cpu_on_32_narrows(void **state)
{
    (void)state;
    assert_int_equal(call(CPU_ON, 0xabcd00000002, 0xffffffff40000000, 0x1200000034), 0);
    assert_int_equal(vcpus[2].entry, 0x40000000);
    assert_int_equal(vcpus[2].context, 0x34);
}

static void test_cpu_on_hostile(void **state)
{
    static const uint64_t targets[] = {3,       0x100,      0x80000000, 0x80000001,
                                       BIT(32), UINT64_MAX, 0x41000001, 0xff};
    static const uint64_t entries[] = {0,          0x3ffffffc,         0x40000002, 0x40000001,
                                       0x40200000, 0xffffffffffffffff, 0x9000000};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        assert_int_equal(call(CPU_ON_64, targets[i], 0x40000000, 0), -2);
    }
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        assert_int_equal(call(CPU_ON_64, 1, entries[i], 0), -9);
    }
    assert_int_equal(part.running, 1);
    assert_int_equal(vcpus[1].power, VCPU_OFF);
    assert_null(kicked);
}

/* DEN 0022 5.6: of AArch32 callers bit 0 of an entry selects T32; DEN 0028 2.5: no 64-bit calls. */
static void test_cpu_on_of_aarch32(void **state)
{
    static const uint64_t entries[] = {0, 1, 0x3fffffff, 0x40000002, 0x40200001, 0x9000001};

    (void)state;
    plan_part.aarch32 = true;
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        assert_int_equal(call(CPU_ON, 1, entries[i], 0), -9);
    }
    assert_int_equal(call(CPU_ON, 1, 0x40001001, 7), 0);
    assert_int_equal(vcpus[1].entry, 0x40001001);
    assert_int_equal(vcpus[1].context, 7);
    assert_int_equal(call(CPU_ON, 2, 0x40001003, 0), 0); /* T32 is aligned to 2 */
    assert_int_equal(vcpus[2].entry, 0x40001003);
    vcpus[1].power = VCPU_OFF;
    assert_int_equal(call(CPU_ON, 1, 0x40001000, 0), 0);
    vcpus[1].power = VCPU_OFF;
    assert_int_equal(call(CPU_ON_64, 1, 0x40001000, 0), -1);
    assert_int_equal(vcpus[1].power, VCPU_OFF);
    assert_int_equal(call(0xc4000001, 0, 0, 0), -1);
    assert_int_equal(call(0xc4000004, 0, 0, 0), -1);
    assert_int_equal(call(FEATURES, CPU_ON_64, 0, 0), -1);
    assert_int_equal(call(FEATURES, CPU_ON, 0, 0), 0);
    assert_int_equal(call(SUSPEND, 0x10000, 0x40000003, 0), 0);
}

static void test_affinity_info(void **state)
{
    (void)state;
    assert_int_equal(call(AFFINITY, 0, 0, 0), 0);
    assert_int_equal(call(AFFINITY, 1, 0, 0), 1);
    vcpus[1].power = VCPU_ON_PENDING;
    assert_int_equal(call(AFFINITY, 1, 0, 0), 2);
    assert_int_equal(call(AFFINITY, 3, 0, 0), -2);
    assert_int_equal(call(AFFINITY, 0x80000000, 0, 0), -2);
    assert_int_equal(call(AFFINITY, 0, 1, 0), 0); /* the cluster is on */
    assert_int_equal(call(AFFINITY, 2, 1, 0), 0); /* Aff0 is ignored there */
    assert_int_equal(call(AFFINITY, 0x100, 1, 0), -2);
    assert_int_equal(call(AFFINITY, 0x100, 2, 0), 0);
    assert_int_equal(call(AFFINITY, 0, 3, 0), 0);
    assert_int_equal(call(AFFINITY, 0, 4, 0), -2);
    assert_int_equal(call(AFFINITY, 0, UINT64_MAX, 0), -2);
}

static void test_off(void **state)
{
    (void)state;
    (void)call(CPU_OFF, 0, 0, 0);
    assert_int_equal(outcome, TRAP_STOP);
    assert_null(ended);
    (void)call(SYSTEM_OFF, 0, 0, 0);
    assert_int_equal(outcome, TRAP_STOP);
    assert_string_equal(ended, "SYSTEM_OFF");
    (void)call(0x84000009, 0, 0, 0);
    assert_int_equal(outcome, TRAP_STOP);
    assert_string_equal(ended, "SYSTEM_RESET");
}

static void test_suspend(void **state)
{
    (void)state;
    assert_int_equal(call(SUSPEND, 0, 0, 0), 0);
    assert_int_equal(host.wfis, 1);
    pending = true; /* an interrupt is there already: it must not sleep */
    assert_int_equal(call(SUSPEND, 0x10000, 0x40000000, 0), 0);
    assert_int_equal(call(SUSPEND, 0x10000, 0, 0), -9);
    assert_int_equal(host.wfis, 1);
    assert_int_equal(call(SUSPEND, 0x80000000, 0, 0), -2);
    assert_int_equal(call(0xc4000001, BIT(32), 0, 0), -2);
}

static void test_features(void **state)
{
    (void)state;
    assert_int_equal(call(FEATURES, CPU_ON_64, 0, 0), 0);
    assert_int_equal(call(FEATURES, CPU_OFF, 0, 0), 0);
    assert_int_equal(call(FEATURES, 0x80000000, 0, 0), 0);
    assert_int_equal(call(FEATURES, 0xc4000002, 0, 0), -1);
    assert_int_equal(call(FEATURES, WORKAROUND_1, 0, 0), -1); /* SMCCC's to tell */
    assert_int_equal(call(FEATURES, ARCH_FEATURES, 0, 0), -1);
    assert_int_equal(call(FEATURES, 0x8600ff01, 0, 0), -1);
    assert_int_equal(call(FEATURES, 0, 0, 0), -1);
    assert_int_equal(call(0x84000006, 0, 0, 0), 2); /* no migration */
}

static struct smc_result firmware(uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3)
{
    struct smc_result r = {{UINT64_MAX, 0, 0, 0}};

    (void)a2;
    (void)a3;
    if ((fid == ARCH_FEATURES && a1 == WORKAROUND_1) || fid == WORKAROUND_1) {
        r.r[0] = 0;
    }
    return r;
}

static void test_workarounds_are_the_firmwares(void **state)
{
    (void)state;
    host.smc = firmware;
    assert_int_equal(call(ARCH_FEATURES, WORKAROUND_1, 0, 0), 0);
    assert_int_equal(call(ARCH_FEATURES, 0x80007fff, 0, 0), -1);
    assert_int_equal(call(WORKAROUND_1, 0, 0, 0), 0);
    assert_int_equal(host.smc_args[0], WORKAROUND_1);
    assert_int_equal(call(0x80007fff, 0, 0, 0), -1);
    assert_int_not_equal(host.smc_args[0], 0x80007fff); /* not passed on */
    plan.board.psci = false;
    host.smcs = 0;
    assert_int_equal(call(ARCH_FEATURES, WORKAROUND_1, 0, 0), -1);
    assert_int_equal(call(WORKAROUND_1, 0, 0, 0), -1);
    assert_int_equal(host.smcs, 0);
}

/* A 32-bit call's answer is a W register: what is above it tells nothing. */
static struct smc_result firmware_without(uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3)
{
    (void)fid;
    (void)a1;
    (void)a2;
    (void)a3;
    return (struct smc_result){{UINT32_MAX, 0, 0, 0}};
}

static void test_no_workaround_in_32_bits(void **state)
{
    (void)state;
    host.smc = firmware_without;
    assert_int_equal(call(ARCH_FEATURES, WORKAROUND_1, 0, 0), -1);
    assert_int_equal(call(WORKAROUND_1, 0, 0, 0), -1);
    assert_int_equal(host.smc_args[0], ARCH_FEATURES); /* it was asked, no more */
}

static void test_uid(void **state)
{
    (void)state;
    (void)call(0x8600ff01, 0, 0, 0);
    assert_int_equal(last.result[0], 0x401d8b2f);
    assert_int_equal(last.result[3], 0x64686b6c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_versions, setup),
        cmocka_unit_test_setup(test_unknown_is_not_supported, setup),
        cmocka_unit_test_setup(test_cpu_on, setup),
        cmocka_unit_test_setup(test_cpu_on_32_narrows, setup),
        cmocka_unit_test_setup(test_cpu_on_hostile, setup),
        cmocka_unit_test_setup(test_cpu_on_of_aarch32, setup),
        cmocka_unit_test_setup(test_affinity_info, setup),
        cmocka_unit_test_setup(test_off, setup),
        cmocka_unit_test_setup(test_suspend, setup),
        cmocka_unit_test_setup(test_features, setup),
        cmocka_unit_test_setup(test_workarounds_are_the_firmwares, setup),
        cmocka_unit_test_setup(test_no_workaround_in_32_bits, setup),
        cmocka_unit_test_setup(test_uid, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
