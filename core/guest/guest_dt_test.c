/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of guest_dt.c: what a partition is told, checked by libfdt and by dtc. */
#include "core/guest/guest_dt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#include <cmocka.h>

#include "core/base/bits.h"
#include "core/base/console.h"
#include "core/guest/dtc_test.h"

/* A board like QEMU's, in little; GIC is spliced in. */
#define BOARD(gic)                                                                                 \
    "/dts-v1/;\n"                                                                                  \
    "/ { #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>; " gic                 \
    "cpus { #address-cells = <1>; #size-cells = <0>;\n"                                            \
    " cpu@0 { device_type = \"cpu\"; compatible = \"arm,cortex-a57\"; reg = <0>; };\n"             \
    " cpu@100 { device_type = \"cpu\"; compatible = \"arm,cortex-a53\"; reg = <0x100>; }; };\n"    \
    "timer { compatible = \"arm,armv8-timer\", \"arm,armv7-timer\";\n"                             \
    " interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 4>; };\n"                                   \
    "rated { compatible = \"arm,armv8-timer\"; clock-frequency = <62500000>; };\n"                 \
    "pmu { compatible = \"arm,armv8-pmuv3\"; interrupts = <1 7 4>; };\n"                           \
    "clk: apb-pclk { compatible = \"fixed-clock\"; #clock-cells = <0>;\n"                          \
    " clock-frequency = <24000000>; };\n"                                                          \
    "odd: odd-clock { compatible = \"vendor,pll\"; #clock-cells = <1>; };\n"                       \
    "rail: rail { compatible = \"regulator-fixed\"; regulator-min-microvolt = <3300000>;\n"        \
    " regulator-max-microvolt = <3300000>; };\n"                                                   \
    "pl011@9000000 { compatible = \"arm,pl011\", \"arm,primecell\";\n"                             \
    " reg = <0 0x9000000 0 0x1000>;"                                                               \
    " interrupts = <0 1 4>; clocks = <&clk>, <&clk>; clock-names = \"uartclk\", \"apb_pclk\"; };"  \
    "soc { #address-cells = <1>; #size-cells = <1>; compatible = \"simple-bus\";\n"                \
    " ranges = <0 0 0x9000000 0x100000>;\n"                                                        \
    " gpio: pl061@30000 { compatible = \"arm,pl061\", \"arm,primecell\";\n"                        \
    "  reg = <0x30000 0x1000>;"                                                                    \
    "  interrupts = <0 7 4>; gpio-controller; #gpio-cells = <2>; interrupt-controller;\n"          \
    "  #address-cells = <0>; #interrupt-cells = <2>; clocks = <&clk>;\n"                           \
    "  clock-names = \"apb_pclk\"; status = \"okay\"; reg-io-width = <4>; dma-coherent;\n"         \
    "  pinctrl-0 = <&clk>; pinctrl-names = \"default\"; vdd-supply = <&clk>;\n"                    \
    "  cs-gpios = <&gpio 1 0>; vcc-supply = <&rail>; resets = <&odd 1>;\n"                         \
    "  arm,primecell-periphid = <0x61061>; };\n"                                                   \
    " timer@40000 { compatible = \"arm,sp804\", \"arm,primecell\"; reg = <0x40000 0x1000>;\n"      \
    "  interrupts = <0 9 1>; clocks = <&odd 3>; clock-names = \"apb_pclk\";\n"                     \
    "  reset-gpios = <&gpio 2 1>; }; }; };\n"

#define GIC_V3                                                                                     \
    "gic: intc@8000000 { compatible = \"arm,gic-v3\"; interrupt-controller;\n"                     \
    " #interrupt-cells = <3>; reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0xf60000>; };\n"
#define GIC_V2                                                                                     \
    "gic: intc@8000000 { compatible = \"arm,cortex-a15-gic\"; interrupt-controller;\n"             \
    " #interrupt-cells = <3>; reg = <0 0x8000000 0 0x10000>, <0 0x8010000 0 0x10000>,\n"           \
    " <0 0x8030000 0 0x10000>, <0 0x8040000 0 0x10000>; };\n"

static struct plan p;
static struct plan_partition *part = &p.partitions[1];
static char said[4096];

void console_printf(const char *format, ...)
{
    size_t used = strlen(said);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(said + used, sizeof(said) - used, format, args);
    va_end(args);
}

