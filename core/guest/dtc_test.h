/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests of device trees: dtc, and what a tree says. */
#ifndef CORE_GUEST_DTC_TEST_H
#define CORE_GUEST_DTC_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libfdt.h>

#include "core/base/bits.h"
#include "core/plan/dt.h"

/* The tree under test. */
static uint8_t tree[65536] __attribute__((aligned(8)));

/* Runs dtc on `size` bytes; returns what it wrote, at most `room` bytes, and its complaints. */
static inline size_t dtc(const char *options, const void *in, size_t size, void *out, size_t room,
                         char complaints[static 4096])
{
    char from[] = P_tmpdir "/guest_dt_test.XXXXXX";
    char errors[] = P_tmpdir "/guest_dt_test.XXXXXX";
    char command[256];
    int fd = mkstemp(from);
    int fd_errors = mkstemp(errors);
    FILE *pipe;
    size_t got;
    ssize_t length;

    assert_true(fd >= 0 && fd_errors >= 0);
    assert_int_equal(write(fd, in, size), size);
    (void)snprintf(command, sizeof(command), "dtc %s %s 2> %s", options, from, errors);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    got = fread(out, 1, room, pipe);
    if (pclose(pipe) != 0) {
        got = 0;
    }
    length = read(fd_errors, complaints, 4095);
    complaints[length > 0 ? length : 0] = '\0';
    close(fd);
    close(fd_errors);
    unlink(from);
    unlink(errors);
    return got;
}

static inline void compile(const char *dts, uint8_t *out, size_t room)
{
    char complaints[4096];

    if (dtc("-q -I dts -O dtb", dts, strlen(dts), out, room, complaints) == 0) {
        fail_msg("dtc: %s", complaints);
    }
}

static inline int find(const char *path)
{
    int node = fdt_path_offset(tree, path);

    if (node < 0) {
        fail_msg("%s is not there", path);
    }
    return node;
}

static inline const char *string_at(const char *path, const char *name)
{
    const char *value = fdt_getprop(tree, find(path), name, NULL);

    assert_non_null(value);
    return value;
}

/* The property's cells are these. */
static inline void assert_cells(const char *path, const char *name, uint32_t count,
                                const uint32_t *cells)
{
    int length;
    const uint8_t *value = fdt_getprop(tree, find(path), name, &length);

    assert_non_null(value);
    assert_int_equal(length, count * 4);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(dt_cells(value + 4 * i, 1), cells[i]);
    }
}

#define CELLS(path, name, ...)                                                                     \
    assert_cells(path, name, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})),                        \
                 (const uint32_t[]){__VA_ARGS__})

static inline bool has(const char *path, const char *name)
{
    return fdt_getprop(tree, find(path), name, NULL) != NULL;
}

#endif
