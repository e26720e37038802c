/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the UART: the log, the partitions' streams, the pump between them and the hardware. */
#include "core/base/console.h"

#include <string.h>

#include <arch/cpu.h>

#include "core/base/arch.h"
#include "core/base/console_input.h"
#include "core/base/cpu.h"
#include "core/base/lock.h"
#include "core/base/mux.h"

#define BURST      8u         /* bytes looked at, dropped ones too, and received, per run */
#define PAUSE_HZ   200000u    /* 5 us between two runs are the guest's */
#define POLL_BOUND (1u << 22) /* looks at a UART that does not get a byte out: seconds */
#define PIECE_MAX  512u       /* a longer piece of the log is cut off */

_Static_assert(CONFIG_MAX_PARTITIONS <= 32, "a set of streams is 32 bits");

/* Class: written before console_start(), but for what names a lock or is atomic. */
static struct {
    const struct uart_ops *ops; /* NULL: silent */
    uint64_t base;
    void (*kick)(void);    /* calls console_irq() on the console CPU soon; NULL: not started */
    const struct cpu *cpu; /* the console CPU */
    uint64_t counter_hz;
    uint64_t pause_end;   /* the console CPU's, as arch_counter() counts */
    uint32_t orphaned;    /* atomic: it has panicked, everybody serves */
    uint32_t pumping;     /* atomic: who serves will look at the rings without being kicked */
    struct lock lock;     /* of the pump, the UART and console_input.c: who serves; order: first */
    struct lock log_lock; /* of the log's ring's producers, the UART before the start, `lost` */
    uint32_t lost;    /* pieces of the log that did not fit; atomic, to see that there are any */
    uint32_t starved; /* atomic: a bit for each stream whose owner found its output ring full */
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

static void poll_print(const char *text)
{
    for (; console.ops != NULL && *text != '\0'; text++) {
        if (*text == '\n') {
            (void)poll_put('\r');
        }
        (void)poll_put((uint8_t)*text);
    }
}

/* ---- the pump; the lock is held ---- */

static void set_pumping(bool on) REQUIRES(&console.lock)
{
    __atomic_store_n(&console.pumping, on ? 1 : 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Have console_irq() called again. */
static void kick_pump(void)
{
    if (__atomic_load_n(&console.orphaned, __ATOMIC_RELAXED) == 0) {
        console.kick();
    }
}

/* What a run of the pump leaves. */
enum left { NOTHING_LEFT, UART_FULL, MORE_LEFT };

/* Send what may be sent, within the bounds. A UART that is full interrupts when it has room. */
static enum left pump(void) REQUIRES(&console.lock)
{
    /* Look after the change: an owner who still saw `pumping` has left its byte to us. */
    set_pumping(false);
    if (!mux_has_next(&console.mux)) {
        return NOTHING_LEFT;
    }
    set_pumping(true);
    for (uint32_t i = 0; i < BURST; i++) {
        int c;

        if (console.ops->tx_full(console.base)) {
            return UART_FULL;
        }
        c = mux_next(&console.mux);
        if (c >= 0) {
            console.ops->put(console.base, (uint8_t)c);
        }
    }
    return MORE_LEFT;
}

/* There may be something new to show. No lock is held. */
static void wake_pump(void)
{
    if (console.kick == NULL) {
        return;
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&console.orphaned, __ATOMIC_RELAXED) != 0) {
        for (uint32_t i = 0; i < PIECE_MAX / BURST; i++) {
            console_irq();
        }
    } else if (__atomic_load_n(&console.pumping, __ATOMIC_RELAXED) == 0 &&
               __atomic_exchange_n(&console.pumping, 1, __ATOMIC_RELAXED) == 0) {
        console.kick();
    }
}

/* ---- the log ---- */

/* All of it into the log's ring, or nothing; the log lock is held. */
static bool log_put(const char *text) REQUIRES(&console.log_lock)
{
    size_t length = strlen(text);

    if (ring_room(&console.mux.source[MUX_LOG].ring) < length) {
        return false;
    }
    mux_put(&console.mux, MUX_LOG, text, (uint32_t)length);
    return true;
}

static void log_tell_lost(void) REQUIRES(&console.log_lock)
{
    char text[80];

    uint32_t lost = console.lost;

    if (lost > 0) {
        console_format(text, sizeof(text),
                       "bulkhead: console: %u pieces of the log are lost here\n", lost);
        __atomic_store_n(&console.lost, log_put(text) ? 0 : lost, __ATOMIC_RELAXED);
    }
}

void console_log(const char *text)
{
    lock_take(&console.log_lock, LOCK_LOG);
    log_tell_lost();
    if (console.lost > 0 || !log_put(text)) {
        __atomic_store_n(&console.lost, console.lost + 1, __ATOMIC_RELAXED);
    }
    lock_release(&console.log_lock);
}

void console_vprintf(const char *format, va_list args)
{
    char text[PIECE_MAX];

    console_vformat(text, sizeof(text), format, args);
    if (console.kick != NULL) {
        console_log(text);
        wake_pump();
    } else {
        lock_take(&console.log_lock, LOCK_LOG);
        poll_print(text);
        lock_release(&console.log_lock);
    }
}

void console_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    console_vprintf(format, args);
    va_end(args);
}

void console_panic(const char *format, va_list args) LOCK_UNCHECKED
{
    char text[PIECE_MAX];

    console_vformat(text, sizeof(text), format, args);
    poll_print(console.mux.spoiled ? MUX_RESTORE : "");
    poll_print(text);
    if (console.kick != NULL && console.cpu == cpu_self()) {
        __atomic_store_n(&console.orphaned, 1, __ATOMIC_RELAXED);
        lock_release(&console.lock); /* it may have been this CPU's */
    }
}

/* ---- setting up ---- */

void console_use(const struct uart_ops *ops, uint64_t base, uint32_t shift, uint32_t width)
{
    static uint8_t log_ring[RING_SIZE];

    if (console.ops == NULL) {
        console.mux.source[MUX_LOG].ring.data = log_ring;
        console.mux.focus = MUX_NONE;
        console.mux.open = MUX_NONE;
    }
    console.ops = ops;
    console.base = base;
    ops->init(base, shift, width);
}

void console_stream_open(uint32_t index, const char *name, const struct console_client *client)
{
    struct mux_source *s = &console.mux.source[MUX_STREAM(index)];

    if (client != NULL) {
        console.client[index] = *client;
        s->ring.data = client->rings;
        console_input_open(index, client->rings + RING_SIZE);
    }
    s->silent = client == NULL;
    s->closed = s->silent;
    s->name = name;
    console.mux.streams = index >= console.mux.streams ? index + 1 : console.mux.streams;
}

void console_start(void (*kick_fn)(void), uint64_t counter_hz)
{
    if (console.ops != NULL) {
        console_input_start(&console.mux, counter_hz);
        console.counter_hz = counter_hz;
        console.cpu = cpu_self();
        __atomic_store_n(&console.kick, kick_fn, __ATOMIC_RELEASE);
        kick_pump();
    }
}

/* ---- streams: their owners' side ---- */

bool console_stream_has_room(uint32_t index, uint32_t bytes)
{
    const struct ring *r = &console.mux.source[MUX_STREAM(index)].ring;

    if (ring_room(r) >= bytes) {
        return true;
    }
    __atomic_fetch_or(&console.starved, 1u << index, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return ring_room(r) >= bytes;
}

bool console_stream_put(uint32_t index, uint8_t byte)
{
    if (!console_stream_has_room(index, 1)) {
        return false;
    }
    mux_put(&console.mux, MUX_STREAM(index), (const char *)&byte, 1);
    if (mux_pending(&console.mux, MUX_STREAM(index)) > 0) {
        wake_pump();
    }
    return true;
}

void console_stream_settle(uint32_t index)
{
    if (mux_settle(&console.mux, MUX_STREAM(index))) {
        wake_pump();
    }
}

bool console_stream_is_drained(uint32_t index)
{
    return ring_used(&console.mux.source[MUX_STREAM(index)].ring) == 0;
}

int console_stream_get(uint32_t index)
{
    int c = console_input_take(index);

    if (console_input_resume(index)) {
        kick_pump();
    }
    return c;
}

/* ---- the interrupt ---- */

/* Streams whose owners were refused and now find their ring half empty. */
static uint32_t take_starved(void) REQUIRES(&console.lock)
{
    uint32_t set = 0;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (uint32_t left = __atomic_load_n(&console.starved, __ATOMIC_RELAXED); left != 0;
         left &= left - 1) {
        uint32_t source = MUX_STREAM((uint32_t)__builtin_ctz(left));

        if (ring_room(&console.mux.source[source].ring) >= RING_SIZE / 2) {
            set |= left & -left;
        }
    }
    if (set != 0) {
        __atomic_fetch_and(&console.starved, ~set, __ATOMIC_RELAXED);
    }
    return set;
}

/* Returns the set of streams that have got input; `busy`: a byte was received. */
static uint32_t receive(bool *busy) REQUIRES(&console.lock)
{
    uint32_t set = 0;

    for (uint32_t i = 0; i < BURST && console_input_has_room(); i++) {
        int c = console.ops->get(console.base);

        if (c < 0) {
            break;
        }
        set |= console_input_byte((uint8_t)c);
        *busy = true;
    }
    return set;
}

/* A kick that comes in a pause is no reason to end it. */
static bool is_pausing(void)
{
    return __atomic_load_n(&console.orphaned, __ATOMIC_RELAXED) == 0 &&
           arch_counter() < console.pause_end;
}

/*
 * A run that found something to do is followed by a pause, all interrupts off, and another: the
 * guest of this CPU has its share of it whatever comes in, and goes out.
 */
static void wait_for_more(bool busy, enum left left) REQUIRES(&console.lock)
{
    bool again = busy || left == MORE_LEFT;
    uint64_t due;

    console.pause_end = again ? arch_counter() + console.counter_hz / PAUSE_HZ : 0;
    due = again ? console.pause_end : console_input_due();
    console.ops->irq_enable(console.base, !again && !console_input_held(),
                            !again && left == UART_FULL);
    if (due != UINT64_MAX) {
        arch_alarm_set(due);
    } else {
        arch_alarm_clear();
    }
}

void console_irq(void)
{
    uint32_t readable;
    uint32_t writable;
    bool busy = false;

    if (console.kick == NULL || is_pausing()) {
        return;
    }
    lock_take(&console.lock, LOCK_CONSOLE);
    console.ops->irq_clear(console.base);
    readable = receive(&busy);
    busy |= console_input_more();
    if (__atomic_load_n(&console.lost, __ATOMIC_RELAXED) > 0) {
        lock_take(&console.log_lock, LOCK_LOG);
        log_tell_lost();
        lock_release(&console.log_lock);
    }
    wait_for_more(busy, pump());
    writable = take_starved();
    lock_release(&console.lock);

    for (uint32_t left = readable | writable; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        const struct console_client *client = &console.client[i];

        if (client->ready != NULL) {
            client->ready(client->owner, (readable >> i & 1) != 0, (writable >> i & 1) != 0);
        }
    }
}

/* ---- ends ---- */

void console_stream_close(uint32_t index)
{
    __atomic_store_n(&console.mux.source[MUX_STREAM(index)].closed, true, __ATOMIC_RELEASE);
    if (console.kick != NULL) {
        kick_pump();
    }
}

void console_flush(void)
{
    lock_take(&console.lock, LOCK_CONSOLE);
    for (uint32_t i = 0; console.ops != NULL && i < 2 * MUX_SOURCES * RING_SIZE; i++) {
        int c = mux_next(&console.mux);

        if (c == MUX_NOTHING || (c >= 0 && !poll_put((uint8_t)c))) {
            break;
        }
    }
    if (console.ops != NULL) {
        (void)poll_until(console.ops->tx_idle, true);
    }
    lock_release(&console.lock);
}
