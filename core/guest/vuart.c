/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the emulated PL011's registers.
 *
 * What is not as in DDI 0183: the transmit FIFO is the stream's ring, so it is deeper than 32 and
 * its interrupt comes with every byte that finds it with room left, and when it has emptied to a
 * half after having been full; the receive timeout is over at once; bytes are not lost where the
 * FIFOs are switched off; modem lines are always ready, loopback and DMA do nothing. Reserved
 * offsets read as zero and ignore writes; the bus takes 8, 16 and 32 bits, 64 bits are an external
 * abort.
 */
#include "core/guest/vuart.h"

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/pl011.h"
#include "core/guest/irq.h"
#include "core/guest/partition.h"
#include "core/memory/pool.h"

#define FIFO_DEPTH 32u       /* r1p5; drivers learn it from the revision in UARTPeriphID2 */
#define CLOCK_HZ   24000000u /* where the board's tree does not tell */
#define BAUD       115200u
#define QUIET_POLLS                                                                                \
    2 /* reads of the flags without a byte written between: it waits, and not for room */

#define CR_BITS   (MASK(15, 7) | MASK(2, 0))
#define LCR_BITS  MASK(7, 0)
#define IFLS_BITS MASK(5, 0)
#define FBRD_BITS MASK(5, 0)

/* ---- state; the lock is held ---- */

static bool transmits(const struct vuart *u)
{
    return (u->cr & UARTCR_UARTEN) != 0 && (u->cr & UARTCR_TXE) != 0;
}

static uint32_t received(const struct vuart *u)
{
    bool on = (u->cr & UARTCR_UARTEN) != 0 && (u->cr & UARTCR_RXE) != 0;

    return on ? console_stream_input(u->stream) : 0;
}

static uint32_t rx_depth(const struct vuart *u)
{
    return (u->lcr_h & UARTLCR_H_FEN) != 0 ? FIFO_DEPTH : 1;
}

/* Bytes at which the receive interrupt comes: UARTIFLS, table 3-13. */
static uint32_t rx_trigger(const struct vuart *u)
{
    static const uint8_t eighths[8] = {1, 2, 4, 6, 7, 7, 7, 7};

    return (rx_depth(u) * eighths[field_get(UARTIFLS_RX, u->ifls)] + 7) / 8;
}

/* Tell the vGIC where the line has changed. */
static void update_line(struct vuart *u) REQUIRES(&u->lock)
{
    bool level = (u->ris & u->imsc) != 0;

    if (level != u->level) {
        u->level = level;
        vgic_set_level(u->partition, u->intid, level);
    }
}

static void raise_rx(struct vuart *u) REQUIRES(&u->lock)
{
    uint32_t count = received(u);

    u->ris |= (uint32_t)((count >= rx_trigger(u) ? UARTINT_RX : 0) | (count > 0 ? UARTINT_RT : 0));
}

/* ---- registers ---- */

static uint32_t read_data(struct vuart *u) REQUIRES(&u->lock)
{
    int byte = received(u) > 0 ? console_stream_get(u->stream) : -1;

    u->ris &= (uint32_t) ~(UARTINT_RX | UARTINT_RT);
    raise_rx(u);
    return byte < 0 ? 0 : (uint32_t)byte;
}

static void write_data(struct vuart *u, uint8_t byte) REQUIRES(&u->lock)
{
    u->polls = 0;
    if (!transmits(u)) {
        return;
    }
    /* A driver may answer the interrupt by a FIFO's bytes, without another look at the flags. */
    if (console_stream_put(u->stream, byte) && console_stream_has_room(u->stream, FIFO_DEPTH)) {
        u->ris |= (uint32_t)UARTINT_TX;
    } else {
        u->ris &= (uint32_t)~UARTINT_TX;
    }
}

static uint32_t read_flags(struct vuart *u) REQUIRES(&u->lock)
{
    uint64_t fr = UARTFR_CTS | UARTFR_DSR | UARTFR_DCD;
    uint32_t count = received(u);
    bool room = console_stream_has_room(u->stream, 1);

    if (room && ++u->polls == QUIET_POLLS) {
        console_stream_settle(u->stream);
    }
    fr |= console_stream_is_drained(u->stream) ? UARTFR_TXFE : UARTFR_BUSY;
    fr |= room ? 0 : UARTFR_TXFF;
    fr |= count == 0 ? UARTFR_RXFE : 0;
    fr |= count >= rx_depth(u) ? UARTFR_RXFF : 0;
    return (uint32_t)fr;
}

static void write_mask(struct vuart *u, uint32_t v) REQUIRES(&u->lock)
{
    u->imsc = v & (uint32_t)UARTINT_ALL;
    if ((v & UARTINT_TX) == 0) {
        console_stream_settle(u->stream); /* its driver has no more text: Linux says so each time */
    }
    if ((u->imsc & (UARTINT_RX | UARTINT_RT)) != 0) {
        console_stream_listen(u->stream);
    }
}

