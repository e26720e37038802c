/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel images: the arm64 Image header (Linux, Documentation/arm64/booting), the zImage's
 * (Documentation/arm/booting), ELF32 and ELF64 (System V ABI), raw bytes, and gzip (RFC 1952)
 * around them. Every byte is hostile.
 */
#include "core/plan/image.h"

#include <string.h>

#include <libdeflate.h>

#include "core/base/addr.h"
#include "core/base/arch.h"
#include "core/base/bits.h"

/* arm64 Image header, offsets in bytes; little-endian. */
#define IMAGE_TEXT_OFFSET 8
#define IMAGE_SIZE        16
#define IMAGE_MAGIC       56
#define IMAGE_HEADER_SIZE 64
#define IMAGE_MAGIC_VALUE 0x644d5241u /* "ARM\x64" */
/* Before Linux 3.17 image_size is 0; then text_offset is this, and .bss is not told. */
#define IMAGE_OLD_TEXT_OFFSET UINT64_C(0x80000)
#define IMAGE_OLD_BSS_ROOM    BLOCK_2M

/* zImage header, as above. It moves out of the way of what it unpacks. */
#define ZIMAGE_MAGIC       36
#define ZIMAGE_HEADER_SIZE 48
#define ZIMAGE_MAGIC_VALUE 0x016f2818u
#define ZIMAGE_TEXT_OFFSET UINT64_C(0x8000)

/* ELF's headers: what is where in both classes, and where it is in one of them. */
#define EHDR_CLASS    4
#define EHDR_DATA     5
#define EHDR_TYPE     16
#define EHDR_MACHINE  18
#define EHDR_ENTRY    24
#define PHDR_TYPE     0
#define ELFCLASS32    1
#define ELFCLASS64    2
#define ELFDATA2LSB   1
#define ET_EXEC       2
#define ET_DYN        3
#define EM_ARM        40
#define EM_AARCH64    183
#define PT_LOAD       1
#define ELF_MAX_PHNUM 32

struct elf_class {
    uint8_t word; /* bytes of an address, offset or size */
    uint8_t machine;
    uint8_t phoff, phentsize, phnum, header;
    uint8_t offset, vaddr, paddr, filesz, memsz, program_header;
};

static const struct elf_class elf32 = {4, EM_ARM, 28, 42, 44, 52, 4, 8, 12, 16, 20, 32};
static const struct elf_class elf64 = {8, EM_AARCH64, 32, 54, 56, 64, 8, 16, 24, 32, 40, 56};

/* No image or segment is larger, or lies higher: sums of two stay far from wrapping. */
#define ADDRESS_LIMIT BIT(48)

/* RFC 1952: the fixed header and the trailer (CRC32, ISIZE) of a member. */
#define GZIP_MIN_SIZE   18
#define GZIP_ISIZE_SIZE 4

/*
 * What is inflated of a gzip member to see its header. DEFLATE's longest match is 258 bytes: where
 * one does not fit any more, all before it is there.
 */
#define HEAD_SIZE (IMAGE_HEADER_SIZE + 258)

/* A little-endian number of `size` bytes, at any alignment. */
static uint64_t read_le(const uint8_t *p, uint32_t size)
{
    uint64_t v = 0;

    for (uint32_t i = size; i > 0; i--) {
        v = v << 8 | p[i - 1];
    }
    return v;
}

/* libdeflate's gzip code calls this; the architecture has instructions for it. */
uint32_t libdeflate_crc32(uint32_t crc, const void *buffer, size_t len)
{
    return arch_crc32(crc, buffer, len);
}

/* ---- gzip ---- */

static enum libdeflate_result inflate(void *inflater, const uint8_t *data, uint64_t size, void *out,
                                      uint64_t room, size_t *used, size_t *made)
{
    memset(inflater, 0, INFLATER_SIZE);
    return libdeflate_gzip_decompress_ex(inflater, data, (size_t)size, out, (size_t)room, used,
                                         made);
}

static uint64_t gzip_isize(const uint8_t *data, uint64_t size)
{
    return read_le(data + size - GZIP_ISIZE_SIZE, GZIP_ISIZE_SIZE);
}

