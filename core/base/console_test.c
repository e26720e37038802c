/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the console on two models of a UART: one with a FIFO that drains in its own time and
 * interrupts only when it falls through its level, as a board's; and one that is never full and
 * interrupts on each byte, as QEMU's. Not a byte may be lost on either.
 */
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

/* ---- the UART ---- */

static struct {
    pthread_mutex_t mutex;
    bool is_qemu, dead;
    bool
        late_line; /* a stream's owner, who still saw the pump at work, puts a line and leaves it */
    uint8_t tx[FIFO];
    uint32_t tx_at, tx_count;
    bool tx_raised, rx_on, tx_on;
    uint8_t rx[FIFO];
    uint32_t rx_at, rx_count;
    char *line; /* what has come out */
    size_t length, room;
    uint64_t put_count;
} uart = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void capture(uint8_t byte)
{
    if (uart.length + 1 >= uart.room) {
        uart.room = uart.room * 2 + 4096;
        uart.line = realloc(uart.line, uart.room);
        assert_non_null(uart.line);
    }
    uart.line[uart.length++] = (char)byte;
    uart.line[uart.length] = '\0';
}

static void uart_init(uint64_t base)
{
    assert_int_equal(base, 0x9000000);
}

static bool uart_tx_full(uint64_t base)
{
    bool full;

    (void)base;
    if (uart.late_line && console.pumping == 0) {
        uart.late_line = false;
        for (const char *c = "late\n"; *c != '\0'; c++) {
            mux_put(&console.mux, MUX_STREAM(0), (uint8_t)*c);
        }
    }
    pthread_mutex_lock(&uart.mutex);
    full = uart.dead || uart.tx_count == FIFO;
    pthread_mutex_unlock(&uart.mutex);
    return full;
}

static bool uart_tx_idle(uint64_t base)
{
    (void)base;
    return !uart.dead && uart.tx_count == 0;
}

static void uart_put(uint64_t base, uint8_t byte)
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

static int uart_get(uint64_t base)
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

static void uart_irq_set(uint64_t base, bool rx, bool tx)
{
    (void)base;
    pthread_mutex_lock(&uart.mutex);
    uart.rx_on = rx;
    uart.tx_on = tx;
    pthread_mutex_unlock(&uart.mutex);
}

static void uart_irq_clear(uint64_t base)
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
static void uart_step(void)
{
    pthread_mutex_lock(&uart.mutex);
    if (uart.tx_count > 0) {
        capture(uart.tx[uart.tx_at]);
        uart.tx_at = (uart.tx_at + 1) % FIFO;
        uart.tx_raised |= uart.tx_count-- == LEVEL + 1;
    }
    pthread_mutex_unlock(&uart.mutex);
}

static bool uart_interrupts(void)
{
    bool level;

    pthread_mutex_lock(&uart.mutex);
    level = (uart.tx_on && uart.tx_raised) || (uart.rx_on && uart.rx_count > 0);
    pthread_mutex_unlock(&uart.mutex);
    return level;
}

/* A byte arrives; false where the FIFO is full: the sender waits. */
static bool uart_receives(uint8_t byte)
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
static void settle(void)
{
    for (uint32_t i = 0; i < 1000000; i++) {
        uart_step();
        if (uart_interrupts()) {
            console_irq();
        } else if (uart.tx_count == 0) {
            return;
        }
    }
    fail_msg("the console does not come to rest");
}

/* What has come out since the last call. */
static const char *shown(void)
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

static void type(const char *keys)
{
    for (; *keys != '\0'; keys++) {
        while (!uart_receives((uint8_t)*keys)) {
            assert_true(uart_interrupts());
            console_irq();
        }
    }
    settle();
}

/* ---- owners of streams ---- */

static struct owner {
    uint32_t index;
    uint32_t input_calls, output_calls;
} owners[CONFIG_MAX_PARTITIONS];

