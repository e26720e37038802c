/* SPDX-License-Identifier: Apache-2.0 */
/* The partition's ITS as no driver uses it. */
#include <inttypes.h>
#include <stdio.h>

#include "dma.h"
#include "edu.h"
#include "gic.h"
#include "guest.h"
#include "its.h"

#define CODES 0x10 /* of commands */

#define DEVICE     8u /* 00:01.0 */
#define EVENT      5u
#define LPI        (LPI_FIRST + 1)
#define LIMIT_US   1000000
#define ROUNDS     4000u
#define ROUND_REST 40u /* rounds from one pause to the next: others need the machine too */
#define REST_US    1000

static uintptr_t gits;

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

    if (!its_set_up(gits, DEVICE, EVENT, LPI)) {
        return false;
    }
    (void)take_all(0);
    mmio_write32(edu + EDU_RAISE, 1);
    for (end = timer_count() + timer_us_to_ticks(LIMIT_US); count == 0 && timer_count() < end;) {
        count = take_all(LPI);
    }
    mmio_write32(edu + EDU_LOWER, 1);
    return count == 1;
}

/* Commands that are nearly right: of all codes, with numbers from small to wild. */
static void fill_queue(void)
{
    for (unsigned i = 0; i < ITS_QUEUE_BYTES / ITS_COMMAND_BYTES; i++) {
        uint64_t *c = &its_queue[i * ITS_COMMAND_WORDS];
        bool wild = random_of(4) == 0;

        c[0] = random_of(CODES) | (wild ? random_word() : DEVICE) << 32;
        c[1] = wild ? random_word() : random_of(40) | (LPI_FIRST - 2 + random_of(40)) << 32;
        c[2] =
            wild ? random_word() : (random_word() & ITS_VALID) | random_of(3) << 16 | random_of(3);
        c[3] = random_word();
    }
    for (unsigned i = 0; i < 64; i++) {
        its_config[i] = (uint8_t)random_word();
    }
}

/* The queue at a place that is not ours, or of any size. */
static void move_queue(void)
{
    mmio_write32(gits + GITS_CTLR, 0);
    mmio_write64(gits + GITS_CBASER, random_of(2) == 0 ? random_word()
                                                       : ITS_VALID | (uintptr_t)its_queue |
                                                             (random_word() & GITS_CBASER_SIZE));
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
            mmio_write64(gits + (uintptr_t)random_of(GITS_BASER_END / 8) * 8, random_word());
            break;
        case 1:
            (void)mmio_read64(gits + (uintptr_t)random_of(GITS_BASER_END / 8) * 8);
            break;
        case 2: /* never reached */
            mmio_write64(gits + GITS_CWRITER,
                         (mmio_read64(gits + GITS_CREADR) + ITS_QUEUE_BYTES - ITS_COMMAND_BYTES) %
                             ITS_QUEUE_BYTES);
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
    if (!edu_send_messages(gits + GITS_TRANSLATER, EVENT)) {
        puts("dma: its: no capability");
        return;
    }
    printf("dma: its: a message before: %s\n", works() ? "right" : "WRONG");
    nonsense();
    printf("dma: its: a message after %u rounds: %s\n", ROUNDS, works() ? "right" : "WRONG");
}
