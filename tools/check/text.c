/* SPDX-License-Identifier: Apache-2.0 */
/* Names as text for people. */
#include "tools/check/text.h"

#include <stdint.h>

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
