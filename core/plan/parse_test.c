/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the system file's reading: what is right gets into the plan, what is wrong is told. */
#include "core/plan/testing.h"

#include "core/base/bits.h"

#define KERNEL "kernel = \"raw\";"
#define CPUS   "cpus = <0>;"
#define MEMORY "memory = <0 0x40000000 0 0x200000>;"
#define GOOD   KERNEL CPUS MEMORY

/* The 64 bytes that begin an arm64 Image: text_offset 0x80000, image_size 0x100000. */
#define IMAGE_HEADER                                                                               \
    "data = [00000014 00000000 0000080000000000 0000100000000000 0a00000000000000"                 \
    " 0000000000000000 0000000000000000 0000000000000000 41524d64 00000000];"

#define IMAGE(type, os, rest)                                                                      \
    "type = \"" type "\"; arch = \"arm64\"; os = \"" os "\"; compression = \"none\";" rest
#define IMAGES                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        \
    "images {"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        \
    " raw {" IMAGE(                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   \
        "kernel", "u-boot",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           \
        "load = <0x40000000>; entry = <0x40000010>;"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  \
        " data = [00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13];") "};"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                \
                                                                                  " linux {" IMAGE(                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   \
                                                                                      "kernel",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       \
                                                                                      "linux",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        \
                                                                                      IMAGE_HEADER) "};"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              \
                                                                                                    " disk {" IMAGE(                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  \
                                                                                                        "ramdisk",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    \
                                                                                                        "linux",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      \
                                                                                                        "data = \"ramdisk\"; hash { algo = \"crc32\";"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                \
                                                                                                        " value = <0xe8de1f30>; };") "};"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             \
                                                                                                                                     " sha {" IMAGE(                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  \
                                                                                                                                         "ramdisk",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   \
                                                                                                                                         "linux",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     \
                                                                                                                                         "data = \"ramdisk\"; hash-1 { algo = \"sha256\";"                                                                                                                                                                                                                                                                                                                                                                                                                                                                            \
                                                                                                                                         " value = <1>; };") "};"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     \
                                                                                                                                                             " bad {" IMAGE("ramdisk",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                \
                                                                                                                                                                            "linux",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  \
                                                                                                                                                                            "data = \"ramdisk\"; hash-1 { algo = \"crc32\";"                                                                                                                                                                                                                                                                                                                                                                                                                                          \
                                                                                                                                                                            " value = <1>; };") "};"                                                                                                                                                                                                                                                                                                                                                                                                                                                                  \
                                                                                                                                                                                                " tree {" IMAGE("flat_dt",                                                                                                                                                                                                                                                                                                                                                                                                                                            \
                                                                                                                                                                                                                "",                                                                                                                                                                                                                                                                                                                                                                                                                                                   \
                                                                                                                                                                                                                "data = \"no tree\";") "};"                                                                                                                                                                                                                                                                                                                                                                                                                           \
                                                                                                                                                                                                                                       " nowhere {" IMAGE("kernel", "u-boot", "data = [00 01 02 03 04];") "};"                                                                                                                                                                                                                                                                                                                                                        \
                                                                                                                                                                                                                                                                                                          " wraps {" IMAGE("kernel",                                                                                                                                                                                                                                                                                                                                  \
                                                                                                                                                                                                                                                                                                                           "u-boot", "load = <0xffffffff 0xfffffffe>; data = [00 01 02];") "};"                                                                                                                                                                                                                                                                       \
                                                                                                                                                                                                                                                                                                                                                                                           " outside {" IMAGE("kernel",                                                                                                                                                                                                                                               \
                                                                                                                                                                                                                                                                                                                                                                                                              "u-boot",                                                                                                                                                                                                                                               \
                                                                                                                                                                                                                                                                                                                                                                                                              "load = <0x1000>; entry = <0x1003>;"                                                                                                                                                                                                                    \
                                                                                                                                                                                                                                                                                                                                                                                                              " data = [00 01 02];") "};"                                                                                                                                                                                                                             \
                                                                                                                                                                                                                                                                                                                                                                                                                                     " gone {" IMAGE(                                                                                                                                                                                                                 \
                                                                                                                                                                                                                                                                                                                                                                                                                                         "kernel",                                                                                                                                                                                                                    \
                                                                                                                                                                                                                                                                                                                                                                                                                                         "u-boot",                                                                                                                                                                                                                    \
                                                                                                                                                                                                                                                                                                                                                                                                                                         "data-size = <4096>; data-offset = <0>;") "};"                                                                                                                                                                               \
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   " typo {" IMAGE("kernel", "u-boot", "laod = <0x1000>; load = <0x1000>; data = [00 01 02];") "};"                                                                                   \
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               " arm { type = \"kernel\"; arch = \"arm\"; compression = \"lzma\"; data = [00 01]; };" \
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               " packed { type = \"ramdisk\"; compression = \"gzip\"; data = [00 01]; };"             \
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "};"

