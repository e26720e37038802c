/* SPDX-License-Identifier: Apache-2.0 */
/* Drives a GICv2 with virtualization: distributor, CPU interface, GICH. IHI 0048. */
#include "drivers/gic/gic_v2.h"

#include <stddef.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/cpu.h"
#include "core/guest/irq.h"
#include "drivers/gic/gicd.h"

#define GICD_IIDR      0x008 /* RO */
#define GICD_ITARGETSR 0x800 /* RW, 8 bits */
#define GICD_SGIR      0xf00 /* WO */
#define GICD_CPENDSGIR 0xf10 /* RW, 8 bits */

#define GICD_CTLR_ENABLE  1
#define GICD_TYPER_SECURE BIT(10) /* Security Extensions */
#define GICD_IIDR_A15     0x43b   /* a Cortex-A15's */
#define GICD_SGIR_TARGETS MASK(23, 16)

#define GICC_CTLR 0x0000 /* RW */
#define GICC_PMR  0x0004 /* RW */
#define GICC_BPR  0x0008 /* RW */
#define GICC_IAR  0x000c /* RO */
#define GICC_EOIR 0x0010 /* WO */
#define GICC_APR  0x00d0 /* RW, 4 words */
#define GICC_IIDR 0x00fc /* RO */
#define GICC_DIR  0x1000 /* WO */

#define GICC_CTLR_ENABLE  BIT(0)
#define GICC_CTLR_EOIMODE BIT(9)
#define GICC_PMR_ALL      0xff
/* GIC-400 in a 64 KiB granule: the first page repeats every 4 KiB, so DIR follows this one. */
#define GICC_ALIAS_SIZE UINT64_C(0x20000)
#define GICC_ALIAS      UINT64_C(0xf000)

#define GICH_HCR   0x000 /* RW */
#define GICH_VTR   0x004 /* RO */
#define GICH_VMCR  0x008 /* RW */
#define GICH_EISR0 0x020 /* RO */
#define GICH_ELSR0 0x030 /* RO */
#define GICH_APR   0x0f0 /* RW */
#define GICH_LR    0x100 /* RW, a word each */

#define GICH_HCR_EN       BIT(0)
#define GICH_HCR_UIE      BIT(1)
#define GICH_HCR_LRENPIE  BIT(2)
#define GICH_HCR_NPIE     BIT(3)
#define GICH_HCR_EOICOUNT MASK(31, 27)
#define GICH_VTR_LISTREGS MASK(5, 0)
#define GICH_LR_HW        BIT(31)
#define GICH_LR_STATE     MASK(29, 28)
#define GICH_LR_PRIORITY  MASK(27, 23) /* the upper five bits of eight */
#define GICH_LR_EOI       BIT(19)
#define GICH_LR_PHYSID    MASK(19, 10)
#define GICH_LR_CPUID     MASK(12, 10)
#define GICH_LR_VIRTID    MASK(9, 0)

/* The other frames, and how many list registers there are; class: sealed. */
static uint64_t cpu_if, hyp;
static uint32_t lrs;

/*
 * QEMU's GICv2 (10.0; says it is a Cortex-A15's, but without Security Extensions, which that
 * always has) does not look at a line again when the guest's deactivation deactivates the physical
 * interrupt: what came meanwhile stays unseen. There list registers are not linked by hardware;
 * their end asks for maintenance, and the link is made here.
 */
static bool unlinked; /* class: sealed */

/* Bit per list register: linked here. Class: per-CPU. */
static uint32_t linked[CONFIG_MAX_CPUS];

/*
 * All are in Group 0: a Non-secure write to IGROUPR is ignored, and then the enable bits of Group 1
 * are where those of Group 0 are.
 */
#define GROUPS 0

/* ---- distributor ---- */

static enum status dist_init(struct plan_gic *board_gic, uint32_t *intids)
{
    uint32_t typer;

