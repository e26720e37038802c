/* SPDX-License-Identifier: Apache-2.0 */
/* How secondary CPUs come in, on both Arm architectures: what boot.S has, and what it waits for. */
#ifndef ARCH_ARM_SECONDARY_H
#define ARCH_ARM_SECONDARY_H

#include <stdint.h>

struct cpu;

/*
 * Class: atomic. CPUs that bring no argument: those that come in wait until this names their
 * MPIDR's affinity, then take the struct cpu. Written cpu first.
 */
struct boot_mailbox {
    uint64_t mpidr;
    struct cpu *cpu;
};

extern struct boot_mailbox boot_mailbox;

/* Where CPUs enter: by PSCI with struct cpu * in x0 or r0, else with nothing. Never called. */
void boot_entry_psci(void);
void boot_entry_spin(void);

#endif
