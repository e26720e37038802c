/* SPDX-License-Identifier: Apache-2.0 */
/* What boot.S and C share: the MMU's registers for every CPU, and how secondaries come in. */
#ifndef ARCH_ARM64_BOOT_H
#define ARCH_ARM64_BOOT_H

/* DDI 0487 D17.2: SCTLR_EL2's RES1 bits; MMU, caches and checks off. */
#define SCTLR_EL2_RES1 0x30c50830

/* HCR_EL2 until arch_cpu_init(): EL1 is AArch64, E2H and TGE are 0. */
#define HCR_EL2_RW (1 << 31)

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "arch/arm/image.h"

struct cpu;

/* Class: sealed by arch_mmu_enable(). boot.S reads it with the MMU off, on each CPU that starts. */
struct boot_mmu {
    uint64_t mair, tcr, ttbr0, sctlr;
};

extern struct boot_mmu boot_mmu;

/* boot.S: load the registers, MMU on. The MMU is off, this code is mapped at its own address. */
void boot_mmu_on(const struct boot_mmu *regs);

#endif
#endif
