/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system file's images: where their bytes are, inside the FIT or behind it, and their hashes.
 */
#include "core/plan/fit.h"

#include <string.h>

#include <libfdt.h>

#include "core/base/addr.h"
#include "core/base/arch.h"
#include "core/plan/dt.h"

/* A string property into *out; `fallback` where it is absent, E_INVALID where it is malformed. */
static enum status read_string(const void *fit, int node, const char *name, const char *fallback,
                               const char **out)
{
    int length;
    const char *value = fdt_getprop(fit, node, name, &length);

    *out = fallback;
    if (value == NULL) {
        return OK;
    }
    if (length < 1 || memchr(value, '\0', (size_t)length) == NULL) {
        return E_INVALID;
    }
    *out = value;
    return OK;
}

/* A number of one or two cells into *out; UINT64_MAX where it is absent. */
static enum status read_number(const void *fit, int node, const char *name, uint64_t *out)
{
    int length;
    const void *value = fdt_getprop(fit, node, name, &length);

    *out = UINT64_MAX;
    if (value == NULL) {
        return OK;
    }
    if (length != sizeof(fdt32_t) && length != sizeof(fdt64_t)) {
        return E_INVALID;
    }
    *out = dt_cells(value, (uint32_t)length / sizeof(fdt32_t));
    return OK;
}

/* Data behind the tree: data-size with either data-offset or data-position. */
static enum status find_external(const void *fit, uint64_t size, struct fit_image *image)
{
    uint64_t offset, position, length;

    if (read_number(fit, image->node, "data-offset", &offset) != OK ||
        read_number(fit, image->node, "data-position", &position) != OK ||
        read_number(fit, image->node, "data-size", &length) != OK) {
        return E_INVALID;
    }
    if ((offset == UINT64_MAX) == (position == UINT64_MAX)) {
        return E_INVALID; /* neither, or both */
    }
    if (offset != UINT64_MAX) {
        position = align_up(fdt_totalsize(fit), sizeof(fdt32_t));
        if (offset > size || position > size - offset) {
            return E_INVALID;
        }
        position += offset;
    }
    if (position > size || length > size - position) {
        return E_INVALID;
    }
    image->data = (const uint8_t *)fit + position;
    image->size = length;
    return OK;
}

static enum status find_data(const void *fit, uint64_t size, struct fit_image *image)
{
    int length;
    const uint8_t *data = fdt_getprop(fit, image->node, "data", &length);

    if (data == NULL) {
        return find_external(fit, size, image);
    }
    if (fdt_getprop(fit, image->node, "data-size", NULL) != NULL ||
        fdt_getprop(fit, image->node, "data-offset", NULL) != NULL ||
        fdt_getprop(fit, image->node, "data-position", NULL) != NULL) {
        return E_INVALID;
    }
    image->data = data;
    image->size = (uint64_t)length;
    return OK;
}

enum status fit_image_find(const void *fit, uint64_t size, const char *name, struct fit_image *out)
{
    int images = fdt_path_offset(fit, "/images");

    *out = (struct fit_image){.node = images};
    if (images < 0) {
        return E_NOT_FOUND;
    }
    out->node = fdt_subnode_offset(fit, images, name);
    if (out->node < 0) {
        return E_NOT_FOUND;
    }
    if (read_string(fit, out->node, "type", "", &out->type) != OK ||
        read_string(fit, out->node, "arch", "", &out->arch) != OK ||
        read_string(fit, out->node, "os", "", &out->os) != OK ||
        read_string(fit, out->node, "compression", "none", &out->compression) != OK ||
        read_number(fit, out->node, "load", &out->load) != OK ||
        read_number(fit, out->node, "entry", &out->entry) != OK) {
        return E_INVALID;
    }
    if (find_data(fit, size, out) != OK || out->size == 0) {
        return E_INVALID;
    }
    return OK;
}

static enum status verify_hash(const void *fit, int node, const struct fit_image *image)
{
    const char *algo;
    int length;
    const void *value = fdt_getprop(fit, node, "value", &length);

    if (read_string(fit, node, "algo", "", &algo) != OK || algo[0] == '\0') {
        return E_INVALID;
    }
    if (strcmp(algo, "crc32") != 0) {
        return E_UNSUPPORTED;
    }
    if (value == NULL || length != sizeof(fdt32_t) ||
        dt_cells(value, 1) != arch_crc32(0, image->data, image->size)) {
        return E_INVALID;
    }
    return OK;
}

enum status fit_image_verify(const void *fit, const struct fit_image *image, const char **hash)
{
    int node;

    *hash = NULL;
    fdt_for_each_subnode(node, fit, image->node)
    {
        const char *name = fdt_get_name(fit, node, NULL);
        enum status status;

        if (name == NULL || strncmp(name, "hash", 4) != 0) {
            continue;
        }
        status = verify_hash(fit, node, image);
        if (status != OK) {
            *hash = name;
            return status;
        }
    }
    return OK;
}
