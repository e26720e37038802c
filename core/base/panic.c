/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the end of a CPU on which an invariant of ours is broken. */
#include "core/base/panic.h"

#include <inttypes.h>
#include <stdarg.h>

#include <arch/cpu.h>

#include "core/base/arch.h"
#include "core/base/console.h"

__attribute__((format(printf, 1, 2))) static void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    console_panic(format, args);
    va_end(args);
}

void panic(const char *format, ...)
{
    va_list args;

    print("\nbulkhead: panic: CPU 0x%" PRIx64 ": ", arch_mpidr());
    va_start(args, format);
    console_panic(format, args);
    va_end(args);
    print("\nbulkhead: this CPU is halted, others go on\n");
    for (;;) {
        arch_wfi();
    }
}
