/* SPDX-License-Identifier: Apache-2.0 */
/* The board's tree into the plan: the GIC, and timer, PMU and console with their interrupts. */
#include <inttypes.h>
#include <string.h>

#include <arch/cpu.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/plan/parse.h"

#define TIMER_HZ_MIN 1000000           /* DDI 0487 D12.1: from 1 MHz to 50 MHz, later 1 GHz */
#define GICC_SIZE    0x2000            /* IHI 0048 4.1.3: GICC_DIR is at 0x1000 */
#define GIC_V3_FRAME UINT64_C(0x10000) /* IHI 0069 12.1: GICD and all of GICR */

/* ---- GIC: IHI 0048 and IHI 0069; Linux's bindings arm,gic and arm,gic-v3 ---- */

/* INTID of the node's index-th interrupt, which has to be a PPI; 0 where it is none. */
static uint32_t ppi_at(const struct plan *p, const struct dt_at *at, uint32_t index)
{
    struct plan_irq irq;

    return dt_irq_at(p->board.fdt, at, index, p->board.gic.node, &irq) == OK &&
                   irq.intid < FIRST_SPI
               ? irq.intid
               : 0;
}

/* The index-th window, told by `what` where it is missing. */
static bool gic_window(struct plan *p, const struct dt_at *at, uint32_t index, const char *what,
                       struct range *out)
{
    enum status status = dt_reg_at(p->board.fdt, at, index, out);
    uint64_t frame = p->board.gic.version == 3 ? GIC_V3_FRAME : PAGE_SIZE;

    if (status != OK) {
        board_error(p, at->node[at->depth], "reg: entry %u, %s, %s", index, what,
                    status == E_NOT_FOUND ? "is missing: Bulkhead cannot virtualize this GIC"
                                          : "makes no sense");
    } else if (!is_aligned(out->base, frame) || out->size < frame) {
        board_error(p, at->node[at->depth],
                    "reg: entry %u, %s: 0x%" PRIx64 " bytes at 0x%" PRIx64 " are no frame "
                    "of 0x%" PRIx64 " bytes, aligned so",
                    index, what, out->size, out->base, frame);
        status = E_INVALID;
    }
    return status == OK;
}

static void parse_gic_v2(struct plan *p, const struct dt_at *at)
{
    struct plan_gic *gic = &p->board.gic;

    if (gic_window(p, at, 0, "GICD", &gic->dist) && gic_window(p, at, 1, "GICC", &gic->cpu) &&
        gic_window(p, at, 2, "GICH", &gic->hyp)) {
        gic_window(p, at, 3, "GICV", &gic->virt);
    }
    if (gic->cpu.size != 0 && gic->cpu.size < GICC_SIZE) {
        board_error(p, gic->node,
                    "reg: entry 1, GICC: 0x%" PRIx64
                    " bytes do not hold GICC_DIR: a GICv2 has 0x%x",
                    gic->cpu.size, GICC_SIZE);
    }
}

static void parse_gic_v3(struct plan *p, const struct dt_at *at)
{
    struct plan_gic *gic = &p->board.gic;
    uint64_t regions = dt_number(p->board.fdt, gic->node, "#redistributor-regions", 1);

    gic->redist_stride = dt_number(p->board.fdt, gic->node, "redistributor-stride", 0);
    if (regions == 0 || regions > PLAN_MAX_REDISTS) {
        board_error(p, gic->node, "#redistributor-regions: <%" PRIu64 "> is not 1 to %d", regions,
                    PLAN_MAX_REDISTS);
        return;
    }
    if (!is_aligned(gic->redist_stride, GIC_V3_FRAME) || gic->redist_stride == GIC_V3_FRAME) {
        board_error(p, gic->node,
                    "redistributor-stride: 0x%" PRIx64 " is no multiple of 0x10000 from 0x20000 on",
                    gic->redist_stride);
    }
    if (!gic_window(p, at, 0, "GICD", &gic->dist)) {
        return;
    }
    for (uint32_t i = 0; i < regions; i++) {
        if (!gic_window(p, at, 1 + i, "GICR", &gic->redist[i])) {
            return;
        }
        gic->redists++;
    }
}

