/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's images into the plan: found in /images, understood, hashed, and fit for their use.
 */
#include "core/plan/parse.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/arch.h"
#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/fit.h"
#include "core/plan/image.h"

#define PATH_SIZE (sizeof("/images/") + 64)

/* Where an image is read: the partition's configuration, and the image's own path for messages. */
struct reading {
    const struct config *c;
    char path[PATH_SIZE];
    struct fit_image image;
};

/* A rule broken by the image that is read, told with its node. */
#define image_error(r, ...) plan_error((r)->c->p, (r)->c->index, (r)->path, __VA_ARGS__)

/* ---- the image's node ---- */

static void not_in_images(const struct config *c, const struct dt_property *property,
                          const char *name)
{
    const void *fit = c->p->fit;
    struct dt_at at = {.node = {dt_find(fit, "/images")}};
    char list[200] = "";

    while (dt_step(fit, &at)) {
        if (at.depth == 1) {
            list_append(list, sizeof(list), dt_name(fit, at.node[1]));
        }
    }
    config_error(c, "%s: \"%s\" is not in /images; it has %s", property->name, name,
                 list[0] != '\0' ? list : "none");
}

/* FIT's words for an image, those that mkimage adds included. */
static void check_words(const struct reading *r)
{
    static const char *const words[] = {
        "description",   "data",
        "data-size",     "data-offset",
        "data-position", "type",
        "arch",          "os",
        "load",          "entry",
        "compression",   "compatible",
        "phandle",       "data-size-unciphered",
    };
    const void *fit = r->c->p->fit;
    struct dt_property property;

    for (int i = dt_next_property(fit, r->image.node, &property); i >= 0;
         i = dt_next_property(fit, i, &property)) {
        struct nearest nearest;
        bool known = false;

        nearest_begin(&nearest, property.name);
        for (uint32_t w = 0; w < ARRAY_SIZE(words) && !known; w++) {
            known = strcmp(words[w], property.name) == 0;
        }
        if (known) {
            continue;
        }
        for (uint32_t w = 0; plan_tells(r->c->p) && w < ARRAY_SIZE(words); w++) {
            nearest_offer(&nearest, words[w]);
        }
        image_error(r, "unknown property \"%s\"%s%s%s", property.name, NEAREST_HINT(&nearest));
    }
}

/*
 * The kernel's `arch` is the partition's execution state; its other images are to be of the same,
 * where the kernel is what it says. It is read first.
 */
static bool check_arch(const struct reading *r, bool is_kernel)
{
    static const char *const names[] = {
        [ARCH_AARCH64] = "\"arm64\"",
        [ARCH_AARCH32] = "\"arm\"",
        [ARCH_AARCH64 | ARCH_AARCH32] = "\"arm64\" or \"arm\"",
    };
    struct plan_partition *part = r->c->part;
    const char *arch = r->image.arch;
    uint32_t states = arch_states();

    if (!is_kernel) {
        if (part->kernel.node == 0) {
            return true;
        }
        states = part->aarch32 ? ARCH_AARCH32 : ARCH_AARCH64;
    }
    if (((states & ARCH_AARCH64) != 0 && strcmp(arch, "arm64") == 0) || arch[0] == '\0') {
        return true;
    }
    if ((states & ARCH_AARCH32) != 0 && strcmp(arch, "arm") == 0) {
        part->aarch32 = true;
        return true;
    }
    image_error(r, "arch is \"%s\": here it must be %s", arch, names[states]);
    return false;
}

static bool check_kind(const struct reading *r, const char *type)
{
    const struct fit_image *image = &r->image;
    bool is_kernel = strcmp(type, "kernel") == 0;
    bool good = check_arch(r, is_kernel);

    if (strcmp(image->type, type) != 0) {
        image_error(r, "type is \"%s\": here it must be \"%s\"", image->type, type);
        good = false;
    }
    if (strcmp(image->compression, "none") != 0 &&
        (strcmp(image->compression, "gzip") != 0 || !is_kernel)) {
        image_error(r, "compression is \"%s\": here it must be \"none\"%s", image->compression,
                    is_kernel ? " or \"gzip\"" : ", as its user unpacks it, not Bulkhead");
        good = false;
    }
    return good;
}

/*
 * True where a partition read before has this very image: its hashes need not be counted again. By
 * its node: another one may have the same bytes, or some of them, and hashes of its own.
 */
static bool is_verified(const struct plan *p, int node)
{
    for (uint32_t i = 0; i < p->partition_count; i++) {
        const struct plan_partition *part = &p->partitions[i];

        if (part->kernel.node == node || part->ramdisk.node == node || part->fdt.node == node) {
            return true;
        }
    }
    return false;
}

