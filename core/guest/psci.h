/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI 1.1 (DEN 0022) and SMCCC 1.2 (DEN 0028) towards a partition, on both conduits. */
#ifndef CORE_GUEST_PSCI_H
#define CORE_GUEST_PSCI_H

#include "core/guest/trap.h"

#define SMCCC_NOT_SUPPORTED UINT64_MAX /* -1 */

/*
 * Answer `hvc #0` or `smc #0`. Results are in call->result where TRAP_RESUME is returned;
 * TRAP_STOP: this vCPU is off, or its partition ends. On the vCPU's own CPU.
 */
enum trap_outcome smccc_handle(struct vcpu *vcpu, struct smccc_call *call);

#endif
