/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a partition may do with configuration space. */
#include "core/guest/vpci.h"

#include "core/base/bits.h"
#include "core/base/pci.h"
#include "core/guest/partition.h"
#include "core/plan/msi.h"
#include "core/plan/pci.h"

#define BARS 6u

/* ---- what may be written ---- */

enum space { HEADER, CAP, EXTENDED };

/*
 * A register of 32 bits: `writable` bits are the guest's, `clears` are cleared by its ones. What no
 * rule names can be read only.
 */
struct rule {
    enum space space;
    uint16_t id; /* of the capability */
    uint16_t at; /* offset in header or capability */
    uint32_t writable, clears;
};

static const struct rule rules[] = {
    {HEADER, 0, PCI_COMMAND,
     PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
         PCI_COMMAND_NO_INTX,
     PCI_STATUS_RW1C},
    {HEADER, 0, PCI_CACHE_LINE, MASK(7, 0), 0},
    {HEADER, 0, PCI_INTERRUPT, PCI_INTERRUPT_LINE, 0},
    {CAP, PCI_CAP_PCIE, PCIE_DEVCTL,
     PCIE_DEVCTL_ERRORS | PCIE_DEVCTL_RELAXED | PCIE_DEVCTL_NO_SNOOP | PCIE_DEVCTL_MRRS,
     PCIE_DEVSTA_RW1C},
    {CAP, PCI_CAP_PCIE, PCIE_DEVCTL2, PCIE_DEVCTL2_TIMEOUT, 0},
    {CAP, PCI_CAP_MSI, 0x00, PCI_MSI_ENABLE | PCI_MSI_COUNT, 0},
    {CAP, PCI_CAP_MSI, 0x04, PCI_ALL_ONES, 0},
    {CAP, PCI_CAP_MSI, 0x08, PCI_ALL_ONES, 0},
    {CAP, PCI_CAP_MSI, 0x0c, PCI_ALL_ONES, 0},
    {CAP, PCI_CAP_MSI, 0x10, PCI_ALL_ONES, 0},
    {CAP, PCI_CAP_MSIX, 0x00, PCI_MSIX_ENABLE, 0},
};

/*
 * Capabilities that a guest does not see: their registers move or power the function, make it
 * others, or give it a say in translation; MSI and MSI-X only where it has a frame to write to.
 */
static const struct {
    enum space space;
    uint16_t id;
} hidden[] = {
    {CAP, PCI_CAP_PM},         {CAP, PCI_CAP_MSI},          {CAP, PCI_CAP_MSIX},
    {CAP, PCI_CAP_AF},         {CAP, PCI_CAP_EA},           {EXTENDED, PCI_EXT_ACS},
    {EXTENDED, PCI_EXT_ARI},   {EXTENDED, PCI_EXT_ATS},     {EXTENDED, PCI_EXT_SRIOV},
    {EXTENDED, PCI_EXT_PRI},   {EXTENDED, PCI_EXT_REBAR},   {EXTENDED, PCI_EXT_LTR},
    {EXTENDED, PCI_EXT_PASID}, {EXTENDED, PCI_EXT_DPC},     {EXTENDED, PCI_EXT_L1PM},
    {EXTENDED, PCI_EXT_PTM},   {EXTENDED, PCI_EXT_VFREBAR},
};

/* Where a register belongs: the capability that begins at it or last before it. */
struct place {
    enum space space;
    uint32_t id, at; /* capability, and offset in it */
    bool hidden;
};

