/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a partition's messages are mapped to, and the commands that map them. See vits.h. */
#include "core/base/bits.h"
#include "core/guest/vgic_state.h"
#include "core/guest/vits.h"
#include "core/plan/msi.h"

#define LPI_ENABLE   0x01 /* of a byte of the configuration table */
#define LPI_PRIORITY 0xf8 /* what list registers have of it */

/* Commands: IHI 0069 5.3. */
#define CMD_MOVI        0x01
#define CMD_INT         0x03
#define CMD_CLEAR       0x04
#define CMD_SYNC        0x05
#define CMD_MAPD        0x08
#define CMD_MAPC        0x09
#define CMD_MAPTI       0x0a
#define CMD_INV         0x0c
#define CMD_INVALL      0x0d
#define CMD_DISCARD     0x0f
#define CMD0_CODE       MASK(7, 0)
#define CMD0_DEVICE     MASK(63, 32)
#define CMD1_EVENT      MASK(31, 0)
#define CMD1_LPI        MASK(63, 32)
#define CMD1_BITS       MASK(4, 0)
#define CMD2_VALID      BIT(63)
#define CMD2_CPU        MASK(50, 16)
#define CMD2_COLLECTION MASK(15, 0)

/*
 * What each function's EventIDs are mapped to: LPI + 1, counted from LPI_FIRST; 0: nothing. And how
 * many of them MAPD has said there are. Class: locked (the vgic lock of whose function it is).
 */
static uint8_t events[PLAN_MAX_FUNCTIONS][PLAN_EVENTS];
static uint8_t event_count[PLAN_MAX_FUNCTIONS];

_Static_assert(PLAN_LPIS < UINT8_MAX, "it is in events[]");

/* ---- LPIs ---- */

static struct virq *lpi_of(const struct vgic *vgic, uint32_t lpi)
{
    return &vgic->bank[vgic->lpis + lpi / 32]->virq[lpi % 32];
}

/* To the vCPU of its collection, where that takes LPIs. */
static void route_lpi(struct vgic *vgic, uint32_t lpi) REQUIRES(&vgic->lock)
{
    const struct vits *its = vits_of(vgic);
    struct virq *v = lpi_of(vgic, lpi);
    uint32_t to = its->collection[lpi] == 0 ? 0 : its->target[its->collection[lpi] - 1];

    to = to != 0 && (its->lpis >> (to - 1) & 1) != 0 ? to - 1 : VGIC_NOBODY;
    if (v->route != to) {
        vgic_set_route(vgic, vgic_bank_of(vgic, v), v, to);
    }
}

static void route_all(struct vgic *vgic) REQUIRES(&vgic->lock)
{
    for (uint32_t lpi = 0; lpi < PLAN_LPIS; lpi++) {
        route_lpi(vgic, lpi);
    }
}

static void configure(struct vgic *vgic, uint32_t lpi, uint8_t config) REQUIRES(&vgic->lock)
{
    struct virq *v = lpi_of(vgic, lpi);
    struct vgic_bank *bank = vgic_bank_of(vgic, v);
    const uint32_t bit = 1u << lpi % 32;
    const uint32_t enabled = (config & LPI_ENABLE) != 0 ? bit : 0;

    if (v->priority != (config & LPI_PRIORITY) || (bank->enabled & bit) != enabled) {
        vgic_fetch(vgic, v);
        v->priority = config & LPI_PRIORITY;
        bank->enabled = (bank->enabled & ~bit) | enabled;
        vgic_refresh(vgic, bank, bit);
    }
}

/* A list register may have it active, as some GICs do: LPIs are not. */
static void make_pending(struct vgic *vgic, uint32_t lpi) REQUIRES(&vgic->lock)
{
    struct virq *v = lpi_of(vgic, lpi);

    v->pending = 1;
    if (vgic_is_here(vgic_vcpu(vgic, v->home)) && vgic_lr_again(v)) {
        return;
    }
    if (v->lr != VGIC_NO_LR) {
        v->clear |= GIC_LR_ACTIVE;
    }
    vgic_set_pending(vgic, v, 1);
}

