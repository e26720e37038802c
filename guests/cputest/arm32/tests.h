/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to test of an Armv7-A CPU. */
#ifndef TESTS_H
#define TESTS_H

#define TESTS                                                                                      \
    {                                                                                              \
        "suspend", test_suspend                                                                    \
    }

#endif
