/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of an ITS and its redistributors, which takes commands and walks tables (IHI 0069). It is
 * not coherent: it sees what was cleaned, and writes there.
 */
#ifndef DRIVERS_GIC_ITS_MODEL_TEST_H
#define DRIVERS_GIC_ITS_MODEL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#include "core/memory/pool.h"
#include "core/plan/plan.h"

#define ITS       UINT64_C(0x8080000)
#define RD        UINT64_C(0x80a0000)
#define RD_STRIDE UINT64_C(0x20000)
#define CPUS      2

/* A pool of our own, that starts anew with each test, and what the model sees of it. */
static uint8_t ram[256][PAGE_SIZE] __attribute__((aligned(0x10000)));
static uint8_t seen[256][PAGE_SIZE] __attribute__((aligned(0x10000)));
static uint32_t pages_used;

static struct {
    uint32_t ctlr;
    uint64_t typer, cbaser, cwriter, creadr;
    uint64_t baser[8];
    bool no_indirect, stuck, never_rests;
    uint64_t page_size;        /* of its tables, as Page_Size says; not to be chosen */
    uint64_t collection[CPUS]; /* target of MAPC, or ~0 */
    uint32_t syncs, invs;
} its;

static struct {
    uint32_t ctlr;
    uint64_t typer, propbaser, pendbaser;
    bool firm; /* it does not let go of the firmware's tables */
} rd[CPUS];

static struct cpu cpu[CPUS];

/* Instead of the library's. */
void *pool_take(uint32_t pages)
{
    const uint32_t align = (uint32_t)pool_alignment(pages);

    pages_used = (uint32_t)align_up(pages_used, align) + pages;
    assert_true(pages_used <= sizeof(ram) / sizeof(*ram));
    memset(seen[pages_used - pages], 0xa5, pages * PAGE_SIZE);
    return memset(ram[pages_used - pages], 0, pages * PAGE_SIZE);
}

/* ---- the model ---- */

static inline uint64_t *memory_at(uint64_t address)
{
    assert_true(address >= (uintptr_t)ram && address < (uintptr_t)ram + sizeof(ram));
    return (uint64_t *)((uintptr_t)seen + (address - (uintptr_t)ram));
}

/* host.clean */
static inline void see(const void *p, uint64_t n)
{
    memcpy(memory_at((uintptr_t)p), p, n);
}

static inline uint64_t entry_size(void)
{
    return (its.typer >> 4 & 15) + 1;
}

static inline uint64_t per_page(void)
{
    return (PAGE_SIZE << 2 * its.page_size) / 8;
}

static inline bool is_flat(void)
{
    return (its.baser[0] >> 62 & 1) == 0;
}

/* The device's entry, in the model's form: its table's address, event bits in the low ones. */
static inline uint64_t *device_entry(uint64_t device)
{
    uint64_t *table = memory_at(its.baser[0] & 0xfffffffff000);
    uint64_t level1;

    if (is_flat()) {
        assert_true(device < ((its.baser[0] & 0xff) + 1) * per_page());
        assert_int_equal((its.baser[0] & 0xfffffffff000) % (per_page() * 8), 0);
        return &table[device];
    }
    level1 = table[device / per_page()];
    assert_true(level1 >> 63);
    assert_int_equal(level1 % (per_page() * 8), 0);
    assert_int_equal((its.baser[0] & 0xfffffffff000) % (per_page() * 8), 0);
    return &memory_at(level1 & 0xfffffffff000)[device % per_page()];
}

/* Of the model's own form, in the memory that the driver gave: LPI, and collection in the top. */
static inline uint32_t *event_entry(uint64_t device, uint64_t event)
{
    uint64_t entry = *device_entry(device);

    assert_true(entry != 0);
    assert_true(event < UINT64_C(1) << (entry & 31));
    return (uint32_t *)((uintptr_t)memory_at(entry & ~UINT64_C(31)) + event * entry_size());
}

