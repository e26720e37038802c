/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An emulated PL011 (Arm DDI 0183 r1p5): registers, FIFOs and interrupt in front of a console
 * stream, at the address and interrupt of the board's own console.
 */
#ifndef CORE_GUEST_VUART_H
#define CORE_GUEST_VUART_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/lock.h"
#include "core/base/status.h"
#include "core/plan/plan.h"

struct partition;

#define VUART_INPUT  0x1u /* bytes wait in the input ring */
#define VUART_OUTPUT 0x2u /* the output ring has room again */

/*
 * Class: locked (lock; in the order before vgic: the line is told to the vGIC with it held, so that
 * two CPUs cannot tell it in the wrong order). The FIFOs are the console stream's rings.
 */
struct vuart {
    struct lock lock;
    struct partition *partition;
    uint32_t stream; /* console stream: the partition's index */
    uint32_t intid;
    uint32_t divisor; /* for 115200 baud, 64ths: what firmware would have set up */
    uint32_t cr, lcr_h, ibrd, fbrd, ifls, imsc, ris, dmacr, ilpr;
    uint32_t polls; /* reads of the flags since the last byte was written */
    bool level;     /* the line as last told to the vGIC */
    uint32_t news;  /* atomic, by the console's CPU: VUART_... that vuart_sync() has to look at */
};

/*
 * Build it as firmware hands it over (on, 115200 8n1, FIFOs on, all interrupts masked) and add its
 * window to the partition's mmio map. Before the partition starts.
 */
enum status vuart_init(struct partition *partition, const struct plan *p) MUST_CHECK;

/*
 * Take note of what the console's CPU has left, on a CPU of the partition that was kicked; takes
 * the vUART's and the vGIC's lock where there is something.
 */
void vuart_sync(struct vuart *u);

/* Is there anything to sync? On the way of every kick. */
static inline bool vuart_has_news(const struct vuart *u)
{
    return __atomic_load_n(&u->news, __ATOMIC_RELAXED) != 0;
}

#endif
