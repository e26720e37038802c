/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and names as text for people. */
#include "tools/check/text.h"

#include <inttypes.h>
#include <stdio.h>

const char *size_text(char text[static SIZE_TEXT], uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    uint32_t unit = 0;

    while (unit < 4 && bytes >> (10 * (unit + 1)) != 0) {
        unit++;
    }
    if (bytes % (UINT64_C(1) << (10 * unit)) == 0) {
        (void)snprintf(text, SIZE_TEXT, "%" PRIu64 " %s", bytes >> (10 * unit), units[unit]);
    } else {
        (void)snprintf(text, SIZE_TEXT, "%.1f %s",
                       (double)bytes / (double)(UINT64_C(1) << (10 * unit)), units[unit]);
    }
    return text;
}

bool text_is_plain(const char *s)
{
    for (uint8_t c = (uint8_t)*s; c != 0; c = (uint8_t)*s) {
        int more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : 3;

        if (c < ' ' || c == 0x7f || (c >= 0x80 && c < 0xc2) || c > 0xf4) {
            return false;
        }
        for (s++; more > 0; more--, s++) {
            if (((uint8_t)*s & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}
