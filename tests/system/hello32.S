/* SPDX-License-Identifier: Apache-2.0 */
/* An Armv7-A partition in SVC mode: writes to the PL011, tries its CPU, and turns itself off. */
#define PSCI_VERSION      0x84000000
#define PSCI_CPU_OFF      0x84000002
#define PSCI_CPU_ON       0x84000003
#define FID_64BIT         0x40000000
#define PSCI_SYSTEM_OFF   0x84000008

#include "bare32.inc"

    .global _start
_start:
    b       begin
    b       undefined
    b       park
    b       prefetch_abort
    b       data_abort
    b       park
    b       park
    b       park
begin:
    ldr     sp, =stack_top
    mrs     r0, cpsr
    and     r0, r0, #0x1f
    cmp     r0, #0x13
    bne     park
    adr     r0, _start
    mcr     p15, 0, r0, c12, c0, 0          /* VBAR */
    say     "hello: in SVC mode"

    ldr     r0, =PSCI_VERSION
    hvc     #0
    movw    r1, #1
    movt    r1, #1
    cmp     r0, r1
    bne     park
    say     "hello: PSCI 1.1"

#ifdef NO_VFP
    mov     r0, #0xf << 20                  /* CPACR: they are not there */
    mcr     p15, 0, r0, c1, c0, 2
    isb
    mrc     p15, 0, r1, c1, c0, 2
    tst     r0, r1
    bne     park
    adr     r10, 1f
    mov     r0, #1 << 30
    vmsr    fpexc, r0
    b       park
1:  say     "hello: VFP is undefined"
#else
    mov     r0, #0xf << 20                  /* CPACR: coprocessors 10 and 11 */
    mcr     p15, 0, r0, c1, c0, 2
    isb
    mov     r0, #1 << 30
    vmsr    fpexc, r0
    vmov.f32 s0, #1.5
    vmov.f32 s1, #2.0
    vmul.f32 s2, s0, s1
    vcvt.u32.f32 s2, s2
    vmov    r0, s2
    vmrs    r1, mvfr0
    cmp     r0, #3
    cmpeq   r1, r1
    bne     park
    say     "hello: VFP multiplies"
#endif

#ifndef ARMV8                                    /* a guest's own */
    mrc     p14, 0, r0, c0, c0, 0           /* DBGDIDR */
    cmp     r0, #0
    bne     park
    mrc     p14, 0, apsr_nzcv, c0, c1, 0    /* DBGDSCR: no flag stays set */
    beq     park
    bcs     park
    say     "hello: debug is hidden"
#endif

    adr     r10, 1f
    mrc     p15, 4, r0, c1, c1, 0           /* HCR: undefined here */
    b       park
1:  sub     r3, r10, #4                     /* LR */
    cmp     r9, r3
    bne     park
    adr     r10, 2f
    hvc     #1
    b       park
2:  sub     r3, r10, #4
    cmp     r9, r3
    bne     park
    say     "hello: two undefined instructions"

    adr     r10, 4f
    mov     r0, #0x10000000
    ldr     r1, [r0]                        /* the board has nothing there for us */
    b       park
4:  mrc     p15, 0, r1, c6, c0, 0           /* DFAR */
    cmp     r1, #0x10000000
    mrc     p15, 0, r1, c5, c0, 0           /* DFSR: external abort */
    cmpeq   r1, #8
    bne     park
    say     "hello: a data abort"

    adr     r10, 5f
    ldr     r0, =PL011
    ldm     r0, {r1, r2}                    /* no syndrome tells its registers */
    b       park
5:  ldr     r0, =PL011
    mrc     p15, 0, r1, c6, c0, 0           /* DFAR: at once, not where a value leads */
    cmp     r1, r0
    bne     park
    adr     r10, 6f
    ldr     r0, =PL011 + 1
    ldr     r1, [r0]                        /* stage 1 is off: a device */
    b       park
