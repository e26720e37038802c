/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the registers of the virtual ITS and of LPIs, and its command queue. See vits.h. */
#include "core/guest/vits.h"

#include <string.h>

#include "core/base/bits.h"
#include "core/guest/vgic_state.h"
#include "core/memory/el2_map.h"
#include "core/plan/msi.h"

#define GITS_CTLR    0x0000 /* RW, and GITS_IIDR behind it */
#define GITS_TYPER   0x0008 /* RO */
#define GITS_CBASER  0x0080 /* RW */
#define GITS_CWRITER 0x0088 /* RW */
#define GITS_CREADR  0x0090 /* RO */
#define GITS_PIDR2   0xffe8 /* RO */
#define REGISTER     8      /* bytes of each, in one access or two */

#define GICR_CTLR      0x0000 /* RW */
#define GICR_PROPBASER 0x0070 /* RW, 64 bits */
#define GICR_PENDBASER 0x0078 /* RW, 64 bits */

#define GITS_CTLR_ENABLED   BIT(0)
#define GITS_CTLR_QUIESCENT BIT(31)
#define GITS_TYPER_PHYSICAL BIT(0)
#define GITS_TYPER_IDBITS   MASK(12, 8)
#define GITS_TYPER_DEVBITS  MASK(17, 13)
#define GITS_TYPER_HCC      MASK(31, 24)
#define GITS_CBASER_VALID   BIT(63)
#define GITS_CBASER_PAGES   MASK(7, 0)
#define GITS_CBASER_HELD    (BIT(63) | MASK(61, 59) | MASK(55, 53) | MASK(51, 10) | MASK(7, 0))
#define GITS_CWRITER_OFFSET MASK(19, 5)
#define GITS_PIDR2_V3       0x30
#define DEVICE_BITS         32

#define GICR_CTLR_LPIS      BIT(0)
#define GICR_PROPBASER_BITS MASK(4, 0)
#define GICR_PROPBASER_HELD (MASK(58, 56) | MASK(51, 7) | MASK(4, 0))
#define GICR_PENDBASER_HELD (MASK(58, 56) | MASK(51, 16) | MASK(11, 7))
#define BASER_ADDRESS       MASK(51, 12)
#define CMD_BYTES           (VITS_CMD_WORDS * sizeof(uint64_t))

_Static_assert(PLAN_EVENTS == 1 << VITS_EVENT_BITS, "EventIDs");
_Static_assert(PLAN_LPIS == 1 << VITS_LPI_BITS, "LPIs");

/* ---- the guest's memory ---- */

static void read_memory(const struct partition *part, uint64_t from, void *to, uint32_t size)
{
    const struct plan_extent *e = plan_extent_at(part->plan, from, size);

    if (e == NULL) {
        memset(to, 0, size);
    } else {
        el2_read(part->index, e->pa + (from - e->ipa), to, size);
    }
}

/* Of all LPIs that there are. */
static void read_config(const struct partition *part, uint64_t propbaser, uint8_t config[PLAN_LPIS])
{
    if (field_get(GICR_PROPBASER_BITS, propbaser) + 1 < VITS_INTID_BITS) {
        memset(config, 0, PLAN_LPIS);
    } else {
        read_memory(part, propbaser & BASER_ADDRESS, config, PLAN_LPIS);
    }
}

/* ---- the queue ---- */

static uint64_t queue_bytes(const struct vits *its)
{
    return (field_get(GITS_CBASER_PAGES, its->cbaser) + 1) * PAGE_SIZE;
}

/* Where the next commands end that are done at once: all in one page. */
static uint64_t batch_end(const struct vits *its)
{
    const uint64_t page_end = align_down(its->creadr, PAGE_SIZE) + PAGE_SIZE;
    const uint64_t most = its->creadr + VITS_BATCH * CMD_BYTES;
    const uint64_t end = most < page_end ? most : page_end;

    if (!its->enabled || (its->cbaser & GITS_CBASER_VALID) == 0) {
        return its->creadr;
    }
    return its->cwriter >= its->creadr && its->cwriter < end ? its->cwriter : end;
}

/*
 * The command at `at`; false where it has to wait, or another vCPU has gone on, or changed the
 * queue, meanwhile.
 */
static bool advance(struct vgic *vgic, uint64_t at, const uint64_t word[VITS_CMD_WORDS],
                    const uint8_t config[PLAN_LPIS])
{
    struct vits *its = vits_of(vgic);
    bool same;

    lock_take(&vgic->lock, LOCK_VGIC);
    same = its->enabled && its->creadr == at && its->cwriter != at && !vits_waits(vgic, word);
    if (same) {
        its->creadr = (at + CMD_BYTES) % queue_bytes(its);
        vits_perform(vgic, word, config);
    }
    lock_release(&vgic->lock);
    return same;
}

static void work(struct vgic *vgic)
{
    const struct vits *its = vits_of(vgic);
    uint64_t words[VITS_BATCH][VITS_CMD_WORDS];
    uint8_t config[PLAN_LPIS];
    uint64_t base, propbaser, at, end;

    lock_take(&vgic->lock, LOCK_VGIC);
    base = its->cbaser & BASER_ADDRESS;
    propbaser = its->propbaser;
    at = its->creadr;
    end = batch_end(its);
    lock_release(&vgic->lock);
    if (at == end) {
        return;
    }
    read_memory(vgic->partition, base + at, words, (uint32_t)(end - at));
    read_config(vgic->partition, propbaser, config);
    for (uint32_t i = 0; at < end && advance(vgic, at, words[i], config); i++) {
        at += CMD_BYTES;
    }
}

/* ---- registers ---- */

/* What is not here is GITS_BASER<n>, Type 0; and GITS_TRANSLATER, where no CPU has a DeviceID. */
static uint64_t read_register(const struct vgic *vgic, uint64_t offset)
{
    const struct vits *its = vits_of(vgic);

    switch (offset) {
    case GITS_CTLR:
        return (its->enabled ? GITS_CTLR_ENABLED : GITS_CTLR_QUIESCENT) | (uint64_t)VGIC_IIDR << 32;
    case GITS_TYPER:
        return GITS_TYPER_PHYSICAL | field_prep(GITS_TYPER_IDBITS, VITS_EVENT_BITS - 1) |
               field_prep(GITS_TYPER_DEVBITS, DEVICE_BITS - 1) |
               field_prep(GITS_TYPER_HCC, vgic->cpus);
    case GITS_CBASER:
        return its->cbaser;
    case GITS_CWRITER:
        return its->cwriter;
    case GITS_CREADR:
        return its->creadr;
    case GITS_PIDR2:
        return GITS_PIDR2_V3;
    default:
        return 0;
    }
}

static void write_register(struct vits *its, uint64_t offset, uint64_t v)
{
    if (offset == GITS_CTLR) {
        its->enabled = (v & GITS_CTLR_ENABLED) != 0;
    } else if (offset == GITS_CBASER && !its->enabled) {
        its->cbaser = v & GITS_CBASER_HELD;
        its->creadr = 0;
        its->cwriter = 0;
    } else if (offset == GITS_CWRITER && (v & GITS_CWRITER_OFFSET) < queue_bytes(its)) {
        its->cwriter = v & GITS_CWRITER_OFFSET;
    }
}

static enum trap_outcome gits_access(struct vcpu *vcpu, void *device, uint64_t offset,
                                     struct mmio_access *access)
{
    struct vgic *vgic = device;
    const uint64_t at = align_down(offset, REGISTER);
    uint64_t value;

    (void)vcpu;
    if (access->size < sizeof(uint32_t)) {
        return vgic_raz_wi(access);
    }
    if (!access->write) {
        work(vgic);
    }
    lock_take(&vgic->lock, LOCK_VGIC);
    value = read_register(vgic, at);
    if (access->write) {
        write_register(vits_of(vgic), at, vgic_write_64(access, offset, value));
    } else {
        vgic_read_64(access, offset, value);
    }
    lock_release(&vgic->lock);
    if (access->write) {
        work(vgic);
    }
    return TRAP_SKIP;
}

/* ---- redistributors ---- */

/* What is mapped and pending already begins to be delivered. */
static void enable_lpis(struct vcpu *owner, uint64_t propbaser)
{
    struct vgic *vgic = &owner->partition->vgic;
    uint8_t config[PLAN_LPIS];

    read_config(owner->partition, propbaser, config);
    lock_take(&vgic->lock, LOCK_VGIC);
    vits_enable(vgic, owner->index, config);
    lock_release(&vgic->lock);
}

bool vits_gicr_access(struct vcpu *owner, uint64_t offset, struct mmio_access *access)
{
    struct vgic *vgic = &owner->partition->vgic;
    struct vits *its = vits_of(vgic);
    const uint64_t at = align_down(offset, REGISTER);
    const bool prop = at == GICR_PROPBASER;
    uint64_t *reg = prop ? &its->propbaser : &its->pendbaser[owner->index];

    if (vgic->lpis == 0) {
        return false;
    }
    if (offset == GICR_CTLR && access->write && access->size == sizeof(uint32_t)) {
        if ((access->value & GICR_CTLR_LPIS) != 0 && vits_gicr_ctlr(owner) == 0) {
            enable_lpis(owner, its->propbaser);
        }
        return true;
    }
    if (!prop && at != GICR_PENDBASER) {
        return false;
    }
    lock_take(&vgic->lock, LOCK_VGIC);
    if (!access->write) {
        vgic_read_64(access, offset, *reg);
    } else if (prop ? its->lpis == 0 : vits_gicr_ctlr(owner) == 0) {
        *reg = vgic_write_64(access, offset, *reg) &
               (prop ? GICR_PROPBASER_HELD : GICR_PENDBASER_HELD);
    }
    lock_release(&vgic->lock);
    return true;
}

uint32_t vits_gicr_ctlr(const struct vcpu *owner)
{
    return owner->partition->vits.lpis >> owner->index & GICR_CTLR_LPIS;
}

/* ---- building ---- */

enum status vits_init(struct partition *part, struct range window)
{
    return mmio_add(&part->mmio, window.base, window.size, gits_access, &part->vgic);
}
