/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the UART of i.MX (i.MX 8M Plus Reference Manual, IMX8MPRM, UART) behind the console. */
#include "drivers/uart/imx.h"

#include <stddef.h>

#include "core/base/bits.h"
#include "drivers/uart/registers.h"

#define URXD 0x00 /* RO received byte */
#define UTXD 0x40 /* WO byte to transmit */
#define UCR1 0x80 /* RW control; of which its interrupt enables */
#define UCR2 0x84 /* RW control */
#define UCR3 0x88 /* RW control */
#define UCR4 0x8c /* RW control */
#define UFCR 0x90 /* RW FIFO control */
#define USR2 0x98 /* RW status */
#define UTS  0xb4 /* RW test; the FIFOs' state */

#define URXD_BRK    BIT(11)
#define UCR1_UARTEN BIT(0)
#define UCR1_RRDYEN BIT(9)  /* RXTL bytes are there */
#define UCR1_TRDYEN BIT(13) /* less than TXTL bytes wait */
#define UCR2_SRST   BIT(0)  /* 0: reset */
#define UCR2_RXEN   BIT(1)
#define UCR2_TXEN   BIT(2)
#define UCR2_WS     BIT(5)                      /* 8 bits */
#define UCR2_IRTS   BIT(14)                     /* whatever RTS says */
#define UCR2_IRQS   (BIT(3) | BIT(4) | BIT(15)) /* ATEN, RTSEN, ESCI */
#define UCR3_MUX    BIT(2)                      /* RXDMUXSEL: always 1 */
#define UFCR_RFDIV  (MASK(9, 7) | BIT(6))       /* of the baud rate, and DCEDTE */
#define UFCR_LEVELS ((16 << 10) | 1)            /* TXTL, RXTL */
#define USR2_RDR    BIT(0)
#define USR2_TXDC   BIT(3)
#define UTS_TXFULL  BIT(4)

static const char *const compatible[] = {"fsl,imx6q-uart", "fsl,imx21-uart", NULL};

/* What firmware has set up stays; one that it left off, as QEMU does, becomes 8n1. No DMA. */
static void init(uint64_t base, uint32_t shift, uint32_t width)
{
    uint64_t cr2 = reg_read(base, UCR2) & ~UCR2_IRQS;

    (void)shift;
    (void)width;
    if ((cr2 & UCR2_TXEN) == 0) {
        cr2 = UCR2_WS | UCR2_IRTS;
    }
    reg_write(base, UCR1, UCR1_UARTEN);
    reg_write(base, UCR2, cr2 | UCR2_SRST | UCR2_RXEN | UCR2_TXEN);
    reg_write(base, UCR3, UCR3_MUX);
    reg_write(base, UCR4, 0);
    reg_write(base, UFCR, (reg_read(base, UFCR) & UFCR_RFDIV) | UFCR_LEVELS);
}

static bool tx_full(uint64_t base)
{
    return (reg_read(base, UTS) & UTS_TXFULL) != 0;
}

static bool tx_idle(uint64_t base)
{
    return (reg_read(base, USR2) & USR2_TXDC) != 0;
}

static void put(uint64_t base, uint8_t byte)
{
    reg_write(base, UTXD, byte);
}

/* A break is no byte. */
static int get(uint64_t base)
{
    for (uint32_t i = 0; i < 32 && (reg_read(base, USR2) & USR2_RDR) != 0; i++) {
        uint32_t rxd = reg_read(base, URXD);

        if ((rxd & URXD_BRK) == 0) {
            return (int)(rxd & 0xff);
        }
    }
    return -1;
}

static void irq_enable(uint64_t base, bool rx, bool tx)
{
    reg_write(base, UCR1, UCR1_UARTEN | (rx ? UCR1_RRDYEN : 0) | (tx ? UCR1_TRDYEN : 0));
}

/* Both are levels. */
static void irq_clear(uint64_t base)
{
    (void)base;
}

const struct uart_ops uart_imx = {
    .compatible = compatible,
    .size = 0xb8,
    .init = init,
    .tx_full = tx_full,
    .tx_idle = tx_idle,
    .put = put,
    .get = get,
    .irq_enable = irq_enable,
    .irq_clear = irq_clear,
};
