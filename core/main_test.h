/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the boot: the whole of it, every CPU a thread, on a board and a system file in
 * memory at their physical addresses. A boot is had once, so each has a process of its own, that
 * reports what it saw.
 */
#ifndef CORE_MAIN_TEST_H
#define CORE_MAIN_TEST_H

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
    uint32_t intids;       /* of the distributor; 0: as many as are in use */
    uint32_t deaf_gic;     /* bit per CPU: its interface does not answer */
    uint32_t aarch64_only; /* bit per CPU: host.aarch64_only */
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

static inline bool is_mapped(uint64_t address, bool writable)
{
    struct lpae_leaf leaf;

    return lpae_walk(&el2_table, address, &leaf) && leaf.write == writable;
}

static inline void uart_init(uint64_t base, uint32_t shift, uint32_t width)
{
    (void)shift;
    (void)width;
    console_printf("[console]\n");
    expect(base == 0x9000000 && is_mapped(base, true));
}

static inline bool uart_yes(uint64_t base)
{
    (void)base;
    return true;
}

static inline bool uart_no(uint64_t base)
{
    (void)base;
    return false;
}

static inline void uart_put(uint64_t base, uint8_t byte)
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
const struct uart_ops *const drivers_uart_early = &uart;
const struct gic_ops *const drivers_gic[] = {&notes_gic, NULL};
const struct smmu_ops *const drivers_smmu[] = {NULL};
const struct pci_ops *const drivers_pci = NULL;
const struct its_ops *const drivers_its = NULL;

static inline enum status dist_init(struct plan_gic *board_gic, uint32_t *intids)
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

static inline enum status cpu_init(const struct plan_gic *board_gic, struct cpu *cpu)
{
    expect(cpu == cpu_self());
    if ((scene.deaf_gic >> cpu->index & 1) != 0) {
        return E_TIMEOUT;
    }
    return notes_cpu_init(board_gic, cpu);
}

/* After the seal, whatever CPU is started. */
static inline void expect_sealed(const struct cpu *cpu)
{
    const uint64_t at = (uint64_t)(uintptr_t)&plan;

    for (uint64_t page = 0; page < sizeof(plan); page += PAGE_SIZE) {
        expect(is_mapped(at + page, false));
    }
    expect(cpu->stack_top % 16 == 0 && cpu->stack_top != 0);
    expect(is_mapped(cpu->stack_top - 1, true) && is_mapped(cpu->stack_top - CPU_STACK_SIZE, true));
}

static inline void note_end(uint32_t index, enum host_end end)
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

static inline void restarted(void *unused)
{
    (void)unused;
    host.restart(host.restart_arg);
}

static inline void enter_secondary(void *cpu)
{
    main_secondary(cpu);
}

static inline void *cpu_thread(void *arg)
{
    struct cpu *cpu = arg;
    enum host_end end;

    host_cpu_become(cpu);
    end = host_catch(enter_secondary, cpu);
    note_end(cpu->index, end == HOST_RESTARTED ? host_catch(restarted, NULL) : end);
    return NULL;
}

static inline enum status run_thread(struct cpu *cpu, void *(*body)(void *))
{
    has_thread[cpu->index] = pthread_create(&threads[cpu->index], NULL, body, cpu) == 0;
    expect(has_thread[cpu->index]);
    return OK;
}

static inline enum status start_well(struct cpu *cpu)
{
    return run_thread(cpu, cpu_thread);
}

static inline enum status start_cpu(struct cpu *cpu, enum cpu_enable enable, uint64_t release)
{
    console_printf("[start 0x%lx]\n", (unsigned long)cpu->mpidr);
    expect(enable == CPU_ENABLE_PSCI && release == 0);
    expect_sealed(cpu);
    return scene.start_cpu(cpu);
}

/* A part of the map is forgotten, its lock held: the last before the audit is the system file. */
static inline void map_changes(struct range what)
{
    if (what.base == (uint64_t)(uintptr_t)&plan && scene.after_plan != NULL) {
        scene.after_plan();
    }
    if (what.base == SYSTEM_PA && scene.at_audit != NULL) {
        scene.at_audit(what);
    }
}

static inline void put_memory(struct tree tree, struct tree file)
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

/* boot.S's, of the CPU that boots. */
static uint8_t boot_stack[CPU_STACK_SIZE] __attribute__((aligned(4096)));

static inline void enter_boot(void *fdt_pa)
{
    main_boot(*(uint64_t *)fdt_pa);
}

static inline void run(struct tree tree, struct tree file)
{
    uint64_t fdt_pa = scene.fdt_pa != 0 ? scene.fdt_pa : BOARD_FDT_PA;
    enum host_end end;

    host_reset();
    host.counter_step = 1; /* nobody waits in vain, but where seconds_to_skip says so */
    host.aarch64_only = scene.aarch64_only;
    host.cpu_start = start_cpu;
    host.tlb_forget = map_changes;
    host.sections[0] = (struct el2_section){pool_range(), LPAE_DATA, false};
    host.sections[1] = (struct el2_section){
        {(uint64_t)(uintptr_t)&plan, align_up(sizeof(plan), PAGE_SIZE)}, LPAE_DATA, false};
    host.sections[2] = (struct el2_section){{CODE, 2 * PAGE_SIZE}, LPAE_CODE, false};
    host.sections[3] = (struct el2_section){
        {(uint64_t)(uintptr_t)boot_stack, sizeof(boot_stack)}, LPAE_DATA, false};
    host.section_count = 4;
    notes_gic.dist_init = dist_init;
    notes_gic.cpu_init = cpu_init;
    put_memory(tree, file);
    host_cpu_become(&cpus[0]);
    cpus[0].stack_top = (uint64_t)(uintptr_t)boot_stack + sizeof(boot_stack);
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
static inline struct tree make_board(size_t file_size)
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

static inline void boot(void)
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
static inline void assert_in_order(const char *const *texts)
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

#define PARTITION(name, cpus, rest) CONFIGURATION(name, "cpus = <" cpus ">;" KERNEL MEMORY rest)

#define A   PARTITION("a", "0 1", "")
#define B   PARTITION("b", "0x100", "ramdisk = \"disk\";")
#define C   PARTITION("c", "0x101", "")
#define ALL A B C

static inline int set_up_scene(void **state)
{
    (void)state;
    scene = (struct scene){.configurations = ALL, .start_cpu = start_well};
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, set_up_scene)

/* Of a group of tests, before any boots. */
static inline int share_outcome(void **state)
{
    (void)state;
    outcome =
        mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED) {
        host_fail("no memory that processes share");
    }
    return 0;
}

#endif
