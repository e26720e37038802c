/* SPDX-License-Identifier: Apache-2.0 */
/* A GICv3's ITS (IHI 0069 5, 12.18) as a driver uses it, and as none does. */
#include <inttypes.h>
#include <stdio.h>

#include "dma.h"
#include "gic.h"
#include "guest.h"

#define GITS_CTLR        0x00000
#define GITS_CBASER      0x00080
#define GITS_CWRITER     0x00088
#define GITS_CREADR      0x00090
#define GITS_REGISTERS   0x00140 /* up to the last GITS_BASER<n> */
#define GITS_TRANSLATER  0x10040
#define GITS_CBASER_SIZE 0xff
#define VALID            (1ull << 63)
#define GICR_PROPBASER   0x70
#define INTID_BITS       14
#define GICR_CTLR_LPIS   1u
#define LPI_FIRST        8192u
#define LPI_ON           0xa1

#define MOVI          0x01
#define INT           0x03
#define SYNC          0x05
#define MAPD          0x08
#define MAPC          0x09
#define MAPTI         0x0a
#define INV           0x0c
#define CODES         0x10
#define COMMAND_WORDS 4u
#define COMMAND_BYTES 32u

/* PCI: the capability for messages, of 64-bit addresses; QEMU, docs/specs/edu. */
#define PCI_CAPS        0x34
#define PCI_CAP_MSI     0x05
#define PCI_MSI_CONTROL 0x02
#define PCI_MSI_ADDRESS 0x04
#define PCI_MSI_DATA    0x0c
#define PCI_MSI_ENABLE  0x0001
#define PCI_CAPS_MOST   48
#define EDU_RAISE       0x60
#define EDU_LOWER       0x64

#define PAGE       4096u
#define QUEUE_SIZE (2 * PAGE)
#define DEVICE     8u /* 00:01.0 */
#define EVENT      5u
#define LIMIT_US   1000000
#define ROUNDS     4000u
#define ROUND_REST 40u /* rounds from one pause to the next: others need the machine too */
#define REST_US    1000

static uint64_t queue[QUEUE_SIZE / sizeof(uint64_t)] __attribute__((aligned(PAGE)));
static uint8_t config[2 * PAGE] __attribute__((aligned(PAGE)));
static uintptr_t gits;
static uint64_t written;