/* dtc has nothing to complain of in the tree. */
static void assert_clean(void)
{
    static char text[65536];
    char complaints[4096];

    assert_int_equal(fdt_check_full(tree, sizeof(tree)), 0);
    if (dtc("-I dtb -O dts -W no-unit_address_vs_reg", tree, fdt_totalsize(tree), text,
            sizeof(text), complaints) == 0 ||
        complaints[0] != '\0') {
        fail_msg("dtc: %s", complaints);
    }
}

static void add_device(const char *path, uint64_t base, uint32_t intid, bool edge)
{
    struct plan_device *d = &p.devices[p.device_count++];

    d->path = path;
    d->node = fdt_path_offset(p.board.fdt, path);
    assert_true(d->node > 0);
    d->partition = 1;
    d->mmio[0] = (struct range){base, 0x1000};
    d->mmio_count = 1;
    d->irq[0] = (struct plan_irq){(uint16_t)intid, edge};
    d->irq_count = 1;
}

static void make_plan(uint32_t version)
{
    static uint8_t board[16384] __attribute__((aligned(8)));
    struct plan_board *b = &p.board;

    memset(&p, 0, sizeof(p));
    memset(tree, 0xee, sizeof(tree));
    said[0] = '\0';
    compile(version == 2 ? BOARD(GIC_V2) : BOARD(GIC_V3), board, sizeof(board));
    b->fdt = board;
    b->cpu_count = 2;
    b->cpus[0].node = fdt_path_offset(board, "/cpus/cpu@0");
    b->cpus[1].node = fdt_path_offset(board, "/cpus/cpu@100");
    b->gic.node = fdt_path_offset(board, "/intc@8000000");
    b->gic.version = version;
    b->gic.dist = (struct range){0x8000000, 0x10000};
    b->gic.cpu = (struct range){0x8010000, 0x10000};
    b->gic.redist[0] = (struct range){0x80a0000, 0xf60000};
    b->gic.redists = version == 2 ? 0 : 1;
    b->timer_node = fdt_path_offset(board, "/timer");
    b->timer_phys = 30;
    b->timer_virt = 27;
    b->timer_hyp = 26;
    b->pmu_node = fdt_path_offset(board, "/pmu");
    b->pmu = 23;
    b->console.node = fdt_path_offset(board, "/pl011@9000000");
    b->console.mmio = (struct range){0x9000040, 0x40}; /* a mini UART's, say */
    b->console.window = (struct range){0x9000000, 0x1000};
    b->console.irq.intid = 33;
    b->console.clock = 24000000;
    p.partition_count = 2;
    part->name = "linux0";
    part->bootargs = "console=ttyAMA0";
    part->cpus[0] = 1;
    part->cpus[1] = 0;
    part->cpu_count = 2;
    part->memory[0] = (struct range){0x40000000, 0x20000000};
    part->memory[1] = (struct range){UINT64_C(0x100000000), UINT64_C(0x200000000)};
    part->memory_count = 2;
    add_device("/soc/pl061@30000", 0x9030000, 39, false);
    add_device("/soc/timer@40000", 0x9040000, 41, true);
    p.devices[1].partition = 0;
}

static void make_tree(void)
{
    assert_int_equal(guest_dt_make(&p, 1, tree, sizeof(tree)), OK);
    assert_clean();
}

static void tells_what_every_partition_has(void **state)
{
    (void)state;
    make_plan(3);
    make_tree();
    assert_string_equal(string_at("/", "model"), "Bulkhead linux0");
    assert_string_equal(string_at("/chosen", "bootargs"), "console=ttyAMA0");
    assert_string_equal(string_at("/chosen", "stdout-path"), "/pl011@9000000");
    assert_string_equal(string_at("/aliases", "serial0"), "/pl011@9000000");
    assert_false(has("/chosen", "linux,initrd-start"));
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x20000000);
    CELLS("/memory@100000000", "reg", 1, 0, 2, 0);
    assert_string_equal(string_at("/cpus/cpu@0", "compatible"), "arm,cortex-a53");
    assert_string_equal(string_at("/cpus/cpu@1", "compatible"), "arm,cortex-a57");
    assert_string_equal(string_at("/cpus/cpu@1", "enable-method"), "psci");
    CELLS("/cpus/cpu@1", "reg", 1);
    assert_true(fdt_path_offset(tree, "/cpus/cpu@2") < 0);
    assert_string_equal(string_at("/psci", "method"), "hvc");
    CELLS("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
    CELLS("/pmu", "interrupts", 1, 7, 4);
    assert_false(has("/timer", "clock-frequency"));
    CELLS("/pl011@9000000", "interrupts", 0, 1, 4);
    CELLS("/pl011@9000000", "reg", 0, 0x9000000, 0, 0x1000);
    assert_string_equal(string_at("/pl011@9000000", "compatible"), "arm,pl011");
    CELLS("/clock-24000000", "clock-frequency", 24000000);
    assert_string_equal(said, "");
}

