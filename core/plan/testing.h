/* SPDX-License-Identifier: Apache-2.0 */
/* What the plan's tests share: trees compiled from text, the log caught, a board, wrong inputs. */
#ifndef CORE_PLAN_TESTING_H
#define CORE_PLAN_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/console.h"
#include "core/plan/plan.h"

/* ---- the log: these replace the library's ---- */

static char log_text[1 << 16];
static size_t log_used;

static inline void log_clear(void)
{
    log_used = 0;
    log_text[0] = '\0';
}

/* From any thread. */
void console_vprintf(const char *format, va_list args)
{
    char piece[1024];
    int length = vsnprintf(piece, sizeof(piece), format, args);

    assert_true(length >= 0 && (size_t)length < sizeof(piece));
    flockfile(stderr);
    if (log_used + (size_t)length < sizeof(log_text)) {
        memcpy(log_text + log_used, piece, (size_t)length + 1);
        log_used += (size_t)length;
    }
    funlockfile(stderr);
}

void console_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    console_vprintf(format, args);
    va_end(args);
}

static inline bool log_has(const char *text)
{
    return strstr(log_text, text) != NULL;
}

#define assert_log(text)                                                                           \
    do {                                                                                           \
        if (!log_has(text)) {                                                                      \
            fail_msg("the log lacks:\n%s\nit is:\n%s", text, log_text);                            \
        }                                                                                          \
    } while (0)

#define assert_no_log(text)                                                                        \
    do {                                                                                           \
        if (log_has(text)) {                                                                       \
            fail_msg("the log has:\n%s\nit is:\n%s", text, log_text);                              \
        }                                                                                          \
    } while (0)

/* ---- trees ---- */

struct tree {
    void *data; /* exactly `size` bytes: a read beyond is caught */
    size_t size;
};

static inline struct tree tree_read(const char *path)
{
    struct tree tree;
    FILE *file = fopen(path, "rb");
    long size;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    tree.size = (size_t)size;
    tree.data = malloc(tree.size);
    assert_non_null(tree.data);
    assert_int_equal(fread(tree.data, 1, tree.size, file), tree.size);
    (void)fclose(file);
    return tree;
}

static inline void tree_free(struct tree tree)
{
    free(tree.data);
}

/* The output of a command that writes a tree into "$out". */
static inline struct tree tree_command(const char *command, const char *input)
{
    char path[] = P_tmpdir "/bulkhead-test-XXXXXX";
    int fd = mkstemp(path);
    struct tree tree;
    FILE *pipe;

    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(setenv("out", path, 1), 0);
    pipe = popen(command, "w");
    assert_non_null(pipe);
    assert_true(fputs(input, pipe) >= 0);
    assert_int_equal(pclose(pipe), 0);
    tree = tree_read(path);
    (void)unlink(path);
    return tree;
}

/* Compile the text of a tree; without "/dts-v1/;". */
static inline struct tree tree_compile(const char *text)
{
    size_t size = strlen(text) + 16;
    char *source = malloc(size);
    struct tree tree;

    assert_non_null(source);
    (void)snprintf(source, size, "/dts-v1/;%s", text);
    tree = tree_command("dtc -q -f -I dts -O dtb -o \"$out\"", source);
    free(source);
    return tree;
}

/* The tree of QEMU's virt machine. */
static inline struct tree tree_qemu(const char *machine)
{
    char command[256];

    (void)snprintf(command, sizeof(command),
                   "qemu-system-aarch64 -M virt,virtualization=on,%s,dumpdtb=\"$out\" "
                   "-cpu cortex-a53 -smp 4 -m 2048 2>&1 > /dev/null | grep -v wrote; true",
                   machine);
    return tree_command(command, "");
}

/* ---- a board ---- */

/* 4 CPUs, 2 banks of RAM, GICv2; nodes to grant, and nodes that must not be. */
#define BOARD_CHOSEN "chosen { stdout-path = \"/uart@9000000:115200n8\"; };"
#define BOARD_CPUS                                                                                 \
    "cpus { #address-cells = <1>; #size-cells = <0>;"                                              \
    " cpu@0 { device_type = \"cpu\"; reg = <0>; enable-method = \"psci\"; };"                      \
    " cpu@1 { device_type = \"cpu\"; reg = <1>; enable-method = \"psci\"; };"                      \
    " cpu@100 { device_type = \"cpu\"; reg = <0x100>; enable-method = \"psci\"; };"                \
    " cpu@101 { device_type = \"cpu\"; reg = <0x101>; enable-method = \"psci\"; }; };"
#define BOARD_PSCI "psci { compatible = \"arm,psci-1.0\"; method = \"smc\"; };"
#define BOARD_MEMORY                                                                               \
    "memory@40000000 { device_type = \"memory\"; reg = <0 0x40000000 0 0x40000000>; };"
#define BOARD_GIC                                                                                  \
    "gic: intc@8000000 { compatible = \"arm,cortex-a15-gic\"; interrupt-controller;"               \
    " #interrupt-cells = <3>; #address-cells = <0>; interrupts = <1 9 4>;"                         \
    " reg = <0 0x8000000 0 0x10000>, <0 0x8010000 0 0x10000>, <0 0x8030000 0 0x10000>,"            \
    " <0 0x8040000 0 0x10000>; };"
#define BOARD_TIMER                                                                                \
    "timer { compatible = \"arm,armv8-timer\";"                                                    \
    " interrupts = <1 13 0xf04>, <1 14 0xf04>, <1 11 0xf04>, <1 10 0xf04>; };"
