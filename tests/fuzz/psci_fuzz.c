/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of four vCPUs in any order, each CPU's steps interleaved with the others', against a model
 * of DEN 0022: states, results, where a CPU starts, and that all of it can always come to an end.
 */
#include <stdbool.h>
#include <string.h>

#include <arch/host.h>

#include "bytes.h"
#include "core/guest/irq.h"
#include "core/guest/partition.h"
#include "core/guest/psci.h"
#include "core/guest/vcpu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CPUS   4u
#define MEMORY UINT64_C(0x40000000)
#define SIZE   UINT64_C(0x200000)

#define SUCCESS     0
#define UNKNOWN     (-1)
#define PARAMETERS  (-2)
#define ALREADY_ON  (-4)
#define PENDING     (-5)
#define BAD_ADDRESS (-9)
#define STOPS       INT64_MIN /* no result: the call does not return */

enum step { OFF, ASKED, ON, STOPPING };

/* What the specification says; written from it, not from psci.c. */
static struct {
    enum step step[CPUS];
    uint64_t entry[CPUS], context[CPUS];
    bool ending, ended;
} model;

static struct vcpu vcpus[CPUS];
static struct plan_partition plan_part = {
    .name = "p", .cpu_count = CPUS, .memory = {{MEMORY, SIZE}}, .memory_count = 1};
static struct partition *const part = &partitions[0];
static uint32_t kicks;

/* ---- in place of the interrupts ---- */

void irq_kick(const struct cpu *cpu)
{
    require(cpu >= cpus && cpu < cpus + CPUS, "a kick to nobody");
    kicks |= 1u << cpu->index;
}

bool vgic_has_pending(struct vcpu *vcpu)
{
    (void)vcpu;
    return false;
}

void vgic_vcpu_reset(struct vcpu *vcpu)
{
    require(vcpu->cpu == cpu_self(), "vCPU %u is reset on another's CPU", vcpu->index);
}

void vgic_stop(struct partition *partition)
{
    require(partition == part && !model.ended, "stopped twice");
}

void vpci_stop(struct partition *partition)
{
    require(partition == part && !model.ended, "its PCI functions are stopped twice");
}

static void sleep_returns(void)
{
}

/* ---- the model ---- */

static bool is_on_somewhere(void)
{
    for (uint32_t i = 0; i < CPUS; i++) {
        if (model.step[i] != OFF) {
            return true;
        }
    }
    return false;
}

static bool is_entry(uint64_t address)
{
    return address >= MEMORY && address < MEMORY + SIZE && address % 4 == 0;
}

/* 5.4: StateID, StateType and PowerLevel only; a powerdown state says where to go on. */
static int64_t model_suspend(uint64_t state, uint64_t entry)
{
    if ((state & ~UINT64_C(0x0301ffff)) != 0) {
        return PARAMETERS;
    }
    return (state & 0x10000) != 0 && !is_entry(entry) ? BAD_ADDRESS : SUCCESS;
}

static int64_t model_cpu_on(uint64_t target, uint64_t entry, uint64_t context)
{
    if (target >= CPUS) {
        return PARAMETERS;
    }
    if (!is_entry(entry)) {
        return BAD_ADDRESS;
    }
    if (model.step[target] == ASKED) {
        return PENDING;
    }
    if (model.step[target] != OFF) {
        return ALREADY_ON;
    }
    model.step[target] = ASKED;
    model.entry[target] = entry;
    model.context[target] = context;
    return SUCCESS;
}

static int64_t model_affinity(uint64_t target, uint64_t level)
{
    if (level > 3 || target >= CPUS) {
        return PARAMETERS; /* above level 0 only bits below the level may be set: see `args` */
    }
    if (level != 0) {
        return 0;
    }
    return model.step[target] == OFF ? 1 : model.step[target] == ASKED ? 2 : 0;
}

/* What PSCI_FEATURES answers for; the rest of SMCCC's calls are SMCCC_ARCH_FEATURES'. */
static bool is_known(uint32_t fid)
{
    static const uint32_t known[] = {0x84000000, 0x84000001, 0xc4000001, 0x84000002, 0x84000003,
                                     0xc4000003, 0x84000004, 0xc4000004, 0x84000006, 0x84000008,
                                     0x84000009, 0x8400000a, 0x80000000};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i] == fid) {
            return true;
        }
    }
    return false;
}

static int64_t model_call(uint64_t fid, const uint64_t arg[3])
{
    bool wide = (fid & 0x40000000) != 0;
    uint64_t a[3];

    for (int i = 0; i < 3; i++) {
        a[i] = wide ? arg[i] : (uint32_t)arg[i];
    }
    switch ((uint32_t)fid) {
    case 0x84000000:
        return 0x10001;
    case 0x84000001:
    case 0xc4000001:
        return model_suspend(a[0], a[1]);
    case 0x84000002:
        return STOPS;
    case 0x84000003:
    case 0xc4000003:
        return model_cpu_on(a[0], a[1], a[2]);
    case 0x84000004:
    case 0xc4000004:
        return model_affinity(a[0], a[1]);
    case 0x84000006:
        return 2;
    case 0x84000008:
    case 0x84000009:
        model.ending = true;
        return STOPS;
    case 0x8400000a:
        return is_known((uint32_t)a[0]) ? SUCCESS : UNKNOWN;
    case 0x80000000:
        return 0x10002;
    case 0x80000001: /* no firmware here: it has no workaround */
        return a[0] == 0x80000000 || a[0] == 0x80000001 ? SUCCESS : UNKNOWN;
    case 0x8600ff01:
        return 0x401d8b2f;
    default:
        return UNKNOWN;
    }
}

/* ---- steps ---- */

