/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that has a DMA engine: QEMU's edu, on a PCI host bridge whose configuration space is
 * at the boot argument ecam=ADDRESS; bar=ADDRESS is where its registers are to be, unless they are
 * fixed. It attacks once by itself, before that the ITS at the boot argument its=ADDRESS, and does
 * what the console tells it, a line each:
 *   read ADDRESS     a word by DMA from that address, shown
 *   write ADDRESS    a word of its own by DMA to that address
 *   message ADDRESS  the engine's interrupt as a message to that address
 *   attack           both, with all addresses of the boot argument attack=ADDRESS,ADDRESS...
 *   end              power off
 * With the boot arguments flood=ADDRESS burst=COUNT pause=MICROSECONDS seconds=COUNT it has a
 * network card instead: see flood.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pattern/pattern.h"
#include "dma.h"
#include "edu.h"
#include "guest.h"

#define CANARY      0xfeedfacecafef00dull
#define MINE        0x0bad0bad0bad0badull /* what it writes to others */
#define LINE_SIZE   64
#define LIMIT_US    5000000
#define REST_US     1000
#define PAUSE_US    1100000 /* Bulkhead tells a few faults a second, of which a word makes two: */
#define ATTACK_US   550000  /* so two tries are */
#define ATTACK_SIZE 256

static volatile uint64_t own __attribute__((aligned(64)));

static uintptr_t argument(const char *name)
{
    char text[24];

    return guest_argument(name, text, sizeof(text)) ? (uintptr_t)strtoull(text, NULL, 0) : 0;
}

void rest_until(uint64_t end)
{
    timer_start(end);
    while (timer_count() < end) {
        cpu_wait_for_interrupt();
    }
    timer_stop();
}

void rest(uint64_t us)
{
    rest_until(timer_count() + timer_us_to_ticks(us));
}

/* A word from one to the other, one of them EDU_BUFFER; false where the engine does not end. */
static bool copy(uint64_t source, uint64_t target)
{
    uint64_t end = timer_count() + timer_us_to_ticks(LIMIT_US);

    barrier_dsb();
    mmio_write64(edu + EDU_SOURCE, source);
    mmio_write64(edu + EDU_TARGET, target);
    mmio_write64(edu + EDU_COUNT, sizeof(uint64_t));
    mmio_write64(edu + EDU_COMMAND, EDU_START | (source == EDU_BUFFER ? EDU_TO_RAM : 0));
    while ((mmio_read64(edu + EDU_COMMAND) & EDU_START) != 0) {
        if (timer_count() > end) {
            return false;
        }
        rest(REST_US);
    }
    barrier_dsb();
    return true;
}

/* The engine's buffer holds `word` first, so that what a blocked read leaves there is known. */
static bool load(uint64_t word)
{
    own = word;
    return copy((uintptr_t)&own, EDU_BUFFER);
}

/* True where a word came: a read that is blocked leaves the buffer as it was, or zeros. */
static bool dma_read(uint64_t address)
{
    if (!load(CANARY) || !copy(address, EDU_BUFFER) || !copy(EDU_BUFFER, (uintptr_t)&own)) {
        printf("dma: the engine does not end\n");
        return false;
    }
    printf("dma: read 0x%" PRIx64 ": 0x%016" PRIx64 "%s\n", address, own,
           own == CANARY          ? ", nothing came"
           : pattern_is_word(own) ? ", another's pattern"
                                  : "");
    return own != CANARY && own != 0;
}

static void dma_write(uint64_t address)
{
    if (!load(MINE) || !copy(EDU_BUFFER, address)) {
        printf("dma: the engine does not end\n");
        return;
    }
    printf("dma: wrote 0x%" PRIx64 "\n", address);
}

static void message(uint64_t address)
{
    if (!edu_send_messages(address, 0)) {
        puts("dma: no capability");
        return;
    }
    mmio_write32(edu + EDU_RAISE, 1);
    mmio_write32(edu + EDU_LOWER, 1);
    printf("dma: message to 0x%" PRIx64 "\n", address);
}

static void attack(void)
{
    static unsigned round;
    char text[ATTACK_SIZE];
    char *end;
    unsigned tries = 0, came = 0;

    if (!guest_argument("attack", text, sizeof(text))) {
        return;
    }
    for (char *next = text; *next != '\0'; next = end + (*end == ',')) {
        uint64_t address = strtoull(next, &end, 0);

        if (end == next) {
            printf("dma: attack=%s: no address\n", next);
            return;
        }
        rest(ATTACK_US);
        came += dma_read(address);
        rest(ATTACK_US);
        dma_write(address);
        tries += 2;
    }
    printf("dma: attack %u: %u tries, %u words came\n", ++round, tries, came);
}

/* Its own memory, there and back. */
static bool works(void)
{
    static volatile uint64_t other;

    other = 0;
    return load(CANARY) && copy(EDU_BUFFER, (uintptr_t)&other) && other == CANARY;
}

static void read_line(char line[static LINE_SIZE])
{
    size_t used = 0;
    char c = 0;

    while (c != '\n' && c != '\r') {
        if (!uart_get(&c)) {
            rest(REST_US);
        } else if (c >= ' ' && used < LINE_SIZE - 1) {
            line[used++] = c;
        }
    }
    line[used] = '\0';
}

int main(void)
{
    char line[LINE_SIZE];

    gic_enable(guest.timer_virtual_intid);
    if (argument("flood") != 0) {
        flood(argument("ecam"), argument("flood"), (unsigned)argument("burst"),
              (unsigned)argument("pause"), (unsigned)argument("seconds"));
        return EXIT_SUCCESS;
    }
    if (!edu_find(argument("ecam"), argument("bar"))) {
        puts("dma: no edu");
        return EXIT_FAILURE;
    }
    printf("dma: own memory: %s\n", works() ? "right" : "WRONG");
    if (argument("its") != 0) {
        its_attack(argument("its"));
    }
    attack();
    puts("dma: ready");
    do {
        read_line(line);
        rest(PAUSE_US);
        if (strcmp(line, "attack") == 0) {
            attack();
        } else if (strncmp(line, "read ", 5) == 0) {
            (void)dma_read(strtoull(line + 5, NULL, 0));
        } else if (strncmp(line, "write ", 6) == 0) {
            dma_write(strtoull(line + 6, NULL, 0));
        } else if (strncmp(line, "message ", 8) == 0) {
            message(strtoull(line + 8, NULL, 0));
        }
    } while (strcmp(line, "end") != 0);
    return EXIT_SUCCESS;
}
