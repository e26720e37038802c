/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of vits.c where no driver of an ITS is compiled in: no partition has LPIs. */
#include "core/guest/vits.h"

enum status vits_init(struct partition *partition, struct range window)
{
    (void)partition;
    (void)window;
    return E_UNSUPPORTED;
}

void vits_message(struct partition *partition, uint32_t function, uint32_t event)
{
    (void)partition;
    (void)function;
    (void)event;
}

bool vits_gicr_access(struct vcpu *owner, uint64_t offset, struct mmio_access *access)
{
    (void)owner;
    (void)offset;
    (void)access;
    return false;
}

uint32_t vits_gicr_ctlr(const struct vcpu *owner)
{
    (void)owner;
    return 0;
}
