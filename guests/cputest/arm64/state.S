/* SPDX-License-Identifier: Apache-2.0 */
/* A CPU's first instructions, which save all of its state; and its last ones, which dirty it. */
#include "pairs.inc"
#include "registers.inc"

/*
 * A struct saved (reset.c): where to go on, then what state_names has: X0 to X30, one that is not
 * there, Q0 to Q31 by halves, then `registers`.
 */
#define SAVED_X   16
#define SAVED_Q   (SAVED_X + 8 * 32)
#define SAVED_REG (SAVED_Q + 16 * 32)
#define SLOTS_X_Q (32 + 64)
#define ABSENT    0xab5e27

/* Something must hold the address: X30 is known by its being 0, or not. Flags stay as they are. */
.macro save_to place
    cbnz    x30, 1f
    adrp    x30, \place
    add     x30, x30, :lo12:\place
    str     xzr, [x30, #SAVED_X + 8 * 30]
    b       save
1:  adrp    x30, \place
    add     x30, x30, :lo12:\place
    str     x30, [x30, #SAVED_X + 8 * 30]
    b       save
.endm

    .section .rodata.names, "a"
    .global state_names
state_names:
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .asciz  "X\n"
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    .asciz  "X\n"
    .endr
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .asciz  "Q\n", "Q\n\()H"
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    .asciz  "Q\n", "Q\n\()H"
    .endr

    .text
    .global first_code, state_on, state_again, state_off

/* In place of lib/start.S's: x0 is the device tree. */
first_code:
    save_to saved_boot
/* Entries for CPU_ON, x0 is the CPU's index. */
state_on:
    save_to saved_on
state_again:
    save_to saved_again

.macro reg name, dirt, read, write
    look    \name, \read
.endm
.macro look name, read
    .ifb    \read
    mrs     x1, \name
    .else
    mrs     x1, \read
    .endif
    keep    \name
.endm
.macro stack_pointer name, dirt
    mov     x1, sp
    keep    \name
.endm
.macro keep name
    str     x1, [x30, #SAVED_REG + 8 * slot]
    .set    slot, slot + 1
    .pushsection .rodata.names
    .asciz  "\name"
    .popsection
.endm
.macro fp_on
    mov     x1, #3 << 20
    msr     cpacr_el1, x1
    isb
.endm

save:
    pairs   stp, x, 0, 29, x30, SAVED_X
    .set    slot, 0
    registers
    pairs   stp, q, 0, 31, x30, SAVED_Q
    dsb     sy
    ldr     x0, [x30, #SAVED_X]
    ldr     x1, [x30]
    br      x1
    .purgem reg
    .purgem look
    .purgem stack_pointer
    .purgem fp_on

.macro stack_pointer name, dirt
    ldr     x1, =\dirt
    mov     sp, x1
.endm

/* Never returns: CPU_OFF with everything dirty, the MMU off. That it is dirty is saved, too. */
state_off:
    msr     daifset, #15
    ldr     x1, =0x30d00800             /* SCTLR_EL1: no MMU, before what it uses is dirty */
    msr     sctlr_el1, x1
    isb
    dirty_registers
    isb
    ldr     x0, =0xa5a5a5a5a5a5a5a5
    .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    mov     x\n, x0
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov     x\n, x0
    .endr
    cmn     x0, x0
    save_to saved_dirty
off:
    .irp    n, 1, 30
    mov     x\n, x0
    .endr
    movz    w0, #0x8400, lsl #16        /* CPU_OFF */
    movk    w0, #0x0002
    hvc     #0
    b       .
    .ltorg

    .section .rodata.slots, "a"
    .global state_slots
    .balign 8
state_slots:
    .quad   slot + SLOTS_X_Q

/* Written with the MMU off: in lines of their own, which no cached write shares. */
.macro saved name, next
    .balign 4096
\name:
    .quad   \next, 0
    .fill   slot + SLOTS_X_Q, 8, ABSENT
.endm
    .section .data.saved, "aw"
    .global saved_boot, saved_on, saved_dirty, saved_again
    saved   saved_boot, boot_cpu
    saved   saved_on, secondary_cpu
    saved   saved_dirty, off
    saved   saved_again, secondary_cpu
    .balign 4096
