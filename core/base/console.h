/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one UART that serves all: Bulkhead's log and the partitions' streams.
 *
 * Data's path: a partition's emulated UART puts bytes into its stream's output ring; the pump moves
 * them, line by line and tagged (or raw for the stream in focus; see mux.h), into the UART's
 * transmit FIFO, never waiting for it. Input goes to the input ring of the stream in focus. Both
 * are done by one CPU, the console's, in console_irq(): a bounded piece of work (some thousand
 * instructions) that asks for the next by itself, after a pause. Whoever writes into an idle
 * console only kicks that CPU. No guest's CPU waits for it, nor it for a guest's: the rings need no
 * lock, and what a partition is to know is left to its own CPUs.
 *
 * The functions for a stream's owner are called by one CPU of the partition at a time.
 */
#ifndef CORE_BASE_CONSOLE_H
#define CORE_BASE_CONSOLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/addr.h"

#define CONSOLE_ESCAPE 0x1d /* Ctrl-]: QEMU has Ctrl-A, telnet is not between us and a UART */

/* What a UART driver (drivers/uart) provides; none of these waits. Called with the console lock
 * held. */
struct uart_ops {
    const char *const *compatible; /* NULL-terminated, from the device tree bindings */
    uint32_t size;                 /* bytes of its registers that are used, at shift 0 */
    bool spaced;                   /* the board says how far apart, and how wide, they are */
    /*
     * After the firmware: FIFOs on, 8n1 kept, interrupts masked. A register is `width` bytes (1 or
     * 4), and 1 << `shift` bytes from the next, where this kind of UART leaves that to the board.
     */
    void (*init)(uint64_t base, uint32_t shift, uint32_t width);
    bool (*tx_full)(uint64_t base);
    bool (*tx_idle)(uint64_t base); /* everything written has left the UART */
    void (*put)(uint64_t base, uint8_t byte);
    int (*get)(uint64_t base); /* a byte, or -1 where there is none */
    void (*irq_enable)(uint64_t base, bool rx, bool tx);
    void (*irq_clear)(uint64_t base);
};

/* Those compiled in, NULL-terminated: drivers/drivers.c. */
extern const struct uart_ops *const drivers_uart[];

/* That of the early console; NULL where the configuration has none. */
extern const struct uart_ops *const drivers_uart_early;

/* A stream's rings, output and input: bytes, and pages. */
#define CONSOLE_RINGS      (2 * CONFIG_CONSOLE_RING)
#define CONSOLE_RING_PAGES ((uint32_t)((CONSOLE_RINGS + PAGE_SIZE - 1) / PAGE_SIZE))

/*
 * A stream's owner is told, on the console CPU from console_irq(), without a lock held, that bytes
 * wait in the input ring (`input`), or that the output ring, once found full, has room again. Takes
 * no lock.
 */
struct console_client {
    void (*ready)(void *owner, bool input, bool output);
    void *owner;
    uint8_t *rings; /* CONSOLE_RINGS bytes, the console's from now on */
};

/* ---- Bulkhead's own log ---- */

/*
 * Print one piece of the log. %s %c %d %u %x %lx %lu %ld %llx %zu %p %%, width, 0 and - flags,
 * .* with %s. Before console_start() it polls the UART; after, it goes through a ring and never
 * waits (what does not fit is counted and told). Any CPU. Lines begin with "bulkhead: ".
 */
__attribute__((format(printf, 1, 2))) void console_printf(const char *format, ...);
__attribute__((format(printf, 1, 0))) void console_vprintf(const char *format, va_list args);

/* Format into a buffer like snprintf; returns the length it wanted. */
__attribute__((format(printf, 3, 4))) size_t console_format(char *buffer, size_t size,
                                                            const char *format, ...);
size_t console_vformat(char *buffer, size_t size, const char *format, va_list args);

/*
 * Use this UART, by polling, from now on; `shift` and `width` as its init() takes them. Boot CPU,
 * before and after the MMU is on.
 */
void console_use(const struct uart_ops *ops, uint64_t base, uint32_t shift, uint32_t width);

/* ---- streams: one per partition ---- */

/*
 * Name the stream `index` (0..CONFIG_MAX_PARTITIONS-1); boot CPU, before console_start(). `client`
 * NULL: it has no console, and is only listed.
 */
void console_stream_open(uint32_t index, const char *name, const struct console_client *client);

/*
 * Leave polling: rings and interrupts from now on. On the console CPU, before partitions start.
 * `kick`, on any CPU, has console_irq() called on the console CPU soon, also where that runs now.
 * `counter_hz`: of arch_counter().
 */
void console_start(void (*kick)(void), uint64_t counter_hz);

/*
 * Put one byte into the stream's ring; false where it is full (then output_ready will be called).
 * Any CPU of the partition.
 */
bool console_stream_put(uint32_t index, uint8_t byte);

/* The owner seems to have no more to put for now: an unfinished line, a prompt, may be shown. */
void console_stream_settle(uint32_t index);

/*
 * True while so many bytes (at most half a ring) can be put; where it says false, output_ready will
 * be called.
 */
bool console_stream_has_room(uint32_t index, uint32_t bytes);

/* True when everything put into the stream has reached the UART. */
bool console_stream_is_drained(uint32_t index);

/* Bytes of input that wait to be taken. */
uint32_t console_stream_input(uint32_t index);

/* Take one byte of input; -1 where there is none. Taking resumes an input that was held back. */
int console_stream_get(uint32_t index);

/*
 * The owner wants input: from now on (as from each console_stream_get()) a sender waits where the
 * input ring is full. Before, what does not fit is dropped, and again when the owner has taken
 * nothing for some seconds while one waits: the escape key is always seen.
 */
void console_stream_listen(uint32_t index);

/* The UART's interrupt, a kick, or the alarm, on the console CPU; bounded. */
void console_irq(void);

/* Say that the stream's partition has ended: its unfinished line is completed, focus moves on. */
void console_stream_close(uint32_t index);

/* Write all rings out by polling, with a bound; for the machine's end. */
void console_flush(void);

/*
 * For panic() only: print by polling at once, whoever holds the lock, rings left as they are. On
 * the console CPU: from now on whoever writes also serves the UART.
 */
__attribute__((format(printf, 1, 0))) void console_panic(const char *format, va_list args);

#endif
