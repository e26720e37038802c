/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses that no hypervisor can emulate. */
#include "guest.h"
#include "wild.h"

#define STRAY(what, instruction)                                                                   \
    wild_stray(what,                                                                               \
               WILD_CATCHES(__asm__ volatile(instruction                                           \
                                             :                                                     \
                                             : "r"(address)                                        \
                                             : "r2", "r3", "d0", "memory")),                       \
               0)

void wild_stray_without_syndrome(uintptr_t address)
{
    uintptr_t at = address;
    bool caught;

    STRAY("read of a pair", "ldrd r2, r3, [%0]");
    STRAY("write of a pair", "strd r2, r3, [%0]");
    STRAY("read of several", "ldm %0, {r2, r3}");
    STRAY("write of several", "stm %0, {r2, r3}");
    caught = WILD_CATCHES(__asm__ volatile("ldr r2, [%0], #8" : "+r"(at) : : "r2"));
    wild_stray("read with write-back", caught, 0);
    STRAY("exclusive read", "ldrex r2, [%0]");
    STRAY("read to a VFP register", "vldr d0, [%0]");
    STRAY("cache maintenance", "mcr p15, 0, %0, c7, c14, 1");
}
