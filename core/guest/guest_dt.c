/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's device tree, written node by node from the plan, with what the board's tree says of
 * the hardware that the partition has (Devicetree Specification 0.4, Linux's bindings).
 */
#include "core/guest/guest_dt.h"

#include <string.h>

#include <libfdt.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/guest/guest_dt_own.h"
#include "core/plan/dt.h"

#define NODE_NAME_MAX 64
#define MAX_CLOCKS    8 /* rates in one tree, and clocks of one device */
#define PHANDLE_GIC   1
#define PHANDLE_CLOCK 2 /* of the first rate */
#define CONSOLE_HZ    24000000
#define GICR_FRAMES   UINT64_C(0x20000) /* RD_base and SGI_base of one CPU; IHI 0069 12.10 */

/* Interrupt specifier cells; Linux, bindings/interrupt-controller/arm,gic. */
#define GIC_SPI        0
#define GIC_PPI        1
#define GIC_EDGE       1
#define GIC_LEVEL_HIGH 4
#define FIRST_PPI      16
#define FIRST_SPI      32
/* The secure timer's conventional INTID (BSA): its place must be filled, nobody can use it. */
#define TIMER_SEC 29

struct writer {
    void *fdt;
    const void *board;
    const struct plan *p;
    const struct plan_partition *part;
    uint32_t index;
    int error;                 /* libfdt's first */
    uint32_t rate[MAX_CLOCKS]; /* Hz of the fixed clocks that have been referred to */
    uint32_t rates;
};

/* ---- writing ---- */

static void put(struct writer *w, int error)
{
    if (w->error == 0) {
        w->error = error;
    }
}

static void put_string(struct writer *w, const char *name, const char *value)
{
    put(w, fdt_property(w->fdt, name, value, (int)strlen(value) + 1));
}

static void put_u32(struct writer *w, const char *name, uint32_t value)
{
    put(w, fdt_property_u32(w->fdt, name, value));
}

static void put_flag(struct writer *w, const char *name)
{
    put(w, fdt_property(w->fdt, name, NULL, 0));
}

/* Turns the cells into big-endian in place. */
static void put_cells(struct writer *w, const char *name, uint32_t *cells, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        cells[i] = cpu_to_fdt32(cells[i]);
    }
    put(w, fdt_property(w->fdt, name, cells, (int)(count * sizeof(*cells))));
}

static void put_reg(struct writer *w, const struct range *r, uint32_t count)
{
    uint32_t cells[4 * (PLAN_MAX_REDISTS + 1)];

    for (uint32_t i = 0; i < count; i++) {
        cells[4 * i] = (uint32_t)(r[i].base >> 32);
        cells[4 * i + 1] = (uint32_t)r[i].base;
        cells[4 * i + 2] = (uint32_t)(r[i].size >> 32);
        cells[4 * i + 3] = (uint32_t)r[i].size;
    }
    put_cells(w, "reg", cells, 4 * count);
}

static void put_irqs(struct writer *w, const struct plan_irq *irq, uint32_t count)
{
    uint32_t cells[3 * PLAN_MAX_IRQS];
    /* GICv2: a PPI's specifier also says which CPUs have it. */
    uint32_t cpus = w->p->board.gic.version == 2 ? (BIT(w->part->cpu_count) - 1) << 8 & 0xff00 : 0;

    for (uint32_t i = 0; i < count; i++) {
        bool ppi = irq[i].intid < FIRST_SPI;

        cells[3 * i] = ppi ? GIC_PPI : GIC_SPI;
        cells[3 * i + 1] = irq[i].intid - (ppi ? FIRST_PPI : FIRST_SPI);
        cells[3 * i + 2] = (irq[i].edge ? GIC_EDGE : GIC_LEVEL_HIGH) | (ppi ? cpus : 0);
    }
    put_cells(w, "interrupts", cells, 3 * count);
}

/* The property as the board's node has it; nothing where it has not. */
static void copy_property(struct writer *w, int node, const char *name)
{
    uint32_t size;
    const void *data = dt_property(w->board, node, name, &size);

    if (data != NULL) {
        put(w, fdt_property(w->fdt, name, data, (int)size));
    }
}

static void begin(struct writer *w, const char *name)
{
    put(w, fdt_begin_node(w->fdt, name));
}