/* Callbacks may print, and use their stream: no lock is held. */
static void input_ready(void *owner)
{
    struct owner *o = owner;

    __atomic_fetch_add(&o->input_calls, 1, __ATOMIC_RELAXED);
    lock_take(&console.lock); /* hangs where a lock is held */
    lock_release(&console.lock);
}

static void output_ready(void *owner)
{
    struct owner *o = owner;

    __atomic_fetch_add(&o->output_calls, 1, __ATOMIC_RELAXED);
    assert_true(console_stream_has_room(o->index));
}

static const char *const names[] = {"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"};

static void start(uint32_t streams, bool is_qemu)
{
    uart.is_qemu = is_qemu;
    console_use(&ops, 0x9000000);
    for (uint32_t i = 0; i < streams; i++) {
        const struct console_client client = {input_ready, output_ready, &owners[i]};

        owners[i] = (struct owner){.index = i};
        console_stream_open(i, names[i], &client);
    }
    console_start();
    if (streams > 0) {
        SHOWS("bulkhead: console: all, input to p0 (Ctrl-] ? for help)\r\n");
    }
}

static int set_up(void **state)
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

static void put(uint32_t index, const char *text)
{
    for (; *text != '\0'; text++) {
        assert_true(console_stream_put(index, (uint8_t)*text));
    }
}

static void takes(uint32_t index, const char *text)
{
    for (; *text != '\0'; text++) {
        assert_int_equal(console_stream_get(index), (uint8_t)*text);
    }
    assert_int_equal(console_stream_get(index), -1);
}

/* ---- the log ---- */

static void test_silent_without_uart(void **state)
{
    (void)state;
    console_printf("nobody hears\n");
    console_start();
    console_irq();
    console_flush();
    assert_int_equal(uart.length, 0);
}

static void test_polls_before_start(void **state)
{
    (void)state;
    uart.is_qemu = true;
    console_use(&ops, 0x9000000);
    console_printf("bulkhead: %s %d\n", "boot", 1);
    assert_string_equal(uart.line, "bulkhead: boot 1\r\n");
    assert_false(uart.tx_on || uart.rx_on);
}

static void test_dead_uart_ends(void **state)
{
    (void)state;
    start(1, false);
    put(0, "never seen\n");
    uart.dead = true;
    console_flush();
    console_printf("bulkhead: x\n");
    SHOWS("[p0] never seen\r\n");
}

static void test_log_after_start(void **state)
{
    (void)state;
    start(0, false);
    console_printf("bulkhead: one\n");
    console_printf("bulkhead: ");
    console_printf("two %lu\n", 2ul);
    SHOWS("bulkhead: one\r\nbulkhead: two 2\r\n");
    assert_int_equal(console.pumping, 0);
    assert_false(uart.tx_on);
}

static void test_lost_log_is_told(void **state)
{
    char *text;
    uint32_t lines = 0;
    uint32_t lost = 0;

    (void)state;
    start(0, false);
    for (uint32_t i = 0; i < 1000; i++) {
        console_printf("bulkhead: line %u\n", i);
    }
    text = strdup(shown());
    for (char *line = strtok(text, "\r\n"); line != NULL; line = strtok(NULL, "\r\n")) {
        unsigned n;

        if (sscanf(line, "bulkhead: console: %u pieces", &n) == 1) {
            lost += n;
        } else {
            assert_int_equal(sscanf(line, "bulkhead: line %u", &n), 1);
            assert_int_equal(n, lines + lost);
            lines++;
        }
    }
    free(text);
    assert_true(lost > 0);
    assert_int_equal(lines + lost, 1000);
}

static void panic_at(void *where)
{
    panic("at %s", where == NULL ? "nowhere" : "home");
}

static void test_panic_ignores_the_lock(void **state)
{
    (void)state;
    start(1, true);
    put(0, "unfinished");
    lock_take(&console.lock);
    assert_int_equal(host_catch(panic_at, &state), HOST_ASLEEP);
    lock_release(&console.lock);
    assert_non_null(strstr(uart.line, "\r\nbulkhead: panic: CPU 0x0: at home\r\n"));
}

/* ---- output ---- */

