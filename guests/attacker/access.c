/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of load, store and cache operation, at addresses that are not memory. */
#include <stdio.h>

#include "attacker.h"
#include "guest.h"
#include "kinds.h"

#define CODE(name, instruction)                                                                    \
    __asm__(".pushsection .text.access, \"ax\"\n .balign 4\n .global access_" #name                \
            "\n access_" #name ":\n " instruction "\n " RETURN "\n .popsection");                  \
    extern const uint32_t access_##name[];
#define ROW(name, instruction) {#name, access_##name},

#ifdef KINDS_T32
#define CODE_T32(name, instruction)                                                                \
    __asm__(                                                                                       \
        ".pushsection .text.access, \"ax\"\n .balign 4\n .syntax unified\n .thumb\n .thumb_func"   \
        "\n .global access_" #name "\n access_" #name ":\n " instruction "\n " RETURN              \
        "\n .arm\n .popsection");                                                                  \
    extern const uint32_t access_##name[];
#else
#define KINDS_T32(X)
#endif

KINDS(CODE)
KINDS_T32(CODE_T32)

static const struct kind {
    const char *name;
    const uint32_t *code;
} kinds[] = {KINDS(ROW) KINDS_T32(ROW)};

static const struct {
    const char *name;
    enum view view;
} views[] = {
    {"device EL1", VIEW_DEVICE},
    {"normal EL1", VIEW_NORMAL},
    {"device EL0", VIEW_EL0_DEVICE},
    {"normal EL0", VIEW_EL0_NORMAL},
};

/* Devices of the board that are not ours, memory that is not, and nothing at all. */
static const uint64_t foreign[] = {
    0x00000000, 0x08030000, 0x08040000, 0x08080000,   0x09010000,   0x09020000,
    0x0a000000, 0x0c000000, 0x10000000, 0x3f000000,   0x3ffff000,   0x48000000,
    0x7ffff000, 0x80000000, 0xfffff000, 0x4010000000, 0x7ffffff000,
};

static void try_kinds(const char *where, const uint64_t *addresses, unsigned count)
{
    for (unsigned v = 0; v < sizeof(views) / sizeof(views[0]); v++) {
        log_begin("access %s %s", where, views[v].name);
        for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            struct tally tally = {0};

            for (unsigned i = 0; i < count; i++) {
                uintptr_t view = view_of(views[v].view, addresses[i]);
                struct outcome o = probe(view_el(views[v].view), (uintptr_t)kinds[k].code, view,
                                         (uintptr_t)scratch);

                tally_add(&tally, o.esr);
            }
            tally_log(kinds[k].name, &tally);
        }
        log_end();
    }
}

void attack_access(void)
{
    /* Where every width is in the window; then what is not aligned; then across a page's end. */
    const uint64_t window[] = {guest.gicd_base + 0x100};
    const uint64_t unaligned[] = {guest.gicd_base + 0x101, guest.gicd_base + 0x103};
    const uint64_t crossing[] = {guest.gicd_base + 0xfff, guest.uart_base + 0xfff};

    try_kinds("foreign", foreign, sizeof(foreign) / sizeof(foreign[0]));
    try_kinds("window", window, 1);
    try_kinds("unaligned", unaligned, 2);
    try_kinds("crossing", crossing, 2);
}
