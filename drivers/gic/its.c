/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives a GICv3's ITSs, and what redistributors need for LPIs. All memory that they walk is taken
 * before partitions run, written once, and cleaned: they are told that nothing is cacheable. A
 * message that no command of ours has mapped is dropped. IHI 0069 5, 12.9 to 12.13.
 */
#include "drivers/gic/its.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/panic.h"
#include "core/base/wait.h"
#include "core/memory/pool.h"
#include "core/plan/msi.h"

#define GITS_CTLR     0x0000           /* RW */
#define GITS_TYPER    0x0008           /* RO, 64 bits */
#define GITS_CBASER   0x0080           /* RW, 64 bits */
#define GITS_CWRITER  0x0088           /* RW, 64 bits */
#define GITS_CREADR   0x0090           /* RO, 64 bits */
#define GITS_BASER(n) (0x0100 + (n)*8) /* RW, 64 bits */

#define GICR_CTLR      0x0000 /* RW */
#define GICR_TYPER     0x0008 /* RO, 64 bits */
#define GICR_PROPBASER 0x0070 /* RW, 64 bits */
#define GICR_PENDBASER 0x0078 /* RW, 64 bits */

#define GITS_CTLR_ENABLED    BIT(0)
#define GITS_CTLR_QUIESCENT  BIT(31)
#define GITS_TYPER_PHYSICAL  BIT(0)
#define GITS_TYPER_ITT_SIZE  MASK(7, 4)
#define GITS_TYPER_IDBITS    MASK(12, 8)
#define GITS_TYPER_DEVBITS   MASK(17, 13)
#define GITS_TYPER_PTA       BIT(19)
#define GITS_BASER_VALID     BIT(63)
#define GITS_BASER_INDIRECT  BIT(62)
#define GITS_BASER_INNER     MASK(61, 59)
#define GITS_BASER_TYPE      MASK(58, 56)
#define GITS_BASER_ENTRY     MASK(52, 48)
#define GITS_BASER_PAGE_SIZE MASK(9, 8)
#define GITS_BASER_SIZE      MASK(7, 0)
#define GITS_BASERS          8
#define GITS_CREADR_STALLED  BIT(0)
#define GICR_CTLR_LPIS       BIT(0)
#define GICR_CTLR_RWP        BIT(3)
#define GICR_TYPER_PLPIS     BIT(0)
#define GICR_TYPER_NUMBER    MASK(23, 8)
#define GICR_BASER_INNER     MASK(9, 7)
#define GICR_PROPBASER_BITS  MASK(4, 0)
#define GICR_PENDBASER_ZERO  BIT(62) /* PTZ: the table is all zero */

#define TYPE_DEVICES     1
#define TYPE_COLLECTIONS 4
#define LARGEST_PAGE     2 /* of GITS_BASER.Page_Size: 64 KiB */
#define NON_CACHEABLE    1
#define INTID_BITS       14   /* of LPIs, 8192 .. 16383: no configuration table is smaller */
#define LPI_ON           0xa3 /* enabled; the priority of all */
#define EVENT_BITS       5
#define PENDING_PAGES    16 /* PENDBASER is aligned to 64 KiB */
#define CONFIG_PAGES     2
#define CONFIG_BYTES     (CONFIG_PAGES * PAGE_SIZE)

_Static_assert(PLAN_EVENTS == 1 << EVENT_BITS, "MAPD's size");
_Static_assert(LPI_LIMIT <= CONFIG_BYTES, "a byte each");
_Static_assert(2 * PENDING_PAGES - 1 <= MSI_CPU_PAGES, "with alignment");
_Static_assert(2 * CONFIG_PAGES - 1 <= MSI_SHARED_PAGES, "with alignment");

/* Commands: IHI 0069 5.3. */
#define CMD_SYNC    0x05
#define CMD_MAPD    0x08
#define CMD_MAPC    0x09
#define CMD_MAPTI   0x0a
#define CMD_INV     0x0c
#define CMD_WORDS   4
#define CMD0_DEVICE MASK(63, 32)
#define CMD1_EVENT  MASK(31, 0)
#define CMD1_LPI    MASK(63, 32)
#define CMD1_BITS   MASK(4, 0)
#define CMD2_VALID  BIT(63)
#define CMD2_CPU    MASK(50, 16)
#define QUEUE_BYTES PAGE_SIZE

#define FLAT_PAGES 256 /* GITS_BASER.Size tells one less */

