/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how bytes become boards and system files. Choice 0 is the sound one everywhere. */
#include "gen.h"

#include <libfdt.h>
#include <string.h>

#define GIC_PHANDLE 1
#define SMMU_V3     3
#define SMMU_V2     4 /* with a mask beside each StreamID */
#define SMMU_MASKED 5 /* with one for all of them */
#define MAX_DEVICES 8

static void must(int error)
{
    require(error == 0, "libfdt: %s", fdt_strerror(error));
}

/* ---- properties ---- */

static void cells(void *tree, const char *name, const uint32_t *values, uint32_t count)
{
    fdt32_t data[64];

    for (uint32_t i = 0; i < count; i++) {
        data[i] = cpu_to_fdt32(values[i]);
    }
    must(fdt_property(tree, name, data, (int)(count * sizeof(data[0]))));
}

#define CELLS(tree, name, ...)                                                                     \
    cells(tree, name, (const uint32_t[]){__VA_ARGS__},                                             \
          sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define PAIR(base, size)                                                                           \
    (uint32_t)((uint64_t)(base) >> 32), (uint32_t)(base), (uint32_t)((uint64_t)(size) >> 32),      \
        (uint32_t)(size)

/* A function: fdt_property_string() is a macro that evaluates its string twice. */
static void string(void *tree, const char *name, const char *value)
{
    must(fdt_property_string(tree, name, value));
}

static void begin(void *tree, const char *name, uint64_t unit)
{
    char full[64];

    (void)snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);
    must(fdt_begin_node(tree, full));
}

static void begin_tree(void *tree, size_t room)
{
    must(fdt_create(tree, (int)room));
}

/* ---- a board ---- */

static const uint32_t mpidrs[] = {0, 1, 2, 3, 0x100, 0x101, 0x10000, 0x1000000};
#define MPIDRS (sizeof(mpidrs) / sizeof(mpidrs[0]))

static void board_reserve(struct bytes *b, void *tree)
{
    for (uint32_t left = pick(b, 3); left > 0; left--) {
        must(fdt_add_reservemap_entry(tree, 0x40000000 + (uint64_t)take(b) * 0x100800,
                                      1 + (uint64_t)take(b) * 0x800));
    }
    must(fdt_finish_reservemap(tree));
}

static void board_memory(struct bytes *b, void *tree)
{
    static const uint64_t sizes[] = {0x40000000, 0x10000000, 0x20100000, 0x5000, 0, 0x140000000};
    uint64_t base = 0x40000000;

    for (uint32_t left = 1 + pick(b, 3); left > 0; left--) {
        uint64_t size = sizes[pick(b, 6)];

        begin(tree, "memory", base);
        string(tree, "device_type", "memory");
        CELLS(tree, "reg", PAIR(base, size));
        must(fdt_end_node(tree));
        base += size + (uint64_t)pick(b, 4) * 0x1000800;
        base -= rarely(b, 32) ? 0x1000 : 0;
        base += size == 0;
    }
}

static void board_reserved_memory(struct bytes *b, void *tree)
{
    uint32_t left = pick(b, 4);

    must(fdt_begin_node(tree, "reserved-memory"));
    CELLS(tree, "#address-cells", 2);
    CELLS(tree, "#size-cells", 2);
    must(fdt_property(tree, "ranges", "", 0));
    for (; left > 0; left--) {
        uint64_t base = 0x40000000 + (uint64_t)take(b) * 0x200400 + left;

        begin(tree, "keep", base);
        CELLS(tree, "reg", PAIR(base, 1 + (uint64_t)take(b) * 0x10400));
        must(fdt_end_node(tree));
    }
    must(fdt_end_node(tree));
}

static void board_cpus(struct bytes *b, void *tree)
{
    uint32_t count = 1 + (pick(b, 6) + 3) % 6;

    must(fdt_begin_node(tree, "cpus"));
    CELLS(tree, "#address-cells", 1);
    CELLS(tree, "#size-cells", 0);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t mpidr = mpidrs[rarely(b, 24) ? pick(b, MPIDRS) : i];

        begin(tree, i == 0 ? "cpu" : "core", i * 0x100000 + mpidr);
        string(tree, "device_type", "cpu");
        CELLS(tree, "reg", mpidr);
        string(tree, "enable-method", rarely(b, 24) ? "spin-table" : "psci");
        if (rarely(b, 24)) {
            CELLS(tree, "cpu-release-addr", 0, 0xd8);
        }
        if (rarely(b, 24)) {
            string(tree, "status", "disabled");
        }
        must(fdt_end_node(tree));
    }
    must(fdt_end_node(tree));
}

