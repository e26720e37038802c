/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of fit.c: where images are, what bounds them, and their hashes. */
#include "core/plan/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "core/base/arch.h"

static const char content[] = "twelve bytes";

/* A system file of one image, made step by step; what is behind the tree is `content`. */
static uint8_t file[2048];
static uint64_t file_size;

static void image_begin(void)
{
    memset(file, 0xee, sizeof(file));
    fdt_create(file, sizeof(file));
    fdt_finish_reservemap(file);
    fdt_begin_node(file, "");
    fdt_begin_node(file, "images");
    fdt_begin_node(file, "kernel");
}

static void image_end(void)
{
    fdt_end_node(file);
    fdt_end_node(file);
    fdt_end_node(file);
    assert_int_equal(fdt_finish(file), 0);
    file_size = (fdt_totalsize(file) + 3u) & ~3u;
    memcpy(file + file_size, content, sizeof(content));
    file_size += sizeof(content);
}

static void put_u32(const char *name, uint32_t value)
{
    assert_int_equal(fdt_property_u32(file, name, value), 0);
}

static void put_content(void)
{
    assert_int_equal(fdt_property(file, "data", content, sizeof(content)), 0);
}

static void put_hash(const char *node, const char *algo, uint32_t value)
{
    fdt_begin_node(file, node);
    if (algo != NULL) {
        fdt_property(file, "algo", algo, (int)strlen(algo) + 1);
    }
    put_u32("value", value);
    fdt_end_node(file);
}

static enum status find(struct fit_image *image)
{
    return fit_image_find(file, file_size, "kernel", image);
}

static void finds_inline_data(void **state)
{
    struct fit_image image;

    (void)state;
    image_begin();
    fdt_property_string(file, "type", "kernel");
    fdt_property_string(file, "os", "linux");
    put_u32("load", 0x40000000);
    fdt_property_u64(file, "entry", UINT64_C(0x1040000000));
    put_content();
    image_end();
    assert_int_equal(find(&image), OK);
    assert_int_equal(image.size, sizeof(content));
    assert_memory_equal(image.data, content, sizeof(content));
    assert_string_equal(image.type, "kernel");
    assert_string_equal(image.os, "linux");
    assert_string_equal(image.arch, "");
    assert_string_equal(image.compression, "none");
    assert_int_equal(image.load, 0x40000000);
    assert_int_equal(image.entry, UINT64_C(0x1040000000));
}

static void finds_external_data(void **state)
{
    struct fit_image image;

    (void)state;
    image_begin();
    put_u32("data-offset", 0);
    put_u32("data-size", sizeof(content));
    image_end();
    assert_int_equal(find(&image), OK);
    assert_memory_equal(image.data, content, sizeof(content));
    assert_int_equal(image.load, UINT64_MAX);

    image_begin();
    put_u32("data-position", 1024);
    put_u32("data-size", 4);
    image_end();
    file_size = 1028;
    memcpy(file + 1024, content, 4);
    assert_int_equal(find(&image), OK);
    assert_memory_equal(image.data, content, 4);
    file_size = 1027;
    assert_int_equal(find(&image), E_INVALID);
}

static void tells_what_is_missing(void **state)
{
    struct fit_image image;

    (void)state;
    image_begin();
    put_content();
    image_end();
    assert_int_equal(fit_image_find(file, file_size, "debain", &image), E_NOT_FOUND);
    fdt_create(file, sizeof(file));
    fdt_finish_reservemap(file);
    fdt_begin_node(file, "");
    fdt_end_node(file);
    fdt_finish(file);
    assert_int_equal(fit_image_find(file, sizeof(file), "kernel", &image), E_NOT_FOUND);
}

/* An image with up to three numbers (name NULL: not there) and perhaps inline data is refused. */
static void refused(bool data, const char *a, uint64_t x, const char *b, uint64_t y, const char *c,
                    uint64_t z)
{
    const char *name[] = {a, b, c};
    uint64_t value[] = {x, y, z};
    struct fit_image image;

    image_begin();
    for (int i = 0; i < 3; i++) {
        if (name[i] != NULL && value[i] <= UINT32_MAX) {
            put_u32(name[i], (uint32_t)value[i]);
        } else if (name[i] != NULL) {
            fdt_property_u64(file, name[i], value[i]);
        }
    }
    if (data) {
        put_content();
    }
    image_end();
    assert_int_equal(find(&image), E_INVALID);
}

static void refuses_what_leaves_the_file(void **state)
{
    (void)state;
    refused(false, NULL, 0, NULL, 0, NULL, 0);
    refused(false, "data-size", 4, NULL, 0, NULL, 0);
    refused(false, "data-offset", 0, NULL, 0, NULL, 0);
    refused(false, "data-offset", 0, "data-size", 0, NULL, 0);
    refused(false, "data-offset", 0, "data-size", sizeof(content) + 1, NULL, 0);
    refused(false, "data-offset", 8, "data-size", 8, NULL, 0);
    refused(false, "data-offset", UINT32_MAX, "data-size", 8, NULL, 0);
    refused(false, "data-offset", UINT64_MAX - 1, "data-size", 8, NULL, 0);
    refused(false, "data-offset", 0, "data-size", UINT32_MAX, NULL, 0);
    refused(false, "data-offset", 0, "data-size", UINT64_MAX - 8, NULL, 0);
    refused(false, "data-position", UINT32_MAX, "data-size", 1, NULL, 0);
    refused(false, "data-position", UINT64_MAX - 1, "data-size", 8, NULL, 0);
    refused(false, "data-position", 0, "data-size", 8, "data-offset", 0);
    refused(true, "data-size", 4, NULL, 0, NULL, 0);
    refused(true, "data-offset", 4, NULL, 0, NULL, 0);
    refused(true, "data-position", 4, NULL, 0, NULL, 0);
}

