/* SPDX-License-Identifier: Apache-2.0 */
/* From start.S to main(), and the other CPUs. */
#include <stdlib.h>

#include "guest.h"

typedef void (*function)(void);

extern const function _init_array_start[], _init_array_end[];
extern char secondary_cpu[];

_Noreturn void guest_main(const void *dtb);
_Noreturn void cpu_main(void);
int main(void);

struct guest guest;

/* Each is written before CPU_ON by the CPU that calls it, and read by the CPU that starts. */
static function cpu_function[GUEST_MAX_CPUS];

_Noreturn void guest_main(const void *dtb)
{
    if (!dt_read(dtb)) {
        for (;;) {
            cpu_wait_for_interrupt();
        }
    }
    mmu_map_all();
    uart_init();
    if (guest.gic_version != 0) {
        gic_init();
        gic_init_cpu();
    }
    for (const function *f = _init_array_start; f < _init_array_end; f++) {
        (*f)();
    }
    exit(main());
}

int64_t cpu_start(unsigned cpu, function f)
{
    return cpu_start_at(cpu, f, (uintptr_t)secondary_cpu);
}

int64_t cpu_start_at(unsigned cpu, function f, uintptr_t entry)
{
    if (cpu == 0 || cpu >= guest.cpu_count) {
        return PSCI_INVALID_PARAMETERS;
    }
    cpu_function[cpu] = f;
    barrier_dsb();
    return psci_cpu_on(guest.cpu_mpidr[cpu], entry, cpu);
}

/* A CPU that was started. */
_Noreturn void cpu_main(void)
{
    if (guest.gic_version != 0) {
        gic_init_cpu();
    }
    cpu_function[cpu_index()]();
    cpu_stop();
}

_Noreturn void cpu_stop(void)
{
    cpu_mask_interrupts();
    psci_call(PSCI_CPU_OFF, 0, 0, 0);
    for (;;) {
        cpu_wait_for_interrupt(); /* CPU_OFF was refused */
    }
}