static uint32_t choose_fid(struct bytes *b)
{
    static const uint32_t often[] = {0x84000003, 0xc4000003, 0xc4000003, 0xc4000003, 0x84000002,
                                     0xc4000004, 0x84000004, 0xc4000001, 0x84000008};
    uint32_t which = pick(b, 16);

    if (which < sizeof(often) / sizeof(often[0])) {
        return often[which] == 0x84000008 && rarely(b, 4) == 0 ? 0x84000000 : often[which];
    }
    return (which < 14 ? 0x84000000 : 0x80000000) | (uint32_t)pick(b, 4) << 30 | pick(b, 16);
}

static void guest_calls(uint32_t cpu, struct bytes *b)
{
    struct smccc_call call = {.fid = choose_fid(b)};
    enum trap_outcome outcome;
    int64_t expected;

    call.arg[0] = rarely(b, 8) ? take64(b) : pick(b, CPUS + 1);
    call.arg[1] = rarely(b, 8) ? take64(b) : MEMORY + pick(b, 4) * 2;
    call.arg[2] = take(b);
    if ((call.fid & 0xbfffffff) == 0x84000004) {
        call.arg[0] &= 7;
        call.arg[1] = pick(b, 5);
        call.arg[0] = call.arg[1] != 0 ? call.arg[0] % CPUS : call.arg[0];
    }
    if (call.fid == 0x8400000a || call.fid == 0x80000001) {
        call.arg[0] = choose_fid(b);
    }
    host_cpu_become(&cpus[cpu]);
    host.wfi = sleep_returns;
    kicks = 0;
    expected = model_call(call.fid, call.arg);
    outcome = smccc_handle(&vcpus[cpu], &call);
    host.wfi = NULL;
    if (expected == STOPS) {
        require(outcome == TRAP_STOP, "0x%x returns", call.fid);
        require(!model.ending || kicks == (1u << CPUS) - 1 || vcpu_must_stop(&vcpus[cpu]),
                "the others are not told");
        model.step[cpu] = STOPPING;
        return;
    }
    require(outcome == TRAP_RESUME, "0x%x stops", call.fid);
    require((int64_t)call.result[0] == expected, "0x%x(0x%lx, 0x%lx): %ld, not %ld", call.fid,
            call.arg[0], call.arg[1], (long)call.result[0], (long)expected);
}

static void stop_it(void *vcpu)
{
    vcpu_stop(vcpu);
}

/* Its CPU leaves the guest for good; the last one ends the partition, and so the machine. */
static void cpu_stops(uint32_t cpu)
{
    bool last;

    host_cpu_become(&cpus[cpu]);
    model.step[cpu] = OFF;
    last = !is_on_somewhere();
    require(host_catch(stop_it, &vcpus[cpu]) == (last ? HOST_MACHINE_OFF : HOST_RESTARTED),
            "vCPU %u stops, %s", cpu, last ? "the last one" : "and others are there");
    model.ending = model.ending || last;
    model.ended = last;
}

/* A CPU without anything to run looks whether there is something. */
static void cpu_idles(uint32_t cpu)
{
    enum host_end end;

    host_cpu_become(&cpus[cpu]);
    if (model.step[cpu] == OFF) {
        require(host_catch(vcpu_idle, NULL) == HOST_ASLEEP, "CPU %u was not asked to start", cpu);
        return;
    }
    if (model.ending) {
        model.step[cpu] = OFF;
        end = is_on_somewhere() ? HOST_RESTARTED : HOST_MACHINE_OFF;
        require(host_catch(vcpu_idle, NULL) == end, "CPU %u starts in what ends", cpu);
        model.ended = end == HOST_MACHINE_OFF;
        return;
    }
    require(host_catch(vcpu_idle, NULL) == HOST_ENTERED, "CPU %u does not start", cpu);
    require(host.started == &vcpus[cpu] && vcpus[cpu].arch.entry == model.entry[cpu] &&
                vcpus[cpu].arch.arg == model.context[cpu],
            "CPU %u starts at 0x%lx", cpu, vcpus[cpu].arch.entry);
    model.step[cpu] = ON;
}

static void step(uint32_t cpu, struct bytes *b)
{
    if (model.step[cpu] == STOPPING) {
        cpu_stops(cpu);
    } else if (model.step[cpu] == ON) {
        require(vcpu_must_stop(&vcpus[cpu]) == model.ending, "vCPU %u", cpu);
        if (model.ending) {
            cpu_stops(cpu);
        } else {
            guest_calls(cpu, b);
        }
    } else {
        cpu_idles(cpu);
    }
}

static void set_up(void)
{
    host_reset();
    memset(&model, 0, sizeof(model));
    memset(part, 0, sizeof(*part));
    memset(vcpus, 0, sizeof(vcpus));
    part->plan = &plan_part;
    part->vcpu = vcpus;
    for (uint32_t i = 0; i < CPUS; i++) {
        cpus[i] = (struct cpu){.index = i, .mpidr = i, .vcpu = &vcpus[i]};
        vcpus[i] = (struct vcpu){.partition = part, .cpu = &cpus[i], .index = i, .power = VCPU_OFF};
    }
    plan_part.entry = MEMORY;
    plan_part.fdt_ipa = MEMORY + 0x1000;
    partition_start(part);
    model.step[0] = ASKED;
    model.entry[0] = plan_part.entry;
    model.context[0] = plan_part.fdt_ipa;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, data + size};

    set_up();
    while (b.at < b.end && !model.ended) {
        step(pick(&b, CPUS), &b);
    }
    if (!model.ended) {
        model.ending = true;
        partition_end(part, "the input has ended");
    }
    for (uint32_t i = 0; i < CPUS * 2 && !model.ended; i++) {
        step(i % CPUS, &b);
    }
    require(model.ended && !partition_alive(part), "the partition does not come to an end");
    return 0;
}
