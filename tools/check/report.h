/* SPDX-License-Identifier: Apache-2.0 */
/* The plan in its forms: tables for a terminal, JSON for a program, a picture for a person. */
#ifndef TOOLS_CHECK_REPORT_H
#define TOOLS_CHECK_REPORT_H

#include <stdio.h>

#include "core/plan/dt.h"
#include "core/plan/plan.h"
#include "tools/check/board.h"
#include "tools/check/messages.h"

/* The plan, which is not fatal, as tables: CPUs, RAM, devices, each partition, what is left. */
void report_tables(const struct plan *p, const struct places *at, FILE *out);

/* The plan and all that was said as one JSON object; addresses are strings "0x...", sizes bytes. */
void report_json(const struct plan *p, const struct messages *said, FILE *out);

/* The plan, which is not fatal, drawn as SVG 1.1. */
void report_svg(const struct plan *p, FILE *out);

/*
 * A commented .its to begin with, for the board whose tree has been read into `p`; `verdict` is
 * what board_verdict() has said.
 */
void report_init(const struct plan *p, const char *verdict, FILE *out);

#define STREAM_TEXT (DT_PATH_MAX + 48)

/* StreamIDs and their SMMU: "0x100-0x1ff of /smmu@5000000". Returns `text`. */
const char *report_stream(char text[static STREAM_TEXT], const struct plan *p,
                          const struct plan_stream *s);

/* The name of who has it; "left over" for PLAN_NONE. */
const char *report_owner(const struct plan *p, int partition);

#endif
