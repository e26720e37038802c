/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of a virtual CPU's life: asleep, started, stopped, started again, in the right order. */
#include "core/guest/vcpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/guest/irq.h"
#include "core/guest/partition.h"

#define ENTRY UINT64_C(0x40080000)

static struct plan_partition plan_part;
static struct partition part;
static struct vcpu vcpu;
static struct cpu cpu;

/* What happened, a letter each: w(fi), i(nterrupt), r(eset), l(eave). */
static char done[64];
static uint32_t wakes_left;
static void (*on_wake)(void), (*on_leave)(void);

static void note(char what)
{
    size_t length = strlen(done);

    assert_true(length + 1 < sizeof(done));
    done[length] = what;
    done[length + 1] = '\0';
}

/* ---- instead of the library's ---- */

void irq_handle(void)
{
    note('i');
}

/* CPU_ON, and the way out, are told apart by the power state: see vgic_setup.c. */
static uint32_t power_at_reset;

void vgic_vcpu_reset(struct vcpu *v)
{
    assert_ptr_equal(v, &vcpu);
    power_at_reset = v->power;
    note('r');
}

void partition_leave(struct partition *p)
{
    assert_ptr_equal(p, &part);
    assert_int_equal(vcpu.power, VCPU_OFF); /* else who sees the last one leave sees one on */
    note('l');
    if (on_leave != NULL) {
        on_leave();
    }
}

static void wake(void)
{
    note('w');
    if (wakes_left == 0) {
        host_leave(HOST_ASLEEP);
    }
    if (--wakes_left == 0 && on_wake != NULL) {
        on_wake();
    }
}

/* ---- a vCPU ---- */

static int set_up(void **state)
{
    (void)state;
    host_reset();
    host.wfi = wake;
    plan_part = (struct plan_partition){.name = "p", .cpu_count = 1};
    part = (struct partition){.plan = &plan_part, .vcpu = &vcpu, .state = PARTITION_RUNNING};
    vcpu = (struct vcpu){.partition = &part, .cpu = &cpu, .power = VCPU_OFF};
    cpu = (struct cpu){.vcpu = &vcpu};
    host_cpu_become(&cpu);
    done[0] = '\0';
    wakes_left = 0;
    on_wake = on_leave = NULL;
    power_at_reset = UINT32_MAX;
    return 0;
}

/* As PSCI's CPU_ON does. */
static void cpu_on(void)
{
    vcpu.power = VCPU_ON_PENDING;
    vcpu.entry = ENTRY;
    vcpu.context = 0x1234;
    vcpu.go = 1;
}

static void stop(void *v)
{
    vcpu_stop(v);
}

static void assert_started(void)
{
    assert_ptr_equal(host.started, &vcpu);
    assert_int_equal(vcpu.arch.entry, ENTRY);
    assert_int_equal(vcpu.arch.arg, 0x1234);
    assert_int_equal(vcpu.power, VCPU_ON);
    assert_int_equal(vcpu.go, 0);
    assert_int_equal(power_at_reset, VCPU_ON_PENDING);
}

/* It goes on as vcpu_idle(), its stack empty. */
static void assert_stopped(void)
{
    assert_ptr_equal(host.restart, vcpu_idle);
    assert_int_equal(vcpu.power, VCPU_OFF);
    assert_int_equal(vcpu.go, 0);
    assert_int_not_equal(power_at_reset, VCPU_ON_PENDING);
}

/* ---- asleep ---- */

static void it_sleeps_and_serves_interrupts(void **state)
{
    (void)state;
    wakes_left = 3;
    assert_int_equal(host_catch(vcpu_idle, NULL), HOST_ASLEEP);
    assert_string_equal(done, "wiwiwiw");
    assert_null(host.started);
}

static void a_cpu_without_a_vcpu_only_serves(void **state)
{
    (void)state;
    cpu.vcpu = NULL;
    wakes_left = 2;
    assert_int_equal(host_catch(vcpu_idle, NULL), HOST_ASLEEP);
    assert_string_equal(done, "wiwiw");
}

