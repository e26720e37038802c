/* SPDX-License-Identifier: Apache-2.0 */
/* The board's tree, for a test or for a group of them. */
#ifndef CORE_PLAN_TESTING_BOARD_H
#define CORE_PLAN_TESTING_BOARD_H

#include "core/plan/testing.h"

static struct tree board;

static inline int set_up(void **state)
{
    (void)state;
    board = tree_compile(BOARD);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    tree_free(board);
    return 0;
}

#endif
