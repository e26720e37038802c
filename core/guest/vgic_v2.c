/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the registers of the virtual GICv2's distributor: IHI 0048 chapter 4.3. */
#include "core/base/bits.h"
#include "core/guest/vgic_state.h"

#define GICD_CTLR          0x000 /* RW */
#define GICD_TYPER         0x004 /* RO */
#define GICD_IIDR          0x008 /* RO */
#define GICD_ITARGETSR     0x800 /* RO to 0x81f, then RW */
#define GICD_ITARGETSR_END 0xc00
#define GICD_SGIR          0xf00 /* WO */
#define GICD_CPENDSGIR     0xf10 /* RW */
#define GICD_SPENDSGIR     0xf20 /* RW */
#define GICD_SPENDSGIR_END 0xf30
#define GICD_ICPIDR2       0xfe8 /* RO */

#define GICD_CTLR_ENABLE     BIT(0)
#define GICD_TYPER_ITLINES   MASK(4, 0)
#define GICD_TYPER_CPUNUMBER MASK(7, 5)
#define GICD_SGIR_FILTER     MASK(25, 24)
#define GICD_SGIR_LIST       MASK(23, 16)
#define GICD_SGIR_INTID      MASK(3, 0)
#define ICPIDR2_ARCHREV      MASK(7, 4)

/* One bit for each vCPU. */
static uint32_t present(const struct vgic *vgic)
{
    return (1u << vgic->cpus) - 1;
}

/* ---- fields that GICv3 does not have ---- */

static uint32_t target_read(struct vgic *vgic, struct virq *v)
{
    return vgic->cpus == 1 ? 0 : v->route;
}

static void target_write(struct vgic *vgic, struct vgic_bank *bank, struct virq *v, uint32_t value)
    REQUIRES(&vgic->lock)
{
    vgic_set_route(vgic, bank, v, value & present(vgic));
}

static uint32_t source_read(struct vgic *vgic, struct virq *v) REQUIRES(&vgic->lock)
{
    return vgic_pending(vgic, v);
}

static void source_set(struct vgic *vgic, struct vgic_bank *bank, struct virq *v, uint32_t value)
    REQUIRES(&vgic->lock)
{
    (void)bank;
    vgic_set_pending(vgic, v, value & present(vgic));
}

static void source_clear(struct vgic *vgic, struct vgic_bank *bank, struct virq *v, uint32_t value)
    REQUIRES(&vgic->lock)
{
    (void)bank;
    vgic_clear_pending(vgic, v, value);
}

static const struct vgic_fields itargetsr = {3, 1 | 4, target_read, target_write};
static const struct vgic_fields cpendsgir = {3, 1 | 4, source_read, source_clear};
static const struct vgic_fields spendsgir = {3, 1 | 4, source_read, source_set};

/* ---- the other registers ---- */

/* 4.3.15 */
static void send_sgi(struct vcpu *vcpu, uint64_t value)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    uint32_t self = 1u << vcpu->index;
    const uint32_t to[4] = {(uint32_t)field_get(GICD_SGIR_LIST, value), ~self, self, 0};
    uint32_t left = to[field_get(GICD_SGIR_FILTER, value)] & present(vgic);

    lock_take(&vgic->lock, LOCK_VGIC);
    for (; left != 0; left &= left - 1) {
        vgic_sgi_send(vgic, vgic_vcpu(vgic, (uint32_t)__builtin_ctz(left)),
                      (uint32_t)field_get(GICD_SGIR_INTID, value), vcpu->index);
    }
    lock_release(&vgic->lock);
}

static uint64_t read_word(const struct vgic *vgic, uint64_t offset)
{
    switch (offset) {
    case GICD_CTLR:
        return vgic->enabled ? GICD_CTLR_ENABLE : 0;
    case GICD_TYPER:
        return vgic->typer;
    case GICD_IIDR:
        return VGIC_IIDR;
    case GICD_ICPIDR2:
        return field_prep(ICPIDR2_ARCHREV, 2);
    default:
        return 0;
    }
}

static void write_word(struct vcpu *vcpu, uint64_t offset, uint64_t value)
{
    struct vgic *vgic = &vcpu->partition->vgic;

    if (offset == GICD_CTLR) {
        lock_take(&vgic->lock, LOCK_VGIC);
        vgic_enable(vgic, (value & GICD_CTLR_ENABLE) != 0);
        lock_release(&vgic->lock);
    } else if (offset == GICD_SGIR) {
        send_sgi(vcpu, value);
    }
}

static enum trap_outcome access_word(struct vcpu *vcpu, uint64_t offset, struct mmio_access *access)
{
    if (access->size != 4) {
        return vgic_raz_wi(access);
    }
    if (access->write) {
        write_word(vcpu, offset, access->value);
    } else {
        access->value = read_word(&vcpu->partition->vgic, offset);
    }
    return TRAP_SKIP;
}

/* Those of private interrupts are this CPU's, read-only; none where it is the only one: 4.3.12. */
static enum trap_outcome access_targets(struct vcpu *vcpu, uint64_t offset,
                                        struct mmio_access *access)
{
    struct vgic *vgic = &vcpu->partition->vgic;
    uint32_t n = vgic_bank_at(offset);

    if (n != 0 || access->write || (access->size & itargetsr.widths) == 0) {
        return vgic_access_fields(vcpu, vgic->bank[n], &itargetsr, offset, access);
    }
    access->value = vgic->cpus == 1 ? 0 : UINT32_C(0x01010101) << vcpu->index;
    access->value &= ~UINT64_C(0) >> (64 - 8 * access->size);
    return TRAP_SKIP;
}

static enum trap_outcome gicd_access(struct vcpu *vcpu, void *device, uint64_t offset,
                                     struct mmio_access *access)
{
    struct vgic *vgic = device;
    struct vgic_bank *bank = &vcpu->vgic.private;

    if (offset >= VGIC_BANKED && offset < VGIC_BANKED_END) {
        uint32_t n = vgic_bank_at(offset);

        if (offset >= GICD_ITARGETSR && offset < GICD_ITARGETSR_END) {
            return access_targets(vcpu, offset, access);
        }
        return vgic_access(vcpu, n == 0 ? bank : vgic->bank[n], offset, access);
    }
    if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR) {
        return vgic_access_fields(vcpu, bank, &cpendsgir, offset - GICD_CPENDSGIR, access);
    }
    if (offset >= GICD_SPENDSGIR && offset < GICD_SPENDSGIR_END) {
        return vgic_access_fields(vcpu, bank, &spendsgir, offset - GICD_SPENDSGIR, access);
    }
    return access_word(vcpu, offset, access);
}

enum status vgic_v2_map(struct partition *part, const struct plan_gic *board_gic)
{
    part->vgic.typer = field_prep(GICD_TYPER_ITLINES, gic_intids / 32 - 1) |
                       field_prep(GICD_TYPER_CPUNUMBER, part->vgic.cpus - 1);
    return mmio_add(&part->mmio, board_gic->dist.base, board_gic->dist.size, gicd_access,
                    &part->vgic);
}
