/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fake CPU: which one a thread is, its hints, its firmware, and its ways out. */
#include <arch/host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <arch/vcpu.h>

#define COUNT(what) (void)__atomic_fetch_add(&host.what, 1, __ATOMIC_RELAXED)

/* As they are before the first host_reset(): host programs need none. */
#define DEFAULTS                                                                                   \
    {                                                                                              \
        .counter_step = 625, .counter_hz = 62500000, .pa_bits = 48, .el2_bits = 48,                \
        .states = ARCH_AARCH64 | ARCH_AARCH32                                                      \
    }

#define LOCK_LEVELS 8

struct host host = DEFAULTS;

static _Thread_local struct cpu *self;
static _Thread_local jmp_buf *way_out;
static _Thread_local unsigned held_levels; /* a bit each: this thread holds held_lock[level] */
static _Thread_local const void *held_lock[LOCK_LEVELS];

void host_cpu_become(struct cpu *cpu)
{
    self = cpu;
}

void arch_cpu_become(struct cpu *cpu)
{
    self = cpu;
}

struct cpu *arch_cpu_self(void)
{
    return self;
}

uint32_t arch_states(void)
{
    return host.states;
}

bool arch_cpu_has_aarch32(void)
{
    return (host.aarch64_only >> self->index & 1) == 0;
}

uint64_t arch_mpidr(void)
{
    return self == NULL ? 0 : self->mpidr;
}

void arch_cpu_init(void)
{
}

/* ---- the order of locks (core/base/lock.h) ---- */

void arch_lock_taken(const void *lock, unsigned level)
{
    if (held_levels >> level != 0) {
        host_fail("a lock of level %u is taken with levels %#x held", level, held_levels);
    }
    held_levels |= 1U << level;
    held_lock[level] = lock;
}

void arch_lock_released(const void *lock)
{
    for (unsigned level = 0; level < LOCK_LEVELS; level++) {
        if ((held_levels >> level & 1) != 0 && held_lock[level] == lock) {
            held_levels &= ~(1U << level);
        }
    }
}

/* ---- hints, barriers, the counter ---- */

void arch_wait_hint(void)
{
    COUNT(waits);
}

void arch_wfe(void)
{
    COUNT(waits);
}

void arch_sev(void)
{
    COUNT(sevs);
}

void arch_wfi(void)
{
    COUNT(wfis);
    if (host.wfi == NULL) {
        host_leave(HOST_ASLEEP);
    }
    host.wfi();
}

void arch_dsb(void)
{
    COUNT(dsbs);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void arch_isb(void)
{
    COUNT(isbs);
}

uint64_t arch_counter(void)
{
    return __atomic_add_fetch(&host.counter, host.counter_step, __ATOMIC_RELAXED);
}

uint64_t arch_counter_hz(void)
{
    return host.counter_hz;
}

void arch_alarm_set(uint64_t at)
{
    host.alarm = at;
}

void arch_alarm_clear(void)
{
    host.alarm = 0;
}

/* ---- firmware ---- */

struct smc_result arch_smc(uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3)
{
    const uint64_t args[4] = {fid, a1, a2, a3};

    COUNT(smcs);
    for (int i = 0; i < 4; i++) {
        host.smc_args[i] = args[i];
    }
    if (host.smc == NULL) {
        return (struct smc_result){{UINT64_MAX, a1, a2, a3}};
    }
    return host.smc(fid, a1, a2, a3);
}

enum status arch_cpu_start(struct cpu *cpu, enum cpu_enable enable, uint64_t release)
{
    if (host.cpu_start != NULL) {
        return host.cpu_start(cpu, enable, release);
    }
    __atomic_store_n(&cpu->online, 1, __ATOMIC_RELEASE);
    return OK;
}

/* ---- ways out ---- */

void host_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("arch/host: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    abort();
}

enum host_end host_catch(void (*fn)(void *), void *arg)
{
    jmp_buf *volatile outer = way_out;
    jmp_buf here;
    volatile enum host_end end = HOST_RETURNED;
    int jumped = setjmp(here);

    if (jumped == 0) {
        way_out = &here;
        fn(arg);
    } else {
        end = (enum host_end)jumped;
    }
    way_out = outer;
    return end;
}

void host_leave(enum host_end end)
{
    static const char *const name[] = {"returned", "machine off", "stack restarted",
                                       "virtual CPU entered", "asleep with nothing to wake it"};

    if (way_out == NULL) {
        host_fail("%s, and no host_catch() around", name[end]);
    }
    longjmp(*way_out, (int)end);
}

void arch_machine_off(void)
{
    host_leave(HOST_MACHINE_OFF);
}

void arch_restart_stack(void (*fn)(void *), void *arg)
{
    host.restart = fn;
    host.restart_arg = arg;
    host_leave(HOST_RESTARTED);
}

void host_reset(void)
{
    host = (struct host)DEFAULTS;
    self = NULL;
    held_levels = 0;
    host_registers_reset();
}
