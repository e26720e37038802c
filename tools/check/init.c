/* SPDX-License-Identifier: Apache-2.0 */
/* A commented system file to begin with, for a board's tree. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arch.h"
#include "tools/check/board.h"
#include "tools/check/model.h"
#include "tools/check/report.h"
#include "tools/check/text.h"

#define CPUS_MOST    8  /* of one partition: a GICv2 serves no more */
#define DEVICES_MOST 16 /* that are granted: their paths have to find room in the plan */

/* What is assumed of a board whose memory firmware fills in. */
#define UNKNOWN_BASE UINT64_C(0x40000000)
#define UNKNOWN_SIZE (128 * BLOCK_2M)

/* True where nothing in it ends a string of dts. */
static bool is_quotable(const char *s)
{
    return strpbrk(s, "\"\\") == NULL && text_is_plain(s);
}

/* What may stand in a comment: "?" in place of what would end it. */
static const char *comment(const char *s)
{
    return s != NULL && strstr(s, "*/") == NULL && text_is_plain(s) ? s : "?";
}

/* ---- what the board has, as comments ---- */

static void tell_cpus(const struct plan *p, FILE *out)
{
    char why[BOARD_WHY];
    const uint32_t left_out = board_left_out(p, why);

    (void)fputs(" *\n * CPUs:\n", out);
    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        (void)fprintf(out, " *   0x%" PRIx64 "  %s\n", p->board.cpus[i].mpidr,
                      comment(dt_text(p->board.fdt, p->board.cpus[i].node, "compatible")));
    }
    if (left_out != 0) {
        (void)fprintf(out, " *   and %" PRIu32 " left out: %s\n", left_out, comment(why));
    }
}

static void tell_memory(const struct piece *pieces, uint32_t count, FILE *out)
{
    char size[PLAN_SIZE_TEXT];

    (void)fputs(" *\n * Memory:\n", out);
    for (uint32_t i = 0; i < count; i++) {
        (void)fprintf(out, " *   0x%" PRIx64 "-0x%" PRIx64 ", %s%s%s\n", pieces[i].what.base,
                      range_end(pieces[i].what) - 1, plan_size_text(size, pieces[i].what.size),
                      pieces[i].kind == PIECE_RESERVED ? ", reserved: " : "",
                      pieces[i].kind == PIECE_RESERVED ? comment(pieces[i].name) : "");
    }
    if (count == 0) {
        (void)fputs(" *   the tree has none: firmware fills it in. That of the partitions is a "
                    "guess.\n",
                    out);
    }
}

/* Those behind the first that share its page, in one line; returns their number. */
static uint32_t tell_neighbours(const struct candidate *list, uint32_t count, FILE *out)
{
    char its[DT_PATH_MAX + 10];
    uint32_t more = 0;

    (void)snprintf(its, sizeof(its), " that of %s,", list[0].path);
    while (more + 1 < count && strstr(list[more + 1].why, its) != NULL) {
        more++;
        (void)fprintf(out, "%s%s", more == 1 ? " *     there too: " : ", ",
                      comment(list[more].path));
    }
    (void)fputs(more > 0 ? "\n" : "", out);
    return more;
}

static void tell_devices(const struct candidate *list, uint32_t count, FILE *out)
{
    static const char *const heads[] = {
        [GRANT_FREELY] = "Devices that a partition may have (devices)",
        [GRANT_UNPROTECTED] =
            ("Devices that may master the bus, and nothing contains their DMA: only in\n"
             " * unprotected-devices, with direct-map"),
        [GRANT_NEVER] = "Devices that no partition can have, or not alone",
    };

    for (uint32_t kind = GRANT_FREELY; kind <= GRANT_NEVER; kind++) {
        bool any = false;

        for (uint32_t i = 0; i < count; i++) {
            if (list[i].grantable == (enum grantable)kind) {
                (void)fprintf(out, "%s%s%s *   %s%s%s\n", any ? "" : " *\n * ",
                              any ? "" : heads[kind], any ? "" : ":\n", comment(list[i].path),
                              list[i].why[0] != '\0' ? ": " : "",
                              list[i].why[0] != '\0' ? comment(list[i].why) : "");
                any = true;
                i += tell_neighbours(list + i, count - i, out);
            }
        }
    }
}

/* ---- partitions ---- */

static void write_image(FILE *out, const char *name, const char *file, const char *type)
{
    const bool arm64 = (arch_states() & ARCH_AARCH64) != 0;

    (void)fprintf(out,
                  "\t\t%s {\n"
                  "\t\t\tdata = /incbin/(\"guest/%s/%s\");\n"
                  "\t\t\ttype = \"%s\";\n"
                  "\t\t\tarch = \"%s\";\n"
                  "\t\t\tos = \"linux\";\n"
                  "\t\t\tcompression = \"none\";\n"
                  "\t\t\thash {\n"
                  "\t\t\t\talgo = \"crc32\";\n"
                  "\t\t\t};\n"
                  "\t\t};\n",
                  name, arm64 ? "arm64" : "arm32", file, type, arm64 ? "arm64" : "arm");
}

