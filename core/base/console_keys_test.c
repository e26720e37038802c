/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the console's input, through a UART and in time: who gets it, its commands, who waits. */
#include "core/base/console_model_test.h"

static void test_input_goes_to_focus(void **state)
{
    (void)state;
    start(3, false);
    type("abc");
    takes(0, "abc");
    assert_int_equal(owners[0].input_calls > 0, true);
    type(ESCAPE "3xyz" ESCAPE "1k");
    takes(2, "xyz");
    takes(0, "k");
    takes(1, "");
    SHOWS("bulkhead: console: p2 (Ctrl-] ? for help)\r\n"
          "bulkhead: console: p0 (Ctrl-] ? for help)\r\n");
    type(ESCAPE "n" ESCAPE "n" ESCAPE "n" ESCAPE "nq");
    takes(1, "q");
    (void)shown();
    type(ESCAPE "0m");
    SHOWS("bulkhead: console: all, input to p1 (Ctrl-] ? for help)\r\n");
    takes(1, "m");
}

static void test_escape_commands(void **state)
{
    (void)state;
    start(2, false);
    type(ESCAPE);
    SHOWS("");
    type(ESCAPE);
    takes(0, ESCAPE);
    SHOWS("");
    type(ESCAPE "7");
    SHOWS("bulkhead: console: there is no partition 7 that runs (Ctrl-] l lists them)\r\n");
    type(ESCAPE "9");
    SHOWS("bulkhead: console: there is no partition 9 that runs (Ctrl-] l lists them)\r\n");
    put(1, "wait");
    type(ESCAPE "l");
    SHOWS("bulkhead: console: 1 p0: on, has the input, 0 bytes to show, 0 to read\r\n"
          "bulkhead: console: 2 p1: on, 4 bytes to show, 0 to read\r\n");
    type(ESCAPE "q");
    assert_non_null(strstr(shown(), "Ctrl-A x"));
    for (int key = 0; key < 256; key++) {
        if (strchr("123456789nloq0\x1d", key) == NULL || key == 0) {
            const char *help;

            assert_true(uart_receives(CONSOLE_ESCAPE) && uart_receives((uint8_t)key));
            help = shown();
            assert_non_null(strstr(help, "bulkhead: console: Ctrl-] then\r\n"));
            assert_non_null(strstr(help, "sends Ctrl-] itself\r\n"));
        }
    }
    takes(0, "");
    takes(1, "");
}

static void test_no_console(void **state)
{
    (void)state;
    start(1, false);
    console_stream_open(1, "p1", NULL);
    type(ESCAPE "2");
    SHOWS("bulkhead: console: partition 2 has no console\r\n");
    type(ESCAPE "n" ESCAPE "l");
    SHOWS("bulkhead: console: p0 (Ctrl-] ? for help)\r\n"
          "bulkhead: console: 1 p0: on, raw, has the input, 0 bytes to show, 0 to read\r\n"
          "bulkhead: console: 2 p1: no console, 0 bytes to show, 0 to read\r\n");
}

static void test_only_hides_others(void **state)
{
    (void)state;
    start(2, false);
    type(ESCAPE "o");
    SHOWS("bulkhead: console: choose a partition first\r\n");
    type(ESCAPE "1" ESCAPE "o");
    (void)shown();
    for (uint32_t i = 0; i < 1000; i++) {
        put(1, "hidden\n");
        settle();
    }
    put(0, "seen\n");
    SHOWS("seen\n");
    type(ESCAPE "o");
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
    type(ESCAPE "2y");
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
            interrupt();
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

/* Fill the ring and the UART's FIFO of a stream that listens, so that the sender waits. */
static void hold_input_back(void)
{
    uint32_t sent = 0;

    console_stream_listen(0);
    while (uart_receives('x')) {
        sent++;
        settle();
    }
    assert_int_equal(sent, RING_SIZE + FIFO);
    assert_false(uart.rx_on);
    assert_int_not_equal(host.alarm, 0);
}

/* The alarm's time has come. */
static void alarm_rings(void)
{
    assert_int_not_equal(host.alarm, 0);
    host.counter = host.alarm;
    interrupt();
    settle();
}

/* One that has listened and hangs locks nobody out: the escape key is seen after some seconds. */
static void test_hung_listener_is_given_up(void **state)
{
    (void)state;
    start(2, false);
    hold_input_back();
    interrupt(); /* any other: it is not yet time */
    assert_false(uart.rx_on);
    alarm_rings();
    SHOWS("bulkhead: console: p0 reads no input: dropped until it does\r\n");
    assert_int_equal(host.alarm, 0);
    for (uint32_t i = 0; i < 3 * RING_SIZE; i++) {
        type("y");
    }
    SHOWS("");
    type(ESCAPE "2z");
    takes(1, "z");
    /* It reads again, and is waited for again. */
    for (uint32_t i = 0; i < RING_SIZE; i++) {
        assert_int_equal(console_stream_get(0), 'x');
    }
    assert_int_equal(console_stream_get(0), -1);
    type(ESCAPE "1");
    (void)shown();
    hold_input_back();
}

/* A byte a while is reading: nothing is lost, however long it takes. */
static void test_slow_reader_is_waited_for(void **state)
{
    (void)state;
    start(2, false);
    hold_input_back();
    for (uint32_t i = 0; i < RING_SIZE + FIFO; i++) {
        assert_int_equal(console_stream_get(0), 'x');
        settle();
        if (i < RING_SIZE / 2 - 1) {
            alarm_rings();
            assert_false(uart.rx_on);
        }
    }
    assert_true(uart.rx_on);
    assert_int_equal(host.alarm, 0);
    assert_int_equal(console_stream_get(0), -1);
    SHOWS("");
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
    settle();
    assert_true(uart.rx_on);
    takes(1, "xxxxxxxxxxxxxxxx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_input_goes_to_focus, set_up),
        cmocka_unit_test_setup(test_escape_commands, set_up),
        cmocka_unit_test_setup(test_no_console, set_up),
        cmocka_unit_test_setup(test_only_hides_others, set_up),
        cmocka_unit_test_setup(test_deaf_stream_blocks_nobody, set_up),
        cmocka_unit_test_setup(test_megabyte_in, set_up),
        cmocka_unit_test_setup(test_hung_listener_is_given_up, set_up),
        cmocka_unit_test_setup(test_slow_reader_is_waited_for, set_up),
        cmocka_unit_test_setup(test_close_resumes_input, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
