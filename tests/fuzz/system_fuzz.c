/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the system file, on a board that breaks no rule. */
#include "plan_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[GEN_ROOM];
    size_t board_size = gen_good_board(room, sizeof(room));
    void *board = copy_of(room, board_size);
    void *file = copy_of(data, size);

    plan_and_hold(board, board_size, file, size);
    free(board);
    free(file);
    return 0;
}
