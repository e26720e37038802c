/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition in AArch32 state that tries all of CP14 and CP15, accesses to emulated registers that
 * no syndrome tells, and calls. Says what it got, and stops with FAILED where that is wrong.
 */
#define GICD            0x08000000
#define NOTHING         0x10000000              /* for us: another's, or nobody's */
#define PSCI_VERSION    0x84000000
#define PSCI_CPU_ON64   0xc4000003
#define PSCI_SYSTEM_OFF 0x84000008

#include "bare32.inc"

/* r9 counts the exceptions; each goes on at r10. */
    .macro  next_is label
    mov     r9, #0
    adr     r10, \label
    .endm

    .global _start
_start:
    b       begin
    b       exception                       /* undefined */
    b       park
    b       park
    b       exception                       /* data abort */
    b       park
    b       park
    b       park

/* The SPSR too is ours: QEMU's is wrong where EL2 injects. Bit 0 of r10: Thumb. */
exception:
    add     r9, r9, #1
    mov     r11, #0x1d0
    orr     r11, r11, #3
    tst     r10, #1
    orrne   r11, r11, #1 << 5
    msr     spsr_cxsf, r11
    movs    pc, r10

begin:
    ldr     sp, =stack_top
    adr     r0, _start
    mcr     p15, 0, r0, c12, c0, 0          /* VBAR */
    mov     r0, #0xf << 20                  /* CPACR: coprocessors 10 and 11 */
    mcr     p15, 0, r0, c1, c0, 2
    isb
    mov     r0, #1 << 30
    vmsr    fpexc, r0

/* ---- CP15 and CP14: MRC, MCR of what was read, MCR of zero to what cannot be read ---- */

    ldr     r8, =0xee101f10                 /* MRC p15, 0, r1, c0, c0, 0 */
    bl      sweep
    say     "hostile: CP15"
    ldr     r8, =0xee101e10
    bl      sweep
    say     "hostile: CP14"
    ldr     r8, =0xec521f00                 /* MRRC p15, 0, r1, r2, c0 */
    bl      sweep64
    ldr     r8, =0xec521e00
    bl      sweep64
    say     "hostile: 64 bits"

/* ---- what is hidden, and what is not written on a condition ---- */

    mrc     p15, 0, r0, c0, c1, 1           /* ID_PFR1: no security, no virtualization */
#ifndef ARMV7                                   /* QEMU's HCR.TID3 traps nothing there */
    tst     r0, #0xf0
    tsteq   r0, #0xf000
    bne     park
#endif
    .irp    crm, c3, c4, c5, c6, c7         /* there AArch64 has its own */
    mrc     p15, 0, r1, c0, \crm, 0
    cmp     r1, #0
    bne     park
    .endr
    mvn     r1, #0
    cmp     r1, r1
    mrcne   p15, 0, r1, c1, c0, 1           /* ACTLR, trapped; not executed */
    cmn     r1, #1
    bne     park
    cps     #0x1b                           /* into a banked register */
    mvn     lr, #0
    mrc     p15, 0, lr, c0, c1, 1
    cmp     lr, r0
    cps     #0x13
    bne     park
    say     "hostile: hidden"

/* ---- BXJ: without Jazelle it is BX, in A32 and T32, and traps nowhere ---- */

    mov     r9, #0
    adr     r10, park
    adr     r0, park
    cmp     r0, r0
    bxjne   r0                              /* not executed */
    adr     r0, 1f
    orr     r0, r0, #1
    bxj     r0
    b       park
    .thumb
    .balign 4
1:  adr     r0, 2f
    bxj     r0
    nop
    .balign 4
    .arm
    b       park
2:  adr     r0, 3f
    bxjeq   r0
    b       park
3:  cmp     r9, #0
    bne     park
    say     "hostile: BXJ"

    bl      try_modes
    say     "hostile: modes"

/* ---- windows ---- */

    .macro  aborts insn:vararg
    next_is 91f
    \insn
91: bl      check_abort
    .endm

    ldr     r4, =windows
