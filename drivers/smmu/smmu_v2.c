/* SPDX-License-Identifier: Apache-2.0 */
/* SMMUv2, and SMMUv1: taking one over, and its faults. IHI 0062. */
#include "drivers/smmu/smmu_v2.h"

#include "core/base/console.h"
#include "core/base/wait.h"
#include "core/plan/dt.h"
#include "core/plan/plan.h"

/* Global registers: the first page, */
#define SCR0        0x000 /* RW */
#define SACR        0x010 /* RW, implementation defined */
#define IDR0        0x020 /* RO */
#define IDR1        0x024 /* RO */
#define IDR2        0x028 /* RO */
#define IDR7        0x03c /* RO */
#define SGFAR       0x040 /* RW, 64 bits */
#define SGFSR       0x048 /* RW, a 1 clears */
#define SGFSYNR0    0x050 /* RW */
#define SGFSYNR1    0x054 /* RW */
#define TLBIALLNSNH 0x068 /* WO */
#define TLBIALLH    0x06c /* WO */
#define STLBGSYNC   0x070 /* WO */
#define STLBGSTATUS 0x074 /* RO */
/* and the second. */
#define CBFRSYNRA(n) (0x400 + (n)*4) /* RW */
/* Registers of a context bank. */
#define CB_ACTLR  0x04 /* RW, implementation defined */
#define CB_FAR    0x60 /* RW, 64 bits */
#define CB_FSYNR0 0x68 /* RW */

#define SCR0_GFRE        BIT(1)
#define SCR0_GFIE        BIT(2)
#define SCR0_EXIDENABLE  BIT(3)
#define SCR0_GCFGFRE     BIT(4)
#define SCR0_GCFGFIE     BIT(5)
#define SCR0_USFCFG      BIT(10) /* what matches nothing faults */
#define SCR0_PTM         BIT(12) /* the CPUs' broadcast TLB maintenance is not for it */
#define SCR0_SMCFCFG     BIT(21) /* what matches twice faults */
#define IDR0_NUMSMRG     MASK(7, 0)
#define IDR0_EXIDS       BIT(8)
#define IDR0_NUMSIDB     MASK(12, 9)
#define IDR0_CTTW        BIT(14)
#define IDR0_NUMIRPT     MASK(23, 16)
#define IDR0_PTFS_NO_A32 BIT(25)
#define IDR0_SMS         BIT(27)
#define IDR0_S2TS        BIT(29)
#define IDR0_S1TS        BIT(30)
#define IDR1_NUMCB       MASK(7, 0)
#define IDR1_NUMPAGENDXB MASK(30, 28)
#define IDR1_PAGESIZE    BIT(31)
#define IDR2_OAS         MASK(7, 4)
#define IDR2_PTFSV8_4KB  BIT(12)
#define IDR7_MAJOR       MASK(7, 4)
#define SGFSR_USF        BIT(1)
#define SGFSR_UUT        BIT(8)  /* a transaction of a kind that is not supported */
#define SGFSR_MULTI      BIT(31) /* more than the one recorded */
#define SGFSYNR0_WNR     BIT(1)
#define SGFSYNR1_STREAM  MASK(15, 0)
#define STLBGSTATUS_BUSY BIT(0)
#define ACTLR_CPRE       BIT(1)  /* MMU-500: prefetch */
#define SACR_CACHE_LOCK  BIT(26) /* MMU-500: CB_ACTLR is read-only */
#define FSR_TF           BIT(1)
#define FSR_AFF          BIT(2)
#define FSR_PF           BIT(3)
#define FSYNR0_WNR       BIT(4)
#define TYPE_FAULT       2
#define OAS_40           2
#define OAS_48           5
#define GROUPS           256u /* S2CRs that there is room for */
#define SILENT_IA_BITS   39   /* then its empty table is one page */
#define SILENT_VMID      0    /* nobody's */

struct smmu_v2_unit smmu_v2_units[PLAN_MAX_SMMUS];

static void fault_groups(const struct smmu_v2_unit *u)
{
    for (uint32_t n = 0; n < u->groups; n++) {
        smmu_v2_write(smmu_v2_global(u, S2CR(n)), field_prep(S2CR_TYPE, TYPE_FAULT));
    }
}

