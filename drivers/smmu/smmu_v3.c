/* SPDX-License-Identifier: Apache-2.0 */
/* SMMUv3: its registers, command queue and event queue. IHI 0070. */
#include "drivers/smmu/smmu_v3.h"

#include "core/base/arch.h"
#include "core/base/console.h"
#include "core/base/wait.h"
#include "core/memory/pool.h"
#include "core/plan/plan.h"

#define IDR0            0x00000 /* RO */
#define IDR1            0x00004 /* RO */
#define IDR5            0x00014 /* RO */
#define CR0             0x00020 /* RW */
#define CR0ACK          0x00024 /* RO */
#define CR1             0x00028 /* RW */
#define CR2             0x0002c /* RW */
#define GBPA            0x00044 /* RW */
#define IRQ_CTRL        0x00050 /* RW */
#define IRQ_CTRLACK     0x00054 /* RO */
#define GERROR          0x00060 /* RO */
#define GERRORN         0x00064 /* RW */
#define GERROR_IRQ_CFG0 0x00068 /* RW, 64 bits */
#define STRTAB_BASE     0x00080 /* RW, 64 bits */
#define STRTAB_BASE_CFG 0x00088 /* RW */
#define CMDQ_BASE       0x00090 /* RW, 64 bits */
#define CMDQ_PROD       0x00098 /* RW */
#define CMDQ_CONS       0x0009c /* RW */
#define EVENTQ_BASE     0x000a0 /* RW, 64 bits */
#define EVENTQ_IRQ_CFG0 0x000b0 /* RW, 64 bits */
#define EVENTQ_PROD     0x100a8 /* RW */
#define EVENTQ_CONS     0x100ac /* RW */
#define REGISTERS_SIZE  0x20000

#define IDR0_S2P           BIT(0)
#define IDR0_S1P           BIT(1)
#define IDR0_TTF_AARCH64   BIT(3)
#define IDR0_COHACC        BIT(4)
#define IDR0_HYP           BIT(9)
#define IDR0_ATS           BIT(10)
#define IDR0_TTENDIAN      MASK(22, 21)
#define IDR0_STALL_MODEL   MASK(25, 24)
#define IDR0_ST_LEVEL      MASK(28, 27)
#define IDR1_SIDSIZE       MASK(5, 0)
#define IDR1_EVENTQS       MASK(20, 16)
#define IDR1_CMDQS         MASK(25, 21)
#define IDR1_QUEUES_PRESET BIT(29)
#define IDR1_TABLES_PRESET BIT(30)
#define IDR5_OAS           MASK(2, 0)
#define IDR5_GRAN4K        BIT(4)

#define TTENDIAN_BIG       3
#define STALL_MODEL_FORCED 2
#define ST_LEVEL_TWO       1
#define OAS_48             5

#define CR0_SMMUEN    BIT(0)
#define CR0_EVENTQEN  BIT(2)
#define CR0_CMDQEN    BIT(3)
#define CR0_ATSCHK    BIT(4)
#define CR1_QUEUE_IC  MASK(1, 0)
#define CR1_QUEUE_OC  MASK(3, 2)
#define CR1_QUEUE_SH  MASK(5, 4)
#define CR1_TABLE_IC  MASK(7, 6)
#define CR1_TABLE_OC  MASK(9, 8)
#define CR1_TABLE_SH  MASK(11, 10)
#define CR2_RECINVSID BIT(1) /* StreamIDs that the table has no entry for are told */
#define CR2_PTM       BIT(2) /* the CPUs' broadcast TLB maintenance is not for it */
#define GBPA_ABORT    BIT(20)
#define GBPA_UPDATE   BIT(31)
#define IRQ_GERROR    BIT(0)
#define IRQ_EVENTQ    BIT(2)
#define GERROR_CMDQ   BIT(0)
#define GERROR_ERRORS (MASK(8, 2) | GERROR_CMDQ)
#define CMDQ_CONS_ERR MASK(30, 24)
#define EVENTQ_OVFLG  BIT(31)
#define CFG_LOG2SIZE  MASK(5, 0)
#define CFG_SPLIT     MASK(10, 6)
#define CFG_FMT       MASK(17, 16)
#define FMT_TWO_LEVEL 1
#define BASE_ALLOCATE BIT(62) /* of a table: read-allocate; of the event queue: write-allocate */
#define COMMAND_WORDS 2
#define EVENT_WORDS   4
#define MAX_COMMANDS  8 /* log2: a page */
#define MAX_EVENTS    7 /* log2: a page */
#define MIN_COMMANDS  2 /* log2: what is put in before it is waited for */

