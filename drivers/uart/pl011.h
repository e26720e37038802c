/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of the Arm PL011 UART. */
#ifndef DRIVERS_UART_PL011_H
#define DRIVERS_UART_PL011_H

#include "core/base/console.h"

extern const struct uart_ops uart_pl011;

#endif
