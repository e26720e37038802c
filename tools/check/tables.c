/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as tables for a terminal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/check/model.h"
#include "tools/check/report.h"
#include "tools/check/table.h"
#include "tools/check/text.h"

const char *report_owner(const struct plan *p, int partition)
{
    return partition == PLAN_NONE ? "left over" : p->partitions[partition].name;
}

static void show_board(const struct plan *p, const struct places *at, FILE *out)
{
    const struct plan_board *board = &p->board;
    struct table t = {.columns = 2};

    table_add(&t, "board");
    table_add(&t, "%s", board->model != NULL && text_is_plain(board->model) ? board->model : "?");
    table_add(&t, "GIC");
    table_add(&t, "GICv%" PRIu32 ", distributor 0x%" PRIx64, board->gic.version,
              board->gic.dist.base);
    table_add(&t, "console");
    table_add(&t, "%s", board->console.path);
    table_add(&t, "assumed");
    table_add(&t,
              "Bulkhead at 0x%" PRIx64 ", the system file at 0x%" PRIx64 ", the tree at 0x%" PRIx64,
              at->image.base, at->system_pa, at->tree_pa);
    table_print(&t, "", out);
}

static void show_cpus(const struct plan *p, FILE *out)
{
    struct table t = {.columns = 4};
    char path[DT_PATH_MAX];

    table_add(&t, "CPU");
    table_add(&t, "NODE");
    table_add(&t, "PARTITION");
    table_add(&t, "THERE");
    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        const struct plan_cpu *cpu = &p->board.cpus[i];

        dt_path(p->board.fdt, cpu->node, path, sizeof(path));
        table_add(&t, "0x%" PRIx64, cpu->mpidr);
        table_add(&t, "%s", path);
        table_add(&t, "%s", report_owner(p, cpu->partition));
        if (cpu->partition != PLAN_NONE) {
            table_add(&t, "CPU %" PRIu32, cpu->vcpu);
        } else {
            table_add(&t, "%s", "");
        }
    }
    (void)fputc('\n', out);
    table_print(&t, "", out);
}

static void add_range(struct table *t, struct range r)
{
    char size[PLAN_SIZE_TEXT];

    table_add(t, "0x%" PRIx64, r.base);
    table_add(t, "0x%" PRIx64, range_end(r) - 1);
    table_add(t, "%s", plan_size_text(size, r.size));
}

static void show_ram(const struct plan *p, const struct piece *pieces, uint32_t count, FILE *out)
{
    struct table t = {.columns = 5};

    table_add(&t, "RAM FROM");
    table_add(&t, "TO");
    table_add(&t, "SIZE");
    table_add(&t, "PARTITION");
    table_add(&t, "WHICH SEES IT AT");
    for (uint32_t i = 0; i < count; i++) {
        const struct piece *piece = &pieces[i];

        add_range(&t, piece->what);
        if (piece->kind == PIECE_RESERVED) {
            table_add(&t, "reserved: %s", piece->name);
            table_add(&t, "%s", "");
        } else if (piece->kind == PIECE_PARTITION) {
            table_add(&t, "%s", report_owner(p, piece->partition));
            table_add(&t, "0x%" PRIx64, piece->ipa);
        } else {
            table_add(&t, "left over");
            table_add(&t, "%s", "");
        }
    }
    (void)fputc('\n', out);
    table_print(&t, "", out);
}

const char *report_stream(char text[static STREAM_TEXT], const struct plan *p,
                          const struct plan_stream *s)
{
    const char *smmu = p->board.smmus[s->smmu].path;

    if (s->count > 1) {
        (void)snprintf(text, STREAM_TEXT, "0x%" PRIx32 "-0x%" PRIx32 " of %s", s->id,
                       s->id + (s->count - 1), smmu);
    } else if (s->mask != 0) {
        (void)snprintf(text, STREAM_TEXT, "0x%" PRIx32 " (but for 0x%" PRIx32 ") of %s", s->id,
                       s->mask, smmu);
    } else {
        (void)snprintf(text, STREAM_TEXT, "0x%" PRIx32 " of %s", s->id, smmu);
    }
    return text;
}

