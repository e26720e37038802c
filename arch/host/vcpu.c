/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fake virtual CPU: notes what it was told, and enters nothing. */
#include <arch/host.h>

#include "core/base/console.h"
#include "core/guest/vcpu.h"

void arch_vcpu_bind(struct vcpu *vcpu, const struct lpae *stage2, uint8_t vmid)
{
    vcpu->arch.stage2 = stage2;
    vcpu->arch.vmid = vmid;
}

void arch_vcpu_start(struct vcpu *vcpu, uint64_t entry, uint64_t arg)
{
    vcpu->arch.entry = entry;
    vcpu->arch.arg = arg;
    vcpu->arch.starts++;
    host.started = vcpu;
    host_leave(HOST_ENTERED);
}

void arch_vcpu_print(const struct vcpu *vcpu, const struct arch_regs *regs)
{
    (void)vcpu;
    console_printf("bulkhead:   x0 0x%lx (a PC has no other registers)\n", regs->x[0]);
}
