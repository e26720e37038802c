/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the emulated PL011 through its window, as a guest's driver uses it, on the real console. */
#include "core/guest/vuart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arch/host.h>

/* The console itself: its state is set back between tests. */
#include "core/base/console.c"       /* NOLINT */
#include "core/base/console_input.c" /* NOLINT */
#include "core/base/pl011.h"
#include "core/guest/partition.h"

#define BASE     0x9000000u
#define INTID    33u
#define MEGABYTE (1u << 20)
#define RX       ((uint32_t)UARTINT_RX)
#define TX       ((uint32_t)UARTINT_TX)
#define RT       ((uint32_t)UARTINT_RT)

/* ---- around it: a vGIC that notes the line, a UART like QEMU's ---- */

static struct partition tested, *const part = &tested;
static struct cpu vcpu_cpu;
static struct vcpu vcpu = {.cpu = &vcpu_cpu};
static struct plan plan_used;
static struct plan_partition plan_part = {.name = "guest"};
static bool line;
static uint32_t line_changes;

void vgic_set_level(struct partition *partition, uint32_t intid, bool level)
{
    assert_ptr_equal(partition, part);
    assert_int_equal(intid, INTID);
    assert_true(level != line);
    line = level;
    line_changes++;
}

static struct {
    char *text;
    size_t length, room;
    uint8_t rx[32];
    uint32_t rx_count;
    bool blocked, rx_on, tx_on, tx_raised;
    bool console_kicked, part_kicked;
} uart;

static void uart_init(uint64_t base)
{
    (void)base;
}

static bool uart_tx_full(uint64_t base)
{
    (void)base;
    return uart.blocked;
}

static bool uart_tx_idle(uint64_t base)
{
    (void)base;
    return true;
}

static void uart_put(uint64_t base, uint8_t byte)
{
    (void)base;
    if (uart.length + 1 >= uart.room) {
        uart.room = uart.room * 2 + 4096;
        uart.text = realloc(uart.text, uart.room);
        assert_non_null(uart.text);
    }
    uart.text[uart.length++] = (char)byte;
    uart.text[uart.length] = '\0';
    uart.tx_raised = true;
}

static int uart_get(uint64_t base)
{
    int byte = uart.rx_count > 0 ? uart.rx[0] : -1;

    (void)base;
    if (byte >= 0) {
        memmove(uart.rx, uart.rx + 1, --uart.rx_count);
    }
    return byte;
}

static void uart_irq_set(uint64_t base, bool rx, bool tx)
{
    (void)base;
    uart.rx_on = rx;
    uart.tx_on = tx;
}

static void uart_irq_clear(uint64_t base)
{
    (void)base;
    uart.tx_raised = false;
}

static const struct uart_ops ops = {
    .init = uart_init,
    .tx_full = uart_tx_full,
    .tx_idle = uart_tx_idle,
    .put = uart_put,
    .get = uart_get,
    .irq_enable = uart_irq_set,
    .irq_clear = uart_irq_clear,
};

static void kick_console(void)
{
    uart.console_kicked = true;
}

void irq_kick(const struct cpu *cpu)
{
    assert_ptr_equal(cpu, &vcpu_cpu);
    uart.part_kicked = true;
}

static bool pending(void)
{
    return uart.console_kicked || uart.part_kicked || host.alarm - 1 < host.counter + 1000000 ||
           (uart.tx_on && uart.tx_raised) || (uart.rx_on && uart.rx_count > 0);
}

/* One interrupt on the console's CPU, and the kick that it gives the partition's. */
static void interrupt(void)
{
    uart.console_kicked = false;
    if (host.alarm - 1 < host.counter + 1000000) { /* it ends a pause */
        host.counter = host.alarm;
    }
    console_irq();
    if (uart.part_kicked) {
        uart.part_kicked = false;
        vuart_sync(&part->vuart);
    }
}

static void settle(void)
{
    for (int i = 0; i < 100000; i++) {
        if (!pending()) {
            return;
        }
        interrupt();
    }
    fail_msg("the console does not come to rest");
}

static bool sender_sends(uint8_t byte)
{
    if (uart.rx_count == sizeof(uart.rx)) {
        return false;
    }
    uart.rx[uart.rx_count++] = byte;
    return true;
}

static void type(const char *keys)
{
    for (; *keys != '\0'; keys++) {
        assert_true(sender_sends((uint8_t)*keys));
        settle();
    }
}

