/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the virtual GIC's tests share: a guest of three vCPUs on the model of the hardware. Its CPU
 * interfaces, its accesses, its lines, and time that goes on.
 */
#ifndef CORE_GUEST_GIC_GUEST_TEST_H
#define CORE_GUEST_GIC_GUEST_TEST_H

#include "core/guest/gic_hardware_test.h"
#include "core/memory/pool.h"

/* ---- time goes on ---- */

/* Every CPU takes the interrupts that it has; they come to an end. */
static inline void settle(void)
{
    uint32_t turns = 0;
    bool again = true;

    while (again) {
        again = false;
        for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
            while (next_irq(cpu) != SPURIOUS) {
                host_cpu_become(&cpus[cpu]);
                irq_handle();
                model.exits++;
                again = true;
                assert_true(++turns < 10000);
            }
        }
    }
}

/* A line rises or falls; `cpu` for a private one. */
static inline void line(uint32_t cpu, uint32_t intid, bool level)
{
    struct model_irq *irq = intid < 32 ? &model.private[cpu][intid] : &model.spi[intid];

    irq->latch = irq->latch || (irq->edge && level && !irq->line);
    irq->line = level;
    settle();
}

/* The line of an edge-triggered one that has come: as often as it likes. */
static inline void falls_and_rises(uint32_t spi)
{
    line(0, spi, false);
    line(0, spi, true);
}

/* ---- the guest's CPU interface ---- */

static int running(uint32_t cpu)
{
    return model.depth[cpu] == 0 ? IDLE : model.running[cpu][model.depth[cpu] - 1];
}

/* IAR: the most urgent pending one, if it preempts. GICv2: its source in bits 12..10. */
static inline uint32_t take(uint32_t cpu)
{
    struct gic_lr *best = NULL;

    for (uint32_t n = 0; n < model.lrs; n++) {
        struct gic_lr *lr = &model.lr[cpu][n];

        if ((lr->state & (GIC_LR_PENDING | GIC_LR_ACTIVE)) == GIC_LR_PENDING &&
            lr->priority < running(cpu) && (best == NULL || lr->priority < best->priority)) {
            best = lr;
        }
    }
    if (best == NULL) {
        return SPURIOUS;
    }
    best->state = (uint8_t)(best->state & ~GIC_LR_PENDING);
    if (best->vintid < LPI_FIRST || model.active_lpis) {
        best->state |= GIC_LR_ACTIVE;
    }
    model.running[cpu][model.depth[cpu]++] = best->priority;
    {
        uint32_t iar = best->vintid | (uint32_t)best->source << 10;

        settle();
        return iar;
    }
}

/* EOIR, EOImode 0. */
static inline void end(uint32_t cpu, uint32_t iar)
{
    const uint32_t intid = iar < LPI_FIRST ? iar & 0x3ff : iar;
    bool found = intid >= LPI_FIRST && !model.active_lpis;

    if (model.depth[cpu] > 0) {
        model.depth[cpu]--;
    }
    for (uint32_t n = 0; n < model.lrs && !found; n++) {
        struct gic_lr *lr = &model.lr[cpu][n];

        found = (lr->state & GIC_LR_ACTIVE) != 0 && lr->vintid == intid;
        if (!found) {
            continue;
        }
        lr->state = (uint8_t)(lr->state & ~GIC_LR_ACTIVE);
        if ((lr->state & GIC_LR_HW) != 0) {
            host_cpu_become(&cpus[cpu]);
            irq_of(&cpus[cpu], lr->vintid)->active = false;
        }
        model.ended[cpu][n] = (lr->state & GIC_LR_EOI) != 0 && (lr->state & GIC_LR_PENDING) == 0;
    }
    model.outside[cpu] += !found && intid < LPI_FIRST;
    settle();
}

static inline uint32_t take_and_end(uint32_t cpu)
{
    uint32_t iar = take(cpu);

    if (iar != SPURIOUS) {
        end(cpu, iar);
    }
    return iar;
}

/* ---- the guest's accesses ---- */

