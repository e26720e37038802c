/* SPDX-License-Identifier: Apache-2.0 */
/* Sets up a GICv3's ITS: its tables, where it wants memory for them, and its commands. */
#include "its.h"
#include "gic.h"
#include "guest.h"

#define GITS_BASER_TYPE(baser) ((baser) >> 56 & 7) /* 0: it wants none */
#define GITS_BASERS            8u
#define GICR_PROPBASER         0x70
#define GICR_PENDBASER         0x78
#define GICR_CTLR_LPIS         1u
#define INTID_BITS             14
#define EVENT_BITS             5
#define LPI_ON                 0xa1

#define SYNC  0x05
#define MAPD  0x08
#define MAPC  0x09
#define MAPTI 0x0a
#define INV   0x0c

#define PENDING_ALIGN 0x10000
#define LIMIT_US      1000000

uint64_t its_queue[ITS_QUEUE_BYTES / sizeof(uint64_t)] __attribute__((aligned(ITS_PAGE)));
uint8_t its_config[2 * ITS_PAGE] __attribute__((aligned(ITS_PAGE)));
static uint8_t tables[GITS_BASERS][ITS_PAGE] __attribute__((aligned(ITS_PAGE)));
static uint8_t events[ITS_PAGE] __attribute__((aligned(ITS_PAGE)));
static uint8_t pending[ITS_PAGE] __attribute__((aligned(PENDING_ALIGN)));
static uint64_t written;

static void put(uint64_t code, uint64_t device, uint64_t word1, uint64_t word2)
{
    uint64_t *command = &its_queue[written / sizeof(uint64_t)];

    command[0] = code | device << 32;
    command[1] = word1;
    command[2] = word2;
    command[3] = 0;
    written = (written + ITS_COMMAND_BYTES) % ITS_QUEUE_BYTES;
}

/* Done: GITS_CREADR has come to what was written. */
static bool is_done(uintptr_t base)
{
    uint64_t end = timer_count() + timer_us_to_ticks(LIMIT_US);

    while (mmio_read64(base + GITS_CREADR) != written) {
        if (timer_count() > end) {
            return false;
        }
    }
    return true;
}

static void tables_set_up(uintptr_t base)
{
    for (unsigned i = 0; i < GITS_BASERS; i++) {
        uintptr_t baser = base + GITS_BASER + i * sizeof(uint64_t);

        if (GITS_BASER_TYPE(mmio_read64(baser)) != 0) {
            mmio_write64(baser, ITS_VALID | (uintptr_t)tables[i]);
        }
    }
}

static void lpis_on(void)
{
    uintptr_t redistributor = gic_redistributor();

    mmio_write64(redistributor + GICR_PROPBASER, (uintptr_t)its_config | (INTID_BITS - 1));
    mmio_write64(redistributor + GICR_PENDBASER, (uintptr_t)pending);
    mmio_write32(redistributor + GICR_CTLR, GICR_CTLR_LPIS);
}

bool its_set_up(uintptr_t base, uint32_t device, uint32_t event, uint32_t lpi)
{
    mmio_write32(base + GITS_CTLR, 0);
    mmio_write64(base + GITS_CBASER,
                 ITS_VALID | (uintptr_t)its_queue | (ITS_QUEUE_BYTES / ITS_PAGE - 1));
    mmio_write64(base + GITS_CWRITER, 0);
    written = 0;
    tables_set_up(base);
    mmio_write32(base + GITS_CTLR, 1);
    lpis_on();
    its_config[lpi - LPI_FIRST] = LPI_ON;
    put(MAPC, 0, 0, ITS_VALID);
    put(MAPD, device, EVENT_BITS - 1, ITS_VALID | (uintptr_t)events);
    put(MAPTI, device, (uint64_t)lpi << 32 | event, 0);
    put(INV, device, event, 0);
    put(SYNC, 0, 0, 0);
    barrier_dsb();
    mmio_write64(base + GITS_CWRITER, written);
    return is_done(base);
}
