/* SPDX-License-Identifier: Apache-2.0 */
/* A guest with an ITS on the model of the GIC, its queue and its table of LPIs, for both tests. */
#ifndef CORE_GUEST_VITS_TEST_H
#define CORE_GUEST_VITS_TEST_H

#include "core/guest/gic_guest_test.h"
#include "core/guest/vits_command.c" /* NOLINT: what it keeps begins anew with each test */

#define ITS    UINT64_C(0x8080000)
#define RAM    UINT64_C(0x40000000) /* of the guest */
#define QUEUE  (RAM + 0x3000)
#define PAGES  2 /* of the queue */
#define CONFIG (RAM + 0x8000)
#define OWN    0x10u    /* DeviceIDs: functions 0 */
#define SECOND 0x12345u /* and 2, */
#define OTHERS 0x20u    /* another partition's, */
#define SILENT 0x30u    /* and of one that sends no messages */

enum {
    MOVI = 1,
    INT = 3,
    CLEAR = 4,
    SYNC = 5,
    MAPD = 8,
    MAPC,
    MAPTI,
    MAPI,
    INV,
    INVALL,
    MOVALL,
    DISCARD
};

static uint8_t ram[16][PAGE_SIZE] __attribute__((aligned(4096)));
static uint64_t written; /* GITS_CWRITER */

static inline uint64_t rd64(uint32_t cpu, uint64_t address)
{
    return guest_access(cpu, address, 8, false, 0);
}

static inline void wr64(uint32_t cpu, uint64_t address, uint64_t v)
{
    (void)guest_access(cpu, address, 8, true, v);
}

static inline uint64_t rd_base(uint32_t cpu)
{
    return frame(cpu, 0) - 0x10000;
}

static inline uint8_t *config_of(uint32_t lpi)
{
    return &ram[(CONFIG - RAM) / PAGE_SIZE][lpi - LPI_FIRST];
}

/* Into the queue; the ITS is not told. */
static inline void put(uint64_t code, uint64_t device, uint64_t event, uint64_t lpi, uint64_t word2)
{
    uint64_t *c = (uint64_t *)(uintptr_t)((uintptr_t)ram + (QUEUE - RAM) + written);

    c[0] = code | device << 32;
    c[1] = event | lpi << 32;
    c[2] = word2;
    c[3] = 0;
    written = (written + 32) % (PAGES * PAGE_SIZE);
}

static inline void tell(void)
{
    uint32_t turns = 0;

    wr64(0, ITS + 0x88, written);
    while (rd64(0, ITS + 0x90) != written) {
        assert_true(++turns <= PAGES * PAGE_SIZE / 32 / VITS_BATCH + 1);
    }
}

static inline void command(uint64_t code, uint64_t device, uint64_t event, uint64_t lpi,
                           uint64_t word2)
{
    put(code, device, event, lpi, word2);
    tell();
}

static inline uint64_t valid(uint64_t v)
{
    return UINT64_C(1) << 63 | v;
}

static inline void send_message(uint32_t function, uint32_t event)
{
    host_cpu_become(&cpus[0]);
    vits_message(part, function, event);
    settle();
}

static inline void plan_its(void)
{
    plan.devices[2] = (struct plan_device){.function = true};
    plan.devices[3] = (struct plan_device){.function = true, .partition = 1};
    plan.device_count = 4;
    plan.functions[0] = (struct plan_function){.device = 2, .msi = true, .msi_device = OWN};
    plan.functions[1] = (struct plan_function){.device = 3, .msi = true, .msi_device = OTHERS};
    plan.functions[2] = (struct plan_function){.device = 2, .msi = true, .msi_device = SECOND};
    plan.functions[3] = (struct plan_function){.device = 2, .msi_device = SILENT};
    plan.function_count = 4;
    plan.board.its_count = 1;
    plan.board.its[0] = (struct plan_its){.path = "/its", .mmio = {ITS, 0x20000}};
    plan.partitions[0].msi_first = 64;
    plan_part.extent[0] = (struct plan_extent){RAM, (uintptr_t)ram, sizeof(ram)};
}

/* The ITS off, and no LPIs yet. */
static inline int fresh_its(void **state)
{
    plan_more = plan_its;
    memset(ram, 0, sizeof(ram));
    memset(events, 0, sizeof(events));
    memset(event_count, 0, sizeof(event_count));
    written = 0;
    (void)booted_v3(state);
    assert_int_equal(vits_init(part, msi_frame(&plan, 0).window), OK);
    return 0;
}

/* As Linux leaves it: LPIs on, a collection for each vCPU, one device of 32 events. */
static inline int booted_its(void **state)
{
    (void)fresh_its(state);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        wr64(cpu, rd_base(cpu) + 0x70, CONFIG | 0x780 | 13);
        wr(cpu, rd_base(cpu), 1);
    }
    wr64(0, ITS + 0x80, valid(QUEUE | 0x400 | (PAGES - 1)));
    wr(0, ITS, 1);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        command(MAPC, 0, 0, 0, valid(cpu << 16 | cpu));
    }
    command(MAPD, OWN, 4, 0, valid(0));
    return 0;
}

/* Event of the first function to that LPI of a collection, enabled. */
static inline void map(uint32_t event, uint32_t lpi, uint32_t collection)
{
    *config_of(lpi) = 0xa1;
    command(MAPTI, OWN, event, lpi, collection);
}

#endif
