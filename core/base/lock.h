/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spinlock. EL2 is not preemptible and takes no interrupts, so a lock is held for a bounded time
 * and needs no irqsave. Who waits gets it in no certain order: a queue would hand it, where QEMU
 * has more CPUs than its host, to one CPU whose thread does not run while all that run spin (16
 * CPUs then never boot); on a board few CPUs wait, for some hundred instructions.
 */
#ifndef CORE_BASE_LOCK_H
#define CORE_BASE_LOCK_H

#include <stdint.h>

#include <arch/cpu.h>

/*
 * In a build by clang (-Wthread-safety), and in tests/lint, it is an error where a function does
 * not give back what it takes, or calls one that REQUIRES a lock without holding it. C's limits:
 * the lock is global or reached from a parameter by the same path as in lock_take(), its order is
 * not checked, nor calls by pointers. LOCK_UNCHECKED: where the rule cannot hold.
 */
#ifdef __clang__
#define LOCK_RULE(rule) __attribute__((rule))
#else
#define LOCK_RULE(rule)
#endif
#define REQUIRES(l)    LOCK_RULE(requires_capability(l))
#define LOCK_UNCHECKED LOCK_RULE(no_thread_safety_analysis)

struct LOCK_RULE(capability("lock")) lock {
    uint32_t held; /* 1 while it is */
};

/*
 * Who holds a lock takes only those further down, and never a second of its kind: not two
 * partitions' at once. arch/host holds every unit test and fuzzer to it.
 */
enum lock_level {
    LOCK_CONSOLE, /* console.c: of the pump */
    LOCK_VUART,
    LOCK_VGIC,
    LOCK_GICD,
    LOCK_SMMU,
    LOCK_VPCI,
    LOCK_EL2_MAP,
    LOCK_LOG, /* console.c: of the log's ring */
};

/* Take the lock, of that level; waits until it is free. */
static inline void lock_take(struct lock *l, enum lock_level level)
    LOCK_RULE(acquire_capability(l)) LOCK_UNCHECKED
{
    arch_lock_taken(l, level);
    while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE) != 0) {
        while (__atomic_load_n(&l->held, __ATOMIC_RELAXED) != 0) {
            arch_wait_hint();
        }
    }
}

/* Give the lock back; only by its holder. */
static inline void lock_release(struct lock *l) LOCK_RULE(release_capability(l)) LOCK_UNCHECKED
{
    arch_lock_released(l);
    __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

#endif
