/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the UART: the log, the partitions' streams, the pump between them and the hardware. */
#include "core/base/console.h"

#include <arch/cpu.h>

#include "core/base/console_input.h"
#include "core/base/format.h"
#include "core/base/lock.h"
#include "core/base/mux.h"

#define BURST      32u        /* bytes moved per run of the pump: a PL011's FIFO */
#define PUMP_STEPS 1024u      /* bytes looked at per run, dropped ones too */
#define POLL_BOUND (1u << 22) /* looks at a UART that does not get a byte out: seconds */

_Static_assert(CONFIG_MAX_PARTITIONS <= 32, "a set of streams is 32 bits");

/* Class: locked (lock), but what is atomic is also read without. */
static struct {
    struct lock lock;
    const struct uart_ops *ops; /* NULL: silent */
    uint64_t base;
    bool started;
    uint32_t pumping; /* atomic: the transmit interrupt is on, and what there is to send is its */
    uint32_t lost;    /* pieces of the log that did not fit */
    uint32_t starved[CONFIG_MAX_PARTITIONS]; /* atomic: its owner found the output ring full */
    struct console_client client[CONFIG_MAX_PARTITIONS];
    struct mux mux;
} console;

/* ---- by polling ---- */

static bool poll_until(bool (*test)(uint64_t base), bool wanted)
{
    for (uint32_t i = 0; i < POLL_BOUND; i++) {
        if (test(console.base) == wanted) {
            return true;
        }
        arch_wait_hint();
    }
    return false;
}

static bool poll_put(uint8_t byte)
{
    if (!poll_until(console.ops->tx_full, false)) {
        return false;
    }
    console.ops->put(console.base, byte);
    return true;
}

static void poll_sink(struct format_sink *sink, char c)
{
    (void)sink;
    if (c == '\n') {
        (void)poll_put('\r');
    }
    (void)poll_put((uint8_t)c);
}

static void poll_print(const char *format, va_list args)
{
    struct format_sink sink = {poll_sink};

    if (console.ops != NULL) {
        format_put(&sink, format, args);
    }
}

/* ---- the pump; the lock is held ---- */

static void uart_irq_enable(void)
{
    console.ops->irq_enable(console.base, !console_input_held(), console.pumping != 0);
}

/* Send what may be sent. True where more waits and the UART will tell when it has room. */
static bool pump_run(void)
{
    uint32_t sent = 0;

    for (uint32_t i = 0; i < PUMP_STEPS; i++) {
        int c;

        /* Only a FIFO that was filled above its level interrupts when it falls below. */
        if (sent == BURST || console.ops->tx_full(console.base)) {
            return mux_has_next(&console.mux);
        }
        c = mux_next(&console.mux);
        if (c == MUX_NOTHING) {
            return false;
        }
        if (c != MUX_DROPPED) {
            console.ops->put(console.base, (uint8_t)c);
            sent++;
        }
    }
    return false;
}

static void pump(void)
{
    uint32_t before = console.pumping;
    bool more = pump_run();

    if (!more && before != 0) {
        /* An owner who still saw `pumping` has left its byte to us: look again after the change. */
        __atomic_store_n(&console.pumping, 0, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        more = pump_run();
    }
    __atomic_store_n(&console.pumping, more ? 1 : 0, __ATOMIC_RELAXED);
    if (console.pumping != before) {
        uart_irq_enable();
    }
}

/* Unless the transmit interrupt does it: see that what waits gets on its way. */
static void pump_prime(void)
{
    if (console.started && console.pumping == 0) {
        pump();
    }
}

/* Some owner's byte may be new to show: prime an idle UART. No lock is held. */
static void wake_pump(uint32_t source)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&console.pumping, __ATOMIC_RELAXED) == 0 &&
        (source == MUX_NONE || mux_pending(&console.mux, source) > 0)) {
        lock_take(&console.lock);
        pump_prime();
        lock_release(&console.lock);
    }
}

/* ---- the log ---- */

struct log_sink {
    struct format_sink sink;
    bool full;
};

static void log_sink_put(struct format_sink *sink, char c)
{
    struct log_sink *log = (struct log_sink *)sink;

    log->full = log->full || ring_room(&console.mux.source[MUX_LOG].ring) == 0;
    if (!log->full) {
        mux_put(&console.mux, MUX_LOG, (uint8_t)c);
    }
}

/* All of it into the log's ring, or nothing. */
static bool log_try(const char *format, va_list args)
{
    struct mux_source *log = &console.mux.source[MUX_LOG];
    struct log_sink sink = {{log_sink_put}, false};
    uint32_t head = log->ring.head;
    uint32_t ready = log->ready;

    format_put(&sink.sink, format, args);
    if (sink.full) {
        log->ring.head = head;
        log->ready = ready;
    }
    return !sink.full;
}

__attribute__((format(printf, 1, 2))) static bool log_try_line(const char *format, ...)
{
    va_list args;
    bool done;

    va_start(args, format);
    done = log_try(format, args);
    va_end(args);
    return done;
}

static void log_tell_lost(void)
{
    if (console.lost > 0 &&
        log_try_line("bulkhead: console: %u pieces of the log are lost here\n", console.lost)) {
        console.lost = 0;
    }
}

