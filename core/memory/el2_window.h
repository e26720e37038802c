/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RAM that is above EL2's own addresses (Armv7-A: above 4 GiB), seen a piece at a time at addresses
 * where there is no RAM and nothing is mapped.
 */
#ifndef CORE_MEMORY_EL2_WINDOW_H
#define CORE_MEMORY_EL2_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"

/* The most that is seen at once: a piece may begin anywhere in a block of 2 MiB. */
#define EL2_WINDOW_SIZE (UINT64_C(128) << 20)
#define EL2_WINDOW_MOST (EL2_WINDOW_SIZE - BLOCK_2M)

/* Tables that one window takes from the pool in its whole life. */
#define EL2_WINDOW_PAGES (EL2_WINDOW_SIZE / BLOCK_2M + 1)

struct el2_window {
    struct range at;    /* EL2's addresses; size 0: there is none */
    struct range shown; /* those of them that are mapped now */
};

/* True where EL2 maps that memory at its own address. */
bool el2_reaches(struct range what);

/*
 * Choose the window's addresses, from `from` on, away from the `banks` of RAM and from what EL2 has
 * mapped. False where there are none. The boot CPU, once all devices' registers are mapped.
 */
bool el2_window_find(struct el2_window *w, uint64_t from, const struct range *ram, uint32_t banks);

/*
 * Where [base, base + size) of `what` is seen now, read-write; what was seen before is cleaned to
 * PoC and is not any more. NULL where there is no window, or it is too small. The window's CPU.
 */
void *el2_window_show(struct el2_window *w, struct range what);

void el2_window_hide(struct el2_window *w);

#endif
