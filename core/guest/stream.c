/* SPDX-License-Identifier: Apache-2.0 */
/* Owns DMA's side of partitions: their tables for SMMUs, their streams, and faults of these. */
#include "core/guest/stream.h"

#include <inttypes.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/base/lock.h"
#include "core/base/panic.h"
#include "core/guest/irq.h"
#include "core/memory/el2_map.h"
#include "core/memory/lpae.h"
#include "core/plan/msi.h"
#include "core/plan/smmu.h"

#define FAULTS_AT_ONCE 32  /* that one interrupt tells */
#define TOLD_A_SECOND  4   /* messages about one partition's devices, or nobody's */
#define BLOCK_FROM     256 /* faults within a second: who of the partition goes on is blocked */
#define FORGED_FROM    256 /* interrupts within a second that no fault explains */

/* Tags of translations, an SMMU's VMIDs and ASIDs: 16 bits are a choice of theirs, 8 are enough. */
_Static_assert(CONFIG_MAX_PARTITIONS <= UINT8_MAX, "a VMID for each, and 0 is nobody's");

/* Class: sealed. By stage of translation; `root` 0 where the partition has none. */
static struct lpae tables[CONFIG_MAX_PARTITIONS][2];

/* The plan, for interrupts; class: sealed. */
static const struct plan *plan_of_streams;

/* What happens within a second. Class: of the CPU that SMMUs' interrupts are routed to. */
struct rate {
    uint64_t second; /* of the counter */
    int32_t count;
};

/* What a run of streams did, and a partition's first one: what all of its runs did. Class: same. */
static struct {
    uint64_t total;
    bool blocked;
    struct rate faults; /* of all */
    struct rate told;   /* of all, */
    uint64_t untold;    /* too */
} seen[PLAN_MAX_STREAMS];

/* What an SMMU did that no partition did. Class: same. */
static struct {
    struct rate faults;
    struct rate forged; /* interrupts, less the faults that explain them: see stream_irq() */
    bool silent;        /* it does not stop: its interrupts are off */
} odd[PLAN_MAX_SMMUS];

/* Partitions that forged an SMMU's interrupts. Class: same. */
static bool forger[CONFIG_MAX_PARTITIONS];

/* Taken with none of a partition's held; the console's may follow. */
static struct lock smmu_locks[PLAN_MAX_SMMUS];

/* ---- boot ---- */

void stream_init(struct plan *p)
{
    for (uint32_t i = 0; i < p->board.smmu_count; i++) {
        struct plan_smmu *smmu = &p->board.smmus[i];
        const char *why = "its registers cannot be mapped";

        if (el2_map(smmu->mmio, LPAE_DEVICE) != OK || smmu->ops->probe(p, i, &why) != OK) {
            smmu->unusable = true;
            plan_warning(p, PLAN_SHARED, smmu->path,
                         "this SMMU cannot be used, and nobody gets a device behind it: %s", why);
        }
    }
}

/* RAM, and the MSI frame: DMA reaches no other registers. */
static const struct lpae *make_table(const struct plan *p, uint32_t partition, uint32_t stage)
{
    const struct plan_partition *part = &p->partitions[partition];
    const struct msi_frame frame = msi_frame(p, partition);
    struct lpae *table = &tables[partition][stage - 1];
    enum status status;

    if (table->root.v != 0) {
        return table;
    }
    status =
        lpae_init(table, stage == 1 ? LPAE_DMA_STAGE1 : LPAE_STAGE2, plan_dma_bits(p, partition));
    for (uint32_t i = 0; status == OK && i < part->extent_count; i++) {
        const struct plan_extent *e = &part->extent[i];

        status = lpae_map(table, e->ipa, pa(e->pa), e->size, stage == 1 ? LPAE_DATA : LPAE_RAM);
    }
    if (status == OK && frame.count != 0) {
        status = lpae_map(table, frame.mmio.base, pa(frame.mmio.base),
                          align_up(frame.mmio.size, PAGE_SIZE), LPAE_DEVICE);
    }
    check(status == OK); /* plan_check_given() has counted its pages */
    lpae_clean(table);
    return table;
}

void stream_build(const struct plan *p)
{
    bool started[PLAN_MAX_SMMUS] = {false};

    plan_of_streams = p;
    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct plan_stream *stream = &p->streams[i];
        const struct plan_smmu *smmu = &p->board.smmus[stream->smmu];
        uint32_t partition = (uint32_t)plan_stream_owner(p, stream);
        enum status status = OK;

        if (p->partitions[partition].refused) {
            continue;
        }
        if (!started[stream->smmu]) {
            started[stream->smmu] = true;
            status = smmu->ops->start(p, stream->smmu);
        }
        if (status == OK) {
            status = smmu->ops->attach(p, stream, make_table(p, partition, smmu->stage),
                                       (uint8_t)(partition + 1));
        }
        check(status != E_NO_SPACE); /* else it is told, and stream_open() fails */
    }
}

/* All streams of the partition: through, or blocked. */
static bool pass_all(const struct plan *p, uint32_t partition, bool on)
{
    bool good = true;

    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct plan_stream *stream = &p->streams[i];

        if (plan_stream_owner(p, stream) == (int)partition) {
            lock_take(&smmu_locks[stream->smmu], LOCK_SMMU);
            good = p->board.smmus[stream->smmu].ops->pass(p, stream, on) == OK && good;
            lock_release(&smmu_locks[stream->smmu]);
        }
    }
    return good;
}

bool stream_open(const struct plan *p, uint32_t partition)
{
    bool good = pass_all(p, partition, true);

    if (!good) {
        (void)pass_all(p, partition, false); /* what other SMMUs let through */
        console_printf("bulkhead: error: %s: an SMMU does not let its devices through: not "
                       "started\n",
                       p->partitions[partition].name);
    }
    return good;
}

void stream_close(const struct plan *p, uint32_t partition)
{
    uint64_t total = 0;

    (void)pass_all(p, partition, false); /* where it fails everything is blocked, and told */
    for (uint32_t i = 0; i < p->stream_count; i++) {
        total += plan_stream_owner(p, &p->streams[i]) == (int)partition ? seen[i].total : 0;
    }
    if (total != 0) {
        console_printf("bulkhead: %s: its devices had %" PRIu64 " DMA faults\n",
                       p->partitions[partition].name, total);
    }
}

/* ---- faults ---- */

static const char *const reasons[] = {
    [SMMU_UNMAPPED] = "not its memory",
    [SMMU_NO_STREAM] = "nobody's device",
    [SMMU_FORBIDDEN] = "a kind of access that nobody may",
    [SMMU_LOST] = "faults were lost",
    [SMMU_BROKEN] = "the SMMU stumbled",
};

/* The run that the StreamID belongs to; -1: nobody's. */
static int find_stream(const struct plan *p, uint32_t smmu, uint32_t id)
{
    const struct plan_stream one = {.smmu = smmu, .id = id, .count = 1};

    for (uint32_t i = 0; i < p->stream_count; i++) {
        if (streams_overlap(&p->streams[i], &one) &&
            !p->partitions[plan_stream_owner(p, &p->streams[i])].refused) {
            return (int)i;
        }
    }
    return -1;
}

/* "stream 0x8 (function 00:01.0) writes 0x40000000: not its memory (event 0x10)" */
static void print_fault(const struct plan_stream *stream, const struct smmu_fault *fault)
{
    console_printf("DMA fault: stream 0x%x", fault->stream);
    if (stream != NULL && stream->pci) {
        uint32_t rid = stream->rid + (stream->mask != 0 ? 0 : fault->stream - stream->id);

        console_printf(" (function %02x:%02x.%u)", rid >> 8, rid >> 3 & 31, rid & 7);
    }
    if (fault->addressed) {
        console_printf(" %s 0x%" PRIx64, fault->write ? "writes" : "reads", fault->address);
    }
    console_printf(": %s (code 0x%x)", reasons[fault->reason], fault->code);
}

/* So many more: how many it is in this second. */
static int32_t count_more(const struct plan *p, struct rate *rate, int32_t more)
{
    const uint64_t second = arch_counter() / p->board.timer_hz;

    rate->count = second == rate->second ? rate->count + more : more;
    rate->second = second;
    return rate->count;
}

