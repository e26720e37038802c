/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the boot: the whole of it, every CPU a thread, on a board and a system file in memory
 * at their physical addresses; and what comes of each step that fails. A boot is had once, so each
 * has a process of its own, that reports what it saw.
 */
#include "core/main.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <arch/host.h>

#include "core/base/panic.h"
#include "core/guest/gic_notes_test.h"
#include "core/guest/partition.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"
#include "core/plan/msi.h"
#include "core/plan/pci.h"
#include "core/plan/smmu.h"
#include "core/plan/testing_system.h"

#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_SIZE  UINT64_C(0x30000000)
#define SYSTEM_PA UINT64_C(0x44000000)
#define NOT_RUN   99u /* instead of an enum host_end */
#define CPU_COUNT 4u
#define CODE      UINT64_C(0x70000000) /* what stands for EL2's own code; not touched */

/* What a boot has come to; shared with the process that it ran in. */
static struct outcome {
    char log[16384];
    char complaint[256]; /* the first thing that was not as it has to be while it ran */
    uint32_t end[CPU_COUNT];
    uint64_t entry[CPU_COUNT], context[CPU_COUNT];
    uint8_t vmid[CPU_COUNT];
    uint32_t console_cpu; /* has the console's interrupt; or NOT_RUN */
    bool console_runs;    /* by interrupts, not by polling */
} * outcome;

static struct scene {
    const char *configurations; /* of the system file; NULL: there is no system file */
    const char *chosen;         /* instead of what names it */
    uint64_t fdt_pa;            /* 0: where the tree is */
    bool bad_tree, bad_file, board_has_no_gic, deaf_distributor, fused;
    enum status (*start_cpu)(struct cpu *cpu);
    uint32_t intids;   /* of the distributor; 0: as many as are in use */
    uint32_t deaf_gic; /* bit per CPU: its interface does not answer */
    void (*at_audit)(struct range system);
    void (*after_plan)(void);
} scene;

/* ---- the process of a boot ---- */

