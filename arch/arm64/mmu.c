/* SPDX-License-Identifier: Apache-2.0 */
/* Owns EL2's MMU registers, TLB and cache maintenance, and what instructions do fast to memory. */
#include <string.h>

#include <arch/sysreg.h>

#include "arch/arm64/boot.h"
#include "arch/arm64/el2.h"
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/crc32.h"
#include "core/memory/el2_map.h"
#include "core/memory/lpae.h"

#define SCTLR_M   BIT(0)
#define SCTLR_C   BIT(2)
#define SCTLR_SA  BIT(3)
#define SCTLR_I   BIT(12)
#define SCTLR_WXN BIT(19)

/* TCR_EL2, E2H 0. */
#define TCR_RES1  (BIT(31) | BIT(23))
#define TCR_T0SZ  MASK(5, 0)
#define TCR_IRGN0 MASK(9, 8)
#define TCR_ORGN0 MASK(11, 10)
#define TCR_SH0   MASK(13, 12)
#define TCR_PS    MASK(18, 16)
#define WALK_WBWA 1 /* IRGN0, ORGN0 */
#define WALK_IS   3 /* SH0 */

#define CTR_DMINLINE MASK(19, 16)
#define DCZID_BS     MASK(3, 0)
#define DCZID_DZP    BIT(4)

/* Written with the MMU off, read-only once it is on. */
__attribute__((section(".data.rel.ro.boot_mmu"))) struct boot_mmu boot_mmu;

/* ---- the MMU ---- */

uint8_t arch_pa_bits(void)
{
    return lpae_pa_bits(field_get(ID_AA64MMFR0_PA, sysreg_read(ID_AA64MMFR0_EL1)));
}

uint64_t mmu_ps(void)
{
    uint64_t range = field_get(ID_AA64MMFR0_PA, sysreg_read(ID_AA64MMFR0_EL1));

    return range < 5 ? range : 5;
}

uint8_t arch_el2_bits(void)
{
    return arch_pa_bits();
}

void arch_mmu_enable(const struct lpae *t)
{
    boot_mmu = (struct boot_mmu){
        .mair = UINT64_C(0x04) << (8 * LPAE_MAIR_DEVICE) | UINT64_C(0xff) << (8 * LPAE_MAIR_NORMAL),
        .tcr = TCR_RES1 | field_prep(TCR_T0SZ, 64u - t->ia_bits) |
               field_prep(TCR_IRGN0, WALK_WBWA) | field_prep(TCR_ORGN0, WALK_WBWA) |
               field_prep(TCR_SH0, WALK_IS) | field_prep(TCR_PS, mmu_ps()),
        .ttbr0 = t->root.v,
        .sctlr = SCTLR_EL2_RES1 | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA | SCTLR_WXN,
    };
    /* All that was written until now went past the caches: no line of it may be found there. */
    arch_cache_clean_invalidate(image_start, (uint64_t)(image_end - image_start));
    boot_mmu_on(&boot_mmu);
}

bool arch_mmu_protects(void)
{
    return (~sysreg_read(SCTLR_EL2) & (SCTLR_M | SCTLR_WXN)) == 0;
}

void arch_tlb_forget_el2(struct range what)
{
    if (what.size == PAGE_SIZE) { /* el2_read()'s: nobody else is to notice */
        __asm__ volatile(
            "dsb ishst\n\ttlbi vae2is, %0\n\tdsb ish\n\tisb" ::"r"(what.base / PAGE_SIZE)
            : "memory");
    } else { /* it happens a few times in all: everything goes, in one bounded step */
        __asm__ volatile("dsb ishst\n\ttlbi alle2is\n\tdsb ish\n\tisb" ::: "memory");
    }
}

/* The Image header's image_size, at its offset 16: fusing raises it. */
struct range arch_image_fused(void)
{
    const uint64_t own = (uint64_t)(image_end - image_start);
    uint64_t size;

    memcpy(&size, image_start + 16, sizeof(size));
    return (struct range){(uintptr_t)image_end, size > own ? size - own : 0};
}

/* ---- caches ---- */

static uint64_t cache_line(void)
{
    return UINT64_C(4) << field_get(CTR_DMINLINE, sysreg_read(CTR_EL0));
}

void arch_cache_clean(const void *p, uint64_t size)
{
    const uint64_t line = cache_line();
    const uint64_t end = (uintptr_t)p + size;

    for (uint64_t at = align_down((uintptr_t)p, line); at < end; at += line) {
        __asm__ volatile("dc cvac, %0" ::"r"(at) : "memory");
    }
    arch_dsb();
}

void arch_cache_clean_invalidate(const void *p, uint64_t size)
{
    const uint64_t line = cache_line();
    const uint64_t end = (uintptr_t)p + size;

    for (uint64_t at = align_down((uintptr_t)p, line); at < end; at += line) {
        __asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
    }
    arch_dsb();
}

void arch_icache_invalidate(void)
{
    __asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

/* ---- memory, fast ---- */

void arch_zero(void *p, uint64_t size)
{
    const uint64_t dczid = sysreg_read(DCZID_EL0);
    const uint64_t block = UINT64_C(4) << field_get(DCZID_BS, dczid);
    const uint64_t end = (uintptr_t)p + size;

    if ((dczid & DCZID_DZP) != 0) {
        memset(p, 0, size);
        return;
    }
    for (uint64_t at = (uintptr_t)p; at < end; at += block) {
        __asm__ volatile("dc zva, %0" ::"r"(at) : "memory");
    }
}

static uint32_t crc32_instructions(uint32_t crc, const uint8_t *p, uint64_t size)
{
    while (size > 0 && !is_aligned((uintptr_t)p, 8)) {
        __asm__(".arch_extension crc\n\tcrc32b %w0, %w0, %w1" : "+r"(crc) : "r"(*p));
        p++;
        size--;
    }
    for (; size >= 8; p += 8, size -= 8) {
        __asm__(".arch_extension crc\n\tcrc32x %w0, %w0, %1"
                : "+r"(crc)
                : "r"(*(const uint64_t *)(const void *)p));
    }
    for (; size > 0; p++, size--) {
        __asm__(".arch_extension crc\n\tcrc32b %w0, %w0, %w1" : "+r"(crc) : "r"(*p));
    }
    return crc;
}

uint32_t arch_crc32(uint32_t crc, const void *p, uint64_t size)
{
    if (field_get(ID_AA64ISAR0_CRC, sysreg_read(ID_AA64ISAR0_EL1)) != 0) {
        return ~crc32_instructions(~crc, p, size);
    }
    return crc32_update(crc, p, size);
}
