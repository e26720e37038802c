/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured, instruction by instruction: sequences between two readings of CNTVCT. */
#include "../bench.h"

#define GICC_IAR         0x0c
#define GICC_EOIR        0x10
#define IRQ_INSTRUCTIONS 14 /* of this guest's own vector */

/*
 * Registers, as all functions and the vector use them: r4 is the start, r6 the vector's stamp
 * (lower halves of the count, the upper ones are in r5 and r7), r8 GICC's base or with GICv3 0, r9
 * on the peer 1, otherwise 0, r12 where the vector writes 1 so that a device's line falls, or where
 * nobody reads; the vector changes r10, and the peer's r0. No C code runs while interrupts are
 * unmasked, so the vector saves no register.
 *
 * NAME_from and NAME_to, or bench_stamped or bench_peer_stamped, bound the row's profile.
 */
.macro  read_count low, high
    mrrc    p15, 1, \low, \high, c14        /* CNTVCT */
.endm

.macro  function name
    .global \name, \name\()_from, \name\()_to
    .balign 64
\name:
    push    {r4-r11, lr}
.endm

.macro  from name
\name\()_from:
    read_count r4, r5
.endm

.macro  to name
\name\()_to:
    read_count r6, r7
    sub     r0, r6, r4
    pop     {r4-r11, pc}
.endm

    .syntax unified
    .arch_extension virt
    .arch_extension sec
    .text
function measure_nothing
    from    measure_nothing
    to      measure_nothing

/* r0: function identifier */
function measure_hvc
    from    measure_hvc
    hvc     #0
    to      measure_hvc

function measure_smc
    from    measure_smc
    smc     #0
    to      measure_smc

/* r0: address, r1: value */
function measure_read
    from    measure_read
    ldr     r3, [r0]
    to      measure_read

function measure_write
    from    measure_write
    str     r1, [r0]
    to      measure_write

function measure_write_byte
    from    measure_write_byte
    strb    r1, [r0]
    to      measure_write_byte

/* Work of WORK_INSTRUCTIONS: what takes longer was not the guest's own. */
.macro  work name
    ldr     r11, =WORK_INSTRUCTIONS / 2
    from    \name
1:  subs    r11, r11, #1
    bne     1b
\name\()_to:
    read_count r6, r7
    cpsid   i
    sub     r0, r6, r4
    ldr     r11, =WORK_INSTRUCTIONS + 1     /* and the reading */
    sub     r0, r0, r11
.endm

function measure_work
    work    measure_work
    pop     {r4-r11, pc}
    .ltorg

/* For the vector, which changes r6. */
.macro  expect gicc
    sub     r12, sp, #4
    mov     r9, #0
    mov     r8, \gicc
    mov     r6, #0
.endm

/* ---- The virtual timer. r0: ticks until it expires, r1: GICC's base ---- */

/* Then interrupts are unmasked, and r4 is the time of expiry. */
.macro  arm_timer name
    expect  r1
    mov     r10, #1
    read_count r4, r5
    adds    r4, r4, r0
    adc     r5, r5, #0
    mcrr    p15, 3, r4, r5, c14             /* CNTV_CVAL */
    mcr     p15, 0, r10, c14, c3, 1         /* CNTV_CTL */
    isb
\name\()_from:
    cpsie   i
.endm

.macro  until_stamped
    cmp     r6, #0
    beq     1b
    cpsid   i
    sub     r0, r6, r4
    pop     {r4-r11, pc}
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
    sub     r0, r0, #IRQ_INSTRUCTIONS
    pop     {r4-r11, pc}
    .ltorg

/* ---- A device of edu's kind. r0: EDU_RAISE, and then EDU_LOWER; r1: GICC's base ---- */
function measure_device
    expect  r1
    mov     r10, #1
    add     r12, r0, #4
    cpsie   i
    from    measure_device
    str     r10, [r0]
1:  until_stamped

/*
 * ---- Interrupts that software sends. r0: ICC_SGI1R's lower half or GICD_SGIR, r1: GICC's base,
 * r2: GICD_SGIR's address, r3: struct bench_peer ----
 */

.macro  send_v2
    str     r0, [r2]
.endm

/* To CPUs of affinity 0.0.0.x; r9 is 0, but on the peer, whose vector sees to it. */
.macro  send_v3
    mcrr    p15, 0, r0, r9, c12             /* ICC_SGI1R */
.endm

/* To this CPU itself. */
.macro  sgi_self version
function measure_sgi_self_\version
    expect  r1
    cpsie   i
    from    measure_sgi_self_\version
    send_\version
1:  until_stamped
.endm

/* To the peer, until its vector. WFE lets QEMU run the other CPU. */
.macro  sgi_other version
function measure_sgi_other_\version
    mov     r9, #0
    str     r9, [r3]
    from    measure_sgi_other_\version
    send_\version
1:  wfe
    ldr     r6, [r3]
    until_stamped
.endm

/* To the peer, which answers by an SGI: until this CPU's vector. */
.macro  sgi_round_trip version
function measure_sgi_round_trip_\version
    expect  r1
    cpsie   i
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

/* The other CPU, for ever. r0: struct bench_peer, r1: GICC's base, r2: GICD_SGIR's address */
    .global bench_peer_run
bench_peer_run:
    mov     r3, r0
    mov     r9, #1
    mov     r8, r1
    cpsie   i
1:  wfi
    b       1b

/* ---- Vectors: IRQ is ours, the others are the library's ---- */

.macro  acknowledge_and_end
    cmp     r8, #0
    beq     1f
    ldr     r10, [r8, #GICC_IAR]
    str     r10, [r8, #GICC_EOIR]
    b       2f
1:  mrc     p15, 0, r10, c12, c12, 0        /* ICC_IAR1 */
    mcr     p15, 0, r10, c12, c12, 1        /* ICC_EOIR1 */
    nop                                     /* as many as with GICv2 */
2:
.endm

    .balign 32
    .global bench_vectors, bench_stamped, bench_peer_stamped
bench_vectors:
    .irp    number, 0, 1, 2, 3, 4, 5
    b       vectors + 4 * \number
    .endr
bench_stamped:
    read_count r6, r7
    b       stamped                         /* FIQ, whose entry this is, is masked for ever */

stamped:
    cmp     r9, #0
    bne     bench_peer_stamped
    mcr     p15, 0, r9, c14, c3, 1          /* CNTV_CTL: before the end, or it would come again */
    isb
    mov     r10, #1
    str     r10, [r12]
    acknowledge_and_end
    subs    pc, lr, #4
bench_peer_stamped:
    acknowledge_and_end
    str     r6, [r3]
    ldr     r0, [r3, #4]
    cmp     r0, #0
    beq     5f
    cmp     r8, #0
    beq     4f
    send_v2
    b       5f
4:  mov     r9, #0
    send_v3
    mov     r9, #1
5:  subs    pc, lr, #4
