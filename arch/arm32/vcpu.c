/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a guest's view of its CPU at the start, and how that state is shown in a report. */
#include <arch/sysreg.h>
#include <arch/vcpu.h>

#include "arch/arm/aarch32.h"
#include "arch/arm32/hyp.h"
#include "arch/arm32/traps.h"
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/guest/partition.h"
#include "core/guest/vcpu.h"
#include "core/memory/lpae.h"

/* VTCR: walks write-back and inner shareable. */
#define VTCR_RES1  BIT(31)
#define VTCR_T0SZ  MASK(3, 0) /* signed: 32 less the width of an IPA, */
#define VTCR_S     BIT(4)     /* and its sign */
#define VTCR_SL0   MASK(7, 6)
#define VTCR_IRGN0 MASK(9, 8)
#define VTCR_ORGN0 MASK(11, 10)
#define VTCR_SH0   MASK(13, 12)
#define WALK_WBWA  1
#define WALK_IS    3

#define VTTBR_VMID MASK(55, 48)

/* SCTLR out of reset: the bits that are one; MMU, caches off. */
#define SCTLR_RESET UINT32_C(0x00c50078)

#define CPACR_VFP (MASK(23, 22) | MASK(21, 20)) /* coprocessors 11 and 10 */

#define PMCR_C BIT(2)
#define PMCR_P BIT(1)

#define PMSELR_CYCLES 31 /* PMXEVTYPER is PMCCFILTR then: PMUv2, as all have it with HYP mode */

/* Cortex-A15 up to r0p4. */
#define MIDR_PART_VARIANT (MASK(31, 24) | MASK(23, 20) | MASK(15, 4))
#define MIDR_A15_R0       UINT64_C(0x4100c0f0)
#define MIDR_REVISION     MASK(3, 0)

void arch_vcpu_bind(struct vcpu *vcpu, const struct lpae *stage2, uint8_t vmid)
{
    const uint64_t midr = sysreg_read(MIDR);
    const uint32_t wider = stage2->ia_bits > 32 ? 1 : 0;

    vcpu->arch.erratum_766422 =
        (midr & MIDR_PART_VARIANT) == MIDR_A15_R0 && field_get(MIDR_REVISION, midr) <= 4;
    sysreg_write(VTCR, VTCR_RES1 | field_prep(VTCR_T0SZ, 32u - stage2->ia_bits) | wider * VTCR_S |
                           field_prep(VTCR_SL0, lpae_sl0(stage2)) |
                           field_prep(VTCR_IRGN0, WALK_WBWA) | field_prep(VTCR_ORGN0, WALK_WBWA) |
                           field_prep(VTCR_SH0, WALK_IS));
    sysreg_write64(VTTBR, stage2->root.v | field_prep(VTTBR_VMID, vmid));
    sysreg_write(VMPIDR, MPIDR_RES1 | vcpu->index);
    sysreg_write(HCR, HCR_GUEST | HCR_VM);
    arch_isb();
    sysreg_write(TLBIALLNSNH, 0);
    __asm__ volatile("dsb nsh\n\tisb" ::: "memory");
}

/* ---- reset ---- */

/* The bits are RAZ/WI where the CPU has no VFP, or firmware (NSACR) does not give it away. */
static bool has_vfp(void)
{
    sysreg_write(CPACR, CPACR_VFP);
    arch_isb();
    return (sysreg_read(CPACR) & CPACR_VFP) != 0;
}

static void reset_pl1(void)
{
    sysreg_write(SCTLR, SCTLR_RESET);
    arch_isb(); /* stage 1 is off before what it used is gone */
    sysreg_write(TTBCR, 0);
    sysreg_write64(TTBR0, 0);
    sysreg_write64(TTBR1, 0);
    sysreg_write(DACR, 0);
    sysreg_write(PRRR, 0);
    sysreg_write(NMRR, 0);
    sysreg_write(AMAIR0, 0);
    sysreg_write(AMAIR1, 0);
    sysreg_write(VBAR, 0);
    sysreg_write(CPACR, 0);
    sysreg_write(FCSEIDR, 0); /* not of a CPU with HYP mode, but of QEMU's */
    sysreg_write(CONTEXTIDR, 0);
    sysreg_write(TPIDRURW, 0);
    sysreg_write(TPIDRURO, 0);
    sysreg_write(TPIDRPRW, 0);
    sysreg_write(DFSR, 0);
    sysreg_write(IFSR, 0);
    sysreg_write(ADFSR, 0);
    sysreg_write(AIFSR, 0);
    sysreg_write(DFAR, 0);
    sysreg_write(IFAR, 0);
    sysreg_write64(PAR, 0);
    sysreg_write(CSSELR, 0);
}

static void reset_timers(void)
{
    sysreg_write(CNTKCTL, 0);
    sysreg_write(CNTV_CTL, 0);
    sysreg_write(CNTP_CTL, 0);
    sysreg_write64(CNTV_CVAL, 0);
    sysreg_write64(CNTP_CVAL, 0);
}

static void reset_event(uint32_t counter)
{
    sysreg_write(PMSELR, counter);
    arch_isb();
    sysreg_write(PMXEVTYPER, 0);
}

static void reset_pmu(void)
{
    if (!has_pmu(sysreg_read(ID_DFR0))) {
        return;
    }
    sysreg_write(PMCR, PMCR_C | PMCR_P);
    for (uint32_t n = 0; n < field_get(PMCR_N, sysreg_read(PMCR)); n++) {
        reset_event(n);
    }
    reset_event(PMSELR_CYCLES);
    sysreg_write(PMCNTENCLR, UINT32_MAX);
    sysreg_write(PMINTENCLR, UINT32_MAX);
    sysreg_write(PMOVSR, UINT32_MAX);
    sysreg_write(PMUSERENR, 0);
    sysreg_write(PMSELR, 0);
}

void arch_vcpu_start(struct vcpu *vcpu, uint64_t entry, uint64_t arg)
{
    const bool thumb = (entry & 1) != 0;
    const bool vfp = has_vfp();

    reset_pl1();
    reset_timers();
    reset_pmu();
    banked_write(elr_hyp, entry & ~UINT64_C(1));
    banked_write(spsr_hyp, MODE_SVC | PSR_A | PSR_I | PSR_F | (thumb ? PSR_T : 0));
    arch_isb();
    sysreg_write(TLBIALLNSNH, 0);
    sysreg_write(ICIALLU, 0);
    sysreg_write(BPIALL, 0);
    __asm__ volatile("dsb nsh\n\tisb" ::: "memory");
    vectors_enter((uint32_t)arg, (uint32_t)vcpu->cpu->stack_top, vfp);
}

/* ---- reports ---- */

void arch_vcpu_print(const struct vcpu *vcpu, const struct arch_regs *regs)
{
    aarch32_print(vcpu, regs);
}
