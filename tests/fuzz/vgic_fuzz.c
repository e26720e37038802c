/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest of three vCPUs plays with its GIC (v2 or v3) on the model of the hardware, and a slow
 * model of one GIC (IHI 0048, IHI 0069), as if there were no hypervisor, tells what it must see:
 * the registers, and which interrupt each acknowledgement returns.
 *
 * What a list register linked to a physical interrupt cannot hide, as on every hypervisor, is left
 * out: lines of granted level-sensitive interrupts fall only while they are active, as a handler
 * makes them (what waits in a list register is delivered all the same); and no second edge comes
 * while the first waits there (it comes a second time).
 */
#define take guest_take /* its name, as bytes.h has a take() of its own */
#include "core/guest/gic_guest_test.h"
#undef take

#include "bytes.h"
#include "core/memory/pool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH 8u /* of nested interrupts on a CPU */

struct ref_irq {
    bool enabled, latch, line, active, edge;
    uint8_t sources; /* GICv2 SGI: who sent it and is still pending */
    uint8_t priority;
    uint32_t target; /* SPI */
};

/* The GIC as the guest knows it. */
static struct {
    struct ref_irq private[CPUS][32], spi[INTIDS];
    uint32_t stack[CPUS][DEPTH]; /* IARs that have not ended */
    uint32_t depth[CPUS];
    bool on;
} ref;

static const uint8_t owned[] = {0,       1,           5,        15,        PMU,    TIMER,
                                TIMER_P, SPI_CONSOLE, SPI_EDGE, SPI_LEVEL, SPI_FAR};

/* A pool that starts anew with each input, in place of the library's. */
static uint8_t pages[8][4096] __attribute__((aligned(4096)));
static uint32_t pages_used;

void *pool_take(uint32_t count)
{
    require(count == 1 && pages_used < 8, "%u pages", count);
    return memset(pages[pages_used++], 0, sizeof(pages[0]));
}

void pool_extend(struct range more)
{
    (void)more;
}

static struct ref_irq *ref_of(uint32_t cpu, uint32_t intid)
{
    return intid < 32 ? &ref.private[cpu][intid] : &ref.spi[intid];
}

static bool is_pending_ref(const struct ref_irq *r)
{
    return r->latch || r->sources != 0 || (!r->edge && r->line);
}

static int running_ref(uint32_t cpu)
{
    return ref.depth[cpu] == 0 ? IDLE
                               : ref_of(cpu, ref.stack[cpu][ref.depth[cpu] - 1] & 0x3ff)->priority;
}

/* It can be acknowledged on that CPU now, whatever its priority. */
static bool is_candidate(uint32_t cpu, uint32_t intid)
{
    const struct ref_irq *r = ref_of(cpu, intid);

    return ref.on && r->enabled && !r->active && is_pending_ref(r) &&
           (intid < 32 || r->target == cpu);
}

static int most_urgent(uint32_t cpu)
{
    int best = IDLE;

    for (uint32_t i = 0; i < sizeof(owned); i++) {
        if (is_candidate(cpu, owned[i]) && ref_of(cpu, owned[i])->priority < best) {
            best = ref_of(cpu, owned[i])->priority;
        }
    }
    return best;
}

/* ---- what the guest does ---- */

static void acknowledge(uint32_t cpu)
{
    int best = most_urgent(cpu);
    uint32_t iar, intid;
    struct ref_irq *r;

    if (ref.depth[cpu] == DEPTH) {
        return;
    }
    iar = guest_take(cpu);
    intid = iar & 0x3ff;
    if (best >= running_ref(cpu)) {
        require(iar == SPURIOUS, "CPU %u gets %u, and nothing is due", cpu, intid);
        return;
    }
    require(iar != SPURIOUS, "CPU %u gets nothing; one of priority 0x%x is due", cpu, best);
    r = ref_of(cpu, intid);
    require(is_candidate(cpu, intid), "CPU %u gets %u, which is not due", cpu, intid);
    require(r->priority == best, "CPU %u gets %u of priority 0x%x before 0x%x", cpu, intid,
            r->priority, best);
    if (intid < 16 && model.version == 2) {
        uint32_t source = iar >> 10 & 7;

        require((r->sources >> source & 1) != 0, "SGI %u from CPU %u", intid, source);
        r->sources = (uint8_t)(r->sources & ~(1u << source));
    }
    r->latch = false;
    r->active = true;
    ref.stack[cpu][ref.depth[cpu]++] = iar;
}

static void end_last(uint32_t cpu)
{
    if (ref.depth[cpu] != 0) {
        uint32_t iar = ref.stack[cpu][--ref.depth[cpu]];

        ref_of(cpu, iar & 0x3ff)->active = false;
        end(cpu, iar);
    }
}

static void drive(uint32_t cpu, uint32_t intid, bool level)
{
    struct ref_irq *r = ref_of(cpu, intid);

    if (intid < 16 || (!level && !r->edge && intid != SPI_CONSOLE && !r->active) ||
        (level && r->edge && is_pending_ref(r))) {
        return;
    }
    r->latch = r->latch || (r->edge && level && !r->line);
    r->line = level;
    if (intid == SPI_CONSOLE) {
        host_cpu_become(&cpus[cpu]);
        vgic_set_level(part, intid, level);
        settle();
    } else {
        line(cpu, intid, level);
    }
}

static void change_pending(uint32_t cpu, uint32_t intid, bool on)
{
    struct ref_irq *r = ref_of(cpu, intid);

    if (intid >= 16 || model.version == 3) { /* GICv2: read-only for SGIs */
        r->latch = on;
    }
    set_bit(cpu, on ? ISPENDR : ICPENDR, intid);
}

