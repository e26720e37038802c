/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulkhead-check: the plan that Bulkhead would make of a board's tree and a system file, or what is
 * wrong with it. Runs the code that boot runs. docs/bulkhead-check.1 tells its options.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/guest/guest_dt.h"
#include "core/plan/dt.h"
#include "core/plan/plan.h"
#include "tools/check/board.h"
#include "tools/check/report.h"

static const char usage[] =
    "usage: bulkhead-check [--json] [--svg FILE] BOARD.dtb SYSTEM.itb\n"
    "           the plan as tables (or JSON, or also drawn), or every error in it\n"
    "       bulkhead-check --dtb PARTITION [-o FILE] BOARD.dtb SYSTEM.itb\n"
    "           the device tree that the partition will get\n"
    "       bulkhead-check --init [-o FILE] BOARD.dtb\n"
    "           a commented system file to begin with (.its)\n"
    "       bulkhead-check --hosts BOARD.dtb...\n"
    "           can Bulkhead run on these boards, and why not?\n"
    "Exit status: 0 all is well, 1 errors (all are told), 2 bad usage or files.\n";

struct options {
    bool hosts, init, json;
    const char *svg, *partition, *output;
};

__attribute__((noreturn)) static void bad_usage(const char *why)
{
    (void)fprintf(stderr, "bulkhead-check: %s\n%s", why, usage);
    exit(EXIT_USAGE);
}

/* ---- what is asked for ---- */

/* One line for each tree. */
static int hosts(char **names)
{
    bool all = true;

    for (; *names != NULL; names++) {
        struct file board = board_file(*names);
        struct places at = board_places(&board, 0);
        struct messages said = {0};

        messages_to(&said);
        board_read(&plan, &board, &at);
        all = board_verdict(&plan, &board, &said, stdout) && all;
        messages_clear(&said);
        memset(&plan, 0, sizeof(plan));
        free(board.data);
    }
    file_close(stdout, NULL);
    return all ? 0 : 1;
}

/* A system file to begin with, where the board can host. */
static int init(const char *board_name, const char *output)
{
    struct file board = board_file(board_name);
    struct places at = board_places(&board, 0);
    struct messages said = {0};
    char *verdict = NULL;
    size_t size = 0;
    FILE *text = need(open_memstream(&verdict, &size));
    bool can;

    messages_to(&said);
    board_read(&plan, &board, &at);
    can = board_verdict(&plan, &board, &said, text);
    file_close(text, "memory");
    if (can) {
        FILE *out = file_create(output, true);

        report_init(&plan, verdict, out);
        file_close(out, output);
    } else {
        (void)fputs(verdict, stderr);
    }
    free(verdict);
    messages_clear(&said);
    free(board.data);
    return can ? 0 : 1;
}

/* The partition of that name; fails, telling those that there are, where there is none. */
static uint32_t find_partition(const char *name)
{
    char what[600] = "no partition of the system file: it has";
    uint32_t i = 0;

    for (; i < plan.partition_count && strcmp(plan.partitions[i].name, name) != 0; i++) {
        size_t used = strlen(what);

        (void)snprintf(what + used, sizeof(what) - used, " %s", plan.partitions[i].name);
    }
    if (i == plan.partition_count) {
        fail(name, what);
    }
    return i;
}

/* Write the partition's tree; false, and told, where it will not start. */
static bool write_tree(const struct options *options)
{
    uint32_t index;
    const struct plan_partition *part;
    void *tree;
    FILE *out;

    if (plan.fatal) {
        return false;
    }
    index = find_partition(options->partition);
    part = &plan.partitions[index];
    if (part->refused) {
        (void)fprintf(stderr, "bulkhead-check: %s is refused: it gets no tree\n", part->name);
        return false;
    }
    tree = need(calloc(1, part->fdt_room));
    if (guest_dt_make(&plan, index, tree, part->fdt_room) != OK) {
        (void)fprintf(stderr, "bulkhead-check: %s: its tree does not fit\n", part->name);
        free(tree);
        return false;
    }
    out = file_create(options->output, false);
    if (fwrite(tree, 1, dt_size(tree), out) != dt_size(tree)) {
        fail(options->output != NULL ? options->output : "standard output", "cannot be written");
    }
    file_close(out, options->output);
    free(tree);
    return true;
}

