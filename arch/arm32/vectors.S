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

/* From HYP itself: a bug of ours, or a data abort of an access that was only tried. */
    .irp number, 0, 1, 2, 3, 4
hyp_\number:
    mov     r1, #\number
    b       hyp
    .endr
hyp:
    mrs     r0, elr_hyp
    adr     r2, tries
    sub     r2, r0, r2
    cmp     r2, #tries_end - tries
    bhs     trap_hyp
    adr     r0, untried
    msr     elr_hyp, r0
    eret
    dsb     nsh
    isb

/*
 * arch_try_read(address, *value, size), arch_try_write(address, value, size), of which the address
 * is in r0. Their abort overwrites what the guest's exception has left: r4 to r7 keep it.
 */
.macro keep_exception
    push    {r4-r7}
    mrs     r4, elr_hyp
    mrs     r5, spsr
    mrc     p15, 4, r6, c5, c2, 0           /* HSR */
    mrc     p15, 4, r7, c6, c0, 0           /* HDFAR */
.endm

    .global arch_try_read, arch_try_write
arch_try_read:
    keep_exception
    mvn     r1, #0
    str     r1, [r2]
    str     r1, [r2, #4]
    cmp     r3, #2
    blo     read_1
    beq     read_2
    b       read_4

arch_try_write:
    keep_exception
    ldr     r3, [sp, #4 * 4]
    cmp     r3, #2
    blo     write_1
    beq     write_2
    b       write_4

tries:
read_1:
    ldrb    r3, [r0]
    b       tried_read
read_2:
    ldrh    r3, [r0]
    b       tried_read
read_4:
    ldr     r3, [r0]
    b       tried_read
write_1:
    strb    r2, [r0]
    b       tried
write_2:
    strh    r2, [r0]
    b       tried
write_4:
    str     r2, [r0]
    b       tried
tries_end:

tried_read:
    mov     r1, #0
    str     r3, [r2]
    str     r1, [r2, #4]
tried:
    mov     r0, #1
    pop     {r4-r7}
    bx      lr
untried:
    msr     elr_hyp, r4
    msr     spsr_cxsf, r5
    mcr     p15, 4, r6, c5, c2, 0
    mcr     p15, 4, r7, c6, c0, 0
    mov     r0, #0
    pop     {r4-r7}
    bx      lr

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
    cmp     r2, #0
    mov     r2, #0
    beq     2f
    mov     r1, #0x40000000                 /* FPEXC.EN */
    vmsr    fpexc, r1
    vmrs    r1, mvfr0
    and     r1, r1, #0xf                    /* 2: D16 to D31 are there */
    cmp     r1, #2
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmov    d\n, r2, r2
    .endr
    bne     1f
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    vmov    d\n, r2, r2
    .endr
1:  vmsr    fpscr, r2
    vmsr    fpexc, r2
2:
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
    .irp n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14
    mov     r\n, #0
    .endr
    eret
    dsb     nsh
    isb