void parse_gic(struct plan *p, const struct found *found)
{
    struct plan_gic *gic = &p->board.gic;
    uint32_t version = found->node[FOUND_GIC_V3] >= 0 ? 3 : 2;
    int node = found->node[version == 3 ? FOUND_GIC_V3 : FOUND_GIC_V2];
    struct dt_at at;

    if (!dt_at(p->board.fdt, node, &at)) {
        plan_error(p, PLAN_SHARED, "/",
                   "there is no interrupt controller that Bulkhead drives (GICv2 as arm,gic-400 or "
                   "arm,cortex-a15-gic, GICv3 as arm,gic-v3)");
        return;
    }
    gic->node = node;
    gic->path = board_keep_path(p, &at);
    gic->version = version;
    if (version == 2) {
        parse_gic_v2(p, &at);
    } else {
        parse_gic_v3(p, &at);
    }
    gic->maintenance = ppi_at(p, &at, 0);
    if (gic->maintenance == 0) {
        board_error(p, gic->node,
                    "interrupts: the maintenance interrupt, a PPI, is missing: "
                    "Bulkhead cannot virtualize this GIC");
    }
}

uint32_t irq_position(const void *fdt, int node, const char *name, uint32_t fallback)
{
    uint32_t size = 0;
    const char *names = dt_property(fdt, node, "interrupt-names", &size);
    const char *s;

    if (names == NULL) {
        return fallback;
    }
    for (uint32_t i = 0; i < PLAN_MAX_IRQS && (s = dt_string(names, size, i)) != NULL; i++) {
        if (strcmp(s, name) == 0) {
            return i;
        }
    }
    return PLAN_MAX_IRQS;
}

/* ---- generic timer: Linux's binding arm,arch_timer ---- */

/* The binding has clock-frequency only where firmware leaves CNTFRQ_EL0 wrong: it goes first. */
static void parse_timer_hz(struct plan *p, int node)
{
    uint64_t hz = dt_number(p->board.fdt, node, "clock-frequency", arch_counter_hz());

    if (hz < TIMER_HZ_MIN || hz > UINT32_MAX) {
        board_error(p, node,
                    "clock-frequency: %" PRIu64
                    " Hz, of the tree or else of CNTFRQ_EL0, is no rate of a "
                    "generic timer: 1 MHz to 4 GHz; correct it here, or in the firmware",
                    hz);
    }
    p->board.timer_hz = hz;
}

void parse_timer(struct plan *p, int node)
{
    const struct {
        const char *name;
        uint32_t position; /* sec-phys is the first */
        uint32_t *intid;
    } timers[] = {
        {"phys", 1, &p->board.timer_phys},
        {"virt", 2, &p->board.timer_virt},
        {"hyp-phys", 3, &p->board.timer_hyp},
    };
    struct dt_at at;

    if (!dt_at(p->board.fdt, node, &at)) {
        plan_error(p, PLAN_SHARED, "/", "there is no generic timer (arm,armv8-timer)");
        return;
    }
    p->board.timer_node = node;
    parse_timer_hz(p, node);
    for (uint32_t i = 0; i < ARRAY_SIZE(timers); i++) {
        *timers[i].intid =
            ppi_at(p, &at, irq_position(p->board.fdt, node, timers[i].name, timers[i].position));
        if (*timers[i].intid == 0) {
            board_error(p, node, "interrupts: that of the %s timer, a PPI, is missing",
                        timers[i].name);
        }
    }
}

/* ---- PMU ---- */

/* The first whose interrupt is a PPI, and so each CPU's own; else the first. */
void parse_pmu(struct plan *p, const struct found *found)
{
    for (uint32_t i = 0; i < found->pmus && p->board.pmu == 0; i++) {
        struct dt_at at;

        p->board.pmu = dt_at(p->board.fdt, found->pmu[i], &at) ? ppi_at(p, &at, 0) : 0;
        if (p->board.pmu != 0 || i == 0) {
            p->board.pmu_node = found->pmu[i];
        }
    }
}

/* ---- console ---- */

