/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMMUv3 (IHI 0070): its programming interface as far as it is used, and what its two files share:
 * smmu_v3.c has registers, queues and faults, smmu_v3_table.c the tables.
 */
#ifndef DRIVERS_SMMU_SMMU_V3_H
#define DRIVERS_SMMU_SMMU_V3_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bits.h"
#include "core/plan/smmu.h"

extern const struct smmu_ops smmu_v3;

/* ---- structures in memory; an array is of 64-bit words ---- */

#define STE_WORDS 8
#define CD_WORDS  8

/* Level-1 stream table descriptor; IHI 0070 5.1. */
#define L1STD_SPAN  MASK(4, 0)
#define L1STD_L2PTR MASK(51, 6)

/* Stream table entry; IHI 0070 5.2. */
#define STE0_V            BIT(0)
#define STE0_CONFIG       MASK(3, 1)
#define STE0_S1CONTEXTPTR MASK(51, 6)
#define STE1_S1CIR        MASK(3, 2)
#define STE1_S1COR        MASK(5, 4)
#define STE1_S1CSH        MASK(7, 6)
#define STE1_SHCFG        MASK(45, 44)
#define STE2_S2VMID       MASK(15, 0)
#define STE2_S2T0SZ       MASK(37, 32)
#define STE2_S2SL0        MASK(39, 38)
#define STE2_S2IR0        MASK(41, 40)
#define STE2_S2OR0        MASK(43, 42)
#define STE2_S2SH0        MASK(45, 44)
#define STE2_S2PS         MASK(50, 48)
#define STE2_S2AA64       BIT(51)
#define STE2_S2PTW        BIT(54)
#define STE2_S2R          BIT(58)
#define STE3_S2TTB        MASK(51, 4)

#define STE_CONFIG_ABORT 0
#define STE_CONFIG_S1    5 /* stage 1 translates, stage 2 does not */
#define STE_CONFIG_S2    6
#define STE_SHCFG_IN     1 /* shareability: as the transaction has it */

/* Context descriptor; IHI 0070 5.4. */
#define CD0_T0SZ MASK(5, 0)
#define CD0_IR0  MASK(9, 8)
#define CD0_OR0  MASK(11, 10)
#define CD0_SH0  MASK(13, 12)
#define CD0_EPD1 BIT(30)
#define CD0_V    BIT(31)
#define CD0_IPS  MASK(34, 32)
#define CD0_AA64 BIT(41)
#define CD0_R    BIT(45)
#define CD0_A    BIT(46)
#define CD0_ASET BIT(47)
#define CD0_ASID MASK(63, 48)
#define CD1_TTB0 MASK(51, 4)

/* How the SMMU's own accesses are: IHI 0070 5.2, 5.4, 6.3.12 say it alike. */
#define CACHE_WB     1 /* Normal, write-back, read- and write-allocate; 0: non-cacheable */
#define SHARE_OUTER  2
#define SHARE_INNER  3
#define SPLIT        8 /* StreamID bits that a level-2 table resolves */
#define SPAN_STREAMS 256u

/* Commands: IHI 0070 4. */
#define CMD_CFGI_STE      0x03
#define CMD_CFGI_ALL      0x04
#define CMD_TLBI_EL2_ALL  0x20
#define CMD_TLBI_NSNH_ALL 0x30
#define CMD_SYNC          0x46
#define CMD0_STREAMID     MASK(63, 32)
#define CMD1_RANGE_ALL    31

/* ---- the driver's state ---- */

/* Of one SMMU. Class: sealed, but for the queues' indexes and `dead`: locked (stream.c's). */
struct smmu_v3_unit {
    const char *path;
    uint64_t base;    /* 0: not probed */
    bool coherent;    /* its own accesses see the CPUs' caches */
    bool two_level;   /* stream table */
    bool stage1;      /* it has no stage 2 */
    bool ats, hyp;    /* IDR0 */
    bool dead;        /* it did not do as told: it is shut, everything aborts */
    uint8_t oas;      /* IDR5.OAS, at most 48 bits */
    uint8_t bits;     /* StreamIDs that the table has entries for */
    uint64_t *table;  /* linear, or level 1 */
    uint64_t *silent; /* `two_level`: the streams of muted spans that have no table */
    uint64_t *cd;     /* `stage1`: a context descriptor for each VMID */
    uint64_t *commands, *events;
    uint8_t commands_log2, events_log2;
    uint32_t produced; /* CMDQ_PROD */
    uint32_t consumed; /* EVENTQ_CONS, OVACKFLG included */
};

extern struct smmu_v3_unit smmu_v3_units[PLAN_MAX_SMMUS];

/* What was stored in memory before is seen by the SMMU after. */
void smmu_v3_publish(const struct smmu_v3_unit *u, const void *what, uint64_t size);

/* Commands into the queue, and wait until they are done: forget what is cached of the stream, or of
 * all, with the level-1 descriptors on the way. */
enum status smmu_v3_forget_stream(struct smmu_v3_unit *u, uint32_t stream);
enum status smmu_v3_forget_all(struct smmu_v3_unit *u);

/* ---- smmu_v3_table.c ---- */

/*
 * As in struct smmu_ops; make: the stream table, no stream valid. A muted stream for which there is
 * no level-2 table takes the 255 beside it along.
 */
uint64_t smmu_v3_pages(const struct plan *p, uint32_t smmu);
enum status smmu_v3_make_table(const struct plan *p, uint32_t smmu) MUST_CHECK;
enum status smmu_v3_attach(const struct plan *p, const struct plan_stream *stream,
                           const struct lpae *table, uint8_t vmid) MUST_CHECK;
enum status smmu_v3_pass(const struct plan *p, const struct plan_stream *stream,
                         bool on) MUST_CHECK;
bool smmu_v3_mute(const struct plan *p, uint32_t smmu, uint32_t stream);

#endif
