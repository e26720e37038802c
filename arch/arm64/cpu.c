/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a CPU's EL2 registers out of the firmware's hands, and how CPUs start, stop and call it. */
#include <arch/sysreg.h>

#include "arch/arm64/boot.h"
#include "arch/arm64/el2.h"
#include "arch/arm64/traps.h"
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/memory/el2_map.h"

/* CPTR_EL2, E2H 0: its RES1 bits trap SVE (TZ) and SME (TSM). FP is not trapped. */
#define CPTR_RES1 UINT64_C(0x33ff)
#define CPTR_TTA  BIT(20) /* trace */
#define CPTR_TAM  BIT(30) /* activity monitors */

#define HSTR_T15 BIT(15) /* trap: CP15 c15, implementation defined, of AArch32 */

/* MDCR_EL2. PMU, breakpoints and watchpoints belong to the guest: nothing of them is trapped. */
#define MDCR_HPMN MASK(4, 0) /* event counters given to the guest: all */
#define MDCR_TPMS BIT(14) /* trap the profiling extension; its buffer (E2PB 0) is EL2's, and off */
#define MDCR_HPMD BIT(17) /* no counting at EL2 (from Armv8.1) */
#define MDCR_TTRF BIT(19) /* trap TRFCR_EL1; the trace buffer (E2TB 0) is EL2's, and off */

/* CNTHCTL_EL2, E2H 0: the physical counter and timer are the guest's; no event stream. */
#define CNTHCTL_EL1PCTEN BIT(0)
#define CNTHCTL_EL1PCEN  BIT(1)

#define HCRX_TALLINT     BIT(6) /* trap writes of ALLINT: guests have no NMI */
#define CNTHP_CTL_ENABLE BIT(0) /* and IMASK 0 */

#define ICC_SRE_EL2_ENABLE BIT(3)

#define MPAM2_TRAP_EL0_EL1   (BIT(48) | BIT(49))
#define MPAMIDR_HAS_HCR      BIT(17)
#define MPAMHCR_TRAP_MPAMIDR BIT(31)

uint32_t arch_states(void)
{
    return ARCH_AARCH64 | ARCH_AARCH32;
}

bool arch_cpu_has_aarch32(void)
{
    return field_get(ID_AA64PFR0_EL1_STATES, sysreg_read(ID_AA64PFR0_EL1)) == 2;
}

uint64_t arch_mpidr(void)
{
    return sysreg_read(MPIDR_EL1) & MPIDR_AFFINITY;
}

void arch_cpu_become(struct cpu *cpu)
{
    sysreg_write(TPIDR_EL2, (uintptr_t)cpu);
}

void arch_alarm_set(uint64_t at)
{
    sysreg_write(CNTHP_CVAL_EL2, at);
    sysreg_write(CNTHP_CTL_EL2, CNTHP_CTL_ENABLE);
}

void arch_alarm_clear(void)
{
    sysreg_write(CNTHP_CTL_EL2, 0);
    arch_isb();
}

/* ---- registers ---- */

static void init_debug_and_pmu(void)
{
    uint64_t dfr0 = sysreg_read(ID_AA64DFR0_EL1);
    uint64_t mdcr = MDCR_TPMS | MDCR_HPMD | MDCR_TTRF;

    if (has_pmu(dfr0)) {
        mdcr |= field_prep(MDCR_HPMN, field_get(PMCR_N, sysreg_read(PMCR_EL0)));
    }
    sysreg_write(MDCR_EL2, mdcr);
    if (field_get(ID_AA64DFR0_TRF, dfr0) != 0) {
        sysreg_write(TRFCR_EL2, 0);
    }
}

/* Extensions whose EL2 registers exist only with them; 0 traps what these control, or is off. */
static void init_extensions(void)
{
    uint64_t pfr0 = sysreg_read(ID_AA64PFR0_EL1);
    uint64_t mmfr0 = sysreg_read(ID_AA64MMFR0_EL1);
    uint64_t mmfr1 = sysreg_read(ID_AA64MMFR1_EL1);

    if (field_get(ID_AA64MMFR1_VHE, mmfr1) != 0) {
        sysreg_write(CNTHV_CTL_EL2, 0);
    }
    if (field_get(ID_AA64MMFR1_HCX, mmfr1) != 0) {
        sysreg_write(HCRX_EL2, HCRX_TALLINT);
    }
    if (field_get(ID_AA64MMFR0_FGT, mmfr0) != 0) {
        sysreg_write(HFGRTR_EL2, 0);
        sysreg_write(HFGWTR_EL2, 0);
        sysreg_write(HFGITR_EL2, 0);
        sysreg_write(HDFGRTR_EL2, 0);
        sysreg_write(HDFGWTR_EL2, 0);
    }
    if (field_get(ID_AA64PFR0_MPAM, pfr0) != 0 ||
        field_get(ID_AA64PFR1_MPAM, sysreg_read(ID_AA64PFR1_EL1)) != 0) {
        sysreg_write(MPAM2_EL2, MPAM2_TRAP_EL0_EL1);
        if ((sysreg_read(MPAMIDR_EL1) & MPAMIDR_HAS_HCR) != 0) {
            sysreg_write(MPAMHCR_EL2, MPAMHCR_TRAP_MPAMIDR);
        }
    }
    /* Until a GICv3 driver says otherwise, the guest has no GIC system registers. */
    if (field_get(ID_AA64PFR0_GIC, pfr0) != 0) {
        sysreg_write(ICC_SRE_EL2, sysreg_read(ICC_SRE_EL2) & ~ICC_SRE_EL2_ENABLE);
    }
}

void arch_cpu_init(void)
{
    sysreg_write(VBAR_EL2, (uintptr_t)vectors);
    sysreg_write(HCR_EL2, HCR_GUEST | HCR_RW);
    sysreg_write(CPTR_EL2, CPTR_RES1 | CPTR_TTA | CPTR_TAM);
    sysreg_write(HSTR_EL2, HSTR_T15);
    sysreg_write(HACR_EL2, 0);
    sysreg_write(ACTLR_EL2, 0); /* implementation defined; 0: EL1 changes nothing in the core */
    sysreg_write(VTTBR_EL2, 0);
    sysreg_write(VTCR_EL2, BIT(31));
    sysreg_write(VPIDR_EL2, sysreg_read(MIDR_EL1));
    sysreg_write(VMPIDR_EL2, sysreg_read(MPIDR_EL1));
    sysreg_write(CNTHCTL_EL2, CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
    sysreg_write(CNTVOFF_EL2, 0);
    sysreg_write(CNTHP_CTL_EL2, 0);
    init_debug_and_pmu();
    init_extensions();
    arch_isb();
}

/* ---- firmware and other CPUs ---- */

struct smc_result arch_smc(uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 __asm__("x0") = fid;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;

    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return (struct smc_result){{x0, x1, x2, x3}};
}

void arch_restart_stack(void (*fn)(void *), void *arg)
{
    register void *x0 __asm__("x0") = arg;

    __asm__ volatile("mov sp, %0\n\t"
                     "mov x29, xzr\n\t"
                     "mov x30, xzr\n\t"
                     "br %1"
                     :
                     : "r"(cpu_self()->stack_top), "r"(fn), "r"(x0)
                     : "memory");
    __builtin_unreachable();
}