static void send_sgi(uint32_t from, uint32_t to, uint32_t sgi)
{
    struct ref_irq *r = ref_of(to, sgi);

    r->latch = r->latch || model.version == 3;
    r->sources = (uint8_t)(r->sources | (model.version == 2 ? 1u << from : 0));
    send(from, to, sgi);
}

/* ---- what it reads ---- */

static void compare(uint32_t cpu, uint32_t intid)
{
    const struct ref_irq *r = ref_of(cpu, intid);
    uint64_t at = frame(cpu, intid) + IPRIORITYR + intid;

    require(get_bit(cpu, ISENABLER, intid) == r->enabled, "%u: ISENABLER", intid);
    require(get_bit(cpu, ICENABLER, intid) == r->enabled, "%u: ICENABLER", intid);
    require(get_bit(cpu, ISACTIVER, intid) == r->active, "%u on CPU %u: ISACTIVER", intid, cpu);
    require(get_bit(cpu, ISPENDR, intid) == is_pending_ref(r), "%u on CPU %u: ISPENDR is %d", intid,
            cpu, !is_pending_ref(r));
    require(guest_access(cpu, at, 1, false, 0) == r->priority, "%u: IPRIORITYR", intid);
    if (intid >= 32) {
        require(model.version == 2
                    ? guest_access(cpu, GICD + 0x800 + intid, 1, false, 0) == 1u << r->target
                    : guest_access(cpu, GICD + 0x6000 + 8 * (uint64_t)intid, 8, false, 0) ==
                          r->target,
                "%u: its route", intid);
    }
}

/* Another partition's: reads as zero, whatever was written. */
static void hold_foreign(uint32_t cpu, struct bytes *b)
{
    static const uint16_t registers[] = {ISENABLER, ISPENDR, ISACTIVER};
    uint32_t offset = registers[pick(b, 3)];

    set_bit(cpu, offset, 50);
    require(!get_bit(cpu, offset, 50) && !model.spi[50].enabled && !model.spi[50].latch &&
                !model.spi[50].active,
            "a foreign interrupt");
    wr8(cpu, GICD + IPRIORITYR + 50, 0xa0);
    require(guest_access(cpu, GICD + IPRIORITYR + 50, 1, false, 0) == 0, "its priority");
}

static void write_register(uint32_t cpu, uint32_t intid, struct bytes *b)
{
    struct ref_irq *r = ref_of(cpu, intid);

    switch (pick(b, 6)) {
    case 0:
    case 1:
        r->enabled = true;
        set_bit(cpu, ISENABLER, intid);
        break;
    case 2:
        r->enabled = model.version == 2 && intid < 16;
        set_bit(cpu, ICENABLER, intid);
        break;
    case 3:
        if (!r->active) { /* or what runs would change its priority: UNPREDICTABLE */
            r->priority = take(b) & 0xf8;
            set_priority(cpu, intid, r->priority);
        }
        break;
    case 4:
        change_pending(cpu, intid, rarely(b, 2) != 0);
        break;
    default:
        if (intid >= 32) {
            r->target = pick(b, CPUS);
            route(cpu, intid, r->target);
        }
        break;
    }
}

static void step(struct bytes *b)
{
    uint32_t cpu = pick(b, CPUS);
    uint32_t intid = owned[pick(b, sizeof(owned))];

    switch (pick(b, 8)) {
    case 0:
    case 1:
        acknowledge(cpu);
        break;
    case 2:
        end_last(cpu);
        break;
    case 3:
        drive(cpu, intid, rarely(b, 3) == 0);
        break;
    case 4:
        send_sgi(cpu, pick(b, CPUS), owned[pick(b, 4)]);
        break;
    case 5:
        compare(cpu, intid);
        break;
    case 6:
        if (rarely(b, 16)) {
            ref.on = !ref.on;
            wr(cpu, GICD, ref.on ? (model.version == 2 ? 1 : 2) : 0);
        } else if (rarely(b, 4)) {
            hold_foreign(cpu, b);
        }
        break;
    default:
        write_register(cpu, intid, b);
        break;
    }
}

/* As a guest's boot does: all enabled, each with a priority. */
static void configure(uint32_t cpu, uint32_t intid, struct bytes *b)
{
    struct ref_irq *r = ref_of(cpu, intid);

    r->priority = take(b) & 0xf8;
    set_priority(cpu, intid, r->priority);
    r->enabled = true;
    set_bit(cpu, ISENABLER, intid);
}

static void set_up(struct bytes *b)
{
    pages_used = 0;
    model_start(2 + pick(b, 2));
    model.lrs = 2 + pick(b, 4);
    for (uint32_t i = 0; i < CPUS; i++) {
        cpu_on(i); /* once more: it learns how many list registers there are */
    }
    guest_init();
    memset(&ref, 0, sizeof(ref));
    ref.on = true;
    for (uint32_t intid = 0; intid < INTIDS; intid++) {
        for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
            struct ref_irq *r = ref_of(cpu, intid);

            r->edge = intid < 16 || intid == SPI_EDGE || intid == SPI_FAR;
        }
    }
    for (uint32_t i = 0; i < sizeof(owned); i++) {
        for (uint32_t cpu = 0; cpu < (owned[i] < 32 ? CPUS : 1); cpu++) {
            configure(cpu, owned[i], b);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, data + size};

    set_up(&b);
    while (b.at < b.end) {
        step(&b);
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) { /* nothing is lost: it all comes, and ends */
        for (uint32_t i = 0; i < sizeof(owned); i++) {
            compare(cpu, owned[i]);
        }
    }
    return 0;
}