#define expect(condition)                                                                          \
    do {                                                                                           \
        if (!(condition) && outcome->complaint[0] == '\0') {                                       \
            (void)snprintf(outcome->complaint, sizeof(outcome->complaint), "line %d: %s",          \
                           __LINE__, #condition);                                                  \
        }                                                                                          \
    } while (0)

static pthread_t threads[CPU_COUNT];
static bool has_thread[CPU_COUNT];
static uint32_t seconds_to_skip; /* atomic: somebody waits in vain */

/* Instead of the library's: gives others time; and lets a wait that is in vain be short. */
void arch_wait_hint(void)
{
    if (__atomic_load_n(&seconds_to_skip, __ATOMIC_ACQUIRE) > 0 && arch_mpidr() == 0) {
        __atomic_fetch_sub(&seconds_to_skip, 1, __ATOMIC_ACQ_REL);
        __atomic_fetch_add(&host.counter, host.counter_hz, __ATOMIC_RELAXED);
    }
    (void)sched_yield();
}

/* Of panic() alone: the log is caught by console_vprintf(). */
void console_panic(const char *format, va_list args)
{
    console_vprintf(format, args);
}

static bool is_mapped(uint64_t address, bool writable)
{
    struct lpae_leaf leaf;

    return lpae_walk(&el2_table, address, &leaf) && leaf.write == writable;
}

static void uart_init(uint64_t base)
{
    console_printf("[console]\n");
    expect(base == 0x9000000 && is_mapped(base, true));
}

static bool uart_yes(uint64_t base)
{
    (void)base;
    return true;
}

static bool uart_no(uint64_t base)
{
    (void)base;
    return false;
}

static void uart_put(uint64_t base, uint8_t byte)
{
    (void)base;
    (void)byte;
}

static const char *const uart_compatible[] = {"arm,pl011", NULL};
static const struct uart_ops uart = {.compatible = uart_compatible,
                                     .init = uart_init,
                                     .tx_full = uart_no,
                                     .tx_idle = uart_yes,
                                     .put = uart_put};

/* Instead of drivers/drivers.c's. */
const struct uart_ops *const drivers_uart[] = {&uart, NULL};
const struct gic_ops *const drivers_gic[] = {&notes_gic, NULL};
const struct smmu_ops *const drivers_smmu[] = {NULL};
const struct pci_ops *const drivers_pci = NULL;
const struct its_ops *const drivers_its = NULL;

static enum status dist_init(const struct plan_gic *board_gic, uint32_t *intids)
{
    console_printf("[gic]\n");
    expect(host.mmu_table == &el2_table);
    expect(is_mapped(0x8000000, true));
    if (scene.deaf_distributor || notes_dist_init(board_gic, intids) != OK) {
        return E_TIMEOUT;
    }
    *intids = scene.intids != 0 ? scene.intids : *intids;
    return OK;
}

static enum status cpu_init(const struct plan_gic *board_gic, struct cpu *cpu)
{
    expect(cpu == cpu_self());
    if ((scene.deaf_gic >> cpu->index & 1) != 0) {
        return E_TIMEOUT;
    }
    return notes_cpu_init(board_gic, cpu);
}

/* After the seal, whatever CPU is started. */
static void expect_sealed(const struct cpu *cpu)
{
    const uint64_t at = (uint64_t)(uintptr_t)&plan;

    for (uint64_t page = 0; page < sizeof(plan); page += PAGE_SIZE) {
        expect(is_mapped(at + page, false));
    }
    expect(cpu->stack_top % 16 == 0 && cpu->stack_top != 0);
    expect(is_mapped(cpu->stack_top - 1, true) && is_mapped(cpu->stack_top - CPU_STACK_SIZE, true));
}

static void note_end(uint32_t index, enum host_end end)
{
    const struct vcpu *vcpu = cpus[index].vcpu;

    outcome->end[index] = end;
    expect(end == HOST_MACHINE_OFF || cpus[index].stack_top != 0);
    if (vcpu != NULL) {
        outcome->entry[index] = vcpu->arch.entry;
        outcome->context[index] = vcpu->arch.arg;
        outcome->vmid[index] = vcpu->arch.vmid;
        expect(vcpu->arch.stage2 == NULL || vcpu->arch.stage2 == &vcpu->partition->stage2);
    }
}

static void restarted(void *unused)
{
    (void)unused;
    host.restart(host.restart_arg);
}

static void enter_secondary(void *cpu)
{
    main_secondary(cpu);
}

static void *cpu_thread(void *arg)
{
    struct cpu *cpu = arg;
    enum host_end end;

    host_cpu_become(cpu);
    end = host_catch(enter_secondary, cpu);
    note_end(cpu->index, end == HOST_RESTARTED ? host_catch(restarted, NULL) : end);
    return NULL;
}

static enum status run_thread(struct cpu *cpu, void *(*body)(void *))
{
    has_thread[cpu->index] = pthread_create(&threads[cpu->index], NULL, body, cpu) == 0;
    expect(has_thread[cpu->index]);
    return OK;
}

static enum status start_well(struct cpu *cpu)
{
    return run_thread(cpu, cpu_thread);
}

static enum status start_cpu(struct cpu *cpu, bool psci, uint64_t release)
{
    console_printf("[start 0x%lx]\n", (unsigned long)cpu->mpidr);
    expect(psci && release == 0);
    expect_sealed(cpu);
    return scene.start_cpu(cpu);
}

/* A part of the map is forgotten, its lock held: the last before the audit is the system file. */
static void map_changes(struct range what)
{
    if (what.base == (uint64_t)(uintptr_t)&plan && scene.after_plan != NULL) {
        scene.after_plan();
    }
    if (what.base == SYSTEM_PA && scene.at_audit != NULL) {
        scene.at_audit(what);
    }
}

static void put_memory(struct tree tree, struct tree file)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    void *ram = (void *)(uintptr_t)RAM_BASE;

    expect(mmap(ram, RAM_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) == ram);
    memcpy((void *)(uintptr_t)BOARD_FDT_PA, tree.data, tree.size);
    if (file.data != NULL) {
        memcpy((void *)(uintptr_t)SYSTEM_PA, file.data, file.size);
        host.fused.size = scene.fused ? file.size : 0;
        host.fused.base = SYSTEM_PA;
    }
    if (scene.bad_tree) {
        *(uint8_t *)(uintptr_t)BOARD_FDT_PA ^= 1;
    }
    if (scene.bad_file) {
        *(uint8_t *)(uintptr_t)SYSTEM_PA ^= 1;
    }
}

