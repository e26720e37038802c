/* SPDX-License-Identifier: Apache-2.0 */
/* What core/ says on its console, kept line by line: errors, warnings and all else. */
#ifndef TOOLS_CHECK_MESSAGES_H
#define TOOLS_CHECK_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum message_kind { MESSAGE_ERROR, MESSAGE_WARNING, MESSAGE_OTHER };

struct message {
    enum message_kind kind;
    char *line; /* the whole of it, without its newline */
    char *text; /* its part behind "bulkhead: error: ", or all of it */
};

struct messages {
    struct message *list;
    uint32_t count;
};

/* Keep what core/ says from now on in `m` (zeroed at first; NULL: nowhere). */
void messages_to(struct messages *m);

/* Forget all that is kept. */
void messages_clear(struct messages *m);

/* How many errors are kept. */
uint32_t messages_errors(const struct messages *m);

/* Print every line that is kept. */
void messages_print(const struct messages *m, FILE *out);

/*
 * A message's partition, node and rest as plan_error() has put them together: "PARTITION: NODE:
 * TEXT", or "NODE: TEXT". Each is a pointer into the message and a length; the partition's length
 * is 0 where there is none.
 */
struct message_parts {
    const char *partition, *node, *text;
    int partition_length, node_length;
};
struct message_parts message_split(const struct message *m);

#endif
