/* SPDX-License-Identifier: Apache-2.0 */
/* Code under the debugger, and the way to EL0 in AArch32 and back from whatever comes of it. */
#include "pairs.inc"

    .text
/*
 * Steps from step_begin to step_end, one instruction each: plain ones, ones that a hypervisor
 * emulates, and calls. x0: a device's register that reads and writes.
 */
    .global step_code, step_begin, step_end
step_code:
    mov     x9, x0
    brk     #1                      /* the handler turns stepping on, and goes on behind */
step_begin:
    nop
    ldr     w1, [x9]
    nop
    str     w1, [x9]
    str     w1, [x9]
    mrs     x1, id_aa64pfr0_el1
    mrs     x1, id_aa64isar0_el1
    nop
    movz    w0, #0x8400, lsl #16    /* PSCI_VERSION */
    hvc     #0
    movz    w0, #0x8400, lsl #16
    smc     #0
    nop
    movz    w0, #0x8400, lsl #16
    smc     #0
    movz    w0, #0x8400, lsl #16
step_end:
    ret

    .global break_code
break_code:
    nop
    ret

/* void aarch32_enter(uint64_t pc, uint64_t spsr, const uint64_t r[3]) */
    .global aarch32_enter
aarch32_enter:
    push_callee_saved
    msr     elr_el1, x0
    msr     spsr_el1, x1
    mov     x3, x2
    ldp     x0, x1, [x3]
    ldr     x2, [x3, #16]
    mov     x3, #0
    isb
    eret

/* Where the exception handler returns to. */
    .global aarch32_back
aarch32_back:
    pop_callee_saved
    ret
