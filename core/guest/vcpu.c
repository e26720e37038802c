/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a virtual CPU's life on its physical CPU: asleep, started, stopped. */
#include "core/guest/vcpu.h"

#include "core/base/arch.h"
#include "core/guest/irq.h"
#include "core/guest/partition.h"

/* Take up a CPU_ON that was handed to this vCPU; does not return where there was one. */
static void vcpu_take_start(struct vcpu *vcpu)
{
    if (__atomic_load_n(&vcpu->go, __ATOMIC_ACQUIRE) == 0) {
        return;
    }
    __atomic_store_n(&vcpu->go, 0, __ATOMIC_RELAXED);
    if (vcpu_must_stop(vcpu)) {
        vcpu_stop(vcpu);
    }
    vgic_vcpu_reset(vcpu);
    __atomic_store_n(&vcpu->power, VCPU_ON, __ATOMIC_RELEASE);
    arch_vcpu_start(vcpu, vcpu->entry, vcpu->context);
}

void vcpu_idle(void *unused)
{
    struct vcpu *vcpu = cpu_self()->vcpu;

    (void)unused;
    for (;;) {
        if (vcpu != NULL) {
            vcpu_take_start(vcpu);
        }
        arch_wfi();
        irq_handle();
    }
}

void vcpu_stop(struct vcpu *vcpu)
{
    vgic_vcpu_reset(vcpu);
    __atomic_store_n(&vcpu->power, VCPU_OFF, __ATOMIC_RELEASE);
    partition_leave(vcpu->partition);
    arch_restart_stack(vcpu_idle, NULL);
}
