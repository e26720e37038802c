/* SPDX-License-Identifier: Apache-2.0 */
/* Loads that are emulated: into W and X registers. */
#ifndef LOADS_H
#define LOADS_H

/* X(name, instruction, address, value): sign or zero extended, to 32 bits or to 64. */
#define LOADS(X)                                                                                   \
    X("LDRB", "ldrb %w0", byte, 0xe0)                                                              \
    X("LDRSB, 32 bits", "ldrsb %w0", byte, 0xffffffe0)                                             \
    X("LDRSB, 64 bits", "ldrsb %x0", byte, 0xffffffffffffffe0)                                     \
    X("LDRSB, 64 bits, positive", "ldrsb %x0", byte + 1, 0x60)                                     \
    X("LDR, 32 bits", "ldr %w0", word, 0xaaaaaaaa)                                                 \
    X("LDRSW", "ldrsw %x0", word, 0xffffffffaaaaaaaa)                                              \
    X("LDRH", "ldrh %w0", half, 0x8421)                                                            \
    X("LDRSH, 32 bits", "ldrsh %w0", half, 0xffff8421)                                             \
    X("LDRSH, 64 bits", "ldrsh %x0", half, 0xffffffffffff8421)

#endif
