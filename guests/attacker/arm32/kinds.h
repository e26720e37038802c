/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of load, store and cache operation of A32, and of T32. */
#ifndef KINDS_H
#define KINDS_H

/* Name, instructions: the access is at the address in r0, and stores what is in r1. */
#define KINDS(X)                                                                                   \
    X(ldrb, "ldrb r0, [r0]")                                                                       \
    X(ldrh, "ldrh r0, [r0]")                                                                       \
    X(ldr_w, "ldr r0, [r0]")                                                                       \
    X(ldrsb, "ldrsb r0, [r0]")                                                                     \
    X(ldrsh, "ldrsh r0, [r0]")                                                                     \
    X(strb, "strb r1, [r0]")                                                                       \
    X(strh, "strh r1, [r0]")                                                                       \
    X(str_w, "str r1, [r0]")                                                                       \
    X(ldr_post, "ldr r1, [r0], #4")                                                                \
    X(ldr_pre, "ldr r1, [r0, #0]!")                                                                \
    X(str_post, "str r1, [r0], #4")                                                                \
    X(str_pre, "str r1, [r0, #0]!")                                                                \
    X(ldrh_post, "ldrh r1, [r0], #2")                                                              \
    X(strb_pre, "strb r1, [r0, #0]!")                                                              \
    X(ldrt, "ldrt r1, [r0]")                                                                       \
    X(strt, "strt r1, [r0]")                                                                       \
    X(ldrbt, "ldrbt r1, [r0]")                                                                     \
    X(ldrd, "ldrd r0, r1, [r0]")                                                                   \
    X(strd, "strd r0, r1, [r0]")                                                                   \
    X(ldrd_post, "ldrd r2, r3, [r0], #8")                                                          \
    X(ldm, "ldm r0, {r1, r2}")                                                                     \
    X(ldm_wb, "ldm r0!, {r1, r2}")                                                                 \
    X(ldm_many, "ldm r0, {r1-r3, r12}")                                                            \
    X(stm, "stm r0, {r1, r2}")                                                                     \
    X(stmib, "stmib r0!, {r1, r2}")                                                                \
    X(ldm_user, "ldm r0, {r1, r2}^")                                                               \
    X(ldr_pc, "ldr pc, [r0]")                                                                      \
    X(ldrex, "ldrex r1, [r0]")                                                                     \
    X(ldrexb, "ldrexb r1, [r0]")                                                                   \
    X(ldrexd, "ldrexd r2, r3, [r0]")                                                               \
    X(strex, "ldrex r2, [r1]\n strex r2, r1, [r0]")                                                \
    X(swp, ".inst 0xe1001092" /* SWP R1, R2, [R0], which as warns of */)                           \
    X(vldr_s, "vldr s0, [r0]")                                                                     \
    X(vldr_d, "vldr d0, [r0]")                                                                     \
    X(vstr_d, "vstr d0, [r0]")                                                                     \
    X(vldm, "vldm r0, {d0-d3}")                                                                    \
    X(vstm, "vstm r0, {d0-d3}")                                                                    \
    X(vld1, "vld1.8 {d0}, [r0]")                                                                   \
    X(vst1, "vst1.8 {d0}, [r0]")                                                                   \
    X(vld4, "vld4.32 {d0-d3}, [r0]")                                                               \
    X(vld1_lane, "vld1.8 {d0[0]}, [r0]")                                                           \
    X(ldc, "ldc p14, c5, [r0]")                                                                    \
    X(stc, "stc p14, c5, [r0]")                                                                    \
    X(dccmvac, "mcr p15, 0, r0, c7, c10, 1")                                                       \
    X(dccimvac, "mcr p15, 0, r0, c7, c14, 1")                                                      \
    X(dcimvac, "mcr p15, 0, r0, c7, c6, 1")                                                        \
    X(dccmvau, "mcr p15, 0, r0, c7, c11, 1")                                                       \
    X(icimvau, "mcr p15, 0, r0, c7, c5, 1")                                                        \
    X(bpimva, "mcr p15, 0, r0, c7, c5, 7")                                                         \
    X(pld, "pld [r0]")

/* In T32 those have another encoding, and the syndrome of a plain one has another length. */
#define KINDS_T32(X)                                                                               \
    X(t32_ldrb, "ldrb r0, [r0]")                                                                   \
    X(t32_ldr, "ldr r0, [r0]")                                                                     \
    X(t32_ldr_wide, "ldr.w r0, [r0]")                                                              \
    X(t32_ldrsh, "ldrsh.w r0, [r0]")                                                               \
    X(t32_strb, "strb r1, [r0]")                                                                   \
    X(t32_str, "str r1, [r0]")                                                                     \
    X(t32_str_wide, "str.w r1, [r0]")                                                              \
    X(t32_ldrt, "ldrt r1, [r0]")                                                                   \
    X(t32_ldm, "ldm r0!, {r1, r2}")                                                                \
    X(t32_stm, "stm r0!, {r1, r2}")                                                                \
    X(t32_ldrd, "ldrd r2, r3, [r0]")                                                               \
    X(t32_strd, "strd r2, r3, [r0]")                                                               \
    X(t32_ldr_post, "ldr r1, [r0], #4")                                                            \
    X(t32_ldrex, "ldrex r1, [r0]")

#endif
