/* SPDX-License-Identifier: Apache-2.0 */
/* The exception vectors: saves every register, calls exceptions.c, restores, returns. */

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
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    mrs     x4, esr_el1
    mrs     x5, far_el1
    stp     x30, x2, [sp, #FRAME_X30]
    stp     x3, x4, [sp, #FRAME_SPSR]
    stp     x5, xzr, [sp, #FRAME_FAR]
    add     x6, sp, #FRAME_Q
    stp     q0, q1, [x6, #0]
    stp     q2, q3, [x6, #32]
    stp     q4, q5, [x6, #64]
    stp     q6, q7, [x6, #96]
    stp     q8, q9, [x6, #128]
    stp     q10, q11, [x6, #160]
    stp     q12, q13, [x6, #192]
    stp     q14, q15, [x6, #224]
    stp     q16, q17, [x6, #256]
    stp     q18, q19, [x6, #288]
    stp     q20, q21, [x6, #320]
    stp     q22, q23, [x6, #352]
    stp     q24, q25, [x6, #384]
    stp     q26, q27, [x6, #416]
    stp     q28, q29, [x6, #448]
    stp     q30, q31, [x6, #480]
    mrs     x7, fpsr
    mrs     x8, fpcr
    add     x6, x6, #FRAME_FPSR - FRAME_Q
    stp     x7, x8, [x6]

    mov     x1, x0
    mov     x0, sp
    bl      exception_dispatch

    add     x6, sp, #FRAME_FPSR
    ldp     x7, x8, [x6]
    msr     fpsr, x7
    msr     fpcr, x8
    add     x6, sp, #FRAME_Q
    ldp     q0, q1, [x6, #0]
    ldp     q2, q3, [x6, #32]
    ldp     q4, q5, [x6, #64]
    ldp     q6, q7, [x6, #96]
    ldp     q8, q9, [x6, #128]
    ldp     q10, q11, [x6, #160]
    ldp     q12, q13, [x6, #192]
    ldp     q14, q15, [x6, #224]
    ldp     q16, q17, [x6, #256]
    ldp     q18, q19, [x6, #288]
    ldp     q20, q21, [x6, #320]
    ldp     q22, q23, [x6, #352]
    ldp     q24, q25, [x6, #384]
    ldp     q26, q27, [x6, #416]
    ldp     q28, q29, [x6, #448]
    ldp     q30, q31, [x6, #480]
    ldp     x30, x2, [sp, #FRAME_X30]
    ldr     x3, [sp, #FRAME_SPSR]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x28, x29, [sp, #224]
    ldp     x26, x27, [sp, #208]
    ldp     x24, x25, [sp, #192]
    ldp     x22, x23, [sp, #176]
    ldp     x20, x21, [sp, #160]
    ldp     x18, x19, [sp, #144]
    ldp     x16, x17, [sp, #128]
    ldp     x14, x15, [sp, #112]
    ldp     x12, x13, [sp, #96]
    ldp     x10, x11, [sp, #80]
    ldp     x8, x9, [sp, #64]
    ldp     x6, x7, [sp, #48]
    ldp     x4, x5, [sp, #32]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp]
    add     sp, sp, #FRAME_SIZE
    eret