static void end(struct writer *w)
{
    put(w, fdt_end_node(w->fdt));
}

/* "NAME@address", NAME as the board's node has it. */
static void make_name(const struct writer *w, int node, uint64_t address,
                      char name[static NODE_NAME_MAX])
{
    const char *board_name = dt_name(w->board, node);
    const char *at = strchr(board_name, '@');
    size_t length = at != NULL ? (size_t)(at - board_name) : strlen(board_name);

    console_format(name, NODE_NAME_MAX, "%.*s@%lx", (int)(length < 32 ? length : 31), board_name,
                   address);
}

/* ---- clocks: fixed ones, of the rates that the board's have ---- */

static uint32_t clock_phandle(struct writer *w, uint32_t rate)
{
    uint32_t i = 0;

    while (i < w->rates && w->rate[i] != rate) {
        i++;
    }
    if (i == MAX_CLOCKS) {
        put(w, -FDT_ERR_NOSPACE);
        return 0;
    }
    w->rate[i] = rate;
    w->rates = i == w->rates ? i + 1 : w->rates;
    return PHANDLE_CLOCK + i;
}

static void write_clocks(struct writer *w)
{
    char name[NODE_NAME_MAX];

    for (uint32_t i = 0; i < w->rates; i++) {
        console_format(name, sizeof(name), "clock-%u", w->rate[i]);
        begin(w, name);
        put_string(w, "compatible", "fixed-clock");
        put_u32(w, "#clock-cells", 0);
        put_u32(w, "clock-frequency", w->rate[i]);
        put_u32(w, "phandle", PHANDLE_CLOCK + i);
        end(w);
    }
}

/* The rates of the board node's `clocks`; false where there are none, or one is not known. */
static bool read_rates(const struct writer *w, int node, uint32_t rate[static MAX_CLOCKS],
                       uint32_t *count)
{
    static const char *const fixed[] = {"fixed-clock", NULL};
    uint32_t size = 0;
    const uint8_t *cells = dt_property(w->board, node, "clocks", &size);
    uint64_t at = 0;

    for (*count = 0; at + 4 <= size && *count < MAX_CLOCKS; (*count)++) {
        int clock = dt_phandle(w->board, (uint32_t)dt_cells(cells + at, 1));

        if (clock < 0 || !dt_compatible(w->board, clock, fixed)) {
            return false;
        }
        rate[*count] = (uint32_t)dt_number(w->board, clock, "clock-frequency", 0);
        if (rate[*count] == 0) {
            return false;
        }
        at += 4 + 4 * dt_number(w->board, clock, "#clock-cells", 0);
    }
    return *count != 0 && at == size;
}

/* The device's clocks as fixed ones. */
static void put_device_clocks(struct writer *w, const struct plan_device *device)
{
    uint32_t cells[MAX_CLOCKS];
    uint32_t count;

    if (dt_property(w->board, device->node, "clocks", NULL) == NULL) {
        return;
    }
    if (!read_rates(w, device->node, cells, &count)) {
        console_printf("bulkhead: warning: %s: %s: a clock of it has no rate that the board's tree "
                       "tells: its driver may refuse it\n",
                       w->part->name, device->path);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        cells[i] = clock_phandle(w, cells[i]);
    }
    put_cells(w, "clocks", cells, count);
    copy_property(w, device->node, "clock-names");
}

/* ---- what every partition has ---- */

static void write_chosen(struct writer *w, const char *console)
{
    const struct plan_image *ramdisk = &w->part->ramdisk;
    char path[NODE_NAME_MAX + 1];

    console_format(path, sizeof(path), "/%s", console);
    if (console[0] != '\0') {
        begin(w, "aliases");
        put_string(w, "serial0", path);
        end(w);
    }
    begin(w, "chosen");
    if (w->part->bootargs[0] != '\0') {
        put_string(w, "bootargs", w->part->bootargs);
    }
    if (console[0] != '\0') {
        put_string(w, "stdout-path", path);
    }
    if (ramdisk->size != 0) {
        put(w, fdt_property_u64(w->fdt, "linux,initrd-start", ramdisk->load));
        put(w, fdt_property_u64(w->fdt, "linux,initrd-end", ramdisk->load + ramdisk->size));
    }
    end(w);
}

