/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a partition's interrupts come to be, are reset, and end. */
#include <string.h>

#include "core/base/bits.h"
#include "core/guest/vgic_state.h"
#include "core/memory/pool.h"
#include "core/plan/msi.h"

#define SGIS UINT32_C(0xffff)

/* ---- build ---- */

_Static_assert(PAGE_SIZE / sizeof(struct vgic_bank) >= PLAN_SPI_BANKS, "the plan counts on it");

static struct vgic_bank *take_bank(struct vgic *vgic)
{
    if (vgic->spares == 0) {
        vgic->spare = pool_take(1);
        if (vgic->spare == NULL) {
            return NULL;
        }
        vgic->spares = (uint32_t)(PAGE_SIZE / sizeof(struct vgic_bank));
    }
    vgic->spares--;
    return vgic->spare++;
}

static enum status own_spi(struct vgic *vgic, const struct plan_irq *irq, bool hw)
{
    struct vgic_bank **bank;

    if (irq->intid < 32 || irq->intid >= IRQ_SPURIOUS || irq->intid >= gic_intids) {
        return E_INVALID;
    }
    bank = &vgic->bank[irq->intid / 32];
    if (*bank == NULL) {
        *bank = take_bank(vgic);
        if (*bank == NULL) {
            return E_NO_SPACE;
        }
    }
    (*bank)->virq[irq->intid % 32] = (struct virq){
        .intid = (uint16_t)irq->intid,
        .vintid = (uint16_t)irq->intid,
        .target = VGIC_NOBODY,
        .lr = VGIC_NO_LR,
        .quick = VGIC_NO_LR,
        .hw = hw,
        .edge = irq->edge,
    };
    (*bank)->owned |= 1u << irq->intid % 32;
    (*bank)->made = (*bank)->owned;
    if (hw) {
        irq_set_edge(irq->intid, irq->edge);
    }
    return OK;
}

/* Banks that no SPI of the partition is in: the distributor's registers do not show them. */
static enum status make_lpis(struct vgic *vgic, uint32_t first)
{
    vgic->lpis = first / 32;
    for (uint32_t n = 0; n < PLAN_LPIS; n++) {
        struct vgic_bank **bank = &vgic->bank[(first + n) / 32];

        if (*bank == NULL) {
            *bank = take_bank(vgic);
            if (*bank == NULL) {
                return E_NO_SPACE;
            }
            (*bank)->made = UINT32_MAX;
        }
        (*bank)->virq[n % 32] = (struct virq){
            .intid = (uint16_t)(first + n),
            .vintid = (uint16_t)(LPI_FIRST + n),
            .route = VGIC_NOBODY,
            .target = VGIC_NOBODY,
            .lr = VGIC_NO_LR,
            .quick = VGIC_NO_LR,
            .edge = true,
        };
    }
    return OK;
}

static enum status own_spis(struct partition *part, const struct plan *p)
{
    const struct msi_frame frame = msi_frame(p, part->index);
    enum status status = OK;

    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct plan_device *device = &p->devices[i];

        for (uint32_t n = 0; status == OK && n < device->irq_count; n++) {
            if (device->partition == (int)part->index) {
                status = own_spi(&part->vgic, &device->irq[n], true);
            }
        }
    }
    for (uint32_t n = 0; status == OK && !frame.emulated && n < frame.count; n++) {
        const struct plan_irq message = {(uint16_t)(frame.first + n), true};

        status = own_spi(&part->vgic, &message, true);
    }
    if (status == OK && frame.emulated) {
        status = make_lpis(&part->vgic, frame.first);
    }
    if (status == OK && part->plan->console == PLAN_CONSOLE_SHARED) {
        status = own_spi(&part->vgic, &p->board.console.irq, false);
    }
    return status;
}

static void make_private(struct vcpu *vcpu)
{
    struct vgic_bank *bank = &vcpu->vgic.private;

    for (uint32_t n = 0; n < 32; n++) {
        bank->virq[n] = (struct virq){
            .intid = (uint16_t)n,
            .vintid = (uint16_t)n,
            .target = (uint8_t)vcpu->index,
            .home = (uint8_t)vcpu->index,
            .lr = VGIC_NO_LR,
            .quick = VGIC_NO_LR,
            .hw = (bank->owned & ~SGIS & 1u << n) != 0,
            .edge = n < 16,
        };
    }
}