enum status smmu_v2_sync(struct smmu_v2_unit *u)
{
    if (u->dead) {
        return E_TIMEOUT;
    }
    arch_dsb();
    smmu_v2_write(smmu_v2_global(u, STLBGSYNC), 0);
    if (wait_register(smmu_v2_global(u, STLBGSTATUS), STLBGSTATUS_BUSY, 0, plan.board.timer_hz) !=
        OK) {
        u->dead = true;
        fault_groups(u);
        console_printf("bulkhead: error: %s: the SMMU does not end a sTLBGSYNC: all DMA behind it "
                       "is blocked\n",
                       u->path);
        return E_TIMEOUT;
    }
    return OK;
}

/* ---- probe ---- */

/* What it lacks; NULL where it has all that is needed. */
static const char *lacks(const struct smmu_v2_unit *u, uint32_t idr0)
{
    if ((idr0 & (IDR0_S1TS | IDR0_S2TS)) == 0) {
        return "it translates nothing (IDR0)";
    }
    if (u->aarch32 && (u->stage1 || (idr0 & IDR0_PTFS_NO_A32) != 0)) {
        return "it walks no AArch64 tables of 4 KiB pages (IDR2.PTFSv8_4kB)";
    }
    if (u->matches && field_get(IDR0_NUMSMRG, idr0) == 0) {
        return "it has no stream mapping register group (IDR0.NUMSMRG)";
    }
    if (u->contexts < 2) {
        return "it has less than two translation contexts (IDR1.NUMCB)";
    }
    return NULL;
}

static void read_features(struct smmu_v2_unit *u, struct plan_smmu *smmu)
{
    uint32_t idr0 = arch_read32(smmu_v2_global(u, IDR0));
    uint32_t idr1 = arch_read32(smmu_v2_global(u, IDR1));
    uint32_t idr2 = arch_read32(smmu_v2_global(u, IDR2));
    uint64_t oas = field_get(IDR2_OAS, idr2);
    uint64_t sid_bits = field_get(IDR0_NUMSIDB, idr0);

    u->page_size = (idr1 & IDR1_PAGESIZE) != 0 ? 0x10000 : 0x1000;
    u->contexts_at = u->base + ((uint64_t)u->page_size << (1 + field_get(IDR1_NUMPAGENDXB, idr1)));
    u->contexts = (uint32_t)field_get(IDR1_NUMCB, idr1);
    u->stage1 = (idr0 & IDR0_S2TS) == 0;
    u->matches = (idr0 & IDR0_SMS) != 0;
    u->extended = u->matches && (idr0 & IDR0_EXIDS) != 0;
    u->groups = u->matches ? (uint32_t)field_get(IDR0_NUMSMRG, idr0) : UINT32_C(1) << sid_bits;
    u->groups = u->groups < GROUPS ? u->groups : GROUPS;
    u->irpts = (uint32_t)field_get(IDR0_NUMIRPT, idr0);
    u->irpts = u->irpts < smmu->context_irqs ? u->irpts : smmu->context_irqs;
    u->coherent = smmu->coherent && (idr0 & IDR0_CTTW) != 0;
    u->aarch32 = (idr2 & IDR2_PTFSV8_4KB) == 0;
    u->oas = u->aarch32 ? OAS_40 : OAS_48;
    u->oas = (uint8_t)(oas < u->oas ? oas : u->oas);
    smmu->stage = u->stage1 ? 1 : 2;
    smmu->oas_bits = lpae_pa_bits(u->oas);
    smmu->sid_bits = (uint8_t)(u->extended ? 16 : sid_bits);
    while (!u->matches && UINT32_C(1) << smmu->sid_bits > u->groups) {
        smmu->sid_bits--;
    }
    smmu->groups = u->matches ? u->groups : 0;
    smmu->contexts = u->contexts - 1;
}

/*
 * MMU-500: its prefetching may use what was invalidated (errata 826419, 841119, 842869). From r2p0
 * on a context's ACTLR is locked until SACR says otherwise.
 */
static void stop_prefetch(const struct smmu_v2_unit *u)
{
    if (field_get(IDR7_MAJOR, arch_read32(smmu_v2_global(u, IDR7))) >= 2) {
        smmu_v2_write(smmu_v2_global(u, SACR),
                      arch_read32(smmu_v2_global(u, SACR)) & ~SACR_CACHE_LOCK);
    }
    for (uint32_t c = 0; c < u->contexts; c++) {
        uint64_t actlr = smmu_v2_bank(u, c, CB_ACTLR);

        smmu_v2_write(actlr, arch_read32(actlr) & ~ACTLR_CPRE);
        if ((arch_read32(actlr) & ACTLR_CPRE) != 0) {
            console_printf("bulkhead: warning: %s: its prefetching cannot be stopped (MMU-500 "
                           "errata 826419, 841119)\n",
                           u->path);
            return;
        }
    }
}

