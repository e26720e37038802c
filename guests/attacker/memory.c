/* SPDX-License-Identifier: Apache-2.0 */
/* The whole address space, page by page: what can be read, written, executed, and what is in it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "attacker.h"
#include "guest.h"
#include "../pattern/pattern.h"

#define PAGE          4096u
#define HEAP_USED     KIB(64) /* by newlib, from the image's end on */
#define DENSE_END     GIB(2)  /* every page below; devices and memory of a small board */
#define DEVICES_START 0x08000000u
#define DEVICES_END   0x0b000000u
#define SPARSE_STEP   MIB(64)
#define SPARSE_END    GIB(512)
#define ZEROS         256u /* bytes */
#define IMAGE_WORDS   8u

extern char _end_of_image[];

/* What an access may do. */
struct kind {
    const char *name;
    enum view view;
    const uint32_t *code; /* NULL: fetch */
    unsigned sieve;       /* in the dense part, one page of so many, but for the devices' */
};

static const struct kind kinds[] = {
    {"read EL1", VIEW_NORMAL, access_ldr_w, 1},   {"read EL0", VIEW_EL0_NORMAL, access_ldr_w, 16},
    {"write EL1", VIEW_NORMAL, access_str_w, 16}, {"write EL0", VIEW_EL0_NORMAL, access_str_w, 16},
    {"fetch EL1", VIEW_CODE, NULL, 16},           {"fetch EL0", VIEW_EL0_CODE, NULL, 16},
};

/* ---- what is found ---- */

/* image=HEX,HEX…: words of Bulkhead's image, inverted: the argument is no finding. */
static uint64_t image_words[IMAGE_WORDS];

static void image_words_read(void)
{
    char text[IMAGE_WORDS * 20];
    char *at = text;

    if (!guest_argument("image", text, sizeof(text))) {
        return;
    }
    for (unsigned i = 0; i < IMAGE_WORDS && *at != '\0'; i++) {
        image_words[i] = strtoull(at, &at, 16);
        at += *at == ',';
    }
}

bool is_bulkhead(uint64_t word)
{
    for (unsigned i = 0; i < IMAGE_WORDS; i++) {
        if (image_words[i] != 0 && word == ~image_words[i]) {
            return true;
        }
    }
    return false;
}

bool is_pattern(uint64_t word)
{
    return pattern_is_word(word);
}

struct found {
    unsigned long words;
    unsigned long not_zero;
    unsigned long pattern;
    unsigned long bulkhead;
};

static void found_add(struct found *found, uint64_t word)
{
    found->words++;
    found->not_zero += word != 0;
    found->pattern += is_pattern(word);
    found->bulkhead += is_bulkhead(word);
}

static void found_print(const char *where, const struct found *found)
{
    printf("attacker: memory %s: %lu words, %lu not zero, %lu of the pattern, %lu of Bulkhead\n",
           where, found->words, found->not_zero, found->pattern, found->bulkhead);
}

/* Its own memory as it was when it got it: what it has not used yet is zero. */
static void own_memory_scan(void)
{
    uintptr_t fresh = (uintptr_t)_end_of_image + HEAP_USED;
    uintptr_t tree = (uintptr_t)guest.dtb;
    struct found rest = {0}, unused = {0};

    for (unsigned i = 0; i < guest.memory_count; i++) {
        uint64_t end = guest.memory[i].base + guest.memory[i].size;

        for (uint64_t at = guest.memory[i].base; at < end; at += sizeof(uint64_t)) {
            bool is_fresh = at >= fresh && (at < tree || tree < guest.memory[i].base);

            found_add(is_fresh ? &unused : &rest, *(const volatile uint64_t *)(uintptr_t)at);
        }
    }
    found_print("unused", &unused);
    rest.not_zero = 0; /* image and tree */
    found_print("own", &rest);
}

/* ---- all addresses ---- */

