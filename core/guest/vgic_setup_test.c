/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of how a partition's interrupts come to be, what a reset leaves of them, and their end. */
#include "core/guest/gic_guest_test.h"

#include "core/base/bits.h"

#define FOREIGN 50u /* granted to another partition */

/* ---- build ---- */

static enum status build(void)
{
    memset(part, 0, sizeof(*part));
    part->plan = &plan_part;
    part->vcpu = vcpus;
    for (uint32_t i = 0; i < CPUS; i++) {
        vcpus[i] = (struct vcpu){.partition = part, .cpu = &cpus[i], .index = i};
    }
    return vgic_init(part, &plan);
}

static void private_ones_are_sgis_timers_and_pmu(void **state)
{
    const uint32_t ppis = 1u << TIMER | 1u << TIMER_P | 1u << PMU;

    (void)state;
    assert_int_equal(build(), OK);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        const struct vgic_bank *bank = &vcpus[cpu].vgic.private;

        assert_int_equal(bank->owned, 0xffff | ppis);
        assert_ptr_equal(bank->cpu, &cpus[cpu]);
        for (uint32_t n = 0; n < 32; n++) {
            assert_int_equal(bank->virq[n].intid, n);
            assert_int_equal(bank->virq[n].target, cpu);
            assert_int_equal(bank->virq[n].hw, (ppis >> n & 1) != 0);
            assert_int_equal(bank->virq[n].edge, n < 16); /* IHI 0048 4.3.13 */
            assert_int_equal(bank->virq[n].lr, VGIC_NO_LR);
        }
    }
}

/* A board without a PMU says 0; a timer's that is no PPI would be another's interrupt. */
static void what_is_no_ppi_is_nobodys(void **state)
{
    static const uint32_t none[] = {0, 15, 32, 56, 1016, UINT32_MAX};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(none); i++) {
        plan.board.pmu = none[i];
        assert_int_equal(build(), OK);
        assert_int_equal(vcpus[1].vgic.private.owned, 0xffff | 1u << TIMER | 1u << TIMER_P);
        assert_false(vcpus[1].vgic.private.virq[none[i] % 32].hw);
    }
}

static void sgis_are_always_enabled_on_gicv2_alone(void **state)
{
    (void)state;
    model_start(2);
    assert_int_equal(vcpus[0].vgic.private.fixed, 0xffff);
    assert_int_equal(vcpus[0].vgic.private.enabled, 0xffff);
    model_start(3);
    assert_int_equal(vcpus[0].vgic.private.fixed, 0);
    assert_int_equal(vcpus[0].vgic.private.enabled, 0);
}

static void shared_ones_are_those_granted(void **state)
{
    const struct virq *v;

    (void)state;
    plan.board.console.irq.edge = true;
    model.spi[SPI_EDGE].edge = false;
    model.spi[SPI_LEVEL].edge = true;
    assert_int_equal(build(), OK);
    assert_int_equal(part->vgic.bank[1]->owned,
                     1u << SPI_CONSOLE % 32 | 1u << SPI_EDGE % 32 | 1u << SPI_LEVEL % 32);
    assert_int_equal(part->vgic.bank[2]->owned, 1u << SPI_FAR % 32);
    for (uint32_t i = 0; i < VGIC_BANKS; i++) {
        assert_int_equal(part->vgic.bank[i] != NULL, i == 1 || i == 2);
    }
    v = &part->vgic.bank[1]->virq[SPI_EDGE % 32];
    assert_true(v->hw && v->edge && model.spi[SPI_EDGE].edge);
    assert_int_equal(v->target, VGIC_NOBODY);
    v = &part->vgic.bank[1]->virq[SPI_LEVEL % 32];
    assert_true(v->hw && !v->edge && !model.spi[SPI_LEVEL].edge);
    v = &part->vgic.bank[1]->virq[SPI_CONSOLE % 32];
    assert_true(!v->hw && v->edge && !model.spi[SPI_CONSOLE].edge); /* EL2's is as it was */
}

static void without_a_console_its_interrupt_is_not_there(void **state)
{
    (void)state;
    plan_part.console = PLAN_CONSOLE_NONE;
    assert_int_equal(build(), OK);
    assert_int_equal(part->vgic.bank[1]->owned, 1u << SPI_EDGE % 32 | 1u << SPI_LEVEL % 32);
}

static void what_the_gic_does_not_have_is_refused(void **state)
{
    static const uint16_t beyond[] = {0, 31, INTIDS, IRQ_SPURIOUS, 1024, 5000, UINT16_MAX};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(beyond); i++) {
        plan.devices[2].irq[0].intid = beyond[i];
        assert_int_equal(build(), E_INVALID);
    }
    gic_intids = 1024; /* of which the last four are no interrupts */
    plan.devices[2].irq[0].intid = IRQ_SPURIOUS;
    assert_int_equal(build(), E_INVALID);
}

static struct gic_ops ops;

static void any_edge(uint32_t spi, bool edge)
{
    assert_true(spi >= 32 && spi < IRQ_SPURIOUS);
    assert_false(edge);
}

