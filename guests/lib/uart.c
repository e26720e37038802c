/* SPDX-License-Identifier: Apache-2.0 */
/* A PL011 UART (DDI 0183), polled; its baud rate is as firmware or the hypervisor left it. */
#include "guest.h"

#define UARTDR    0x000 /* RW */
#define UARTFR    0x018 /* RO */
#define UARTLCR_H 0x02c /* RW */
#define UARTCR    0x030 /* RW */
#define UARTIMSC  0x038 /* RW */
#define UARTICR   0x044 /* WO */

#define UARTFR_BUSY    0x008u
#define UARTFR_RXFE    0x010u
#define UARTFR_TXFF    0x020u
#define UARTLCR_H_FEN  0x010u
#define UARTLCR_H_8BIT 0x060u
#define UARTCR_UARTEN  0x001u
#define UARTCR_TXE     0x100u
#define UARTCR_RXE     0x200u

void uart_init(void)
{
    if (guest.uart_base == 0) {
        return;
    }
    while (mmio_read32(guest.uart_base + UARTFR) & UARTFR_BUSY) {
        ; /* what was written before us is sent first */
    }
    mmio_write32(guest.uart_base + UARTCR, 0);
    mmio_write32(guest.uart_base + UARTIMSC, 0);
    mmio_write32(guest.uart_base + UARTICR, 0x7ff);
    mmio_write32(guest.uart_base + UARTLCR_H, UARTLCR_H_8BIT | UARTLCR_H_FEN);
    mmio_write32(guest.uart_base + UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
}

static void uart_put_raw(char c)
{
    if (guest.uart_base == 0) {
        return;
    }
    while (mmio_read32(guest.uart_base + UARTFR) & UARTFR_TXFF) {
        __asm__ volatile("yield");
    }
    mmio_write32(guest.uart_base + UARTDR, (uint8_t)c);
}

void uart_put(char c)
{
    if (c == '\n') {
        uart_put_raw('\r');
    }
    uart_put_raw(c);
}

void uart_print(const char *text)
{
    while (*text != '\0') {
        uart_put(*text++);
    }
}

void uart_print_hex(uint64_t value)
{
    unsigned shift = 60;

    while (shift > 0 && value >> shift == 0) {
        shift -= 4;
    }
    uart_print("0x");
    for (;; shift -= 4) {
        uart_put("0123456789abcdef"[value >> shift & 15]);
        if (shift == 0) {
            return;
        }
    }
}

bool uart_get(char *c)
{
    if (guest.uart_base == 0 || (mmio_read32(guest.uart_base + UARTFR) & UARTFR_RXFE)) {
        return false;
    }
    *c = (char)mmio_read32(guest.uart_base + UARTDR);
    return true;
}
