/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the answers to a partition's PSCI and SMCCC calls: one const table, one function each. */
#include "core/guest/psci.h"

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/guest/irq.h"
#include "core/guest/partition.h"
#include "core/guest/vcpu.h"

/* DEN 0022 5.2.2: return codes. */
#define PSCI_SUCCESS            0
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_ALREADY_ON         (-4)
#define PSCI_ON_PENDING         (-5)
#define PSCI_INVALID_ADDRESS    (-9)

#define PSCI_VERSION_1_1  0x00010001
#define SMCCC_VERSION_1_2 0x00010002
#define PSCI_NO_MIGRATION 2 /* MIGRATE_INFO_TYPE: no Trusted OS, or one that needs no migration */

/* DEN 0028 2.5: the function identifier. AArch32 callers have no 64-bit calls. */
#define FID_64BIT BIT(30)

/* CPU_SUSPEND's power_state, original format: StateID, StateType, PowerLevel. */
#define POWER_STATE_POWERDOWN BIT(16)
#define POWER_STATE_RESERVED  UINT64_C(0xfcfe0000)

/*
 * Vendor specific hypervisor service, CALL_UID: 2f8b1d40-6c1e-4e55-9c3f-62756c6b6864 as SMCCC lays
 * it out.
 */
static const uint32_t vendor_uid[4] = {0x401d8b2f, 0x554e1e6c, 0x75623f9c, 0x64686b6c};

/* A function this table has; those of 32 and 64 bits differ in bit 30 only and share a row. */
struct psci_row {
    uint32_t fid;
    bool also64;
    enum trap_outcome (*call)(struct vcpu *vcpu, struct smccc_call *call);
};

static const struct psci_row *psci_find(const struct vcpu *vcpu, uint64_t fid);

static enum trap_outcome answer(struct smccc_call *call, int64_t value)
{
    call->result[0] = (uint64_t)value;
    return TRAP_RESUME;
}

static enum trap_outcome psci_version(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)vcpu;
    return answer(call, PSCI_VERSION_1_1);
}

/*
 * True where `entry` is an instruction's address in the partition's memory. 5.6: AArch32's bit 0
 * selects T32.
 */
static bool entry_is_memory(const struct plan_partition *part, uint64_t entry)
{
    for (uint32_t i = 0; i < part->memory_count; i++) {
        if (entry - part->memory[i].base < part->memory[i].size) {
            return is_aligned(entry, 4) || (part->aarch32 && (entry & 1) != 0);
        }
    }
    return false;
}

/* 5.4: every state is a standby state here, which the caller's contract allows. */
static enum trap_outcome cpu_suspend(struct vcpu *vcpu, struct smccc_call *call)
{
    if ((call->arg[0] & (POWER_STATE_RESERVED | ~UINT64_C(0xffffffff))) != 0) {
        return answer(call, PSCI_INVALID_PARAMETERS);
    }
    if ((call->arg[0] & POWER_STATE_POWERDOWN) != 0 &&
        !entry_is_memory(vcpu->partition->plan, call->arg[1])) {
        return answer(call, PSCI_INVALID_ADDRESS);
    }
    if (!vgic_has_pending(vcpu)) {
        arch_wfi();
    }
    return answer(call, PSCI_SUCCESS);
}

static enum trap_outcome cpu_off(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)vcpu;
    (void)call;
    return TRAP_STOP;
}

/* 5.6. Two callers may race for one target: whoever moves OFF to ON_PENDING has it. */
static enum trap_outcome cpu_on(struct vcpu *vcpu, struct smccc_call *call)
{
    struct partition *part = vcpu->partition;
    uint32_t seen = VCPU_OFF;
    struct vcpu *target;

    if (call->arg[0] >= part->plan->cpu_count) {
        return answer(call, PSCI_INVALID_PARAMETERS);
    }
    target = &part->vcpu[call->arg[0]];
    if (!entry_is_memory(part->plan, call->arg[1])) {
        return answer(call, PSCI_INVALID_ADDRESS);
    }
    if (!__atomic_compare_exchange_n(&target->power, &seen, VCPU_ON_PENDING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return answer(call, seen == VCPU_ON ? PSCI_ALREADY_ON : PSCI_ON_PENDING);
    }
    __atomic_fetch_add(&part->running, 1, __ATOMIC_RELAXED);
    target->entry = call->arg[1];
    target->context = call->arg[2];
    __atomic_store_n(&target->go, 1, __ATOMIC_RELEASE);
    irq_kick(target->cpu);
    return answer(call, PSCI_SUCCESS);
}

/* 5.7: an affinity level above 0 is on where anything below it is. */
static enum trap_outcome affinity_info(struct vcpu *vcpu, struct smccc_call *call)
{
    static const uint8_t shift[] = {0, 8, 16, 32}; /* where Aff1, Aff2, Aff3 begin in MPIDR */
    const struct partition *part = vcpu->partition;
    uint64_t target = call->arg[0];