/* xorshift64: the same nonsense each time. */
static uint64_t random_word(void)
{
    static uint64_t state = 20261126;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t random_of(uint64_t limit)
{
    return random_word() % limit;
}

/* Done: GITS_CREADR has come to what was written. */
static bool is_done(void)
{
    uint64_t end = timer_count() + timer_us_to_ticks(LIMIT_US);

    while (mmio_read64(gits + GITS_CREADR) != written) {
        if (timer_count() > end) {
            return false;
        }
    }
    return true;
}

static void put(uint64_t code, uint64_t device, uint64_t word1, uint64_t word2)
{
    uint64_t *command = &queue[written / sizeof(uint64_t)];

    command[0] = code | device << 32;
    command[1] = word1;
    command[2] = word2;
    command[3] = 0;
    written = (written + COMMAND_BYTES) % QUEUE_SIZE;
}

/* From any state; false where it does not take commands. */
static bool set_up(void)
{
    uintptr_t redistributor = gic_redistributor();

    mmio_write32(gits + GITS_CTLR, 0);
    mmio_write64(gits + GITS_CBASER, VALID | (uintptr_t)queue | (QUEUE_SIZE / PAGE - 1));
    mmio_write64(gits + GITS_CWRITER, 0);
    written = 0;
    mmio_write32(gits + GITS_CTLR, 1);
    mmio_write64(redistributor + GICR_PROPBASER, (uintptr_t)config | (INTID_BITS - 1));
    mmio_write32(redistributor + GICR_CTLR, GICR_CTLR_LPIS);
    config[1] = LPI_ON;
    put(MAPC, 0, 0, VALID);
    put(MAPD, DEVICE, 4, VALID);
    put(MAPTI, DEVICE, (uint64_t)(LPI_FIRST + 1) << 32 | EVENT, 0);
    put(INV, DEVICE, EVENT, 0);
    put(SYNC, 0, 0, 0);
    barrier_dsb();
    mmio_write64(gits + GITS_CWRITER, written);
    return is_done();
}

/* The engine's messages on, from now on; false where there is no capability for them. */
static bool messages_on(void)
{
    uintptr_t at = edu_config + mmio_read8(edu_config + PCI_CAPS);

    for (unsigned i = 0; i < PCI_CAPS_MOST && at != edu_config; i++) {
        if (mmio_read8(at) == PCI_CAP_MSI) {
            mmio_write32(at + PCI_MSI_ADDRESS, (uint32_t)(gits + GITS_TRANSLATER));
            mmio_write32(at + PCI_MSI_ADDRESS + 4, 0);
            mmio_write16(at + PCI_MSI_DATA, EVENT);
            mmio_write16(at + PCI_MSI_CONTROL, mmio_read16(at + PCI_MSI_CONTROL) | PCI_MSI_ENABLE);
            return true;
        }
        at = edu_config + mmio_read8(at + 1);
    }
    return false;
}

/* The LPIs that are pending, taken and ended: so many of `lpi`. */
static unsigned take_all(unsigned lpi)
{
    unsigned count = 0;
    uint32_t iar;

    while (gic_intid(iar = gic_acknowledge()) != GIC_SPURIOUS) {
        count += gic_intid(iar) == lpi;
        gic_end(iar);
    }
    return count;
}

/* A message of the engine's is the LPI that it was mapped to, once. */
static bool works(void)
{
    uint64_t end;
    unsigned count = 0;

    if (!set_up()) {
        return false;
    }
    (void)take_all(0);
    mmio_write32(edu + EDU_RAISE, 1);
    for (end = timer_count() + timer_us_to_ticks(LIMIT_US); count == 0 && timer_count() < end;) {
        count = take_all(LPI_FIRST + 1);
    }
    mmio_write32(edu + EDU_LOWER, 1);
    return count == 1;
}

/* Commands that are nearly right: of all codes, with numbers from small to wild. */
static void fill_queue(void)
{
    for (unsigned i = 0; i < QUEUE_SIZE / COMMAND_BYTES; i++) {
        uint64_t *c = &queue[i * COMMAND_WORDS];
        bool wild = random_of(4) == 0;

        c[0] = random_of(CODES) | (wild ? random_word() : DEVICE) << 32;
        c[1] = wild ? random_word() : random_of(40) | (LPI_FIRST - 2 + random_of(40)) << 32;
        c[2] = wild ? random_word() : (random_word() & VALID) | random_of(3) << 16 | random_of(3);
        c[3] = random_word();
    }
    for (unsigned i = 0; i < 64; i++) {
        config[i] = (uint8_t)random_word();
    }
}

/* The queue at a place that is not ours, or of any size. */
static void move_queue(void)
{
    mmio_write32(gits + GITS_CTLR, 0);
    mmio_write64(gits + GITS_CBASER,
                 random_of(2) == 0 ? random_word()
                                   : VALID | (uintptr_t)queue | (random_word() & GITS_CBASER_SIZE));
    mmio_write32(gits + GITS_CTLR, 1);
}

static void nonsense(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % ROUND_REST == 0) {
            fill_queue();
            move_queue();
            rest(REST_US);
        }
        switch (random_of(4)) {
        case 0:
            mmio_write64(gits + random_of(GITS_REGISTERS / 8) * 8, random_word());
            break;
        case 1:
            (void)mmio_read64(gits + random_of(GITS_REGISTERS / 8) * 8);
            break;
        case 2: /* never reached */
            mmio_write64(gits + GITS_CWRITER,
                         (mmio_read64(gits + GITS_CREADR) + QUEUE_SIZE - COMMAND_BYTES) %
                             QUEUE_SIZE);
            break;
        default:
            mmio_write32(edu + EDU_RAISE, 1);
            mmio_write32(edu + EDU_LOWER, 1);
            (void)take_all(0);
            break;
        }
    }
}

void its_attack(uintptr_t its)
{
    gits = its;
    if (!messages_on()) {
        puts("dma: its: no capability");
        return;
    }
    printf("dma: its: a message before: %s\n", works() ? "right" : "WRONG");
    nonsense();
    printf("dma: its: a message after %u rounds: %s\n", ROUNDS, works() ? "right" : "WRONG");
}
