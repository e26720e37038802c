/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as JSON (RFC 8259). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/check/model.h"
#include "tools/check/report.h"
#include "tools/check/text.h"

/* ---- writing ---- */

struct writer {
    FILE *out;
    int depth;
    bool first; /* in the object or array that is open */
};

static void write_text(struct writer *w, const char *s, int length)
{
    bool plain = text_is_plain(s);

    (void)fputc('"', w->out);
    for (int i = 0; i < length && s[i] != '\0'; i++) {
        uint8_t c = (uint8_t)s[i];

        if (c == '"' || c == '\\') {
            (void)fprintf(w->out, "\\%c", c);
        } else if (c < ' ' || (c >= 0x7f && !plain)) {
            (void)fprintf(w->out, "\\u%04x", c);
        } else {
            (void)fputc(c, w->out);
        }
    }
    (void)fputc('"', w->out);
}

/* What comes before a value: a comma, a new line, its name where it has one. */
static void begin(struct writer *w, const char *key)
{
    (void)fprintf(w->out, "%s%*s", w->first ? w->depth > 0 ? "\n" : "" : ",\n", w->depth * 2, "");
    w->first = false;
    if (key != NULL) {
        (void)fprintf(w->out, "\"%s\": ", key);
    }
}

static void open_list(struct writer *w, const char *key, char bracket)
{
    begin(w, key);
    (void)fputc(bracket, w->out);
    w->depth++;
    w->first = true;
}

static void close_list(struct writer *w, char bracket)
{
    w->depth--;
    (void)fprintf(w->out, "%s%*s%c", w->first ? "" : "\n", w->first ? 0 : w->depth * 2, "",
                  bracket);
    w->first = false;
}

static void put_text(struct writer *w, const char *key, const char *s)
{
    begin(w, key);
    write_text(w, s != NULL ? s : "", INT32_MAX);
}

static void put_part(struct writer *w, const char *key, const char *s, int length)
{
    begin(w, key);
    write_text(w, s, length);
}

static void put_number(struct writer *w, const char *key, uint64_t number)
{
    begin(w, key);
    (void)fprintf(w->out, "%" PRIu64, number);
}

static void put_address(struct writer *w, const char *key, uint64_t address)
{
    begin(w, key);
    (void)fprintf(w->out, "\"0x%" PRIx64 "\"", address);
}

static void put_bool(struct writer *w, const char *key, bool value)
{
    begin(w, key);
    (void)fputs(value ? "true" : "false", w->out);
}

static void put_owner(struct writer *w, const struct plan *p, int partition)
{
    begin(w, "partition");
    if (partition == PLAN_NONE) {
        (void)fputs("null", w->out);
    } else {
        write_text(w, p->partitions[partition].name, INT32_MAX);
    }
}

/* ---- what the plan holds ---- */

static void write_messages(struct writer *w, const struct messages *said, enum message_kind kind)
{
    open_list(w, kind == MESSAGE_ERROR ? "errors" : "warnings", '[');
    for (uint32_t i = 0; i < said->count; i++) {
        struct message_parts parts = message_split(&said->list[i]);

        if (said->list[i].kind != kind) {
            continue;
        }
        open_list(w, NULL, '{');
        if (parts.partition != NULL) {
            put_part(w, "partition", parts.partition, parts.partition_length);
        }
        put_part(w, "node", parts.node, parts.node_length);
        put_text(w, "text", parts.text);
        close_list(w, '}');
    }
    close_list(w, ']');
}

static void write_cpus(struct writer *w, const struct plan *p)
{
    char path[DT_PATH_MAX];

    open_list(w, "cpus", '[');
    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        const struct plan_cpu *cpu = &p->board.cpus[i];

        dt_path(p->board.fdt, cpu->node, path, sizeof(path));
        open_list(w, NULL, '{');
        put_address(w, "mpidr", cpu->mpidr);
        put_text(w, "node", path);
        put_owner(w, p, cpu->partition);
        if (cpu->partition != PLAN_NONE) {
            put_number(w, "vcpu", cpu->vcpu);
        }
        close_list(w, '}');
    }
    close_list(w, ']');
}

static void write_ram(struct writer *w, const struct plan *p)
{
    static const char *const kinds[] = {
        [PIECE_LEFT_OVER] = "left over",
        [PIECE_RESERVED] = "reserved",
        [PIECE_PARTITION] = "partition",
    };
    uint32_t count;
    struct piece *pieces = model_ram(p, &count);

    open_list(w, "ram", '[');
    for (uint32_t i = 0; i < count; i++) {
        open_list(w, NULL, '{');
        put_address(w, "base", pieces[i].what.base);
        put_number(w, "size", pieces[i].what.size);
        put_text(w, "kind", kinds[pieces[i].kind]);
        if (pieces[i].kind == PIECE_RESERVED) {
            put_text(w, "for", pieces[i].name);
        } else if (pieces[i].kind == PIECE_PARTITION) {
            put_owner(w, p, pieces[i].partition);
            put_address(w, "ipa", pieces[i].ipa);
        }
        close_list(w, '}');
    }
    close_list(w, ']');
    free(pieces);
}