/* Runs of readable pages; those of a window that is emulated are not memory. */
struct runs {
    uint64_t start, end;
    bool page_not_zero;
    struct found found;
};

static bool is_window(uint64_t address)
{
    bool yes = address / PAGE == guest.uart_base / PAGE;

    yes |= address - guest.gicd_base < KIB(64) ||
           (guest.gic_version == 2 && address - guest.gicc_base < KIB(64));
    for (unsigned i = 0; i < guest.gicr_count; i++) {
        yes |= address - guest.gicr[i].base < guest.gicr[i].size;
    }
    return yes;
}

/* By halves: not every CPU has a load of 64 bits that can be emulated. */
static struct outcome read64(uintptr_t view)
{
    struct outcome low = probe(1, (uintptr_t)access_ldr_w, view, 0);
    struct outcome high = probe(1, (uintptr_t)access_ldr_w, view + 4, 0);

    low.value |= high.value << 32;
    low.esr |= high.esr;
    return low;
}

static void readable_page(struct runs *runs, uint64_t address)
{
    if (address != runs->end && runs->end != 0) {
        log_add("%" PRIx64 "-%" PRIx64, runs->start, runs->end - 1);
        runs->start = address;
    }
    runs->start = runs->end == 0 ? address : runs->start;
    runs->end = address + PAGE;
    runs->page_not_zero = false;
    if (is_window(address) || is_own_memory(address, PAGE)) {
        return;
    }
    /* Neither code nor a pattern begins with so many zeros, but what is emulated may. */
    for (unsigned i = 0; i < PAGE && (i < ZEROS || runs->page_not_zero); i += 8) {
        struct outcome o = read64(view_of(VIEW_NORMAL, address + i));

        runs->page_not_zero |= o.esr == 0 && o.value != 0;
        if (o.esr == 0) {
            found_add(&runs->found, o.value);
        }
    }
}

static void try_page(const struct kind *kind, uint64_t address, struct tally *tally,
                     struct runs *runs)
{
    uintptr_t view = view_of(kind->view, address);
    struct outcome o;

    if (kind->code == NULL) {
        o = probe(view_el(kind->view), view, 0, 0);
    } else {
        o = probe(view_el(kind->view), (uintptr_t)kind->code, view, ~0ull);
    }
    tally_add(tally, o.esr);
    if (kind->sieve == 1 && o.esr == 0) {
        readable_page(runs, address);
    }
}

/* The next address to try; 0 behind the last. */
static uint64_t address_next(uint64_t address, unsigned sieve)
{
    bool devices = address >= DEVICES_START && address < DEVICES_END;

    if (address < DENSE_END) {
        return address + (devices ? PAGE : (uint64_t)sieve * PAGE);
    }
    if (address < SPARSE_END) {
        return address + SPARSE_STEP;
    }
    /* Then the last page below and the first one of each power of two. */
    if ((address & (address - 1)) != 0) {
        return address + PAGE;
    }
    return address >> (ADDRESS_BITS - 1) != 0 ? 0 : 2 * address - PAGE;
}

static void try_all(const struct kind *kind)
{
    struct tally tally = {0};
    struct runs runs = {0};
    uint64_t address = 0;

    log_begin("memory readable");
    do {
        /* What it has, it knows; the windows are the GIC's and the console's attacks' to write. */
        if (!is_own_memory(address, PAGE) && (kind->code != access_str_w || !is_window(address))) {
            try_page(kind, address, &tally, &runs);
        }
        address = address_next(address, kind->sieve);
    } while (address != 0);
    if (kind->sieve == 1) {
        log_add("%" PRIx64 "-%" PRIx64, runs.start, runs.end - 1);
        log_end();
        found_print("foreign", &runs.found);
    }
    log_begin("memory %s", kind->name);
    tally_log("", &tally);
    log_end();
}

void attack_memory(void)
{
    image_words_read();
    own_memory_scan();
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        try_all(&kinds[i]);
    }
}
