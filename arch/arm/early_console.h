/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What boot.S knows of the early console's UART: its status, the bit there that says whether it can
 * take a byte, and where that goes.
 */
#ifndef ARCH_ARM_EARLY_CONSOLE_H
#define ARCH_ARM_EARLY_CONSOLE_H

#define EARLY_POLLS 0x1000000 /* of that bit, for one character; then nobody sends it */

#if CONFIG_EARLY_CONSOLE_APART == 1
#define EARLY_LOAD  ldrb
#define EARLY_STORE strb
#else
#define EARLY_LOAD  ldr
#define EARLY_STORE str
#endif

#if defined(CONFIG_EARLY_CONSOLE_PL011)
#define EARLY_STATUS   0x18 /* UARTFR */
#define EARLY_BIT      5    /* TXFF */
#define EARLY_BUSY     1    /* the bit's value while it takes none */
#define EARLY_TRANSMIT 0x00 /* UARTDR */
#elif defined(CONFIG_EARLY_CONSOLE_NS16550)
#if CONFIG_EARLY_CONSOLE_APART != 1 && CONFIG_EARLY_CONSOLE_APART != 4
#error "EARLY_CONSOLE_APART is 1 or 4"
#endif
#define EARLY_STATUS   (5 * CONFIG_EARLY_CONSOLE_APART) /* LSR */
#define EARLY_BIT      5                                /* THRE */
#define EARLY_BUSY     0
#define EARLY_TRANSMIT 0x00 /* THR */
#elif defined(CONFIG_EARLY_CONSOLE_CADENCE)
#define EARLY_STATUS   0x2c /* SR */
#define EARLY_BIT      4    /* TXFULL */
#define EARLY_BUSY     1
#define EARLY_TRANSMIT 0x30 /* FIFO */
#elif defined(CONFIG_EARLY_CONSOLE_IMX)
#define EARLY_STATUS   0xb4 /* UTS */
#define EARLY_BIT      4    /* TXFULL */
#define EARLY_BUSY     1
#define EARLY_TRANSMIT 0x40 /* UTXD */
#endif

#endif
