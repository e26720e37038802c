/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how the board's secondary CPUs are started: PSCI, spin-table, a Versatile Express' flags. */
#include "arch/arm/secondary.h"

#include "arch/arm/vexpress.h"
#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/memory/el2_map.h"
#include "core/plan/plan.h"

#define PSCI_CPU_ON (UINTPTR_MAX > UINT32_MAX ? 0xc4000003 : 0x84000003)

struct boot_mailbox boot_mailbox = {.mpidr = UINT64_MAX};

static void expect_cpu(struct cpu *cpu)
{
    __atomic_store_n(&boot_mailbox.cpu, cpu, __ATOMIC_RELAXED);
    __atomic_store_n(&boot_mailbox.mpidr, cpu->mpidr, __ATOMIC_RELEASE);
}

/* Devicetree Specification, spin-table: the address goes to `release`, which firmware polls. */
static enum status release_cpu(struct cpu *cpu, uint64_t release)
{
    struct range word = {release, sizeof(uint64_t)};
    enum status status;

    if (!is_aligned(release, sizeof(uint64_t))) {
        return E_INVALID;
    }
    status = el2_map(word, LPAE_DATA);
    if (status != OK) {
        return status;
    }
    expect_cpu(cpu);
    *(uint64_t *)(uintptr_t)release = (uintptr_t)boot_entry_spin;
    arch_cache_clean_invalidate((const void *)(uintptr_t)release, sizeof(uint64_t));
    arch_sev();
    return el2_unmap(word);
}

/* The flags are one for all CPUs: those that are not expected, or not yet, wait in boot.S. */
static void flag_cpu(struct cpu *cpu)
{
    const uint64_t sysreg = plan.board.sysreg.mmio.base;

    expect_cpu(cpu);
    arch_write32(sysreg + SYS_FLAGSCLR, UINT32_MAX);
    arch_write32(sysreg + SYS_FLAGSSET, (uint32_t)(uintptr_t)boot_entry_spin);
    arch_sev();
}

enum status arch_cpu_start(struct cpu *cpu, enum cpu_enable enable, uint64_t release)
{
    if (enable == CPU_ENABLE_SPIN_TABLE) {
        return release_cpu(cpu, release);
    }
    if (enable == CPU_ENABLE_SYSREG) {
        flag_cpu(cpu);
        return OK;
    }
    return arch_smc(PSCI_CPU_ON, cpu->mpidr, (uintptr_t)boot_entry_psci, (uintptr_t)cpu).r[0] == 0
               ? OK
               : E_INVALID;
}
