/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the road, for broken invariants of ours only: nothing a guest or a file does reaches
 * it. */
#ifndef CORE_BASE_PANIC_H
#define CORE_BASE_PANIC_H

/*
 * Print "bulkhead: panic: ..." by polling, then halt this CPU. Any CPU, any lock state.
 * The format is that of console_printf().
 */
__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *format, ...);

/* Always compiled in; for invariants that only a bug of ours can break. */
#define check(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            panic("%s:%d: %s", __FILE__, __LINE__, #cond);                                         \
        }                                                                                          \
    } while (0)

#endif
