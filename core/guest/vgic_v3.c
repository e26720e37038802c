/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the registers of the virtual GICv3's distributor and redistributors, and ICC_SGI1R_EL1: IHI
 * 0069 chapter 12. One security state (DS = 1), affinity routing always on, all interrupts in
 * Group 1; LPIs where the partition has an ITS (vits.c).
 */
#include "core/base/bits.h"
#include "core/guest/vgic_state.h"
#include "core/guest/vits.h"

#define GICD_CTLR        0x0000 /* RW */
#define GICD_TYPER       0x0004 /* RO */
#define GICD_IIDR        0x0008 /* RO */
#define GICD_IROUTER     0x6000 /* RW, 64 bits */
#define GICD_IROUTER_END 0x8000
#define GICD_PIDR2       0xffe8 /* RO */

#define GICD_CTLR_ENABLEGRP1 BIT(1)
#define GICD_CTLR_ARE        BIT(4)
#define GICD_CTLR_DS         BIT(6)
#define GICD_CTLR_RWP        BIT(31)
#define GICD_TYPER_ITLINES   MASK(4, 0)
#define GICD_TYPER_NUMLPIS   MASK(15, 11)
#define GICD_TYPER_LPIS      BIT(17)
#define GICD_TYPER_IDBITS    MASK(23, 19)
#define GICD_TYPER_NO1N      BIT(25)
#define GICD_IROUTER_AFF210  MASK(23, 0)
#define PIDR2_ARCHREV        MASK(7, 4)

#define GICR_CTLR      0x0000 /* RW */
#define GICR_IIDR      0x0004 /* RO */
#define GICR_TYPER     0x0008 /* RO, 64 bits */
#define GICR_WAKER     0x0014 /* RW */
#define GICR_PIDR2     0xffe8 /* RO */
#define GICR_SGI_FRAME 0x10000
#define GICR_SIZE      0x20000

#define GICR_CTLR_RWP             BIT(3)
#define GICR_TYPER_PLPIS          BIT(0)
#define GICR_TYPER_LAST           BIT(4)
#define GICR_TYPER_NUMBER         MASK(23, 8)
#define GICR_TYPER_AFF0           MASK(39, 32)
#define GICR_WAKER_PROCESSORSLEEP BIT(1)
#define GICR_WAKER_CHILDRENASLEEP BIT(2)

#define ICC_SGI1R_TARGETS MASK(15, 0)
#define ICC_SGI1R_INTID   MASK(27, 24)
#define ICC_SGI1R_IRM     BIT(40)
#define ICC_SGI1R_OTHERS                                                                           \
    (MASK(23, 16) | MASK(39, 32) | MASK(47, 44) | MASK(55, 48)) /* Aff1..3, RS */

/* ---- IROUTER ---- */

/* Upper half: Aff3, which GICD_TYPER.A3V says is none. IRM: no 1 of N either. */
static void access_router(struct vgic *vgic, uint64_t offset, struct mmio_access *access)
{
    uint32_t intid = (uint32_t)(offset - GICD_IROUTER) / 8;
    struct vgic_bank *bank = intid < 32 ? NULL : vgic->bank[intid / 32];
    uint64_t value = 0;

    lock_take(&vgic->lock, LOCK_VGIC);
    if (bank != NULL && (bank->owned >> intid % 32 & 1) != 0) {
        struct virq *v = &bank->virq[intid % 32];

        value = v->route;
        if (access->write && is_aligned(offset, 8) && (access->size == 4 || access->size == 8)) {
            vgic_set_route(vgic, bank, v, (uint32_t)(access->value & GICD_IROUTER_AFF210));
        }
    }
    lock_release(&vgic->lock);
    if (!access->write) {
        vgic_read_64(access, offset, value);
    }
}

/* ---- the distributor ---- */

/* RWP: a vCPU has yet to look at what was changed. */
static uint64_t read_ctlr(const struct vgic *vgic)
{
    bool busy = false;

    for (uint32_t i = 0; i < vgic->cpus; i++) {
        busy = busy || vgic_vcpu(vgic, i)->vgic.kicked;
    }
    return GICD_CTLR_DS | GICD_CTLR_ARE | (vgic->enabled ? GICD_CTLR_ENABLEGRP1 : 0) |
           (busy ? GICD_CTLR_RWP : 0);
}

/* All but a read of GICD_TYPER; its writes are ignored, too. */
static __attribute__((noinline)) enum trap_outcome control(struct vgic *vgic, uint64_t offset,
                                                           struct mmio_access *access)
{
    if (access->size != 4) {
        return vgic_raz_wi(access);
    }
    if (!access->write) {
        access->value = offset == GICD_CTLR ? read_ctlr(vgic) : offset == GICD_IIDR ? VGIC_IIDR : 0;
    } else if (offset == GICD_CTLR) {
        lock_take(&vgic->lock, LOCK_VGIC);
        vgic_enable(vgic, (access->value & GICD_CTLR_ENABLEGRP1) != 0);
        lock_release(&vgic->lock);
    }
    return TRAP_SKIP;
}

/* Behind those; out of line, as all other registers are more frequent. */
static __attribute__((noinline)) enum trap_outcome access_far(struct vgic *vgic, uint64_t offset,
                                                              struct mmio_access *access)
{
    if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
        access_router(vgic, offset, access);
    } else {
        access->value =
            offset == GICD_PIDR2 && access->size == 4 ? field_prep(PIDR2_ARCHREV, 3) : 0;
    }
    return TRAP_SKIP;
}

