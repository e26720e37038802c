/* SPDX-License-Identifier: Apache-2.0 */
/* A network card (Intel 82574, QEMU's e1000e) that reads its descriptors where it may not. */
#include <inttypes.h>
#include <stdio.h>

#include "dma.h"
#include "edu.h"
#include "guest.h"

#define E1000E_ID 0x10d38086u

/* Intel 82574 datasheet, 10.2. */
#define TCTL          0x0400
#define TDBAL         0x3800
#define TDBAH         0x3804
#define TDLEN         0x3808
#define TDH           0x3810
#define TDT           0x3818
#define TCTL_EN       2
#define RING          4096u /* descriptors, */
#define RING_SIZE     (RING * 16)
#define US_PER_SECOND 1000000

/* The card reads `burst` descriptors at `address`: as many faults, if that is not its memory. */
static void fault(uintptr_t card, unsigned burst)
{
    mmio_write32(card + TDH, 0);
    mmio_write32(card + TDT, 0);
    barrier_dsb();
    mmio_write32(card + TDT, burst);
}

void flood(uintptr_t ecam, uint64_t address, unsigned burst, unsigned pause_us, unsigned seconds)
{
    const uintptr_t card = pci_find(ecam, E1000E_ID, 0, NULL);
    const uint64_t end = timer_count() + timer_us_to_ticks((uint64_t)seconds * US_PER_SECOND);
    uint64_t next = timer_count();
    uint64_t count = 0;

    if (card == 0) {
        puts("dma: no card");
        return;
    }
    mmio_write32(card + TDBAL, (uint32_t)address);
    mmio_write32(card + TDBAH, (uint32_t)(address >> 32));
    mmio_write32(card + TDLEN, RING_SIZE);
    mmio_write32(card + TCTL, TCTL_EN);
    puts("dma: flood begins");
    while (timer_count() < end) {
        fault(card, burst);
        count += burst;
        next +=
            timer_us_to_ticks(pause_us); /* no drift: not once at each moment of others' loops */
        rest_until(next);
    }
    printf("dma: flood ends: %" PRIu64 " accesses\n", count);
}
