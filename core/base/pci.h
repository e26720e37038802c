/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI configuration space: PCI Express Base Specification 5.0 chapter 7, PCI-to-PCI Bridge
 * Architecture Specification 1.2 chapter 3. For its driver and its emulation.
 */
#ifndef CORE_BASE_PCI_H
#define CORE_BASE_PCI_H

#include "core/base/bits.h"

#define PCI_CONFIG_SIZE 4096u  /* bytes of one function */
#define PCI_CAPS_FIRST  0x40u  /* capabilities lie from here on, */
#define PCI_EXT_FIRST   0x100u /* extended ones from here on */
#define PCI_EXT_LAST    0xff0u /* to here: none has less than 16 bytes that are used */
#define PCI_ALL_ONES    UINT32_C(0xffffffff) /* what reads where nothing is */
#define PCI_NO_VENDOR   UINT32_C(0xffff)     /* of PCI_ID, where nothing is, */
#define PCI_RETRY       UINT32_C(0x0001)     /* or where it is not ready: 2.3.2 */

/* Registers of 32 bits; both header types where nothing else is said. */
#define PCI_ID          0x00u /* RO  vendor and device; all ones: no function is there */
#define PCI_COMMAND     0x04u /* RW  command; status in the upper half (RW1C) */
#define PCI_CACHE_LINE  0x0cu /* RW  cache line size, latency timer, header type (RO), BIST */
#define PCI_BAR0        0x10u /* RW  six base address registers; of a bridge two */
#define PCI_BUSES       0x18u /* RW  bridge: primary, secondary, subordinate bus */
#define PCI_IO_WINDOW   0x1cu /* RW  bridge: I/O base and limit; secondary status */
#define PCI_MEM_WINDOW  0x20u /* RW  bridge: memory base and limit, in MiB */
#define PCI_PREF_WINDOW 0x24u /* RW  bridge: prefetchable memory base and limit, in MiB */
#define PCI_PREF_BASE   0x28u /* RW  bridge: upper halves of these: base, */
#define PCI_PREF_LIMIT  0x2cu /* RW  bridge: and limit */
#define PCI_ROM         0x30u /* RW  expansion ROM */
#define PCI_CAPS        0x34u /* RO  offset of the first capability */
#define PCI_BRIDGE_ROM  0x38u /* RW  bridge: expansion ROM */
#define PCI_INTERRUPT   0x3cu /* RW  interrupt line (scratch), pin (RO) */

#define PCI_COMMAND_MEMORY    BIT(1)
#define PCI_COMMAND_MASTER    BIT(2)
#define PCI_COMMAND_PARITY    BIT(6)
#define PCI_COMMAND_SERR      BIT(8)
#define PCI_COMMAND_NO_INTX   BIT(10)
#define PCI_STATUS_CAPS       BIT(16 + 4) /* there is a list of capabilities */
#define PCI_STATUS_RW1C       (MASK(31, 27) | BIT(24))
#define PCI_HEADER_TYPE       MASK(22, 16)
#define PCI_HEADER_BRIDGE     1u
#define PCI_HEADER_MULTI      BIT(23)
#define PCI_BUSES_SECONDARY   MASK(15, 8)
#define PCI_BUSES_SUBORDINATE MASK(23, 16)
#define PCI_BRIDGE_SERR       BIT(16 + 1) /* of a bridge's PCI_INTERRUPT: passes errors up */
#define PCI_INTERRUPT_LINE    MASK(7, 0)
#define PCI_INTERRUPT_PIN     MASK(15, 8) /* 1..4: INTA..INTD; 0: none */

#define PCI_BAR_IO       BIT(0)
#define PCI_BAR_64       BIT(2) /* type 2 of bits 2..1 */
#define PCI_BAR_PREFETCH BIT(3)
#define PCI_BAR_FLAGS    MASK(3, 0)
#define PCI_ROM_ENABLE   BIT(0)
#define PCI_ROM_ADDRESS  MASK(31, 11)
#define PCI_WINDOW_64    BIT(0) /* of PCI_PREF_WINDOW's base: 64 bits are decoded */
#define PCI_WINDOW_BASE  MASK(15, 4)
#define PCI_WINDOW_LIMIT MASK(31, 20)

/* A capability's header. */
#define PCI_CAP_ID   MASK(7, 0)
#define PCI_CAP_NEXT MASK(15, 8)
#define PCI_EXT_ID   MASK(15, 0)
#define PCI_EXT_NEXT MASK(31, 20)

