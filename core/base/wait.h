/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for hardware, never for ever. */
#ifndef CORE_BASE_WAIT_H
#define CORE_BASE_WAIT_H

#include <stdint.h>

#include "core/base/arch.h"
#include "core/base/status.h"

/*
 * Until the bits `mask` of the 32-bit register at `address` are `v`. E_TIMEOUT where they are not
 * within `ticks` of arch_counter(). Any CPU.
 */
static inline enum status MUST_CHECK wait_register(uint64_t address, uint64_t mask, uint64_t v,
                                                   uint64_t ticks)
{
    uint64_t start;

    if ((arch_read32(address) & mask) == v) {
        return OK;
    }
    start = arch_counter();
    while ((arch_read32(address) & mask) != v) {
        if (arch_counter() - start > ticks) {
            return E_TIMEOUT;
        }
        arch_wait_hint();
    }
    return OK;
}

#endif