static void enter_boot(void *fdt_pa)
{
    main_boot(*(uint64_t *)fdt_pa);
}

static void run(struct tree tree, struct tree file)
{
    uint64_t fdt_pa = scene.fdt_pa != 0 ? scene.fdt_pa : BOARD_FDT_PA;
    enum host_end end;

    host_reset();
    host.counter_step = 1; /* nobody waits in vain, but where seconds_to_skip says so */
    host.cpu_start = start_cpu;
    host.tlb_forget = map_changes;
    host.sections[0] = (struct host_section){pool_range(), LPAE_DATA};
    host.sections[1] = (struct host_section){
        {(uint64_t)(uintptr_t)&plan, align_up(sizeof(plan), PAGE_SIZE)}, LPAE_DATA};
    host.sections[2] = (struct host_section){{CODE, 2 * PAGE_SIZE}, LPAE_CODE};
    host.section_count = 3;
    notes_gic.dist_init = dist_init;
    notes_gic.cpu_init = cpu_init;
    put_memory(tree, file);
    end = host_catch(enter_boot, &fdt_pa);
    if (end == HOST_RESTARTED) {
        end = host_catch(restarted, NULL);
        for (uint32_t i = 0; i < CPU_COUNT; i++) {
            if (has_thread[i]) {
                (void)pthread_join(threads[i], NULL);
            }
        }
    }
    note_end(0, end);
    outcome->console_runs = notes.pending[33];
    for (uint32_t i = 0; i < CPU_COUNT; i++) {
        outcome->console_cpu = notes.target[33] == &cpus[i] ? i : outcome->console_cpu;
    }
    memcpy(outcome->log, log_text, sizeof(outcome->log) - 1);
}

/* ---- a boot, and what is seen of it ---- */

/* A build that counts coverage has it. */
extern void __gcov_dump(void) __attribute__((weak));

#define MEMORY_NODE                                                                                \
    "memory@40000000 { device_type = \"memory\"; reg = <0 0x40000000 0 0x30000000>; };"

/* The board's tree; `chosen` besides what it has. */
static struct tree make_board(size_t file_size)
{
    static char text[16384];
    char chosen[160] = "";

    if (scene.chosen != NULL) {
        (void)snprintf(chosen, sizeof(chosen), "%s", scene.chosen);
    } else if (file_size != 0 && !scene.fused) {
        (void)snprintf(chosen, sizeof(chosen),
                       "linux,initrd-start = <0x%x>; linux,initrd-end = <0x%x>;",
                       (unsigned int)SYSTEM_PA, (unsigned int)(SYSTEM_PA + file_size));
    }
    (void)snprintf(
        text, sizeof(text),
        BOARD_ROOT
        "chosen { stdout-path = \"/uart@9000000\"; %s };" BOARD_CPUS MEMORY_NODE BOARD_PSCI
        "%s" BOARD_TIMER BOARD_UART BOARD_OTHER "};",
        chosen, scene.board_has_no_gic ? "gic: intc { #interrupt-cells = <3>; };" : BOARD_GIC);
    return tree_compile(text);
}

static void boot(void)
{
    struct tree file = {NULL, 0};
    struct tree tree;
    int status;
    pid_t child;

    if (scene.configurations != NULL) {
        file = file_of(scene.configurations);
    }
    tree = make_board(file.size);
    memset(outcome, 0, sizeof(*outcome));
    for (uint32_t i = 0; i < CPU_COUNT; i++) {
        outcome->end[i] = NOT_RUN;
    }
    outcome->console_cpu = NOT_RUN;
    log_clear();
    (void)fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)alarm(30);
        run(tree, file);
        if (__gcov_dump != NULL) {
            __gcov_dump();
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    tree_free(tree);
    tree_free(file);
    memcpy(log_text, outcome->log, sizeof(outcome->log));
    assert_string_equal(outcome->complaint, "");
    assert_int_equal(status, 0);
}

