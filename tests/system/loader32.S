/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As loader.S, of Armv7-A: a firmware that leaves dirt in all that a guest will see, and starts the
 * image that is 2 MiB behind this one in HYP mode.
 */
#include "guests/cputest/arm32/registers.inc"

#define NEXT 0x200000

    .syntax unified
    .arch   armv7ve
    .fpu    neon-vfpv4

/* HYP mode has LR_usr for its own. */
.macro own name, dirt
    .ifc    \name, LR_usr
    mov32   lr, \dirt
    .else
    banked  \name, \dirt
    .endif
.endm

    .section .text, "ax"
    sub     r9, pc, #8
    mov     r8, r2
    dirty_registers
    isb
    add     r9, r9, #NEXT
    mov     r0, #0
    mvn     r1, #0
    mov     r2, r8
    bx      r9
