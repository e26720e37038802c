/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzzer's input as a stream of choices; past its end every choice is 0. */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct bytes {
    const uint8_t *at, *end;
};

static inline uint8_t take(struct bytes *b)
{
    return b->at < b->end ? *b->at++ : 0;
}

/* A number below `limit` (1..256). */
static inline uint32_t pick(struct bytes *b, uint32_t limit)
{
    return take(b) % limit;
}

/* True once in `times`, where bytes are random; false past the end. */
static inline uint32_t rarely(struct bytes *b, uint32_t times)
{
    return take(b) % times == times - 1;
}

static inline uint64_t take64(struct bytes *b)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++) {
        v = v << 8 | take(b);
    }
    return v;
}

/* CRC-32 of IEEE 802.3, bit by bit. */
static inline uint32_t crc32_of(const uint8_t *data, uint64_t size)
{
    uint32_t crc = UINT32_MAX;

    for (uint64_t i = 0; i < 8 * size; i++) {
        crc = (crc >> 1) ^ (((crc ^ (uint32_t)data[i / 8] >> i % 8) & 1) != 0 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* What must hold. Not assert(): it is here in every build, and says what it found. */
#define require(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s: ", __FILE__, __LINE__, #condition);                \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