/* As many as the plan allows are in one page, each bank apart; the next wants another one. */
static void banks_come_from_the_pool(void **state)
{
    const uint32_t in_a_page = PAGE_SIZE / sizeof(struct vgic_bank);
    struct plan_device *device = &plan.devices[0];
    uint32_t before;

    (void)state;
    ops = model_ops;
    ops.set_edge = any_edge;
    gic = &ops;
    gic_intids = 1024;
    plan.device_count = 1;
    plan_part.console = PLAN_CONSOLE_NONE;
    assert_true(in_a_page >= PLAN_SPI_BANKS && in_a_page < PLAN_MAX_IRQS);
    for (device->irq_count = 0; device->irq_count <= in_a_page; device->irq_count++) {
        device->irq[device->irq_count] =
            (struct plan_irq){(uint16_t)(63 + 32 * device->irq_count), false};
    }
    before = pool_left();
    assert_int_equal(build(), OK);
    assert_int_equal(before - pool_left(), 2);
    for (uint32_t i = 1; i <= device->irq_count; i++) {
        assert_int_equal(part->vgic.bank[i]->owned, 1u << 31);
        assert_int_equal(part->vgic.bank[i]->virq[31].intid, 31 + 32 * i);
    }
    device->irq_count = in_a_page;
    before = pool_left();
    assert_int_equal(build(), OK);
    assert_int_equal(before - pool_left(), 1);
    while (pool_take(1) != NULL) {
    }
    assert_int_equal(build(), E_NO_SPACE);
}

/* ---- reset ---- */

static void a_reset_forgets_what_the_guest_did(void **state)
{
    const struct vgic_cpu *c = &vcpus[1].vgic;

    (void)state;
    guest_init();
    set_bit(1, ISENABLER, TIMER);
    set_priority(1, TIMER, 0x20);
    line(1, TIMER, true);
    assert_int_equal(take(1), TIMER);
    send(0, 1, 3);
    send(1, 1, 4);
    set_bit(1, ISACTIVER, PMU);
    line(1, TIMER, false);
    assert_int_equal(model.depth[1], 1);
    cpu_off(1);
    assert_false(c->online);
    assert_int_equal(model.depth[1], 0);
    cpu_on(1);
    assert_true(c->online);
    assert_int_equal(c->private.enabled, c->private.fixed);
    assert_int_equal(rd(1, frame(1, 0) + IPRIORITYR + TIMER / 4 * 4), 0);
    assert_int_equal(rd(1, frame(1, 0) + ISPENDR), 0);
    assert_int_equal(rd(1, frame(1, 0) + ISACTIVER), 0);
    assert_int_equal(take(1), SPURIOUS);
    assert_int_equal(c->lr_all, (1u << model.lrs) - 1);
    assert_int_equal(c->lr_free, c->lr_all);
    assert_int_equal(c->waiting, 0);
    assert_false(model.private[1][TIMER].active || model.private[1][TIMER].enabled);
    assert_false(model.private[1][PMU].active);
    /* And is as good as new: */
    set_bit(1, ISENABLER, TIMER);
    line(1, TIMER, true);
    assert_int_equal(take(1), TIMER);
    line(1, TIMER, false);
    end(1, TIMER);
    send(0, 1, 5);
    assert_int_equal(take(1), model.version == 2 ? 5 : SPURIOUS); /* see `fixed` */
}

/* Nor of what other CPUs and its own had to do with each other. */
static void a_reset_forgets_what_was_under_way(void **state)
{
    struct vgic_cpu *c = &vcpus[1].vgic;

    (void)state;
    c->asked = c->told = 1u << 2;
    c->maintenance = c->wanted = GIC_MAINTENANCE_ACTIVE;
    c->kicked = c->stale = true;
    c->wait[2] = c->waiting = 1u << 2;
    host_cpu_become(&cpus[1]);
    vgic_vcpu_reset(&vcpus[1]);
    assert_int_equal(c->asked | c->told | c->maintenance | c->wanted, 0);
    assert_int_equal(c->wait[2] | c->waiting, 0);
    assert_false(c->kicked || c->stale || c->filling);
}

#define GICR_WAKER (GICR + 0x20000 + 0x14) /* of vCPU 1 */

static void a_redistributor_sleeps_again(void **state)
{
    (void)state;
    wr(1, GICR_WAKER, 0);
    assert_int_equal(rd(1, GICR_WAKER), 0);
    cpu_off(1);
    cpu_on(1);
    assert_int_equal(rd(1, GICR_WAKER), 6); /* ProcessorSleep, ChildrenAsleep */
}

static void a_cpu_that_is_off_gets_nothing(void **state)
{
    uint32_t kicks;

    (void)state;
    guest_init();
    set_bit(1, ISENABLER, TIMER);
    enable_at(1, SPI_EDGE);
    assert_true(model.private[1][TIMER].enabled && model.spi[SPI_EDGE].enabled);
    cpu_off(1);
    assert_false(model.private[1][TIMER].enabled || model.spi[SPI_EDGE].enabled);
    kicks = model.kicks;
    send(0, 1, 3);
    assert_int_equal(model.kicks, kicks);
    line(0, SPI_EDGE, true);
    assert_int_equal(take(1), SPURIOUS);
    assert_false(model.spi[SPI_EDGE].active);
    cpu_on(1);
    assert_true(model.spi[SPI_EDGE].enabled); /* it is still sent there, and has not been lost */
    assert_int_equal(take_and_end(1), SPI_EDGE);
}