static void board_gic(struct bytes *b, void *tree)
{
    uint64_t at = 0x8000000 + (rarely(b, 24) ? (uint64_t)take(b) << 16 : 0);

    begin(tree, "intc", at);
    CELLS(tree, "phandle", GIC_PHANDLE);
    CELLS(tree, "#interrupt-cells", 3);
    CELLS(tree, "#address-cells", 0);
    must(fdt_property(tree, "interrupt-controller", "", 0));
    CELLS(tree, "interrupts", 1, 9 + (uint32_t)(rarely(b, 24) ? take(b) : 0), 4);
    if (pick(b, 2) == 0) {
        string(tree, "compatible", "arm,gic-v3");
        CELLS(tree, "reg", PAIR(at, 0x10000),
              PAIR(at + 0xa0000, rarely(b, 24) ? (uint64_t)take(b) << 16 : 0xf60000));
    } else {
        string(tree, "compatible", "arm,cortex-a15-gic");
        CELLS(tree, "reg", PAIR(at, 0x10000), PAIR(at + 0x10000, rarely(b, 24) ? 0x2000 : 0x10000),
              PAIR(at + 0x30000, 0x10000), PAIR(at + 0x40000, 0x10000));
    }
    must(fdt_end_node(tree));
}

static void board_fixed(void *tree)
{
    must(fdt_begin_node(tree, "psci"));
    string(tree, "compatible", "arm,psci-1.0");
    string(tree, "method", "smc");
    must(fdt_end_node(tree));
    must(fdt_begin_node(tree, "timer"));
    string(tree, "compatible", "arm,armv8-timer");
    CELLS(tree, "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
    must(fdt_end_node(tree));
    must(fdt_begin_node(tree, "clk"));
    string(tree, "compatible", "fixed-clock");
    CELLS(tree, "#clock-cells", 0);
    CELLS(tree, "clock-frequency", 24000000);
    CELLS(tree, "phandle", 2);
    must(fdt_end_node(tree));
    must(fdt_begin_node(tree, "chosen"));
    string(tree, "stdout-path", "/uart@9000000");
    must(fdt_end_node(tree));
}

static void board_uart(struct bytes *b, void *tree)
{
    begin(tree, "uart", 0x9000000);
    string(tree, "compatible", "arm,pl011");
    CELLS(tree, "reg", PAIR(0x9000000, 0x1000));
    CELLS(tree, "interrupts", 0, 1 + (uint32_t)(rarely(b, 24) ? take(b) * 8u : 0), 4);
    must(fdt_end_node(tree));
}

static void board_smmu(void *tree, uint64_t at, const char *compatible, uint32_t phandle)
{
    begin(tree, "smmu", at);
    string(tree, "compatible", compatible);
    CELLS(tree, "reg", PAIR(at, 0x20000));
    CELLS(tree, "phandle", phandle);
    CELLS(tree, "#iommu-cells", phandle == SMMU_V2 ? 2 : 1);
    if (phandle == SMMU_MASKED) {
        CELLS(tree, "stream-match-mask", 0x7c00);
    }
    must(fdt_end_node(tree));
}

/* Eight StreamIDs for each device, unless a rare choice takes others'. */
static void device_streams_of(struct bytes *b, void *tree, uint32_t index)
{
    static const uint32_t masks[] = {0, 3, 0x10, 0x7c00};
    uint32_t id = rarely(b, 3) ? 8 * pick(b, 8) + pick(b, 2) : 8 * index;

    switch (pick(b, 5)) {
    case 0:
        CELLS(tree, "iommus", SMMU_V3, id);
        break;
    case 1:
        CELLS(tree, "iommus", SMMU_V2, id, masks[pick(b, 4)]);
        break;
    case 2:
        CELLS(tree, "iommus", SMMU_MASKED, id + (uint32_t)take(b) % 2 * 0x400, SMMU_V3, id + 1);
        break;
    case 3:
        CELLS(tree, "bus-range", 0, 0);
        CELLS(tree, "iommu-map-mask", 7);
        CELLS(tree, "iommu-map", 0, SMMU_V3, id, 5 + pick(b, 4), 5, SMMU_V2, id, 3);
        break;
    default:
        CELLS(tree, "bus-range", 0, 0);
        CELLS(tree, "iommu-map-mask", pick(b, 2));
        CELLS(tree, "iommu-map", 0, SMMU_MASKED, id, 1, 1, SMMU_MASKED, id + 1, 1 + pick(b, 2));
        break;
    }
}

/* Devices begin 64 KiB from each other, unless a rare choice brings them close. */
static void board_device(struct bytes *b, struct bytes *dma, void *tree, uint32_t index)
{
    static const char *const kinds[] = {"some,dma", "arm,pl031", "virtio,mmio", "arm,pl050"};
    static const uint32_t sizes[] = {0x1000, 0x100, 0x2000, 0x800};
    uint64_t base = 0x9010000 + 0x10000 * (uint64_t)index;

    if (rarely(b, 6)) {
        base = 0x9010000 + 0x800 * (uint64_t)pick(b, 32);
    }
    if (rarely(b, 48)) {
        base = (uint64_t)take(b) << 24;
    }
    begin(tree, "dev", index);
    string(tree, "compatible", kinds[pick(b, 4)]);
    CELLS(tree, "reg", PAIR(base, sizes[pick(b, 4)]));
    CELLS(tree, "interrupts", rarely(b, 24), 10 + (rarely(b, 6) ? take(b) * 4u : index), 4);
    CELLS(tree, "clocks", 2);
    device_streams_of(dma, tree, index);
    if (rarely(b, 8)) {
        string(tree, "status", "disabled");
    }
    must(fdt_end_node(tree));
}

/* Spoil some bytes of the finished tree, seldom. */
static void spoil(struct bytes *b, void *tree)
{
    uint32_t size = fdt_totalsize(tree);

    for (uint32_t left = rarely(b, 8) ? pick(b, 4) : 0; left > 0; left--) {
        ((uint8_t *)tree)[take64(b) % size] ^= (uint8_t)(1u << pick(b, 8));
    }
}

size_t gen_board(struct bytes *b, struct bytes *dma, void *tree, size_t room)
{
    uint32_t devices;
    size_t size;

    begin_tree(tree, room);
    board_reserve(b, tree);
    must(fdt_begin_node(tree, ""));
    CELLS(tree, "#address-cells", 2);
    CELLS(tree, "#size-cells", 2);
    CELLS(tree, "interrupt-parent", GIC_PHANDLE);
    string(tree, "model", "generated");
    board_memory(b, tree);
    board_reserved_memory(b, tree);
    board_cpus(b, tree);
    board_gic(b, tree);
    board_fixed(tree);
    board_uart(b, tree);
    board_smmu(tree, 0xa000000, "arm,smmu-v3", SMMU_V3);
    board_smmu(tree, 0xa100000, "arm,mmu-500", SMMU_V2);
    board_smmu(tree, 0xa200000, "arm,smmu-v2", SMMU_MASKED);
    devices = (pick(b, MAX_DEVICES + 1) + 4) % (MAX_DEVICES + 1);
    for (uint32_t i = 0; i < devices; i++) {
        board_device(b, dma, tree, i);
    }
    must(fdt_end_node(tree));
    must(fdt_finish(tree));
    size = fdt_totalsize(tree);
    spoil(b, tree);
    return size;
}

size_t gen_good_board(void *tree, size_t room)
{
    struct bytes none = {NULL, NULL};

    return gen_board(&none, &none, tree, room);
}

/* ---- a system file ---- */

static void image(void *file, const char *name, const char *type, const char *os,
                  const char *compression)
{
    must(fdt_begin_node(file, name));
    string(file, "type", type);
    string(file, "arch", "arm64");
    string(file, "os", os);
    string(file, "compression", compression);
}

/* Inline, or the first bytes of the file, where the other one may be too; the hash seldom wrong. */
static void ramdisk(struct bytes *b, void *file, const char *name, const uint8_t *data)
{
    static const uint8_t magic[4] = {0xd0, 0x0d, 0xfe, 0xed};
    uint32_t size = 1 + pick(b, 64);
    uint32_t crc;

    image(file, name, "ramdisk", "linux", "none");
    if (pick(b, 2) == 0) {
        must(fdt_property(file, "data", data, (int)size));
        crc = crc32_of(data, size);
    } else {
        CELLS(file, "data-position", 0);
        CELLS(file, "data-size", sizeof(magic));
        crc = crc32_of(magic, sizeof(magic));
    }
    must(fdt_begin_node(file, "hash-1"));
    string(file, "algo", "crc32");
    CELLS(file, "value", crc ^ rarely(b, 4));
    must(fdt_end_node(file));
    must(fdt_end_node(file));
}

static void images(struct bytes *b, void *file)
{
    static const uint32_t entries[] = {0x40000000, 0x40000010, 0x40000040, 0x3ffffffc};
    uint8_t data[64] = {0x14, 0, 0, 0};
    uint8_t header[64] = {0x14, 0, 0, 0};
    uint32_t load = 0x40000000 + (rarely(b, 8) ? (uint32_t)take(b) << 12 : 0);
    uint32_t wanted = (uint32_t)pick(b, 32) << 20 | 0x1000;

    memcpy(header + 8, (const uint8_t[]){0, 0, 8, 0, 0, 0, 0, 0}, 8);
    memcpy(header + 16, &wanted, sizeof(wanted));
    header[24] = 0xa;
    memcpy(header + 56, "ARM\x64", 4);

    must(fdt_begin_node(file, "images"));
    image(file, "raw", "kernel", "u-boot", "none");
    CELLS(file, "load", load);
    CELLS(file, "entry", rarely(b, 8) ? entries[pick(b, 4)] : load);
    must(fdt_property(file, "data", data, sizeof(data)));
    must(fdt_end_node(file));
    image(file, "image", "kernel", "linux", "none");
    must(fdt_property(file, "data", header, sizeof(header)));
    must(fdt_end_node(file));
    ramdisk(b, file, "disk", data);
    ramdisk(b, file, "twin", data);
    must(fdt_end_node(file));
}

static void partition_memory(struct bytes *b, void *file)
{
    static const uint64_t sizes[] = {0x200000, 0x1000, 0x4000000, 0x10001000, 0x800, 0x800000000};
    static const uint64_t bases[] = {0x40000000, 0x60000000, 0x100000000,  0x8000000,
                                     0x9000000,  0x40001000, 0xfffffff000, 0};
    uint32_t values[4 * 4];
    uint32_t count = 0;

    for (uint32_t left = 1 + (rarely(b, 4) ? pick(b, 4) : 0); left > 0; left--) {
        uint64_t base = bases[rarely(b, 4) ? pick(b, 8) : count / 4];
        uint64_t size = sizes[pick(b, 6)];
        const uint32_t pair[] = {PAIR(base, size)};

        memcpy(values + count, pair, sizeof(pair));
        count += 4;
    }
    cells(file, "memory", values, count);
}

/* Two are its own, as long as a rare choice takes others'. */
static void partition_devices(struct bytes *b, void *file, const char *list, uint32_t index)
{
    char names[4 * 16];
    int used = 0;

    for (uint32_t left = pick(b, 5); left > 0; left--) {
        uint32_t device = (2 * index + left - 1) % MAX_DEVICES;

        if (left > 2 || rarely(b, 4)) {
            device = pick(b, MAX_DEVICES);
        }
        used += snprintf(names + used, 16, "/dev@%u", device) + 1;
    }
    if (used > 0) {
        must(fdt_property(file, list, names, used));
    }
}

static void partition(struct bytes *b, struct bytes *dma, void *file, uint32_t index)
{
    char name[8];
    uint32_t cpus[4];
    uint32_t count = 1 + (rarely(b, 3) ? pick(b, 4) : 0);

    (void)snprintf(name, sizeof(name), "p%u", rarely(b, 48) ? 0 : index);
    must(fdt_begin_node(file, name));
    string(file, "compatible", "bulkhead,partition");
    string(file, "kernel", pick(b, 2) == 0 ? "raw" : "image");
    if (rarely(b, 3)) {
        string(file, "ramdisk", pick(b, 2) == 0 ? "disk" : "twin");
    }
    for (uint32_t i = 0; i < count; i++) {
        cpus[i] = mpidrs[rarely(b, 6) ? pick(b, MPIDRS) : (index + i) % MPIDRS];
    }
    cells(file, "cpus", cpus, count);
    partition_memory(b, file);
    partition_devices(dma, file, "devices", index);
    if (rarely(b, 4)) {
        must(fdt_property(file, "direct-map", "", 0));
        partition_devices(b, file, "unprotected-devices", index);
    }
    if (rarely(b, 6)) {
        string(file, "console", pick(b, 2) == 0 ? "none" : "shared");
    }
    if (rarely(b, 48)) {
        string(file, "memroy", "x");
    }
    must(fdt_end_node(file));
}

size_t gen_system(struct bytes *b, struct bytes *dma, void *file, size_t room)
{
    uint32_t count = 1 + (pick(b, 4) + 1) % 4;
    size_t size;

    begin_tree(file, room);
    must(fdt_finish_reservemap(file));
    must(fdt_begin_node(file, ""));
    string(file, "description", "generated");
    CELLS(file, "#address-cells", 1);
    images(b, file);
    must(fdt_begin_node(file, "configurations"));
    for (uint32_t i = 0; i < count; i++) {
        partition(b, dma, file, i);
    }
    must(fdt_end_node(file));
    must(fdt_end_node(file));
    must(fdt_finish(file));
    size = fdt_totalsize(file);
    spoil(b, file);
    return size;
}