/* Capabilities. */
#define PCI_CAP_PM      0x01u
#define PCI_CAP_MSI     0x05u
#define PCI_CAP_PCIE    0x10u
#define PCI_CAP_MSIX    0x11u
#define PCI_CAP_AF      0x13u
#define PCI_CAP_EA      0x14u
#define PCI_EXT_AER     0x01u
#define PCI_EXT_ACS     0x0du
#define PCI_EXT_ARI     0x0eu
#define PCI_EXT_ATS     0x0fu
#define PCI_EXT_SRIOV   0x10u
#define PCI_EXT_PRI     0x13u
#define PCI_EXT_REBAR   0x15u
#define PCI_EXT_LTR     0x18u
#define PCI_EXT_PASID   0x1bu
#define PCI_EXT_DPC     0x1du
#define PCI_EXT_L1PM    0x1eu
#define PCI_EXT_PTM     0x1fu
#define PCI_EXT_VFREBAR 0x24u

/* PCI Express capability (7.5.3), at its offset. */
#define PCIE_CAPS    0x00u /* RO  in the upper half: version, port type */
#define PCIE_DEVCAP  0x04u /* RO  what the device can do */
#define PCIE_DEVCTL  0x08u /* RW  control; status in the upper half (RW1C) */
#define PCIE_ROOTCTL 0x1cu /* RW  of a root port: control */
#define PCIE_DEVCTL2 0x28u /* RW  control 2 */

#define PCIE_PORT_TYPE       MASK(23, 20)
#define PCIE_PORT_ROOT       4u
#define PCIE_PORT_UP         5u /* of a switch: what comes from below goes further up */
#define PCIE_PORT_DOWN       6u /* of a switch: what comes from below may turn to those beside it */
#define PCIE_PORT_EVENTS     10u /* a root complex event collector: errors come to it, too */
#define PCIE_PORT_TO_PCI     7u  /* a bridge from PCI Express to conventional PCI */
#define PCIE_DEVCAP_FLR      BIT(28)
#define PCIE_DEVCTL_ERRORS   MASK(3, 0) /* which errors are reported */
#define PCIE_DEVCTL_RELAXED  BIT(4)
#define PCIE_DEVCTL_NO_SNOOP BIT(11)
#define PCIE_DEVCTL_MRRS     MASK(14, 12) /* size of read requests */
#define PCIE_DEVCTL_FLR      BIT(15)
#define PCIE_ROOTCTL_ENABLES MASK(3, 0) /* errors that are the system's; power events */
#define PCIE_DEVSTA_RW1C     MASK(19, 16)
#define PCIE_DEVSTA_PENDING  BIT(21) /* it waits for completions */
#define PCIE_DEVCTL2_TIMEOUT MASK(4, 0)

/* Advanced Features (conventional PCI's function-level reset), at its offset. */
#define PCI_AF_CAPS     0x00u /* RO  capabilities in bits 31..24 */
#define PCI_AF_CTRL     0x04u /* RW  bit 0 resets; status in bits 15..8 */
#define PCI_AF_CAPS_FLR BIT(25)
#define PCI_AF_CTRL_FLR BIT(0)
#define PCI_AF_PENDING  BIT(8) /* it waits for completions */

/*
 * What makes a function act, at its offset: SR-IOV (9.3.3.3), ATS, Page Request, PASID (10.5); on
 * errors below it: AER, DPC.
 */
#define PCI_SRIOV_CTRL 0x08u /* RW  control */
#define PCI_ATS_CTRL   0x04u /* RW  control in the upper half */
#define PCI_PRI_CTRL   0x04u /* RW  control; status in the upper half (RW1C) */
#define PCI_PASID_CTRL 0x04u /* RW  control in the upper half */
#define PCI_AER_ROOT   0x2cu /* RW  of a root port: which errors interrupt (7.8.4.9) */
#define PCI_DPC_CTRL   0x04u /* RW  control in the upper half (7.9.15) */

#define PCI_SRIOV_ENABLES (BIT(0) | BIT(3)) /* virtual functions, and their memory */
#define PCI_ATS_ENABLE    BIT(31)
#define PCI_PRI_ENABLE    BIT(0)
#define PCI_PASID_ENABLE  BIT(16)
#define PCI_AER_ENABLES   MASK(2, 0)
#define PCI_DPC_ENABLES   (MASK(17, 16) | BIT(16 + 3) | BIT(16 + 4)) /* trigger, interrupt */

/* Access Control Services (7.7.8), at its offset: capabilities, and control in the upper half. */
#define PCI_ACS_CTRL 0x04u
/* Source validation, request and completion redirect, upstream forwarding. */
#define PCI_ACS_NEEDED (BIT(0) | BIT(2) | BIT(3) | BIT(4))
/* A multi-function endpoint: redirects only. */
#define PCI_ACS_NEEDED_ENDPOINT (BIT(2) | BIT(3))

/* MSI (7.7.1) and MSI-X (7.7.2) message control, in the first register's upper half. */
#define PCI_MSI_ENABLE  BIT(16)
#define PCI_MSI_COUNT   MASK(22, 20)
#define PCI_MSI_64      BIT(23)
#define PCI_MSI_MASKS   BIT(24)
#define PCI_MSIX_ENABLE MASK(31, 30) /* and the function mask */

#endif
