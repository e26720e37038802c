/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan as a picture (SVG 1.1): CPUs on top; on the left what the board has at which physical
 * address, on the right what each partition sees, and between them bands from one to the other.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/check/files.h"
#include "tools/check/model.h"
#include "tools/check/report.h"
#include "tools/check/text.h"

/* Coordinates, in pixels. */
#define WIDTH         1180
#define LEFT          160 /* the board's column; its addresses are left of it */
#define LEFT_WIDTH    270
#define RIGHT         700 /* the partitions' column; its addresses are right of it */
#define RIGHT_WIDTH   340
#define MARGIN        24
#define CPU_WIDTH     104
#define CPU_HEIGHT    44
#define CPUS_A_ROW    10
#define GAP           16 /* where addresses are left out */
#define DEVICE_HEIGHT 22
#define LINE_HEIGHT   14 /* of what is below a device's label */
#define LINES_MOST    3  /* runs of streams that are told; then how many more there are */
#define HEAD_HEIGHT   26

#define LEFT_OVER "#ececec"
#define RESERVED  "url(#reserved)"
#define EMULATED  "url(#emulated)"

/* A box of one of the two columns. */
struct box {
    struct range what;
    int partition; /* PLAN_NONE: nobody's */
    const char *fill;
    char label[120];
    char below[LINES_MOST + 2][STREAM_TEXT + 8]; /* lines of its DMA and messages */
    uint32_t lines;
    double y, height;
    bool is_head;    /* a partition's name above its windows */
    uint64_t target; /* right column: the physical address it lies on, */
    bool is_linked;  /* where it lies on one */
};

struct column {
    struct box *boxes;
    uint32_t count;
    double end; /* y below the last */
};

/* ---- pieces of SVG ---- */

static const char *colour_of(int partition)
{
    static const char *const colours[] = {"#7fa8d9", "#f5b26b", "#86c280", "#c99bc6",
                                          "#7fc6c0", "#ecd36b", "#e98a8b", "#b99a86"};

    return partition < 0 ? LEFT_OVER
                         : colours[(uint32_t)partition % (sizeof(colours) / sizeof(colours[0]))];
}

/* At most `most` characters, escaped; what is no text as '?'. */
static void put_text(FILE *out, const char *s, uint32_t most)
{
    bool plain = text_is_plain(s);

    for (uint32_t n = 0; *s != '\0'; s++) {
        uint8_t c = (uint8_t)*s;

        n += (c & 0xc0) != 0x80 ? 1 : 0;
        if (n > most) {
            (void)fputs("…", out);
            return;
        }
        switch (c) {
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '&':
            (void)fputs("&amp;", out);
            break;
        default:
            (void)fputc(c < ' ' || (c >= 0x7f && !plain) ? '?' : c, out);
        }
    }
}

static void text_at(FILE *out, double x, double y, const char *class, const char *s, uint32_t most)
{
    (void)fprintf(out, "<text x=\"%.0f\" y=\"%.1f\" class=\"%s\">", x, y, class);
    put_text(out, s, most);
    (void)fputs("</text>\n", out);
}

static void rectangle(FILE *out, double x, double y, double width, double height, const char *fill)
{
    (void)fprintf(out,
                  "<rect x=\"%.0f\" y=\"%.1f\" width=\"%.0f\" height=\"%.1f\" rx=\"3\" fill=\"%s\" "
                  "stroke=\"#555\" stroke-width=\"0.8\"/>\n",
                  x, y, width, height, fill);
}

/* ---- layout ---- */

static struct box *add_box(struct column *c, struct range what, int partition, const char *fill)
{
    struct box *box;

    c->boxes = need(realloc(c->boxes, (c->count + 1) * sizeof(*c->boxes)));
    box = &c->boxes[c->count++];
    *box = (struct box){.what = what, .partition = partition, .fill = fill};
    return box;
}

/* RAM: 2 MiB are 26 high, each doubling adds 9. */
static double ram_height(uint64_t size)
{
    return 18 + 9 * log2(1 + (double)size / (double)BLOCK_2M);
}

