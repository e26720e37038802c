/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the Cadence UART's driver against a model of its registers (UG1085, UG1087). */
#include "drivers/uart/cadence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arch/host.h>

#define BASE 0xff000000u

#define CR   0x00
#define MR   0x04
#define IER  0x08
#define IDR  0x0c
#define IMR  0x10
#define ISR  0x14
#define RXWM 0x20
#define SR   0x2c
#define FIFO 0x30

#define FIFO_DEPTH 64u

static struct {
    uint32_t cr, mr, imr, isr, rxwm, rxtor;
    uint8_t rx[FIFO_DEPTH];
    uint32_t rx_count;
    uint8_t tx[FIFO_DEPTH];
    uint32_t tx_count;
    bool shifting; /* a byte is on the line */
    uint32_t mode_writes_while_on;
} model;

static bool is_on(uint32_t enable, uint32_t disable)
{
    return (model.cr & enable) != 0 && (model.cr & disable) == 0;
}

static uint32_t status(void)
{
    return (model.rx_count >= model.rxwm && model.rxwm != 0 ? 1u : 0) |
           (model.rx_count == 0 ? 2u : 0) | (model.rx_count == FIFO_DEPTH ? 4u : 0) |
           (model.tx_count == 0 ? 8u : 0) | (model.tx_count == FIFO_DEPTH ? 0x10u : 0) |
           (model.shifting ? 0x800u : 0);
}

/* Interrupts are latched when their condition begins. */
static void latch(uint32_t before)
{
    model.isr |= status() & ~before & 0x1f;
}

static uint64_t model_read(void *unused, uint64_t offset, unsigned size)
{
    uint32_t before = status();
    uint32_t v = 0;

    (void)unused;
    assert_int_equal(size, 4);
    switch (offset) {
    case CR:
        return model.cr;
    case MR:
        return model.mr;
    case IMR:
        return model.imr;
    case ISR:
        return model.isr;
    case SR:
        return before;
    case FIFO:
        assert_true(model.rx_count > 0);
        v = model.rx[0];
        memmove(model.rx, model.rx + 1, sizeof(model.rx) - 1);
        model.rx_count--;
        latch(before);
        return v;
    default:
        fail_msg("a read of 0x%x", (unsigned)offset);
        return 0;
    }
}

static void model_write(void *unused, uint64_t offset, unsigned size, uint64_t v)
{
    uint32_t before = status();
    uint32_t w = (uint32_t)v;

    (void)unused;
    assert_int_equal(size, 4);
    switch (offset) {
    case CR:
        assert_int_equal(w & 3, 0); /* no reset of what firmware has still to send */
        model.cr = w;
        break;
    case MR:
        model.mode_writes_while_on += is_on(0x10, 0x20) ? 1 : 0;
        model.mr = w;
        break;
    case IER:
        model.imr |= w;
        break;
    case IDR:
        model.imr &= ~w;
        break;
    case ISR:
        model.isr &= ~w;
        break;
    case 0x1c:
        model.rxtor = w;
        break;
    case RXWM:
        assert_in_range(w, 1, 63);
        model.rxwm = w;
        break;
    case FIFO:
        assert_true(is_on(0x10, 0x20) && model.tx_count < FIFO_DEPTH);
        model.tx[model.tx_count++] = (uint8_t)w;
        break;
    default:
        fail_msg("a write of 0x%x", (unsigned)offset);
    }
    latch(before);
}

static void receive(uint8_t byte)
{
    uint32_t before = status();

    assert_true(is_on(0x04, 0x08));
    model.rx[model.rx_count++] = byte;
    latch(before);
}

static void send_all(void)
{
    uint32_t before = status();

    model.tx_count = 0;
    latch(before);
}

static bool raised(void)
{
    return (model.isr & model.imr) != 0;
}

static int set_up(void **state)
{
    (void)state;
    host_reset();
    memset(&model, 0, sizeof(model));
    model.cr = 0x128; /* at reset: off */
    model.rxwm = 0x20;
    host_mmio_add(BASE, 0x1000, model_read, model_write, NULL);
    return 0;
}

static void test_init_of_an_untouched_uart(void **state)
{
    (void)state;
    model.imr = 0x1fff;
    uart_cadence.init(BASE, 0, 1);
    assert_true(is_on(0x10, 0x20) && is_on(0x04, 0x08));
    assert_int_equal(model.mr, 0x20); /* 8 bits, no parity, a stop bit, normal mode */
    assert_int_equal(model.imr, 0);
    assert_int_equal(model.rxwm, 1);
    assert_int_equal(model.mode_writes_while_on, 0);
}

static void test_init_keeps_what_firmware_set(void **state)
{
    (void)state;
    model.cr = 0x114;
    model.mr = 0x24; /* 7 bits */
    model.tx_count = 5;
    uart_cadence.init(BASE, 0, 1);
    assert_int_equal(model.mr, 0x24);
    assert_int_equal(model.tx_count, 5);
}

static void test_transmit(void **state)
{
    (void)state;
    uart_cadence.init(BASE, 0, 1);
    assert_true(uart_cadence.tx_idle(BASE));
    for (uint32_t i = 0; i < FIFO_DEPTH; i++) {
        assert_false(uart_cadence.tx_full(BASE));
        uart_cadence.put(BASE, (uint8_t)(0xc0 + i));
    }
    assert_true(uart_cadence.tx_full(BASE));
    assert_false(uart_cadence.tx_idle(BASE));
    assert_int_equal(model.tx[63], 0xff);
    send_all();
    model.shifting = true;
    assert_false(uart_cadence.tx_idle(BASE));
}

static void test_receive(void **state)
{
    (void)state;
    uart_cadence.init(BASE, 0, 1);
    assert_int_equal(uart_cadence.get(BASE), -1);
    receive('x');
    receive(0xff);
    assert_int_equal(uart_cadence.get(BASE), 'x');
    assert_int_equal(uart_cadence.get(BASE), 0xff);
    assert_int_equal(uart_cadence.get(BASE), -1);
}

/* In the order of console_irq(): clear, read and write, enable. */
static void test_interrupts(void **state)
{
    (void)state;
    uart_cadence.init(BASE, 0, 1);
    uart_cadence.irq_enable(BASE, true, false);
    assert_false(raised());
    receive('a');
    assert_true(raised());
    uart_cadence.irq_clear(BASE);
    assert_int_equal(uart_cadence.get(BASE), 'a');
    receive('b'); /* after the last look */
    uart_cadence.irq_enable(BASE, true, false);
    assert_true(raised());
    uart_cadence.irq_clear(BASE);
    assert_int_equal(uart_cadence.get(BASE), 'b');

    while (!uart_cadence.tx_full(BASE)) {
        uart_cadence.put(BASE, 'c');
    }
    uart_cadence.irq_enable(BASE, false, true);
    assert_int_equal(model.imr, 8);
    assert_false(raised());
    send_all();
    assert_true(raised());
    uart_cadence.irq_enable(BASE, false, false);
    assert_int_equal(model.imr, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_init_of_an_untouched_uart, set_up),
        cmocka_unit_test_setup(test_init_keeps_what_firmware_set, set_up),
        cmocka_unit_test_setup(test_transmit, set_up),
        cmocka_unit_test_setup(test_receive, set_up),
        cmocka_unit_test_setup(test_interrupts, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