/* Events: IHI 0070 7.3. */
#define EVENT0_TYPE     MASK(7, 0)
#define EVENT0_STREAMID MASK(63, 32)
#define EVENT1_RNW      BIT(35)

struct smmu_v3_unit smmu_v3_units[PLAN_MAX_SMMUS];

/* ---- registers ---- */

static uint32_t read(const struct smmu_v3_unit *u, uint32_t offset)
{
    return arch_read32(u->base + offset);
}

static void write(const struct smmu_v3_unit *u, uint32_t offset, uint64_t v)
{
    arch_write32(u->base + offset, (uint32_t)v);
}

/* Until the register's bits in `mask` are `v`; a second at most. */
static enum status wait_until(const struct smmu_v3_unit *u, uint32_t offset, uint64_t mask,
                              uint64_t v)
{
    return wait_register(u->base + offset, mask, v, plan.board.timer_hz);
}

static enum status set_cr0(const struct smmu_v3_unit *u, uint64_t v)
{
    write(u, CR0, v);
    return wait_until(u, CR0ACK, CR0_SMMUEN | CR0_EVENTQEN | CR0_CMDQEN | CR0_ATSCHK, v);
}

void smmu_v3_publish(const struct smmu_v3_unit *u, const void *what, uint64_t size)
{
    if (!u->coherent) {
        arch_cache_clean(what, size);
    }
    arch_dsb();
}

/* ---- commands ---- */

/* It does not do as told: without SMMUEN, GBPA.ABORT aborts everything. */
static enum status shut(struct smmu_v3_unit *u, enum status status)
{
    u->dead = true;
    console_printf("bulkhead: error: %s: the SMMU %s (CMDQ_CONS 0x%x, GERROR 0x%x): all DMA "
                   "behind it is blocked\n",
                   u->path, status == E_TIMEOUT ? "does not answer" : "refuses a command",
                   read(u, CMDQ_CONS), read(u, GERROR));
    return set_cr0(u, 0) == OK ? status : E_TIMEOUT;
}

static void put_command(struct smmu_v3_unit *u, uint64_t word0, uint64_t word1)
{
    uint32_t size = UINT32_C(1) << u->commands_log2;
    uint64_t *command = u->commands + (u->produced & (size - 1)) * COMMAND_WORDS;

    command[0] = word0;
    command[1] = word1;
    smmu_v3_publish(u, command, COMMAND_WORDS * sizeof(*command));
    u->produced = (u->produced + 1) & (2 * size - 1);
}

/* Let it run what was put, and wait until all of it is done. IHI 0070 4.7, 7.1. */
static enum status run_commands(struct smmu_v3_unit *u)
{
    uint64_t mask = (UINT64_C(2) << u->commands_log2) - 1;
    uint64_t start = arch_counter();

    if (u->dead) {
        return E_TIMEOUT;
    }
    put_command(u, CMD_SYNC, 0);
    write(u, CMDQ_PROD, u->produced);
    while ((read(u, CMDQ_CONS) & mask) != u->produced) {
        if (((read(u, GERROR) ^ read(u, GERRORN)) & GERROR_CMDQ) != 0) {
            return shut(u, E_INVALID);
        }
        if (arch_counter() - start > plan.board.timer_hz) {
            return shut(u, E_TIMEOUT);
        }
        arch_wait_hint();
    }
    return OK;
}

enum status smmu_v3_forget_stream(struct smmu_v3_unit *u, uint32_t stream)
{
    put_command(u, CMD_CFGI_STE | field_prep(CMD0_STREAMID, stream), 0);
    return run_commands(u);
}

enum status smmu_v3_forget_all(struct smmu_v3_unit *u)
{
    put_command(u, CMD_CFGI_ALL, CMD1_RANGE_ALL);
    return run_commands(u);
}