static inline uint64_t guest_access(uint32_t cpu, uint64_t address, uint8_t size, bool write,
                                    uint64_t value)
{
    struct mmio_access access = {ipa(address), size, write, value};
    enum trap_outcome outcome;
    uint32_t turns = 0;

    do {
        host_cpu_become(&cpus[cpu]);
        outcome = mmio_handle(&vcpus[cpu], &access);
        if (outcome == TRAP_RESUME) {
            access.value = value;
            assert_true(++turns < 10);
        }
        settle();
    } while (outcome == TRAP_RESUME);
    assert_int_equal(outcome, TRAP_SKIP);
    assert_int_equal(part->vgic.lock.held, 0);
    if (!write && size < 8) {
        assert_int_equal(access.value >> 8 * size, 0);
    }
    return access.value;
}

static inline uint32_t rd(uint32_t cpu, uint64_t address)
{
    return (uint32_t)guest_access(cpu, address, 4, false, 0);
}

static inline void wr(uint32_t cpu, uint64_t address, uint32_t value)
{
    (void)guest_access(cpu, address, 4, true, value);
}

static inline void wr8(uint32_t cpu, uint64_t address, uint8_t value)
{
    (void)guest_access(cpu, address, 1, true, value);
}

/* Where the registers of an interrupt are: a GICv3's private ones in this CPU's GICR. */
static inline uint64_t frame(uint32_t cpu, uint32_t intid)
{
    if (model.version == 2 || intid >= 32) {
        return GICD;
    }
    return (cpu < 2 ? GICR + cpu * 0x20000 : GICR2) + 0x10000;
}

static inline void set_bit(uint32_t cpu, uint32_t offset, uint32_t intid)
{
    wr(cpu, frame(cpu, intid) + offset + intid / 32 * 4, 1u << intid % 32);
}

static inline bool get_bit(uint32_t cpu, uint32_t offset, uint32_t intid)
{
    return (rd(cpu, frame(cpu, intid) + offset + intid / 32 * 4) >> intid % 32 & 1) != 0;
}

#define ISENABLER  0x100u
#define ICENABLER  0x180u
#define ISPENDR    0x200u
#define ICPENDR    0x280u
#define ISACTIVER  0x300u
#define ICACTIVER  0x380u
#define IPRIORITYR 0x400u

static inline void set_priority(uint32_t cpu, uint32_t intid, uint8_t priority)
{
    wr8(cpu, frame(cpu, intid) + IPRIORITYR + intid, priority);
}

static inline void route(uint32_t cpu, uint32_t spi, uint32_t target)
{
    if (model.version == 2) {
        wr8(cpu, GICD + 0x800 + spi, (uint8_t)(1u << target));
    } else {
        (void)guest_access(cpu, GICD + 0x6000 + UINT64_C(8) * spi, 8, true, target);
    }
}

static inline void send(uint32_t from, uint32_t to, uint32_t sgi)
{
    host_cpu_become(&cpus[from]);
    if (model.version == 2) {
        wr(from, GICD + 0xf00, 1u << (to + 16) | sgi);
    } else {
        vgic_sgi1r_write(&vcpus[from], 1u << to | (uint64_t)sgi << 24);
        settle();
    }
}

/* The SPI goes to `target`, and is enabled. */
static inline void enable_at(uint32_t target, uint32_t spi)
{
    set_bit(0, ISENABLER, spi);
    route(0, spi, target);
}

/* ---- the partition ---- */

static inline void cpu_on(uint32_t cpu)
{
    host_cpu_become(&cpus[cpu]);
    vcpus[cpu].power = VCPU_ON_PENDING;
    vgic_vcpu_reset(&vcpus[cpu]);
    vcpus[cpu].power = VCPU_ON;
    settle();
}

static inline void cpu_off(uint32_t cpu)
{
    host_cpu_become(&cpus[cpu]);
    vgic_vcpu_reset(&vcpus[cpu]);
    vcpus[cpu].power = VCPU_OFF;
    settle();
}

