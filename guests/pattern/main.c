/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition that notices what is done to it: it fills its memory with a pattern and reads that
 * again and again; its real-time clock interrupts it each second, where rtc=ADDRESS,INTID names a
 * PL031 that it owns.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "pattern.h"

#define PERIOD_US   250u
#define SLICE       512u /* words read in a period: few, so that others get the host's time */
#define HEAP_LEFT   0x10000u
#define REPORT_EACH 4000u /* periods */

/* PL031 (DDI 0224). */
#define RTCDR   0x00 /* RO */
#define RTCMR   0x04 /* RW */
#define RTCCR   0x0c /* RW */
#define RTCIMSC 0x10 /* RW */
#define RTCMIS  0x18 /* RO */
#define RTCICR  0x1c /* WO */

static uintptr_t rtc;
/* Written by the interrupt handlers. */
static volatile unsigned rtc_ticks, rtc_spurious;
static volatile unsigned periods;
static uint64_t compare;

static void rtc_next(void)
{
    mmio_write32(rtc + RTCMR, mmio_read32(rtc + RTCDR) + 1);
}

static void rtc_tick(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    if ((mmio_read32(rtc + RTCMIS) & 1) == 0) {
        rtc_spurious++;
        return;
    }
    rtc_ticks++;
    mmio_write32(rtc + RTCICR, 1);
    rtc_next();
}

static void rtc_start(void)
{
    char text[40];
    char *rest;
    unsigned intid;

    if (!guest_argument("rtc", text, sizeof(text))) {
        return;
    }
    rtc = (uintptr_t)strtoull(text, &rest, 0);
    intid = *rest == ',' ? (unsigned)strtoul(rest + 1, NULL, 0) : 0;
    mmio_write32(rtc + RTCCR, 1);
    mmio_write32(rtc + RTCICR, 1);
    mmio_write32(rtc + RTCIMSC, 1);
    irq_set_handler(intid, rtc_tick);
    gic_enable(intid);
    rtc_next();
}

static void period_tick(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    periods++;
    compare += timer_us_to_ticks(PERIOD_US);
    timer_start(compare);
}

static void period_wait(void)
{
    unsigned before = periods;

    cpu_mask_interrupts();
    while (periods == before) {
        cpu_wait_for_interrupt();
        cpu_unmask_interrupts();
        barrier_isb();
        cpu_mask_interrupts();
    }
    cpu_unmask_interrupts();
}

/* As much as there is, but for what printf may want. */
static uint64_t *memory_take(size_t *words)
{
    size_t bytes = (size_t)guest.memory[0].size;
    uint64_t *memory = NULL;

    while (memory == NULL && bytes > HEAP_LEFT) {
        bytes -= HEAP_LEFT;
        memory = malloc(bytes);
    }
    *words = (bytes - HEAP_LEFT) / sizeof(uint64_t);
    return realloc(memory, bytes - HEAP_LEFT);
}

/* Reads a slice again; tells the first few words that are not as they were written. */
static unsigned slice_check(const uint64_t *memory, size_t from, size_t to)
{
    static unsigned told;
    unsigned changed = 0;

    for (size_t i = from; i < to; i++) {
        uint64_t word = *(const volatile uint64_t *)&memory[i];

        if (word != pattern_word((uintptr_t)&memory[i])) {
            changed++;
            if (told++ < 4) {
                printf("pattern: CHANGED at %p: 0x%" PRIx64 "\n", (const void *)&memory[i], word);
            }
        }
    }
    return changed;
}

int main(void)
{
    size_t words, at = 0;
    uint64_t *memory = memory_take(&words);
    unsigned long passes = 0, changed = 0;

    for (size_t i = 0; i < words; i++) {
        memory[i] = pattern_word((uintptr_t)&memory[i]);
    }
    printf("pattern: %lu KiB written\n", (unsigned long)words * sizeof(uint64_t) / 1024);
    rtc_start();
    compare = timer_count();
    irq_set_handler(guest.timer_virtual_intid, period_tick);
    gic_enable(guest.timer_virtual_intid);
    timer_start(compare);
    cpu_unmask_interrupts();
    for (unsigned long n = 1;; n++) {
        size_t to = at + SLICE < words ? at + SLICE : words;

        changed += slice_check(memory, at, to);
        passes += to == words;
        at = to == words ? 0 : to;
        if (n % REPORT_EACH == 0) {
            printf("pattern: %lu passes, %lu changed, %u clock interrupts, %u spurious\n", passes,
                   changed, rtc_ticks, rtc_spurious);
        }
        period_wait();
    }
}
