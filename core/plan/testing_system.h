/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the system file share: images, and files with configurations to try. */
#ifndef CORE_PLAN_TESTING_SYSTEM_H
#define CORE_PLAN_TESTING_SYSTEM_H

#include "core/plan/testing_board.h"

#define KERNEL "kernel = \"raw\";"
#define CPUS   "cpus = <0>;"
#define MEMORY "memory = <0 0x40000000 0 0x200000>;"
#define GOOD   KERNEL CPUS MEMORY

#define CONFIGURATION(name, properties)                                                            \
    name " { compatible = \"bulkhead,partition\"; " properties " };"

/* The 64 bytes that begin an arm64 Image: text_offset 0x80000, image_size 0x100000. */
#define IMAGE_HEADER                                                                               \
    "data = [00000014 00000000 0000080000000000 0000100000000000 0a00000000000000"                 \
    " 0000000000000000 0000000000000000 0000000000000000 41524d64 00000000];"

/* The 48 bytes that begin a zImage. */
#define ZIMAGE_HEADER                                                                              \
    "data = [00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"     \
    " 18286f01 00000000 00001000];"

#define IMAGE(type, os, rest)                                                                      \
    "type = \"" type "\"; arch = \"arm64\"; os = \"" os "\"; compression = \"none\";" rest
/* clang-format off */
#define IMAGES \
    "images {" \
    " raw {" IMAGE( \
        "kernel", "u-boot", \
        "load = <0x40000000>; entry = <0x40000010>;" \
        " data = [00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13];") "};" \
        " linux {" IMAGE( \
        "kernel", \
        "linux", \
        IMAGE_HEADER) "};" \
        " disk {" IMAGE( \
        "ramdisk", \
        "linux", \
        "data = \"ramdisk\"; hash { algo = \"crc32\";" \
        " value = <0xe8de1f30>; };") "};" \
        " sha {" IMAGE( \
        "ramdisk", \
        "linux", \
        "data = \"ramdisk\"; hash-1 { algo = \"sha256\";" \
        " value = <1>; };") "};" \
        " bad {" IMAGE("ramdisk", \
        "linux", \
        "data = \"ramdisk\"; hash-1 { algo = \"crc32\";" \
        " value = <1>; };") "};" \
        " magic {" IMAGE("ramdisk", \
        "linux", \
        "data-position = <0>; data-size = <4>; hash { algo = \"crc32\";" \
        " value = <0x5b4ca720>; };") "};" \
        " alias {" IMAGE("ramdisk", \
        "linux", \
        "data-position = <0>; data-size = <4>; hash { algo = \"crc32\";" \
        " value = <1>; };") "};" \
        " longer {" IMAGE("ramdisk", \
        "linux", \
        "data-position = <0>; data-size = <8>; hash { algo = \"crc32\";" \
        " value = <0x5b4ca720>; };") "};" \
        " tree {" IMAGE("flat_dt", \
        "", \
        "data = \"no tree\";") "};" \
        " nowhere {" IMAGE("kernel", "u-boot", "data = [00 01 02 03 04];") "};" \
        " wraps {" IMAGE("kernel", \
        "u-boot", "load = <0xffffffff 0xfffffffe>; data = [00 01 02];") "};" \
        " outside {" IMAGE("kernel", \
        "u-boot", \
        "load = <0x1000>; entry = <0x1003>;" \
        " data = [00 01 02];") "};" \
        " gone {" IMAGE( \
        "kernel", \
        "u-boot", \
        "data-size = <4096>; data-offset = <0>;") "};" \
    " typo {" IMAGE("kernel", "u-boot", "laod = <1>; load = <0x1000>; data = [00 01 02];") "};" \
        " x86 { type = \"kernel\"; arch = \"x86\"; data = [00 01]; };" \
        " hsh { type = \"kernel\"; data = [00]; load = <0x40000000>; hsh-1 { }; };" \
        " plain { type = \"kernel\"; data = [00]; load = <0x40000000>; };" \
        " raw32 { type = \"kernel\"; arch = \"arm\"; data = [00]; load = <0x40000000>; };" \
        " zimage {" IMAGE("kernel", "linux", ZIMAGE_HEADER) "};" \
        " image32 { type = \"kernel\"; arch = \"arm\"; os = \"linux\"; " IMAGE_HEADER "};" \
        " zimage32 { type = \"kernel\"; arch = \"arm\"; os = \"linux\"; " ZIMAGE_HEADER "};" \
        " linux32 { type = \"kernel\"; arch = \"arm\"; os = \"linux\"; data = [00]; };" \
        " disk32 { type = \"ramdisk\"; arch = \"arm\"; data = [00]; };" \
        " arm { type = \"kernel\"; arch = \"arm\"; compression = \"lzma\"; data = [00 01]; };" \
        " packed { type = \"ramdisk\"; compression = \"gzip\"; data = [00 01]; };" \
        "};"
/* clang-format on */

/* A system file with these configurations. */
static inline struct tree file_of(const char *configurations)
{
    static char text[16384];

    (void)snprintf(text, sizeof(text), "/ { %s configurations { %s }; };", IMAGES, configurations);
    return tree_compile(text);
}

/* A system file with one partition, "p", of these properties. */
static inline struct tree one_of(const char *properties)
{
    static char text[8192];

    (void)snprintf(text, sizeof(text), CONFIGURATION("p", "%s"), properties);
    return file_of(text);
}

static inline void parse_on(struct tree on, struct tree file)
{
    plan_board(on);
    assert_string_equal(log_text, "");
    plan_parse_system(&test_plan, file.data, file.size, 0x60000000);
}

static inline void parse(struct tree file)
{
    parse_on(board, file);
}

static inline void parse_file(const char *configurations)
{
    struct tree file = file_of(configurations);

    parse(file);
    tree_free(file);
}

static inline void parse_one(const char *properties)
{
    struct tree file = one_of(properties);

    parse(file);
    tree_free(file);
}

/* "p", the only partition, is refused: an error of its own. */
static inline void assert_refused(const struct wrong *w)
{
    assert_case(w, log_has("bulkhead: error: p: "));
    assert_case(w, log_has(w->message));
    assert_case(w, test_plan.errors > 0);
    assert_case(w, test_plan.partitions[0].refused);
    assert_case(w, !test_plan.fatal);
}

#endif