/* The log has these one after the other. */
static void assert_in_order(const char *const *texts)
{
    const char *at = log_text;

    for (; *texts != NULL; texts++) {
        const char *found = strstr(at, *texts);

        if (found == NULL) {
            fail_msg("not there, or too early:\n%s\nin:\n%s", *texts, log_text);
        }
        at = found + strlen(*texts);
    }
}

#define IN_ORDER(...) assert_in_order((const char *const[]){__VA_ARGS__, NULL})

static void assert_entered(uint32_t cpu, uint64_t entry, uint8_t vmid)
{
    assert_int_equal(outcome->end[cpu], HOST_ENTERED);
    assert_int_equal(outcome->entry[cpu], entry);
    assert_int_equal(outcome->vmid[cpu], vmid);
    assert_int_not_equal(outcome->context[cpu], 0); /* its tree */
}

/* Nothing runs, and the machine is off. */
static void assert_given_up(const char *why)
{
    assert_log(why);
    assert_log("nothing is started\n");
    assert_int_equal(outcome->end[0], HOST_MACHINE_OFF);
    for (uint32_t i = 1; i < CPU_COUNT; i++) {
        assert_int_equal(outcome->end[i], NOT_RUN);
    }
}

#define PARTITION(name, cpus, rest)                                                                \
    name " { compatible = \"bulkhead,partition\"; cpus = <" cpus ">;" KERNEL MEMORY rest "};"
#define A   PARTITION("a", "0 1", "")
#define B   PARTITION("b", "0x100", "ramdisk = \"disk\";")
#define C   PARTITION("c", "0x101", "")
#define ALL A B C

#define ENTRY UINT64_C(0x40000010)

static int set_up_scene(void **state)
{
    (void)state;
    scene = (struct scene){.configurations = ALL, .start_cpu = start_well};
    return 0;
}

/* ---- all goes well ---- */

static void everybody_starts(void **state)
{
    (void)state;
    boot();
    assert_entered(0, ENTRY, 1);
    assert_int_equal(outcome->end[1], HOST_ASLEEP); /* its vCPU waits for CPU_ON */
    assert_int_equal(outcome->vmid[1], 1);
    assert_entered(2, ENTRY, 2);
    assert_entered(3, ENTRY, 3);
    assert_int_equal(outcome->console_cpu, 0);
    assert_true(outcome->console_runs);
    assert_no_log("error");
    assert_no_log("panic");
}

static void it_goes_in_order(void **state)
{
    (void)state;
    boot();
    /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
    IN_ORDER("bulkhead: version " VERSION ", entered at EL2\n", "[console]\n", "[gic]\n",
             "bulkhead: partition a\n", "[start 0x1]\n", "[start 0x100]\n", "[start 0x101]\n",
             "bulkhead: sealed: EL2's table, walked, maps 8 KiB code r-x,",
             " both writable and executable 0, partitions' RAM 0 bytes; the plan r--\n",
             "bulkhead: 3 of 3 partitions start\n");
}

static void a_fused_system_file_is_found(void **state)
{
    (void)state;
    scene.fused = true;
    boot();
    assert_log("bulkhead: 3 of 3 partitions start\n");
}

/* The CPU that boots belongs to nobody: it sleeps. That of the first partition has the console. */
static void the_plan_says_who_does_what(void **state)
{
    (void)state;
    scene.configurations = B C;
    boot();
    assert_no_log("[start 0x1]");
    assert_int_equal(outcome->end[0], HOST_ASLEEP);
    assert_int_equal(outcome->end[1], NOT_RUN);
    assert_entered(2, ENTRY, 1);
    assert_entered(3, ENTRY, 2);
    assert_int_equal(outcome->console_cpu, 2);
}

static void who_breaks_a_rule_is_left_out(void **state)
{
    (void)state;
    scene.configurations = A PARTITION("b", "0x100", "ramdsk = \"disk\";") C;
    boot();
    assert_log("b");
    assert_no_log("[start 0x100]");
    assert_int_equal(outcome->end[2], NOT_RUN);
    assert_entered(0, ENTRY, 1);
    assert_entered(3, ENTRY, 3);
    assert_log("bulkhead: 2 of 3 partitions start\n");
}

