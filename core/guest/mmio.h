/* SPDX-License-Identifier: Apache-2.0 */
/* A partition's emulated windows: a short sorted table, filled before it starts, read on every
 * access. */
#ifndef CORE_GUEST_MMIO_H
#define CORE_GUEST_MMIO_H

#include <stdint.h>

#include "core/base/status.h"
#include "core/guest/trap.h"
#include "core/plan/plan.h"

/* GICD, console, ITS or frame, redistributors, ECAM, what is filtered */
#define MMIO_MAX_WINDOWS (3 + PLAN_MAX_REDISTS + PLAN_MAX_PCI_HOSTS + PLAN_MAX_FILTERED)

/*
 * Emulate one access `offset` bytes into the window. Returns TRAP_SKIP when done, TRAP_ABORT where
 * the architecture makes it an external abort. Never blocks; takes the vgic or console lock itself.
 * On the vCPU's own CPU.
 */
typedef enum trap_outcome (*mmio_handler)(struct vcpu *vcpu, void *device, uint64_t offset,
                                          struct mmio_access *access);

struct mmio_window {
    uint64_t base, size;
    mmio_handler handler;
    void *device;
};

/* Class: sealed (written while the partition is built). */
struct mmio_map {
    struct mmio_window window[MMIO_MAX_WINDOWS]; /* ascending, disjoint */
    uint32_t count;
};

#define MMIO_MAX_ACCESS 8 /* bytes; no window is smaller */

/* Add a window; E_OVERLAP, E_NO_SPACE, E_INVALID. Before the partition starts. */
enum status mmio_add(struct mmio_map *map, uint64_t base, uint64_t size, mmio_handler handler,
                     void *device) MUST_CHECK;

/* Find the window that holds the whole access and run its handler; TRAP_ABORT where none does. */
enum trap_outcome mmio_handle(struct vcpu *vcpu, struct mmio_access *access);

#endif
