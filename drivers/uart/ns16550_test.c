/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the 16550's driver against a model of its registers, written from PC16550D's data sheet. */
#include "drivers/uart/ns16550.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arch/host.h>

#define BASE 0xfe660000u

static struct {
    uint32_t shift, width; /* how it is wired */
    bool fifos;            /* it has them; else it is a 16450 */
    bool mini;             /* THRE: there is room */
    uint32_t ier, fcr, lcr, mcr, divisor;
    bool thre_taken; /* IIR was read: its interrupt is over until the FIFO empties again */
    bool timeout;    /* DesignWare: a timeout without a byte */
    bool busy;       /* DesignWare: LCR written while busy */
    uint32_t rx[64]; /* 0x100: a break */
    uint32_t rx_count;
    bool break_seen; /* LSR was read: BI is cleared */
    uint8_t sent[64];
    uint32_t sent_count, tx_count;
} model;

static uint32_t depth(void)
{
    return model.mini ? 8 : model.fifos && (model.fcr & 1) != 0 ? 16 : 1;
}

/* Table III: line status is not asked for; then received data, timeout, THRE. */
static uint32_t pending(void)
{
    if (model.busy) {
        return 7;
    }
    if ((model.ier & 1) != 0 && (model.rx_count > 0 || model.timeout)) {
        return model.rx_count >= 8 ? 4 : 12;
    }
    return (model.ier & 2) != 0 && model.tx_count == 0 && !model.thre_taken ? 2 : 1;
}

static uint32_t line_status(void)
{
    bool room = model.mini ? model.tx_count < 8 : model.tx_count == 0;
    uint32_t lsr =
        (model.rx_count > 0 ? 1u : 0) | (room ? 0x20u : 0) | (model.tx_count == 0 ? 0x40u : 0);

    if (model.rx_count > 0 && (model.rx[0] & 0x100) != 0 && !model.break_seen) {
        lsr |= 0x10;
        model.break_seen = true;
    }
    return lsr;
}

static uint32_t receive_buffer(void)
{
    uint32_t v = model.rx[0];

    if (model.timeout && model.rx_count == 0) {
        model.timeout = false;
        return 0;
    }
    assert_true(model.rx_count > 0);
    memmove(model.rx, model.rx + 1, sizeof(model.rx) - sizeof(model.rx[0]));
    model.rx_count--;
    model.break_seen = false;
    return v & 0xff;
}

static uint64_t model_read(void *unused, uint64_t offset, unsigned size)
{
    uint32_t id;

    (void)unused;
    assert_int_equal(size, model.width);
    assert_int_equal(offset & ((1u << model.shift) - 1), 0);
    switch (offset >> model.shift) {
    case 0:
        assert_int_equal(model.lcr & 0x80, 0);
        return receive_buffer();
    case 2:
        id = pending();
        model.thre_taken |= id == 2;
        return id | (model.fifos && (model.fcr & 1) != 0 ? 0xc0 : 0);
    case 3:
        return model.lcr;
    case 5:
        return line_status();
    case 31:
        model.busy = false;
        return 0;
    default:
        fail_msg("a read of 0x%x", (unsigned)offset);
        return 0;
    }
}

static void model_write(void *unused, uint64_t offset, unsigned size, uint64_t v)
{
    uint32_t w = (uint32_t)v;

    (void)unused;
    assert_int_equal(size, model.width);
    switch (offset >> model.shift) {
    case 0:
        assert_int_equal(model.lcr & 0x80, 0);
        assert_true(model.tx_count < depth());
        model.sent[model.sent_count++] = (uint8_t)w;
        model.tx_count++;
        model.thre_taken = false;
        break;
    case 1:
        if ((model.lcr & 0x80) != 0) {
            model.divisor = w;
        } else {
            model.ier = w;
        }
        break;
    case 2:
        assert_int_equal(w & 6, 0); /* nothing is thrown away */
        model.fcr = w;
        break;
    case 3:
        model.lcr = w;
        break;
    case 4:
        model.mcr = w;
        break;
    default:
        fail_msg("a write of 0x%x", (unsigned)offset);
    }
}

static int set_up(void **state)
{
    (void)state;
    host_reset();
    memset(&model, 0, sizeof(model));
    model.shift = 2;
    model.width = 4;
    model.fifos = true;
    host_mmio_add(BASE, 0x1000, model_read, model_write, NULL);
    return 0;
}

static void test_init_of_an_untouched_uart(void **state)
{
    (void)state;
    uart_ns16550.init(BASE, 2, 4);
    assert_int_equal(model.lcr, 0x03);
    assert_int_equal(model.ier, 0);
    assert_int_equal(model.fcr, 0x81);
    assert_int_equal(model.mcr, 0x0b);
}

static void test_init_keeps_what_firmware_set(void **state)
{
    (void)state;
    model.lcr = 0x1a | 0xc0; /* 7e1; with a break on, and the divisor's latch open */
    model.divisor = 1;
    model.ier = 0xf;
    model.mcr = 0x10; /* loopback */
    uart_ns16550.init(BASE, 2, 4);
    assert_int_equal(model.lcr, 0x1a);
    assert_int_equal(model.divisor, 1);
    assert_int_equal(model.ier, 0);
    assert_int_equal(model.mcr & 0x10, 0);
}

