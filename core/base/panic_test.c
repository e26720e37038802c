/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the end of a CPU: what is said, by polling alone, and that it never goes on. */
#include "core/base/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <arch/host.h>

#include "core/base/console.h"
#include "core/base/cpu.h"

static char said[1024];
static uint32_t woken;
static struct cpu cpu;

/* Instead of the library's: it takes no lock, see console_test.c. */
void console_panic(const char *format, va_list args)
{
    size_t used = strlen(said);

    (void)vsnprintf(said + used, sizeof(said) - used, format, args);
}

/* What takes the console's lock, or waits for its ring, must not be called here. */
void console_vprintf(const char *format, va_list args)
{
    (void)args;
    fail_msg("panic() prints \"%s\" through the log", format);
}

static int set_up(void **state)
{
    (void)state;
    host_reset();
    said[0] = '\0';
    woken = 0;
    cpu = (struct cpu){.mpidr = 0x8100000203};
    host_cpu_become(&cpu);
    return 0;
}

static void panics(void *number)
{
    panic("no %s in %u", "sense", *(uint32_t *)number);
}

static void it_is_said_with_its_cpu(void **state)
{
    uint32_t number = 42;

    (void)state;
    assert_int_equal(host_catch(panics, &number), HOST_ASLEEP);
    assert_string_equal(said, "\nbulkhead: panic: CPU 0x8100000203: no sense in 42\n"
                              "bulkhead: this CPU is halted, others go on\n");
}

/* An interrupt that is pending ends WFI. */
static void wake(void)
{
    if (++woken == 1000) {
        host_leave(HOST_ASLEEP);
    }
}

static void nothing_wakes_it(void **state)
{
    uint32_t number = 1;

    (void)state;
    host.wfi = wake;
    assert_int_equal(host_catch(panics, &number), HOST_ASLEEP);
    assert_int_equal(woken, 1000);
    assert_null(strstr(strstr(said, "halted") + 1, "halted")); /* once */
    assert_int_equal(host.waits + host.smcs, 0); /* it spins nowhere, and asks nobody */
}

static uint32_t evaluated;

static void checks(void *holds)
{
    check(++evaluated != 0 && *(bool *)holds);
}

static void a_check_that_holds_says_nothing(void **state)
{
    bool holds = true;

    (void)state;
    evaluated = 0;
    assert_int_equal(host_catch(checks, &holds), HOST_RETURNED);
    assert_int_equal(evaluated, 1);
    assert_string_equal(said, "");
}

static void a_check_tells_where_and_what(void **state)
{
    bool holds = false;

    (void)state;
    evaluated = 0;
    assert_int_equal(host_catch(checks, &holds), HOST_ASLEEP);
    assert_int_equal(evaluated, 1);
    assert_non_null(strstr(said, "core/base/panic_test.c:"));
    assert_non_null(strstr(said, ": ++evaluated != 0 && *(bool *)holds\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_said_with_its_cpu, set_up),
        cmocka_unit_test_setup(nothing_wakes_it, set_up),
        cmocka_unit_test_setup(a_check_that_holds_says_nothing, set_up),
        cmocka_unit_test_setup(a_check_tells_where_and_what, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
