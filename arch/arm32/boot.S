/* SPDX-License-Identifier: Apache-2.0 */
/* From the firmware to C: the zImage header, HYP made known, relocation, a stack; on every CPU. */
#include "arch/arm/early_console.h"
#include "arch/arm32/boot.h"

#define BOOT_STACK_SIZE   8192
#define R_ARM_RELATIVE    23
#define CPU_STACK_TOP     0 /* struct cpu: first member */
#define ZIMAGE_MAGIC      0x016f2818
#define ZIMAGE_LITTLE     0x04030201
#define CTR_DMINLINE      16
#define MPIDR_NO_AFFINITY 0xff000000
#define MIDR_PART         0xff00fff0
#define MIDR_CORTEX_A7    0x4100c070
#define MIDR_CORTEX_A12   0x4100c0d0
#define MIDR_CORTEX_A15   0x4100c0f0
#define MIDR_CORTEX_A17   0x4100c0e0
#define ACTLR_SMP         (1 << 6)

    .arch_extension virt
    .arch_extension sec

/* Where the symbol is, wherever the image is. */
.macro address register, symbol
    ldr     \register, 99f
98: add     \register, pc, \register
    b       97f
99: .word   \symbol - (98b + 8)
97:
.endm

/* Linux's Documentation/arm/booting: a zImage's header, at byte 0x24. Fusing raises its end. */
    .section .head, "ax"
    .global image_header
image_header:
    .rept   8
    nop
    .endr
    b       boot
    .word   ZIMAGE_MAGIC
    .word   0                               /* start: it runs anywhere */
    .word   image_end - image_header        /* end */
    .word   ZIMAGE_LITTLE

/* r2: the device tree. */
boot:
    mrs     r0, cpsr
    and     r0, r0, #CPSR_MODE
    cmp     r0, #CPSR_MODE_HYP
    bne     wrong_mode
    cpsid   aif
    mov     r8, r2
    bl      join_coherency

    /*
     * What lies in the caches for our memory, of the loader (MMU on) or of an earlier owner, goes
     * out before we write past them. Instructions are at PoC: the boot protocol says so.
     */
    address r0, image_start
    address r1, image_end
    mrc     p15, 0, r2, c0, c0, 1           /* CTR */
    ubfx    r2, r2, #CTR_DMINLINE, #4       /* log2 of words */
    mov     r3, #4
    lsl     r3, r3, r2
1:  mcr     p15, 0, r0, c7, c14, 1          /* DCCIMVAC */
    add     r0, r0, r3
    cmp     r0, r1
    blo     1b
    dsb     sy
    bl      hyp_make_known

    /* .bss, .plan, .planner_data are zero; the pool is zeroed page by page as it is handed out. */
    address r0, image_bss
    address r1, image_pool
    bl      zero
    address r0, image_planner_data
    address r1, image_end
    bl      zero

    /* Relocate: the image is linked at 0, and every relocation of a static PIE is relative. */
    address r0, image_start
    address r1, image_rel
    address r2, image_rel_end
1:  cmp     r1, r2
    bhs     2f
    ldrd    r4, r5, [r1], #8
    cmp     r5, #R_ARM_RELATIVE
    bne     park
    ldr     r3, [r0, r4]
    add     r3, r3, r0
    str     r3, [r0, r4]
    b       1b