/* Bytes side by side; two bytes apart; words. */
static void test_wiring(void **state)
{
    (void)state;
    for (uint32_t shift = 0; shift <= 2; shift++) {
        model.shift = shift;
        model.width = shift == 2 ? 4 : 1;
        uart_ns16550.init(BASE, shift, model.width);
        assert_int_equal(model.lcr, 0x03);
        model.lcr = 0;
    }
}

/* THRE says that all 16 fit; not before it is there again may more be written. */
static void test_transmit(void **state)
{
    (void)state;
    model.tx_count = 3; /* firmware's last */
    uart_ns16550.init(BASE, 2, 4);
    assert_true(uart_ns16550.tx_full(BASE));
    assert_false(uart_ns16550.tx_idle(BASE));
    for (uint32_t round = 0; round < 2; round++) {
        model.tx_count = 0;
        assert_true(uart_ns16550.tx_idle(BASE));
        for (uint32_t i = 0; i < 16; i++) {
            assert_false(uart_ns16550.tx_full(BASE));
            uart_ns16550.put(BASE, (uint8_t)(0xf0 + i));
        }
        assert_true(uart_ns16550.tx_full(BASE));
    }
    assert_int_equal(model.sent_count, 32);
    assert_int_equal(model.sent[31], 0xff);
    model.tx_count = 15;
    uart_ns16550.put(BASE, 0); /* a panic's, without a look: no room is owed for it */
    assert_true(uart_ns16550.tx_full(BASE));
}

static void test_without_fifos(void **state)
{
    (void)state;
    model.fifos = false;
    uart_ns16550.init(BASE, 2, 4);
    assert_false(uart_ns16550.tx_full(BASE));
    uart_ns16550.put(BASE, 'x');
    assert_true(uart_ns16550.tx_full(BASE));
}

/* A BCM2711's: 8 deep, wired one way whatever the tree says, THRE is "not full". */
static void test_mini_uart(void **state)
{
    (void)state;
    model.mini = true;
    uart_bcm2835_aux.init(BASE, 0, 1);
    for (uint32_t i = 0; i < 8; i++) {
        assert_false(uart_bcm2835_aux.tx_full(BASE));
        uart_bcm2835_aux.put(BASE, 'x');
    }
    assert_true(uart_bcm2835_aux.tx_full(BASE));
}

static void test_receive(void **state)
{
    (void)state;
    uart_ns16550.init(BASE, 2, 4);
    assert_int_equal(uart_ns16550.get(BASE), -1);
    model.rx[0] = 0x100; /* a break is no byte, whoever has seen that it is one */
    model.rx[1] = 'x';
    model.rx[2] = 0xff;
    model.rx_count = 3;
    (void)uart_ns16550.tx_full(BASE);
    (void)uart_ns16550.tx_idle(BASE);
    assert_int_equal(uart_ns16550.get(BASE), 'x');
    assert_int_equal(uart_ns16550.get(BASE), 0xff);
    assert_int_equal(uart_ns16550.get(BASE), -1);
    for (uint32_t i = 0; i < 64; i++) {
        model.rx[i] = 0x100;
    }
    model.rx_count = 64;
    assert_int_equal(uart_ns16550.get(BASE), -1);
    assert_int_equal(model.rx_count, 32);
}

static void test_interrupts(void **state)
{
    (void)state;
    uart_ns16550.init(BASE, 2, 4);
    uart_ns16550.irq_enable(BASE, true, false);
    assert_int_equal(model.ier, 1);
    assert_int_equal(pending(), 1);
    model.rx_count = 1;
    assert_int_equal(pending(), 12);
    uart_ns16550.irq_clear(BASE); /* takes no byte away */
    assert_int_equal(uart_ns16550.get(BASE), 0);
    assert_int_equal(pending(), 1);

    while (!uart_ns16550.tx_full(BASE)) {
        uart_ns16550.put(BASE, 'x');
    }
    uart_ns16550.irq_enable(BASE, false, true);
    assert_int_equal(model.ier, 2);
    assert_int_equal(pending(), 1);
    model.tx_count = 0;
    assert_int_equal(pending(), 2);
    uart_ns16550.irq_clear(BASE);
    assert_int_equal(pending(), 1);
}

/* DesignWare's interrupts that only a certain read ends. */
static void test_stuck_interrupts(void **state)
{
    (void)state;
    uart_ns16550.init(BASE, 2, 4);
    uart_ns16550.irq_enable(BASE, true, false);
    model.busy = true;
    uart_ns16550.irq_clear(BASE);
    assert_false(model.busy);
    model.timeout = true;
    uart_ns16550.irq_clear(BASE);
    assert_false(model.timeout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_init_of_an_untouched_uart, set_up),
        cmocka_unit_test_setup(test_init_keeps_what_firmware_set, set_up),
        cmocka_unit_test_setup(test_wiring, set_up),
        cmocka_unit_test_setup(test_transmit, set_up),
        cmocka_unit_test_setup(test_without_fifos, set_up),
        cmocka_unit_test_setup(test_mini_uart, set_up),
        cmocka_unit_test_setup(test_receive, set_up),
        cmocka_unit_test_setup(test_interrupts, set_up),
        cmocka_unit_test_setup(test_stuck_interrupts, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