static void clear(struct vgic *vgic, uint32_t lpi) REQUIRES(&vgic->lock)
{
    vgic_clear_pending(vgic, lpi_of(vgic, lpi), 1);
}

static void unmap(struct vgic *vgic, uint8_t *event) REQUIRES(&vgic->lock)
{
    const uint32_t lpi = *event - 1u;

    *event = 0;
    clear(vgic, lpi);
    vits_of(vgic)->collection[lpi] = 0;
    route_lpi(vgic, lpi);
}

/* ---- commands ---- */

/* One that names only what the guest has. */
struct command {
    const uint64_t *word;
    const uint8_t *config; /* of every LPI */
    uint32_t function;     /* of the device; */
    uint8_t *event;        /* in events[]; */
    uint32_t lpi;          /* what that is mapped to */
    uint32_t collection;
};

static void mapd(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    const uint64_t bits = field_get(CMD1_BITS, c->word[1]) + 1;
    const uint64_t count = bits < VITS_EVENT_BITS ? BIT(bits) : PLAN_EVENTS;

    for (uint32_t n = 0; n < PLAN_EVENTS; n++) {
        if (events[c->function][n] != 0) {
            unmap(vgic, &events[c->function][n]);
        }
    }
    event_count[c->function] = (c->word[2] & CMD2_VALID) != 0 ? (uint8_t)count : 0;
}

static void mapc(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    const uint64_t cpu = field_get(CMD2_CPU, c->word[2]);

    if ((c->word[2] & CMD2_VALID) == 0) {
        vits_of(vgic)->target[c->collection] = 0;
    } else if (cpu < vgic->cpus) {
        vits_of(vgic)->target[c->collection] = (uint8_t)(cpu + 1);
    }
    route_all(vgic);
}

static void movi(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    vits_of(vgic)->collection[c->lpi] = (uint8_t)(c->collection + 1);
    route_lpi(vgic, c->lpi);
}

static void inv(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    configure(vgic, c->lpi, c->config[c->lpi]);
}

/* Of an event that is mapped nothing changes before DISCARD. */
static void mapti(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    const uint64_t lpi = field_get(CMD1_LPI, c->word[1]) - LPI_FIRST;
    struct command mapped = *c;

    if (*c->event == 0 && lpi < PLAN_LPIS) {
        *c->event = (uint8_t)(lpi + 1);
        mapped.lpi = (uint32_t)lpi;
        inv(vgic, &mapped);
        movi(vgic, &mapped);
    }
}

static void invall(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    for (uint32_t lpi = 0; lpi < PLAN_LPIS; lpi++) {
        if (vits_of(vgic)->collection[lpi] == c->collection + 1) {
            configure(vgic, lpi, c->config[lpi]);
        }
    }
}

static void pend_by_command(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    make_pending(vgic, c->lpi);
}

static void clear_by_command(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    clear(vgic, c->lpi);
}

static void discard(struct vgic *vgic, const struct command *c) REQUIRES(&vgic->lock)
{
    unmap(vgic, c->event);
}

/* What a command has to name rightly; each holds for those before it, too. */
enum needs { NOTHING, A_DEVICE, AN_EVENT, A_MAPPED_EVENT };

static const struct {
    uint8_t code;
    uint8_t needs;   /* enum needs, */
    bool collection; /* and one of these */
    void (*run)(struct vgic *vgic, const struct command *c);
} commands[] = {
    {CMD_MAPD, A_DEVICE, false, mapd},
    {CMD_MAPC, NOTHING, true, mapc},
    {CMD_MAPTI, AN_EVENT, true, mapti},
    {CMD_MOVI, A_MAPPED_EVENT, true, movi},
    {CMD_INT, A_MAPPED_EVENT, false, pend_by_command},
    {CMD_CLEAR, A_MAPPED_EVENT, false, clear_by_command},
    {CMD_DISCARD, A_MAPPED_EVENT, false, discard},
    {CMD_INV, A_MAPPED_EVENT, false, inv},
    {CMD_INVALL, NOTHING, true, invall},
};

