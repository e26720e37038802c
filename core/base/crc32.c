/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the CRC-32 in C: the reflected polynomial 0xedb88320, a byte at a time, read by words. */
#include "core/base/crc32.h"

#include "core/base/addr.h"

#define POLYNOMIAL 0xedb88320u

/* The CRC of each byte: that of two sets of bits is one's, exclusive or the other's. */
static void make_table(uint32_t table[static 256])
{
    uint32_t crc = 1;

    table[0] = 0;
    for (uint32_t bit = 128; bit > 0; bit >>= 1) {
        crc = crc >> 1 ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
        for (uint32_t i = 0; i < 256; i += 2 * bit) {
            table[i + bit] = table[i] ^ crc;
        }
    }
}

static inline uint32_t shift_byte(const uint32_t table[static 256], uint32_t crc)
{
    return crc >> 8 ^ table[crc & 255];
}

static inline uint32_t shift_word(const uint32_t table[static 256], uint32_t crc)
{
    return shift_byte(table, shift_byte(table, shift_byte(table, shift_byte(table, crc))));
}

/* Not inlined: gcc would address the table by the stack, with an instruction more for each byte. */
static __attribute__((noinline)) uint32_t shift(const uint32_t table[static 256], uint32_t crc,
                                                const uint8_t *byte, uint64_t size)
{
    const uint8_t *end = byte + size;

    for (; byte != end && !is_aligned((uintptr_t)byte, 4); byte++) {
        crc = shift_byte(table, crc ^ *byte);
    }
    for (const uint8_t *last = end - ((uintptr_t)end - (uintptr_t)byte) % 4; byte != last;
         byte += 4) {
        crc = shift_word(table, crc ^ *(const uint32_t *)(const void *)byte);
    }
    for (; byte != end; byte++) {
        crc = shift_byte(table, crc ^ *byte);
    }
    return crc;
}

/*
 * The table is made for each sum, on the stack: about 1,900 instructions, where an image's bytes
 * take four each. It takes nothing of the image, no RAM at run time, and any CPU can do it.
 */
uint32_t crc32_update(uint32_t crc, const void *p, uint64_t size)
{
    uint32_t table[256];

    make_table(table);
    return ~shift(table, ~crc, p, size);
}