static int by_address(const void *a, const void *b)
{
    const struct box *x = a;
    const struct box *y = b;

    return x->what.base < y->what.base ? -1 : x->what.base > y->what.base ? 1 : 0;
}

static void add_ram(const struct plan *p, struct column *c)
{
    uint32_t count;
    struct piece *pieces = model_ram(p, &count);
    char size[PLAN_SIZE_TEXT];

    for (uint32_t i = 0; i < count; i++) {
        const char *fill = pieces[i].kind == PIECE_RESERVED    ? RESERVED
                           : pieces[i].kind == PIECE_PARTITION ? colour_of(pieces[i].partition)
                                                               : LEFT_OVER;
        struct box *box = add_box(c, pieces[i].what, pieces[i].partition, fill);

        (void)snprintf(box->label, sizeof(box->label), "%s%s, %s",
                       pieces[i].kind == PIECE_PARTITION ? "RAM of " : "",
                       pieces[i].kind == PIECE_RESERVED ? pieces[i].name
                                                        : report_owner(p, pieces[i].partition),
                       plan_size_text(size, pieces[i].what.size));
        box->height = ram_height(pieces[i].what.size);
    }
    free(pieces);
}

static void add_devices(const struct plan *p, struct column *c)
{
    struct box *box;

    for (uint32_t d = 0; d < p->device_count; d++) {
        const struct plan_device *device = &p->devices[d];

        for (uint32_t w = 0; w < device->mmio_count && !p->partitions[device->partition].refused;
             w++) {
            box = add_box(c, device->mmio[w], device->partition, colour_of(device->partition));
            (void)snprintf(box->label, sizeof(box->label), "%s", device->path);
            box->height = DEVICE_HEIGHT;
        }
    }
    box = add_box(c, p->board.console.mmio, PLAN_NONE, RESERVED);
    (void)snprintf(box->label, sizeof(box->label), "%s: console", p->board.console.path);
    box->height = DEVICE_HEIGHT;
    box = add_box(c, p->board.gic.dist, PLAN_NONE, RESERVED);
    (void)snprintf(box->label, sizeof(box->label), "GICv%" PRIu32 ": distributor",
                   p->board.gic.version);
    box->height = DEVICE_HEIGHT;
}

static void add_left_over_devices(const struct plan *p, struct column *c)
{
    uint32_t count;
    struct candidate *list = model_candidates(p, &count);

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t w = 0; w < list[i].device.mmio_count && list[i].grantable == GRANT_FREELY;
             w++) {
            struct box *box = add_box(c, list[i].device.mmio[w], PLAN_NONE, LEFT_OVER);

            (void)snprintf(box->label, sizeof(box->label), "%.100s: left over", list[i].path);
            box->height = DEVICE_HEIGHT;
        }
    }
    free(list);
}

static struct column lay_out_board(const struct plan *p, double y)
{
    struct column c = {.end = y};

    add_devices(p, &c);
    add_left_over_devices(p, &c);
    add_ram(p, &c);
    qsort(c.boxes, c.count, sizeof(*c.boxes), by_address);
    for (uint32_t i = 0; i < c.count; i++) {
        if (i > 0 && c.boxes[i].what.base != range_end(c.boxes[i - 1].what)) {
            c.end += GAP;
        }
        c.boxes[i].y = c.end;
        c.end += c.boxes[i].height;
    }
    return c;
}

/* What stands in a window's box. */
static void label_window(struct box *box, const struct window *window)
{
    char size[PLAN_SIZE_TEXT];
    size_t used;

    (void)snprintf(box->label, sizeof(box->label), "%.80s, %s%s", window->name,
                   plan_size_text(size, window->ipa.size),
                   window->kind == WINDOW_EMULATED ? ", emulated" : "");
    if (window->device != NULL && window->device->unprotected) {
        used = strlen(box->label);
        (void)snprintf(box->label + used, sizeof(box->label) - used, ", DMA UNPROTECTED");
    }
    for (uint32_t i = 0; window->device != NULL && i < window->device->irq_count; i++) {
        used = strlen(box->label);
        (void)snprintf(box->label + used, sizeof(box->label) - used, "%s %" PRIu32,
                       i == 0 ? ", interrupt" : ",", window->device->irq[i].intid);
    }
}