/* The guest's stream is in focus. */
static int set_up(void **state)
{
    (void)state;
    host_reset();
    memset(&console, 0, sizeof(console));
    console.mux.focus = MUX_NONE;
    console.mux.open = MUX_NONE;
    memset(&input, 0, sizeof(input));
    input.target = NO_STREAM;
    free(uart.text);
    memset(&uart, 0, sizeof(uart));
    memset(&plan_used, 0, sizeof(plan_used));
    plan_used.board.console =
        (struct plan_uart){.mmio = {BASE, 0x1000}, .irq = {INTID, false}, .clock = 24000000};
    memset(part, 0, sizeof(*part));
    part->index = 1;
    part->plan = &plan_part;
    part->vcpu = &vcpu;
    vcpu.partition = part;
    line = false;
    assert_int_equal(vuart_init(part, &plan_used), OK);
    console_use(&ops, BASE);
    console_start(kick_console, 1000000000);
    type("\x1d"
         "2");
    uart.length = 0;
    return 0;
}

static uint64_t read_sized(uint64_t offset, uint8_t size)
{
    struct mmio_access access = {.ipa = {BASE + offset}, .size = size, .value = 0x5a5a};

    assert_int_equal(mmio_handle(&vcpu, &access), TRAP_SKIP);
    while (uart.console_kicked || (!uart.blocked && host.alarm - 1 < host.counter + 1000000)) {
        interrupt();
    }
    return access.value;
}

static void write_sized(uint64_t offset, uint8_t size, uint64_t value)
{
    struct mmio_access access = {
        .ipa = {BASE + offset}, .size = size, .write = true, .value = value};

    assert_int_equal(mmio_handle(&vcpu, &access), TRAP_SKIP);
    while (uart.console_kicked || (!uart.blocked && host.alarm - 1 < host.counter + 1000000)) {
        interrupt();
    }
}

static uint32_t rd(uint64_t offset)
{
    return (uint32_t)read_sized(offset, 4);
}

static void wr(uint64_t offset, uint64_t value)
{
    write_sized(offset, 4, value);
}

/* ---- registers ---- */

static void test_as_firmware_left_it(void **state)
{
    static const uint8_t id[8] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

    (void)state;
    assert_int_equal(rd(UARTCR), 0x301);
    assert_int_equal(rd(UARTLCR_H), 0x70);
    assert_int_equal(rd(UARTIBRD), 13);
    assert_int_equal(rd(UARTFBRD), 1);
    assert_int_equal(rd(UARTIFLS), 0x12);
    assert_int_equal(rd(UARTIMSC) | rd(UARTRIS) | rd(UARTMIS) | rd(UARTDMACR) | rd(UARTRSR), 0);
    assert_int_equal(rd(UARTFR), 0x97); /* both FIFOs empty, modem lines ready */
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(rd(UARTPeriphID0 + 4 * i), id[i]);
        assert_int_equal(read_sized(UARTPeriphID0 + 4 * i, 1), id[i]);
    }
    assert_false(line);
}

/* Any offset, any width, any value: only eight bytes are refused, nothing breaks. */
static void test_hostile_accesses(void **state)
{
    static const uint64_t values[] = {0,      1,          0xff,       0x7ff,
                                      0xffff, 0x55555555, 0xaaaaaaaa, UINT32_MAX};

    (void)state;
    for (uint32_t offset = 0; offset < 0x1000; offset++) {
        for (uint8_t size = 1; size <= 8; size = (uint8_t)(size * 2)) {
            for (size_t v = 0; offset % size == 0 && v < ARRAY_SIZE(values); v++) {
                uint64_t mask = UINT64_MAX >> (64 - 8 * size);
                struct mmio_access access = {
                    .ipa = {BASE + offset}, .size = size, .write = true, .value = values[v] & mask};

                assert_int_equal(mmio_handle(&vcpu, &access), size == 8 ? TRAP_ABORT : TRAP_SKIP);
                access.write = false;
                assert_int_equal(mmio_handle(&vcpu, &access), size == 8 ? TRAP_ABORT : TRAP_SKIP);
                assert_true(size == 8 || (access.value & ~mask) == 0);
            }
        }
        settle();
    }
    assert_int_equal(rd(UARTPeriphID0), 0x11);
    vuart_reset(&part->vuart);
    assert_int_equal(rd(UARTCR), 0x301);
    assert_false(line);
}