/* Class: of the boot CPU, before partitions run. */
static struct unit {
    const char *path;
    uint64_t base;
    uint64_t typer;
    uint64_t device_limit; /* DeviceIDs from here on it does not have */
    uint64_t *queue;
    uint64_t *devices;     /* level 1 of two: a page's address for each that has a device */
    uint64_t page;         /* bytes of a page of that table */
    uint64_t written;      /* GITS_CWRITER: bytes */
    uint32_t device_entry; /* bytes */
    bool flat;             /* the table has one level: the entries themselves */
} units[PLAN_MAX_ITS];

static struct {
    uint32_t its, device;
    void *itt;
} added[PLAN_MAX_FUNCTIONS];
static uint32_t added_count;

/* A byte per LPI, for all redistributors; the pending ones of each CPU. */
static uint8_t *config;
static void *pending[CONFIG_MAX_CPUS];

/* ---- registers ---- */

/* A second at most. */
static enum status wait_until(uint64_t address, uint64_t mask, uint64_t v)
{
    return wait_register(address, mask, v, plan.board.timer_hz);
}

/* Zeroed pages that the hardware sees so. */
static void *take(uint64_t pages)
{
    void *taken = pool_take((uint32_t)pages);

    if (taken != NULL) {
        arch_cache_clean(taken, pages * PAGE_SIZE);
    }
    return taken;
}

static uint64_t address_of(const void *memory)
{
    return (uint64_t)(uintptr_t)memory;
}

/* ---- commands ---- */

static void put(struct unit *u, uint64_t word0, uint64_t word1, uint64_t word2)
{
    uint64_t *command = u->queue + u->written / sizeof(uint64_t);

    command[0] = word0;
    command[1] = word1;
    command[2] = word2;
    command[3] = 0;
    arch_cache_clean(command, CMD_WORDS * sizeof(uint64_t));
    u->written = (u->written + CMD_WORDS * sizeof(uint64_t)) % QUEUE_BYTES;
}

/* Have it do what was put: less than a queue of it. */
static enum status run(struct unit *u)
{
    uint64_t start = arch_counter();
    uint64_t at;

    arch_write64(u->base + GITS_CWRITER, u->written);
    while ((at = arch_read64(u->base + GITS_CREADR)) != u->written) {
        if ((at & GITS_CREADR_STALLED) != 0 || arch_counter() - start > plan.board.timer_hz) {
            console_printf("bulkhead: error: %s: the ITS does not take a command (GITS_CREADR "
                           "0x%" PRIx64 ")\n",
                           u->path, at);
            return E_TIMEOUT;
        }
        arch_wait_hint();
    }
    return OK;
}

/* ---- taking over ---- */

static const char *lacks(uint64_t typer)
{
    if ((typer & GITS_TYPER_PHYSICAL) == 0) {
        return "it makes no physical LPIs (GITS_TYPER)";
    }
    if (field_get(GITS_TYPER_IDBITS, typer) + 1 < EVENT_BITS) {
        return "a device has too few EventIDs (GITS_TYPER.ID_bits)";
    }
    return NULL;
}

/* Of our pages: a page of the table n, 4 KiB where the ITS lets one choose, else 16 or 64. */
static uint32_t table_pages(const struct unit *u, uint32_t n, uint64_t indirect)
{
    uint64_t size;

    arch_write64(u->base + GITS_BASER(n), indirect);
    size = field_get(GITS_BASER_PAGE_SIZE, arch_read64(u->base + GITS_BASER(n)));
    return size < LARGEST_PAGE ? 1u << 2 * size : 1u << 2 * LARGEST_PAGE;
}

/*
 * As many as DeviceIDs have bits for, and a page of the level-1 table has entries for; what its
 * tables lack, or NULL.
 */
static const char *count_devices(struct unit *u, struct plan_its *plan_its)
{
    uint64_t bits = field_get(GITS_TYPER_DEVBITS, u->typer) + 1;
    const char *why = "it keeps no table of devices (GITS_BASER)";

    for (uint32_t n = 0; n < GITS_BASERS; n++) {
        uint64_t type = field_get(GITS_BASER_TYPE, arch_read64(u->base + GITS_BASER(n)));
        uint32_t pages = 0;

        if (type == TYPE_DEVICES) {
            pages = table_pages(u, n, GITS_BASER_INDIRECT);
            why = NULL;
            u->flat = (arch_read64(u->base + GITS_BASER(n)) & GITS_BASER_INDIRECT) == 0;
            u->page = pages * PAGE_SIZE;
            u->device_entry =
                (uint32_t)field_get(GITS_BASER_ENTRY, arch_read64(u->base + GITS_BASER(n))) + 1;
            u->device_limit =
                u->page / u->device_entry * (u->flat ? FLAT_PAGES : u->page / sizeof(uint64_t));
            plan_its->flat_entry = u->flat ? u->device_entry : 0;
        } else if (type == TYPE_COLLECTIONS) {
            pages = table_pages(u, n, 0);
        }
        plan_its->table_pages = pages > plan_its->table_pages ? pages : plan_its->table_pages;
    }
    u->device_limit = u->device_limit < BIT(bits) ? u->device_limit : BIT(bits);
    return why;
}