/* The partition's function with that DeviceID; PLAN_MAX_FUNCTIONS where there is none. */
static uint32_t function_of(const struct partition *partition, uint64_t device)
{
    for (uint32_t i = 0; i < plan.function_count; i++) {
        const struct plan_function *f = &plan.functions[i];

        if (f->msi && f->msi_device == device &&
            plan.devices[f->device].partition == (int)partition->index) {
            return i;
        }
    }
    return PLAN_MAX_FUNCTIONS;
}

/* False where the command names what the guest has not. */
static bool find(const struct vgic *vgic, struct command *c, enum needs needs, bool collection)
{
    const uint64_t event = field_get(CMD1_EVENT, c->word[1]);

    c->collection = (uint32_t)field_get(CMD2_COLLECTION, c->word[2]);
    if (collection && c->collection >= vgic->cpus) {
        return false;
    }
    if (needs == NOTHING) {
        return true;
    }
    c->function = function_of(vgic->partition, field_get(CMD0_DEVICE, c->word[0]));
    if (c->function == PLAN_MAX_FUNCTIONS || needs == A_DEVICE) {
        return c->function != PLAN_MAX_FUNCTIONS;
    }
    if (event >= event_count[c->function]) {
        return false;
    }
    c->event = &events[c->function][event];
    c->lpi = *c->event - 1u;
    return *c->event != 0 || needs == AN_EVENT;
}

void vits_perform(struct vgic *vgic, const uint64_t word[VITS_CMD_WORDS],
                  const uint8_t config[PLAN_LPIS])
{
    struct command c = {.word = word, .config = config};

    for (uint32_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].code == field_get(CMD0_CODE, word[0]) &&
            find(vgic, &c, commands[i].needs, commands[i].collection)) {
            commands[i].run(vgic, &c);
        }
    }
}

/* True where a vCPU has been told to look at an LPI in a list register of its own, and has not. */
static bool is_on_its_way(const struct vgic *vgic) REQUIRES(&vgic->lock)
{
    bool found = false;

    for (uint32_t lpi = 0; lpi < PLAN_LPIS && !found; lpi++) {
        const struct virq *v = lpi_of(vgic, lpi);

        found = v->lr != VGIC_NO_LR &&
                (vgic_vcpu(vgic, v->home)->vgic.wait[v->intid / 32] >> v->intid % 32 & 1) != 0;
    }
    return found;
}

bool vits_waits(const struct vgic *vgic, const uint64_t word[VITS_CMD_WORDS])
{
    return field_get(CMD0_CODE, word[0]) == CMD_SYNC && is_on_its_way(vgic);
}

/* ---- what else happens to LPIs ---- */

void vits_enable(struct vgic *vgic, uint32_t vcpu, const uint8_t config[PLAN_LPIS])
{
    const struct vits *its = vits_of(vgic);

    vits_of(vgic)->lpis |= 1u << vcpu;
    for (uint32_t lpi = 0; lpi < PLAN_LPIS; lpi++) {
        if (its->collection[lpi] != 0 && its->target[its->collection[lpi] - 1] == vcpu + 1) {
            configure(vgic, lpi, config[lpi]); /* of others INV may have said more since */
        }
    }
    route_all(vgic);
}

void vits_message(struct partition *partition, uint32_t function, uint32_t event)
{
    struct vgic *vgic = &partition->vgic;

    lock_take(&vgic->lock, LOCK_VGIC);
    if (partition->vits.enabled && events[function][event] != 0) {
        make_pending(vgic, events[function][event] - 1u);
    }
    lock_release(&vgic->lock);
}
