/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of the boot CPU (r2 = device tree, as for Linux) and of those that PSCI starts. */

#define ZIMAGE_MAGIC  0x016f2818
#define ZIMAGE_LITTLE 0x04030201

    .syntax unified
    .section .head, "ax"
    .global _start
_start:                             /* a zImage: Linux, arch/arm/booting.rst */
    .rept   8
    nop
    .endr
    b       first_code
    .word   ZIMAGE_MAGIC
    .word   0                       /* it runs anywhere */
    .word   _end_of_image - _start  /* its size */
    .word   ZIMAGE_LITTLE

    .text
    .fpu    neon-vfpv4
    .global boot_cpu
    .weak   first_code              /* a program's own one comes before, and ends in boot_cpu */
    .set    first_code, boot_cpu

/* Device is attribute 0, Normal write-back attribute 1: as mmu.c uses them. */
#define MAIR0_VALUE 0xff04
/* EAE; 4 GiB by TTBR0; write-back and inner shareable walks */
#define TTBCR_VALUE (1 << 31 | 3 << 12 | 1 << 10 | 1 << 8)
/* M, C, Z, I, CP15BEN and what Armv7 with LPAE has as RES1 */
#define SCTLR_OFF   0x00c50078
#define SCTLR_VALUE (SCTLR_OFF | 1 << 12 | 1 << 11 | 1 << 2 | 1 << 0)
/* The event stream: a WFE wakes each 2^16 ticks at the latest. PL0 sees no timer. */
#define CNTKCTL_VALUE (15 << 4 | 1 << 2)
#define CPACR_VFP     (15 << 20)
#define FPEXC_EN      (1 << 30)

#define R_ARM_RELATIVE 23

/* The address of a symbol, wherever the image is. */
.macro address_of register, symbol
    ldr     \register, 99f
98: add     \register, pc, \register
    b       97f
99: .word   \symbol - (98b + 8)
97:
.endm

/* Drops [r0, r1) from the data caches without cleaning. Clobbers r0, r2, r3. */
.macro invalidate_dcache
    mrc     p15, 0, r2, c0, c0, 1           /* CTR */
    ubfx    r2, r2, #16, #4
    mov     r3, #4
    lsl     r3, r3, r2
1:  mcr     p15, 0, r0, c7, c6, 1           /* DCIMVAC */
    add     r0, r0, r3
    cmp     r0, r1
    blo     1b
    dsb     sy
.endm

/* Leaves nothing as it was found, but for the MMU, which stays off. Clobbers r0 to r3. */
cpu_set_up:
    cpsid   aif, #0x13
    ldr     r0, =SCTLR_OFF
    mcr     p15, 0, r0, c1, c0, 0           /* SCTLR */
    ldr     r0, =CPACR_VFP
    mcr     p15, 0, r0, c1, c0, 2           /* CPACR: VFP and NEON are ours: newlib uses them */
    isb
    mov     r0, #FPEXC_EN
    vmsr    fpexc, r0
    mov     r0, #0
    mcr     p15, 0, r0, c14, c3, 1          /* CNTV_CTL */
    mcr     p15, 0, r0, c14, c2, 1          /* CNTP_CTL */
    mcr     p15, 0, r0, c13, c0, 4          /* TPIDRPRW */
    mcr     p15, 0, r0, c10, c2, 1          /* MAIR1 */
    mov     r1, #CNTKCTL_VALUE
    mcr     p15, 0, r1, c14, c1, 0          /* CNTKCTL */
    address_of r1, vectors
    mcr     p15, 0, r1, c12, c0, 0          /* VBAR */
    ldr     r1, =MAIR0_VALUE
    mcr     p15, 0, r1, c10, c2, 0          /* MAIR0 */
    ldr     r1, =TTBCR_VALUE
    mcr     p15, 0, r1, c2, c0, 2           /* TTBCR */
    address_of r1, _start_of_tables
    mcrr    p15, 0, r1, r0, c2              /* TTBR0 */
    dsb     ish
    mcr     p15, 0, r0, c8, c7, 0           /* TLBIALL */
    mcr     p15, 0, r0, c7, c5, 0           /* ICIALLU */
    mcr     p15, 0, r0, c7, c5, 6           /* BPIALL */
    dsb     ish
    isb
    bx      lr

.macro mmu_on
    ldr     r0, =SCTLR_VALUE
    mcr     p15, 0, r0, c1, c0, 0
    isb
.endm

/* Corrects what holds an address, where the image is not where it was linked. Clobbers r0 to r7. */
relocate:
    address_of r0, _start
    ldr     r1, =LINK_ADDRESS
    subs    r4, r0, r1
    bxeq    lr
    address_of r5, _start_of_relocations
    address_of r6, _end_of_relocations
1:  cmp     r5, r6
    bhs     2f
    ldm     r5!, {r1, r2}                   /* r_offset, r_info: Elf32_Rel */
    cmp     r2, #R_ARM_RELATIVE
    bne     halt
    ldr     r3, [r1, r4]
    add     r3, r3, r4
    str     r3, [r1, r4]
    b       1b
2:  address_of r0, _start
    address_of r1, _end_of_relocations
    invalidate_dcache                       /* written behind the caches */
    bx      lr

boot_cpu:
    mov     r8, r2
    cpsid   aif, #0x13
    bl      relocate
    bl      cpu_set_up

    address_of r0, _start_of_tables
    address_of r1, _end_of_tables
    mov     r4, r0
    mov     r6, #0
    mov     r7, #0
    invalidate_dcache
2:  strd    r6, r7, [r4], #8
    cmp     r4, r1
    blo     2b
    address_of r5, _stacks + STACK_SIZE
    mov     sp, r5
    mov     r0, r8
    bl      mmu_map_start
    cmp     r0, #0
    beq     halt                            /* no device tree */
    address_of r0, _start_of_tables
    address_of r1, _end_of_tables
    dsb     sy
    invalidate_dcache
    mmu_on

    address_of r0, _start_of_bss
    address_of r1, _end_of_bss
3:  cmp     r0, r1
    strdlo  r6, r7, [r0], #8
    blo     3b
    mov     r11, #0
    mov     r0, r8
    bl      guest_main
halt:
    wfi
    b       halt

/* r0 = the CPU's index, as PSCI's context_id. Until its MMU is on it reads only what was loaded. */
    .global secondary_cpu
secondary_cpu:
    mov     r8, r0
    bl      cpu_set_up
    mmu_on
    mcr     p15, 0, r8, c13, c0, 4          /* TPIDRPRW */
    add     r0, r8, #1
    ldr     r1, =STACK_SIZE
    address_of r2, _stacks
    mla     sp, r0, r1, r2
    mov     r11, #0
    b       cpu_main

/* libgcc's tables for unwinding name it; nothing is unwound. */
    .global __aeabi_unwind_cpp_pr0
__aeabi_unwind_cpp_pr0:
    b       .
    .ltorg
