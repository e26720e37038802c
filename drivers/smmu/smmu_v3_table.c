/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMMUv3: the stream table and context descriptors. An entry is invalid until its stream is
 * attached (its transactions abort, and are told), then aborts silently until it is let through.
 * IHI 0070 3.3, 3.21, 5.
 */
#include "core/base/arch.h"
#include "core/memory/pool.h"
#include "drivers/smmu/smmu_v3.h"

#define STE_BYTES   (STE_WORDS * sizeof(uint64_t))
#define SPAN_BYTES  (SPAN_STREAMS * STE_BYTES)
#define SPAN_PAGES  (SPAN_BYTES / PAGE_SIZE)
#define FULL_SPAN   (SPLIT + 1)    /* L1STD.Span of a table of 2^SPLIT entries */
#define PAGE_BITS   (SPLIT + 9)    /* StreamID bits that a level-1 table of one page resolves */
#define MAIR_DEVICE UINT64_C(0x04) /* as LPAE_MAIR_DEVICE promises */
#define MAIR_NORMAL UINT64_C(0xff)

static uint32_t last_of(const struct plan_stream *stream)
{
    return stream->id + (stream->count - 1);
}

/* ---- sizes ---- */

/*
 * StreamID bits that the SMMU's table resolves: what is used, and at level 1 what costs nothing. Of
 * one that is not known (bulkhead-check's) there are 0.
 */
static uint8_t table_bits(const struct plan *p, uint32_t smmu, bool two_level)
{
    uint8_t most = p->board.smmus[smmu].sid_bits;
    uint8_t bits = !two_level ? 0 : most != 0 && most < PAGE_BITS ? most : PAGE_BITS;

    for (uint32_t i = 0; i < p->stream_count; i++) {
        while (stream_is_used(p, &p->streams[i], smmu) &&
               (uint64_t)last_of(&p->streams[i]) >> bits != 0) {
            bits++;
        }
    }
    return bits;
}

static uint64_t top_pages(uint8_t bits, bool two_level)
{
    uint64_t bytes = two_level ? (sizeof(uint64_t) << bits) >> SPLIT : STE_BYTES << bits;

    return align_up(bytes, PAGE_SIZE) / PAGE_SIZE;
}

uint64_t smmu_v3_pages(const struct plan *p, uint32_t smmu)
{
    const struct smmu_v3_unit *u = &smmu_v3_units[smmu];
    bool two_level = u->base == 0 || u->two_level;
    uint64_t pages = 3 + 2 * top_pages(table_bits(p, smmu, two_level), two_level) - 1 +
                     (two_level ? 2 * SPAN_PAGES - 1 : 0);

    for (uint32_t i = 0; i < p->stream_count && two_level; i++) {
        const struct plan_stream *s = &p->streams[i];

        /* A table for what begins in a span, one for what ends in one, one for the whole ones. */
        if (stream_is_used(p, s, smmu)) {
            pages += (2 * SPAN_PAGES - 1) * (s->id >> SPLIT == last_of(s) >> SPLIT ? 1
                                             : s->count < SPAN_STREAMS             ? 2
                                                                                   : 3);
        }
    }
    return pages;
}

/* A level-2 table whose streams abort silently, for all spans that have none. */
static enum status make_silent(struct smmu_v3_unit *u)
{
    u->silent = pool_take(SPAN_PAGES);
    if (u->silent == NULL) {
        return E_NO_SPACE;
    }
    for (uint32_t i = 0; i < SPAN_STREAMS; i++) {
        u->silent[(uint64_t)i * STE_WORDS] = STE0_V | field_prep(STE0_CONFIG, STE_CONFIG_ABORT);
    }
    smmu_v3_publish(u, u->silent, SPAN_BYTES);
    return OK;
}

enum status smmu_v3_make_table(const struct plan *p, uint32_t smmu)
{
    struct smmu_v3_unit *u = &smmu_v3_units[smmu];
    uint64_t pages;

    u->bits = table_bits(p, smmu, u->two_level);
    pages = top_pages(u->bits, u->two_level);
    u->table = pool_take((uint32_t)pages);
    if (u->table == NULL) {
        return E_NO_SPACE;
    }
    smmu_v3_publish(u, u->table, pages * PAGE_SIZE);
    return u->two_level ? make_silent(u) : OK;
}

/* ---- entries ---- */

/* The stream's entry; NULL where the table has none. */
static uint64_t *entry_of(const struct smmu_v3_unit *u, uint32_t stream)
{
    uint64_t span;

    if ((uint64_t)stream >> u->bits != 0) {
        return NULL;
    }
    if (!u->two_level) {
        return u->table + (uint64_t)stream * STE_WORDS;
    }
    span = u->table[stream >> SPLIT] & L1STD_L2PTR;
    return span == 0 ? NULL
                     : (uint64_t *)(uintptr_t)span + (uint64_t)(stream % SPAN_STREAMS) * STE_WORDS;
}

/* The first stream of the span behind that of `stream`, or `end`. */
static uint64_t next_span(uint64_t stream, uint64_t end)
{
    uint64_t next = align_up(stream + 1, SPAN_STREAMS);

    return next < end ? next : end;
}

static void set_span(const struct smmu_v3_unit *u, uint64_t span, const uint64_t *table)
{
    __atomic_store_n(&u->table[span], (uint64_t)(uintptr_t)table | FULL_SPAN, __ATOMIC_RELAXED);
    smmu_v3_publish(u, &u->table[span], sizeof(*u->table));
}

/*
 * Level-2 tables for all streams. Those that take a whole span are alike, whatever the span: they
 * share one table, or a host bridge's 256 buses would take 4 MiB.
 */
static enum status make_spans(struct smmu_v3_unit *u, const struct plan_stream *stream)
{
    uint64_t end = (uint64_t)stream->id + stream->count;
    uint64_t *whole = NULL;

    for (uint64_t id = stream->id; id < end; id = next_span(id, end)) {
        bool is_whole = id % SPAN_STREAMS == 0 && end - id >= SPAN_STREAMS;
        uint64_t *table = is_whole ? whole : NULL;

        if (u->table[id >> SPLIT] != 0) {
            continue;
        }
        if (table == NULL) {
            table = pool_take(SPAN_PAGES);
            if (table == NULL) {
                return E_NO_SPACE;
            }
            smmu_v3_publish(u, table, SPAN_BYTES);
        }
        whole = is_whole ? table : whole;
        set_span(u, id >> SPLIT, table);
    }
    return OK;
}

/* The stream behind `id` that has an entry of its own: spans that share a table are done once. */
static uint64_t next_entry(const struct smmu_v3_unit *u, uint64_t id, uint64_t end)
{
    id++;
    while (u->two_level && id < end && id % SPAN_STREAMS == 0 &&
           u->table[id >> SPLIT] == u->table[(id >> SPLIT) - 1]) {
        id = next_span(id, end);
    }
    return id;
}

/* Stage 2, as a CPU's VTTBR and VTCR would have it: IHI 0070 5.2. */
static void make_stage2(const struct smmu_v3_unit *u, const struct lpae *table,
                        uint64_t ste[static STE_WORDS])
{
    uint64_t cache = u->coherent ? CACHE_WB : 0;

    ste[2] = field_prep(STE2_S2T0SZ, 64u - table->ia_bits) |
             field_prep(STE2_S2SL0, lpae_sl0(table)) | field_prep(STE2_S2IR0, cache) |
             field_prep(STE2_S2OR0, cache) |
             field_prep(STE2_S2SH0, u->coherent ? SHARE_INNER : SHARE_OUTER) |
             field_prep(STE2_S2PS, u->oas) | STE2_S2AA64 | STE2_S2PTW | STE2_S2R;
    ste[3] = table->root.v & STE3_S2TTB;
}

/*
 * Stage 1, whose context descriptor only the hypervisor writes: IHI 0070 5.4. What keeps partitions
 * apart in TLBs is the ASID, and that no entry is global: without a stage 2 S2VMID is ignored.
 */
static void make_stage1(const struct smmu_v3_unit *u, const struct lpae *table, uint8_t vmid,
                        uint64_t ste[static STE_WORDS])
{
    uint64_t cache = u->coherent ? CACHE_WB : 0;
    uint64_t share = u->coherent ? SHARE_INNER : SHARE_OUTER;
    uint64_t *cd = u->cd + vmid * CD_WORDS;

    cd[1] = table->root.v & CD1_TTB0;
    cd[3] = (MAIR_DEVICE << (8 * LPAE_MAIR_DEVICE)) | (MAIR_NORMAL << (8 * LPAE_MAIR_NORMAL));
    cd[0] = field_prep(CD0_T0SZ, 64u - table->ia_bits) | field_prep(CD0_IR0, cache) |
            field_prep(CD0_OR0, cache) | field_prep(CD0_SH0, share) | CD0_EPD1 | CD0_V |
            field_prep(CD0_IPS, u->oas) | CD0_AA64 | CD0_R | CD0_A | CD0_ASET |
            field_prep(CD0_ASID, vmid);
    smmu_v3_publish(u, cd, CD_WORDS * sizeof(*cd));
    ste[0] = (uint64_t)(uintptr_t)cd & STE0_S1CONTEXTPTR;
    ste[1] = field_prep(STE1_S1CIR, cache) | field_prep(STE1_S1COR, cache) |
             field_prep(STE1_S1CSH, share);
}

/* Valid last: the SMMU may read it meanwhile. */
static void write_entry(const struct smmu_v3_unit *u, uint64_t *entry,
                        const uint64_t ste[static STE_WORDS])
{
    for (uint32_t i = 1; i < STE_WORDS; i++) {
        entry[i] = ste[i];
    }
    smmu_v3_publish(u, entry, STE_BYTES);
    __atomic_store_n(&entry[0], ste[0] | STE0_V | field_prep(STE0_CONFIG, STE_CONFIG_ABORT),
                     __ATOMIC_RELAXED);
    smmu_v3_publish(u, entry, STE_BYTES);
}

/* ---- streams ---- */

static enum status forget(struct smmu_v3_unit *u, const struct plan_stream *stream)
{
    return stream->count == 1 ? smmu_v3_forget_stream(u, stream->id) : smmu_v3_forget_all(u);
}

enum status smmu_v3_attach(const struct plan *p, const struct plan_stream *stream,
                           const struct lpae *table, uint8_t vmid)
{
    struct smmu_v3_unit *u = &smmu_v3_units[stream->smmu];
    uint64_t end = (uint64_t)stream->id + stream->count;
    uint64_t ste[STE_WORDS] = {0};
    enum status status = u->two_level ? make_spans(u, stream) : OK;

    (void)p;
    if (status != OK) {
        return status;
    }
    if (u->stage1) {
        make_stage1(u, table, vmid, ste);
    } else {
        make_stage2(u, table, ste);
    }
    ste[1] |= field_prep(STE1_SHCFG, STE_SHCFG_IN);
    ste[2] |= field_prep(STE2_S2VMID, vmid);
    for (uint64_t id = stream->id; id < end; id = next_entry(u, id, end)) {
        write_entry(u, entry_of(u, (uint32_t)id), ste);
    }
    return OK; /* an entry that is cached as invalid aborts too */
}

enum status smmu_v3_pass(const struct plan *p, const struct plan_stream *stream, bool on)
{
    struct smmu_v3_unit *u = &smmu_v3_units[stream->smmu];
    uint64_t end = (uint64_t)stream->id + stream->count;
    uint64_t config = on ? u->stage1 ? STE_CONFIG_S1 : STE_CONFIG_S2 : STE_CONFIG_ABORT;

    (void)p;
    if (u->dead) {
        return E_TIMEOUT; /* it may have no entries */
    }
    for (uint64_t id = stream->id; id < end; id = next_entry(u, id, end)) {
        uint64_t *entry = entry_of(u, (uint32_t)id);

        __atomic_store_n(&entry[0], (entry[0] & ~STE0_CONFIG) | field_prep(STE0_CONFIG, config),
                         __ATOMIC_RELAXED);
        smmu_v3_publish(u, entry, sizeof(*entry));
    }
    return forget(u, stream);
}

bool smmu_v3_mute(const struct plan *p, uint32_t smmu, uint32_t stream)
{
    struct smmu_v3_unit *u = &smmu_v3_units[smmu];
    uint64_t *entry = entry_of(u, stream);

    const uint64_t silent[STE_WORDS] = {0};

    (void)p;
    if ((uint64_t)stream >> u->bits != 0 || (entry != NULL && (entry[0] & STE0_V) != 0)) {
        return false;
    }
    if (entry != NULL) {
        write_entry(u, entry, silent);
    } else {
        set_span(u, stream >> SPLIT, u->silent);
    }
    (void)smmu_v3_forget_stream(u, stream); /* where it fails everything is blocked, and told */
    return true;
}
