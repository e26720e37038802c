/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of 16550 UARTs. */
#ifndef DRIVERS_UART_NS16550_H
#define DRIVERS_UART_NS16550_H

#include "core/base/console.h"

extern const struct uart_ops uart_ns16550;
extern const struct uart_ops uart_bcm2835_aux;

#endif