static void tells_the_ramdisk_and_the_timers_rate(void **state)
{
    (void)state;
    make_plan(3);
    part->ramdisk = (struct plan_image){.size = 0x1001, .load = UINT64_C(0x14ffff000)};
    part->bootargs = "";
    p.board.timer_node = fdt_path_offset(p.board.fdt, "/rated");
    p.board.pmu = 0;
    make_tree();
    CELLS("/chosen", "linux,initrd-start", 1, 0x4ffff000);
    CELLS("/chosen", "linux,initrd-end", 1, 0x50000001);
    assert_false(has("/chosen", "bootargs"));
    CELLS("/timer", "clock-frequency", 62500000);
    assert_true(fdt_path_offset(tree, "/pmu") < 0);
}

static void a_gicv3_has_a_redistributor_per_vcpu(void **state)
{
    (void)state;
    make_plan(3);
    make_tree();
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x80a0000, 0, 0x40000);
    assert_string_equal(string_at("/intc@8000000", "compatible"), "arm,gic-v3");
    assert_false(has("/intc@8000000", "#redistributor-regions"));
    p.board.gic.redist[0].size = 0x20000;
    p.board.gic.redist[1] = (struct range){UINT64_C(0x4000000000), 0x4000000};
    p.board.gic.redists = 2;
    make_tree();
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x80a0000, 0, 0x20000, 0x40, 0, 0,
          0x20000);
    CELLS("/intc@8000000", "#redistributor-regions", 2);
}

static void an_its_is_below_the_gic(void **state)
{
    const char *path = "/intc@8000000/msi-controller@8080000";

    (void)state;
    make_plan(3);
    p.board.its_count = 1;
    p.board.its[0] = (struct plan_its){.mmio = {0x8080000, 0x20000}};
    make_tree();
    CELLS("/intc@8000000", "#address-cells", 0);
    assert_true(fdt_path_offset(tree, path) < 0);
    part->msi_first = 64;
    make_tree();
    CELLS("/intc@8000000", "#address-cells", 2);
    assert_string_equal(string_at(path, "compatible"), "arm,gic-v3-its");
    CELLS(path, "reg", 0, 0x8080000, 0, 0x20000);
    CELLS(path, "#msi-cells", 1);
    assert_true(has(path, "msi-controller"));
}

static void a_gicv2_has_its_cpu_interface(void **state)
{
    (void)state;
    make_plan(2);
    make_tree();
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x8010000, 0, 0x10000);
    assert_string_equal(string_at("/intc@8000000", "compatible"), "arm,cortex-a15-gic");
    CELLS("/pmu", "interrupts", 1, 7, 0x304);
    CELLS("/pl011@9000000", "interrupts", 0, 1, 4);
    p.board.gic.alias = 0xf000; /* two pages of it that are side by side */
    make_tree();
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x801f000, 0, 0x2000);
}

/* As many windows and interrupts as there may be. */
static void a_device_has_all_that_it_has(void **state)
{
    struct plan_device *d;
    int size;

    (void)state;
    make_plan(3);
    d = &p.devices[0];
    for (d->mmio_count = 0; d->mmio_count < PLAN_MAX_WINDOWS; d->mmio_count++) {
        d->mmio[d->mmio_count] = (struct range){0x9030000 + d->mmio_count * UINT64_C(0x100), 0x100};
    }
    for (d->irq_count = 0; d->irq_count < PLAN_MAX_IRQS; d->irq_count++) {
        d->irq[d->irq_count] = (struct plan_irq){(uint16_t)(40 + d->irq_count), false};
    }
    make_tree();
    (void)fdt_getprop(tree, fdt_path_offset(tree, "/pl061@9030000"), "reg", &size);
    assert_int_equal(size, PLAN_MAX_WINDOWS * 16);
    (void)fdt_getprop(tree, fdt_path_offset(tree, "/pl061@9030000"), "interrupts", &size);
    assert_int_equal(size, PLAN_MAX_IRQS * 12);
}

