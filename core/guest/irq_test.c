/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what becomes of a physical interrupt at EL2. */
#include "core/guest/gic_guest_test.h"

#include "core/base/console.h"

static uint32_t console_irqs, messages, dropped, deactivated, iar_next;

/* Instead of the library's. */
void console_irq(void)
{
    console_irqs++;
}

void console_printf(const char *format, ...)
{
    assert_non_null(format);
    messages++;
}

static uint32_t next(void)
{
    return iar_next;
}

static void drop(uint32_t iar)
{
    assert_int_equal(iar, iar_next);
    dropped++;
}

static void deactivate(uint32_t iar)
{
    assert_int_equal(iar, iar_next);
    deactivated++;
}

static struct gic_ops ops;
static uint32_t disabled;

static void set_enable(const struct cpu *cpu, uint32_t intid, bool on)
{
    (void)cpu;
    disabled = on ? 0 : intid;
}

static void set_target(uint32_t spi, const struct cpu *cpu)
{
    assert_int_equal(spi, SPI_CONSOLE);
    assert_ptr_equal(cpu, &cpus[1]);
}

static void set_edge(uint32_t spi, bool edge)
{
    assert_int_equal(spi, SPI_CONSOLE);
    assert_true(edge);
}

static int setup(void **state)
{
    (void)booted_v3(state);
    ops = model_ops;
    ops.acknowledge = next;
    ops.drop = drop;
    ops.deactivate = deactivate;
    ops.set_target = set_target;
    ops.set_edge = set_edge;
    console_irqs = messages = dropped = deactivated = 0;
    return 0;
}

static void handle(uint32_t iar)
{
    host_cpu_become(&cpus[0]);
    dropped = deactivated = 0;
    iar_next = iar;
    gic = &ops;
    irq_handle();
}

static void test_spurious(void **state)
{
    (void)state;
    handle(1023);
    handle(1020);
    assert_int_equal(dropped + deactivated, 0);
}

static void test_guests(void **state)
{
    (void)state;
    set_bit(0, ISENABLER, TIMER);
    model.private[0][TIMER].active = true;
    handle(TIMER);
    assert_int_equal(dropped, 1);
    assert_int_equal(deactivated, 0); /* the guest does */
    assert_int_equal(take(0), TIMER);
}

static void test_kick_keeps_its_source(void **state)
{
    (void)state;
    handle(IRQ_KICK | 5 << 10); /* as a GICv2 tells it */
    assert_int_equal(dropped, 1);
    assert_int_equal(deactivated, 1);
    cpus[0].vcpu = NULL; /* a CPU of no partition */
    handle(IRQ_KICK);
    handle(MAINTENANCE);
    assert_int_equal(deactivated, 1);
}

/* A message: what it becomes is msi.c's, and it is never active. */
static void test_lpi(void **state)
{
    (void)state;
    handle(8192);
    assert_int_equal(message, 8192);
    handle(8192 + 1024 + 27); /* not PPI 27 */
    assert_int_equal(message, 8192 + 1024 + 27);
    assert_int_equal(dropped, 1);
    assert_int_equal(deactivated, 0);
    assert_int_equal(take(0), 1023);
    message = 0;
    handle(1022 | 7 << 10); /* a GICv2's highest */
    assert_int_equal(message, 0);
}

static void test_console(void **state)
{
    (void)state;
    ops.set_enable = set_enable;
    disabled = SPI_CONSOLE;
    gic = &ops;
    irq_own(SPI_CONSOLE, true, &cpus[1]);
    assert_int_equal(disabled, 0);
    handle(SPI_CONSOLE);
    assert_int_equal(console_irqs, 1);
    assert_int_equal(deactivated, 1);
}

static void test_nobodys(void **state)
{
    (void)state;
    ops.set_enable = set_enable;
    handle(60);
    assert_int_equal(disabled, 60);
    assert_int_equal(messages, 1);
    assert_int_equal(deactivated, 1);
}

static void test_no_driver(void **state)
{
    (void)state;
    assert_non_null(drivers_gic[0]);
    assert_int_equal(irq_init(&plan), OK);
    gic = NULL;
    plan.board.gic.node = -1; /* the model's dt_compatible() denies it */
    plan.board.gic.path = "/gic";
    assert_int_equal(irq_init(&plan), E_NOT_FOUND);
    assert_true(plan.fatal && messages > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_spurious, setup),
        cmocka_unit_test_setup(test_guests, setup),
        cmocka_unit_test_setup(test_kick_keeps_its_source, setup),
        cmocka_unit_test_setup(test_lpi, setup),
        cmocka_unit_test_setup(test_console, setup),
        cmocka_unit_test_setup(test_nobodys, setup),
        cmocka_unit_test_setup(test_no_driver, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
