/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to test of an Armv8-A CPU. */
#ifndef TESTS_H
#define TESTS_H

#define TESTS                                                                                      \
    {"reset", test_reset}, {"pmu", test_pmu}, {"debug", test_debug}, {"suspend", test_suspend},    \
        {"aarch32", test_aarch32},                                                                 \
    {                                                                                              \
        "pstate", test_pstate                                                                      \
    }

#endif
