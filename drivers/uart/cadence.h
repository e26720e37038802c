/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of the Cadence UART. */
#ifndef DRIVERS_UART_CADENCE_H
#define DRIVERS_UART_CADENCE_H

#include "core/base/console.h"

extern const struct uart_ops uart_cadence;

#endif
