/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests: a plan that breaks no rule. */
#ifndef CORE_PLAN_SOUND_TEST_H
#define CORE_PLAN_SOUND_TEST_H

#include "core/plan/told_test.h"

#define MIB   UINT64_C(0x100000)
#define RAM_0 UINT64_C(0x40000000)

static struct plan p;
static const uint8_t bytes[64];

static inline void make_board(uint32_t gic_version)
{
    struct plan_board *b = &p.board;

    b->ram[b->ram_banks++] = (struct range){RAM_0, 1024 * MIB};
    b->reserved_name[0] = "image";
    b->reserved[b->reserved_count++] = (struct range){RAM_0, 2 * MIB};
    b->cpu_count = 12;
    for (uint32_t i = 0; i < b->cpu_count; i++) {
        b->cpus[i].mpidr = i % 4 | i / 4 << 8;
        b->cpus[i].partition = PLAN_NONE;
    }
    b->gic.version = gic_version;
    b->gic.dist = (struct range){0x08000000, 0x10000};
    if (gic_version == 2) {
        b->gic.cpu = (struct range){0x08010000, 0x10000};
        b->gic.hyp = (struct range){0x08030000, 0x10000};
        b->gic.virt = (struct range){0x08040000, 0x10000};
    } else {
        b->gic.redist[0] = (struct range){0x080a0000, 0xf60000};
        b->gic.redists = 1;
    }
    b->console.mmio = b->console.window = (struct range){0x09000000, 0x1000};
    b->console.irq.intid = 33;
}

static inline struct plan_partition *add(const char *name, uint32_t cpu, uint64_t pa)
{
    struct plan_partition *part = &p.partitions[p.partition_count++];

    part->name = name;
    part->bootargs = "";
    part->cpus[0] = cpu;
    part->cpus[1] = cpu + 1;
    part->cpu_count = 2;
    part->memory[0] = (struct range){RAM_0, 64 * MIB};
    part->memory_count = 1;
    part->extent[0] = (struct plan_extent){RAM_0, pa, 64 * MIB};
    part->extent_count = 1;
    part->kernel = (struct plan_image){
        .name = "kernel", .data = bytes, .size = 64, .load = RAM_0, .load_size = MIB};
    part->entry = RAM_0;
    part->ramdisk = (struct plan_image){
        .name = "initrd", .data = bytes, .size = 64, .load = RAM_0 + MIB, .load_size = 64};
    part->fdt_ipa = RAM_0 + 2 * MIB;
    part->fdt_room = 32768;
    return part;
}

static inline struct plan_device *add_device(const char *path, int partition, uint64_t base,
                                             uint32_t irq)
{
    struct plan_device *d = &p.devices[p.device_count++];

    d->path = path;
    d->node = (int)p.device_count;
    d->partition = partition;
    d->mmio[0] = (struct range){base, 0x1000};
    d->mmio_count = 1;
    d->irq[0].intid = (uint16_t)irq;
    d->irq_count = 1;
    return d;
}

/* Three partitions, a device each for the first two, nothing wrong. */
static inline void make_plan(uint32_t gic_version)
{
    memset(&p, 0, sizeof(p));
    told_reset();
    make_board(gic_version);
    add("a", 0, RAM_0 + 64 * MIB);
    add("b", 2, RAM_0 + 128 * MIB);
    add("c", 4, RAM_0 + 480 * MIB);
    add_device("/pl031@9010000", 0, 0x09010000, 34);
    add_device("/pl061@9030000", 1, 0x09030000, 39);
}

/* Hold all rules against it. */
static inline void check_all(uint64_t pool_pages)
{
    plan_check(&p);
    if (!p.fatal) {
        plan_check_given(&p, pool_pages);
    }
}

#endif
