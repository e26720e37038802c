/* SPDX-License-Identifier: Apache-2.0 */
/* The system file: a U-Boot FIT with inline or external data; images found, bounded and hashed. */
#ifndef CORE_PLAN_FIT_H
#define CORE_PLAN_FIT_H

#include <stdint.h>

#include "core/base/status.h"

struct fit_image {
    int node;
    const uint8_t *data;
    uint64_t size;
    const char *type;        /* "kernel", "ramdisk", "flat_dt" */
    const char *arch;        /* "arm64", ...; "" where absent */
    const char *os;          /* "linux", "u-boot", "elf", ...; "" where absent */
    const char *compression; /* "none", "gzip"; "none" where absent */
    uint64_t load, entry;    /* UINT64_MAX where absent */
};

/*
 * Find the image `name` under /images of a valid FIT and bound its data: `data`, or `data-size`
 * with `data-offset` (from the end of the tree, 4-byte aligned up) or `data-position` (from its
 * start). E_NOT_FOUND: no such node; E_INVALID: it leaves the file or contradicts itself.
 */
enum status fit_image_find(const void *fit, uint64_t size, const char *name,
                           struct fit_image *out) MUST_CHECK;

/*
 * Check every hash node of the image (crc32; another algorithm is E_UNSUPPORTED). `hash` names the
 * node that failed. An image without a hash passes.
 */
enum status fit_image_verify(const void *fit, const struct fit_image *image,
                             const char **hash) MUST_CHECK;

#endif