/* Its rule is one that is held only when memory is given out: its CPU is taken already. */
static void who_gets_no_memory_is_left_out(void **state)
{
    (void)state;
    scene.configurations = A "b { compatible = \"bulkhead,partition\"; cpus = <0x100>;" KERNEL
                             "memory = <0 0x40000000 1 0>; };" C;
    boot();
    assert_no_log("[start 0x100]");
    assert_int_equal(outcome->end[2], NOT_RUN);
    assert_entered(3, ENTRY, 3);
    assert_log("bulkhead: 2 of 3 partitions start\n");
}

/* How many interrupts there are is known of the real GIC alone. */
static void who_wants_an_interrupt_that_is_not_is_left_out(void **state)
{
    (void)state;
    scene.configurations = A PARTITION("b", "0x100", "devices = \"/bus@a000000/rtc@1000\";") C;
    boot();
    assert_log("bulkhead: 3 of 3 partitions start\n");
    scene.intids = 64;
    boot();
    assert_log("bulkhead: 2 of 3 partitions start\n");
    assert_int_equal(outcome->end[2], NOT_RUN);
}

/* ---- what all share is wrong ---- */

static void no_tree(void **state)
{
    (void)state;
    scene.fdt_pa = BOARD_FDT_PA + 4;
    boot();
    assert_given_up("bulkhead: the firmware gave no device tree (x0): ");
    assert_no_log("[gic]");
}

static void a_tree_that_is_none(void **state)
{
    (void)state;
    scene.bad_tree = true;
    boot();
    assert_given_up("bulkhead: what the firmware gave is no device tree of at most 2 MiB: ");
    assert_no_log("[gic]");
}

static void a_board_without_a_gic(void **state)
{
    (void)state;
    scene.board_has_no_gic = true;
    boot();
    assert_given_up("bulkhead: the board's device tree cannot be used: ");
    assert_no_log("[start");
}

static void a_distributor_that_is_deaf(void **state)
{
    (void)state;
    scene.deaf_distributor = true;
    boot();
    assert_given_up("bulkhead: the GIC cannot be initialised: ");
    assert_no_log("[start");
}

static void no_system_file(void **state)
{
    (void)state;
    scene.configurations = NULL;
    boot();
    assert_given_up("bulkhead: there is no system file: pass it where an initrd goes, or fuse it "
                    "behind the image: ");
    assert_no_log("[start");
}

static void a_system_file_of_no_size(void **state)
{
    (void)state;
    scene.chosen = "linux,initrd-start = <0x44000000>; linux,initrd-end = <0x44000000>;";
    boot();
    assert_given_up("bulkhead: /chosen: linux,initrd-start and -end make no sense: ");
}

static void a_system_file_that_is_not_in_ram(void **state)
{
    (void)state;
    scene.chosen = "linux,initrd-start = <0x4000000>; linux,initrd-end = <0x4001000>;";
    boot();
    assert_given_up("bulkhead: the system file cannot be read: ");
    assert_log("is not in the board's RAM");
}

static void a_system_file_that_is_none(void **state)
{
    (void)state;
    scene.bad_file = true;
    boot();
    assert_given_up("bulkhead: the plan cannot be used: ");
    assert_no_log("[start");
    assert_no_log("sealed");
}

static void nobody_is_accepted(void **state)
{
    (void)state;
    scene.configurations = PARTITION("b", "0x100", "ramdsk = \"disk\";");
    boot();
    assert_given_up("bulkhead: no partition can start: ");
    assert_log("ramdsk");
}

/* ---- CPUs that do not start ---- */

static enum status refuse(struct cpu *cpu)
{
    return cpu->index == 2 ? E_INVALID : start_well(cpu);
}

static void assert_b_alone_fails(const char *message)
{
    IN_ORDER(message, "bulkhead: sealed", "bulkhead: 2 of 3 partitions start\n");
    assert_entered(0, ENTRY, 1);
    assert_entered(3, ENTRY, 3);
    assert_int_not_equal(outcome->end[2], HOST_ENTERED);
}

static void a_cpu_that_firmware_refuses(void **state)
{
    (void)state;
    scene.start_cpu = refuse;
    boot();
    assert_b_alone_fails("bulkhead: error: b: CPU 0x100 does not start: not started\n");
    assert_int_equal(outcome->end[2], NOT_RUN);
}

