/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one hostile instruction, at EL1 or at EL0, so that whatever comes of it ends here. */
#include "pairs.inc"

#define SPSR_EL0T 0x3c0             /* EL0, all of DAIF masked */

    .text

/* uint64_t probe_el1(code, x0, x1): ends by RET, or by an exception that returns to x30. */
    .global probe_el1
probe_el1:
    stp     x29, x30, [sp, #-16]!
    mov     x9, x0
    mov     x0, x1
    mov     x1, x2
    blr     x9
    msr     spsel, #1               /* the code may have been MSR SPSel or DAIFClr */
    msr     daifset, #15
    ldp     x29, x30, [sp], #16
    ret

/* uint64_t probe_el0(code, x0, x1, after): code and after where EL0 may execute them. */
    .global probe_el0
probe_el0:
    push_callee_saved
    mov     x9, #SPSR_EL0T
    msr     spsr_el1, x9
    msr     elr_el1, x0
    mov     x0, x1
    mov     x1, x2
    mov     x30, x3
    isb
    eret

/* Where the exception handler sends every exception of EL0, SVC among them. */
    .global probe_el0_back
probe_el0_back:
    pop_callee_saved
    ret

    .global probe_el0_after
probe_el0_after:
    svc     #0

/* uint64_t call_registers_hvc(function), …_smc: the OR of the bits that changed in x4 to x17. */
.macro call_registers instruction
    mov     x9, #0x5555555555555555
    .irp n, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17
    mov     x\n, x9
    .endr
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    \instruction #0
    mov     x0, #0
    mov     x1, #0x5555555555555555
    .irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
    eor     x2, x\n, x1
    orr     x0, x0, x2
    .endr
    ret
.endm

    .global call_registers_hvc, call_registers_smc
call_registers_hvc:
    call_registers hvc
call_registers_smc:
    call_registers smc
