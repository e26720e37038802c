/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 of IEEE 802.3 in C, for CPUs that have no instruction for it. */
#ifndef CORE_BASE_CRC32_H
#define CORE_BASE_CRC32_H

#include <stdint.h>

/* zlib's crc32() of `size` bytes, continued from `crc` (0 to begin with). Any CPU. */
uint32_t crc32_update(uint32_t crc, const void *p, uint64_t size);

#endif
