/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI (DEN 0022) over the SMC Calling Convention (DEN 0028). */
#include "guest.h"

/* SMCCC 1.0 lets the callee change x4 to x17. */
#define SMCCC_CLOBBERS                                                                             \
    "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",    \
        "memory"

#define SMCCC_CALL(instruction)                                                                    \
    register uint64_t x0 __asm__("x0") = function;                                                 \
    register uint64_t x1 __asm__("x1") = a1;                                                       \
    register uint64_t x2 __asm__("x2") = a2;                                                       \
    register uint64_t x3 __asm__("x3") = a3;                                                       \
    __asm__ volatile(instruction " #0"                                                             \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                      \
                     :                                                                             \
                     : SMCCC_CLOBBERS);                                                            \
    return (int64_t)x0

int64_t smccc_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    SMCCC_CALL("hvc");
}

int64_t smccc_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    SMCCC_CALL("smc");
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
