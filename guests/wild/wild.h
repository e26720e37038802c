/* SPDX-License-Identifier: Apache-2.0 */
/* What the wild partition's modes share: exceptions that are caught, random numbers, arguments. */
#ifndef WILD_H
#define WILD_H

#include <stdbool.h>
#include <stdint.h>

#include "target.h"

/* The exceptions caught: the instruction is skipped, a wild jump returns to its caller. */
struct wild_caught {
    unsigned count;
    uint64_t esr; /* of the last one */
    uint64_t far;
};

extern struct wild_caught wild_caught;

/* True if `count` has moved since; then `esr` and `far` are of that exception. */
#define WILD_CATCHES(statement)                                                                    \
    ({                                                                                             \
        unsigned wild_before = wild_caught.count;                                                  \
        statement;                                                                                 \
        __asm__ volatile("dsb sy\n isb" : : : "memory");                                           \
        *(volatile unsigned *)&wild_caught.count != wild_before;                                   \
    })

/* The number of the argument `name=`, in any base that C has; `otherwise` without one. */
uint64_t wild_number(const char *name, uint64_t otherwise);

/* The same sequence for the same argument `seed=`. */
uint64_t wild_random(void);

/* Tells what came of an access outside of the partition. */
void wild_stray(const char *what, bool caught, uint64_t value);

/* Accesses whose syndrome tells no register: nobody can emulate them. */
void wild_stray_without_syndrome(uintptr_t address);

/* The modes; those that return have survived. */
void wild_jump(void);
void wild_walk(void);
void wild_hvc(void);
void wild_smc(void);
void wild_flood(void);
void wild_disable(void);
void wild_mmio(void);
void wild_undef(void);
void wild_sysreg(void);
void wild_gic(void);
void wild_forge(void);
void wild_off(void);
void wild_reset(void);
void wild_setway(void);
void wild_spin(void);
void wild_vectors(void);
void wild_pci(void);
void wild_page(void);

#endif