static void test_output_is_tagged(void **state)
{
    (void)state;
    start(2, false);
    put(0, "one\r\n");
    put(1, "two\n");
    SHOWS("[p0] one\r\n[p1] two\r\n");
    put(0, "login: ");
    SHOWS("");
    assert_false(console_stream_is_drained(0));
    console_stream_settle(0);
    SHOWS("[p0] login: ");
    assert_true(console_stream_is_drained(0));
    put(1, "three\n");
    SHOWS("\r\n[p1] three\r\n");
}

/* A line that waited for the end of the one in focus comes when that goes quiet. */
static void test_settling_lets_others_go_on(void **state)
{
    (void)state;
    start(2, false);
    type("\x1d"
         "1");
    (void)shown();
    put(0, "ab");
    put(1, "x\n");
    SHOWS("ab");
    console_stream_settle(0);
    SHOWS("\r\n[p1] x\r\n");
}

/* Priming from an owner's CPU moves a bounded number of bytes; the interrupt does the rest. */
static void test_priming_is_bounded(void **state)
{
    uint64_t before;

    (void)state;
    start(1, true);
    for (int i = 0; i < 200; i++) {
        put(0, "x");
    }
    before = uart.put_count;
    put(0, "\n");
    assert_true(uart.put_count - before <= 32);
    assert_true(uart.tx_on);
    before = uart.put_count;
    put(0, "more\n");
    assert_int_equal(uart.put_count, before);
    console_irq();
    assert_true(uart.put_count - before <= 64);
}

/* Bytes that their owner left to a pump which is just coming to rest are not left lying. */
static void test_pump_looks_again(void **state)
{
    (void)state;
    start(1, true);
    put(0, "a line that is longer than one burst of the pump\n");
    assert_int_equal(console.pumping, 1);
    uart.late_line = true;
    SHOWS("[p0] a line that is longer than one burst of the pump\r\n[p0] late\r\n");
    assert_int_equal(console.pumping, 0);
}

/* A megabyte through a stream by an owner that waits for output_ready, byte by byte the same. */
static void check_megabyte(bool is_qemu, bool raw)
{
    uint32_t out = 0;

    set_up(NULL);
    start(3, is_qemu);
    if (raw) {
        type("\x1d"
             "2");
        SHOWS("bulkhead: console: p1 (Ctrl-] ? for help)\r\n");
    }
    uart.length = 0;
    for (uint32_t i = 0; i < MEGABYTE; i++) {
        uint8_t byte =
            raw ? (uint8_t)(i * 2654435761u >> 24) : (uint8_t)(i % 64 == 63 ? '\n' : ' ' + i % 64);

        while (!console_stream_put(1, byte)) {
            uint32_t calls = owners[1].output_calls;

            for (uint32_t n = 0; owners[1].output_calls == calls; n++) {
                assert_true(n < 10000);
                uart_step();
                if (uart_interrupts()) {
                    console_irq();
                }
            }
        }
    }
    console_stream_settle(1);
    settle();
    assert_true(console_stream_is_drained(1));
    for (uint32_t i = 0; i < MEGABYTE; i++) {
        if (raw) {
            assert_int_equal((uint8_t)uart.line[out++], (uint8_t)(i * 2654435761u >> 24));
            continue;
        }
        if (i % 64 == 0) {
            assert_memory_equal(&uart.line[out], "[p1] ", 5);
            out += 5;
        }
        out += uart.line[out] == '\r';
        assert_int_equal(uart.line[out++], i % 64 == 63 ? '\n' : ' ' + i % 64);
    }
    assert_int_equal(out, uart.length);
}

static void test_megabyte_out(void **state)
{
    (void)state;
    check_megabyte(false, false);
    check_megabyte(false, true);
    check_megabyte(true, false);
    check_megabyte(true, true);
}

