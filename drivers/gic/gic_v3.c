/* SPDX-License-Identifier: Apache-2.0 */
/* Drives a GICv3 or GICv4: distributor, redistributors, ICC and ICH registers. IHI 0069. */
#include "drivers/gic/gic_v3.h"

#include <stddef.h>

#include <arch/sysreg.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/cpu.h"
#include "core/base/wait.h"
#include "core/guest/irq.h"
#include "core/plan/plan.h"
#include "drivers/gic/gicd.h"

#define GICD_IROUTER 0x6000 /* RW, 64 bits */

#define GICD_CTLR_ENABLE MASK(1, 0) /* Group 1, as one or as two security states have it */
#define GICD_CTLR_ARE    BIT(4)
#define GICD_CTLR_RWP    BIT(31)

#define GICR_CTLR  0x0000 /* RW */
#define GICR_TYPER 0x0008 /* RO, 64 bits */
#define GICR_WAKER 0x0014 /* RW */

#define GICR_CTLR_RWP             BIT(3)
#define GICR_TYPER_VLPIS          BIT(1)
#define GICR_TYPER_LAST           BIT(4)
#define GICR_WAKER_PROCESSORSLEEP BIT(1)
#define GICR_WAKER_CHILDRENASLEEP BIT(2)
#define GICR_STRIDE_V3            UINT64_C(0x20000)
#define GICR_STRIDE_V4            UINT64_C(0x40000)

#define MPIDR_AFF210 MASK(23, 0)
#define MPIDR_AFF3   MASK(39, 32)

#define ICC_SRE_EL2_ALL  0xf /* Enable, DIB, DFB, SRE */
#define ICC_SRE_SRE      BIT(0)
#define ICC_CTLR_EOIMODE BIT(1)
#define ICC_PMR_ALL      0xff
#define ICC_SGI1R_AFF3   MASK(55, 48)
#define ICC_SGI1R_RS     MASK(47, 44)
#define ICC_SGI1R_AFF2   MASK(39, 32)
#define ICC_SGI1R_INTID  MASK(27, 24)
#define ICC_SGI1R_AFF1   MASK(23, 16)

#define ICH_HCR_EN       BIT(0)
#define ICH_HCR_UIE      BIT(1)
#define ICH_HCR_LRENPIE  BIT(2)
#define ICH_HCR_NPIE     BIT(3)
#define ICH_HCR_EOICOUNT MASK(31, 27)
#define ICH_VTR_LISTREGS MASK(4, 0)
#define ICH_VTR_PREBITS  MASK(28, 26)
#define ICH_LR_STATE     MASK(63, 62)
#define ICH_LR_HW        BIT(61)
#define ICH_LR_GROUP1    BIT(60)
#define ICH_LR_PRIORITY  MASK(55, 48)
#define ICH_LR_PINTID    MASK(44, 32)
#define ICH_LR_EOI       BIT(41)

/* Until the bit is clear: a second at most, for what takes microseconds. */
static enum status wait_clear(uint64_t address, uint64_t bit)
{
    return wait_register(address, bit, 0, plan.board.timer_hz);
}

#define GROUPS UINT32_MAX /* all are in Group 1 */

/* ---- distributor ---- */

static enum status dist_init(struct plan_gic *board_gic, uint32_t *intids)
{
    enum status status;

    gicd_base = board_gic->dist.base;
    arch_write32(gicd_base + GICD_CTLR, 0);
    status = wait_clear(gicd_base + GICD_CTLR, GICD_CTLR_RWP);
    if (status != OK) {
        return status;
    }
    arch_write32(gicd_base + GICD_CTLR, GICD_CTLR_ARE);
    *intids = gicd_intids();
    for (uint32_t first = 32; first < *intids; first += 32) {
        gicd_silence(gicd_base, first, GROUPS);
    }
    status = wait_clear(gicd_base + GICD_CTLR, GICD_CTLR_RWP);
    arch_write32(gicd_base + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE);
    return status == OK ? wait_clear(gicd_base + GICD_CTLR, GICD_CTLR_RWP) : status;
}

static void set_enable(const struct cpu *cpu, uint32_t intid, bool on)
{
    gicd_write_bit(cpu, on ? GICD_ISENABLER : GICD_ICENABLER, intid);
    if (!on) {
        (void)(intid < 32 ? wait_clear(cpu->gic_redist + GICR_CTLR, GICR_CTLR_RWP)
                          : wait_clear(gicd_base + GICD_CTLR, GICD_CTLR_RWP));
    }
}