6:  say     "hello: accesses that are not emulated abort"

    /* Banked registers, by the mode that loads them. */
    cps     #0x11
    ldr     r8, =PL011
    mov     r9, #'f'
    str     r9, [r8]
    ldr     r12, [r8, #0x18]                /* UARTFR */
    tst     r12, #1 << 4                    /* nothing was received */
    beq     park
    cps     #0x13
    ldr     r0, =PL011
    .macro  banked mode, letter
    cps     #\mode
    ldr     sp, [r0, #0xfe0]                /* UARTPeriphID0, 1 */
    ldr     lr, [r0, #0xfe4]
    cmp     sp, #0x11
    cmpeq   lr, #0x10
    bne     park
    mov     sp, #\letter
    mov     lr, #\letter + 1
    str     sp, [r0]
    str     lr, [r0]
    .endm
    .macro  still mode, letter              /* each has its own */
    cps     #\mode
    cmp     sp, #\letter
    cmpeq   lr, #\letter + 1
    bne     park
    .endm
    .irp    each, banked, still
    \each   0x11, 'a'
    \each   0x12, 'c'
    \each   0x13, 'e'
    \each   0x17, 'g'
    \each   0x1b, 'i'
    \each   0x1f, 'k'
    .endr
    cps     #0x13
    ldr     sp, =stack_top
    ldr     r1, =PL011 + 0xffc              /* UARTPCellID3 */
    ldrsh   r2, [r1]
    cmp     r2, #0xb1
    ldrsb   r2, [r1]
    cmneq   r2, #0x100 - 0xb1
    bne     park
    mvn     r1, #0
    strb    r1, [r0, #0x38]                 /* UARTIMSC: 11 bits, of which a byte was written */
    ldr     r1, [r0, #0x38]
    cmp     r1, #0xff
    bne     park
    mov     r1, #0
    str     r1, [r0, #0x38]
    mov     r1, #'\n'
    str     r1, [r0]

    /* Big-endian data: bytes are the other way round. */
    ldr     r1, =PL011 + 0xffc
    setend  be
    ldr     r2, [r1]
    ldrsh   r3, [r1]
    ldrb    r4, [r1]
    setend  le
    cmp     r2, #0xb1000000
    mvneq   r3, r3
    ldreq   r5, =0x4eff
    cmpeq   r3, r5
    cmpeq   r4, #0xb1
    bne     park
    ldr     r1, =0x12030000
    ldr     r2, =0xffff2301
    setend  be
    str     r1, [r0, #0x38]                 /* UARTIMSC */
    setend  le
    ldr     r3, [r0, #0x38]
    setend  be
    strh    r2, [r0, #0x38]
    setend  le
    ldr     r4, [r0, #0x38]
    mov     r1, #0
    str     r1, [r0, #0x38]
    ldr     r1, =0x312
    cmp     r3, r1
    ldreq   r1, =0x123
    cmpeq   r4, r1
    bne     park
    say     "hello: big-endian data"

    mrrc    p15, 1, r2, r3, c14             /* CNTVCT */
1:  mrrc    p15, 1, r4, r5, c14
    cmp     r4, r2
    beq     1b
    say     "hello: the counter counts"

    /* Conditional and Thumb accesses to the UART are emulated alike. */
    ldr     r1, =PL011
    mov     r0, #'t'
    cmp     r0, r0
    streq   r0, [r1]
    strne   r1, [r1]
    adr     r2, thumb + 1
    blx     r2
    .thumb
thumb:
    ldr     r2, =arm                        /* wherever a store should go on */
    movs    r0, #'h'
    str     r0, [r1]
    movs    r0, #'u'
    cmp     r0, r0
    itte    eq
    streq   r0, [r1]
    moveq   r0, #'m'
    movne   r0, #'x'
    strb.w  r0, [r1]
    movs    r0, #'b'
    strh    r0, [r1]
    movs    r0, #'\n'
    str     r0, [r1]
    nop
    mov     r10, r2
undefined_t32:
    hvc     #1
    bx      r2
    .balign 4
    .arm
arm:
    ldr     r3, =undefined_t32 + 2
    cmp     r9, r3
    bne     park
#ifndef ARMV8
    tst     r12, #1 << 5                    /* SPSR.T */
    beq     park
#endif
#ifdef CRASH
    ldr     r0, =0x20000000                 /* there is nothing */
    mcr     p15, 0, r0, c12, c0, 0          /* VBAR */
    udf     #0
#endif
#ifdef SECOND
    ldr     r0, =PSCI_CPU_ON | FID_64BIT    /* there is none for AArch32 */
    mov     r1, #1
    ldr     r2, =second + 1
    ldr     r3, =flag
    hvc     #0
    cmn     r0, #1
    bne     park
    ldr     r0, =PSCI_CPU_ON
    mov     r1, #1
    ldr     r2, =second + 2                 /* neither A32 nor T32 */
    hvc     #0
    cmn     r0, #9
    bne     park
    ldr     r0, =PSCI_CPU_ON
    mov     r1, #1
    ldr     r2, =second + 1
    hvc     #0
    cmp     r0, #0
    bne     park
    ldr     r1, =flag
1:  yield
    ldr     r0, [r1]
    cmp     r0, #0
    beq     1b
    say     "hello: a second CPU begins in Thumb"
#endif
    say     "hello: done"
    ldr     r0, =PSCI_SYSTEM_OFF
    hvc     #0
park:
    say     "hello: FAILED"
    ldr     r0, =PSCI_SYSTEM_OFF
    hvc     #0
    b       park

#ifdef SECOND
    .thumb
    .balign 4
second:
    movs    r1, #1
    str     r1, [r0]                        /* the context */
    ldr     r0, =PSCI_CPU_OFF
    hvc     #0
1:  b       1b
    .balign 4
    .arm
flag:
    .word   0
#endif

undefined:
    mov     r9, lr
    mrs     r12, spsr
    mov     r11, #0xd3
    msr     spsr_cxsf, r11
    movs    pc, r10
prefetch_abort:
    b       park
data_abort:
#ifdef ARMV8                                    /* QEMU loses an injected exception's SPSR there */
    mov     r11, #0xd3
    msr     spsr_cxsf, r11
#endif
    movs    pc, r10

    define_puts
    .ltorg
    .balign 8
    .space  1024
stack_top:
