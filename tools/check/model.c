/* SPDX-License-Identifier: Apache-2.0 */
/* Who has which piece of RAM, who sees what at which address, what could still be granted. */
#include "tools/check/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/plan/check.h"
#include "core/plan/claims.h"
#include "core/plan/parse.h"
#include "tools/check/files.h"
#include "tools/check/messages.h"

/* ---- RAM ---- */

/* The piece at `at`, up to `end` at most or to where another begins. */
static struct piece piece_at(const struct plan *p, uint64_t at, uint64_t end)
{
    struct piece piece = {.kind = PIECE_LEFT_OVER, .partition = PLAN_NONE};

    for (uint32_t r = 0; r < p->board.reserved_count; r++) {
        struct range reserved = p->board.reserved[r];

        if (at >= reserved.base && at < range_end(reserved)) {
            piece.kind = PIECE_RESERVED;
            piece.name = p->board.reserved_name[r];
            end = range_end(reserved) < end ? range_end(reserved) : end;
        } else if (reserved.base > at && reserved.base < end) {
            end = reserved.base;
        }
    }
    for (uint32_t i = 0; i < p->partition_count; i++) {
        const struct plan_partition *part = &p->partitions[i];

        for (uint32_t e = 0; e < part->extent_count && !part->refused; e++) {
            const struct plan_extent *extent = &part->extent[e];

            if (at >= extent->pa && at - extent->pa < extent->size) {
                piece.kind = PIECE_PARTITION;
                piece.partition = (int)i;
                piece.ipa = extent->ipa + (at - extent->pa);
                end = extent->pa + extent->size < end ? extent->pa + extent->size : end;
            } else if (extent->pa > at && extent->pa < end) {
                end = extent->pa;
            }
        }
    }
    piece.what = (struct range){at, end - at};
    return piece;
}

struct piece *model_ram(const struct plan *p, uint32_t *count)
{
    struct piece *pieces = NULL;

    *count = 0;
    for (uint32_t b = 0; b < p->board.ram_banks; b++) {
        uint64_t at = p->board.ram[b].base;

        while (at < range_end(p->board.ram[b])) {
            pieces = need(realloc(pieces, (*count + 1) * sizeof(*pieces)));
            pieces[*count] = piece_at(p, at, range_end(p->board.ram[b]));
            at = range_end(pieces[(*count)++].what);
        }
    }
    return pieces;
}

uint64_t model_ram_size(const struct piece *pieces, uint32_t count, enum piece_kind kind)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < count; i++) {
        size += pieces[i].kind == kind ? pieces[i].what.size : 0;
    }
    return size;
}

/* ---- a partition's addresses ---- */

static void add_window(struct window **list, uint32_t *count, struct window window)
{
    *list = need(realloc(*list, (*count + 1) * sizeof(**list)));
    (*list)[(*count)++] = window;
}

static int by_address(const void *a, const void *b)
{
    const struct window *x = a;
    const struct window *y = b;

    return x->ipa.base < y->ipa.base ? -1 : x->ipa.base > y->ipa.base ? 1 : 0;
}

struct window *model_windows(const struct plan *p, uint32_t partition, uint32_t *count)
{
    const struct plan_partition *part = &p->partitions[partition];
    struct window *list = NULL;
    struct range emulated;

    *count = 0;
    if (part->refused) {
        return NULL;
    }
    for (uint32_t e = 0; e < part->extent_count; e++) {
        add_window(&list, count,
                   (struct window){.ipa = {part->extent[e].ipa, part->extent[e].size},
                                   .kind = WINDOW_MEMORY,
                                   .pa = part->extent[e].pa,
                                   .name = "memory"});
    }
    for (uint32_t i = 0; check_emulated_window(p, part, i, &emulated); i++) {
        struct window window = {
            .ipa = emulated, .kind = WINDOW_EMULATED, .name = check_emulated_name(p, i)};

        if (p->board.gic.version == 2 && emulated.base == p->board.gic.cpu.base) {
            window.kind = WINDOW_DEVICE; /* not emulated: the GIC's virtual CPU interface */
            window.pa = p->board.gic.virt.base;
            window.name = "interrupt controller (GICV)";
        }
        if (emulated.size != 0) {
            add_window(&list, count, window);
        }
    }
    for (uint32_t d = 0; d < p->device_count; d++) {
        const struct plan_device *device = &p->devices[d];

        for (uint32_t w = 0; w < device->mmio_count && device->partition == (int)partition; w++) {
            add_window(&list, count,
                       (struct window){.ipa = device->mmio[w],
                                       .kind = WINDOW_DEVICE,
                                       .pa = device->mmio[w].base,
                                       .name = device->path,
                                       .device = device});
        }
    }
    if (*count > 1) {
        qsort(list, *count, sizeof(*list), by_address);
    }
    return list;
}