/* Whatever comes in aborts, whatever the firmware had it do. */
static enum status deny_all(struct smmu_v2_unit *u)
{
    u->scr0 = SCR0_GFRE | SCR0_GCFGFRE | SCR0_USFCFG | SCR0_SMCFCFG | SCR0_PTM;
    smmu_v2_write(smmu_v2_global(u, SCR0),
                  u->scr0); /* matched as the firmware would, but no bypass */
    fault_groups(u);
    for (uint32_t n = 0; u->matches && n < u->groups; n++) {
        smmu_v2_write(smmu_v2_global(u, SMR(n)), 0);
    }
    u->scr0 |= u->extended ? SCR0_EXIDENABLE : 0;
    smmu_v2_write(smmu_v2_global(u, SCR0), u->scr0);
    for (uint32_t c = 0; c < u->contexts; c++) {
        smmu_v2_write(smmu_v2_bank(u, c, CB_SCTLR), 0);
        smmu_v2_write(smmu_v2_bank(u, c, CB_FSR), FSR_FAULTS);
    }
    smmu_v2_write(smmu_v2_global(u, SGFSR), UINT32_MAX);
    smmu_v2_write(smmu_v2_global(u, TLBIALLH), 0);
    smmu_v2_write(smmu_v2_global(u, TLBIALLNSNH), 0);
    return smmu_v2_sync(u);
}

/* The tree has fewer interrupts than contexts that may be used: one more than partitions. */
static void tell_silent_contexts(struct plan *p, const struct smmu_v2_unit *u,
                                 const struct plan_smmu *smmu)
{
    if (smmu->context_irqs < u->contexts && smmu->context_irqs <= CONFIG_MAX_PARTITIONS) {
        plan_warning(
            p, PLAN_SHARED, smmu->path,
            "interrupts: those of its contexts from %u on are missing: DMA faults there are "
            "told late, when others come",
            smmu->context_irqs);
    }
}

static enum status probe(struct plan *p, uint32_t index, const char **why)
{
    static const char *const mmu_500[] = {"arm,mmu-500", NULL};
    static const char *const v1[] = {"arm,smmu-v1", "arm,mmu-400", "arm,mmu-401", NULL};
    struct smmu_v2_unit *u = &smmu_v2_units[index];
    struct plan_smmu *smmu = &p->board.smmus[index];
    enum status status;

    *u = (struct smmu_v2_unit){.path = smmu->path, .base = smmu->mmio.base};
    if (smmu->mmio.size < PAGE_SIZE) {
        *why = "its registers are less than a page (reg)";
        return E_UNSUPPORTED;
    }
    read_features(u, smmu);
    *why = lacks(u, arch_read32(smmu_v2_global(u, IDR0)));
    if (u->contexts_at + (uint64_t)u->contexts * u->page_size > range_end(smmu->mmio)) {
        *why = "its registers are less than what IDR1 tells (reg)";
        u->contexts = 0; /* that deny_all() can reach: the first page is enough */
    }
    status = deny_all(u);
    if (*why != NULL || status != OK) {
        *why = *why != NULL ? *why : "it does not answer";
        return status != OK ? status : E_UNSUPPORTED;
    }
    u->mmu_500 = dt_compatible(p->board.fdt, smmu->node, mmu_500);
    if (!dt_compatible(p->board.fdt, smmu->node, v1)) {
        tell_silent_contexts(p, u, smmu);
        u->irpts = 0; /* context n has interrupt n */
    }
    return OK;
}

/* ---- start ---- */

static uint64_t pages(const struct plan *p, uint32_t index)
{
    (void)p;
    (void)index;
    return 1; /* SILENT's */
}

static enum status start(const struct plan *p, uint32_t index)
{
    struct smmu_v2_unit *u = &smmu_v2_units[index];
    struct lpae empty;
    enum status status =
        lpae_init(&empty, u->stage1 ? LPAE_DMA_STAGE1 : LPAE_STAGE2, SILENT_IA_BITS);

