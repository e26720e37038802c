/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a guest's general registers: in the frame of its exit, or banked by its mode. */
#include <stdbool.h>

#include <arch/sysreg.h>
#include <arch/vcpu.h>

#include "arch/arm/aarch32.h"

#define SP 13
#define LR 14

/*
 * In rows of R8_fiq..R12_fiq, SP and LR by mode: MRS and MSR name them in the instruction. PC has
 * none, for no access that is emulated has it: it reads 0, and a write is lost.
 */
#define BANKED(row)                                                                                \
    row(MODE_FIQ, 8, r8_fiq) row(MODE_FIQ, 9, r9_fiq) row(MODE_FIQ, 10, r10_fiq)                   \
        row(MODE_FIQ, 11, r11_fiq) row(MODE_FIQ, 12, r12_fiq) row(MODE_FIQ, SP, sp_fiq)            \
            row(MODE_FIQ, LR, lr_fiq) row(MODE_IRQ, SP, sp_irq) row(MODE_IRQ, LR, lr_irq)          \
                row(MODE_SVC, SP, sp_svc) row(MODE_SVC, LR, lr_svc) row(MODE_ABT, SP, sp_abt)      \
                    row(MODE_ABT, LR, lr_abt) row(MODE_UND, SP, sp_und) row(MODE_UND, LR, lr_und)  \
                        row(MODE_USR, SP, sp_usr) row(MODE_SYS, SP, sp_usr)

#define KEY(mode, n) ((mode) << 4 | (n))

static uint32_t guest_mode(void)
{
    return (uint32_t)(banked_read(spsr_hyp) & PSR_MODE);
}

/* Most accesses: a register that this mode has no own one of. */
static bool is_in_frame(uint32_t n)
{
    return n < 8 || (n < SP && guest_mode() != MODE_FIQ);
}

#define READ(mode, n, name)                                                                        \
    case KEY(mode, n):                                                                             \
        return banked_read(name);

uint32_t aarch32_reg_get(const struct arch_regs *regs, uint32_t n)
{
    if (is_in_frame(n)) {
        return regs->r[n];
    }
    switch (KEY(guest_mode(), n)) {
        BANKED(READ)
    default:
        return n == LR ? regs->lr_usr : 0;
    }
}

#define WRITE(mode, n, name)                                                                       \
    case KEY(mode, n):                                                                             \
        banked_write(name, v);                                                                     \
        break;

void aarch32_reg_set(struct arch_regs *regs, uint32_t n, uint32_t v)
{
    if (is_in_frame(n)) {
        regs->r[n] = v;
        return;
    }
    switch (KEY(guest_mode(), n)) {
        BANKED(WRITE) /* NOLINT(bugprone-branch-clone): User and System mode share their SP */
    default:
        if (n == LR) {
            regs->lr_usr = v;
        }
        break;
    }
}
