/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner: from the board's tree and the system file to a plan that is checked. It runs once,
 * on the boot CPU, and what it reads may be hostile: with core/plan's rules it lies in pages of its
 * own (linker.ld), that are taken from EL2's map, and given to whom they fall, before anything
 * else is built. Nothing that stays may refer to it.
 */
#include "core/main.h"

#include "core/base/arch.h"
#include "core/base/console.h"
#include "core/guest/irq.h"
#include "core/guest/msi.h"
#include "core/guest/stream.h"
#include "core/memory/el2_map.h"
#include "core/memory/pool.h"
#include "core/plan/dt.h"
#include "core/plan/pci.h"
#include "core/plan/plan.h"

#define FDT_MAX_SIZE    BLOCK_2M /* Linux's boot protocol allows no more */
#define FDT_HEADER_SIZE 40       /* Devicetree Specification 5.2 */
#define MESSAGES        64       /* errors, and warnings, that are told: a UART is slow */

/* How much more there is to say of the plan. */
static void tell_rest(void)
{
    const uint32_t errors = plan.errors > MESSAGES ? plan.errors - MESSAGES : 0;
    const uint32_t warnings = plan.warnings > MESSAGES ? plan.warnings - MESSAGES : 0;

    if (errors + warnings != 0) {
        console_printf("bulkhead: %u more errors and %u more warnings are not shown: "
                       "bulkhead-check tells them all\n",
                       errors, warnings);
    }
}

static void must_be_good(const char *what)
{
    if (plan.fatal) {
        tell_rest();
        main_give_up(what);
    }
}

static void use_early_console(void)
{
#ifdef CONFIG_EARLY_CONSOLE_BASE
    struct range page = {CONFIG_EARLY_CONSOLE_BASE, PAGE_SIZE};

    main_must(el2_map(page, LPAE_DEVICE), "the early console cannot be mapped");
    console_use(drivers_uart_early, CONFIG_EARLY_CONSOLE_BASE, CONFIG_EARLY_CONSOLE_APART / 2,
                CONFIG_EARLY_CONSOLE_APART);
#endif
}

static void use_board_console(void)
{
    const struct plan_uart *uart = &plan.board.console;
    const struct uart_ops *ops = plan_console_driver(&plan);

    if (ops == NULL) {
        return;
    }
    main_must(el2_map(uart->mmio, LPAE_DEVICE), "the console's registers cannot be mapped");
    console_use(ops, uart->mmio.base, uart->reg_shift, uart->reg_width);
}

static void map_sysreg(void)
{
    if (plan.board.sysreg.mmio.size != 0) {
        main_must(el2_map(plan.board.sysreg.mmio, LPAE_DEVICE),
                  "the registers that start CPUs cannot be mapped");
    }
}

static struct range find_system_file(const void *fdt)
{
    struct range system;
    enum status status = plan_find_system(fdt, &system);

    if (status == E_INVALID) {
        main_give_up("/chosen: linux,initrd-start and -end make no sense");
    }
    if (status == E_NOT_FOUND) {
        system = arch_image_fused();
    }
    if (system.size == 0) {
        main_give_up("there is no system file: pass it where an initrd goes, or fuse it behind the "
                     "image");
    }
    return system;
}

static void map_tree(uint64_t fdt_pa)
{
    struct range head = {fdt_pa, FDT_HEADER_SIZE}; /* no page more: it may be a partition's */
    uint64_t size;

    if (fdt_pa == 0 || !is_aligned(fdt_pa, 8)) {
        main_give_up("the firmware gave no device tree (x0, r2)");
    }
    main_must(el2_map(head, LPAE_RODATA), "the device tree cannot be mapped");
    size = dt_size((const void *)(uintptr_t)fdt_pa);
    if (size == 0 || size > FDT_MAX_SIZE) {
        main_give_up("what the firmware gave is no device tree of at most 2 MiB");
    }
    main_must(el2_map((struct range){fdt_pa, size}, LPAE_RODATA),
              "the device tree cannot be mapped");
}

static struct range make_plan(uint64_t fdt_pa)
{
    const void *fdt = (const void *)(uintptr_t)fdt_pa;
    struct range system;

    map_tree(fdt_pa);
    plan.most_told = MESSAGES;
    plan_parse_board(&plan, fdt, dt_size(fdt), fdt_pa, arch_mpidr(), el2_image());
    must_be_good("the board's device tree cannot be used");
    use_board_console();
    map_sysreg();
    main_must(irq_init(&plan), "the GIC cannot be initialised");
    plan.board.gic.intids = gic_intids;
    stream_init(&plan);
    system = find_system_file(fdt);
    if (!plan_check_system(&plan, system)) {
        main_give_up("the system file cannot be read");
    }
    main_must(el2_map(system, LPAE_RODATA), "the system file cannot be mapped");
    plan_parse_system(&plan, (const void *)(uintptr_t)system.base, system.size, system.base);
    if (!plan.fatal) {
        pci_probe(&plan);
    }
    if (!plan.fatal) {
        msi_init(&plan);
    }
    if (!plan.fatal) {
        plan_check(&plan);
        plan_place(&plan);
        plan_check_given(&plan, plan_place_pool(&plan, pool_left()));
    }
    must_be_good("the plan cannot be used");
    tell_rest();
    plan_show(&plan);
    return system;
}

void main_boot(uint64_t fdt_pa)
{
    main_must(el2_map_init(arch_el2_bits()), "EL2's own map cannot be made");
    arch_mmu_enable(&el2_table);
    use_early_console(); /* the first lock: exclusives want the memory cacheable */
    console_printf("bulkhead: version %s, entered at EL2\n", VERSION);
    main_apply(make_plan(fdt_pa));
}