/* A row of the table of devices, or some. */
struct row {
    const struct plan_device *device;
    const char *path, *owner, *dma;
    const struct plan_stream *streams;
    uint32_t stream_count;
};

/*
 * As many rows as it has windows, interrupts or streams, whichever are most. What a PCI function
 * has of the first two is known at boot.
 */
static void add_device(struct table *t, const struct plan *p, const struct row *row)
{
    const struct plan_device *device = row->device;
    const char *none = device->function ? "at boot" : "none";
    char text[STREAM_TEXT];

    for (uint32_t i = 0;
         i == 0 || i < device->mmio_count || i < device->irq_count || i < row->stream_count; i++) {
        table_add(t, "%s", i == 0 ? row->path : "");
        table_add(t, "%s", i == 0 ? row->owner : "");
        if (i < device->mmio_count) {
            table_add(t, "0x%" PRIx64 "-0x%" PRIx64 "%s", device->mmio[i].base,
                      range_end(device->mmio[i]) - 1,
                      (device->filtered & 1u << i) != 0 ? " filtered" : "");
        } else {
            table_add(t, "%s", i == 0 ? none : "");
        }
        if (i < device->irq_count) {
            table_add(t, "%" PRIu32 " %s", device->irq[i].intid,
                      device->irq[i].edge ? "edge" : "level");
        } else {
            table_add(t, "%s", i == 0 ? none : "");
        }
        table_add(t, "%s",
                  i < row->stream_count ? report_stream(text, p, &row->streams[i])
                  : i == 0              ? "none"
                                        : "");
        table_add(t, "%s", i == 0 ? row->dma : "");
    }
}

static void add_granted(struct table *t, const struct plan *p, const struct plan_device *device)
{
    struct plan_stream streams[PLAN_MAX_STREAMS];
    struct row row = {.device = device,
                      .path = device->path,
                      .owner = report_owner(p, device->partition),
                      .streams = streams};

    row.stream_count = model_streams(p, device, streams);
    row.dma = device->unprotected     ? "UNPROTECTED: reaches all memory"
              : row.stream_count != 0 ? "its partition's memory only"
                                      : "cannot";
    add_device(t, p, &row);
}

static void add_candidates(struct table *t, const struct plan *p, const struct candidate *list,
                           uint32_t count, enum grantable kind)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct row row = {.device = &list[i].device,
                                .path = list[i].path,
                                .owner = "left over",
                                .dma = kind == GRANT_UNPROTECTED   ? "may: unprotected-devices only"
                                       : list[i].stream_count != 0 ? "its partition's memory only"
                                                                   : "cannot",
                                .streams = list[i].streams,
                                .stream_count = list[i].stream_count};

        if (list[i].grantable == kind) {
            add_device(t, p, &row);
        }
    }
}

static void show_devices(const struct plan *p, const struct candidate *candidates, uint32_t count,
                         FILE *out)
{
    struct table t = {.columns = 6};

    table_add(&t, "DEVICE");
    table_add(&t, "PARTITION");
    table_add(&t, "REGISTERS");
    table_add(&t, "INTERRUPTS");
    table_add(&t, "STREAMS");
    table_add(&t, "DMA");
    for (uint32_t i = 0; i < p->device_count; i++) {
        if (!p->partitions[p->devices[i].partition].refused) {
            add_granted(&t, p, &p->devices[i]);
        }
    }
    add_candidates(&t, p, candidates, count, GRANT_FREELY);
    add_candidates(&t, p, candidates, count, GRANT_UNPROTECTED);
    (void)fputc('\n', out);
    table_print(&t, "", out);
}

static void add_image(struct table *t, const char *what, const struct plan_image *image)
{
    char size[PLAN_SIZE_TEXT];

    if (image->size != 0) {
        table_add(t, "%s", what);
        table_add(t, "0x%" PRIx64 ", %s, image \"%s\"", image->load,
                  plan_size_text(size, image->load_size), image->name);
    }
}