/* All streams flood: each gets its share, and the log too. */
static void test_flood_is_fair(void **state)
{
    uint32_t lines[8] = {0};
    char *text;

    (void)state;
    start(8, false);
    uart.length = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        for (uint32_t s = 0; s < 8; s++) {
            for (uint32_t n = 0; n < 4; n++) {
                (void)console_stream_put(s, s == 0 || i % 16 != 15 ? 'x' : '\n');
            }
        }
        if (i == 50000) {
            console_printf("bulkhead: heard\n");
        }
        uart_step();
        if (uart_interrupts()) {
            console_irq();
        }
    }
    text = uart.line;
    assert_non_null(strstr(text, "\r\nbulkhead: heard\r\n"));
    for (char *at = text; (at = strchr(at, '[')) != NULL; at++) {
        lines[at[2] - '0']++;
    }
    for (uint32_t s = 0; s < 8; s++) {
        assert_true(lines[s] > 20);
    }
}

static void test_close_ends_the_line(void **state)
{
    (void)state;
    start(2, false);
    type("\x1d"
         "1");
    SHOWS("bulkhead: console: p0 (Ctrl-] ? for help)\r\n");
    put(0, "last words");
    console_stream_close(0);
    console_printf("bulkhead: p0: is off\n");
    SHOWS("last words\r\nbulkhead: console: all, input to p1 (Ctrl-] ? for help)\r\n"
          "bulkhead: p0: is off\r\n");
    type("x");
    takes(1, "x");
    console_stream_close(1);
    type("y");
    SHOWS("");
}

static void test_flush_writes_all(void **state)
{
    (void)state;
    start(2, true);
    for (uint32_t i = 0; i < 150; i++) {
        put(0, "123456789\n");
        put(1, "no end");
    }
    console_printf("bulkhead: the end\n");
    console_flush();
    assert_true(console_stream_is_drained(0) && console_stream_is_drained(1));
    assert_non_null(strstr(uart.line, "bulkhead: the end\r\n"));
}

/* ---- input ---- */

static void test_input_goes_to_focus(void **state)
{
    (void)state;
    start(3, false);
    type("abc");
    takes(0, "abc");
    assert_int_equal(owners[0].input_calls > 0, true);
    type("\x1d"
         "3xyz\x1d"
         "1k");
    takes(2, "xyz");
    takes(0, "k");
    takes(1, "");
    SHOWS("bulkhead: console: p2 (Ctrl-] ? for help)\r\n"
          "bulkhead: console: p0 (Ctrl-] ? for help)\r\n");
    type("\x1dn\x1dn\x1dn\x1dnq");
    takes(1, "q");
    (void)shown();
    type("\x1d"
         "0m");
    SHOWS("bulkhead: console: all, input to p1 (Ctrl-] ? for help)\r\n");
    takes(1, "m");
}

static void test_escape_commands(void **state)
{
    (void)state;
    start(2, false);
    type("\x1d");
    SHOWS("");
    type("\x1d");
    takes(0, "\x1d");
    SHOWS("");
    type("\x1d"
         "7");
    SHOWS("bulkhead: console: there is no partition 7 that runs (Ctrl-] l lists them)\r\n");
    type("\x1d"
         "9");
    SHOWS("bulkhead: console: there is no partition 9 that runs (Ctrl-] l lists them)\r\n");
    put(1, "wait");
    type("\x1dl");
    SHOWS("[p1] wait\r\n"
          "bulkhead: console: 1 p0: on, has the input, 0 bytes to show, 0 to read\r\n"
          "bulkhead: console: 2 p1: on, 4 bytes to show, 0 to read\r\n");
    type("\x1dq");
    assert_non_null(strstr(shown(), "Ctrl-A x"));
    for (int key = 0; key < 256; key++) {
        if (strchr("123456789nloq0\x1d", key) == NULL || key == 0) {
            const char *help;

            assert_true(uart_receives(0x1d) && uart_receives((uint8_t)key));
            help = shown();
            assert_non_null(strstr(help, "bulkhead: console: Ctrl-] then\r\n"));
            assert_non_null(strstr(help, "sends Ctrl-] itself\r\n"));
        }
    }
    takes(0, "");
    takes(1, "");
}