/* Hz: its own clock-frequency, or that of a fixed-clock which is its first clock; 0: not told. */
static uint64_t console_clock(const void *fdt, int node)
{
    uint32_t size = 0;
    const void *clocks = dt_property(fdt, node, "clocks", &size);
    uint64_t rate = dt_number(fdt, node, "clock-frequency", 0);

    return rate != 0 || clocks == NULL || size < 4 ? rate : dt_fixed_rate(fdt, dt_cell(clocks, 0));
}

/* stdout-path without the options behind ':'; the alias serial0 where /chosen has none. */
static int find_console(const void *fdt, char *path, size_t size)
{
    const int chosen = dt_find(fdt, "/chosen");
    const char *value = chosen >= 0 ? dt_text(fdt, chosen, "stdout-path") : NULL;
    size_t used;

    if (value == NULL && chosen >= 0) {
        value = dt_text(fdt, chosen, "linux,stdout-path");
    }
    if (value == NULL) {
        value = "serial0";
    }
    for (used = 0; value[used] != '\0' && value[used] != ':' && used + 1 < size; used++) {
        path[used] = value[used];
    }
    path[used] = '\0';
    return dt_find(fdt, path);
}

void parse_console(struct plan *p)
{
    struct plan_uart *uart = &p->board.console;
    const void *fdt = p->board.fdt;
    char path[DT_PATH_MAX];
    const int node = find_console(fdt, path, sizeof(path));
    struct dt_at at;

    if (!dt_at(fdt, node, &at)) {
        plan_error(p, PLAN_SHARED, "/chosen",
                   "stdout-path: \"%s\" is not in the tree; name the UART that is the console",
                   path);
        return;
    }
    uart->node = node;
    uart->path = board_keep_path(p, &at);
    uart->clock = console_clock(fdt, node);
    if (!dt_enabled(fdt, node)) {
        board_error(p, node, "it is /chosen's stdout-path, but disabled");
    }
    if (dt_reg_at(fdt, &at, 0, &uart->mmio) != OK) {
        board_error(p, node, "reg: the console needs one that the CPU can reach");
    }
    uart->window = (struct range){align_down(uart->mmio.base, PAGE_SIZE), PAGE_SIZE};
    uart->reg_shift = (uint32_t)dt_number(fdt, node, "reg-shift", 0);
    uart->reg_width = (uint32_t)dt_number(fdt, node, "reg-io-width", 1);
    if (dt_irq_at(fdt, &at, 0, p->board.gic.node, &uart->irq) != OK ||
        uart->irq.intid < FIRST_SPI) {
        board_error(p, node, "interrupts: the console needs one, an SPI of the GIC");
    }
}

const struct uart_ops *plan_console_driver(struct plan *p)
{
    const struct plan_uart *uart = &p->board.console;
    const void *fdt = p->board.fdt;
    const struct uart_ops *const *ops = drivers_uart;
    const char *compatible = dt_text(fdt, uart->node, "compatible");

    while (*ops != NULL && !dt_compatible(fdt, uart->node, (*ops)->compatible)) {
        ops++;
    }
    if (*ops == NULL) {
        board_error(p, uart->node, "compatible: no driver for the console \"%s\" is compiled in",
                    compatible != NULL ? compatible : "");
    } else if ((*ops)->spaced &&
               (uart->reg_shift > 2 || (uart->reg_width != 1 && uart->reg_width != 4) ||
                uart->reg_width > 1u << uart->reg_shift)) {
        board_error(
            p, uart->node,
            "reg-shift, reg-io-width: <%u>, <%u>: a console's registers are 1, 2 or 4 bytes "
            "apart (0 to 2), and of 1 or 4 bytes, but no wider than that",
            uart->reg_shift, uart->reg_width);
    } else if (!is_aligned(uart->mmio.base, 4) ||
               uart->mmio.size >> ((*ops)->spaced ? uart->reg_shift : 0) < (*ops)->size) {
        board_error(p, uart->node,
                    "reg: 0x%" PRIx64 " bytes at 0x%" PRIx64 " hold no console's registers",
                    uart->mmio.size, uart->mmio.base);
    } else {
        return *ops;
    }
    return NULL;
}
