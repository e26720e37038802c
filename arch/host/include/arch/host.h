/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The knobs of the fake architecture, for unit tests, fuzzers and host programs. Call host_reset()
 * in each test's set-up; then set what the test needs.
 *
 * What a test did not provide for (an access where no register model is, a way out that nobody
 * catches) prints a message and aborts, so that the test program fails.
 */
#ifndef ARCH_HOST_H
#define ARCH_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>
#include <arch/sysreg.h>

#include "core/base/addr.h"
#include "core/base/arch.h"
#include "core/memory/el2_map.h"

/* One for all threads; the CPU a thread is on is its own (host_cpu_become()). */
struct host {
    /* The counter: each arch_counter() moves it on by `counter_step`, so that bounded polls end. */
    uint64_t counter, counter_step, counter_hz;
    uint64_t alarm; /* 0: none is set */
    uint8_t pa_bits, el2_bits;
    uint32_t states;       /* arch_states(): arm64's */
    uint32_t aarch64_only; /* bit per CPU: not arch_cpu_has_aarch32() */
    struct range fused;
    struct range aborts; /* where arch_try_read() and arch_try_write() fail */
    /* arch_image_section(): `section_count` of them; where that is 0, the pool as DATA. */
    struct el2_section sections[8];
    uint32_t section_count;
    struct range windows; /* arch_windows() */

    /* Hooks; NULL: what the comment says. */
    struct smc_result (*smc)(uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3); /* r[0] = -1 */
    /* OK, online = 1 */
    enum status (*cpu_start)(struct cpu *cpu, enum cpu_enable enable, uint64_t release);
    void (*wfi)(void);                        /* leaves with HOST_ASLEEP */
    void (*clean)(const void *p, uint64_t n); /* nothing; arch_cache_clean(_invalidate) */
    void (*tlb_forget)(struct range what);    /* nothing; arch_tlb_forget_el2 */

    /* What was called, counted; the last call's arguments. */
    uint32_t dsbs, isbs, sevs, wfis, waits, cleans, icache_invalidates, tlb_forgets, smcs;
    struct range tlb_forgotten;
    uint64_t smc_args[4];
    const struct lpae *mmu_table; /* arch_mmu_enable() */
    void (*restart)(void *);      /* arch_restart_stack() */
    void *restart_arg;
    struct vcpu *started; /* arch_vcpu_start() */
};

extern struct host host;

/* All knobs, devices and system registers as at the start; this thread on no CPU. */
void host_reset(void);

/* The part of host_reset() that registers.c does. */
void host_registers_reset(void);

/* From now on arch_cpu_self() is `cpu` on this thread (arch_cpu_become() is the same). */
void host_cpu_become(struct cpu *cpu);

/* ---- functions that never return ---- */

enum host_end {
    HOST_RETURNED,    /* the function returned after all */
    HOST_MACHINE_OFF, /* arch_machine_off() */
    HOST_RESTARTED,   /* arch_restart_stack(): call host.restart(host.restart_arg) to go on */
    HOST_ENTERED,     /* arch_vcpu_start(): see host.started->arch */
    HOST_ASLEEP,      /* arch_wfi() without a hook: nothing to do, or the end of panic() */
};

/* Run fn(arg) and tell how it ended. May be nested. */
enum host_end host_catch(void (*fn)(void *), void *arg);

/* Leave to the innermost host_catch() of this thread, from a hook for example. */
__attribute__((noreturn)) void host_leave(enum host_end end);

/* Say what is wrong with the test's set-up, and abort. */
__attribute__((noreturn, format(printf, 1, 2))) void host_fail(const char *format, ...);

/* ---- device registers ---- */

/* `offset` from the model's base; `size` 1, 2, 4 or 8 bytes, not checked for alignment. */
typedef uint64_t (*host_mmio_reader)(void *model, uint64_t offset, unsigned size);
typedef void (*host_mmio_writer)(void *model, uint64_t offset, unsigned size, uint64_t v);

/* Put a register model at [base, base + size); at most 16 of them, disjoint. */
void host_mmio_add(uint64_t base, uint64_t size, host_mmio_reader read, host_mmio_writer write,
                   void *model);

/* ---- system registers ---- */

/* Class of the value: one for all CPUs; a hook can look at arch_cpu_self(). */
struct host_sysreg {
    const char *name;
    uint64_t value;
    uint64_t (*read)(struct host_sysreg *reg);          /* NULL: value */
    void (*write)(struct host_sysreg *reg, uint64_t v); /* NULL: value = v */
    uint32_t reads, writes;
};

/* The register of that name ("ICC_IAR1_EL1"); it comes to be, zero, when it is first asked for. */
struct host_sysreg *host_sysreg(const char *name);

#endif
