/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulkhead-check BOARD.dtb SYSTEM.itb: the plan that Bulkhead would make, or what is wrong with it.
 * Runs the code that boot runs. Exit status 0: every partition would start; 1: one error or more
 * (all are printed); 2: the files cannot be read.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/console.h"
#include "core/memory/pool.h"
#include "core/plan/plan.h"

/*
 * Where firmware puts things is known on the board alone. Assumed, in the first RAM bank: Bulkhead
 * 2 MiB from its start, the system file 128 MiB from it (or halfway), the tree behind that, as QEMU
 * does and U-Boot by habit.
 */
#define IMAGE_OFFSET  BLOCK_2M
#define IMAGE_SIZE    BLOCK_2M
#define SYSTEM_OFFSET (64 * BLOCK_2M)

/* Pages that boot takes from the pool for EL2's own map before it checks the plan. */
#define EL2_MAP_PAGES 16

struct file {
    const char *name;
    uint8_t *data;
    uint64_t size;
};

/* ---- the console: standard output ---- */

static bool muted;

static bool never(uint64_t base)
{
    (void)base;
    return false;
}

static bool always(uint64_t base)
{
    (void)base;
    return true;
}

static void put(uint64_t base, uint8_t byte)
{
    (void)base;
    if (!muted && byte != '\r') {
        putchar(byte);
    }
}

static void init(uint64_t base)
{
    (void)base;
}

static const struct uart_ops stdout_ops = {
    .init = init,
    .tx_full = never,
    .tx_idle = always,
    .put = put,
};

/* ---- files ---- */

__attribute__((noreturn)) static void fail(const char *name, const char *what)
{
    (void)fprintf(stderr, "bulkhead-check: %s: %s\n", name, what);
    exit(2);
}

static struct file read_file(const char *name)
{
    struct file f = {.name = name};
    FILE *in = fopen(name, "rb");
    struct stat about;

    if (in == NULL || fstat(fileno(in), &about) != 0) {
        fail(name, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        fail(name, "is not a file");
    }
    f.size = (uint64_t)about.st_size;
    f.data = malloc(f.size > 0 ? f.size : 1); /* no byte more, so that a sanitizer sees its end */
    if (f.data == NULL || fread(f.data, 1, f.size, in) != f.size) {
        fail(name, "cannot be read");
    }
    (void)fclose(in);
    return f;
}

/* ---- the plan ---- */

struct places {
    struct range image;
    uint64_t system_pa, tree_pa, boot_mpidr;
};

/* Read the tree once, in silence, for its first RAM bank and CPU. */
static struct places assume_places(const struct file *board, const struct file *system)
{
    struct places at = {0};
    struct range ram;

    muted = true;
    plan_parse_board(&plan, board->data, board->size, 0, 0, at.image);
    muted = false;
    ram = plan.board.ram[0];
    at.image = (struct range){ram.base + IMAGE_OFFSET, IMAGE_SIZE};
    at.system_pa = ram.base + (ram.size / 2 < SYSTEM_OFFSET ? ram.size / 2 : SYSTEM_OFFSET);
    at.tree_pa = align_up(at.system_pa + system->size, BLOCK_2M);
    at.boot_mpidr = plan.board.cpus[0].mpidr;
    memset(&plan, 0, sizeof(plan));
    return at;
}

static void make_plan(const struct file *board, const struct file *system)
{
    struct places at = assume_places(board, system);

    plan_parse_board(&plan, board->data, board->size, at.tree_pa, at.boot_mpidr, at.image);
    if (!plan.fatal) {
        plan_parse_system(&plan, system->data, system->size, at.system_pa);
    }
    if (!plan.fatal) {
        plan_place(&plan);
        plan_check(&plan, pool_left() - EL2_MAP_PAGES);
    }
    if (!plan.fatal) {
        plan_show(&plan);
    }
}

int main(int argc, char **argv)
{
    struct file board;
    struct file system;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: bulkhead-check BOARD.dtb SYSTEM.itb\n");
        return 2;
    }
    board = read_file(argv[1]);
    system = read_file(argv[2]);
    console_use(&stdout_ops, 0);
    make_plan(&board, &system);
    printf("bulkhead-check: %" PRIu32 " error%s\n", plan.errors, plan.errors == 1 ? "" : "s");
    free(board.data);
    free(system.data);
    return plan.errors != 0 || plan.fatal ? 1 : 0;
}