#define BOARD_UART                                                                                 \
    "uart@9000000 { compatible = \"arm,pl011\", \"arm,primecell\"; reg = <0 0x9000000 0 0x1000>;"  \
    " interrupts = <0 1 4>; clocks = <&clk>; };"
#define BOARD_OTHER                                                                                \
    "clk: clock { compatible = \"fixed-clock\"; #clock-cells = <0>;"                               \
    " clock-frequency = <24000000>; };"                                                            \
    "pmu { compatible = \"arm,armv8-pmuv3\"; interrupts = <1 7 4>; };"                             \
    "rtc@9010000 { compatible = \"arm,pl031\"; reg = <0 0x9010000 0 0x1000>;"                      \
    " interrupts = <0 2 4>; };"                                                                    \
    "gpio@9030000 { compatible = \"arm,pl061\"; reg = <0 0x9030000 0 0x1000>;"                     \
    " interrupts = <0 7 1>; };"                                                                    \
    "dma@9100000 { compatible = \"virtio,mmio\"; reg = <0 0x9100000 0 0x1000>;"                    \
    " interrupts = <0 9 1>; };"                                                                    \
    "near@9200000 { compatible = \"arm,pl031\"; reg = <0 0x9200000 0 0x200>;"                      \
    " interrupts = <0 20 4>; };"                                                                   \
    "next@9200200 { compatible = \"some,device\"; reg = <0 0x9200200 0 0x200>;"                    \
    " interrupts = <0 21 4>; };"                                                                   \
    "shared@9300000 { compatible = \"arm,pl031\"; reg = <0 0x9300000 0 0x1000>;"                   \
    " interrupts = <0 30 4>; };"                                                                   \
    "sharer@9310000 { compatible = \"some,device\"; reg = <0 0x9310000 0 0x1000>;"                 \
    " interrupts = <0 30 4>; };"                                                                   \
    "off@9400000 { compatible = \"arm,pl031\"; reg = <0 0x9400000 0 0x1000>;"                      \
    " status = \"disabled\"; };"                                                                   \
    "beside@9500000 { compatible = \"arm,pl031\"; reg = <0 0x9500000 0 0x1000>; };"                \
    "off@9500800 { reg = <0 0x9500800 0 0x100>; status = \"disabled\"; };"                         \
    "role@9600000 { compatible = \"arm,pl031\"; reg = <0 0x9600000 0 0x1000>;"                     \
    " interrupts = <0 50 4>; };"                                                                   \
    "off@9600000 { reg = <0 0x9600000 0 0x1000>; interrupts = <0 50 4>;"                           \
    " status = \"disabled\"; };"                                                                   \
    "keys { compatible = \"gpio-keys\"; };"                                                        \
    "noreg { compatible = \"arm,pl031\"; };"                                                       \
    "bus@a000000 { compatible = \"simple-bus\"; #address-cells = <1>; #size-cells = <1>;"          \
    " reg = <0 0xa000000 0 0x100000>; ranges = <0 0 0xa000000 0x100000>;"                          \
    " rtc@1000 { compatible = \"arm,pl031\"; reg = <0x1000 0x1000>; interrupts = <0 40 4>; }; };"  \
    "aliases { rtc0 = \"/rtc@9010000\"; serial0 = \"/uart@9000000\"; };"
#define BOARD_REST BOARD_PSCI BOARD_GIC BOARD_TIMER BOARD_UART BOARD_OTHER
#define BOARD_ROOT                                                                                 \
    "/ { #address-cells = <2>; #size-cells = <2>; model = \"Test board\";"                         \
    " interrupt-parent = <&gic>;"
#define BOARD BOARD_ROOT BOARD_CHOSEN BOARD_CPUS BOARD_MEMORY BOARD_REST "};"

#define BOARD_FDT_PA UINT64_C(0x48000000)

static struct plan test_plan;
static const struct range test_image = {0x40080000, 0x80000};

/* Read the board's tree into test_plan, on its CPU 0. */
static inline void plan_board(struct tree board)
{
    memset(&test_plan, 0, sizeof(test_plan));
    log_clear();
    plan_parse_board(&test_plan, board.data, board.size, BOARD_FDT_PA, 0, test_image);
}

static inline void plan_board_text(const char *text)
{
    struct tree tree = tree_compile(text);

    plan_board(tree);
    tree_free(tree);
}

/* ---- tables of wrong inputs ---- */

struct wrong {
    const char *text;
    const char *message; /* what must be said of it */
};

/* A case that fails is told by its message; its text may be more than fail_msg() takes. */
#define assert_case(w, condition)                                                                  \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "of the text:\n%s\nthe log is:\n%s\n", (w)->text, log_text);     \
            fail_msg("\"%s\": it must be that %s", (w)->message, #condition);                      \
        }                                                                                          \
    } while (0)

/* The board cannot be used: an error, told with its node. */
static inline void assert_fatal(const struct wrong *w)
{
    assert_case(w, log_has("bulkhead: error: /"));
    assert_case(w, log_has(w->message));
    assert_case(w, test_plan.fatal);
}

/* Each text is read, and what came of it judged. */
static inline void assert_each(const struct wrong *table, uint32_t count,
                               void (*read)(const char *), void (*judge)(const struct wrong *))
{
    for (uint32_t i = 0; i < count; i++) {
        read(table[i].text);
        judge(&table[i]);
    }
}

#endif