/* A system file with these configurations. */
static struct tree file_of(const char *configurations)
{
    static char text[16384];

    (void)snprintf(text, sizeof(text), "/ { %s configurations { %s }; };", IMAGES, configurations);
    return tree_compile(text);
}

/* A system file with one partition, "p", of these properties. */
static struct tree one_of(const char *properties)
{
    static char text[8192];

    (void)snprintf(text, sizeof(text), "p { compatible = \"bulkhead,partition\"; %s };",
                   properties);
    return file_of(text);
}

static struct tree board;

static int set_up(void **state)
{
    (void)state;
    board = tree_compile(BOARD);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tree_free(board);
    return 0;
}

static void parse(struct tree file)
{
    plan_board(board);
    assert_string_equal(log_text, "");
    plan_parse_system(&test_plan, file.data, file.size, 0x60000000);
}

static void parse_one(const char *properties)
{
    struct tree file = one_of(properties);

    parse(file);
    tree_free(file);
}

/* ---- what is right ---- */

static void test_smallest(void **state)
{
    const struct plan_partition *part = &test_plan.partitions[0];
    struct tree file = one_of(GOOD);

    (void)state;
    parse(file);
    assert_string_equal(log_text, "");
    assert_false(test_plan.fatal);
    assert_int_equal(test_plan.partition_count, 1);
    assert_string_equal(part->name, "p");
    assert_string_equal(part->description, "");
    assert_string_equal(part->bootargs, "");
    assert_false(part->refused);
    assert_false(part->direct_map);
    assert_int_equal(part->cpu_count, 1);
    assert_int_equal(part->memory_count, 1);
    assert_int_equal(part->memory[0].base, 0x40000000);
    assert_int_equal(part->memory[0].size, 0x200000);
    assert_int_equal(part->console, PLAN_CONSOLE_SHARED);
    assert_int_equal(part->kernel_kind, PLAN_KERNEL_RAW);
    assert_int_equal(part->kernel.load, 0x40000000);
    assert_int_equal(part->kernel.load_size, 20);
    assert_int_equal(part->entry, 0x40000010);
    assert_int_equal(part->ramdisk.size, 0);
    assert_int_equal(part->fdt.size, 0);
    assert_string_equal(part->kernel.name, "raw");
    assert_true((const char *)part->kernel.name >= test_plan.strings &&
                (const char *)part->kernel.name < test_plan.strings + PLAN_STRINGS);
    tree_free(file);
}

