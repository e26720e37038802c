/* SPDX-License-Identifier: Apache-2.0 */
/* Barriers and hints, by the same instructions on both Arm architectures. */
#ifndef ARCH_HINTS_H
#define ARCH_HINTS_H

/* For arch/host, which checks the order of locks: nothing here. */
static inline void arch_lock_taken(const void *lock, unsigned level)
{
    (void)lock;
    (void)level;
}

static inline void arch_lock_released(const void *lock)
{
    (void)lock;
}

static inline void arch_wait_hint(void)
{
    __asm__ volatile("yield" ::: "memory");
}

static inline void arch_wfe(void)
{
    __asm__ volatile("wfe" ::: "memory");
}

static inline void arch_sev(void)
{
    __asm__ volatile("dsb ish\n\tsev" ::: "memory");
}

static inline void arch_wfi(void)
{
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

static inline void arch_dsb(void)
{
    __asm__ volatile("dsb sy" ::: "memory");
}

static inline void arch_isb(void)
{
    __asm__ volatile("isb" ::: "memory");
}

#endif
