/* SPDX-License-Identifier: Apache-2.0 */
/* Every offset of the interrupt controller's windows, in every width, aligned and not. */
#include "gic.h"

#include <inttypes.h>
#include <stdio.h>

#include "attacker.h"
#include "guest.h"

#define GICD_V2_SIZE    0x1000u
#define GICD_V3_SIZE    0x10000u
#define GICC_SIZE       0x2000u
#define RANDOM_ACCESSES 20000u
#define WIDTHS          4u

struct window {
    const char *name;
    uintptr_t base;
    uintptr_t size;
};

static const struct {
    const uint32_t *load, *store;
} codes[WIDTHS] = {
    {access_ldrb, access_strb},
    {access_ldrh, access_strh},
    {access_ldr_w, access_str_w},
    {access_ldr_x, access_str_x},
};

/* What the device tree gives us of the GIC, and one frame more than we have CPUs. */
static unsigned windows_get(struct window *windows)
{
    unsigned count = 0;

    if (guest.gic_version == 2) {
        windows[count++] = (struct window){"GICD", guest.gicd_base, GICD_V2_SIZE};
        windows[count++] = (struct window){"GICC", guest.gicc_base, GICC_SIZE};
    } else if (guest.gic_version == 3) {
        windows[count++] = (struct window){"GICD", guest.gicd_base, GICD_V3_SIZE};
        windows[count++] = (struct window){"GICR", (uintptr_t)guest.gicr[0].base, GICR_SIZE};
        windows[count++] = (struct window){
            "GICR-other", (uintptr_t)guest.gicr[0].base + guest.cpu_count * GICR_SIZE, GICR_SIZE};
    }
    return count;
}

/* ---- reads: runs of equal values ---- */

static bool is_same(struct outcome a, struct outcome b)
{
    return a.esr == b.esr && (a.esr != 0 || a.value == b.value);
}

static void log_run(uintptr_t first, uintptr_t last, struct outcome o)
{
    if (o.esr != 0) {
        log_add("%" PRIxPTR "-%" PRIxPTR "=!%" PRIx64, first, last, o.esr);
    } else if (o.value != 0) {
        log_add("%" PRIxPTR "-%" PRIxPTR "=%" PRIx64, first, last, o.value);
    }
}

/* Those that read as zero are not told; last, how many were read. */
static void read_all(const struct window *window, const char *when, unsigned log2)
{
    unsigned width = 1u << log2;
    uintptr_t first = 0, last = 0;
    struct outcome run = {0};
    unsigned long count = 0, leaks = 0;

    log_begin("gic %s %s r%u", window->name, when, width);
    for (uintptr_t offset = 0; offset < window->size; offset += width) {
        uintptr_t view = view_of(VIEW_DEVICE, window->base + offset);
        struct outcome o = probe(1, (uintptr_t)codes[log2].load, view, 0);

        count++;
        leaks += o.esr == 0 && (is_pattern(o.value) || is_bulkhead(o.value));
        if (!is_same(o, run)) {
            log_run(first, last, run);
            first = offset;
            run = o;
        }
        last = offset;
    }
    log_run(first, last, run);
    log_add("%lu read, %lu leaks", count, leaks);
    log_end();
}

static void write_all(const struct window *window, unsigned log2, uint64_t value,
                      struct tally *tally)
{
    for (uintptr_t offset = 0; offset < window->size; offset += 1u << log2) {
        uintptr_t view = view_of(VIEW_DEVICE, window->base + offset);

        tally_add(tally, probe(1, (uintptr_t)codes[log2].store, view, value).esr);
    }
}

/* Ones to what sets bits, and to nothing else: those that stay are the interrupts that we own. */
static void set_all(const struct window *window)
{
    static const unsigned rows[] = {GICD_ISENABLER, GICD_ISPENDR, GICD_ISACTIVER};
    uintptr_t frame = guest.gic_version == 3 && window->size == GICR_SIZE ? GICR_SGI_FRAME : 0;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned word = 0; word < 0x80; word += 4) {
            probe(1, (uintptr_t)access_str_w,
                  view_of(VIEW_DEVICE, window->base + frame + rows[i] + word), ~0ull);
        }
    }
}

