/* SPDX-License-Identifier: Apache-2.0 */
/* Stage 1 tables: a flat identity map of 512 GiB in 1 GiB and 2 MiB blocks. */
#include "guest.h"

#define LEVEL2_TABLES 8u
#define LEVEL1_SIZE   (1ull << 30)
#define LEVEL2_SIZE   (1ull << 21)
#define ENTRIES       512u

/* VMSAv8-64 and LPAE stage 1 descriptors; the attribute index is that of start.S's MAIR_EL1. */
#define DESC_TABLE  0x3ull
#define DESC_BLOCK  0x1ull
#define DESC_TYPE   0x3ull
#define DESC_NORMAL (1ull << 2)
#define DESC_INNER  (3ull << 8)
#define DESC_AF     (1ull << 10)
#define DESC_MASK   0x0000fffffffff000ull

#define BLOCK_NORMAL (DESC_BLOCK | DESC_NORMAL | DESC_INNER | DESC_AF | MMU_XN)
#define BLOCK_DEVICE (DESC_BLOCK | DESC_AF | MMU_XN | MMU_PXN)

#define FDT_HEADER_MAGIC     0xd00dfeedu
#define FDT_HEADER_MAX_BYTES (2u << 20)

/* start.S zeroes these and gives their first page to TTBR0; AArch32 has the first 4 GiB of it. */
static struct {
    uint64_t level1[ENTRIES];
    uint64_t level2[LEVEL2_TABLES][ENTRIES];
} tables __attribute__((section(".tables"), aligned(4096)));

extern char _start_of_image[], _end_of_image[];
bool mmu_map_start(uintptr_t dtb);

/* The level 2 table of the GiB that holds `address`; NULL when all are in use. */
static uint64_t *mmu_level2_table(uint64_t address)
{
    uint64_t *entry = &tables.level1[address / LEVEL1_SIZE];

    if ((*entry & DESC_TYPE) == DESC_TABLE) {
        return (uint64_t *)(uintptr_t)(*entry & DESC_MASK);
    }
    for (unsigned i = 0; i < LEVEL2_TABLES; i++) {
        uint64_t table = (uintptr_t)tables.level2[i] | DESC_TABLE;
        bool used = false;

        for (unsigned j = 0; j < ENTRIES; j++) {
            used |= tables.level1[j] == table;
        }
        if (!used) {
            *entry = table;
            return tables.level2[i];
        }
    }
    return NULL;
}

/* Maps every 2 MiB block that [base, end) touches, unless it is mapped already. */
static void mmu_map_normal(uint64_t base, uint64_t end)
{
    uint64_t address = base & ~(LEVEL2_SIZE - 1);

    while (address < end && address < ENTRIES * LEVEL1_SIZE) {
        uint64_t *level1 = &tables.level1[address / LEVEL1_SIZE];

        if (*level1 == 0 && address % LEVEL1_SIZE == 0 && end - address >= LEVEL1_SIZE) {
            *level1 = address | BLOCK_NORMAL;
            address += LEVEL1_SIZE;
        } else {
            uint64_t *level2 = mmu_level2_table(address);

            if (level2 != NULL && level2[address / LEVEL2_SIZE % ENTRIES] == 0) {
                level2[address / LEVEL2_SIZE % ENTRIES] = address | BLOCK_NORMAL;
            }
            address += LEVEL2_SIZE;
        }
    }
}

static uint32_t big_endian_read32(uintptr_t address)
{
    return __builtin_bswap32(mmio_read32(address));
}

/* Runs with the MMU off: maps the image and the device tree only, so that C can read the tree. */
bool mmu_map_start(uintptr_t dtb)
{
    if (dtb == 0 || dtb % 8 != 0 || big_endian_read32(dtb) != FDT_HEADER_MAGIC ||
        big_endian_read32(dtb + 4) > FDT_HEADER_MAX_BYTES) {
        return false;
    }
    mmu_map_normal((uintptr_t)_start_of_image, (uintptr_t)_end_of_image);
    mmu_map_normal(dtb, dtb + big_endian_read32(dtb + 4));
    return true;
}

/* Invalid descriptors become valid ones here, which needs no TLB maintenance. */
void mmu_map_all(void)
{
    for (unsigned i = 0; i < guest.memory_count; i++) {
        mmu_map_normal(guest.memory[i].base, guest.memory[i].base + guest.memory[i].size);
    }
    for (uint64_t i = 0; i < ENTRIES; i++) {
        if (tables.level1[i] == 0) {
            tables.level1[i] = i * LEVEL1_SIZE | BLOCK_DEVICE;
        } else if ((tables.level1[i] & DESC_TYPE) == DESC_TABLE) {
            uint64_t *level2 = mmu_level2_table(i * LEVEL1_SIZE);

            for (uint64_t j = 0; j < ENTRIES; j++) {
                if (level2[j] == 0) {
                    level2[j] = (i * LEVEL1_SIZE + j * LEVEL2_SIZE) | BLOCK_DEVICE;
                }
            }
        }
    }
    barrier_dsb();
    barrier_isb();
}

uint64_t *mmu_descriptor(uintptr_t address)
{
    uint64_t *entry = &tables.level1[address / LEVEL1_SIZE % ENTRIES];

    if ((*entry & DESC_TYPE) == DESC_TABLE) {
        entry = (uint64_t *)(uintptr_t)(*entry & DESC_MASK) + address / LEVEL2_SIZE % ENTRIES;
    }
    return entry;
}