static void test_only_hides_others(void **state)
{
    (void)state;
    start(2, false);
    type("\x1do");
    SHOWS("bulkhead: console: choose a partition first\r\n");
    type("\x1d"
         "1\x1do");
    (void)shown();
    for (uint32_t i = 0; i < 1000; i++) {
        put(1, "hidden\n");
    }
    put(0, "seen\n");
    SHOWS("seen\n");
    type("\x1do");
    SHOWS("bulkhead: console: 7000 bytes of the others were not shown\r\n"
          "bulkhead: console: p0 (Ctrl-] ? for help)\r\n");
    put(1, "shown\n");
    SHOWS("[p1] shown\r\n");
}

/* A partition that never reads does not keep the escape key from being seen. */
static void test_deaf_stream_blocks_nobody(void **state)
{
    (void)state;
    start(2, false);
    for (uint32_t i = 0; i < 3 * RING_SIZE; i++) {
        type("x");
    }
    type("\x1d"
         "2y");
    takes(1, "y");
}

/* A megabyte pasted to an owner that reads slowly: it arrives whole, the sender waits. */
static void check_paste(bool is_qemu, uint32_t slowness)
{
    uint32_t sent = 0;
    uint32_t taken = 0;
    uint32_t waits = 0;

    set_up(NULL);
    start(1, is_qemu);
    console_stream_listen(0);
    for (uint64_t i = 0; taken < MEGABYTE; i++) {
        int c;

        assert_true(i < UINT64_C(100) * MEGABYTE);
        while (sent < MEGABYTE) {
            /* No escape key in it. */
            uint8_t byte = (uint8_t)((sent * 2654435761u >> 24) | 0x20);

            if (!uart_receives(byte)) {
                waits += !uart.rx_on;
                break;
            }
            sent++;
        }
        if (uart_interrupts()) {
            console_irq();
        }
        if (i % slowness == 0 && (c = console_stream_get(0)) >= 0) {
            assert_int_equal(c, (uint8_t)((taken * 2654435761u >> 24) | 0x20));
            taken++;
        }
    }
    assert_true(slowness == 1 || waits > 1000);
    assert_int_equal(console_stream_get(0), -1);
    assert_true(uart.rx_on);
}

static void test_megabyte_in(void **state)
{
    (void)state;
    check_paste(false, 1);
    check_paste(false, 3);
    check_paste(true, 50);
}

/* The stream whose owner does not read ends: input goes on with the next. */
static void test_close_resumes_input(void **state)
{
    (void)state;
    start(2, false);
    console_stream_listen(0);
    for (uint32_t i = 0; i < RING_SIZE + 16; i++) {
        assert_true(uart_receives('x'));
        settle();
    }
    assert_false(uart.rx_on);
    assert_int_equal(uart.rx_count, 16);
    console_stream_close(0);
    assert_true(uart.rx_on);
    settle();
    takes(1, "xxxxxxxxxxxxxxxx");
}

/* ---- CPUs at the same time ---- */

#define THREADS    3
#define PER_THREAD 100000

static uint32_t threads_done;

