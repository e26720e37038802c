/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to test of an Armv8-A CPU. */
#ifndef TESTS_H
#define TESTS_H

/* Whatever caches hold of the line at `address` is not what a read of it gets. */
static inline void cache_forget(const void *address)
{
    __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
}

#define TESTS                                                                                      \
    {"reset", test_reset}, {"pmu", test_pmu}, {"debug", test_debug}, {"suspend", test_suspend},    \
        {"aarch32", test_aarch32},                                                                 \
    {                                                                                              \
        "pstate", test_pstate                                                                      \
    }

#endif