static bool is_hidden(const struct plan *p, const struct plan_function *f, enum space space,
                      uint32_t id)
{
    if (space == CAP && (id == PCI_CAP_MSI || id == PCI_CAP_MSIX) && f->device >= 0) {
        const struct msi_frame frame = msi_frame(p, (uint32_t)p->devices[f->device].partition);

        if (f->msi || (frame.mmio.size != 0 && !frame.emulated)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < ARRAY_SIZE(hidden); i++) {
        if (hidden[i].space == space && hidden[i].id == id) {
            return true;
        }
    }
    return false;
}

static struct place place_of(const struct plan *p, const struct plan_function *f, uint32_t reg)
{
    struct place place = {HEADER, 0, reg, false};
    uint32_t first = reg >= PCI_EXT_FIRST ? PCI_EXT_FIRST : PCI_CAPS_FIRST;
    uint32_t begins = 0;

    if (reg < PCI_CAPS_FIRST) {
        return place;
    }
    place.space = reg >= PCI_EXT_FIRST ? EXTENDED : CAP;
    for (uint32_t i = 0; i < f->cap_count; i++) {
        if (f->cap[i].at >= first && f->cap[i].at <= reg && f->cap[i].at >= begins) {
            begins = f->cap[i].at;
            place.id = f->cap[i].id;
        }
    }
    place.at = reg - begins;
    place.hidden = begins != 0 && is_hidden(p, f, place.space, place.id);
    return place;
}

static const struct rule *rule_of(struct place place)
{
    static const struct rule read_only;

    for (uint32_t i = 0; i < ARRAY_SIZE(rules); i++) {
        const struct rule *r = &rules[i];

        if (r->space == place.space && r->id == place.id && r->at == place.at) {
            return r;
        }
    }
    return &read_only;
}

/* ---- one register of a function that is the partition's; the lock is held ---- */

static bool is_bridge(const struct plan_function *f)
{
    return f->device < 0;
}

static uint32_t read_hardware(const struct vpci *v, const struct plan_function *f, uint32_t reg)
{
    return pci_read(&v->plan->pci_hosts[f->host], f->rid, reg);
}

/* Which BAR the register is, the ROM's as well; PLAN_BARS: none. A bridge has two and no ROM. */
static uint32_t bar_at(const struct plan_function *f, uint32_t reg)
{
    if (reg >= PCI_BAR0 && reg < PCI_BAR0 + 4 * (is_bridge(f) ? 2 : BARS)) {
        return (reg - PCI_BAR0) / 4;
    }
    return reg == PCI_ROM && !is_bridge(f) ? PLAN_ROM : PLAN_BARS;
}

/* What decodes, of a ROM that is given: a guest's own affair. */
static uint32_t rom_enable(const struct vpci *v, const struct plan_function *f)
{
    return f->bar[PLAN_ROM].value == 0 ? 0
                                       : read_hardware(v, f, PCI_ROM) & (uint32_t)PCI_ROM_ENABLE;
}

static uint32_t read_bar(const struct vpci *v, const struct plan_function *f, uint32_t bar)
{
    if ((v->sizing[f - v->plan->functions] & BIT(bar)) != 0) {
        return f->bar[bar].sizing;
    }
    return f->bar[bar].value | (bar == PLAN_ROM ? rom_enable(v, f) : 0);
}

static void write_bar(struct vpci *v, const struct plan_function *f, uint32_t bar, uint32_t value,
                      uint32_t bits) REQUIRES(&v->lock)
{
    const uint32_t flags = bar == PLAN_ROM ? ~(uint32_t)PCI_ROM_ADDRESS : (uint32_t)PCI_BAR_FLAGS;
    uint8_t *sizing = &v->sizing[f - v->plan->functions];
    bool ones = bits == PCI_ALL_ONES && (value | flags) == PCI_ALL_ONES;

    *sizing = (uint8_t)(ones ? *sizing | BIT(bar) : *sizing & ~BIT(bar));
    if (bar == PLAN_ROM && f->bar[bar].value != 0 && (bits & PCI_ROM_ENABLE) != 0) {
        pci_write(&v->plan->pci_hosts[f->host], f->rid, PCI_ROM,
                  f->bar[bar].value | (ones ? 0 : value & (uint32_t)PCI_ROM_ENABLE));
    }
}

static uint32_t read_register(struct vpci *v, const struct plan_function *f, uint32_t reg)
    REQUIRES(&v->lock)
{
    struct place place = place_of(v->plan, f, reg);
    uint32_t value;

    if (bar_at(f, reg) != PLAN_BARS) {
        return read_bar(v, f, bar_at(f, reg));
    }
    if (is_bridge(f) && reg == PCI_BRIDGE_ROM) {
        return 0;
    }
    value = read_hardware(v, f, reg);
    if (place.hidden) { /* what is left is the null capability, and its place in the list */
        uint64_t next = place.space == CAP ? PCI_CAP_NEXT : PCI_EXT_NEXT;

        return place.at == 0 ? value & (uint32_t)next : 0;
    }
    if (is_bridge(f) && reg == PCI_INTERRUPT) {
        return value & ~(uint32_t)PCI_INTERRUPT_PIN;
    }
    if (place.space == CAP && place.id == PCI_CAP_PCIE && place.at == PCIE_DEVCAP) {
        return value & ~(uint32_t)PCIE_DEVCAP_FLR;
    }
    return value;
}

/* Past the end of an MSI capability, whose length depends on what it can do: 7.7.1. */
static bool is_beyond_msi(const struct vpci *v, const struct plan_function *f, struct place place,
                          uint32_t reg)
{
    uint32_t control;

    if (place.space != CAP || place.id != PCI_CAP_MSI || place.at == 0) {
        return false;
    }
    control = read_hardware(v, f, reg - place.at);
    return place.at >= 0xau + ((control & PCI_MSI_64) != 0 ? 0x4u : 0) +
                           ((control & PCI_MSI_MASKS) != 0 ? 0x6u : 0);
}

/* A reset that the device's driver can ask for takes them: they are where they are planned. */
static void restore_bars(const struct vpci *v, const struct plan_function *f)
{
    for (uint32_t i = 0; i < BARS; i++) {
        pci_write(&v->plan->pci_hosts[f->host], f->rid, PCI_BAR0 + 4 * i, f->bar[i].value);
    }
    if (f->bar[PLAN_ROM].value != 0) {
        pci_write(&v->plan->pci_hosts[f->host], f->rid, PCI_ROM,
                  f->bar[PLAN_ROM].value | rom_enable(v, f));
    }
}

/* `bits` of the register are written with those of `value`. */
static void write_register(struct vpci *v, const struct plan_function *f, uint32_t reg,
                           uint32_t value, uint32_t bits) REQUIRES(&v->lock)
{
    struct place place = place_of(v->plan, f, reg);
    const struct rule *r = rule_of(place);

    if (is_bridge(f) || place.hidden || is_beyond_msi(v, f, place, reg)) {
        return;
    }
    if (bar_at(f, reg) != PLAN_BARS) {
        write_bar(v, f, bar_at(f, reg), value, bits);
        return;
    }
    if (((r->writable | r->clears) & bits) != 0) {
        const uint32_t now = read_hardware(v, f, reg);
        const uint32_t kept = now & ~(r->clears | (r->writable & bits));

        if (reg == PCI_COMMAND && (now & PCI_COMMAND_MEMORY) == 0) {
            restore_bars(v, f); /* before it decodes addresses again */
        }
        pci_write(&v->plan->pci_hosts[f->host], f->rid, reg,
                  kept | (value & bits & (r->writable | r->clears)));
    }
}

/* ---- the window ---- */

static const struct plan_function *find_function(const struct vcpu *vcpu, uint32_t host,
                                                 uint32_t rid)
{
    const struct plan *p = vcpu->partition->vpci.plan;

    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];

        if (f->host == host && f->rid == rid) {
            return pci_is_visible(p, vcpu->partition->index, f) ? f : NULL;
        }
    }
    return NULL;
}

