/* SPDX-License-Identifier: Apache-2.0 */
/* SMMUv2: translation contexts, and the groups that map streams to them. IHI 0062. */
#include "drivers/smmu/smmu_v2.h"

/* Global registers, second page. */
#define CBAR(n)  (0x000 + (n)*4) /* RW */
#define CBA2R(n) (0x800 + (n)*4) /* RW */
/* Registers of a context bank. */
#define CB_TCR2  0x10 /* RW, stage 1 */
#define CB_TTBR0 0x20 /* RW, 64 bits */
#define CB_TCR   0x30 /* RW */
#define CB_MAIR0 0x38 /* RW, stage 1 */

#define SMR_ID             MASK(15, 0)
#define SMR_MASK           MASK(31, 16)
#define SMR_VALID          BIT(31)
#define S2CR_CBNDX         MASK(7, 0)
#define S2CR_EXIDVALID     BIT(10)
#define S2CR_PRIVCFG       MASK(25, 24)
#define CBAR_VMID          MASK(7, 0)
#define CBAR_TYPE          MASK(17, 16)
#define CBAR_IRPTNDX       MASK(31, 24)
#define CBA2R_VA64         BIT(0)
#define SCTLR_M            BIT(0)
#define SCTLR_CFRE         BIT(5)
#define SCTLR_CFIE         BIT(6)
#define SCTLR_HUPCF        BIT(8)       /* a fault that waits to be read stops nothing */
#define TTBR0_ASID         MASK(63, 48) /* stage 1 */
#define TCR_T0SZ           MASK(5, 0)
#define TCR_T0SZ_AARCH32   MASK(4, 0) /* signed: 32 less it are the bits of an address */
#define TCR_SL0            MASK(7, 6) /* stage 2 */
#define TCR_IRGN0          MASK(9, 8)
#define TCR_ORGN0          MASK(11, 10)
#define TCR_SH0            MASK(13, 12)
#define TCR_PASIZE         MASK(18, 16) /* stage 2 */
#define TCR_EPD1           BIT(23)      /* stage 1 */
#define TCR_RES1           BIT(31)      /* AArch32, stage 2 */
#define TCR2_PASIZE        MASK(2, 0)   /* stage 1 */
#define TCR2_SEP           MASK(17, 15) /* stage 1 */
#define TYPE_TRANSLATE     0            /* S2CR.TYPE */
#define PRIVCFG_PRIVILEGED 3
#define TYPE_STAGE2        0 /* CBAR.TYPE */
#define TYPE_STAGE1        1 /* and no stage 2 */
#define CACHE_WB           1 /* write-back, allocating; 0: not cacheable */
#define SHARE_OUTER        2
#define SHARE_INNER        3
#define SEP_INPUT_SIZE     7      /* the sign bit of an address is the top one that the bus has */
#define MAIR0_VALUE        0xff04 /* as LPAE_MAIR_... promise */

/* ---- contexts ---- */

/* Its place among those that have streams here, behind SILENT. */
uint32_t smmu_v2_context_of(const struct plan *p, uint32_t smmu, uint32_t partition)
{
    uint32_t context = SILENT + 1;

    for (uint32_t i = 0; i < partition; i++) {
        context += !p->partitions[i].refused && plan_has_streams(p, i, smmu);
    }
    return context;
}

/* IHI 0062 2.1: a stage-2 context, or a stage-1 one with no stage 2 behind it. */
void smmu_v2_make_context(const struct smmu_v2_unit *u, uint32_t context, const struct lpae *table,
                          uint8_t vmid)
{
    uint64_t cache = u->coherent ? CACHE_WB : 0;
    uint64_t tcr = field_prep(TCR_IRGN0, cache) | field_prep(TCR_ORGN0, cache) |
                   field_prep(TCR_SH0, u->coherent ? SHARE_INNER : SHARE_OUTER);
    uint64_t irpt = u->irpts != 0 ? context % u->irpts : 0;

    smmu_v2_write(smmu_v2_global_1(u, CBA2R(context)), u->aarch32 ? 0 : CBA2R_VA64);
    smmu_v2_write(smmu_v2_global_1(u, CBAR(context)),
                  field_prep(CBAR_VMID, vmid) | field_prep(CBAR_IRPTNDX, irpt) |
                      field_prep(CBAR_TYPE, u->stage1 ? TYPE_STAGE1 : TYPE_STAGE2));
    tcr |= u->aarch32 ? field_prep(TCR_T0SZ_AARCH32, 32u - table->ia_bits) | TCR_RES1
                      : field_prep(TCR_T0SZ, 64u - table->ia_bits);
    if (u->stage1) {
        smmu_v2_write(smmu_v2_bank(u, context, CB_TCR2),
                      field_prep(TCR2_PASIZE, u->oas) | field_prep(TCR2_SEP, SEP_INPUT_SIZE));
        smmu_v2_write(smmu_v2_bank(u, context, CB_TCR), tcr | TCR_EPD1);
        smmu_v2_write(smmu_v2_bank(u, context, CB_MAIR0), MAIR0_VALUE);
    } else {
        smmu_v2_write(smmu_v2_bank(u, context, CB_TCR),
                      tcr | field_prep(TCR_SL0, lpae_sl0(table)) |
                          field_prep(TCR_PASIZE, u->aarch32 ? 0 : u->oas));
    }
    smmu_v2_write_pair(smmu_v2_bank(u, context, CB_TTBR0),
                       table->root.v | (u->stage1 ? field_prep(TTBR0_ASID, vmid) : 0));
    smmu_v2_write(smmu_v2_bank(u, context, CB_FSR), FSR_FAULTS);
    smmu_v2_write(smmu_v2_bank(u, context, CB_SCTLR),
                  SCTLR_M | SCTLR_CFRE | SCTLR_HUPCF | (context == SILENT ? 0 : SCTLR_CFIE));
}

