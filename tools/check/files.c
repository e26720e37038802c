/* SPDX-License-Identifier: Apache-2.0 */
/* Files read whole and written whole. */
#include "tools/check/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void fail(const char *name, const char *what)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "bulkhead-check: %s: %s\n", name, what);
    exit(EXIT_USAGE);
}

void *need(void *p)
{
    if (p == NULL) {
        fail("memory", "there is not enough");
    }
    return p;
}

void file_check(const struct file *f, uint64_t most, const char *kind)
{
    char what[100];

    if (f->size == 0 || f->size > most) {
        (void)snprintf(what, sizeof(what),
                       f->size == 0 ? "is empty: it is no %s"
                                    : "is too large for a %s: %" PRIu64 " bytes, at most %" PRIu64,
                       kind, f->size, most);
        fail(f->name, what);
    }
}

struct file file_read(const char *name, uint64_t most, const char *kind)
{
    struct file f = {.name = name};
    FILE *in = fopen(name, "rb");
    struct stat about;

    if (in == NULL || fstat(fileno(in), &about) != 0) {
        fail(name, strerror(errno));
    }
    if (S_ISDIR(about.st_mode) || !S_ISREG(about.st_mode)) {
        fail(name, S_ISDIR(about.st_mode) ? "is a directory" : "is no regular file");
    }
    f.size = (uint64_t)about.st_size;
    file_check(&f, most, kind);
    f.data = need(malloc(f.size)); /* no byte more, so that a sanitizer sees its end */
    if (fread(f.data, 1, f.size, in) != f.size) {
        fail(name, "cannot be read");
    }
    (void)fclose(in);
    return f;
}

void file_spare(const char *output, char *const *inputs, int count)
{
    struct stat out, in;

    for (int i = 0; output != NULL && stat(output, &out) == 0 && i < count; i++) {
        if (stat(inputs[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
            fail(output, "is what is read: name another file to write");
        }
    }
}

FILE *file_create(const char *name, bool anew)
{
    FILE *out = name == NULL || strcmp(name, "-") == 0 ? stdout : fopen(name, anew ? "wbx" : "wb");

    if (out == NULL) {
        fail(name,
             errno == ENOENT   ? "cannot be made: its directory is not there (mkdir -p makes it)"
             : errno == EEXIST ? "is there already, perhaps with changes of yours: remove it, or "
                                 "name another"
                               : strerror(errno));
    }
    return out;
}

void file_close(FILE *out, const char *name)
{
    bool bad = fflush(out) != 0 || ferror(out) != 0;

    if (out != stdout) {
        bad = fclose(out) != 0 || bad;
    }
    if (bad) {
        fail(name != NULL ? name : "standard output", "cannot be written");
    }
}
