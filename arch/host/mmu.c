/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fake MMU and memory: what was cleaned, forgotten and enabled is only noted. */
#include <arch/host.h>

#include <string.h>

#include "core/memory/el2_map.h"
#include "core/memory/pool.h"

#define COUNT(what) (void)__atomic_fetch_add(&host.what, 1, __ATOMIC_RELAXED)

uint8_t arch_pa_bits(void)
{
    return host.pa_bits;
}

struct range arch_image_fused(void)
{
    return host.fused;
}

bool arch_image_section(uint32_t index, struct range *what, enum lpae_attr *attr)
{
    if (host.section_count == 0 && index == 0) {
        *what = pool_range();
        *attr = LPAE_DATA;
        return true;
    }
    if (index >= host.section_count) {
        return false;
    }
    *what = host.sections[index].what;
    *attr = host.sections[index].attr;
    return true;
}

void arch_mmu_enable(const struct lpae *t)
{
    host.mmu_table = t;
}

void arch_tlb_forget_el2(struct range what)
{
    COUNT(tlb_forgets);
    host.tlb_forgotten = what;
    if (host.tlb_forget != NULL) {
        host.tlb_forget(what);
    }
}

void arch_cache_clean(const void *p, uint64_t size)
{
    COUNT(cleans);
    if (host.clean != NULL) {
        host.clean(p, size);
    }
}

void arch_cache_clean_invalidate(const void *p, uint64_t size)
{
    arch_cache_clean(p, size);
}

void arch_icache_invalidate(void)
{
    COUNT(icache_invalidates);
}

void arch_zero(void *p, uint64_t size)
{
    if (!is_aligned((uintptr_t)p, PAGE_SIZE) || !is_aligned(size, PAGE_SIZE)) {
        host_fail("arch_zero() of what is not whole pages");
    }
    memset(p, 0, size);
}

/* CRC-32 of IEEE 802.3, reflected polynomial 0xedb88320, four bits at a time. */
uint32_t arch_crc32(uint32_t crc, const void *p, uint64_t size)
{
    uint32_t table[16];
    const uint8_t *byte = p;

    for (uint32_t i = 0; i < 16; i++) {
        table[i] = i;
        for (int bit = 0; bit < 4; bit++) {
            table[i] = (table[i] >> 1) ^ ((table[i] & 1) != 0 ? 0xedb88320U : 0);
        }
    }
    crc = ~crc;
    for (uint64_t i = 0; i < size; i++) {
        crc ^= byte[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return ~crc;
}
