/* SPDX-License-Identifier: Apache-2.0 */
/* The console's input side: to whom a key goes, and the escape key's commands. */
#ifndef CORE_BASE_CONSOLE_INPUT_H
#define CORE_BASE_CONSOLE_INPUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/mux.h"

/* Provided by console.c: into the log; the console lock is held. */
__attribute__((format(printf, 1, 0))) void console_log(const char *format, va_list args);

/* ---- a stream's owner, without the lock ---- */

/* Take a byte; -1 where there is none. */
int console_input_take(uint32_t index);

/* True where the input is held back because of this stream, and need not be any longer. */
bool console_input_resumes(uint32_t index);

/* ---- the console lock is held ---- */

/* Input goes to the first open stream; says so. */
void console_input_start(struct mux *mux);

/* True while the UART is not to be read, so that its sender waits. */
bool console_input_held(void);

/* True where the next key can be taken; else the input is held back. */
bool console_input_has_room(void);

/* Look whether the input can go on. */
void console_input_resume(void);

/* A key: obey it or put it into a ring. Returns the set of streams that have got input. */
uint32_t console_input_byte(uint8_t byte);

/* The stream has ended: input and focus go elsewhere. */
void console_input_closed(uint32_t index);

#endif
