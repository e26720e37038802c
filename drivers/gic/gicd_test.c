/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what the two distributors share, on a model whose bits are set and cleared by ones. */
#include "drivers/gic/gicd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <arch/host.h>

#define DIST   UINT64_C(0x8000000)
#define REDIST UINT64_C(0x80a0000) /* of `v3`; RD_base, then the SGI frame */
#define WORDS  4u                  /* of 32 interrupts each */

/* IHI 0048 4.3, IHI 0069 12.9. */
struct frame {
    uint32_t group[WORDS], enabled[WORDS], pending[WORDS], active[WORDS];
    uint8_t priority[WORDS * 32];
    uint32_t config[WORDS * 2], itlines, writes;
};

static struct frame dist, redist;
static struct cpu v2, v3;

static uint32_t *bits_of(struct frame *f, uint64_t offset)
{
    uint32_t *const blocks[] = {f->group, f->enabled, f->pending, f->active};

    return &blocks[offset < 0x100 ? 0 : offset / 0x100][offset % 0x80 / 4];
}

static uint64_t frame_read(void *model, uint64_t offset, unsigned size)
{
    struct frame *f = model;

    assert_int_equal(size, 4);
    assert_int_equal(offset % 4, 0);
    if (offset >= 0xc00) {
        return f->config[(offset - 0xc00) / 4];
    }
    return offset == 4 ? f->itlines : *bits_of(f, offset);
}

static void frame_write(void *model, uint64_t offset, unsigned size, uint64_t v)
{
    struct frame *f = model;

    assert_int_equal(size, 4);
    assert_int_equal(offset % 4, 0);
    f->writes++;
    if (offset >= 0xc00) {
        f->config[(offset - 0xc00) / 4] = (uint32_t)v;
    } else if (offset >= 0x400) {
        for (uint32_t i = 0; i < 4; i++) {
            f->priority[offset - 0x400 + i] = (uint8_t)(v >> (8 * i));
        }
    } else if (offset < 0x100) {
        *bits_of(f, offset) = (uint32_t)v;
    } else if (offset % 0x100 < 0x80) {
        *bits_of(f, offset) |= (uint32_t)v;
    } else {
        *bits_of(f, offset) &= ~(uint32_t)v;
    }
}

static int set_up(void **state)
{
    (void)state;
    host_reset();
    memset(&dist, 0, sizeof(dist));
    memset(&redist, 0, sizeof(redist));
    host_mmio_add(DIST, 0x10000, frame_read, frame_write, &dist);
    host_mmio_add(REDIST + 0x10000, 0x10000, frame_read, frame_write, &redist);
    gicd_base = DIST;
    v2 = (struct cpu){.gic_target = 1};
    v3 = (struct cpu){.gic_redist = REDIST};
    return 0;
}

/* One interrupt's state alone has changed: that of `intid`, in this frame. */
static void assert_only(const uint32_t *bits, uint32_t intid)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        assert_int_equal(bits[i], i == intid / 32 ? 1u << intid % 32 : 0);
    }
}

static void bits_are_set_and_cleared_one_by_one(void **state)
{
    static const uint32_t intids[] = {0, 31, 32, 63, 64, 127};

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        gicd_set_pending(&v2, intids[i], true);
        assert_only(dist.pending, intids[i]);
        assert_true(gicd_get_pending(&v2, intids[i]));
        assert_false(gicd_get_pending(&v2, intids[i] ^ 1));
        assert_false(gicd_get_active(&v2, intids[i]));
        gicd_set_active(&v2, intids[i], true);
        assert_only(dist.active, intids[i]);
        assert_true(gicd_get_active(&v2, intids[i]));
        assert_false(gicd_get_active(&v2, intids[i] ^ 1));
        memset(dist.enabled, 0xff, sizeof(dist.enabled));
        gicd_write_bit(&v2, GICD_ICENABLER, intids[i]);
        assert_int_equal(dist.enabled[intids[i] / 32], ~(1u << intids[i] % 32));
        memset(dist.pending, 0xff, sizeof(dist.pending));
        memset(dist.active, 0xff, sizeof(dist.active));
        gicd_set_pending(&v2, intids[i], false);
        assert_int_equal(dist.pending[intids[i] / 32], ~(1u << intids[i] % 32));
        gicd_set_active(&v2, intids[i], false);
        assert_int_equal(dist.active[intids[i] / 32], ~(1u << intids[i] % 32));
        memset(dist.pending, 0, sizeof(dist.pending));
        memset(dist.active, 0, sizeof(dist.active));
    }
    assert_int_equal(redist.writes, 0);
}

static void private_ones_are_their_redistributors(void **state)
{
    (void)state;
    gicd_set_pending(&v3, 31, true);
    gicd_set_active(&v3, 16, true);
    assert_only(redist.pending, 31);
    assert_only(redist.active, 16);
    assert_true(gicd_get_pending(&v3, 31) && gicd_get_active(&v3, 16));
    assert_int_equal(dist.writes, 0);
    gicd_set_pending(&v3, 32, true); /* shared; of no CPU: */
    gicd_set_active(NULL, 33, true);
    assert_only(dist.pending, 32);
    assert_only(dist.active, 33);
    assert_true(gicd_get_pending(NULL, 32));
    assert_int_equal(redist.writes, 2);
}

static void silence_is_complete_and_for_32(void **state)
{
    (void)state;
    memset(&dist, 0xff, sizeof(dist));
    gicd_silence(DIST, 64, 0x12345678);
    for (uint32_t i = 0; i < WORDS; i++) {
        const uint32_t rest = i == 2 ? 0 : UINT32_MAX;

        assert_int_equal(dist.enabled[i], rest);
        assert_int_equal(dist.pending[i], rest);
        assert_int_equal(dist.active[i], rest);
        assert_int_equal(dist.group[i], i == 2 ? 0x12345678 : UINT32_MAX);
    }
    for (uint32_t i = 0; i < WORDS * 32; i++) {
        assert_int_equal(dist.priority[i], i / 32 == 2 ? 0xa0 : 0xff);
    }
    assert_int_equal(redist.writes, 0);
}

/* Which of two bits it is, IHI 0048 4.3.13: the upper one; the others stay. */
static void a_trigger_leaves_the_others(void **state)
{
    (void)state;
    dist.config[2] = 0x55555555;
    dist.config[3] = 0xaaaaaaaa;
    gicd_set_edge(32, true);
    assert_int_equal(dist.config[2], 0x55555557);
    gicd_set_edge(47, true);
    assert_int_equal(dist.config[2], 0xd5555557);
    gicd_set_edge(32, false);
    assert_int_equal(dist.config[2], 0xd5555555);
    gicd_set_edge(63, false);
    assert_int_equal(dist.config[3], 0x2aaaaaaa);
    gicd_set_edge(62, true); /* as it is */
    assert_int_equal(dist.config[3], 0x2aaaaaaa);
}

static void room_is_told_by_typer(void **state)
{
    (void)state;
    dist.itlines = 0;
    assert_int_equal(gicd_intids(), 32);
    dist.itlines = 0xfffffc00 | 31; /* what is beside the field */
    assert_int_equal(gicd_intids(), 1024);
    dist.itlines = 0xe0 | 8;
    assert_int_equal(gicd_intids(), 288);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bits_are_set_and_cleared_one_by_one, set_up),
        cmocka_unit_test_setup(private_ones_are_their_redistributors, set_up),
        cmocka_unit_test_setup(silence_is_complete_and_for_32, set_up),
        cmocka_unit_test_setup(a_trigger_leaves_the_others, set_up),
        cmocka_unit_test_setup(room_is_told_by_typer, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
