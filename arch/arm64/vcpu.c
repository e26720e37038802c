/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a guest's view of its CPU at the start, and how that state is shown in a report. */
#include <arch/sysreg.h>
#include <arch/vcpu.h>

#include "arch/arm/aarch32.h"
#include "arch/arm64/el2.h"
#include "arch/arm64/traps.h"
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/guest/partition.h"
#include "core/guest/vcpu.h"
#include "core/memory/lpae.h"

/* VTCR_EL2: 4 KiB granule, 8-bit VMID, walks write-back and inner shareable. */
#define VTCR_RES1  BIT(31)
#define VTCR_T0SZ  MASK(5, 0)
#define VTCR_SL0   MASK(7, 6)
#define VTCR_IRGN0 MASK(9, 8)
#define VTCR_ORGN0 MASK(11, 10)
#define VTCR_SH0   MASK(13, 12)
#define VTCR_PS    MASK(18, 16)
#define WALK_WBWA  1
#define WALK_IS    3

#define VTTBR_VMID MASK(55, 48)

/* SCTLR_EL1 out of reset: the bits that are RES1 without their extension; MMU, caches off. */
#define SCTLR_EL1_RESET UINT64_C(0x30d00800)
#define SCTLR_RESET     UINT64_C(0x00c50878) /* AArch32's: CP15 barriers and IT on, too */

#define PMCR_C       BIT(2)
#define PMCR_P       BIT(1)
#define DBGCLAIM_ALL MASK(7, 0)

/* Names that an assembler for Armv8.0 does not know: the pointer authentication keys. */
#define APIAKEYLO_EL1 S3_0_C2_C1_0
#define APIAKEYHI_EL1 S3_0_C2_C1_1
#define APIBKEYLO_EL1 S3_0_C2_C1_2
#define APIBKEYHI_EL1 S3_0_C2_C1_3
#define APDAKEYLO_EL1 S3_0_C2_C2_0
#define APDAKEYHI_EL1 S3_0_C2_C2_1
#define APDBKEYLO_EL1 S3_0_C2_C2_2
#define APDBKEYHI_EL1 S3_0_C2_C2_3
#define APGAKEYLO_EL1 S3_0_C2_C3_0
#define APGAKEYHI_EL1 S3_0_C2_C3_1

#define MIDR_REVISION (MASK(23, 20) | MASK(3, 0))
#define MIDR_A57      UINT64_C(0x410fd070)

void arch_vcpu_bind(struct vcpu *vcpu, const struct lpae *stage2, uint8_t vmid)
{
    vcpu->arch.vttbr = stage2->root.v | field_prep(VTTBR_VMID, vmid);
    vcpu->arch.vtcr = VTCR_RES1 | field_prep(VTCR_T0SZ, 64u - stage2->ia_bits) |
                      field_prep(VTCR_SL0, lpae_sl0(stage2)) | field_prep(VTCR_IRGN0, WALK_WBWA) |
                      field_prep(VTCR_ORGN0, WALK_WBWA) | field_prep(VTCR_SH0, WALK_IS) |
                      field_prep(VTCR_PS, mmu_ps());
    vcpu->arch.erratum_834220 = (sysreg_read(MIDR_EL1) & ~MIDR_REVISION) == MIDR_A57;
    sysreg_write(VTCR_EL2, vcpu->arch.vtcr);
    sysreg_write(VTTBR_EL2, vcpu->arch.vttbr);
    sysreg_write(VMPIDR_EL2, MPIDR_RES1 | vcpu->index);
    sysreg_write(HCR_EL2, HCR_GUEST | HCR_VM | (vcpu->partition->plan->aarch32 ? 0 : HCR_RW));
    arch_isb();
    __asm__ volatile("tlbi vmalls12e1\n\tdsb nsh\n\tisb" ::: "memory");
}

/* ---- reset ---- */

