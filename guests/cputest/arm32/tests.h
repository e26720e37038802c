/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to test of an Armv7-A CPU. */
#ifndef TESTS_H
#define TESTS_H

/* Whatever caches hold of the line at `address` is not what a read of it gets. */
static inline void cache_forget(const void *address)
{
    __asm__ volatile("mcr p15, 0, %0, c7, c14, 1" : : "r"(address) : "memory"); /* DCCIMVAC */
}

#define TESTS                                                                                      \
    {"reset", test_reset},                                                                         \
    {                                                                                              \
        "suspend", test_suspend                                                                    \
    }

#endif
