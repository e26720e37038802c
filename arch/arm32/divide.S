/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler calls to divide 64 bits (Arm IHI 0043, 4.3.1): nothing at an exit does. */

    .text
/*
 * r1:r0 by r3:r2; the quotient in r1:r0, the remainder in r3:r2: where both have 32 bits by the
 * instruction that the Virtualization Extensions bring, otherwise bit by bit from the upper end.
 */
    .global __aeabi_uldivmod
    .type   __aeabi_uldivmod, %function
__aeabi_uldivmod:
    orrs    r12, r1, r3
    bne     0f
    udiv    r12, r0, r2
    mls     r2, r12, r2, r0
    mov     r0, r12
    bx      lr
0:  push    {r4-r8, lr}
    mov     r4, r2
    mov     r5, r3
    mov     r2, #0
    mov     r3, #0
    mov     r6, #64
1:  adds    r0, r0, r0
    adcs    r1, r1, r1
    adcs    r2, r2, r2
    adcs    r3, r3, r3
    bcs     2f                              /* the remainder has 65 bits */
    cmp     r2, r4
    sbcs    r7, r3, r5
    blo     3f
2:  subs    r2, r2, r4
    sbc     r3, r3, r5
    orr     r0, r0, #1
3:  subs    r6, r6, #1
    bne     1b
    pop     {r4-r8, pc}
