/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's device tree, written node by node from the plan, with what the board's tree says of
 * the hardware that the partition has (Devicetree Specification 0.4, Linux's bindings).
 */
#include "core/guest/guest_dt.h"

#include <inttypes.h>
#include <string.h>

#include <libfdt.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/guest/guest_dt_own.h"
#include "core/guest/guest_dt_pci.h"
#include "core/guest/guest_dt_write.h"
#include "core/plan/dt.h"
#include "core/plan/msi.h"
#include "core/plan/pci.h"
#include "core/plan/refer.h"

#define MAX_FIXED 32 /* rates in one tree, and voltages */
/* What a granted device refers to keeps the board's phandle, and dtc counts those from 1. */
#define PHANDLE_GIC      0x70000000
#define PHANDLE_MSI      0x70000001
#define PHANDLE_CLOCKS   0x71000000 /* of the first rate, */
#define PHANDLE_SUPPLIES 0x72000000 /* and of the first voltage */
#define CONSOLE_HZ       24000000
#define GICR_FRAMES      UINT64_C(0x20000) /* RD_base and SGI_base of one CPU; IHI 0069 12.10 */

/* Interrupt specifier cells; Linux, bindings/interrupt-controller/arm,gic. */
#define GIC_SPI        0
#define GIC_PPI        1
#define GIC_EDGE       1
#define GIC_LEVEL_HIGH 4
/* The secure timer's conventional INTID (BSA): its place must be filled, nobody can use it. */
#define TIMER_SEC 29

/* Nodes that stand for what has a fixed value, which other nodes have been referred to. */
struct fixed {
    uint32_t value[MAX_FIXED];
    uint32_t count;
};

/* One tree while it is written. */
struct maker {
    struct writer w;
    const void *board;
    const struct plan *p;
    const struct plan_partition *part;
    uint32_t index;        /* the partition's */
    struct fixed clocks;   /* Hz */
    struct fixed supplies; /* microvolts */
};

/* ---- writing ---- */

static void put_irqs(struct maker *m, const struct plan_irq *irq, uint32_t count)
{
    uint32_t cells[3 * PLAN_MAX_IRQS];
    /* GICv2: a PPI's specifier also says which CPUs have it. */
    uint32_t targets =
        m->p->board.gic.version == 2 ? (BIT(m->part->cpu_count) - 1) << 8 & 0xff00 : 0;

    for (uint32_t i = 0; i < count; i++) {
        const uint32_t intid = irq[i].intid;
        const bool ppi = intid < FIRST_SPI;

        cells[3 * i] = ppi ? GIC_PPI : GIC_SPI;
        cells[3 * i + 1] = intid - (ppi ? FIRST_PPI : FIRST_SPI);
        cells[3 * i + 2] = (irq[i].edge ? GIC_EDGE : GIC_LEVEL_HIGH) | (ppi ? targets : 0);
    }
    tree_cells(&m->w, "interrupts", cells, 3 * count);
}

/* The property as the board's node has it; nothing where it has not. */
static void copy_property(struct maker *m, int node, const char *name)
{
    uint32_t size;
    const void *data = dt_property(m->board, node, name, &size);

    if (data != NULL) {
        tree_put(&m->w, name, data, size);
    }
}

/* "NAME@address", NAME as the board's node has it. */
static void make_name(const struct maker *m, int node, uint64_t address,
                      char name[static NODE_NAME_MAX])
{
    const char *board_name = dt_name(m->board, node);
    const char *at = strchr(board_name, '@');
    size_t length = at != NULL ? (size_t)(at - board_name) : strlen(board_name);

    console_format(name, NODE_NAME_MAX, "%.*s@%" PRIx64, (int)(length < 32 ? length : 31),
                   board_name, address);
}

/* ---- clocks and regulators: fixed ones, of the values that the board's have ---- */

/* Which of the nodes has the value: one more, where none had. */
static uint32_t fixed_index(struct maker *m, struct fixed *f, uint32_t value)
{
    uint32_t i = 0;

    while (i < f->count && f->value[i] != value) {
        i++;
    }
    if (i == MAX_FIXED) {
        m->w.error = -FDT_ERR_NOSPACE;
        return 0;
    }
    f->value[i] = value;
    f->count = i == f->count ? i + 1 : f->count;
    return i;
}

static uint32_t clock_phandle(struct maker *m, uint32_t rate)
{
    return PHANDLE_CLOCKS + fixed_index(m, &m->clocks, rate);
}

static void write_clocks(struct maker *m)
{
    char name[NODE_NAME_MAX];

    for (uint32_t i = 0; i < m->clocks.count; i++) {
        console_format(name, sizeof(name), "clock-%u", m->clocks.value[i]);
        tree_begin(&m->w, name);
        tree_string(&m->w, "compatible", "fixed-clock");
        tree_u32(&m->w, "#clock-cells", 0);
        tree_u32(&m->w, "clock-frequency", m->clocks.value[i]);
        tree_u32(&m->w, "phandle", PHANDLE_CLOCKS + i);
        tree_end(&m->w);
    }
}

static void write_supplies(struct maker *m)
{
    char name[NODE_NAME_MAX];

    for (uint32_t i = 0; i < m->supplies.count; i++) {
        console_format(name, sizeof(name), "regulator-%u", m->supplies.value[i]);
        tree_begin(&m->w, name);
        tree_string(&m->w, "compatible", "regulator-fixed");
        tree_string(&m->w, "regulator-name", name);
        tree_u32(&m->w, "regulator-min-microvolt", m->supplies.value[i]);
        tree_u32(&m->w, "regulator-max-microvolt", m->supplies.value[i]);
        tree_put(&m->w, "regulator-always-on", NULL, 0);
        tree_u32(&m->w, "phandle", PHANDLE_SUPPLIES + i);
        tree_end(&m->w);
    }
}

/* The device's clocks as fixed ones. */
static void put_device_clocks(struct maker *m, int node)
{
    uint32_t cells[REFER_MAX_CLOCKS];
    uint32_t count = refer_rates(m->board, node, cells);

    for (uint32_t i = 0; i < count; i++) {
        cells[i] = clock_phandle(m, cells[i]);
    }
    tree_cells(&m->w, "clocks", cells, count);
}

/* ---- what every partition has ---- */

static void write_chosen(struct maker *m, const char *console)
{
    char path[NODE_NAME_MAX + 1];

    console_format(path, sizeof(path), "/%s", console);
    if (console[0] != '\0') {
        tree_begin(&m->w, "aliases");
        tree_string(&m->w, "serial0", path);
        tree_end(&m->w);
    }
    tree_begin(&m->w, "chosen");
    tree_boot(&m->w, m->part);
    if (console[0] != '\0') {
        tree_string(&m->w, "stdout-path", path);
    }
    for (uint32_t i = 0; i < m->p->pci_host_count; i++) {
        if (pci_has_functions(m->p, m->index, i)) {
            tree_u32(&m->w, "linux,pci-probe-only", 1); /* BARs stay where they are */
            break;
        }
    }
    tree_end(&m->w);
}

static void write_cpus(struct maker *m)
{
    char name[NODE_NAME_MAX];

    tree_begin(&m->w, "cpus");
    tree_u32(&m->w, "#address-cells", 1);
    tree_u32(&m->w, "#size-cells", 0);
    for (uint32_t i = 0; i < m->part->cpu_count; i++) {
        console_format(name, sizeof(name), "cpu@%x", i);
        tree_begin(&m->w, name);
        tree_string(&m->w, "device_type", "cpu");
        copy_property(m, m->p->board.cpus[m->part->cpus[i]].node, "compatible");
        tree_u32(&m->w, "reg", i); /* the virtual MPIDR */
        tree_string(&m->w, "enable-method", "psci");
        tree_end(&m->w);
    }
    tree_end(&m->w);
    tree_begin(&m->w, "psci");
    tree_put(&m->w, "compatible", "arm,psci-1.0\0arm,psci-0.2", 26);
    tree_string(&m->w, "method", "hvc");
    tree_end(&m->w);
}

static void write_timer(struct maker *m)
{
    const struct plan_board *board = &m->p->board;
    const struct plan_irq irqs[] = {
        {TIMER_SEC, false},
        {(uint16_t)board->timer_phys, false},
        {(uint16_t)board->timer_virt, false},
        {(uint16_t)board->timer_hyp, false},
    };

    tree_begin(&m->w, "timer");
    copy_property(m, board->timer_node, "compatible");
    put_irqs(m, irqs, ARRAY_SIZE(irqs));
    tree_put(&m->w, "always-on", NULL, 0);
    copy_property(m, board->timer_node, "clock-frequency");
    tree_end(&m->w);
    if (board->pmu != 0) {
        tree_begin(&m->w, "pmu");
        copy_property(m, board->pmu_node, "compatible");
        put_irqs(m, &(struct plan_irq){(uint16_t)board->pmu, false}, 1);
        tree_end(&m->w);
    }
}

/* GICD, then the GICv2's CPU interface, or as much of the redistributors as there are vCPUs. */
static void put_gic_reg(struct maker *m)
{
    const struct plan_gic *gic = &m->p->board.gic;
    struct range reg[1 + PLAN_MAX_REDISTS] = {gic->dist};
    uint64_t left = m->part->cpu_count * GICR_FRAMES;
    uint32_t count = 1;

    if (gic->version == 2) {
        reg[count] = gic->cpu;
        if (gic->alias != 0) { /* for guests that do not know of it */
            reg[count] = (struct range){gic->cpu.base + gic->alias, 2 * PAGE_SIZE};
        }
        count++;
        left = 0;
    }
    for (uint32_t i = 0; i < gic->redists && left != 0; i++) {
        uint64_t size = align_down(gic->redist[i].size, GICR_FRAMES);

        size = size < left ? size : left;
        reg[count++] = (struct range){gic->redist[i].base, size};
        left -= size;
    }
    tree_reg(&m->w, reg, count, 2, 2);
    if (gic->version != 2 && count > 2) {
        tree_u32(&m->w, "#redistributor-regions", count - 1);
    }
}

/* Linux, bindings/interrupt-controller/arm,gic-v3.yaml. */
static void write_its(struct maker *m)
{
    const struct range window = msi_frame(m->p, m->index).window;
    char name[NODE_NAME_MAX];

    console_format(name, sizeof(name), "msi-controller@%" PRIx64, window.base);
    tree_begin(&m->w, name);
    tree_string(&m->w, "compatible", "arm,gic-v3-its");
    tree_put(&m->w, "msi-controller", NULL, 0);
    tree_u32(&m->w, "#msi-cells", 1);
    tree_reg(&m->w, &window, 1, 2, 2);
    tree_u32(&m->w, "phandle", PHANDLE_MSI);
    tree_end(&m->w);
}

static void write_gic(struct maker *m)
{
    const struct plan_gic *gic = &m->p->board.gic;
    char name[NODE_NAME_MAX];

    make_name(m, gic->node, gic->dist.base, name);
    tree_begin(&m->w, name);
    copy_property(m, gic->node, "compatible");
    tree_put(&m->w, "interrupt-controller", NULL, 0);
    tree_u32(&m->w, "#interrupt-cells", 3);
    tree_u32(&m->w, "#address-cells", guest_dt_gic_cells(m->p, m->index));
    put_gic_reg(m);
    tree_u32(&m->w, "phandle", PHANDLE_GIC);
    if (guest_dt_gic_cells(m->p, m->index) != 0) {
        tree_u32(&m->w, "#size-cells", 2);
        tree_put(&m->w, "ranges", NULL, 0);
        write_its(m);
    }
    tree_end(&m->w);
}

/* The emulated PL011 in place of the board's console. */
static void write_console(struct maker *m, const char *name)
{
    const struct plan_uart *console = &m->p->board.console;
    uint32_t clock = clock_phandle(m, console->clock != 0 ? (uint32_t)console->clock : CONSOLE_HZ);
    uint32_t clocks[] = {clock, clock};

    tree_begin(&m->w, name);
    tree_put(&m->w, "compatible", "arm,pl011\0arm,primecell", 24);
    tree_reg(&m->w, &console->window, 1, 2, 2);
    put_irqs(m, &console->irq, 1);
    tree_cells(&m->w, "clocks", clocks, 2);
    tree_put(&m->w, "clock-names", "uartclk\0apb_pclk", 17);
    tree_end(&m->w);
}

/* ---- granted devices ---- */

/* Properties that are written anew, or are the hypervisor's affair; the first a GICv2m frame's. */
static const char rewritten[] =
    "phandle\0reg\0ranges\0dma-ranges\0status\0linux,phandle\0"
    "interrupts\0interrupts-ext*\0interrupt-parent\0interrupt-map*\0msi-*\0arm,msi-*\0iommu*\0";

static void put_property(struct maker *m, const struct plan_device *device,
                         const struct dt_property *property)
{
    switch (refer_how(m->p, device, property)) {
    case REFER_COPIED:
        tree_put(&m->w, property->name, property->data, property->size);
        break;
    case REFER_CLOCKS:
        put_device_clocks(m, device->node);
        break;
    case REFER_SUPPLY:
        tree_u32(&m->w, property->name,
                 PHANDLE_SUPPLIES +
                     fixed_index(m, &m->supplies, refer_voltage(m->board, property)));
        break;
    default: /* refer_tell() has told of it */
        break;
    }
}

static void put_properties(struct maker *m, const struct plan_device *device)
{
    const char *list = device->msi ? rewritten : rewritten + sizeof("phandle");
    struct dt_property property;

    for (int at = dt_next_property(m->board, device->node, &property); at >= 0;
         at = dt_next_property(m->board, at, &property)) {
        if (!tree_is_listed(list, property.name)) {
            put_property(m, device, &property);
        }
    }
}

static void write_device(struct maker *m, const struct plan_device *device)
{
    char name[NODE_NAME_MAX];

    make_name(m, device->node, device->mmio[0].base, name);
    tree_begin(&m->w, name);
    put_properties(m, device);
    if (device->bridge) {
        guest_dt_put_bridge(&m->w, m->p, device, PHANDLE_GIC);
    } else {
        tree_reg(&m->w, device->mmio, device->mmio_count, 2, 2);
    }
    if (device->msi) {
        tree_put(&m->w, "msi-controller", NULL, 0);
        tree_u32(&m->w, "phandle", PHANDLE_MSI);
        if (device->msi_given != 0) {
            tree_u32(&m->w, "arm,msi-base-spi", device->msi_first);
            tree_u32(&m->w, "arm,msi-num-spis", device->msi_given);
        }
    }
    if (device->function) {
        guest_dt_put_messages(&m->w, m->p, device, PHANDLE_MSI);
    }
    if (device->irq_count != 0 && !device->bridge) {
        put_irqs(m, device->irq, device->irq_count);
    }
    tree_end(&m->w);
}

/* The host bridge of granted functions, with their interrupts only. */
static void write_host(struct maker *m, uint32_t host)
{
    const struct plan_pci_host *h = &m->p->pci_hosts[host];
    struct plan_device bridge = {.path = h->path,
                                 .node = h->node,
                                 .partition = (int)m->index,
                                 .bridge = true,
                                 .function = true};

    bridge.mmio[bridge.mmio_count++] = h->ecam;
    for (uint32_t i = 0; i < m->p->device_count; i++) {
        const struct plan_device *device = &m->p->devices[i];

        if (device->function && device->node == h->node && device->partition == (int)m->index &&
            device->irq_count != 0 && bridge.irq_count < PLAN_MAX_IRQS) {
            bridge.irq[bridge.irq_count++] = device->irq[0];
        }
    }
    write_device(m, &bridge);
}

/* ---- all ---- */

static void write_tree(struct maker *m)
{
    const struct plan_board *board = &m->p->board;
    char console[NODE_NAME_MAX] = "";
    char model[NODE_NAME_MAX];

    if (m->part->console == PLAN_CONSOLE_SHARED) {
        make_name(m, board->console.node, board->console.window.base, console);
    }
    console_format(model, sizeof(model), "Bulkhead %s", m->part->name);
    tree_begin(&m->w, "");
    tree_put(&m->w, "compatible", "bulkhead,guest\0linux,dummy-virt", 32);
    tree_string(&m->w, "model", model);
    tree_u32(&m->w, "#address-cells", 2);
    tree_u32(&m->w, "#size-cells", 2);
    tree_u32(&m->w, "interrupt-parent", PHANDLE_GIC);
    write_chosen(m, console);
    tree_memory(&m->w, m->part, 2, 2);
    write_cpus(m);
    write_timer(m);
    write_gic(m);
    if (console[0] != '\0') {
        write_console(m, console);
    }
    for (uint32_t i = 0; i < m->p->device_count; i++) {
        if (m->p->devices[i].partition == (int)m->index && !m->p->devices[i].function) {
            write_device(m, &m->p->devices[i]);
        }
    }
    for (uint32_t i = 0; i < m->p->pci_host_count; i++) {
        if (pci_has_functions(m->p, m->index, i)) {
            write_host(m, i);
        }
    }
    write_clocks(m);
    write_supplies(m);
    tree_end(&m->w);
}

enum status guest_dt_make(const struct plan *p, uint32_t index, void *buffer, uint64_t room)
{
    struct maker m = {.board = p->board.fdt, .p = p, .part = &p->partitions[index], .index = index};

    if (m.part->fdt.size != 0) {
        return guest_dt_fill_own(m.part, buffer, room);
    }
    tree_open(&m.w, buffer, room, NULL);
    write_tree(&m);
    return tree_close(&m.w);
}
