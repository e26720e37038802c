/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest partition: shows that the C library works, and ends. Copy it to begin. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

#define TEXT_SIZE 1000

int main(void)
{
    char *text = malloc(TEXT_SIZE);

    if (text == NULL) {
        puts("hello: no memory");
        return EXIT_FAILURE;
    }
    strcpy(text, "malloc and strcpy work");

    printf("hello: %u CPU%s, %" PRIu64 " KiB of memory at 0x%" PRIx64 "\n", guest.cpu_count,
           guest.cpu_count == 1 ? "" : "s", guest.memory[0].size / 1024, guest.memory[0].base);
    printf("hello: %s\n", text);
    printf("hello: a third is %.6f\n", 1.0 / 3.0);
    printf("hello: the timer counts at %.1f MHz\n", guest.timer_frequency / 1e6);
    free(text);
    puts("hello: done");
    return EXIT_SUCCESS; /* turns the partition off */
}
