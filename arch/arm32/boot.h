/* SPDX-License-Identifier: Apache-2.0 */
/* What boot.S and C share: the MMU's registers for every CPU, and how secondaries come in. */
#ifndef ARCH_ARM32_BOOT_H
#define ARCH_ARM32_BOOT_H

/* DDI 0406 B4.1.79: HSCTLR's bits that are one, CP15 barriers on; MMU, caches and checks off. */
#define HSCTLR_RES1 0x30c50838

#define CPSR_MODE     0x1f
#define CPSR_MODE_HYP 0x1a

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "arch/arm/image.h"

struct cpu;

/* Class: sealed by arch_mmu_enable(). boot.S reads it with the MMU off, on each CPU that starts. */
struct boot_mmu {
    uint32_t hmair0, htcr, httbr, hsctlr; /* HTTBR's upper half is 0: the image is below 4 GiB */
};

extern struct boot_mmu boot_mmu;

/* boot.S: load the registers, MMU on. The MMU is off, this code is mapped at its own address. */
void boot_mmu_on(const struct boot_mmu *regs);

#endif
#endif
