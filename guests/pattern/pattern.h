/* SPDX-License-Identifier: Apache-2.0 */
/* The pattern: a word for each address, which whoever reads it, wherever, can tell from others. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#define PATTERN_TAG    0x5ca1ab1eull /* in the upper half of what is mixed; the address below */
#define PATTERN_FACTOR 0x9e3779b97f4a7c15ull
#define PATTERN_UNDO   0xf1de83e19937733dull /* PATTERN_FACTOR * PATTERN_UNDO = 1 modulo 2^64 */

/* A bijection: no two addresses below 4 GiB have the same word. */
static inline uint64_t pattern_word(uint64_t address)
{
    uint64_t word = PATTERN_TAG << 32 | (address & 0xffffffff);

    word *= PATTERN_FACTOR;
    return word ^ word >> 32;
}

/* True where `word` is that of any address: one word in 2^32 is so by chance. */
static inline bool pattern_is_word(uint64_t word)
{
    word ^= word >> 32;
    return (word * PATTERN_UNDO) >> 32 == PATTERN_TAG;
}

#endif
