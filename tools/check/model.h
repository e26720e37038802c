/* SPDX-License-Identifier: Apache-2.0 */
/* What tables, picture and JSON show of a plan: who has which piece of RAM, who sees what. */
#ifndef TOOLS_CHECK_MODEL_H
#define TOOLS_CHECK_MODEL_H

#include <stdint.h>

#include "core/plan/dt.h"
#include "core/plan/msi.h"
#include "core/plan/plan.h"

enum piece_kind { PIECE_LEFT_OVER, PIECE_RESERVED, PIECE_PARTITION };

/* A piece of the board's RAM, ascending; together they are all of it. */
struct piece {
    struct range what;
    enum piece_kind kind;
    int partition;    /* PIECE_PARTITION: whose, */
    uint64_t ipa;     /* and where it sees it */
    const char *name; /* PIECE_RESERVED: what for */
};

enum window_kind { WINDOW_MEMORY, WINDOW_EMULATED, WINDOW_DEVICE };

/* What a partition sees in a range of its addresses, ascending. */
struct window {
    struct range ipa;
    enum window_kind kind;
    uint64_t pa;                      /* where it lies on the board; an emulated one lies nowhere */
    const char *name;                 /* the device's path, or what is emulated */
    const struct plan_device *device; /* WINDOW_DEVICE; NULL for a GICv2's GICV */
};

enum grantable { GRANT_FREELY, GRANT_UNPROTECTED, GRANT_NEVER };

/* A device of the board's tree that no partition has, and whether one could have it. */
struct candidate {
    char path[DT_PATH_MAX];
    enum grantable grantable;
    char why[256];                                /* GRANT_NEVER: why not; else "" */
    struct plan_device device;                    /* not GRANT_NEVER: its windows and interrupts, */
    struct plan_stream streams[PLAN_MAX_STREAMS]; /* and the streams of its DMA */
    uint32_t stream_count;
};

/* Each gives a list for the caller to free(), and its length. Refused partitions have nothing. */
struct piece *model_ram(const struct plan *p, uint32_t *count);
struct window *model_windows(const struct plan *p, uint32_t partition, uint32_t *count);

/*
 * All enabled nodes with `compatible` and with registers that the CPU reaches (or none to need),
 * that no partition has. core/plan is asked for each as if a partition without others wanted it;
 * what it says meanwhile is not kept: call messages_to() again afterwards.
 */
struct candidate *model_candidates(const struct plan *p, uint32_t *count);

/* The streams of a granted device's DMA into `streams`; returns how many. */
uint32_t model_streams(const struct plan *p, const struct plan_device *device,
                       struct plan_stream streams[static PLAN_MAX_STREAMS]);

/*
 * The MSI frame that a granted device's messages go to; of size 0 where it sends none. With an ITS
 * who sends messages is known at boot only.
 */
struct msi_frame model_frame(const struct plan *p, const struct plan_device *device);

/* The sizes of the pieces of that kind together, bytes. */
uint64_t model_ram_size(const struct piece *pieces, uint32_t count, enum piece_kind kind);

#endif