    (void)p;
    if (status != OK) {
        return status;
    }
    lpae_clean(&empty);
    if (u->mmu_500) {
        stop_prefetch(u);
    }
    smmu_v2_make_context(u, SILENT, &empty, SILENT_VMID);
    u->started = true;
    u->scr0 |= SCR0_GFIE | SCR0_GCFGFIE;
    smmu_v2_write(smmu_v2_global(u, SCR0), u->scr0);
    return smmu_v2_sync(u);
}

/* ---- faults ---- */

/* It cannot be told apart: of this SMMU's, nobody's are told no more. */
static bool mute(const struct plan *p, uint32_t index, uint32_t stream)
{
    struct smmu_v2_unit *u = &smmu_v2_units[index];

    (void)p;
    (void)stream;
    u->muted = true;
    u->scr0 &= ~SCR0_GCFGFIE;
    smmu_v2_write(smmu_v2_global(u, SCR0), u->scr0);
    return true;
}

static bool take_global(const struct smmu_v2_unit *u, struct smmu_fault *fault)
{
    uint32_t gfsr = arch_read32(smmu_v2_global(u, SGFSR));

    if (gfsr == 0) {
        return false;
    }
    if (u->muted && (gfsr & ~SGFSR_USF & ~SGFSR_MULTI) == 0) {
        smmu_v2_write(smmu_v2_global(u, SGFSR), gfsr);
        return false; /* what was told once, and does not stop, hides no partition's */
    }
    *fault = (struct smmu_fault){.code = gfsr};
    if ((gfsr & (SGFSR_USF | SGFSR_UUT)) != 0) {
        fault->reason = (gfsr & SGFSR_USF) != 0 ? SMMU_NO_STREAM : SMMU_FORBIDDEN;
        fault->stream =
            (uint32_t)field_get(SGFSYNR1_STREAM, arch_read32(smmu_v2_global(u, SGFSYNR1)));
        fault->addressed = true;
        fault->write = (arch_read32(smmu_v2_global(u, SGFSYNR0)) & SGFSYNR0_WNR) != 0;
        fault->address = smmu_v2_read_pair(smmu_v2_global(u, SGFAR));
    } else {
        fault->reason = SMMU_BROKEN;
        fault->shared = true;
    }
    smmu_v2_write(smmu_v2_global(u, SGFSR), gfsr);
    return true;
}

static bool take_context(const struct smmu_v2_unit *u, uint32_t context, struct smmu_fault *fault)
{
    uint32_t fsr = arch_read32(smmu_v2_bank(u, context, CB_FSR));

    if ((fsr & FSR_FAULTS) == 0) {
        return false;
    }
    *fault = (struct smmu_fault){
        .reason = (fsr & (FSR_TF | FSR_AFF | FSR_PF)) != 0 ? SMMU_UNMAPPED : SMMU_BROKEN,
        .code = fsr,
        .stream = (uint32_t)field_get(SGFSYNR1_STREAM,
                                      arch_read32(smmu_v2_global_1(u, CBFRSYNRA(context)))),
        .addressed = true,
        .write = (arch_read32(smmu_v2_bank(u, context, CB_FSYNR0)) & FSYNR0_WNR) != 0,
        .address = smmu_v2_read_pair(smmu_v2_bank(u, context, CB_FAR)),
    };
    smmu_v2_write(smmu_v2_bank(u, context, CB_FSR), fsr);
    return true;
}

static bool take_fault(const struct plan *p, uint32_t index, struct smmu_fault *fault)
{
    const struct smmu_v2_unit *u = &smmu_v2_units[index];
    uint32_t end = smmu_v2_context_of(p, index, p->partition_count);
    bool taken = u->started && take_global(u, fault);

    for (uint32_t c = SILENT + 1; u->started && !taken && c < end; c++) {
        taken = take_context(u, c, fault);
    }
    return taken;
}

/* An SMMUv1 has these registers, too, but for what its ID registers do not tell of. */
static const char *const compatible[] = {"arm,smmu-v2", "arm,mmu-500", "arm,smmu-v1",
                                         "arm,mmu-401", "arm,mmu-400", NULL};

const struct smmu_ops smmu_v2 = {
    .compatible = compatible,
    .probe = probe,
    .pages = pages,
    .start = start,
    .attach = smmu_v2_attach,
    .pass = smmu_v2_pass,
    .mute = mute,
    .take_fault = take_fault,
};
