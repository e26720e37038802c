/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests of the plan: plan_error() that keeps what it is told, in place of plan.c's. */
#ifndef CORE_PLAN_TOLD_TEST_H
#define CORE_PLAN_TOLD_TEST_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/plan/plan.h"

/* All messages since told_reset(), a line each: "partition: node: text". */
static char told[16384];

static inline void told_reset(void)
{
    told[0] = '\0';
}

static inline bool told_of(const char *text)
{
    return strstr(told, text) != NULL;
}

void plan_error(struct plan *p, int partition, const char *node, const char *format, ...)
{
    size_t used = strlen(told);
    va_list args;

    used += (size_t)snprintf(told + used, sizeof(told) - used, "%d: %s: ", partition,
                             node != NULL ? node : "?");
    if (used < sizeof(told)) {
        va_start(args, format);
        used += (size_t)vsnprintf(told + used, sizeof(told) - used, format, args);
        va_end(args);
    }
    if (used < sizeof(told) - 1) {
        strcpy(told + used, "\n");
    }
    p->errors++;
    if (partition < 0) {
        p->fatal = true;
    } else {
        p->partitions[partition].refused = true;
    }
}

#endif