static enum status its_probe(struct plan *p, uint32_t its, const char **why)
{
    struct plan_its *plan_its = &p->board.its[its];
    struct unit *u = &units[its];
    enum status status;

    *u = (struct unit){.path = plan_its->path, .base = plan_its->mmio.base};
    *why = "its registers are less than 128 KiB (reg)";
    if (plan_its->mmio.size < 0x20000) {
        return E_UNSUPPORTED;
    }
    arch_write32(u->base + GITS_CTLR, 0);
    *why = "it does not come to rest";
    status = wait_until(u->base + GITS_CTLR, GITS_CTLR_QUIESCENT, GITS_CTLR_QUIESCENT);
    if (status != OK) {
        return status;
    }
    u->typer = arch_read64(u->base + GITS_TYPER);
    *why = lacks(u->typer);
    if (*why == NULL) {
        *why = count_devices(u, plan_its);
        plan_its->devices = u->device_limit;
    }
    return *why == NULL ? OK : E_UNSUPPORTED;
}

/* ---- memory ---- */

static uint64_t itt_pages(const struct unit *u)
{
    uint64_t entry = field_get(GITS_TYPER_ITT_SIZE, u->typer) + 1;

    return align_up(entry << EVENT_BITS, PAGE_SIZE) / PAGE_SIZE;
}

/*
 * One page of the table of that type, indirect for devices, or all of it; E_UNSUPPORTED where the
 * ITS does not take what it is given.
 */
static enum status set_table(struct unit *u, uint32_t n, uint64_t type)
{
    const uint64_t shape = GITS_BASER_INDIRECT | GITS_BASER_PAGE_SIZE | GITS_BASER_SIZE;
    const bool flat = type == TYPE_DEVICES && u->flat;
    uint64_t indirect = type == TYPE_DEVICES && !u->flat ? GITS_BASER_INDIRECT : 0;
    uint64_t each = table_pages(u, n, indirect);
    uint64_t pages = flat ? msi_flat_pages(&plan, (uint32_t)(u - units)) : each;
    void *page = take(pages);
    uint64_t is = indirect | (arch_read64(u->base + GITS_BASER(n)) & GITS_BASER_PAGE_SIZE) |
                  field_prep(GITS_BASER_SIZE, pages / each - 1);

    if (page == NULL) {
        return E_NO_SPACE;
    }
    arch_write64(u->base + GITS_BASER(n), GITS_BASER_VALID | is |
                                              field_prep(GITS_BASER_INNER, NON_CACHEABLE) |
                                              address_of(page));
    if ((arch_read64(u->base + GITS_BASER(n)) & shape) != is) {
        return E_UNSUPPORTED;
    }
    if (type == TYPE_DEVICES) {
        u->devices = page;
    }
    return OK;
}

static enum status set_tables(struct unit *u)
{
    enum status status = OK;

    for (uint32_t n = 0; status == OK && n < GITS_BASERS; n++) {
        uint64_t type = field_get(GITS_BASER_TYPE, arch_read64(u->base + GITS_BASER(n)));

        arch_write64(u->base + GITS_BASER(n), 0);
        if (type == TYPE_DEVICES || type == TYPE_COLLECTIONS) {
            status = set_table(u, n, type);
        }
    }
    return status;
}

static enum status its_start(uint32_t its)
{
    struct unit *u = &units[its];
    enum status status;

    u->queue = take(1);
    if (u->queue == NULL) {
        return E_NO_SPACE;
    }
    status = set_tables(u);
    if (status == OK) {
        arch_write64(u->base + GITS_CBASER, GITS_BASER_VALID |
                                                field_prep(GITS_BASER_INNER, NON_CACHEABLE) |
                                                address_of(u->queue));
        arch_write64(u->base + GITS_CWRITER, 0);
        arch_write32(u->base + GITS_CTLR, (uint32_t)GITS_CTLR_ENABLED);
    }
    return status;
}

static enum status its_add_device(uint32_t its, uint32_t device)
{
    struct unit *u = &units[its];
    uint32_t slot = device / (uint32_t)(u->page / u->device_entry);
    void *itt;

