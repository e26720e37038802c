/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured, instruction by instruction: sequences between two readings of CNTVCT_EL0. */
#include "../bench.h"

#define ICC_IAR1_EL1  S3_0_C12_C12_0
#define ICC_EOIR1_EL1 S3_0_C12_C12_1
#define ICC_SGI1R_EL1 S3_0_C12_C11_5
#define GICC_IAR      0x0c
#define GICC_EOIR     0x10

#define IRQ_INSTRUCTIONS 10 /* of this guest's own vector */

/*
 * Registers, as all functions and the vector use them: x18 is the start (SMCCC preserves it), x17
 * the vector's stamp, x15 GICC's base or with GICv3 0, x14 on the peer 1, otherwise 0, x13 where
 * the vector writes x12 so that a device's line falls, or a word that nobody reads. No C code runs
 * while interrupts are unmasked, so the vector saves no register.
 *
 * NAME_from and NAME_to, or bench_stamped or bench_peer_stamped, bound the row's profile.
 */
.macro  function name
    .global \name, \name\()_from, \name\()_to
    .balign 64
\name:
.endm

.macro  from name
\name\()_from:
    mrs     x18, cntvct_el0
.endm

.macro  to name
\name\()_to:
    mrs     x17, cntvct_el0
    sub     x0, x17, x18
    ret
.endm

    .text
function measure_nothing
    from    measure_nothing
    to      measure_nothing

/* x0: function identifier */
function measure_hvc
    from    measure_hvc
    hvc     #0
    to      measure_hvc

function measure_smc
    from    measure_smc
    smc     #0
    to      measure_smc

/* x0: address, x1: value */
function measure_read
    from    measure_read
    ldr     w9, [x0]
    to      measure_read

function measure_write
    from    measure_write
    str     w1, [x0]
    to      measure_write

function measure_write_byte
    from    measure_write_byte
    strb    w1, [x0]
    to      measure_write_byte

/* Work of WORK_INSTRUCTIONS: what takes longer was not the guest's own. */
.macro  work name
    mov     x9, #WORK_INSTRUCTIONS / 2
    from    \name
1:  subs    x9, x9, #1
    b.ne    1b
\name\()_to:
    mrs     x17, cntvct_el0
    msr     daifset, #2
    sub     x0, x17, x18
    mov     x9, #WORK_INSTRUCTIONS + 1      /* and the reading */
    sub     x0, x0, x9
.endm

function measure_work
    work    measure_work
    ret

/* For the vector, which changes x17. */
.macro  expect gicc
    sub     x13, sp, #8
    mov     x14, #0
    mov     x15, \gicc
    mov     x17, #0
.endm

/* ---- The virtual timer. x0: ticks until it expires, x1: GICC's base ---- */

/* Then interrupts are unmasked, and x18 is the time of expiry. */
.macro  arm_timer name
    expect  x1
    mov     x9, #1
    mrs     x18, cntvct_el0
    add     x18, x18, x0
    msr     cntv_cval_el0, x18
    msr     cntv_ctl_el0, x9
    isb
\name\()_from:
    msr     daifclr, #2
.endm

.macro  until_stamped
    cbz     x17, 1b
    msr     daifset, #2
    sub     x0, x17, x18
    ret
.endm

function measure_timer
    arm_timer measure_timer
1:  until_stamped

function measure_timer_wfi
    arm_timer measure_timer_wfi
1:  wfi
    until_stamped

/* One interrupt whole, its end included: it comes while work is done. */
function measure_timer_stolen
    arm_timer armed
    work    measure_timer_stolen
    sub     x0, x0, #IRQ_INSTRUCTIONS
    ret

/* ---- A device of edu's kind. x0: EDU_RAISE, and then EDU_LOWER; x1: GICC's base ---- */
function measure_device
    expect  x1
    mov     w12, #1
    add     x13, x0, #4
    msr     daifclr, #2
    from    measure_device
    str     w12, [x0]
1:  until_stamped

/*
 * ---- Interrupts that software sends. x0: ICC_SGI1R's value or GICD_SGIR's, x1: GICC's base, x2:
 * GICD_SGIR's address, x3: struct bench_peer ----
 */

.macro  send_v2
    str     w0, [x2]
.endm

.macro  send_v3
    msr     ICC_SGI1R_EL1, x0
.endm

/* To this CPU itself. */
.macro  sgi_self version
function measure_sgi_self_\version
    expect  x1
    msr     daifclr, #2
    from    measure_sgi_self_\version
    send_\version
1:  until_stamped
.endm

/* To the peer, until its vector. WFE lets QEMU run the other CPU. */
.macro  sgi_other version
function measure_sgi_other_\version
    str     xzr, [x3]
    from    measure_sgi_other_\version
    send_\version
1:  wfe
    ldr     x17, [x3]
    until_stamped
.endm

/* To the peer, which answers by an SGI: until this CPU's vector. */
.macro  sgi_round_trip version
function measure_sgi_round_trip_\version
    expect  x1
    msr     daifclr, #2
    from    measure_sgi_round_trip_\version
    send_\version
1:  wfe
    until_stamped
.endm

    .irp    version, v2, v3
    sgi_self \version
    sgi_other \version
    sgi_round_trip \version
    .endr

/* The other CPU, for ever. x0: struct bench_peer, x1: GICC's base, x2: GICD_SGIR's address */
    .global bench_peer_run
bench_peer_run:
    mov     x3, x0
    mov     x14, #1
    mov     x15, x1
    msr     daifclr, #2
1:  wfi
    b       1b

/* ---- Vectors: IRQ is ours, the others are the library's ---- */

.macro  acknowledge_and_end
    cbz     x15, 1f
    ldr     w16, [x15, #GICC_IAR]
    str     w16, [x15, #GICC_EOIR]
    b       2f
1:  mrs     x16, ICC_IAR1_EL1
    msr     ICC_EOIR1_EL1, x16
    nop                                     /* as many as with GICv2 */
2:
.endm

    .balign 2048
    .global bench_vectors, bench_stamped, bench_peer_stamped
bench_vectors:
    .irp    number, 0, 1, 2, 3, 4
    .org    bench_vectors + 128 * \number
    b       vectors + 128 * \number
    .endr

    .org    bench_vectors + 128 * 5
bench_stamped:
    mrs     x17, cntvct_el0
    cbnz    x14, 3f
    msr     cntv_ctl_el0, xzr               /* before the end, or it would come again */
    isb
    str     w12, [x13]
    acknowledge_and_end
    eret
3:
bench_peer_stamped:
    acknowledge_and_end
    str     x17, [x3]
    ldr     x0, [x3, #8]
    cbz     x0, 5f
    cbz     x15, 4f
    send_v2
    eret
4:  send_v3
5:  eret

    .irp    number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .org    bench_vectors + 128 * \number
    b       vectors + 128 * \number
    .endr
    .org    bench_vectors + 2048