/* ---- probe ---- */

/* What it lacks; NULL where it has all that is needed. */
static const char *lacks(uint32_t idr0, uint32_t idr1, uint32_t idr5)
{
    if ((idr0 & (IDR0_S1P | IDR0_S2P)) == 0 || (idr0 & IDR0_TTF_AARCH64) == 0) {
        return "it walks no AArch64 tables (IDR0)";
    }
    if (field_get(IDR0_TTENDIAN, idr0) == TTENDIAN_BIG) {
        return "it walks big-endian tables only (IDR0.TTENDIAN)";
    }
    if (field_get(IDR0_STALL_MODEL, idr0) == STALL_MODEL_FORCED) {
        return "it stalls what faults instead of aborting it (IDR0.STALL_MODEL)";
    }
    if ((idr1 & (IDR1_QUEUES_PRESET | IDR1_TABLES_PRESET)) != 0) {
        return "its tables or queues lie where it wants them (IDR1)";
    }
    if (field_get(IDR1_CMDQS, idr1) < MIN_COMMANDS) {
        return "its command queue is too short (IDR1.CMDQS)";
    }
    if ((idr5 & IDR5_GRAN4K) == 0) {
        return "it has no 4 KiB pages (IDR5.GRAN4K)";
    }
    return NULL;
}

static void read_features(struct smmu_v3_unit *u, struct plan_smmu *smmu, uint32_t idr0)
{
    uint64_t oas = field_get(IDR5_OAS, read(u, IDR5));
    uint32_t idr1 = read(u, IDR1);

    u->oas = (uint8_t)(oas < OAS_48 ? oas : OAS_48);
    u->coherent = smmu->coherent && (idr0 & IDR0_COHACC) != 0;
    u->stage1 = (idr0 & IDR0_S2P) == 0;
    u->ats = (idr0 & IDR0_ATS) != 0;
    u->hyp = (idr0 & IDR0_HYP) != 0;
    u->commands_log2 = (uint8_t)field_get(IDR1_CMDQS, idr1);
    u->commands_log2 = u->commands_log2 < MAX_COMMANDS ? u->commands_log2 : MAX_COMMANDS;
    u->events_log2 = (uint8_t)field_get(IDR1_EVENTQS, idr1);
    u->events_log2 = u->events_log2 < MAX_EVENTS ? u->events_log2 : MAX_EVENTS;
    smmu->stage = u->stage1 ? 1 : 2;
    smmu->oas_bits = lpae_pa_bits(u->oas);
    smmu->sid_bits = (uint8_t)field_get(IDR1_SIDSIZE, idr1);
    u->two_level = field_get(IDR0_ST_LEVEL, idr0) == ST_LEVEL_TWO && smmu->sid_bits > SPLIT;
}

/* Abort what comes in while translation is off, then turn it off: IHI 0070 6.3.14. */
static enum status deny_all(const struct smmu_v3_unit *u)
{
    enum status status = wait_until(u, GBPA, GBPA_UPDATE, 0);

    if (status == OK) {
        write(u, GBPA, read(u, GBPA) | GBPA_ABORT | GBPA_UPDATE);
        status = wait_until(u, GBPA, GBPA_UPDATE, 0);
    }
    if (status == OK) {
        status = set_cr0(u, 0);
    }
    if (status == OK) {
        write(u, IRQ_CTRL, 0);
        status = wait_until(u, IRQ_CTRLACK, IRQ_GERROR | IRQ_EVENTQ, 0);
    }
    return status;
}

static enum status probe(struct plan *p, uint32_t index, const char **why)
{
    struct smmu_v3_unit *u = &smmu_v3_units[index];
    struct plan_smmu *smmu = &p->board.smmus[index];
    enum status status;

    *u = (struct smmu_v3_unit){.path = smmu->path, .base = smmu->mmio.base};
    status = smmu->mmio.size < PAGE_SIZE ? E_UNSUPPORTED : deny_all(u);
    if (smmu->mmio.size < REGISTERS_SIZE) {
        *why = "its registers are less than 128 KiB (reg)";
        return E_UNSUPPORTED;
    }
    if (status != OK) {
        *why = "it does not answer";
        return status;
    }
    *why = lacks(read(u, IDR0), read(u, IDR1), read(u, IDR5));
    if (*why != NULL) {
        return E_UNSUPPORTED;
    }
    read_features(u, smmu, read(u, IDR0));
    return OK;
}