static void set_target(uint32_t spi, const struct cpu *cpu)
{
    uint64_t address = gicd_base + GICD_IROUTER + UINT64_C(8) * spi;

    arch_write32(address, (uint32_t)(cpu->mpidr & MPIDR_AFF210));
    arch_write32(address + 4, (uint32_t)field_get(MPIDR_AFF3, cpu->mpidr));
}

/* ---- this CPU's redistributor and interface ---- */

static bool find_in_region(struct range region, uint64_t stride, struct cpu *cpu)
{
    uint32_t affinity =
        (uint32_t)((cpu->mpidr & MPIDR_AFF210) | field_get(MPIDR_AFF3, cpu->mpidr) << 24);
    uint64_t at = 0;

    while (at + GICR_STRIDE_V3 <= region.size) {
        uint32_t typer = arch_read32(region.base + at + GICR_TYPER);

        if (arch_read32(region.base + at + GICR_TYPER + 4) == affinity) {
            cpu->gic_redist = region.base + at;
            return true;
        }
        if ((typer & GICR_TYPER_LAST) != 0) {
            return false;
        }
        if (stride != 0) {
            at += stride;
        } else {
            at += (typer & GICR_TYPER_VLPIS) != 0 ? GICR_STRIDE_V4 : GICR_STRIDE_V3;
        }
    }
    return false;
}

static enum status redist_init(const struct plan_gic *board_gic, struct cpu *cpu)
{
    bool found = false;
    enum status status;

    for (uint32_t i = 0; i < board_gic->redists && !found; i++) {
        found = find_in_region(board_gic->redist[i], board_gic->redist_stride, cpu);
    }
    if (!found) {
        return E_NOT_FOUND;
    }
    arch_write32(cpu->gic_redist + GICR_WAKER,
                 arch_read32(cpu->gic_redist + GICR_WAKER) & (uint32_t)~GICR_WAKER_PROCESSORSLEEP);
    status = wait_clear(cpu->gic_redist + GICR_WAKER, GICR_WAKER_CHILDRENASLEEP);
    if (status != OK) {
        return status;
    }
    gicd_silence(cpu->gic_redist + GICR_SGI_FRAME, 0, GROUPS);
    return wait_clear(cpu->gic_redist + GICR_CTLR, GICR_CTLR_RWP);
}

static uint64_t sgi_target(uint64_t mpidr)
{
    uint64_t aff0 = mpidr & 0xff;

    return field_prep(ICC_SGI1R_AFF3, mpidr >> 32) | field_prep(ICC_SGI1R_AFF2, mpidr >> 16) |
           field_prep(ICC_SGI1R_AFF1, mpidr >> 8) | field_prep(ICC_SGI1R_RS, aff0 / 16) |
           BIT(aff0 % 16);
}

static uint32_t lr_count(void)
{
    return 1 + (uint32_t)field_get(ICH_VTR_LISTREGS, sysreg_read(ICH_VTR_EL2));
}

static enum status cpu_init(const struct plan_gic *board_gic, struct cpu *cpu)
{
    enum status status = redist_init(board_gic, cpu);

    if (status != OK) {
        return status;
    }
    cpu->gic_target = sgi_target(cpu->mpidr);
    sysreg_write(ICC_SRE_EL2, ICC_SRE_EL2_ALL);
    arch_isb();
    if ((sysreg_read(ICC_SRE_EL2) & ICC_SRE_SRE) == 0 || lr_count() < 2 || lr_count() > 16) {
        return E_UNSUPPORTED;
    }
    sysreg_write(ICC_PMR_EL1, ICC_PMR_ALL);
    sysreg_write(ICC_BPR1_EL1, 0);
    sysreg_write(ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
    sysreg_write(ICC_IGRPEN1_EL1, 1);
    arch_isb();
    return OK;
}

static uint32_t acknowledge(void)
{
    return (uint32_t)sysreg_read(ICC_IAR1_EL1);
}

static void drop(uint32_t iar)
{
    sysreg_write(ICC_EOIR1_EL1, iar);
}

static void deactivate(uint32_t iar)
{
    sysreg_write(ICC_DIR_EL1, iar);
}

static void kick(const struct cpu *target)
{
    arch_dsb(); /* what it is to see was written */
    sysreg_write64(ICC_SGI1R_EL1, target->gic_target | field_prep(ICC_SGI1R_INTID, IRQ_KICK));
    arch_isb();
}

/* ---- virtual interface ---- */

#define EACH_LR(what)                                                                              \
    what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8) what(9) what(10)       \
        what(11) what(12) what(13) what(14) what(15)