/* What a device's DMA passes, and what its messages go to. */
static void tell_dma(const struct plan *p, const struct plan_device *device, struct box *box)
{
    struct plan_stream streams[PLAN_MAX_STREAMS];
    uint32_t count = model_streams(p, device, streams);
    const struct msi_frame frame = model_frame(p, device);
    char text[STREAM_TEXT];

    for (uint32_t i = 0; i < count && i < LINES_MOST; i++) {
        (void)snprintf(box->below[box->lines++], sizeof(box->below[0]), "stream %s",
                       report_stream(text, p, &streams[i]));
    }
    if (count > LINES_MOST) {
        (void)snprintf(box->below[box->lines++], sizeof(box->below[0]),
                       "and %" PRIu32 " more runs of streams", count - LINES_MOST);
    }
    if (frame.mmio.size != 0) {
        (void)snprintf(box->below[box->lines++], sizeof(box->below[0]),
                       "messages (MSI) by the %s at 0x%" PRIx64, frame.emulated ? "ITS" : "frame",
                       frame.emulated ? frame.window.base : frame.mmio.base);
    }
    box->height += box->lines * LINE_HEIGHT;
}

/* The partition's PCI functions, below its windows: where theirs are is known at boot. */
static void lay_out_functions(const struct plan *p, uint32_t index, struct column *c)
{
    for (uint32_t d = 0; d < p->device_count && !p->partitions[index].refused; d++) {
        const struct plan_device *device = &p->devices[d];
        struct box *box;

        if (device->partition != (int)index || !device->function || device->mmio_count != 0) {
            continue;
        }
        box = add_box(c, (struct range){0, 0}, (int)index, colour_of((int)index));
        (void)snprintf(box->label, sizeof(box->label), "%.80s, windows at boot%s", device->path,
                       device->unprotected ? ", DMA UNPROTECTED" : "");
        box->y = c->end;
        box->height = DEVICE_HEIGHT;
        tell_dma(p, device, box);
        c->end += box->height + 3;
    }
}

static struct column lay_out_partitions(const struct plan *p, double y)
{
    struct column c = {.end = y};

    for (uint32_t i = 0; i < p->partition_count; i++) {
        const struct plan_partition *part = &p->partitions[i];
        uint32_t count;
        struct window *windows = model_windows(p, i, &count);
        struct box *box = add_box(&c, (struct range){0, 0}, (int)i, colour_of((int)i));

        (void)snprintf(box->label, sizeof(box->label), "%s%s%.90s", part->name,
                       part->refused                  ? ": REFUSED, not started"
                       : part->description[0] != '\0' ? ": "
                                                      : "",
                       part->refused ? "" : part->description);
        box->is_head = true;
        box->y = c.end;
        box->height = HEAD_HEIGHT;
        c.end += HEAD_HEIGHT + 4;
        for (uint32_t w = 0; w < count; w++) {
            box = add_box(&c, windows[w].ipa, (int)i,
                          windows[w].kind == WINDOW_EMULATED ? EMULATED : colour_of((int)i));
            label_window(box, &windows[w]);
            box->target = windows[w].pa;
            box->is_linked = windows[w].kind != WINDOW_EMULATED;
            box->y = c.end;
            box->height =
                windows[w].kind == WINDOW_MEMORY ? ram_height(windows[w].ipa.size) : DEVICE_HEIGHT;
            if (windows[w].device != NULL &&
                windows[w].pa == windows[w].device->mmio[0].base) { /* its first window */
                tell_dma(p, windows[w].device, box);
            }
            c.end += box->height + 3;
        }
        lay_out_functions(p, i, &c);
        c.end += MARGIN;
        free(windows);
    }
    return c;
}

