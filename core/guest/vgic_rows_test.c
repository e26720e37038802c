/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the registers that both GICs have: each row for each interrupt and width, and what it
 * does to the physical interrupt. In its order with others, and over time: vgic_test.c.
 */
#include "core/guest/gic_guest_test.h"

#include "core/base/bits.h"
#include "core/guest/vgic_state.h"

#define IGROUPR 0x080u
#define ICFGR   0xc00u

#define BIT_OF(intid) (1u << (intid) % 32)

/* Of bank 1. */
#define OWNED  (BIT_OF(SPI_CONSOLE) | BIT_OF(SPI_EDGE) | BIT_OF(SPI_LEVEL))
#define SHARED GICD + 4 /* bank 1 of a row with a bit each */

static struct vgic_bank *shared(void)
{
    return part->vgic.bank[1];
}

static enum trap_outcome access_as(uint32_t cpu, struct vgic_bank *bank, uint64_t offset,
                                   struct mmio_access *access)
{
    enum trap_outcome outcome;

    host_cpu_become(&cpus[cpu]);
    outcome = vgic_access(&vcpus[cpu], bank, offset, access);
    assert_int_equal(part->vgic.lock.held, 0);
    return outcome;
}

/* ---- who, and how wide ---- */

static void where_no_interrupts_are_nothing_is(void **state)
{
    (void)state;
    for (uint64_t offset = VGIC_BANKED; offset < VGIC_BANKED_END; offset += 4) {
        struct mmio_access access = {ipa(0), 4, offset % 8 == 0, UINT32_MAX};

        assert_int_equal(access_as(0, NULL, offset, &access), TRAP_SKIP);
        assert_int_equal(access.value, 0);
    }
}

/* Widths: IHI 0048 4.1.4, IHI 0069 12.1.3. Others are UNPREDICTABLE: nothing comes of them. */
static void other_widths_do_nothing(void **state)
{
    static const uint8_t sizes[] = {1, 2, 4, 8};
    static struct vgic_bank before;

    (void)state;
    for (uint64_t offset = VGIC_BANKED; offset < VGIC_BANKED_END; offset += 8) {
        const bool bytes = offset >= 0x400 && offset < 0x800;

        for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            struct mmio_access access = {ipa(0), sizes[i], true, UINT64_MAX >> (64 - 8 * sizes[i])};

            if (sizes[i] == 4 || (sizes[i] == 1 && bytes)) {
                continue;
            }
            before = *shared();
            assert_int_equal(access_as(0, shared(), offset, &access), TRAP_SKIP);
            assert_memory_equal(&before, shared(), sizeof(before));
            access.write = false;
            access.value = 0x55;
            assert_int_equal(access_as(0, shared(), offset, &access), TRAP_SKIP);
            assert_int_equal(access.value, 0);
        }
    }
    for (uint32_t intid = 32; intid < INTIDS; intid++) {
        assert_false(model.spi[intid].latch || model.spi[intid].active);
    }
}

/* All ones to each row: bits of what it owns alone stick, and nobody else's interrupt is driven
 * (which the model would tell). */
static void only_its_own_interrupts_are_there(void **state)
{
    static const uint32_t rows[] = {ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER};

    (void)state;
    for (uint32_t set = 0; set < 6; set += 2) {
        wr(0, SHARED + rows[set], UINT32_MAX);
        assert_int_equal(rd(1, SHARED + rows[set]), OWNED);
        assert_int_equal(rd(2, SHARED + rows[set + 1]), OWNED);
        wr(2, SHARED + rows[set + 1], UINT32_MAX);
        assert_int_equal(rd(0, SHARED + rows[set]), 0);
    }
    for (uint32_t n = 32; n < 64; n += 4) {
        const uint32_t owned = OWNED >> n % 32;

        wr(0, GICD + IPRIORITYR + n, UINT32_MAX);
        assert_int_equal(rd(0, GICD + IPRIORITYR + n),
                         0xf8u * ((owned & 1) | (owned >> 1 & 1) << 8 | (owned >> 2 & 1) << 16 |
                                  (owned >> 3 & 1) << 24));
    }
    wr(0, GICD + ICFGR + 8, UINT32_MAX);
    wr(0, GICD + ICFGR + 12, UINT32_MAX);
    assert_int_equal(rd(0, GICD + ICFGR + 8), 2u << SPI_CONSOLE % 16 * 2 | 2u << SPI_EDGE % 16 * 2 |
                                                  2u << SPI_LEVEL % 16 * 2);
    assert_int_equal(rd(0, GICD + ICFGR + 12), 0);
    wr(0, SHARED + IGROUPR, 0);
    assert_int_equal(rd(0, SHARED + IGROUPR), model.version == 2 ? 0 : OWNED);
}