static uint64_t ich_lr_read(uint32_t n)
{
    switch (n) {
#define READ(i)                                                                                    \
    case i:                                                                                        \
        return sysreg_read_lr(i);
        EACH_LR(READ)
    default:
        return 0;
    }
}

/* The first ones are the most used: a table is dearer. */
static void lr_write(uint32_t n, uint64_t image)
{
#define WRITE_FIRST(i)                                                                             \
    if (n == (i)) {                                                                                \
        sysreg_write_lr(i, image);                                                                 \
        return;                                                                                    \
    }
    WRITE_FIRST(0)
    WRITE_FIRST(1)
    WRITE_FIRST(2)
    switch (n) {
#define WRITE(i)                                                                                   \
    case i:                                                                                        \
        sysreg_write_lr(i, image);                                                                 \
        break;
        EACH_LR(WRITE)
    default:
        break;
    }
}

static uint64_t lr_encode(struct gic_lr lr)
{
    uint64_t v = lr.vintid | ICH_LR_GROUP1 | field_prep(ICH_LR_PRIORITY, lr.priority) |
                 field_prep(ICH_LR_STATE, lr.state);

    if ((lr.state & GIC_LR_HW) != 0) {
        return v | ICH_LR_HW | field_prep(ICH_LR_PINTID, lr.vintid);
    }
    return v | ((lr.state & GIC_LR_EOI) != 0 ? ICH_LR_EOI : 0);
}

static struct gic_lr lr_read(uint32_t n)
{
    uint64_t v = ich_lr_read(n);

    return (struct gic_lr){
        .vintid = (uint16_t)v, .priority = (uint8_t)(v >> 48), .state = (uint8_t)(v >> 62)};
}

static uint32_t lr_empty(void)
{
    return (uint32_t)sysreg_read(ICH_ELRSR_EL2);
}

static uint32_t lr_ended(void)
{
    return (uint32_t)sysreg_read(ICH_EISR_EL2);
}

static uint32_t take_ended(void)
{
    uint64_t hcr = sysreg_read(ICH_HCR_EL2);

    if ((hcr & ICH_HCR_EOICOUNT) != 0) {
        sysreg_write(ICH_HCR_EL2, hcr & ~ICH_HCR_EOICOUNT);
    }
    return (uint32_t)field_get(ICH_HCR_EOICOUNT, hcr);
}

/* Of active priorities there are as many registers as preemption levels need. */
static void reset_active_priorities(void)
{
    uint64_t bits = 1 + field_get(ICH_VTR_PREBITS, sysreg_read(ICH_VTR_EL2));

    sysreg_write(ICH_AP0R0_EL2, 0);
    sysreg_write(ICH_AP1R0_EL2, 0);
    if (bits >= 6) {
        sysreg_write(ICH_AP0R1_EL2, 0);
        sysreg_write(ICH_AP1R1_EL2, 0);
    }
    if (bits >= 7) {
        sysreg_write(ICH_AP0R2_EL2, 0);
        sysreg_write(ICH_AP0R3_EL2, 0);
        sysreg_write(ICH_AP1R2_EL2, 0);
        sysreg_write(ICH_AP1R3_EL2, 0);
    }
}

static void virt_reset(void)
{
    for (uint32_t n = 0; n < lr_count(); n++) {
        lr_write(n, 0);
    }
    reset_active_priorities();
    sysreg_write(ICH_VMCR_EL2, 0);
    sysreg_write(ICC_SRE_EL1, ICC_SRE_SRE);
    sysreg_write(ICH_HCR_EL2, ICH_HCR_EN);
    arch_isb();
}

static void set_maintenance(uint32_t why)
{
    uint64_t hcr = sysreg_read(ICH_HCR_EL2);
    uint64_t count = (hcr & ICH_HCR_LRENPIE) != 0 ? hcr & ICH_HCR_EOICOUNT : 0;

    sysreg_write(ICH_HCR_EL2,
                 count | ICH_HCR_EN | ((why & GIC_MAINTENANCE_PENDING) != 0 ? ICH_HCR_NPIE : 0) |
                     ((why & GIC_MAINTENANCE_ACTIVE) != 0 ? ICH_HCR_UIE | ICH_HCR_LRENPIE : 0));
}

static const char *const compatible[] = {"arm,gic-v3", NULL};

const struct gic_ops gic_v3 = {
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
