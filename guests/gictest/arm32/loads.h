/* SPDX-License-Identifier: Apache-2.0 */
/* Loads that are emulated. */
#ifndef LOADS_H
#define LOADS_H

/* X(name, instruction, address, value): sign or zero extended. */
#define LOADS(X)                                                                                   \
    X("LDRB", "ldrb %0", byte, 0xe0)                                                               \
    X("LDRSB", "ldrsb %0", byte, 0xffffffe0)                                                       \
    X("LDRSB, positive", "ldrsb %0", byte + 1, 0x60)                                               \
    X("LDR", "ldr %0", word, 0xaaaaaaaa)                                                           \
    X("LDRH", "ldrh %0", half, 0x8421)                                                             \
    X("LDRSH", "ldrsh %0", half, 0xffff8421)

#endif
