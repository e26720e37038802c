/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions that HYP makes a guest take, and stepping over an instruction done for it. */
#ifndef ARCH_ARM32_INJECT_H
#define ARCH_ARM32_INJECT_H

#include <stdint.h>

/* A guest's vectors, from where its exceptions are at these offsets. */
#define VECTOR_UNDEF          0x04
#define VECTOR_PREFETCH_ABORT 0x0c
#define VECTOR_DATA_ABORT     0x10
uint32_t inject_vectors(void);

/* Undefined Instruction, from where ELR_hyp points. */
void inject_undef(void);

/* Synchronous external abort for the access that the trapped abort `hsr` tells. */
void inject_abort(uint32_t hsr);

/*
 * Step over the trapped instruction, as if it had been executed: HSR.IL tells its length, and
 * ITSTATE moves on.
 */
void inject_skip(uint32_t hsr);

#endif