static void test_fields_and_widths(void **state)
{
    static const struct {
        uint16_t offset;
        uint32_t bits;
    } regs[] = {{UARTILPR, 0xff}, {UARTIBRD, 0xffff}, {UARTFBRD, 0x3f},  {UARTLCR_H, 0xff},
                {UARTCR, 0xff87}, {UARTIFLS, 0x3f},   {UARTIMSC, 0x7ff}, {UARTDMACR, 7}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
        uint16_t at = regs[i].offset;

        wr(at, UINT32_MAX);
        assert_int_equal(rd(at), regs[i].bits);
        assert_int_equal(read_sized(at, 2), regs[i].bits);
        assert_int_equal(read_sized(at, 1), regs[i].bits & 0xff);
        assert_int_equal(read_sized(at + 1u, 1), regs[i].bits >> 8);
        assert_int_equal(read_sized(at + 2u, 2), 0);
        write_sized(at + 1u, 1, 0);
        write_sized(at + 2u, 2, 0);
        assert_int_equal(rd(at), regs[i].bits);
        write_sized(at, 1, 0);
        assert_int_equal(rd(at), 0);
        write_sized(at, 2, 0xffff);
        assert_int_equal(rd(at), regs[i].bits & 0xffff);
    }
}

static void test_read_only(void **state)
{
    (void)state;
    wr(UARTFR, UINT32_MAX);
    wr(UARTRIS, UINT32_MAX);
    wr(UARTMIS, UINT32_MAX);
    assert_int_equal(rd(UARTFR), 0x97);
    assert_int_equal(rd(UARTRIS) | rd(UARTMIS), 0);
    assert_int_equal(rd(0x00c) | rd(0x01c) | rd(0x04c) | rd(0x080) | rd(0xfdc) | rd(UARTICR), 0);
}

/* ---- transmitting ---- */

/* U-Boot, earlycon: look at TXFF, write; at the end wait for BUSY. */
static void polled_put(uint8_t byte)
{
    for (uint32_t i = 0; (rd(UARTFR) & UARTFR_TXFF) != 0; i++) {
        assert_true(i < 100);
        settle();
    }
    write_sized(UARTDR, byte % 2 == 0 ? 1 : 4, byte);
}

static void test_polled_output(void **state)
{
    (void)state;
    for (const char *c = "=> "; *c != '\0'; c++) {
        polled_put((uint8_t)*c);
    }
    for (uint32_t i = 0; (rd(UARTFR) & UARTFR_BUSY) != 0; i++) {
        assert_true(i < 100);
    }
    assert_string_equal(uart.text, "=> ");
}

/* A polling driver's prompt is shown though its line has no end, also out of focus. */
static void test_prompt_is_shown_tagged(void **state)
{
    (void)state;
    type("\x1d"
         "0");
    uart.length = 0;
    polled_put('=');
    polled_put('>');
    assert_int_equal(uart.length, 0);
    assert_int_equal(rd(UARTFR) & UARTFR_BUSY, UARTFR_BUSY);
    assert_int_equal(rd(UARTFR) & UARTFR_BUSY, UARTFR_BUSY);
    assert_int_equal(rd(UARTFR) & (UARTFR_BUSY | UARTFR_TXFE), UARTFR_TXFE);
    assert_string_equal(uart.text, "[guest] =>");
    /* The same where an interrupt-driven one masks its interrupt, as it may be already. */
    for (uint32_t before = 0; before <= TX; before += TX) {
        polled_put('\n');
        wr(UARTIMSC, before);
        uart.length = 0;
        polled_put('#');
        assert_int_equal(uart.length, 0);
        wr(UARTIMSC, 0);
        assert_string_equal(uart.text, "[guest] #");
    }
}

static void test_full_fifo(void **state)
{
    uint32_t room = 0;

    (void)state;
    uart.blocked = true;
    wr(UARTIMSC, TX);
    while ((rd(UARTFR) & UARTFR_TXFF) == 0) {
        assert_true(room++ < 100000);
        wr(UARTDR, 'x');
    }
    assert_int_equal(room, CONFIG_CONSOLE_RING);
    assert_int_equal(rd(UARTFR) & (UARTFR_TXFE | UARTFR_BUSY), UARTFR_BUSY);
    assert_int_equal(rd(UARTRIS) & TX, 0);
    assert_false(line);
    wr(UARTDR, 'y'); /* overrun: lost, as on the real one */
    uart.blocked = false;
    uart.tx_raised = true;
    settle();
    assert_true(line);
    assert_int_equal(rd(UARTMIS), TX);
    assert_int_equal(rd(UARTFR) & (UARTFR_TXFE | UARTFR_TXFF | UARTFR_BUSY), UARTFR_TXFE);
    assert_int_equal(uart.length, room);
    wr(UARTICR, TX);
    assert_false(line);
}

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

