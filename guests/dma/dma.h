/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of guests/dma share. */
#ifndef DMA_H
#define DMA_H

#include <stdint.h>

/* Asleep for a while, or until then, with interrupts masked: others need the machine too. */
void rest(uint64_t us);
void rest_until(uint64_t end);

/*
 * The partition's ITS, at `its`: a message of the engine's becomes an LPI, before and after the
 * queue was full of nonsense for a while, and of commands that never end.
 */
void its_attack(uintptr_t its);

/*
 * A card reads `burst` (below 4096) times 16 bytes at `address`, again and again, with pauses, for
 * so many seconds.
 */
void flood(uintptr_t ecam, uint64_t address, unsigned burst, unsigned pause_us, unsigned seconds);

#endif