/* Enable the distributor and an SPI at CPU 0, as a guest's boot does. */
static inline void guest_init(void)
{
    wr(0, GICD, model.version == 2 ? 1 : 2);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        wr(cpu, frame(cpu, 0) + ISENABLER, 0xffff);
        for (uint32_t n = 0; n < 32; n += 4) {
            wr(cpu, frame(cpu, 0) + IPRIORITYR + n, 0xa0a0a0a0);
        }
    }
    for (uint32_t n = 32; n < INTIDS; n++) {
        wr8(0, GICD + IPRIORITYR + n, 0xa0);
        route(0, n, 0);
    }
}

static void (*plan_more)(void); /* what else there is */

static void plan_board(uint32_t version)
{
    struct plan_gic *board_gic = &plan.board.gic;

    memset(&plan, 0, sizeof(plan));
    board_gic->version = version;
    board_gic->dist = (struct range){GICD, 0x10000};
    board_gic->redist[0] = (struct range){GICR, 0x40000};
    board_gic->redist[1] = (struct range){GICR2, 0x60000};
    board_gic->redists = version == 2 ? 0 : 2;
    board_gic->maintenance = MAINTENANCE;
    plan.board.timer_virt = TIMER;
    plan.board.timer_phys = TIMER_P;
    plan.board.pmu = PMU;
    plan.board.console.irq.intid = SPI_CONSOLE;
    plan.devices[0] =
        (struct plan_device){.irq = {{SPI_EDGE, true}, {SPI_LEVEL, false}}, .irq_count = 2};
    plan.devices[1] = (struct plan_device){.irq = {{50, false}}, .irq_count = 1, .partition = 1};
    plan.devices[2] = (struct plan_device){.irq = {{SPI_FAR, true}}, .irq_count = 1};
    plan.device_count = 3;
    if (plan_more != NULL) {
        plan_more();
    }
}

/* All vCPUs on, nothing enabled. */
static inline void model_start(uint32_t version)
{
    static uint8_t pages[16][PAGE_SIZE] __attribute__((aligned(4096)));

    host_reset();
    pool_extend((struct range){(uintptr_t)pages, sizeof(pages)});
    plan_board(version);
    memset(&model, 0, sizeof(model));
    memset(part, 0, sizeof(*part));
    memset(vcpus, 0, sizeof(vcpus));
    model.version = version;
    model.lrs = 4;
    assert_int_equal(irq_init(&plan), OK);
    plan_part.cpu_count = CPUS;
    plan_part.console = PLAN_CONSOLE_SHARED;
    part->plan = &plan_part;
    part->vcpu = vcpus;
    for (uint32_t i = 0; i < CPUS; i++) {
        cpus[i] = (struct cpu){.index = i, .mpidr = i, .vcpu = &vcpus[i]};
        vcpus[i] = (struct vcpu){.partition = part, .cpu = &cpus[i], .index = i};
    }
    host_cpu_become(&cpus[0]);
    assert_int_equal(vgic_init(part, &plan), OK);
    for (uint32_t i = 0; i < CPUS; i++) {
        host_cpu_become(&cpus[i]);
        assert_int_equal(irq_cpu_init(&plan, &cpus[i]), OK);
        cpu_on(i);
    }
}

/* ---- where a test starts: at a GIC as it is out of reset, or with its guest booted ---- */

static inline int fresh_v2(void **state)
{
    (void)state;
    model_start(2);
    return 0;
}

static inline int fresh_v3(void **state)
{
    (void)state;
    model_start(3);
    return 0;
}

static inline int booted_v2(void **state)
{
    (void)fresh_v2(state);
    guest_init();
    return 0;
}

static inline int booted_v3(void **state)
{
    (void)fresh_v3(state);
    guest_init();
    return 0;
}

/* A test on a GICv2, and the same on a GICv3; `start` is fresh or booted. */
#define ON_BOTH(name, start) ON_GIC(2, name, start), ON_GIC(3, name, start)
/* clang-format off */
#define ON_GIC(version, name, start) \
    {#name " (GICv" #version ")", name, start##_v##version, NULL, NULL}
/* clang-format on */

#endif
