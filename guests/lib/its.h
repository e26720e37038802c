/* SPDX-License-Identifier: Apache-2.0 */
/* A GICv3's ITS (IHI 0069 5, 12.18) as a driver uses it, for messages to the CPU that booted. */
#ifndef ITS_H
#define ITS_H

#include <stdbool.h>
#include <stdint.h>

#define GITS_CTLR        0x00000
#define GITS_CBASER      0x00080
#define GITS_CWRITER     0x00088
#define GITS_CREADR      0x00090
#define GITS_BASER       0x00100
#define GITS_BASER_END   0x00140
#define GITS_TRANSLATER  0x10040
#define GITS_CBASER_SIZE 0xff
#define ITS_VALID        (1ull << 63) /* in registers and commands */
#define ITS_PAGE         4096u

#define ITS_COMMAND_WORDS 4u
#define ITS_COMMAND_BYTES 32u
#define ITS_QUEUE_BYTES   (2 * ITS_PAGE)
#define LPI_FIRST         8192u

/* What the ITS and the redistributors read: its command queue, and a byte for each LPI. */
extern uint64_t its_queue[ITS_QUEUE_BYTES / sizeof(uint64_t)];
extern uint8_t its_config[2 * ITS_PAGE];

/*
 * From any state to one in which a message `event` of `device` is `lpi`, which is enabled, and
 * nothing else is mapped; on the CPU that booted. False where it does not take commands.
 */
bool its_set_up(uintptr_t base, uint32_t device, uint32_t event, uint32_t lpi);

#endif
