/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an SMMU driver provides (drivers/smmu). The plan binds it by `compatible` (parse_smmu.c) and
 * counts its pages; core/guest/stream.c calls it. From the end of probe() on no transaction passes
 * that is not of a stream that was let through.
 */
#ifndef CORE_PLAN_SMMU_H
#define CORE_PLAN_SMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/memory/lpae.h"
#include "core/plan/plan.h"

/* Why a transaction was aborted, as far as both architectures can say it. */
enum smmu_reason {
    SMMU_BROKEN,    /* the SMMU itself stumbled: an external abort, an error of its configuration */
    SMMU_UNMAPPED,  /* no translation of its address, or one that does not allow it */
    SMMU_NO_STREAM, /* its StreamID is nobody's */
    SMMU_FORBIDDEN, /* a kind of transaction that is nobody's: a substream, or already translated */
    SMMU_LOST,      /* faults that were not recorded: the queue or the register was full */
};

struct smmu_fault {
    enum smmu_reason reason;
    bool shared;     /* of no stream: what follows means nothing, but for `code` */
    uint32_t stream; /* StreamID */
    bool addressed;  /* `address` (an IPA) and `write` are known */
    bool write;
    uint64_t address;
    uint32_t code; /* as the SMMU told it: IHI 0070 7.3 event number; IHI 0062 FSR */
};

/*
 * One SMMU architecture. `smmu` is the index in the plan's board. Until the partitions run only
 * the boot CPU calls, in this order; afterwards any CPU, with stream.c's lock of that SMMU.
 */
struct smmu_ops {
    const char *const *compatible; /* NULL-terminated */
    /* interrupt-names of the ones that are wanted; NULL: by position, `#global-interrupts` first */
    const char *const *interrupts;
    /*
     * Abort everything, take the SMMU over live, and read its ID registers into the plan. Registers
     * are mapped. E_TIMEOUT, or E_UNSUPPORTED with what it lacks in *why: then it is unusable, and
     * aborts as far as it can.
     */
    enum status (*probe)(struct plan *p, uint32_t smmu, const char **why);
    /* Pages of the pool that start() and attach() take at most, for the plan's streams. */
    uint64_t (*pages)(const struct plan *p, uint32_t smmu);
    /* Its tables and queues, every stream aborting, then translation on. E_NO_SPACE, E_TIMEOUT. */
    enum status (*start)(const struct plan *p, uint32_t smmu);
    /*
     * Bind the streams to a table, still aborting; `table` is clean to PoC, of smmu->stage.
     * `vmid`: 1..255. E_NO_SPACE.
     */
    enum status (*attach)(const struct plan *p, const struct plan_stream *stream,
                          const struct lpae *table, uint8_t vmid);
    /*
     * Let the attached streams' transactions through, or none any more: when it returns OK, none is
     * on its way that was translated before. E_TIMEOUT.
     */
    enum status (*pass)(const struct plan *p, const struct plan_stream *stream, bool on);
    /* A stream that is nobody's aborts silently from now on; false where it cannot be made to. */
    bool (*mute)(const struct plan *p, uint32_t smmu, uint32_t stream);
    /* The next recorded fault; false where there is none. */
    bool (*take_fault)(const struct plan *p, uint32_t smmu, struct smmu_fault *fault);
};

/*
 * SMMUv2: how many streams, a power of two, one register group can match from the `done`th of the
 * run on; and the groups that all of it takes.
 */
uint32_t stream_piece(const struct plan_stream *stream, uint32_t done);
uint32_t stream_groups(const struct plan_stream *stream);

/*
 * The first of the plan's streams before this one, of a partition that starts, that is the same;
 * that shares StreamIDs with it. NULL where there is none.
 */
const struct plan_stream *stream_alike(const struct plan *p, const struct plan_stream *stream);
const struct plan_stream *stream_overlapped(const struct plan *p, const struct plan_stream *stream);

/* True where the stream is that SMMU's, and of a partition that starts. */
bool stream_is_used(const struct plan *p, const struct plan_stream *stream, uint32_t smmu);

/* True where any StreamID belongs to both; indexes and counts are sane. */
bool streams_overlap(const struct plan_stream *a, const struct plan_stream *b);

/* Those compiled in, NULL-terminated: drivers/drivers.c. */
extern const struct smmu_ops *const drivers_smmu[];

#endif
