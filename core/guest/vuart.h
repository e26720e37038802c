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

/* Class: locked (lock; in the order between vgic and console: it calls vgic_set_level() without
 * holding it). */
struct vuart {
    struct lock lock;
    struct partition *partition;
    uint32_t stream; /* console stream: the partition's index */
    uint32_t intid;
    uint32_t cr, lcr_h, ibrd, fbrd, ifls, imsc, ris, dmacr, ilpr;
    uint8_t rx[32]; /* receive FIFO (16 deep on the r1p4, 32 on r1p5) */
    uint8_t rx_head, rx_count;
    bool level; /* the line as last told to the vGIC */
};

/* Build it and add its window to the partition's mmio map. Before the partition starts. */
enum status vuart_init(struct partition *partition, const struct plan *p) MUST_CHECK;

/* As out of reset. */
void vuart_reset(struct vuart *vuart);

#endif
