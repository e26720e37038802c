/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system file's images: where their bytes are, inside the FIT or behind it, and their hashes.
 */
#include "core/plan/fit.h"

#include <string.h>

#include "core/base/addr.h"
#include "core/base/arch.h"
#include "core/plan/dt.h"

/* A string property into *out; `fallback` where it is absent, E_INVALID where it is malformed. */
static enum status read_string(const void *fit, int node, const char *name, const char *fallback,
                               const char **out)
{
    uint32_t size;
    const char *value = dt_property(fit, node, name, &size);

    *out = value == NULL ? fallback : dt_string(value, size, 0);
    return *out != NULL ? OK : E_INVALID;
}

/* A number of one or two cells into *out; UINT64_MAX where it is absent. */
static enum status read_number(const void *fit, int node, const char *name, uint64_t *out)
{
    uint32_t size;
    const void *value = dt_property(fit, node, name, &size);

    *out = value == NULL ? UINT64_MAX : dt_number(fit, node, name, 0);
    return value == NULL || size == 4 || size == 8 ? OK : E_INVALID;
}

/* `data`; or, behind the tree, data-size with either data-offset or data-position. */
static enum status find_data(const void *fit, uint64_t size, struct fit_image *image)
{
    uint64_t offset, position, length;
    uint32_t inside;

    image->data = dt_property(fit, image->node, "data", &inside);
    if (read_number(fit, image->node, "data-offset", &offset) != OK ||
        read_number(fit, image->node, "data-position", &position) != OK ||
        read_number(fit, image->node, "data-size", &length) != OK) {
        return E_INVALID;
    }
    if (image->data != NULL) {
        image->size = inside;
        return (offset & position & length) == UINT64_MAX ? OK : E_INVALID;
    }
    if ((offset == UINT64_MAX) == (position == UINT64_MAX)) {
        return E_INVALID; /* neither, or both */
    }
    if (offset != UINT64_MAX) {
        position = align_up(dt_size(fit), 4);
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

enum status fit_image_find(const void *fit, uint64_t size, const char *name, struct fit_image *out)
{
    const int images = dt_find(fit, "/images");

    *out = (struct fit_image){.node = -1};
    if (images >= 0) {
        out->node = dt_child(fit, images, name, strlen(name));
    }
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
    return find_data(fit, size, out) == OK && out->size != 0 ? OK : E_INVALID;
}

static enum status verify_hash(const void *fit, int node, uint32_t crc)
{
    const char *algo;
    uint32_t size;
    const void *value = dt_property(fit, node, "value", &size);

    if (read_string(fit, node, "algo", "", &algo) != OK || algo[0] == '\0') {
        return E_INVALID;
    }
    if (strcmp(algo, "crc32") != 0) {
        return E_UNSUPPORTED;
    }
    return value != NULL && size == 4 && dt_cells(value, 1) == crc ? OK : E_INVALID;
}

enum status fit_image_verify(const void *fit, const struct fit_image *image, const char **hash)
{
    struct dt_at at = {.node = {image->node}};
    enum status status = OK;
    bool summed = false;
    uint32_t crc = 0;

    *hash = NULL;
    while (status == OK && dt_step(fit, &at)) {
        const char *name = dt_name(fit, at.node[at.depth]);

        if (at.depth != 1 || strncmp(name, "hash", 4) != 0) {
            continue;
        }
        crc = summed ? crc : arch_crc32(0, image->data, image->size);
        summed = true;
        status = verify_hash(fit, at.node[1], crc);
        *hash = status != OK ? name : NULL;
    }
    return status;
}