static void show_images(const struct plan_partition *part, FILE *out)
{
    struct table t = {.columns = 2};
    char size[PLAN_SIZE_TEXT];

    add_image(&t, "kernel", &part->kernel);
    add_image(&t, "ramdisk", &part->ramdisk);
    table_add(&t, "tree");
    table_add(&t, "0x%" PRIx64 ", room for %s, %s", part->fdt_ipa,
              plan_size_text(size, part->fdt_room), part->fdt.size != 0 ? "its own" : "generated");
    table_add(&t, "entry");
    table_add(&t, "0x%" PRIx64, part->entry);
    if (part->bootargs[0] != '\0') {
        table_add(&t, "bootargs");
        table_add(&t, "%s", part->bootargs);
    }
    table_print(&t, "  ", out);
}

static void show_windows(const struct plan *p, uint32_t index, FILE *out)
{
    struct table t = {.columns = 5};
    uint32_t count;
    struct window *windows = model_windows(p, index, &count);

    table_add(&t, "SEES FROM");
    table_add(&t, "TO");
    table_add(&t, "SIZE");
    table_add(&t, "WHAT");
    table_add(&t, "ON THE BOARD");
    for (uint32_t i = 0; i < count; i++) {
        add_range(&t, windows[i].ipa);
        table_add(&t, "%s", windows[i].name);
        if (windows[i].kind == WINDOW_EMULATED) {
            table_add(&t, "emulated");
        } else {
            table_add(&t, "0x%" PRIx64, windows[i].pa);
        }
    }
    table_print(&t, "  ", out);
    free(windows);
}

static void show_partition(const struct plan *p, uint32_t index, FILE *out)
{
    const struct plan_partition *part = &p->partitions[index];

    (void)fprintf(out, "\npartition %s%s%s%s\n", part->name,
                  part->description[0] != '\0' ? ": " : "", part->description,
                  part->refused ? ": REFUSED, not started" : "");
    if (!part->refused) {
        show_windows(p, index, out);
        show_images(part, out);
    }
}

static void show_left_over(const struct plan *p, const struct piece *pieces, uint32_t piece_count,
                           const struct candidate *candidates, uint32_t count, FILE *out)
{
    uint32_t devices[3] = {0};
    char size[PLAN_SIZE_TEXT];
    struct table t = {.columns = 2};
    uint32_t cpus = 0;

    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        cpus += p->board.cpus[i].partition == PLAN_NONE ? 1 : 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        devices[candidates[i].grantable]++;
    }
    table_add(&t, "CPUs");
    table_add(&t, "%" PRIu32 " of %" PRIu32, cpus, p->board.cpu_count);
    table_add(&t, "memory");
    table_add(&t, "%s", plan_size_text(size, model_ram_size(pieces, piece_count, PIECE_LEFT_OVER)));
    table_add(&t, "devices");
    table_add(&t,
              "%" PRIu32 " that may be granted, %" PRIu32
              " as unprotected-devices with direct-map, %" PRIu32 " not (--init tells why)",
              devices[GRANT_FREELY], devices[GRANT_UNPROTECTED], devices[GRANT_NEVER]);
    (void)fputs("\nleft over\n", out);
    table_print(&t, "  ", out);
}

void report_tables(const struct plan *p, const struct places *at, FILE *out)
{
    uint32_t piece_count, candidate_count;
    struct piece *pieces = model_ram(p, &piece_count);
    struct candidate *candidates = model_candidates(p, &candidate_count);

    show_board(p, at, out);
    show_cpus(p, out);
    show_ram(p, pieces, piece_count, out);
    show_devices(p, candidates, candidate_count, out);
    for (uint32_t i = 0; i < p->partition_count; i++) {
        show_partition(p, i, out);
    }
    show_left_over(p, pieces, piece_count, candidates, candidate_count, out);
    free(pieces);
    free(candidates);
}
