/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the input rings, which stream is in focus, and the commands behind the escape key. */
#include "core/base/console_input.h"

#include "core/base/console.h"

#define NO_STREAM UINT32_MAX

/* Class: locked (console's lock), but what is atomic is also used without, and the rings' ends. */
static struct {
    struct mux *mux;
    uint32_t target; /* atomic: the stream that gets the input, or NO_STREAM */
    uint32_t held;   /* atomic: the target's ring was full, the UART is not read */
    bool escaped;    /* the escape key was the last one */
    struct {
        struct ring ring;
        uint32_t listening; /* atomic: its owner reads */
    } stream[CONFIG_MAX_PARTITIONS];
} input;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    console_log(format, args);
    va_end(args);
}

/* ---- rings ---- */

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

static bool must_wait(uint32_t index)
{
    return index != NO_STREAM && ring_room(&input.stream[index].ring) == 0 &&
           __atomic_load_n(&input.stream[index].listening, __ATOMIC_RELAXED) != 0;
}

static bool can_resume(uint32_t index)
{
    return index == NO_STREAM || ring_used(&input.stream[index].ring) <= RING_SIZE / 2;
}

bool console_input_held(void)
{
    return input.held != 0;
}

bool console_input_resumes(uint32_t index)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(&input.held, __ATOMIC_RELAXED) != 0 &&
           index == __atomic_load_n(&input.target, __ATOMIC_RELAXED) && can_resume(index);
}

void console_input_resume(void)
{
    if (can_resume(input.target)) {
        __atomic_store_n(&input.held, 0, __ATOMIC_RELAXED);
    }
}

bool console_input_has_room(void)
{
    if (!must_wait(input.target)) {
        return true;
    }
    __atomic_store_n(&input.held, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    console_input_resume(); /* the owner may have taken all of it before it could see `held` */
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

    return s->name != NULL && !s->closed;
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
        say("bulkhead: console: %lu bytes of the others were not shown\n",
            (unsigned long)input.mux->hidden);
        input.mux->hidden = 0;
    }
}

/* Input goes to `index`; its output is raw, or tagged like the others'. */
static void focus_on(uint32_t index, bool raw)
{
    set_only(false);
    __atomic_store_n(&input.target, index, __ATOMIC_RELAXED);
    __atomic_store_n(&input.mux->focus, raw ? MUX_STREAM(index) : MUX_NONE, __ATOMIC_RELAXED);
    console_input_resume();
    if (raw) {
        say("bulkhead: console: %s (Ctrl-] ? for help)\n", name_of(index));
    } else if (index != NO_STREAM) {
        say("bulkhead: console: all, input to %s (Ctrl-] ? for help)\n", name_of(index));
    }
}

void console_input_start(struct mux *mux)
{
    input.mux = mux;
    input.target = NO_STREAM;
    if (next_open(CONFIG_MAX_PARTITIONS - 1) != NO_STREAM) {
        focus_on(next_open(CONFIG_MAX_PARTITIONS - 1), false);
    }
}

void console_input_closed(uint32_t index)
{
    if (index == input.target) {
        focus_on(next_open(index), false);
    }
}

/* ---- the escape key's commands ---- */

static void help(void)
{
    say("bulkhead: console: Ctrl-] then\n"
        "bulkhead:   1..9  input to that partition, its output raw; others' lines come tagged\n"
        "bulkhead:   n     the same for the next partition\n"
        "bulkhead:   o     others' output is dropped, for full-screen programs; again: shown\n"
        "bulkhead:   0     all tagged; input stays with the last one chosen\n"
        "bulkhead:   l     list the partitions\n"
        "bulkhead:   q     how to quit\n"
        "bulkhead:   Ctrl-] sends Ctrl-] itself\n");
}

static void list(void)
{
    for (uint32_t i = 0; i < CONFIG_MAX_PARTITIONS; i++) {
        const struct mux_source *s = &input.mux->source[MUX_STREAM(i)];

        if (s->name != NULL) {
            say("bulkhead: console: %u %s: %s%s, %u bytes to show, %u to read\n", i + 1, s->name,
                s->closed ? "off" : "on",
                MUX_STREAM(i) == input.mux->focus ? ", raw, has the input"
                : i == input.target               ? ", has the input"
                                                  : "",
                ring_used(&s->ring), ring_used(&input.stream[i].ring));
        }
    }
}

static void focus_on_number(uint32_t index)
{
    if (index < CONFIG_MAX_PARTITIONS && is_open(index)) {
        focus_on(index, true);
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
    mux_set_hurry(input.mux, true);
    if (key >= '1' && key <= '9') {
        focus_on_number((uint32_t)key - '1');
    } else if (key == '0') {
        focus_on(input.target, false);
    } else if (key == 'n' && next_open(input.target) != NO_STREAM) {
        focus_on(next_open(input.target), true);
    } else if (key == 'o') {
        only();
    } else if (key == 'l') {
        list();
    } else if (key == 'q') {
        say("bulkhead: console: quit QEMU with Ctrl-A x; a board ends when all partitions are "
            "off\n");
    } else {
        help();
    }
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
