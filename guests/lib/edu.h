/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's edu (its docs/specs/edu), a PCI function: registers, how it is found and interrupts. */
#ifndef EDU_H
#define EDU_H

#include <stdbool.h>
#include <stdint.h>

#define EDU_VERSION 0x00 /* RO */
#define EDU_INVERT  0x04 /* RW reads as the inverse of what was written */
#define EDU_RAISE   0x60 /* WO an interrupt, or a message */
#define EDU_LOWER   0x64 /* WO */
#define EDU_SOURCE  0x80
#define EDU_TARGET  0x88
#define EDU_COUNT   0x90
#define EDU_COMMAND 0x98
#define EDU_START   1
#define EDU_TO_RAM  2
#define EDU_BUFFER  0x40000 /* of its engine, in an address space of its own */

extern uintptr_t edu;        /* its registers, */
extern uintptr_t edu_config; /* and its configuration space */

/*
 * The registers of the first function on bus 0 with that ID (vendor below), on, at `bar` where they
 * can be moved, its DMA too; 0 where there is none. Its configuration space into *config, unless
 * that is NULL.
 */
uintptr_t pci_find(uintptr_t ecam, uint32_t id, uintptr_t bar, uintptr_t *config);

/*
 * Looks for it on bus 0 of a host bridge whose configuration space is at `ecam`. Its registers are
 * at `bar` then, where they can be moved, and on, and so is its DMA; false where there is none.
 */
bool edu_find(uintptr_t ecam, uintptr_t bar);

/* From now on an interrupt is a message: `data`, written to `address`. False: it cannot do that. */
bool edu_send_messages(uint64_t address, uint16_t data);

#endif