/* A Normal mapping, as in a Device one the CPU itself refuses what is not aligned. */
static void unaligned_all(const struct window *window, bool store)
{
    struct tally tally = {0};

    for (unsigned log2 = 1; log2 < WIDTHS; log2++) {
        const uint32_t *code = store ? codes[log2].store : codes[log2].load;

        for (uintptr_t offset = 0; offset < window->size; offset++) {
            uintptr_t view = view_of(VIEW_NORMAL, window->base + offset);

            if (offset % (1u << log2) != 0) {
                tally_add(&tally, probe(1, (uintptr_t)code, view, 0).esr);
            }
        }
    }
    log_begin("gic %s unaligned %s", window->name, store ? "write" : "read");
    tally_log("", &tally);
    log_end();
}

static void attack_window(const struct window *window)
{
    static const uint64_t values[] = {~0ull, 0};

    for (unsigned log2 = 0; log2 < WIDTHS; log2++) {
        read_all(window, "at first", log2);
    }
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        for (unsigned log2 = 0; log2 < WIDTHS; log2++) {
            struct tally tally = {0};

            write_all(window, log2, values[i], &tally);
            log_begin("gic %s w%u", window->name, 1u << log2);
            tally_log("", &tally);
            log_end();
        }
        read_all(window, values[i] == 0 ? "after zeros" : "after ones", 2);
    }
    set_all(window);
    read_all(window, "after sets", 2);
    unaligned_all(window, false);
    unaligned_all(window, true);
}

/* ---- at random ---- */

static void interface_scramble(void)
{
    if (guest.gic_version == 3) {
        sysreg_write(ICC_PMR_EL1, random_next() & 0xff);
        sysreg_write(ICC_BPR1_EL1, random_next() & 7);
        sysreg_write(ICC_CTLR_EL1, random_next() & 3);
        sysreg_write(ICC_AP1R0_EL1, random_next() & 0xffffffff);
        sysreg_write(ICC_EOIR1_EL1, random_next() & 0x3ff);
        sysreg_write(ICC_DIR_EL1, random_next() & 0x3ff);
        sysreg_write(ICC_SGI1R_EL1, random_next());
        sysreg_write(ICC_SGI1R_EL1, ICC_SGI1R_OTHERS | (random_next() & 0xf000000));
        sysreg_write(ICC_IGRPEN1_EL1, random_next() & 1);
        barrier_isb();
    }
}

static void random_accesses(const struct window *windows, unsigned count)
{
    struct tally tally = {0};

    for (unsigned i = 0; i < RANDOM_ACCESSES; i++) {
        uint64_t random = random_next();
        const struct window *window = &windows[i % count];
        unsigned log2 = random >> 40 & 3;
        uintptr_t offset = (uintptr_t)random % window->size & ~(((uintptr_t)1 << log2) - 1);
        const uint32_t *code = random >> 42 & 1 ? codes[log2].store : codes[log2].load;

        tally_add(&tally, probe(1, (uintptr_t)code, view_of(VIEW_DEVICE, window->base + offset),
                                random_next())
                              .esr);
        if (i % 64 == 0) {
            interface_scramble();
        }
    }
    tally_print("gic random", &tally);
}

/* Drops the priorities that reads of GICC_IAR raised. QEMU looks at GICC_APR only at an EOI. */
static void interface_drain(void)
{
    if (guest.gic_version == 2) {
        for (unsigned i = 0; i < 16; i += 4) {
            mmio_write32(guest.gicc_base + GICC_APR + i, 0);
            mmio_write32(guest.gicc_base + GICC_NSAPR + i, 0);
        }
        mmio_write32(guest.gicc_base + GICC_CTLR, GICC_CTLR_ENABLE);
        mmio_write32(guest.gicc_base + GICC_EOIR, 0);
    }
}

void attack_gic(void)
{
    struct window windows[3];
    unsigned count = windows_get(windows);

    for (unsigned i = 0; i < count; i++) {
        gic_init();
        gic_init_cpu();
        attack_window(&windows[i]);
        interface_drain();
    }
    if (count != 0) {
        random_accesses(windows, count);
        interface_drain();
        gic_init();
        gic_init_cpu();
    }
}