static void write_memory(struct writer *w)
{
    char name[NODE_NAME_MAX];

    for (uint32_t i = 0; i < w->part->memory_count; i++) {
        console_format(name, sizeof(name), "memory@%lx", w->part->memory[i].base);
        begin(w, name);
        put_string(w, "device_type", "memory");
        put_reg(w, &w->part->memory[i], 1);
        end(w);
    }
}

static void write_cpus(struct writer *w)
{
    char name[NODE_NAME_MAX];

    begin(w, "cpus");
    put_u32(w, "#address-cells", 1);
    put_u32(w, "#size-cells", 0);
    for (uint32_t i = 0; i < w->part->cpu_count; i++) {
        console_format(name, sizeof(name), "cpu@%x", i);
        begin(w, name);
        put_string(w, "device_type", "cpu");
        copy_property(w, w->p->board.cpus[w->part->cpus[i]].node, "compatible");
        put_u32(w, "reg", i); /* the virtual MPIDR */
        put_string(w, "enable-method", "psci");
        end(w);
    }
    end(w);
    begin(w, "psci");
    put(w, fdt_property(w->fdt, "compatible", "arm,psci-1.0\0arm,psci-0.2", 26));
    put_string(w, "method", "hvc");
    end(w);
}

static void write_timer(struct writer *w)
{
    const struct plan_board *board = &w->p->board;
    const struct plan_irq irqs[] = {
        {TIMER_SEC, false},
        {board->timer_phys, false},
        {board->timer_virt, false},
        {board->timer_hyp, false},
    };

    begin(w, "timer");
    copy_property(w, board->timer_node, "compatible");
    put_irqs(w, irqs, ARRAY_SIZE(irqs));
    put_flag(w, "always-on");
    if (board->timer_hz != 0) {
        put_u32(w, "clock-frequency", board->timer_hz);
    }
    end(w);
    if (board->pmu != 0) {
        begin(w, "pmu");
        copy_property(w, board->pmu_node, "compatible");
        put_irqs(w, &(struct plan_irq){board->pmu, false}, 1);
        end(w);
    }
}

/* GICD, then the GICv2's CPU interface, or as much of the redistributors as there are vCPUs. */
static void put_gic_reg(struct writer *w)
{
    const struct plan_gic *gic = &w->p->board.gic;
    struct range reg[1 + PLAN_MAX_REDISTS] = {gic->dist};
    uint64_t left = w->part->cpu_count * GICR_FRAMES;
    uint32_t count = 1;

    if (gic->version == 2) {
        reg[count++] = gic->cpu;
        left = 0;
    }
    for (uint32_t i = 0; i < gic->redists && left != 0; i++) {
        uint64_t size = align_down(gic->redist[i].size, GICR_FRAMES);

        size = size < left ? size : left;
        reg[count++] = (struct range){gic->redist[i].base, size};
        left -= size;
    }
    put_reg(w, reg, count);
    if (gic->version != 2 && count > 2) {
        put_u32(w, "#redistributor-regions", count - 1);
    }
}

static void write_gic(struct writer *w)
{
    const struct plan_gic *gic = &w->p->board.gic;
    char name[NODE_NAME_MAX];

    make_name(w, gic->node, gic->dist.base, name);
    begin(w, name);
    copy_property(w, gic->node, "compatible");
    put_flag(w, "interrupt-controller");
    put_u32(w, "#interrupt-cells", 3);
    put_u32(w, "#address-cells", 0);
    put_gic_reg(w);
    put_u32(w, "phandle", PHANDLE_GIC);
    end(w);
}

/* The emulated PL011 in place of the board's console. */
static void write_console(struct writer *w, const char *name)
{
    const struct plan_uart *console = &w->p->board.console;
    uint32_t clock = clock_phandle(w, console->clock != 0 ? (uint32_t)console->clock : CONSOLE_HZ);
    uint32_t clocks[] = {clock, clock};

    begin(w, name);
    put(w, fdt_property(w->fdt, "compatible", "arm,pl011\0arm,primecell", 24));
    put_reg(w, &console->mmio, 1);
    put_irqs(w, &console->irq, 1);
    put_cells(w, "clocks", clocks, 2);
    put(w, fdt_property(w->fdt, "clock-names", "uartclk\0apb_pclk", 17));
    end(w);
}

