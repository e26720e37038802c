/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of the i.MX UART. */
#ifndef DRIVERS_UART_IMX_H
#define DRIVERS_UART_IMX_H

#include "core/base/console.h"

extern const struct uart_ops uart_imx;

#endif
