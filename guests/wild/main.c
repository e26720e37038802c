/* SPDX-License-Identifier: Apache-2.0 */
/* A partition that runs wild, as the boot argument wild=<mode> says: it attacks its hypervisor. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "wild.h"

struct wild_caught wild_caught;

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"jump", wild_jump},   {"hvc", wild_hvc},         {"smc", wild_smc},
    {"flood", wild_flood}, {"disable", wild_disable}, {"mmio", wild_mmio},
    {"undef", wild_undef}, {"sysreg", wild_sysreg},   {"gic", wild_gic},
    {"off", wild_off},     {"reset", wild_reset},     {"setway", wild_setway},
    {"spin", wild_spin},   {"vectors", wild_vectors}, {"walk", wild_walk},
    {"pci", wild_pci},     {"forge", wild_forge},     {"page", wild_page},
};

static bool catch_exception(struct exception_frame *frame)
{
    wild_caught.count++;
    wild_caught.esr = frame_syndrome(frame);
    wild_caught.far = frame->far;
    frame_resume(frame);
    return true;
}

uint64_t wild_number(const char *name, uint64_t otherwise)
{
    char text[24];

    return guest_argument(name, text, sizeof(text)) ? strtoul(text, NULL, 0) : otherwise;
}

/* xorshift64* of Vigna */
uint64_t wild_random(void)
{
    static uint64_t state;

    if (state == 0) {
        state = wild_number("seed", 1) * 0x9e3779b97f4a7c15u | 1;
    }
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du;
}

int main(void)
{
    char mode[16] = "";

    guest_argument("wild", mode, sizeof(mode));
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(mode, modes[i].name) == 0) {
            printf("wild: %s\n", mode);
            exception_set_handler(catch_exception);
            modes[i].run();
            puts("wild: done");
            return EXIT_SUCCESS;
        }
    }
    printf("wild: no such mode \"%s\": boot with wild=jump|hvc|smc|flood|disable|mmio|undef|"
           "sysreg|gic|off|reset|setway|spin|vectors|walk|pci|forge|page\n",
           mode);
    return EXIT_FAILURE;
}
