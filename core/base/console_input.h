/* SPDX-License-Identifier: Apache-2.0 */
/* The console's input side: to whom a key goes, and the escape key's commands. */
#ifndef CORE_BASE_CONSOLE_INPUT_H
#define CORE_BASE_CONSOLE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/mux.h"

/* Provided by console.c: a piece into the log. */
void console_log(const char *text);

/* The stream's input goes into `ring`, of RING_SIZE bytes. Before console_input_start(). */
void console_input_open(uint32_t index, uint8_t *ring);

/* ---- a stream's owner, without the lock ---- */

/* Take a byte; -1 where there is none. */
int console_input_take(uint32_t index);

/* True, once, where the input was held back because of this stream and can now go on. */
bool console_input_resume(uint32_t index);

/* ---- who serves the console: its lock is held ---- */

/* Input goes to the first open stream; says so. Before the first interrupt. */
void console_input_start(struct mux *mux, uint64_t counter_hz);

/* True while the UART is not to be read, so that its sender waits. */
bool console_input_held(void);

/* True where the next key can be taken; else the input is held back. */
bool console_input_has_room(void);

/* A key: obey it or put it into a ring. Returns the set of streams that have got input. */
uint32_t console_input_byte(uint8_t byte);

/*
 * What is to be done besides, in bounded pieces: input and focus leave a stream that has ended, one
 * that does not read is given up, a line of a command's answer is said. True where more waits.
 */
bool console_input_more(void);

/* When to call that again if nothing else is to be done, as arch_counter() counts; UINT64_MAX: no
 * need. */
uint64_t console_input_due(void);

#endif
