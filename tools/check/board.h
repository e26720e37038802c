/* SPDX-License-Identifier: Apache-2.0 */
/* A board's tree on a PC: read as boot reads it, and whether Bulkhead can run on that board. */
#ifndef TOOLS_CHECK_BOARD_H
#define TOOLS_CHECK_BOARD_H

#include <stdbool.h>
#include <stdio.h>

#include "core/plan/plan.h"
#include "tools/check/files.h"
#include "tools/check/messages.h"

/* The file of that name; fails where it is the other of the two, or what neither can be. */
struct file board_file(const char *name);
struct file system_file(const char *name);

/*
 * Where firmware puts things is known on the board alone. Assumed, in the first RAM bank: Bulkhead
 * 2 MiB from its start, the system file 128 MiB from it (or halfway), the tree behind that, as QEMU
 * does and U-Boot by habit. The tree's first CPU is taken for the one that boots.
 */
struct places {
    struct range image;
    uint64_t system_pa, tree_pa, boot_mpidr;
};
struct places board_places(const struct file *board, uint64_t system_size);

/* Read the board's tree into the empty plan `p`; arch_states() are its CPUs' from now on. */
void board_read(struct plan *p, const struct file *board, const struct places *at);

/* Make the whole plan of both files, in the plan `plan` of core/plan. */
void board_make_plan(const struct file *board, const struct file *system, const struct places *at);

/* What the CPUs of a board are to Bulkhead. */
enum board_cpus { BOARD_CPUS_USABLE, BOARD_CPUS_32BIT, BOARD_CPUS_NO_HYP, BOARD_CPUS_NONE };

/*
 * By the `compatible` of the first CPU, which is left in *compatible ("" where there is none):
 * USABLE has EL2 in AArch64 state; 32BIT is Armv7-A with HYP mode; NO_HYP has neither.
 */
enum board_cpus board_cpus(const void *fdt, const char **compatible);

#define BOARD_WHY 80 /* bytes */

/* How many of the board's CPUs are not in its plan; why the first of them is not, in `why`. */
uint32_t board_left_out(const struct plan *p, char why[static BOARD_WHY]);

/*
 * Print one line, "NAME: VERDICT", on whether Bulkhead can run on the board, and why not. `p` is
 * what board_read() has made of it, saying `said`. True where it can, memory perhaps filled in by
 * firmware.
 */
bool board_verdict(struct plan *p, const struct file *board, const struct messages *said,
                   FILE *out);

#endif
