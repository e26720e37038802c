/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the console: it runs on two models of a UART, one with a FIFO that drains in its own
 * time and interrupts only when it falls through its level, as a board's; and one that is never
 * full and interrupts on each byte, as QEMU's. Not a byte may be lost on either.
 */
#ifndef CORE_BASE_CONSOLE_MODEL_TEST_H
#define CORE_BASE_CONSOLE_MODEL_TEST_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arch/host.h>

/* The units themselves: their state is set back between tests. */
#include "core/base/console.c"       /* NOLINT */
#include "core/base/console_input.c" /* NOLINT */
#include "core/base/panic.h"

#define FIFO     32u
#define LEVEL    16u
#define MEGABYTE (1u << 20)
#define ESCAPE   "\x1d" /* CONSOLE_ESCAPE, before a command's key */

/* ---- the UART ---- */

static struct {
    pthread_mutex_t mutex;
    bool is_qemu, dead;
    uint8_t tx[FIFO];
    uint32_t tx_at, tx_count;
    bool tx_raised, rx_on, tx_on;
    uint8_t rx[FIFO];
    uint32_t rx_at, rx_count;
    char *line; /* what has come out */
    size_t length, room;
    uint64_t put_count, get_count;
    bool kicked; /* atomic: the interrupt is made pending */
} uart = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static inline void capture(uint8_t byte)
{
    if (uart.length + 1 >= uart.room) {
        uart.room = uart.room * 2 + 4096;
        uart.line = realloc(uart.line, uart.room);
        assert_non_null(uart.line);
    }
    uart.line[uart.length++] = (char)byte;
    uart.line[uart.length] = '\0';
}

static inline void uart_init(uint64_t base, uint32_t shift, uint32_t width)
{
    (void)shift;
    (void)width;
    assert_int_equal(base, 0x9000000);
}

static inline bool uart_tx_full(uint64_t base)
{
    bool full;

    (void)base;
    pthread_mutex_lock(&uart.mutex);
    full = uart.dead || uart.tx_count == FIFO;
    pthread_mutex_unlock(&uart.mutex);
    return full;
}

static inline bool uart_tx_idle(uint64_t base)
{
    (void)base;
    return !uart.dead && uart.tx_count == 0;
}

static inline void uart_put(uint64_t base, uint8_t byte)
{
    (void)base;
    pthread_mutex_lock(&uart.mutex);
    uart.put_count++;
    if (uart.is_qemu) {
        capture(byte);
        uart.tx_raised = true;
    } else {
        assert_true(uart.tx_count < FIFO);
        uart.tx[(uart.tx_at + uart.tx_count++) % FIFO] = byte;
    }
    pthread_mutex_unlock(&uart.mutex);
}

static inline int uart_get(uint64_t base)
{
    int byte = -1;

    (void)base;
    pthread_mutex_lock(&uart.mutex);
    if (uart.rx_count > 0) {
        byte = uart.rx[uart.rx_at];
        uart.rx_at = (uart.rx_at + 1) % FIFO;
        uart.rx_count--;
    }
    pthread_mutex_unlock(&uart.mutex);
    return byte;
}

static inline void uart_irq_set(uint64_t base, bool rx, bool tx)
{
    (void)base;
    pthread_mutex_lock(&uart.mutex);
    uart.rx_on = rx;
    uart.tx_on = tx;
    pthread_mutex_unlock(&uart.mutex);
}

