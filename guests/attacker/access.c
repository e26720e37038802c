/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of load, store and cache operation, at addresses that are not memory. */
#include <stdio.h>

#include "attacker.h"
#include "guest.h"

/* Name, instruction. What an Armv8.0 CPU lacks is undefined there. */
#define KINDS(X)                                                                                   \
    X(ldrb, "ldrb w0, [x0]")                                                                       \
    X(ldrh, "ldrh w0, [x0]")                                                                       \
    X(ldr_w, "ldr w0, [x0]")                                                                       \
    X(ldr_x, "ldr x0, [x0]")                                                                       \
    X(ldrsb_w, "ldrsb w0, [x0]")                                                                   \
    X(ldrsb_x, "ldrsb x0, [x0]")                                                                   \
    X(ldrsh_w, "ldrsh w0, [x0]")                                                                   \
    X(ldrsh_x, "ldrsh x0, [x0]")                                                                   \
    X(ldrsw, "ldrsw x0, [x0]")                                                                     \
    X(ldr_xzr, "ldr xzr, [x0]")                                                                    \
    X(ldr_wzr, "ldr wzr, [x0]")                                                                    \
    X(ldur, "ldur w0, [x0, #0]")                                                                   \
    X(strb, "strb w1, [x0]")                                                                       \
    X(strh, "strh w1, [x0]")                                                                       \
    X(str_w, "str w1, [x0]")                                                                       \
    X(str_x, "str x1, [x0]")                                                                       \
    X(str_wzr, "str wzr, [x0]")                                                                    \
    X(stur, "stur w1, [x0, #0]")                                                                   \
    X(ldar, "ldar w0, [x0]")                                                                       \
    X(stlr, "stlr w1, [x0]")                                                                       \
    X(ldr_post, "ldr w1, [x0], #4")                                                                \
    X(ldr_pre, "ldr w1, [x0, #0]!")                                                                \
    X(str_post, "str w1, [x0], #4")                                                                \
    X(str_pre, "str w1, [x0, #0]!")                                                                \
    X(ldp_w, "ldp w1, w2, [x0]")                                                                   \
    X(ldp_x, "ldp x1, x2, [x0]")                                                                   \
    X(ldpsw, "ldpsw x1, x2, [x0]")                                                                 \
    X(ldnp, "ldnp x1, x2, [x0]")                                                                   \
    X(stp_w, "stp w1, w2, [x0]")                                                                   \
    X(stp_x, "stp x1, x2, [x0]")                                                                   \
    X(stnp, "stnp x1, x2, [x0]")                                                                   \
    X(ldp_post, "ldp x1, x2, [x0], #16")                                                           \
    X(stp_pre, "stp x1, x2, [x0, #0]!")                                                            \
    X(ldxr, "ldxr w1, [x0]")                                                                       \
    X(ldaxr, "ldaxr x1, [x0]")                                                                     \
    X(ldxp, "ldxp x1, x2, [x0]")                                                                   \
    X(ldr_b, "ldr b0, [x0]")                                                                       \
    X(ldr_s, "ldr s0, [x0]")                                                                       \
    X(ldr_q, "ldr q0, [x0]")                                                                       \
    X(str_s, "str s0, [x0]")                                                                       \
    X(str_q, "str q0, [x0]")                                                                       \
    X(ldp_q, "ldp q0, q1, [x0]")                                                                   \
    X(stp_q, "stp q0, q1, [x0]")                                                                   \
    X(ld1, "ld1 {v0.16b}, [x0]")                                                                   \
    X(st1, "st1 {v0.16b}, [x0]")                                                                   \
    X(ld4, "ld4 {v0.4s-v3.4s}, [x0]")                                                              \
    X(st4, "st4 {v0.4s-v3.4s}, [x0]")                                                              \
    X(ld1r, "ld1r {v0.4s}, [x0]")                                                                  \
    X(ldadd, ".arch_extension lse\n ldadd w1, w2, [x0]")                                           \
    X(swp, "swp x1, x2, [x0]")                                                                     \
    X(cas, "cas w1, w2, [x0]")                                                                     \
    X(casp, "casp x2, x3, x4, x5, [x0]")                                                           \
    X(stset, "stset w1, [x0]")                                                                     \
    X(dc_zva, "dc zva, x0")                                                                        \
    X(dc_civac, "dc civac, x0")                                                                    \
    X(dc_cvac, "dc cvac, x0")                                                                      \
    X(dc_cvau, "dc cvau, x0")                                                                      \
    X(dc_ivac, "dc ivac, x0")                                                                      \
    X(ic_ivau, "ic ivau, x0")                                                                      \
    X(prfm, "prfm pldl1keep, [x0]")                                                                \
    X(stxr, "ldxr w2, [x1]\n stxr w2, w1, [x0]")

#define CODE(name, instruction)                                                                    \
    __asm__(".pushsection .text.access, \"ax\"\n .balign 4\n .global access_" #name                \
            "\n access_" #name ":\n " instruction "\n ret\n .popsection");                         \
    extern const uint32_t access_##name[];
#define ROW(name, instruction) {#name, access_##name},

KINDS(CODE)

static const struct kind {
    const char *name;
    const uint32_t *code;
} kinds[] = {KINDS(ROW)};

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