/* ---- start ---- */

static void set_up_registers(const struct smmu_v3_unit *u)
{
    uint64_t cache = u->coherent ? CACHE_WB : 0;
    uint64_t share = u->coherent ? SHARE_INNER : SHARE_OUTER;
    uint64_t format = u->two_level ? field_prep(CFG_FMT, FMT_TWO_LEVEL) : 0;

    write(u, CR1,
          field_prep(CR1_QUEUE_IC, cache) | field_prep(CR1_QUEUE_OC, cache) |
              field_prep(CR1_QUEUE_SH, share) | field_prep(CR1_TABLE_IC, cache) |
              field_prep(CR1_TABLE_OC, cache) | field_prep(CR1_TABLE_SH, share));
    write(u, CR2, CR2_RECINVSID | CR2_PTM);
    arch_write64(u->base + STRTAB_BASE, (uint64_t)(uintptr_t)u->table | BASE_ALLOCATE);
    write(u, STRTAB_BASE_CFG,
          field_prep(CFG_LOG2SIZE, u->bits) | format |
              (u->two_level ? field_prep(CFG_SPLIT, SPLIT) : 0));
    arch_write64(u->base + CMDQ_BASE,
                 (uint64_t)(uintptr_t)u->commands | BASE_ALLOCATE | u->commands_log2);
    write(u, CMDQ_PROD, 0);
    write(u, CMDQ_CONS, 0);
    arch_write64(u->base + EVENTQ_BASE,
                 (uint64_t)(uintptr_t)u->events | BASE_ALLOCATE | u->events_log2);
    write(u, EVENTQ_PROD, 0);
    write(u, EVENTQ_CONS, 0);
    write(u, GERRORN, read(u, GERROR));         /* what firmware left */
    arch_write64(u->base + GERROR_IRQ_CFG0, 0); /* wires, no messages */
    arch_write64(u->base + EVENTQ_IRQ_CFG0, 0);
}

/* Forget what it may have cached under the firmware, then translate: IHI 0070 6.3.9. */
static enum status turn_on(struct smmu_v3_unit *u)
{
    uint64_t on = CR0_SMMUEN | CR0_EVENTQEN | CR0_CMDQEN | (u->ats ? CR0_ATSCHK : 0);
    enum status status = set_cr0(u, CR0_CMDQEN);

    if (status == OK) {
        put_command(u, CMD_TLBI_NSNH_ALL, 0);
        if (u->hyp) {
            put_command(u, CMD_TLBI_EL2_ALL, 0);
        }
        status = smmu_v3_forget_all(u);
    }
    if (status == OK) {
        status = set_cr0(u, CR0_CMDQEN | CR0_EVENTQEN);
    }
    if (status == OK) {
        write(u, IRQ_CTRL, IRQ_GERROR | IRQ_EVENTQ);
        status = wait_until(u, IRQ_CTRLACK, IRQ_GERROR | IRQ_EVENTQ, IRQ_GERROR | IRQ_EVENTQ);
    }
    return status == OK ? set_cr0(u, on) : status;
}

static enum status start(const struct plan *p, uint32_t index)
{
    struct smmu_v3_unit *u = &smmu_v3_units[index];
    enum status status = smmu_v3_make_table(p, index);

    u->commands = pool_take(1);
    u->events = pool_take(1);
    u->cd = u->stage1 ? pool_take(1) : NULL;
    if (status != OK || u->commands == NULL || u->events == NULL || (u->stage1 && u->cd == NULL)) {
        return E_NO_SPACE;
    }
    smmu_v3_publish(u, u->events, PAGE_SIZE); /* no line of it is dirty while it is written */
    set_up_registers(u);
    status = turn_on(u);
    return status == OK || u->dead ? status : shut(u, status);
}

/* ---- faults ---- */

/* IHI 0070 7.3; the others, a table that is wrong or cannot be fetched among them, are ours. */
static enum smmu_reason reason_of(uint32_t event)
{
    static const uint8_t reasons[] = {
        [0x01] = SMMU_FORBIDDEN, /* F_UUT */
        [0x02] = SMMU_NO_STREAM, /* C_BAD_STREAMID */
        [0x04] = SMMU_NO_STREAM, /* C_BAD_STE: ours are good, or not there */
        [0x05] = SMMU_FORBIDDEN, /* F_BAD_ATS_TREQ */
        [0x06] = SMMU_FORBIDDEN, /* F_STREAM_DISABLED */
        [0x07] = SMMU_FORBIDDEN, /* F_TRANSL_FORBIDDEN */
        [0x08] = SMMU_FORBIDDEN, /* C_BAD_SUBSTREAMID */
        [0x10] = SMMU_UNMAPPED,  /* F_TRANSLATION */
        [0x11] = SMMU_UNMAPPED,  /* F_ADDR_SIZE */
        [0x12] = SMMU_UNMAPPED,  /* F_ACCESS */
        [0x13] = SMMU_UNMAPPED,  /* F_PERMISSION */
    };

    return event < ARRAY_SIZE(reasons) ? reasons[event] : SMMU_BROKEN;
}

static void read_event(const struct smmu_v3_unit *u, const uint64_t *event,
                       struct smmu_fault *fault)
{
    if (!u->coherent) {
        arch_cache_clean_invalidate(event, EVENT_WORDS * sizeof(*event));
    }
    fault->code = (uint32_t)field_get(EVENT0_TYPE, event[0]);
    fault->reason = reason_of(fault->code);
    fault->stream = (uint32_t)field_get(EVENT0_STREAMID, event[0]);
    fault->addressed = fault->reason == SMMU_UNMAPPED;
    fault->write = (event[1] & EVENT1_RNW) == 0;
    fault->address = event[2];
}

/* Errors of the SMMU as a whole: IHI 0070 7.5. */
static bool take_error(const struct smmu_v3_unit *u, struct smmu_fault *fault)
{
    uint64_t errors = (read(u, GERROR) ^ read(u, GERRORN)) & GERROR_ERRORS;

    if (errors == 0) {
        return false;
    }
    write(u, GERRORN, read(u, GERRORN) ^ errors);
    *fault = (struct smmu_fault){.reason = SMMU_BROKEN, .code = (uint32_t)errors, .shared = true};
    return true;
}

/* IHI 0070 3.5.1: the queue's indexes wrap at twice its size; OVFLG differs where some were lost.
 */
static bool take_fault(const struct plan *p, uint32_t index, struct smmu_fault *fault)
{
    struct smmu_v3_unit *u = &smmu_v3_units[index];
    uint32_t size = UINT32_C(1) << u->events_log2;
    uint32_t produced;

    (void)p;
    if (u->events == NULL) {
        return false; /* not started */
    }
    if (take_error(u, fault)) {
        return true;
    }
    produced = read(u, EVENTQ_PROD);
    *fault = (struct smmu_fault){.reason = SMMU_LOST, .shared = true};
    if (((produced ^ u->consumed) & (2 * size - 1)) == 0) {
        if (((produced ^ u->consumed) & EVENTQ_OVFLG) == 0) {
            return false;
        }
        u->consumed ^= (uint32_t)EVENTQ_OVFLG;
    } else {
        arch_dsb(); /* the record after the index */
        *fault = (struct smmu_fault){0};
        read_event(u, u->events + (u->consumed & (size - 1)) * EVENT_WORDS, fault);
        u->consumed = (u->consumed & (uint32_t)EVENTQ_OVFLG) |
                      (((u->consumed & (2 * size - 1)) + 1) & (2 * size - 1));
    }
    write(u, EVENTQ_CONS, u->consumed);
    return true;
}

/* ---- the driver ---- */

static const char *const compatible[] = {"arm,smmu-v3", NULL};
static const char *const interrupts[] = {"eventq", "gerror", "combined", NULL};

const struct smmu_ops smmu_v3 = {
    .compatible = compatible,
    .interrupts = interrupts,
    .probe = probe,
    .pages = smmu_v3_pages,
    .start = start,
    .attach = smmu_v3_attach,
    .pass = smmu_v3_pass,
    .mute = smmu_v3_mute,
    .take_fault = take_fault,
};