static void write_hardware(struct writer *w, const struct plan_device *device)
{
    open_list(w, "registers", '[');
    for (uint32_t i = 0; i < device->mmio_count; i++) {
        open_list(w, NULL, '{');
        put_address(w, "base", device->mmio[i].base);
        put_number(w, "size", device->mmio[i].size);
        if ((device->filtered & 1u << i) != 0) {
            put_text(w, "access", "filtered");
        }
        close_list(w, '}');
    }
    close_list(w, ']');
    open_list(w, "interrupts", '[');
    for (uint32_t i = 0; i < device->irq_count; i++) {
        open_list(w, NULL, '{');
        put_number(w, "intid", device->irq[i].intid);
        put_text(w, "trigger", device->irq[i].edge ? "edge" : "level");
        close_list(w, '}');
    }
    close_list(w, ']');
}

static void write_streams(struct writer *w, const struct plan *p, const struct plan_stream *streams,
                          uint32_t count)
{
    open_list(w, "streams", '[');
    for (uint32_t i = 0; i < count; i++) {
        open_list(w, NULL, '{');
        put_text(w, "smmu", p->board.smmus[streams[i].smmu].path);
        put_number(w, "id", streams[i].id);
        put_number(w, "count", streams[i].count);
        put_number(w, "mask", streams[i].mask);
        close_list(w, '}');
    }
    close_list(w, ']');
}

static void write_frame(struct writer *w, const struct msi_frame *frame)
{
    if (frame->mmio.size == 0) {
        begin(w, "msi");
        (void)fputs("null", w->out);
        return;
    }
    open_list(w, "msi", '{');
    put_address(w, "frame", frame->mmio.base);
    put_bool(w, "emulated", frame->emulated);
    close_list(w, '}');
}

static void write_granted(struct writer *w, const struct plan *p, const struct plan_device *device)
{
    struct plan_stream streams[PLAN_MAX_STREAMS];
    const struct msi_frame frame = model_frame(p, device);

    open_list(w, NULL, '{');
    put_text(w, "node", device->path);
    put_owner(w, p, device->partition);
    put_bool(w, "unprotected", device->unprotected);
    write_hardware(w, device);
    write_streams(w, p, streams, model_streams(p, device, streams));
    write_frame(w, &frame);
    close_list(w, '}');
}

static void write_devices(struct writer *w, const struct plan *p)
{
    static const char *const grantable[] = {
        [GRANT_FREELY] = "yes",
        [GRANT_UNPROTECTED] = "unprotected",
        [GRANT_NEVER] = "no",
    };
    uint32_t count;
    struct candidate *candidates = model_candidates(p, &count);

    open_list(w, "devices", '[');
    for (uint32_t i = 0; i < p->device_count; i++) {
        if (!p->partitions[p->devices[i].partition].refused) {
            write_granted(w, p, &p->devices[i]);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        open_list(w, NULL, '{');
        put_text(w, "node", candidates[i].path);
        put_owner(w, p, PLAN_NONE);
        put_text(w, "grantable", grantable[candidates[i].grantable]);
        if (candidates[i].grantable == GRANT_NEVER) {
            put_text(w, "why", candidates[i].why);
        } else {
            write_hardware(w, &candidates[i].device);
            write_streams(w, p, candidates[i].streams, candidates[i].stream_count);
        }
        close_list(w, '}');
    }
    close_list(w, ']');
    free(candidates);
}

static void write_image(struct writer *w, const char *key, const struct plan_image *image)
{
    if (image->size != 0) {
        open_list(w, key, '{');
        put_text(w, "image", image->name);
        put_address(w, "load", image->load);
        put_number(w, "size", image->load_size);
        close_list(w, '}');
    }
}

static void write_windows(struct writer *w, const struct plan *p, uint32_t index)
{
    uint32_t count;
    struct window *windows = model_windows(p, index, &count);

    open_list(w, "sees", '[');
    for (uint32_t i = 0; i < count; i++) {
        open_list(w, NULL, '{');
        put_address(w, "ipa", windows[i].ipa.base);
        put_number(w, "size", windows[i].ipa.size);
        put_text(w, "what", windows[i].name);
        if (windows[i].kind != WINDOW_EMULATED) {
            put_address(w, "pa", windows[i].pa);
        }
        close_list(w, '}');
    }
    close_list(w, ']');
    free(windows);
}

static void write_partition(struct writer *w, const struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];

    open_list(w, NULL, '{');
    put_text(w, "name", part->name);
    put_text(w, "description", part->description);
    put_bool(w, "starts", !part->refused);
    if (!part->refused) {
        put_bool(w, "direct-map", part->direct_map);
        put_text(w, "console", part->console == PLAN_CONSOLE_SHARED ? "shared" : "none");
        put_text(w, "bootargs", part->bootargs);
        put_address(w, "entry", part->entry);
        write_image(w, "kernel", &part->kernel);
        write_image(w, "ramdisk", &part->ramdisk);
        put_address(w, "tree", part->fdt_ipa);
        write_windows(w, p, index);
    }
    close_list(w, '}');
}

void report_json(const struct plan *p, const struct messages *said, FILE *out)
{
    struct writer w = {.out = out, .first = true};

    open_list(&w, NULL, '{');
    write_messages(&w, said, MESSAGE_ERROR);
    write_messages(&w, said, MESSAGE_WARNING);
    if (!p->fatal) {
        put_text(&w, "board", p->board.model);
        put_number(&w, "gic", p->board.gic.version);
        put_text(&w, "console", p->board.console.path);
        write_cpus(&w, p);
        write_ram(&w, p);
        write_devices(&w, p);
        open_list(&w, "partitions", '[');
        for (uint32_t i = 0; i < p->partition_count; i++) {
            write_partition(&w, p, i);
        }
        close_list(&w, ']');
    }
    close_list(&w, '}');
    (void)fputc('\n', out);
}