static void reset_el1(uint64_t sctlr)
{
    sysreg_write(SCTLR_EL1, sctlr);
    arch_isb(); /* stage 1 is off before what it used is gone */
    sysreg_write(TCR_EL1, 0);
    sysreg_write(TTBR0_EL1, 0);
    sysreg_write(TTBR1_EL1, 0);
    sysreg_write(MAIR_EL1, 0);
    sysreg_write(AMAIR_EL1, 0);
    sysreg_write(VBAR_EL1, 0);
    sysreg_write(CPACR_EL1, 0);
    sysreg_write(CONTEXTIDR_EL1, 0);
    sysreg_write(TPIDR_EL1, 0);
    sysreg_write(TPIDR_EL0, 0);
    sysreg_write(TPIDRRO_EL0, 0);
    sysreg_write(SP_EL0, 0);
    sysreg_write(SP_EL1, 0);
    sysreg_write(ELR_EL1, 0);
    sysreg_write(SPSR_EL1, 0);
    sysreg_write(ESR_EL1, 0);
    sysreg_write(FAR_EL1, 0);
    sysreg_write(AFSR0_EL1, 0);
    sysreg_write(AFSR1_EL1, 0);
    sysreg_write(PAR_EL1, 0);
    sysreg_write(CSSELR_EL1, 0);
}

static void reset_timers(void)
{
    sysreg_write(CNTKCTL_EL1, 0);
    sysreg_write(CNTV_CTL_EL0, 0);
    sysreg_write(CNTP_CTL_EL0, 0);
    sysreg_write(CNTV_CVAL_EL0, 0);
    sysreg_write(CNTP_CVAL_EL0, 0);
}

static void reset_pmu(uint64_t dfr0)
{
    if (!has_pmu(dfr0)) {
        return;
    }
    sysreg_write(PMCR_EL0, PMCR_C | PMCR_P);
    for (uint64_t n = 0; n < field_get(PMCR_N, sysreg_read(PMCR_EL0)); n++) {
        sysreg_write(PMSELR_EL0, n);
        arch_isb();
        sysreg_write(PMXEVTYPER_EL0, 0);
    }
    sysreg_write(PMCNTENCLR_EL0, UINT32_MAX);
    sysreg_write(PMINTENCLR_EL1, UINT32_MAX);
    sysreg_write(PMOVSCLR_EL0, UINT32_MAX);
    sysreg_write(PMUSERENR_EL0, 0);
    sysreg_write(PMSELR_EL0, 0);
    sysreg_write(PMCCFILTR_EL0, 0);
}

/* What only AArch32 has; where EL1 cannot be in it, most of these are not there. */
static void reset_aarch32(void)
{
    sysreg_write(DACR32_EL2, 0);
    sysreg_write(IFSR32_EL2, 0);
    sysreg_write(DBGVCR32_EL2, 0);
    if (field_get(ID_AA64PFR0_FP, sysreg_read(ID_AA64PFR0_EL1)) != ID_AA64PFR0_FP_NONE) {
        sysreg_write(FPEXC32_EL2, 0);
    }
    sysreg_write(spsr_abt, 0);
    sysreg_write(spsr_und, 0);
    sysreg_write(spsr_irq, 0);
    sysreg_write(spsr_fiq, 0);
}

/* From the last one that the CPU has down to 0. */
#define DOWN_FROM_15(what)                                                                         \
    what(15) what(14) what(13) what(12) what(11) what(10) what(9) what(8) what(7) what(6) what(5)  \
        what(4) what(3) what(2) what(1) what(0)