static void test_disabled_transmitter(void **state)
{
    (void)state;
    wr(UARTCR, UARTCR_TXE | UARTCR_RXE);
    wr(UARTDR, 'x');
    wr(UARTCR, UARTCR_UARTEN | UARTCR_RXE);
    wr(UARTDR, 'y');
    assert_int_equal(uart.length, 0);
    assert_int_equal(rd(UARTRIS), 0);
    wr(UARTCR, UARTCR_UARTEN | UARTCR_TXE);
    wr(UARTDR, 'z');
    assert_string_equal(uart.text, "z");
    assert_int_equal(rd(UARTRIS), TX);
}

/* ---- receiving ---- */

static void test_polled_input(void **state)
{
    (void)state;
    assert_int_equal(rd(UARTDR), 0);
    type("ab");
    assert_int_equal(rd(UARTFR) & (UARTFR_RXFE | UARTFR_RXFF), 0);
    assert_int_equal(read_sized(UARTDR, 1), 'a');
    assert_int_equal(rd(UARTDR), 'b');
    assert_int_equal(rd(UARTFR) & UARTFR_RXFE, UARTFR_RXFE);
    assert_false(line);
}

static void test_receive_interrupts(void **state)
{
    (void)state;
    wr(UARTIMSC, RX | RT);
    type("a");
    assert_int_equal(rd(UARTMIS), RT); /* fewer than the trigger: its timeout is over at once */
    assert_true(line);
    type("bcdefghijklmno");
    assert_int_equal(rd(UARTRIS), RT);
    type("p");
    assert_int_equal(rd(UARTRIS), RX | RT);
    assert_int_equal(rd(UARTDR), 'a');
    assert_int_equal(rd(UARTRIS), RT);
    for (int c = 'b'; c < 'p'; c++) {
        assert_int_equal(rd(UARTDR), c);
        assert_true(line);
    }
    assert_int_equal(rd(UARTDR), 'p');
    assert_int_equal(rd(UARTRIS), 0);
    assert_false(line);
}

static void test_triggers(void **state)
{
    static const uint8_t fifo_on[8] = {4, 8, 16, 24, 28, 28, 28, 28};

    (void)state;
    for (uint32_t ifls = 0; ifls < 8; ifls++) {
        for (uint32_t fen = 0; fen < 2; fen++) {
            uint32_t trigger = fen == 0 ? 1 : fifo_on[ifls];

            wr(UARTIFLS, ifls << 3);
            wr(UARTLCR_H, fen == 0 ? 0x60 : 0x70);
            for (uint32_t i = 0; i < 32; i++) {
                assert_int_equal((rd(UARTRIS) & RX) != 0, i >= trigger);
                assert_int_equal((rd(UARTFR) & UARTFR_RXFF) != 0, fen == 0 && i > 0);
                type("x");
            }
            assert_int_equal(rd(UARTFR) & UARTFR_RXFF, UARTFR_RXFF);
            for (uint32_t i = 0; i < 32; i++) {
                assert_int_equal(rd(UARTDR), 'x');
            }
            assert_int_equal(rd(UARTRIS), 0);
        }
    }
}

static void test_interrupt_clear(void **state)
{
    (void)state;
    wr(UARTIMSC, RX | RT | TX);
    type("abc");
    wr(UARTDR, 'x');
    assert_int_equal(rd(UARTRIS), RT | TX);
    wr(UARTICR, TX);
    assert_int_equal(rd(UARTRIS), RT);
    wr(UARTICR, RT);
    assert_int_equal(rd(UARTRIS), 0);
    assert_false(line);
    /* It comes back with what is left, or with the next byte. */
    assert_int_equal(rd(UARTDR), 'a');
    assert_int_equal(rd(UARTRIS), RT);
    assert_true(line);
    wr(UARTICR, UINT32_MAX);
    assert_false(line);
    type("d");
    assert_true(line);
}

