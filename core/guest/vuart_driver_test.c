/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the emulated PL011 as drivers use it: Linux's and Zephyr's sequences of accesses. */
#include "core/guest/vuart_model_test.h"

/* Linux: write until the FIFO is full, unmask, write 16 per interrupt, mask at the end. */
static void test_megabyte_by_interrupts(void **state)
{
    uint32_t sent = 0;
    uint32_t interrupts = 0;

    (void)state;
    while (sent < MEGABYTE && (rd(UARTFR) & UARTFR_TXFF) == 0) {
        wr(UARTDR, (uint8_t)(sent++ * 2654435761u >> 24));
        uart.blocked = sent > 100;
    }
    wr(UARTIMSC, TX);
    while (sent < MEGABYTE) {
        for (uint32_t i = 0; !line; i++) {
            assert_true(i < 1000);
            uart.blocked = false;
            uart.tx_raised = true;
            interrupt();
        }
        interrupts++;
        assert_int_equal(rd(UARTMIS), TX);
        for (int i = 0; i < 16 && sent < MEGABYTE && (rd(UARTFR) & UARTFR_TXFF) == 0; i++) {
            wr(UARTDR, (uint8_t)(sent++ * 2654435761u >> 24));
        }
        uart.blocked = interrupts % 500 > 200;
    }
    wr(UARTIMSC, 0);
    assert_false(line);
    uart.blocked = false;
    uart.tx_raised = true;
    settle();
    assert_int_equal(uart.length, MEGABYTE);
    for (uint32_t i = 0; i < MEGABYTE; i++) {
        assert_int_equal((uint8_t)uart.text[i], (uint8_t)(i * 2654435761u >> 24));
    }
}

/* Linux answers the interrupt by 16 bytes without a look at the flags: there is room for them. */
static void test_interrupt_means_room_for_a_fifo(void **state)
{
    uint32_t sent = 0;

    (void)state;
    uart.blocked = true;
    while ((rd(UARTFR) & UARTFR_TXFF) == 0) {
        wr(UARTDR, (uint8_t)(sent++ * 2654435761u >> 24));
    }
    wr(UARTIMSC, TX);
    assert_false(line);
    for (uint32_t i = 0; !line; i++) {
        assert_true(i < 1000);
        uart.blocked = false;
        uart.tx_raised = true;
        interrupt();
    }
    uart.blocked = true;
    for (uint32_t i = 0; i < 3; i++) { /* what is free is no multiple of 16 */
        wr(UARTDR, (uint8_t)(sent++ * 2654435761u >> 24));
    }
    while (line) {
        for (uint32_t i = 0; i < 16; i++) {
            wr(UARTDR, (uint8_t)(sent++ * 2654435761u >> 24));
        }
    }
    uart.blocked = false;
    uart.tx_raised = true;
    settle();
    assert_true(line); /* it comes again */
    assert_int_equal(uart.length, sent);
    for (uint32_t i = 0; i < sent; i++) {
        assert_int_equal((uint8_t)uart.text[i], (uint8_t)(i * 2654435761u >> 24));
    }
}

/* ---- Zephyr's driver, by what it reads and writes in which order; it never writes UARTICR ---- */

#define ZEPHYR_OUT 5000u

static struct {
    uint32_t sent, taken, calls;
    char in[64];
} zephyr;

static void change(uint64_t offset, uint32_t clear, uint32_t set)
{
    wr(offset, (rd(offset) & ~clear) | set);
}

static void zephyr_init(void)
{
    memset(&zephyr, 0, sizeof(zephyr));
    change(UARTCR, (uint32_t)UARTCR_UARTEN, 0);
    change(UARTLCR_H, (uint32_t)UARTLCR_H_FEN, 0);
    change(UARTCR, 0xc000, 0); /* no flow control */
    wr(UARTIBRD, 13);
    wr(UARTFBRD, 1);
    change(UARTLCR_H, 0, 0);
    change(UARTLCR_H, 0, (uint32_t)UARTLCR_H_WLEN);
    wr(UARTIFLS, 2 << 3); /* transmit at 1/8, receive at 1/2 */
    change(UARTLCR_H, 0, (uint32_t)UARTLCR_H_FEN);
    wr(UARTIMSC, 0);
    wr(UARTICR, 0x7ff);
    wr(UARTDMACR, 0);
    change(UARTCR, 2, 0);
    change(UARTCR, 0, (uint32_t)(UARTCR_TXE | UARTCR_RXE));
    change(UARTCR, 0, (uint32_t)UARTCR_UARTEN);
}

