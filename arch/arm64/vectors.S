/* SPDX-License-Identifier: Apache-2.0 */
/* EL2's exception vectors: into C and back to the guest. Every exit starts with an empty stack. */

#define FRAME_SIZE   256 /* struct arch_regs */
#define ESR_EC_SHIFT 26
#define EC_HVC64     0x16
#define EC_SMC64     0x17
#define EC_DABT_EL0  0x24 /* data abort from below */
#define ISS_SRT_16   20   /* its SRT's uppermost bit: one of x16 to x31 */

#define ID_AA64PFR0_NO_FP 19 /* FP is 0xf: there is none, nor Advanced SIMD */

/* What C does not keep (x18 has x19 as its pair), and the others: stp or ldp. */
.macro caller_saved op
    \op     x0, x1, [sp, #8 * 0]
    \op     x2, x3, [sp, #8 * 2]
    \op     x4, x5, [sp, #8 * 4]
    \op     x6, x7, [sp, #8 * 6]
    \op     x8, x9, [sp, #8 * 8]
    \op     x10, x11, [sp, #8 * 10]
    \op     x12, x13, [sp, #8 * 12]
    \op     x14, x15, [sp, #8 * 14]
    \op     x16, x17, [sp, #8 * 16]
    \op     x18, x19, [sp, #8 * 18]
.endm

.macro callee_saved op
    \op     x20, x21, [sp, #8 * 20]
    \op     x22, x23, [sp, #8 * 22]
    \op     x24, x25, [sp, #8 * 24]
    \op     x26, x27, [sp, #8 * 26]
    \op     x28, x29, [sp, #8 * 28]
.endm

/* XZR is the 32nd register. */
.macro enter
    sub     sp, sp, #FRAME_SIZE
    caller_saved stp
    stp     x30, xzr, [sp, #8 * 30]
.endm

/* ERET ends the flow, but a core may speculate past it. */
.macro leave
    caller_saved ldp
    ldr     x30, [sp, #8 * 30]
    add     sp, sp, #FRAME_SIZE
    eret
    dsb     nsh
    isb
.endm

/* A vector has 32 instructions. A longer one does not assemble, as .org does not go back. */
.macro vector number
    .org    vectors + 128 * \number
.endm

/* From EL2 itself: a bug of ours. */
.macro vector_el2 number
    vector  \number
    vector_el2_report \number
.endm

.macro vector_el2_report number
    mrs     x0, esr_el2
    mrs     x1, elr_el2
    mrs     x2, far_el2
    mov     x3, #\number
    b       trap_el2
.endm

/* The same, but where it is an access that was only tried. */
.macro vector_tried number
    vector  \number
    mrs     x0, elr_el2
    adr     x1, tries
    sub     x0, x0, x1
    cmp     x0, #tries_end - tries
    b.lo    try_failed
    vector_el2_report \number
.endm

/* A call needs few registers and is frequent; other exceptions need them all. */
.macro vector_sync number
    vector  \number
    enter
    mrs     x1, esr_el2
    mov     x0, sp
    lsr     x2, x1, #ESR_EC_SHIFT
    sub     x2, x2, #EC_HVC64
    cmp     x2, #EC_SMC64 - EC_HVC64
    b.hi    sync
    bl      trap_call
    cbz     w0, resume
    b       apply
.endm

/* From a partition in AArch32 state: what is injected is in any register. */
.macro vector_aarch32 number
    vector  \number
    enter
    callee_saved stp
    mrs     x1, esr_el2
    mov     x0, sp
    bl      trap_aarch32
    b       resume_all
.endm

.macro vector_irq number
    vector  \number
    enter
    bl      trap_irq
    leave
.endm

.macro vector_serror number
    vector  \number
    enter
    callee_saved stp
    mov     x0, sp
    bl      trap_serror
.endm

    .text
    .balign 2048
    .global vectors
vectors:
    .irp number, 0, 1, 2, 3
    vector_el2 \number
    .endr
    vector_tried 4
    .irp number, 5, 6, 7
    vector_el2 \number
    .endr
    /* From below an EL1 in AArch64: synchronous, IRQ, FIQ, SError; then the same of AArch32. */
    vector_sync 8
    vector_irq 9
    vector_irq 10
    vector_serror 11
    vector_aarch32 12
    vector_irq 13
    vector_irq 14
    vector_serror 15
    .org    vectors + 128 * 16

sync:
    callee_saved stp
    cmp     x2, #EC_DABT_EL0 - EC_HVC64
    b.eq    data_abort
    bl      trap_sync
    cbz     w0, resume_all
    bl      trap_apply
resume_all:
    callee_saved ldp
    leave

/* An emulated access changes one register of the guest; most often none that C has kept. */
data_abort:
    mov     x19, x1
    bl      trap_data_abort
    cbz     w0, 2f
    bl      trap_apply
2:  tbz     x19, #ISS_SRT_16, resume
    b       resume_all

/* A call's outcome that is not TRAP_RESUME; then back, with what C has kept. */
apply:
    bl      trap_apply
resume:
    leave

/*
 * arch_try_read(address, *value, size), arch_try_write(address, value, size). Their abort
 * overwrites what the guest's exception has left: x4 to x7 keep it.
 */
.macro keep_exception
    mrs     x4, elr_el2
    mrs     x5, spsr_el2
    mrs     x6, esr_el2
    mrs     x7, far_el2
.endm

    .global arch_try_read, arch_try_write
arch_try_read:
    keep_exception
    mov     x3, #-1
    str     x3, [x1]
    tbnz    w2, #0, read_1
    tbnz    w2, #1, read_2
    tbnz    w2, #2, read_4
    b       read_8

arch_try_write:
    keep_exception
    tbnz    w2, #0, write_1
    tbnz    w2, #1, write_2
    tbnz    w2, #2, write_4
    b       write_8

tries:
read_1:
    ldrb    w3, [x0]
    b       tried_read
read_2:
    ldrh    w3, [x0]
    b       tried_read
read_4:
    ldr     w3, [x0]
    b       tried_read
read_8:
    ldr     x3, [x0]
    b       tried_read
write_1:
    strb    w1, [x0]
    b       tried
write_2:
    strh    w1, [x0]
    b       tried
write_4:
    str     w1, [x0]
    b       tried
write_8:
    str     x1, [x0]
    b       tried
tries_end:

tried_read:
    str     x3, [x1]
tried:
    mov     w0, #1
    ret

/* Out of the abort, as if the access had called here. */
try_failed:
    adr     x1, untried
    msr     elr_el2, x1
    eret
    dsb     nsh
    isb
untried:
    msr     elr_el2, x4
    msr     spsr_el2, x5
    msr     esr_el2, x6
    msr     far_el2, x7
    mov     w0, #0
    ret

    .global vectors_enter
vectors_enter:
    mov     sp, x3
    mrs     x4, id_aa64pfr0_el1
    tbnz    x4, #ID_AA64PFR0_NO_FP, 1f
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
1:
    .irp n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    mov     x\n, #0
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov     x\n, #0
    .endr
    eret
    dsb     nsh
    isb