/* ---- enable ---- */

static void enable_is_mirrored(void **state)
{
    (void)state;
    wr(0, SHARED + ISENABLER, BIT_OF(SPI_EDGE));
    assert_true(model.spi[SPI_EDGE].enabled);
    assert_false(model.spi[SPI_LEVEL].enabled || model.spi[SPI_CONSOLE].enabled);
    wr(0, SHARED + ISENABLER, BIT_OF(SPI_LEVEL) | BIT_OF(SPI_CONSOLE)); /* zeroes leave the rest */
    assert_true(model.spi[SPI_EDGE].enabled && model.spi[SPI_LEVEL].enabled);
    assert_false(model.spi[SPI_CONSOLE].enabled); /* EL2's */
    wr(0, SHARED + ICENABLER, BIT_OF(SPI_EDGE));
    assert_false(model.spi[SPI_EDGE].enabled);
    assert_true(model.spi[SPI_LEVEL].enabled);
    assert_int_equal(rd(0, SHARED + ICENABLER), BIT_OF(SPI_LEVEL) | BIT_OF(SPI_CONSOLE));
}

static void gicv2s_sgis_are_fixed(void **state)
{
    const bool fixed = model.version == 2;

    (void)state;
    wr(1, frame(1, 0) + ICENABLER, 0xffff);
    assert_int_equal(rd(1, frame(1, 0) + ISENABLER), fixed ? 0xffff : 0);
    wr(1, frame(1, 0) + ISPENDR, 1u << 5); /* there by GICD_SPENDSGIR alone */
    assert_int_equal(rd(1, frame(1, 0) + ISPENDR), fixed ? 0 : 1u << 5);
    wr(1, frame(1, 0) + ISACTIVER, 1u << 6); /* but this is for all */
    assert_int_equal(rd(1, frame(1, 0) + ISACTIVER), 1u << 6);
    assert_int_equal(rd(0, frame(0, 0) + ISACTIVER), 0);
}

/* ---- priority ---- */

static void a_priority_goes_to_the_list_register(void **state)
{
    (void)state;
    wr(0, SHARED + ISENABLER, BIT_OF(SPI_EDGE));
    set_priority(0, SPI_EDGE, 0x83); /* idle: kept for later, without the bits that are not */
    line(0, SPI_EDGE, true);
    assert_int_equal(model.lr[0][0].vintid, SPI_EDGE);
    assert_int_equal(model.lr[0][0].priority, 0x80);
    set_priority(0, SPI_EDGE, 0x48); /* pending there already */
    assert_int_equal(model.lr[0][0].priority, 0x48);
    wr(0, GICD + IPRIORITYR + SPI_EDGE, 0x2010); /* a word: this one and the next */
    assert_int_equal(model.lr[0][0].priority, 0x10);
    assert_int_equal(rd(0, GICD + IPRIORITYR + SPI_EDGE), 0x2010);
}

/* ---- trigger ---- */

/* The model wants the physical interrupt disabled meanwhile. */
static void a_trigger_changes_while_it_is_off(void **state)
{
    const uint32_t edge = 2u << SPI_LEVEL % 16 * 2;
    const uint32_t both = edge | 2u << SPI_EDGE % 16 * 2;

    (void)state;
    wr(0, SHARED + ISENABLER, BIT_OF(SPI_LEVEL));
    wr(0, GICD + ICFGR + 8, both);
    assert_true(model.spi[SPI_LEVEL].edge && model.spi[SPI_LEVEL].enabled);
    assert_false(model.spi[SPI_EDGE].enabled); /* it was not */
    wr(0, GICD + ICFGR + 8, edge);
    assert_true(model.spi[SPI_LEVEL].edge && !model.spi[SPI_EDGE].edge);
    wr(0, GICD + ICFGR + 8, 0);
    assert_false(model.spi[SPI_LEVEL].edge);
    wr(0, GICD + ICFGR + 8, both >> 1); /* the lower bits are not there */
    assert_int_equal(rd(0, GICD + ICFGR + 8), 0);
    wr(1, frame(1, 0) + ICFGR + 4, UINT32_MAX); /* private ones are as they are */
    assert_int_equal(rd(1, frame(1, 0) + ICFGR + 4), 0);
    wr(1, frame(1, 0) + ICFGR, 0);
    assert_int_equal(rd(1, frame(1, 0) + ICFGR), 0xaaaaaaaa);
}

/* ---- pending ---- */