/* It comes, but later than anybody waits. */
static void *late_thread(void *cpu)
{
    while (__atomic_load_n(&seconds_to_skip, __ATOMIC_ACQUIRE) > 0) {
        (void)sched_yield();
    }
    while (!__atomic_load_n(&((struct cpu *)cpu)->failed, __ATOMIC_ACQUIRE)) {
        (void)sched_yield();
    }
    return cpu_thread(cpu);
}

static enum status come_late(struct cpu *cpu)
{
    if (cpu->index != 2) {
        return start_well(cpu);
    }
    __atomic_store_n(&seconds_to_skip, 11, __ATOMIC_RELEASE);
    return run_thread(cpu, late_thread);
}

static void a_cpu_that_is_late_sleeps(void **state)
{
    (void)state;
    scene.start_cpu = come_late;
    boot();
    assert_b_alone_fails("bulkhead: error: b: CPU 0x100 does not start: not started\n");
}

/* It reaches EL2, and is not seen again. */
static enum status get_lost(struct cpu *cpu)
{
    __atomic_store_n(&cpu->online, 1, __ATOMIC_RELEASE);
    __atomic_store_n(&seconds_to_skip, 122, __ATOMIC_RELEASE);
    return OK;
}

static void a_cpu_that_is_lost_stops_the_boot(void **state)
{
    (void)state;
    scene.configurations = A;
    scene.start_cpu = get_lost;
    boot();
    assert_log("bulkhead: panic: CPU 0x0: the partitions were not loaded in 120 seconds\n");
    assert_int_equal(outcome->end[0], HOST_ASLEEP);
    assert_no_log("sealed");
}

static void a_gic_interface_that_is_deaf(void **state)
{
    (void)state;
    scene.deaf_gic = 1 << 2;
    boot();
    assert_b_alone_fails("bulkhead: error: b: CPU 0x100: its GIC interface does not answer: "
                         "not started\n");
    assert_int_equal(outcome->end[2], HOST_ASLEEP);
    assert_int_equal(outcome->vmid[2], 0); /* its vCPU is not even bound */
}

/* A partition is whole or not at all; its other CPU is left without one. */
static void one_deaf_cpu_of_two(void **state)
{
    (void)state;
    scene.deaf_gic = 1 << 1;
    boot();
    assert_log("bulkhead: error: a: CPU 0x1: its GIC interface does not answer: not started\n");
    assert_log("bulkhead: 2 of 3 partitions start\n");
    assert_int_equal(outcome->end[0], HOST_ASLEEP);
    assert_int_equal(outcome->end[1], HOST_ASLEEP);
    assert_entered(2, ENTRY, 2);
}

static void the_console_goes_to_who_is_left(void **state)
{
    (void)state;
    scene.configurations = B C;
    scene.deaf_gic = 1 << 2;
    boot();
    assert_log("bulkhead: 1 of 2 partitions start\n");
    assert_int_equal(outcome->console_cpu, 0);
    assert_entered(3, ENTRY, 2);
}

static void nobody_is_left_for_the_console(void **state)
{
    (void)state;
    scene.configurations = B C;
    scene.deaf_gic = 1 << 2 | 1 << 0;
    boot();
    assert_log("bulkhead: error: console: CPU 0x0: its GIC interface does not answer");
    assert_log("bulkhead: no CPU is left to serve the console: nothing is started\n");
    assert_int_equal(outcome->end[0], HOST_MACHINE_OFF);
}

/* ---- images that turn out broken ---- */

static void spoil_b(void)
{
    plan.partitions[1].kernel.load = 0x1000;
}

static void an_image_that_is_broken(void **state)
{
    (void)state;
    scene.after_plan = spoil_b;
    boot();
    assert_b_alone_fails("bulkhead: error: b: image raw: it is outside the partition's memory: "
                         "not started\n");
    assert_int_equal(outcome->end[2], HOST_ASLEEP);
}

/* ---- what the audit finds: EL2's table is changed behind everybody's back ---- */

static uint64_t *entry_of(uint64_t address)
{
    uint64_t *table = (uint64_t *)(uintptr_t)el2_table.root.v;
    uint32_t level = el2_table.start_level;

    for (; level < 3; level++) {
        table = (uint64_t *)(uintptr_t)(table[address >> (39 - 9 * level) & 511] & 0xfffffffff000);
    }
    return &table[address >> 12 & 511];
}