static inline void uart_irq_clear(uint64_t base)
{
    (void)base;
    pthread_mutex_lock(&uart.mutex);
    uart.tx_raised = false;
    pthread_mutex_unlock(&uart.mutex);
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

/* One character's time passes. */
static inline void uart_step(void)
{
    pthread_mutex_lock(&uart.mutex);
    if (uart.tx_count > 0) {
        capture(uart.tx[uart.tx_at]);
        uart.tx_at = (uart.tx_at + 1) % FIFO;
        uart.tx_raised |= uart.tx_count-- == LEVEL + 1;
    }
    pthread_mutex_unlock(&uart.mutex);
}

static inline void kick_console(void)
{
    __atomic_store_n(&uart.kicked, true, __ATOMIC_RELEASE);
}

/* The alarm that ends a pause. */
static inline bool alarm_is_near(void)
{
    return host.alarm != 0 && host.alarm - host.counter < 1000000;
}

/* The interrupt is taken. */
static inline void interrupt(void)
{
    __atomic_store_n(&uart.kicked, false, __ATOMIC_RELEASE);
    host.counter = alarm_is_near() ? host.alarm : host.counter;
    console_irq();
}

static inline bool uart_interrupts(void)
{
    bool level;

    pthread_mutex_lock(&uart.mutex);
    level = __atomic_load_n(&uart.kicked, __ATOMIC_ACQUIRE) || alarm_is_near() ||
            (uart.tx_on && uart.tx_raised) || (uart.rx_on && uart.rx_count > 0);
    pthread_mutex_unlock(&uart.mutex);
    return level;
}

/* A byte arrives; false where the FIFO is full: the sender waits. */
static inline bool uart_receives(uint8_t byte)
{
    bool room;

    pthread_mutex_lock(&uart.mutex);
    room = uart.rx_count < FIFO;
    if (room) {
        uart.rx[(uart.rx_at + uart.rx_count++) % FIFO] = byte;
    }
    pthread_mutex_unlock(&uart.mutex);
    return room;
}

/* Let the hardware go on until nothing happens any more. */
static inline void settle(void)
{
    for (uint32_t i = 0; i < 1000000; i++) {
        uart_step();
        if (uart_interrupts()) {
            interrupt();
        } else if (uart.tx_count == 0) {
            return;
        }
    }
    fail_msg("the console does not come to rest");
}

/* What has come out since the last call. */
static inline const char *shown(void)
{
    static char *copy;

    settle();
    free(copy);
    copy = strdup(uart.line == NULL ? "" : uart.line);
    uart.length = 0;
    if (uart.line != NULL) {
        uart.line[0] = '\0';
    }
    return copy;
}

#define SHOWS(text) assert_string_equal(shown(), text)

static inline void shows_end(const char *end)
{
    const char *all = shown();

    assert_true(strlen(all) >= strlen(end));
    assert_string_equal(all + strlen(all) - strlen(end), end);
}

static inline void type(const char *keys)
{
    for (; *keys != '\0'; keys++) {
        while (!uart_receives((uint8_t)*keys)) {
            assert_true(uart_interrupts());
            interrupt();
        }
    }
    settle();
}

/* ---- owners of streams ---- */

static struct owner {
    uint32_t index;
    uint32_t input_calls, output_calls;
} owners[CONFIG_MAX_PARTITIONS];

static inline void ready(void *owner, bool input_waits, bool output_has_room)
{
    struct owner *o = owner;

    if (input_waits) {
        __atomic_fetch_add(&o->input_calls, 1, __ATOMIC_RELAXED);
    }
    if (output_has_room) {
        __atomic_fetch_add(&o->output_calls, 1, __ATOMIC_RELAXED);
        assert_true(console_stream_has_room(o->index, 1));
    }
    lock_take(&console.lock, LOCK_CONSOLE); /* hangs where it is held */
    lock_release(&console.lock);
}

static const char *const names[] = {"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"};

static inline void start(uint32_t streams, bool is_qemu)
{
    static uint8_t rings[ARRAY_SIZE(names)][CONSOLE_RINGS];

    uart.is_qemu = is_qemu;
    console_use(&ops, 0x9000000, 0, 1);
    for (uint32_t i = 0; i < streams; i++) {
        const struct console_client client = {ready, &owners[i], rings[i]};

        owners[i] = (struct owner){.index = i};
        console_stream_open(i, names[i], &client);
    }
    console_start(kick_console, 1000000000);
    if (streams > 0) {
        SHOWS("bulkhead: console: all, input to p0 (Ctrl-] ? for help)\r\n");
    }
}

static inline int set_up(void **state)
{
    (void)state;
    host_reset();
    memset(&console, 0, sizeof(console));
    console.mux.focus = MUX_NONE;
    console.mux.open = MUX_NONE;
    memset(&input, 0, sizeof(input));
    input.target = NO_STREAM;
    free(uart.line);
    memset(&uart, 0, sizeof(uart));
    pthread_mutex_init(&uart.mutex, NULL);
    return 0;
}

static inline void put(uint32_t index, const char *text)
{
    for (; *text != '\0'; text++) {
        assert_true(console_stream_put(index, (uint8_t)*text));
    }
}

static inline void takes(uint32_t index, const char *text)
{
    for (; *text != '\0'; text++) {
        assert_int_equal(console_stream_get(index), (uint8_t)*text);
    }
    assert_int_equal(console_stream_get(index), -1);
}

#endif