/* A part of the largest free piece: a power of two, so that it is mapped in whole blocks. */
static struct range choose_memory(const struct plan *p, const struct piece *pieces, uint32_t count)
{
    struct range memory = {UNKNOWN_BASE, UNKNOWN_SIZE};
    struct range largest = {0, 0};

    for (uint32_t i = 0; i < count; i++) {
        if (pieces[i].kind == PIECE_LEFT_OVER && pieces[i].what.size > largest.size) {
            largest = pieces[i].what;
        }
    }
    if (largest.size == 0) {
        return memory;
    }
    for (memory.size = BLOCK_2M; memory.size * 2 <= largest.size / 3;) {
        memory.size *= 2;
    }
    for (uint32_t b = 0; b < p->board.ram_banks; b++) {
        if (range_holds(p->board.ram[b], largest)) {
            memory.base = p->board.ram[b].base; /* where the board has RAM it has no device */
        }
    }
    return memory;
}

static void write_devices(const struct candidate *list, uint32_t count, FILE *out)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < count && used < DEVICES_MOST; i++) {
        if (list[i].grantable == GRANT_FREELY && is_quotable(list[i].path)) {
            (void)fprintf(out, "%s\"%s\"", used == 0 ? "\t\t\tdevices = " : ",\n\t\t\t\t",
                          list[i].path);
            used++;
        }
    }
    (void)fputs(used != 0 ? ";\n" : "", out);
}

/* CPUs from `first` up to `end` of those that one cell can name. */
static void write_partition(const struct plan *p, const char *name, uint32_t first, uint32_t end,
                            struct range memory, FILE *out)
{
    (void)fprintf(out,
                  "\t\t%s {\n"
                  "\t\t\tcompatible = \"bulkhead,partition\";\n"
                  "\t\t\tkernel = \"debian\";\n"
                  "\t\t\tramdisk = \"initrd\";\n"
                  "\t\t\tbootargs = \"console=ttyAMA0\";\n"
                  "\t\t\tcpus = <",
                  name);
    for (uint32_t i = first; i < end && i < first + CPUS_MOST; i++) {
        (void)fprintf(out, "%s0x%" PRIx64, i == first ? "" : " ", p->board.cpus[i].mpidr);
    }
    (void)fprintf(out,
                  ">;\n"
                  "\t\t\t/* (address as the partition sees it, size), two cells each */\n"
                  "\t\t\tmemory = <0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 ">;\n",
                  memory.base >> 32, memory.base & UINT32_MAX, memory.size >> 32,
                  memory.size & UINT32_MAX);
}

static void write_head(const struct plan *p, const char *verdict, const struct piece *pieces,
                       uint32_t piece_count, FILE *out)
{
    (void)fprintf(out,
                  "/*\n"
                  " * A system file to begin with, made by bulkhead-check --init of the tree of\n"
                  " * %s\n"
                  " * %.*s\n"
                  " *\n"
                  " * Make and check it (docs/system-file.md tells every property):\n"
                  " *   scripts/mksystem X.its X.itb\n"
                  " *   build/host/bulkhead-check BOARD.dtb X.itb\n",
                  comment(p->board.model), (int)strcspn(verdict, "\n"),
                  strstr(verdict, "*/") == NULL ? verdict : "?");
    tell_cpus(p, out);
    tell_memory(pieces, piece_count, out);
}

void report_init(const struct plan *p, const char *verdict, FILE *out)
{
    uint32_t piece_count, count;
    struct piece *pieces = model_ram(p, &piece_count);
    struct candidate *candidates = model_candidates(p, &count);
    struct range memory = choose_memory(p, pieces, piece_count);
    uint32_t first_cpus = (p->board.cpu_count + 1) / 2;

    write_head(p, verdict, pieces, piece_count, out);
    tell_devices(candidates, count, out);
    (void)fputs(" */\n"
                "/dts-v1/;\n\n"
                "/ {\n"
                "\tdescription = \"A system to begin with\";\n"
                "\t#address-cells = <1>;\n\n"
                "\timages {\n"
                "\t\t/* Paths begin in build/, or beside this file. */\n",
                out);
    write_image(out, "debian", "vmlinuz", "kernel");
    write_image(out, "initrd", "initrd.gz", "ramdisk");
    (void)fputs("\t};\n\n"
                "\tconfigurations {\n",
                out);
    write_partition(p, "first", 0, first_cpus, memory, out);
    write_devices(candidates, count, out);
    (void)fputs("\t\t};\n", out);
    if (p->board.cpu_count > 1) {
        (void)fputc('\n', out);
        write_partition(p, "second", first_cpus, p->board.cpu_count, memory, out);
        (void)fputs("\t\t};\n", out);
    }
    (void)fputs("\t};\n};\n", out);
    free(pieces);
    free(candidates);
}
