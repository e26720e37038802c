/* SPDX-License-Identifier: Apache-2.0 */
/* Owns HYP's MMU registers, TLB and cache maintenance, and what is done fast to memory. */
#include <string.h>

#include <arch/sysreg.h>

#include "arch/arm32/boot.h"
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/crc32.h"
#include "core/memory/el2_map.h"
#include "core/memory/lpae.h"

#define HSCTLR_M   BIT(0)
#define HSCTLR_C   BIT(2)
#define HSCTLR_I   BIT(12)
#define HSCTLR_WXN BIT(19)

#define HTCR_RES1  (BIT(31) | BIT(23))
#define HTCR_T0SZ  MASK(2, 0)
#define HTCR_IRGN0 MASK(9, 8)
#define HTCR_ORGN0 MASK(11, 10)
#define HTCR_SH0   MASK(13, 12)
#define WALK_WBWA  1 /* IRGN0, ORGN0 */
#define WALK_IS    3 /* SH0 */

#define CTR_DMINLINE MASK(19, 16)
#define ZIMAGE_END   0x2c

/* Written with the MMU off, read-only once it is on. */
__attribute__((section(".data.rel.ro.boot_mmu"))) struct boot_mmu boot_mmu;

/* ---- the MMU ---- */

uint8_t arch_pa_bits(void)
{
    return 40; /* LPAE */
}

uint8_t arch_el2_bits(void)
{
    return 32;
}

void arch_mmu_enable(const struct lpae *t)
{
    boot_mmu = (struct boot_mmu){
        .hmair0 = UINT32_C(0x04) << (8 * LPAE_MAIR_DEVICE) | UINT32_C(0xff)
                                                                 << (8 * LPAE_MAIR_NORMAL),
        .htcr = (uint32_t)(HTCR_RES1 | field_prep(HTCR_T0SZ, 32u - t->ia_bits) |
                           field_prep(HTCR_IRGN0, WALK_WBWA) | field_prep(HTCR_ORGN0, WALK_WBWA) |
                           field_prep(HTCR_SH0, WALK_IS)),
        .httbr = (uint32_t)t->root.v,
        .hsctlr = (uint32_t)(HSCTLR_RES1 | HSCTLR_M | HSCTLR_C | HSCTLR_I | HSCTLR_WXN),
    };
    /* All that was written until now went past the caches: no line of it may be found there. */
    arch_cache_clean_invalidate(image_start, (uint64_t)(image_end - image_start));
    boot_mmu_on(&boot_mmu);
}

bool arch_mmu_protects(void)
{
    return (~sysreg_read(HSCTLR) & (HSCTLR_M | HSCTLR_WXN)) == 0;
}

/* Cortex-A15 erratum 798181: see docs/arm32.md. */
void arch_tlb_forget_el2(struct range what)
{
    (void)what; /* it happens a few times in all: everything goes, in one bounded step */
    __asm__ volatile("dsb ishst" ::: "memory");
    sysreg_write(TLBIALLHIS, 0);
    __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/* The end in the zImage's header: fusing raises it. */
struct range arch_image_fused(void)
{
    const uint32_t own = (uint32_t)(image_end - image_start);
    uint32_t size;

    memcpy(&size, image_start + ZIMAGE_END, sizeof(size));
    return (struct range){(uintptr_t)image_end, size > own ? size - own : 0};
}

/* ---- caches ---- */

static uint32_t cache_line(void)
{
    return UINT32_C(4) << field_get(CTR_DMINLINE, sysreg_read(CTR));
}

/* Every line that [p, p + size) touches; behind the last one the address space may end. */
__attribute__((always_inline)) static inline void clean(const void *p, uint64_t size,
                                                        bool invalidate)
{
    const uint32_t line = cache_line();
    const uint32_t end = (uint32_t)align_up((uintptr_t)p + size, line);

    for (uint32_t at = (uint32_t)align_down((uintptr_t)p, line); at != end; at += line) {
        if (invalidate) {
            sysreg_write(DCCIMVAC, at);
        } else {
            sysreg_write(DCCMVAC, at);
        }
    }
    arch_dsb();
}

void arch_cache_clean(const void *p, uint64_t size)
{
    clean(p, size, false);
}

void arch_cache_clean_invalidate(const void *p, uint64_t size)
{
    clean(p, size, true);
}

void arch_icache_invalidate(void)
{
    sysreg_write(ICIALLUIS, 0);
    sysreg_write(BPIALLIS, 0);
    __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/* ---- memory ---- */

void arch_zero(void *p, uint64_t size)
{
    memset(p, 0, (size_t)size);
}

uint32_t arch_crc32(uint32_t crc, const void *p, uint64_t size)
{
    return crc32_update(crc, p, size);
}
