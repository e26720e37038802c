/* SPDX-License-Identifier: Apache-2.0 */
/* The exception vectors: all go on in Supervisor mode, on its stack; returns. */

/* struct exception_frame; RFE takes its last two words. */
#define FRAME_X    12
#define FRAME_LR   (FRAME_X + 14 * 4)
#define FRAME_ELR  (FRAME_LR + 4)
#define MODE_SVC   0x13
#define PSR_T      0x20

    .syntax unified
    .arch_extension virt

/* What LR is ahead of the instruction to return to: DDI 0406 B1.8.3. */
.macro entry number, ahead
entry_\number:
    sub     lr, lr, #\ahead
    srsdb   sp!, #MODE_SVC
    cps     #MODE_SVC
    sub     sp, sp, #FRAME_ELR
    str     r0, [sp, #FRAME_X]
    mov     r0, #\number
    b       exception_entry
.endm

    .text
    .fpu    neon-vfpv4
    .balign 32
    .global vectors
vectors:
    b       .
    b       entry_1                 /* undefined instruction */
    b       entry_2                 /* SVC */
    b       entry_3                 /* prefetch abort */
    b       entry_4                 /* data abort */
    b       .
    b       entry_6                 /* IRQ */
    b       .                       /* FIQ: masked for ever */

    entry   1, 4
    entry   2, 0
    entry   3, 4
    entry   4, 8
    entry   6, 4

exception_entry:
    str     r0, [sp]
    cmp     r0, #3                  /* a prefetch abort? */
    add     r0, sp, #FRAME_X + 4
    stm     r0, {r1-r12}
    add     r1, sp, #FRAME_ELR + 8
    str     r1, [sp, #FRAME_LR - 4] /* SP as it was */
    str     lr, [sp, #FRAME_LR]
    mrcne   p15, 0, r1, c5, c0, 0   /* DFSR */
    mrcne   p15, 0, r2, c6, c0, 0   /* DFAR */
    mrceq   p15, 0, r1, c5, c0, 1   /* IFSR */
    mrceq   p15, 0, r2, c6, c0, 2   /* IFAR */
    stmib   sp, {r1, r2}
    ldr     r1, [sp]
    cmp     r1, #1
    bne     1f
    ldr     r1, [sp, #FRAME_ELR + 4]
    tst     r1, #PSR_T
    ldrne   r1, [sp, #FRAME_ELR]
    addne   r1, r1, #2              /* an undefined T32 instruction: LR is 2 ahead of it */
    strne   r1, [sp, #FRAME_ELR]
1:
    mov     r4, sp
    bic     sp, sp, #7
    vpush   {d0-d15}
    vpush   {d16-d31}
    vmrs    r5, fpscr

    mov     r0, r4
    ldr     r1, [r4]
    bl      exception_dispatch

    vmsr    fpscr, r5
    vpop    {d16-d31}
    vpop    {d0-d15}
    mov     sp, r4
    ldr     lr, [sp, #FRAME_LR]
    add     r0, sp, #FRAME_X
    ldm     r0, {r0-r12}
    add     sp, sp, #FRAME_ELR
    rfeia   sp!