static uint32_t reg_read(struct vuart *u, uint64_t offset) REQUIRES(&u->lock)
{
    static const uint8_t id[8] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

    switch (offset) {
    case UARTDR:
        return read_data(u);
    case UARTFR:
        return read_flags(u);
    case UARTILPR:
        return u->ilpr;
    case UARTIBRD:
        return u->ibrd;
    case UARTFBRD:
        return u->fbrd;
    case UARTLCR_H:
        return u->lcr_h;
    case UARTCR:
        return u->cr;
    case UARTIFLS:
        return u->ifls;
    case UARTIMSC:
        return u->imsc;
    case UARTRIS:
        return u->ris;
    case UARTMIS:
        return u->ris & u->imsc;
    case UARTDMACR:
        return u->dmacr;
    default:
        return offset >= UARTPeriphID0 && offset < PAGE_SIZE ? id[(offset - UARTPeriphID0) / 4] : 0;
    }
}

static void reg_write(struct vuart *u, uint64_t offset, uint32_t v) REQUIRES(&u->lock)
{
    switch (offset) {
    case UARTDR:
        write_data(u, (uint8_t)v);
        break;
    case UARTILPR:
        u->ilpr = v & 0xff;
        break;
    case UARTIBRD:
        u->ibrd = v & 0xffff;
        break;
    case UARTFBRD:
        u->fbrd = v & (uint32_t)FBRD_BITS;
        break;
    case UARTLCR_H:
        u->lcr_h = v & (uint32_t)LCR_BITS;
        break;
    case UARTCR:
        u->cr = v & (uint32_t)CR_BITS;
        raise_rx(u);
        break;
    case UARTIFLS:
        u->ifls = v & (uint32_t)IFLS_BITS;
        break;
    case UARTIMSC:
        write_mask(u, v);
        break;
    case UARTICR:
        u->ris &= ~v;
        break;
    case UARTDMACR:
        u->dmacr = v & 7;
        break;
    default:
        break;
    }
}

static enum trap_outcome access_window(struct vcpu *vcpu, void *device, uint64_t offset,
                                       struct mmio_access *access)
{
    struct vuart *u = device;
    uint64_t reg = offset & ~UINT64_C(3);
    uint32_t lane = (uint32_t)(offset & 3) * 8;

    (void)vcpu;
    if (access->size > 4) {
        return TRAP_ABORT;
    }
    lock_take(&u->lock, LOCK_VUART);
    if (!access->write) {
        access->value = (reg_read(u, reg) >> lane) & (UINT64_MAX >> (64 - 8 * access->size));
    } else if (lane == 0) {
        reg_write(u, reg, (uint32_t)access->value);
    }
    update_line(u);
    lock_release(&u->lock);
    return TRAP_SKIP;
}

/* ---- the console's side ---- */

/* The lines and locks are the partition's own CPUs' business; each of them will do. */
static void ready(void *owner, bool input, bool output)
{
    struct vuart *u = owner;

    __atomic_fetch_or(&u->news, (input ? VUART_INPUT : 0) | (output ? VUART_OUTPUT : 0),
                      __ATOMIC_RELEASE);
    irq_kick(u->partition->vcpu[0].cpu);
}

void vuart_sync(struct vuart *u)
{
    uint32_t news;

    lock_take(&u->lock, LOCK_VUART);
    news = __atomic_exchange_n(&u->news, 0, __ATOMIC_ACQUIRE);
    if ((news & VUART_INPUT) != 0) {
        raise_rx(u);
    }
    if ((news & VUART_OUTPUT) != 0) {
        u->ris |= (uint32_t)UARTINT_TX;
    }
    update_line(u);
    lock_release(&u->lock);
}

/* ---- making it ---- */

enum status vuart_init(struct partition *partition, const struct plan *p)
{
    struct vuart *u = &partition->vuart;
    const struct plan_uart *board = &p->board.console;
    const struct console_client client = {ready, u, pool_take(CONSOLE_RING_PAGES)};
    uint64_t clock = board->clock != 0 ? board->clock : CLOCK_HZ;

    if (client.rings == NULL) {
        return E_NO_SPACE;
    }
    u->partition = partition;
    u->stream = partition->index;
    u->intid = board->irq.intid;
    u->divisor = (uint32_t)((clock * 4 + BAUD / 2) / BAUD);
    u->cr = (uint32_t)(UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
    u->lcr_h = (uint32_t)(UARTLCR_H_FEN | UARTLCR_H_WLEN);
    u->ibrd = (u->divisor >> 6) & 0xffff;
    u->fbrd = u->divisor & (uint32_t)FBRD_BITS;
    u->ifls = (uint32_t)(field_prep(UARTIFLS_TX, 2) | field_prep(UARTIFLS_RX, 2));
    console_stream_open(u->stream, partition->plan->name, &client);
    return mmio_add(&partition->mmio, board->window.base, board->window.size, access_window, u);
}
