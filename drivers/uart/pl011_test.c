/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the PL011 driver against a model of its registers. */
#include "drivers/uart/pl011.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arch/host.h>

#include "core/base/pl011.h"

#define BASE 0x9000000u

static struct {
    uint32_t reg[0x1000 / 4];
    uint32_t rx[64]; /* what UARTDR gives, one after the other */
    uint32_t rx_count;
    uint8_t sent[64];
    uint32_t sent_count;
    uint32_t lcr_writes_while_on;
} model;

static uint64_t model_read(void *unused, uint64_t offset, unsigned size)
{
    (void)unused;
    assert_int_equal(size, 4);
    if (offset == UARTDR) {
        uint32_t v = model.rx[0];

        assert_true(model.rx_count > 0);
        model.rx_count--;
        memmove(model.rx, model.rx + 1, sizeof(model.rx) - sizeof(model.rx[0]));
        return v;
    }
    if (offset == UARTFR) {
        return (model.reg[UARTFR / 4] & ~UARTFR_RXFE) | (model.rx_count == 0 ? UARTFR_RXFE : 0);
    }
    return model.reg[offset / 4];
}

static void model_write(void *unused, uint64_t offset, unsigned size, uint64_t v)
{
    (void)unused;
    assert_int_equal(size, 4);
    if (offset == UARTDR) {
        model.sent[model.sent_count++] = (uint8_t)v;
    }
    if (offset == UARTLCR_H && (model.reg[UARTCR / 4] & UARTCR_UARTEN) != 0) {
        model.lcr_writes_while_on++;
    }
    model.reg[offset / 4] = (uint32_t)v;
}

static int set_up(void **state)
{
    (void)state;
    host_reset();
    memset(&model, 0, sizeof(model));
    host_mmio_add(BASE, 0x1000, model_read, model_write, NULL);
    return 0;
}

static uint32_t reg(uint32_t offset)
{
    return model.reg[offset / 4];
}

static void test_compatible(void **state)
{
    (void)state;
    assert_string_equal(uart_pl011.compatible[0], "arm,pl011");
    assert_string_equal(uart_pl011.compatible[1], "arm,sbsa-uart");
    assert_null(uart_pl011.compatible[2]);
}

/* QEMU leaves it off, at its reset values. */
static void test_init_of_an_untouched_uart(void **state)
{
    (void)state;
    model.reg[UARTCR / 4] = 0x300;
    uart_pl011.init(BASE, 0, 4);
    assert_int_equal(reg(UARTLCR_H), 0x70);
    assert_int_equal(reg(UARTCR), 0x301);
    assert_int_equal(reg(UARTIMSC), 0);
    assert_int_equal(reg(UARTIFLS), 0x12);
    assert_int_equal(model.lcr_writes_while_on, 0);
}

static void test_init_keeps_what_firmware_set(void **state)
{
    (void)state;
    model.reg[UARTCR / 4] = 0xc301; /* with RTS and DTR */
    model.reg[UARTLCR_H / 4] = 0x7e;
    model.reg[UARTIBRD / 4] = 13;
    model.reg[UARTFBRD / 4] = 1;
    model.reg[UARTIMSC / 4] = 0x7ff;
    uart_pl011.init(BASE, 0, 4);
    assert_int_equal(reg(UARTCR), 0xc301);
    assert_int_equal(reg(UARTLCR_H), 0x7e);
    assert_int_equal(reg(UARTIBRD), 13);
    assert_int_equal(reg(UARTFBRD), 1);
    assert_int_equal(reg(UARTIMSC), 0);
}

/* On, but with 7e1 and no FIFOs: only those are added. */
static void test_init_adds_fifos(void **state)
{
    (void)state;
    model.reg[UARTCR / 4] = 0x101;
    model.reg[UARTLCR_H / 4] = 0x46;
    uart_pl011.init(BASE, 0, 4);
    assert_int_equal(reg(UARTLCR_H), 0x56);
    assert_int_equal(reg(UARTCR), 0x301);
    assert_int_equal(model.lcr_writes_while_on, 0);
}

static void test_transmit(void **state)
{
    (void)state;
    model.reg[UARTFR / 4] = UARTFR_TXFE;
    assert_false(uart_pl011.tx_full(BASE));
    assert_true(uart_pl011.tx_idle(BASE));
    uart_pl011.put(BASE, 0xa5);
    assert_int_equal(model.sent[0], 0xa5);
    model.reg[UARTFR / 4] = UARTFR_TXFE | UARTFR_BUSY;
    assert_false(uart_pl011.tx_idle(BASE));
    model.reg[UARTFR / 4] = UARTFR_TXFF | UARTFR_BUSY;
    assert_true(uart_pl011.tx_full(BASE));
    assert_false(uart_pl011.tx_idle(BASE));
}

static void test_receive(void **state)
{
    (void)state;
    assert_int_equal(uart_pl011.get(BASE), -1);
    model.rx[0] = 'x';
    model.rx[1] = UARTDR_BE;    /* a break is no byte */
    model.rx[2] = 0xb00 | 0xff; /* overrun, parity and framing error: still a byte */
    model.rx_count = 3;
    assert_int_equal(uart_pl011.get(BASE), 'x');
    assert_int_equal(uart_pl011.get(BASE), 0xff);
    assert_int_equal(uart_pl011.get(BASE), -1);
    for (uint32_t i = 0; i < 64; i++) {
        model.rx[i] = UARTDR_BE;
    }
    model.rx_count = 64;
    assert_int_equal(uart_pl011.get(BASE), -1);
    assert_int_equal(model.rx_count, 32);
}

static void test_interrupts(void **state)
{
    (void)state;
    uart_pl011.irq_enable(BASE, true, false);
    assert_int_equal(reg(UARTIMSC), 0x50);
    uart_pl011.irq_enable(BASE, false, true);
    assert_int_equal(reg(UARTIMSC), 0x20);
    uart_pl011.irq_enable(BASE, true, true);
    assert_int_equal(reg(UARTIMSC), 0x70);
    uart_pl011.irq_enable(BASE, false, false);
    assert_int_equal(reg(UARTIMSC), 0);
    uart_pl011.irq_clear(BASE);
    assert_int_equal(reg(UARTICR), 0x7af); /* not those of what still waits in the FIFO */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compatible),
        cmocka_unit_test_setup(test_init_of_an_untouched_uart, set_up),
        cmocka_unit_test_setup(test_init_keeps_what_firmware_set, set_up),
        cmocka_unit_test_setup(test_init_adds_fifos, set_up),
        cmocka_unit_test_setup(test_transmit, set_up),
        cmocka_unit_test_setup(test_receive, set_up),
        cmocka_unit_test_setup(test_interrupts, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
