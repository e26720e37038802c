/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of guests/dma share: the engine, and a pause. */
#ifndef DMA_H
#define DMA_H

#include <stdint.h>

extern uintptr_t edu;        /* its registers, */
extern uintptr_t edu_config; /* and its configuration space */

/* Asleep for a while, with interrupts masked: others need the machine too. */
void rest(uint64_t us);

/*
 * The partition's ITS, at `its`: a message of the engine's becomes an LPI, before and after the
 * queue was full of nonsense for a while, and of commands that never end.
 */
void its_attack(uintptr_t its);

#endif