static void without_console_there_is_no_uart(void **state)
{
    (void)state;
    make_plan(3);
    part->console = PLAN_CONSOLE_NONE;
    p.device_count = 0;
    make_tree();
    assert_true(fdt_path_offset(tree, "/pl011@9000000") < 0);
    assert_true(fdt_path_offset(tree, "/aliases") < 0);
    assert_false(has("/chosen", "stdout-path"));
}

static void devices_are_copied_and_rewritten(void **state)
{
    static const char *const gone[] = {"pinctrl-0", "pinctrl-names", "vdd-supply", "resets",
                                       "status"};
    static const char *const kept[] = {"gpio-controller",  "interrupt-controller",   "#gpio-cells",
                                       "#interrupt-cells", "arm,primecell-periphid", "dma-coherent",
                                       "reg-io-width"};
    const char *path = "/pl061@9030000";

    (void)state;
    make_plan(3);
    make_tree();
    CELLS(path, "reg", 0, 0x9030000, 0, 0x1000);
    CELLS(path, "interrupts", 0, 7, 4);
    assert_string_equal(string_at(path, "compatible"), "arm,pl061");
    assert_string_equal(string_at(path, "clock-names"), "apb_pclk");
    CELLS(path, "clocks", fdt_get_phandle(tree, find("/clock-24000000")));
    CELLS(path, "vcc-supply", fdt_get_phandle(tree, find("/regulator-3300000")));
    CELLS("/regulator-3300000", "regulator-min-microvolt", 3300000);
    CELLS("/regulator-3300000", "regulator-max-microvolt", 3300000);
    assert_true(has("/regulator-3300000", "regulator-always-on"));
    CELLS(path, "cs-gpios", fdt_get_phandle(tree, find(path)), 1, 0);
    for (uint32_t i = 0; i < ARRAY_SIZE(gone); i++) {
        assert_false(has(path, gone[i]));
    }
    for (uint32_t i = 0; i < ARRAY_SIZE(kept); i++) {
        assert_true(has(path, kept[i]));
    }
    assert_true(fdt_path_offset(tree, "/timer@9040000") < 0); /* another's */
}

/* refer_tell() has told; the clock's names are of no use without it. */
static void a_clock_without_rate_is_left_out(void **state)
{
    (void)state;
    make_plan(3);
    p.devices[1].partition = 1;
    make_tree();
    CELLS("/timer@9040000", "interrupts", 0, 9, 1);
    assert_false(has("/timer@9040000", "clocks"));
    assert_false(has("/timer@9040000", "clock-names"));
    CELLS("/timer@9040000", "reset-gpios", fdt_get_phandle(tree, find("/pl061@9030000")), 2, 1);
    assert_string_equal(said, "");
}

/* It is another partition's: the reference would lead nowhere. */
static void what_another_has_is_not_referred_to(void **state)
{
    (void)state;
    make_plan(3);
    p.devices[1].partition = 1;
    p.devices[0].partition = 0;
    make_tree();
    assert_false(has("/timer@9040000", "reset-gpios"));
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    make_plan(3);
    make_tree();
    for (uint64_t room = 0; room < fdt_totalsize(tree); room += 9) {
        uint8_t *exact = malloc(room + 1);

        assert_int_equal(guest_dt_make(&p, 1, exact, room), E_NO_SPACE);
        free(exact);
    }
}

static void sixteen_cpus_and_many_devices_fit_the_usual_room(void **state)
{
    (void)state;
    make_plan(3);
    part->cpu_count = 16;
    p.device_count = 0;
    while (p.device_count < PLAN_MAX_DEVICES) {
        add_device("/soc/pl061@30000", 0x9030000 + p.device_count * 0x1000, 39, false);
    }
    assert_int_equal(guest_dt_make(&p, 1, tree, 32768), OK);
    assert_int_equal(fdt_check_full(tree, sizeof(tree)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_every_partition_has),
        cmocka_unit_test(tells_the_ramdisk_and_the_timers_rate),
        cmocka_unit_test(a_gicv3_has_a_redistributor_per_vcpu),
        cmocka_unit_test(an_its_is_below_the_gic),
        cmocka_unit_test(a_gicv2_has_its_cpu_interface),
        cmocka_unit_test(a_device_has_all_that_it_has),
        cmocka_unit_test(without_console_there_is_no_uart),
        cmocka_unit_test(devices_are_copied_and_rewritten),
        cmocka_unit_test(a_clock_without_rate_is_left_out),
        cmocka_unit_test(what_another_has_is_not_referred_to),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(sixteen_cpus_and_many_devices_fit_the_usual_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