static inline void take_command(const uint64_t *c)
{
    switch (c[0] & 0xff) {
    case 0x05:
        its.syncs++;
        break;
    case 0x08:
        assert_true(c[2] >> 63);
        assert_int_equal(c[2] & 0xff, 0);
        *device_entry(c[0] >> 32) = (c[2] & 0xfffffffffff00) | ((c[1] & 31) + 1);
        break;
    case 0x09:
        assert_true(c[2] >> 63 && (c[2] & 0xffff) < CPUS);
        its.collection[c[2] & 0xffff] = c[2] >> 16 & 0x7ffffffff;
        break;
    case 0x0a:
        assert_true((uint32_t)(c[1] >> 32) >= 8192);
        assert_true(its.collection[c[2] & 0xffff] != ~UINT64_C(0));
        *event_entry(c[0] >> 32, (uint32_t)c[1]) = (uint32_t)(c[1] >> 32) | (uint32_t)c[2] << 24;
        break;
    case 0x0c:
        assert_int_not_equal(*event_entry(c[0] >> 32, (uint32_t)c[1]), 0);
        its.invs++;
        break;
    default:
        fail_msg("command 0x%lx", c[0]);
    }
}

static inline void take_commands(void)
{
    assert_true(its.ctlr & 1 && its.cbaser >> 63);
    while (its.creadr != its.cwriter) {
        if (its.stuck) {
            its.creadr |= 1;
            return;
        }
        take_command(memory_at((its.cbaser & 0xfffffffff000) + its.creadr));
        its.creadr = (its.creadr + 32) % (((its.cbaser & 0xff) + 1) * PAGE_SIZE);
    }
}

static inline uint64_t read_its(void *model, uint64_t offset, unsigned size)
{
    (void)model;
    (void)size;
    switch (offset) {
    case 0x00:
        return its.ctlr | ((its.ctlr & 1) == 0 && !its.never_rests ? UINT64_C(1) << 31 : 0);
    case 0x08:
        return its.typer;
    case 0x90:
        return its.creadr;
    default:
        assert_in_range(offset, 0x100, 0x138);
        return its.baser[(offset - 0x100) / 8];
    }
}

static inline void write_its(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    uint64_t *baser;

    (void)model;
    (void)size;
    switch (offset) {
    case 0x00:
        its.ctlr = (uint32_t)v;
        break;
    case 0x80:
        assert_false(its.ctlr & 1);
        its.cbaser = v;
        its.creadr = 0;
        break;
    case 0x88:
        its.cwriter = v;
        if ((its.ctlr & 1) != 0) {
            take_commands();
        }
        break;
    default:
        assert_in_range(offset, 0x100, 0x138);
        assert_false(its.ctlr & 1);
        baser = &its.baser[(offset - 0x100) / 8]; /* Type and Entry_Size are fixed */
        *baser = (v & ~UINT64_C(0x071f000000000000)) | (*baser & UINT64_C(0x071f000000000000));
        *baser &= its.no_indirect ? ~(UINT64_C(1) << 62) : ~UINT64_C(0);
        *baser = (*baser & ~UINT64_C(0x300)) | its.page_size << 8;
    }
}

static inline uint64_t read_rd(void *model, uint64_t offset, unsigned size)
{
    uint32_t n = (uint32_t)(offset / RD_STRIDE);

    (void)model;
    (void)size;
    switch (offset % RD_STRIDE) {
    case 0x00:
        return rd[n].ctlr;
    case 0x08:
        return rd[n].typer;
    default:
        fail_msg("read of GICR 0x%lx", offset);
        return 0;
    }
}

static inline void write_rd(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    uint32_t n = (uint32_t)(offset / RD_STRIDE);

    (void)model;
    (void)size;
    switch (offset % RD_STRIDE) {
    case 0x00:
        rd[n].ctlr = (uint32_t)v | (rd[n].firm ? rd[n].ctlr & 1 : 0);
        break;
    case 0x70:
        assert_false(rd[n].ctlr & 1); /* else what is written has no effect */
        rd[n].propbaser = v;
        break;
    case 0x78:
        assert_false(rd[n].ctlr & 1);
        rd[n].pendbaser = v;
        break;
    default:
        fail_msg("write of GICR 0x%lx", offset);
    }
}

/* The LPI that a message becomes, 0 where it is dropped; its CPU. */
static inline uint32_t message(uint32_t device, uint32_t event, uint64_t *target)
{
    uint64_t *table = memory_at(its.baser[0] & 0xfffffffff000);
    uint64_t entry = is_flat() || table[device / per_page()] != 0 ? *device_entry(device) : 0;
    uint32_t lpi;

    if (entry == 0 || event >> (entry & 31) != 0) {
        return 0;
    }
    lpi = *event_entry(device, event);
    *target = its.collection[lpi >> 24];
    return lpi & 0xffffff;
}

#endif