/* ---- streams ---- */

/* All groups of a stream go to one context. */
struct target {
    const struct smmu_v2_unit *u;
    uint32_t context;
    bool match; /* and the groups learn what they match */
};

static void aim(const struct target *t, uint32_t group, uint32_t id, uint32_t mask)
{
    const struct smmu_v2_unit *u = t->u;

    smmu_v2_write(smmu_v2_global(u, S2CR(group)),
                  field_prep(S2CR_TYPE, TYPE_TRANSLATE) | field_prep(S2CR_CBNDX, t->context) |
                      (u->extended ? S2CR_EXIDVALID : 0) |
                      (u->stage1 ? field_prep(S2CR_PRIVCFG, PRIVCFG_PRIVILEGED) : 0));
    if (t->match) {
        smmu_v2_write(smmu_v2_global(u, SMR(group)), field_prep(SMR_ID, id) |
                                                         field_prep(SMR_MASK, mask) |
                                                         (u->extended ? 0 : SMR_VALID));
    }
}

/* StreamIDs index the groups: those of the stream's. */
static void aim_indexed(const struct target *t, const struct plan_stream *stream)
{
    for (uint32_t n = 0; n < t->u->groups; n++) {
        if (stream->count > 1 ? n - stream->id < stream->count
                              : ((n ^ stream->id) & ~stream->mask) == 0) {
            aim(t, n, 0, 0);
        }
    }
}

/* The first group of the stream: those before are of the plan's streams before. */
static uint32_t group_of(const struct plan *p, const struct plan_stream *stream)
{
    uint32_t group = 0;

    for (const struct plan_stream *s = p->streams; s < stream; s++) {
        if (stream_is_used(p, s, stream->smmu) && stream_alike(p, s) == NULL) {
            group += stream_groups(s);
        }
    }
    return group;
}

/* A run of streams is matched in pieces, each a power of two of them. */
static void aim_matching(const struct target *t, const struct plan *p,
                         const struct plan_stream *stream)
{
    const struct plan_stream *alike = stream_alike(p, stream);
    uint32_t group = group_of(p, alike != NULL ? alike : stream);
    uint32_t piece;

    for (uint32_t done = 0; done < stream->count; done += piece) {
        piece = stream_piece(stream, done);
        aim(t, group++, stream->id + done, stream->mask | (piece - 1));
    }
}

static enum status aim_stream(const struct plan *p, const struct plan_stream *stream,
                              uint32_t context, bool match)
{
    struct smmu_v2_unit *u = &smmu_v2_units[stream->smmu];
    struct target t = {u, context, match && u->matches};

    if (u->dead) {
        return E_TIMEOUT;
    }
    if (u->matches) {
        aim_matching(&t, p, stream);
    } else {
        aim_indexed(&t, stream);
    }
    smmu_v2_write(smmu_v2_global(u, TLBIVMID), (uint32_t)plan_stream_owner(p, stream) + 1);
    return smmu_v2_sync(u);
}

enum status smmu_v2_attach(const struct plan *p, const struct plan_stream *stream,
                           const struct lpae *table, uint8_t vmid)
{
    uint32_t owner = (uint32_t)plan_stream_owner(p, stream);

    smmu_v2_make_context(&smmu_v2_units[stream->smmu], smmu_v2_context_of(p, stream->smmu, owner),
                         table, vmid);
    return aim_stream(p, stream, SILENT, true);
}

enum status smmu_v2_pass(const struct plan *p, const struct plan_stream *stream, bool on)
{
    uint32_t owner = (uint32_t)plan_stream_owner(p, stream);

    return aim_stream(p, stream, on ? smmu_v2_context_of(p, stream->smmu, owner) : SILENT, false);
}