/* ON_PENDING alone is not enough: entry and context are not there yet. */
static void it_waits_for_the_word(void **state)
{
    (void)state;
    vcpu.power = VCPU_ON_PENDING;
    wakes_left = 1;
    assert_int_equal(host_catch(vcpu_idle, NULL), HOST_ASLEEP);
    assert_string_equal(done, "wiw");
    assert_int_equal(vcpu.power, VCPU_ON_PENDING);
}

/* ---- started ---- */

static void it_starts_where_it_is_told(void **state)
{
    (void)state;
    cpu_on();
    assert_int_equal(host_catch(vcpu_idle, NULL), HOST_ENTERED);
    assert_string_equal(done, "r");
    assert_started();
}

static void cpu_on_wakes_it(void **state)
{
    (void)state;
    wakes_left = 2;
    on_wake = cpu_on;
    assert_int_equal(host_catch(vcpu_idle, NULL), HOST_ENTERED);
    assert_string_equal(done, "wiwir"); /* the kick is taken first */
    assert_started();
}

static void a_partition_that_ends_starts_no_more(void **state)
{
    static const uint32_t over[] = {PARTITION_ENDING, PARTITION_ENDED};

    for (uint32_t i = 0; i < 2; i++) {
        set_up(state);
        cpu_on();
        part.state = over[i];
        assert_int_equal(host_catch(vcpu_idle, NULL), HOST_RESTARTED);
        assert_null(host.started);
        assert_int_equal(vcpu.power, VCPU_OFF);
        assert_int_equal(vcpu.go, 0);
        assert_string_equal(done, "rl"); /* it was counted among those that run */
        assert_ptr_equal(host.restart, vcpu_idle);
    }
}

/* ---- stopped ---- */

static void it_must_stop_unless_its_partition_runs(void **state)
{
    (void)state;
    assert_false(vcpu_must_stop(&vcpu));
    part.state = PARTITION_ENDING;
    assert_true(vcpu_must_stop(&vcpu));
    part.state = PARTITION_ENDED;
    assert_true(vcpu_must_stop(&vcpu));
}

static void it_leaves_nothing_behind(void **state)
{
    (void)state;
    vcpu.power = VCPU_ON;
    assert_int_equal(host_catch(stop, &vcpu), HOST_RESTARTED);
    assert_string_equal(done, "rl");
    assert_stopped();
    assert_int_equal(host_catch(host.restart, host.restart_arg), HOST_ASLEEP);
    assert_string_equal(done, "rlw");
}

/* CPU_OFF and CPU_ON again: as often as the guest likes. */
static void it_starts_again(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 50; i++) {
        done[0] = '\0';
        cpu_on();
        assert_int_equal(host_catch(vcpu_idle, NULL), HOST_ENTERED);
        assert_started();
        assert_int_equal(vcpu.arch.starts, i);
        assert_int_equal(host_catch(stop, &vcpu), HOST_RESTARTED);
        assert_stopped();
        assert_string_equal(done, "rrl");
    }
}

/* Another CPU's CPU_ON may come the moment it is off: while it leaves, before it sleeps. */
static void a_start_while_it_stops_is_not_lost(void **state)
{
    (void)state;
    vcpu.power = VCPU_ON;
    on_leave = cpu_on;
    assert_int_equal(host_catch(stop, &vcpu), HOST_RESTARTED);
    assert_int_equal(host_catch(host.restart, host.restart_arg), HOST_ENTERED);
    assert_string_equal(done, "rlr");
    assert_started();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_sleeps_and_serves_interrupts, set_up),
        cmocka_unit_test_setup(a_cpu_without_a_vcpu_only_serves, set_up),
        cmocka_unit_test_setup(it_waits_for_the_word, set_up),
        cmocka_unit_test_setup(it_starts_where_it_is_told, set_up),
        cmocka_unit_test_setup(cpu_on_wakes_it, set_up),
        cmocka_unit_test_setup(a_partition_that_ends_starts_no_more, set_up),
        cmocka_unit_test_setup(it_must_stop_unless_its_partition_runs, set_up),
        cmocka_unit_test_setup(it_leaves_nothing_behind, set_up),
        cmocka_unit_test_setup(it_starts_again, set_up),
        cmocka_unit_test_setup(a_start_while_it_stops_is_not_lost, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
