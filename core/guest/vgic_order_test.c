/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test of the virtual GIC's order: whatever comes, waits and changes, in whatever order, a guest
 * takes the most urgent of what is pending.
 */
#include "core/guest/gic_guest_test.h"

#define WALKS 1000u
#define STEPS 300u
#define SGIS  4u

static const uint8_t lines[] = {TIMER, SPI_LEVEL};
static uint64_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(seed >> 33) % limit;
}

static uint8_t random_priority(void)
{
    return (uint8_t)(random_below(31) << 3);
}

/* An SGI, or one of those that have a line. */
static uint32_t random_intid(void)
{
    uint32_t n = random_below(SGIS + sizeof(lines));

    return n < SGIS ? n : lines[n - SGIS];
}

static const struct virq *virq_of(uint32_t intid)
{
    const struct vgic_bank *bank = intid < 32 ? &vcpus[0].vgic.private : part->vgic.bank[1];

    return &bank->virq[intid % 32];
}

/* Pending, and neither active nor disabled; in a list register, or waiting for one. */
static bool is_due(uint32_t intid)
{
    const struct vgic_bank *bank = intid < 32 ? &vcpus[0].vgic.private : part->vgic.bank[1];
    const struct virq *v = virq_of(intid);
    bool due = v->pending != 0;
    bool active = v->active;

    for (uint32_t n = 0; n < model.lrs; n++) {
        const struct gic_lr *lr = &model.lr[0][n];

        due = due || (lr->vintid == intid && (lr->state & GIC_LR_PENDING) != 0);
        active = active || (lr->vintid == intid && (lr->state & GIC_LR_ACTIVE) != 0);
    }
    return due && !active && (bank->on >> intid % 32 & 1) != 0;
}

static uint32_t most_urgent(void)
{
    uint32_t best = UINT32_MAX;

    for (uint32_t intid = 0; intid < SPI_LEVEL + 1; intid++) {
        if (is_due(intid) && virq_of(intid)->priority < best) {
            best = virq_of(intid)->priority;
        }
    }
    return best;
}

static uint32_t taken[32], depth;

static void step(void)
{
    uint32_t intid = lines[random_below(sizeof(lines))];
    uint32_t best, iar;

    switch (random_below(8)) {
    case 0:
        line(0, intid, random_below(2) != 0);
        break;
    case 1: /* and something else before anybody looks */
        (intid < 32 ? &model.private[0][intid] : &model.spi[intid])->line ^= true;
        break;
    case 2:
    case 3:
        send(random_below(CPUS), 0, random_below(SGIS));
        break;
    case 4:
    case 5:
        if (depth > 0 && random_below(8) != 0) { /* seldom nested: more of them wait */
            end(0, taken[--depth]);
            break;
        }
        settle();
        best = most_urgent();
        iar = depth < sizeof(taken) / sizeof(taken[0]) ? take(0) : SPURIOUS;
        if (iar != SPURIOUS) {
            assert_int_equal(virq_of(iar)->priority, best);
            taken[depth++] = iar;
        }
        break;
    case 6:
        if (depth > 0) {
            end(0, taken[--depth]);
        }
        break;
    default:
        if (random_below(4) == 0) {
            set_priority(0, random_intid(), random_priority());
        }
        break;
    }
}

/* While one waits for a list register, no other has the quick way to one. */
static void check_quick(void)
{
    const struct vgic_cpu *c = &vcpus[0].vgic;

    for (uint32_t n = 0; n < VGIC_MAX_LRS; n++) {
        assert_true(c->wanted == 0 || c->held[n] == NULL || c->held[n]->quick == VGIC_NO_LR);
    }
}

/* With so few list registers that most have to wait. */
static void test_most_urgent_first(void **state)
{
    for (uint32_t walk = 0; walk < WALKS; walk++) {
        (void)fresh_v3(state);
        seed = walk;
        depth = 0;
        model.lrs = 2 + walk % 2;
        cpu_on(0);
        guest_init();
        for (uint32_t i = 0; i < sizeof(lines); i++) {
            set_bit(0, ISENABLER, lines[i]);
            set_priority(0, lines[i], random_priority());
        }
        for (uint32_t sgi = 0; sgi < SGIS; sgi++) {
            set_priority(0, sgi, random_priority());
        }
        for (uint32_t i = 0; i < STEPS; i++) {
            step();
            check_quick();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_most_urgent_first)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