/* ---- granted devices ---- */

/*
 * Properties that are not copied: they are rewritten, refer to what is not in the partition's tree,
 * or are the hypervisor's affair. '*' stands at an end of a name.
 */
static bool is_left_out(const char *name)
{
    static const char patterns[] =
        "reg\0ranges\0dma-ranges\0status\0phandle\0linux,phandle\0"
        "interrupts\0interrupts-ext*\0interrupt-parent\0interrupt-map*\0msi-*\0iommu*\0"
        "clocks\0clock-names\0assigned-clock*\0resets\0reset-names\0power-domain*\0*-supply\0"
        "dmas\0dma-names\0pinctrl-*\0gpio-ranges*\0*gpios\0*-gpio\0phys\0phy-*\0*-handle\0mbox*\0"
        "memory-region*\0nvmem-cell*\0operating-points*\0interconnect*\0";

    for (const char *s = patterns; s < patterns + sizeof(patterns) - 1; s += strlen(s) + 1) {
        size_t rest = strlen(s) - 1;
        size_t length = strlen(name);

        if (s[0] == '*' ? length >= rest && strcmp(name + length - rest, s + 1) == 0
                        : strncmp(name, s, s[rest] == '*' ? rest : rest + 2) == 0) {
            return true;
        }
    }
    return false;
}

static void write_device(struct writer *w, const struct plan_device *device)
{
    struct dt_property property;
    char name[NODE_NAME_MAX];

    make_name(w, device->node, device->mmio[0].base, name);
    if (device->mmio_count == 0) {
        *strchr(name, '@') = '\0'; /* an address is that of registers */
    }
    begin(w, name);
    for (int at = dt_next_property(w->board, device->node, &property); at >= 0;
         at = dt_next_property(w->board, at, &property)) {
        if (!is_left_out(property.name)) {
            put(w, fdt_property(w->fdt, property.name, property.data, (int)property.size));
        }
    }
    if (device->mmio_count != 0) {
        put_reg(w, device->mmio, device->mmio_count);
    }
    if (device->irq_count != 0) {
        put_irqs(w, device->irq, device->irq_count);
    }
    put_device_clocks(w, device);
    end(w);
}

/* ---- all ---- */

static void write_tree(struct writer *w)
{
    const struct plan_board *board = &w->p->board;
    char console[NODE_NAME_MAX] = "";
    char model[NODE_NAME_MAX];

    if (w->part->console == PLAN_CONSOLE_SHARED) {
        make_name(w, board->console.node, board->console.mmio.base, console);
    }
    console_format(model, sizeof(model), "Bulkhead %s", w->part->name);
    begin(w, "");
    put(w, fdt_property(w->fdt, "compatible", "bulkhead,guest\0linux,dummy-virt", 32));
    put_string(w, "model", model);
    put_u32(w, "#address-cells", 2);
    put_u32(w, "#size-cells", 2);
    put_u32(w, "interrupt-parent", PHANDLE_GIC);
    write_chosen(w, console);
    write_memory(w);
    write_cpus(w);
    write_timer(w);
    write_gic(w);
    if (console[0] != '\0') {
        write_console(w, console);
    }
    for (uint32_t i = 0; i < w->p->device_count; i++) {
        if (w->p->devices[i].partition == (int)w->index) {
            write_device(w, &w->p->devices[i]);
        }
    }
    write_clocks(w);
    end(w);
}

enum status guest_dt_make(const struct plan *p, uint32_t index, void *buffer, uint64_t room)
{
    struct writer w = {
        .fdt = buffer,
        .board = p->board.fdt,
        .p = p,
        .part = &p->partitions[index],
        .index = index,
    };

    room = room < INT32_MAX ? room : INT32_MAX;
    if (w.part->fdt.size != 0) {
        return guest_dt_fill_own(w.part, buffer, room);
    }
    put(&w, fdt_create(buffer, (int)room));
    if (w.error == 0) {
        put(&w, fdt_finish_reservemap(buffer));
        write_tree(&w);
        put(&w, fdt_finish(buffer));
    }
    if (w.error == 0) {
        return OK;
    }
    return w.error == -FDT_ERR_NOSPACE ? E_NO_SPACE : E_INVALID;
}