static void draw(const char *name)
{
    FILE *out = file_create(name, false);

    report_svg(&plan, out);
    file_close(out, name);
}

static int check_system(const struct options *options, const char *board_name,
                        const char *system_name)
{
    struct file board = board_file(board_name);
    struct file system = system_file(system_name);
    struct places at = board_places(&board, system.size);
    struct messages said = {0};
    bool good = true;

    messages_to(&said);
    board_make_plan(&board, &system, &at);
    if (options->partition != NULL) {
        good = write_tree(options);
    }
    messages_to(NULL);
    good = good && plan.errors == 0 && !plan.fatal;
    if (options->json) {
        report_json(&plan, &said, stdout);
    } else if (options->partition != NULL) {
        messages_print(&said, stderr);
    } else {
        if (!plan.fatal) {
            report_tables(&plan, &at, stdout);
            (void)fputc('\n', stdout);
        }
        messages_print(&said, stdout);
        printf("bulkhead-check: %u error%s\n", plan.errors, plan.errors == 1 ? "" : "s");
    }
    if (options->svg != NULL && !plan.fatal) {
        draw(options->svg);
    }
    file_close(stdout, NULL);
    messages_clear(&said);
    free(board.data);
    free(system.data);
    return good ? 0 : 1;
}

/* ---- options ---- */

static void read_options(int argc, char **argv, struct options *o)
{
    static const struct option options[] = {
        {"hosts", no_argument, NULL, 'H'},        {"init", no_argument, NULL, 'i'},
        {"json", no_argument, NULL, 'j'},         {"svg", required_argument, NULL, 's'},
        {"dtb", required_argument, NULL, 'd'},    {"help", no_argument, NULL, 'h'},
        {"output", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
        switch (option) {
        case 'H':
            o->hosts = true;
            break;
        case 'i':
            o->init = true;
            break;
        case 'j':
            o->json = true;
            break;
        case 's':
            o->svg = optarg;
            break;
        case 'd':
            o->partition = optarg;
            break;
        case 'o':
            o->output = optarg;
            break;
        case 'h':
            (void)fputs(usage, stdout);
            exit(0);
        default: /* getopt_long() has told what */
            (void)fputs(usage, stderr);
            exit(EXIT_USAGE);
        }
    }
}

/* Options that contradict each other, and the number of files. */
static void check_options(const struct options *o, int files)
{
    int forms =
        (o->hosts ? 1 : 0) + (o->init ? 1 : 0) + (o->json ? 1 : 0) + (o->partition != NULL ? 1 : 0);

    if (forms > 1 || (o->svg != NULL && (o->hosts || o->init))) {
        bad_usage("these options do not go together");
    }
    if (o->output != NULL && !o->init && o->partition == NULL) {
        bad_usage("-o goes with --dtb and --init");
    }
    if (o->partition != NULL && o->output == NULL && isatty(STDOUT_FILENO) == 1) {
        bad_usage("a device tree is no text for a terminal: give -o FILE");
    }
    if (o->svg != NULL && strcmp(o->svg, "-") == 0) {
        bad_usage("--svg needs a file");
    }
    if (o->hosts ? files < 1 : files != (o->init ? 1 : 2)) {
        bad_usage(o->hosts               ? "--hosts wants at least one BOARD.dtb"
                  : o->init              ? "--init wants one BOARD.dtb"
                  : o->partition != NULL ? "--dtb wants PARTITION, BOARD.dtb and SYSTEM.itb"
                                         : "it wants BOARD.dtb and SYSTEM.itb");
    }
}

int main(int argc, char **argv)
{
    struct options options = {0};

    read_options(argc, argv, &options);
    check_options(&options, argc - optind);
    file_spare(options.output, argv + optind, argc - optind);
    file_spare(options.svg, argv + optind, argc - optind);
    if (options.hosts) {
        return hosts(argv + optind);
    }
    if (options.init) {
        return init(argv[optind], options.output);
    }
    return check_system(&options, argv[optind], argv[optind + 1]);
}
