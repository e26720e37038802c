/* SPDX-License-Identifier: Apache-2.0 */
/* Drives 16550 UARTs (PC16550D; DesignWare's and the BCM2835's mini UART) behind the console. */
#include "drivers/uart/ns16550.h"

#include <stddef.h>

#include <arch/cpu.h>

#include "core/base/bits.h"

/* Registers, by number. */
#define RBR 0  /* RO received byte; written (THR), a byte to transmit */
#define IER 1  /* RW interrupt enable */
#define IIR 2  /* RO interrupt identification; written (FCR), FIFO control */
#define LCR 3  /* RW line control */
#define MCR 4  /* RW modem control */
#define LSR 5  /* RO line status */
#define USR 31 /* RO DesignWare's status */

#define IER_RX           BIT(0)
#define IER_THRE         BIT(1)
#define IIR_ID           MASK(3, 0)
#define IIR_ID_BUSY      0x7 /* DesignWare: LCR was written while busy; reading USR ends it */
#define IIR_ID_TIMEOUT   0xc
#define IIR_FIFOS        MASK(7, 6) /* 3: they work */
#define FCR_ENABLE_RX8   0x81       /* FIFOs on; an interrupt at 8 bytes received, or a timeout */
#define LCR_WLS          MASK(1, 0) /* 0: 5 bits, out of reset */
#define LCR_8N1          0x03
#define LCR_BREAK        BIT(6)
#define LCR_DLAB         BIT(7)
#define MCR_DTR_RTS_OUT2 0x0b /* OUT2 lets interrupts out on some boards */
#define LSR_DR           BIT(0)
#define LSR_BI           BIT(4)
#define LSR_THRE         BIT(5) /* the transmit FIFO is empty; a mini UART's: has room */
#define LSR_TEMT         BIT(6)

#define FIFO_DEPTH 16u

static const char *const compatible[] = {"ns16550a", "ns16550", "snps,dw-apb-uart",
                                         "nvidia,tegra20-uart", NULL};
static const char *const mini_compatible[] = {"brcm,bcm2835-aux-uart", NULL};

/* Class: of the console's lock, or before it is needed. */
static struct {
    uint32_t shift, width, depth;
    uint32_t room;       /* bytes that the transmit FIFO surely takes */
    uint32_t seen_break; /* LSR_BI of the next byte, which a read takes back */
} state;

static uint32_t reg_read(uint64_t base, uint32_t reg)
{
    uint64_t at = base + ((uint64_t)reg << state.shift);

    return state.width == 1 ? arch_read8(at) : arch_read32(at);
}

static void reg_write(uint64_t base, uint32_t reg, uint64_t v)
{
    uint64_t at = base + ((uint64_t)reg << state.shift);

    if (state.width == 1) {
        arch_write8(at, (uint8_t)v);
    } else {
        arch_write32(at, (uint32_t)v);
    }
}

static uint32_t line_status(uint64_t base)
{
    uint32_t lsr = reg_read(base, LSR);

    state.seen_break |= lsr & (uint32_t)LSR_BI;
    return lsr;
}

static void init(uint64_t base, uint32_t shift, uint32_t width)
{
    uint64_t lcr;

    state.shift = shift;
    state.width = width;
    state.room = state.seen_break = 0;
    lcr = reg_read(base, LCR);
    if ((lcr & LCR_WLS) == 0 || (lcr & (LCR_DLAB | LCR_BREAK)) != 0) {
        lcr = (lcr & LCR_WLS) == 0 ? LCR_8N1 : lcr & ~(LCR_DLAB | LCR_BREAK);
        reg_write(base, LCR, lcr);
    }
    reg_write(base, IER, 0);
    reg_write(base, IIR, FCR_ENABLE_RX8);
    reg_write(base, MCR, MCR_DTR_RTS_OUT2);
    state.depth = field_get(IIR_FIFOS, reg_read(base, IIR)) == 3 ? FIFO_DEPTH : 1;
}

/* Its registers are where bcm2835-aux has them; its THRE promises one byte only. */
static void mini_init(uint64_t base, uint32_t shift, uint32_t width)
{
    (void)shift;
    (void)width;
    init(base, 2, 4);
    state.depth = 1;
}

static bool tx_full(uint64_t base)
{
    if (state.room == 0 && (line_status(base) & LSR_THRE) != 0) {
        state.room = state.depth;
    }
    return state.room == 0;
}

static bool tx_idle(uint64_t base)
{
    return (line_status(base) & LSR_TEMT) != 0;
}

static void put(uint64_t base, uint8_t byte)
{
    state.room -= state.room > 0 ? 1 : 0;
    reg_write(base, RBR, byte);
}

/* A break is no byte. */
static int get(uint64_t base)
{
    for (uint32_t i = 0; i < 32 && (line_status(base) & LSR_DR) != 0; i++) {
        uint32_t byte = reg_read(base, RBR) & 0xff;
        bool is_break = state.seen_break != 0;

        state.seen_break = 0;
        if (!is_break) {
            return (int)byte;
        }
    }
    return -1;
}

static void irq_enable(uint64_t base, bool rx, bool tx)
{
    reg_write(base, IER, (rx ? IER_RX : 0) | (tx ? IER_THRE : 0));
}

/* Reading IIR takes back that of THRE. DesignWare's timeout may come without a byte to read. */
static void irq_clear(uint64_t base)
{
    uint64_t id = field_get(IIR_ID, reg_read(base, IIR));

    if (id == IIR_ID_BUSY) {
        (void)reg_read(base, USR);
    } else if (id == IIR_ID_TIMEOUT && (line_status(base) & LSR_DR) == 0) {
        (void)reg_read(base, RBR);
    }
}

const struct uart_ops uart_ns16550 = {
    .compatible = compatible,
    .size = 8,
    .spaced = true,
    .init = init,
    .tx_full = tx_full,
    .tx_idle = tx_idle,
    .put = put,
    .get = get,
    .irq_enable = irq_enable,
    .irq_clear = irq_clear,
};

const struct uart_ops uart_bcm2835_aux = {
    .compatible = mini_compatible,
    .size = 0x20,
    .init = mini_init,
    .tx_full = tx_full,
    .tx_idle = tx_idle,
    .put = put,
    .get = get,
    .irq_enable = irq_enable,
    .irq_clear = irq_clear,
};