static void test_all_words(void **state)
{
    const struct plan_partition *part = &test_plan.partitions[0];
    const struct plan_device *device = &test_plan.devices[0];
    struct tree file = one_of(
        "description = \"Größe\"; kernel = \"linux\"; ramdisk = \"disk\"; bootargs = \"a b\";"
        " cpus = <0x101 1>; memory = <0 0x40000000 0 0x200000>, <1 0 0 0x1000>; direct-map;"
        " devices = \"/rtc@9010000\", \"/gpio@9030000\", \"/bus@a000000/rtc@1000\", \"/keys\";"
        " unprotected-devices = \"/dma@9100000\"; console = \"none\";"
        " interrupt-mode = \"virtual\"; phandle = <7>; hash-1 { }; signature { };");

    (void)state;
    parse(file);
    assert_int_equal(test_plan.errors, 0);
    assert_log("bulkhead: warning: p: /dma@9100000: unprotected: its DMA reaches all memory");
    assert_string_equal(part->description, "Größe");
    assert_string_equal(part->bootargs, "a b");
    assert_int_equal(part->cpu_count, 2);
    assert_int_equal(test_plan.board.cpus[part->cpus[0]].mpidr, 0x101);
    assert_int_equal(test_plan.board.cpus[part->cpus[1]].mpidr, 1);
    assert_int_equal(part->memory[1].base, UINT64_C(1) << 32);
    assert_true(part->direct_map);
    assert_int_equal(part->console, PLAN_CONSOLE_NONE);
    assert_int_equal(part->kernel_kind, PLAN_KERNEL_ARM64);
    assert_int_equal(part->kernel.load, 0x80000);
    assert_int_equal(part->kernel.load_size, 0x100000);
    assert_string_equal(part->ramdisk.name, "disk");
    assert_int_equal(test_plan.device_count, 5);
    assert_string_equal(device[0].path, "/rtc@9010000");
    assert_int_equal(device[0].mmio[0].base, 0x9010000);
    assert_int_equal(device[0].irq[0].intid, 34);
    assert_false(device[0].irq[0].edge);
    assert_true(device[1].irq[0].edge);
    assert_int_equal(device[2].mmio[0].base, 0xa001000);
    assert_int_equal(device[3].mmio_count, 0);
    assert_false(device[3].unprotected);
    assert_true(device[4].unprotected);
    tree_free(file);
}

static void test_alias(void **state)
{
    (void)state;
    parse_one(GOOD "devices = \"rtc0\";");
    assert_string_equal(log_text, "");
    assert_string_equal(test_plan.devices[0].path, "/rtc@9010000");
}

static void test_own_tree(void **state)
{
    struct tree file =
        file_of("p { compatible = \"bulkhead,partition\"; " GOOD "fdt = \"tree\"; };");

    (void)state;
    parse(file);
    assert_log("p: /images/tree: it is no well-formed device tree");
    tree_free(file);
}

/* ---- what is wrong with one word ---- */

