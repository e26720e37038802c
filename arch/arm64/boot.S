/* SPDX-License-Identifier: Apache-2.0 */
/* From the firmware to C: the Image header, EL2 made known, relocation, a stack; on every CPU. */
#include "arch/arm/early_console.h"
#include "arch/arm64/boot.h"

#define BOOT_STACK_SIZE      8192
#define R_AARCH64_RELATIVE   1027
#define MPIDR_AFF3           (0xff << 32)
#define MPIDR_AFF2_AFF0      0xffffff
#define CPU_STACK_TOP        0 /* struct cpu: first member */
#define CURRENT_EL2          (2 << 2)
#define IMAGE_LE_4K_ANYWHERE 0xa

.macro address register, symbol
    adrp    \register, \symbol
    add     \register, \register, :lo12:\symbol
.endm

/* Linux's Documentation/arm64/booting: the header of an Image. A fused file raises image_size. */
    .section .head, "ax"
    .global image_header
image_header:
    b       boot
    .long   0
    .quad   0                               /* text_offset */
    .quad   image_end - image_header        /* image_size */
    .quad   IMAGE_LE_4K_ANYWHERE
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

/* x0: the device tree. */
boot:
    mov     x19, x0
    mrs     x0, CurrentEL
    cmp     x0, #CURRENT_EL2
    b.ne    wrong_el
    msr     daifset, #0xf
    msr     spsel, #1

    /*
     * What lies in the caches for our memory, of the loader (MMU on) or of an earlier owner, goes
     * out before we write past them. Instructions are at PoC: the boot protocol says so.
     */
    address x0, image_start
    address x1, image_end
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4                 /* DminLine: log2 of words */
    mov     x3, #4
    lsl     x3, x3, x2
1:  dc      civac, x0
    add     x0, x0, x3
    cmp     x0, x1
    b.lo    1b
    dsb     sy
    bl      el2_make_known

    /* .bss, .plan, .planner_data are zero; the pool is zeroed page by page as it is handed out. */
    address x0, image_bss
    address x1, image_pool
    bl      zero
    address x0, image_planner_data
    address x1, image_end
    bl      zero

    /* Relocate: the image is linked at 0, and every relocation of a static PIE is relative. */
    address x0, image_start
    address x1, image_rela
    address x2, image_rela_end
1:  cmp     x1, x2
    b.hs    2f
    ldp     x3, x4, [x1], #16
    ldr     x5, [x1], #8
    cmp     w4, #R_AARCH64_RELATIVE
    b.ne    park
    add     x5, x5, x0
    str     x5, [x0, x3]
    b       1b
2:
    address x0, boot_stack + BOOT_STACK_SIZE
    mov     sp, x0
    address x1, cpus                        /* one of them, until arch_cpu_become() */
    str     x0, [x1, #CPU_STACK_TOP]
    msr     tpidr_el2, x1
    mov     x29, #0
    bl      arch_cpu_init
    mov     x0, x19
    bl      main_boot

/* Not at EL2: the MMU is off (or maps us as it likes), and nothing is ours. */
wrong_el:
#ifdef CONFIG_EARLY_CONSOLE_BASE
    lsr     x0, x0, #2
    add     w0, w0, #'0'
    adr     x1, wrong_el_text
    ldr     x2, =CONFIG_EARLY_CONSOLE_BASE
1:  ldrb    w3, [x1], #1
    cbz     w3, park
    cmp     w3, #'#'
    csel    w3, w0, w3, eq
    mov     w5, #EARLY_POLLS
2:  EARLY_LOAD w4, [x2, #EARLY_STATUS]
    sub     w5, w5, #1
    cbz     w5, park
    ubfx    w4, w4, #EARLY_BIT, #1
    cmp     w4, #EARLY_BUSY
    b.eq    2b
    EARLY_STORE w3, [x2, #EARLY_TRANSMIT]
    b       1b

wrong_el_text:
    .ascii  "bulkhead: entered at EL#; needs EL2: start QEMU with virtualization=on, "
    .asciz  "or boot from EL2 firmware\r\n"
    .balign 4
    .ltorg
#endif

    .text
park:
    wfe
    b       park

/* [x0, x1): not empty, whole pages at its end. */
zero:
    stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    zero
    ret

/*
 * EL2's regime as out of reset: MMU and caches off, E2H and TGE 0. In that order: with E2H changes
 * what TCR_EL2 means, which no walk may see.
 */
el2_make_known:
    mov     x0, #SCTLR_EL2_RES1 & 0xffff
    movk    x0, #SCTLR_EL2_RES1 >> 16, lsl #16
    msr     sctlr_el2, x0
    isb
    mov     x0, #HCR_EL2_RW
    msr     hcr_el2, x0
    isb
    ic      iallu
    dsb     nsh
    isb
    ret

    .global boot_mmu_on
boot_mmu_on:
    ldp     x1, x2, [x0]
    ldp     x3, x4, [x0, #16]
    msr     mair_el2, x1
    msr     tcr_el2, x2
    msr     ttbr0_el2, x3
    isb
    tlbi    alle2
    ic      iallu
    dsb     nsh
    isb
    msr     sctlr_el2, x4
    isb
    ret

/* Every other CPU: MMU off, caches in any state, x0 as secondary.h says. */
    .global boot_entry_spin, boot_entry_psci
boot_entry_spin:
    mov     x0, #0
boot_entry_psci:
    mov     x19, x0
    mrs     x0, CurrentEL
    cmp     x0, #CURRENT_EL2
    b.ne    park
    msr     daifset, #0xf
    msr     spsel, #1
    bl      el2_make_known
    address x0, boot_mmu
    bl      boot_mmu_on
    cbnz    x19, 2f

    address x0, boot_mailbox
    mov     x1, #MPIDR_AFF3
    orr     x1, x1, #MPIDR_AFF2_AFF0
    mrs     x2, mpidr_el1
    and     x1, x1, x2
1:  ldar    x2, [x0]
    cmp     x1, x2
    b.eq    1f
    wfe
    b       1b
1:  ldr     x19, [x0, #8]
2:
    ldr     x0, [x19, #CPU_STACK_TOP]
    mov     sp, x0
    msr     tpidr_el2, x19
    mov     x29, #0
    bl      arch_cpu_init
    mov     x0, x19
    bl      main_secondary
    .ltorg

    .section .bss
    .balign 16
boot_stack:
    .space  BOOT_STACK_SIZE