static void refuses_malformed_properties(void **state)
{
    struct fit_image image;

    (void)state;
    image_begin();
    fdt_property(file, "os", "linux", 5);
    put_content();
    image_end();
    assert_int_equal(find(&image), E_INVALID);

    image_begin();
    fdt_property(file, "load", content, 6);
    put_content();
    image_end();
    assert_int_equal(find(&image), E_INVALID);

    image_begin();
    fdt_property(file, "data", NULL, 0);
    image_end();
    assert_int_equal(find(&image), E_INVALID);
}

static void refuses_a_cut_off_file(void **state)
{
    struct fit_image image;

    (void)state;
    image_begin();
    put_u32("data-offset", 0);
    put_u32("data-size", sizeof(content));
    image_end();
    for (uint64_t cut = 1; cut <= sizeof(content); cut++) {
        assert_int_equal(fit_image_find(file, file_size - cut, "kernel", &image), E_INVALID);
    }
    assert_int_equal(fit_image_find(file, 16, "kernel", &image), E_INVALID);
}

static enum status verify(const char *node, const char *algo, uint32_t value, const char **hash)
{
    struct fit_image image;

    image_begin();
    put_content();
    put_hash("hash-1", "crc32", arch_crc32(0, content, sizeof(content)));
    if (node != NULL) {
        put_hash(node, algo, value);
    }
    image_end();
    assert_int_equal(find(&image), OK);
    return fit_image_verify(file, &image, hash);
}

static void verifies_every_hash(void **state)
{
    uint32_t good = arch_crc32(0, content, sizeof(content));
    const char *hash;

    (void)state;
    assert_int_equal(good, 0x0411f3a9);
    assert_int_equal(verify(NULL, NULL, 0, &hash), OK);
    assert_int_equal(verify("hash@2", "crc32", good, &hash), OK);
    assert_int_equal(verify("signature-1", "sha256,rsa2048", 1, &hash), OK);
    assert_int_equal(verify("hash@2", "crc32", good ^ 1, &hash), E_INVALID);
    assert_string_equal(hash, "hash@2");
    assert_int_equal(verify("hash", "sha256", good, &hash), E_UNSUPPORTED);
    assert_string_equal(hash, "hash");
    assert_int_equal(verify("hash", NULL, good, &hash), E_INVALID);
}

static uint32_t sums;

/* zlib's crc32(), which counts its calls. */
uint32_t arch_crc32(uint32_t crc, const void *p, uint64_t size)
{
    const uint8_t *data = p;

    sums++;
    crc = ~crc;
    for (uint64_t i = 0; i < 8 * size; i++) {
        crc = (crc >> 1) ^ (((crc ^ (uint32_t)data[i / 8] >> i % 8) & 1) != 0 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* A file can have thousands of hashes for megabytes of data. */
static void sums_once_for_all_hashes(void **state)
{
    uint32_t good = arch_crc32(0, content, sizeof(content));
    struct fit_image image;
    const char *hash;

    (void)state;
    image_begin();
    put_content();
    put_hash("hash-1", "crc32", good);
    put_hash("hash-2", "crc32", good);
    put_hash("hash-3", "crc32", good);
    image_end();
    assert_int_equal(find(&image), OK);
    sums = 0;
    assert_int_equal(fit_image_verify(file, &image, &hash), OK);
    assert_int_equal(sums, 1);
}

static void refuses_a_hash_without_value(void **state)
{
    struct fit_image image;
    const char *hash;

    (void)state;
    image_begin();
    put_content();
    fdt_begin_node(file, "hash");
    fdt_property_string(file, "algo", "crc32");
    fdt_property(file, "value", content, 3);
    fdt_end_node(file);
    image_end();
    assert_int_equal(find(&image), OK);
    assert_int_equal(fit_image_verify(file, &image, &hash), E_INVALID);
}

static void an_image_without_hash_passes(void **state)
{
    struct fit_image image;
    const char *hash;

    (void)state;
    image_begin();
    put_content();
    image_end();
    assert_int_equal(find(&image), OK);
    assert_int_equal(fit_image_verify(file, &image, &hash), OK);
    assert_null(hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_inline_data),
        cmocka_unit_test(finds_external_data),
        cmocka_unit_test(tells_what_is_missing),
        cmocka_unit_test(refuses_what_leaves_the_file),
        cmocka_unit_test(refuses_malformed_properties),
        cmocka_unit_test(refuses_a_cut_off_file),
        cmocka_unit_test(verifies_every_hash),
        cmocka_unit_test(sums_once_for_all_hashes),
        cmocka_unit_test(refuses_a_hash_without_value),
        cmocka_unit_test(an_image_without_hash_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
