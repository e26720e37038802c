/* SPDX-License-Identifier: Apache-2.0 */
/* Files read whole and written whole, and the way out where that fails: exit status 2. */
#ifndef TOOLS_CHECK_FILES_H
#define TOOLS_CHECK_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define EXIT_USAGE 2

struct file {
    const char *name;
    uint8_t *data;
    uint64_t size;
};

/* Say "bulkhead-check: NAME: WHAT" on standard error and exit with EXIT_USAGE. */
__attribute__((noreturn)) void fail(const char *name, const char *what);

/* `p`; fails where it is NULL, as an allocation gives it. */
void *need(void *p);

/*
 * The file, of at most `most` bytes, in memory of exactly its size; `kind` says in messages what it
 * should be. Fails where it is missing, empty, too large or no regular file.
 */
struct file file_read(const char *name, uint64_t most, const char *kind);

/* Fails where the file is empty or has more than `most` bytes. */
void file_check(const struct file *f, uint64_t most, const char *kind);

/* Fails where `output` is one of the files `inputs`. */
void file_spare(const char *output, char *const *inputs, int count);

/*
 * A file to write; standard output where `name` is NULL or "-". Fails where it cannot be opened,
 * and with `anew` where it is there already.
 */
FILE *file_create(const char *name, bool anew);

/* The end of it: fails where not all could be written. */
void file_close(FILE *out, const char *name);

#endif