static const struct {
    const char *properties;
    const char *message;
} wrong[] = {
    /* names */
    {GOOD "memroy = <1>;", "p: /configurations/p: unknown property \"memroy\": did you mean "
                           "\"memory\"?"},
    {GOOD "device = \"x\";", "unknown property \"device\": did you mean \"devices\"?"},
    {GOOD "boot-args = \"x\";", "unknown property \"boot-args\": did you mean \"bootargs\"?"},
    {GOOD "loadables = \"x\";", "unknown property \"loadables\"\n"},
    {GOOD "colour = \"x\";", "unknown property \"colour\"\n"},
    {GOOD "what { };", "unknown node \"what\": only hash and signature may be below"},
    /* what must be there */
    {CPUS MEMORY, "there is no \"kernel\": name an image of /images"},
    {KERNEL MEMORY, "there is no \"cpus\": list the CPUs"},
    {KERNEL CPUS, "there is no \"memory\": give (base, size) pairs"},
    /* strings */
    {GOOD "description = <1>;", "description: is an empty string"},
    {GOOD "description = [41];", "description: is no string"},
    {GOOD "description;", "description: has no value"},
    {GOOD "description = \"\";", "description: is an empty string"},
    {GOOD "description = \"a\", \"b\";", "description: it is a list of strings"},
    {GOOD "description = [1b 5b 32 4a 00];", "description: holds control characters"},
    {GOOD "description = [c3 28 00];", "is not UTF-8"},
    {GOOD "description = [c2 9b 00];", "is not UTF-8"},
    {GOOD "description = [e2 82 00];", "is not UTF-8"},
    {GOOD "description = [ff 00];", "is not UTF-8"},
    {GOOD "bootargs = <0x41424344>;", "bootargs: is no string"},
    /* CPUs */
    {KERNEL MEMORY "cpus = <7>;", "cpus: <0x7> is not in the board's /cpus; it has 0x0, 0x1, "
                                  "0x100, 0x101"},
    {KERNEL MEMORY "cpus = <1 1>;", "cpus: <0x1> is listed twice"},
    {KERNEL MEMORY "cpus;", "cpus: 0 bytes: list the CPUs as cells"},
    {KERNEL MEMORY "cpus = [00 00 01];", "cpus: 3 bytes: list the CPUs as cells"},
    {KERNEL MEMORY "cpus = <0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16>;",
     "cpus: 17 listed; a partition has at most 16"},
    /* memory */
    {KERNEL CPUS "memory = <0x40000000 0x1000>;", "memory: 8 bytes: give (base, size) pairs"},
    {KERNEL CPUS "memory;", "memory: 0 bytes: give (base, size) pairs"},
    {KERNEL CPUS "memory = <0 0x40000000 0 0>;",
     "memory: range 0, 0x0 bytes at 0x40000000: its size is 0"},
    {KERNEL CPUS "memory = <0 0x40000800 0 0x1000>;", "multiples of 0x1000"},
    {KERNEL CPUS "memory = <0 0x40000000 0 0x1800>;", "multiples of 0x1000"},
    {KERNEL CPUS "memory = <0xffffffff 0xfffff000 0 0x2000>;", "it ends beyond the last address"},
    {KERNEL CPUS "memory = <0 0x40000000 0 0x2000>, <0 0x40001000 0 0x1000>;",
     "memory: range 1, 0x1000 bytes at 0x40001000: it overlaps another of the list"},
    {KERNEL CPUS
     "memory = <0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0>;",
     "memory: 9 ranges; a partition has at most 8"},
    /* flags and choices */
    {GOOD "direct-map = <1>;", "direct-map: it is a flag: write it without a value"},
    {GOOD "console = \"mine\";", "console: \"mine\": it is \"shared\" or \"none\""},
    {GOOD "interrupt-mode = \"direct\";",
     "interrupt-mode: \"direct\" is not supported by this version: use \"virtual\""},
    {GOOD "interrupt-mode = \"fast\";", "interrupt-mode: \"fast\" is unknown"},
    /* images */
    {CPUS MEMORY "kernel = \"lunix\";",
     "p: /configurations/p: kernel: \"lunix\" is not in /images; it has raw, linux, disk, sha"},
    {CPUS MEMORY "kernel = \"disk\";",
     "p: /images/disk: type is \"ramdisk\": here it must be \"kernel\""},
    {CPUS MEMORY "kernel = \"nowhere\";", "/images/nowhere: a raw binary needs \"load\""},
    {CPUS MEMORY "kernel = \"wraps\";", "/images/wraps: load: 0x3 bytes at 0xfffffffffffffffe"},
    {CPUS MEMORY "kernel = \"outside\";",
     "/images/outside: entry: 0x1003 is outside the image, 0x1000 to 0x1003"},
    {CPUS MEMORY "kernel = \"gone\";", "/images/gone: its data is not all in the file"},
    {CPUS MEMORY "kernel = \"typo\";",
     "/images/typo: unknown property \"laod\": did you mean \"load\"?"},
    {CPUS MEMORY "kernel = \"arm\";", "/images/arm: arch is \"arm\": here it must be \"arm64\""},
    {CPUS MEMORY "kernel = \"arm\";",
     "/images/arm: compression is \"lzma\": here it must be \"none\" or \"gzip\""},
    {GOOD "ramdisk = \"packed\";", "/images/packed: compression is \"gzip\": here it must be "
                                   "\"none\", as its user unpacks it"},
    {GOOD "ramdisk = \"sha\";", "/images/sha: hash-1: its algorithm is not supported"},
    {GOOD "ramdisk = \"bad\";", "/images/bad: hash-1 does not match its data"},
    /* devices */
    {GOOD "devices = \"/rtc@9010001\";", "devices: \"/rtc@9010001\" is not in the board's tree: "
                                         "did you mean \"/rtc@9010000\"?"},
    {GOOD "devices = \"rct0\";", "\"rct0\" is not in the board's tree: did you mean \"rtc0\"?"},
    {GOOD "devices = \"/no/such/thing/at/all\";",
     "devices: \"/no/such/thing/at/all\" is not in the board's tree\n"},
    {GOOD "devices = \"//rtc\";", "\"//rtc\" is not in the board's tree"},
    {GOOD "devices = \"/\";", "\"/\" is the whole board"},
    {GOOD "devices = \"\";", "devices: is an empty string"},
    {GOOD "devices = \"/rtc@9010000\", \"rtc0\";", "devices: \"rtc0\" is listed twice"},
    {GOOD "devices = \"/rtc@9010000\"; unprotected-devices = \"rtc0\";",
     "unprotected-devices: \"rtc0\" is listed twice"},
    {GOOD "devices = \"serial0\";", "devices: \"serial0\" is the board's console, which Bulkhead "
                                    "drives: use console = \"shared\""},
    {GOOD "devices = \"/intc@8000000\";", "is part of the interrupt controller"},
    {GOOD "devices = \"/timer\";", "is part of every CPU"},
    {GOOD "devices = \"/pmu\";", "is part of every CPU"},
    {GOOD "devices = \"/memory@40000000\";", "is memory: ask for memory in \"memory\""},
    {GOOD "devices = \"/cpus/cpu@1\";", "belongs to the CPUs"},
    {GOOD "devices = \"/psci\";", "is the firmware's"},
    {GOOD "devices = \"/off@9400000\";", "is disabled in the board's tree (status)"},
    {GOOD "devices = \"/noreg\";", "has no registers (reg)"},
    {GOOD "devices = \"/bus@a000000\";", "is a bus: not supported by this version"},
    {GOOD "devices = \"/dma@9100000\";",
     "p: /dma@9100000: it may master the bus (DMA) and is behind no SMMU; list it in "
     "unprotected-devices and give the partition direct-map"},
    {GOOD "unprotected-devices = \"/dma@9100000\";",
     "/dma@9100000: it may master the bus (DMA) and is behind no SMMU; only a partition with "
     "direct-map may have it"},
    {GOOD "devices = \"/near@9200000\";",
     "p: /near@9200000: its registers share the page 0x9200000 with /next@9200200"},
    {GOOD "devices = \"/shared@9300000\";",
     "p: /shared@9300000: its interrupt 62 is that of /sharer@9310000 too"},
};

