/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one hostile instruction, at PL1 or at PL0, so that whatever comes of it ends here. */

#define PSR_USR_MASKED 0x1d0
#define PSR_T          0x20

    .syntax unified
    .arch_extension virt
    .arch_extension sec
    .text

/* uintptr_t probe_el1(code, r0, r1): ends by BX LR, or by an exception that returns to LR. */
    .global probe_el1
probe_el1:
    push    {r4-r12, lr}
    mov     r12, #0
    msr     spsr_cxsf, r12                  /* see frame_lost_spsr() */
    mov     r12, r0
    mov     r0, r1
    mov     r1, r2
    blx     r12
    cpsid   aif
    pop     {r4-r12, pc}

/* uintptr_t probe_el0(code, r0, r1, after): code and after where PL0 may execute them. */
    .global probe_el0
probe_el0:
    push    {r4-r12, lr}
    msr     lr_usr, r3
    mov     r12, #PSR_USR_MASKED
    tst     r0, #1
    orrne   r12, r12, #PSR_T
    bic     r0, r0, #1
    push    {r0, r12}
    mov     r0, r1
    mov     r1, r2
    rfeia   sp!

/* Where the exception handler sends every exception of PL0, SVC among them. */
    .global probe_el0_back
probe_el0_back:
    pop     {r4-r12, pc}

    .global probe_el0_after
probe_el0_after:
    svc     #0

/* uintptr_t call_registers_hvc(function), …_smc: the OR of the bits that changed in r4 to r12. */
.macro call_registers instruction
    push    {r4-r12, lr}
    ldr     r1, =0x55555555
    .irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12
    mov     r\n, r1
    .endr
    mov     r1, #0
    mov     r2, #0
    mov     r3, #0
    \instruction #0
    mov     r0, #0
    ldr     r1, =0x55555555
    .irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12
    eor     r2, r\n, r1
    orr     r0, r0, r2
    .endr
    pop     {r4-r12, pc}
.endm

    .global call_registers_hvc, call_registers_smc
call_registers_hvc:
    call_registers hvc
call_registers_smc:
    call_registers smc
    .ltorg

/*
 * uintptr_t conditions_a32(address), conditions_t32(address): instructions that trap, some of which
 * a condition or an IT block keeps from being executed; `address` is that of a trapped register.
 * 0x5a where each did what it should, and what stands behind a trap was executed as well.
 */
    .global conditions_a32
conditions_a32:
    mov     r12, #0x5a
    cmp     r12, r12                        /* Z */
    ldrne   r12, [r0]
    mrcne   p14, 0, r12, c0, c0, 0          /* DBGDIDR */
    mrcne   p15, 0, r12, c1, c0, 1          /* ACTLR */
    mrcne   p14, 0, r12, c0, c0, 1          /* none */
    smcne   #0
    ldreq   r1, [r0]
    mrceq   p14, 0, r1, c0, c0, 0
    movne   r12, #0
    mov     r0, r12
    bx      lr

    .thumb
    .thumb_func
    .global conditions_t32
conditions_t32:
    movs    r3, #0
    cmp     r3, r3                          /* Z */
    itete   eq
    ldreq   r2, [r0]
    addne   r3, r3, #1
    mrceq   p14, 0, r1, c0, c0, 0
    addne   r3, r3, #2
    ittee   ne
    ldrne   r2, [r0]
    mrcne   p15, 0, r3, c1, c0, 1
    addeq   r3, r3, #0x40
    ldreq.w r2, [r0]
    it      ne
    smcne   #0
    itet    eq
    mrceq   p15, 0, r1, c1, c0, 1
    addne   r3, r3, #4
    addeq   r3, r3, #0x1a
    mov     r0, r3
    bx      lr
    .arm
