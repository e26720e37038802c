/* SPDX-License-Identifier: Apache-2.0 */
/* HYP's exception vectors: into C and back to the guest. Every exit starts with an empty stack. */

    .arch_extension virt
    .fpu    neon-vfpv4

/* struct arch_regs */
.macro enter
    push    {r0-r12, lr}
.endm

/* ERET ends the flow, but a core may speculate past it. */
.macro leave
    pop     {r0-r12, lr}
    eret
    dsb     nsh
    isb
.endm

    .text
    .balign 32
    .global vectors
vectors:
    .irp number, 0, 1, 2, 3, 4
    b       hyp_\number
    .endr
    b       sync
    b       irq
    b       irq

/* From HYP itself: a bug of ours. */
    .irp number, 0, 1, 2, 3, 4
hyp_\number:
    mov     r1, #\number
    b       hyp
    .endr
hyp:
    mrs     r0, elr_hyp
    b       trap_hyp

sync:
    enter
    clrex
    mov     r0, sp
    bl      trap_sync
    leave

irq:
    enter
    clrex
    bl      trap_irq
    leave

    .global vectors_enter
vectors_enter:
    mov     sp, r1
    mov     r1, #0x40000000                 /* FPEXC.EN */
    vmsr    fpexc, r1
    vmrs    r1, mvfr0
    and     r1, r1, #0xf                    /* 2: D16 to D31 are there */
    cmp     r1, #2
    mov     r2, #0
    mov     r3, #0
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmov    d\n, r2, r3
    .endr
    bne     1f
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    vmov    d\n, r2, r3
    .endr
1:  vmsr    fpscr, r2
    vmsr    fpexc, r2
    .irp mode, svc, abt, und, irq, fiq
    msr     spsr_\mode, r2
    msr     sp_\mode, r2
    msr     lr_\mode, r2
    .endr
    msr     sp_usr, r2
    .irp n, 8, 9, 10, 11, 12
    msr     r\n\()_fiq, r2
    .endr
    mvn     r1, #0
    mov     r2, r0
    .irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14
    mov     r\n, #0
    .endr
    eret
    dsb     nsh
    isb