static void own_private(struct vcpu *vcpu, const struct plan_board *board)
{
    const uint32_t ppis[] = {board->timer_virt, board->timer_phys, board->pmu};
    struct vgic_bank *bank = &vcpu->vgic.private;

    bank->owned = SGIS;
    for (uint32_t i = 0; i < ARRAY_SIZE(ppis); i++) {
        if (ppis[i] >= 16 && ppis[i] < 32) {
            bank->owned |= 1u << ppis[i];
        }
    }
    /* A GICv2's SGIs are always enabled: an option of IHI 0048 4.3.5 that the GIC-400 takes. */
    bank->fixed = board->gic.version == 2 ? SGIS : 0;
    bank->made = bank->owned;
    bank->cpu = vcpu->cpu;
    make_private(vcpu);
}

enum status vgic_init(struct partition *part, const struct plan *p)
{
    struct vgic *vgic = &part->vgic;
    enum status status;

    vgic->partition = part;
    vgic->version = p->board.gic.version;
    vgic->cpus = part->plan->cpu_count;
    for (uint32_t i = 0; i < vgic->cpus; i++) {
        own_private(&part->vcpu[i], &p->board);
    }
    status = own_spis(part, p);
    if (status != OK) {
        return status;
    }
    return vgic->version == 2 ? vgic_v2_map(part, &p->board.gic) : vgic_v3_map(part, &p->board.gic);
}

/* ---- reset ---- */

/* Off, and neither pending nor active, also physically. */
static void silence(struct vgic_bank *bank)
{
    bank->on = 0;
    for (uint32_t left = bank->made; left != 0; left &= left - 1) {
        struct virq *v = &bank->virq[__builtin_ctz(left)];

        v->active = false;
        v->pending = 0;
        if (v->hw) {
            gic->set_enable(bank->cpu, v->intid, false);
            gic->set_pending(bank->cpu, v->intid, false);
            gic->set_active(bank->cpu, v->intid, false);
        }
    }
}

/* The SPIs that this vCPU leaves active would never come again; and its targets have changed. */
static void reset_spis(struct vgic *vgic, struct vcpu *vcpu) REQUIRES(&vgic->lock)
{
    for (uint32_t i = 1; i < VGIC_BANKS; i++) {
        struct vgic_bank *bank = vgic->bank[i];

        for (uint32_t left = bank == NULL ? 0 : bank->made; left != 0; left &= left - 1) {
            struct virq *v = &bank->virq[__builtin_ctz(left)];

            if (v->active && v->lr == VGIC_NO_LR && v->home == vcpu->index) {
                vgic_set_active(vgic, v, false);
            }
            vgic_set_route(vgic, bank, v, v->route);
        }
    }
}

void vgic_vcpu_reset(struct vcpu *vcpu)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    struct vgic_cpu *c = &vcpu->vgic;

    lock_take(&vgic->lock, LOCK_VGIC);
    c->online = false;
    for (uint32_t n = 0; n < VGIC_MAX_LRS; n++) {
        if (c->held[n] != NULL) {
            vgic_fetch(vgic, c->held[n]);
        }
    }
    silence(&c->private);
    make_private(vcpu);
    c->private.enabled = c->private.fixed;
    gic->virt_reset();
    memset(c, 0, offsetof(struct vgic_cpu, private));
    c->lr_all = (1u << gic->lr_count()) - 1;
    c->lr_free = c->lr_all;
    c->asleep = true;
    /* CPU_ON, and not the way out: see vcpu_take_start() and vcpu_stop(). */
    c->online = __atomic_load_n(&vcpu->power, __ATOMIC_RELAXED) == VCPU_ON_PENDING;
    c->private.reached = c->online ? UINT32_MAX : 0;
    vgic_refresh(vgic, &c->private, c->private.owned);
    reset_spis(vgic, vcpu);
    lock_release(&vgic->lock);
}

void vgic_stop(struct partition *part)
{
    struct vgic *vgic = &part->vgic;

    lock_take(&vgic->lock, LOCK_VGIC);
    vgic->enabled = false;
    for (uint32_t i = 1; i < VGIC_BANKS; i++) {
        if (vgic->bank[i] != NULL) {
            silence(vgic->bank[i]);
        }
    }
    lock_release(&vgic->lock);
}
