/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the input rings, which stream is in focus, and the commands behind the escape key. */
#include "core/base/console_input.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"

#define NO_STREAM    UINT32_MAX
#define DEAF_SECONDS 3 /* who takes no byte so long while others wait for it does not listen */

/* Class: locked (console's lock), but what is atomic is also used without, and the rings' ends. */
static struct {
    struct mux *mux;
    uint32_t target; /* atomic: the stream that gets the input, or NO_STREAM */
    uint32_t held;   /* atomic: the target's ring was full, the UART is not read */
    uint64_t counter_hz;
    uint64_t due;  /* held: when to look whether the target has read; else UINT64_MAX */
    uint32_t tail; /* anything behind this */
    bool escaped;  /* the escape key was the last one */
    char answer;   /* a command whose answer is being said, line by line; 0: none */
    uint32_t line; /* the next one */
    struct {
        struct ring ring;
        uint32_t listening; /* atomic: its owner reads */
    } stream[CONFIG_MAX_PARTITIONS];
} input;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    console_vformat(text, sizeof(text), format, args);
    va_end(args);
    console_log(text);
}

/* ---- rings ---- */

void console_input_open(uint32_t index, uint8_t *ring)
{
    input.stream[index].ring.data = ring;
}

void console_stream_listen(uint32_t index)
{
    __atomic_store_n(&input.stream[index].listening, 1, __ATOMIC_RELAXED);
}

uint32_t console_stream_input(uint32_t index)
{
    return ring_used(&input.stream[index].ring);
}

int console_input_take(uint32_t index)
{
    struct ring *r = &input.stream[index].ring;
    int byte;

    console_stream_listen(index);
    if (ring_used(r) == 0) {
        return -1;
    }
    byte = ring_peek(r);
    ring_drop(r, 1);
    return byte;
}

static bool can_resume(uint32_t index)
{
    return index == NO_STREAM || ring_used(&input.stream[index].ring) <= RING_SIZE / 2;
}

bool console_input_held(void)
{
    return __atomic_load_n(&input.held, __ATOMIC_RELAXED) != 0;
}

bool console_input_resume(uint32_t index)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return console_input_held() && index == __atomic_load_n(&input.target, __ATOMIC_RELAXED) &&
           can_resume(index) && __atomic_exchange_n(&input.held, 0, __ATOMIC_RELAXED) != 0;
}

bool console_input_has_room(void)
{
    uint32_t index = input.target;

    if (index == NO_STREAM || ring_room(&input.stream[index].ring) > 0 ||
        __atomic_load_n(&input.stream[index].listening, __ATOMIC_RELAXED) == 0) {
        return true;
    }
    __atomic_store_n(&input.held, 1, __ATOMIC_RELAXED);
    (void)console_input_resume(index); /* it may have read all before it could see `held` */
    return false;
}

static uint32_t pass(uint8_t byte)
{
    if (input.target == NO_STREAM || ring_room(&input.stream[input.target].ring) == 0) {
        return 0;
    }
    ring_put(&input.stream[input.target].ring, byte);
    return 1u << input.target;
}

/* ---- focus ---- */

static bool is_open(uint32_t index)
{
    const struct mux_source *s = &input.mux->source[MUX_STREAM(index)];

    return s->name != NULL && !__atomic_load_n(&s->closed, __ATOMIC_ACQUIRE);
}

static const char *name_of(uint32_t index)
{
    return index == NO_STREAM ? "nobody" : input.mux->source[MUX_STREAM(index)].name;
}

/* The next open stream after `index`, around; NO_STREAM where there is none. */
static uint32_t next_open(uint32_t index)
{
    for (uint32_t i = 1; i <= CONFIG_MAX_PARTITIONS; i++) {
        uint32_t candidate = (index + i) % CONFIG_MAX_PARTITIONS;

        if (is_open(candidate)) {
            return candidate;
        }
    }
    return NO_STREAM;
}

static void set_only(bool on)
{
    input.mux->only = on;
    if (!on && input.mux->hidden > 0) {
        say("bulkhead: console: %" PRIu64 " bytes of the others were not shown\n",
            (uint64_t)input.mux->hidden);
        input.mux->hidden = 0;
    }
}

/* Input goes to `index`; its output is raw, or tagged like the others'. */
static void focus_on(uint32_t index, bool raw)
{
    set_only(false);
    __atomic_store_n(&input.target, index, __ATOMIC_RELAXED);
    __atomic_store_n(&input.mux->focus, raw ? MUX_STREAM(index) : MUX_NONE, __ATOMIC_RELAXED);
    __atomic_store_n(&input.held, 0, __ATOMIC_RELAXED);
    if (raw) {
        say("bulkhead: console: %s (Ctrl-] ? for help)\n", name_of(index));
    } else if (index != NO_STREAM) {
        say("bulkhead: console: all, input to %s (Ctrl-] ? for help)\n", name_of(index));
    }
}