2:
    address sp, boot_stack_top
    address r0, cpus                        /* one of them, until arch_cpu_become() */
    str     sp, [r0, #CPU_STACK_TOP]
    mcr     p15, 4, r0, c13, c0, 2          /* HTPIDR */
    mov     r11, #0
    bl      arch_cpu_init
    mov     r0, r8
    mov     r1, #0
    bl      main_boot

/* Not in HYP mode: the MMU is off (or maps us as it likes), and nothing is ours. */
wrong_mode:
#ifdef CONFIG_EARLY_CONSOLE_BASE
    adr     r1, wrong_mode_text
    ldr     r2, =CONFIG_EARLY_CONSOLE_BASE
1:  ldrb    r3, [r1], #1
    cmp     r3, #0
    beq     park
    mov     r5, #EARLY_POLLS
2:  EARLY_LOAD r4, [r2, #EARLY_STATUS]
    subs    r5, r5, #1
    beq     park
    ubfx    r4, r4, #EARLY_BIT, #1
    cmp     r4, #EARLY_BUSY
    beq     2b
    EARLY_STORE r3, [r2, #EARLY_TRANSMIT]
    b       1b

wrong_mode_text:
    .ascii  "bulkhead: entered in SVC mode; needs HYP mode: start QEMU with virtualization=on, "
    .asciz  "or boot from firmware that leaves HYP\r\n"
    .balign 4
    .ltorg
#endif

    .text
park:
    wfe
    b       park

/* [r0, r1): not empty, whole pages at its end. */
zero:
    mov     r2, #0
    mov     r3, #0
    mov     r4, #0
    mov     r5, #0
1:  stm     r0!, {r2, r3, r4, r5}
    cmp     r0, r1
    blo     1b
    bx      lr

/*
 * Before anything is done to caches, a CPU that has ACTLR.SMP (its TRM) takes part in coherency:
 * firmware without PSCI leaves that to the kernel, and guests cannot write ACTLR. Firmware that
 * does not let us (NSACR.NS_SMP) has set the bit itself, and nothing is written.
 */
join_coherency:
    mrc     p15, 0, r0, c0, c0, 0           /* MIDR */
    ldr     r1, =MIDR_PART
    and     r0, r0, r1
    ldr     r1, =MIDR_CORTEX_A7
    cmp     r0, r1
    ldrne   r1, =MIDR_CORTEX_A12
    cmpne   r0, r1
    ldrne   r1, =MIDR_CORTEX_A15
    cmpne   r0, r1
    ldrne   r1, =MIDR_CORTEX_A17
    cmpne   r0, r1
    bne     1f
    mrc     p15, 0, r0, c1, c0, 1           /* ACTLR */
    tst     r0, #ACTLR_SMP
    orreq   r0, r0, #ACTLR_SMP
    mcreq   p15, 0, r0, c1, c0, 1
1:
    isb
    bx      lr

/* HYP's regime as out of reset: MMU and caches off. */
hyp_make_known:
    ldr     r0, =HSCTLR_RES1
    mcr     p15, 4, r0, c1, c0, 0           /* HSCTLR */
    isb
    mov     r0, #0
    mcr     p15, 4, r0, c1, c1, 0           /* HCR */
    mcr     p15, 0, r0, c7, c5, 0           /* ICIALLU */
    mcr     p15, 0, r0, c7, c5, 6           /* BPIALL */
    dsb     nsh
    isb
    bx      lr

    .global boot_mmu_on
boot_mmu_on:
    ldm     r0, {r0, r1, r2, r3}
    mov     r12, #0
    mcr     p15, 4, r0, c10, c2, 0          /* HMAIR0 */
    mcr     p15, 4, r12, c10, c2, 1         /* HMAIR1 */
    mcr     p15, 4, r1, c2, c0, 2           /* HTCR */
    mcrr    p15, 4, r2, r12, c2             /* HTTBR */
    isb
    mcr     p15, 4, r12, c8, c7, 0          /* TLBIALLH */
    mcr     p15, 0, r12, c7, c5, 0          /* ICIALLU */
    mcr     p15, 0, r12, c7, c5, 6          /* BPIALL */
    dsb     nsh
    isb
    mcr     p15, 4, r3, c1, c0, 0           /* HSCTLR */
    isb
    bx      lr

/* Every other CPU: MMU off, caches in any state, r0 as secondary.h says. */
    .global boot_entry_spin, boot_entry_psci
boot_entry_spin:
    mov     r0, #0
boot_entry_psci:
    mov     r8, r0
    mrs     r0, cpsr
    and     r0, r0, #CPSR_MODE
    cmp     r0, #CPSR_MODE_HYP
    bne     park
    cpsid   aif
    bl      join_coherency
    bl      hyp_make_known
    address r0, boot_mmu
    bl      boot_mmu_on
    cmp     r8, #0
    bne     2f

    address r0, boot_mailbox
    mrc     p15, 0, r1, c0, c0, 5           /* MPIDR */
    bic     r1, r1, #MPIDR_NO_AFFINITY
1:  ldr     r2, [r0]
    dmb     ish
    cmp     r1, r2
    ldreq   r8, [r0, #8]
    beq     2f
    wfe
    b       1b
2:
    ldr     sp, [r8, #CPU_STACK_TOP]
    mcr     p15, 4, r8, c13, c0, 2          /* HTPIDR */
    mov     r11, #0
    bl      arch_cpu_init
    mov     r0, r8
    bl      main_secondary
    .ltorg

    .section .bss
    .balign 16
    .space  BOOT_STACK_SIZE
boot_stack_top:
