/* SPDX-License-Identifier: Apache-2.0 */
/* From a checked plan: seal it, apply it; then every CPU runs its one vCPU. */
#include "core/main.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/console.h"
#include "core/base/panic.h"
#include "core/guest/irq.h"
#include "core/guest/msi.h"
#include "core/guest/partition.h"
#include "core/guest/stream.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"
#include "core/plan/pci.h"
#include "core/plan/plan.h"

#define CPU_START_SECONDS 10          /* for a CPU that PSCI has accepted to start */
#define LOAD_SECONDS      120         /* for all partitions to be loaded, */
#define LOAD_RATE         (64u << 20) /* and to be zeroed: bytes a second at least */

struct cpu cpus[CONFIG_MAX_CPUS];

/* What each CPU waits for; class: atomic. The boot CPU moves it, PHASE_RUN the console CPU. */
enum boot_phase { PHASE_PLAN, PHASE_LOAD, PHASE_CONSOLE, PHASE_RUN };
static uint32_t boot_phase;

/* Class: atomic. CPUs that have done their part of PHASE_LOAD. */
static uint32_t cpus_loaded;

/* Class: each its partition's first CPU's (or the boot CPU's before); read after PHASE_LOAD. */
static bool partition_ready[CONFIG_MAX_PARTITIONS];

/* ---- what all share is wrong ---- */

void main_give_up(const char *why)
{
    console_printf("bulkhead: %s: nothing is started\n", why);
    console_flush();
    arch_machine_off();
}

void main_must(enum status status, const char *what)
{
    if (status != OK) {
        console_printf("bulkhead: error: %s\n", what);
        main_give_up(what);
    }
}

/* ---- sealing ---- */

/* Of the planner nothing stays; the pool goes on in what the plan sets aside for it. */
static void close_planner(void)
{
    main_must(el2_close_planner(), "the planner cannot be unmapped");
    if (plan.board.pool.size != 0) {
        main_must(el2_map(plan.board.pool, LPAE_DATA), "the RAM for EL2's tables cannot be mapped");
        pool_extend(plan.board.pool);
    }
}

static struct range plan_pages(void)
{
    return (struct range){(uint64_t)(uintptr_t)&plan, align_up(sizeof(plan), PAGE_SIZE)};
}

static bool plan_is_writable(void)
{
    const struct range pages = plan_pages();
    struct lpae_leaf leaf;

    for (uint64_t at = pages.base; at < range_end(pages); at += PAGE_SIZE) {
        if (!lpae_walk(&el2_table, at, &leaf) || leaf.write) {
            return true;
        }
    }
    return false;
}

/* What EL2's real table maps now; nothing of `system` either. */
static void audit(const struct range *system)
{
    /* Class: the boot CPU's; too large for its stack. */
    static struct range ram[CONFIG_MAX_PARTITIONS * PLAN_MAX_EXTENTS + 1];
    const bool writable = plan_is_writable();
    struct el2_audit a;
    uint32_t count = 0;

    ram[count++] = *system;
    for (uint32_t i = 0; i < plan.partition_count; i++) {
        const struct plan_partition *pp = &plan.partitions[i];

        for (uint32_t e = 0; !pp->refused && e < pp->extent_count; e++) {
            ram[count++] = (struct range){pp->extent[e].pa, pp->extent[e].size};
        }
    }
    el2_map_audit(ram, count, &a);
    console_printf("bulkhead: sealed: EL2's table, walked, maps %" PRIu64 " KiB code r-x, %" PRIu64
                   " KiB r--, %" PRIu64 " KiB rw-, %" PRIu64 " KiB device; both writable and "
                   "executable %" PRIu64 ", partitions' RAM %" PRIu64 " bytes; the plan %s\n"
                   "bulkhead: holds %" PRIu64 " KiB of RAM, %u KiB of it not needed\n",
                   a.code / 1024, a.rodata / 1024, a.data / 1024, a.device / 1024, a.wx, a.guest,
                   writable ? "rw-" : "r--", (el2_image().size + plan.board.pool.size) / 1024,
                   pool_left() * 4);
    check(a.wx == 0 && a.guest == 0 && a.not_identity == 0 && !writable);
}

/* ---- CPUs ---- */

/* The partition that this CPU will run; PLAN_NONE where none, or a refused one. */
static int cpu_owner(uint32_t index)
{
    int owner = plan.board.cpus[index].partition;

    return owner != PLAN_NONE && plan.partitions[owner].refused ? PLAN_NONE : owner;
}

static bool wait_for(const uint32_t *word, uint32_t at_least, uint64_t seconds)
{
    uint64_t hz = plan.board.timer_hz;
    uint64_t start = arch_counter();

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < at_least) {
        if (arch_counter() - start > seconds * hz) {
            return false;
        }
        arch_wait_hint();
    }
    return true;
}

/*
 * Until all partitions are loaded, however much memory they have. Nobody goes on without a CPU that
 * is late: it reads the system file and has its partition's RAM mapped, which must both be closed
 * before anything else runs, and EL2 cannot be interrupted in between. Loading takes a time that
 * grows with what is loaded and no faster, so that only broken hardware comes to this.
 */
static void wait_for_load(const uint32_t *word, uint32_t at_least)
{
    uint64_t seconds = LOAD_SECONDS + plan.board.cpu_count * CPU_START_SECONDS;

    for (uint32_t i = 0; i < plan.partition_count; i++) {
        for (uint32_t n = 0; n < plan.partitions[i].extent_count; n++) {
            seconds += plan.partitions[i].extent[n].size / LOAD_RATE;
        }
    }
    if (!wait_for(word, at_least, seconds)) {
        panic("the partitions were not loaded in %" PRIu64 " seconds", seconds);
    }
}

static void enter_phase(enum boot_phase phase)
{
    __atomic_store_n(&boot_phase, phase, __ATOMIC_RELEASE);
}

static void make_cpus(void)
{
    const uint64_t boot_stack = cpu_self()->stack_top; /* this CPU goes on with it */

    for (uint32_t i = 0; i < plan.board.cpu_count; i++) {
        uint8_t *stack;

        cpus[i].mpidr = plan.board.cpus[i].mpidr;
        cpus[i].index = i;
        cpus[i].gic_target = UINT8_MAX;
        if (i == plan.board.boot_cpu || cpu_owner(i) == PLAN_NONE) {
            continue;
        }
        stack = pool_take(CPU_STACK_SIZE / PAGE_SIZE);
        if (stack == NULL) {
            main_give_up("there is no RAM for a stack per CPU");
        }
        cpus[i].stack_top = (uint64_t)(uintptr_t)stack + CPU_STACK_SIZE;
    }
    cpus[plan.board.boot_cpu].stack_top = boot_stack;
    arch_cpu_become(&cpus[plan.board.boot_cpu]);
}

static void build_partitions(void)
{
    for (uint32_t i = 0; i < plan.partition_count; i++) {
        check(plan.partitions[i].refused || partition_build(&partitions[i], &plan) == OK);
    }
    partition_find_windows(&plan);
}

static enum status start_cpu(struct cpu *cpu, const struct plan_cpu *pc)
{
    enum status status = arch_cpu_start(cpu, pc->enable, pc->release);

    if (status == OK && pc->enable == CPU_ENABLE_SYSREG) {
        irq_kick(cpu);
    }
    return status;
}

/*
 * Start the CPUs that partitions own; returns how many, this one included, take part in the boot.
 */
static uint32_t start_cpus(void)
{
    uint32_t started = 1;

    for (uint32_t i = 0; i < plan.board.cpu_count; i++) {
        const struct plan_cpu *pc = &plan.board.cpus[i];

        if (cpu_owner(i) == PLAN_NONE || i == plan.board.boot_cpu) {
            continue;
        }
        if (start_cpu(&cpus[i], pc) == OK && wait_for(&cpus[i].online, 1, CPU_START_SECONDS)) {
            started++;
        } else {
            console_printf("bulkhead: error: %s: CPU 0x%" PRIx64 " does not start: not started\n",
                           plan.partitions[pc->partition].name, pc->mpidr);
            cpus[i].failed = true;
        }
    }
    return started;
}

static bool all_cpus_work(const struct plan_partition *pp)
{
    for (uint32_t i = 0; i < pp->cpu_count; i++) {
        if (cpus[pp->cpus[i]].failed || cpus[pp->cpus[i]].unfit) {
            return false;
        }
    }
    return true;
}

/* It has no part in anything: asleep for ever. */
__attribute__((noreturn)) static void cpu_sleep(void)
{
    for (;;) {
        arch_wfi();
    }
}

/* This CPU's part of PHASE_LOAD: its interfaces, and the partition whose first CPU it is. */
static void cpu_load(struct cpu *cpu)
{
    int owner = cpu_owner(cpu->index);

    check(arch_mmu_protects()); /* audit() sees the table, not whether this CPU obeys it */
    if (irq_cpu_init(&plan, cpu) != OK) {
        console_printf("bulkhead: error: %s: CPU 0x%" PRIx64 ": its GIC interface does not answer: "
                       "not started\n",
                       owner != PLAN_NONE ? plan.partitions[owner].name : "console", cpu->mpidr);
        cpu->failed = true;
    } else if (owner != PLAN_NONE && plan.partitions[owner].aarch32 && !arch_cpu_has_aarch32()) {
        console_printf("bulkhead: error: %s: CPU 0x%" PRIx64 ": it has no AArch32 at EL1: not "
                       "started; give it other CPUs, or a kernel of 64 bits\n",
                       plan.partitions[owner].name, cpu->mpidr);
        cpu->unfit = true;
    } else if (owner != PLAN_NONE && plan.board.cpus[cpu->index].vcpu == 0) {
        partition_ready[owner] = partition_load(&partitions[owner], &plan) == OK;
    }
    __atomic_fetch_add(&cpus_loaded, 1, __ATOMIC_ACQ_REL);
}

/* The plan's, or where that one did not start the one that booted. */
static uint32_t console_cpu(void)
{
    return cpus[plan.console_cpu].failed ? plan.board.boot_cpu : plan.console_cpu;
}

/* Last part, on every CPU, its stack empty: become what the plan says. */
static void cpu_run(void *unused)
{
    struct cpu *cpu = cpu_self();

    (void)unused;
    if (cpu->failed) {
        cpu_sleep();
    }
    if (cpu->index == console_cpu()) {
        wait_for_load(&boot_phase, PHASE_CONSOLE);
        irq_own(plan.board.console.irq.intid, plan.board.console.irq.edge, cpu);
        stream_route(&plan, cpu);
        console_start(irq_kick_own, plan.board.timer_hz);
        enter_phase(PHASE_RUN);
    }
    wait_for_load(&boot_phase, PHASE_RUN);
    if (cpu->vcpu != NULL) {
        arch_vcpu_bind(cpu->vcpu, &cpu->vcpu->partition->stage2,
                       (uint8_t)(cpu->vcpu->partition->index + 1));
    }
    vcpu_idle(NULL);
}

/* Boot CPU: every partition is loaded, or refused; close what is not needed and let them go. */
static void finish_boot(const struct range *system)
{
    uint32_t started = 0;

    main_must(el2_unmap(*system), "the system file cannot be unmapped");
    audit(system);
    if (cpus[console_cpu()].failed) {
        main_give_up("no CPU is left to serve the console");
    }
    for (uint32_t i = 0; i < plan.partition_count; i++) {
        if (partition_ready[i] && all_cpus_work(&plan.partitions[i]) && msi_open(&plan, i) &&
            stream_open(&plan, i)) {
            partition_start(&partitions[i]);
            started++;
        } else {
            console_stream_close(i);
        }
    }
    if (started == 0) {
        main_give_up("no partition can start");
    }
    console_printf("bulkhead: %u of %u partitions start\n", started,
                   plan.partition_count + plan.surplus);
    enter_phase(PHASE_CONSOLE);
}

void main_secondary(struct cpu *cpu)
{
    __atomic_store_n(&cpu->online, 1, __ATOMIC_RELEASE);
    wait_for_load(&boot_phase, PHASE_LOAD);
    if (cpu->failed) {
        cpu_sleep(); /* later than anybody waits */
    }
    cpu_load(cpu);
    arch_restart_stack(cpu_run, NULL);
}

void main_apply(struct range system)
{
    uint32_t taking_part;

    close_planner();
    if (drivers_pci != NULL) {
        main_must(drivers_pci->map(&plan), "PCI configuration space cannot be mapped");
    }
    main_must(el2_seal(plan_pages()), "the plan cannot be sealed");
    make_cpus();
    build_partitions();
    stream_build(&plan);
    msi_build(&plan);
    taking_part = start_cpus();
    enter_phase(PHASE_LOAD);
    cpu_load(cpu_self());
    wait_for_load(&cpus_loaded, taking_part);
    finish_boot(&system);
    arch_restart_stack(cpu_run, NULL);
}
