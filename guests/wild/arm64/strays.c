/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses that no hypervisor can emulate. */
#include "guest.h"
#include "wild.h"

void wild_stray_without_syndrome(uintptr_t address)
{
    uint64_t a = 0, b = 0;
    bool caught;

    caught = WILD_CATCHES(__asm__ volatile("ldp %0, %1, [%2]" : "+r"(a), "+r"(b) : "r"(address)));
    wild_stray("read of a pair", caught, a);
    caught = WILD_CATCHES(__asm__ volatile("stp %0, %1, [%2]" : : "r"(a), "r"(b), "r"(address)));
    wild_stray("write of a pair", caught, 0);
    b = address;
    caught = WILD_CATCHES(__asm__ volatile("ldr %0, [%1], #8" : "+r"(a), "+r"(b)));
    wild_stray("read with write-back", caught, a);
    caught = WILD_CATCHES(__asm__ volatile("ldxr %0, [%1]" : "+r"(a) : "r"(address)));
    wild_stray("exclusive read", caught, a);
    caught = WILD_CATCHES(__asm__ volatile("ldr q0, [%0]" : : "r"(address) : "v0"));
    wild_stray("read to a SIMD register", caught, 0);
    caught = WILD_CATCHES(__asm__ volatile("dc civac, %0" : : "r"(address)));
    wild_stray("cache maintenance", caught, 0);
}