1:  ldr     r0, [r4], #4
    cmp     r0, #0
    beq     2f
    aborts  ldm r0, {r1, r2}
    aborts  stm r0, {r1, r2}
    aborts  ldmib r0!, {r1, r2, r3}
    aborts  stmia r0!, {r2}
    aborts  ldrd r2, r3, [r0]
    aborts  strd r2, r3, [r0]
    aborts  ldr r1, [r0], #4
    aborts  str r1, [r0, #4]!
    aborts  ldrb r1, [r0], #1
    aborts  ldr r1, [r0, #1]
    aborts  str r1, [r0, #2]
    aborts  ldrh r1, [r0, #3]
    aborts  strh r1, [r0, #1]
    aborts  ldrex r1, [r0]
    aborts  ldrexd r2, r3, [r0]
    aborts  vldr s0, [r0]
    aborts  vstr d0, [r0]
    aborts  vldm r0, {d0-d3}
    aborts  vst1.8 {d0}, [r0]
    cmp     r0, r0
    aborts  ldmeq r0, {r1, r2}
    next_is 3f
    ldmne   r0, {r1, r2}                    /* not executed */
3:  cmp     r9, #0
    bne     park
    bl      thumb
    b       1b
2:  say     "hostile: windows"

/* ---- calls ---- */

    ldr     r0, =PSCI_VERSION
    cmp     r0, r0
    smcne   #0                              /* not executed */
    ldr     r1, =PSCI_VERSION
    cmp     r0, r1
    bne     park
    smceq   #0
    ldr     r1, =0x10001
    cmp     r0, r1
    bne     park
    ldr     r0, =PSCI_CPU_ON64
    smc     #0
    cmn     r0, #1
    bne     park
    next_is 1f
    hvc     #0xffff
1:  cmp     r9, #1
    bne     park
    say     "hostile: calls"
    say     "hostile: done"
    ldr     r0, =PSCI_SYSTEM_OFF
    smc     #0
park:
    say     "hostile: FAILED"
    mov     r0, r4
    bl      put_hex
    mov     r0, r9
    bl      put_hex
    mrc     p15, 0, r0, c6, c0, 0
    bl      put_hex
    ldr     r0, =PSCI_SYSTEM_OFF
    hvc     #0

/* Into modes that there are not, and back to them from an exception. */
    .arch_extension virt
    .arch_extension sec
    .macro  stays insn:vararg               /* undefined or without effect: still Supervisor mode */
    next_is 91f
    \insn
91: bl      check_mode
    .endm

try_modes:
    push    {r4, lr}
    ldr     r4, =modes
1:  ldr     r6, [r4], #4
    cmp     r6, #0
    beq     2f
    stays   msr cpsr_c, r6
    msr     spsr_cxsf, r6
    adr     lr, 91f
    stays   movs pc, lr
    msr     spsr_cxsf, r6
    adr     lr, 91f
    stays   eret
    adr     r5, 91f
    push    {r5, r6}
    stays   rfeia sp
    add     sp, sp, #8
    b       1b
2:  stays   .inst 0xf102001a                /* CPS to HYP, */
    stays   .inst 0xf1020016                /* Monitor */
    stays   srsdb sp, 0x1a
    stays   srsdb sp, 0x16
    .irp    name, elr_hyp, spsr_hyp, sp_hyp, spsr_mon, sp_mon, lr_mon
    stays   mrs r0, \name
    stays   msr \name, r0
    .endr
    pop     {r4, pc}
check_mode:
    mrs     r5, cpsr
    and     r5, r5, #0x1f
    cmp     r5, #0x13
    bxeq    lr
    b       park

/* One exception, a data abort near r0: external, or of an alignment. */
check_abort:
    cmp     r9, #1
    bne     park
    mrc     p15, 0, r5, c6, c0, 0           /* DFAR */
    sub     r5, r5, r0
    cmp     r5, #32
    bhs     park
    mrc     p15, 0, r5, c5, c0, 0           /* DFSR */
    and     r5, r5, #0xf
    cmp     r5, #8
    cmpne   r5, #1
    bne     park
    bx      lr

/* r8: MRC; r4: opc1, CRn, CRm, opc2. */
sweep:
    mov     r12, lr
    mov     r4, #0
1:  mov     r0, r4, lsr #11
    orr     r7, r8, r0, lsl #21
    ubfx    r0, r4, #7, #4
    orr     r7, r7, r0, lsl #16
    ubfx    r0, r4, #3, #4
    orr     r7, r7, r0
    and     r0, r4, #7
    orr     r7, r7, r0, lsl #5
    ldr     r0, =0x3804                     /* opc1, c7, c0, 4: WFI of old */
    sub     r0, r4, r0
    cmp     r0, #0
    beq     2f
    mov     r1, #0
    bl      execute
    bl      check_hyp
    bic     r7, r7, #1 << 20                /* MCR */
    bl      execute
    bl      check_hyp
2:  add     r4, r4, #1
    cmp     r4, #1 << 14
    blo     1b
    bx      r12

/* Of CP15 EL2's and EL3's, opc1 4 or 6, and c15, implementation defined, are undefined. */
check_hyp:
    ubfx    r0, r7, #8, #4
    cmp     r0, #15
    bxne    lr
    ubfx    r0, r4, #7, #4
    cmp     r0, #15
    beq     check_undefined
#ifdef ARMV7                                    /* QEMU's has DACR in all of c3 */
    cmp     r0, #3
    bxeq    lr
#endif
    mov     r0, r4, lsr #11
    b       check_opc1

sweep64:
    mov     r12, lr
    mov     r4, #0
1:  orr     r7, r8, r4                      /* opc1, CRm */
    mov     r1, #0
    mov     r2, #0
    bl      execute
    bl      check_hyp64
    bic     r7, r7, #1 << 20
    bl      execute
    bl      check_hyp64
    add     r4, r4, #1
    cmp     r4, #1 << 8
    blo     1b
    bx      r12
check_hyp64:
    and     r0, r7, #15
    cmp     r0, #15
    beq     check_undefined
    ubfx    r0, r7, #4, #4
check_opc1:
    bic     r0, r0, #2
    cmp     r0, #4
    bxne    lr
check_undefined:
    cmp     r9, #1
    bxeq    lr
    b       park

/* The instruction r7, r1 and r2 its registers. */
execute:
    adr     r0, slot
    str     r7, [r0]
    mcr     p15, 0, r0, c7, c11, 1          /* DCCMVAU */
    dsb
    mcr     p15, 0, r0, c7, c5, 1           /* ICIMVAU */
    mcr     p15, 0, r0, c7, c5, 6           /* BPIALL */
    dsb
    isb
    next_is 1f
slot:
    nop
1:  bx      lr

    .macro  aborts_t insn:vararg
    mov     r9, #0
    adr     r10, 91f
    orr     r10, r10, #1
    \insn
    nop
    .balign 4
91: ldr     r5, =check_abort
    blx     r5
    .endm

thumb:
    push    {r4, lr}
    adr     r5, 1f + 1
    bx      r5
    .thumb
    .balign 4
1:  aborts_t ldm.w r0, {r1, r2}
    aborts_t stm r0!, {r1, r2}
    aborts_t ldrd r2, r3, [r0]
    aborts_t ldr r1, [r0], #4
    aborts_t ldr.w r1, [r0, #1]
    aborts_t strh.w r1, [r0, #3]
    cmp     r0, r0
    mov     r9, #0
    adr     r10, 92f
    orr     r10, r10, #1
    itte    eq
    moveq   r1, #0
    ldmeq.w r0, {r1, r2}                    /* aborts in the midst of the block */
    ldmne.w r0, {r1, r2}
    .balign 4
92: ldr     r5, =check_abort
    blx     r5
    mov     r9, #0
    cmp     r0, r0
    ite     ne
    ldmne.w r0, {r1, r2}                    /* not executed */
    moveq   r3, #7
    cmp     r9, #0
    bne     3f
    cmp     r3, #7
    bne     3f
    mov     r3, r0
    ldr     r0, =PSCI_VERSION
    smc     #0
    ldr     r1, =0x10001
    cmp     r0, r1
    bne     3f
    mov     r0, r3
    pop     {r4, pc}
3:  ldr     r5, =park
    bx      r5
    .balign 4
    .arm

put_hex:
    mov     r2, r0
    mov     r3, #8
    ldr     r1, =PL011
1:  ror     r2, r2, #28
    and     r0, r2, #0xf
    cmp     r0, #10
    addlo   r0, r0, #'0'
    addhs   r0, r0, #'a' - 10
    str     r0, [r1]
    subs    r3, r3, #1
    bne     1b
    mov     r0, #'\n'
    str     r0, [r1]
    bx      lr

    define_puts
    .ltorg
modes:                                          /* HYP, Monitor, none; of AArch64: EL1, EL2, EL3 */
    .word   0x1da, 0x1d6, 0x1d4, 0x1d8, 0x1dc, 0x1c5, 0x1c9, 0x1cd, 0
windows:
    .word   PL011, GICD, NOTHING, 0
    .balign 8
    .space  1024
stack_top:
