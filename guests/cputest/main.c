/* SPDX-License-Identifier: Apache-2.0 */
/* Holds a CPU, real or virtual, against the architecture: its reset state, PMU, debug, AArch32. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cputest.h"
#include "tests.h"

static unsigned passed;
static unsigned failed;

void check_values(const char *name, uint64_t got, uint64_t want)
{
    if (got == want) {
        passed++;
        printf("cputest: ok - %s\n", name);
    } else {
        failed++;
        printf("cputest: FAIL - %s (got 0x%" PRIx64 ", want 0x%" PRIx64 ")\n", name, got, want);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {TESTS};

int main(void)
{
    char name[16] = "";

    guest_argument("test", name, sizeof(name));
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (strcmp(name, tests[i].name) == 0) {
            tests[i].run();
            printf("cputest: %s: %u passed, %u failed\n", name, passed, failed);
            return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    }
    printf("cputest: no test=%s\n", name);
    return EXIT_FAILURE;
}