    gicd_base = board_gic->dist.base;
    typer = arch_read32(gicd_base + GICD_TYPER);
    hyp = board_gic->hyp.base;
    cpu_if = board_gic->cpu.base;
    if (board_gic->cpu.size >= GICC_ALIAS_SIZE &&
        arch_read32(cpu_if + GICC_IIDR) == arch_read32(cpu_if + GICC_ALIAS + GICC_IIDR)) {
        board_gic->alias = GICC_ALIAS;
    }
    cpu_if += board_gic->alias;
    arch_write32(gicd_base + GICD_CTLR, 0);
    *intids = gicd_intids();
    unlinked =
        arch_read32(gicd_base + GICD_IIDR) == GICD_IIDR_A15 && (typer & GICD_TYPER_SECURE) == 0;
    for (uint32_t first = 32; first < *intids; first += 32) {
        gicd_silence(gicd_base, first, GROUPS);
    }
    arch_write32(gicd_base + GICD_CTLR, GICD_CTLR_ENABLE);
    return OK;
}

static void set_enable(const struct cpu *cpu, uint32_t intid, bool on)
{
    gicd_write_bit(cpu, on ? GICD_ISENABLER : GICD_ICENABLER, intid);
}

static void set_target(uint32_t spi, const struct cpu *cpu)
{
    arch_write8(gicd_base + GICD_ITARGETSR + spi, (uint8_t)cpu->gic_target);
}

/* ---- this CPU's interface ---- */

static enum status cpu_init(const struct plan_gic *board_gic, struct cpu *cpu)
{
    uint8_t target =
        arch_read8(gicd_base + GICD_ITARGETSR); /* this CPU's bit; 0 where there is one CPU */

    (void)board_gic;
    cpu->gic_target = target == 0 ? 1 : target;
    lrs = 1 + (uint32_t)field_get(GICH_VTR_LISTREGS, arch_read32(hyp + GICH_VTR));
    if (lrs < 2) {
        return E_UNSUPPORTED;
    }
    lrs = lrs > 16 ? 16 : lrs;
    gicd_silence(gicd_base, 0, GROUPS);
    for (uint32_t i = 0; i < 16; i += 4) {
        arch_write32(gicd_base + GICD_CPENDSGIR + i, UINT32_MAX);
        arch_write32(cpu_if + GICC_APR + i, 0);
    }
    arch_write32(cpu_if + GICC_PMR, GICC_PMR_ALL);
    arch_write32(cpu_if + GICC_BPR, 0);
    arch_write32(cpu_if + GICC_CTLR, GICC_CTLR_ENABLE | GICC_CTLR_EOIMODE);
    return OK;
}

static uint32_t acknowledge(void)
{
    return arch_read32(cpu_if + GICC_IAR);
}

static void drop(uint32_t iar)
{
    arch_write32(cpu_if + GICC_EOIR, iar);
}

static void deactivate(uint32_t iar)
{
    arch_write32(cpu_if + GICC_DIR, iar);
}

static void kick(const struct cpu *target)
{
    arch_dsb(); /* what it is to see was written */
    arch_write32(gicd_base + GICD_SGIR,
                 (uint32_t)field_prep(GICD_SGIR_TARGETS, target->gic_target) | IRQ_KICK);
}

/* ---- virtual interface ---- */

static uint32_t lr_count(void)
{
    return lrs;
}

/* Where the guest has ended what list register `n` was linked to here, end the physical one. */
static void end_linked(uint32_t n)
{
    uint32_t *links = &linked[cpu_self()->index];
    uint32_t v = arch_read32(hyp + GICH_LR + 4 * n);

    if ((*links >> n & 1) != 0 && (v & GICH_LR_STATE) == 0) {
        gicd_write_bit(cpu_self(), GICD_ICACTIVER, v & GICH_LR_VIRTID);
    }
    *links &= ~(UINT32_C(1) << n);
}

static uint64_t lr_encode(struct gic_lr lr)
{
    uint64_t v = lr.vintid | field_prep(GICH_LR_PRIORITY, lr.priority >> 3) |
                 field_prep(GICH_LR_STATE, lr.state);

    if ((lr.state & GIC_LR_HW) != 0) {
        return v | GICH_LR_HW | field_prep(GICH_LR_PHYSID, lr.vintid);
    }
    return v | field_prep(GICH_LR_CPUID, lr.source) |
           ((lr.state & GIC_LR_EOI) != 0 ? GICH_LR_EOI : 0);
}

