/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the boot: that it goes well, and what comes of each step that fails. */
#include "core/main_test.h"

#define ENTRY UINT64_C(0x40000010)

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

static void who_floods_the_log_is_cut_short(void **state)
{
    char configurations[8192] = A "b { compatible = \"bulkhead,partition\";";

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        size_t used = strlen(configurations);

        (void)snprintf(configurations + used, sizeof(configurations) - used, "q%u;", i);
    }
    strcat(configurations, "};" C);
    scene.configurations = configurations;
    boot();
    assert_log("/configurations/b: unknown property \"q63\"\n");
    assert_no_log("q64");
    assert_log("bulkhead: 39 more errors and 0 more warnings are not shown: bulkhead-check tells "
               "them all\n"); /* of 103: it has no kernel, CPUs and memory either */
    assert_log("bulkhead: 2 of 3 partitions start\n");
}

static void who_is_one_too_many_is_counted(void **state)
{
    (void)state;
    scene.configurations = A C CONFIGURATION("1", "") CONFIGURATION("2", "") CONFIGURATION("3", "")
        CONFIGURATION("4", "") CONFIGURATION("5", "") CONFIGURATION("6", "") CONFIGURATION("7", "");
    boot();
    assert_log("more partitions than 8: this one is not started");
    assert_log("bulkhead: 2 of 9 partitions start\n");
}

/* Its rule is one that is held only when memory is given out: its CPU is taken already. */
static void who_gets_no_memory_is_left_out(void **state)
{
    (void)state;
    scene.configurations =
        A CONFIGURATION("b", "cpus = <0x100>;" KERNEL "memory = <0 0x40000000 1 0>;") C;
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
    assert_given_up("bulkhead: the firmware gave no device tree (x0, r2): ");
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
    __atomic_store_n(&seconds_to_skip, 200, __ATOMIC_RELEASE);
    return OK;
}

static void a_cpu_that_is_lost_stops_the_boot(void **state)
{
    (void)state;
    scene.configurations =
        CONFIGURATION("a", "cpus = <0 1>;" KERNEL "memory = <0x0 0x40000000 0x0 0x10000000>;");
    scene.start_cpu = get_lost;
    boot(); /* ten seconds more for each CPU, and four for 256 MiB */
    assert_log("bulkhead: panic: CPU 0x0: the partitions were not loaded in 164 seconds\n");
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

/* DDI 0487 ID_AA64PFR0_EL1.EL1: told of each CPU of the partition, and it alone does not start. */
static void a_cpu_without_aarch32(void **state)
{
    (void)state;
    scene.configurations = CONFIGURATION("a", "cpus = <0 1>; kernel = \"raw32\";"
                                              "memory = <0 0x40000000 0 0x200000>;") B C;
    scene.aarch64_only = 1 << 1 | 1 << 2;
    boot();
    assert_log("bulkhead: error: a: CPU 0x1: it has no AArch32 at EL1: not started; give it other "
               "CPUs, or a kernel of 64 bits\n");
    assert_no_log("CPU 0x100: it has no"); /* b's, which is of 64 bits */
    assert_log("bulkhead: 2 of 3 partitions start\n");
    assert_int_equal(outcome->console_cpu, 0); /* it is no worse for that */
    assert_int_equal(outcome->end[0], HOST_ASLEEP);
    assert_int_equal(outcome->end[1], HOST_ASLEEP);
    assert_entered(2, ENTRY, 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everybody_starts),
        TEST(it_goes_in_order),
        TEST(a_fused_system_file_is_found),
        TEST(the_plan_says_who_does_what),
        TEST(who_breaks_a_rule_is_left_out),
        TEST(who_floods_the_log_is_cut_short),
        TEST(who_is_one_too_many_is_counted),
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
        TEST(a_cpu_without_aarch32),
        TEST(the_console_goes_to_who_is_left),
        TEST(nobody_is_left_for_the_console),
        TEST(an_image_that_is_broken),
    };

    return cmocka_run_group_tests(tests, share_outcome, NULL);
}
