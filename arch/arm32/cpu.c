/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a CPU's HYP registers out of the firmware's hands, and how CPUs start, stop and call it. */
#include <arch/sysreg.h>

#include "arch/arm32/boot.h"
#include "arch/arm32/hyp.h"
#include "arch/arm32/traps.h"
#include "core/base/arch.h"
#include "core/base/bits.h"

/* HCPTR: VFP and NEON (coprocessors 10 and 11) are the guest's, others do not exist. */
#define HCPTR_TCP UINT32_C(0x33ff)
#define HCPTR_TTA BIT(20) /* trace */

#define HSTR_T15  BIT(15) /* trap: CP15 c15, implementation defined */
#define HSTR_TTEE BIT(16) /* and ThumbEE's registers */

/* HDCR. The PMU belongs to the guest; breakpoints and watchpoints are not given. */
#define HDCR_HPMN  MASK(4, 0) /* event counters given to the guest: all */
#define HDCR_TDA   BIT(9)     /* trap: debug registers, */
#define HDCR_TDOSA BIT(10)    /* those for powering down, */
#define HDCR_TDRA  BIT(11)    /* and the debug ROM's address */

/* CNTHCTL: the physical counter and timer are the guest's; no event stream. */
#define CNTHCTL_PL1PCTEN BIT(0)
#define CNTHCTL_PL1PCEN  BIT(1)

#define CNTHP_CTL_ENABLE BIT(0) /* and IMASK 0 */

uint32_t arch_states(void)
{
    return ARCH_AARCH32;
}

bool arch_cpu_has_aarch32(void)
{
    return true;
}

uint64_t arch_mpidr(void)
{
    return sysreg_read(MPIDR) & MPIDR_AFFINITY;
}

void arch_cpu_become(struct cpu *cpu)
{
    sysreg_write(HTPIDR, (uintptr_t)cpu);
}

void arch_alarm_set(uint64_t at)
{
    sysreg_write64(CNTHP_CVAL, at);
    sysreg_write(CNTHP_CTL, CNTHP_CTL_ENABLE);
}

void arch_alarm_clear(void)
{
    sysreg_write(CNTHP_CTL, 0);
    arch_isb();
}

/* ---- registers ---- */

void arch_cpu_init(void)
{
    uint64_t hdcr = HDCR_TDA | HDCR_TDOSA | HDCR_TDRA;

    if (has_pmu(sysreg_read(ID_DFR0))) {
        hdcr |= field_prep(HDCR_HPMN, field_get(PMCR_N, sysreg_read(PMCR)));
    }
    sysreg_write(HDCR, hdcr);
    sysreg_write(HVBAR, (uintptr_t)vectors);
    sysreg_write(HCR, HCR_GUEST);
    sysreg_write(HCPTR, HCPTR_TCP | HCPTR_TTA);
    sysreg_write(HSTR, HSTR_T15 | HSTR_TTEE);
    sysreg_write(HACR, 0);
    sysreg_write64(VTTBR, 0);
    sysreg_write(VTCR, BIT(31));
    sysreg_write(VPIDR, sysreg_read(MIDR));
    sysreg_write(VMPIDR, sysreg_read(MPIDR));
    sysreg_write(CNTHCTL, CNTHCTL_PL1PCTEN | CNTHCTL_PL1PCEN);
    sysreg_write64(CNTVOFF, 0);
    sysreg_write(CNTHP_CTL, 0);
    arch_isb();
}

/* ---- firmware and other CPUs ---- */

/* SMCCC's 32-bit convention: what does not fit into a register is cut off. */
struct smc_result arch_smc(uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint32_t r0 __asm__("r0") = (uint32_t)fid;
    register uint32_t r1 __asm__("r1") = (uint32_t)a1;
    register uint32_t r2 __asm__("r2") = (uint32_t)a2;
    register uint32_t r3 __asm__("r3") = (uint32_t)a3;

    __asm__ volatile(".arch_extension sec\n\tsmc #0"
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)
                     :
                     : "r12", "memory");
    return (struct smc_result){{r0, r1, r2, r3}};
}

void arch_restart_stack(void (*fn)(void *), void *arg)
{
    register void *r0 __asm__("r0") = arg;

    __asm__ volatile("mov sp, %0\n\t"
                     "mov lr, #0\n\t"
                     "bx %1"
                     :
                     : "r"((uint32_t)cpu_self()->stack_top), "r"(fn), "r"(r0)
                     : "memory");
    __builtin_unreachable();
}
