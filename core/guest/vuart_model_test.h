/* SPDX-License-Identifier: Apache-2.0 */
/* For the vUART's tests: the emulated PL011 in its window, the real console, a UART behind it. */
#ifndef CORE_GUEST_VUART_MODEL_TEST_H
#define CORE_GUEST_VUART_MODEL_TEST_H

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

static inline void uart_init(uint64_t base, uint32_t shift, uint32_t width)
{
    (void)shift;
    (void)width;
    (void)base;
}

static inline bool uart_tx_full(uint64_t base)
{
    (void)base;
    return uart.blocked;
}

static inline bool uart_tx_idle(uint64_t base)
{
    (void)base;
    return true;
}

static inline void uart_put(uint64_t base, uint8_t byte)
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

static inline int uart_get(uint64_t base)
{
    int byte = uart.rx_count > 0 ? uart.rx[0] : -1;

    (void)base;
    if (byte >= 0) {
        memmove(uart.rx, uart.rx + 1, --uart.rx_count);
    }
    return byte;
}

static inline void uart_irq_set(uint64_t base, bool rx, bool tx)
{
    (void)base;
    uart.rx_on = rx;
    uart.tx_on = tx;
}

static inline void uart_irq_clear(uint64_t base)
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

static inline void kick_console(void)
{
    uart.console_kicked = true;
}

void irq_kick(const struct cpu *cpu)
{
    assert_ptr_equal(cpu, &vcpu_cpu);
    uart.part_kicked = true;
}

static inline bool pending(void)
{
    return uart.console_kicked || uart.part_kicked || host.alarm - 1 < host.counter + 1000000 ||
           (uart.tx_on && uart.tx_raised) || (uart.rx_on && uart.rx_count > 0);
}

/* One interrupt on the console's CPU, and the kick that it gives the partition's. */
static inline void interrupt(void)
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

static inline void settle(void)
{
    for (int i = 0; i < 100000; i++) {
        if (!pending()) {
            return;
        }
        interrupt();
    }
    fail_msg("the console does not come to rest");
}

static inline bool sender_sends(uint8_t byte)
{
    if (uart.rx_count == sizeof(uart.rx)) {
        return false;
    }
    uart.rx[uart.rx_count++] = byte;
    return true;
}

static inline void type(const char *keys)
{
    for (; *keys != '\0'; keys++) {
        assert_true(sender_sends((uint8_t)*keys));
        settle();
    }
}

/* The guest's stream is in focus. */
static inline int set_up(void **state)
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
        (struct plan_uart){.window = {BASE, 0x1000}, .irq = {INTID, false}, .clock = 24000000};
    memset(part, 0, sizeof(*part));
    part->index = 1;
    part->plan = &plan_part;
    part->vcpu = &vcpu;
    vcpu.partition = part;
    line = false;
    assert_int_equal(vuart_init(part, &plan_used), OK);
    console_use(&ops, BASE, 0, 1);
    console_start(kick_console, 1000000000);
    type("\x1d"
         "2");
    uart.length = 0;
    return 0;
}

static inline uint64_t read_sized(uint64_t offset, uint8_t size)
{
    struct mmio_access access = {.ipa = {BASE + offset}, .size = size, .value = 0x5a5a};

    assert_int_equal(mmio_handle(&vcpu, &access), TRAP_SKIP);
    while (uart.console_kicked || (!uart.blocked && host.alarm - 1 < host.counter + 1000000)) {
        interrupt();
    }
    return access.value;
}

static inline void write_sized(uint64_t offset, uint8_t size, uint64_t value)
{
    struct mmio_access access = {
        .ipa = {BASE + offset}, .size = size, .write = true, .value = value};

    assert_int_equal(mmio_handle(&vcpu, &access), TRAP_SKIP);
    while (uart.console_kicked || (!uart.blocked && host.alarm - 1 < host.counter + 1000000)) {
        interrupt();
    }
}

static inline uint32_t rd(uint64_t offset)
{
    return (uint32_t)read_sized(offset, 4);
}

static inline void wr(uint64_t offset, uint64_t value)
{
    write_sized(offset, 4, value);
}

#endif