/* Bytes that the member and, behind it, the inflater take while it is unpacked. */
static uint64_t gzip_room(uint64_t isize)
{
    return align_up(isize, INFLATER_ALIGN) + INFLATER_SIZE + INFLATER_ALIGN;
}

/* The first bytes of what is inside into head[HEAD_SIZE]; *inflated: the size of the whole. */
static const char *gzip_head(const uint8_t *data, uint64_t size, void *inflater, uint8_t *head,
                             uint64_t *inflated)
{
    enum libdeflate_result result = LIBDEFLATE_BAD_DATA;
    size_t made = 0;

    memset(head, 0, HEAD_SIZE);
    if (size >= GZIP_MIN_SIZE) {
        result = inflate(inflater, data, size, head, HEAD_SIZE, NULL, &made);
    }
    if (result != LIBDEFLATE_SUCCESS && result != LIBDEFLATE_INSUFFICIENT_SPACE) {
        return "it is not a whole gzip file";
    }
    *inflated = gzip_isize(data, size);
    return *inflated == 0 ? "nothing is in the gzip file" : NULL;
}

static const char *gzip_load(const struct plan_image *image, image_at at, void *ctx)
{
    uint64_t isize = image->size < GZIP_MIN_SIZE ? 0 : gzip_isize(image->data, image->size);
    uint8_t *out = at(ctx, image->load, gzip_room(isize));
    uint8_t *inflater;
    enum libdeflate_result result;
    size_t used = 0;

    if (isize == 0 || out == NULL || gzip_room(isize) > image->load_size) {
        return "what is in the gzip file does not fit";
    }
    inflater = out + isize;
    inflater += align_up((uintptr_t)inflater, INFLATER_ALIGN) - (uintptr_t)inflater;
    result = inflate(inflater, image->data, image->size, out, isize, &used, NULL);
    memset(inflater, 0, INFLATER_SIZE);
    if (result != LIBDEFLATE_SUCCESS || used != image->size) {
        return "it is not one whole gzip file, or its checksum is wrong";
    }
    return NULL;
}

/* ---- arm64 Image ---- */

static bool is_arm64(const uint8_t *head, uint64_t size)
{
    return size >= IMAGE_HEADER_SIZE && read_le(head + IMAGE_MAGIC, 4) == IMAGE_MAGIC_VALUE;
}

static bool is_zimage(const uint8_t *head, uint64_t size)
{
    return size >= ZIMAGE_HEADER_SIZE && read_le(head + ZIMAGE_MAGIC, 4) == ZIMAGE_MAGIC_VALUE;
}

static const char *probe_arm64(const uint8_t *head, struct image_facts *out)
{
    uint64_t image_size;

    if (!is_arm64(head, out->file_size)) {
        return is_zimage(head, out->file_size)
                   ? "it is a zImage, which has 32 bits: say arch = \"arm\""
                   : "it is no arm64 Image: \"ARM\\x64\" is not at its byte 56";
    }
    out->kind = PLAN_KERNEL_ARM64;
    image_size = read_le(head + IMAGE_SIZE, 8);
    out->text_offset = read_le(head + IMAGE_TEXT_OFFSET, 8);
    if (image_size == 0) {
        out->text_offset = IMAGE_OLD_TEXT_OFFSET;
        image_size = out->file_size + IMAGE_OLD_BSS_ROOM;
    }
    if (image_size >= ADDRESS_LIMIT || out->text_offset >= ADDRESS_LIMIT) {
        return "the image_size or text_offset in its header makes no sense";
    }
    out->memory_size = image_size > out->file_size ? image_size : out->file_size;
    return NULL;
}

/* ---- zImage ---- */

static const char *probe_zimage(const uint8_t *head, struct image_facts *out)
{
    if (!is_zimage(head, out->file_size)) {
        return !is_arm64(head, out->file_size) ? "it is no zImage: 0x016f2818 is not at its byte 36"
               : (arch_states() & ARCH_AARCH64) != 0
                   ? "it is an arm64 Image, which has 64 bits: say arch = \"arm64\""
                   : "it is an arm64 Image, which has 64 bits: this board wants a zImage";
    }
    out->kind = PLAN_KERNEL_ZIMAGE;
    out->text_offset = ZIMAGE_TEXT_OFFSET;
    return NULL;
}

/* ---- ELF ---- */

/* An ELF file whose header is sound: its class, and how many program headers it has. */
struct elf {
    const uint8_t *data;
    uint64_t size;
    const struct elf_class *class;
    uint32_t count;
};

struct segment {
    struct range file, memory; /* offset in the file; physical addresses, .bss counted */
    uint64_t vaddr;
};

static bool is_elf(const uint8_t *data, uint64_t size)
{
    return size >= 4 && memcmp(data, "\177ELF", 4) == 0;
}

/* A field of a header, of a word of the file's class. */
static uint64_t elf_word(const struct elf *elf, const uint8_t *header, uint8_t at)
{
    return read_le(header + at, elf->class->word);
}

/* Bounds the header and the table of program headers. */
static const char *elf_open(const uint8_t *data, uint64_t size, struct elf *elf)
{
    const struct elf_class *class =
        size > EHDR_CLASS && data[EHDR_CLASS] == ELFCLASS32 ? &elf32 : &elf64;
    const char *why = class == &elf32
                          ? "it is no ELF32 file for Arm, little-endian, ET_EXEC or ET_DYN"
                          : "it is no ELF64 file for AArch64, little-endian, ET_EXEC or ET_DYN";
    uint64_t type, phoff;

    *elf = (struct elf){data, size, class, 0};
    if (size < class->header || data[EHDR_CLASS] != (class == &elf32 ? ELFCLASS32 : ELFCLASS64) ||
        data[EHDR_DATA] != ELFDATA2LSB || read_le(data + EHDR_MACHINE, 2) != class->machine) {
        return why;
    }
    type = read_le(data + EHDR_TYPE, 2);
    if (type != ET_EXEC && type != ET_DYN) {
        return why;
    }
    phoff = elf_word(elf, data, class->phoff);
    elf->count = (uint32_t)read_le(data + class->phnum, 2);
    if (read_le(data + class->phentsize, 2) != class->program_header ||
        elf->count > ELF_MAX_PHNUM || phoff > size ||
        elf->count * (uint64_t) class->program_header > size - phoff) {
        return "its ELF program headers leave the file, or are more than 32";
    }
    return NULL;
}

/* Program header `index` of an opened file: empty memory where there is nothing in it to load. */
static const char *elf_segment(const struct elf *elf, uint32_t index, struct segment *out)
{
    const struct elf_class *class = elf->class;
    const uint8_t *ph = elf->data + elf_word(elf, elf->data, class->phoff) +
                        (uint64_t)index * class->program_header;

    out->file = (struct range){elf_word(elf, ph, class->offset), elf_word(elf, ph, class->filesz)};
    out->memory = (struct range){elf_word(elf, ph, class->paddr), elf_word(elf, ph, class->memsz)};
    out->vaddr = elf_word(elf, ph, class->vaddr);
    if (read_le(ph + PHDR_TYPE, 4) != PT_LOAD || out->memory.size == 0) {
        *out = (struct segment){.vaddr = 0};
        return NULL;
    }
    if (out->file.size > out->memory.size || out->file.base > elf->size ||
        out->file.size > elf->size - out->file.base || out->memory.base >= ADDRESS_LIMIT ||
        out->memory.size >= ADDRESS_LIMIT) {
        return "an ELF segment leaves the file, or its p_paddr and p_memsz make no sense";
    }
    return NULL;
}

/* True where segment `index` overlaps none before it. */
static bool elf_disjoint(const struct elf *elf, uint32_t index, const struct segment *segment)
{
    struct segment other;

    for (uint32_t i = 0; i < index; i++) {
        if (elf_segment(elf, i, &other) == NULL && ranges_overlap(other.memory, segment->memory)) {
            return false;
        }
    }
    return true;
}