#define BREAKPOINT_OFF(n)                                                                          \
    case n:                                                                                        \
        sysreg_write(DBGBCR##n##_EL1, 0);                                                          \
        sysreg_write(DBGBVR##n##_EL1, 0);                                                          \
        __attribute__((fallthrough));
#define WATCHPOINT_OFF(n)                                                                          \
    case n:                                                                                        \
        sysreg_write(DBGWCR##n##_EL1, 0);                                                          \
        sysreg_write(DBGWVR##n##_EL1, 0);                                                          \
        __attribute__((fallthrough));

static void reset_debug(uint64_t dfr0)
{
    sysreg_write(MDSCR_EL1, 0);
    sysreg_write(MDCCINT_EL1, 0);
    sysreg_write(DBGCLAIMCLR_EL1, DBGCLAIM_ALL);
    sysreg_write(OSDLR_EL1, 0);
    switch (field_get(ID_AA64DFR0_BRPS, dfr0)) {
        DOWN_FROM_15(BREAKPOINT_OFF)
    default:
        break;
    }
    switch (field_get(ID_AA64DFR0_WRPS, dfr0)) {
        DOWN_FROM_15(WATCHPOINT_OFF)
    default:
        break;
    }
    sysreg_write(OSLAR_EL1, 1);
}

static void reset_pauth(void)
{
    if ((sysreg_read(ID_AA64ISAR1_EL1) & ID_AA64ISAR1_PAC) == 0 &&
        (sysreg_read(ID_AA64ISAR2_EL1) & ID_AA64ISAR2_PAC) == 0) {
        return;
    }
    sysreg_write(APIAKEYLO_EL1, 0);
    sysreg_write(APIAKEYHI_EL1, 0);
    sysreg_write(APIBKEYLO_EL1, 0);
    sysreg_write(APIBKEYHI_EL1, 0);
    sysreg_write(APDAKEYLO_EL1, 0);
    sysreg_write(APDAKEYHI_EL1, 0);
    sysreg_write(APDBKEYLO_EL1, 0);
    sysreg_write(APDBKEYHI_EL1, 0);
    sysreg_write(APGAKEYLO_EL1, 0);
    sysreg_write(APGAKEYHI_EL1, 0);
}

void arch_vcpu_start(struct vcpu *vcpu, uint64_t entry, uint64_t arg)
{
    const uint64_t dfr0 = sysreg_read(ID_AA64DFR0_EL1);
    const bool aarch32 = vcpu->partition->plan->aarch32;
    const uint64_t thumb = aarch32 ? entry & 1 : 0;

    reset_el1(aarch32 ? SCTLR_RESET : SCTLR_EL1_RESET);
    reset_timers();
    reset_pmu(dfr0);
    reset_debug(dfr0);
    reset_pauth();
    if (aarch32) {
        reset_aarch32();
    }
    sysreg_write(ELR_EL2, entry - thumb);
    sysreg_write(SPSR_EL2, aarch32 ? MODE_SVC | PSR_A | PSR_I | PSR_F | thumb * PSR_T
                                   : SPSR_DAIF | SPSR_EL1H);
    __asm__ volatile("isb\n\ttlbi vmalls12e1\n\tic iallu\n\tdsb nsh\n\tisb" ::: "memory");
    vectors_enter(arg, aarch32 ? UINT32_MAX : 0, aarch32 ? arg : 0, vcpu->cpu->stack_top);
}

/* ---- reports ---- */

void arch_vcpu_print(const struct vcpu *vcpu, const struct arch_regs *regs)
{
    const char *name = vcpu->partition->plan->name;

    if (vcpu->partition->plan->aarch32) {
        aarch32_print(vcpu, regs);
        return;
    }
    console_printf("bulkhead: %s: pc %016lx  pstate %08lx  esr_el2 %08lx  far_el2 %016lx\n", name,
                   sysreg_read(ELR_EL2), sysreg_read(SPSR_EL2), sysreg_read(ESR_EL2),
                   sysreg_read(FAR_EL2));
    for (uint32_t n = 0; n < 30; n += 3) {
        console_printf("bulkhead: %s: x%-2u %016lx  x%-2u %016lx  x%-2u %016lx\n", name, n,
                       regs->x[n], n + 1, regs->x[n + 1], n + 2, regs->x[n + 2]);
    }
    console_printf("bulkhead: %s: x30 %016lx  sp_el0 %016lx  sp_el1 %016lx\n", name, regs->x[30],
                   sysreg_read(SP_EL0), sysreg_read(SP_EL1));
    console_printf("bulkhead: %s: elr_el1 %016lx  spsr_el1 %08lx  esr_el1 %08lx  far_el1 %016lx\n",
                   name, sysreg_read(ELR_EL1), sysreg_read(SPSR_EL1), sysreg_read(ESR_EL1),
                   sysreg_read(FAR_EL1));
    console_printf("bulkhead: %s: sctlr_el1 %08lx  vbar_el1 %016lx  ttbr0_el1 %016lx\n", name,
                   sysreg_read(SCTLR_EL1), sysreg_read(VBAR_EL1), sysreg_read(TTBR0_EL1));
}
