/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the page pool: memory that is handed out upwards and never comes back. */
#include "core/memory/pool.h"

#include <string.h>

#include "core/base/bits.h"

/* Class: a page belongs to who took it. The linker script gives .pool no room in the image. */
__attribute__((section(".pool"), aligned(4096))) static uint8_t first[POOL_FIRST_PAGES][PAGE_SIZE];

/* Class: the caller's of pool_take(). Bytes handed out of `first`; what is left behind it. */
static uint64_t first_used;
static struct range extension;

struct range pool_range(void)
{
    return (struct range){(uint64_t)(uintptr_t)first, sizeof(first)};
}

static struct range first_left(void)
{
    return (struct range){(uint64_t)(uintptr_t)first + first_used, sizeof(first) - first_used};
}

/* Where in `r` so many bytes, aligned, end; 0 where they do not. */
static uint64_t fit(struct range r, uint64_t size, uint64_t align)
{
    uint64_t end = align_up(r.base, align) + size;

    return end > range_end(r) ? 0 : end;
}

void *pool_take(uint32_t pages)
{
    const uint64_t size = pages * PAGE_SIZE;
    const uint64_t align = pool_alignment(pages) * PAGE_SIZE;
    uint64_t end;

    if (pages == 0) {
        return NULL;
    }
    end = fit(first_left(), size, align);
    if (end != 0) {
        first_used = end - pool_range().base;
    } else {
        end = fit(extension, size, align);
        if (end == 0) {
            return NULL;
        }
        extension = (struct range){end, range_end(extension) - end};
    }
    /* Not arch_zero(): the first pages are taken with the MMU off, where DC ZVA faults. */
    return memset((void *)(uintptr_t)(end - size), 0, (size_t)size);
}

void pool_extend(struct range more)
{
    extension = more;
}

uint32_t pool_left(void)
{
    return (uint32_t)((first_left().size + extension.size) / PAGE_SIZE);
}
