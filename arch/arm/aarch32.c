/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what becomes of a trapped instruction of AArch32, and exceptions that are not hardware's. */
#include "arch/arm/aarch32.h"

#include <arch/aarch32.h>
#include <arch/sysreg.h>

#include "core/base/arch.h"
#include "core/base/console.h"
#include "core/guest/condition.h"
#include "core/guest/partition.h"
#include "core/guest/vcpu.h"

#define PSR_SS BIT(21) /* the step that is done, where EL2 is AArch64; else DIT, see below */

#define ESR_EC        MASK(31, 26)
#define ESR_IL        BIT(25)
#define ESR_S1PTW     BIT(7)
#define ESR_CM        BIT(8)
#define ESR_WNR       BIT(6)
#define EC_DATA_ABORT 0x24

#define SCTLR_DSSBS BIT(31)
#define SCTLR_TE    BIT(30)
#define SCTLR_EE    BIT(25)
#define SCTLR_SPAN  BIT(23)
#define SCTLR_V     BIT(13)

#define VECTOR_UNDEF          0x04
#define VECTOR_PREFETCH_ABORT 0x0c
#define VECTOR_DATA_ABORT     0x10
#define HIGH_VECTORS          UINT32_C(0xffff0000)

/* DFSR and IFSR, by TTBCR.EAE: kinds of external aborts, of a stage-1 walk by any level of it. */
#define TTBCR_EAE          BIT(31)
#define FSR_LPAE           BIT(9)
#define FSR_LPAE_EXTERNAL  0x10
#define FSR_LPAE_WALK      0x17
#define FSR_SHORT_EXTERNAL 0x08
#define FSR_SHORT_WALK     0x0e
#define FSR_CM             BIT(13) /* cache maintenance */
#define FSR_WNR            BIT(11)

#define LR 14

/* ---- the trapped instruction ---- */

void aarch32_skip(uint32_t esr)
{
    const uint64_t psr = banked_read(spsr_hyp);

    banked_write(elr_hyp, banked_read(elr_hyp) + 2 + 2 * field_get(ESR_IL, esr));
    if ((psr & (PSR_T | PSR_SS)) != 0) { /* A32 has no IT blocks */
        banked_write(spsr_hyp, condition_it_advanced(psr & ~PSR_SS));
    }
}

/* ---- exceptions ---- */

static uint32_t vectors(void)
{
    return (sysreg_read(SCTLR) & SCTLR_V) != 0 ? HIGH_VECTORS
                                               : (uint32_t)sysreg_read(VBAR) & ~UINT32_C(31);
}

uint32_t aarch32_prefetch_vector(void)
{
    return vectors() + VECTOR_PREFETCH_ABORT;
}

/* DDI 0487 AArch32.EnterMode(), DDI 0406 B1.9: `masks` are set; the mode's SPSR is written before.
 */
static void enter(struct arch_regs *regs, uint32_t mode, uint64_t masks, uint32_t vector,
                  uint32_t lr_offset)
{
    const uint64_t sctlr = sysreg_read(SCTLR);
    const uint32_t pc = (uint32_t)banked_read(elr_hyp);
    uint64_t psr = banked_read(spsr_hyp) & PSR_KEPT;

    psr |= mode | masks | ((sctlr & SCTLR_TE) != 0 ? PSR_T : 0) |
           ((sctlr & SCTLR_EE) != 0 ? PSR_E : 0) | ((sctlr & SCTLR_SPAN) == 0 ? PSR_PAN : 0) |
           ((sctlr & SCTLR_DSSBS) != 0 ? PSR_SSBS : 0);
    banked_write(spsr_hyp, psr);
    banked_write(elr_hyp, vectors() + vector);
    aarch32_reg_set(regs, LR, pc + lr_offset); /* the new mode's */
}

static void inject_undef(struct arch_regs *regs)
{
    const uint64_t psr = banked_read(spsr_hyp);

    banked_write(spsr_und, aarch32_spsr(psr));
    enter(regs, MODE_UND, PSR_I, VECTOR_UNDEF, (psr & PSR_T) != 0 ? 2 : 4);
}

/* What DFSR tells of the access beside its fault. */
static uint64_t dfsr_access(uint32_t esr)
{
    return ((esr & ESR_WNR) != 0 ? FSR_WNR : 0) | ((esr & ESR_CM) != 0 ? FSR_CM : 0);
}

static uint64_t fault_status(uint32_t esr)
{
    const bool walk = (esr & ESR_S1PTW) != 0;

    if ((sysreg_read(TTBCR) & TTBCR_EAE) != 0) {
        return FSR_LPAE | (walk ? FSR_LPAE_WALK : FSR_LPAE_EXTERNAL);
    }
    return walk ? FSR_SHORT_WALK : FSR_SHORT_EXTERNAL;
}

/* A synchronous external abort for the access that the trapped abort tells. */
static void inject_abort(struct arch_regs *regs, uint32_t esr)
{
    const bool data = field_get(ESR_EC, esr) == EC_DATA_ABORT;

    banked_write(spsr_abt, aarch32_spsr(banked_read(spsr_hyp)));
    if (data) {
        aarch32_set_dfar(aarch32_hdfar());
        sysreg_write(DFSR, fault_status(esr) | dfsr_access(esr));
        enter(regs, MODE_ABT, PSR_A | PSR_I, VECTOR_DATA_ABORT, 8);
    } else {
        aarch32_set_ifar(aarch32_hifar());
        sysreg_write(IFSR, fault_status(esr));
        enter(regs, MODE_ABT, PSR_A | PSR_I, VECTOR_PREFETCH_ABORT, 4);
    }
}

void aarch32_apply(enum trap_outcome outcome, struct arch_regs *regs, uint32_t esr)
{
    if (outcome == TRAP_SKIP) {
        aarch32_skip(esr);
    } else if (outcome == TRAP_UNDEF) {
        inject_undef(regs);
    } else if (outcome == TRAP_ABORT) {
        inject_abort(regs, esr);
    } else if (outcome == TRAP_STOP) {
        vcpu_stop(cpu_self()->vcpu);
    }
}

/* ---- reports ---- */

void aarch32_print(const struct vcpu *vcpu, const struct arch_regs *regs)
{
    const char *name = vcpu->partition->plan->name;

    console_printf("bulkhead: %s: pc %08x  spsr_hyp %08x  hsr %08x  hdfar %08x  hifar %08x\n", name,
                   (uint32_t)banked_read(elr_hyp), (uint32_t)banked_read(spsr_hyp),
                   (uint32_t)sysreg_read(HSR), aarch32_hdfar(), aarch32_hifar());
    for (uint32_t n = 0; n < 15; n += 3) {
        console_printf("bulkhead: %s: r%-2u %08x  r%-2u %08x  r%-2u %08x\n", name, n,
                       aarch32_reg_get(regs, n), n + 1, aarch32_reg_get(regs, n + 1), n + 2,
                       aarch32_reg_get(regs, n + 2));
    }
    console_printf("bulkhead: %s: sctlr %08x  vbar %08x  ttbr0 %08x  dfsr %08x  dfar %08x  "
                   "ifsr %08x  ifar %08x\n",
                   name, (uint32_t)sysreg_read(SCTLR), (uint32_t)sysreg_read(VBAR), aarch32_ttbr0(),
                   (uint32_t)sysreg_read(DFSR), aarch32_dfar(), (uint32_t)sysreg_read(IFSR),
                   aarch32_ifar());
}
