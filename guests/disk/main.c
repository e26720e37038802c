/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives a virtio disk that the partition owns, with DMA and its interrupt: prints what sector 0
 * begins with, and writes to sector 1 what it has read, in reverse. disk=ADDRESS,INTID names the
 * virtio-mmio registers (Virtual I/O Device version 1.1: 4.2 and 5.2).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

#define MAGIC_VALUE       0x000 /* RO */
#define VERSION           0x004 /* RO */
#define DEVICE_ID         0x008 /* RO */
#define DRIVER_FEATURES   0x020 /* WO */
#define DRIVER_SELECT     0x024 /* WO */
#define QUEUE_SELECT      0x030 /* WO */
#define QUEUE_SIZE        0x038 /* WO */
#define QUEUE_READY       0x044 /* RW */
#define QUEUE_NOTIFY      0x050 /* WO */
#define INTERRUPT_STATUS  0x060 /* RO */
#define INTERRUPT_ACK     0x064 /* WO */
#define STATUS            0x070 /* RW */
#define QUEUE_DESCRIPTORS 0x080 /* WO 64 bits, in two words */
#define QUEUE_DRIVER      0x090 /* WO 64 bits */
#define QUEUE_DEVICE      0x0a0 /* WO 64 bits */

#define MAGIC          0x74726976u /* "virt" */
#define DEVICE_BLOCK   2u
#define STATUS_STARTED 0x03u /* ACKNOWLEDGE, DRIVER */
#define STATUS_READY   0x0fu /* FEATURES_OK and DRIVER_OK too */
#define VERSION_1      1u    /* feature bit 32 */

#define DESC_NEXT  1u
#define DESC_WRITE 2u /* by the device */

#define BLOCK_IN  0u
#define BLOCK_OUT 1u
#define SECTOR    512u
#define ENTRIES   4u

/* The queue, and what a request is made of. All of it the device reads or writes by DMA. */
static struct {
    struct {
        uint64_t address;
        uint32_t length;
        uint16_t flags, next;
    } descriptor[ENTRIES];
    struct {
        uint16_t flags, index, ring[ENTRIES];
    } driver;
    struct {
        uint16_t flags;
        volatile uint16_t index;
        struct {
            uint32_t id, length;
        } ring[ENTRIES];
    } device __attribute__((aligned(4)));
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } request;
    volatile uint8_t status;
    uint8_t data[SECTOR];
} dma __attribute__((aligned(16)));

static uintptr_t disk;
static volatile unsigned interrupts;

static void disk_interrupt(unsigned intid, unsigned source)
{
    (void)intid;
    (void)source;
    interrupts++;
    mmio_write32(disk + INTERRUPT_ACK, mmio_read32(disk + INTERRUPT_STATUS));
}

static void write_address(unsigned offset, const void *address)
{
    mmio_write32(disk + offset, (uint32_t)(uintptr_t)address);
    mmio_write32(disk + offset + 4, (uint32_t)((uint64_t)(uintptr_t)address >> 32));
}

static bool disk_start(unsigned intid)
{
    mmio_write32(disk + STATUS, 0);
    mmio_write32(disk + STATUS, STATUS_STARTED);
    mmio_write32(disk + DRIVER_SELECT, 1);
    mmio_write32(disk + DRIVER_FEATURES, VERSION_1);
    mmio_write32(disk + STATUS, STATUS_READY & ~4u);
    mmio_write32(disk + QUEUE_SELECT, 0);
    mmio_write32(disk + QUEUE_SIZE, ENTRIES);
    write_address(QUEUE_DESCRIPTORS, dma.descriptor);
    write_address(QUEUE_DRIVER, &dma.driver);
    write_address(QUEUE_DEVICE, &dma.device);
    mmio_write32(disk + QUEUE_READY, 1);
    irq_set_handler(intid, disk_interrupt);
    gic_enable(intid);
    mmio_write32(disk + STATUS, STATUS_READY);
    return mmio_read32(disk + STATUS) == STATUS_READY;
}

static void describe(unsigned index, const volatile void *what, uint32_t length, unsigned flags)
{
    dma.descriptor[index].address = (uintptr_t)what;
    dma.descriptor[index].length = length;
    dma.descriptor[index].flags = (uint16_t)flags;
    dma.descriptor[index].next = (uint16_t)(index + 1);
}

/* One request; sleeps until its interrupt. True where the device says that all went well. */
static bool disk_transfer(uint32_t type, uint64_t sector)
{
    uint16_t before = dma.device.index;

    dma.request.type = type;
    dma.request.sector = sector;
    dma.status = 0xff;
    describe(0, &dma.request, sizeof(dma.request), DESC_NEXT);
    describe(1, dma.data, SECTOR, DESC_NEXT | (type == BLOCK_IN ? DESC_WRITE : 0));
    describe(2, &dma.status, 1, DESC_WRITE);
    dma.driver.ring[dma.driver.index % ENTRIES] = 0;
    barrier_dsb();
    dma.driver.index++;
    barrier_dsb();
    cpu_mask_interrupts();
    mmio_write32(disk + QUEUE_NOTIFY, 0);
    while (dma.device.index == before) {
        cpu_wait_for_interrupt();
        cpu_unmask_interrupts();
        cpu_mask_interrupts();
    }
    cpu_unmask_interrupts();
    return dma.status == 0;
}

int main(void)
{
    char text[40];
    char *rest;
    unsigned intid;

    if (!guest_argument("disk", text, sizeof(text))) {
        printf("disk: FAIL - disk=ADDRESS,INTID is missing\n");
        return 1;
    }
    disk = (uintptr_t)strtoull(text, &rest, 0);
    intid = *rest == ',' ? (unsigned)strtoul(rest + 1, NULL, 0) : 0;
    printf("disk: magic %" PRIx32 ", version %" PRIu32 ", device %" PRIu32 "\n",
           mmio_read32(disk + MAGIC_VALUE), mmio_read32(disk + VERSION),
           mmio_read32(disk + DEVICE_ID));
    if (mmio_read32(disk + MAGIC_VALUE) != MAGIC || mmio_read32(disk + DEVICE_ID) != DEVICE_BLOCK ||
        !disk_start(intid) || !disk_transfer(BLOCK_IN, 0)) {
        printf("disk: FAIL - no disk answers\n");
        return 1;
    }
    printf("disk: sector 0: %.32s\n", (const char *)dma.data);
    for (unsigned i = 0; i < SECTOR / 2; i++) {
        uint8_t byte = dma.data[i];

        dma.data[i] = dma.data[SECTOR - 1 - i];
        dma.data[SECTOR - 1 - i] = byte;
    }
    if (!disk_transfer(BLOCK_OUT, 1)) {
        printf("disk: FAIL - it cannot be written\n");
        return 1;
    }
    printf("disk: sector 1 is written, %u interrupts\n", interrupts);
    return 0;
}
