/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the Cadence UART of Zynq and ZynqMP (UG1085 chapter 21, UG1087) behind the console. */
#include "drivers/uart/cadence.h"

#include <stddef.h>

#include "core/base/bits.h"
#include "drivers/uart/registers.h"

#define CR    0x00 /* RW control */
#define MR    0x04 /* RW mode */
#define IER   0x08 /* WO interrupt enable */
#define IDR   0x0c /* WO interrupt disable */
#define ISR   0x14 /* RW interrupt status; 1 clears */
#define RXTOR 0x1c /* RW receive timeout; 0: none */
#define RXWM  0x20 /* RW bytes received that raise RTRIG */
#define SR    0x2c /* RO channel status */
#define FIFO  0x30 /* RW data */

#define CR_RXEN    BIT(2)
#define CR_TXEN    BIT(4)
#define CR_TXDIS   BIT(5)
#define MR_8N1     0x20
#define INT_RTRIG  BIT(0)
#define INT_TEMPTY BIT(3)
#define INT_ALL    MASK(13, 0)
#define SR_RXEMPTY BIT(1)
#define SR_TXEMPTY BIT(3)
#define SR_TXFULL  BIT(4)
#define SR_TACTIVE BIT(11)

static const char *const compatible[] = {"cdns,uart-r1p12", "cdns,uart-r1p8", "xlnx,xuartps", NULL};

/* What firmware has set up stays; one that it left off, as QEMU does, becomes 8n1. */
static void init(uint64_t base, uint32_t shift, uint32_t width)
{
    (void)shift;
    (void)width;
    reg_write(base, IDR, INT_ALL);
    if ((reg_read(base, CR) & (CR_TXEN | CR_TXDIS)) != CR_TXEN) {
        reg_write(base, MR, MR_8N1);
    }
    reg_write(base, RXTOR, 0);
    reg_write(base, RXWM, 1);
    reg_write(base, CR, CR_RXEN | CR_TXEN);
}

static bool tx_full(uint64_t base)
{
    return (reg_read(base, SR) & SR_TXFULL) != 0;
}

static bool tx_idle(uint64_t base)
{
    return (reg_read(base, SR) & (SR_TXEMPTY | SR_TACTIVE)) == SR_TXEMPTY;
}

static void put(uint64_t base, uint8_t byte)
{
    reg_write(base, FIFO, byte);
}

/* A break is a zero here: which byte it was, only later versions tell. */
static int get(uint64_t base)
{
    return (reg_read(base, SR) & SR_RXEMPTY) == 0 ? (int)(reg_read(base, FIFO) & 0xff) : -1;
}

static void irq_enable(uint64_t base, bool rx, bool tx)
{
    uint64_t on = (rx ? INT_RTRIG : 0) | (tx ? INT_TEMPTY : 0);

    reg_write(base, IDR, INT_ALL & ~on);
    reg_write(base, IER, on);
}

/* Before bytes are read and written: what comes after that is latched again. */
static void irq_clear(uint64_t base)
{
    reg_write(base, ISR, INT_ALL);
}

const struct uart_ops uart_cadence = {
    .compatible = compatible,
    .size = 0x34,
    .init = init,
    .tx_full = tx_full,
    .tx_idle = tx_idle,
    .put = put,
    .get = get,
    .irq_enable = irq_enable,
    .irq_clear = irq_clear,
};
