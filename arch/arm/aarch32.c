/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what conditions and IT blocks make of a trapped instruction. */
#include "arch/arm/aarch32.h"

#include "core/base/bits.h"

#define ISS_CV       BIT(24)
#define ISS_COND     MASK(23, 20)
#define CONDITION_AL 14

#define PSR_IT_7_4 MASK(15, 12)
#define PSR_IT_7_2 MASK(15, 10)
#define PSR_IT_1_0 MASK(26, 25)

static bool condition_holds(uint64_t condition, uint64_t psr)
{
    const bool n = (psr & BIT(31)) != 0;
    const bool z = (psr & BIT(30)) != 0;
    const bool c = (psr & BIT(29)) != 0;
    const bool v = (psr & BIT(28)) != 0;
    const bool tests[] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    const bool holds = tests[condition >> 1];

    return (condition & 1) != 0 && condition != 15 ? !holds : holds;
}

bool aarch32_is_executed(uint64_t iss, uint64_t psr)
{
    uint64_t condition = field_get(ISS_COND, iss);

    if ((iss & ISS_CV) == 0) { /* T32: ITSTATE's upper half, 0 outside an IT block */
        condition = field_get(PSR_IT_7_4, psr);
        condition = condition == 0 ? CONDITION_AL : condition;
    }
    return condition_holds(condition, psr);
}

uint64_t aarch32_it_advanced(uint64_t psr)
{
    uint64_t it = field_get(PSR_IT_7_2, psr) << 2 | field_get(PSR_IT_1_0, psr);

    it = (it & 7) == 0 ? 0 : (it & 0xe0) | (it << 1 & 0x1f);
    return (psr & ~(PSR_IT_7_2 | PSR_IT_1_0)) | field_prep(PSR_IT_7_2, it >> 2) |
           field_prep(PSR_IT_1_0, it);
}