/* Any width, aligned or not: by the registers of 32 bits that it falls into. */
static enum trap_outcome access_window(struct vcpu *vcpu, void *device, uint64_t offset,
                                       struct mmio_access *access)
{
    struct vpci *v = &vcpu->partition->vpci;
    const struct plan_pci_host *host = device;
    uint32_t count;
    uint64_t value = 0;

    lock_take(&v->lock, LOCK_VPCI);
    for (uint32_t done = 0; done < access->size; done += count) {
        uint64_t at = offset + done;
        uint32_t reg = (uint32_t)(at & (PCI_CONFIG_SIZE - 1)) & ~3u;
        uint32_t lane = (uint32_t)(at & 3);
        uint32_t rid = (uint32_t)(at >> PAGE_SHIFT) + (host->first << 8);
        const struct plan_function *f =
            find_function(vcpu, (uint32_t)(host - v->plan->pci_hosts), rid);
        uint32_t bits;

        count = access->size - done < 4 - lane ? access->size - done : 4 - lane;
        bits = (uint32_t)(BIT(8 * count) - 1) << 8 * lane;
        if (access->write && f != NULL) {
            write_register(v, f, reg, (uint32_t)(access->value >> 8 * done) << 8 * lane, bits);
        } else if (!access->write) {
            uint32_t word = f == NULL ? PCI_ALL_ONES : read_register(v, f, reg);

            value |= (uint64_t)((word & bits) >> 8 * lane) << 8 * done;
        }
    }
    lock_release(&v->lock);
    access->value = access->write ? access->value : value;
    return TRAP_SKIP;
}

/* ---- making it, and its end ---- */

enum status vpci_init(struct partition *part, const struct plan *p)
{
    enum status status = OK;

    part->vpci.plan = p;
    for (uint32_t i = 0; status == OK && i < p->pci_host_count; i++) {
        const struct plan_pci_host *host = &p->pci_hosts[i];

        if (pci_has_functions(p, part->index, i)) {
            status = mmio_add(&part->mmio, host->ecam.base, host->ecam.size, access_window,
                              (void *)(uintptr_t)host);
        }
    }
    return status;
}

void vpci_stop(struct partition *part)
{
    const struct plan *p = part->vpci.plan;
    const uint64_t since = arch_counter();

    lock_take(&part->vpci.lock, LOCK_VPCI);
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct plan_function *f = &p->functions[i];

        if (!is_bridge(f) && p->devices[f->device].partition == (int)part->index) {
            (void)pci_quiesce(&p->pci_hosts[f->host], f, since);
        }
    }
    lock_release(&part->vpci.lock);
    if (drivers_pci != NULL) {
        drivers_pci->stop(p, part->index);
    }
}
