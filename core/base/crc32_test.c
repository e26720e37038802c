/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the CRC-32 in C against its definition, a bit at a time. */
#include "core/base/crc32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LONGEST 40u

/* Bytes that do not repeat, the top bit set in half of them. */
static _Alignas(8) uint8_t data[8 + LONGEST];

static uint32_t by_bits(const uint8_t *p, uint32_t size)
{
    uint32_t crc = UINT32_MAX;

    for (uint32_t bit = 0; bit < 8 * size; bit++) {
        uint32_t out = (crc ^ (uint32_t)p[bit / 8] >> bit % 8) & 1;

        crc = crc >> 1 ^ (out != 0 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static int set_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 151 + 7);
    }
    return 0;
}

static void every_byte(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 256; i++) {
        const uint8_t byte = (uint8_t)i;

        assert_int_equal(crc32_update(0, &byte, 1), by_bits(&byte, 1));
    }
}

/* Read by words: from each alignment, of each length, and cut in two at each place. */
static void every_alignment_and_length(void **state)
{
    (void)state;
    for (uint32_t from = 0; from < 8; from++) {
        for (uint32_t size = 0; size <= LONGEST; size++) {
            const uint8_t *p = data + from;
            const uint32_t crc = by_bits(p, size);

            assert_int_equal(crc32_update(0, p, size), crc);
            for (uint32_t cut = 0; cut <= size; cut++) {
                uint32_t first = crc32_update(0, p, cut);

                assert_int_equal(crc32_update(first, p + cut, size - cut), crc);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte),
        cmocka_unit_test(every_alignment_and_length),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
