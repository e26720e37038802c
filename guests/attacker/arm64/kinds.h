/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of load, store and cache operation of AArch64. */
#ifndef KINDS_H
#define KINDS_H

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

#endif
