/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's edu, by its configuration space. */
#include "edu.h"
#include "guest.h"

#define EDU_ID      0x11e81234u
#define FUNCTIONS   256u /* on bus 0 */
#define CONFIG_SIZE 0x1000u

/* PCI Local Bus 3.0, 6.2, 6.8: configuration space, and its capability for 64-bit messages. */
#define PCI_ID             0x00
#define PCI_COMMAND        0x04
#define PCI_BAR0           0x10
#define PCI_CAPS           0x34
#define PCI_COMMAND_MEMORY 2
#define PCI_COMMAND_MASTER 4
#define PCI_BAR_ADDRESS    0xfffffff0u
#define PCI_CAPS_MOST      48
#define PCI_CAP_MSI        0x05
#define PCI_MSI_CONTROL    0x02
#define PCI_MSI_ADDRESS    0x04
#define PCI_MSI_DATA       0x0c
#define PCI_MSI_ENABLE     0x0001

uintptr_t edu;
uintptr_t edu_config;

uintptr_t pci_find(uintptr_t ecam, uint32_t id, uintptr_t bar, uintptr_t *config)
{
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        uintptr_t at = ecam + i * CONFIG_SIZE;

        if (mmio_read32(at + PCI_ID) == id) {
            if (config != NULL) {
                *config = at;
            }
            mmio_write32(at + PCI_BAR0, (uint32_t)bar);
            mmio_write16(at + PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
            return mmio_read32(at + PCI_BAR0) & PCI_BAR_ADDRESS;
        }
    }
    return 0;
}

bool edu_find(uintptr_t ecam, uintptr_t bar)
{
    edu = pci_find(ecam, EDU_ID, bar, &edu_config);
    return edu != 0;
}

bool edu_send_messages(uint64_t address, uint16_t data)
{
    uintptr_t at = edu_config + mmio_read8(edu_config + PCI_CAPS);

    for (unsigned i = 0; i < PCI_CAPS_MOST && at != edu_config; i++) {
        if (mmio_read8(at) == PCI_CAP_MSI) {
            mmio_write32(at + PCI_MSI_ADDRESS, (uint32_t)address);
            mmio_write32(at + PCI_MSI_ADDRESS + 4, (uint32_t)(address >> 32));
            mmio_write16(at + PCI_MSI_DATA, data);
            mmio_write16(at + PCI_MSI_CONTROL, mmio_read16(at + PCI_MSI_CONTROL) | PCI_MSI_ENABLE);
            return true;
        }
        at = edu_config + mmio_read8(at + 1);
    }
    return false;
}