static void assert_audit_stops_it(const char *line)
{
    boot();
    IN_ORDER("bulkhead: sealed: ", line, "bulkhead: panic: CPU 0x0: core/main.c:");
    assert_no_log("partitions start\n");
    assert_int_equal(outcome->end[0], HOST_ASLEEP);
    for (uint32_t i = 1; i < CPU_COUNT; i++) {
        assert_int_equal(outcome->end[i], NOT_RUN);
    }
}

static void make_code_writable(struct range system)
{
    (void)system;
    *entry_of(CODE) &= ~(UINT64_C(1) << 7); /* AP[2] */
}

static void the_audit_finds_writable_code(void **state)
{
    (void)state;
    scene.at_audit = make_code_writable;
    assert_audit_stops_it("both writable and executable 4096,");
}

static void make_plan_writable(struct range system)
{
    (void)system;
    *entry_of((uint64_t)(uintptr_t)&plan + PAGE_SIZE) &= ~(UINT64_C(1) << 7);
}

static void the_audit_finds_a_writable_plan(void **state)
{
    (void)state;
    scene.at_audit = make_plan_writable;
    assert_audit_stops_it("partitions' RAM 0 bytes; the plan rw-\n");
}

/* The second page of the last extent of the last partition. */
static void map_guest(struct range system)
{
    const struct plan_partition *last = &plan.partitions[plan.partition_count - 1];
    const uint64_t at = last->extent[last->extent_count - 1].pa + PAGE_SIZE;

    (void)system;
    expect(lpae_map(&el2_table, at, pa(at), PAGE_SIZE, LPAE_DATA) == OK);
}

static void the_audit_finds_guest_memory(void **state)
{
    (void)state;
    scene.at_audit = map_guest;
    assert_audit_stops_it("partitions' RAM 4096 bytes; the plan r--\n");
}

static void map_system(struct range system)
{
    expect(lpae_map(&el2_table, system.base, pa(system.base), PAGE_SIZE, LPAE_RODATA) == OK);
}

static void the_audit_finds_the_system_file(void **state)
{
    (void)state;
    scene.at_audit = map_system;
    assert_audit_stops_it("partitions' RAM ");
    assert_no_log("partitions' RAM 0 bytes");
}

static void move_code(struct range system)
{
    (void)system;
    *entry_of(CODE) += PAGE_SIZE;
}

static void the_audit_finds_what_is_not_identity(void **state)
{
    (void)state;
    scene.at_audit = move_code;
    assert_audit_stops_it("both writable and executable 0, partitions' RAM 0 bytes; the plan r--");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everybody_starts),
        TEST(it_goes_in_order),
        TEST(a_fused_system_file_is_found),
        TEST(the_plan_says_who_does_what),
        TEST(who_breaks_a_rule_is_left_out),
        TEST(who_gets_no_memory_is_left_out),
        TEST(who_wants_an_interrupt_that_is_not_is_left_out),
        TEST(no_tree),
        TEST(a_tree_that_is_none),
        TEST(a_board_without_a_gic),
        TEST(a_distributor_that_is_deaf),
        TEST(no_system_file),
        TEST(a_system_file_of_no_size),
        TEST(a_system_file_that_is_not_in_ram),
        TEST(a_system_file_that_is_none),
        TEST(nobody_is_accepted),
        TEST(a_cpu_that_firmware_refuses),
        TEST(a_cpu_that_is_late_sleeps),
        TEST(a_cpu_that_is_lost_stops_the_boot),
        TEST(a_gic_interface_that_is_deaf),
        TEST(one_deaf_cpu_of_two),
        TEST(the_console_goes_to_who_is_left),
        TEST(nobody_is_left_for_the_console),
        TEST(an_image_that_is_broken),
        TEST(the_audit_finds_writable_code),
        TEST(the_audit_finds_a_writable_plan),
        TEST(the_audit_finds_guest_memory),
        TEST(the_audit_finds_the_system_file),
        TEST(the_audit_finds_what_is_not_identity),
    };

    outcome =
        mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED) {
        host_fail("no memory that processes share");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
