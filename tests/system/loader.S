/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A firmware that hands over in the worst state that it may: EL2's MMU and caches on with an
 * identity map (with VHE also E2H), interrupts open, SP_EL0 selected, its own vectors, timers, PMU
 * and debug on, and dirt in all that a guest will see and wherever the next image's header says
 * that memory is its own. That image is 2 MiB behind this one. For boards with RAM from 1 GiB on.
 */
#include "guests/cputest/arm64/registers.inc"

#define NEXT       0x200000
#define IMAGE_SIZE 16

#define BLOCK_DEVICE 0x0401 /* AF, attribute 0 */
#define BLOCK_NORMAL 0x0705 /* AF, inner shareable, attribute 1 */

#define SCTLR     0x30c51835          /* RES1 bits; I, SA, C, M */
#define HCR       (1 << 31)           /* RW */
#define HCR_VHE   (1 << 34 | 1 << 31) /* and E2H: TCR_EL2 is as TCR_EL1 then */
#define TCR       0x80823519          /* 39 bits, walks cacheable, 40-bit output */
#define TCR_VHE   (2 << 32 | 0xb5193519) /* the same for both halves */
#define MAIR      0xff04
#define FEAT_VHE  (0xf << 8) /* ID_AA64MMFR1_EL1 */

    .section .text, "ax"
    b       start
    .long   0
    .quad   0
    .quad   LOADER_IMAGE_SIZE
    .quad   0xa
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

.macro stack_pointer name, dirt
    ldr     x1, =\dirt
    msr     sp_el1, x1
.endm

/* What only an EL1 in AArch32 sees, where there is one. */
.macro dirty_aarch32
    feature ID_AA64PFR0_EL1, 4, 4, 1
    ldr     x1, =0x5a5a5a5a
    .irp    name, dacr32_el2, ifsr32_el2, spsr_abt, spsr_und, spsr_irq, spsr_fiq
    msr     \name, x1
    .endr
    ldr     x1, =1 << 30
    msr     fpexc32_el2, x1
    feature_end
.endm

start:
    mov     x19, x0
    dirty_registers                 /* before E2H, with which these names are EL2's */
    dirty_aarch32
    adr     x20, start
    and     x20, x20, #~0xfff
    add     x20, x20, #NEXT

    adr     x0, table
    mov     x1, #BLOCK_DEVICE
    str     x1, [x0]
    mov     x1, #BLOCK_NORMAL
    mov     x2, #1
1:  orr     x3, x1, x2, lsl #30
    str     x3, [x0, x2, lsl #3]
    add     x2, x2, #1
    cmp     x2, #512
    b.ne    1b

    ldr     x1, =HCR
    ldr     x2, =TCR
    mrs     x3, id_aa64mmfr1_el1
    tst     x3, #FEAT_VHE
    b.eq    1f
    ldr     x1, =HCR_VHE
    ldr     x2, =TCR_VHE
1:  msr     hcr_el2, x1
    isb
    msr     tcr_el2, x2
    msr     ttbr0_el2, x0
    ldr     x1, =MAIR
    msr     mair_el2, x1
    adr     x1, vectors
    msr     vbar_el2, x1
    isb
    tlbi    alle2
    dsb     nsh
    ldr     x1, =SCTLR
    msr     sctlr_el2, x1
    isb

    /* Behind what the file holds, up to where the image says that its memory ends: dirt. */
    ldr     x0, =LOADER_NEXT_FILE
    add     x0, x0, x20
    ldr     x1, [x20, #IMAGE_SIZE]
    add     x1, x1, x20
    mov     x2, #-1
1:  str     x2, [x0], #8
    cmp     x0, x1
    b.lo    1b

    mov     x0, x19
    mov     x1, #-1
    mov     x2, #-1
    mov     x3, #-1
    msr     spsel, #0
    mov     sp, x1
    msr     daifclr, #0xf
    br      x20
    .ltorg

    .balign 2048
vectors:
    .rept   16
    b       .
    .balign 128
    .endr

    .balign 4096
table:
    .space  4096