static void test_wrong(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        parse_one(wrong[i].properties);
        assert_log("bulkhead: error: p: ");
        assert_log(wrong[i].message);
        assert_true(test_plan.errors > 0);
        assert_true(test_plan.partitions[0].refused);
        assert_false(test_plan.fatal);
    }
}

static void test_all_errors_are_told(void **state)
{
    (void)state;
    parse_one(
        "kernel = \"none\"; cpus = <9>; memory = <0 1 0 1>; consle = \"none\"; devices = \"/x\";");
    assert_log("kernel: \"none\"");
    assert_log("cpus: <0x9>");
    assert_log("memory: range 0");
    assert_log("\"consle\": did you mean \"console\"");
    assert_log("devices: \"/x\"");
    assert_int_equal(test_plan.errors, 5);
}

static void test_escaped(void **state)
{
    (void)state;
    parse_one(CPUS MEMORY "kernel = [1b 5b 32 4a 00];");
    assert_log("kernel: holds control characters");
    parse_one(GOOD "devices = [2f ff 00];");
    assert_log("devices: holds control characters, or is not UTF-8");
    parse_one(CPUS MEMORY "kernel = [c3 a9 00];");
    assert_log("kernel: \"\\xc3\\xa9\" is not in /images");
}

static void test_long_strings(void **state)
{
    static char text[4096];
    static char filler[2100];

    (void)state;
    memset(filler, 'x', sizeof(filler) - 1);
    (void)snprintf(text, sizeof(text), GOOD "bootargs = \"%.2047s\"; description = \"%.127s\";",
                   filler, filler);
    parse_one(text);
    assert_string_equal(log_text, "");
    (void)snprintf(text, sizeof(text), GOOD "bootargs = \"%.2048s\";", filler);
    parse_one(text);
    assert_log("bootargs: 2048 characters: at most 2047 are kept");
    (void)snprintf(text, sizeof(text), GOOD "description = \"%.128s\";", filler);
    parse_one(text);
    assert_log("description: 128 characters: at most 127 are kept");
    (void)snprintf(text, sizeof(text), GOOD "devices = \"/%.2000s\";", filler);
    parse_one(text);
    assert_log("...\n");
}

