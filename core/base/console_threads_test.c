/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the console with its owners' CPUs at work at the same time: not a byte is lost. */
#include "core/base/console_model_test.h"

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
            interrupt();
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
            interrupt();
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
        cmocka_unit_test_setup(test_input_thread, set_up),
        cmocka_unit_test_setup(test_threads, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
