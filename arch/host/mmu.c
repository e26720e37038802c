/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fake MMU and memory: what was cleaned, forgotten and enabled is only noted. */
#include <arch/host.h>

#include <string.h>

#include "core/base/crc32.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"

#define COUNT(what) (void)__atomic_fetch_add(&host.what, 1, __ATOMIC_RELAXED)

uint8_t arch_pa_bits(void)
{
    return host.pa_bits;
}

uint8_t arch_el2_bits(void)
{
    return host.el2_bits;
}

struct range arch_image_fused(void)
{
    return host.fused;
}

bool arch_image_section(uint32_t index, struct el2_section *out)
{
    if (host.section_count == 0 && index == 0) {
        *out = (struct el2_section){.what = pool_range(), .attr = LPAE_DATA};
        return true;
    }
    if (index >= host.section_count) {
        return false;
    }
    *out = host.sections[index];
    return true;
}

struct range arch_windows(void)
{
    return host.windows;
}

void arch_mmu_enable(const struct lpae *t)
{
    host.mmu_table = t;
}

bool arch_mmu_protects(void)
{
    return host.mmu_table != NULL;
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

uint32_t arch_crc32(uint32_t crc, const void *p, uint64_t size)
{
    return crc32_update(crc, p, size);
}
