/* SPDX-License-Identifier: Apache-2.0 */
/* The image as linker.ld lays it out: whole pages, in this order. */
#ifndef ARCH_ARM_IMAGE_H
#define ARCH_ARM_IMAGE_H

#include <stdint.h>

extern uint8_t image_start[], image_planner_rodata[], image_text[], image_rodata[], image_data[],
    image_plan[], image_pool[], image_planner_data[], image_end[];

#endif