static int32_t count_one(const struct plan *p, struct rate *rate)
{
    return count_more(p, rate, 1);
}

/* The first run that the same partition has. */
static uint32_t first_run(const struct plan *p, uint32_t run)
{
    uint32_t i = 0;

    while (plan_stream_owner(p, &p->streams[i]) != plan_stream_owner(p, &p->streams[run])) {
        i++;
    }
    return i;
}

/* Nothing that the device does passes any more, whichever of its streams it uses, and SMMUs. */
static void block_device(const struct plan *p, int device)
{
    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct plan_stream *stream = &p->streams[i];

        if (stream->device == device) {
            seen[i].blocked = true;
            lock_take(&smmu_locks[stream->smmu], LOCK_SMMU);
            (void)p->board.smmus[stream->smmu].ops->pass(p, stream, false);
            lock_release(&smmu_locks[stream->smmu]);
        }
    }
}

/* Of a partition's device: a few a second are told; one that does not stop is stopped. */
static void tell_owned(const struct plan *p, uint32_t run, const struct smmu_fault *fault)
{
    const struct plan_stream *stream = &p->streams[run];
    const struct plan_device *device = &p->devices[stream->device];
    const struct plan_partition *part = &p->partitions[device->partition];
    const uint32_t first = first_run(p, run);
    const int32_t count = count_one(p, &seen[first].faults);
    const bool block = !seen[run].blocked && (part->block_faults || count >= BLOCK_FROM);

    seen[run].total++;
    if (!block && count_one(p, &seen[first].told) > TOLD_A_SECOND) {
        seen[first].untold++;
        return;
    }
    console_printf("bulkhead: %s: %s: ", part->name, device->path);
    print_fault(stream, fault);
    if (seen[first].untold != 0) {
        console_printf("; %" PRIu64 " more before it", seen[first].untold);
    }
    seen[first].untold = 0;
    if (block) {
        block_device(p, stream->device);
        console_printf("; all its DMA is blocked now");
    }
    console_printf("\n");
}

static bool has_interrupt(const struct plan_smmu *smmu, uint32_t intid)
{
    for (uint32_t i = 0; i < smmu->irq_count; i++) {
        if (smmu->irq[i].intid == intid) {
            return !smmu->unusable;
        }
    }
    return false;
}

/* The interrupt is off for the sake of one SMMU: others that have the same are told. */
static void silence(const struct plan *p, uint32_t smmu, uint32_t intid)
{
    irq_off(intid);
    for (uint32_t i = 0; i < p->board.smmu_count; i++) {
        if (i != smmu && has_interrupt(&p->board.smmus[i], intid)) {
            console_printf("bulkhead: %s: shares interrupt %u with %s: it is not heard by that "
                           "either\n",
                           p->board.smmus[i].path, intid, p->board.smmus[smmu].path);
        }
    }
}

/* Nobody's, or the SMMU's own: nobody can be blocked for it, so it is not heard any more. */
static void tell_odd(const struct plan *p, uint32_t smmu, const struct smmu_fault *fault)
{
    const struct plan_smmu *s = &p->board.smmus[smmu];
    const int32_t count = count_one(p, &odd[smmu].faults);
    bool muted = false;

    if (!fault->shared) {
        lock_take(&smmu_locks[smmu], LOCK_SMMU);
        muted = s->ops->mute(p, smmu, fault->stream);
        lock_release(&smmu_locks[smmu]);
    }
    if (count <= TOLD_A_SECOND && fault->shared) {
        console_printf("bulkhead: %s: %s (code 0x%x)\n", s->path, reasons[fault->reason],
                       fault->code);
    } else if (count <= TOLD_A_SECOND) {
        console_printf("bulkhead: %s: ", s->path);
        print_fault(NULL, fault);
        console_printf("%s\n", muted ? "; told once" : "");
    }
    if (count == BLOCK_FROM) {
        odd[smmu].silent = true;
        console_printf(
            "bulkhead: %s: %d faults in a second that are no partition's: it is heard no "
            "more; what it guards stays guarded\n",
            s->path, BLOCK_FROM);
        for (uint32_t i = 0; i < s->irq_count; i++) {
            silence(p, smmu, s->irq[i].intid);
        }
    }
}

