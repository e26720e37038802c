/* SPDX-License-Identifier: Apache-2.0 */
/* Boards and system files of a fuzzer's bytes: well-formed trees, whose content may be wrong. */
#ifndef TESTS_FUZZ_GEN_H
#define TESTS_FUZZ_GEN_H

#include "bytes.h"

/*
 * Where firmware puts things on these boards: Bulkhead (1 MiB), the board's tree and the system
 * file; GEN_ROOM bytes hold any of these.
 */
#define GEN_IMAGE  UINT64_C(0x40080000)
#define GEN_TREE   UINT64_C(0x48000000)
#define GEN_SYSTEM UINT64_C(0x49000000)
#define GEN_ROOM   0x4000u

/* A board's tree into `tree` (`room` bytes); its size. `dma`: of these are its devices' streams. */
size_t gen_board(struct bytes *b, struct bytes *dma, void *tree, size_t room);

/* A board that breaks no rule: 4 CPUs, 1 GiB, GICv3, devices to grant. */
size_t gen_good_board(void *tree, size_t room);

/* A system file, inline data, into `file`; its size. `dma`: of these are who has which devices. */
size_t gen_system(struct bytes *b, struct bytes *dma, void *file, size_t room);

#endif
