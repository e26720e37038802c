/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Well-formed boards and system files whose content is right, or wrong in some places; once in a
 * while only in whose devices and streams are whose.
 */
#include "plan_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[GEN_ROOM];
    struct bytes b = {data, data + size};
    struct bytes none = {NULL, NULL};
    struct bytes *rest = rarely(&b, 4) ? &none : &b;
    size_t board_size = gen_board(rest, &b, room, sizeof(room));
    void *board = copy_of(room, board_size);
    size_t file_size = gen_system(rest, &b, room, sizeof(room));
    void *file = copy_of(room, file_size);

    plan_and_hold(board, board_size, file, file_size);
    free(board);
    free(file);
    return 0;
}