static const char *probe_elf(const uint8_t *data, uint64_t size, bool aarch32,
                             struct image_facts *out)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    uint64_t e_entry;
    struct elf elf;
    const char *why = elf_open(data, size, &elf);

    if (why != NULL) {
        return why;
    }
    if ((elf.class == &elf32) != aarch32) {
        return aarch32 ? "it is an ELF64 file: for \"arm\" it has to be ELF32"
                       : "it is an ELF32 file: for \"arm64\" it has to be ELF64";
    }
    e_entry = elf_word(&elf, data, EHDR_ENTRY);
    out->entry = UINT64_MAX;
    for (uint32_t i = 0; i < elf.count; i++) {
        struct segment s;

        why = elf_segment(&elf, i, &s);
        if (why != NULL) {
            return why;
        }
        if (s.memory.size == 0) {
            continue;
        }
        if (!elf_disjoint(&elf, i, &s)) {
            return "its ELF segments overlap each other";
        }
        low = s.memory.base < low ? s.memory.base : low;
        high = range_end(s.memory) > high ? range_end(s.memory) : high;
        if (e_entry - s.vaddr < s.memory.size) {
            out->entry = s.memory.base + (e_entry - s.vaddr);
        }
    }
    out->kind = PLAN_KERNEL_ELF;
    out->load = low;
    out->memory_size = high - low;
    return out->entry == UINT64_MAX ? "its ELF entry is in none of its segments" : NULL;
}

static const char *elf_load(const struct plan_image *image, image_at at, void *ctx)
{
    struct elf elf;
    const char *why = elf_open(image->data, image->size, &elf);

    for (uint32_t i = 0; why == NULL && i < elf.count; i++) {
        struct segment s;
        void *to;

        why = elf_segment(&elf, i, &s);
        if (why != NULL || s.memory.size == 0) {
            continue;
        }
        to = at(ctx, s.memory.base, s.memory.size);
        if (to == NULL) {
            return "an ELF segment is outside the partition's memory";
        }
        memcpy(to, image->data + s.file.base, (size_t)s.file.size);
    }
    return why;
}

/* ---- any ---- */

const char *image_probe(const uint8_t *data, uint64_t size, void *inflater, bool os_linux,
                        bool aarch32, struct image_facts *out)
{
    const bool gzip = inflater != NULL;
    uint8_t inflated[HEAD_SIZE];
    const uint8_t *head = gzip ? inflated : data;
    const char *why = NULL;

    *out = (struct image_facts){.kind = PLAN_KERNEL_RAW, .file_size = size};
    if (gzip) {
        why = gzip_head(data, size, inflater, inflated, &out->file_size);
    }
    if (why != NULL) {
        return why;
    }
    out->memory_size = out->file_size;
    if (is_elf(head, out->file_size)) {
        return gzip ? "ELF inside gzip is not supported: use compression = \"none\""
                    : probe_elf(data, size, aarch32, out);
    }
    if (os_linux) {
        why = aarch32 ? probe_zimage(head, out) : probe_arm64(head, out);
    }
    if (why == NULL && gzip && gzip_room(out->file_size) > out->memory_size) {
        out->memory_size = gzip_room(out->file_size);
    }
    return why;
}

bool image_segment(enum plan_kernel kind, const struct plan_image *image, uint32_t index,
                   struct range *out)
{
    struct segment s;
    struct elf elf;

    if (kind != PLAN_KERNEL_ELF) {
        *out = (struct range){image->load, image->load_size};
        return index == 0;
    }
    if (elf_open(image->data, image->size, &elf) != NULL || index >= elf.count ||
        elf_segment(&elf, index, &s) != NULL) {
        return false;
    }
    *out = s.memory;
    return true;
}

const char *image_load(enum plan_kernel kind, const struct plan_image *image, image_at at,
                       void *ctx)
{
    void *to;

    if (kind == PLAN_KERNEL_ELF) {
        return elf_load(image, at, ctx);
    }
    if (image->gzip) {
        return gzip_load(image, at, ctx);
    }
    to = image->size > image->load_size ? NULL : at(ctx, image->load, image->size);
    if (to == NULL) {
        return "it is outside the partition's memory";
    }
    memcpy(to, image->data, (size_t)image->size);
    return NULL;
}