static bool zephyr_rx_ready(void)
{
    return (rd(UARTCR) & UARTCR_RXE) != 0 && (rd(UARTIMSC) & RX) != 0 &&
           (rd(UARTFR) & UARTFR_RXFE) == 0;
}

static bool zephyr_tx_ready(void)
{
    return (rd(UARTCR) & UARTCR_TXE) != 0 && (rd(UARTIMSC) & TX) != 0 &&
           ((rd(UARTRIS) & TX) != 0 || (rd(UARTFR) & UARTFR_TXFE) != 0);
}

/* The interrupt's handler: a program that takes what comes and sends until it has no more. */
static void zephyr_callback(void)
{
    zephyr.calls++;
    while (zephyr_rx_ready()) {
        while (zephyr.taken + 1 < sizeof(zephyr.in) && (rd(UARTFR) & UARTFR_RXFE) == 0) {
            zephyr.in[zephyr.taken++] = (char)rd(UARTDR);
            assert_int_equal(rd(UARTRSR), 0);
        }
    }
    if (zephyr_tx_ready()) {
        while (zephyr.sent < ZEPHYR_OUT && (rd(UARTFR) & UARTFR_TXFF) == 0) {
            wr(UARTDR, 'a' + zephyr.sent++ % 26);
        }
        if (zephyr.sent == ZEPHYR_OUT) {
            change(UARTIMSC, TX, 0);
        }
    }
}

static void test_zephyr_by_interrupts(void **state)
{
    (void)state;
    zephyr_init();
    change(UARTIMSC, 0, RX | RT);
    assert_false(line);
    change(UARTIMSC, 0, TX);
    uart.blocked = true;
    zephyr_callback(); /* the first one is the driver's own */
    assert_in_range(zephyr.sent, 32, ZEPHYR_OUT - 1);
    for (int i = 0; zephyr.sent < ZEPHYR_OUT; i++) {
        assert_true(i < 100000);
        if (line) {
            zephyr_callback();
        } else {
            uart.blocked = i % 8 != 0; /* a slow line */
            uart.tx_raised = true;
            interrupt();
        }
    }
    assert_in_range(zephyr.calls, 2, ZEPHYR_OUT / 16);
    uart.blocked = false;
    uart.tx_raised = true;
    settle();
    assert_false(line);
    assert_int_equal(uart.length, ZEPHYR_OUT);
    for (uint32_t i = 0; i < ZEPHYR_OUT; i++) {
        assert_int_equal(uart.text[i], 'a' + i % 26);
    }
    assert_true(zephyr_tx_ready() || (rd(UARTIMSC) & TX) == 0);

    for (const char *key = "zephyr:~$ "; *key != '\0'; key++) {
        type((char[]){*key, '\0'});
        assert_true(line);
        zephyr_callback();
        assert_false(line);
    }
    assert_string_equal(zephyr.in, "zephyr:~$ ");
}

static void test_zephyr_by_polling(void **state)
{
    (void)state;
    zephyr_init();
    for (const char *c = "*** Booting Zephyr OS ***\r\n"; *c != '\0'; c++) {
        while ((rd(UARTFR) & UARTFR_TXFF) != 0) {
        }
        wr(UARTDR, (uint8_t)*c);
    }
    settle();
    assert_string_equal(uart.text, "*** Booting Zephyr OS ***\r\n");
    assert_int_equal(rd(UARTFR) & (UARTFR_RXFE | UARTFR_BUSY), UARTFR_RXFE);
    type("y");
    assert_int_equal(rd(UARTFR) & UARTFR_RXFE, 0);
    assert_int_equal(rd(UARTDR), 'y');
    assert_int_equal(rd(UARTRSR), 0);
    assert_false(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_megabyte_by_interrupts, set_up),
        cmocka_unit_test_setup(test_interrupt_means_room_for_a_fifo, set_up),
        cmocka_unit_test_setup(test_zephyr_by_interrupts, set_up),
        cmocka_unit_test_setup(test_zephyr_by_polling, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
