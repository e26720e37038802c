/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of the boot CPU (x0 = device tree, as for Linux) and of those that PSCI starts. */

    .section .head, "ax"
    .global _start
_start:                             /* arm64 Image header: Linux, arch/arm64/booting.rst */
    b       first_code
    .word   0
    .quad   IMAGE_OFFSET
    .quad   _end_of_image - . + 16  /* the size */
    .quad   2                       /* little-endian, 4 KiB pages, near the start of memory */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0

    .text
    .global boot_cpu
    .weak   first_code              /* a program's own one comes before, and ends in boot_cpu */
    .set    first_code, boot_cpu

/* Device-nGnRE is attribute 0, Normal write-back attribute 1: as mmu.c uses them. */
#define MAIR_VALUE  0xff04
/* 39-bit addresses, 4 KiB granule, write-back and inner shareable walks; no TTBR1. */
#define TCR_VALUE   (25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23)
/* M, C, I and what ARMv8.0 has as RES1 */
#define SCTLR_VALUE 0x30d01805
/* The event stream: a WFE wakes each 2^16 ticks at the latest. EL0 sees no timer. */
#define CNTKCTL_VALUE (15 << 4 | 1 << 2)

#define R_AARCH64_RELATIVE 1027

/* The address of a symbol, wherever the image is. */
.macro address_of register, symbol
    adrp    \register, \symbol
    add     \register, \register, :lo12:\symbol
.endm

/* Drops [x0, x1) from the data caches without cleaning. Clobbers x0, x2, x3. */
.macro invalidate_dcache
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4
    mov     x3, #4
    lsl     x3, x3, x2
1:  dc      ivac, x0
    add     x0, x0, x3
    cmp     x0, x1
    b.lo    1b
    dsb     sy
.endm

/* Leaves nothing as it was found, but for the MMU, which stays off. Clobbers x0 to x3. */
cpu_set_up:
    msr     daifset, #15
    msr     spsel, #1
    mov     x0, #3 << 20            /* FP and SIMD are ours: newlib uses them */
    msr     cpacr_el1, x0
    msr     cntv_ctl_el0, xzr
    msr     cntp_ctl_el0, xzr
    mov     x0, #CNTKCTL_VALUE
    msr     cntkctl_el1, x0
    msr     tpidr_el1, xzr
    msr     mdscr_el1, xzr
    msr     contextidr_el1, xzr
    address_of x0, vectors
    msr     vbar_el1, x0
    mov     x0, #MAIR_VALUE
    msr     mair_el1, x0
    ldr     x0, =TCR_VALUE
    mrs     x1, id_aa64mmfr0_el1
    and     x1, x1, #15
    cmp     x1, #5                  /* 48 bits are the most that this granule addresses */
    mov     x2, #5
    csel    x1, x1, x2, lo
    bfi     x0, x1, #32, #3
    msr     tcr_el1, x0
    address_of x0, _start_of_tables
    msr     ttbr0_el1, x0
    dsb     ish
    tlbi    vmalle1
    ic      iallu
    dsb     ish
    isb
    ret

.macro mmu_on
    ldr     x0, =SCTLR_VALUE
    msr     sctlr_el1, x0
    isb
.endm

/* Corrects what holds an address, where the image is not where it was linked. Clobbers x0 to x7. */
relocate:
    adr     x0, _start
    ldr     x1, =LINK_ADDRESS
    subs    x4, x0, x1
    b.eq    3f
    address_of x5, _start_of_relocations
    address_of x6, _end_of_relocations
1:  cmp     x5, x6
    b.hs    2f
    ldp     x1, x2, [x5], #8        /* r_offset, r_info: Elf64_Rela */
    ldp     x2, x3, [x5], #16       /* r_info, r_addend */
    cmp     x2, #R_AARCH64_RELATIVE
    b.ne    halt
    add     x3, x3, x4
    str     x3, [x1, x4]
    b       1b
2:  address_of x1, _end_of_relocations
    invalidate_dcache               /* written behind the caches */
3:  ret

boot_cpu:
    mov     x19, x0
    adr     x0, _start
    tst     x0, #0xfff
    b.ne    halt                    /* adrp wants whole pages */
    bl      relocate
    bl      cpu_set_up

    address_of x0, _start_of_tables
    address_of x1, _end_of_tables
    mov     x4, x0
    invalidate_dcache
2:  stp     xzr, xzr, [x4], #16
    cmp     x4, x1
    b.lo    2b
    address_of x5, _stacks + STACK_SIZE
    mov     sp, x5
    mov     x0, x19
    bl      mmu_map_start
    cbz     w0, halt                /* no device tree */
    address_of x0, _start_of_tables
    address_of x1, _end_of_tables
    dsb     sy
    invalidate_dcache
    mmu_on

    address_of x0, _start_of_bss
    address_of x1, _end_of_bss
3:  cmp     x0, x1
    b.hs    4f
    stp     xzr, xzr, [x0], #16
    b       3b
4:  mov     x29, #0
    mov     x0, x19
    bl      guest_main
halt:
    wfi
    b       halt

/* x0 = the CPU's index, as PSCI's context_id. Until its MMU is on it reads only what was loaded. */
    .global secondary_cpu
secondary_cpu:
    mov     x19, x0
    bl      cpu_set_up
    mmu_on
    msr     tpidr_el1, x19
    add     x0, x19, #1
    mov     x1, #STACK_SIZE
    address_of x2, _stacks
    madd    x0, x0, x1, x2
    mov     sp, x0
    mov     x29, #0
    b       cpu_main