    check(device < u->device_limit); /* as the plan was told */
    itt = take(itt_pages(u));
    if (!u->flat && u->devices[slot] == 0) {
        void *level2 = take(u->page / PAGE_SIZE);

        if (level2 == NULL) {
            return E_NO_SPACE;
        }
        u->devices[slot] = address_of(level2) | GITS_BASER_VALID;
        arch_cache_clean(&u->devices[slot], sizeof(uint64_t));
    }
    if (itt == NULL || added_count == PLAN_MAX_FUNCTIONS) {
        return E_NO_SPACE;
    }
    added[added_count].its = its;
    added[added_count].device = device;
    added[added_count++].itt = itt;
    return OK;
}

/* ---- redistributors ---- */

static enum status lpi_add_cpu(const struct cpu *cpu)
{
    if (config == NULL) {
        config = take(CONFIG_PAGES);
    }
    if (pending[cpu->index] == NULL) {
        pending[cpu->index] = take(PENDING_PAGES);
    }
    return config == NULL || pending[cpu->index] == NULL ? E_NO_SPACE : OK;
}

static enum status lpi_cpu_init(const struct cpu *cpu)
{
    uint64_t rd = cpu->gic_redist;
    uint32_t ctlr = arch_read32(rd + GICR_CTLR);

    if ((arch_read64(rd + GICR_TYPER) & GICR_TYPER_PLPIS) == 0) {
        return E_UNSUPPORTED;
    }
    if ((ctlr & GICR_CTLR_LPIS) != 0) { /* the firmware's: not each lets go of it */
        arch_write32(rd + GICR_CTLR, ctlr & (uint32_t)~GICR_CTLR_LPIS);
        if (wait_until(rd + GICR_CTLR, GICR_CTLR_RWP | GICR_CTLR_LPIS, 0) != OK) {
            return E_UNSUPPORTED;
        }
    }
    arch_write64(rd + GICR_PROPBASER, address_of(config) |
                                          field_prep(GICR_BASER_INNER, NON_CACHEABLE) |
                                          field_prep(GICR_PROPBASER_BITS, INTID_BITS - 1));
    arch_write64(rd + GICR_PENDBASER, address_of(pending[cpu->index]) | GICR_PENDBASER_ZERO |
                                          field_prep(GICR_BASER_INNER, NON_CACHEABLE));
    arch_write32(rd + GICR_CTLR, (ctlr & (uint32_t)~GICR_CTLR_LPIS) | (uint32_t)GICR_CTLR_LPIS);
    arch_dsb();
    return OK;
}

/* ---- mapping ---- */

/* As commands name the CPU: by the address of its redistributor, or its number. */
static uint64_t target_of(const struct unit *u, const struct cpu *cpu)
{
    return (u->typer & GITS_TYPER_PTA) != 0
               ? cpu->gic_redist & CMD2_CPU
               : field_prep(CMD2_CPU, field_get(GICR_TYPER_NUMBER,
                                                arch_read64(cpu->gic_redist + GICR_TYPER)));
}

static void *itt_of(uint32_t its, uint32_t device)
{
    uint32_t i = 0;

    while (i + 1 < added_count && (added[i].its != its || added[i].device != device)) {
        i++;
    }
    return added[i].itt;
}

static enum status its_map(uint32_t its, uint32_t device, uint32_t count, uint32_t lpi,
                           const struct cpu *cpu)
{
    struct unit *u = &units[its];
    uint64_t id = field_prep(CMD0_DEVICE, device);
    enum status status;

    for (uint32_t i = 0; i < count; i++) {
        config[lpi - LPI_FIRST + i] = LPI_ON;
    }
    arch_cache_clean(config, CONFIG_BYTES);
    put(u, CMD_MAPC, 0, CMD2_VALID | target_of(u, cpu) | cpu->index);
    put(u, CMD_MAPD | id, field_prep(CMD1_BITS, EVENT_BITS - 1),
        CMD2_VALID | address_of(itt_of(its, device)));
    status = run(u);
    for (uint32_t i = 0; status == OK && i < count; i++) {
        put(u, CMD_MAPTI | id, field_prep(CMD1_EVENT, i) | field_prep(CMD1_LPI, lpi + i),
            cpu->index);
        put(u, CMD_INV | id, field_prep(CMD1_EVENT, i), 0);
        put(u, CMD_SYNC, 0, target_of(u, cpu));
        status = run(u);
    }
    return status;
}

static const char *const compatible[] = {"arm,gic-v3-its", NULL};

const struct its_ops its_v3 = {
    .compatible = compatible,
    .probe = its_probe,
    .start = its_start,
    .add_device = its_add_device,
    .add_cpu = lpi_add_cpu,
    .init_cpu = lpi_cpu_init,
    .map = its_map,
};
