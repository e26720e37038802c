/* SPDX-License-Identifier: Apache-2.0 */
/* Reads from the device tree what the rest of the library needs; the only user of libfdt. */
#include <string.h>

#include <libfdt.h>

#include "guest.h"

#define MPIDR_AFFINITY 0xff00ffffffull

/* The GIC binding's first interrupt cell, and the INTIDs that its second cell counts from. */
#define GIC_CELLS     3u
#define GIC_CELL_SPI  0u
#define GIC_SPI_FIRST 32u
#define GIC_PPI_FIRST 16u

static const char *const gic_v2_names[] = {
    "arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a7-gic", "arm,cortex-a9-gic", NULL,
};
static const char *const gic_v3_names[] = {"arm,gic-v3", NULL};
static const char *const timer_names[] = {"arm,armv8-timer", "arm,armv7-timer", NULL};
static const char *const psci_names[] = {"arm,psci-1.0", "arm,psci-0.2", NULL};
static const char *const pl011_names[] = {"arm,pl011", NULL};

static uint64_t cells_read(const fdt32_t *cells, int count)
{
    uint64_t value = 0;

    for (int i = 0; i < count; i++) {
        value = value << 32 | fdt32_to_cpu(cells[i]);
    }
    return value;
}

static const fdt32_t *cells_get(int node, const char *name, int *count)
{
    int bytes = 0;
    const fdt32_t *cells = fdt_getprop(guest.dtb, node, name, &bytes);

    *count = cells == NULL ? 0 : bytes / (int)sizeof(*cells);
    return cells;
}

/* A node by the first of several `compatible` names that is present; negative if none is. */
static int node_find(const char *const *names)
{
    int node = -1;

    for (; *names != NULL && node < 0; names++) {
        node = fdt_node_offset_by_compatible(guest.dtb, -1, *names);
    }
    return node;
}

/* An address on `bus`, as the CPU sees it: through the `ranges` of each bus above. */
static uint64_t address_translate(int bus, uint64_t address)
{
    while (bus > 0) {
        int parent = fdt_parent_offset(guest.dtb, bus);
        int child_cells = fdt_address_cells(guest.dtb, bus);
        int parent_cells = fdt_address_cells(guest.dtb, parent);
        int size_cells = fdt_size_cells(guest.dtb, bus);
        int row = child_cells + parent_cells + size_cells;
        int count;
        const fdt32_t *ranges = cells_get(bus, "ranges", &count);

        for (; row > 0 && count >= row; count -= row, ranges += row) {
            uint64_t offset = address - cells_read(ranges, child_cells);

            if (offset < cells_read(ranges + child_cells + parent_cells, size_cells)) {
                address = cells_read(ranges + child_cells, parent_cells) + offset;
                break;
            }
        }
        bus = parent;
    }
    return address;
}

/* Row `index` of `reg`. */
static bool reg_get(int node, int index, struct guest_region *region)
{
    int bus = fdt_parent_offset(guest.dtb, node);
    int address_cells = fdt_address_cells(guest.dtb, bus);
    int size_cells = fdt_size_cells(guest.dtb, bus);
    int count;
    const fdt32_t *reg = cells_get(node, "reg", &count);

    if (address_cells < 0 || size_cells < 0 || count < (index + 1) * (address_cells + size_cells)) {
        return false;
    }
    reg += index * (address_cells + size_cells);
    region->base = address_translate(bus, cells_read(reg, address_cells));
    region->size = cells_read(reg + address_cells, size_cells);
    return true;
}

/* INTID of row `index` of `interrupts`; 0 where there is none. */
static unsigned interrupt_get(int node, unsigned index)
{
    int count;
    const fdt32_t *cells = cells_get(node, "interrupts", &count);

    if ((unsigned)count < (index + 1) * GIC_CELLS) {
        return 0;
    }
    cells += index * GIC_CELLS;
    return fdt32_to_cpu(cells[1]) +
           (fdt32_to_cpu(cells[0]) == GIC_CELL_SPI ? GIC_SPI_FIRST : GIC_PPI_FIRST);
}

static void memory_read(void)
{
    int node;

    fdt_for_each_subnode(node, guest.dtb, 0)
    {
        const char *type = fdt_getprop(guest.dtb, node, "device_type", NULL);

        if (type == NULL || strcmp(type, "memory") != 0) {
            continue;
        }
        for (int i = 0; guest.memory_count < GUEST_MAX_MEMORY &&
                        reg_get(node, i, &guest.memory[guest.memory_count]);
             i++) {
            guest.memory_count++;
        }
    }
}