/* What it held, or had active, goes on elsewhere. */
static void what_it_leaves_can_come_again(void **state)
{
    (void)state;
    guest_init();
    enable_at(1, SPI_LEVEL);
    enable_at(1, SPI_EDGE);
    line(0, SPI_EDGE, true);
    assert_int_equal(take(1), SPI_EDGE); /* active, */
    line(0, SPI_LEVEL, true);            /* and waiting in its list register */
    cpu_off(1);
    route(0, SPI_LEVEL, 2);
    route(0, SPI_EDGE, 2);
    assert_int_equal(take(2), SPI_LEVEL);
    line(0, SPI_LEVEL, false);
    end(2, SPI_LEVEL);
    assert_false(model.spi[SPI_EDGE].active);
    falls_and_rises(SPI_EDGE);
    assert_int_equal(take_and_end(2), SPI_EDGE);
}

/* The others' are not touched: neither another vCPU's private ones, nor what it has active. */
static void a_reset_is_of_one_cpu(void **state)
{
    (void)state;
    model.lrs = 2; /* known to a vCPU from its reset on */
    cpu_off(2);
    cpu_on(2);
    guest_init();
    set_bit(2, ISENABLER, TIMER);
    enable_at(2, SPI_LEVEL);
    line(2, TIMER, true);
    line(0, SPI_LEVEL, true);
    assert_int_equal(take(2), TIMER);
    route(0, SPI_FAR, 2);
    set_bit(2, ISACTIVER, SPI_FAR);
    assert_int_equal(part->vgic.bank[2]->virq[SPI_FAR % 32].lr, VGIC_NO_LR);
    cpu_off(1);
    cpu_on(1);
    assert_true(get_bit(2, ISACTIVER, SPI_FAR) && model.spi[SPI_FAR].active);
    assert_true(model.private[2][TIMER].active && model.private[2][TIMER].enabled);
    assert_true(get_bit(2, ISACTIVER, TIMER));
    assert_true(get_bit(2, ISENABLER, TIMER));
    line(2, TIMER, false);
    end(2, TIMER);
    assert_int_equal(take(2), SPI_LEVEL);
}

/* ---- end ---- */

static void its_end_silences_what_is_its_own(void **state)
{
    (void)state;
    guest_init();
    for (uint32_t spi = SPI_EDGE; spi <= SPI_LEVEL; spi++) {
        set_bit(0, ISENABLER, spi);
        line(0, spi, true);
    }
    set_bit(0, ISENABLER, SPI_FAR);
    model.spi[SPI_FAR].active = true; /* though no vCPU knows */
    model.spi[FOREIGN] = (struct model_irq){.enabled = true, .latch = true, .active = true};
    model.spi[SPI_CONSOLE] = model.spi[FOREIGN]; /* EL2's own */
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        host_cpu_become(&cpus[cpu]);
        vgic_vcpu_reset(&vcpus[cpu]);
    }
    vgic_stop(part);
    assert_false(part->vgic.enabled);
    assert_int_equal(part->vgic.bank[1]->on | part->vgic.bank[2]->on, 0);
    for (uint32_t spi = 32; spi < INTIDS; spi++) {
        const struct model_irq *irq = &model.spi[spi];
        const bool others = spi == FOREIGN || spi == SPI_CONSOLE;

        assert_int_equal(irq->enabled || irq->latch || irq->active, others);
        assert_int_equal(irq->enabled && irq->latch && irq->active, others);
    }
    assert_int_equal(part->vgic.lock.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(private_ones_are_sgis_timers_and_pmu, fresh),
        ON_BOTH(what_is_no_ppi_is_nobodys, fresh),
        cmocka_unit_test(sgis_are_always_enabled_on_gicv2_alone),
        ON_BOTH(shared_ones_are_those_granted, fresh),
        ON_BOTH(without_a_console_its_interrupt_is_not_there, fresh),
        ON_BOTH(what_the_gic_does_not_have_is_refused, fresh),
        ON_BOTH(a_reset_forgets_what_the_guest_did, fresh),
        ON_BOTH(a_reset_forgets_what_was_under_way, fresh),
        cmocka_unit_test_setup(a_redistributor_sleeps_again, fresh_v3),
        ON_BOTH(a_cpu_that_is_off_gets_nothing, fresh),
        ON_BOTH(what_it_leaves_can_come_again, fresh),
        ON_BOTH(a_reset_is_of_one_cpu, fresh),
        ON_BOTH(its_end_silences_what_is_its_own, fresh),
        cmocka_unit_test_setup(banks_come_from_the_pool, fresh_v3), /* last: it leaves no page */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
