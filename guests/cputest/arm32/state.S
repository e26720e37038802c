/* SPDX-License-Identifier: Apache-2.0 */
/* A CPU's first instructions, which save all of its state; and its last ones, which dirty it. */
#include "registers.inc"

/*
 * A struct saved (reset.c): LR, how far it is to where to go on, then what state_names has: R0 to
 * R12, D0 to D31 by halves, then `registers`.
 */
#define SAVED_LR  0
#define SAVED_TO  4
#define SAVED_R   8
#define SAVED_D   (SAVED_R + 4 * 13)
#define SAVED_REG (SAVED_D + 4 * 64)
#define SLOTS_R_D (13 + 64)
#define ABSENT    0xab5e27

    .syntax unified
    .arch_extension virt
    .fpu    neon-vfpv4

/* Nothing must change before it is saved: LR goes first, to where the PC alone leads. */
.macro save_to place
    str     lr, 3f
    ldr     lr, 2f
1:  add     lr, pc, lr
    str     r0, [lr, #SAVED_R]
    ldr     r0, 3f
    str     r0, [lr, #SAVED_LR]
    b       save
2:  .word   \place - (1b + 8)
3:  .word   0
.endm

    .section .rodata.names, "a"
    .global state_names
state_names:
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
    .asciz  "R\n"
    .endr
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .asciz  "D\n", "D\n\()H"
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    .asciz  "D\n", "D\n\()H"
    .endr

    .text
    .global first_code, state_on, state_again, state_off

/* In place of lib/start.S's: r2 is the device tree. */
first_code:
    save_to saved_boot
/* Entries for CPU_ON, r0 is the CPU's index; one of them is T32's. */
state_on:
    save_to saved_on
    .thumb
    .balign 4
    .thumb_func
state_again:
    bx      pc
    nop
    .arm
    save_to saved_again

.macro cp name, dirt, coprocessor, op1, crn, crm, op2, wcrn, wcrm, wop2
    mrc     \coprocessor, \op1, r1, \crn, \crm, \op2
    keep    \name
.endm
.macro cp64 name, high, low, op1, crm
    mrrc    p15, \op1, r1, r2, \crm
    keep    \name
    mov     r1, r2
    keep    \name\()H
.endm
.macro pm name, dirt, n, op2
    mov     r1, #\n
    mcr     p15, 0, r1, c9, c12, 5                      /* PMSELR */
    isb
    mrc     p15, 0, r1, c9, c13, \op2
    keep    \name
.endm
.macro banked name, dirt
    mrs     r1, \name
    keep    \name
.endm
.macro own_SP_svc
    mov     r1, sp
.endm
.macro own_LR_svc
    ldr     r1, [lr, #SAVED_LR]
.endm
.macro own_SPSR_svc
    mrs     r1, spsr
.endm
.macro own_LR_usr
    mrs     r1, lr_usr
.endm
.macro own name, dirt
    own_\name
    keep    \name
.endm
.macro look name
    banked  \name
.endm
.macro vfp name, dirt
    vmrs    r1, \name
    keep    \name
    mov     r1, #0x40000000
    vmsr    fpexc, r1
.endm
.macro keep name
    str     r1, [lr, #SAVED_REG + 4 * slot]
    .set    slot, slot + 1
    .pushsection .rodata.names
    .asciz  "\name"
    .popsection
.endm
.macro fp_on
    mov     r1, #15 << 20
    mcr     p15, 0, r1, c1, c0, 2                       /* CPACR */
    isb
.endm

save:
    .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
    str     r\n, [lr, #SAVED_R + 4 * \n]
    .endr
    .set    slot, 0
    registers
    add     r1, lr, #SAVED_D
    vstmia  r1!, {d0-d15}
    vstmia  r1!, {d16-d31}
    dsb     sy
    ldr     r0, [lr, #SAVED_R]
    ldr     r2, [lr, #SAVED_R + 4 * 2]
    ldr     r1, [lr, #SAVED_TO]
    add     r1, lr, r1
    bx      r1
    .purgem cp
    .purgem cp64
    .purgem pm
    .purgem banked
    .purgem own_SP_svc
    .purgem own_LR_svc
    .purgem own_SPSR_svc
    .purgem own_LR_usr
    .purgem look
    .purgem vfp
    .purgem fp_on

.macro own_SP_svc
    mov     sp, r1
.endm
.macro own_LR_svc
    mov     lr, r1
.endm
.macro own_SPSR_svc
    msr     spsr_cxsf, r1
.endm
.macro own_LR_usr
    msr     lr_usr, r1
.endm
.purgem own
.macro own name, dirt
    mov32   r1, \dirt
    own_\name
.endm

/* Never returns: CPU_OFF with everything dirty, the MMU off. That it is dirty is saved, too. */
state_off:
    cpsid   aif
    mov32   r1, 0x00c50078              /* SCTLR: no MMU, before what it uses is dirty */
    mcr     p15, 0, r1, c1, c0, 0
    isb
    dirty_registers
    isb
    mov32   r0, 0xa5a5a5a5
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
    mov     r\n, r0
    .endr
    msr     cpsr_fs, r0
    save_to saved_dirty
off:
    mov32   r0, 0x84000002              /* CPU_OFF */
    setend  be
    hvc     #0
    b       .

    .section .rodata.slots, "a"
    .global state_slots
    .balign 4
state_slots:
    .word   slot + SLOTS_R_D

/* Written with the MMU off: in lines of their own, which no cached write shares. */
.macro saved name, next
    .balign 4096
\name:
    .word   0, \next - \name
    .fill   slot + SLOTS_R_D, 4, ABSENT
.endm
    .section .data.saved, "aw"
    .global saved_boot, saved_on, saved_dirty, saved_again
    saved   saved_boot, boot_cpu
    saved   saved_on, secondary_cpu
    saved   saved_dirty, off
    saved   saved_again, secondary_cpu
    .balign 4096
