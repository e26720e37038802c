/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of drivers: which of them are compiled in. */
#include <stddef.h>

#include "core/base/console.h"
#include "core/guest/irq.h"
#include "core/plan/pci.h"
#include "core/plan/smmu.h"
#include "drivers/gic/gic_v2.h"
#include "drivers/gic/gic_v3.h"
#include "drivers/gic/its.h"
#include "drivers/pci/ecam.h"
#include "drivers/smmu/smmu_v2.h"
#include "drivers/smmu/smmu_v3.h"
#include "drivers/uart/cadence.h"
#include "drivers/uart/imx.h"
#include "drivers/uart/ns16550.h"
#include "drivers/uart/pl011.h"

const struct gic_ops *const drivers_gic[] = {
#ifdef CONFIG_GIC_V2
    &gic_v2,
#endif
#ifdef CONFIG_GIC_V3
    &gic_v3,
#endif
    NULL,
};

const struct uart_ops *const drivers_uart[] = {
#ifdef CONFIG_UART_PL011
    &uart_pl011,
#endif
#ifdef CONFIG_UART_NS16550
    &uart_ns16550, &uart_bcm2835_aux,
#endif
#ifdef CONFIG_UART_CADENCE
    &uart_cadence,
#endif
#ifdef CONFIG_UART_IMX
    &uart_imx,
#endif
    NULL,
};

#if defined(CONFIG_EARLY_CONSOLE_PL011)
const struct uart_ops *const drivers_uart_early = &uart_pl011;
#elif defined(CONFIG_EARLY_CONSOLE_NS16550)
const struct uart_ops *const drivers_uart_early = &uart_ns16550;
#elif defined(CONFIG_EARLY_CONSOLE_CADENCE)
const struct uart_ops *const drivers_uart_early = &uart_cadence;
#elif defined(CONFIG_EARLY_CONSOLE_IMX)
const struct uart_ops *const drivers_uart_early = &uart_imx;
#else
const struct uart_ops *const drivers_uart_early = NULL;
#endif

const struct smmu_ops *const drivers_smmu[] = {
#ifdef CONFIG_SMMU_V2
    &smmu_v2,
#endif
#ifdef CONFIG_SMMU_V3
    &smmu_v3,
#endif
    NULL,
};

#ifdef CONFIG_PCI
const struct pci_ops *const drivers_pci = &pci_ecam;
#else
const struct pci_ops *const drivers_pci = NULL;
#endif

#ifdef CONFIG_GIC_ITS
const struct its_ops *const drivers_its = &its_v3;
#else
const struct its_ops *const drivers_its = NULL;
#endif
