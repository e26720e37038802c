/* SPDX-License-Identifier: Apache-2.0 */
/* Owns whether a trapped AArch32 instruction was to be executed. */
#include "core/guest/condition.h"

#include "core/base/bits.h"

#define ISS_CV   BIT(24)
#define ISS_COND MASK(23, 20)

#define PSR_N      BIT(31)
#define PSR_Z      BIT(30)
#define PSR_C      BIT(29)
#define PSR_V      BIT(28)
#define PSR_IT_7_2 MASK(15, 10)
#define PSR_IT_1_0 MASK(26, 25)

/* ITSTATE: a condition, and how many instructions it is for; 0 outside an IT block. */
#define IT_COND      MASK(7, 4)
#define IT_MASK      MASK(3, 0)
#define CONDITION_AL 14

static uint64_t it_state(uint64_t psr)
{
    return field_get(PSR_IT_7_2, psr) << 2 | field_get(PSR_IT_1_0, psr);
}

static bool condition_holds(uint64_t condition, uint64_t psr)
{
    const bool n = (psr & PSR_N) != 0;
    const bool z = (psr & PSR_Z) != 0;
    const bool c = (psr & PSR_C) != 0;
    const bool v = (psr & PSR_V) != 0;
    const bool tests[] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    const bool holds = tests[condition >> 1];

    return (condition & 1) != 0 && condition != 15 ? !holds : holds;
}

bool condition_passed(uint64_t iss, uint64_t psr)
{
    const uint64_t it = it_state(psr);

    if ((iss & ISS_CV) != 0) {
        return condition_holds(field_get(ISS_COND, iss), psr);
    }
    return condition_holds((it & IT_MASK) != 0 ? field_get(IT_COND, it) : CONDITION_AL, psr);
}

uint64_t condition_it_advanced(uint64_t psr)
{
    uint64_t it = it_state(psr);

    it = (it & 7) == 0 ? 0 : (it & 0xe0) | (it << 1 & 0x1f);
    return (psr & ~(PSR_IT_7_2 | PSR_IT_1_0)) | field_prep(PSR_IT_7_2, it >> 2) |
           field_prep(PSR_IT_1_0, it);
}
