/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI (DEN 0022) over the SMC Calling Convention (DEN 0028). */
#include "guest.h"

int64_t smccc_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    return SMCCC_CALL("hvc", function, a1, a2, a3);
}

int64_t smccc_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    return SMCCC_CALL("smc", function, a1, a2, a3);
}

int64_t psci_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    int64_t result =
        guest.psci_smc ? smccc_smc(function, a1, a2, a3) : smccc_hvc(function, a1, a2, a3);

    return (int32_t)result;
}

int64_t psci_cpu_on(uint64_t mpidr, uintptr_t entry, uint64_t context)
{
    return psci_call(PSCI_CPU_ON, mpidr, entry, context);
}

int64_t psci_affinity_info(uint64_t mpidr)
{
    return psci_call(PSCI_AFFINITY_INFO, mpidr, 0, 0);
}

_Noreturn void psci_system_off(void)
{
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;) {
        cpu_wait_for_interrupt();
    }
}

_Noreturn void psci_system_reset(void)
{
    psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
    for (;;) {
        cpu_wait_for_interrupt();
    }
}