/* The CPU that booted is number 0; the others follow in the tree's order. */
static void cpus_read(void)
{
    int cpus = fdt_path_offset(guest.dtb, "/cpus");
    uint64_t own = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;
    int node;

    guest.cpu_mpidr[0] = own;
    guest.cpu_count = 1;
    if (cpus < 0) {
        return;
    }
    fdt_for_each_subnode(node, guest.dtb, cpus)
    {
        const char *type = fdt_getprop(guest.dtb, node, "device_type", NULL);
        int count;
        const fdt32_t *reg = cells_get(node, "reg", &count);

        if (type != NULL && strcmp(type, "cpu") == 0 && reg != NULL &&
            guest.cpu_count < GUEST_MAX_CPUS && cells_read(reg, count) != own) {
            guest.cpu_mpidr[guest.cpu_count++] = cells_read(reg, count);
        }
    }
}

static void chosen_read(void)
{
    int chosen = fdt_path_offset(guest.dtb, "/chosen");
    const char *bootargs = fdt_getprop(guest.dtb, chosen, "bootargs", NULL);
    const char *path = fdt_getprop(guest.dtb, chosen, "stdout-path", NULL);
    struct guest_region region;
    int uart = -1;

    guest.bootargs = bootargs == NULL ? "" : bootargs;
    if (path != NULL) {
        uart = fdt_path_offset_namelen(guest.dtb, path, (int)strcspn(path, ":"));
    }
    if (uart < 0 || fdt_node_check_compatible(guest.dtb, uart, pl011_names[0]) != 0) {
        uart = node_find(pl011_names);
    }
    if (uart >= 0 && reg_get(uart, 0, &region)) {
        guest.uart_base = (uintptr_t)region.base;
        guest.uart_intid = interrupt_get(uart, 0);
    }
}

static void gic_read(void)
{
    struct guest_region region;
    int node = node_find(gic_v3_names);
    int count;
    const fdt32_t *cells;

    if (node >= 0 && reg_get(node, 0, &region)) {
        guest.gic_version = 3;
        guest.gicd_base = (uintptr_t)region.base;
        cells = cells_get(node, "#redistributor-regions", &count);
        guest.gicr_count = count == 1 ? fdt32_to_cpu(*cells) : 1;
        if (guest.gicr_count > GUEST_MAX_GICR_REGIONS) {
            guest.gicr_count = GUEST_MAX_GICR_REGIONS;
        }
        for (unsigned i = 0; i < guest.gicr_count; i++) {
            reg_get(node, (int)i + 1, &guest.gicr[i]);
        }
        cells = cells_get(node, "redistributor-stride", &count);
        guest.gicr_stride = cells_read(cells, count);
        return;
    }
    node = node_find(gic_v2_names);
    if (node >= 0 && reg_get(node, 0, &region)) {
        guest.gic_version = 2;
        guest.gicd_base = (uintptr_t)region.base;
        reg_get(node, 1, &region);
        guest.gicc_base = (uintptr_t)region.base;
    }
}

/* The timer's interrupts: secure physical, physical, virtual, hypervisor. */
static void timer_read(void)
{
    int node = node_find(timer_names);
    int count;
    const fdt32_t *hz;

    guest.timer_frequency = (uint32_t)sysreg_read(cntfrq_el0);
    if (node >= 0) {
        guest.timer_physical_intid = interrupt_get(node, 1);
        guest.timer_virtual_intid = interrupt_get(node, 2);
        hz = cells_get(node, "clock-frequency", &count);
        if (hz != NULL) {
            guest.timer_frequency = fdt32_to_cpu(*hz);
        }
    }
}

static void pmu_read(void)
{
    int node = fdt_path_offset(guest.dtb, "/pmu");

    if (node >= 0) {
        guest.pmu_intid = interrupt_get(node, 0);
    }
}

static void psci_read(void)
{
    int node = node_find(psci_names);
    const char *method = fdt_getprop(guest.dtb, node, "method", NULL);

    guest.psci_smc = method != NULL && strcmp(method, "smc") == 0;
}

bool dt_read(const void *dtb)
{
    if (fdt_check_header(dtb) != 0) {
        return false;
    }
    guest.dtb = dtb;
    memory_read();
    cpus_read();
    chosen_read();
    gic_read();
    timer_read();
    pmu_read();
    psci_read();
    return true;
}

bool guest_argument(const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    const char *word = guest.bootargs;

    for (;;) {
        word += strspn(word, " ");
        if (*word == '\0') {
            return false;
        }
        if (strncmp(word, name, length) == 0 && word[length] == '=') {
            break;
        }
        word += strcspn(word, " ");
    }
    word += length + 1;
    length = strcspn(word, " ");
    if (length >= size) {
        length = size - 1;
    }
    memcpy(value, word, length);
    value[length] = '\0';
    return true;
}
