/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of conditions and IT blocks: each condition with all flags, as DDI 0487 has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/guest/condition.h"

#define CV     (1u << 24)
#define COND_0 20

/* N, Z, C, V as four bits for which EQ, NE, CS … hold: a bit for each of the 16. */
static const uint16_t holds[16] = {
    0xf0f0, 0x0f0f, /* EQ, NE: Z */
    0xcccc, 0x3333, /* CS, CC: C */
    0xff00, 0x00ff, /* MI, PL: N */
    0xaaaa, 0x5555, /* VS, VC: V */
    0x0c0c, 0xf3f3, /* HI, LS: C and not Z */
    0xaa55, 0x55aa, /* GE, LT: N is V */
    0x0a05, 0xf5fa, /* GT, LE: and not Z */
    0xffff, 0xffff, /* AL, and what is no condition */
};

/* ITSTATE's eight bits where a PSR has them. */
static uint64_t with_it(uint64_t psr, uint32_t it)
{
    return psr | (uint64_t)(it >> 2) << 10 | (uint64_t)(it & 3) << 25;
}

static void the_syndrome_tells(void **state)
{
    (void)state;
    for (uint32_t flags = 0; flags < 16; flags++) {
        for (uint32_t cond = 0; cond < 16; cond++) {
            const uint64_t psr = with_it((uint64_t)flags << 28, 0x14); /* CV 1: NE does not count */

            assert_int_equal(condition_passed(CV | cond << COND_0, psr), holds[cond] >> flags & 1);
        }
    }
}

static void else_the_it_block_tells(void **state)
{
    (void)state;
    for (uint32_t flags = 0; flags < 16; flags++) {
        for (uint32_t it = 0; it < 256; it++) {
            const uint64_t psr = with_it((uint64_t)flags << 28, it);
            const bool inside = (it & 0xf) != 0;

            assert_int_equal(condition_passed(1u << COND_0, psr),
                             inside ? holds[it >> 4] >> flags & 1 : 1);
        }
    }
}

/* ITTET EQ: four instructions, whose conditions are EQ, EQ, NE, EQ. */
static void an_it_block_advances_to_its_end(void **state)
{
    static const uint32_t states[] = {0x05, 0x0a, 0x14, 0x08, 0};
    const uint64_t others = ~with_it(0, 0xff);

    (void)state;
    for (uint32_t i = 0; i + 1 < sizeof(states) / sizeof(states[0]); i++) {
        assert_int_equal(condition_it_advanced(with_it(others, states[i])),
                         with_it(others, states[i + 1]));
        assert_int_equal(condition_passed(0, with_it(1u << 30, states[i])), states[i] >> 4 == 0);
    }
    assert_int_equal(condition_it_advanced(others), others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_syndrome_tells),
        cmocka_unit_test(else_the_it_block_tells),
        cmocka_unit_test(an_it_block_advances_to_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