static void test_disabled_receiver(void **state)
{
    (void)state;
    wr(UARTCR, UARTCR_UARTEN | UARTCR_TXE);
    wr(UARTIMSC, RX | RT);
    type("abc");
    assert_int_equal(rd(UARTFR) & UARTFR_RXFE, UARTFR_RXFE);
    assert_int_equal(rd(UARTDR), 0);
    assert_int_equal(rd(UARTRIS), 0);
    assert_false(line);
    wr(UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
    assert_true(line);
    assert_int_equal(rd(UARTDR), 'a');
}

/* Switching the FIFOs off and on, as Linux does when it opens the port, loses nothing. */
static void test_fifos_off_and_on(void **state)
{
    (void)state;
    type("abc");
    wr(UARTLCR_H, 0x60);
    assert_int_equal(rd(UARTDR), 'a');
    wr(UARTLCR_H, 0x70);
    assert_int_equal(rd(UARTDR), 'b');
    assert_int_equal(rd(UARTDR), 'c');
}

/* The line is told only when it changes. */
static void test_line_changes(void **state)
{
    uint32_t before = line_changes;

    (void)state;
    wr(UARTIMSC, RX | RT);
    type("abcdef");
    assert_int_equal(line_changes, before + 1);
    while ((rd(UARTFR) & UARTFR_RXFE) == 0) {
        (void)rd(UARTDR);
    }
    assert_int_equal(line_changes, before + 2);
    type("x");
    wr(UARTIMSC, 0);
    wr(UARTIMSC, RX | RT);
    assert_int_equal(line_changes, before + 5);
    vuart_reset(&part->vuart);
    assert_int_equal(line_changes, before + 6);
    assert_int_equal(rd(UARTIMSC), 0);
}

/* A megabyte pasted to a driver that reads at most a few bytes per interrupt, and seldom. */
static void test_megabyte_of_input(void **state)
{
    uint32_t sent = 0;
    uint32_t taken = 0;
    uint32_t waits = 0;

    (void)state;
    wr(UARTIMSC, RX | RT);
    for (uint32_t round = 0; taken < MEGABYTE; round++) {
        assert_true(round < 100 * MEGABYTE);
        while (sent < MEGABYTE && sender_sends((uint8_t)((sent * 2654435761u >> 24) | 0x20))) {
            sent++;
        }
        if (uart.rx_on && uart.rx_count > 0) {
            interrupt();
        }
        waits += !uart.rx_on;
        for (uint32_t i = 0; line && i < round % 16; i++) {
            if ((rd(UARTFR) & UARTFR_RXFE) != 0) {
                break;
            }
            assert_int_equal(rd(UARTDR), (uint8_t)((taken * 2654435761u >> 24) | 0x20));
            taken++;
        }
    }
    assert_true(waits > 1000);
    assert_false(line);
}

/* ---- making it ---- */

static void test_init_reports(void **state)
{
    (void)state;
    assert_int_equal(vuart_init(part, &plan_used), E_OVERLAP);
    memset(part, 0, sizeof(*part));
    part->plan = &plan_part;
    plan_used.board.console.clock = 0;
    assert_int_equal(vuart_init(part, &plan_used), OK);
    assert_int_equal(part->vuart.ibrd, 13);
    memset(part, 0, sizeof(*part));
    part->plan = &plan_part;
    plan_used.board.console.clock = UINT64_MAX;
    assert_int_equal(vuart_init(part, &plan_used), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_as_firmware_left_it, set_up),
        cmocka_unit_test_setup(test_hostile_accesses, set_up),
        cmocka_unit_test_setup(test_fields_and_widths, set_up),
        cmocka_unit_test_setup(test_read_only, set_up),
        cmocka_unit_test_setup(test_polled_output, set_up),
        cmocka_unit_test_setup(test_prompt_is_shown_tagged, set_up),
        cmocka_unit_test_setup(test_full_fifo, set_up),
        cmocka_unit_test_setup(test_megabyte_by_interrupts, set_up),
        cmocka_unit_test_setup(test_interrupt_means_room_for_a_fifo, set_up),
        cmocka_unit_test_setup(test_zephyr_by_interrupts, set_up),
        cmocka_unit_test_setup(test_zephyr_by_polling, set_up),
        cmocka_unit_test_setup(test_disabled_transmitter, set_up),
        cmocka_unit_test_setup(test_polled_input, set_up),
        cmocka_unit_test_setup(test_receive_interrupts, set_up),
        cmocka_unit_test_setup(test_triggers, set_up),
        cmocka_unit_test_setup(test_interrupt_clear, set_up),
        cmocka_unit_test_setup(test_disabled_receiver, set_up),
        cmocka_unit_test_setup(test_fifos_off_and_on, set_up),
        cmocka_unit_test_setup(test_line_changes, set_up),
        cmocka_unit_test_setup(test_megabyte_of_input, set_up),
        cmocka_unit_test_setup(test_init_reports, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
