/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the board's tree, with a system file that fits the generated board. */
#include "plan_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[GEN_ROOM];
    struct bytes none = {NULL, NULL};
    size_t file_size = gen_system(&none, &none, room, sizeof(room));
    void *file = copy_of(room, file_size);
    void *board = copy_of(data, size);

    plan_and_hold(board, size, file, file_size);
    free(board);
    free(file);
    return 0;
}
