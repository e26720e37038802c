/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulkhead-check: the plan that Bulkhead would make of a board's tree and a system file, or what is
 * wrong with it. Runs the code that boot runs. docs/bulkhead-check.1 tells its options.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/plan/plan.h"
#include "tools/check/board.h"

static const char usage[] =
    "usage: bulkhead-check BOARD.dtb SYSTEM.itb    the plan, or every error in it\n"
    "       bulkhead-check --hosts BOARD.dtb...    can Bulkhead run on these boards?\n";

__attribute__((noreturn)) static void bad_usage(void)
{
    (void)fputs(usage, stderr);
    exit(EXIT_USAGE);
}

/* One line for each tree. */
static int hosts(char **names)
{
    bool all = true;

    for (; *names != NULL; names++) {
        struct file board = file_read(*names, BOARD_MAX_SIZE, "board's device tree");
        struct places at = board_places(&board, 0);
        struct messages said = {0};

        messages_to(&said);
        board_read(&plan, &board, &at);
        all = board_verdict(&plan, &board, &said, stdout) && all;
        messages_clear(&said);
        memset(&plan, 0, sizeof(plan));
        free(board.data);
    }
    return all ? 0 : 1;
}

static int check_system(const char *board_name, const char *system_name)
{
    struct file board = file_read(board_name, BOARD_MAX_SIZE, "board's device tree");
    struct file system = file_read(system_name, SYSTEM_MAX_SIZE, "system file");
    struct places at = board_places(&board, system.size);
    struct messages said = {0};

    messages_to(&said);
    board_make_plan(&board, &system, &at);
    if (!plan.fatal) {
        plan_show(&plan);
    }
    messages_print(&said, stdout);
    messages_clear(&said);
    printf("bulkhead-check: %u error%s\n", plan.errors, plan.errors == 1 ? "" : "s");
    free(board.data);
    free(system.data);
    return plan.errors != 0 || plan.fatal ? 1 : 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"hosts", no_argument, NULL, 'H'},
        {NULL, 0, NULL, 0},
    };
    bool boards = false;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'H':
            boards = true;
            break;
        default:
            bad_usage();
        }
    }
    if (boards ? optind == argc : argc - optind != 2) {
        bad_usage();
    }
    return boards ? hosts(argv + optind) : check_system(argv[optind], argv[optind + 1]);
}
