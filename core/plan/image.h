/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel images: what kind one is, how much room it wants, and unpacking it into memory. */
#ifndef CORE_PLAN_IMAGE_H
#define CORE_PLAN_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/plan/plan.h"

/* What an image's header says; sizes in bytes. */
struct image_facts {
    enum plan_kernel kind;
    uint64_t file_size;   /* inflated */
    uint64_t memory_size; /* what it occupies once loaded, .bss and (gzip) the inflater counted */
    uint64_t text_offset; /* arm64 Image, zImage: from a 2 MiB boundary */
    uint64_t load, entry; /* ELF: lowest p_paddr and e_entry (as a physical address) */
};

/*
 * Bytes that libdeflate's tables take: its struct is opaque, image_test.c proves that it is no
 * larger. At load they lie behind the inflated image, in memory that is the partition's.
 */
#define INFLATER_SIZE  UINT64_C(12288)
#define INFLATER_ALIGN UINT64_C(16)

/*
 * Read the header. Of a gzip member too: its first bytes are inflated to see what is inside; it is
 * one where `inflater` is not NULL but that many bytes, aligned, of any content.
 * `os_linux`: an arm64 Image is expected, or for AArch32 a zImage. ELF is known by its magic.
 * NULL, or what is wrong.
 */
const char *image_probe(const uint8_t *data, uint64_t size, void *inflater, bool os_linux,
                        bool aarch32, struct image_facts *out) MUST_CHECK;

/*
 * The index-th piece of memory that the image, placed, is loaded into (ELF: one for each program
 * header, empty where it loads nothing). False past the end, and where the image is broken.
 */
bool image_segment(enum plan_kernel kind, const struct plan_image *image, uint32_t index,
                   struct range *out) MUST_CHECK;

/*
 * Copy, inflate or load by segments into memory. `at(ctx, ipa, size)` gives a pointer to `size`
 * bytes of the partition's memory at `ipa`, or NULL where it is not all inside one extent. The
 * partition's memory is zeroed before. NULL, or what is wrong with the image.
 */
typedef void *(*image_at)(void *ctx, uint64_t ipa, uint64_t size);
const char *image_load(enum plan_kernel kind, const struct plan_image *image, image_at at,
                       void *ctx) MUST_CHECK;

#endif