/* ---- its DMA and messages ---- */

uint32_t model_streams(const struct plan *p, const struct plan_device *device,
                       struct plan_stream streams[static PLAN_MAX_STREAMS])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < p->stream_count; i++) {
        if (&p->devices[p->streams[i].device] == device) {
            streams[count++] = p->streams[i];
        }
    }
    return count;
}

struct msi_frame model_frame(const struct plan *p, const struct plan_device *device)
{
    return device->function ? msi_frame(p, (uint32_t)device->partition) : (struct msi_frame){0};
}

/* ---- what could be granted ---- */

/* Class: of try_device() alone; too large for the stack. */
static struct plan trial;

/* Ask for the device as a partition that is alone would; the first error is left in `why`. */
static bool try_device(const struct plan *p, struct candidate *c, bool unprotected)
{
    struct messages said = {0};
    struct config config = {&trial, 0, &trial.partitions[0], "/"};
    struct dt_property property = {unprotected ? "unprotected-devices" : "devices", c->path,
                                   (uint32_t)strlen(c->path) + 1};
    char quoted[DT_PATH_MAX + 32];
    bool good;

    memset(&trial, 0, sizeof(trial));
    trial.board = p->board;
    trial.partition_count = 1;
    trial.partitions[0] = (struct plan_partition){.name = "trial", .direct_map = unprotected};
    messages_to(&said);
    config_devices(&config, &property);
    claims_of_board(&trial);
    streams_against_board(&trial);
    messages_to(NULL);
    good = trial.errors == 0 && trial.device_count == 1;
    c->why[0] = '\0';
    for (uint32_t i = 0; i < said.count && !good && c->why[0] == '\0'; i++) {
        const char *text = message_split(&said.list[i]).text;

        (void)snprintf(quoted, sizeof(quoted), "%s: \"%s\" ", property.name, c->path);
        text += strncmp(text, quoted, strlen(quoted)) == 0 ? strlen(quoted) : 0;
        if (said.list[i].kind == MESSAGE_ERROR) {
            (void)snprintf(c->why, sizeof(c->why), "%s", text);
        }
    }
    if (good) {
        c->device = trial.devices[0];
        c->device.path = NULL; /* it was kept in the trial */
        c->stream_count = model_streams(&trial, &trial.devices[0], c->streams);
    }
    messages_clear(&said);
    return good;
}

/* The node and all above it are enabled, it says what it is, and the CPU reaches its registers. */
static bool is_device(const void *fdt, const struct dt_at *at)
{
    int node = at->node[at->depth];
    struct range window;

    return at->depth > 0 && dt_enabled_at(fdt, at) &&
           dt_property(fdt, node, "compatible", NULL) != NULL &&
           dt_reg_at(fdt, at, 0, &window) == OK;
}

struct candidate *model_candidates(const struct plan *p, uint32_t *count)
{
    struct candidate *list = NULL;
    struct dt_at at = {.depth = 0};

    *count = 0;
    while (dt_step(p->board.fdt, &at)) {
        struct candidate c = {.grantable = GRANT_FREELY};

        if (!is_device(p->board.fdt, &at) || plan_is_granted(p, at.node[at.depth])) {
            continue;
        }
        dt_path_at(p->board.fdt, &at, c.path, sizeof(c.path));
        if (!try_device(p, &c, false)) {
            c.grantable = try_device(p, &c, true) ? GRANT_UNPROTECTED : GRANT_NEVER;
        }
        list = need(realloc(list, (*count + 1) * sizeof(*list)));
        list[(*count)++] = c;
    }
    return list;
}
