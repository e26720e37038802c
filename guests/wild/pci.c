/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space of PCI functions, this partition's own and others', from all sides. */
#include <inttypes.h>
#include <stdio.h>

#include "guest.h"
#include "wild.h"

#define ECAM_ADDRESS  0x4010000000u /* of QEMU's virt machine */
#define CONFIG_SIZE   4096u
#define FUNCTIONS     512u /* of the first two buses */
#define BAR0          0x10u
#define BARS          6u
#define STRAY_ADDRESS 0x40000000u

static uintptr_t ecam;

static uintptr_t config(unsigned rid, unsigned offset)
{
    return ecam + rid * (uintptr_t)CONFIG_SIZE + offset;
}

static unsigned count_answers(void)
{
    unsigned answers = 0;

    for (unsigned rid = 0; rid < FUNCTIONS; rid++) {
        answers += mmio_read32(config(rid, 0)) != UINT32_MAX;
    }
    return answers;
}

/* Every offset in every width, with noise and with ones. */
static void storm(unsigned rid)
{
    for (unsigned offset = 0; offset < CONFIG_SIZE; offset++) {
        uintptr_t address = config(rid, offset);
        uint64_t value = offset % 3 == 0 ? UINT64_MAX : wild_random();

        mmio_write8(address, (uint8_t)value);
        (void)mmio_read8(address);
        if (offset % 2 == 0) {
            mmio_write16(address, (uint16_t)value);
            (void)mmio_read16(address);
        }
        if (offset % 4 == 0) {
            mmio_write32(address, (uint32_t)value);
            (void)mmio_read32(address);
        }
        if (offset % 8 == 0) {
            mmio_write64(address, value);
            (void)mmio_read64(address);
        }
    }
}

/*
 * Its own function is the argument `own`; functions 0 to 0x40 of bus 0 are attacked, in turn. With
 * `hold=1` it does not end.
 */
void wild_pci(void)
{
    unsigned own = (unsigned)wild_number("own", 0x10);
    uint32_t before[BARS];
    unsigned moved = 0;

    ecam = (uintptr_t)wild_number("ecam", ECAM_ADDRESS);
    printf("wild: pci %u functions answer\n", count_answers());
    for (unsigned i = 0; i < BARS; i++) {
        before[i] = mmio_read32(config(own, BAR0 + 4 * i));
    }
    for (unsigned rid = 0; rid <= 0x40; rid += 8) {
        storm(rid);
    }
    for (unsigned i = 0; i < BARS; i++) {
        mmio_write32(config(own, BAR0 + 4 * i), STRAY_ADDRESS);
        moved += mmio_read32(config(own, BAR0 + 4 * i)) != before[i];
    }
    printf("wild: pci %u BARs moved, command 0x%04x\n", moved, mmio_read16(config(own, 4)));
    printf("wild: pci %u functions answer\n", count_answers());
    while (wild_number("hold", 0) != 0) { /* as it is, for who looks from outside */
        cpu_wait_for_interrupt();
    }
}