/* ---- several configurations ---- */

#define PARTITION(name, rest) name " { compatible = \"bulkhead,partition\"; " GOOD rest " };"

static void parse_file(const char *configurations)
{
    struct tree file = file_of(configurations);

    parse(file);
    tree_free(file);
}

static void test_only_the_bad_is_refused(void **state)
{
    (void)state;
    parse_file(PARTITION("a", "") PARTITION("b", "bad;") PARTITION("c", ""));
    assert_int_equal(test_plan.partition_count, 3);
    assert_false(test_plan.partitions[0].refused);
    assert_true(test_plan.partitions[1].refused);
    assert_false(test_plan.partitions[2].refused);
    assert_int_equal(test_plan.errors, 1);
    assert_false(test_plan.fatal);
}

static void test_foreign_configurations(void **state)
{
    (void)state;
    parse_file("conf-1 { kernel = \"linux\"; loadables = \"x\"; };" PARTITION("a", ""));
    assert_int_equal(test_plan.partition_count, 1);
    assert_int_equal(test_plan.errors, 0);
    assert_log("bulkhead: warning: /configurations/conf-1: no compatible = \"bulkhead,partition\"");
    parse_file("b { compatible = \"bulkhead,partitoin\";" GOOD "};" PARTITION("a", ""));
    assert_int_equal(test_plan.partition_count, 1);
    assert_int_equal(test_plan.errors, 1);
    assert_log("error: /configurations/b: it looks like a partition");
    assert_false(test_plan.partitions[0].refused);
    assert_false(test_plan.fatal);
}

static void test_none(void **state)
{
    (void)state;
    parse_file("conf-1 { kernel = \"linux\"; };");
    assert_true(test_plan.fatal);
    assert_log("error: /configurations: there is no partition in it");
}

static void test_too_many(void **state)
{
    char text[4096] = "";

    (void)state;
    for (uint32_t i = 0; i <= CONFIG_MAX_PARTITIONS; i++) {
        size_t used = strlen(text);

        (void)snprintf(text + used, sizeof(text) - used,
                       "p%u { compatible = \"bulkhead,partition\"; " GOOD "};", i);
    }
    parse_file(text);
    assert_int_equal(test_plan.partition_count, CONFIG_MAX_PARTITIONS);
    assert_int_equal(test_plan.errors, 1);
    assert_false(test_plan.fatal);
    assert_log("this one is not started; raise CONFIG_MAX_PARTITIONS");
    assert_false(test_plan.partitions[CONFIG_MAX_PARTITIONS - 1].refused);
}

static void test_names(void **state)
{
    static const char twice[] = "one";
    struct tree file = file_of(PARTITION("one", "") PARTITION("two", "") PARTITION("ok", ""));
    char *bytes = file.data;

    (void)state;
    for (size_t i = 0; i + sizeof(twice) < file.size; i++) {
        if (memcmp(bytes + i, "two", sizeof("two")) == 0) {
            memcpy(bytes + i, twice, sizeof(twice));
        }
    }
    parse(file);
    assert_log("one: /configurations/one: two configurations have this name: neither starts");
    assert_int_equal(test_plan.errors, 2);
    assert_true(test_plan.partitions[0].refused);
    assert_true(test_plan.partitions[1].refused);
    assert_false(test_plan.partitions[2].refused);
    for (size_t i = 0; i + sizeof(twice) < file.size; i++) {
        if (memcmp(bytes + i, "one", sizeof("one")) == 0) {
            bytes[i] = '\x1b';
        }
    }
    parse(file);
    assert_log("?ne: /configurations/?ne: its name must be 1 to 31 printable characters");
    tree_free(file);
    parse_file(PARTITION("a23456789-123456789-123456789-12", ""));
    assert_log("its name must be 1 to 31 printable characters");
}

