/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of plan_place() share: memory (place.c), then images in it. */
#ifndef CORE_PLAN_PLACE_H
#define CORE_PLAN_PLACE_H

#include <stdint.h>

#include "core/plan/plan.h"

/*
 * Put the images of partition `index`, which has its memory: an arm64 Image at its text_offset from
 * the first 2 MiB boundary of the first range, others where they ask; the device tree and the
 * ramdisk as high as they go. Tells and refuses where they do not fit.
 */
void place_images(struct plan *p, uint32_t index);

#endif