static void pending_is_set_and_cleared_physically(void **state)
{
    (void)state;
    for (uint32_t spi = SPI_EDGE; spi <= SPI_LEVEL; spi++) {
        wr(0, SHARED + ISPENDR, BIT_OF(spi));
        assert_true(model.spi[spi].latch);
        assert_int_equal(rd(0, SHARED + ICPENDR), BIT_OF(spi));
        wr(0, SHARED + ISPENDR, 0);
        assert_int_equal(rd(0, SHARED + ISPENDR), BIT_OF(spi));
        wr(0, SHARED + ICPENDR, BIT_OF(spi));
        assert_false(model.spi[spi].latch);
        assert_int_equal(rd(0, SHARED + ISPENDR), 0);
    }
}

/* A level's line is no latch: ICPENDR clears what ISPENDR has set, and nothing else. */
static void a_line_keeps_it_pending(void **state)
{
    const uint32_t console = BIT_OF(SPI_CONSOLE);

    (void)state;
    line(0, SPI_LEVEL, true);
    wr(0, SHARED + ICPENDR, BIT_OF(SPI_LEVEL));
    assert_int_equal(rd(0, SHARED + ISPENDR), BIT_OF(SPI_LEVEL));
    line(0, SPI_LEVEL, false);
    assert_int_equal(rd(0, SHARED + ISPENDR), 0);

    vgic_set_level(part, SPI_CONSOLE, true);
    wr(0, SHARED + ISPENDR, console);
    wr(0, SHARED + ICPENDR, console);
    assert_int_equal(rd(0, SHARED + ISPENDR), console);
    vgic_set_level(part, SPI_CONSOLE, false);
    assert_int_equal(rd(0, SHARED + ISPENDR), 0);
    wr(0, SHARED + ISPENDR, console); /* without a line: until it is cleared, or taken */
    assert_int_equal(rd(0, SHARED + ISPENDR), console);
    wr(0, SHARED + ISENABLER, console);
    assert_int_equal(take_and_end(0), SPI_CONSOLE);
    assert_int_equal(rd(0, SHARED + ISPENDR), 0);
    assert_int_equal(take(0), SPURIOUS);
}

/* What was acknowledged at EL2 waits in a list register; the line may fall meanwhile. */
static void a_line_that_has_fallen_is_told(void **state)
{
    (void)state;
    wr(0, SHARED + ISENABLER, BIT_OF(SPI_LEVEL));
    line(0, SPI_LEVEL, true);
    assert_true(model.spi[SPI_LEVEL].active);
    assert_int_equal(rd(0, SHARED + ISPENDR), BIT_OF(SPI_LEVEL));
    line(0, SPI_LEVEL, false);
    assert_int_equal(rd(0, SHARED + ISPENDR), 0);
    assert_int_equal(take(0), SPURIOUS);
    assert_false(model.spi[SPI_LEVEL].active); /* else it would never come again */
    line(0, SPI_LEVEL, true);
    assert_int_equal(take(0), SPI_LEVEL);
}

/* Of a level-sensitive one too, its line low or falling: until it is cleared, or taken. */
static void what_was_set_stays_pending(void **state)
{
    const uint32_t level = BIT_OF(SPI_LEVEL);

    (void)state;
    wr(0, SHARED + ISENABLER, level);
    wr(0, SHARED + ISPENDR, level); /* into a list register at once */
    assert_int_equal(rd(0, SHARED + ISPENDR), level);
    assert_int_equal(take_and_end(0), SPI_LEVEL);
    assert_int_equal(rd(0, SHARED + ISPENDR), 0);
    line(0, SPI_LEVEL, true);
    wr(0, SHARED + ISPENDR, level); /* pending there already */
    line(0, SPI_LEVEL, false);
    assert_int_equal(rd(0, SHARED + ISPENDR), level);
    wr(0, SHARED + ICPENDR, level);
    line(0, SPI_LEVEL, true);
    line(0, SPI_LEVEL, false);
    assert_int_equal(rd(0, SHARED + ISPENDR), 0);
    wr(0, SHARED + ISENABLER, BIT_OF(SPI_CONSOLE));
    wr(0, SHARED + ISPENDR, BIT_OF(SPI_CONSOLE));
    assert_int_equal(take(0), SPI_CONSOLE);
}

static void what_another_holds_is_cleared_there(void **state)
{
    (void)state;
    enable_at(1, SPI_EDGE);
    line(0, SPI_EDGE, true);
    wr(0, SHARED + ICPENDR, BIT_OF(SPI_EDGE));
    assert_int_equal(take(1), SPURIOUS);
    assert_false(model.spi[SPI_EDGE].active);
    falls_and_rises(SPI_EDGE);
    assert_int_equal(take(1), SPI_EDGE);
}

/* ---- active ---- */

