/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of stream.c where no driver of an SMMU is compiled in: no device has streams. */
#include "core/guest/stream.h"

void stream_init(struct plan *p)
{
    (void)p;
}

void stream_build(const struct plan *p)
{
    (void)p;
}

bool stream_open(const struct plan *p, uint32_t partition)
{
    (void)p;
    (void)partition;
    return true;
}

void stream_close(const struct plan *p, uint32_t partition)
{
    (void)p;
    (void)partition;
}

void stream_route(const struct plan *p, const struct cpu *cpu)
{
    (void)p;
    (void)cpu;
}

bool stream_irq(uint32_t intid)
{
    (void)intid;
    return false;
}
