/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the i.MX UART's driver against a model of its registers (IMX8MPRM). */
#include "drivers/uart/imx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arch/host.h>

#define BASE 0x30890000u

#define URXD 0x00
#define UTXD 0x40
#define UCR1 0x80
#define UCR2 0x84
#define UCR3 0x88
#define UCR4 0x8c
#define UFCR 0x90
#define USR2 0x98
#define UTS  0xb4

#define FIFO_DEPTH 32u

static struct {
    uint32_t reg[0x100 / 4];
    uint32_t rx[64];
    uint32_t rx_count;
    uint8_t tx[FIFO_DEPTH];
    uint32_t tx_count;
} model;

static uint32_t *reg(uint64_t offset)
{
    return &model.reg[offset / 4];
}

static uint64_t model_read(void *unused, uint64_t offset, unsigned size)
{
    uint32_t v;

    (void)unused;
    assert_int_equal(size, 4);
    switch (offset) {
    case URXD:
        assert_true(model.rx_count > 0);
        v = model.rx[0];
        memmove(model.rx, model.rx + 1, sizeof(model.rx) - sizeof(model.rx[0]));
        model.rx_count--;
        return v | 0x8000;
    case USR2:
        return (model.rx_count > 0 ? 1u : 0) | (model.tx_count == 0 ? 0x4008u : 0);
    case UTS:
        return (model.tx_count == FIFO_DEPTH ? 0x10u : 0) | (model.tx_count == 0 ? 0x40u : 0) |
               (model.rx_count == 0 ? 0x20u : 0);
    default:
        assert_in_range(offset, UCR1, UFCR);
        return *reg(offset);
    }
}

static void model_write(void *unused, uint64_t offset, unsigned size, uint64_t v)
{
    (void)unused;
    assert_int_equal(size, 4);
    if (offset == UTXD) {
        assert_true((*reg(UCR1) & 1) != 0 && (*reg(UCR2) & 4) != 0 && model.tx_count < FIFO_DEPTH);
        model.tx[model.tx_count++] = (uint8_t)v;
        return;
    }
    assert_in_range(offset, UCR1, UFCR);
    if (offset == UCR2) {
        assert_int_equal(v & 1, 1); /* 0 would reset it */
    }
    *reg(offset) = (uint32_t)v;
}

static bool raised(void)
{
    uint32_t txtl = *reg(UFCR) >> 10 & 63;
    uint32_t rxtl = *reg(UFCR) & 63;

    return ((*reg(UCR1) & 0x2000) != 0 && model.tx_count < txtl) ||
           ((*reg(UCR1) & 0x200) != 0 && model.rx_count >= rxtl);
}

static int set_up(void **state)
{
    (void)state;
    host_reset();
    memset(&model, 0, sizeof(model));
    *reg(UCR2) = 0x1; /* at reset: off */
    *reg(UCR3) = 0x700;
    *reg(UCR4) = 0x8000;
    *reg(UFCR) = 0x801;
    host_mmio_add(BASE, 0x10000, model_read, model_write, NULL);
    return 0;
}

static void test_init_of_an_untouched_uart(void **state)
{
    (void)state;
    uart_imx.init(BASE, 0, 1);
    assert_int_equal(*reg(UCR1), 0x1);
    assert_int_equal(*reg(UCR2), 0x4027); /* 8n1, RTS ignored, both ways on */
    assert_int_equal(*reg(UCR3), 0x4);
    assert_int_equal(*reg(UCR4), 0);
}

static void test_init_keeps_what_firmware_set(void **state)
{
    (void)state;
    *reg(UCR1) = 0x3eff; /* all its interrupts, and DMA */
    *reg(UCR2) = 0xc11f; /* 7e1, with ESCI, RTSEN and ATEN */
    *reg(UFCR) = 0x2a81; /* RFDIV 5 */
    uart_imx.init(BASE, 0, 1);
    assert_int_equal(*reg(UCR1), 0x1);
    assert_int_equal(*reg(UCR2), 0x4107);
    assert_int_equal(*reg(UFCR) & 0x380, 0x280);
    assert_int_equal(*reg(UFCR) & 63, 1);
}

static void test_transmit(void **state)
{
    (void)state;
    uart_imx.init(BASE, 0, 1);
    assert_true(uart_imx.tx_idle(BASE));
    for (uint32_t i = 0; i < FIFO_DEPTH; i++) {
        assert_false(uart_imx.tx_full(BASE));
        uart_imx.put(BASE, (uint8_t)(0xe0 + i));
    }
    assert_true(uart_imx.tx_full(BASE));
    assert_false(uart_imx.tx_idle(BASE));
    assert_int_equal(model.tx[31], 0xff);
}

static void test_receive(void **state)
{
    (void)state;
    uart_imx.init(BASE, 0, 1);
    assert_int_equal(uart_imx.get(BASE), -1);
    model.rx[0] = 'x';
    model.rx[1] = 0x5800;        /* a break, with its framing error, is no byte */
    model.rx[2] = 0x6000 | 0xff; /* overrun: still a byte */
    model.rx_count = 3;
    assert_int_equal(uart_imx.get(BASE), 'x');
    assert_int_equal(uart_imx.get(BASE), 0xff);
    assert_int_equal(uart_imx.get(BASE), -1);
    for (uint32_t i = 0; i < 64; i++) {
        model.rx[i] = 0x5800;
    }
    model.rx_count = 64;
    assert_int_equal(uart_imx.get(BASE), -1);
    assert_int_equal(model.rx_count, 32);
}

static void test_interrupts(void **state)
{
    (void)state;
    uart_imx.init(BASE, 0, 1);
    uart_imx.irq_enable(BASE, true, false);
    assert_false(raised());
    model.rx_count = 1;
    assert_true(raised());
    uart_imx.irq_clear(BASE);
    assert_true(raised());
    assert_int_equal(uart_imx.get(BASE), 0);
    assert_false(raised());
    model.tx_count = FIFO_DEPTH;
    uart_imx.irq_enable(BASE, false, true);
    assert_false(raised());
    model.tx_count = 15;
    assert_true(raised());
    uart_imx.irq_enable(BASE, false, false);
    assert_int_equal(*reg(UCR1), 1);
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
