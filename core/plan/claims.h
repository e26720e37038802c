/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: everything that the plan gives to somebody, or keeps, one by one, whatever table it is
 * in: pages, interrupts, CPUs. One rule holds them apart: two that exclude each other never meet.
 */
#ifndef CORE_PLAN_CLAIMS_H
#define CORE_PLAN_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/plan/plan.h"

enum claim_kind {
    /* Physical pages */
    CLAIM_OWN,      /* registers that Bulkhead drives: GIC, console */
    CLAIM_RAM,      /* a bank */
    CLAIM_RESERVED, /* RAM that is nobody's */
    CLAIM_DIRECT,   /* memory that a partition with direct-map asks for */
    CLAIM_WINDOW,   /* a granted device's registers */
    /* Pages of one partition's own address space */
    CLAIM_EMULATED, /* the console's window and the interrupt controller's */
    CLAIM_SEEN,     /* a granted device's registers */
    CLAIM_MEMORY,
    /* Numbers: of interrupts, of CPUs, of nodes */
    CLAIM_PPI,      /* Bulkhead's, or every partition's */
    CLAIM_OWN_SPI,  /* the console's */
    CLAIM_SMMU_SPI, /* an SMMU's */
    CLAIM_SPI,      /* a granted device's */
    CLAIM_RAISED,   /* all that a granted GICv2m frame can raise, given or not */
    CLAIM_CPU,      /* MPIDR */
    CLAIM_NODE,     /* a granted device itself */
    /* What place.c gave: physical pages */
    CLAIM_EXTENT,
    /* What other nodes of the board's tree have: in no walk; claims_of_board() makes them */
    CLAIM_BOARD,
    CLAIM_BOARD_OFF, /* of one that is disabled */
    CLAIM_BOARD_SPI,
    CLAIM_BOARD_SMMU_SPI, /* of an SMMU that Bulkhead drives */
};

struct claim {
    enum claim_kind kind;
    int owner;               /* index of a partition, or PLAN_SHARED */
    struct range node;       /* a granted device: which it is, */
    uint32_t device, window; /* and where it is in devices[], a window in its mmio[] */
    struct range r;          /* bytes, or numbers; a conflict is one of whole pages */
    const char *path; /* where the owner must look: of the board's tree, or of its configuration */
    const char *name; /* what it is to others */
};

/* Where a walk of the plan's claims is; all 0: at the beginning. */
struct claims {
    enum claim_kind kind;
    uint32_t i, j; /* of which partition or device, and which of its */
};

/* The next claim, all kinds in order; false past the last. Counts in the plan are sane. */
bool claims_next(const struct plan *p, struct claims *at, struct claim *out);

/*
 * True where a page of `r` is RAM, reserved, or of registers that EL2 drives: no other registers
 * are there. The board has been read.
 */
bool claims_touch_own(const struct plan *p, struct range r);

/*
 * Tell of every claim of the kinds `first` to `last` that makes no sense by itself, or that meets
 * one before it which it excludes: the partitions concerned are told, and refused. Windows that
 * share a page, but no byte, with another's become filtered.
 */
void claims_check(struct plan *p, enum claim_kind first, enum claim_kind last);

/*
 * Tell each device that shares a register or an interrupt with a node that nobody is granted; where
 * it is only a page, its window becomes filtered.
 */
void claims_of_board(struct plan *p);

/* Hold one thing of another node against all that is granted. `told`: of each device, already? */
void claims_neighbour(struct plan *p, struct claim *neighbour, int node, bool *told);

/*
 * True where a window shares a page, but no byte, with another owner's registers, which it excludes
 * in either order; then it becomes filtered.
 */
bool claims_share(struct plan *p, const struct claim *c, const struct claim *other);

/*
 * Once all is claimed: what else a partition has in a page that it shares with others is filtered,
 * too; the partition is told, and refused, where EL2 cannot do that.
 */
void claims_filter(struct plan *p);

/* A node as a range, of which each PCI function has one: bus, device and function number. */
static inline struct range claims_node(int node)
{
    return (struct range){(uint64_t)node << 16, 1u << 16};
}

#endif
