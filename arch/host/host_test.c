/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the fake architecture itself: what every other unit test relies on. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include <arch/host.h>

#include "core/base/lock.h"

static int set_up(void **state)
{
    (void)state;
    host_reset();
    return 0;
}

/* The check value of CRC-32/ISO-HDLC, and RFC 1952's rule that calls can be continued. */
static void crc32_is_zlibs(void **state)
{
    (void)state;
    assert_int_equal(arch_crc32(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(arch_crc32(arch_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
    assert_int_equal(arch_crc32(0, "", 0), 0);
    assert_int_equal(arch_crc32(0, "\0\0\0\0", 4), 0x2144df1c);
}

/* ---- ways out ---- */

static void go_on(void *arg)
{
    *(int *)arg += 1;
}

static void restart(void *arg)
{
    arch_restart_stack(go_on, arg);
}

static void off(void *arg)
{
    (void)arg;
    arch_machine_off();
}

static void what_never_returns_is_caught(void **state)
{
    int count = 0;

    (void)state;
    assert_int_equal(host_catch(go_on, &count), HOST_RETURNED);
    assert_int_equal(host_catch(off, NULL), HOST_MACHINE_OFF);
    assert_int_equal(host_catch(restart, &count), HOST_RESTARTED);
    assert_int_equal(count, 1);
    host.restart(host.restart_arg);
    assert_int_equal(count, 2);
}

static void sleep_inside(void *arg)
{
    assert_int_equal(host_catch(restart, arg), HOST_RESTARTED);
    arch_wfi();
}

static void catches_nest(void **state)
{
    int count = 0;

    (void)state;
    assert_int_equal(host_catch(sleep_inside, &count), HOST_ASLEEP);
    assert_int_equal(host.wfis, 1);
}

/* ---- registers ---- */

static uint64_t read_last(void *model, uint64_t offset, unsigned size)
{
    return *(uint64_t *)model + offset * 16 + size;
}

static void write_last(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    *(uint64_t *)model = v + offset * 16 + size;
}

static void accesses_reach_their_model(void **state)
{
    uint64_t a = 0;
    uint64_t b = 0x1000;

    (void)state;
    host_mmio_add(0x9000000, 0x1000, read_last, write_last, &a);
    host_mmio_add(0x9001000, 0x8, read_last, write_last, &b);
    assert_int_equal(arch_read32(0x9000ffc), 0xffc * 16 + 4);
    assert_int_equal(arch_read64(0x9001000), 0x1008);
    arch_write8(0x9000010, 0xff);
    assert_int_equal(a, 0xff + 0x100 + 1);
    assert_int_equal(b, 0x1000);
}

static uint64_t read_twice(struct host_sysreg *reg)
{
    return 2 * reg->value;
}

static void system_registers_have_names(void **state)
{
    (void)state;
    sysreg_write(ICC_PMR_EL1, 0xf0);
    assert_int_equal(sysreg_read(ICC_PMR_EL1), 0xf0);
    assert_int_equal(sysreg_read(ICC_CTLR_EL1), 0);
    host_sysreg("ICC_IAR1_EL1")->read = read_twice;
    host_sysreg("ICC_IAR1_EL1")->value = 21;
    assert_int_equal(sysreg_read(ICC_IAR1_EL1), 42);
    assert_int_equal(host_sysreg("ICC_PMR_EL1")->writes, 1);
    assert_int_equal(host_sysreg("ICC_PMR_EL1")->reads, 1);
    host_reset();
    assert_int_equal(sysreg_read(ICC_PMR_EL1), 0);
}

static void the_counter_moves(void **state)
{
    uint64_t before = arch_counter();

    (void)state;
    assert_true(arch_counter() > before);
    host.counter_step = 1000;
    before = arch_counter();
    assert_int_equal(arch_counter() - before, 1000);
}

static void take_both(enum lock_level first, enum lock_level second)
{
    static struct lock a, b;

    lock_take(&a, first);
    lock_take(&b, second);
    lock_release(&a);
    lock_release(&b);
}

/* True where a program that takes these two locks, in this order, is aborted. */
static bool refused(enum lock_level first, enum lock_level second)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        (void)close(STDERR_FILENO);
        take_both(first, second);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void locks_have_an_order(void **state)
{
    (void)state;
    assert_false(refused(LOCK_VGIC, LOCK_GICD));
    assert_false(refused(LOCK_CONSOLE, LOCK_LOG));
    assert_true(refused(LOCK_GICD, LOCK_VGIC));
    assert_true(refused(LOCK_VGIC, LOCK_VGIC));
    take_both(LOCK_VGIC, LOCK_LOG);
    take_both(LOCK_CONSOLE, LOCK_VUART); /* what was held before is forgotten */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(crc32_is_zlibs, set_up),
        cmocka_unit_test_setup(what_never_returns_is_caught, set_up),
        cmocka_unit_test_setup(catches_nest, set_up),
        cmocka_unit_test_setup(accesses_reach_their_model, set_up),
        cmocka_unit_test_setup(system_registers_have_names, set_up),
        cmocka_unit_test_setup(the_counter_moves, set_up),
        cmocka_unit_test_setup(locks_have_an_order, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