static bool check_hashes(const struct reading *r)
{
    const char *hash = "";
    enum status status = OK;

    if (!is_verified(r->c->p, r->image.node)) {
        status = fit_image_verify(r->c->p->fit, &r->image, &hash);
    }
    if (status == E_UNSUPPORTED) {
        image_error(r, "%s: its algorithm is not supported: use algo = \"crc32\"", hash);
    } else if (status != OK) {
        image_error(r, "%s does not match its data: it is damaged; make or load the file again",
                    hash);
    }
    return status == OK;
}

/* Find the image that the property names and see that it is what its use wants. */
static bool read_image(struct reading *r, const struct config *c,
                       const struct dt_property *property, const char *type, struct plan_image *out)
{
    const char *name = config_string(c, property);
    enum status status;

    if (name == NULL) {
        return false;
    }
    r->c = c;
    console_format(r->path, sizeof(r->path), "/images/%s", name);
    status = fit_image_find(c->p->fit, c->p->fit_size, name, &r->image);
    if (status == E_NOT_FOUND) {
        not_in_images(c, property, name);
        return false;
    }
    if (status != OK) {
        image_error(r,
                    "its data is not all in the file of %" PRIu64
                    " bytes, or its properties contradict "
                    "each other; load all of the file, or make it again",
                    c->p->fit_size);
        return false;
    }
    check_words(r);
    config_subnodes(c, r->path, r->image.node); /* a misspelt hash would check nothing */
    if (!check_kind(r, type) || !check_hashes(r)) {
        return false;
    }
    *out = (struct plan_image){
        .name = config_keep(c, name),
        .node = r->image.node,
        .data = r->image.data,
        .size = r->image.size,
        .gzip = strcmp(r->image.compression, "gzip") == 0,
        .load = UINT64_MAX,
        .load_size = r->image.size,
    };
    return true;
}

/* ---- its uses ---- */

/* Class: the planner's. */
static uint8_t inflater[INFLATER_SIZE] __attribute__((aligned(INFLATER_ALIGN)));

/* A raw binary goes where it says, and starts inside itself. */
static void read_raw(const struct reading *r)
{
    struct plan_partition *part = r->c->part;
    struct plan_image *kernel = &part->kernel;

    kernel->load = r->image.load;
    part->entry = r->image.entry != UINT64_MAX ? r->image.entry : kernel->load;
    if (kernel->load == UINT64_MAX) {
        image_error(r,
                    "a raw binary (os = \"%s\") needs \"load\": where in the partition's memory it "
                    "goes",
                    r->image.os);
    } else if (!range_valid(kernel->load, kernel->load_size)) {
        image_error(r, "load: 0x%" PRIx64 " bytes at 0x%" PRIx64 " end beyond the last address",
                    kernel->load_size, kernel->load);
    } else if (part->entry - kernel->load >= kernel->load_size) {
        image_error(r, "entry: 0x%" PRIx64 " is outside the image, 0x%" PRIx64 " to 0x%" PRIx64,
                    part->entry, kernel->load, kernel->load + kernel->load_size);
    }
}

void config_kernel(const struct config *c, const struct dt_property *property)
{
    struct plan_image *kernel = &c->part->kernel;
    struct image_facts facts = {0};
    const char *why;
    struct reading r;

    if (!read_image(&r, c, property, "kernel", kernel)) {
        return;
    }
    why = image_probe(kernel->data, kernel->size, kernel->gzip ? inflater : NULL,
                      strcmp(r.image.os, "linux") == 0, c->part->aarch32, &facts);
    if (why != NULL) {
        image_error(&r, "%s", why);
        kernel->node = 0; /* not what it says: nothing is held against it */
        return;
    }
    c->part->kernel_kind = facts.kind;
    kernel->load_size = facts.memory_size;
    switch (facts.kind) {
    case PLAN_KERNEL_RAW:
        read_raw(&r);
        break;
    case PLAN_KERNEL_ARM64:
    case PLAN_KERNEL_ZIMAGE:
        kernel->load = facts.text_offset;
        break;
    case PLAN_KERNEL_ELF:
        kernel->load = facts.load;
        c->part->entry = facts.entry;
        break;
    }
}

void config_ramdisk(const struct config *c, const struct dt_property *property)
{
    struct reading r;

    (void)read_image(&r, c, property, "ramdisk", &c->part->ramdisk);
}

void config_fdt(const struct config *c, const struct dt_property *property)
{
    struct plan_image *fdt = &c->part->fdt;
    struct reading r;

    if (!read_image(&r, c, property, "flat_dt", fdt)) {
        return;
    }
    fdt->load = r.image.load;
    if (!dt_valid(fdt->data, fdt->size)) {
        image_error(&r, "it is no well-formed device tree at a multiple of 4 bytes in the file");
    }
}
