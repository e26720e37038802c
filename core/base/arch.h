/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arch interface: all that core/ and drivers/ ask of an architecture, beside the inline parts:
 *   <arch/cpu.h>    arch_cpu_self(), arch_wait_hint(), arch_lock_taken(), arch_wfe(), arch_sev(),
 *                   arch_wfi(), arch_dsb(), arch_isb(), arch_counter(), arch_counter_hz(),
 *                   arch_read32()... MMIO accessors (single instruction, base register only).
 *                   Atomics are the compiler's.
 *   <arch/vcpu.h>   struct arch_regs (a guest's general registers at an exit), struct arch_vcpu
 *                   (what else is kept).
 *   <arch/sysreg.h> sysreg_read(NAME), sysreg_write(NAME, v) for the GIC's system registers, by
 *                   AArch64 names (drivers/gic/gic_v3.c); sysreg_write64(), sysreg_read_lr() and
 *                   sysreg_write_lr() for those of 64 bits.
 * And arch_image_section(), in core/memory/el2_map.h. arch/arm64, arch/arm32 and arch/host all
 * provide it.
 */
#ifndef CORE_BASE_ARCH_H
#define CORE_BASE_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/cpu.h"
#include "core/base/cpu_enable.h"
#include "core/base/status.h"

struct arch_regs;
struct lpae;
struct vcpu;

/* The execution states that partitions can have here: "arm64" and "arm" as a FIT's `arch`. */
#define ARCH_AARCH64 0x1u
#define ARCH_AARCH32 0x2u
uint32_t arch_states(void);

/* ---- this CPU and its MMU ---- */

/* True where a partition on this CPU can be in AArch32 state. DDI 0487 ID_AA64PFR0_EL1.EL1. */
bool arch_cpu_has_aarch32(void);

/* Affinity fields of MPIDR_EL1 of this CPU (Aff3 in bits 39..32). */
uint64_t arch_mpidr(void);

/*
 * From now on cpu_self() is `cpu` on this CPU (TPIDR_EL2). Boot CPU, once it knows which of cpus[]
 * it is.
 */
void arch_cpu_become(struct cpu *cpu);

/*
 * A system file fused behind the image: from the end of Bulkhead's memory (page-aligned) to the end
 * that the Image header's image_size tells. Size 0 where nothing is fused.
 */
struct range arch_image_fused(void);

/* Bits of physical address that every table may use: ID_AA64MMFR0_EL1.PARange, at most 48. */
uint8_t arch_pa_bits(void);

/* Bits of EL2's own addresses: as many; on Armv7-A 32, although RAM has 40 (el2_window.h). */
uint8_t arch_el2_bits(void);

/* Turn this CPU's EL2 MMU and caches on with the table (identity). Boot CPU, once. DDI 0487 D8. */
void arch_mmu_enable(const struct lpae *t);

/* True where this CPU's EL2 MMU is on and executes nothing that is writable: SCTLR_EL2.M, WXN. */
bool arch_mmu_protects(void);

/* Make every CPU forget EL2 translations of the range; completes before it returns. */
void arch_tlb_forget_el2(struct range what);

/* Write every EL2 register that matters on this CPU; trusts nothing the firmware left. Each CPU,
 * once. */
void arch_cpu_init(void);

/*
 * EL2's physical timer (CNTHP_*_EL2) on this CPU: its interrupt from the count `at` of
 * arch_counter() on, until the alarm is cleared.
 */
void arch_alarm_set(uint64_t at);
void arch_alarm_clear(void);

/* ---- memory ---- */

void arch_cache_clean(const void *p, uint64_t size);             /* to PoC, DSB */
void arch_cache_clean_invalidate(const void *p, uint64_t size);  /* to PoC, DSB */
void arch_icache_invalidate(void);                               /* all CPUs, DSB, ISB */
void arch_zero(void *p, uint64_t size);                          /* whole pages, fast (DC ZVA) */
uint32_t arch_crc32(uint32_t crc, const void *p, uint64_t size); /* zlib's crc32(), continued */

/*
 * One load or store of `size` (1, 2, 4 or 8, arm32 not 8) bytes at a device register that EL2 has
 * mapped, naturally aligned. False where the bus answers with an abort, *value is all ones then. An
 * abort that is not synchronous (most often a store's) comes when EL2 is left, as an SError, which
 * ends the partition that runs. Any CPU.
 */
bool arch_try_read(uint64_t address, uint64_t *value, uint32_t size);
bool arch_try_write(uint64_t address, uint64_t value, uint32_t size);

/* ---- other CPUs and the firmware ---- */

struct smc_result {
    uint64_t r[4];
};

/* SMCCC call to the firmware (DEN 0028), fid and three arguments. */
struct smc_result arch_smc(uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3);

/*
 * Start a CPU that is off: it comes up in main_secondary(cpu) at EL2 with its stack, MMU on.
 * `enable`, `release` as in struct plan_cpu. E_INVALID where the firmware refuses; does not wait. A
 * CPU of CPU_ENABLE_SYSREG sleeps on until the caller sends it an interrupt.
 */
enum status arch_cpu_start(struct cpu *cpu, enum cpu_enable enable, uint64_t release) MUST_CHECK;

/*
 * Never returns: the whole machine off by PSCI SYSTEM_OFF or a Versatile Express' registers, or
 * this CPU asleep for ever.
 */
__attribute__((noreturn)) void arch_machine_off(void);

/* Never returns: run `fn(arg)` with this CPU's EL2 stack empty again. */
__attribute__((noreturn)) void arch_restart_stack(void (*fn)(void *), void *arg);

/* ---- the virtual CPU of this CPU ---- */

/* Prepare this CPU to run the vCPU: stage 2 (VTTBR, VTCR with its VMID), VMPIDR, traps. Its own
 * CPU, once. */
void arch_vcpu_bind(struct vcpu *vcpu, const struct lpae *stage2, uint8_t vmid);

/*
 * Never returns: reset every register a guest can write, then enter it at EL1h at IPA `entry` with
 * x0 = `arg` (the others 0), MMU and caches off, all masked. PSCI (DEN 0022) 6.4 and booting.rst's
 * contract. Armv7-A: in SVC mode, r0 and r2 = `arg`, as a zImage has its tree in r2; r1 all ones.
 */
__attribute__((noreturn)) void arch_vcpu_start(struct vcpu *vcpu, uint64_t entry, uint64_t arg);

/* Print pc, pstate, general registers, syndrome and the EL1 registers that tell why, for a report.
 */
void arch_vcpu_print(const struct vcpu *vcpu, const struct arch_regs *regs);

#endif
