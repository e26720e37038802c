/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For unit tests: RAM at its physical address, where EL2's identity map has it, and beside it what
 * is at the point of coherency: only what was cleaned, which is all that a guest with its caches
 * off sees.
 */
#ifndef CORE_MEMORY_RAM_TEST_H
#define CORE_MEMORY_RAM_TEST_H

#include <string.h>
#include <sys/mman.h>

#include <arch/host.h>

#define RAM_BASE UINT64_C(0x50000000)
#define RAM_SIZE UINT64_C(0x1000000)
#define RAM_OLD  0xa5 /* what a partition would find of who used the RAM before */

static uint8_t *ram_poc;

/* At `address` of the RAM, as a CPU with caches on has it. */
static inline uint8_t *ram_at(uint64_t address)
{
    return (uint8_t *)(uintptr_t)address;
}

/* At `address` of the RAM, as it is at the point of coherency. */
static inline const uint8_t *ram_poc_at(uint64_t address)
{
    return ram_poc + (address - RAM_BASE);
}

static inline void ram_clean(const void *p, uint64_t size)
{
    const struct range what = {(uint64_t)(uintptr_t)p, size};

    if (range_holds((struct range){RAM_BASE, RAM_SIZE}, what)) {
        memcpy(ram_poc + (what.base - RAM_BASE), p, size);
    }
}

/* After host_reset(); its pages are new, and old bytes in the first `used` of them. */
static inline void ram_start(uint64_t used)
{
    const int anywhere = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

    if (ram_poc != NULL) {
        (void)munmap(ram_at(RAM_BASE), RAM_SIZE);
        (void)munmap(ram_poc, RAM_SIZE);
    }
    ram_poc = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, anywhere, -1, 0);
    if (ram_poc == MAP_FAILED || mmap(ram_at(RAM_BASE), RAM_SIZE, PROT_READ | PROT_WRITE,
                                      anywhere | MAP_FIXED_NOREPLACE, -1, 0) != ram_at(RAM_BASE)) {
        host_fail("no room for RAM at 0x%llx", (unsigned long long)RAM_BASE);
    }
    memset(ram_at(RAM_BASE), RAM_OLD, used);
    memset(ram_poc, RAM_OLD, used);
    host.clean = ram_clean;
}

#endif
