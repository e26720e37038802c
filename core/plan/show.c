/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as text for a person, at most 100 columns wide, and what lies where on the board. */
#include "core/plan/plan.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/dt.h"

#define NAME_TEXT 64 /* characters of a path, a model or a description that are shown */
#define IN_A_LINE 4  /* CPUs */

/* ---- pieces of lines ---- */

const char *plan_size_text(char text[static PLAN_SIZE_TEXT], uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    uint32_t unit = 0;

    while (unit + 1 < ARRAY_SIZE(units) && bytes >> (10 * (unit + 1)) != 0) {
        unit++;
    }
    if ((bytes & (BIT(10 * unit) - 1)) == 0) {
        console_format(text, PLAN_SIZE_TEXT, "%" PRIu64 " %s", bytes >> (10 * unit), units[unit]);
    } else {
        uint64_t tenths = ((bytes >> (10 * (unit - 1))) % 1024) * 10 / 1024;

        console_format(text, PLAN_SIZE_TEXT, "%" PRIu64 ".%" PRIu64 " %s", bytes >> (10 * unit),
                       tenths, units[unit]);
    }
    return text;
}

/* As much as fits into NAME_TEXT, whole characters of UTF-8; what does not print as '?'. */
static const char *name_text(char *text, const char *from)
{
    size_t length = strnlen(from, NAME_TEXT);

    if (length == NAME_TEXT) {
        length -= sizeof("...");
        while (length > 0 && ((uint8_t)from[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    for (size_t i = 0; i < length; i++) {
        text[i] = (uint8_t)from[i] < ' ' || from[i] == 0x7f ? '?' : from[i];
    }
    if (from[length] == '\0') {
        text[length] = '\0';
    } else {
        memcpy(text + length, "...", sizeof("..."));
    }
    return text;
}

/* ---- a partition ---- */

static void show_cpus(const struct plan *p, const struct plan_partition *part)
{
    for (uint32_t i = 0; i < part->cpu_count; i++) {
        if (i % IN_A_LINE == 0) {
            console_printf("%sbulkhead:   %-8s", i == 0 ? "" : "\n", i == 0 ? "CPUs" : "");
        }
        console_printf(" 0x%" PRIx64 " as %u%s", p->board.cpus[part->cpus[i]].mpidr, i,
                       i + 1 < part->cpu_count ? "," : "\n");
    }
}

static void show_memory(const struct plan_partition *part)
{
    char size[PLAN_SIZE_TEXT];

    for (uint32_t i = 0; i < part->extent_count; i++) {
        const struct plan_extent *e = &part->extent[i];

        console_printf("bulkhead:   %-8s 0x%" PRIx64 "-0x%" PRIx64 " on 0x%" PRIx64 ", %s\n",
                       i == 0 ? "memory" : "", e->ipa, e->ipa + e->size - 1, e->pa,
                       plan_size_text(size, e->size));
    }
}

static void show_device(const struct plan_device *device)
{
    char text[NAME_TEXT + 1];

    console_printf("bulkhead:   device   %s%s\n", name_text(text, device->path),
                   device->unprotected ? " UNPROTECTED" : "");
    for (uint32_t i = 0; i < device->mmio_count; i++) {
        console_printf("bulkhead:            registers 0x%" PRIx64 "-0x%" PRIx64 "%s\n",
                       device->mmio[i].base, range_end(device->mmio[i]) - 1,
                       (device->filtered & 1u << i) != 0 ? ", filtered" : "");
    }
    for (uint32_t i = 0; i < device->irq_count; i++) {
        console_printf("bulkhead:            interrupt %u, %s\n", device->irq[i].intid,
                       device->irq[i].edge ? "edge" : "level");
    }
}

static void show_streams(const struct plan *p, int device)
{
    char text[NAME_TEXT + 1];

    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct plan_stream *s = &p->streams[i];

        if (s->device != device) {
            continue;
        }
        console_printf("bulkhead:            stream 0x%x", s->id);
        if (s->count > 1) {
            console_printf("-0x%x", s->id + (s->count - 1));
        }
        if (s->mask != 0) {
            console_printf(" (but for 0x%x)", s->mask);
        }
        console_printf(" of %s\n", name_text(text, p->board.smmus[s->smmu].path));
    }
}

static void show_image(const char *what, const struct plan_image *image)
{
    char size[PLAN_SIZE_TEXT];

    if (image->size != 0) {
        console_printf("bulkhead:   %-8s %.31s at 0x%" PRIx64 ", %s\n", what, image->name,
                       image->load, plan_size_text(size, image->load_size));
    }
}

static void show_images(const struct plan_partition *part)
{
    static const char *const kinds[] = {
        [PLAN_KERNEL_RAW] = "raw binary",
        [PLAN_KERNEL_ARM64] = "arm64 Image",
        [PLAN_KERNEL_ZIMAGE] = "zImage",
        [PLAN_KERNEL_ELF] = "ELF",
    };

    show_image("kernel", &part->kernel);
    show_image("ramdisk", &part->ramdisk);
    console_printf("bulkhead:   tree     %.31s at 0x%" PRIx64 "\n",
                   part->fdt.size != 0 ? part->fdt.name : "generated", part->fdt_ipa);
    console_printf("bulkhead:   entry    0x%" PRIx64 ", %s%s%s\n", part->entry,
                   kinds[part->kernel_kind], part->kernel.gzip ? ", gzip" : "",
                   part->aarch32 ? ", AArch32" : "");
}

static void show_partition(const struct plan *p, uint32_t index)
{
    const struct plan_partition *part = &p->partitions[index];
    char text[NAME_TEXT + 1];

    if (part->refused) {
        console_printf("bulkhead: partition %s: refused\n", part->name);
        return;
    }
    console_printf("bulkhead: partition %s\n", part->name);
    if (part->description[0] != '\0') {
        console_printf("bulkhead:            %s\n", name_text(text, part->description));
    }
    show_cpus(p, part);
    show_memory(part);
    for (uint32_t i = 0; i < p->device_count; i++) {
        if (p->devices[i].partition == (int)index) {
            show_device(&p->devices[i]);
            show_streams(p, (int)i);
        }
    }
    show_images(part);
    console_printf("bulkhead:   console  %s%s\n",
                   part->console == PLAN_CONSOLE_SHARED ? "shared" : "none",
                   part->direct_map ? "; memory is mapped one to one" : "");
}

/* ---- the board, and what is left over ---- */

static void show_left_over(const struct plan *p)
{
    const struct range *free;
    char size[PLAN_SIZE_TEXT];
    uint32_t cpus = 0;
    uint32_t count;

    console_printf("bulkhead: left over\n");
    for (uint32_t i = 0; i < p->board.cpu_count; i++) {
        const struct plan_cpu *cpu = &p->board.cpus[i];

        if (cpu->partition != PLAN_NONE && !p->partitions[cpu->partition].refused) {
            continue;
        }
        if (cpus % IN_A_LINE == 0) {
            console_printf("%sbulkhead:   %-8s", cpus == 0 ? "" : "\n", cpus == 0 ? "CPUs" : "");
        }
        console_printf(" 0x%" PRIx64, cpu->mpidr);
        cpus++;
    }
    console_printf(cpus > 0 ? "\n" : "");
    count = plan_free(p, &free);
    for (uint32_t i = 0; i < count; i++) {
        console_printf("bulkhead:   memory   0x%" PRIx64 "-0x%" PRIx64 ", %s\n", free[i].base,
                       range_end(free[i]) - 1, plan_size_text(size, free[i].size));
    }
}

static void show_board(const struct plan *p)
{
    const struct plan_board *board = &p->board;
    char text[NAME_TEXT + 1];
    char total_text[PLAN_SIZE_TEXT], free_text[PLAN_SIZE_TEXT];
    const struct range *free;
    uint64_t total = 0;
    uint64_t unused = 0;

    for (uint32_t i = 0; i < board->ram_banks; i++) {
        total += board->ram[i].size;
    }
    for (uint32_t i = plan_free(p, &free); i > 0; i--) {
        unused += free[i - 1].size;
    }
    console_printf("bulkhead: board %s\n",
                   name_text(text, board->model != NULL ? board->model : "without a model"));
    console_printf("bulkhead:            %u CPUs, RAM %s of which %s left over, GICv%u\n",
                   board->cpu_count, plan_size_text(total_text, total),
                   plan_size_text(free_text, unused), board->gic.version);
    console_printf("bulkhead:   console  %s\n",
                   name_text(text, board->console.path != NULL ? board->console.path : "none"));
}

void plan_show(const struct plan *p)
{
    show_board(p);
    for (uint32_t i = 0; i < p->partition_count; i++) {
        show_partition(p, i);
    }
    show_left_over(p);
}
