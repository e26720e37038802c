/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a guest's general registers: in the frame of its exit, or banked by its mode. */
#include <arch/sysreg.h>
#include <arch/vcpu.h>

#include "arch/arm32/traps.h"
#include "core/base/arch.h"

#define SP 13
#define LR 14
#define PC 15 /* no access that is emulated has it: reads 0, and a write is lost */

/* In rows of R8_fiq..R12_fiq, SP and LR by mode: MRS and MSR name them in the instruction. */
#define BANKED(row)                                                                                \
    row(MODE_FIQ, 8, r8_fiq) row(MODE_FIQ, 9, r9_fiq) row(MODE_FIQ, 10, r10_fiq)                   \
        row(MODE_FIQ, 11, r11_fiq) row(MODE_FIQ, 12, r12_fiq) row(MODE_FIQ, SP, sp_fiq)            \
            row(MODE_FIQ, LR, lr_fiq) row(MODE_IRQ, SP, sp_irq) row(MODE_IRQ, LR, lr_irq)          \
                row(MODE_SVC, SP, sp_svc) row(MODE_SVC, LR, lr_svc) row(MODE_ABT, SP, sp_abt)      \
                    row(MODE_ABT, LR, lr_abt) row(MODE_UND, SP, sp_und) row(MODE_UND, LR, lr_und)  \
                        row(MODE_USR, SP, sp_usr) row(MODE_SYS, SP, sp_usr)

#define KEY(mode, n) ((mode) << 4 | (n))

static uint32_t key_of(uint32_t n)
{
    return KEY((uint32_t)(banked_read(spsr_hyp) & PSR_MODE), n);
}

#define READ(mode, n, name)                                                                        \
    case KEY(mode, n):                                                                             \
        return banked_read(name);

uint64_t arch_reg_get(const struct arch_regs *regs, uint32_t n)
{
    switch (key_of(n)) {
        BANKED(READ)
    default:
        return n == PC ? 0 : n == LR ? regs->lr_usr : regs->r[n];
    }
}

#define WRITE(mode, n, name)                                                                       \
    case KEY(mode, n):                                                                             \
        banked_write(name, v);                                                                     \
        break;

void arch_reg_set(struct arch_regs *regs, uint32_t n, uint64_t v)
{
    switch (key_of(n)) {
        BANKED(WRITE)
    default:
        if (n != PC) {
            *(n == LR ? &regs->lr_usr : &regs->r[n]) = (uint32_t)v;
        }
        break;
    }
}