static void lr_write(uint32_t n, uint64_t image)
{
    if (unlinked) {
        end_linked(n);
        if ((image & GICH_LR_HW) != 0) {
            linked[cpu_self()->index] |= UINT32_C(1) << n;
            image = (image & ~(GICH_LR_HW | GICH_LR_PHYSID)) | GICH_LR_EOI;
        }
    }
    arch_write32(hyp + GICH_LR + 4 * n, (uint32_t)image);
}

static struct gic_lr lr_read(uint32_t n)
{
    uint32_t v = arch_read32(hyp + GICH_LR + 4 * n);

    return (struct gic_lr){
        .vintid = v & GICH_LR_VIRTID,
        .priority = (uint8_t)(field_get(GICH_LR_PRIORITY, v) << 3),
        .source = (v & GICH_LR_HW) != 0 ? 0 : (uint8_t)field_get(GICH_LR_CPUID, v),
        .state = (uint8_t)field_get(GICH_LR_STATE, v),
    };
}

/* The second words of both are for more than 32 list registers. */
static uint32_t lr_empty(void)
{
    return arch_read32(hyp + GICH_ELSR0);
}

static uint32_t lr_ended(void)
{
    uint32_t ended = arch_read32(hyp + GICH_EISR0);

    for (uint32_t left = ended & linked[cpu_self()->index]; left != 0; left &= left - 1) {
        uint32_t n = (uint32_t)__builtin_ctz(left);

        lr_write(n, 0);
        ended &= ~(UINT32_C(1) << n);
    }
    return ended;
}

static uint32_t take_ended(void)
{
    uint32_t hcr = arch_read32(hyp + GICH_HCR);

    if ((hcr & GICH_HCR_EOICOUNT) != 0) {
        arch_write32(hyp + GICH_HCR, hcr & (uint32_t)~GICH_HCR_EOICOUNT);
    }
    return (uint32_t)field_get(GICH_HCR_EOICOUNT, hcr);
}

static void virt_reset(void)
{
    for (uint32_t n = 0; n < lrs; n++) {
        arch_write32(hyp + GICH_LR + 4 * n, 0);
    }
    linked[cpu_self()->index] = 0;
    arch_write32(hyp + GICH_APR, 0);
    arch_write32(hyp + GICH_VMCR, 0);
    arch_write32(hyp + GICH_HCR, GICH_HCR_EN);
}

static void set_maintenance(uint32_t why)
{
    uint32_t hcr = arch_read32(hyp + GICH_HCR);
    uint64_t v = GICH_HCR_EN | ((hcr & GICH_HCR_LRENPIE) != 0 ? hcr & GICH_HCR_EOICOUNT : 0);

    if ((why & GIC_MAINTENANCE_PENDING) != 0) {
        v |= GICH_HCR_NPIE;
    }
    if ((why & GIC_MAINTENANCE_ACTIVE) != 0) {
        v |= GICH_HCR_UIE | GICH_HCR_LRENPIE;
    }
    arch_write32(hyp + GICH_HCR, (uint32_t)v);
}

static const char *const compatible[] = {"arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic",
                                         NULL};

const struct gic_ops gic_v2 = {
    .compatible = compatible,
    .dist_init = dist_init,
    .cpu_init = cpu_init,
    .acknowledge = acknowledge,
    .drop = drop,
    .deactivate = deactivate,
    .kick = kick,
    .set_enable = set_enable,
    .set_pending = gicd_set_pending,
    .set_active = gicd_set_active,
    .get_pending = gicd_get_pending,
    .get_active = gicd_get_active,
    .set_edge = gicd_set_edge,
    .set_target = set_target,
    .lr_count = lr_count,
    .lr_encode = lr_encode,
    .lr_write = lr_write,
    .lr_read = lr_read,
    .lr_empty = lr_empty,
    .lr_ended = lr_ended,
    .take_ended = take_ended,
    .virt_reset = virt_reset,
    .set_maintenance = set_maintenance,
};