    if (call->arg[1] > 3) {
        return answer(call, PSCI_INVALID_PARAMETERS);
    }
    if (call->arg[1] == 0) {
        if (target >= part->plan->cpu_count) {
            return answer(call, PSCI_INVALID_PARAMETERS);
        }
        return answer(call, __atomic_load_n(&part->vcpu[target].power, __ATOMIC_ACQUIRE));
    }
    /* All vCPUs have Aff1..Aff3 of 0, and the caller among them is on. */
    if (target >> shift[call->arg[1]] != 0) {
        return answer(call, PSCI_INVALID_PARAMETERS);
    }
    return answer(call, VCPU_ON);
}

static enum trap_outcome migrate_info_type(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)vcpu;
    return answer(call, PSCI_NO_MIGRATION);
}

static enum trap_outcome system_off(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)call;
    partition_end(vcpu->partition, "SYSTEM_OFF");
    return TRAP_STOP;
}

static enum trap_outcome system_reset(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)call;
    partition_end(vcpu->partition, "SYSTEM_RESET");
    return TRAP_STOP;
}

/* DEN 0022 5.1: PSCI's function IDs, of 32 and 64 bits, differ in these bits only. */
#define PSCI_FIRST    UINT64_C(0x84000000)
#define PSCI_OWN      (~UINT64_C(0x4000001f))
#define SMCCC_VERSION UINT64_C(0x80000000)

static enum trap_outcome psci_features(struct vcpu *vcpu, struct smccc_call *call)
{
    uint64_t fid = call->arg[0];
    bool is_psci = (fid & PSCI_OWN) == PSCI_FIRST || fid == SMCCC_VERSION;

    return answer(call, is_psci && psci_find(vcpu, fid) != NULL ? PSCI_SUCCESS : -1);
}

static enum trap_outcome smccc_version(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)vcpu;
    return answer(call, SMCCC_VERSION_1_2);
}

#define SMCCC_ARCH_FEATURES     0x80000001
#define SMCCC_ARCH_WORKAROUND_1 0x80008000
#define SMCCC_ARCH_WORKAROUND_2 0x80007fff
#define SMCCC_ARCH_WORKAROUND_3 0x80003fff

static bool is_workaround(uint64_t fid)
{
    return fid == SMCCC_ARCH_WORKAROUND_1 || fid == SMCCC_ARCH_WORKAROUND_2 ||
           fid == SMCCC_ARCH_WORKAROUND_3;
}

/* What the firmware says of a workaround; NOT_SUPPORTED where there is no firmware to ask. */
static int64_t workaround_features(uint64_t fid)
{
    if (!plan.board.psci) {
        return -1;
    }
    return (int32_t)arch_smc(SMCCC_ARCH_FEATURES, fid, 0, 0).r[0];
}

static enum trap_outcome arch_features(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)vcpu;
    if (is_workaround(call->arg[0])) {
        return answer(call, workaround_features(call->arg[0]));
    }
    return answer(call,
                  call->arg[0] == SMCCC_ARCH_FEATURES || call->arg[0] == SMCCC_VERSION ? 0 : -1);
}

/* The mitigation must run in the firmware, where the guest's branch history is known to it. */
static enum trap_outcome arch_workaround(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)vcpu;
    if (workaround_features(call->fid) < 0) {
        return answer(call, -1);
    }
    (void)arch_smc(call->fid, call->arg[0], 0, 0);
    return answer(call, 0);
}

static enum trap_outcome call_uid(struct vcpu *vcpu, struct smccc_call *call)
{
    (void)vcpu;
    for (uint32_t i = 0; i < ARRAY_SIZE(vendor_uid); i++) {
        call->result[i] = vendor_uid[i];
    }
    return TRAP_RESUME;
}

static const struct psci_row rows[] = {
    {0x84000000, false, psci_version},
    {0x84000001, true, cpu_suspend},
    {0x84000002, false, cpu_off},
    {0x84000003, true, cpu_on},
    {0x84000004, true, affinity_info},
    {0x84000006, false, migrate_info_type},
    {0x84000008, false, system_off},
    {0x84000009, false, system_reset},
    {0x8400000a, false, psci_features},
    {SMCCC_VERSION, false, smccc_version},
    {SMCCC_ARCH_FEATURES, false, arch_features},
    {SMCCC_ARCH_WORKAROUND_1, false, arch_workaround},
    {SMCCC_ARCH_WORKAROUND_2, false, arch_workaround},
    {SMCCC_ARCH_WORKAROUND_3, false, arch_workaround},
    {0x8600ff01, false, call_uid},
};

static const struct psci_row *psci_find(const struct vcpu *vcpu, uint64_t fid)
{
    for (const struct psci_row *row = rows; row < rows + ARRAY_SIZE(rows); row++) {
        if (fid == row->fid) {
            return row;
        }
        if (row->also64 && fid == (row->fid | FID_64BIT)) {
            return vcpu->partition->plan->aarch32 ? NULL : row;
        }
    }
    return NULL;
}

enum trap_outcome smccc_handle(struct vcpu *vcpu, struct smccc_call *call)
{
    const struct psci_row *row = psci_find(vcpu, call->fid);

    if (row == NULL) {
        return answer(call, -1);
    }
    if ((call->fid & FID_64BIT) == 0) { /* a 32-bit call's arguments are W registers */
        call->arg[0] &= UINT32_MAX;
        call->arg[1] &= UINT32_MAX;
        call->arg[2] &= UINT32_MAX;
    }
    return row->call(vcpu, call);
}
