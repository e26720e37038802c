/* SPDX-License-Identifier: Apache-2.0 */
/* EL2's exception vectors: into C and back to the guest. Every exit starts with an empty stack. */

#define FRAME_SIZE 256 /* struct arch_regs */
#define FRAME_LR   240 /* x30's place in it */

/* ERET ends the flow, but a core may speculate past it. */
.macro return_to_guest
    eret
    dsb     nsh
    isb
.endm

/* Even registers `first`..`last` and each one's successor, at their place in the frame. */
.macro pairs op, first, last
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
    .if \n >= \first && \n <= \last
    pair    \op, \n, %(\n + 1)
    .endif
    .endr
.endm

.altmacro
.macro pair op, n, m
    \op     x\n, x\m, [sp, #8 * \n]
.endm

/* A vector's 32 instructions. */
.macro vector
    .balign 128
.endm

/* From EL2 itself: a bug of ours. */
.macro vector_el2 number
    vector
    mrs     x0, esr_el2
    mrs     x1, elr_el2
    mrs     x2, far_el2
    mov     x3, #\number
    b       trap_el2
.endm

.macro vector_sync
    vector
    sub     sp, sp, #FRAME_SIZE
    pairs   stp, 0, 28
    str     x30, [sp, #FRAME_LR]
    mov     x0, sp
    bl      trap_sync
    b       return_all
.endm

/* C keeps x19 to x29. */
.macro vector_irq
    vector
    sub     sp, sp, #FRAME_SIZE
    pairs   stp, 0, 18
    str     x30, [sp, #FRAME_LR]
    bl      trap_irq
    pairs   ldp, 0, 18
    ldr     x30, [sp, #FRAME_LR]
    add     sp, sp, #FRAME_SIZE
    return_to_guest
.endm

.macro vector_serror
    vector
    sub     sp, sp, #FRAME_SIZE
    pairs   stp, 0, 28
    str     x30, [sp, #FRAME_LR]
    mov     x0, sp
    bl      trap_serror
.endm

    .text
    .balign 2048
    .global vectors
vectors:
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7
    vector_el2 \number
    .endr
    .rept 2                     /* lower EL: AArch64, AArch32 */
    vector_sync
    vector_irq
    vector_irq                  /* FIQ */
    vector_serror
    .endr

    .balign 128
return_all:
    pairs   ldp, 0, 28
    ldr     x30, [sp, #FRAME_LR]
    add     sp, sp, #FRAME_SIZE
    return_to_guest

    .global vectors_enter
vectors_enter:
    mov     sp, x1
    .arch_extension fp
    .arch_extension simd
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movi    v\n\().2d, #0
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    movi    v\n\().2d, #0
    .endr
    msr     fpcr, xzr
    msr     fpsr, xzr
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    mov     x\n, #0
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov     x\n, #0
    .endr
    return_to_guest