void console_log(const char *format, va_list args)
{
    log_tell_lost();
    if (console.lost > 0 || !log_try(format, args)) {
        console.lost++;
    }
}

void console_vprintf(const char *format, va_list args)
{
    lock_take(&console.lock);
    if (console.started) {
        console_log(format, args);
        pump_prime();
    } else {
        poll_print(format, args);
    }
    lock_release(&console.lock);
}

void console_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    console_vprintf(format, args);
    va_end(args);
}

void console_panic(const char *format, va_list args)
{
    poll_print(format, args);
}

/* ---- setting up ---- */

void console_use(const struct uart_ops *ops, uint64_t base)
{
    if (console.ops == NULL) { /* the rings are large: nothing here may leave .bss */
        console.mux.focus = MUX_NONE;
        console.mux.open = MUX_NONE;
    }
    console.ops = ops;
    console.base = base;
    ops->init(base);
}

void console_stream_open(uint32_t index, const char *name, const struct console_client *client)
{
    lock_take(&console.lock);
    console.client[index] = *client;
    console.mux.source[MUX_STREAM(index)].name = name;
    lock_release(&console.lock);
}

void console_start(void)
{
    lock_take(&console.lock);
    if (console.ops != NULL) {
        console.started = true;
        console_input_start(&console.mux);
        console.ops->irq_clear(console.base);
        uart_irq_enable();
        pump_prime();
    }
    lock_release(&console.lock);
}

/* ---- streams: their owners' side ---- */

bool console_stream_has_room(uint32_t index)
{
    const struct ring *r = &console.mux.source[MUX_STREAM(index)].ring;

    if (ring_room(r) > 0) {
        return true;
    }
    __atomic_store_n(&console.starved[index], 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return ring_room(r) > 0;
}

bool console_stream_put(uint32_t index, uint8_t byte)
{
    if (!console_stream_has_room(index)) {
        return false;
    }
    mux_put(&console.mux, MUX_STREAM(index), byte);
    wake_pump(MUX_STREAM(index));
    return true;
}

void console_stream_settle(uint32_t index)
{
    if (mux_settle(&console.mux, MUX_STREAM(index))) {
        wake_pump(MUX_NONE);
    }
}

bool console_stream_is_drained(uint32_t index)
{
    return ring_used(&console.mux.source[MUX_STREAM(index)].ring) == 0;
}

int console_stream_get(uint32_t index)
{
    int c = console_input_take(index);

    if (console_input_resumes(index)) {
        lock_take(&console.lock);
        console_input_resume();
        uart_irq_enable();
        lock_release(&console.lock);
    }
    return c;
}

/* ---- the interrupt ---- */

/* Streams whose owners were refused and now find their ring half empty. */
static uint32_t take_starved(void)
{
    uint32_t set = 0;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < CONFIG_MAX_PARTITIONS; i++) {
        if (__atomic_load_n(&console.starved[i], __ATOMIC_RELAXED) != 0 &&
            ring_room(&console.mux.source[MUX_STREAM(i)].ring) >= RING_SIZE / 2) {
            __atomic_store_n(&console.starved[i], 0, __ATOMIC_RELAXED);
            set |= 1u << i;
        }
    }
    return set;
}

static uint32_t receive(void)
{
    bool held = console_input_held();
    uint32_t set = 0;

    for (uint32_t i = 0; i < BURST && console_input_has_room(); i++) {
        int c = console.ops->get(console.base);

        if (c < 0) {
            break;
        }
        set |= console_input_byte((uint8_t)c);
    }
    if (console_input_held() != held) {
        uart_irq_enable();
    }
    return set;
}

void console_irq(void)
{
    uint32_t readable;
    uint32_t writable;

    lock_take(&console.lock);
    if (!console.started) {
        lock_release(&console.lock);
        return;
    }
    console.ops->irq_clear(console.base);
    readable = receive();
    log_tell_lost();
    pump();
    writable = take_starved();
    lock_release(&console.lock);

    for (uint32_t i = 0; i < CONFIG_MAX_PARTITIONS; i++) {
        const struct console_client *client = &console.client[i];

        if ((readable >> i & 1) != 0 && client->input_ready != NULL) {
            client->input_ready(client->owner);
        }
        if ((writable >> i & 1) != 0 && client->output_ready != NULL) {
            client->output_ready(client->owner);
        }
    }
}

/* ---- ends ---- */

void console_stream_close(uint32_t index)
{
    lock_take(&console.lock);
    console.mux.source[MUX_STREAM(index)].closed = true;
    if (console.started) {
        console_input_closed(index);
        uart_irq_enable();
        pump_prime();
    }
    lock_release(&console.lock);
}

void console_flush(void)
{
    lock_take(&console.lock);
    mux_set_hurry(&console.mux, true);
    for (uint32_t i = 0; console.ops != NULL && i < 2 * MUX_SOURCES * RING_SIZE; i++) {
        int c = mux_next(&console.mux);

        if (c == MUX_NOTHING || (c != MUX_DROPPED && !poll_put((uint8_t)c))) {
            break;
        }
    }
    if (console.ops != NULL) {
        (void)poll_until(console.ops->tx_idle, true);
    }
    lock_release(&console.lock);
}
