/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trap handler decides, and how faults are told. Arch code turns a syndrome into an
 * mmio_access or a smccc_call; core handles those and returns an outcome; the one
 * dispatcher in arch/A/traps.c applies it.
 */
#ifndef CORE_GUEST_TRAP_H
#define CORE_GUEST_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"

struct vcpu;
struct arch_regs;

enum trap_outcome {
    TRAP_RESUME, /* return to where the guest's PC points (HVC: already past it) */
    TRAP_SKIP,   /* the instruction is done: step over it */
    TRAP_UNDEF,  /* the guest takes an Undefined Instruction exception */
    TRAP_ABORT,  /* the guest takes a synchronous external abort for this address */
    TRAP_STOP,   /* this vCPU does not go on: its CPU becomes idle (CPU_OFF, partition ended) */
};

/* A guest's access to an address that is not RAM; value already extended/narrowed by arch code. */
struct mmio_access {
    ipa_t ipa;
    uint8_t size; /* bytes: 1, 2, 4, 8; ipa is aligned to it */
    bool write;
    uint64_t value; /* to write; or what was read, zero-extended */
};

/*
 * DEN 0028: function identifier and arguments in, results out. Arch presets result[] with x0..x3
 * and writes all four back on TRAP_RESUME, so that what a call does not return is preserved.
 */
struct smccc_call {
    uint32_t fid; /* 2.7: W0 */
    uint64_t arg[3];
    uint64_t result[4];
};

/*
 * The partition cannot go on: say so once (partition, vCPU, why, registers, `ipa` and the board's
 * node that it falls in; UINT64_MAX: no address), then stop it. Returns TRAP_STOP. On the vCPU's
 * own CPU.
 */
enum trap_outcome trap_fatal(struct vcpu *vcpu, const struct arch_regs *regs, uint64_t ipa,
                             const char *why);

#endif
