/* SPDX-License-Identifier: Apache-2.0 */
/* What a PC keeps of a virtual CPU: what it was told, for tests to look at. */
#ifndef ARCH_VCPU_H
#define ARCH_VCPU_H

#include <stdbool.h>
#include <stdint.h>

struct lpae;

struct arch_regs {
    uint64_t x[31];
};

struct arch_vcpu {
    const struct lpae *stage2; /* arch_vcpu_bind() */
    uint8_t vmid;
    uint64_t entry, arg; /* the last arch_vcpu_start() */
    uint32_t starts;
};

#endif