void console_input_start(struct mux *mux, uint64_t counter_hz)
{
    input.mux = mux;
    input.counter_hz = counter_hz;
    input.due = UINT64_MAX;
    input.target = NO_STREAM;
    if (next_open(CONFIG_MAX_PARTITIONS - 1) != NO_STREAM) {
        focus_on(next_open(CONFIG_MAX_PARTITIONS - 1), false);
    }
}

/* ---- who does not read ---- */

/* The input is held back: see that its target reads, however slowly. */
static void watch_target(void)
{
    uint32_t tail;

    if (!console_input_held()) {
        input.due = UINT64_MAX;
        return;
    }
    tail = __atomic_load_n(&input.stream[input.target].ring.tail, __ATOMIC_RELAXED);
    if (input.due == UINT64_MAX || (arch_counter() >= input.due && tail != input.tail)) {
        input.tail = tail;
        input.due = arch_counter() + DEAF_SECONDS * input.counter_hz;
    } else if (arch_counter() >= input.due) {
        input.due = UINT64_MAX;
        __atomic_store_n(&input.stream[input.target].listening, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&input.held, 0, __ATOMIC_RELAXED);
        say("bulkhead: console: %s reads no input: dropped until it does\n", name_of(input.target));
    }
}

uint64_t console_input_due(void)
{
    return input.due;
}

/* ---- the escape key's commands ---- */

static bool help(uint32_t line)
{
    static const char *const lines[] = {
        "bulkhead: console: Ctrl-] then\n",
        "bulkhead:   1..9  input to that partition, its output raw; others' lines come tagged\n",
        "bulkhead:   n     the same for the next partition\n",
        "bulkhead:   o     others' output is dropped, for full-screen programs; again: shown\n",
        "bulkhead:   0     all tagged; input stays with the last one chosen\n",
        "bulkhead:   l     list the partitions\n",
        "bulkhead:   q     how to quit\n",
        "bulkhead:   Ctrl-] sends Ctrl-] itself\n",
    };

    console_log(lines[line]);
    return line + 1 < ARRAY_SIZE(lines);
}

static bool list(uint32_t index)
{
    const struct mux_source *s = &input.mux->source[MUX_STREAM(index)];

    if (s->name != NULL) {
        say("bulkhead: console: %u %.40s: %s%s, %u bytes to show, %u to read\n", index + 1, s->name,
            s->silent   ? "no console"
            : s->closed ? "off"
                        : "on",
            MUX_STREAM(index) == input.mux->focus ? ", raw, has the input"
            : index == input.target               ? ", has the input"
                                                  : "",
            ring_used(&s->ring), ring_used(&input.stream[index].ring));
    }
    return index + 1 < CONFIG_MAX_PARTITIONS;
}

static void focus_on_number(uint32_t index)
{
    if (index < CONFIG_MAX_PARTITIONS && is_open(index)) {
        focus_on(index, true);
    } else if (index < CONFIG_MAX_PARTITIONS && input.mux->source[MUX_STREAM(index)].silent) {
        say("bulkhead: console: partition %u has no console\n", index + 1);
    } else {
        say("bulkhead: console: there is no partition %u that runs (Ctrl-] l lists them)\n",
            index + 1);
    }
}

static void only(void)
{
    if (input.mux->focus == MUX_NONE) {
        say("bulkhead: console: choose a partition first\n");
        return;
    }
    set_only(!input.mux->only);
    say("bulkhead: console: %s%s (Ctrl-] ? for help)\n", input.mux->only ? "only " : "",
        name_of(input.target));
}

static void command(uint8_t key)
{
    if (key >= '1' && key <= '9') {
        focus_on_number((uint32_t)key - '1');
    } else if (key == '0') {
        focus_on(input.target, false);
    } else if (key == 'n' && next_open(input.target) != NO_STREAM) {
        focus_on(next_open(input.target), true);
    } else if (key == 'o') {
        only();
    } else if (key == 'q') {
        say("bulkhead: console: quit QEMU with Ctrl-A x; a board ends when all partitions are "
            "off\n");
    } else {
        input.answer = key == 'l' ? 'l' : '?';
        input.line = 0;
    }
}

bool console_input_more(void)
{
    if (input.target != NO_STREAM && !is_open(input.target)) {
        focus_on(next_open(input.target), false);
    }
    watch_target();
    if (input.answer != 0 && !(input.answer == 'l' ? list : help)(input.line++)) {
        input.answer = 0;
    }
    return input.answer != 0;
}

uint32_t console_input_byte(uint8_t byte)
{
    if (input.escaped) {
        input.escaped = false;
        if (byte == CONSOLE_ESCAPE) {
            return pass(byte);
        }
        command(byte);
        return 0;
    }
    if (byte == CONSOLE_ESCAPE) {
        input.escaped = true;
        return 0;
    }
    return pass(byte);
}
