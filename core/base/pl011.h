/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the Arm PL011 UART, DDI 0183 (r1p5) chapter 3: for its driver and its emulation. */
#ifndef CORE_BASE_PL011_H
#define CORE_BASE_PL011_H

#include "core/base/bits.h"

#define UARTDR        0x000 /* RW  data: received or to transmit */
#define UARTRSR       0x004 /* RW  receive status; a write (UARTECR) clears it */
#define UARTFR        0x018 /* RO  flags */
#define UARTILPR      0x020 /* RW  IrDA low-power counter */
#define UARTIBRD      0x024 /* RW  integer baud rate divisor */
#define UARTFBRD      0x028 /* RW  fractional baud rate divisor, 64ths */
#define UARTLCR_H     0x02c /* RW  line control */
#define UARTCR        0x030 /* RW  control */
#define UARTIFLS      0x034 /* RW  interrupt FIFO levels */
#define UARTIMSC      0x038 /* RW  interrupt mask set/clear: 1 lets it through */
#define UARTRIS       0x03c /* RO  raw interrupts */
#define UARTMIS       0x040 /* RO  masked interrupts */
#define UARTICR       0x044 /* WO  interrupt clear */
#define UARTDMACR     0x048 /* RW  DMA control */
#define UARTPeriphID0 0xfe0 /* RO  eight identification registers, to UARTPCellID3 at 0xffc */

#define UARTDR_DATA MASK(7, 0)
#define UARTDR_BE   BIT(10) /* a break was received; the data is 0 */

#define UARTFR_CTS  BIT(0)
#define UARTFR_DSR  BIT(1)
#define UARTFR_DCD  BIT(2)
#define UARTFR_BUSY BIT(3)
#define UARTFR_RXFE BIT(4)
#define UARTFR_TXFF BIT(5)
#define UARTFR_RXFF BIT(6)
#define UARTFR_TXFE BIT(7)

#define UARTLCR_H_FEN  BIT(4)     /* FIFOs on */
#define UARTLCR_H_WLEN MASK(6, 5) /* 3: 8 bits */

#define UARTCR_UARTEN BIT(0)
#define UARTCR_TXE    BIT(8)
#define UARTCR_RXE    BIT(9)

#define UARTIFLS_TX MASK(2, 0) /* 0..4: 1/8, 1/4, 1/2, 3/4, 7/8 full */
#define UARTIFLS_RX MASK(5, 3)

/* Interrupts, in IMSC, RIS, MIS and ICR. */
#define UARTINT_RX  BIT(4)
#define UARTINT_TX  BIT(5)
#define UARTINT_RT  BIT(6) /* receive timeout */
#define UARTINT_ALL MASK(10, 0)

#endif