/* More than there are list registers. */
static void active_ones_outside_are_told_too(void **state)
{
    (void)state;
    assert_true(model.lrs < 6);
    wr(1, frame(1, 0) + ISACTIVER, 0x3f);
    assert_int_equal(rd(1, frame(1, 0) + ICACTIVER), 0x3f);
    wr(1, frame(1, 0) + ICACTIVER, 0x15);
    assert_int_equal(rd(1, frame(1, 0) + ISACTIVER), 0x2a);
}

static void active_is_set_and_cleared_physically(void **state)
{
    (void)state;
    wr(0, SHARED + ISACTIVER, BIT_OF(SPI_EDGE) | BIT_OF(SPI_CONSOLE));
    assert_true(model.spi[SPI_EDGE].active);
    assert_false(model.spi[SPI_CONSOLE].active || model.spi[SPI_LEVEL].active);
    assert_int_equal(rd(0, SHARED + ICACTIVER), BIT_OF(SPI_EDGE) | BIT_OF(SPI_CONSOLE));
    wr(0, SHARED + ICACTIVER, BIT_OF(SPI_CONSOLE));
    assert_int_equal(rd(0, SHARED + ISACTIVER), BIT_OF(SPI_EDGE));
    wr(0, SHARED + ICACTIVER, BIT_OF(SPI_EDGE));
    assert_false(model.spi[SPI_EDGE].active);
    wr(0, SHARED + ISENABLER, BIT_OF(SPI_LEVEL));
    line(0, SPI_LEVEL, true);
    assert_int_equal(take(0), SPI_LEVEL);
    assert_int_equal(rd(0, SHARED + ISACTIVER), BIT_OF(SPI_LEVEL));
    line(0, SPI_LEVEL, false);
    wr(0, SHARED + ICACTIVER, BIT_OF(SPI_LEVEL)); /* instead of EOIR */
    assert_int_equal(rd(0, SHARED + ISACTIVER), 0);
    assert_false(model.spi[SPI_LEVEL].active);
}

/* ---- what another CPU's list registers hold ---- */

static void another_cpu_is_asked_once(void **state)
{
    struct mmio_access access = {ipa(0), 4, false, 0};
    uint32_t kicks;

    (void)state;
    enable_at(1, SPI_LEVEL);
    line(0, SPI_LEVEL, true);
    kicks = model.kicks;
    assert_int_equal(access_as(0, shared(), ISPENDR + 4, &access), TRAP_RESUME);
    assert_true(model.kicked[1] && !model.kicked[2]);
    assert_int_equal(access_as(0, shared(), ISPENDR + 4, &access), TRAP_RESUME);
    assert_int_equal(model.kicks, kicks + 1);
    settle(); /* it answers */
    assert_int_equal(access_as(0, shared(), ISPENDR + 4, &access), TRAP_SKIP);
    assert_int_equal(access.value, BIT_OF(SPI_LEVEL));
    assert_int_equal(access_as(0, shared(), ISPENDR + 4, &access),
                     TRAP_RESUME); /* each time anew */
    settle();
    access.write = true;
    for (uint64_t row = ICPENDR; row <= ICACTIVER; row += 0x80) { /* these need no answer */
        access.value = BIT_OF(SPI_EDGE) | BIT_OF(SPI_LEVEL);
        assert_int_equal(access_as(0, shared(), row + 4, &access), TRAP_SKIP);
    }
    settle();
    access.value = BIT_OF(SPI_EDGE); /* of one that is here */
    assert_int_equal(access_as(0, shared(), ISPENDR + 4, &access), TRAP_SKIP);
    line(0, SPI_LEVEL, true);
    access.value = BIT_OF(SPI_LEVEL);
    assert_int_equal(access_as(0, shared(), ISPENDR + 4, &access), TRAP_RESUME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(where_no_interrupts_are_nothing_is, booted),
        ON_BOTH(other_widths_do_nothing, booted),
        ON_BOTH(only_its_own_interrupts_are_there, booted),
        ON_BOTH(enable_is_mirrored, booted),
        ON_BOTH(gicv2s_sgis_are_fixed, booted),
        ON_BOTH(a_priority_goes_to_the_list_register, booted),
        ON_BOTH(a_trigger_changes_while_it_is_off, booted),
        ON_BOTH(pending_is_set_and_cleared_physically, booted),
        ON_BOTH(a_line_keeps_it_pending, booted),
        ON_BOTH(a_line_that_has_fallen_is_told, booted),
        ON_BOTH(what_was_set_stays_pending, booted),
        ON_BOTH(what_another_holds_is_cleared_there, booted),
        ON_BOTH(active_ones_outside_are_told_too, booted),
        ON_BOTH(active_is_set_and_cleared_physically, booted),
        ON_BOTH(another_cpu_is_asked_once, booted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
