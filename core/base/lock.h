/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ticket spinlock. EL2 is not preemptible and takes no interrupts, so a lock is held for a
 * bounded time and needs no irqsave. Order: power -> vgic -> gicd/smmu -> console; never two
 * partitions' locks at once.
 */
#ifndef CORE_BASE_LOCK_H
#define CORE_BASE_LOCK_H

#include <stdint.h>

#include <arch/cpu.h>

struct lock {
    uint16_t next;  /* the ticket that the next comer draws */
    uint16_t owner; /* the ticket that holds the lock */
};

/* Take the lock; waits its turn. */
static inline void lock_take(struct lock *l)
{
    uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

    while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket) {
        arch_wait_hint();
    }
}

/* Give the lock back; only by its holder. */
static inline void lock_release(struct lock *l)
{
    __atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}

#endif
