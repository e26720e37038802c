/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the page pool: static memory that is handed out upwards and never comes back. */
#include "core/memory/pool.h"

#include <string.h>

/* Class: a page belongs to who took it. The linker script gives .pool no room in the image. */
__attribute__((section(".pool"), aligned(4096))) static uint8_t pool[CONFIG_POOL_PAGES][PAGE_SIZE];

/* Class: the caller's of pool_take(). Index of the first page not yet handed out. */
static uint32_t pool_next;

void *pool_take(uint32_t pages)
{
    const uint64_t first = (uint64_t)(uintptr_t)pool >> PAGE_SHIFT;
    uint64_t align = 1;
    uint64_t at;

    if (pages == 0 || pages > CONFIG_POOL_PAGES) {
        return NULL;
    }
    while (align < pages) {
        align <<= 1;
    }
    at = align_up(first + pool_next, align) - first;
    if (at + pages > CONFIG_POOL_PAGES) {
        return NULL;
    }
    pool_next = (uint32_t)at + pages;
    /* Not arch_zero(): the first pages are taken with the MMU off, where DC ZVA faults. */
    return memset(pool[at], 0, pages * PAGE_SIZE);
}

uint32_t pool_left(void)
{
    return CONFIG_POOL_PAGES - pool_next;
}

struct range pool_range(void)
{
    return (struct range){(uint64_t)(uintptr_t)pool, sizeof(pool)};
}
