/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the Arm PL011 UART (DDI 0183) behind the console. */
#include "drivers/uart/pl011.h"

#include "core/base/pl011.h"
#include "drivers/uart/registers.h"

static const char *const compatible[] = {"arm,pl011", "arm,sbsa-uart", NULL};

/*
 * What firmware has set up (baud rate, format) stays; a UART that it left off, as QEMU does,
 * becomes 8n1. Section 3.3.8: line control is written while the UART is off.
 */
static void init(uint64_t base, uint32_t shift, uint32_t width)
{
    uint32_t cr = reg_read(base, UARTCR);
    uint32_t lcr = reg_read(base, UARTLCR_H);

    (void)shift;
    (void)width;
    reg_write(base, UARTIMSC, 0);
    reg_write(base, UARTDMACR, 0);
    if ((lcr & UARTLCR_H_FEN) == 0) {
        if ((cr & UARTCR_UARTEN) == 0) {
            lcr = (uint32_t)field_prep(UARTLCR_H_WLEN, 3);
        }
        reg_write(base, UARTCR, cr & ~UARTCR_UARTEN);
        reg_write(base, UARTLCR_H, lcr | UARTLCR_H_FEN);
    }
    reg_write(base, UARTIFLS, field_prep(UARTIFLS_TX, 2) | field_prep(UARTIFLS_RX, 2));
    reg_write(base, UARTCR, cr | UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
}

static bool tx_full(uint64_t base)
{
    return (reg_read(base, UARTFR) & UARTFR_TXFF) != 0;
}

static bool tx_idle(uint64_t base)
{
    return (reg_read(base, UARTFR) & (UARTFR_BUSY | UARTFR_TXFE)) == UARTFR_TXFE;
}

static void put(uint64_t base, uint8_t byte)
{
    reg_write(base, UARTDR, byte);
}

/* A break is no byte. */
static int get(uint64_t base)
{
    for (uint32_t i = 0; i < 32 && (reg_read(base, UARTFR) & UARTFR_RXFE) == 0; i++) {
        uint32_t dr = reg_read(base, UARTDR);

        if ((dr & UARTDR_BE) == 0) {
            return (int)(dr & UARTDR_DATA);
        }
    }
    return -1;
}

static void irq_enable(uint64_t base, bool rx, bool tx)
{
    reg_write(base, UARTIMSC, (rx ? UARTINT_RX | UARTINT_RT : 0) | (tx ? UARTINT_TX : 0));
}

/*
 * Receive interrupts stay until the FIFO is read: cleared, they would not come back for what is in
 * it.
 */
static void irq_clear(uint64_t base)
{
    reg_write(base, UARTICR, UARTINT_ALL & ~(UARTINT_RX | UARTINT_RT));
}

const struct uart_ops uart_pl011 = {
    .compatible = compatible,
    .size = 0x4c,
    .init = init,
    .tx_full = tx_full,
    .tx_idle = tx_idle,
    .put = put,
    .get = get,
    .irq_enable = irq_enable,
    .irq_clear = irq_clear,
};