/* ---- drawing ---- */

static void draw_head(const struct plan *p, double height, FILE *out)
{
    (void)fprintf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" height=\"%.0f\" "
        "viewBox=\"0 0 %d %.0f\">\n"
        "<title>Who owns what</title>\n"
        "<style>text { font: 12px sans-serif; fill: #222 } .title { font: bold 20px sans-serif }\n"
        ".head { font: bold 13px sans-serif } .address { font: 11px monospace }\n"
        ".left { font: 11px monospace; text-anchor: end } .centre { text-anchor: middle }\n"
        ".strong { font: bold 13px sans-serif; text-anchor: middle }</style>\n"
        "<defs>\n"
        "<pattern id=\"reserved\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" fill=\"#d5d5d5\"/>"
        "<rect width=\"3\" height=\"8\" fill=\"#bfbfbf\"/></pattern>\n"
        "<pattern id=\"emulated\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"6\" height=\"6\" fill=\"#ffffff\"/>"
        "<circle cx=\"2\" cy=\"2\" r=\"0.8\" fill=\"#b5b5b5\"/></pattern>\n"
        "</defs>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
        WIDTH, height, WIDTH, height);
    text_at(out, MARGIN, 40, "title", p->board.model != NULL ? p->board.model : "?", 80);
}

static double draw_legend(const struct plan *p, FILE *out)
{
    static const char *const others[][2] = {
        {"left over", LEFT_OVER},
        {"Bulkhead's, or reserved", RESERVED},
        {"emulated", EMULATED},
    };
    double x = MARGIN;
    double y = 58;

    for (uint32_t i = 0; i < p->partition_count + 3; i++) {
        bool own = i < p->partition_count;
        const char *name = own ? p->partitions[i].name : others[i - p->partition_count][0];
        double width = 40 + 7.5 * (double)strlen(name);

        if (x + width > WIDTH - MARGIN) {
            x = MARGIN;
            y += 24;
        }
        rectangle(out, x, y, 18, 14, own ? colour_of((int)i) : others[i - p->partition_count][1]);
        text_at(out, x + 24, y + 12, "legend", name, 40);
        x += width;
    }
    return y + 14 + MARGIN;
}

static double draw_cpus(const struct plan *p, double y, FILE *out)
{
    double top = y + 20;
    char text[60];

    text_at(out, MARGIN, y + 10, "head", "CPUs", 10);
    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        const struct plan_cpu *cpu = &p->board.cpus[i];
        uint32_t column = i % CPUS_A_ROW;
        double x = MARGIN + column * (CPU_WIDTH + 8.0);

        if (i > 0 && column == 0) {
            top += CPU_HEIGHT + 8;
        }
        rectangle(out, x, top, CPU_WIDTH, CPU_HEIGHT, colour_of(cpu->partition));
        (void)snprintf(text, sizeof(text), "0x%" PRIx64, cpu->mpidr);
        text_at(out, x + CPU_WIDTH / 2.0, top + 18, "strong", text, 14);
        if (cpu->partition == PLAN_NONE) {
            (void)snprintf(text, sizeof(text), "left over");
        } else {
            (void)snprintf(text, sizeof(text), "%.10s CPU %" PRIu32,
                           report_owner(p, cpu->partition), cpu->vcpu);
        }
        text_at(out, x + CPU_WIDTH / 2.0, top + 35, "centre", text, 18);
    }
    return top + CPU_HEIGHT + 8 + MARGIN;
}