static enum trap_outcome gicd_access(struct vcpu *vcpu, void *device, uint64_t offset,
                                     struct mmio_access *access)
{
    struct vgic *vgic = device;

    if (offset >= VGIC_BANKED_END) {
        return access_far(vgic, offset, access);
    }
    if (offset >= VGIC_BANKED) {
        return vgic_access(vcpu, vgic->bank[vgic_bank_at(offset)], offset, access);
    }
    if (offset != GICD_TYPER || access->write || access->size != 4) {
        return control(vgic, offset, access);
    }
    access->value = vgic->typer;
    return TRAP_SKIP;
}

/* ---- redistributors ---- */

static uint64_t read_gicr(const struct vcpu *owner, uint64_t offset)
{
    switch (offset) {
    case GICR_CTLR:
        return (owner->vgic.kicked ? GICR_CTLR_RWP : 0) | vits_gicr_ctlr(owner);
    case GICR_IIDR:
        return VGIC_IIDR;
    case GICR_WAKER:
        return owner->vgic.asleep ? GICR_WAKER_PROCESSORSLEEP | GICR_WAKER_CHILDRENASLEEP : 0;
    case GICR_PIDR2:
        return field_prep(PIDR2_ARCHREV, 3);
    default:
        return 0;
    }
}

static __attribute__((noinline)) void access_rd_frame(const struct vgic_redist *region,
                                                      struct vcpu *owner, uint64_t offset,
                                                      struct mmio_access *access)
{
    bool last = owner + 1 == region->vcpu + region->count;

    if (vits_gicr_access(owner, offset, access)) {
        return;
    }
    if (access->write) {
        if (offset == GICR_WAKER && access->size == 4) {
            owner->vgic.asleep = (access->value & GICR_WAKER_PROCESSORSLEEP) != 0;
        }
    } else if (align_down(offset, 8) == GICR_TYPER) {
        vgic_read_64(access, offset,
                     field_prep(GICR_TYPER_AFF0, owner->index) |
                         field_prep(GICR_TYPER_NUMBER, owner->index) |
                         (last ? GICR_TYPER_LAST : 0) |
                         (owner->partition->vgic.lpis != 0 ? GICR_TYPER_PLPIS : 0));
    } else {
        access->value = access->size == 4 ? read_gicr(owner, offset) : 0;
    }
}

static enum trap_outcome gicr_access(struct vcpu *vcpu, void *device, uint64_t offset,
                                     struct mmio_access *access)
{
    const struct vgic_redist *region = device;
    uint64_t frame = offset / GICR_SIZE;
    uint64_t at = offset % GICR_SGI_FRAME;
    struct vcpu *owner;

    if (frame >= region->count) {
        return vgic_raz_wi(access);
    }
    owner = &region->vcpu[frame];
    if ((offset & GICR_SGI_FRAME) == 0) {
        access_rd_frame(region, owner, at, access);
        return TRAP_SKIP;
    }
    if (at < VGIC_BANKED || at >= VGIC_BANKED_END || vgic_bank_at(at) != 0) {
        return vgic_raz_wi(access);
    }
    return vgic_access(vcpu, &owner->vgic.private, at, access);
}

enum status vgic_v3_map(struct partition *part, const struct plan_gic *board_gic)
{
    struct vgic *vgic = &part->vgic;
    enum status status =
        mmio_add(&part->mmio, board_gic->dist.base, board_gic->dist.size, gicd_access, vgic);
    uint32_t next = 0;

    vgic->typer = field_prep(GICD_TYPER_ITLINES, gic_intids / 32 - 1) |
                  field_prep(GICD_TYPER_IDBITS, 9) | GICD_TYPER_NO1N;
    if (vgic->lpis != 0) { /* as many as two to the power of NUMLPIS + 1 */
        vgic->typer = (vgic->typer & ~GICD_TYPER_IDBITS) | GICD_TYPER_LPIS |
                      field_prep(GICD_TYPER_IDBITS, VITS_INTID_BITS - 1) |
                      field_prep(GICD_TYPER_NUMLPIS, VITS_LPI_BITS - 1);
    }
    for (uint32_t i = 0; status == OK && i < board_gic->redists; i++) {
        const struct range *region = &board_gic->redist[i];
        uint32_t left = vgic->cpus - next;
        uint64_t room = region->size / GICR_SIZE;

        vgic->redist[i] =
            (struct vgic_redist){&part->vcpu[next], room < left ? (uint32_t)room : left};
        next += vgic->redist[i].count;
        status = mmio_add(&part->mmio, region->base, region->size, gicr_access, &vgic->redist[i]);
    }
    return status == OK && next != vgic->cpus ? E_NO_SPACE : status;
}

/* ---- ICC_SGI1R_EL1: 12.2.17 ---- */

void vgic_sgi1r_write(struct vcpu *vcpu, uint64_t value)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    uint32_t all = (1u << vgic->cpus) - 1;
    uint32_t left = (uint32_t)field_get(ICC_SGI1R_TARGETS, value) & all;

    if ((value & ICC_SGI1R_IRM) != 0) {
        left = all & ~(1u << vcpu->index);
    } else if ((value & ICC_SGI1R_OTHERS) != 0) {
        return; /* no vCPU has these affinities */
    }
    lock_take(&vgic->lock, LOCK_VGIC);
    for (; left != 0; left &= left - 1) {
        vgic_sgi_send(vgic, vgic_vcpu(vgic, (uint32_t)__builtin_ctz(left)),
                      (uint32_t)field_get(ICC_SGI1R_INTID, value), 0);
    }
    lock_release(&vgic->lock);
}