static __attribute__((noinline)) void tell(const struct plan *p, uint32_t smmu,
                                           const struct smmu_fault *fault)
{
    const int run = fault->shared ? -1 : find_stream(p, smmu, fault->stream);

    if (run >= 0) {
        tell_owned(p, (uint32_t)run, fault);
    } else {
        tell_odd(p, smmu, fault);
    }
}

void stream_route(const struct plan *p, const struct cpu *cpu)
{
    for (uint32_t i = 0; i < p->board.smmu_count; i++) {
        const struct plan_smmu *smmu = &p->board.smmus[i];

        for (uint32_t n = 0; n < smmu->irq_count && !smmu->unusable; n++) {
            irq_route(smmu->irq[n].intid, smmu->irq[n].edge, cpu);
        }
    }
}

/*
 * An interrupt found so many faults. Each explains one, that may come when its fault is told
 * already. True where so many are left that something else must have raised them.
 */
static bool is_forged(const struct plan *p, uint32_t smmu, int32_t faults)
{
    struct rate *forged = &odd[smmu].forged;

    if (count_more(p, forged, faults == 0 ? 1 : -faults) < FORGED_FROM) {
        forged->count = forged->count < -FAULTS_AT_ONCE ? -FAULTS_AT_ONCE : forged->count;
        return false;
    }
    forged->count = 0;
    return true;
}

/* The granted GICv2m frame by which devices of its partition, by DMA, raise that interrupt. */
static const struct plan_device *frame_of(const struct plan *p, uint32_t intid)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        if (device->msi && intid - device->msi_first < device->msi_count &&
            !p->partitions[device->partition].refused) {
            return device;
        }
    }
    return NULL;
}

/* Stop whoever can do it; where that does not help, only that interrupt is left to be stopped. */
static __attribute__((noinline)) void stop_forged(const struct plan *p, uint32_t smmu,
                                                  uint32_t intid)
{
    const struct plan_device *frame = frame_of(p, intid);

    if (frame != NULL && !forger[frame->partition]) {
        forger[frame->partition] = true;
        (void)pass_all(p, (uint32_t)frame->partition, false);
        console_printf("bulkhead: %s: %s: raises interrupt %u of %s, %d times in a second without "
                       "a fault: all DMA of its partition is blocked now\n",
                       p->partitions[frame->partition].name, frame->path, intid,
                       p->board.smmus[smmu].path, FORGED_FROM);
        return;
    }
    console_printf("bulkhead: %s: interrupt %u came %d times in a second without a fault: it is "
                   "heard no more; what it guards stays guarded\n",
                   p->board.smmus[smmu].path, intid, FORGED_FROM);
    silence(p, smmu, intid);
}

/* The faults that one SMMU has to tell, a bounded number; how many. */
static int32_t take_faults(const struct plan *p, uint32_t smmu)
{
    const struct smmu_ops *ops = p->board.smmus[smmu].ops;
    int32_t n;

    for (n = 0; n < FAULTS_AT_ONCE && !odd[smmu].silent; n++) {
        struct smmu_fault fault;
        bool found;

        lock_take(&smmu_locks[smmu], LOCK_SMMU);
        found = ops->take_fault(p, smmu, &fault);
        lock_release(&smmu_locks[smmu]);
        if (!found) {
            break;
        }
        tell(p, smmu, &fault);
    }
    return n;
}

bool stream_irq(uint32_t intid)
{
    const struct plan *p = plan_of_streams;
    const uint32_t count = p != NULL ? p->board.smmu_count : 0;
    uint32_t first = count; /* of those that have this interrupt: several may share it */
    int32_t faults = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (has_interrupt(&p->board.smmus[i], intid)) {
            const int32_t n = take_faults(p, i);

            if (n == FAULTS_AT_ONCE) {
                irq_again(intid); /* an edge tells that the queue was empty: there is no other */
            }
            first = first < i ? first : i;
            faults += n;
        }
    }
    if (first < count && is_forged(p, first, faults)) {
        stop_forged(p, first, intid);
    }
    return first < count;
}
