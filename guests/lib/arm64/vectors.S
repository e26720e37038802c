/* SPDX-License-Identifier: Apache-2.0 */
/* The exception vectors: saves every register, calls exceptions.c, restores, returns. */
#include "pairs.inc"

/* Offsets in struct exception_frame, then Q0 to Q31, FPSR and FPCR. */
#define FRAME_X30   240
#define FRAME_SPSR  256
#define FRAME_FAR   272
#define FRAME_Q     288
#define FRAME_FPSR  (FRAME_Q + 32 * 16)
#define FRAME_SIZE  (FRAME_FPSR + 16)

    .text
    .balign 0x800
    .global vectors
vectors:
    .set number, 0
    .rept 16
    .balign 0x80
    sub     sp, sp, #FRAME_SIZE
    stp     x0, x1, [sp]
    mov     x0, #number
    b       exception_entry
    .set number, number + 1
    .endr

    .balign 0x80
exception_entry:
    pairs   stp, x, 2, 29, sp, 16
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    mrs     x4, esr_el1
    mrs     x5, far_el1
    stp     x30, x2, [sp, #FRAME_X30]
    stp     x3, x4, [sp, #FRAME_SPSR]
    stp     x5, xzr, [sp, #FRAME_FAR]
    pairs   stp, q, 0, 31, sp, FRAME_Q
    mrs     x2, fpsr
    mrs     x3, fpcr
    add     x4, sp, #FRAME_FPSR
    stp     x2, x3, [x4]

    mov     x1, x0
    mov     x0, sp
    bl      exception_dispatch

    add     x4, sp, #FRAME_FPSR
    ldp     x2, x3, [x4]
    msr     fpsr, x2
    msr     fpcr, x3
    pairs   ldp, q, 0, 31, sp, FRAME_Q
    ldp     x30, x2, [sp, #FRAME_X30]
    ldr     x3, [sp, #FRAME_SPSR]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    pairs   ldp, x, 0, 29, sp, 0
    add     sp, sp, #FRAME_SIZE
    eret
