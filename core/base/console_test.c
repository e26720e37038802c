/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the console: its log, its output, and its ends. */
#include "core/base/console_model_test.h"

/* ---- the log ---- */

static void test_silent_without_uart(void **state)
{
    (void)state;
    console_printf("nobody hears\n");
    console_start(kick_console, 1000000000);
    interrupt();
    console_flush();
    assert_int_equal(uart.length, 0);
}

static void test_polls_before_start(void **state)
{
    (void)state;
    uart.is_qemu = true;
    console_use(&ops, 0x9000000, 0, 1);
    console_printf("bulkhead: %s %d\n", "boot", 1);
    assert_string_equal(uart.line, "bulkhead: boot 1\r\n");
    assert_false(uart.tx_on || uart.rx_on);
}

static void test_dead_uart_ends(void **state)
{
    (void)state;
    start(1, false);
    host.counter_step = 0;
    put(0, "s\n");
    interrupt();
    uart.dead = true;
    console_flush();
    console_printf("bulkhead: x\n");
    SHOWS("[p0] s\r\n");
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
    lock_take(&console.lock, LOCK_CONSOLE);
    assert_int_equal(host_catch(panic_at, &state), HOST_ASLEEP);
    lock_release(&console.lock);
    assert_non_null(strstr(uart.line, "\r\nbulkhead: panic: CPU 0x0: at home\r\n"));
}

/* It is seen where the one in focus has left the terminal in a string. */
static void test_panic_restores_the_terminal(void **state)
{
    (void)state;
    start(1, true);
    type(ESCAPE "1");
    put(0, "\x1b]0;no title");
    settle();
    assert_int_equal(host_catch(panic_at, &state), HOST_ASLEEP);
    assert_non_null(strstr(uart.line, "no title" MUX_RESTORE "\r\nbulkhead: panic: "));
}

/* The console CPU panics in the middle of its work: from then on whoever writes serves. */
static void test_panic_of_the_console_cpu(void **state)
{
    static struct cpu other;

    (void)state;
    start(2, true);
    lock_take(&console.lock, LOCK_CONSOLE);
    assert_int_equal(host_catch(panic_at, &state), HOST_ASLEEP);
    uart.length = 0;
    uart.kicked = false;
    host_cpu_become(&other);
    put(1, "still heard\n");
    console_printf("bulkhead: and so is this\n");
    assert_string_equal(uart.line, "[p1] still heard\r\nbulkhead: and so is this\r\n");
    assert_true(uart_receives('k'));
    put(1, "\n");
    takes(0, "k");
    assert_false(uart.kicked);
}

/* That of any other changes nothing. */
static void test_panic_of_another_cpu(void **state)
{
    static struct cpu other;

    (void)state;
    start(1, true);
    host_cpu_become(&other);
    assert_int_equal(host_catch(panic_at, &state), HOST_ASLEEP);
    uart.length = 0;
    put(0, "x\n");
    assert_int_equal(uart.length, 0);
    SHOWS("[p0] x\r\n");
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
    type(ESCAPE "1");
    (void)shown();
    put(0, "ab");
    put(1, "x\n");
    SHOWS("ab");
    console_stream_settle(0);
    SHOWS("\r\n[p1] x\r\n");
}

/* An owner's CPU sends nothing; a run on the console CPU is bounded, and asks for the next. */
static void test_runs_are_bounded(void **state)
{
    uint64_t before;

    (void)state;
    start(1, true);
    host.counter_step = 0;
    before = uart.put_count;
    for (int i = 0; i < 200; i++) {
        put(0, "x");
    }
    put(0, "\nmore\n");
    assert_int_equal(uart.put_count, before);
    assert_true(uart.kicked);
    for (int i = 0; i < 20; i++) {
        if (i > 0) {
            console_irq(); /* a kick in a pause does nothing */
            assert_int_equal(uart.put_count, before);
        }
        interrupt();
        assert_true(uart.put_count - before <= 8);
        assert_false(uart.kicked || uart.tx_on || uart.rx_on); /* a pause */
        assert_true(alarm_is_near());
        before = uart.put_count;
    }
    shows_end("\r\n[p0] more\r\n");
    assert_false(uart.kicked || alarm_is_near());
    assert_true(uart.rx_on);
}

/* What is dropped costs time too: few are looked at in a run, and nothing is left lying. */
static void test_dropped_bytes_do_not_stall(void **state)
{
    (void)state;
    for (int is_qemu = 0; is_qemu < 2; is_qemu++) {
        set_up(NULL);
        start(2, is_qemu == 1);
        console_stream_put(1, 'x'); /* keeps the pump from being kicked by each byte */
        uart.kicked = false;
        for (uint32_t i = 0; i < RING_SIZE - 8; i++) {
            assert_true(console_stream_put(0, i % 128 == 127 ? '\t' : '\r'));
        }
        put(0, "end\n");
        uart.kicked = true;
        interrupt();
        assert_true(RING_SIZE - 4 - ring_used(&console.mux.source[MUX_STREAM(0)].ring) <= 8);
        shows_end("end\r\n");
        assert_true(console_stream_is_drained(0));
    }
}

/* A megabyte through a stream by an owner that waits for output_ready, byte by byte the same. */
static void check_megabyte(bool is_qemu, bool raw)
{
    uint32_t out = 0;

    set_up(NULL);
    start(3, is_qemu);
    if (raw) {
        type(ESCAPE "2");
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
                    interrupt();
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
            interrupt();
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
    type(ESCAPE "1");
    SHOWS("bulkhead: console: p0 (Ctrl-] ? for help)\r\n");
    put(0, "last words");
    console_stream_close(0);
    console_printf("bulkhead: p0: is off\n");
    SHOWS("[p0] last words\r\nbulkhead: p0: is off\r\n"
          "bulkhead: console: all, input to p1 (Ctrl-] ? for help)\r\n");
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
    console_stream_close(0);
    console_stream_close(1);
    console_printf("bulkhead: the end\n");
    console_flush();
    assert_true(console_stream_is_drained(0) && console_stream_is_drained(1));
    assert_non_null(strstr(uart.line, "bulkhead: the end\r\n"));
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
        cmocka_unit_test_setup(test_panic_restores_the_terminal, set_up),
        cmocka_unit_test_setup(test_panic_of_the_console_cpu, set_up),
        cmocka_unit_test_setup(test_panic_of_another_cpu, set_up),
        cmocka_unit_test_setup(test_output_is_tagged, set_up),
        cmocka_unit_test_setup(test_settling_lets_others_go_on, set_up),
        cmocka_unit_test_setup(test_runs_are_bounded, set_up),
        cmocka_unit_test_setup(test_dropped_bytes_do_not_stall, set_up),
        cmocka_unit_test_setup(test_megabyte_out, set_up),
        cmocka_unit_test_setup(test_flood_is_fair, set_up),
        cmocka_unit_test_setup(test_close_ends_the_line, set_up),
        cmocka_unit_test_setup(test_flush_writes_all, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