/* The band from a window to the box of the board's column that holds it. */
static void draw_band(const struct box *window, const struct column *board, FILE *out)
{
    const double x1 = LEFT + LEFT_WIDTH;
    const double middle = (x1 + RIGHT) / 2;

    for (uint32_t i = 0; i < board->count; i++) {
        const struct box *box = &board->boxes[i];

        if (box->partition == window->partition && box->what.base <= window->target &&
            window->target < range_end(box->what)) {
            (void)fprintf(out,
                          "<path d=\"M%.0f,%.1f C%.0f,%.1f %.0f,%.1f %d,%.1f L%d,%.1f C%.0f,%.1f "
                          "%.0f,%.1f %.0f,%.1f Z\" fill=\"%s\" fill-opacity=\"0.35\"/>\n",
                          x1, box->y, middle, box->y, middle, window->y, RIGHT, window->y, RIGHT,
                          window->y + window->height, middle, window->y + window->height, middle,
                          box->y + box->height, x1, box->y + box->height, window->fill);
        }
    }
}

static void draw_board(const struct column *c, FILE *out)
{
    char address[24];

    for (uint32_t i = 0; i < c->count; i++) {
        const struct box *box = &c->boxes[i];

        if (i > 0 && box->what.base != range_end(c->boxes[i - 1].what)) {
            text_at(out, LEFT + LEFT_WIDTH / 2.0, box->y - 4, "centre", "⋮", 1);
        }
        rectangle(out, LEFT, box->y, LEFT_WIDTH, box->height, box->fill);
        (void)snprintf(address, sizeof(address), "0x%" PRIx64, box->what.base);
        text_at(out, LEFT - 8, box->y + 12, "left", address, 20);
        text_at(out, LEFT + LEFT_WIDTH / 2.0, box->y + box->height / 2 + 4, "centre", box->label,
                42);
    }
}

static void draw_partitions(const struct column *c, FILE *out)
{
    char address[24];
    double y;

    for (uint32_t i = 0; i < c->count; i++) {
        const struct box *box = &c->boxes[i];

        if (box->is_head) {
            text_at(out, RIGHT, box->y + 18, "head", box->label, 62);
            continue;
        }
        rectangle(out, RIGHT, box->y, RIGHT_WIDTH, box->height, box->fill);
        (void)snprintf(address, sizeof(address), "0x%" PRIx64, box->what.base);
        text_at(out, RIGHT + RIGHT_WIDTH + 8, box->y + 12, "address",
                box->what.size == 0 ? "" : address, 20);
        y = box->y + (box->height - box->lines * LINE_HEIGHT) / 2 + 4;
        text_at(out, RIGHT + RIGHT_WIDTH / 2.0, y, "centre", box->label, 54);
        for (uint32_t n = 0; n < box->lines; n++) {
            y += LINE_HEIGHT;
            text_at(out, RIGHT + RIGHT_WIDTH / 2.0, y, "centre", box->below[n], 54);
        }
    }
}

/* Where the columns begin depends on the heads above, which are drawn into `upper` first. */
void report_svg(const struct plan *p, FILE *out)
{
    char *upper = NULL;
    size_t size = 0;
    FILE *above = need(open_memstream(&upper, &size));
    double y = draw_cpus(p, draw_legend(p, above), above);
    struct column board = lay_out_board(p, y + 20);
    struct column partitions = lay_out_partitions(p, y + 16);
    double end = board.end > partitions.end ? board.end : partitions.end;

    file_close(above, "memory");
    draw_head(p, end + 2 * MARGIN, out);
    (void)fputs(upper, out);
    text_at(out, LEFT, y + 6, "head", "The board: physical addresses", 60);
    text_at(out, RIGHT, y + 6, "head", "The partitions: addresses as they see them", 60);
    for (uint32_t i = 0; i < partitions.count; i++) {
        if (partitions.boxes[i].is_linked) {
            draw_band(&partitions.boxes[i], &board, out);
        }
    }
    draw_board(&board, out);
    draw_partitions(&partitions, out);
    text_at(out, MARGIN, end + MARGIN, "note",
            "Addresses grow downwards. Heights of RAM grow with the logarithm of its size; ⋮ is "
            "where addresses are left out.",
            200);
    (void)fputs("</svg>\n", out);
    free(upper);
    free(board.boxes);
    free(partitions.boxes);
}