static void test_property_twice(void **state)
{
    struct tree file = one_of(GOOD "console = \"none\"; bootargs = \"x\";");
    uint8_t *bytes = file.data;
    uint8_t *cpus = NULL;

    (void)state;
    for (size_t i = 0; i + 12 < file.size; i += 4) { /* bootargs becomes another console */
        if (memcmp(bytes + i + 8, "none", 5) == 0) {
            cpus = bytes + i;
        }
        if (cpus != NULL && memcmp(bytes + i, "\0\0\0\3\0\0\0\2", 8) == 0) {
            memcpy(bytes + i + 8, cpus + 4, 4);
        }
    }
    parse(file);
    assert_log("console: it is there twice");
    tree_free(file);
}

static void test_too_many_devices(void **state)
{
    char text[2048] = GOOD "devices = \"/rtc@9010000\"";

    (void)state;
    for (uint32_t i = 0; i < PLAN_MAX_DEVICES; i++) {
        strcat(text, ", \"/keys\"");
    }
    strcat(text, ";");
    parse_one(text);
    assert_log("devices: more than 32 devices");
}

/* ---- hostile files ---- */

static void test_no_fit(void **state)
{
    static const char *const texts[] = {"/ { };", "/ { images { }; };",
                                        "/ { configurations { p { }; }; };"};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct tree file = tree_compile(texts[i]);

        parse(file);
        assert_true(test_plan.fatal);
        assert_log("error: the system file: no FIT with /images and /configurations");
        tree_free(file);
    }
}

static void test_cut_off(void **state)
{
    struct tree file = one_of(GOOD);

    (void)state;
    for (size_t size = 0; size < file.size; size++) {
        struct tree cut = {malloc(size + 1), size};

        assert_non_null(cut.data);
        memcpy(cut.data, file.data, size);
        cut.data = realloc(cut.data, size > 0 ? size : 1);
        parse(cut);
        assert_true(test_plan.fatal);
        tree_free(cut);
    }
    tree_free(file);
}

/* Any bit may flip: the plan stays a plan, and each error has its message. */
static void test_flipped(void **state)
{
    struct tree file = file_of(
        PARTITION("a", "ramdisk = \"disk\"; devices = \"/rtc@9010000\"; console = \"none\";")
            PARTITION("b", "description = \"x\"; bootargs = \"y\"; fdt = \"tree\"; direct-map;"));
    uint8_t *bytes = file.data;

    (void)state;
    plan_board(board);
    for (size_t i = 0; i < file.size; i++) {
        for (uint32_t flip = 0; flip < 8; flip++) {
            static struct plan fresh;

            if (i == 0 && flip == 0) {
                fresh = test_plan;
            }
            test_plan = fresh;
            log_clear();
            bytes[i] ^= (uint8_t)(1u << flip);
            plan_parse_system(&test_plan, file.data, file.size, 0x60000000);
            bytes[i] ^= (uint8_t)(1u << flip);
            assert_int_equal(test_plan.errors > 0, log_has("bulkhead: error: "));
            assert_true(test_plan.partition_count <= 2);
            assert_true(test_plan.fatal || test_plan.partition_count > 0);
        }
    }
    tree_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smallest),
        cmocka_unit_test(test_all_words),
        cmocka_unit_test(test_alias),
        cmocka_unit_test(test_own_tree),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_all_errors_are_told),
        cmocka_unit_test(test_escaped),
        cmocka_unit_test(test_long_strings),
        cmocka_unit_test(test_only_the_bad_is_refused),
        cmocka_unit_test(test_foreign_configurations),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_property_twice),
        cmocka_unit_test(test_too_many_devices),
        cmocka_unit_test(test_no_fit),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_flipped),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