static void *producer(void *arg)
{
    struct owner *o = arg;
    uint32_t calls;

    for (uint32_t i = 0; i < PER_THREAD; i++) {
        calls = __atomic_load_n(&o->output_calls, __ATOMIC_RELAXED);
        while (!console_stream_put(o->index, i % 16 == 15 ? '\n' : (uint8_t)('A' + i % 16))) {
            while (__atomic_load_n(&o->output_calls, __ATOMIC_RELAXED) == calls) {
                sched_yield();
            }
            calls = __atomic_load_n(&o->output_calls, __ATOMIC_RELAXED);
        }
        if (i % 1000 == 0) {
            console_stream_settle(o->index);
            console_printf("bulkhead: %u is at %u\n", o->index, i);
        }
        while (i % 5000 == 0 && !console_stream_is_drained(o->index)) {
            sched_yield(); /* the UART comes to rest now and then */
        }
    }
    __atomic_fetch_add(&threads_done, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void check_threads(bool is_qemu)
{
    pthread_t thread[THREADS];
    uint32_t count[THREADS] = {0};
    uint32_t letters = 0;

    set_up(NULL);
    start(THREADS, is_qemu);
    threads_done = 0;
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, producer, &owners[i]), 0);
    }
    while (__atomic_load_n(&threads_done, __ATOMIC_ACQUIRE) < THREADS) {
        uart_step();
        if (uart_interrupts()) {
            console_irq();
        }
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        console_stream_settle(i);
    }
    settle();
    for (char *line = strtok(uart.line, "\r\n"); line != NULL; line = strtok(NULL, "\r\n")) {
        if (line[0] == '[') {
            uint32_t *n = &count[line[2] - '0'];

            for (line += 5; *line != '\0'; line++, ++*n, letters++) {
                *n += *n % 16 == 15;
                assert_int_equal(*line, 'A' + *n % 16);
            }
        }
    }
    assert_int_equal(letters, THREADS * PER_THREAD / 16 * 15);
}

/* Reads when it is told that there is something, as a guest does on its interrupt. */
static void *consumer(void *arg)
{
    struct owner *o = arg;
    uint32_t calls = 0;

    for (uint32_t taken = 0; taken < MEGABYTE;) {
        while (__atomic_load_n(&o->input_calls, __ATOMIC_RELAXED) == calls) {
            sched_yield();
        }
        calls = __atomic_load_n(&o->input_calls, __ATOMIC_RELAXED);
        while (console_stream_input(o->index) > 0) {
            assert_int_equal(console_stream_get(o->index), 0x20 | (taken++ * 2654435761u >> 24));
        }
    }
    return NULL;
}

static void test_input_thread(void **state)
{
    pthread_t thread;

    (void)state;
    start(1, true);
    console_stream_listen(0);
    assert_int_equal(pthread_create(&thread, NULL, consumer, &owners[0]), 0);
    for (uint32_t sent = 0; sent < MEGABYTE;) {
        if (uart_receives((uint8_t)(0x20 | (sent * 2654435761u >> 24)))) {
            sent++;
        } else if (!uart_interrupts()) {
            sched_yield();
        }
        if (uart_interrupts()) {
            console_irq();
        }
    }
    settle();
    pthread_join(thread, NULL);
}

static void test_threads(void **state)
{
    (void)state;
    check_threads(false);
    check_threads(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_silent_without_uart, set_up),
        cmocka_unit_test_setup(test_polls_before_start, set_up),
        cmocka_unit_test_setup(test_dead_uart_ends, set_up),
        cmocka_unit_test_setup(test_log_after_start, set_up),
        cmocka_unit_test_setup(test_lost_log_is_told, set_up),
        cmocka_unit_test_setup(test_panic_ignores_the_lock, set_up),
        cmocka_unit_test_setup(test_output_is_tagged, set_up),
        cmocka_unit_test_setup(test_settling_lets_others_go_on, set_up),
        cmocka_unit_test_setup(test_priming_is_bounded, set_up),
        cmocka_unit_test_setup(test_pump_looks_again, set_up),
        cmocka_unit_test_setup(test_megabyte_out, set_up),
        cmocka_unit_test_setup(test_flood_is_fair, set_up),
        cmocka_unit_test_setup(test_close_ends_the_line, set_up),
        cmocka_unit_test_setup(test_flush_writes_all, set_up),
        cmocka_unit_test_setup(test_input_goes_to_focus, set_up),
        cmocka_unit_test_setup(test_escape_commands, set_up),
        cmocka_unit_test_setup(test_only_hides_others, set_up),
        cmocka_unit_test_setup(test_deaf_stream_blocks_nobody, set_up),
        cmocka_unit_test_setup(test_megabyte_in, set_up),
        cmocka_unit_test_setup(test_close_resumes_input, set_up),
        cmocka_unit_test_setup(test_input_thread, set_up),
        cmocka_unit_test_setup(test_threads, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
